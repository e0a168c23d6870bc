package function

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

func TestConcatenation_4_7(t *testing.T) {
	checkSamples(t, []sample{
		{"'a' || 'b'", "ab"}, {"'a' || NULL", "NULL"}, {"'' || ''", ""}, {"'a' || 'b' || 'ü'", "abü"},
		{"concat('a', 'b', 'c')", "abc"}, {"concat('a', NULL, 'c')", "NULL"},
		{"concat('a')", "error: Unexpected parameters (varchar) for function concat. Expected: concat(varchar, varchar...), concat(array(E), array(E)...)"},
		{"concat('a', 1)", "error: Unexpected parameters (varchar, integer) for function concat. Expected: concat(varchar, varchar...), concat(array(E), array(E)...)"},
		{"concat_ws(',', 'a', NULL, 'c')", "a,c"}, {"concat_ws(NULL, 'a')", "NULL"}, {"concat_ws(',', NULL)", ""}, {"concat_ws('-', ARRAY['x', NULL, 'y'])", "x-y"},
		{"concat_ws('-', 'only')", "only"},
	})
}

func TestStringFunctions_4_7(t *testing.T) {
	checkSamples(t, []sample{
		{"chr(65)", "A"}, {"chr(8364)", "€"}, {"chr(-1)", "error: Not a valid Unicode code point: -1"}, {"chr(55296)", "error: Not a valid Unicode code point: 55296"},
		{"chr(4294967296)", "error: Not a valid Unicode code point: 4294967296"},
		{"codepoint('A')", "65"}, {"codepoint('€')", "8364"}, {"codepoint('')", "error: Input string must be a single character string"},
		{"codepoint('ab')", "error: Input string must be a single character string"},
		{"length('häl')", "3"}, {"length('')", "0"}, {"length(NULL)", "NULL"}, {"lower('ÄB')", "äb"}, {"upper('äß')", "Äß"}, {"reverse('äbc')", "cbä"}, {"reverse('')", ""},
		{"hamming_distance('abc', 'axd')", "2"}, {"hamming_distance('', '')", "0"},
		{"hamming_distance('a', 'ab')", "error: The input strings to hamming_distance function must have the same length"},
		{"levenshtein_distance('kitten', 'sitting')", "3"}, {"levenshtein_distance('', 'abc')", "3"}, {"levenshtein_distance('ä', 'a')", "1"}, {"levenshtein_distance('hello', 'hello')", "0"},
		{"levenshtein_distance('a', 'bc')", "2"},
		{"replace('banana', 'a')", "bnn"}, {"replace('banana', 'an', 'X')", "bXXa"}, {"replace('abc', '', '-')", "-a-b-c-"}, {"replace('', '', 'x')", "x"}, {"replace('abc', '')", "abc"},
		{"replace('2020-01-01T00:00Z', 'T', ' ')", "2020-01-01 00:00Z"},
		{"starts_with('abc', 'ab')", "true"}, {"starts_with('abc', '')", "true"}, {"starts_with('abc', 'b')", "false"},
		{"translate('abcd', 'bd', 'BD')", "aBcD"}, {"translate('abcda', 'a', '')", "bcd"}, {"translate('aab', 'aa', 'xy')", "xxb"}, {"translate('äö', 'ä', '€')", "€ö"},
		{"soundex('Robert')", "R163"}, {"soundex('Rupert')", "R163"}, {"soundex('Tymczak')", "T522"}, {"soundex('Pfister')", "P236"}, {"soundex('Honeyman')", "H555"},
		{"soundex('Ashcraft')", "A261"}, {"soundex('')", ""}, {"soundex('a')", "A000"},
		{"length(normalize('e' || chr(769)))", "1"}, {"normalize('é', 'nfd') = 'e' || chr(769)", "true"}, {"normalize('ﬁ', 'NFKC')", "fi"},
		{"normalize('a', 'XYZ')", "error: Normalization form must be one of [NFD, NFC, NFKD, NFKC]"},
	})
}

