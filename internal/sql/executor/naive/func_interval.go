package naive

import (
	"math"
	"math/big"

	"github.com/tidemarkdb/tidemark/internal/types"
)

const (
	daySecond = "interval day to second"
	yearMonth = "interval year to month"
)

// intervalFunctions are the operators on dates, times and intervals. Source: reference, 4.11.
var intervalFunctions = table{
	"+(timestamp," + daySecond + ")": plusInterval(1), "+(" + daySecond + ",timestamp)": swapped(plusInterval(1)), "-(timestamp," + daySecond + ")": plusInterval(-1),
	"+(timestamp," + yearMonth + ")": plusMonths(1), "+(" + yearMonth + ",timestamp)": swapped(plusMonths(1)), "-(timestamp," + yearMonth + ")": plusMonths(-1),
	"+(date," + yearMonth + ")": plusMonths(1), "+(" + yearMonth + ",date)": swapped(plusMonths(1)), "-(date," + yearMonth + ")": plusMonths(-1),
	"+(date," + daySecond + ")":              plusDays(1, "Cannot add hour, minutes or seconds to a date"),
	"+(" + daySecond + ",date)":              swapped(plusDays(1, "Cannot add hour, minutes or seconds to a date")),
	"-(date," + daySecond + ")":              plusDays(-1, "Cannot subtract hour, minutes or seconds from a date"),
	"+(time," + daySecond + ")":              plusClock(1),
	"+(" + daySecond + ",time)":              swapped(plusClock(1)),
	"-(time," + daySecond + ")":              plusClock(-1),
	"-(timestamp,timestamp)":                 intervals("subtraction", (*big.Int).Sub),
	"-(time,time)":                           intervals("subtraction", (*big.Int).Sub),
	"-(date,date)":                           daysApart,
	"+(" + daySecond + "," + daySecond + ")": intervals("addition", (*big.Int).Add), "+(" + yearMonth + "," + yearMonth + ")": intervals("addition", (*big.Int).Add),
	"-(" + daySecond + "," + daySecond + ")": intervals("subtraction", (*big.Int).Sub), "-(" + yearMonth + "," + yearMonth + ")": intervals("subtraction", (*big.Int).Sub),
	"*(" + daySecond + ",bigint)": intervals("multiplication", (*big.Int).Mul), "*(bigint," + daySecond + ")": intervals("multiplication", (*big.Int).Mul),
	"*(" + yearMonth + ",bigint)": intervals("multiplication", (*big.Int).Mul), "*(bigint," + yearMonth + ")": intervals("multiplication", (*big.Int).Mul),
	"/(" + daySecond + ",bigint)": divided(intervals("division", (*big.Int).Quo)), "/(" + yearMonth + ",bigint)": divided(intervals("division", (*big.Int).Quo)),
	"*(" + daySecond + ",double)": of2e(scaled), "*(double," + daySecond + ")": swapped(of2e(scaled)),
	"*(" + yearMonth + ",double)": of2e(scaled), "*(double," + yearMonth + ")": swapped(of2e(scaled)),
	"/(" + daySecond + ",double)": of2e(fractionOf), "/(" + yearMonth + ",double)": of2e(fractionOf),
}

// swapped exchanges the arguments.
func swapped(f scalar) scalar {
	return func(c *call, a []types.Value) (types.Value, error) {
		other := *c
		other.params = []*types.Type{c.params[1], c.params[0]}
		return f(&other, []types.Value{a[1], a[0]})
	}
}

func plusInterval(sign int64) scalar {
	return of2e(func(t, interval int64) (int64, error) { return ranged(big.NewInt(t), sign, interval) })
}

func plusMonths(sign int64) scalar {
	return func(c *call, a []types.Value) (types.Value, error) {
		n := a[1].(int64)
		if n == math.MinInt64 && sign < 0 {
			return nil, errIntervalRange
		}
		return valueOr(addMonths(c.params[0], a[0].(int64), sign*n))
	}
}

// plusDays moves a date by an interval, which must be whole days.
func plusDays(sign int64, notWhole string) scalar {
	return of2e(func(day, interval int64) (int64, error) {
		if interval%types.Day != 0 {
			return 0, invalid("%s", notWhole)
		}
		return checkedDate(big.NewInt(day + sign*(interval/types.Day)))
	})
}

// plusClock moves a time of day, around midnight.
func plusClock(sign int64) scalar {
	return of2(func(clock, interval int64) int64 {
		moved := clock + sign*(interval%types.Day)
		return (moved%types.Day + types.Day) % types.Day
	})
}

var errIntervalRange = invalid("Interval is out of range")

// intervals makes an operator on whole numbers whose result is an interval.
func intervals(word string, f func(z, x, y *big.Int) *big.Int) scalar {
	return func(c *call, a []types.Value) (types.Value, error) {
		x, y := a[0].(int64), a[1].(int64)
		z := f(new(big.Int), big.NewInt(x), big.NewInt(y))
		if !z.IsInt64() {
			return nil, invalid("interval %s overflow: %d %s %d", word, x, c.name, y)
		}
		return z.Int64(), nil
	}
}

func daysApart(_ *call, a []types.Value) (types.Value, error) {
	z := new(big.Int).Sub(big.NewInt(a[0].(int64)), big.NewInt(a[1].(int64)))
	if z.Mul(z, big.NewInt(types.Day)); !z.IsInt64() {
		return nil, errIntervalRange
	}
	return z.Int64(), nil
}

// scaled multiplies and cuts off the fraction.
func scaled(x int64, factor float64) (int64, error) {
	y := float64(x) * factor
	if !(math.Abs(y) < 1<<63) {
		return 0, errIntervalRange
	}
	return int64(y), nil
}

func fractionOf(x int64, divisor float64) (int64, error) {
	if divisor == 0 {
		return 0, errDivisionByZero
	}
	y := float64(x) / divisor
	if !(math.Abs(y) < 1<<63) {
		return 0, errIntervalRange
	}
	return int64(y), nil
}
