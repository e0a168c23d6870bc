package function

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tidemarkdb/tidemark/internal/vector"
)

// String functions. Lengths and positions count Unicode code points, positions start at 1. Source: Timestream's "String
// functions"; Trino for the edges and for what Timestream does not list (substring, starts_with, translate, concat_ws,
// soundex, normalize, trim with a set of characters).
func init() {
	registerScalar("||(varchar, varchar) -> varchar", Scalar{CanFail: true, Eval: concatTexts})
	registerScalar("||(array(E), array(E)) -> array(E)", Scalar{Eval: concatArrays})
	registerScalar("||(array(E), E) -> array(E)", Scalar{CallOnNull: true, Eval: appendElement})
	registerScalar("||(E, array(E)) -> array(E)", Scalar{CallOnNull: true, Eval: prependElement})
	registerScalar("concat(varchar, varchar...) -> varchar", Scalar{CanFail: true, Eval: concatTexts})
	registerScalar("concat(array(E), array(E)...) -> array(E)", Scalar{Eval: concatArrays})
	registerScalar("concat_ws(varchar, varchar...) -> varchar", Scalar{CallOnNull: true, CanFail: true, Eval: concatWithSeparator})
	registerScalar("concat_ws(varchar, array(varchar)) -> varchar", Scalar{CanFail: true, Eval: perRow(joinWithSeparator)})
	registerScalar("chr(bigint) -> varchar", Scalar{CanFail: true, Eval: unaryErr(chr)})
	registerScalar("codepoint(varchar) -> integer", Scalar{CanFail: true, Eval: unaryErr(codepoint)})
	registerScalar("length(varchar) -> bigint", Scalar{Eval: unary(length)})
	registerScalar("lower(varchar) -> varchar", Scalar{Eval: rewrite(changeCase(classUpper, strings.ToLower))})
	registerScalar("upper(varchar) -> varchar", Scalar{Eval: rewrite(changeCase(classLower, strings.ToUpper))})
	registerScalar("reverse(varchar) -> varchar", Scalar{Eval: rewrite(reverseText)})
	registerScalar("lpad(varchar, bigint, varchar) -> varchar", Scalar{CanFail: true, Eval: perText(pad(true))})
	registerScalar("rpad(varchar, bigint, varchar) -> varchar", Scalar{CanFail: true, Eval: perText(pad(false))})
	registerScalar("replace(varchar, varchar) -> varchar", Scalar{Eval: binary(func(s, search string) string { return strings.ReplaceAll(s, search, "") })})
	registerScalar("replace(varchar, varchar, varchar) -> varchar", Scalar{CanFail: true, Eval: replaceText})
	registerScalar("translate(varchar, varchar, varchar) -> varchar", Scalar{CanFail: true, Eval: perText(translate)})
	for _, name := range []string{"substr", "substring"} {
		registerScalar(name+"(varchar, bigint) -> varchar", Scalar{Eval: binary(substrFrom)})
		registerScalar(name+"(varchar, bigint, bigint) -> varchar", Scalar{Eval: ternary(substr)})
	}
	registerTrims()
}

// registerTrims registers trim, ltrim and rtrim: of white space, or of any of the characters of a second argument.
func registerTrims() {
	registerScalar("trim(varchar) -> varchar", Scalar{Eval: unary(func(s string) string { return strings.TrimFunc(s, isBlank) })})
	registerScalar("trim(varchar, varchar) -> varchar", Scalar{Eval: binary(strings.Trim)})
	registerScalar("ltrim(varchar) -> varchar", Scalar{Eval: unary(func(s string) string { return strings.TrimLeftFunc(s, isBlank) })})
	registerScalar("ltrim(varchar, varchar) -> varchar", Scalar{Eval: binary(strings.TrimLeft)})
	registerScalar("rtrim(varchar) -> varchar", Scalar{Eval: unary(func(s string) string { return strings.TrimRightFunc(s, isBlank) })})
	registerScalar("rtrim(varchar, varchar) -> varchar", Scalar{Eval: binary(strings.TrimRight)})
}

// isBlank reports whether a character is white space as Java has it: the four separators of ASCII are, those that do not break
// a line are not.
func isBlank(r rune) bool {
	switch r {
	case 0x1c, 0x1d, 0x1e, 0x1f:
		return true
	case 0x85, 0xa0, 0x2007, 0x202f:
		return false
	}
	return unicode.IsSpace(r)
}