func TestPadAndTrim_4_7(t *testing.T) {
	checkSamples(t, []sample{
		{"lpad('5', 3, '0')", "005"}, {"rpad('5', 3, '0')", "500"}, {"lpad('abcd', 2, 'x')", "ab"}, {"rpad('abcd', 2, 'x')", "ab"}, {"lpad('a', 6, 'xyz')", "xyzxya"},
		{"rpad('a', 6, 'xyz')", "axyzxy"}, {"lpad('ü', 3, 'ö')", "ööü"}, {"lpad('', 0, 'x')", ""}, {"lpad('abc', 3, 'x')", "abc"},
		{"lpad('a', -1, 'x')", "error: Target length must be in the range [0..2147483647]"}, {"rpad('a', 3, '')", "error: Padding string must not be empty"},
		{"lpad('a', 2147483647, 'xy')", "error: The result of a function exceeds 128 MB"},
		{"trim('  a b\t\n')", "a b"}, {"ltrim('  a ')", "a "}, {"rtrim(' a  ')", " a"}, {"trim('xxaxx', 'x')", "a"}, {"ltrim('xyxa', 'yx')", "a"}, {"rtrim('a12', '0123')", "a"},
		{"trim('a', '')", "a"}, {"trim('ääbä', 'ä')", "b"},
	})
}

func TestSubstr_4_7(t *testing.T) {
	checkSamples(t, []sample{
		{"substr('hello', 2)", "ello"}, {"substr('hello', 2, 3)", "ell"}, {"substr('hello', 0)", ""}, {"substr('hello', -3)", "llo"}, {"substr('hello', -3, 2)", "ll"},
		{"substr('hello', 6)", ""}, {"substr('hello', -6)", ""}, {"substr('hello', 1, 0)", ""}, {"substr('hello', 1, -1)", ""}, {"substr('hello', 4, 99)", "lo"},
		{"substr('hällo', 2, 2)", "äl"}, {"substr('hällo', -4, 1)", "ä"}, {"substring('hello', 2, 2)", "el"}, {"substr('', 1)", ""}, {"substr('abc', 0, 2)", ""},
		{"substr('abc', bigint '9223372036854775807')", ""}, {"substr('abc', bigint '-9223372036854775808')", ""},
		{"substr('abc', 2, bigint '9223372036854775807')", "bc"},
	})
}

func TestSubstrAgreesWithCharacters(t *testing.T) {
	texts := rapid.StringOfN(rapid.RuneFrom([]rune("abä日")), 0, 6, -1)
	rapid.Check(t, func(rt *rapid.T) {
		s, start, n := texts.Draw(rt, "text"), rapid.Int64Range(-8, 8).Draw(rt, "start"), rapid.Int64Range(-2, 8).Draw(rt, "length")
		r, want := []rune(s), ""
		from := start - 1
		if start < 0 {
			from = int64(len(r)) + start
		}
		if start != 0 && from >= 0 && from < int64(len(r)) && n > 0 {
			want = string(r[from:min(from+n, int64(len(r)))])
		}
		if got := substr(s, start, n); got != want {
			rt.Fatalf("substr(%q, %d, %d) = %q, want %q", s, start, n, got, want)
		}
		back, _ := reverseText(nil, s)
		if got, _ := reverseText(nil, string(back)); string(got) != s || utf8.RuneCount(back) != len(r) {
			rt.Fatalf("reverse(reverse(%q)) = %q", s, got)
		}
		for _, c := range []struct{ name, want string }{{"lower", strings.ToLower(s)}, {"upper", strings.ToUpper(s)}} {
			fn, _, err := ResolveScalar(c.name, []*types.Type{types.Varchar}, nil)
			if err != nil {
				rt.Fatal(err)
			}
			a := testArgs(4, types.Varchar)
			a.Vecs = []*vector.Vector{vector.Strings([]string{s, "", "aB", s}, nil)}
			if out, err := fn.Eval(a); err != nil || out.Strs[0] != c.want || out.Strs[1] != "" || strings.ToLower(out.Strs[2]) != "ab" || out.Strs[3] != c.want {
				rt.Fatalf("%s(%q) = %q, %v; want %q", c.name, s, out.Strs, err, c.want)
			}
		}
	})
}

