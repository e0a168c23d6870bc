package function

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

func TestArrayOperators_4_8(t *testing.T) {
	checkSamples(t, []sample{
		{"ARRAY[1, 2, 3][1]", "1"}, {"ARRAY['a', NULL][2]", "NULL"}, {"ARRAY[1][0]", "error: SQL array indices start at 1"},
		{"ARRAY[1][-1]", "error: Array subscript is negative: -1"}, {"ARRAY[1, 2, 3][4]", "error: Array subscript must be less than or equal to array length: 4 > 3"},
		{"ARRAY[ARRAY[1, 2], ARRAY[3]][1][2]", "2"}, {"ARRAY[ROW(1, 'x')][1]", "(1, x)"}, {"ARRAY[][1]", "error: Array subscript must be less than or equal to array length: 1 > 0"},
		{"ARRAY[1, 2] || ARRAY[3]", "[1, 2, 3]"}, {"ARRAY[1] || ARRAY[2.5]", "[1.0, 2.5]"}, {"ARRAY[1, 2] || 3", "[1, 2, 3]"}, {"0 || ARRAY[1]", "[0, 1]"},
		{"ARRAY[] || ARRAY[1]", "[1]"}, {"ARRAY[] || 1", "[1]"}, {"ARRAY[ARRAY[1]] || ARRAY[2]", "[[1], [2]]"}, {"ARRAY[1] || NULL", "NULL"}, {"ARRAY['a'] || ('b' || NULL)", "[a, NULL]"},
		{"(1 + NULL) || ARRAY[1]", "[NULL, 1]"}, {"concat(ARRAY[1], ARRAY[2], ARRAY[NULL])", "[1, 2, NULL]"}, {"concat(ARRAY[ROW(1, 'a')], ARRAY[ROW(2, 'b')])", "[(1, a), (2, b)]"},
		{"concat(ARRAY[1], NULL)", "NULL"},
	})
}

