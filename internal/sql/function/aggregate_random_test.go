package function

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// randomAggregate is an aggregate and what it should give for the rows of a group.
type randomAggregate struct {
	// call is "name(types)", with a value in place of a type for a constant argument; "+" behind a type says that numbers
	// are positive, "!" that no two rows have the same value.
	call  string
	naive func(rows [][]types.Value) types.Value
}

// randomAggregates lists every aggregate whose result follows from the rows alone.
func randomAggregates() []randomAggregate {
	variance := func(n float64) func(x []float64) float64 {
		return func(x []float64) float64 { return moment(x, 2) / (float64(len(x)) - n) }
	}
	out := []randomAggregate{
		{"count()", func(rows [][]types.Value) types.Value { return int64(len(rows)) }},
		{"count(varchar)", naiveCount(1)},
		{"count(array(bigint))", naiveCount(1)},
		{"count_if(boolean)", func(rows [][]types.Value) types.Value {
			n := int64(0)
			for _, v := range notNull(rows, 1, 0) {
				if v.(bool) {
					n++
				}
			}
			return n
		}},
		{"sum(bigint)", foldInts(func(a, b int64) int64 { return a + b })},
		{"sum(interval day to second)", foldInts(func(a, b int64) int64 { return a + b })},
		{"sum(double)", statistic(1, func(x []float64) float64 { return mean(x) * float64(len(x)) })},
		{"avg(double)", statistic(1, mean)},
		{"avg(bigint)", statistic(1, mean)},
		{"geometric_mean(bigint)", statistic(1, func(x []float64) float64 {
			for i := range x {
				x[i] = math.Log(x[i])
			}
			return math.Exp(mean(x))
		})},
		{"bitwise_and_agg(bigint)", foldInts(func(a, b int64) int64 { return a & b })},
		{"bitwise_or_agg(bigint)", foldInts(func(a, b int64) int64 { return a | b })},
		{"bitwise_xor_agg(bigint)", foldInts(func(a, b int64) int64 { return a ^ b })},
		{"bool_and(boolean)", naiveBools(false)},
		{"bool_or(boolean)", naiveBools(true)},
		{"var_pop(bigint)", statistic(1, variance(0))},
		{"var_samp(bigint)", statistic(2, variance(1))},
		{"stddev_pop(bigint)", statistic(1, func(x []float64) float64 { return math.Sqrt(variance(0)(x)) })},
		{"skewness(bigint)", statistic(3, func(x []float64) float64 {
			return math.Sqrt(float64(len(x))) * moment(x, 3) / math.Pow(moment(x, 2), 1.5)
		})},
		{"kurtosis(bigint)", statistic(4, func(x []float64) float64 {
			n := float64(len(x))
			return n*(n+1)*(n-1)/((n-2)*(n-3))*moment(x, 4)/math.Pow(moment(x, 2), 2) - 3*(n-1)*(n-1)/((n-2)*(n-3))
		})},
		{"covar_pop(bigint, bigint)", regression(1, func(y, x []float64) float64 { return cross(y, x) / float64(len(x)) })},
		{"covar_samp(bigint, bigint)", regression(2, func(y, x []float64) float64 { return cross(y, x) / float64(len(x)-1) })},
		{"corr(bigint, bigint)", regression(1, func(y, x []float64) float64 { return cross(y, x) / math.Sqrt(moment(x, 2)*moment(y, 2)) })},
		{"regr_slope(bigint, bigint)", regression(1, func(y, x []float64) float64 { return cross(y, x) / moment(x, 2) })},
		{"regr_intercept(bigint, bigint)", regression(1, func(y, x []float64) float64 { return mean(y) - cross(y, x)/moment(x, 2)*mean(x) })},
		{"regr_count(bigint, bigint)", naiveCount(2)},
		{"entropy(bigint+)", naiveEntropy},
		{"max_by(double, bigint!)", naiveBy(1)},
		{"min_by(varchar, double!)", naiveBy(-1)},
		{"max_by(timeseries(varchar), varchar!)", naiveBy(1)},
		{"min_by(row(varchar, array(bigint)), row(bigint, varchar)!)", naiveBy(-1)},
		{"max_by(boolean, timestamp!)", naiveBy(1)},
		{"max_by(varchar, bigint!, 4)", naiveTopBy(1, 4)},
		{"min_by(array(varchar), varchar!, 2)", naiveTopBy(-1, 2)},
		{"arbitrary(varchar)", naiveArbitrary},
		{"any_value(array(double))", naiveArbitrary},
		{"array_agg(varchar)", naiveAll},
		{"array_agg(bigint)", naiveAll},
		{"array_agg(array(varchar))", naiveAll},
		{"array_agg(row(bigint, array(double)))", naiveAll},
		{"array_agg(timeseries(varchar))", naiveAll},
		{"listagg(varchar, '-')", naiveJoin},
		{"create_time_series(timestamp, double)", naiveSeries},
		{"create_time_series(timestamp, varchar)", naiveSeries},
		{"create_time_series(timestamp, row(bigint, varchar))", naiveSeries},
		{"create_time_series(timestamp, array(boolean))", naiveSeries},
		{"approx_percentile(double, 0.37)", naivePercentile(0.37, 1, once)},
		{"approx_percentile(bigint, 1.0)", naivePercentile(1, 1, once)},
		{"approx_percentile(bigint, bigint+, 0.5)", naivePercentile(0.5, 2, func(row []types.Value) int { return int(row[1].(int64)) })},
		{"approx_percentile(double, bigint+, 0.9, 0.01)", naivePercentile(0.9, 2, func(row []types.Value) int { return int(row[1].(int64)) })},
	}
	for _, t := range []string{"bigint", "double", "varchar", "boolean", "timestamp", "array(bigint)", "row(varchar, bigint)"} {
		out = append(out,
			randomAggregate{"max(" + t + ")", naiveBest(1)}, randomAggregate{"min(" + t + ")", naiveBest(-1)},
			randomAggregate{"max(" + t + ", 3)", naiveTop(1, 3)}, randomAggregate{"min(" + t + ", 2)", naiveTop(-1, 2)},
			randomAggregate{"approx_distinct(" + t + ")", naiveDistinct},
		)
	}
	return out
}

