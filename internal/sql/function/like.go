package function

import (
	"strings"
	"unicode/utf8"

	"github.com/tidemarkdb/tidemark/internal/vector"
)

// LIKE. Source: Timestream's "Comparison operators": % is any sequence, _ one character, the whole text must fit; the
// escape character stands before %, _ or itself.
func init() {
	registerScalar("like(varchar, varchar) -> boolean", Scalar{Eval: func(a *Args) (*vector.Vector, error) {
		return evalLike(a, func(pattern string, _ int) (*likePattern, error) { return compileLike(pattern, 0), nil })
	}})
	registerScalar("like(varchar, varchar, varchar) -> boolean", Scalar{CanFail: true, Eval: func(a *Args) (*vector.Vector, error) {
		escape := read[string](a.Vecs[2])
		return evalLike(a, func(pattern string, i int) (*likePattern, error) {
			return compileEscapedLike(pattern, escape.at(i))
		})
	}})
}

// evalLike matches row by row; compile is called when the pattern or the escape changes.
func evalLike(a *Args, compile func(pattern string, row int) (*likePattern, error)) (*vector.Vector, error) {
	text, pattern, out := read[string](a.Vecs[0]), read[string](a.Vecs[1]), make([]bool, a.Rows)
	sameEscape := len(a.Vecs) == 2 || isConstant(a.Vecs[2])
	var compiled *likePattern
	var of string
	for i := range out {
		if a.skipped(i) {
			continue
		}
		if p := pattern.at(i); compiled == nil || p != of || !sameEscape {
			var err error
			if compiled, err = compile(p, i); err != nil {
				return nil, err
			}
			of = p
		}
		out[i] = compiled.match(text.at(i))
	}
	return vector.Booleans(out, nil), nil
}

// likePattern is a pattern cut at its percent signs.
type likePattern struct {
	// pieces are what stands between percent signs. There is always a first and a last one, which may be empty: they
	// are tied to the ends of the text; only without any percent sign they are the same.
	pieces []likePiece
	// kind tells the simple patterns, which are most, from the others.
	kind likeKind
	text string // of a simple pattern
}

type likeKind uint8

const (
	likeGeneral  likeKind = iota
	likeExact             // abc
	likePrefix            // abc%
	likeSuffix            // %abc
	likeContains          // %abc%
)

// likePiece is a sequence of literal texts and underscores.
type likePiece []likeItem

// likeItem is a number of arbitrary characters and then a text.
type likeItem struct {
	any  int
	text string
}

// compileEscapedLike compiles a pattern with an escape character.
func compileEscapedLike(pattern, escape string) (*likePattern, error) {
	r, size := utf8.DecodeRuneInString(escape)
	if size == 0 || size != len(escape) {
		return nil, invalid("Escape string must be a single character")
	}
	for rest := pattern; ; {
		at := strings.Index(rest, escape)
		if at < 0 {
			break
		}
		rest = rest[at+size:]
		next, n := utf8.DecodeRuneInString(rest)
		if n == 0 || next != '%' && next != '_' && next != r {
			return nil, invalid("Escape character must be followed by '%%', '_' or the escape character itself")
		}
		rest = rest[n:]
	}
	return compileLike(pattern, r), nil
}

// compileLike compiles a pattern; escape is 0 for none and has been checked.
func compileLike(pattern string, escape rune) *likePattern {
	p := &likePattern{}
	var piece likePiece
	item, text := likeItem{}, []byte(nil)
	endItem := func() {
		if item.any > 0 || len(text) > 0 {
			item.text = string(text)
			piece = append(piece, item)
		}
		item, text = likeItem{}, text[:0]
	}
	for rest := pattern; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		char := rest[:n]
		rest = rest[n:]
		switch {
		case escape != 0 && r == escape:
			_, n = utf8.DecodeRuneInString(rest)
			text = append(text, rest[:n]...)
			rest = rest[n:]
		case r == '%':
			endItem()
			p.pieces, piece = append(p.pieces, piece), nil
		case r == '_':
			if len(text) > 0 {
				endItem()
			}
			item.any++
		default:
			text = append(text, char...)
		}
	}
	endItem()
	p.pieces = append(p.pieces, piece)
	p.simplify()
	return p
}