func TestArrayFunctions_4_8(t *testing.T) {
	checkSamples(t, []sample{
		{"array_distinct(ARRAY[1, 2, 1, NULL, 2, NULL])", "[1, 2, NULL]"}, {"array_distinct(ARRAY[nan(), 1.0, nan(), -0.0, 0.0])", "[NaN, 1.0, -0.0]"}, {"array_distinct(ARRAY[])", "[]"},
		{"array_distinct(ARRAY[ARRAY[1], ARRAY[1], ARRAY[NULL], ARRAY[NULL]])", "[[1], [NULL]]"}, {"array_distinct(ARRAY[true, false, true])", "[true, false]"},
		{"array_intersect(ARRAY[1, 2, 2, NULL], ARRAY[2, NULL, 5])", "[2, NULL]"}, {"array_intersect(ARRAY['a'], ARRAY['b'])", "[]"}, {"array_intersect(ARRAY[1], ARRAY[1.0])", "[1.0]"},
		{"array_union(ARRAY[1, 2], ARRAY[2, 3, NULL])", "[1, 2, 3, NULL]"}, {"array_union(ARRAY[], ARRAY[1])", "[1]"}, {"array_union(ARRAY[2, 2], ARRAY[])", "[2]"},
		{"array_except(ARRAY[1, 2, 3, 3, NULL], ARRAY[1, NULL])", "[2, 3]"}, {"array_except(ARRAY[ROW(1, 'a')], ARRAY[ROW(1, 'b')])", "[(1, a)]"},
		{"array_join(ARRAY[1, NULL, 3], ',')", "1,3"}, {"array_join(ARRAY[1, NULL, 3], ',', '?')", "1,?,3"}, {"array_join(ARRAY[1.5, 2.0], '|')", "1.5|2.0"},
		{"array_join(ARRAY[true, NULL], '-', '')", "true-"}, {"array_join(ARRAY[date '2020-01-01'], '')", "2020-01-01"}, {"array_join(ARRAY[], ',')", ""},
		{"array_join(ARRAY[NULL, 'a'], ',')", "a"},
		{"array_max(ARRAY[1, 5, 3])", "5"}, {"array_min(ARRAY['b', 'a'])", "a"}, {"array_max(ARRAY[])", "NULL"}, {"array_max(ARRAY[1, NULL])", "NULL"}, {"array_max(ARRAY[1.0, nan()])", "NaN"},
		{"array_min(ARRAY[ARRAY[2], ARRAY[1, 1]])", "[1, 1]"},
		{"array_position(ARRAY[5, 6, 6], 6)", "2"}, {"array_position(ARRAY[5], 6)", "0"}, {"array_position(ARRAY[NULL, 6], 6)", "2"}, {"array_position(ARRAY[5], NULL)", "NULL"},
		{"array_remove(ARRAY[1, 2, 1, NULL], 1)", "[2, NULL]"}, {"array_remove(ARRAY['a'], 'a')", "[]"}, {"array_remove(ARRAY[1], NULL)", "NULL"},
		{"array_sort(ARRAY[3, 1, NULL, 2])", "[1, 2, 3, NULL]"}, {"array_sort(ARRAY['b', 'a'])", "[a, b]"}, {"array_sort(ARRAY[nan(), 1.0, -infinity()])", "[-Infinity, 1.0, NaN]"},
		{"array_sort(ARRAY[ARRAY[2], ARRAY[1]])", "[[1], [2]]"}, {"array_sort(ARRAY[ARRAY[NULL], ARRAY[1]])", "error: ARRAY comparison not supported for arrays with null elements"},
		{"arrays_overlap(ARRAY[1, 2], ARRAY[2, 3])", "true"}, {"arrays_overlap(ARRAY[1, NULL], ARRAY[2])", "NULL"}, {"arrays_overlap(ARRAY[1], ARRAY[2])", "false"},
		{"arrays_overlap(ARRAY[1, NULL], ARRAY[NULL, 1])", "true"}, {"arrays_overlap(ARRAY[], ARRAY[NULL])", "false"},
		{"cardinality(ARRAY[1, 2, NULL])", "3"}, {"cardinality(ARRAY[])", "0"}, {"cardinality(NULL)", "NULL"},
		{"element_at(ARRAY[1, 2, 3], 2)", "2"}, {"element_at(ARRAY[1, 2, 3], -1)", "3"}, {"element_at(ARRAY[1], 5)", "NULL"}, {"element_at(ARRAY[1], -2)", "NULL"},
		{"element_at(ARRAY[1], 0)", "error: SQL array indices start at 1"}, {"array_first(ARRAY[7, 8])", "7"}, {"array_last(ARRAY[7, 8])", "8"}, {"array_first(ARRAY[])", "NULL"},
		{"repeat('x', 3)", "[x, x, x]"}, {"repeat(NULL, 2)", "[NULL, NULL]"}, {"repeat(1, 0)", "[]"}, {"repeat(1, NULL)", "NULL"}, {"repeat(ARRAY[1], 2)", "[[1], [1]]"},
		{"repeat(1, -1)", "error: count argument of repeat function must be greater than or equal to 0"},
		{"repeat(1, 10001)", "error: count argument of repeat function must be less than or equal to 10000"},
		{"reverse(ARRAY[1, NULL, 3])", "[3, NULL, 1]"}, {"reverse(ARRAY[])", "[]"},
	})
}

