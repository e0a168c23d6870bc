package awsjson

import "regexp"

// Kind is what JSON value a shape is written as.
type Kind uint8

// The kinds of shape.
const (
	String Kind = iota
	Integer
	Long
	Boolean
	List
	Structure
	Timestamp // a number of seconds since 1970, held in milliseconds
)

// Shape describes the values that a member may hold. Shapes are built once, at package initialisation, and never change.
type Shape struct {
	Kind Kind
	// Min and Max bound the characters of a string, the elements of a list, or the value of a number. A Max of 0 means
	// no upper bound.
	Min, Max int64
	// Pattern must match the whole of a string; nil allows any.
	Pattern *Pattern
	// Enum lists the allowed strings; empty allows any.
	Enum []string
	// Sensitive keeps the value out of messages.
	Sensitive bool
	// Elem is the shape of a list's elements.
	Elem *Shape
	// Members are the members of a structure; Name is how messages call it.
	Members []Member
	Name    string
}

// Member is one member of a structure.
type Member struct {
	Name     string
	Shape    *Shape
	Required bool
}

// Pattern is a regular expression that must match a whole string, with the text that messages show.
type Pattern struct {
	text string
	re   *regexp.Regexp
}

// NewPattern compiles the pattern of a shape; a bad one is our own bug.
func NewPattern(text string) *Pattern {
	return &Pattern{text, regexp.MustCompile(`\A(?:` + text + `)\z`)}
}

// Value is one decoded value. The zero Value stands for an absent member.
type Value struct {
	shape *Shape
	text  string
	num   int64
	// parts are the elements of a list, or the members of a structure in the order of the shape; nil if all of those are absent.
	parts []Value
}

// absent is what members of structures without parts are.
var absent Value

// Present reports whether the request holds the value. A null counts as absent.
func (v *Value) Present() bool { return v.shape != nil }

// Get returns a member of a structure, an absent one if it is not there. Asking an absent structure gives absent members.
func (v *Value) Get(member string) *Value {
	if v.shape == nil {
		return v
	}
	for i := range v.shape.Members {
		if v.shape.Members[i].Name == member {
			return v.part(i)
		}
	}
	panic("bug: shape " + v.shape.Name + " has no member " + member)
}

// Lookup is Get for a member that the shape may not have: an absent one then, too.
func (v *Value) Lookup(member string) *Value {
	if v.shape != nil {
		for i := range v.shape.Members {
			if v.shape.Members[i].Name == member {
				return v.part(i)
			}
		}
	}
	return &absent
}

// part returns member i of a structure.
func (v *Value) part(i int) *Value {
	if v.parts == nil {
		return &absent
	}
	return &v.parts[i]
}

// Text returns a string, "" if absent.
func (v *Value) Text() string { return v.text }

// Int returns a number, of a timestamp the milliseconds; 0 if absent.
func (v *Value) Int() int64 { return v.num }

// Bool returns a boolean, false if absent.
func (v *Value) Bool() bool { return v.num != 0 }

// Elems returns the elements of a list, nil if absent. Of a list that breaks its upper bound it has only the first ones.
func (v *Value) Elems() []Value { return v.parts }

// Count returns the number of elements of a list, 0 if absent.
func (v *Value) Count() int { return int(v.num) }
