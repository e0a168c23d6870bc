package function

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Section 4.16: filter keeps points for which the lambda is true; the result may be empty, not NULL. A lambda may use
// columns of its row.
func TestFilterSeries(t *testing.T) {
	limits := []float64{40, 0, 99, 99}
	below := &lambdaArg{returns(types.Boolean), func(args []types.Value, parent int) types.Value {
		v := args[0].([]types.Value)[1].(float64)
		if v == 15.3 && parent == 2 {
			return nil
		}
		return v < limits[parent]
	}}
	series := seriesArg(types.Double, frontend01, frontend01, frontend01, nil)
	want := []types.Value{ts(0, 35.1, 10, 15.3), ts(), ts(0, 35.1, 5, 55.2), nil}
	for seed := range uint64(20) {
		_, got, err := evalSeries(t, rand.New(rand.NewPCG(seed, 1)), "filter", []*lambdaArg{below}, series)
		if diff := cmp.Diff(want, got, tolerant); diff != "" || err != nil {
			t.Fatalf("seed %d: %v, want %v (error %v)", seed, got, want, err)
		}
	}
}

// Section 10 and 4.16: reduce(ts, 0, (s, x) -> s + 1, s -> s), and folding in the order of time for rows of many lengths.
func TestReduceSeries(t *testing.T) {
	count := &lambdaArg{func(p []*types.Type) *types.Type { return p[0] }, func(args []types.Value, _ int) types.Value { return args[0].(int64) + 1 }}
	same := &lambdaArg{func(p []*types.Type) *types.Type { return p[0] }, func(args []types.Value, _ int) types.Value { return args[0] }}
	typ, got, err := evalSeries(t, rand.New(rand.NewPCG(1, 1)), "reduce", []*lambdaArg{count, same},
		seriesArg(types.Double, frontend01, ts(), nil), arg(types.Integer, int64(0), int64(0), int64(0)))
	if diff := cmp.Diff(anyList(int64(3), int64(0), nil), got); diff != "" || err != nil || typ.Kind != types.KindInteger {
		t.Fatalf("count: %v of type %v (error %v)", got, typ, err)
	}
	join := &lambdaArg{returns(types.Varchar), func(args []types.Value, _ int) types.Value {
		s, _ := args[0].(string) // the initial state may be NULL
		p := args[1].([]types.Value)
		return fmt.Sprintf("%s %d=%v", s, (p[0].(int64)-sec(0))/types.Second, p[1])
	}}
	size := &lambdaArg{returns(types.Bigint), func(args []types.Value, parent int) types.Value {
		s, _ := args[0].(string)
		return int64(100*parent + len(s))
	}}
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		series, initial, want := seriesArg(types.Bigint), argument{t: types.Varchar}, []types.Value{}
		for row := range r.IntN(20) {
			initial.vals = append(initial.vals, randomValue(r, types.Varchar))
			s, text := types.Series{}, ""
			if x, ok := initial.vals[row].(string); ok {
				text = x
			}
			for i := range r.IntN(6) {
				v := r.Int64N(1000)
				s = append(s, types.Point{Time: sec(float64(i)), Value: v})
				text += fmt.Sprintf(" %d=%d", i, v)
			}
			if r.IntN(5) == 0 {
				series.vals, want = append(series.vals, nil), append(want, nil)
				continue
			}
			series.vals, want = append(series.vals, s), append(want, int64(100*row+len(text)))
		}
		_, got, err := evalSeries(t, r, "reduce", []*lambdaArg{join, size}, series, initial)
		if diff := cmp.Diff(want, got, tolerant); diff != "" || err != nil {
			t.Fatalf("seed %d: %s (error %v)", seed, diff, err)
		}
	}
}