func TestMoreArrayFunctions_4_8(t *testing.T) {
	checkSamples(t, []sample{
		{"slice(ARRAY[1, 2, 3, 4], 2, 2)", "[2, 3]"}, {"slice(ARRAY[1, 2, 3, 4], -2, 5)", "[3, 4]"}, {"slice(ARRAY[1], 5, 1)", "[]"}, {"slice(ARRAY[1], -3, 1)", "[]"}, {"slice(ARRAY[1, 2], 1, 0)", "[]"},
		{"slice(ARRAY[1, 2], 2, bigint '9223372036854775807')", "[2]"},
		{"slice(ARRAY[1], 0, 1)", "error: SQL array indices start at 1"}, {"slice(ARRAY[1], 1, -1)", "error: length must be greater than or equal to 0"},
		{"zip(ARRAY[1, 2], ARRAY['a', 'b', 'c'])", "[(1, a), (2, b), (NULL, c)]"}, {"zip(ARRAY[1], ARRAY[2], ARRAY[3])", "[(1, 2, 3)]"}, {"zip(ARRAY[], ARRAY[])", "[]"},
		{"contains(ARRAY[1, 2], 2)", "true"}, {"contains(ARRAY[1, NULL], 2)", "NULL"}, {"contains(ARRAY[1], 2)", "false"}, {"contains(ARRAY[1, NULL], 1)", "true"}, {"contains(ARRAY['a'], 'a')", "true"},
		{"contains(ARRAY[timestamp '2020-01-01'], '2020-01-01')", "true"},
		{"flatten(ARRAY[ARRAY[1, 2], NULL, ARRAY[3]])", "[1, 2, 3]"}, {"flatten(ARRAY[NULL])", "[]"}, {"flatten(ARRAY[ARRAY[ARRAY[1]], ARRAY[]])", "[[1]]"},
		{"ngrams(ARRAY['a', 'b', 'c'], 2)", "[[a, b], [b, c]]"}, {"ngrams(ARRAY['a', 'b'], 5)", "[[a, b]]"}, {"ngrams(ARRAY['a', 'b'], 1)", "[[a], [b]]"}, {"ngrams(ARRAY[1], 0)", "error: N must be positive"},
		{"ngrams(ARRAY[], 2)", "[[]]"},
		{"combinations(ARRAY['foo', 'bar', 'baz'], 2)", "[[foo, bar], [foo, baz], [bar, baz]]"}, {"combinations(ARRAY[1, 2, 3, 4], 3)", "[[1, 2, 3], [1, 2, 4], [1, 3, 4], [2, 3, 4]]"},
		{"combinations(ARRAY[1, 2], 0)", "[[]]"}, {"combinations(ARRAY[1], 2)", "[]"}, {"combinations(ARRAY[1], 6)", "error: combination size must not exceed 5: 6"},
		{"combinations(ARRAY[1], -1)", "error: combination size must not be negative: -1"}, {"combinations(sequence(1, 100), 5)", "error: combinations exceed max size"},
		{"trim_array(ARRAY[1, 2, 3], 1)", "[1, 2]"}, {"trim_array(ARRAY[1], 2)", "error: size must not exceed array cardinality 1: 2"}, {"trim_array(ARRAY[1], -1)", "error: size must not be negative: -1"},
		{"cardinality(shuffle(ARRAY[1, 2, 3]))", "3"}, {"array_sort(shuffle(sequence(1, 5)))", "[1, 2, 3, 4, 5]"},
	})
}

