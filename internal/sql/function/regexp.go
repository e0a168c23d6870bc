package function

import (
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/sql/function/javaregexp"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Regular expression functions. Source: Timestream's "Regular expression functions"; Trino for the edges and for
// regexp_count and regexp_position. Patterns are those of Java, see package javaregexp.
func init() {
	registerScalar("regexp_like(varchar, varchar) -> boolean", Scalar{CanFail: true, Eval: perRow(regexpLike)})
	registerScalar("regexp_extract(varchar, varchar) -> varchar", Scalar{CanFail: true, Eval: nullable(regexpExtract)})
	registerScalar("regexp_extract(varchar, varchar, bigint) -> varchar", Scalar{CanFail: true, Eval: nullable(regexpExtract)})
	registerScalar("regexp_extract_all(varchar, varchar) -> array(varchar)", Scalar{CanFail: true, Eval: regexpExtractAll})
	registerScalar("regexp_extract_all(varchar, varchar, bigint) -> array(varchar)", Scalar{CanFail: true, Eval: regexpExtractAll})
	registerScalar("regexp_replace(varchar, varchar) -> varchar", Scalar{CanFail: true, Eval: perText(regexpReplace)})
	registerScalar("regexp_replace(varchar, varchar, varchar) -> varchar", Scalar{CanFail: true, Eval: perText(regexpReplace)})
	registerScalar("regexp_replace(varchar, varchar, (array(varchar)) => varchar) -> varchar", Scalar{CanFail: true, Eval: regexpReplaceBy})
	registerScalar("regexp_split(varchar, varchar) -> array(varchar)", Scalar{CanFail: true, Eval: regexpSplit})
	registerScalar("regexp_count(varchar, varchar) -> bigint", Scalar{CanFail: true, Eval: perRow(regexpCount)})
	registerScalar("regexp_position(varchar, varchar) -> integer", Scalar{CanFail: true, Eval: perRow(regexpPosition)})
	registerScalar("regexp_position(varchar, varchar, bigint) -> integer", Scalar{CanFail: true, Eval: perRow(regexpPosition)})
	registerScalar("regexp_position(varchar, varchar, bigint, bigint) -> integer", Scalar{CanFail: true, Eval: perRow(regexpPosition)})
}

// arrayOfVarchar is the type of a lambda argument that holds the groups of a match.
var arrayOfVarchar = types.ArrayOf(types.Varchar)

// regexpArgs is the two arguments that all functions here begin with.
type regexpArgs struct {
	javaregexp.Matcher
	text, pattern reader[string]
	compiled      memo[*javaregexp.Regexp]
}

func newRegexpArgs(a *Args) *regexpArgs {
	return &regexpArgs{text: read[string](a.Vecs[0]), pattern: read[string](a.Vecs[1])}
}

// row returns the text and the compiled pattern of a row.
func (g *regexpArgs) row(i int) (string, *javaregexp.Regexp, error) {
	r, err := g.compiled.get(g.pattern.at(i), javaregexp.Compile)
	return g.text.at(i), r, err
}

func regexpLike(a *Args) func(i int) (bool, error) {
	g := newRegexpArgs(a)
	return func(i int) (bool, error) {
		s, r, err := g.row(i)
		if err != nil {
			return false, err
		}
		return g.Matches(r, s)
	}
}

// groupArgument reads the number of a group from argument k, 0 if there is none, and checks it.
func groupArgument(a *Args, k int) func(r *javaregexp.Regexp, i int) (int, error) {
	if len(a.Vecs) <= k {
		return func(*javaregexp.Regexp, int) (int, error) { return 0, nil }
	}
	groups := read[int64](a.Vecs[k])
	return func(r *javaregexp.Regexp, i int) (int, error) {
		switch n := groups.at(i); {
		case n < 0:
			return 0, invalid("Group cannot be negative")
		case n > int64(r.Groups()):
			return 0, invalid("Pattern has %d groups. Cannot access group %d", r.Groups(), n)
		default:
			return int(n), nil
		}
	}
}

// regexpExtract is a group of the first match; NULL if there is no match or the group has no part in it.
func regexpExtract(a *Args) func(i int) (string, bool, error) {
	g, group := newRegexpArgs(a), groupArgument(a, 2)
	return func(i int) (string, bool, error) {
		s, r, err := g.row(i)
		if err != nil {
			return "", false, err
		}
		n, err := group(r, i)
		if err != nil {
			return "", false, err
		}
		loc, err := g.Find(r, s)
		if err != nil || loc == nil || loc[2*n] < 0 {
			return "", false, err
		}
		return s[loc[2*n]:loc[2*n+1]], true, nil
	}
}

// textLists collects arrays of texts, some of which may be NULL.
type textLists struct {
	offsets []int32
	texts   []string
	nulls   []bool
}

func newTextLists(rows int) *textLists {
	return &textLists{offsets: append(make([]int32, 0, rows+1), 0)}
}

func (l *textLists) add(s string, isNull bool) {
	l.texts, l.nulls = append(l.texts, s), append(l.nulls, isNull)
}

func (l *textLists) end() error {
	if len(l.texts) > maxResultElements {
		return errResultTooLarge
	}
	l.offsets = append(l.offsets, int32(len(l.texts)))
	return nil
}

// vector returns the arrays with the type that a function's result has.
func (l *textLists) vector(a *Args) *vector.Vector {
	return vector.Arrays(a.Result, l.offsets, vector.Strings(l.texts, l.nulls), nil)
}

// regexpArrays makes an array of texts a row.
func regexpArrays(a *Args, row func(g *regexpArgs, l *textLists, r *javaregexp.Regexp, s string, i int) error) (*vector.Vector, error) {
	g, l := newRegexpArgs(a), newTextLists(a.Rows)
	for i := 0; i < a.Rows; i++ {
		if !a.skipped(i) {
			s, r, err := g.row(i)
			if err == nil {
				err = row(g, l, r, s, i)
			}
			if err != nil {
				return nil, err
			}
		}
		if err := l.end(); err != nil {
			return nil, err
		}
	}
	return l.vector(a), nil
}

// regexpExtractAll is a group of every match.
func regexpExtractAll(a *Args) (*vector.Vector, error) {
	group := groupArgument(a, 2)
	return regexpArrays(a, func(g *regexpArgs, l *textLists, r *javaregexp.Regexp, s string, i int) error {
		n, err := group(r, i)
		if err != nil {
			return err
		}
		return g.Each(r, s, func(loc []int) { l.addGroup(s, loc, n) })
	})
}

// addGroup adds a group of a match, NULL if it has no part in it.
func (l *textLists) addGroup(s string, loc []int, group int) {
	if loc[2*group] < 0 {
		l.add("", true)
	} else {
		l.add(s[loc[2*group]:loc[2*group+1]], false)
	}
}

// regexpSplit is what lies between the matches.
func regexpSplit(a *Args) (*vector.Vector, error) {
	return regexpArrays(a, func(g *regexpArgs, l *textLists, r *javaregexp.Regexp, s string, _ int) error {
		last := 0
		err := g.Each(r, s, func(loc []int) {
			l.add(s[last:loc[0]], false)
			last = loc[1]
		})
		l.add(s[last:], false)
		return err
	})
}

func regexpCount(a *Args) func(i int) (int64, error) {
	g := newRegexpArgs(a)
	return func(i int) (int64, error) {
		s, r, err := g.row(i)
		if err != nil {
			return 0, err
		}
		var n int64
		err = g.Each(r, s, func([]int) { n++ })
		return n, err
	}
}

// regexpReplace replaces all matches by a text, or removes them.
func regexpReplace(a *Args) func(i int) (string, error) {
	g := newRegexpArgs(a)
	by := reader[string]{vals: []string{""}}
	if len(a.Vecs) > 2 {
		by = read[string](a.Vecs[2])
	}
	var compiled []replacementPart
	var of string
	var ofPattern *javaregexp.Regexp
	var buf []byte
	return func(i int) (string, error) {
		s, r, err := g.row(i)
		if err != nil {
			return "", err
		}
		if text := by.at(i); r != ofPattern || text != of {
			ofPattern, of = r, text
			if compiled, err = compileReplacement(text, r); err != nil {
				ofPattern = nil
				return "", err
			}
		}
		last, tooLong := 0, false
		buf = buf[:0]
		err = g.Each(r, s, func(loc []int) {
			if tooLong = len(buf) > maxResultBytes; tooLong {
				return
			}
			buf = append(buf, s[last:loc[0]]...)
			last = loc[1]
			for _, part := range compiled {
				buf = append(buf, part.text...)
				if k := 2 * part.group; part.group >= 0 && loc[k] >= 0 {
					buf = append(buf, s[loc[k]:loc[k+1]]...)
				}
			}
		})
		switch {
		case err != nil:
			return "", err
		case tooLong:
			return "", errResultTooLarge
		case last == 0 && len(buf) == 0:
			return s, nil
		}
		return string(append(buf, s[last:]...)), nil
	}
}

// replacementPart is a text and then a group of the match; a negative group is none.
type replacementPart struct {
	text  string
	group int
}

// compileReplacement reads a replacement: $1 and ${name} are groups, a backslash makes the next character ordinary.
func compileReplacement(s string, r *javaregexp.Regexp) ([]replacementPart, error) {
	var parts []replacementPart
	var text []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' || s[i] == '$' {
			if i+1 == len(s) {
				return nil, invalid("Illegal replacement sequence: %s", s)
			}
		}
		switch s[i] {
		case '\\':
			i++
			text = append(text, s[i])
		case '$':
			group, n, err := replacementGroup(s, s[i+1:], r)
			if err != nil {
				return nil, err
			}
			parts, text = append(parts, replacementPart{string(text), group}), nil
			i += n
		default:
			text = append(text, s[i])
		}
	}
	return append(parts, replacementPart{string(text), -1}), nil
}

