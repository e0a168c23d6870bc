package vector

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// samples are values of each comparable type, with what is special about it.
var samples = []struct {
	t      *types.Type
	values []types.Value
}{
	{types.Boolean, []types.Value{true, false, nil}},
	{types.Integer, []types.Value{int64(1), int64(-5), int64(0), nil}},
	{types.Timestamp, []types.Value{int64(math.MaxInt64), int64(math.MinInt64), int64(0), nil}},
	{types.Double, []types.Value{0.0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1.5, nil}},
	{types.Varchar, []types.Value{"", "a", "b", "ab", "é", "abcdefghijkl", nil}},
	{types.ArrayOf(types.Double), []types.Value{[]types.Value{}, []types.Value{1.0}, []types.Value{1.0, nil}, []types.Value{math.NaN()}, []types.Value{1.0, 0.0}, nil}},
	{types.RowOf(types.Field{Type: types.Bigint}, types.Field{Type: types.ArrayOf(types.Varchar)}), []types.Value{
		[]types.Value{int64(1), []types.Value{"x"}}, []types.Value{int64(1), nil}, []types.Value{nil, []types.Value{"x", nil}}, []types.Value{int64(2), []types.Value{}}, nil}},
	{types.Unknown, []types.Value{nil, nil}},
}

// forms returns vectors with the given rows in all forms that can hold them.
func forms(t *types.Type, values []types.Value) []*Vector {
	flat := FromValues(t, values...)
	out := []*Vector{flat, Concat(t, []*Vector{FromValues(t, values[0]), flat}).Slice(1, len(values)+1)}
	if t.Kind != types.KindUnknown {
		var dict []types.Value
		codes := make([]int32, len(values))
		for i, v := range values {
			if codes[i] = -1; v != nil {
				codes[i] = int32(len(dict))
				dict = append(dict, v)
			}
		}
		out = append(out, DictionaryOf(FromValues(t, dict...), codes))
	}
	return out
}

// order is the order that NewComparator promises.
func order(a, b types.Value, desc, nullsFirst bool) int {
	side := 1
	if nullsFirst {
		side = -1
	}
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return side
	case b == nil:
		return -side
	case desc:
		return -types.Compare(a, b)
	}
	return types.Compare(a, b)
}

func sign(n int) int { return min(max(n, -1), 1) }

func TestComparatorsAndEqualers(t *testing.T) {
	for _, s := range samples {
		t.Run(s.t.String(), func(t *testing.T) {
			for _, a := range forms(s.t, s.values) {
				for _, b := range append(forms(s.t, s.values), a) {
					compareAll(t, s.values, s.values, a, b)
				}
				for _, v := range s.values {
					constant := Const(s.t, v, 3)
					compareAll(t, s.values, []types.Value{v, v, v}, a, constant)
					compareAll(t, []types.Value{v, v, v}, s.values, constant, a)
				}
			}
		})
	}
}

func compareAll(t *testing.T, x, y []types.Value, a, b *Vector) {
	t.Helper()
	equal := NewEqualer(a, b)
	for _, desc := range []bool{false, true} {
		for _, nullsFirst := range []bool{false, true} {
			cmp := NewComparator(a, b, desc, nullsFirst)
			for i := range x {
				for j := range y {
					want := order(x[i], y[j], desc, nullsFirst)
					if got := cmp(i, j); sign(got) != sign(want) {
						t.Fatalf("forms %d, %d: %v against %v is %d, want %d", a.Form, b.Form, x[i], y[j], got, want)
					}
					if got := equal(i, j); got != (want == 0) {
						t.Fatalf("forms %d, %d: %v equal to %v is %v", a.Form, b.Form, x[i], y[j], got)
					}
				}
			}
		}
	}
}

func TestEqualityHasThreeValues(t *testing.T) {
	list := func(v ...types.Value) types.Value { return v }
	arr := types.ArrayOf(types.Double)
	pair := types.RowOf(types.Field{Type: types.Double}, types.Field{Type: types.Double})
	nan := math.NaN()
	tests := []struct {
		t            *types.Type
		a, b         types.Value
		equal, known bool
	}{
		{types.Bigint, int64(1), int64(1), true, true},
		{types.Bigint, int64(1), nil, false, false},
		{types.Double, nan, nan, false, true},
		{types.Double, 0.0, math.Copysign(0, -1), true, true},
		{types.Varchar, "a", "b", false, true},
		{arr, list(1.0, 2.0), list(1.0, 2.0), true, true},
		{arr, list(1.0, nil), list(1.0, nil), false, false},
		{arr, list(1.0, nil), list(2.0, nil), false, true},
		{arr, list(nil, 1.0), list(nil, 2.0), false, true},
		{arr, list(nil), list(nil, nil), false, true},
		{arr, list(nan), list(nan), false, true},
		{arr, nil, list(), false, false},
		{pair, list(1.0, nil), list(1.0, 5.0), false, false},
		{pair, list(1.0, nil), list(3.0, 5.0), false, true},
		{types.ArrayOf(pair), list(list(1.0, nil)), list(list(1.0, 2.0)), false, false},
	}
	for _, tt := range tests {
		for _, a := range []*Vector{FromValues(tt.t, tt.a), Const(tt.t, tt.a, 1)} {
			for _, b := range []*Vector{FromValues(tt.t, tt.b), Const(tt.t, tt.b, 1)} {
				equal, known := NewEquality(a, b)(0, 0)
				if known != tt.known || known && equal != tt.equal {
					t.Errorf("%v = %v: %v, %v", tt.a, tt.b, equal, known)
				}
			}
		}
	}
}

