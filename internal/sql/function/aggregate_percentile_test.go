package function

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

func TestSelectKth(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	shapes := map[string]func(i, n int) int64{
		"random":     func(int, int) int64 { return r.Int64() },
		"few values": func(int, int) int64 { return r.Int64N(3) },
		"equal":      func(int, int) int64 { return 7 },
		"ascending":  func(i, _ int) int64 { return int64(i) },
		"descending": func(i, n int) int64 { return int64(n - i) },
		"organ pipe": func(i, n int) int64 { return int64(min(i, n-i)) },
		"extremes":   func(i, _ int) int64 { return []int64{math.MinInt64, math.MaxInt64, 0}[i%3] },
		"sawtooth":   func(i, _ int) int64 { return int64(i % 31) },
	}
	for name, shape := range shapes {
		for _, n := range []int{1, 2, 20, 21, 100, 599, 600, 5000} {
			a := make([]int64, n)
			for i := range a {
				a[i] = shape(i, n)
			}
			sorted := slices.Clone(a)
			slices.Sort(sorted)
			for _, k := range []int{0, n / 100, n / 2, n * 95 / 100, n - 1} {
				b := slices.Clone(a)
				if got := selectKth(b, k); got != sorted[k] {
					t.Fatalf("seed %d: %s, rank %d of %d: %d, want %d", seed, name, k, n, got, sorted[k])
				}
				slices.Sort(b)
				if !slices.Equal(b, sorted) {
					t.Fatalf("seed %d: %s: selecting lost elements", seed, name)
				}
			}
			sortKeys(a)
			if !slices.Equal(a, sorted) {
				t.Fatalf("seed %d: %s: %d elements are not sorted", seed, name, n)
			}
		}
	}
}

// distributions are shapes of data by name; i counts the values.
func distributions(r *rand.Rand) map[string]func(i int) float64 {
	return map[string]func(i int) float64{
		"uniform":     func(int) float64 { return r.Float64() },
		"normal":      func(int) float64 { return r.NormFloat64() },
		"exponential": func(int) float64 { return r.ExpFloat64() },
		"log-normal":  func(int) float64 { return math.Exp(3 * r.NormFloat64()) },
		"ascending":   func(i int) float64 { return float64(i) },
		"descending":  func(i int) float64 { return float64(-i) },
		"two humps":   func(int) float64 { return r.NormFloat64() + 100*float64(r.IntN(2)) },
	}
}

// rankError returns how far, as a share of all, the rank of x is from p; equal values count as far as they reach.
func rankError(sorted []float64, x, p float64) float64 {
	lo, _ := slices.BinarySearch(sorted, x)
	hi, _ := slices.BinarySearchFunc(sorted, x, func(a, b float64) int {
		if a <= b {
			return -1
		}
		return 1
	})
	want := math.Floor(p * float64(len(sorted)))
	switch {
	case want < float64(lo)-1:
		return (float64(lo) - 1 - want) / float64(len(sorted))
	case want > float64(hi):
		return (want - float64(hi)) / float64(len(sorted))
	}
	return 0
}

// newPercentiles returns an accumulator that condenses beyond limit rows.
func newPercentiles(t *testing.T, limit int, args ...*types.Type) *percentiles {
	t.Helper()
	f, m, err := ResolveAggregate("approx_percentile", args)
	if err != nil {
		t.Fatal(err)
	}
	acc := f.New(m.Params, m.Result).(*percentiles)
	acc.limit = limit
	return acc
}

