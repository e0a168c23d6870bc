package function

import (
	"cmp"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Derivatives, the integral, correlations and cardinality of time series. Source: AWS, "Time-series functions". Points
// whose value is NULL do not count.
func init() {
	for _, f := range []struct {
		name        string
		nonNegative bool
	}{{"derivative_linear", false}, {"non_negative_derivative_linear", true}} {
		registerScalar(f.name+"(timeseries(double), interval day to second) -> timeseries(double)", Scalar{CanFail: true, Eval: derivative(f.nonNegative)})
	}
	registerScalar("integral_trapezoidal(timeseries(double)) -> double", Scalar{Eval: integral})
	registerScalar("integral_trapezoidal(timeseries(double), interval day to second) -> double", Scalar{CanFail: true, Eval: integral})
	registerScalar("correlate_pearson(timeseries(double), timeseries(double)) -> double", Scalar{CanFail: true, Eval: correlation(func(v []float64) []float64 { return v })})
	registerScalar("correlate_spearman(timeseries(double), timeseries(double)) -> double", Scalar{CanFail: true, Eval: correlation(ranksOf)})
	registerScalar("cardinality(timeseries(T)) -> bigint", Scalar{Eval: seriesCardinality})
}

var (
	errInterval   = dberr.New(dberr.Invalid, "The interval of a derivative or an integral must be positive")
	errTimestamps = dberr.New(dberr.Invalid, "Time series to correlate must have the same timestamps")
)

// derivative makes the code of the derivative: one point for each pair of neighbours, at the later time. Neighbours at one
// time have none. nonNegative leaves out negative results, as counters give when they start again.
func derivative(nonNegative bool) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		series, unit := openNumeric(a.Vecs[0]), read[int64](a.Vecs[1])
		out := newPointsOut(a.Rows)
		for row := range a.Rows {
			if !a.skipped(row) {
				if unit.at(row) <= 0 {
					return nil, errInterval
				}
				times, vals := series.of(row)
				for i := 1; i < len(times); i++ {
					if times[i] == times[i-1] {
						continue
					}
					rate := (vals[i] - vals[i-1]) / (elapsed(times[i-1], times[i]) / float64(unit.at(row)))
					if !nonNegative || rate >= 0 {
						out.add(times[i], rate)
					}
				}
			}
			if err := out.endRow(); err != nil {
				return nil, err
			}
		}
		return out.vector(a.Result), nil
	}
}

// integral is the area under the straight lines through the points, in value times interval; the default interval is a
// second. One point has none, no point is NULL.
func integral(a *Args) (*vector.Vector, error) {
	series := openNumeric(a.Vecs[0])
	unit := reader[int64]{vals: []int64{types.Second}}
	if len(a.Vecs) > 1 {
		unit = read[int64](a.Vecs[1])
		for row := range a.Rows {
			if !a.skipped(row) && unit.at(row) <= 0 {
				return nil, errInterval
			}
		}
	}
	return rowDoubles(a, func(row int) (float64, bool) {
		times, vals := series.of(row)
		area := 0.0
		for i := 1; i < len(times); i++ {
			area += float64((vals[i-1] + vals[i]) / 2 * (elapsed(times[i-1], times[i]) / float64(unit.at(row))))
		}
		return area, len(times) > 0
	}), nil
}

// correlation makes the code of Pearson's coefficient of two series after transform. A constant series gives NaN, no
// points NULL.
func correlation(transform func([]float64) []float64) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		left, right := openNumeric(a.Vecs[0]), openNumeric(a.Vecs[1])
		for row := range a.Rows {
			if a.skipped(row) {
				continue
			}
			x, _ := left.of(row)
			y, _ := right.of(row)
			if !slices.Equal(x, y) {
				return nil, errTimestamps
			}
		}
		return rowDoubles(a, func(row int) (float64, bool) {
			_, x := left.of(row)
			_, y := right.of(row)
			x, y = transform(x), transform(y)
			p := pairs{}
			for i := range x {
				p.add(y[i], x[i])
			}
			return p.correlation(), p.n > 0
		}), nil
	}
}

// ranksOf returns the ranks of values, from 1; equal values share the average of their ranks. NaN is the greatest.
func ranksOf(vals []float64) []float64 {
	order := make([]int32, len(vals))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(x, y int32) int { return cmp.Compare(doubleKey(vals[x]), doubleKey(vals[y])) })
	out := make([]float64, len(vals))
	for i := 0; i < len(order); {
		end := i + 1
		for end < len(order) && types.CompareDoubles(vals[order[end]], vals[order[i]]) == 0 {
			end++
		}
		for _, at := range order[i:end] {
			out[at] = float64(i+1+end) / 2
		}
		i = end
	}
	return out
}

// seriesCardinality is the number of points.
func seriesCardinality(a *Args) (*vector.Vector, error) {
	offsets, _, mask := openLists(a.Vecs[0])
	out := make([]int64, a.Rows)
	for row := range out {
		at := row & mask
		out[row] = int64(offsets[at+1] - offsets[at])
	}
	return vector.Int64s(types.Bigint, out, nil), nil
}
