package function

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// oneOf is a naive result that is not determined but for being among some values.
type oneOf []types.Value

// naiveBy is min_by and max_by without ties.
func naiveBy(sign int) func([][]types.Value) types.Value {
	return func(rows [][]types.Value) types.Value {
		if best := rankedBy(rows, sign); len(best) > 0 {
			return best[0]
		}
		return nil
	}
}

// naiveTopBy is naiveBy for n values. Equal rows may come several times.
func naiveTopBy(sign, n int) func([][]types.Value) types.Value {
	return func(rows [][]types.Value) types.Value {
		best := rankedBy(rows, sign)
		if len(best) == 0 {
			return nil
		}
		return best[:min(n, len(best))]
	}
}

// rankedBy returns the first arguments from the best to the worst second argument.
func rankedBy(rows [][]types.Value, sign int) []types.Value {
	var with [][]types.Value
	for _, row := range rows {
		if row[1] != nil {
			with = append(with, row)
		}
	}
	slices.SortStableFunc(with, func(a, b []types.Value) int { return -sign * types.Compare(a[1], b[1]) })
	var out []types.Value
	for _, row := range with {
		out = append(out, row[0])
	}
	return out
}

// naiveArbitrary is arbitrary.
func naiveArbitrary(rows [][]types.Value) types.Value {
	if vals := notNull(rows, 1, 0); len(vals) > 0 {
		return oneOf(vals)
	}
	return nil
}

// naiveEntropy is entropy.
func naiveEntropy(rows [][]types.Value) types.Value {
	sum, out := 0.0, 0.0
	for _, v := range notNull(rows, 1, 0) {
		sum += float64(v.(int64))
	}
	for _, v := range notNull(rows, 1, 0) {
		p := float64(v.(int64)) / sum
		out -= p * math.Log2(p)
	}
	return out
}

// notNull returns argument k of the rows in which the first args arguments are not NULL.
func notNull(rows [][]types.Value, args, k int) []types.Value {
	var out []types.Value
	for _, row := range rows {
		if !slices.Contains(row[:args], nil) {
			out = append(out, row[k])
		}
	}
	return out
}

// statistic makes a naive function from one of numbers; at least n are needed.
func statistic(n int, f func(x []float64) float64) func([][]types.Value) types.Value {
	return func(rows [][]types.Value) types.Value {
		var x []float64
		for _, v := range notNull(rows, 1, 0) {
			x = append(x, coerced(v, types.Double).(float64))
		}
		if len(x) < n {
			return nil
		}
		return f(x)
	}
}

// regression makes a naive function from one of pairs.
func regression(n int, f func(y, x []float64) float64) func([][]types.Value) types.Value {
	return func(rows [][]types.Value) types.Value {
		var x, y []float64
		for _, v := range notNull(rows, 2, 0) {
			y = append(y, float64(v.(int64)))
		}
		for _, v := range notNull(rows, 2, 1) {
			x = append(x, float64(v.(int64)))
		}
		if len(x) < n {
			return nil
		}
		if v := f(y, x); !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
		return nil
	}
}

// mean is the plain average.
func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// moment returns the sum of (x-mean)^k.
func moment(x []float64, k float64) float64 {
	m, sum := mean(x), 0.0
	for _, v := range x {
		sum += math.Pow(v-m, k)
	}
	return sum
}

// cross returns the sum of (y-mean)(x-mean).
func cross(y, x []float64) float64 {
	my, mx, sum := mean(y), mean(x), 0.0
	for i := range x {
		sum += (y[i] - my) * (x[i] - mx)
	}
	return sum
}

// foldInts makes a naive function that combines integers.
func foldInts(f func(a, b int64) int64) func([][]types.Value) types.Value {
	return func(rows [][]types.Value) types.Value {
		var out types.Value
		for _, v := range notNull(rows, 1, 0) {
			if out == nil {
				out = v
			} else {
				out = f(out.(int64), v.(int64))
			}
		}
		return out
	}
}

