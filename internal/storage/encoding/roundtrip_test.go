package encoding_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
)

// checkInts encodes and decodes and compares; it returns the block.
func checkInts(t *testing.T, enc *encoding.Encoder, vals []int64, nulls []bool) []byte {
	t.Helper()
	block := enc.AppendInts([]byte("before"), vals, nulls)[len("before"):]
	got, gotNulls, err := encoding.DecodeInts(nil, block, len(vals))
	if err != nil {
		t.Fatalf("decode %v: %v", vals, err)
	}
	compare(t, vals, nulls, got, gotNulls, func(a, b int64) bool { return a == b })
	return block
}

// checkDoubles is checkInts for doubles; it checks the decimals as well.
func checkDoubles(t *testing.T, enc *encoding.Encoder, vals []float64, nulls []bool) []byte {
	t.Helper()
	block, dec := enc.AppendDoubles(nil, vals, nulls)
	dec.Codes = slices.Clone(dec.Codes)
	got, gotNulls, err := encoding.DecodeDoubles(nil, block, len(vals))
	if err != nil {
		t.Fatalf("decode %v: %v", vals, err)
	}
	same := func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }
	compare(t, vals, nulls, got, gotNulls, same)
	if dec.Codes == nil {
		return block
	}
	k := 0
	for i, v := range vals {
		if nulls != nil && nulls[i] {
			continue
		}
		if d := float64(dec.Codes[k]) / math.Pow10(dec.Scale); !same(d, v) {
			t.Fatalf("row %d: %v is not %d / 10^%d", i, v, dec.Codes[k], dec.Scale)
		}
		k++
	}
	if k != len(dec.Codes) {
		t.Fatalf("%d codes for %d values", len(dec.Codes), k)
	}
	return block
}

// checkBools is checkInts for booleans.
func checkBools(t *testing.T, enc *encoding.Encoder, vals, nulls []bool) {
	t.Helper()
	block := enc.AppendBools(nil, vals, nulls)
	got, gotNulls, err := encoding.DecodeBools(nil, block, len(vals))
	if err != nil {
		t.Fatalf("decode %v: %v", vals, err)
	}
	compare(t, vals, nulls, got, gotNulls, func(a, b bool) bool { return a == b })
}

// checkStrings is checkInts for strings.
func checkStrings(t *testing.T, enc *encoding.Encoder, vals []string, nulls []bool) []byte {
	t.Helper()
	block := enc.AppendStrings(nil, vals, nulls)
	got, gotNulls, err := encoding.DecodeStrings(nil, block, len(vals))
	if err != nil {
		t.Fatalf("decode %q: %v", vals, err)
	}
	compare(t, vals, nulls, got, gotNulls, func(a, b string) bool { return a == b })
	return block
}

// compare checks decoded rows against those that were encoded.
func compare[T any](t *testing.T, vals []T, nulls []bool, got []T, gotNulls []bool, same func(a, b T) bool) {
	t.Helper()
	if len(got) != len(vals) || gotNulls != nil && len(gotNulls) != len(vals) {
		t.Fatalf("%d rows and %d null flags for %d rows", len(got), len(gotNulls), len(vals))
	}
	if gotNulls != nil && !slices.Contains(gotNulls, true) {
		t.Fatal("null mask without a NULL")
	}
	var zero T
	for i := range vals {
		null := nulls != nil && nulls[i]
		switch {
		case null != (gotNulls != nil && gotNulls[i]):
			t.Fatalf("row %d: NULL is %v", i, !null)
		case null && !same(got[i], zero):
			t.Fatalf("row %d: NULL holds %v", i, got[i])
		case !null && !same(got[i], vals[i]):
			t.Fatalf("row %d: got %v, want %v", i, got[i], vals[i])
		}
	}
}

// randomLen prefers the edges of words and blocks.
func randomLen(rng *rand.Rand) int {
	switch rng.IntN(4) {
	case 0:
		return 1 + rng.IntN(4)
	case 1:
		return 1 + rng.IntN(70)
	case 2:
		return blockRows - rng.IntN(2)
	}
	return 1 + rng.IntN(blockRows)
}

// randomNulls returns a mask with none, few, many or all set, or none at all.
func randomNulls(rng *rand.Rand, n int) []bool {
	mode := rng.IntN(6)
	if mode < 2 {
		return nil
	}
	nulls := make([]bool, n)
	for i := range nulls {
		nulls[i] = mode == 5 || mode > 2 && rng.IntN([]int{2, 50}[mode-3]) == 0
	}
	return nulls
}

