package naive

import (
	"math"
	"math/big"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// combinationFunctions are optional functions that look at many elements, bins or letters at once. Source: trino.
var combinationFunctions = table{
	"combinations": of2e(func(x list, n int64) (list, error) {
		switch {
		case n < 0:
			return nil, invalid("combination size must not be negative: %d", n)
		case n > 5:
			return nil, invalid("combination size must not exceed 5: %d", n)
		case new(big.Int).Binomial(int64(len(x)), n).Cmp(big.NewInt(100_000)) > 0:
			return nil, invalid("combinations exceed max size")
		}
		return selections(x, int(n)), nil
	}),
	"cosine_similarity": of2e(cosineSimilarity),
	"width_bucket(double,double,double,bigint)": func(_ *call, a []types.Value) (types.Value, error) {
		return valueOr(widthBucket(a[0].(float64), a[1].(float64), a[2].(float64), a[3].(int64)))
	},
	"width_bucket": of2e(widthBucketOf),
	"soundex":      of1(soundex),
}

// selections are those without the last element, then those with it.
func selections(x list, n int) list {
	switch {
	case n == 0:
		return list{list{}}
	case n > len(x):
		return list{}
	}
	last := len(x) - 1
	out := selections(x[:last], n)
	for _, s := range selections(x[:last], n-1) {
		out = append(out, append(append(list{}, s.(list)...), x[last]))
	}
	return out
}

// cosineSimilarity is the product of two vectors by their lengths; NULL if one of their elements is.
func cosineSimilarity(x, y list) (any, error) {
	if len(x) != len(y) {
		return nil, invalid("The arguments must have the same length")
	}
	if has(x, nil) || has(y, nil) {
		return nil, nil
	}
	product := func(a, b list) float64 {
		sum := 0.0
		for i := range a {
			sum += a[i].(float64) * b[i].(float64)
		}
		return sum
	}
	return product(x, y) / (math.Sqrt(product(x, x)) * math.Sqrt(product(y, y))), nil
}

// widthBucket counts the bins of equal width whose lower bound is reached; exact, by fractions.
func widthBucket(x, low, high float64, n int64) (int64, error) {
	wild := func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }
	switch {
	case n <= 0:
		return 0, invalid("bucketCount must be greater than 0")
	case math.IsNaN(x):
		return 0, invalid("operand must not be NaN")
	case wild(low):
		return 0, invalid("first bound must be finite")
	case wild(high):
		return 0, invalid("second bound must be finite")
	case low == high:
		return 0, invalid("bounds cannot equal each other")
	case n == math.MaxInt64:
		return 0, invalid("Bucket for value %s is out of range", types.Text(types.Double, x))
	case low > high:
		b, err := widthBucket(x, high, low, n)
		return n + 1 - b, err
	case x < low:
		return 0, nil
	case x >= high:
		return n + 1, nil
	}
	fraction := func(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }
	width := new(big.Rat).Sub(fraction(high), fraction(low))
	place := new(big.Rat).Sub(fraction(x), fraction(low))
	place.Mul(place.Quo(place, width), new(big.Rat).SetInt64(n))
	return new(big.Int).Div(place.Num(), place.Denom()).Int64() + 1, nil
}

// widthBucketOf counts the bins, given by their ascending lower bounds, that are reached.
func widthBucketOf(x float64, bins list) (int64, error) {
	switch {
	case len(bins) == 0:
		return 0, invalid("Bins cannot be an empty array")
	case math.IsNaN(x):
		return 0, invalid("Operand cannot be NaN")
	}
	reached, before := int64(0), math.Inf(-1)
	for _, b := range bins {
		bound, ok := b.(float64)
		switch {
		case !ok:
			return 0, invalid("Bin values cannot be NULL")
		case math.IsNaN(bound) || math.IsInf(bound, 0):
			return 0, invalid("Bin value must be finite, got %s", types.Text(types.Double, bound))
		case bound <= before:
			return 0, invalid("Bin values are not sorted in ascending order")
		}
		before = bound
		if bound <= x {
			reached++
		}
	}
	return reached, nil
}

// soundex is the first letter and three digits for the consonants behind it, where equal neighbours count once.
func soundex(s string) string {
	digits := map[rune]string{}
	for digit, letters := range []string{"AEIOUY", "BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"} {
		for _, r := range letters {
			digits[r] = string(rune('0' + digit))
		}
	}
	var letters []rune
	for _, r := range strings.ToUpper(s) {
		if r >= 'A' && r <= 'Z' && (len(letters) == 0 || r != 'H' && r != 'W') {
			letters = append(letters, r)
		}
	}
	if len(letters) == 0 {
		return ""
	}
	code := string(letters[0])
	for i, r := range letters[1:] {
		if d := digits[r]; d != "0" && d != digits[letters[i]] {
			code += d
		}
	}
	return (code + "000")[:4]
}
