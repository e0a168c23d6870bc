package javaregexp

import (
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

func TestInvalidPatterns_4_10(t *testing.T) {
	for pattern, want := range map[string]string{
		"(": "Unclosed group", ")": "Unmatched closing ')'", "[a": "Unclosed character class", "*": "Dangling meta character '*'", "a**": "Dangling meta character '*'", "a{2": "Unclosed counted closure",
		"{2}": "Dangling meta character '{'", "a{3,2}": "Illegal repetition range", "a{x}": "Illegal repetition range", `\`: "Unexpected end of the pattern", `\y`: `Illegal/unsupported escape sequence '\y'`,
		`\p{Nope}`: "Unknown character property name {Nope}", `\p{L`: "Unclosed character family", "[z-a]": "Illegal character range", "(?<1>a)": "Named capturing group is missing trailing '>'",
		"(?<n>a)(?<n>b)": "Named capturing group <n> is already defined", `\k<n>`: "named capturing group <n> does not exist", "(?y)": "Unknown inline modifier", `\x{110000}`: "Illegal hexadecimal escape sequence",
		`\xZZ`: "Illegal hexadecimal escape sequence", `\ud800`: "Illegal Unicode escape sequence", `\09`: "Illegal octal escape sequence", "a|*": "Dangling meta character '*'", "a{99999999}": "Illegal repetition range: more than 65536",
		strings.Repeat("(", 300) + strings.Repeat(")", 300): "Groups are nested too deeply", strings.Repeat("[", 300): "Character classes are nested too deeply",
		strings.Repeat("a", maxLength+1): "The pattern is longer than 32768 bytes", strings.Repeat(`\p{L}`, 2000): "The pattern is too large",
	} {
		shown := pattern
		if len(shown) > 200 {
			shown = shown[:200] + "..."
		}
		want = "Invalid regular expression '" + shown + "': " + want
		_, err := compile(pattern)
		if err == nil || err.Error() != want || !dberr.Is(err, dberr.Invalid) {
			t.Errorf("%.40q: %v, want %s", pattern, err, want)
		}
	}
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
		r, err := compile(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		if needsFull == r.isLinear {
			t.Errorf("%s: linear is %v", pattern, r.isLinear)
		}
		full := &Regexp{translation: r.translation}
		for i, list := range []string{c.yes, c.no} {
			separator := " "
			if strings.Contains(list, "‖") || strings.Contains(pattern, `\h`) {
				separator = "‖"
			}
			if list == "" {
				continue
			}
			for _, text := range strings.Split(list, separator) {
				for name, engine := range map[string]*Regexp{"chosen": r, "backtracking": full} {
					if got, err := (&Matcher{}).Matches(engine, text); err != nil || got != (i == 0) {
						t.Errorf("%s engine: %q on %q: %v, %v (linear %q, full %q)", name, pattern, text, got, err, r.linear, r.translation.full)
					}
				}
			}
		}
	}
}
