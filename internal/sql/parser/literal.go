package parser

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidemarkdb/tidemark/internal/sql/ast"
)

// literal reads a literal or a parameter.
func (p *parser) literal(at ast.At) ast.Expr {
	var e ast.Expr
	switch p.kind {
	case tString, tUnicodeString:
		return p.strNode()
	case tInt:
		return p.integer()
	case tFloat:
		text := p.source()
		value, _ := strconv.ParseFloat(text, 64) // infinite if out of range, as in Java
		e = &ast.Float{At: at, Value: value, Text: text}
	case tDuration:
		e = &ast.Duration{At: at, Text: p.source()}
	case tParam:
		e = &ast.Param{At: at, Name: p.source()[1:]}
	case kNull:
		e = &ast.Null{At: at}
	case kTrue, kFalse:
		e = &ast.Bool{At: at, Value: p.kind == kTrue}
	default:
		p.fail("an expression")
		return nil
	}
	p.next()
	return e
}

// integer reads an integer literal of at most 64 bits.
func (p *parser) integer() *ast.Int {
	n := p.nodes.ints.get()
	if p.kind != tInt {
		p.fail("integer")
		return n
	}
	value, err := strconv.ParseInt(p.source(), 10, 64)
	if err != nil {
		p.failAt(p.pos(), "integer beyond 64 bits")
		return n
	}
	n.At, n.Value = p.at(), value
	p.next()
	return n
}

// smallestInt reads a minus and the digits of 2^63; nil, with nothing read, if other digits stand there.
func (p *parser) smallestInt() *ast.Int {
	digits := &p.toks[p.i+1]
	value, err := strconv.ParseUint(p.text[digits.start:digits.end], 10, 64)
	if err != nil || value != 1<<63 {
		return nil
	}
	n := &ast.Int{At: p.at(), Value: -1 << 63}
	p.next()
	p.next()
	return n
}

// strNode reads a string literal.
func (p *parser) strNode() *ast.Str {
	s := p.nodes.strs.get()
	s.At = p.at()
	s.Value = p.str()
	return s
}

// str reads a string literal and returns its value.
func (p *parser) str() string {
	switch p.kind {
	case tString:
		s := p.unquoted("'")
		p.next()
		return s
	case tUnicodeString:
		return p.unicodeString()
	}
	p.fail("string")
	return ""
}

// unicodeString reads "U&'text' [UESCAPE 'c']".
func (p *parser) unicodeString() string {
	pos, t := p.pos(), &p.toks[p.i]
	body := strings.ReplaceAll(p.text[t.start+3:t.end-1], "''", "'")
	p.next()
	escape := byte('\\')
	if p.accept(kUescape) {
		escapePos := p.pos()
		c := p.str()
		if len(c) != 1 || c[0] <= ' ' || c[0] >= 0x7F || strings.IndexByte(`+'"`, c[0]) >= 0 || hexDigits(c) == 1 {
			p.failAt(escapePos, "bad escape character")
			return ""
		}
		escape = c[0]
	}
	s, ok := decodeUnicode(body, escape)
	if !ok {
		p.failAt(pos, "bad escape in a Unicode string")
	}
	return s
}

// decodeUnicode replaces \XXXX and \+XXXXXX by the code points of these hexadecimal numbers, and a doubled escape
// character by itself.
func decodeUnicode(s string, escape byte) (string, bool) {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, escape)
		if i < 0 {
			b.WriteString(s)
			return b.String(), true
		}
		b.WriteString(s[:i])
		s = s[i+1:]
		if s != "" && s[0] == escape {
			b.WriteByte(escape)
			s = s[1:]
			continue
		}
		n := 4
		if s != "" && s[0] == '+' {
			s, n = s[1:], 6
		}
		if len(s) < n || hexDigits(s[:n]) != n {
			return "", false
		}
		code, err := strconv.ParseUint(s[:n], 16, 32)
		if err != nil || !utf8.ValidRune(rune(code)) {
			return "", false
		}
		b.WriteRune(rune(code))
		s = s[n:]
	}
}

// hexDigits returns how many hexadecimal digits s begins with.
func hexDigits(s string) int {
	n := 0
	for n < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[n]) >= 0 {
		n++
	}
	return n
}

// typedLiteral reads a type's name and a string.
func (p *parser) typedLiteral(at ast.At) ast.Expr {
	t := &ast.Typed{At: at, Type: &ast.TypeName{At: at, Name: lower(p.source()), Length: -1}}
	p.next()
	t.Text = p.str()
	return t
}

// interval reads "INTERVAL [+|-] 'text' unit".
func (p *parser) interval(at ast.At) ast.Expr {
	v := &ast.Interval{At: at}
	p.next()
	v.Negative = p.kind == tMinus
	if p.kind != tString {
		p.next()
	}
	v.Text = p.str()
	if !isIntervalUnit(p.kind) {
		p.fail("SECOND, MINUTE, HOUR, DAY, WEEK, MONTH or YEAR")
		return v
	}
	v.Unit = lower(p.source())
	p.next()
	return v
}

func isIntervalUnit(k kind) bool {
	switch k {
	case kSecond, kMinute, kHour, kDay, kWeek, kMonth, kYear:
		return true
	}
	return false
}
