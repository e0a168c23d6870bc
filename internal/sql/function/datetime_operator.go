package function

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Operators on dates, times and intervals. Source: Timestream's "Date / time operators"; the difference of two dates or
// timestamps and the scaling of intervals are Trino's. Intervals come before differences in the registry, so that
// "now() - NULL" is a timestamp.
func init() {
	const (
		days, months = "interval day to second", "interval year to month"
		low, high    = math.MinInt64, math.MaxInt64
	)
	outOfRange := func(_, _ int64) error { return errTimestampRange }
	registerScalar("+(timestamp, "+days+") -> timestamp", Scalar{CanFail: true, Eval: addInts(low, high, outOfRange)})
	registerScalar("+("+days+", timestamp) -> timestamp", Scalar{CanFail: true, Eval: addInts(low, high, outOfRange)})
	registerScalar("-(timestamp, "+days+") -> timestamp", Scalar{CanFail: true, Eval: subInts(low, high, outOfRange)})
	for _, f := range []struct {
		t, interval string
		add, sub    func(x, n int64) (int64, error)
	}{
		{"timestamp", months, addMonthsToTimestamp, negated(addMonthsToTimestamp)},
		{"date", days, addToDate("Cannot add hour, minutes or seconds to a date"), negated(addToDate("Cannot subtract hour, minutes or seconds from a date"))},
		{"date", months, addMonthsToDate, negated(addMonthsToDate)},
		{"time", days, addToTime, subFromTime},
	} {
		registerScalar("+("+f.t+", "+f.interval+") -> "+f.t, Scalar{CanFail: true, Eval: binaryErr(f.add)})
		registerScalar("+("+f.interval+", "+f.t+") -> "+f.t, Scalar{CanFail: true, Eval: binaryErr(func(n, x int64) (int64, error) { return f.add(x, n) })})
		registerScalar("-("+f.t+", "+f.interval+") -> "+f.t, Scalar{CanFail: true, Eval: binaryErr(f.sub)})
	}
	for _, t := range []string{days, months} {
		times := mulInts(low, high, overflow("interval", "multiplication", "*"))
		registerScalar("+("+t+", "+t+") -> "+t, Scalar{CanFail: true, Eval: addInts(low, high, overflow("interval", "addition", "+"))})
		registerScalar("-("+t+", "+t+") -> "+t, Scalar{CanFail: true, Eval: subInts(low, high, overflow("interval", "subtraction", "-"))})
		registerScalar("*("+t+", bigint) -> "+t, Scalar{CanFail: true, Eval: times})
		registerScalar("*(bigint, "+t+") -> "+t, Scalar{CanFail: true, Eval: times})
		registerScalar("*("+t+", double) -> "+t, Scalar{CanFail: true, Eval: binaryErr(scaleInterval)})
		registerScalar("*(double, "+t+") -> "+t, Scalar{CanFail: true, Eval: binaryErr(func(f float64, x int64) (int64, error) { return scaleInterval(x, f) })})
		registerScalar("/("+t+", bigint) -> "+t, Scalar{CanFail: true, Eval: binaryErr(divideWithin("interval", low))})
		registerScalar("/("+t+", double) -> "+t, Scalar{CanFail: true, Eval: binaryErr(divideInterval)})
	}
	registerScalar("-(timestamp, timestamp) -> interval day to second", Scalar{CanFail: true, Eval: subInts(low, high, overflow("interval", "subtraction", "-"))})
	registerScalar("-(date, date) -> interval day to second", Scalar{CanFail: true, Eval: binaryErr(func(x, y int64) (int64, error) {
		if ns, ok := mulInt64(x-y, types.Day); ok {
			return ns, nil
		}
		return 0, errIntervalRange
	})})
	registerScalar("-(time, time) -> interval day to second", Scalar{Eval: binary(func(x, y int64) int64 { return x - y })})
}

var errIntervalRange = invalid("Interval is out of range")

// negated makes a subtraction of an addition.
func negated(add func(x, n int64) (int64, error)) func(x, n int64) (int64, error) {
	return func(x, n int64) (int64, error) {
		if n == math.MinInt64 {
			return 0, errIntervalRange
		}
		return add(x, -n)
	}
}

func subFromTimestamp(ns, interval int64) (int64, error) {
	if difference, ok := subInt64(ns, interval); ok {
		return difference, nil
	}
	return 0, errTimestampRange
}

// addToDate makes the sum of a date and an interval, which must be whole days.
func addToDate(notWhole string) func(days, interval int64) (int64, error) {
	return func(days, interval int64) (int64, error) {
		if interval%types.Day != 0 {
			return 0, invalid("%s", notWhole)
		}
		return checkDate(days+interval/types.Day, true)
	}
}

// addToTime wraps at midnight.
func addToTime(clock, interval int64) (int64, error) {
	return floorMod(clock+interval%types.Day, types.Day), nil
}

func subFromTime(clock, interval int64) (int64, error) {
	return floorMod(clock-interval%types.Day, types.Day), nil
}

// scaleInterval multiplies and cuts off what is left of the smallest unit.
func scaleInterval(x int64, factor float64) (int64, error) { return toInterval(float64(x) * factor) }

func divideInterval(x int64, divisor float64) (int64, error) {
	if divisor == 0 {
		return 0, errDivisionByZero
	}
	return toInterval(float64(x) / divisor)
}

func toInterval(x float64) (int64, error) {
	if !(x > -1<<63 && x < 1<<63) {
		return 0, errIntervalRange
	}
	return int64(x), nil
}
