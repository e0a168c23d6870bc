package awsjson

import (
	"math"
	"strconv"
	"strings"
)

// ElementsMax is how many elements the lists of a body that have no upper bound of their own may have together: each takes far more
// memory than its text.
const ElementsMax = 10_000

// Decode reads a body as shape, a structure, asks. An empty body and null stand for an empty structure. Unknown members are
// skipped, a null is an absent member, and of a member that is there twice the last one counts. Constraints are not
// checked (see Validate). An error is a *SyntaxError. The result does not share memory with body.
func Decode(body []byte, shape *Shape) (*Value, error) {
	var s Scanner
	s.Reset(body)
	v := Value{shape: shape}
	if s.Peek() != 0 && !s.Null() {
		s.value(shape, &v, "The request body")
	}
	s.End()
	return &v, s.Err()
}

// value reads one value that is not null into v. name is what messages call it.
func (s *Scanner) value(shape *Shape, v *Value, name string) {
	*v = Value{shape: shape}
	switch c := s.Peek(); shape.Kind {
	case String:
		if s.expect(c == '"', name, "a string") {
			v.text = string(s.String())
		}
	case Boolean:
		if s.expect(c == 't' || c == 'f', name, "true or false") && s.Bool() {
			v.num = 1
		}
	case Integer, Long:
		if s.expect(c == '-' || c >= '0' && c <= '9', name, "a number") {
			n, ok := s.Int()
			if !ok || shape.Kind == Integer && (n < math.MinInt32 || n > math.MaxInt32) {
				s.Fail("%s must be an integer within its range", name)
			}
			v.num = n
		}
	case Timestamp:
		if s.expect(c == '-' || c >= '0' && c <= '9', name, "a number of seconds") {
			s.timestamp(v, name)
		}
	case List:
		if s.expect(c == '[', name, "a list") {
			s.list(shape, v, name)
		}
	case Structure:
		if s.expect(c == '{', name, "an object") {
			s.structure(shape, v)
		}
	}
}

// timestamp reads seconds, with or without a fraction, and rounds them to milliseconds.
func (s *Scanner) timestamp(v *Value, name string) {
	text := s.Number()
	if n, ok := parseInt(text); ok && n >= -math.MaxInt64/1000 && n <= math.MaxInt64/1000 {
		v.num = n * 1000
		return
	}
	x, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.Abs(x) >= math.MaxInt64/1000 {
		s.Fail("%s must be a number of seconds within its range", name)
		return
	}
	v.num = int64(math.Round(x * 1000))
}

// expect fails with "<name> must be <what>" unless ok.
func (s *Scanner) expect(ok bool, name, what string) bool {
	switch {
	case ok:
	case s.Peek() == 0:
		s.syntax()
	default:
		s.Fail("%s must be %s", name, what)
	}
	return ok
}

// list reads the elements of a list; v.num is their number. A null element is kept as an absent value, for Validate to
// find. Elements beyond the bound are counted but not kept, so that a small body cannot take much memory.
func (s *Scanner) list(shape *Shape, v *Value, name string) {
	v.parts = []Value{}
	elem := "Each element of " + name
	for more := s.Open('['); more; more = s.More('[') {
		v.num++
		if shape.Max != 0 && v.num > shape.Max {
			s.SkipValue()
			continue
		}
		if shape.Max == 0 {
			if s.elements++; s.elements > ElementsMax {
				s.Fail("%s and other lists have more than %d elements together", name, ElementsMax)
				return
			}
		}
		v.parts = append(v.parts, Value{})
		if !s.Null() {
			s.value(shape.Elem, &v.parts[len(v.parts)-1], elem)
		}
	}
}

// structure reads the members of an object.
func (s *Scanner) structure(shape *Shape, v *Value) {
	for more := s.Open('{'); more; more = s.More('{') {
		key := s.Key()
		i := shape.index(key)
		switch {
		case i < 0:
			s.SkipValue()
		case s.Null():
			if v.parts != nil {
				v.parts[i] = Value{}
			}
		default:
			if v.parts == nil { // many structures may be empty
				v.parts = make([]Value, len(shape.Members))
			}
			s.value(shape.Members[i].Shape, &v.parts[i], shape.Members[i].Name)
		}
	}
}

// index returns where in Members a name is, -1 if it is unknown. Names are case-sensitive.
func (shape *Shape) index(name []byte) int {
	for i := range shape.Members {
		if shape.Members[i].Name == string(name) {
			return i
		}
	}
	return -1
}

// appendValue appends v as the texts of validation errors show values: strings bare, lists in brackets, structures as
// Name(member=value, ...).
func appendValue(b *strings.Builder, v *Value) {
	switch {
	case b.Len() > shownBytesMax:
	case v.shape == nil:
		b.WriteString("null")
	case v.shape.Sensitive:
		b.WriteString("***")
	case v.shape.Kind == Boolean && v.num != 0:
		b.WriteString("true")
	case v.shape.Kind == Boolean:
		b.WriteString("false")
	case v.shape.Kind == String:
		b.WriteString(v.text[:min(len(v.text), shownBytesMax+1)])
	case v.shape.Kind == List:
		b.WriteByte('[')
		for i := range v.parts {
			if i > 0 {
				b.WriteString(", ")
			}
			appendValue(b, &v.parts[i])
		}
		b.WriteByte(']')
	case v.shape.Kind == Structure:
		appendMembers(b, v)
	default:
		b.WriteString(formatInt(v.num))
	}
}

// appendMembers appends a structure for appendValue.
func appendMembers(b *strings.Builder, v *Value) {
	b.WriteString(v.shape.Name)
	b.WriteByte('(')
	first := true
	for i := range v.parts {
		if !v.parts[i].Present() {
			continue
		}
		if !first {
			b.WriteString(", ")
		}
		first = false
		b.WriteString(lowerCamel(v.shape.Members[i].Name))
		b.WriteByte('=')
		appendValue(b, &v.parts[i])
	}
	b.WriteByte(')')
}
