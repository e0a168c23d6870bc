package function

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// argument is one argument: its type and its values.
type argument struct {
	t    *types.Type
	vals []types.Value
}

// arg is an argument of the given type and values.
func arg(t *types.Type, vals ...types.Value) argument { return argument{t, vals} }

// bigintArg is an argument of bigints.
func bigintArg(vals ...int) argument {
	c := argument{t: types.Bigint}
	for _, v := range vals {
		c.vals = append(c.vals, int64(v))
	}
	return c
}

// doubleArg is an argument of doubles.
func doubleArg(vals ...float64) argument {
	c := argument{t: types.Double}
	for _, v := range vals {
		c.vals = append(c.vals, v)
	}
	return c
}

// repeatArg is a constant argument for n rows.
func repeatArg(t *types.Type, value types.Value, n int) argument {
	c := argument{t: t}
	for range n {
		c.vals = append(c.vals, value)
	}
	return c
}

// resolveAggregate finds an aggregate and converts the arguments to its parameters as the executor does.
func resolveAggregate(t testing.TB, name string, args []argument) (*Aggregate, Match, []argument) {
	t.Helper()
	got := make([]*types.Type, len(args))
	for i, a := range args {
		got[i] = a.t
	}
	f, m, err := ResolveAggregate(name, got)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	out := make([]argument, len(args))
	for i, a := range args {
		out[i] = argument{t: m.Params[i]}
		for _, v := range a.vals {
			out[i].vals = append(out[i].vals, coerced(v, m.Params[i]))
		}
	}
	return f, m, out
}

// coerced converts an integer to a double where one is wanted, also within arrays and time series.
func coerced(v types.Value, to *types.Type) types.Value {
	switch x := v.(type) {
	case int64:
		if to.Kind == types.KindDouble {
			return float64(x)
		}
	case []types.Value:
		if to.Kind == types.KindArray {
			out := []types.Value{}
			for _, e := range x {
				out = append(out, coerced(e, to.Elem))
			}
			return out
		}
	case types.Series:
		out := types.Series{}
		for _, p := range x {
			out = append(out, types.Point{Time: p.Time, Value: coerced(p.Value, to.Elem)})
		}
		return out
	}
	return v
}

// aggregateAll runs an aggregate over one group in one batch.
func aggregateAll(t testing.TB, name string, args ...argument) (types.Value, error) {
	t.Helper()
	f, m, args := resolveAggregate(t, name, args)
	acc := f.New(m.Params, m.Result)
	acc.Resize(1)
	rows := 3 // for count()
	var vecs []*vector.Vector
	for _, a := range args {
		rows = len(a.vals)
		vecs = append(vecs, vector.FromValues(a.t, a.vals...))
	}
	if err := acc.Add(make([]int32, rows), vecs); err != nil {
		return nil, err
	}
	out, err := acc.Result(0, 1)
	if err != nil {
		return nil, err
	}
	if !out.Type.Equal(m.Result) || out.Len() != 1 {
		t.Fatalf("%s: result of type %s with %d rows, want %s and 1", name, out.Type, out.Len(), m.Result)
	}
	return out.Value(0), nil
}

// anyList makes an array value.
func anyList(vals ...types.Value) []types.Value { return vals }

// listOf makes an array value of one Go type.
func listOf[T any](vals ...T) []types.Value {
	out := []types.Value{}
	for _, v := range vals {
		out = append(out, v)
	}
	return out
}

