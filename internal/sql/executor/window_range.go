package executor

import (
	"math"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// rangeKeys finds frames of RANGE with offsets: the rows whose key is within a distance of the row's own key. There is
// one key: a number, a time or an interval. Integers and times are compared as int64, in nanoseconds if the offset is an
// interval day to second; if the key or the offset is a double, both are compared as doubles.
type rangeKeys struct {
	desc   bool
	nulls  *vector.Vector // the key by place, for its NULLs
	ints   []int64        // by place; nil if doubles are compared
	floats []float64
	months monthAdder // not nil if the offset is an interval year to month and the key is not

	low, high int // places of the partition at work whose key is not NULL
}

// monthAdder adds calendar months to a time.
type monthAdder func(t, months int64) int64

// newRangeKeys prepares the key of the order, by place, for offsets of start and end, of which one may be nil.
func newRangeKeys(key *vector.Vector, desc bool, offsets [2]*vector.Vector) *rangeKeys {
	r := &rangeKeys{desc: desc, nulls: key}
	var offset *types.Type
	for _, v := range offsets {
		if v != nil && (offset == nil || v.Type.Kind == types.KindDouble) {
			offset = v.Type
		}
	}
	key = key.Flatten()
	if key.Type.Kind == types.KindDouble || offset.Kind == types.KindDouble {
		r.floats = asDoubles(key)
		return r
	}
	r.ints = key.Ints
	switch {
	case offset.Kind == types.KindIntervalDayToSecond && key.Type.Kind == types.KindDate:
		r.ints = make([]int64, len(key.Ints))
		for i, d := range key.Ints {
			r.ints[i] = scaleDay(d)
		}
	case offset.Kind == types.KindIntervalYearToMonth && key.Type.Kind == types.KindDate:
		r.months = addMonthsToDay
	case offset.Kind == types.KindIntervalYearToMonth && key.Type.Kind == types.KindTimestamp:
		r.months = func(t, months int64) int64 {
			day := floorDiv(t, types.Day)
			return addSaturated(scaleDay(addMonthsToDay(day, months)), t-day*types.Day)
		}
	}
	return r
}

// asDoubles returns a flat vector of numbers as doubles.
func asDoubles(v *vector.Vector) []float64 {
	if v.Type.Kind == types.KindDouble {
		return v.Floats
	}
	out := make([]float64, len(v.Ints))
	for i, x := range v.Ints {
		out[i] = float64(x)
	}
	return out
}

// partition moves on to a partition. NULL keys are at one of its ends.
func (r *rangeKeys) partition(p *partitionRows) {
	r.low, r.high = p.from, p.to
	for r.low < r.high && r.nulls.IsNull(r.low) {
		r.low++
	}
	for r.low < r.high && r.nulls.IsNull(r.high-1) {
		r.high--
	}
}

// bound finds one side of the frames: side 0 is the first row at or behind the row's key moved by its offset, side 1 the
// first row behind that. Rows without a key have their peers.
func (r *rangeKeys) bound(p *partitionRows, side int, following bool, offset *vector.Vector, out []int32) error {
	for i := range out {
		at := p.from + i
		back := following == r.desc // towards smaller keys
		beyond, err := r.beyond(at, side, back, offset)
		switch {
		case err != nil:
			return err
		case at >= r.low && at < r.high:
			out[i] = int32(r.search(beyond) - p.from)
		case side == 0:
			out[i] = p.peerStart[i]
		default:
			out[i] = p.peerEnd[i]
		}
	}
	return nil
}

// search returns the first place with a key for which beyond holds; it does for all places after one for which it does.
func (r *rangeKeys) search(beyond func(place int) bool) int {
	low, high := r.low, r.high
	for low < high {
		if mid := (low + high) / 2; beyond(mid) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// beyond returns the test whether a place is beyond the bound of the row at a place: at or behind the row's key less (if
// back) or plus its offset, or with side 1 behind that.
func (r *rangeKeys) beyond(at, side int, back bool, offset *vector.Vector) (func(place int) bool, error) {
	i := at
	if offset.Form == vector.Constant {
		i = 0
	}
	if offset.IsNull(i) {
		return nil, errRangeOffset()
	}
	if r.floats != nil {
		by := 0.0
		if offset.Type.Kind == types.KindDouble {
			by = offset.Floats[i]
		} else {
			by = float64(offset.Ints[i])
		}
		if by < 0 {
			return nil, errRangeOffset()
		}
		if back {
			by = -by
		}
		target := r.floats[at] + by
		return func(place int) bool { return r.behind(types.CompareDoubles(r.floats[place], target), side) }, nil
	}
	by := offset.Ints[i]
	if by < 0 {
		return nil, errRangeOffset()
	}
	if back {
		by = -by
	}
	target := int64(0)
	if r.months != nil {
		target = r.months(r.ints[at], by)
	} else {
		target = addSaturated(r.ints[at], by)
	}
	return func(place int) bool {
		x := r.ints[place]
		switch {
		case x < target:
			return r.behind(-1, side)
		case x > target:
			return r.behind(1, side)
		}
		return side == 0
	}, nil
}

// behind reports whether a comparison with the target puts a row at (side 0 only) or behind it in the window's order.
func (r *rangeKeys) behind(cmp, side int) bool {
	if cmp == 0 {
		return side == 0
	}
	return cmp > 0 != r.desc
}

// errRangeOffset is the error for an offset that is no distance.
func errRangeOffset() error {
	return dberr.New(dberr.Invalid, "Window frame offset value must not be negative or null")
}

// addSaturated adds, and stays at the ends of int64.
func addSaturated(a, b int64) int64 {
	c := a + b
	switch {
	case b > 0 && c < a:
		return math.MaxInt64
	case b < 0 && c > a:
		return math.MinInt64
	}
	return c
}

// scaleDay returns a day's start in nanoseconds, and stays at the ends of int64.
func scaleDay(day int64) int64 {
	switch {
	case day > math.MaxInt64/types.Day:
		return math.MaxInt64
	case day < math.MinInt64/types.Day:
		return math.MinInt64
	}
	return day * types.Day
}

// calendarDays bounds the days for which months are counted by the calendar: far beyond all timestamps.
const calendarDays = 1 << 40

// addMonthsToDay moves a day by calendar months; a day that the month does not have becomes its last.
func addMonthsToDay(day, months int64) int64 {
	if day > calendarDays || day < -calendarDays || months > calendarDays || months < -calendarDays {
		return addSaturated(day, max(min(months, math.MaxInt64/31), math.MinInt64/31)*31)
	}
	y, m, d := types.CivilFromDays(day)
	total := int64(y)*12 + int64(m) - 1 + months
	year, month := int(floorDiv(total, 12)), time.Month(total-floorDiv(total, 12)*12+1)
	return types.DaysFromCivil(year, month, min(d, types.DaysInMonth(year, month)))
}

// floorDiv divides and rounds down.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
