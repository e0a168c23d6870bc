package function

import (
	"slices"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// seriesRows is a time series argument laid open: the points of all rows one after the other.
type seriesRows struct {
	offsets []int32 // row i has the points offsets[i&mask]:offsets[i&mask+1]; they start at 0
	mask    int
	times   []int64
	values  *vector.Vector
}

// span returns where the points of row i are.
func (s *seriesRows) span(i int) (lo, hi int) {
	i &= s.mask
	return int(s.offsets[i]), int(s.offsets[i+1])
}

// openLists lays open an array or time series vector, flat or constant: its offsets from 0 and its parts cut to what
// the rows use.
func openLists(v *vector.Vector) (offsets []int32, parts []*vector.Vector, mask int) {
	rows := v.Len()
	mask = -1
	if v.Form == vector.Constant {
		rows, mask = 1, 0
	}
	first, last := v.Offsets[0], v.Offsets[rows]
	offsets = make([]int32, rows+1)
	for i := range offsets {
		offsets[i] = v.Offsets[i] - first
	}
	for _, kid := range v.Kids {
		parts = append(parts, kid.Slice(int(first), int(last)))
	}
	return offsets, parts, mask
}

// openSeries lays open a series argument.
func openSeries(v *vector.Vector) seriesRows {
	offsets, parts, mask := openLists(v)
	return seriesRows{offsets: offsets, mask: mask, times: parts[0].Flatten().Ints, values: parts[1]}
}

// points returns all points as rows(time, value), and how a lambda finds those of each row.
func (s *seriesRows) points() arrayReader {
	times := vector.Int64s(types.Timestamp, s.times, nil)
	elems := vector.Rows(types.PointOf(s.values.Type), []*vector.Vector{times, s.values}, len(s.times), nil)
	return arrayReader{offsets: s.offsets, mask: s.mask, elems: elems}
}

// numericSeries is a series of doubles laid open, without points whose value is NULL.
type numericSeries struct {
	seriesRows
	vals []float64
}

// openNumeric lays open a series of doubles.
func openNumeric(v *vector.Vector) numericSeries {
	s := openSeries(v)
	nulls, none := nullsOf(s.values)
	if none {
		return numericSeries{seriesRows: seriesRows{offsets: make([]int32, len(s.offsets)), mask: s.mask}}
	}
	vals := s.values.Flatten().Floats
	if nulls == nil {
		return numericSeries{s, vals}
	}
	out := numericSeries{seriesRows: seriesRows{offsets: make([]int32, 1, len(s.offsets)), mask: s.mask}}
	for row := 0; row+1 < len(s.offsets); row++ {
		for p := s.offsets[row]; p < s.offsets[row+1]; p++ {
			if !nulls[p] {
				out.times, out.vals = append(out.times, s.times[p]), append(out.vals, vals[p])
			}
		}
		out.offsets = append(out.offsets, int32(len(out.times)))
	}
	return out
}

// of returns the points of row i.
func (s *numericSeries) of(i int) (times []int64, vals []float64) {
	lo, hi := s.span(i)
	return s.times[lo:hi], s.vals[lo:hi]
}

// requests is an array of timestamps that are asked of each row.
type requests struct {
	offsets []int32
	mask    int
	times   []int64
	nulls   []bool
	sorted  []int64 // scratch
}

// openRequests lays open an array of timestamps.
func openRequests(v *vector.Vector) requests {
	offsets, parts, mask := openLists(v)
	nulls, none := nullsOf(parts[0])
	if none {
		return requests{offsets: make([]int32, len(offsets)), mask: mask}
	}
	return requests{offsets: offsets, mask: mask, times: parts[0].Flatten().Ints, nulls: nulls}
}

// of returns the timestamps of row i, ascending and each once. The slice is good until the next call.
func (r *requests) of(i int) []int64 {
	i &= r.mask
	lo, hi := r.offsets[i], r.offsets[i+1]
	list := r.times[lo:hi]
	if r.nulls == nil && ascendsStrictly(list) {
		return list
	}
	r.sorted = r.sorted[:0]
	for p := lo; p < hi; p++ {
		if r.nulls == nil || !r.nulls[p] {
			r.sorted = append(r.sorted, r.times[p])
		}
	}
	slices.Sort(r.sorted)
	return slices.Compact(r.sorted)
}

// ascendsStrictly reports whether each element is greater than the one before.
func ascendsStrictly(list []int64) bool {
	for i := 1; i < len(list); i++ {
		if list[i] <= list[i-1] {
			return false
		}
	}
	return true
}

// lastAtOrBefore returns the index of the last of times[from:] that is not after t, from-1 if all are. It searches in
// growing steps, which is quick for requests that ascend.
func lastAtOrBefore(times []int64, from int, t int64) int {
	step, lo := 1, from
	for lo < len(times) && times[lo] <= t {
		if lo+step >= len(times) || times[lo+step] > t {
			break
		}
		lo += step
		step *= 2
	}
	hi := min(lo+step, len(times))
	for lo < hi {
		mid := (lo + hi) / 2
		if times[mid] <= t {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}

// elapsed returns the nanoseconds from a to a later b, which may be more than an int64 holds.
func elapsed(a, b int64) float64 { return float64(uint64(b) - uint64(a)) }

// pointsOut collects the points of a result.
type pointsOut struct {
	offsets []int32
	times   []int64
	vals    []float64
}

// newPointsOut returns a result without rows that expects some.
func newPointsOut(rows int) *pointsOut { return &pointsOut{offsets: make([]int32, 1, rows+1)} }

// add adds a point to the series that is being made.
func (o *pointsOut) add(t int64, v float64) {
	o.times, o.vals = append(o.times, t), append(o.vals, v)
}

// endRow ends the series of one row; points are bounded as places in vectors are.
func (o *pointsOut) endRow() error {
	if err := checkRows(0, len(o.times)); err != nil {
		return err
	}
	o.offsets = append(o.offsets, int32(len(o.times)))
	return nil
}

// vector returns the series that were made.
func (o *pointsOut) vector(t *types.Type) *vector.Vector {
	return vector.SeriesOf(t, o.offsets, vector.Int64s(types.Timestamp, o.times, nil), vector.Doubles(o.vals, nil), nil)
}