// concatTexts is || and concat of texts.
func concatTexts(a *Args) (*vector.Vector, error) {
	parts := make([]reader[string], len(a.Vecs))
	for k, v := range a.Vecs {
		parts[k] = read[string](v)
	}
	t := newTextColumn(a.Rows)
	for i := 0; i < a.Rows; i++ {
		if !a.skipped(i) {
			for _, p := range parts {
				t.buf = append(t.buf, p.at(i)...)
			}
		}
		if err := t.end(); err != nil {
			return nil, err
		}
	}
	return vector.Strings(t.texts(), nil), nil
}

// concatWithSeparator joins the arguments behind the first, leaving out NULLs; a NULL separator makes NULL.
func concatWithSeparator(a *Args) (*vector.Vector, error) {
	out, nulls, limit := make([]string, a.Rows), make([]bool, a.Rows), sizeLimit{}
	texts := make([]reader[string], len(a.Vecs))
	for k, v := range a.Vecs {
		texts[k] = read[string](v)
	}
	var parts []string
	for i := range out {
		if nulls[i] = a.Vecs[0].IsNull(i); nulls[i] {
			continue
		}
		parts = parts[:0]
		for k, v := range a.Vecs[1:] {
			if !v.IsNull(i) {
				parts = append(parts, texts[k+1].at(i))
			}
		}
		var err error
		if out[i], err = limit.join(parts, texts[0].at(i)); err != nil {
			return nil, err
		}
	}
	return vector.Strings(out, nulls), nil
}

// joinWithSeparator is concat_ws of the elements of an array.
func joinWithSeparator(a *Args) func(i int) (string, error) {
	limit := sizeLimit{}
	separator, list := read[string](a.Vecs[0]), readArrays(a.Vecs[1])
	elems := read[string](list.elems)
	var parts []string
	return func(i int) (string, error) {
		parts = parts[:0]
		from, to := list.at(i)
		for j := from; j < to; j++ {
			if !list.elems.IsNull(j) {
				parts = append(parts, elems.at(j))
			}
		}
		return limit.join(parts, separator.at(i))
	}
}

// join is strings.Join, but fails before it makes a text that is too long.
func (l *sizeLimit) join(parts []string, separator string) (string, error) {
	n := len(separator) * max(len(parts)-1, 0)
	for _, p := range parts {
		n += len(p)
	}
	if err := l.grow(n); err != nil {
		return "", err
	}
	return strings.Join(parts, separator), nil
}

func chr(n int64) (string, error) {
	if n < 0 || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return "", invalid("Not a valid Unicode code point: %d", n)
	}
	return string(rune(n)), nil
}

func codepoint(s string) (int64, error) {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 || size != len(s) {
		return 0, invalid("Input string must be a single character string")
	}
	return int64(r), nil
}

// Classes of bytes, for lower and upper.
const (
	classUpper = 1 << iota
	classLower
	classOther // part of a character that is not ASCII
)

// classes has the class of each byte, 0 for ASCII that is no letter.
var classes = func() (out [256]uint8) {
	for c := range out {
		switch {
		case c >= utf8.RuneSelf:
			out[c] = classOther
		case c >= 'A' && c <= 'Z':
			out[c] = classUpper
		case c >= 'a' && c <= 'z':
			out[c] = classLower
		}
	}
	return out
}()

// changeCase makes lower and upper: letters of the given class change by the bit that parts the cases of ASCII; a text with
// other characters than those of ASCII goes through change.
func changeCase(class uint8, change func(string) string) func(dst []byte, s string) ([]byte, bool) {
	return func(dst []byte, s string) ([]byte, bool) {
		found := uint8(0)
		for i := range len(s) {
			found |= classes[s[i]]
		}
		switch {
		case found&classOther != 0:
			return append(dst, change(s)...), false
		case found&class == 0:
			return dst, true
		}
		at := len(dst)
		dst = append(dst, s...)
		for i, c := range dst[at:] {
			if classes[c] == class {
				dst[at+i] = c ^ 0x20
			}
		}
		return dst, false
	}
}

// length counts characters.
func length(s string) int64 { return int64(utf8.RuneCountInString(s)) }

