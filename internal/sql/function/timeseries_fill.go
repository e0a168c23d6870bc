package function

import (
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// interpolate_locf and interpolate_fill, at an array of timestamps or at one. Source: AWS, "Time-series functions". Both
// copy values of any type. locf has no answer before the first sample: the point is left out, the single value is NULL.
// With a single timestamp a number is a double, as documented.
func init() {
	registerScalar("interpolate_locf(timeseries(T), array(timestamp)) -> timeseries(T)", Scalar{Eval: fillSeries})
	registerScalar("interpolate_fill(timeseries(T), array(timestamp), T) -> timeseries(T)", Scalar{Eval: fillSeries})
	for _, t := range []string{"double", "bigint", "integer"} {
		registerScalar("interpolate_locf(timeseries("+t+"), timestamp) -> double", Scalar{Eval: fillOne})
		registerScalar("interpolate_fill(timeseries("+t+"), timestamp, "+t+") -> double", Scalar{Eval: fillOne})
	}
	registerScalar("interpolate_locf(timeseries(T), timestamp) -> T", Scalar{Eval: fillOne})
	registerScalar("interpolate_fill(timeseries(T), timestamp, T) -> T", Scalar{Eval: fillOne})
}

// filler finds which of the values, or of the constants behind them, answers a request.
type filler struct {
	series seriesRows
	values *vector.Vector // the values of all points, then with fill one constant a row
	fill   bool
}

// newFiller reads the arguments of locf or, with a third one, fill.
func newFiller(a *Args) filler {
	f := filler{series: openSeries(a.Vecs[0]), fill: len(a.Vecs) == 3}
	f.values = f.series.values
	if f.fill {
		constants := a.Vecs[2]
		if constants.Form == vector.Constant {
			constants = constants.Resize(1)
		}
		f.values = vector.Concat(f.values.Type, []*vector.Vector{f.values, constants})
	}
	return f
}

// constantOf returns the place in values of the constant of a row.
func (f *filler) constantOf(row int) int32 {
	if f.values.Len() == len(f.series.times)+1 {
		row = 0
	}
	return int32(len(f.series.times) + row)
}

// at returns the place in values of the answer of row at t, -1 for none. point is the last point of the row at or before
// t, and lo its first.
func (f *filler) at(row, lo, point int, t int64) int32 {
	hit := point >= lo
	if f.fill && (!hit || f.series.times[point] != t) {
		return f.constantOf(row)
	}
	if !hit {
		return -1
	}
	return int32(point)
}

// fillSeries answers an array of timestamps.
func fillSeries(a *Args) (*vector.Vector, error) {
	f, asked := newFiller(a), openRequests(a.Vecs[1])
	out := newPointsOut(a.Rows)
	var sel []int32
	for row := range a.Rows {
		if !a.skipped(row) {
			lo, hi := f.series.span(row)
			point := lo - 1
			for _, t := range asked.of(row) {
				point = lastAtOrBefore(f.series.times[:hi], point+1, t)
				if at := f.at(row, lo, point, t); at >= 0 {
					sel, out.times = append(sel, at), append(out.times, t)
				}
			}
		}
		if err := out.endRow(); err != nil {
			return nil, err
		}
	}
	times := vector.Int64s(types.Timestamp, out.times, nil)
	return vector.SeriesOf(a.Result, out.offsets, times, f.values.Gather(sel), nil), nil
}

// fillOne answers one timestamp.
func fillOne(a *Args) (*vector.Vector, error) {
	f, at := newFiller(a), read[int64](a.Vecs[1])
	sel := make([]int32, a.Rows)
	for row := range sel {
		sel[row] = -1
		if !a.skipped(row) {
			lo, hi := f.series.span(row)
			t := at.at(row)
			sel[row] = f.at(row, lo, lastAtOrBefore(f.series.times[:hi], lo, t), t)
		}
	}
	out := f.values.Gather(sel)
	if a.Result.Kind == types.KindDouble && out.Type.Ints() {
		return intsToDoubles(out.Flatten()), nil
	}
	return out, nil
}

// intsToDoubles converts a flat vector of integers.
func intsToDoubles(v *vector.Vector) *vector.Vector {
	out := make([]float64, len(v.Ints))
	for i, x := range v.Ints {
		out[i] = float64(x)
	}
	return vector.Doubles(out, v.Nulls)
}
