package awsjson

import (
	"bytes"
	"fmt"
	"math"
)

// DepthMax is how deep arrays and objects may be nested.
const DepthMax = 10000

// SyntaxError says that a body is not JSON, or that a member has the wrong JSON type. Message is for the client.
type SyntaxError struct {
	Message string
}

// Error returns the message.
func (e *SyntaxError) Error() string { return e.Message }

// Scanner reads JSON from a byte slice in one pass without allocating. Strings are returned as sub-slices of the input, or
// of the scanner's own memory if they have escapes; both stay valid until the next Reset. The input must not change meanwhile.
//
// The first error sticks: every later call fails, too, and Err returns it. So callers check once at the end of a piece.
type Scanner struct {
	buf   []byte
	pos   int
	depth int
	plain []byte // unescaped strings, one after the other
	err   error

	elements int // that Decode has read of lists without a bound
}

// Reset makes s read buf from its start. Strings returned before are no longer valid.
func (s *Scanner) Reset(buf []byte) {
	*s = Scanner{buf: buf, plain: s.plain[:0]}
}

// Err returns the first error, nil if there was none.
func (s *Scanner) Err() error { return s.err }

// Fail makes err the scanner's error unless it has one.
func (s *Scanner) Fail(format string, args ...any) {
	if s.err == nil {
		s.err = &SyntaxError{fmt.Sprintf(format, args...)}
	}
	s.pos = len(s.buf)
}

// syntax records that the input is not JSON at the current position.
func (s *Scanner) syntax() {
	if s.pos >= len(s.buf) {
		s.Fail("the request body ends within a JSON value")
		return
	}
	s.Fail("the request body is not valid JSON at byte %d", s.pos)
}

// Peek returns the first byte of the next value or punctuation without consuming it, 0 at the end.
func (s *Scanner) Peek() byte {
	for s.pos < len(s.buf) {
		switch c := s.buf[s.pos]; c {
		case ' ', '\n', '\r', '\t':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// Null consumes a null and reports whether there was one.
func (s *Scanner) Null() bool {
	if s.Peek() != 'n' {
		return false
	}
	return s.word("null")
}

// Bool consumes true or false.
func (s *Scanner) Bool() bool {
	if s.Peek() == 't' {
		return s.word("true")
	}
	s.word("false")
	return false
}

// word consumes the given word.
func (s *Scanner) word(w string) bool {
	if len(s.buf)-s.pos < len(w) || string(s.buf[s.pos:s.pos+len(w)]) != w {
		s.syntax()
		return false
	}
	s.pos += len(w)
	return true
}

// Open consumes the bracket c, '{' or '[', and reports whether a first key or element follows. If not, the closing
// bracket is consumed, too.
func (s *Scanner) Open(c byte) bool {
	if s.Peek() != c {
		s.syntax()
		return false
	}
	if s.depth++; s.depth > DepthMax {
		s.Fail("the request body is nested deeper than %d levels", DepthMax)
		return false
	}
	s.pos++
	if s.Peek() == c+2 { // both closing brackets are two after their opening ones
		s.pos++
		s.depth--
		return false
	}
	return true
}

// More consumes the comma or closing bracket after an element or member and reports whether another one follows. c is
// the opening bracket.
func (s *Scanner) More(c byte) bool {
	switch s.Peek() {
	case ',':
		s.pos++
		return true
	case c + 2:
		if s.pos < len(s.buf) {
			s.pos++
			s.depth--
			return false
		}
	}
	s.syntax()
	return false
}

// Key consumes a member's key and the colon after it.
func (s *Scanner) Key() []byte {
	key := s.String()
	if s.Peek() != ':' {
		s.syntax()
		return nil
	}
	s.pos++
	return key
}

// Offset returns where the next value or punctuation begins, for Since and Back.
func (s *Scanner) Offset() int {
	s.Peek()
	return s.pos
}

// Since returns what was consumed from an Offset on.
func (s *Scanner) Since(offset int) []byte { return s.buf[offset:s.pos:s.pos] }

// Back returns to an Offset, unless there was an error. What is between must be as many opening brackets as closing ones.
func (s *Scanner) Back(offset int) {
	if s.err == nil {
		s.pos = offset
	}
}

// Accept consumes text if it is what comes next, byte by byte, and reports whether it does. text must have been consumed
// before by other methods, at a place where the same was expected: it is not looked at again.
func (s *Scanner) Accept(text []byte) bool {
	s.Peek()
	if !bytes.HasPrefix(s.buf[s.pos:], text) {
		return false
	}
	s.pos += len(text)
	return true
}

// End checks that nothing but blanks follows.
func (s *Scanner) End() {
	if s.Peek() != 0 || s.pos < len(s.buf) {
		s.syntax()
	}
}

// SkipValue consumes a value of any kind, checking its syntax.
func (s *Scanner) SkipValue() {
	switch c := s.Peek(); c {
	case '"':
		s.String()
	case '{':
		for more := s.Open('{'); more; more = s.More('{') {
			s.Key()
			s.SkipValue()
		}
	case '[':
		for more := s.Open('['); more; more = s.More('[') {
			s.SkipValue()
		}
	case 't', 'f':
		s.Bool()
	case 'n':
		s.Null()
	default:
		s.Number()
	}
}

// Number consumes a number and returns its text.
func (s *Scanner) Number() []byte {
	s.Peek()
	start := s.pos
	if s.at('-') {
		s.pos++
	}
	switch {
	case s.at('0'):
		s.pos++
	case !s.digits():
		s.syntax()
		return nil
	}
	if s.at('.') {
		s.pos++
		if !s.digits() {
			s.syntax()
			return nil
		}
	}
	if s.at('e') || s.at('E') {
		s.pos++
		if s.at('+') || s.at('-') {
			s.pos++
		}
		if !s.digits() {
			s.syntax()
			return nil
		}
	}
	return s.buf[start:s.pos]
}

// at reports whether c is the next byte.
func (s *Scanner) at(c byte) bool { return s.pos < len(s.buf) && s.buf[s.pos] == c }

// digits consumes digits and reports whether there were any.
func (s *Scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.buf) && s.buf[s.pos]-'0' <= 9 {
		s.pos++
	}
	return s.pos > start
}

// Int consumes a number that must be an integer of 64 bits. A fraction or an exponent, even one that would make no
// difference, is not an integer.
func (s *Scanner) Int() (value int64, ok bool) {
	text := s.Number()
	return parseInt(text)
}

// parseInt reads an optional minus and digits as a number of 64 bits.
func parseInt(text []byte) (int64, bool) {
	digits, negative := text, false
	if len(text) > 0 && text[0] == '-' {
		digits, negative = text[1:], true
	}
	if len(digits) == 0 || len(digits) > 19 {
		return 0, false
	}
	var v uint64
	for _, c := range digits {
		if c -= '0'; c > 9 {
			return 0, false
		}
		v = v*10 + uint64(c)
	}
	if negative {
		return -int64(v), v <= 1<<63
	}
	return int64(v), v <= math.MaxInt64
}