func TestDocumentedAggregates(t *testing.T) {
	four, five := bigintArg(1, 2, 3, 4), bigintArg(1, 2, 3, 4, 8)
	ps := repeatArg(types.ArrayOf(types.Double), listOf(0.1, 0.8, 0.8), 4)
	for _, test := range []struct {
		name string
		args []argument
		want types.Value
	}{
		// Section 4.13, documented results for 1, 2, 3, 4.
		{"avg", []argument{four}, 2.5},
		{"geometric_mean", []argument{four}, 2.213363839400643},
		{"approx_percentile", []argument{four, repeatArg(types.Double, 0.4, 4)}, int64(2)},
		{"approx_percentile", []argument{four, ps}, listOf[int64](1, 4, 4)},
		{"approx_percentile", []argument{four, repeatArg(types.ArrayOf(types.Double), listOf(1.0, 0.75, 0.5, 0.25, 0.0), 4)}, listOf[int64](4, 4, 3, 2, 1)},
		{"approx_percentile", []argument{four, repeatArg(types.ArrayOf(types.Double), listOf[float64](), 4)}, anyList()},
		{"approx_percentile", []argument{four, repeatArg(types.Integer, int64(1), 4), repeatArg(types.Double, 0.1, 4)}, int64(1)},
		{"approx_percentile", []argument{four, repeatArg(types.Double, 0.5, 4)}, int64(3)},
		{"max", []argument{four, repeatArg(types.Integer, int64(2), 4)}, listOf[int64](4, 3)},
		{"min", []argument{four, repeatArg(types.Integer, int64(2), 4)}, listOf[int64](1, 2)},
		{"bitwise_and_agg", []argument{bigintArg(1, -3)}, int64(1)},
		{"bitwise_or_agg", []argument{bigintArg(1, -3)}, int64(-3)},
		{"corr", []argument{four, four}, 1.0},
		{"covar_pop", []argument{four, four}, 1.25},
		{"covar_samp", []argument{four, four}, 1.6666666666666667},
		{"regr_intercept", []argument{four, four}, 0.0},
		{"regr_slope", []argument{four, four}, 1.0},
		// The same for 1, 2, 3, 4, 8.
		{"approx_distinct", []argument{five}, int64(5)},
		{"skewness", []argument{five}, 0.8978957037987335},
		{"stddev_pop", []argument{five}, 2.4166091947189146},
		{"stddev_samp", []argument{five}, 2.701851217221259},
		{"stddev", []argument{five}, 2.701851217221259},
		{"var_pop", []argument{five}, 5.840000000000001},
		{"var_samp", []argument{five}, 7.300000000000001},
		{"variance", []argument{five}, 7.300000000000001},
		// Other rows of the table in 4.13.
		{"count", nil, int64(3)},
		{"count", []argument{arg(types.Varchar, "a", nil, "b")}, int64(2)},
		{"count_if", []argument{arg(types.Boolean, true, nil, false, true)}, int64(2)},
		{"arbitrary", []argument{arg(types.Varchar, nil, "x")}, "x"},
		{"array_agg", []argument{arg(types.Varchar, "b", nil, "a")}, anyList("b", nil, "a")},
		{"bool_and", []argument{arg(types.Boolean, true, nil)}, true},
		{"every", []argument{arg(types.Boolean, true, false)}, false},
		{"bool_or", []argument{arg(types.Boolean, false, nil, true)}, true},
		{"sum", []argument{arg(types.Integer, int64(1), int64(2))}, int64(3)},
		{"max", []argument{arg(types.Varchar, "a", "", "b")}, "b"},
		{"min", []argument{arg(types.Varchar, "a", "", "b")}, ""},
		{"max", []argument{arg(types.Boolean, true, false)}, true},
		{"max_by", []argument{arg(types.Timestamp, int64(7), int64(9)), arg(types.Timestamp, int64(7), int64(9))}, int64(9)},
		{"max_by", []argument{arg(types.Varchar, "x", nil, "y"), bigintArg(1, 3, 2)}, nil},
		{"min_by", []argument{arg(types.Varchar, "x", nil, "y"), arg(types.Bigint, int64(5), nil, int64(2))}, "y"},
		{"max_by", []argument{arg(types.Varchar, "x", nil, "y"), bigintArg(1, 3, 2), repeatArg(types.Bigint, int64(2), 3)}, anyList(nil, "y")},
		{"min_by", []argument{arg(types.Varchar, "x", nil, "y"), bigintArg(1, 3, 2), repeatArg(types.Bigint, int64(9), 3)}, anyList("x", "y", nil)},
		{"stddev_pop", []argument{doubleArg(3)}, 0.0},
		{"stddev_samp", []argument{doubleArg(3)}, nil},
		{"skewness", []argument{doubleArg(3, 4)}, nil},
		{"covar_samp", []argument{doubleArg(3), doubleArg(3)}, nil},
		{"corr", []argument{doubleArg(3, 3), doubleArg(3, 4)}, nil},
		{"regr_slope", []argument{doubleArg(3, 4), doubleArg(3, 3)}, nil},
		{"approx_percentile", []argument{doubleArg(5, 1, 3), bigintArg(1, 1, 8), repeatArg(types.Double, 0.5, 3)}, 3.0},
		{"approx_percentile", []argument{doubleArg(5, 1, 3), bigintArg(1, 1, 8), repeatArg(types.Double, 1.0, 3), repeatArg(types.Double, 0.01, 3)}, 5.0},
		{"approx_percentile", []argument{doubleArg(5, 1, 3), bigintArg(1, 1, 8), repeatArg(types.ArrayOf(types.Double), listOf(0.0, 0.5, 0.99), 3)}, listOf(1.0, 3.0, 5.0)},
		// Trino's.
		{"any_value", []argument{doubleArg(3)}, 3.0},
		{"bitwise_xor_agg", []argument{bigintArg(5, 3)}, int64(6)},
		{"listagg", []argument{arg(types.Varchar, "b", nil, "a"), repeatArg(types.Varchar, ", ", 3)}, "b, a"},
		{"listagg", []argument{arg(types.Varchar, "b", nil, "a")}, "ba"},
		{"entropy", []argument{bigintArg(1, 1, 0, 2)}, 1.5},
		{"kurtosis", []argument{bigintArg(1, 2, 3, 4, 8)}, 2.021017076374555},
		{"kurtosis", []argument{bigintArg(1, 2, 3)}, nil},
		{"regr_count", []argument{arg(types.Double, 1.0, nil), doubleArg(1, 2)}, int64(1)},
		{"regr_avgx", []argument{doubleArg(1, 2), doubleArg(3, 5)}, 4.0},
		{"regr_avgy", []argument{doubleArg(1, 2), doubleArg(3, 5)}, 1.5},
		{"regr_sxx", []argument{doubleArg(1, 2), doubleArg(3, 5)}, 2.0},
		{"regr_syy", []argument{doubleArg(1, 2), doubleArg(3, 5)}, 0.5},
		{"regr_sxy", []argument{doubleArg(1, 2), doubleArg(3, 5)}, 1.0},
		{"regr_r2", []argument{doubleArg(1, 2), doubleArg(3, 5)}, 1.0},
		{"regr_r2", []argument{doubleArg(1, 1), doubleArg(3, 5)}, 1.0},
		{"regr_r2", []argument{doubleArg(1, 2), doubleArg(3, 3)}, nil},
		{"sum", []argument{arg(types.IntervalDayToSecond, int64(5), int64(-7))}, int64(-2)},
		{"avg", []argument{arg(types.IntervalDayToSecond, int64(5), int64(-8))}, int64(-1)},
		{"avg", []argument{arg(types.IntervalYearToMonth, int64(3), int64(4))}, int64(4)},
		// NaN loses against every number, whichever way one looks.
		{"max", []argument{doubleArg(math.NaN(), 1, math.NaN(), 2)}, 2.0},
		{"min", []argument{doubleArg(math.NaN(), 2, 1, math.NaN())}, 1.0},
		{"max_by", []argument{arg(types.Varchar, "a", "b", "c"), doubleArg(math.NaN(), 1, math.NaN())}, "b"},
		{"max", []argument{doubleArg(math.Inf(-1), math.NaN())}, math.Inf(-1)},
		// Section 10.
		{"sum", []argument{bigintArg(1500, 1245, 23, 23000, 1245, 1450)}, int64(28463)},
		{"avg", []argument{bigintArg(1500, 1245, 23, 23000, 1245, 1450)}, 4743.833333333333},
		{"approx_percentile", []argument{doubleArg(35.1, 55.2, 15.3, 38.5, 65.6, 44), repeatArg(types.Double, 0.5, 6)}, 44.0},
		{"max_by", []argument{doubleArg(35.1, 55.2, 15.3), arg(types.Timestamp, int64(0), int64(5), int64(10))}, 15.3},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := aggregateAll(t, test.name, test.args...)
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Errorf("%s%v: %v, want %v (error %v)", test.name, test.args, got, test.want, err)
			}
		})
	}
}

