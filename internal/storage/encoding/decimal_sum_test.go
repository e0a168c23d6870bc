package encoding_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
)

// slowDecimalSum is what DecimalSum promises, by way of decimal texts and big numbers.
func slowDecimalSum(vals []float64) (*big.Rat, bool) {
	sum, scale := new(big.Rat), 0
	for _, v := range vals {
		if math.IsNaN(v) || math.IsInf(v, 0) || v == 0 && math.Signbit(v) {
			return nil, false
		}
		text := strconv.FormatFloat(v, 'f', -1, 64)
		if _, decimals, ok := strings.Cut(text, "."); ok {
			scale = max(scale, len(decimals))
		}
		exact, _ := new(big.Rat).SetString(text)
		sum.Add(sum, exact)
	}
	for _, v := range vals {
		digits := strings.TrimLeft(strings.NewReplacer("-", "", ".", "").Replace(strconv.FormatFloat(v, 'f', scale, 64)), "0")
		if code, _ := new(big.Int).SetString("0"+digits, 10); code.Cmp(big.NewInt(1e15)) > 0 || scale > 15 {
			return nil, false
		}
	}
	return sum, true
}

// Sums are exact, and the same however values are split and in whichever form they come.
func TestDecimalSum(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var enc encoding.Encoder
	exactOnes := 0
	for range 3000 {
		vals := randomDoubles(rng, 1+rng.IntN(60))
		if rng.IntN(2) == 0 {
			digits := math.Pow10(rng.IntN(16))
			for i := range vals {
				vals[i] = math.Round(rng.NormFloat64()*digits) / math.Pow10(rng.IntN(8))
			}
		}
		want, exact := slowDecimalSum(vals)
		if exact && !new(big.Int).Div(want.Num(), want.Denom()).IsInt64() {
			continue
		}
		var sum encoding.DecimalSum
		for rest := vals; len(rest) > 0; {
			n := 1 + rng.IntN(len(rest))
			_, dec := enc.AppendDoubles(nil, rest[:n], nil)
			if dec.Codes == nil || rng.IntN(4) == 0 || !sum.AddDecimals(dec, dec.Survey()) {
				sum.AddDoubles(rest[:n])
			}
			rest = rest[n:]
		}
		got, scale, ok := sum.Value()
		if !ok {
			if exact && want.Num().IsInt64() {
				t.Fatalf("no sum of %v, want %s", vals, want.FloatString(15))
			}
			continue
		}
		power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
		if !exact || new(big.Rat).SetFrac(big.NewInt(got), power).Cmp(want) != 0 {
			t.Fatalf("sum of %v is %d / 10^%d, want %v %v", vals, got, scale, want, exact)
		}
		if scale > 0 && got%10 == 0 {
			t.Fatalf("%d / 10^%d could be shorter", got, scale)
		}
		exactOnes++
	}
	if exactOnes < 300 {
		t.Errorf("only %d sums were exact", exactOnes)
	}
}
