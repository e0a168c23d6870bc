package function

import (
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// filter and reduce over time series. Source: AWS, "Time-series functions". A lambda sees a point as a row(time, value).
func init() {
	registerScalar("filter(timeseries(T), (row(time timestamp, value T)) => boolean) -> timeseries(T)", Scalar{CanFail: true, Eval: filterSeries})
	registerScalar("reduce(timeseries(T), S, (S, row(time timestamp, value T)) => S, (S) => R) -> R", Scalar{CallOnNull: true, CanFail: true, Eval: reduceSeries})
}

// filterSeries keeps the points for which the lambda is true, neither false nor NULL.
func filterSeries(a *Args) (*vector.Vector, error) {
	series := openSeries(a.Vecs[0])
	c := callsOf(a, series.points())
	keep, err := a.Lambdas[1].call(types.Boolean, []*vector.Vector{c.elems}, c.parents)
	if err != nil {
		return nil, err
	}
	p := newPicker(a.Rows)
	for i := range a.Rows {
		for j := c.offsets[i]; j < c.offsets[i+1]; j++ {
			if keep.Bools[j] && !keep.IsNull(int(j)) {
				p.add(int(j), int(j)+1)
			}
		}
		if err := p.end(); err != nil {
			return nil, err
		}
	}
	times, values := c.elems.Kids[0], c.elems.Kids[1]
	return vector.SeriesOf(a.Result, p.offsets, times.Gather(p.idx), values.Gather(p.idx), nil), nil
}

// reduceSeries folds each series in the order of time. The initial state may be NULL; a NULL series gives NULL.
func reduceSeries(a *Args) (*vector.Vector, error) {
	series := openSeries(a.Vecs[0])
	return fold(a, series.points().elems, series.span)
}