func TestSearchAndSplit_4_7(t *testing.T) {
	checkSamples(t, []sample{
		{"strpos('hello', 'l')", "3"}, {"strpos('hello', 'x')", "0"}, {"strpos('hello', '')", "1"}, {"strpos('äöü', 'ü')", "3"}, {"strpos('hello', 'l', 2)", "4"},
		{"strpos('hello', 'l', 3)", "0"}, {"strpos('aaaa', 'aa', 3)", "3"}, {"strpos('abc', 'a', 0)", "error: 'instance' must be a positive number."},
		{"strrpos('hello', 'l')", "4"}, {"strrpos('hello', 'l', 2)", "3"}, {"strrpos('hello', 'x')", "0"}, {"strrpos('hello', 'l', 3)", "0"}, {"strrpos('aaaa', 'aa', 2)", "2"},
		{"strrpos('äaä', 'ä')", "3"}, {"strrpos('abc', 'a', -1)", "error: 'instance' must be a positive number."},
		{"split('a,b,,c', ',')", "[a, b, , c]"}, {"split('', ',')", "[]"}, {"cardinality(split('', ','))", "1"}, {"split('a,b,c', ',', 2)", "[a, b,c]"}, {"split('a,b', ',', 1)", "[a,b]"},
		{"split('a,b', ',', 5)", "[a, b]"}, {"cardinality(split('a,b,', ','))", "3"},
		{"split('a', '')", "error: The delimiter may not be the empty string"}, {"split('a', ',', 0)", "error: Limit must be positive"},
		{"split('a', ',', 3000000000)", "error: Limit is too large"},
		{"split_part('a-b-c', '-', 2)", "b"}, {"split_part('a-b-c', '-', 3)", "c"}, {"split_part('a-b-c', '-', 4)", "NULL"}, {"split_part('', '-', 1)", ""},
		{"split_part('a-', '-', 2)", ""}, {"split_part('äb', '', 2)", "b"}, {"split_part('ab', '', 3)", "NULL"}, {"split_part('a', '-', 0)", "error: Index must be greater than zero"},
	})
}

// A statement must not be able to fill the memory with one long text.
func TestLongResultsFail(t *testing.T) {
	long := strings.Repeat("x", 1<<16)
	many := make([]types.Value, 5000)
	for i := range many {
		many[i] = long
	}
	for _, call := range []struct {
		name string
		args []types.Value
	}{
		{"||", []types.Value{strings.Repeat(long, 1500), strings.Repeat(long, 1500)}},
		{"replace", []types.Value{long, "", long}},
		{"replace", []types.Value{long, "x", long}},
		{"rpad", []types.Value{"", int64(1 << 30), "ab"}},
		{"regexp_replace", []types.Value{long, "x", long}},
		{"array_join", []types.Value{many, ""}},
		{"concat_ws", []types.Value{long, make([]types.Value, 5000)}},
		{"concat_ws", []types.Value{strings.Repeat(long, 1500), "", "", ""}},
	} {
		ts := make([]*types.Type, len(call.args))
		for i, v := range call.args {
			switch v.(type) {
			case string:
				ts[i] = types.Varchar
			case int64:
				ts[i] = types.Bigint
			default:
				ts[i] = types.ArrayOf(types.Varchar)
			}
		}
		if call.name == "concat_ws" && ts[1].Kind == types.KindArray {
			call.args[1] = append([]types.Value{}, many[:2000]...)
		}
		fn, m, err := ResolveScalar(call.name, ts, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = runRows(t, fn, m, -1, [][]types.Value{call.args}, nil)
		if !dberr.Is(err, dberr.Execution) {
			t.Errorf("%s: %v", call.name, err)
		}
	}
}
