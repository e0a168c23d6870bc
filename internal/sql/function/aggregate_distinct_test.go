package function

import (
	"fmt"
	"math"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// addDistinct adds values from..to-1 of a type, each twice.
func addDistinct(t *testing.T, acc Accumulator, typ *types.Type, group int32, from, to int) {
	t.Helper()
	for ; from < to; from += 1000 {
		n := min(1000, to-from)
		b := vector.NewBuilder(typ, 2*n)
		for i := range 2 * n {
			v := from + i%n
			switch typ.Kind {
			case types.KindVarchar:
				b.Append(fmt.Sprintf("host-%d", v))
			case types.KindDouble:
				b.Append(float64(v) / 4)
			case types.KindArray:
				b.Append([]types.Value{int64(v), nil})
			default:
				b.Append(int64(v))
			}
		}
		groups := make([]int32, 2*n)
		for i := range groups {
			groups[i] = group
		}
		if err := acc.Add(groups, []*vector.Vector{b.Build()}); err != nil {
			t.Fatal(err)
		}
	}
}

// distinctOf returns the result for a group.
func distinctOf(t *testing.T, acc Accumulator, group int) int64 {
	t.Helper()
	out, err := acc.Result(group, group+1)
	if err != nil {
		t.Fatal(err)
	}
	return out.Value(0).(int64)
}

// Section 4.13: standard error 2.3 %. Small sets are exact; the estimate does not depend on how the input was divided.
func TestApproxDistinctError(t *testing.T) {
	for _, typ := range []*types.Type{types.Bigint, types.Double, types.Varchar, types.Timestamp, types.ArrayOf(types.Bigint)} {
		sumSquares, runs := 0.0, 0
		for _, n := range []int{1, 500, 512, 513, 1000, 3000, 10000, 50000} {
			whole, left, right := newDistincts(nil, nil), newDistincts(nil, nil), newDistincts(nil, nil)
			whole.Resize(1)
			left.Resize(3)
			right.Resize(2)
			addDistinct(t, whole, typ, 0, 0, n)
			addDistinct(t, left, typ, 2, 0, n*2/3)
			addDistinct(t, right, typ, 1, n/2, n)
			got := distinctOf(t, whole, 0)
			if err := left.Merge(right, []int32{0, 2}); err != nil {
				t.Fatal(err)
			}
			if merged := distinctOf(t, left, 2); merged != got {
				t.Errorf("%s, %d values: %d in one piece, %d merged", typ, n, got, merged)
			}
			e := float64(got)/float64(n) - 1
			if n <= 512 && e != 0 {
				t.Errorf("%s, %d values: got %d, want it exactly", typ, n, got)
			}
			if math.Abs(e) > 3.5*0.023 {
				t.Errorf("%s, %d values: got %d, off by %.3f", typ, n, got, e)
			}
			if n > 512 {
				sumSquares, runs = sumSquares+e*e, runs+1
			}
		}
		if e := math.Sqrt(sumSquares / float64(runs)); e > 2*0.023 {
			t.Errorf("%s: standard error %.3f", typ, e)
		}
	}
}

// Groups with a sketch and groups without share a table; each gives what it gives alone.
func TestApproxDistinctOfLargeAndSmallGroups(t *testing.T) {
	sizes := []int{3, 900, 40, 5000, 512, 513, 1, 2000, 0}
	together := newDistincts(nil, nil)
	together.Resize(len(sizes))
	for from := 0; from < 5000; from += 250 {
		for g, n := range sizes {
			addDistinct(t, together, types.Bigint, int32(g), from, min(from+250, n))
		}
		if from == 1000 {
			distinctOf(t, together, 1)
		}
	}
	for g, n := range sizes {
		alone := newDistincts(nil, nil)
		alone.Resize(1)
		addDistinct(t, alone, types.Bigint, 0, 0, n)
		if got, want := distinctOf(t, together, g), distinctOf(t, alone, 0); got != want {
			t.Errorf("%d values: %d among other groups, %d alone", n, got, want)
		}
	}
}

// A sketch whose buckets are full to the last bit still gives a number.
func TestSketchAtItsLimit(t *testing.T) {
	h := newHLL(4)
	for i := range h {
		h[i] = 61
		if i%2 == 0 {
			h[i] = 60
		}
	}
	if e := h.estimate(); !(e > 1e18 && e < 1e21) {
		t.Errorf("estimate %v", e)
	}
}

func TestApproxDistinctWithError(t *testing.T) {
	for _, e := range []float64{0.0040625, 0.01, 0.023, 0.1, 0.26} {
		acc := newDistincts(nil, nil)
		acc.Resize(1)
		const n = 200000
		vals := make([]int64, 1000)
		for from := 0; from < n; from += len(vals) {
			for i := range vals {
				vals[i] = int64(from + i)
			}
			args := []*vector.Vector{vector.Int64s(types.Bigint, vals, nil), vector.Const(types.Double, e, len(vals))}
			if err := acc.Add(make([]int32, len(vals)), args); err != nil {
				t.Fatal(err)
			}
		}
		if got := distinctOf(t, acc, 0); math.Abs(float64(got)/n-1) > 3*e {
			t.Errorf("error %v: got %d of %d", e, got, n)
		}
	}
}
