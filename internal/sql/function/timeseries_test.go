package function

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// lambdaArg is a lambda argument: how the type of its result follows from its parameters, and its code for one call.
type lambdaArg struct {
	result func(params []*types.Type) *types.Type
	f      func(args []types.Value, parent int) types.Value
}

// returns is the result type of a lambda that does not depend on its parameters.
func returns(t *types.Type) func([]*types.Type) *types.Type {
	return func([]*types.Type) *types.Type { return t }
}

// evalSeries calls a scalar function for rows as the executor does: rows with NULL are skipped and NULL unless the
// function wants them. The arguments' forms are random.
func evalSeries(t testing.TB, r *rand.Rand, name string, lambdas []*lambdaArg, args ...argument) (*types.Type, []types.Value, error) {
	t.Helper()
	got, rows := make([]*types.Type, 0, len(args)+len(lambdas)), 0
	for _, a := range args {
		got = append(got, a.t)
		rows = len(a.vals)
	}
	for range lambdas {
		got = append(got, nil)
	}
	f, m, err := ResolveScalar(name, got, func(arg int, params []*types.Type) (*types.Type, error) {
		return lambdas[arg-len(args)].result(params), nil
	})
	if err != nil {
		return nil, nil, err
	}
	a := &Args{Rows: rows, Result: m.Result, Env: &Env{}, Skip: make([]bool, rows)}
	for i, x := range args {
		vals := make([]types.Value, rows)
		for k, v := range x.vals {
			vals[k] = coerced(v, m.Params[i])
			a.Skip[k] = a.Skip[k] || v == nil && !f.CallOnNull
		}
		v := randomForm(r, m.Params[i], vals)
		if v.Form == vector.Dictionary {
			v = v.Flatten()
		}
		a.Vecs = append(a.Vecs, v)
	}
	if lambdas != nil {
		a.Lambdas = make([]Lambda, len(args), len(args)+len(lambdas))
		for i, l := range lambdas {
			a.Vecs = append(a.Vecs, nil)
			a.Lambdas = append(a.Lambdas, lambdaOver(l, m.Params[len(args)+i].Elem))
		}
	}
	out, err := f.Eval(a)
	if err != nil {
		return nil, nil, err
	}
	if out.Len() != rows || !out.Type.Equal(m.Result) {
		t.Fatalf("%s: %d values of %s, want %d of %s", name, out.Len(), out.Type, rows, m.Result)
	}
	vals := make([]types.Value, rows)
	for i := range vals {
		if !a.Skip[i] {
			vals[i] = out.Value(i)
		}
	}
	return m.Result, vals, nil
}

// lambdaOver makes the contract's lambda from one that is called row by row.
func lambdaOver(l *lambdaArg, result *types.Type) Lambda {
	return func(args []*vector.Vector, parents []int32) (*vector.Vector, error) {
		b := vector.NewBuilder(result, len(parents))
		for i, parent := range parents {
			var vals []types.Value
			for _, a := range args {
				if a.Len() != len(parents) {
					return nil, fmt.Errorf("argument of %d rows for %d calls", a.Len(), len(parents))
				}
				vals = append(vals, a.Value(i))
			}
			b.Append(coerced(l.f(vals, int(parent)), result))
		}
		return b.Build(), nil
	}
}

// sec is a timestamp of the worked data set: seconds after 2019-12-04 19:00.
func sec(s float64) int64 {
	start, _ := types.ParseTimestamp("2019-12-04 19:00:00")
	return start + int64(s*float64(types.Second))
}

// ts makes a series from seconds and values by turns.
func ts(pairs ...any) types.Series {
	out := types.Series{}
	for i := 0; i < len(pairs); i += 2 {
		s, ok := pairs[i].(float64)
		if !ok {
			s = float64(pairs[i].(int))
		}
		v := pairs[i+1]
		if n, ok := v.(int); ok {
			v = int64(n)
		}
		out = append(out, types.Point{Time: sec(s), Value: v})
	}
	return out
}

// times makes an array of timestamps from seconds.
func times(secs ...float64) []types.Value {
	out := []types.Value{}
	for _, s := range secs {
		out = append(out, sec(s))
	}
	return out
}

// seriesArg is an argument of time series.
func seriesArg(t *types.Type, vals ...types.Value) argument {
	return argument{types.TimeSeriesOf(t), vals}
}

// timesArg is an argument of arrays of timestamps.
func timesArg(vals ...types.Value) argument { return argument{types.ArrayOf(types.Timestamp), vals} }

// frontend01 is the worked data set's series (section 10).
var frontend01 = ts(0, 35.1, 5, 55.2, 10, 15.3)