// simplify finds the patterns that a function of package strings decides.
func (p *likePattern) simplify() {
	var kept []likePiece // empty pieces between percent signs say nothing
	last := len(p.pieces) - 1
	for i, piece := range p.pieces {
		if i == 0 || i == last || len(piece) > 0 {
			kept = append(kept, piece)
		}
	}
	p.pieces = kept
	literal := func(i int) (string, bool) {
		switch piece := kept[i]; {
		case len(piece) == 0:
			return "", true
		case len(piece) == 1 && piece[0].any == 0:
			return piece[0].text, true
		}
		return "", false
	}
	first, firstOK := literal(0)
	end, endOK := literal(len(kept) - 1)
	switch {
	case !firstOK || !endOK:
	case len(kept) == 1:
		p.kind, p.text = likeExact, first
	case len(kept) == 2 && end == "":
		p.kind, p.text = likePrefix, first
	case len(kept) == 2 && first == "":
		p.kind, p.text = likeSuffix, end
	case len(kept) == 3 && first == "" && end == "":
		if middle, ok := literal(1); ok {
			p.kind, p.text = likeContains, middle
		}
	}
}

// match reports whether the whole of s fits the pattern.
func (p *likePattern) match(s string) bool {
	switch p.kind {
	case likeExact:
		return s == p.text
	case likePrefix:
		return strings.HasPrefix(s, p.text)
	case likeSuffix:
		return strings.HasSuffix(s, p.text)
	case likeContains:
		return strings.Contains(s, p.text)
	}
	last := len(p.pieces) - 1
	s, ok := p.pieces[0].cutPrefix(s)
	if last == 0 {
		return ok && s == ""
	}
	if ok {
		s, ok = p.pieces[last].cutSuffix(s)
	}
	for i := 1; ok && i < last; i++ { // the leftmost place of each piece leaves most room for the next
		s, ok = p.pieces[i].cutThrough(s)
	}
	return ok
}

// cutPrefix returns s without the piece that it begins with.
func (piece likePiece) cutPrefix(s string) (string, bool) {
	for _, item := range piece {
		var ok bool
		if s, ok = cutChars(s, item.any); !ok || !strings.HasPrefix(s, item.text) {
			return s, false
		}
		s = s[len(item.text):]
	}
	return s, true
}

// cutSuffix returns s without the piece that it ends with.
func (piece likePiece) cutSuffix(s string) (string, bool) {
	for i := len(piece) - 1; i >= 0; i-- {
		if !strings.HasSuffix(s, piece[i].text) {
			return s, false
		}
		s = s[:len(s)-len(piece[i].text)]
		for n := piece[i].any; n > 0; n-- {
			if s == "" {
				return s, false
			}
			_, size := utf8.DecodeLastRuneInString(s)
			s = s[:len(s)-size]
		}
	}
	return s, true
}

// cutThrough returns what follows the first place in s where the piece fits.
func (piece likePiece) cutThrough(s string) (string, bool) {
	s, ok := cutChars(s, piece[0].any)
	first := piece[0].text
	for ok {
		at := strings.Index(s, first)
		if at < 0 {
			return s, false
		}
		if rest, fits := piece[1:].cutPrefix(s[at+len(first):]); fits {
			return rest, true
		}
		_, size := utf8.DecodeRuneInString(s[at:])
		s = s[at+size:]
		ok = size > 0
	}
	return s, false
}

// cutChars returns s without its first n characters.
func cutChars(s string, n int) (string, bool) {
	for ; n > 0; n-- {
		if s == "" {
			return s, false
		}
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return s, true
}
