package function

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

func TestComparisonOperators_4_2(t *testing.T) {
	checkSamples(t, []sample{
		{"1 = 1", "true"}, {"1 <> 1", "false"}, {"1 < 2", "true"}, {"2 <= 2", "true"}, {"1 > 2", "false"}, {"2 >= 3", "false"},
		{"1 = 1.0", "true"}, {"bigint '3000000000' > 1", "true"}, {"1 < 1.5", "true"},
		{"'a' < 'b'", "true"}, {"'Z' < 'a'", "true"}, {"'é' > 'z'", "true"}, {"'' < 'a'", "true"},
		{"true > false", "true"}, {"true = true", "true"}, {"false <> true", "true"}, {"false >= true", "false"},
		{"timestamp '2020-01-01' < '2020-01-01 00:00:00.000000001'", "true"}, {"date '2020-01-02' = '2020-01-02'", "true"},
		{"date '2020-01-01' < timestamp '2020-01-01 01:00'", "true"}, {"time '01:00' < time '02:00'", "true"},
		{"1h < 61m", "true"}, {"1year = 12month", "true"},
		{"timestamp '2020-01-01' = 'soon'", "error: Value cannot be cast to timestamp: soon"},
		{"NULL = 1", "NULL"}, {"NULL = NULL", "NULL"}, {"'a' <> NULL", "NULL"},
		{"nan() = nan()", "false"}, {"nan() <> nan()", "true"}, {"nan() < 1.0", "false"}, {"nan() > 1.0", "false"}, {"nan() >= nan()", "false"},
		{"1.0 < nan()", "false"}, {"1.0 <> nan()", "true"}, {"infinity() > 1e300", "true"}, {"0.0 = -0.0", "true"},
	})
}

func TestComparisonOfArraysAndRows_4_2(t *testing.T) {
	checkSamples(t, []sample{
		{"ARRAY[1, 2] = ARRAY[1, 2]", "true"}, {"ARRAY[1, 2] = ARRAY[1, 3]", "false"}, {"ARRAY[1] = ARRAY[1, 2]", "false"},
		{"ARRAY[1, 2] = ARRAY[1.0, 2.0]", "true"}, {"ARRAY[] = ARRAY[1]", "false"}, {"ARRAY[] = ARRAY[]", "true"},
		{"ARRAY[1, NULL] = ARRAY[1, NULL]", "NULL"}, {"ARRAY[1, NULL] = ARRAY[2, NULL]", "false"}, {"ARRAY[NULL, 1] <> ARRAY[NULL, 2]", "true"},
		{"ARRAY[1, NULL] <> ARRAY[1, 2]", "NULL"}, {"ARRAY[NULL] = ARRAY[NULL, NULL]", "false"},
		{"ROW(1, 'a') = ROW(1, 'a')", "true"}, {"ROW(1, NULL) = ROW(1, 'a')", "NULL"}, {"ROW(1, NULL) = ROW(2, 'a')", "false"},
		{"ROW(1, NULL) <> ROW(2, 'a')", "true"}, {"ARRAY[nan()] = ARRAY[nan()]", "false"},
		{"ARRAY[1, 2] < ARRAY[1, 3]", "true"}, {"ARRAY[1] < ARRAY[1, 0]", "true"}, {"ARRAY[2] > ARRAY[1, 9]", "true"}, {"ARRAY['a'] >= ARRAY['a']", "true"},
		{"ARRAY[1, NULL] < ARRAY[2, 1]", "true"},
		{"ARRAY[1, NULL] < ARRAY[1, 1]", "error: ARRAY comparison not supported for arrays with null elements"},
		{"ROW(1, 2) < ROW(1, 3)", "true"}, {"ROW(1, NULL) > ROW(1, 3)", "error: ROW comparison not supported for fields with null elements"},
		{"ARRAY[ARRAY[1], ARRAY[2]] <= ARRAY[ARRAY[1], ARRAY[2]]", "true"}, {"ROW(ARRAY[1], true) < ROW(ARRAY[1], false)", "false"},
	})
}

func TestGreatestLeast_4_2(t *testing.T) {
	checkSamples(t, []sample{
		{"greatest(1, 2)", "2"}, {"greatest(1, 2.5)", "2.5"}, {"least('b', 'a', 'c')", "a"}, {"greatest(1)", "1"}, {"least(3, NULL)", "NULL"},
		{"greatest(timestamp '2020-01-01', timestamp '2021-01-01')", "2021-01-01 00:00:00.000000000"},
		{"least(date '2020-01-01', date '2019-01-01')", "2019-01-01"}, {"greatest(true, false)", "true"},
		{"greatest(1.0, nan())", "NaN"}, {"greatest(nan(), 1.0)", "NaN"}, {"least(1.0, nan())", "1.0"},
		{"greatest(ARRAY[1, 2], ARRAY[1, 3])", "[1, 3]"}, {"least(ROW(1, 2), ROW(0, 9))", "(0, 9)"}, {"greatest(NULL, NULL)", "NULL"},
		{"greatest(ARRAY[1], ARRAY[NULL])", "error: ARRAY comparison not supported for arrays with null elements"},
		{"greatest()", "error: Unexpected parameters () for function greatest. Expected: greatest(T:scalar...), greatest(T:orderable...)"},
	})
}