// isNaN reports whether v is the double NaN.
func isNaN(v types.Value) bool {
	x, ok := v.(float64)
	return ok && math.IsNaN(x)
}

// ranked returns values from the best to the worst: sign 1 for the greatest first. NaN is last either way.
func ranked(vals []types.Value, sign int) []types.Value {
	out := slices.Clone(vals)
	slices.SortStableFunc(out, func(a, b types.Value) int {
		switch an, bn := isNaN(a), isNaN(b); {
		case an && bn:
			return 0
		case an:
			return 1
		case bn:
			return -1
		}
		return -sign * types.Compare(a, b)
	})
	return out
}

// naiveBest is max (sign 1) and min (sign -1).
func naiveBest(sign int) func([][]types.Value) types.Value {
	return func(rows [][]types.Value) types.Value {
		if best := ranked(notNull(rows, 1, 0), sign); len(best) > 0 {
			return best[0]
		}
		return nil
	}
}

// naiveTop is naiveBest for n values.
func naiveTop(sign, n int) func([][]types.Value) types.Value {
	return func(rows [][]types.Value) types.Value {
		best := ranked(notNull(rows, 1, 0), sign)
		if len(best) == 0 {
			return nil
		}
		return best[:min(n, len(best))]
	}
}

// naivePercentile sorts and counts; the weight of row i is weight(row).
func naivePercentile(p float64, args int, weight func(row []types.Value) int) func([][]types.Value) types.Value {
	return func(rows [][]types.Value) types.Value {
		var all []types.Value
		for _, row := range rows {
			if !slices.Contains(row[:args], nil) {
				for range weight(row) {
					all = append(all, row[0])
				}
			}
		}
		if len(all) == 0 {
			return nil
		}
		slices.SortFunc(all, types.Compare)
		return all[min(int(p*float64(len(all))), len(all)-1)]
	}
}

// once is the weight of a row without one.
func once([]types.Value) int { return 1 }

// naiveCount is count of rows in which the first args arguments are not NULL.
func naiveCount(args int) func([][]types.Value) types.Value {
	return func(rows [][]types.Value) types.Value { return int64(len(notNull(rows, args, 0))) }
}

// naiveAll is array_agg.
func naiveAll(rows [][]types.Value) types.Value {
	var out []types.Value
	for _, row := range rows {
		out = append(out, row[0])
	}
	if out == nil {
		return nil
	}
	return out
}

// naiveSeries is create_time_series.
func naiveSeries(rows [][]types.Value) types.Value {
	var out types.Series
	for _, row := range rows {
		if row[0] != nil && row[1] != nil {
			out = append(out, types.Point{Time: row[0].(int64), Value: row[1]})
		}
	}
	if out == nil {
		return nil
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Time < out[j].Time })
	return out
}

// naiveDistinct counts different values by their text.
func naiveDistinct(rows [][]types.Value) types.Value {
	seen := map[string]bool{}
	for _, v := range notNull(rows, 1, 0) {
		if x, ok := v.(float64); ok && x == 0 {
			v = 0.0 // not -0.0
		}
		seen[fmt.Sprintf("%#v", v)] = true
	}
	return int64(len(seen))
}

// naiveJoin is listagg.
func naiveJoin(rows [][]types.Value) types.Value {
	var texts []string
	for _, v := range notNull(rows, 1, 0) {
		texts = append(texts, v.(string))
	}
	if texts == nil {
		return nil
	}
	return strings.Join(texts, "-")
}

// naiveBools is bool_or (decides true) and bool_and (false).
func naiveBools(decides bool) func([][]types.Value) types.Value {
	return func(rows [][]types.Value) types.Value {
		vals := notNull(rows, 1, 0)
		if len(vals) == 0 {
			return nil
		}
		return slices.Contains(vals, types.Value(decides)) == decides
	}
}
