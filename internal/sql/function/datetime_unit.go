package function

import (
	"math"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// date_trunc, date_add and date_diff, which take a unit as a text. Source: Timestream's "Date / time functions"; Trino for
// dates and times.
func init() {
	for _, t := range []*types.Type{types.Timestamp, types.Date, types.Time} {
		name := t.String()
		registerScalar("date_trunc(varchar, "+name+") -> "+name, Scalar{CanFail: true, Eval: byUnit(t, func(a *Args) func(u unit, i int) (int64, error) {
			x := read[int64](a.Vecs[1])
			return func(u unit, i int) (int64, error) { return u.trunc(t, x.at(i)) }
		})})
		registerScalar("date_add(varchar, bigint, "+name+") -> "+name, Scalar{CanFail: true, Eval: byUnit(t, func(a *Args) func(u unit, i int) (int64, error) {
			n, x := read[int64](a.Vecs[1]), read[int64](a.Vecs[2])
			return func(u unit, i int) (int64, error) { return u.add(t, n.at(i), x.at(i)) }
		})})
		registerScalar("date_diff(varchar, "+name+", "+name+") -> bigint", Scalar{CanFail: true, Eval: byUnit(t, func(a *Args) func(u unit, i int) (int64, error) {
			x, y := read[int64](a.Vecs[1]), read[int64](a.Vecs[2])
			return func(u unit, i int) (int64, error) { return u.diff(t, x.at(i), y.at(i)), nil }
		})})
	}
}

// unit is a unit of time: a number of nanoseconds, or of months.
type unit struct {
	ns     int64
	months int64
	monday bool // weeks begin on Mondays
}

var units = map[string]unit{
	"millisecond": {ns: types.Millisecond}, "second": {ns: types.Second}, "minute": {ns: types.Minute}, "hour": {ns: types.Hour},
	"day": {ns: types.Day}, "week": {ns: 7 * types.Day, monday: true}, "month": {months: 1}, "quarter": {months: 3}, "year": {months: 12},
}

// unitOf finds the unit that a text names, in any case. Dates have the units from day on, times those below.
func unitOf(t *types.Type, name string) (unit, error) {
	lower := strings.ToLower(name)
	u, ok := units[lower]
	clock := ok && u.ns > 0 && u.ns < types.Day
	switch {
	case t.Kind == types.KindTime && !clock && ok:
		return u, invalid("'%s' is not a valid TIME field", lower)
	case !ok, t.Kind == types.KindDate && clock:
		return u, invalid("'%s' is not a valid DATE field", lower)
	}
	return u, nil
}

// byUnit makes the code of a function whose first argument is a unit for values of type t.
func byUnit(t *types.Type, prepare func(a *Args) func(u unit, i int) (int64, error)) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		names, row, out := read[string](a.Vecs[0]), prepare(a), make([]int64, a.Rows)
		var current memo[unit]
		for i := range out {
			if a.skipped(i) {
				continue
			}
			u, err := current.get(names.at(i), func(name string) (unit, error) { return unitOf(t, name) })
			if err == nil {
				out[i], err = row(u, i)
			}
			if err != nil {
				return nil, err
			}
		}
		return vector.Int64s(a.Result, out, nil), nil
	}
}

// days is u.ns in days, for dates.
func (u unit) days() int64 { return u.ns / types.Day }

// trunc moves x to the beginning of its unit.
func (u unit) trunc(t *types.Type, x int64) (int64, error) {
	switch {
	case u.months == 0 && t.Kind == types.KindTimestamp && !u.monday:
		start, ok := subInt64(x, floorMod(x, u.ns))
		if !ok {
			return 0, errTimestampRange
		}
		return start, nil
	case t.Kind == types.KindTime:
		return x - x%u.ns, nil
	case t.Kind == types.KindTimestamp:
		return timestampAt(u.truncDays(floorDiv(x, types.Day)), 0)
	}
	return u.truncDays(x), nil
}

func (u unit) truncDays(days int64) int64 {
	switch {
	case u.monday:
		return days - weekday(days) + 1
	case u.months == 0:
		return days
	}
	year, month, _ := civil(days)
	return daysOf(year, (month-1)/u.months*u.months+1, 1)
}

// add moves x by n units.
func (u unit) add(t *types.Type, n, x int64) (int64, error) {
	size := u.ns
	switch {
	case u.months > 0:
		size = u.months
	case t.Kind == types.KindDate:
		size = u.days()
	case t.Kind == types.KindTime:
		return addToTime(x, n%(types.Day/u.ns)*u.ns)
	}
	step, ok := mulInt64(n, size)
	if !ok {
		step = math.MaxInt64 // out of range below, whatever x is
		if n < 0 {
			step = math.MinInt64
		}
	}
	switch {
	case t.Kind == types.KindTimestamp && u.months > 0:
		return addMonthsToTimestamp(x, step)
	case t.Kind == types.KindTimestamp:
		sum, fits := addInt64(x, step)
		if !ok || !fits {
			return 0, errTimestampRange
		}
		return sum, nil
	case u.months > 0:
		return addMonthsToDate(x, step)
	}
	sum, fits := addInt64(x, step)
	return checkDate(sum, fits)
}

// diff is the number of whole units from x to y.
func (u unit) diff(t *types.Type, x, y int64) int64 {
	switch {
	case t.Kind == types.KindDate && u.months == 0:
		return (y - x) / u.days()
	case t.Kind == types.KindDate:
		return monthsBetween(x, 0, y, 0) / u.months
	case u.months > 0:
		xDays, xClock := splitTimestamp(x)
		yDays, yClock := splitTimestamp(y)
		return monthsBetween(xDays, xClock, yDays, yClock) / u.months
	}
	if d, ok := subInt64(y, x); ok {
		return d / u.ns
	}
	// The distance takes 64 bits without a sign.
	if y > x {
		return int64((uint64(y) - uint64(x)) / uint64(u.ns))
	}
	return -int64((uint64(x) - uint64(y)) / uint64(u.ns))
}
