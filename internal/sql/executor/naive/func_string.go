package naive

import (
	"strings"
	"unicode/utf8"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// blanks are what trim takes away: white space as Java has it.
const blanks = "\t\n\v\f\r\x1c\x1d\x1e\x1f \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u2028\u2029\u205f\u3000"

// stringFunctions are the functions on texts, among them LIKE. Positions count characters from 1. Source: reference, 4.7.
var stringFunctions = table{
	"||(varchar,varchar)": of2(func(a, b string) string { return a + b }),
	"chr":                 of1e(chr),
	"codepoint": of1e(func(s string) (int64, error) {
		if utf8.RuneCountInString(s) != 1 {
			return 0, invalid("Input string must be a single character string")
		}
		return int64([]rune(s)[0]), nil
	}),
	"length": of1(func(s string) int64 { return int64(len([]rune(s))) }),
	"lower":  of1(strings.ToLower), "upper": of1(strings.ToUpper),
	"reverse(varchar)": of1(reverseText),
	"lpad": of3e(func(s string, n int64, pad string) (string, error) {
		fill, kept, err := padding(s, n, pad)
		return fill + kept, err
	}),
	"rpad": of3e(func(s string, n int64, pad string) (string, error) {
		fill, kept, err := padding(s, n, pad)
		return kept + fill, err
	}),
	"trim(varchar)": of1(func(s string) string { return strings.Trim(s, blanks) }), "trim": of2(strings.Trim),
	"ltrim(varchar)": of1(func(s string) string { return strings.TrimLeft(s, blanks) }), "ltrim": of2(strings.TrimLeft),
	"rtrim(varchar)": of1(func(s string) string { return strings.TrimRight(s, blanks) }), "rtrim": of2(strings.TrimRight),
	"replace(varchar,varchar)": of2(func(s, search string) string { return strings.ReplaceAll(s, search, "") }),
	"replace":                  of3(strings.ReplaceAll),
	"translate":                of3(translate),
	"starts_with":              of2(strings.HasPrefix),
	"strpos(varchar,varchar)":  of2(func(s, sub string) int64 { return instance(s, sub, 1, false) }),
	"strpos":                   of3e(checkedInstance(false)),
	"strrpos(varchar,varchar)": of2(func(s, sub string) int64 { return instance(s, sub, 1, true) }),
	"strrpos":                  of3e(checkedInstance(true)),
	"substr(varchar,bigint)":   of2(func(s string, start int64) string { return substring(s, start, 1<<62) }), "substr": of3(substring),
	"substring(varchar,bigint)": of2(func(s string, start int64) string { return substring(s, start, 1<<62) }), "substring": of3(substring),
	"split(varchar,varchar)": of2e(func(s, sep string) (any, error) { return split(s, sep, 1<<31-1) }), "split": of3e(split),
	"split_part":           of3e(splitPart),
	"hamming_distance":     of2e(hamming),
	"levenshtein_distance": of2(func(a, b string) int64 { return levenshtein([]rune(a), []rune(b)) }),
	"like(varchar,varchar)": of2(func(s, pattern string) bool {
		return like([]rune(s), []rune(pattern), -1)
	}),
	"like":      of3e(likeEscape),
	"concat_ws": concatWS,
	"concat": func(c *call, a []types.Value) (types.Value, error) {
		if c.result.Kind == types.KindArray {
			return concatArrays(a...), nil
		}
		return strings.Join(texts(a), ""), nil
	},
}

func chr(n int64) (string, error) {
	if n < 0 || n > utf8.MaxRune || n >= 0xD800 && n < 0xE000 {
		return "", invalid("Not a valid Unicode code point: %d", n)
	}
	return string(rune(n)), nil
}

func reverseText(s string) string {
	out := ""
	for _, r := range s {
		out = string(r) + out
	}
	return out
}

// padding returns what to add to s, and what remains of s, so that both have n characters.
func padding(s string, n int64, pad string) (fill, kept string, err error) {
	switch {
	case n < 0 || n > 1<<31-1:
		return "", "", invalid("Target length must be in the range [0..2147483647]")
	case pad == "":
		return "", "", invalid("Padding string must not be empty")
	}
	chars := []rune(s)
	if int64(len(chars)) >= n {
		return "", string(chars[:n]), nil
	}
	for i := 0; int64(len(chars)+i) < n; i++ {
		fill += string([]rune(pad)[i%len([]rune(pad))])
	}
	return fill, s, nil
}

func translate(s, from, to string) string {
	out := ""
	for _, r := range s {
		at := strings.IndexRune(from, r)
		if at < 0 {
			out += string(r)
			continue
		}
		if k := len([]rune(from[:at])); k < len([]rune(to)) {
			out += string([]rune(to)[k])
		}
	}
	return out
}

// instance returns the position of the n-th occurrence of sub, from the end if last; 0 if there is none.
func instance(s, sub string, n int64, last bool) int64 {
	chars, part := []rune(s), []rune(sub)
	if len(part) == 0 {
		return 1
	}
	var found []int64
	for i := 0; i+len(part) <= len(chars); i++ {
		if string(chars[i:i+len(part)]) == sub {
			found = append(found, int64(i+1))
		}
	}
	switch {
	case n > int64(len(found)):
		return 0
	case last:
		return found[int64(len(found))-n]
	}
	return found[n-1]
}

func checkedInstance(last bool) func(s, sub string, n int64) (int64, error) {
	return func(s, sub string, n int64) (int64, error) {
		if n <= 0 {
			return 0, invalid("'instance' must be a positive number.")
		}
		return instance(s, sub, n, last), nil
	}
}

// substring returns up to n characters from start on, which counts from the end if it is negative.
func substring(s string, start, n int64) string {
	chars := []rune(s)
	size := int64(len(chars))
	if start < 0 {
		start += size + 1
	}
	if start <= 0 || start > size || n <= 0 {
		return ""
	}
	return string(chars[start-1 : start-1+min(n, size-start+1)])
}

// split returns a value rather than a list so that it can be made a function of the table.
func split(s, sep string, limit int64) (any, error) {
	switch {
	case limit <= 0:
		return nil, invalid("Limit must be positive")
	case limit > 1<<31-1:
		return nil, invalid("Limit is too large")
	case sep == "":
		return nil, invalid("The delimiter may not be the empty string")
	}
	out := []types.Value{}
	for _, part := range strings.SplitN(s, sep, int(limit)) {
		out = append(out, part)
	}
	return out, nil
}

func splitPart(s, sep string, n int64) (any, error) {
	if n <= 0 {
		return nil, invalid("Index must be greater than zero")
	}
	parts := strings.Split(s, sep)
	if n > int64(len(parts)) {
		return nil, nil
	}
	return parts[n-1], nil
}

func hamming(a, b string) (int64, error) {
	x, y := []rune(a), []rune(b)
	if len(x) != len(y) {
		return 0, invalid("The input strings to hamming_distance function must have the same length")
	}
	n := int64(0)
	for i := range x {
		if x[i] != y[i] {
			n++
		}
	}
	return n, nil
}

// levenshtein fills the whole table of distances between beginnings.
func levenshtein(a, b []rune) int64 {
	d := make([][]int64, len(a)+1)
	for i := range d {
		d[i] = make([]int64, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0:
				d[i][j] = int64(j)
			case j == 0:
				d[i][j] = int64(i)
			case a[i-1] == b[j-1]:
				d[i][j] = d[i-1][j-1]
			default:
				d[i][j] = 1 + min(d[i-1][j-1], d[i-1][j], d[i][j-1])
			}
		}
	}
	return d[len(a)][len(b)]
}