func TestSequence_4_8(t *testing.T) {
	checkSamples(t, []sample{
		{"sequence(1, 5)", "[1, 2, 3, 4, 5]"}, {"sequence(3, 1)", "[3, 2, 1]"}, {"sequence(1, 10, 4)", "[1, 5, 9]"}, {"sequence(10, 1, -4)", "[10, 6, 2]"}, {"sequence(5, 5)", "[5]"},
		{"sequence(1, 2, 0)", "error: step must not be zero"},
		{"sequence(1, 2, -1)", "error: sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start"},
		{"cardinality(sequence(1, 10000))", "10000"}, {"sequence(1, 10001)", "error: result of sequence function must not have more than 10000 entries"},
		{"sequence(bigint '-9223372036854775808', bigint '9223372036854775807')", "error: result of sequence function must not have more than 10000 entries"},
		{"sequence(bigint '-9223372036854775808', bigint '9223372036854775807', bigint '9223372036854775807')", "[-9223372036854775808, -1, 9223372036854775806]"},
		{"cardinality(sequence('2023-04-02 19:26:12.941000000', '2023-04-06 19:26:12.941000000', 1d))", "5"},
		{"sequence(timestamp '2020-01-01', '2020-01-01 00:00:30', 15s)", "[2020-01-01 00:00:00.000000000, 2020-01-01 00:00:15.000000000, 2020-01-01 00:00:30.000000000]"},
		{"sequence(timestamp '2020-01-01', timestamp '2020-01-01 00:00:20', 15s)", "[2020-01-01 00:00:00.000000000, 2020-01-01 00:00:15.000000000]"},
		{"sequence(timestamp '2020-01-02', timestamp '2020-01-01')", "[2020-01-02 00:00:00.000000000, 2020-01-01 00:00:00.000000000]"},
		{"sequence(timestamp '2020-01-31', timestamp '2020-03-31', 1month)", "[2020-01-31 00:00:00.000000000, 2020-02-29 00:00:00.000000000, 2020-03-31 00:00:00.000000000]"},
		{"sequence(timestamp '2262-03-01', timestamp '2262-04-11', 1month)", "[2262-03-01 00:00:00.000000000, 2262-04-01 00:00:00.000000000]"},
		{"sequence(timestamp '2020-01-01', timestamp '2019-11-15', -(1month))", "[2020-01-01 00:00:00.000000000, 2019-12-01 00:00:00.000000000]"},
		{"sequence(date '2020-01-01', date '2020-01-03')", "[2020-01-01, 2020-01-02, 2020-01-03]"}, {"sequence(date '2020-01-01', date '2020-01-20', 7d)", "[2020-01-01, 2020-01-08, 2020-01-15]"},
		{"sequence(date '2020-01-31', date '2020-04-01', 1month)", "[2020-01-31, 2020-02-29, 2020-03-31]"},
		{"sequence(date '2020-01-01', date '2020-01-03', 1h)", "error: sequence step must be a day interval if start and end values are dates"},
		{"sequence(NULL, timestamp '2020-01-01', 1d)", "NULL"}, {"sequence(1, NULL)", "NULL"},
	})
}