// replacementGroup reads what follows a $ in the replacement s: a name in braces, or the longest number of a group that there
// is. It returns the group and how long the reference is.
func replacementGroup(s, rest string, r *javaregexp.Regexp) (group, n int, err error) {
	if name, ok := strings.CutPrefix(rest, "{"); ok {
		name, _, closed := strings.Cut(name, "}")
		group, known := r.Group(name)
		if !known || !closed {
			return 0, 0, invalid("Illegal replacement sequence: unknown group { %s }", name)
		}
		return group, len(name) + 2, nil
	}
	if !isDigit(rest[0]) {
		return 0, 0, invalid("Illegal replacement sequence: %s", s)
	}
	for n < len(rest) && n < 6 && isDigit(rest[n]) {
		longer, _ := strconv.Atoi(rest[:n+1])
		if longer > r.Groups() {
			break
		}
		group = longer
		n++
	}
	if n == 0 {
		return 0, 0, invalid("Illegal replacement sequence: unknown group %c", rest[0])
	}
	return group, n, nil
}

// regexpReplaceBy replaces each match by what a lambda makes of its groups; group 1 is the first element of the array. If the
// lambda gives NULL, so does the function. The lambda is called once for all matches of the batch.
func regexpReplaceBy(a *Args) (*vector.Vector, error) {
	g, l := newRegexpArgs(a), newTextLists(0)
	type span struct{ from, to int }
	var parents []int32
	var spans []span
	for i := 0; i < a.Rows; i++ {
		if a.skipped(i) {
			continue
		}
		s, r, err := g.row(i)
		if err != nil {
			return nil, err
		}
		var full error
		err = g.Each(r, s, func(loc []int) {
			for k := 1; k <= r.Groups(); k++ {
				l.addGroup(s, loc, k)
			}
			full = l.end()
			parents, spans = append(parents, int32(i)), append(spans, span{loc[0], loc[1]})
		})
		if err == nil {
			err = full
		}
		if err != nil {
			return nil, err
		}
	}
	groups := vector.Arrays(arrayOfVarchar, l.offsets, vector.Strings(l.texts, l.nulls), nil)
	by, err := a.Lambdas[2].call(a.Result, []*vector.Vector{groups}, parents)
	if err != nil {
		return nil, err
	}
	out, nulls, limit, next := make([]string, a.Rows), make([]bool, a.Rows), sizeLimit{}, 0
	var buf []byte
	for i := range out {
		if a.skipped(i) {
			continue
		}
		s, last := g.text.at(i), 0
		for buf = buf[:0]; next < len(parents) && int(parents[next]) == i; next++ {
			nulls[i] = nulls[i] || by.IsNull(next)
			buf = append(buf, s[last:spans[next].from]...)
			buf = append(buf, by.Strs[next]...)
			last = spans[next].to
		}
		if last == 0 && len(buf) == 0 {
			out[i] = s
			continue
		}
		out[i] = string(append(buf, s[last:]...))
		if err := limit.grow(len(out[i])); err != nil {
			return nil, err
		}
	}
	return vector.Strings(out, nulls), nil
}