func TestTimeSeriesFunctions(t *testing.T) {
	cpu := seriesArg(types.Double, frontend01)
	every2s := timesArg(times(0, 2, 4, 6, 8, 10))
	bytesIn := seriesArg(types.Bigint, ts(0, 1500, 5, 1245, 10, 23))
	at := func(s float64) argument { return arg(types.Timestamp, sec(s)) }
	interval := func(ns int64) argument { return arg(types.IntervalDayToSecond, ns) }
	text := seriesArg(types.Varchar, ts(0, "idle", 5, "busy"))
	for _, test := range []struct {
		name, why string
		args      []argument
		want      types.Value
	}{
		// Section 10.
		{"interpolate_linear", "worked example", []argument{cpu, every2s}, ts(0, 35.1, 2, 43.14, 4, 51.18, 6, 47.22, 8, 31.26, 10, 15.3)},
		{"interpolate_locf", "worked example", []argument{cpu, every2s}, ts(0, 35.1, 2, 35.1, 4, 35.1, 6, 55.2, 8, 55.2, 10, 15.3)},
		{"interpolate_fill", "worked example", []argument{cpu, every2s, doubleArg(0)}, ts(0, 35.1, 2, 0.0, 4, 0.0, 6, 0.0, 8, 0.0, 10, 15.3)},
		{"integral_trapezoidal", "worked example", []argument{cpu}, 402.0},
		{"derivative_linear", "worked example", []argument{cpu, interval(types.Second)}, ts(5, 4.02, 10, -7.98)},
		// Section 4.16: requests outside of the samples, their order, exact hits.
		{"interpolate_linear", "no extrapolation", []argument{cpu, timesArg(times(-1, 0, 10, 11))}, ts(0, 35.1, 10, 15.3)},
		{"interpolate_linear", "requests in any order, each once", []argument{cpu, timesArg(append(times(10, 5, 0, 5), nil))}, frontend01},
		{"interpolate_linear", "no request", []argument{cpu, timesArg(times())}, ts()},
		{"interpolate_linear", "requests that are NULL", []argument{cpu, timesArg(anyList(nil, nil))}, ts()},
		{"interpolate_linear", "NULL sequence", []argument{cpu, timesArg(nil)}, nil},
		{"interpolate_linear", "NULL series", []argument{seriesArg(types.Double, nil), every2s}, nil},
		{"interpolate_linear", "one sample: exact hits only", []argument{seriesArg(types.Double, ts(2, 7.0)), every2s}, ts(2, 7.0)},
		{"interpolate_linear", "empty series", []argument{seriesArg(types.Double, ts()), every2s}, ts()},
		{"interpolate_linear", "bigint as double", []argument{bytesIn, timesArg(times(2.5, 5))}, ts(2.5, 1372.5, 5, 1245.0)},
		{"interpolate_linear", "several samples at one time: the last", []argument{seriesArg(types.Double, ts(0, 0.0, 2, 2.0, 2, 10.0, 4, 12.0)), timesArg(times(1, 2, 3))}, ts(1, 1.0, 2, 10.0, 3, 11.0)},
		{"interpolate_linear", "scalar", []argument{cpu, at(2)}, 43.14},
		{"interpolate_linear", "scalar at a sample", []argument{cpu, at(5)}, 55.2},
		{"interpolate_linear", "scalar before", []argument{cpu, at(-1)}, nil},
		{"interpolate_linear", "scalar after", []argument{cpu, at(11)}, nil},
		{"interpolate_linear", "scalar NULL", []argument{cpu, arg(types.Timestamp, nil)}, nil},
		{"interpolate_spline_cubic", "natural spline through three points", []argument{seriesArg(types.Double, ts(0, 0.0, 1, 1.0, 2, 0.0)), timesArg(times(0, 0.5, 1, 1.5, 2, 3))}, ts(0, 0.0, 0.5, 0.6875, 1, 1.0, 1.5, 0.6875, 2, 0.0)},
		{"interpolate_spline_cubic", "two samples: a straight line", []argument{seriesArg(types.Double, ts(0, 1.0, 4, 9.0)), timesArg(times(1, 3))}, ts(1, 3.0, 3, 7.0)},
		{"interpolate_spline_cubic", "points on a line", []argument{seriesArg(types.Bigint, ts(0, 0, 1, 2, 5, 10, 6, 12)), timesArg(times(0.5, 3, 5.25))}, ts(0.5, 1.0, 3, 6.0, 5.25, 10.5)},
		{"interpolate_spline_cubic", "one sample", []argument{seriesArg(types.Double, ts(1, 5.0)), timesArg(times(0, 1))}, ts(1, 5.0)},
		{"interpolate_spline_cubic", "several samples at one time: the last", []argument{seriesArg(types.Double, ts(0, 9.0, 0, 0.0, 1, 7.0, 1, 1.0, 2, 5.0, 2, 0.0)), timesArg(times(0, 0.5, 1, 1.5, 2))}, ts(0, 0.0, 0.5, 0.6875, 1, 1.0, 1.5, 0.6875, 2, 0.0)},
		{"interpolate_spline_cubic", "scalar", []argument{seriesArg(types.Double, ts(0, 0.0, 1, 1.0, 2, 0.0)), at(1.5)}, 0.6875},
		{"interpolate_spline_cubic", "scalar outside", []argument{seriesArg(types.Double, ts(0, 0.0, 1, 1.0)), at(2)}, nil},
		{"interpolate_locf", "left out before, carried on after", []argument{cpu, timesArg(times(-5, -1, 7, 99))}, ts(7, 55.2, 99, 15.3)},
		{"interpolate_locf", "bigint stays", []argument{bytesIn, timesArg(times(7))}, ts(7, 1245)},
		{"interpolate_locf", "any type", []argument{text, timesArg(times(1, 6))}, ts(1, "idle", 6, "busy")},
		{"interpolate_locf", "scalar number is a double", []argument{bytesIn, at(7)}, 1245.0},
		{"interpolate_locf", "scalar text", []argument{text, at(7)}, "busy"},
		{"interpolate_locf", "scalar before", []argument{text, at(-7)}, nil},
		{"interpolate_locf", "several samples at one time: the last", []argument{seriesArg(types.Bigint, ts(0, 1, 0, 2)), timesArg(times(0, 1))}, ts(0, 2, 1, 2)},
		{"interpolate_fill", "outside, too", []argument{cpu, timesArg(times(-1, 5, 11)), doubleArg(7)}, ts(-1, 7.0, 5, 55.2, 11, 7.0)},
		{"interpolate_fill", "integer constant", []argument{cpu, timesArg(times(1)), arg(types.Integer, int64(3))}, ts(1, 3.0)},
		{"interpolate_fill", "double constant for a bigint series", []argument{bytesIn, timesArg(times(0, 1)), doubleArg(0.5)}, ts(0, 1500.0, 1, 0.5)},
		{"interpolate_fill", "NaN", []argument{cpu, timesArg(times(1)), doubleArg(math.NaN())}, ts(1, math.NaN())},
		{"interpolate_fill", "text", []argument{text, timesArg(times(0, 1)), arg(types.Varchar, "?")}, ts(0, "idle", 1, "?")},
		{"interpolate_fill", "NULL constant", []argument{cpu, timesArg(times(1)), arg(types.Double, nil)}, nil},
		{"interpolate_fill", "empty series", []argument{seriesArg(types.Double, ts()), timesArg(times(1)), doubleArg(2)}, ts(1, 2.0)},
		{"interpolate_fill", "scalar", []argument{cpu, at(3), doubleArg(2)}, 2.0},
		{"interpolate_fill", "scalar at a sample", []argument{bytesIn, at(5), arg(types.Integer, int64(0))}, 1245.0},
		{"derivative_linear", "another interval", []argument{bytesIn, interval(types.Minute)}, ts(5, -3060.0, 10, -14664.0)},
		{"derivative_linear", "one sample", []argument{seriesArg(types.Double, ts(1, 5.0)), interval(1)}, ts()},
		{"derivative_linear", "equal times have none", []argument{seriesArg(types.Double, ts(0, 0.0, 1, 1.0, 1, 5.0, 3, 1.0)), interval(types.Second)}, ts(1, 1.0, 3, -2.0)},
		{"derivative_linear", "NULL series", []argument{seriesArg(types.Double, nil), interval(1)}, nil},
		{"non_negative_derivative_linear", "a counter that starts again", []argument{seriesArg(types.Bigint, ts(0, 5, 1, 9, 2, 1, 3, 1, 4, 2)), interval(types.Second)}, ts(1, 4.0, 3, 0.0, 4, 1.0)},
		{"integral_trapezoidal", "by minutes", []argument{cpu, interval(types.Minute)}, 6.7},
		{"integral_trapezoidal", "integers", []argument{seriesArg(types.Integer, ts(0, 1, 2, 3))}, 4.0},
		{"integral_trapezoidal", "one sample", []argument{seriesArg(types.Double, ts(0, 5.0))}, 0.0},
		{"integral_trapezoidal", "empty", []argument{seriesArg(types.Double, ts())}, nil},
		{"integral_trapezoidal", "points without value", []argument{seriesArg(types.Double, ts(0, 1.0, 1, nil, 2, 3.0))}, 4.0},
		{"correlate_pearson", "with itself", []argument{cpu, cpu}, 1.0},
		{"correlate_pearson", "opposite", []argument{cpu, seriesArg(types.Double, ts(0, -35.1, 5, -55.2, 10, -15.3))}, -1.0},
		{"correlate_pearson", "numbers of two types", []argument{seriesArg(types.Bigint, ts(0, 1, 1, 2, 2, 4)), seriesArg(types.Double, ts(0, 1.0, 1, 3.0, 2, 2.0))}, 0.3273268353539886},
		{"correlate_pearson", "constant", []argument{cpu, seriesArg(types.Double, ts(0, 1.0, 5, 1.0, 10, 1.0))}, math.NaN()},
		{"correlate_pearson", "no points", []argument{seriesArg(types.Double, ts()), seriesArg(types.Double, ts())}, nil},
		{"correlate_spearman", "monotone", []argument{seriesArg(types.Double, ts(0, 1.0, 1, 2.0, 2, 9.0)), seriesArg(types.Double, ts(0, 1.0, 1, 100.0, 2, 101.0))}, 1.0},
		{"correlate_spearman", "ties share a rank", []argument{seriesArg(types.Bigint, ts(0, 1, 1, 2, 2, 2, 3, 3)), seriesArg(types.Bigint, ts(0, 1, 1, 3, 2, 2, 3, 4))}, 0.9486832980505138},
		{"cardinality", "points", []argument{text}, int64(2)},
	} {
		t.Run(test.name+": "+test.why, func(t *testing.T) {
			seed := rand.Uint64()
			_, got, err := evalSeries(t, rand.New(rand.NewPCG(seed, 1)), test.name, nil, test.args...)
			if err != nil || !cmp.Equal(test.want, got[0], tolerant) {
				t.Errorf("seed %d: %v, want %v (error %v)", seed, got, test.want, err)
			}
		})
	}
}