// Section 4.13, column "empty": no row, or NULL only, be it typed or bare.
func TestAggregatesOfNothing(t *testing.T) {
	want := map[string]types.Value{"count": int64(0), "count_if": int64(0), "approx_distinct": int64(0), "regr_count": int64(0), "entropy": 0.0}
	forms := map[string]func(*types.Type) *vector.Vector{
		"no rows":    func(t *types.Type) *vector.Vector { return vector.NullsOf(t, 0).Flatten() },
		"NULLs":      func(t *types.Type) *vector.Vector { return vector.NullsOf(t, 2).Flatten() },
		"one NULL":   func(t *types.Type) *vector.Vector { return vector.NullsOf(t, 2) },
		"bare NULLs": func(*types.Type) *vector.Vector { return vector.NullsOf(types.Unknown, 2) },
	}
	_, names, _ := Names()
	for _, name := range names {
		for _, f := range aggregates[name] {
			for form, nothing := range forms {
				if form != "no rows" && (name == "array_agg" || len(f.Sig.Params) == 0) {
					continue // NULL counts there
				}
				b := bindings{"T": types.Double, "U": types.Varchar}
				var args []*types.Type
				var vecs []*vector.Vector
				rows := 0
				for _, p := range f.Sig.Params {
					args = append(args, b.typeOf(p))
					vecs = append(vecs, nothing(b.typeOf(p)))
					rows = vecs[0].Len()
				}
				acc := f.New(args, b.typeOf(f.Sig.Result))
				acc.Resize(2)
				if err := acc.Add(make([]int32, rows), vecs); err != nil {
					t.Fatalf("%s: %v", f.Sig, err)
				}
				out, err := acc.Result(0, 2)
				if err != nil {
					t.Fatalf("%s: %v", f.Sig, err)
				}
				if out.Len() != 2 || out.Value(0) != want[name] || out.Value(1) != want[name] {
					t.Errorf("%s of %s: %v and %v, want %v", f.Sig, form, out.Value(0), out.Value(1), want[name])
				}
			}
		}
	}
}