func TestHashesOfEqualRowsAreEqual(t *testing.T) {
	for _, s := range samples {
		var all [][]uint64
		for _, v := range forms(s.t, s.values) {
			h := make([]uint64, v.Len())
			Hash(v, h)
			all = append(all, h)
		}
		for _, h := range all[1:] {
			if !slices.Equal(h, all[0]) {
				t.Errorf("%s: hashes depend on the form", s.t)
			}
		}
		for i, v := range s.values {
			h := make([]uint64, 2)
			Hash(Const(s.t, v, 2), h)
			if h[0] != all[0][i] || h[1] != h[0] {
				t.Errorf("%s: the hash of constant %v differs", s.t, v)
			}
			for j, w := range s.values {
				if same := order(v, w, false, false) == 0; same != (all[0][i] == all[0][j]) {
					t.Errorf("%s: hashes of %v and %v: equal is %v", s.t, v, w, !same)
				}
			}
		}
	}
	series := FromValues(types.TimeSeriesOf(types.Double), types.Series{{Time: 1, Value: 2.0}}, types.Series{{Time: 1, Value: 2.0}}, types.Series{{Time: 2, Value: 2.0}})
	h := make([]uint64, 3)
	if Hash(series, h); h[0] != h[1] || h[0] == h[2] {
		t.Error("hashes of time series")
	}
}

// TestHashQuality looks at the bits that tables use, for inputs that have broken hash functions before: small integers,
// times at regular steps, doubles that are whole numbers.
func TestHashQuality(t *testing.T) {
	const n, buckets = 1 << 16, 1 << 14
	for name, key := range map[string]func(i int) uint64{
		"integers": func(i int) uint64 { return uint64(i) },
		"times":    func(i int) uint64 { return uint64(int64(i) * 30 * types.Second) },
		"doubles":  func(i int) uint64 { return DoubleBits(float64(i)) },
		"quarters": func(i int) uint64 { return DoubleBits(float64(i) / 4) },
		"high":     func(i int) uint64 { return uint64(i) << 48 },
	} {
		for part, bits := range map[string]func(h uint64) uint64{
			"low":  func(h uint64) uint64 { return h % buckets },
			"high": func(h uint64) uint64 { return h >> 50 },
			"pair": func(h uint64) uint64 { return HashCombine(h, 7) % buckets },
		} {
			counts := make([]int, buckets)
			most := 0
			for i := range n {
				b := bits(HashUint64(key(i)))
				counts[b]++
				most = max(most, counts[b])
			}
			empty := 0
			for _, c := range counts {
				if c == 0 {
					empty++
				}
			}
			// With 4 keys a bucket about 1.8 % are empty and the fullest has about 15.
			if empty > buckets/20 || most > 30 {
				t.Errorf("%s, %s bits: %d of %d buckets are empty, the fullest has %d", name, part, empty, buckets, most)
			}
		}
	}
}

func TestRepeat(t *testing.T) {
	for _, s := range samples {
		for _, v := range append(forms(s.t, s.values), Const(s.t, s.values[0], len(s.values))) {
			for i := range v.Len() {
				c := v.Repeat(i, 3)
				if c.Form != Constant || c.Len() != 3 || fmt.Sprint(c.Value(2)) != fmt.Sprint(v.Value(i)) {
					t.Errorf("%s: row %d repeated is %v, want %v", s.t, i, c.Value(2), v.Value(i))
				}
			}
		}
	}
}

func TestBuilderViewStays(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range samples {
		b := NewBuilder(s.t, 0)
		var views []*Vector
		var want []types.Value
		for range 20 {
			v := forms(s.t, s.values)[rng.IntN(2)]
			b.AppendVector(v)
			want = append(want, s.values...)
			views = append(views, b.View())
		}
		for k, v := range views {
			if v.Len() != (k+1)*len(s.values) {
				t.Fatalf("%s: view %d has %d rows", s.t, k, v.Len())
			}
			for i := range v.Len() {
				if fmt.Sprint(v.Value(i)) != fmt.Sprint(want[i]) {
					t.Fatalf("%s: view %d row %d is %v, want %v", s.t, k, i, v.Value(i), want[i])
				}
			}
		}
		if got, v := b.Bytes(), b.Build(); s.t.Kind != types.KindUnknown && (got < v.Bytes()/2 || got > 2*v.Bytes()) {
			t.Errorf("%s: %d bytes, want about %d", s.t, got, v.Bytes())
		}
	}
}

func TestSliceCountsItsOwnBytes(t *testing.T) {
	var rows []types.Value
	for i := range 1000 {
		rows = append(rows, []types.Value{int64(i), int64(i)})
	}
	v := FromValues(types.ArrayOf(types.Bigint), rows...)
	var sum int64
	for i := 0; i < 1000; i += 10 {
		sum += v.Slice(i, i+10).Bytes()
	}
	if all := v.Bytes(); sum > 2*all {
		t.Errorf("slices have %d bytes, the whole %d", sum, all)
	}
	var dst Vector
	if s := v.SliceInto(&dst, 2, 4); s != &dst || s.Len() != 2 || fmt.Sprint(s.Value(1)) != "[3 3]" {
		t.Error("SliceInto")
	}
}