// The fast loops must say what the definition says, whatever the forms of the sides.
func TestComparisonLoopsAgreeWithDefinition(t *testing.T) {
	floats := rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1, -1.5, 1e300})
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(rt, "rows")
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i], y[i] = floats.Draw(rt, "x"), floats.Draw(rt, "y")
		}
		left, right := vector.Doubles(x, nil), vector.Doubles(y, nil)
		if rapid.Bool().Draw(rt, "left constant") {
			left = vector.Const(types.Double, x[0], n)
		}
		if rapid.Bool().Draw(rt, "right constant") {
			right = vector.Const(types.Double, y[0], n)
		}
		for op, symbol := range comparisonSymbols {
			a := &Args{Vecs: []*vector.Vector{left, right}, Rows: n, Result: types.Boolean}
			got := compareScalars(comparison(op), a)
			for i := range n {
				p, q := left.Value(i).(float64), right.Value(i).(float64)
				want := map[string]bool{"=": p == q, "<>": p != q, "<": p < q, "<=": p <= q, ">": p > q, ">=": p >= q}[symbol]
				if got.Bools[i] != want {
					rt.Fatalf("%v %s %v = %v", p, symbol, q, got.Bools[i])
				}
			}
		}
	})
}

func TestLike_4_2(t *testing.T) {
	checkSamples(t, []sample{
		{"like('abc', 'abc')", "true"}, {"like('abc', 'ABC')", "false"}, {"like('abc', 'a%')", "true"}, {"like('abc', '%c')", "true"}, {"like('abc', '%b%')", "true"},
		{"like('abc', 'a_c')", "true"}, {"like('abc', '_')", "false"}, {"like('abc', '___')", "true"}, {"like('abc', '____')", "false"}, {"like('', '')", "true"},
		{"like('', '%')", "true"}, {"like('a', '')", "false"}, {"like('ü', '_')", "true"}, {"like('日本', '__')", "true"}, {"like('日本', '_本')", "true"},
		{"like('abcabd', '%ab_')", "true"}, {"like('abcabd', 'a%b%d')", "true"}, {"like('aXbXc', '%X_X%')", "true"}, {"like('ab', 'a%b%b')", "false"},
		{"like('a.c', 'a.c')", "true"}, {"like('abc', 'a.c')", "false"}, {"like('line\nbreak', 'line%break')", "true"},
		{"like('50%', '50!%', '!')", "true"}, {"like('505', '50!%', '!')", "false"}, {"like('a_b', 'a\\_b', '\\')", "true"}, {"like('axb', 'a\\_b', '\\')", "false"},
		{"like('a!b', 'a!!b', '!')", "true"}, {"like('%a', '%%a', '%')", "true"},
		{"like('a', 'a!b', '!')", "error: Escape character must be followed by '%', '_' or the escape character itself"},
		{"like('a', 'a!', '!')", "error: Escape character must be followed by '%', '_' or the escape character itself"},
		{"like('a', 'a', '')", "error: Escape string must be a single character"}, {"like('a', 'a', 'xy')", "error: Escape string must be a single character"},
		{"like(NULL, 'a')", "NULL"}, {"like('a', 'a', NULL)", "NULL"}, {"like('_estTabl_', '_estTabl_')", "true"},
	})
}

// naiveLike is LIKE by its definition, on characters.
func naiveLike(s, p []rune) bool {
	switch {
	case len(p) == 0:
		return len(s) == 0
	case p[0] == '%':
		return naiveLike(s, p[1:]) || len(s) > 0 && naiveLike(s[1:], p)
	}
	return len(s) > 0 && (p[0] == '_' || p[0] == s[0]) && naiveLike(s[1:], p[1:])
}

func TestLikeAgreesWithDefinition(t *testing.T) {
	texts := rapid.StringOfN(rapid.RuneFrom([]rune("abä日")), 0, 8, -1)
	patterns := rapid.StringOfN(rapid.RuneFrom([]rune("abä日%_%")), 0, 7, -1)
	rapid.Check(t, func(rt *rapid.T) {
		s, p := texts.Draw(rt, "text"), patterns.Draw(rt, "pattern")
		want := naiveLike([]rune(s), []rune(p))
		if got := compileLike(p, 0).match(s); got != want {
			rt.Fatalf("%q LIKE %q = %v", s, p, got)
		}
		escaped := strings.NewReplacer("%", "%", "_", "_").Replace(p)
		compiled, err := compileEscapedLike(escaped, "#")
		if err != nil || compiled.match(s) != want {
			rt.Fatalf("%q LIKE %q ESCAPE '#': %v", s, p, err)
		}
		literal := strings.NewReplacer("%", "#%", "_", "#_").Replace(p)
		if compiled, err = compileEscapedLike(literal, "#"); err != nil || compiled.match(s) != (s == p) || !compiled.match(p) {
			rt.Fatalf("%q LIKE %q ESCAPE '#': %v", s, literal, err)
		}
	})
}

func FuzzLike(f *testing.F) {
	for _, seed := range [][3]string{{"abc", "a%", ""}, {"a%c", "a!%c", "!"}, {"\xff", "_", ""}, {"日本", "%_本%", "%"}} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, s, pattern, escape string) {
		if len(s) > 40 || len(pattern) > 12 {
			return
		}
		if compiled, err := compileEscapedLike(pattern, escape); err == nil {
			compiled.match(s)
		}
		got := compileLike(pattern, 0).match(s)
		if utf8.ValidString(s) && utf8.ValidString(pattern) && got != naiveLike([]rune(s), []rune(pattern)) {
			t.Fatalf("%q LIKE %q = %v", s, pattern, got)
		}
	})
}