func TestLambdaFunctions_4_8(t *testing.T) {
	checkSamples(t, []sample{
		{"transform(ARRAY[1, 2, NULL], x -> x + 1)", "[2, 3, NULL]"}, {"transform(ARRAY['a'], x -> x || '!')", "[a!]"}, {"transform(ARRAY[], x -> 1)", "[]"},
		{"transform(ARRAY[ARRAY[1, 2], ARRAY[3]], x -> transform(x, y -> y * 2))", "[[2, 4], [6]]"}, {"transform(ARRAY[1, 0], x -> 1 / x)", "error: Division by zero"},
		{"filter(ARRAY[5, -6, NULL, 7], x -> x > 0)", "[5, 7]"}, {"filter(ARRAY[], x -> true)", "[]"}, {"filter(ARRAY['a', 'bb'], x -> length(x) > 1)", "[bb]"},
		{"filter(ARRAY[1], x -> x)", "error: Unexpected parameters (array(integer), function) for function filter. Expected: filter(array(T), (T) => boolean), filter(timeseries(T), (row(time timestamp, value T)) => boolean)"},
		{"any_match(ARRAY[1, 2], x -> x = 2)", "true"}, {"any_match(ARRAY[1, NULL], x -> x = 2)", "NULL"}, {"any_match(ARRAY[], x -> true)", "false"}, {"any_match(ARRAY[NULL, 2], x -> x = 2)", "true"},
		{"all_match(ARRAY[1, 2], x -> x > 0)", "true"}, {"all_match(ARRAY[1, NULL], x -> x > 0)", "NULL"}, {"all_match(ARRAY[0, NULL], x -> x > 0)", "false"}, {"all_match(ARRAY[], x -> false)", "true"},
		{"none_match(ARRAY[1, 2], x -> x > 5)", "true"}, {"none_match(ARRAY[1, 9], x -> x > 5)", "false"}, {"none_match(ARRAY[1, NULL], x -> x > 5)", "NULL"},
		{"zip_with(ARRAY[1, 3], ARRAY[10, 20], (x, y) -> x + y)", "[11, 23]"}, {"zip_with(ARRAY[1, 3], ARRAY['a'], (x, y) -> y)", "[a, NULL]"},
		{"reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s)", "75"}, {"reduce(ARRAY[5, 20], '', (s, x) -> s || 'x', s -> length(s))", "2"}, {"reduce(ARRAY[], 7, (s, x) -> s + x, s -> s * 2)", "14"},
		{"reduce(ARRAY[1, NULL], 0, (s, x) -> s + x, s -> s)", "NULL"}, {"reduce(NULL, 0, (s, x) -> s, s -> s)", "NULL"}, {"reduce(ARRAY[1, 2], 1 + NULL, (s, x) -> x, s -> s)", "2"},
		{"reduce(sequence(1, 100), bigint '0', (s, x) -> s + x, s -> s)", "5050"},
		{"array_sort(ARRAY[3, 1, 2], (x, y) -> sign(y - x))", "[3, 2, 1]"}, {"array_sort(ARRAY[3, 1, 2, 5, 4, 9, 7, 8, 6], (x, y) -> sign(x - y))", "[1, 2, 3, 4, 5, 6, 7, 8, 9]"},
		{"array_sort(ARRAY['bb', 'a', 'ccc', 'd'], (x, y) -> sign(length(x) - length(y)))", "[a, d, bb, ccc]"}, {"array_sort(ARRAY[1, 2], (x, y) -> 7)", "error: Lambda comparator must return either -1, 0, or 1"},
		{"array_sort(ARRAY[1, NULL], (x, y) -> sign(x - y))", "error: Lambda comparator must return either -1, 0, or 1"},
	})
}

// TestLambdasOverManyRows checks what the forms of samples cannot: rows of different lengths in one batch, and the rows that
// lambdas are told to belong to.
func TestLambdasOverManyRows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		lists := rapid.SliceOfN(rapid.SliceOfN(rapid.Int64Range(0, 99), 0, 9), 1, 8).Draw(rt, "arrays")
		arrayType := types.ArrayOf(types.Bigint)
		b, offsets := vector.NewBuilder(arrayType, len(lists)), make([]int64, len(lists))
		for i, list := range lists {
			row := []types.Value{}
			for _, x := range list {
				row = append(row, x)
			}
			b.Append(row)
			offsets[i] = int64(i) * 1000
		}
		eval := func(name string, result *types.Type, vecs []*vector.Vector, lambdas ...Lambda) *vector.Vector {
			ts := make([]*types.Type, len(vecs))
			for i, v := range vecs {
				if v != nil {
					ts[i] = v.Type
				}
			}
			fn, m, err := ResolveScalar(name, ts, func(int, []*types.Type) (*types.Type, error) { return types.Bigint, nil })
			if err != nil || !m.Result.Equal(result) {
				rt.Fatal(m.Result, err)
			}
			a := testArgs(len(lists), result)
			a.Vecs, a.Lambdas = vecs, lambdas
			out, err := fn.Eval(a)
			if err != nil {
				rt.Fatal(err)
			}
			return out
		}
		// The lambda adds a column of the enclosing row.
		plusRow := func(args []*vector.Vector, parents []int32) (*vector.Vector, error) {
			out := make([]int64, len(parents))
			for j, parent := range parents {
				out[j] = offsets[parent]
				for _, arg := range args {
					out[j] += arg.Value(j).(int64)
				}
			}
			return vector.Int64s(types.Bigint, out, nil), nil
		}
		compare := func(args []*vector.Vector, _ []int32) (*vector.Vector, error) {
			out := make([]int64, args[0].Len())
			for j := range out {
				out[j] = int64(types.Compare(args[0].Value(j), args[1].Value(j)))
			}
			return vector.Int64s(types.Bigint, out, nil), nil
		}
		last := func(args []*vector.Vector, _ []int32) (*vector.Vector, error) { return args[0], nil }
		array := b.Build()
		zero := vector.Const(types.Bigint, int64(0), len(lists))
		transformed := eval("transform", arrayType, []*vector.Vector{array, nil}, nil, plusRow)
		sums := eval("reduce", types.Bigint, []*vector.Vector{array, zero, nil, nil}, nil, nil, plusRow, last)
		sorted := eval("array_sort", arrayType, []*vector.Vector{array, nil}, nil, compare)
		for i, list := range lists {
			sum, moved := int64(0), []types.Value{}
			for _, x := range list {
				moved = append(moved, x+offsets[i])
				sum += x + offsets[i]
			}
			inOrder := []types.Value{}
			for _, x := range slices.Sorted(slices.Values(list)) {
				inOrder = append(inOrder, x)
			}
			if !sameValue(transformed.Value(i), moved) || !sameValue(sums.Value(i), sum) || !sameValue(sorted.Value(i), inOrder) {
				rt.Fatalf("row %d %v: %v, %v, %v", i, list, transformed.Value(i), sums.Value(i), sorted.Value(i))
			}
		}
	})
}

