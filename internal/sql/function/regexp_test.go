package function

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
)

func TestRegexpFunctions_4_10(t *testing.T) {
	checkSamples(t, []sample{
		{`regexp_like('1a 2b 14m', '\d+b')`, "true"}, {`regexp_like('abc', 'ABC')`, "false"}, {`regexp_like('abc', '(?i)ABC')`, "true"}, {`regexp_like('', '')`, "true"}, {`regexp_like('host-1', '^host-[0-9]$')`, "true"},
		{`regexp_like(NULL, 'a')`, "NULL"}, {`regexp_extract_all('1a 2b 14m', '\d+')`, "[1, 2, 14]"}, {`regexp_extract_all('1a 2b 14m', '(\d+)([a-z]+)', 2)`, "[a, b, m]"},
		{`regexp_extract_all('ab', '(a)|(b)', 2)`, "[NULL, b]"}, {`regexp_extract_all('x', 'y')`, "[]"}, {`regexp_extract('1a 2b', '\d+')`, "1"}, {`regexp_extract('1a 2b', '(\d+)([a-z]+)', 2)`, "a"},
		{`regexp_extract('x', '\d')`, "NULL"}, {`regexp_extract('b', '(a)|b', 1)`, "NULL"}, {`regexp_extract('a', 'a', 1)`, "error: Pattern has 0 groups. Cannot access group 1"},
		{`regexp_extract('a', 'a', -1)`, "error: Group cannot be negative"}, {`regexp_extract('xyz', '(?<n>y)', 1)`, "y"},
		{`regexp_replace('1a 2b 14m', '\d+[ab] ')`, "14m"}, {`regexp_replace('1a 2b 14m', '(\d+)([ab]) ', '3c$2 ')`, "3ca 3cb 14m"}, {`regexp_replace('ab', '(?<x>a)', '[${x}]')`, "[a]b"},
		{`regexp_replace('abc', 'b', '\$')`, "a$c"}, {`regexp_replace('abc', '(b)', '$1$1')`, "abbc"}, {`regexp_replace('abc', '(b)', '$11')`, "ab1c"}, {`regexp_replace('abc', 'b', '$0$0')`, "abbc"},
		{`regexp_replace('abc', '(x)?b', '<$1>')`, "a<>c"}, {`regexp_replace('abc', 'b', '\\')`, `a\c`}, {`regexp_replace('abc', 'x*', '-')`, "-a-b-c-"}, {`regexp_replace('baaac', 'a*', 'X')`, "XbXXcX"},
		{`regexp_replace('abc', 'b', '$')`, "error: Illegal replacement sequence: $"}, {`regexp_replace('abc', 'b', '$1')`, "error: Illegal replacement sequence: unknown group 1"},
		{`regexp_replace('abc', 'b', '$x')`, "error: Illegal replacement sequence: $x"}, {`regexp_replace('abc', 'b', '${n}')`, "error: Illegal replacement sequence: unknown group { n }"},
		{`regexp_replace('abc', 'b', '\')`, `error: Illegal replacement sequence: \`}, {`regexp_replace('', '^$', 'x')`, "x"},
		{`regexp_replace('new york', '(\w)(\w*)', x -> upper(x[1]) || lower(x[2]))`, "New York"}, {`regexp_replace('ab', '(a)', x -> NULL)`, "NULL"}, {`regexp_replace('xx', '(a)', x -> NULL)`, "xx"},
		{`regexp_replace('a1b2', '\d', x -> 'n')`, "anbn"}, {`regexp_replace('ab', '(c)?b', x -> concat_ws('', 'n', x[1]))`, "an"},
		{`regexp_split('1a 2b 14m', '\s*[a-z]+\s*')`, "[1, 2, 14, ]"}, {`regexp_split('a,b', ',')`, "[a, b]"}, {`regexp_split('ab', '')`, "[, a, b, ]"}, {`cardinality(regexp_split('a,', ','))`, "2"},
		{`regexp_count('1a 2b 14m', '\s*[a-z]+\s*')`, "3"}, {`regexp_count('aaa', '')`, "4"}, {`regexp_position('ä9', '\d')`, "2"}, {`regexp_position('x', '\d')`, "-1"},
	})
}

func TestInvalidPatterns_4_10(t *testing.T) {
	for pattern, want := range map[string]string{
		"(": "Unclosed group", ")": "Unmatched closing ')'", "[a": "Unclosed character class", "*": "Dangling meta character '*'", "a**": "Dangling meta character '*'", "a{2": "Unclosed counted closure",
		"{2}": "Dangling meta character '{'", "a{3,2}": "Illegal repetition range", "a{x}": "Illegal repetition range", `\`: "Unexpected end of the pattern", `\y`: `Illegal/unsupported escape sequence '\y'`,
		`\p{Nope}`: "Unknown character property name {Nope}", `\p{L`: "Unclosed character family", "[z-a]": "Illegal character range", "(?<1>a)": "Named capturing group is missing trailing '>'",
		"(?<n>a)(?<n>b)": "Named capturing group <n> is already defined", `\k<n>`: "named capturing group <n> does not exist", "(?y)": "Unknown inline modifier", `\x{110000}`: "Illegal hexadecimal escape sequence",
		`\xZZ`: "Illegal hexadecimal escape sequence", `\ud800`: "Illegal Unicode escape sequence", `\09`: "Illegal octal escape sequence", "a|*": "Dangling meta character '*'", "a{99999999}": "Illegal repetition range: more than 65536",
		strings.Repeat("(", 300) + strings.Repeat(")", 300): "Groups are nested too deeply", strings.Repeat("[", 300): "Character classes are nested too deeply",
		strings.Repeat("a", maxRegexpLength+1): "The pattern is longer than 32768 bytes", strings.Repeat(`\p{L}`, 2000): "The pattern is too large",
	} {
		shown := pattern
		if len(shown) > 200 {
			shown = shown[:200] + "..."
		}
		want = "Invalid regular expression '" + shown + "': " + want
		_, err := compileJava(pattern)
		if err == nil || err.Error() != want || !dberr.Is(err, dberr.Invalid) {
			t.Errorf("%.40q: %v, want %s", pattern, err, want)
		}
	}
	// A pattern is not looked at for rows that need no result.
	checkSamples(t, []sample{{"regexp_like(NULL, '(')", "NULL"}, {"regexp_like('a', '(')", "error: Invalid regular expression '(': Unclosed group"}})
}

// TestJavaSyntax checks what matches, with the engine that is chosen and with the backtracking one, which must agree. A
// pattern marked "!" needs the latter.
func TestJavaSyntax_4_10(t *testing.T) {
	for _, c := range []struct{ pattern, yes, no string }{ // texts are separated by ‖, else by blanks
		{`a.c`, "abc a\rc aüc", "a\nc ac"}, {`(?s)a.c`, "a\nc", "ac"}, {`^b$`, "b b\n", "ab b\n\n a\nb"}, {`(?m)^b$`, "b a\nb\nc", "ab"}, {`\Ab\z`, "b", "b\n"}, {`b\Z`, "b b\n", "b\n\n"},
		{`\bß\b`, "ß xß‖ß", "aßa"}, {`\bcat\b`, "cat a-cat", "scat"}, {`(?m)a$\n^b`, "a\nb", "ab"}, {`(?m)\n^`, "\na", "a\n"},
		{`\d\D\w\W\s\S`, "1xa- y‖1xa-\ty", "12a- y‖1xa--y"}, {`^\s$`, " ‖\t‖\v‖\f", "x"}, {`^\h\v$`, " \n‖\u00a0\u2028", "\n "}, {`a\Rb`, "a\nb‖a\r\nb‖a\u2028b", "ab"}, {`^\R$`, "\r\n", "\n\r\n"},
		{`\Qa.b\E.`, "a.bx", "axbx a.b"}, {`\Q*`, "*", "a"}, {`\t\n\r\f\a\e\x41\u0042\x{1F600}\0101\cA`, "\t\n\r\f\a\x1bAB😀A\x01", "A"}, {`\ud83d\ude00`, "😀", "a"},
		{`[a-c&&[^b]]`, "a c", "b d"}, {`[a[xy]]`, "a x y", "b"}, {`[a-z&&def]`, "d", "a"}, {`[^a-c&&b-d]`, "a d x", "b c"}, {`[]a]`, "] a", "b"}, {`[^]a]`, "b", "] a"}, {`[a\-z]`, "a - z", "b"}, {`[a-]`, "a -", "b"},
		{`[\d\s]`, "1", "a"}, {`[\D]`, "a", "1"}, {`[^\d]`, "a", "1"}, {`[\Q[]\E]`, "[ ]", "a"}, {`[[:alpha:]]`, "a", "1 :"}, {`[[:^alpha:]]`, "1", "a"}, {`[&&a]`, "", "a b"}, {`[a&&&&a]`, "a", "b"}, {`[a&]`, "a &", "b"}, {`[a&&b]`, "", "a b"},
		{`\p{Lu}`, "A Ä", "a"}, {`\P{Lu}`, "a", "A"}, {`\pL`, "é", "1"}, {`\p{Alpha}`, "a", "é"}, {`\p{IsAlphabetic}`, "é", "1"}, {`\p{IsGreek}`, "α", "a"}, {`\p{script=Cyrillic}`, "я", "a"}, {`\p{InCyrillic}`, "я", "a"},
		{`\p{Punct}`, "! $ ~", "a"}, {`\p{javaLowerCase}`, "a", "A"}, {`\p{Hiragana}`, "あ", "ア"}, {`\p{gc=Nd}`, "5 ٣", "a"}, {`\p{XDigit}`, "f", "g"},
		{`(?i)straße`, "STRAßE", "STRASSE"}, {`(?i:A)b`, "ab Ab", "aB"}, {`a(?i)b|c`, "aB C", "AB"}, {`(a(?i)b)c`, "abc aBc", "abC"}, {`(?i)[a-c&&[^b]]`, "A C a", "B b"}, {`(?i)[^b]`, "a", "B b"}, {`(?-i)a`, "a", "A"},
		{`(?x) a b # comment`, "ab", "a‖a b"}, {`(?x)[a b]`, "a b", "c"}, {`(?x: a )b`, "ab", "a b"}, {`a{2}`, "aa", "a"}, {`^a{1,2}$`, "a aa", "aaa"}, {`^a{2,}$`, "aaa", "a"}, {`^a+?b`, "aab", "b"}, {`a{1500}`, strings.Repeat("a", 1500), "a"},
		{`(?U)\w`, "é", "-"}, {`\w`, "e", "é"}, {`(?:ab)+`, "abab", "ba"}, {`a|b|`, "a x", ""}, {`\.\[\]\{\}\(\)\-\_\/`, ".[]{}()-_/", "a"}, {`x]y`, "x]y", "x"}, {`a}`, "a}", "a"},
		{`!^(?=.*\d)(?=.*[a-z]).+$`, "a1", "a 1"}, {`!a(?!b)`, "ac", "ab"}, {`!(?<=a)b`, "ab", "b"}, {`!(?<!a)b`, "b cb", "ab"}, {`!(?>a+)b`, "aab", "aa"}, {`!a++b`, "aab", "aa"}, {`!a++a`, "", "aaa"}, {`!a?+a`, "aa", "a"}, {`!a{1,2}+a`, "aaa", "aa"},
		{`!(\w)\1`, "aa", "ab"}, {`!(?<c>\w)\k<c>`, "aa", "ab"}, {`!(a)\10`, "aa0", "a10"}, {`!\1(a)`, "", "aa"}, {`!\2(a)`, "", "aa"}, {`!(?i)(a)\1`, "aA", "ab"}, {`!^\X$`, "é", "ab"},
	} {
		pattern, needsFull := strings.CutPrefix(c.pattern, "!")
		r, err := compileJava(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		if needsFull == r.isLinear {
			t.Errorf("%s: linear is %v", pattern, r.isLinear)
		}
		full := &javaRegexp{javaPattern: r.javaPattern}
		for i, list := range []string{c.yes, c.no} {
			separator := " "
			if strings.Contains(list, "‖") || strings.Contains(pattern, `\h`) {
				separator = "‖"
			}
			if list == "" {
				continue
			}
			for _, text := range strings.Split(list, separator) {
				for name, engine := range map[string]*javaRegexp{"chosen": r, "backtracking": full} {
					if got, err := (&matcher{}).matches(engine, text); err != nil || got != (i == 0) {
						t.Errorf("%s engine: %q on %q: %v, %v (linear %q, full %q)", name, pattern, text, got, err, r.linear, r.javaPattern.full)
					}
				}
			}
		}
	}
}

// Repetitions that Go's regexp would write out go to the other engine.
func TestLargePatternsAreNotWrittenOut(t *testing.T) {
	for pattern, linear := range map[string]bool{`(a{65536}){65536}`: false, strings.Repeat("a{1000}", 1000): false, "(?:ab{5}){100}c{1000}": true, strings.Repeat("(?:ab?)+", 1000): true} {
		if r, err := compileJava(pattern); err != nil || (r.linearEngine != nil) != linear {
			t.Errorf("%.40s: %v, %v", pattern, r.linearEngine != nil, err)
		}
	}
}

// Both engines must agree on whatever both can do, in all searches.
func TestRegexpEnginesAgree(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "b", "ä", ".", "[ab]", "[^a]", `\w`, `\d`, "^", "$", `\b`, "(a|b)", "(ab)", "(?:a|ä)", "(a)?", "|", "a*", "b+", "a?", "b*?", "a{2}", "(?i)", `\s`, `\Z`, "(?m)^", "(?m)$"})
	rapid.Check(t, func(rt *rapid.T) {
		pattern := strings.Join(rapid.SliceOfN(piece, 1, 5).Draw(rt, "pattern"), "")
		text := rapid.StringOfN(rapid.RuneFrom([]rune("abAä1 \n")), 0, 8, -1).Draw(rt, "text")
		r, err := compileJava(pattern)
		if err != nil {
			return // a quantifier after a quantifier, or the like
		}
		full := &javaRegexp{javaPattern: r.javaPattern}
		var found [2]string
		for i, engine := range []*javaRegexp{r, full} {
			m := &matcher{}
			first, err := m.first(engine, text)
			if err != nil {
				rt.Fatal(err)
			}
			found[i] = fmt.Sprint(first)
			if err := m.each(engine, text, func(loc []int) { found[i] += fmt.Sprint(loc) }); err != nil {
				rt.Fatal(err)
			}
		}
		if found[0] != found[1] {
			rt.Fatalf("%q on %q: %s, backtracking %s", pattern, text, found[0], found[1])
		}
	})
}