// reverseText appends the characters of s from the last to the first.
func reverseText(dst []byte, s string) ([]byte, bool) {
	for len(s) > 0 {
		_, n := utf8.DecodeLastRuneInString(s)
		dst, s = append(dst, s[len(s)-n:]...), s[:len(s)-n]
	}
	return dst, false
}

// offsetOf returns where in s the character with number n, from 0, begins; -1 if s has no more than n characters.
func offsetOf(s string, n int64) int {
	if n >= int64(len(s)) {
		return -1
	}
	at := 0
	for ; n > 0; n-- { // texts of ASCII, which are most, take one step a byte
		if at >= len(s) {
			return -1
		}
		if s[at] < utf8.RuneSelf {
			at++
			continue
		}
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	if at >= len(s) {
		return -1
	}
	return at
}

// substrFrom returns s from character start on, counted from the end if it is negative.
func substrFrom(s string, start int64) string {
	if start < 0 {
		start += length(s) + 1
		if start <= 0 {
			return ""
		}
	}
	if start == 0 {
		return ""
	}
	at := offsetOf(s, start-1)
	if at < 0 {
		return ""
	}
	return s[at:]
}

// substr returns n characters of s from character start on.
func substr(s string, start, n int64) string {
	if n <= 0 {
		return ""
	}
	rest := substrFrom(s, start)
	if end := offsetOf(rest, n); end >= 0 {
		return rest[:end]
	}
	return rest
}

// pad makes the code of lpad and rpad.
func pad(left bool) func(a *Args) func(i int) (string, error) {
	return func(a *Args) func(i int) (string, error) {
		text, size, padding := read[string](a.Vecs[0]), read[int64](a.Vecs[1]), read[string](a.Vecs[2])
		return func(i int) (string, error) {
			s, n, p := text.at(i), size.at(i), padding.at(i)
			switch {
			case n < 0 || n > 1<<31-1:
				return "", invalid("Target length must be in the range [0..2147483647]")
			case p == "":
				return "", invalid("Padding string must not be empty")
			}
			missing := n - length(s)
			if missing <= 0 {
				return substr(s, 1, n), nil
			}
			if missing > maxResultBytes {
				return "", errResultTooLarge
			}
			chars := length(p)
			filling := strings.Repeat(p, int(missing/chars)) + substr(p, 1, missing%chars)
			if left {
				return filling + s, nil
			}
			return s + filling, nil
		}
	}
}

// replaceText replaces all occurrences. An empty search text stands before every character and at the end.
func replaceText(a *Args) (*vector.Vector, error) {
	return perText(func(a *Args) func(i int) (string, error) {
		text, search, by := read[string](a.Vecs[0]), read[string](a.Vecs[1]), read[string](a.Vecs[2])
		return func(i int) (string, error) {
			s, old, replacement := text.at(i), search.at(i), by.at(i)
			if len(replacement) > len(old) && (len(s)+1)*len(replacement) > maxResultBytes/1024 {
				if n := strings.Count(s, old); n > (maxResultBytes-len(s))/len(replacement) {
					return "", errResultTooLarge
				}
			}
			return strings.ReplaceAll(s, old, replacement), nil
		}
	})(a)
}

// translate replaces each character of the second argument by the one at the same place in the third, or removes it if
// the third is shorter. The first of equal characters counts.
func translate(a *Args) func(i int) (string, error) {
	text, from, to := read[string](a.Vecs[0]), read[string](a.Vecs[1]), read[string](a.Vecs[2])
	var by map[rune]rune
	var lastFrom, lastTo string
	return func(i int) (string, error) {
		if x, y := from.at(i), to.at(i); by == nil || x != lastFrom || y != lastTo {
			by, lastFrom, lastTo = characterMap(x, y), x, y
		}
		return strings.Map(func(r rune) rune {
			if t, ok := by[r]; ok {
				return t
			}
			return r
		}, text.at(i)), nil
	}
}

// characterMap returns what translate makes of characters; -1 drops one.
func characterMap(from, to string) map[rune]rune {
	m, targets := map[rune]rune{}, []rune(to)
	for k, r := range []rune(from) {
		if _, known := m[r]; known {
			continue
		}
		m[r] = -1
		if k < len(targets) {
			m[r] = targets[k]
		}
	}
	return m
}