// Elements in other forms than flat, and pieces of larger vectors, are what storage and other operators hand on.
func TestArraysOfOtherForms(t *testing.T) {
	dict := vector.DictionaryOf(vector.Strings([]string{"a", "b"}, nil), []int32{0, 1, -1, 1, 0})
	all := vector.Arrays(types.ArrayOf(types.Varchar), []int32{0, 0, 2, 3, 5}, dict, nil)
	for _, part := range []*vector.Vector{all, all.Slice(1, 4), all.Gather([]int32{3, 1, 2})} {
		for name, f := range map[string]EvalFunc{
			"reverse": rearrange(arrayReverse), "array_join": writeText(arrayJoin), "cardinality": perRow(cardinality),
			"element_at": elementBy(elementAt), "concat": concatArrays,
		} {
			a := testArgs(part.Len(), types.Varchar)
			a.Vecs = []*vector.Vector{part}
			switch name {
			case "reverse":
				a.Result = part.Type
			case "concat":
				a.Result, a.Vecs = part.Type, []*vector.Vector{part, part}
			case "array_join":
				a.Vecs = append(a.Vecs, vector.Const(types.Varchar, ",", part.Len()), vector.Const(types.Varchar, "?", part.Len()))
			case "cardinality":
				a.Result = types.Bigint
			case "element_at":
				a.Vecs = append(a.Vecs, vector.Const(types.Bigint, int64(-1), part.Len()))
			}
			got, err := f(a)
			if err != nil {
				t.Fatal(err)
			}
			for i := range part.Len() {
				list := part.Value(i).([]types.Value)
				var want types.Value
				switch name {
				case "reverse":
					turned := slices.Clone(list)
					slices.Reverse(turned)
					want = turned
				case "concat":
					want = append(slices.Clone(list), list...)
				case "cardinality":
					want = int64(len(list))
				case "element_at":
					if len(list) > 0 {
						want = list[len(list)-1]
					}
				case "array_join":
					texts := []string{}
					for _, v := range list {
						if v == nil {
							v = "?"
						}
						texts = append(texts, v.(string))
					}
					want = strings.Join(texts, ",")
				}
				if !sameValue(got.Value(i), want) {
					t.Errorf("%s of %v = %v, want %v", name, list, got.Value(i), want)
				}
			}
		}
	}
}