// parseCall reads the call of a randomAggregate: the types, and the constants where there is no type.
func parseCall(call string) (name string, args []*types.Type, constants []types.Value, marks []string) {
	name, rest, _ := strings.Cut(strings.TrimSuffix(call, ")"), "(")
	depth, start := 0, 0
	var parts []string
	for i, c := range rest + "," {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, strings.TrimSpace((rest + ",")[start:i]))
			start = i + 1
		}
	}
	for _, part := range parts {
		text := strings.TrimRight(part, "+!")
		var constant types.Value
		t := types.Bigint
		switch {
		case text == "":
			continue
		case strings.HasPrefix(text, "'"):
			constant, t = strings.Trim(text, "'"), types.Varchar
		case strings.Contains(text, "."):
			x, _ := types.ParseDouble(text)
			constant, t = x, types.Double
		case text[0] >= '0' && text[0] <= '9':
			n, _ := types.ParseInt(text)
			constant = n
		default:
			t = bindings{}.typeOf(mustSignature("f(" + text + ") -> boolean").Params[0])
		}
		args, constants, marks = append(args, t), append(constants, constant), append(marks, part[len(text):])
	}
	return name, args, constants, marks
}

// TestAggregatesAgainstNaive divides random rows among accumulators and batches in every way that the executor may, and
// compares with what a few plain lines compute from the rows of each group.
func TestAggregatesAgainstNaive(t *testing.T) {
	seed := rand.Uint64()
	for i, a := range randomAggregates() {
		t.Run(a.call, func(t *testing.T) {
			for round := range 30 {
				r := rand.New(rand.NewPCG(seed, uint64(1000*i+round)))
				if msg := runRandom(t, r, a); msg != "" {
					t.Fatalf("seed %d, round %d: %s", seed, round, msg)
				}
			}
		})
	}
}

// randomRows makes rows for the call, some constant over stretches.
func randomRows(r *rand.Rand, args []*types.Type, constants []types.Value, marks []string, n int) [][]types.Value {
	rows, places := make([][]types.Value, n), r.Perm(n)
	for i := range rows {
		if i > 0 && r.IntN(4) == 0 {
			rows[i] = rows[i-1]
			continue
		}
		rows[i] = make([]types.Value, len(args))
		for k, t := range args {
			if constants[k] != nil {
				rows[i][k] = constants[k]
				continue
			}
			v := randomValue(r, t)
			if x, ok := v.(int64); ok && marks[k] == "+" {
				v = max(x, 1)
			}
			if v != nil && marks[k] == "!" {
				v = distinctValue(t, places[i])
			}
			rows[i][k] = v
		}
	}
	return rows
}

// distinctValue returns the n-th value of a type.
func distinctValue(t *types.Type, n int) types.Value {
	switch t.Kind {
	case types.KindDouble:
		return float64(n) / 4
	case types.KindVarchar:
		return fmt.Sprint("v", n)
	case types.KindRow:
		return []types.Value{int64(n / 3), fmt.Sprint("v", n)}
	}
	return int64(n)
}