// like matches a pattern with % and _; the character escape takes away their meaning.
func like(s, pattern []rune, escape rune) bool {
	if len(pattern) == 0 {
		return len(s) == 0
	}
	switch p := pattern[0]; {
	case p == escape:
		return len(s) > 0 && s[0] == pattern[1] && like(s[1:], pattern[2:], escape)
	case p == '%':
		return like(s, pattern[1:], escape) || len(s) > 0 && like(s[1:], pattern, escape)
	case p == '_':
		return len(s) > 0 && like(s[1:], pattern[1:], escape)
	}
	return len(s) > 0 && s[0] == pattern[0] && like(s[1:], pattern[1:], escape)
}

func likeEscape(s, pattern, escape string) (bool, error) {
	e, p := []rune(escape), []rune(pattern)
	if len(e) != 1 {
		return false, invalid("Escape string must be a single character")
	}
	for i := 0; i < len(p); i++ {
		if p[i] != e[0] {
			continue
		}
		if i++; i == len(p) || p[i] != '%' && p[i] != '_' && p[i] != e[0] {
			return false, invalid("Escape character must be followed by '%%', '_' or the escape character itself")
		}
	}
	return like([]rune(s), p, e[0]), nil
}

// texts returns the texts of a list, without NULLs.
func texts(a []types.Value) []string {
	var out []string
	for _, v := range a {
		if v != nil {
			out = append(out, v.(string))
		}
	}
	return out
}

// concatWS joins texts, or the elements of an array; NULLs are left out, but a NULL separator or array gives NULL.
func concatWS(c *call, a []types.Value) (types.Value, error) {
	parts := a[1:]
	if c.params[1].Kind == types.KindArray {
		if a[1] == nil {
			return nil, nil
		}
		parts = a[1].([]types.Value)
	}
	if a[0] == nil {
		return nil, nil
	}
	return strings.Join(texts(parts), a[0].(string)), nil
}
