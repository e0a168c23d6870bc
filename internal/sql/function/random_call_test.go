package function

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// TestRandomCalls calls every scalar function with odd values and checks that it does not panic, that it gives the same in
// all forms of its arguments, that it fails only if it says so, and that its result has the promised type.
func TestRandomCalls(t *testing.T) {
	names := []string{}
	for name := range scalars {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(rt *rapid.T) {
		for range 20 {
			overloads := scalars[rapid.SampledFrom(names).Draw(rt, "function")]
			f := overloads[rapid.IntRange(0, len(overloads)-1).Draw(rt, "overload")]
			if f.Volatile {
				continue
			}
			b := bindings{}
			for _, p := range f.Sig.Params {
				bindRandomly(rt, b, p)
			}
			params := f.Sig.Params
			if f.Sig.Variadic && rapid.Bool().Draw(rt, "one more") {
				params = append(slices.Clone(params), params[len(params)-1])
			}
			m := Match{Result: b.typeOf(f.Sig.Result)}
			args, lambdas := make([]types.Value, len(params)), make([]Lambda, len(params))
			for i, p := range params {
				m.Params = append(m.Params, b.typeOf(p))
				if m.Params[i] == nil {
					rt.Fatalf("%s: no type for parameter %d", f.Sig.text, i)
				}
				if p.kind == types.KindFunction && p.variable == "" {
					lambdas[i] = oddLambda(m.Params[i])
				} else {
					args[i] = oddValue(rt, m.Params[i])
				}
			}
			_, _ = runForms(t, f, m, args, lambdas)
		}
	})
}

// bindRandomly gives each variable of a pattern a random type that its constraint allows.
func bindRandomly(rt *rapid.T, b bindings, p *pattern) {
	if p.variable != "" && b[p.variable] == nil {
		choices := []*types.Type{types.Bigint, types.Double, types.Varchar, types.Timestamp, types.Boolean, types.Date, types.Unknown}
		if p.constraint != "scalar" {
			choices = append(choices, types.ArrayOf(types.Bigint), types.RowOf(types.Field{Type: types.Double}, types.Field{Type: types.Varchar}), types.ArrayOf(types.ArrayOf(types.Varchar)))
		}
		b[p.variable] = rapid.SampledFrom(choices).Draw(rt, p.variable)
	}
	for _, part := range p.parts {
		bindRandomly(rt, b, part)
	}
}

// oddLambda returns its first argument if that has the right type, else NULL.
func oddLambda(t *types.Type) Lambda {
	return func(args []*vector.Vector, parents []int32) (*vector.Vector, error) {
		if len(args) > 0 && args[0].Type.Equal(t.Elem) {
			return args[0], nil
		}
		return vector.NullsOf(t.Elem, len(parents)), nil
	}
}

var (
	oddInts   = []int64{0, 1, -1, 2, 3, 7, 12, 36, 64, 100, 10000, 1_655_460_920_123_456_789, math.MaxInt64, math.MinInt64, math.MaxInt32, math.MinInt32}
	oddFloats = []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 2.5, -2.5, 1e7, 1e18, 1e19, -1e300, math.NaN(), math.Inf(1), math.Inf(-1), math.SmallestNonzeroFloat64}
	oddTexts  = []string{"", "a", "abc", "ä日😀", "a,b,,c", "%_%", "day", "month", "2020-02-29", "2020-01-01 10:00:00.5", "%Y-%m-%d %f", "yyyy-MM-dd z", "(a)|b*", `\d+$`, "$1", "1d", "-12", "\xff\xfe", "\x00\n"}
)

func oddValue(rt *rapid.T, t *types.Type) types.Value {
	if rapid.IntRange(0, 9).Draw(rt, "null") == 0 {
		return nil
	}
	switch t.Kind {
	case types.KindUnknown:
		return nil
	case types.KindBoolean:
		return rapid.Bool().Draw(rt, "boolean")
	case types.KindDouble:
		return rapid.SampledFrom(oddFloats).Draw(rt, "double")
	case types.KindVarchar:
		return rapid.SampledFrom(oddTexts).Draw(rt, "varchar")
	case types.KindInteger:
		return int64(int32(rapid.SampledFrom(oddInts).Draw(rt, "integer")))
	case types.KindDate:
		return rapid.Int64Range(-3_000_000, 3_000_000).Draw(rt, "date")
	case types.KindTime:
		return rapid.Int64Range(0, types.Day-1).Draw(rt, "time")
	case types.KindArray:
		list := []types.Value{}
		for range rapid.IntRange(0, 4).Draw(rt, "length") {
			list = append(list, oddValue(rt, t.Elem))
		}
		return list
	case types.KindRow:
		row := []types.Value{}
		for _, f := range t.Fields {
			row = append(row, oddValue(rt, f.Type))
		}
		return row
	case types.KindTimeSeries:
		series := types.Series{}
		for i := range rapid.IntRange(0, 4).Draw(rt, "points") {
			series = append(series, types.Point{Time: int64(i) * types.Second, Value: oddValue(rt, t.Elem)})
		}
		return series
	}
	return rapid.SampledFrom(oddInts).Draw(rt, "bigint")
}