// A pattern that backtracks without end must fail, not hang.
func TestCatastrophicPatternIsGivenUp(t *testing.T) {
	start := time.Now()
	got := evalOnce(t, "regexp_like", strings.Repeat("a", 60), `(?=a)(a+)+\1b`)
	if !strings.HasPrefix(got, "error: The regular expression ") {
		t.Errorf("got %s", got)
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("took %v", d)
	}
	if got := evalOnce(t, "regexp_like", strings.Repeat("a", 5000)+"c", `^(a+)+b`); got != "false" { // linear
		t.Errorf("got %s", got)
	}
}

// evalOnce calls a function of texts once, with constants.
func evalOnce(t *testing.T, name string, args ...string) string {
	t.Helper()
	ts, vals := make([]*types.Type, len(args)), make([]types.Value, len(args))
	for i, s := range args {
		ts[i], vals[i] = types.Varchar, s
	}
	fn, m, err := ResolveScalar(name, ts, nil)
	if err != nil {
		t.Fatal(err)
	}
	out, err := runRows(t, fn, m, -1, [][]types.Value{vals}, nil)
	if err != nil {
		return "error: " + err.Error()
	}
	return showAs(m.Result, out.Value(0))
}

func TestPatternCacheStaysSmall(t *testing.T) {
	for i := range 3 * maxCachedPatterns {
		if _, err := javaRegexpOf(fmt.Sprintf("cached%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(patternCache.compiled); n > maxCachedPatterns {
		t.Errorf("%d patterns are cached", n)
	}
	first, _ := javaRegexpOf("cached twice")
	if second, _ := javaRegexpOf("cached twice"); first != second {
		t.Error("the pattern was compiled again")
	}
}

// FuzzRegexp looks for patterns that translate into what an engine rejects or that make the engines disagree.
func FuzzRegexp(f *testing.F) {
	for _, pattern := range []string{`(?<n>a)\k<n>|[a-z&&[^b]]++\Q.\E`, `^\p{Lu}[[:alpha:]\d]{2,3}?$`, `(?i:x)(?m-s)\x{41}\u0042\0101\cA`, `(?<=a)(?!b)\R\X\h\b\1`} {
		f.Add(pattern, "aab\nXY")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 50 || len(text) > 50 {
			return
		}
		translated, err := translateJava(pattern)
		if err != nil {
			return
		}
		if translated.isLinear {
			if _, err := regexp.Compile(translated.linear); err != nil && !strings.Contains(err.Error(), "repeat") && !strings.Contains(err.Error(), "large") {
				t.Fatalf("%q became %q: %v", pattern, translated.linear, err)
			}
		}
		r, err := compileJava(pattern)
		if err != nil {
			if translated.isLinear {
				t.Fatalf("%q became %q: %v", pattern, translated.full, err)
			}
			return
		}
		_, _ = (&matcher{}).first(r, text)
	})
}

func TestCasedRunesAreAll(t *testing.T) {
	n := 0
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if unicode.SimpleFold(c) != c {
			n++
		}
	}
	if n != len(casedRunes()) {
		t.Errorf("%d of %d characters with cases are known", len(casedRunes()), n)
	}
}
