package javaregexp

import (
	"strings"
	"unicode"
)

// Classes in brackets. Java has unions [a[bc]] and intersections [a-z&&[^b]] that neither engine knows, so a class becomes a
// set of characters. A plain negated class is written as such, since ignoring case has to come before the negation.

// class translates what follows an opening bracket.
func (t *translator) class() {
	s, negated := t.classSet(0)
	var out strings.Builder
	switch {
	case len(s) == 0 && !negated, negated && len(s.complement()) == 0:
		out.WriteString(`[^` + "\x00" + `-` + string(unicode.MaxRune) + `]`) // nothing
	case negated:
		out.WriteString("[^")
		s.write(&out)
		out.WriteByte(']')
	default:
		out.WriteByte('[')
		s.write(&out)
		out.WriteByte(']')
	}
	t.both(out.String())
	t.element()
	t.size += len(s) / 8 // a class with many ranges takes memory, too
}

// classSet reads a class up to its closing bracket. negated is set where the caller has to take the complement.
func (t *translator) classSet(depth int) (s runeSet, negated bool) {
	if depth > maxDepth {
		badPattern("Character classes are nested too deeply")
	}
	negated = t.take("^")
	s = t.classOperand(depth, true)
	algebra := false
	for t.take("&&") {
		for t.take("&&") { // empty operands say nothing
		}
		if t.peek("]") {
			break
		}
		algebra = true
		s = t.folded(s).intersect(t.folded(t.classOperand(depth, false)))
	}
	if !t.take("]") {
		badPattern("Unclosed character class")
	}
	if negated && algebra {
		return s.complement(), false
	}
	return s, negated
}

// folded is s with all cases of its letters if case is ignored, which set operations must know of.
func (t *translator) folded(s runeSet) runeSet {
	if t.flags.ignoreCase {
		return s.fold()
	}
	return s
}

// classOperand reads the items up to && or the closing bracket. first says that a bracket at the start is a literal.
func (t *translator) classOperand(depth int, first bool) runeSet {
	var s runeSet
	for ; ; first = false {
		for t.flags.comments && t.i < len(t.src) && strings.IndexByte(" \t\n\v\f\r", t.src[t.i]) >= 0 {
			t.i++
		}
		if t.i >= len(t.src) {
			badPattern("Unclosed character class")
		}
		if t.peek("&&") || t.peek("]") && !first {
			return newRuneSet(s...)
		}
		s = append(s, t.classItem(depth)...)
	}
}

// classItem reads a character, a range, a predefined class or a nested class.
func (t *translator) classItem(depth int) runeSet {
	if t.take("[:") { // Oniguruma's, which Trino has
		if name, _, ok := strings.Cut(t.src[t.i:], ":]"); ok {
			plain, negated := strings.CutPrefix(name, "^")
			if s, known := posixSets[plain]; known {
				t.i += len(name) + 2
				if negated {
					s = s.complement()
				}
				return s
			}
		}
		t.i -= 2
	}
	if t.take("[") {
		s, negated := t.classSet(depth + 1)
		if negated {
			return t.folded(s).complement()
		}
		return s
	}
	if t.take(`\Q`) {
		text, _, _ := strings.Cut(t.src[t.i:], `\E`)
		t.i = min(t.i+len(text)+2, len(t.src))
		return chars(text)
	}
	if t.take(`\`) {
		if s, ok := t.escapedSet(); ok {
			return s
		}
		return t.classRange(t.escapedRune())
	}
	if t.i >= len(t.src) {
		badPattern("Unclosed character class")
	}
	return t.classRange(t.next())
}

// classRange reads the rest of a range that begins with lo, if it is one.
func (t *translator) classRange(lo rune) runeSet {
	if !t.peek("-") || t.peek("-]") || t.peek("-[") || t.peek("-&&") {
		return runeSet{{lo, lo}}
	}
	t.i++
	hi := t.next()
	if hi == '\\' {
		hi = t.escapedRune()
	}
	if hi < lo {
		badPattern("Illegal character range")
	}
	return runeSet{{lo, hi}}
}