// The types of results (sections 4.16 and 8).
func TestTimeSeriesTypes(t *testing.T) {
	series := types.TimeSeriesOf
	instants, instant := types.ArrayOf(types.Timestamp), types.Timestamp
	for _, test := range []struct {
		name string
		args []*types.Type
		want string
	}{
		{"interpolate_linear", []*types.Type{series(types.Bigint), instants}, "timeseries(double)"},
		{"interpolate_linear", []*types.Type{series(types.Bigint), types.Varchar}, "double"},
		{"interpolate_linear", []*types.Type{types.Unknown, types.Unknown}, "timeseries(double)"},
		{"interpolate_spline_cubic", []*types.Type{series(types.Integer), instants}, "timeseries(double)"},
		{"interpolate_locf", []*types.Type{series(types.Bigint), instants}, "timeseries(bigint)"},
		{"interpolate_locf", []*types.Type{series(types.Bigint), instant}, "double"},
		{"interpolate_locf", []*types.Type{series(types.Boolean), instant}, "boolean"},
		{"interpolate_fill", []*types.Type{series(types.Double), instants, types.Integer}, "timeseries(double)"},
		{"interpolate_fill", []*types.Type{series(types.Bigint), instants, types.Integer}, "timeseries(bigint)"},
		{"interpolate_fill", []*types.Type{series(types.Bigint), instants, types.Double}, "timeseries(double)"},
		{"interpolate_fill", []*types.Type{series(types.Bigint), instant, types.Integer}, "double"},
		{"interpolate_fill", []*types.Type{series(types.Bigint), instant, types.Double}, "double"},
		{"derivative_linear", []*types.Type{series(types.Bigint), types.IntervalDayToSecond}, "timeseries(double)"},
		{"integral_trapezoidal", []*types.Type{series(types.Integer)}, "double"},
	} {
		_, m, err := ResolveScalar(test.name, test.args, nil)
		if err != nil || m.Result.String() != test.want {
			t.Errorf("%s(%v): %v, want %s (error %v)", test.name, test.args, m.Result, test.want, err)
		}
	}
	if _, _, err := ResolveScalar("interpolate_linear", []*types.Type{series(types.Varchar), instants}, nil); err == nil {
		t.Error("interpolate_linear takes text")
	}
}

func TestTimeSeriesErrors(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	cpu := seriesArg(types.Double, frontend01)
	for _, test := range []struct {
		name string
		args []argument
		want *dberr.Error
	}{
		{"correlate_pearson", []argument{cpu, seriesArg(types.Double, ts(0, 1.0))}, errTimestamps},
		{"correlate_spearman", []argument{cpu, seriesArg(types.Double, ts(0, 1.0, 5, 1.0, 11, 1.0))}, errTimestamps},
		{"derivative_linear", []argument{cpu, arg(types.IntervalDayToSecond, int64(0))}, errInterval},
		{"integral_trapezoidal", []argument{cpu, arg(types.IntervalDayToSecond, int64(-1))}, errInterval},
	} {
		if _, _, err := evalSeries(t, r, test.name, nil, test.args...); !errors.Is(err, test.want) {
			t.Errorf("%s: error %v, want %v", test.name, err, test.want)
		}
	}
}