// array_agg keeps NULL, also a bare one where a type is wanted.
func TestArrayAggOfBareNulls(t *testing.T) {
	for _, elem := range []*types.Type{types.Double, types.Varchar, types.PointOf(types.Varchar), types.ArrayOf(types.Boolean), types.TimeSeriesOf(types.Bigint)} {
		f, m, err := ResolveAggregate("array_agg", []*types.Type{elem})
		if err != nil {
			t.Fatal(err)
		}
		acc := f.New(m.Params, m.Result)
		acc.Resize(1)
		if err := acc.Add(make([]int32, 2), []*vector.Vector{vector.NullsOf(types.Unknown, 2)}); err != nil {
			t.Fatal(err)
		}
		out, err := acc.Result(0, 1)
		if diff := cmp.Diff(anyList(nil, nil), out.Value(0)); err != nil || diff != "" {
			t.Errorf("%s: %v (error %v)", elem, out.Value(0), err)
		}
	}
}

// A bare NULL has the type unknown.
func TestAggregatesOfUnknown(t *testing.T) {
	for name, want := range map[string]types.Value{
		"count": int64(0), "max": nil, "min": nil, "arbitrary": nil, "approx_distinct": int64(0), "sum": nil, "avg": nil,
		"array_agg": anyList(nil, nil),
	} {
		got, err := aggregateAll(t, name, arg(types.Unknown, nil, nil))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s(NULL): %v, want %v (error %v)", name, got, want, err)
		}
	}
	got, err := aggregateAll(t, "max_by", arg(types.Unknown, nil, nil), bigintArg(1, 2), bigintArg(2, 2))
	if diff := cmp.Diff(anyList(nil, nil), got); diff != "" || err != nil {
		t.Errorf("max_by(NULL, x, 2): %v (error %v)", got, err)
	}
}

func TestAggregateErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		args []argument
		want string
	}{
		{"sum", []argument{bigintArg(math.MaxInt64, 1)}, "bigint addition overflow: 9223372036854775807 + 1"},
		{"sum", []argument{arg(types.Bigint, int64(math.MinInt64), nil, int64(-1))}, "bigint addition overflow: -9223372036854775808 + -1"},
		{"approx_percentile", []argument{bigintArg(1), doubleArg(1.5)}, "Percentile must be between 0 and 1"},
		{"approx_percentile", []argument{bigintArg(1), doubleArg(math.NaN())}, "Percentile must be between 0 and 1"},
		{"approx_percentile", []argument{bigintArg(1), arg(types.ArrayOf(types.Double), anyList(0.5, nil))}, "Percentile cannot be null"},
		{"approx_percentile", []argument{bigintArg(1), bigintArg(0), doubleArg(0.5)}, "percentile weight must be > 0"},
		{"approx_percentile", []argument{bigintArg(1), bigintArg(1), doubleArg(0.5), doubleArg(1)}, "Percentile accuracy must be strictly between 0 and 1"},
		{"approx_distinct", []argument{bigintArg(1), doubleArg(0.5)}, "Standard error must be in [0.0040625, 0.26000]: 0.5"},
		{"approx_distinct", []argument{bigintArg(1), doubleArg(0.001)}, "Standard error must be in [0.0040625, 0.26000]: 0.001"},
		{"max", []argument{bigintArg(1), bigintArg(0)}, "second argument of max_n/min_n must be positive"},
		{"min", []argument{bigintArg(1), bigintArg(10001)}, "second argument of max_n/min_n must be less than or equal to 10000; found 10001"},
		{"max_by", []argument{bigintArg(1), bigintArg(1), bigintArg(-1)}, "third argument of max_by/min_by must be a positive integer"},
		{"max_by", []argument{bigintArg(1), bigintArg(1), bigintArg(20000)}, "third argument of max_by/min_by must be less than or equal to 10000; found 20000"},
		{"entropy", []argument{bigintArg(-1)}, "Entropy count argument must be non-negative"},
		{"listagg", []argument{arg(types.Varchar, strings.Repeat("x", listMax), "y")}, "Concatenated string has the length in bytes larger than the maximum output length 1048576"},
	} {
		_, err := aggregateAll(t, test.name, test.args...)
		if err == nil || err.Error() != test.want || !dberr.Is(err, dberr.Invalid) {
			t.Errorf("%s: error %v, want %s", test.name, err, test.want)
		}
	}
}

func TestAverageDoesNotOverflow(t *testing.T) {
	for _, test := range []struct {
		vals []int
		want float64
	}{
		{[]int{math.MaxInt64, math.MaxInt64, math.MaxInt64}, math.MaxInt64},
		{[]int{math.MinInt64, math.MinInt64}, math.MinInt64},
		{[]int{math.MaxInt64, math.MinInt64}, -0.5},
	} {
		if got, err := aggregateAll(t, "avg", bigintArg(test.vals...)); err != nil || got != test.want {
			t.Errorf("avg(%v): %v, want %v (error %v)", test.vals, got, test.want, err)
		}
	}
}