// The error of large inputs: below 0.8 % of the rows in the middle and far less at the ends, whether they were added
// to one accumulator or to several.
func TestPercentilesOfManyValues(t *testing.T) {
	const n = 60000
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 2))
	ps := []float64{0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1}
	list := types.ArrayOf(types.Double)
	for name, value := range distributions(r) {
		for _, parts := range []int{1, 3} {
			main := newPercentiles(t, 5000, types.Double, list)
			main.Resize(2)
			var all []float64
			for part := range parts {
				acc := newPercentiles(t, 5000, types.Double, list)
				acc.Resize(1)
				for i := 0; i < n/parts; i += 1000 {
					batch := make([]float64, 1000)
					for k := range batch {
						batch[k] = value(part*n/parts + i + k)
					}
					all = append(all, batch...)
					if err := acc.Add(make([]int32, len(batch)), []*vector.Vector{vector.Doubles(batch, nil), vector.Const(list, listOf(ps...), len(batch))}); err != nil {
						t.Fatal(err)
					}
					acc.limit = 5000
				}
				if len(acc.digests) == 0 {
					t.Fatal("the values were not condensed")
				}
				if err := main.Merge(acc, []int32{1}); err != nil {
					t.Fatal(err)
				}
			}
			slices.Sort(all)
			out, err := main.Result(1, 2)
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range out.Value(0).([]types.Value) {
				p := ps[i]
				bound := 0.008*2*math.Sqrt(p*(1-p)) + 0.0005
				if e := rankError(all, got.(float64), p); e > bound {
					t.Errorf("seed %d: %s in %d parts: percentile %v is off by %.4f, bound %.4f", seed, name, parts, p, e, bound)
				}
			}
			if size := main.Bytes(); size > 400_000 {
				t.Errorf("%s: %d bytes for one group", name, size)
			}
		}
	}
}

// A stricter accuracy keeps more.
func TestPercentileAccuracy(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 3))
	const n, accuracy = 100000, 0.001
	acc := newPercentiles(t, 20000, types.Bigint, types.Bigint, types.Double, types.Double)
	acc.Resize(1)
	var all []float64
	for range n / 1000 {
		batch := make([]int64, 1000)
		for k := range batch {
			batch[k] = r.Int64N(1_000_000)
			all = append(all, float64(batch[k]))
		}
		one := vector.Const(types.Bigint, int64(1), len(batch))
		if err := acc.Add(make([]int32, len(batch)), []*vector.Vector{vector.Int64s(types.Bigint, batch, nil), one,
			vector.Const(types.Double, 0.4, len(batch)), vector.Const(types.Double, accuracy, len(batch))}); err != nil {
			t.Fatal(err)
		}
		acc.limit = 20000
	}
	out, err := acc.Result(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	if e := rankError(all, float64(out.Value(0).(int64)), 0.4); e > accuracy || len(acc.digests) == 0 {
		t.Errorf("seed %d: off by %v, want at most %v; %d digests", seed, e, accuracy, len(acc.digests))
	}
}

// Infinities and NaN have no mean; a digest counts them apart.
func TestDigestOfSpecialValues(t *testing.T) {
	d := &digest{}
	inf := math.Inf(1)
	d.merge([]float64{-inf, -inf, 1, 2, 3, inf, math.NaN()}, nil, defaultCompression)
	d.merge([]float64{-inf, 4}, []float64{2, 1}, defaultCompression)
	want := []float64{-inf, -inf, -inf, -inf, 1, 2, 3, 4, inf, math.NaN()}
	if d.count() != float64(len(want)) {
		t.Fatalf("count %v, want %d", d.count(), len(want))
	}
	for i, w := range want {
		if got := d.at(float64(i)); got != w && !(math.IsNaN(got) && math.IsNaN(w)) {
			t.Errorf("rank %d: %v, want %v", i, got, w)
		}
	}
	copied := &digest{}
	copied.mergeDigest(d, defaultCompression)
	if copied.count() != d.count() || copied.low != 1 || copied.high != 4 || copied.at(4) != 1 {
		t.Errorf("a digest merged into an empty one differs: %+v", copied)
	}
}

// Asking for results while a group is condensed leaves what comes later as it would have been.
func TestPercentileResultsDoNotDisturb(t *testing.T) {
	seed := rand.Uint64()
	run := func(ask bool) types.Value {
		r := rand.New(rand.NewPCG(seed, 4))
		acc := newPercentiles(t, 3000, types.Double, types.Double)
		acc.Resize(1)
		for range 40 {
			batch := make([]float64, 500)
			for k := range batch {
				batch[k] = r.NormFloat64()
			}
			if err := acc.Add(make([]int32, len(batch)), []*vector.Vector{vector.Doubles(batch, nil), vector.Const(types.Double, 0.3, len(batch))}); err != nil {
				t.Fatal(err)
			}
			acc.limit = 3000
			if ask {
				if _, err := acc.Result(0, 1); err != nil {
					t.Fatal(err)
				}
			}
		}
		out, err := acc.Result(0, 1)
		if err != nil {
			t.Fatal(err)
		}
		return out.Value(0)
	}
	if with, without := run(true), run(false); with != without {
		t.Errorf("seed %d: %v with results in between, %v without", seed, with, without)
	}
}

