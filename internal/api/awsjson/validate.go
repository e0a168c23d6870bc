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
	found.members(v, "")
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
	count int
	texts []string
}

// add notes that the value at path breaks a constraint.
func (f *violations) add(v *Value, path, constraint string) {
	f.count++
	if len(f.texts) < violationsMax {
		f.texts = append(f.texts, "Value"+shown(v)+" at '"+path+"' failed to satisfy constraint: "+constraint)
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

// members checks a structure's members; prefix is its path and a dot, or "".
func (f *violations) members(v *Value, prefix string) {
	for i := range v.shape.Members {
		m, part := &v.shape.Members[i], &v.parts[i]
		switch {
		case part.Present():
			f.value(part, prefix+lowerCamel(m.Name))
		case m.Required:
			f.add(part, prefix+lowerCamel(m.Name), constraintNull)
		}
	}
}

// value checks a present value.
func (f *violations) value(v *Value, path string) {
	shape := v.shape
	switch shape.Kind {
	case String:
		f.size(v, path, int64(utf8.RuneCountInString(v.text)), constraintMin, constraintMax)
		if shape.Pattern != nil && !shape.Pattern.re.MatchString(v.text) {
			f.add(v, path, constraintRE+shape.Pattern.text)
		}
		if len(shape.Enum) > 0 && !slices.Contains(shape.Enum, v.text) {
			f.add(v, path, constraintEnum+strings.Join(shape.Enum, ", ")+"]")
		}
	case Integer, Long:
		if shape.Min != 0 || shape.Max != 0 {
			f.size(v, path, v.num, constraintLow, constraintHigh)
		}
	case List:
		f.size(v, path, v.num, constraintMin, constraintMax)
		for i := range v.parts {
			at := path + "." + strconv.Itoa(i+1) + ".member"
			if !v.parts[i].Present() {
				f.add(&v.parts[i], at, constraintNull)
				continue
			}
			f.value(&v.parts[i], at)
		}
	case Structure:
		f.members(v, path+".")
	}
}

// size checks n against the bounds of the shape.
func (f *violations) size(v *Value, path string, n int64, low, high string) {
	if n < v.shape.Min {
		f.add(v, path, low+formatInt(v.shape.Min))
	}
	if v.shape.Max != 0 && n > v.shape.Max {
		f.add(v, path, high+formatInt(v.shape.Max))
	}
}

// formatInt returns a number in decimal digits.
func formatInt(n int64) string { return strconv.FormatInt(n, 10) }

// lowerCamel returns a member's name as paths spell it: with a small first letter.
func lowerCamel(name string) string {
	if name == "" || name[0] < 'A' || name[0] > 'Z' {
		return name
	}
	return string(name[0]+'a'-'A') + name[1:]
}
