package naive

import (
	"math"
	"math/big"
	"slices"
	"sort"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// aggregateFunc computes an aggregate of the arguments of all rows of a group, in order.
type aggregateFunc func(c *call, rows []row) (types.Value, error)

// aggregates are all aggregates. Source: reference, 4.13 and 4.15.
var aggregates = map[string]aggregateFunc{
	"count":    func(_ *call, rows []row) (types.Value, error) { return int64(len(withoutNulls(rows))), nil },
	"count_if": count(func(v types.Value) bool { return v == true }),
	"bool_and": all, "every": all,
	"bool_or": nonEmpty(func(rows []row) types.Value {
		for _, a := range rows {
			if a[0] == true {
				return true
			}
		}
		return false
	}),
	"arbitrary": nonEmpty(func(rows []row) types.Value { return rows[0][0] }),
	"any_value": nonEmpty(func(rows []row) types.Value { return rows[0][0] }),
	"array_agg": func(_ *call, rows []row) (types.Value, error) {
		var out types.Value
		for i, a := range rows {
			if i == 0 {
				out = list{}
			}
			out = append(out.(list), a[0])
		}
		return out, nil
	},
	"listagg": nonEmpty(func(rows []row) types.Value {
		var parts []string
		sep := ""
		for _, a := range rows {
			if parts = append(parts, a[0].(string)); len(a) > 1 {
				sep = a[1].(string)
			}
		}
		return strings.Join(parts, sep)
	}),
	"create_time_series": nonEmpty(func(rows []row) types.Value {
		out := types.Series{}
		for _, a := range rows {
			out = append(out, types.Point{Time: a[0].(int64), Value: a[1]})
		}
		sort.SliceStable(out, func(i, j int) bool { return out[i].Time < out[j].Time })
		return out
	}),
	"max": best(0, 1, -1), "min": best(0, 1, 1), "max_by": best(1, 2, -1), "min_by": best(1, 2, 1),
	"sum": sum, "avg": average,
	"bitwise_and_agg": bitFold(func(x, y int64) int64 { return x & y }),
	"bitwise_or_agg":  bitFold(func(x, y int64) int64 { return x | y }),
	"bitwise_xor_agg": bitFold(func(x, y int64) int64 { return x ^ y }),

	"approx_distinct": approxDistinct, "approx_percentile": percentile,
	"geometric_mean": ofDoubles(1, func(x []float64) float64 { return math.Exp(mean(mapped(x, math.Log))) }),
	"var_pop":        ofDoubles(1, func(x []float64) float64 { return centralSum(x, 2) / float64(len(x)) }),
	"stddev_pop":     ofDoubles(1, func(x []float64) float64 { return math.Sqrt(centralSum(x, 2) / float64(len(x))) }),
	"var_samp":       ofDoubles(2, sampleVariance), "variance": ofDoubles(2, sampleVariance),
	"stddev_samp": ofDoubles(2, sampleDeviation), "stddev": ofDoubles(2, sampleDeviation),
	"skewness": ofDoubles(3, func(x []float64) float64 {
		return math.Sqrt(float64(len(x))) * centralSum(x, 3) / math.Pow(centralSum(x, 2), 1.5)
	}),
	"covar_pop":  ofPairs(1, func(y, x []float64) float64 { xy, _, _ := moments(x, y); return xy / float64(len(x)) }),
	"covar_samp": ofPairs(2, func(y, x []float64) float64 { xy, _, _ := moments(x, y); return xy / float64(len(x)-1) }),
	"corr": ofPairs(1, finite(func(y, x []float64) float64 {
		xy, xx, yy := moments(x, y)
		return xy / math.Sqrt(xx) / math.Sqrt(yy)
	})),
	"regr_slope": ofPairs(1, finite(func(y, x []float64) float64 { xy, xx, _ := moments(x, y); return xy / xx })),
	"regr_intercept": ofPairs(1, finite(func(y, x []float64) float64 {
		xy, xx, _ := moments(x, y)
		return mean(y) - xy/xx*mean(x)
	})),
	"regr_count": func(_ *call, rows []row) (types.Value, error) { return int64(len(withoutNulls(rows))), nil },
	"regr_avgx":  ofPairs(1, func(_, x []float64) float64 { return mean(x) }),
	"regr_avgy":  ofPairs(1, func(y, _ []float64) float64 { return mean(y) }),
	"regr_sxx":   ofPairs(1, func(_, x []float64) float64 { return centralSum(x, 2) }),
	"regr_syy":   ofPairs(1, func(y, _ []float64) float64 { return centralSum(y, 2) }),
	"regr_sxy":   ofPairs(1, func(y, x []float64) float64 { xy, _, _ := moments(x, y); return xy }),
	"regr_r2":    ofPairs(1, determination),
	"kurtosis":   ofDoubles(4, kurtosis),
	"entropy":    entropy,
}

// withoutNulls returns the rows of which no argument is NULL.
func withoutNulls(rows []row) []row {
	var out []row
	for _, a := range rows {
		if !slices.ContainsFunc(a, func(v types.Value) bool { return v == nil }) {
			out = append(out, a)
		}
	}
	return out
}

// nonEmpty makes an aggregate that skips rows with NULL and is NULL if none is left.
func nonEmpty(f func(rows []row) types.Value) aggregateFunc {
	return func(_ *call, rows []row) (types.Value, error) {
		rows = withoutNulls(rows)
		if len(rows) == 0 {
			return nil, nil
		}
		return f(rows), nil
	}
}

func count(counts func(types.Value) bool) aggregateFunc {
	return func(_ *call, rows []row) (types.Value, error) {
		n := int64(0)
		for _, a := range rows {
			if counts(a[0]) {
				n++
			}
		}
		return n, nil
	}
}

func all(_ *call, rows []row) (types.Value, error) {
	return nonEmpty(func(rows []row) types.Value {
		for _, a := range rows {
			if a[0] == false {
				return false
			}
		}
		return true
	})(nil, rows)
}

// best makes max, min, max_by and min_by: the value of the first row when sorted by argument key, or, with an argument n,
// the list of the values of the first n rows. Rows whose key is NULL do not count, NaN comes last in both directions. sign is 1
// for ascending.
func best(key, n, sign int) aggregateFunc {
	return func(_ *call, rows []row) (types.Value, error) {
		var taken []row
		limit := int64(0)
		for _, a := range rows {
			if a[key] == nil || n < len(a) && a[n] == nil {
				continue
			}
			if n < len(a) && limit == 0 {
				limit = a[n].(int64)
				if err := checkLimit(limit, key); err != nil {
					return nil, err
				}
			}
			taken = append(taken, a)
		}
		if len(taken) == 0 {
			return nil, nil
		}
		stableSort(taken, func(a, b row) int {
			switch x, y := isNaN(a[key]), isNaN(b[key]); {
			case x && y:
				return 0
			case x:
				return 1
			case y:
				return -1
			}
			return sign * types.Compare(a[key], b[key])
		})
		if limit == 0 {
			return taken[0][0], nil
		}
		out := list{}
		for _, a := range taken[:min(limit, int64(len(taken)))] {
			out = append(out, a[0])
		}
		return out, nil
	}
}

// checkLimit checks the n of max(x, n), or with a key behind the value, of max_by(x, y, n).
func checkLimit(n int64, key int) error {
	switch {
	case n < 1 && key == 0:
		return invalid("second argument of max_n/min_n must be positive")
	case n < 1:
		return invalid("third argument of max_by/min_by must be a positive integer")
	case n > 10000 && key == 0:
		return invalid("second argument of max_n/min_n must be less than or equal to 10000; found %d", n)
	case n > 10000:
		return invalid("third argument of max_by/min_by must be less than or equal to 10000; found %d", n)
	}
	return nil
}

func stableSort(rows []row, order func(a, b row) int) {
	sort.SliceStable(rows, func(i, j int) bool { return order(rows[i], rows[j]) < 0 })
}

func sum(c *call, rows []row) (types.Value, error) {
	var out types.Value
	for _, a := range withoutNulls(rows) {
		switch v := a[0].(type) {
		case float64:
			if out == nil {
				out = 0.0
			}
			out = out.(float64) + v
		case int64:
			if out == nil {
				out = int64(0)
			}
			z := new(big.Int).Add(big.NewInt(out.(int64)), big.NewInt(v))
			if !z.IsInt64() {
				return nil, invalid("%s addition overflow: %d + %d", overflowWord(c.result), out, v)
			}
			out = z.Int64()
		}
	}
	return out, nil
}

// average is exact for whole numbers; that of intervals is rounded to the nearest, halves up.
func average(c *call, rows []row) (types.Value, error) {
	rows = withoutNulls(rows)
	if len(rows) == 0 {
		return nil, nil
	}
	if c.params[0].Kind == types.KindDouble {
		return mean(doubles(rows, 0)), nil
	}
	z := new(big.Int)
	for _, a := range rows {
		z.Add(z, big.NewInt(a[0].(int64)))
	}
	n := big.NewInt(int64(len(rows)))
	if c.result.Kind == types.KindDouble {
		out, _ := new(big.Rat).SetFrac(z, n).Float64()
		return out, nil
	}
	z.Add(z.Mul(z, big.NewInt(2)), n) // floor((2z + n) / 2n)
	return z.Div(z, n.Mul(n, big.NewInt(2))).Int64(), nil
}

func bitFold(f func(x, y int64) int64) aggregateFunc {
	return nonEmpty(func(rows []row) types.Value {
		out := rows[0][0].(int64)
		for _, a := range rows[1:] {
			out = f(out, a[0].(int64))
		}
		return out
	})
}

// doubles returns argument i of all rows.
func doubles(rows []row, i int) []float64 {
	var out []float64
	for _, a := range rows {
		out = append(out, a[i].(float64))
	}
	return out
}

func mapped(x []float64, f func(float64) float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = f(v)
	}
	return out
}