// Each group may ask for percentiles of its own (GROUP BY the percentile).
func TestPercentilesThatDifferByGroup(t *testing.T) {
	ps := []types.Value{0.0, 0.5, 1.0, 0.5, 0.0, 1.0, 1.0, 0.5, 0.0}
	groups := []int32{0, 1, 2, 1, 0, 2, 2, 1, 0}
	vals := []types.Value{5.0, 6.0, 7.0, 3.0, 4.0, 9.0, 8.0, 1.0, 2.0}
	a, b := newPercentiles(t, exactRows, types.Double, types.Double), newPercentiles(t, exactRows, types.Double, types.Double)
	a.Resize(3)
	b.Resize(3)
	for k, acc := range []*percentiles{a, b} {
		from, to := 4*k, 4+5*k
		if err := acc.Add(groups[from:to], []*vector.Vector{vector.FromValues(types.Double, vals[from:to]...), vector.FromValues(types.Double, ps[from:to]...)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Merge(b, []int32{0, 1, 2}); err != nil {
		t.Fatal(err)
	}
	out, err := a.Result(0, 3)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(out.Value(0), out.Value(1), out.Value(2)); got != "2 3 9" {
		t.Errorf("got %s, want 2 3 9", got)
	}
}

// Only large groups are condensed; small ones stay exact, also with weights.
func TestCondensingLeavesSmallGroupsExact(t *testing.T) {
	seed := rand.Uint64()
	for _, weightedRows := range []bool{false, true} {
		r := rand.New(rand.NewPCG(seed, 5))
		args := []*types.Type{types.Bigint, types.Double}
		if weightedRows {
			args = []*types.Type{types.Bigint, types.Bigint, types.Double}
		}
		acc := newPercentiles(t, 4000, args...)
		const groupCount = 20
		acc.Resize(groupCount)
		all := make([][]float64, groupCount)
		for range 60 {
			var groups []int32
			var vals, weights []int64
			for range 300 {
				g := int32(r.IntN(groupCount))
				if g > 3 && r.IntN(10) > 0 { // groups 0 to 3 are large
					g %= 4
				}
				groups, vals, weights = append(groups, g), append(vals, r.Int64N(1_000_000)-1000), append(weights, 1+r.Int64N(3))
				n := int64(1)
				if weightedRows {
					n = weights[len(weights)-1]
				}
				for range n {
					all[g] = append(all[g], float64(vals[len(vals)-1]))
				}
			}
			vecs := []*vector.Vector{vector.Int64s(types.Bigint, vals, nil)}
			if weightedRows {
				vecs = append(vecs, vector.Int64s(types.Bigint, weights, nil))
			}
			if err := acc.Add(groups, append(vecs, vector.Const(types.Double, 0.7, len(groups)))); err != nil {
				t.Fatal(err)
			}
			acc.limit = 4000
		}
		out, err := acc.Result(0, groupCount)
		if err != nil {
			t.Fatal(err)
		}
		for g := range all {
			slices.Sort(all[g])
			got := float64(out.Value(g).(int64))
			if exact := all[g][int(0.7*float64(len(all[g])))]; g > 3 && (got != exact || acc.digests[int32(g)] != nil) {
				t.Errorf("seed %d: small group %d: %v, want %v", seed, g, got, exact)
			}
			if e := rankError(all[g], got, 0.7); g <= 3 && (e > 0.008 || acc.digests[int32(g)] == nil) {
				t.Errorf("seed %d: large group %d: off by %v", seed, g, e)
			}
		}
	}
}