// partial is an accumulator that numbers its groups as they come.
type partial struct {
	acc    Accumulator
	groups []int32 // global by local
	local  map[int32]int32
	rows   [][]types.Value // what was added, and the local groups of it
	of     []int32
}

// number returns the local number of a group.
func (p *partial) number(g int32) int32 {
	if _, ok := p.local[g]; !ok {
		p.local[g] = int32(len(p.groups))
		p.groups = append(p.groups, g)
	}
	return p.local[g]
}

// runRandom runs one random case and returns what is wrong with it, "" for nothing.
func runRandom(t *testing.T, r *rand.Rand, a randomAggregate) string {
	name, args, constants, marks := parseCall(a.call)
	f, m, err := ResolveAggregate(name, args)
	if err != nil {
		t.Fatal(err)
	}
	rows := randomRows(r, args, constants, marks, r.IntN(300))
	groupCount := 1 + r.IntN([]int{1, 3, 20, 100}[r.IntN(4)])
	groups := make([]int32, len(rows))
	for i := range groups {
		groups[i] = int32(r.IntN(groupCount))
	}
	if r.IntN(2) == 0 {
		slices.Sort(groups)
	}
	parts := make([]*partial, 1+r.IntN(4))
	for k := range parts {
		parts[k] = &partial{acc: f.New(m.Params, m.Result), local: map[int32]int32{}}
	}
	for from := 0; from < len(rows); {
		to := min(len(rows), from+1+r.IntN(150))
		k := r.IntN(len(parts))
		if f.OrderSensitive {
			k = from * len(parts) / len(rows)
		}
		if err := addRandom(r, parts[k], m, rows[from:to], groups[from:to]); err != nil {
			return err.Error()
		}
		if r.IntN(3) == 0 { // as a running window asks
			if msg := checkResults(r, parts[k].acc, m.Result, a.all(parts[k].rows, parts[k].of, len(parts[k].groups))); msg != "" {
				return "in between: " + msg
			}
		}
		from = to
	}
	main := f.New(m.Params, m.Result)
	main.Resize(groupCount)
	for _, p := range parts {
		if err := main.Merge(p.acc, p.groups); err != nil {
			return err.Error()
		}
		if main.Bytes() < 0 {
			return "negative size"
		}
	}
	return checkResults(r, main, m.Result, a.all(rows, groups, groupCount))
}

// all returns the naive results of all groups.
func (a randomAggregate) all(rows [][]types.Value, groups []int32, n int) []types.Value {
	byGroup, out := make([][][]types.Value, n), make([]types.Value, n)
	for i, row := range rows {
		byGroup[groups[i]] = append(byGroup[groups[i]], row)
	}
	for g := range out {
		out[g] = a.naive(byGroup[g])
	}
	return out
}

// addRandom adds rows to a partial aggregate, with arguments in random forms.
func addRandom(r *rand.Rand, p *partial, m Match, rows [][]types.Value, groups []int32) error {
	local := make([]int32, len(rows))
	for i, g := range groups {
		local[i] = p.number(g)
	}
	p.acc.Resize(len(p.groups))
	var vecs []*vector.Vector
	for k, want := range m.Params {
		vals := make([]types.Value, len(rows))
		for i, row := range rows {
			vals[i] = coerced(row[k], want)
		}
		vecs = append(vecs, randomForm(r, want, vals))
	}
	p.rows, p.of = append(p.rows, rows...), append(p.of, local...)
	return p.acc.Add(local, vecs)
}

// checkResults compares the results of all groups, asked for in one piece or in several.
func checkResults(r *rand.Rand, acc Accumulator, t *types.Type, want []types.Value) string {
	for from := 0; from < len(want); {
		to := len(want)
		if r.IntN(2) == 0 {
			to = from + 1 + r.IntN(len(want)-from)
		}
		out, err := acc.Result(from, to)
		if err != nil {
			return err.Error()
		}
		if out.Len() != to-from || !out.Type.Equal(t) {
			return fmt.Sprintf("%d results of type %s, want %d of %s", out.Len(), out.Type, to-from, t)
		}
		for i := range out.Len() {
			got := out.Value(i)
			if choice, ok := want[from+i].(oneOf); ok && slices.ContainsFunc(choice, func(v types.Value) bool { return cmp.Equal(got, v, tolerant) }) {
				continue
			}
			if !cmp.Equal(got, want[from+i], tolerant) {
				return fmt.Sprintf("group %d: %#v, want %#v", from+i, got, want[from+i])
			}
		}
		from = to
	}
	return ""
}
