package function

import (
	"bytes"
	"math"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Conversions between times and numbers or texts. Source: Timestream's "Date / time functions".
func init() {
	registerScalar("date(varchar) -> date", Scalar{CanFail: true, Eval: unaryErr(parseDate)})
	registerScalar("date(timestamp) -> date", Scalar{Eval: unary(func(ns int64) int64 { return floorDiv(ns, types.Day) })})
	registerScalar("last_day_of_month(timestamp) -> date", Scalar{Eval: unary(func(ns int64) int64 { return lastDayOfMonth(floorDiv(ns, types.Day)) })})
	registerScalar("last_day_of_month(date) -> date", Scalar{Eval: unary(lastDayOfMonth)})
	registerScalar("from_milliseconds(bigint) -> timestamp", Scalar{CanFail: true, Eval: unaryErr(func(ms int64) (int64, error) {
		ns, ok := mulInt64(ms, types.Millisecond)
		if !ok {
			return 0, errTimestampRange
		}
		return ns, nil
	})})
	registerScalar("from_nanoseconds(bigint) -> timestamp", Scalar{Eval: unary(same)})
	registerScalar("from_unixtime(double) -> timestamp", Scalar{CanFail: true, Eval: unaryErr(fromUnixTime)})
	registerScalar("to_unixtime(timestamp) -> double", Scalar{Eval: unary(func(ns int64) float64 { return float64(ns) / 1e9 })})
	for _, t := range []string{"timestamp", "interval day to second"} {
		registerScalar("to_milliseconds("+t+") -> bigint", Scalar{Eval: unary(func(ns int64) int64 { return ns / types.Millisecond })})
		registerScalar("to_nanoseconds("+t+") -> bigint", Scalar{Eval: unary(same)})
	}
	registerScalar("to_iso8601(timestamp) -> varchar", Scalar{Eval: isoText(func(dst []byte, ns int64) []byte {
		start := len(dst)
		dst = types.AppendTimestamp(dst, ns)
		dst[start+bytes.IndexByte(dst[start:], ' ')] = 'T'
		return dst
	})})
	registerScalar("to_iso8601(date) -> varchar", Scalar{Eval: isoText(types.AppendDate)})
	registerScalar("from_iso8601_timestamp(varchar) -> timestamp", Scalar{CanFail: true, Eval: unaryErr(parseISOTimestamp)})
	registerScalar("from_iso8601_date(varchar) -> date", Scalar{CanFail: true, Eval: unaryErr(parseISODate)})
	registerScalar("parse_duration(varchar) -> interval day to second", Scalar{CanFail: true, Eval: unaryErr(parseDuration)})
}

func same(x int64) int64 { return x }

// isoText makes the code of to_iso8601.
func isoText(format func(dst []byte, x int64) []byte) EvalFunc {
	return writeText(func(a *Args) func(dst []byte, i int) ([]byte, error) {
		x := read[int64](a.Vecs[0])
		return func(dst []byte, i int) ([]byte, error) { return format(dst, x.at(i)), nil }
	})
}

func lastDayOfMonth(days int64) int64 {
	year, month, day := civil(days)
	return days - day + daysInMonth(year, month)
}

// fromUnixTime turns seconds into a timestamp, rounded to the decimal place that doubles of this size tell apart: a double
// near 1.6e9 has steps of 0.24 microseconds, so that 1655487883.771 means exactly 771 milliseconds.
func fromUnixTime(seconds float64) (int64, error) {
	whole := math.Floor(seconds)
	if !(whole >= math.MinInt64/1e9 && whole <= math.MaxInt64/1e9) {
		return 0, errTimestampRange
	}
	step := math.Nextafter(math.Abs(seconds), math.Inf(1)) - math.Abs(seconds)
	place := 1e9
	for step*place > 1 {
		place /= 10
	}
	fraction := int64(math.Round((seconds-whole)*place)) * int64(1e9/place)
	ns, ok := mulInt64(int64(whole), types.Second)
	if ok {
		ns, ok = addInt64(ns, fraction)
	}
	if !ok {
		return 0, errTimestampRange
	}
	return ns, nil
}

// parseDuration reads '42.8ms', '1 day'. Months and years are no number of days, so they are not taken.
func parseDuration(s string) (int64, error) {
	ns, t, err := types.ParseDuration(s)
	switch {
	case err != nil:
		return 0, invalid("%s", err.Error())
	case t.Kind != types.KindIntervalDayToSecond:
		return 0, invalid("invalid duration: %s (the unit must be a day or shorter)", s)
	}
	return ns, nil
}
