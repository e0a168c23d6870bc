package naive

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// centralSum is the sum of powers of the distances from the mean.
func centralSum(x []float64, power int) float64 {
	m, out := mean(x), 0.0
	for _, v := range x {
		out += math.Pow(v-m, float64(power))
	}
	return out
}

func sampleVariance(x []float64) float64  { return centralSum(x, 2) / float64(len(x)-1) }
func sampleDeviation(x []float64) float64 { return math.Sqrt(sampleVariance(x)) }

// ofDoubles makes an aggregate of at least so many doubles; NULL for fewer.
func ofDoubles(least int, f func(x []float64) float64) aggregateFunc {
	return func(_ *call, rows []row) (types.Value, error) {
		if rows = withoutNulls(rows); len(rows) < least {
			return nil, nil
		}
		return f(doubles(rows, 0)), nil
	}
}

// ofPairs is ofDoubles for two arguments; a NaN that stands for NULL comes as nil.
func ofPairs(least int, f any) aggregateFunc {
	return func(_ *call, rows []row) (types.Value, error) {
		if rows = withoutNulls(rows); len(rows) < least {
			return nil, nil
		}
		y, x := doubles(rows, 0), doubles(rows, 1)
		if f, ok := f.(func(y, x []float64) types.Value); ok {
			return f(y, x), nil
		}
		return f.(func(y, x []float64) float64)(y, x), nil
	}
}

// finite makes NULL of what is not a number.
func finite(f func(y, x []float64) float64) func(y, x []float64) types.Value {
	return func(y, x []float64) types.Value {
		if v := f(y, x); !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
		return nil
	}
}

// determination is the square of the correlation: 1 for a constant y, NULL for a constant x.
func determination(y, x []float64) types.Value {
	xy, xx, yy := moments(x, y)
	switch {
	case xx == 0:
		return nil
	case yy == 0:
		return 1.0
	}
	return xy / xx * xy / yy
}

// kurtosis is the excess kurtosis of a sample.
func kurtosis(x []float64) float64 {
	n, m2 := float64(len(x)), centralSum(x, 2)
	return n*(n+1)*(n-1)/((n-2)*(n-3))*centralSum(x, 4)/(m2*m2) - 3*(n-1)*(n-1)/((n-2)*(n-3))
}

// entropy is that of a distribution, in bits, given as how often each value occurs.
func entropy(_ *call, rows []row) (types.Value, error) {
	total, out := 0.0, 0.0
	counts := doubles(withoutNulls(rows), 0)
	for _, n := range counts {
		if n < 0 {
			return nil, invalid("Entropy count argument must be non-negative")
		}
		total += n
	}
	for _, n := range counts {
		if n != 0 {
			out -= n / total * math.Log2(n/total)
		}
	}
	return max(0, out), nil
}