// approxDistinct counts exactly, which the allowed error permits.
func approxDistinct(_ *call, rows []row) (types.Value, error) {
	seen := map[string]bool{}
	for _, a := range rows {
		if a[0] == nil || len(a) > 1 && a[1] == nil {
			continue
		}
		if len(a) > 1 {
			if e := a[1].(float64); !(e >= 0.0040625 && e <= 0.26) {
				return nil, invalid("Standard error must be in [0.0040625, 0.26000]: %s", types.Text(types.Double, e))
			}
		}
		seen[identity(a[:1])] = true
	}
	return int64(len(seen)), nil
}

// percentile sorts the values, each as often as its weight says, and takes that at index floor(p * n), the last at most.
func percentile(c *call, rows []row) (types.Value, error) {
	rows = withoutNulls(rows)
	if len(rows) == 0 {
		return nil, nil
	}
	at, weighted := 1, len(c.params) > 2
	if weighted {
		at = 2
	}
	var values list
	var wanted types.Value
	for _, a := range rows {
		weight := int64(1)
		if weighted {
			if weight = a[1].(int64); weight < 1 {
				return nil, invalid("percentile weight must be > 0")
			}
		}
		for range weight {
			values = append(values, a[0])
		}
		if len(a) == 4 {
			if acc := a[3].(float64); !(acc > 0 && acc < 1) {
				return nil, invalid("Percentile accuracy must be strictly between 0 and 1")
			}
		}
		wanted = a[at]
	}
	sort.SliceStable(values, func(i, j int) bool { return types.Compare(values[i], values[j]) < 0 })
	pick := func(p types.Value) (types.Value, error) {
		switch f, ok := p.(float64); {
		case !ok:
			return nil, invalid("Percentile cannot be null")
		case !(f >= 0 && f <= 1):
			return nil, invalid("Percentile must be between 0 and 1")
		default:
			return values[min(int(f*float64(len(values))), len(values)-1)], nil
		}
	}
	ps, isList := wanted.(list)
	if !isList {
		return pick(wanted)
	}
	out := list{}
	for _, p := range ps {
		v, err := pick(p)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