func TestAverageOfIntervalsRoundsHalvesUp(t *testing.T) {
	for _, test := range []struct{ a, b, want int64 }{
		{1, 2, 2}, {-1, -2, -1}, {-1, -1, -1}, {math.MaxInt64, math.MaxInt64, math.MaxInt64},
		{math.MinInt64, math.MinInt64, math.MinInt64}, {math.MinInt64, math.MaxInt64, 0},
	} {
		got, err := aggregateAll(t, "avg", arg(types.IntervalDayToSecond, test.a, test.b))
		if err != nil || got != test.want {
			t.Errorf("avg of intervals %d and %d: %v, want %d (error %v)", test.a, test.b, got, test.want, err)
		}
	}
}

// Section 4.15.
func TestCreateTimeSeries(t *testing.T) {
	at := func(times ...types.Value) argument { return arg(types.Timestamp, times...) }
	for _, test := range []struct {
		name         string
		time, values argument
		want         types.Value
	}{
		{"points ascend", at(int64(30), int64(10), int64(20)), doubleArg(3, 1, 2), types.Series{{Time: 10, Value: 1.0}, {Time: 20, Value: 2.0}, {Time: 30, Value: 3.0}}},
		{"NULL time or value is skipped", at(int64(1), nil, int64(3)), arg(types.Varchar, "a", "b", nil), types.Series{{Time: 1, Value: "a"}}},
		{"equal times stay in order", at(int64(2), int64(1), int64(2), int64(1)), bigintArg(1, 2, 3, 4),
			types.Series{{Time: 1, Value: int64(2)}, {Time: 1, Value: int64(4)}, {Time: 2, Value: int64(1)}, {Time: 2, Value: int64(3)}}},
		{"no point is NULL", at(nil, int64(1)), arg(types.Boolean, true, nil), nil},
		{"intervals", at(int64(1)), arg(types.IntervalDayToSecond, types.Day), types.Series{{Time: 1, Value: types.Day}}},
		{"arrays", at(int64(2), int64(1)), arg(types.ArrayOf(types.Double), anyList(1.0, nil), anyList()), types.Series{{Time: 1, Value: anyList()[:0:0]}, {Time: 2, Value: anyList(1.0, nil)}}},
		{"rows", at(int64(2), int64(1)), arg(types.RowOf(types.Field{Type: types.Double}, types.Field{Type: types.Integer}), anyList(1.0, int64(2)), anyList(nil, int64(3))),
			types.Series{{Time: 1, Value: anyList(nil, int64(3))}, {Time: 2, Value: anyList(1.0, int64(2))}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := aggregateAll(t, "create_time_series", test.time, test.values)
			if err != nil || fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("%v, want %v (error %v)", got, test.want, err)
			}
		})
	}
}

// A batch in which all values are NULL takes the place of values of every kind that were there before.
func TestMaxByReplacesByNull(t *testing.T) {
	for _, value := range []argument{bigintArg(1), doubleArg(1), arg(types.Varchar, "x"), arg(types.Boolean, true), arg(types.ArrayOf(types.Bigint), anyList(int64(1)))} {
		f, m, err := ResolveAggregate("max_by", []*types.Type{value.t, types.Bigint})
		if err != nil {
			t.Fatal(err)
		}
		acc := f.New(m.Params, m.Result)
		acc.Resize(1)
		for order, v := range []*vector.Vector{vector.FromValues(value.t, value.vals...), vector.NullsOf(value.t, 1)} {
			if err := acc.Add([]int32{0}, []*vector.Vector{v, vector.Const(types.Bigint, int64(order), 1)}); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := acc.Result(0, 1); err != nil || out.Value(0) != nil {
			t.Errorf("%s: %v, want NULL (error %v)", value.t, out.Value(0), err)
		}
	}
}