// randomInts makes integers of some shape: any magnitude, unit, drift and spread, at times with stray ones.
func randomInts(rng *rand.Rand, n int) []int64 {
	vals := make([]int64, n)
	v := int64(rng.Uint64()) >> rng.IntN(64)
	unit := []int64{1, 1, 3, 10, 1000, 1 << 20, 1e6, 1e9, -1e9, 1 << 62}[rng.IntN(10)]
	drift, spread := rng.Int64N(1<<rng.IntN(40)+1), int64(1)<<rng.IntN(62)
	if rng.IntN(3) == 0 {
		spread = 1
	}
	walk, stay := rng.IntN(2) == 0, 1+rng.IntN(1<<rng.IntN(8))
	for i := range vals {
		if i%stay > 0 {
			vals[i] = vals[i-1]
			continue
		}
		vals[i] = v + unit*(int64(i)*drift+rng.Int64N(spread))
		if walk {
			v = vals[i] - unit*int64(i)*drift
		}
	}
	if rng.IntN(4) == 0 {
		for range 1 + rng.IntN(1+n/30) {
			vals[rng.IntN(n)] = []int64{math.MinInt64, math.MaxInt64, 0, int64(rng.Uint64()) >> rng.IntN(64)}[rng.IntN(4)]
		}
	}
	return vals
}

func TestIntsRoundTrip(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var enc encoding.Encoder
	codecs := map[byte]bool{}
	for range 3000 {
		n := randomLen(rng)
		vals := randomInts(rng, n)
		block := checkInts(t, &enc, vals, randomNulls(rng, n))
		if block[0] == 0 {
			codecs[block[1]] = true
		}
		seekable := enc.AppendSeekableInts(nil, vals)
		view, err := encoding.OpenInts(seekable, n)
		if err != nil {
			t.Fatalf("open %v: %v", vals, err)
		}
		for i, want := range vals {
			if got := view.At(i); got != want {
				t.Fatalf("value %d: got %d, want %d", i, got, want)
			}
		}
	}
	for vals := range intShapes(rng) {
		block := checkInts(t, &enc, intShapes(rng)[vals], nil)
		codecs[block[1]] = true
	}
	if len(codecs) != 11 {
		t.Errorf("%d of 11 codecs were used", len(codecs))
	}
}

func TestIntEdges(t *testing.T) {
	var enc encoding.Encoder
	for _, vals := range [][]int64{
		{},
		{math.MinInt64},
		{math.MinInt64, math.MaxInt64},
		{math.MaxInt64, math.MinInt64, math.MaxInt64, math.MinInt64, math.MinInt64},
		{math.MinInt64, 0, math.MaxInt64},
		{-1, 0, 1, 0, -1},
		{0, 1 << 56, 0, 1<<56 - 1, 3},
		{0, 1 << 57, 0, 1<<57 - 1, 3},
		{math.MinInt64, math.MinInt64 + 1<<32, math.MinInt64, math.MinInt64 + 1<<33},
	} {
		checkInts(t, &enc, vals, nil)
	}
}

// A steep line whose products with the row exceed an int64 takes the exact path.
func TestSteepLine(t *testing.T) {
	var enc encoding.Encoder
	for _, sign := range []int64{1, -1} {
		vals := make([]int64, blockRows)
		for i := range vals {
			vals[i] = sign * (int64(i)*(1<<46) + int64(i*i%7))
		}
		if block := checkInts(t, &enc, vals, nil); len(block) > blockRows {
			t.Errorf("%d bytes: no line was found", len(block))
		}
	}
}

// randomDoubles makes doubles of some shape, now and then with odd ones among them.
func randomDoubles(rng *rand.Rand, n int) []float64 {
	vals := make([]float64, n)
	shape, scale, spread := rng.IntN(6), math.Pow10(rng.IntN(17)), int64(1)<<rng.IntN(60)
	odd := []float64{
		math.NaN(), math.Float64frombits(0x7ff0000000000bad), math.Copysign(0, -1), math.Inf(1), math.Inf(-1),
		math.SmallestNonzeroFloat64, -math.MaxFloat64, 0.1 + 0.2, 1e22,
	}
	oddEvery := []int{0, 0, 2, 40}[rng.IntN(4)]
	for i := range vals {
		switch shape {
		case 0:
			vals[i] = rng.NormFloat64()
		case 1:
			vals[i] = float64(float32(rng.NormFloat64()))
		case 2:
			vals[i] = math.Float64frombits(rng.Uint64())
		case 3:
			vals[i] = 42
		case 4:
			vals[i] = float64(rng.IntN(40)) / 7
		default:
			vals[i] = float64(rng.Int64N(2*spread)-spread) / scale
		}
		if oddEvery > 0 && rng.IntN(oddEvery) == 0 {
			vals[i] = odd[rng.IntN(len(odd))]
		}
	}
	return vals
}

