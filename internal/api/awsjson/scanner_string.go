package awsjson

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// Masks of eight bytes: a one in every byte, and the highest bit of every byte.
const (
	everyByte = 0x0101010101010101
	highBits  = 0x8080808080808080
)

// String consumes a string and returns its value in UTF-8. Bytes that are no UTF-8 are an error; an escaped half of a
// surrogate pair without its other half becomes U+FFFD.
func (s *Scanner) String() []byte {
	if s.Peek() != '"' {
		s.syntax()
		return nil
	}
	s.pos++
	start, buf := s.pos, s.buf
	i, high := s.pos, uint64(0)
	// Eight bytes a step: x has a mark in the lowest of its bytes that is a quote, a backslash or a control character.
	for ; i+8 <= len(buf); i += 8 {
		w := binary.LittleEndian.Uint64(buf[i:])
		high |= w & highBits
		quote, back := w^('"'*everyByte), w^('\\'*everyByte)
		x := ((quote - everyByte) &^ quote) | ((back - everyByte) &^ back) | ((w - ' '*everyByte) &^ w)
		if x &= highBits; x != 0 {
			i += bits.TrailingZeros64(x) / 8
			break
		}
	}
	for ; i < len(buf); i++ {
		switch c := buf[i]; {
		case c == '"':
			s.pos = i + 1
			if high != 0 && !utf8.Valid(buf[start:i]) {
				s.Fail("the request body is not valid UTF-8")
				return nil
			}
			return buf[start:i:i]
		case c == '\\':
			return s.escaped(start, i)
		case c < ' ':
			s.pos = i
			s.syntax()
			return nil
		}
		high |= uint64(buf[i]) & 0x80
	}
	s.pos = len(buf)
	s.syntax()
	return nil
}

// Text is String as a Go string that shares the scanner's memory and so is valid only until the next Reset.
func (s *Scanner) Text() string {
	b := s.String()
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// escaped reads on a string whose first backslash is at i and returns its value from the scanner's own memory.
func (s *Scanner) escaped(start, i int) []byte {
	from := len(s.plain)
	out := append(s.plain, s.buf[start:i]...)
	for i < len(s.buf) {
		switch c := s.buf[i]; {
		case c == '"':
			s.pos, s.plain = i+1, out
			if !utf8.Valid(out[from:]) {
				s.Fail("the request body is not valid UTF-8")
				return nil
			}
			return out[from:len(out):len(out)]
		case c < ' ':
			s.pos = i
			s.syntax()
			return nil
		case c != '\\':
			out = append(out, c)
			i++
		default:
			var ok bool
			if out, i, ok = unescape(out, s.buf, i+1); !ok {
				s.pos = min(i, len(s.buf))
				s.syntax()
				return nil
			}
		}
	}
	s.pos = len(s.buf)
	s.syntax()
	return nil
}

// unescape appends what the escape after a backslash stands for; i is the byte after the backslash. It returns the
// position after the escape, or of the fault.
func unescape(dst, src []byte, i int) ([]byte, int, bool) {
	if i >= len(src) {
		return dst, i, false
	}
	switch c := src[i]; c {
	case '"', '\\', '/':
		return append(dst, c), i + 1, true
	case 'b':
		return append(dst, '\b'), i + 1, true
	case 'f':
		return append(dst, '\f'), i + 1, true
	case 'n':
		return append(dst, '\n'), i + 1, true
	case 'r':
		return append(dst, '\r'), i + 1, true
	case 't':
		return append(dst, '\t'), i + 1, true
	case 'u':
		r, ok := hex4(src, i+1)
		if !ok {
			return dst, i, false
		}
		i += 5
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if i+1 < len(src) && src[i] == '\\' && src[i+1] == 'u' {
				if low, ok := hex4(src, i+2); ok {
					pair = utf16.DecodeRune(r, low)
				}
			}
			if r = utf8.RuneError; pair != utf8.RuneError {
				r = pair
				i += 6
			}
		}
		return utf8.AppendRune(dst, r), i, true
	}
	return dst, i, false
}

// hex4 reads four hexadecimal digits.
func hex4(src []byte, i int) (rune, bool) {
	if i+4 > len(src) {
		return 0, false
	}
	var r rune
	for _, c := range src[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
