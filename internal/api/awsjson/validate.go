package awsjson

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of the texts of validation errors: a longer value is cut, further violations are counted but not listed.
const (
	shownBytesMax  = 512
	violationsMax  = 20
	constraintMin  = "Member must have length greater than or equal to "
	constraintMax  = "Member must have length less than or equal to "
	constraintLow  = "Member must have value greater than or equal to "
	constraintHigh = "Member must have value less than or equal to "
	constraintEnum = "Member must satisfy enum value set: ["
	constraintRE   = "Member must satisfy regular expression pattern: "
	constraintNull = "Member must not be null"
)

// Validate checks v, a structure, against the constraints of its shape. It returns "" or the text for the client, which
// lists the violations in the order of the shape: "2 validation errors detected: Value '...' at 'a.1.member.b' failed to
// satisfy constraint: ...; Value ...".
func Validate(v *Value) string {
	var found violations
	found.members(v)
	switch found.count {
	case 0:
		return ""
	case 1:
		return "1 validation error detected: " + found.texts[0]
	}
	return strconv.Itoa(found.count) + " validation errors detected: " + strings.Join(found.texts, "; ")
}

// violations collects what Validate finds.
type violations struct {
	path  []byte // where the value is that is being checked: "a.1.member.b"
	count int
	texts []string
}

// add notes that the value at the path breaks a constraint.
func (f *violations) add(v *Value, constraint, bound string) {
	f.count++
	if len(f.texts) < violationsMax {
		f.texts = append(f.texts, "Value"+shown(v)+" at '"+string(f.path)+"' failed to satisfy constraint: "+constraint+bound)
	}
}

// shown returns the value as it stands in a text, with a blank before it: quoted unless it is null; nothing for a
// sensitive one.
func shown(v *Value) string {
	switch {
	case !v.Present():
		return " null"
	case v.shape.Sensitive:
		return ""
	}
	var b strings.Builder
	appendValue(&b, v)
	text := b.String()
	if len(text) > shownBytesMax {
		cut := shownBytesMax
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "..."
	}
	return " '" + text + "'"
}

// members checks a structure's members.
func (f *violations) members(v *Value) {
	here := len(f.path)
	for i := range v.shape.Members {
		m, part := &v.shape.Members[i], v.part(i)
		if here > 0 {
			f.path = append(f.path, '.')
		}
		f.path = appendLowerCamel(f.path, m.Name)
		switch {
		case part.Present():
			f.value(part)
		case m.Required:
			f.add(part, constraintNull, "")
		}
		f.path = f.path[:here]
	}
}

// value checks a present value.
func (f *violations) value(v *Value) {
	shape := v.shape
	switch shape.Kind {
	case String:
		f.size(v, int64(utf8.RuneCountInString(v.text)), constraintMin, constraintMax)
		if shape.Pattern != nil && !shape.Pattern.re.MatchString(v.text) {
			f.add(v, constraintRE, shape.Pattern.text)
		}
		if len(shape.Enum) > 0 && !slices.Contains(shape.Enum, v.text) {
			f.add(v, constraintEnum, strings.Join(shape.Enum, ", ")+"]")
		}
	case Integer, Long:
		if shape.Min != 0 || shape.Max != 0 {
			f.size(v, v.num, constraintLow, constraintHigh)
		}
	case List:
		f.size(v, v.num, constraintMin, constraintMax)
		here := len(f.path)
		for i := range v.parts {
			f.path = append(strconv.AppendInt(append(f.path, '.'), int64(i+1), 10), ".member"...)
			if v.parts[i].Present() {
				f.value(&v.parts[i])
			} else {
				f.add(&v.parts[i], constraintNull, "")
			}
			f.path = f.path[:here]
		}
	case Structure:
		f.members(v)
	}
}

// size checks n against the bounds of the shape.
func (f *violations) size(v *Value, n int64, low, high string) {
	if n < v.shape.Min {
		f.add(v, low, formatInt(v.shape.Min))
	}
	if v.shape.Max != 0 && n > v.shape.Max {
		f.add(v, high, formatInt(v.shape.Max))
	}
}

// formatInt returns a number in decimal digits.
func formatInt(n int64) string { return strconv.FormatInt(n, 10) }

// lowerCamel returns a member's name as paths spell it: with a small first letter.
func lowerCamel(name string) string { return string(appendLowerCamel(nil, name)) }

// appendLowerCamel is lowerCamel, appended.
func appendLowerCamel(dst []byte, name string) []byte {
	from := len(dst)
	dst = append(dst, name...)
	if name != "" && name[0] >= 'A' && name[0] <= 'Z' {
		dst[from] += 'a' - 'A'
	}
	return dst
}