func TestDoublesRoundTrip(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var enc encoding.Encoder
	codecs := map[byte]bool{}
	for range 3000 {
		n := randomLen(rng)
		block := checkDoubles(t, &enc, randomDoubles(rng, n), randomNulls(rng, n))
		if block[0] == 0 {
			codecs[block[1]] = true
		}
	}
	if len(codecs) != 6 {
		t.Errorf("%d of 6 codecs were used", len(codecs))
	}
}

func TestDoubleSizes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var enc encoding.Encoder
	for name, bitsMax := range map[string]int{"constant": 1, "integers": 9, "decimal2": 17, "withNaN": 18, "float32": 33, "full": 65, "coarse": 18, "steps": 3} {
		block := checkDoubles(t, &enc, doubleShapes(rng)[name], nil)
		if 8*len(block) > bitsMax*blockRows {
			t.Errorf("%s: %d bytes for %d values, want at most %d bits each", name, len(block), blockRows, bitsMax)
		}
	}
}

// A value with more decimals than the sample showed raises the scale; a stray one is kept apart instead.
func TestDecimalScaleBeyondSample(t *testing.T) {
	var enc encoding.Encoder
	vals := make([]float64, blockRows)
	for i := range vals {
		vals[i] = float64(i%1000) / 10
		if i%128 == 1 { // not among the sample, fewer than one in sixteen
			vals[i] = float64(i) / 1e7
		}
	}
	if block := checkDoubles(t, &enc, vals, nil); len(block) > 3*blockRows {
		t.Errorf("%d bytes with stray values", len(block))
	}
	for i := range vals {
		if i%128 != 0 { // not among the sample, most of all
			vals[i] = float64(i) / 1000
		}
	}
	if block := checkDoubles(t, &enc, vals, nil); len(block) > 5*blockRows {
		t.Errorf("%d bytes after raising the scale", len(block))
	}
}

func TestBoolsRoundTrip(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var enc encoding.Encoder
	for range 500 {
		vals := make([]bool, randomLen(rng))
		share := rng.IntN(4)
		for i := range vals {
			vals[i] = rng.IntN(4) < share
		}
		checkBools(t, &enc, vals, randomNulls(rng, len(vals)))
	}
	checkBools(t, &enc, nil, nil)
}

func TestStringsRoundTrip(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var enc encoding.Encoder
	codecs := map[byte]bool{}
	for i := range 300 {
		enc.Cold = i%2 == 1
		n := randomLen(rng)
		terms := make([]string, 1+rng.IntN(1<<rng.IntN(13)))
		for i := range terms {
			terms[i] = randomText(rng, rng.IntN(20))
		}
		vals := make([]string, n)
		for i := range vals {
			vals[i] = terms[rng.IntN(len(terms))]
		}
		if block := checkStrings(t, &enc, vals, randomNulls(rng, n)); block[0] == 0 {
			codecs[block[1]] = true
		}
	}
	if len(codecs) != 4 {
		t.Errorf("%d of 4 codecs were used", len(codecs))
	}
	var sorted []string // by length, so that the lengths are runs
	for i := range 1000 {
		sorted = append(sorted, fmt.Sprint(i))
	}
	checkStrings(t, &enc, sorted, nil)
	checkStrings(t, &enc, nil, nil)
	checkStrings(t, &enc, []string{"", "", ""}, nil)
	checkStrings(t, &enc, []string{"", "a\xff\x00", ""}, []bool{false, false, true})
	checkStrings(t, &enc, []string{string(make([]byte, 1<<20)), "x"}, nil)
	checkStrings(t, &enc, []string{string(make([]byte, 20<<20)), "x"}, nil) // more than is compressed
}

// The slices that the caller lends for the result are used, whatever they hold.
func TestDecodeInto(t *testing.T) {
	var enc encoding.Encoder
	dst := []int64{9, 9, 9, 9}
	vals, nulls, err := encoding.DecodeInts(dst, enc.AppendInts(nil, []int64{1, 2, 3}, []bool{false, true, false}), 3)
	if err != nil || !slices.Equal(vals, []int64{1, 0, 3}) || !slices.Equal(nulls, []bool{false, true, false}) || &vals[0] != &dst[0] {
		t.Errorf("got %v %v %v", vals, nulls, err)
	}
	vals, _, err = encoding.DecodeInts(dst, encoding.AppendNull(nil, 2), 2)
	if err != nil || !slices.Equal(vals, []int64{0, 0}) {
		t.Errorf("got %v %v", vals, err)
	}
}

func TestEncoderDoesNotAllocate(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var enc encoding.Encoder
	ints, doubles := intShapes(rng)["jitter"], doubleShapes(rng)["decimal2"]
	block := make([]byte, 0, 16*blockRows)
	if n := testing.AllocsPerRun(10, func() {
		enc.AppendInts(block, ints, nil)
		enc.AppendDoubles(block, doubles, nil)
	}); n > 0 {
		t.Errorf("%v allocations a block", n)
	}
}
