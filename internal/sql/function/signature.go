package function

import (
	"fmt"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Signature is the parameters and result of one overload. It is written as text:
//
//	substr(varchar, bigint) -> varchar
//	array_position(array(E:comparable), E) -> bigint
//	greatest(T:orderable...) -> T
//	filter(timeseries(T), (row(time timestamp, value T)) => boolean) -> timeseries(T)
//
// A single upper-case letter is a type variable; ":orderable", ":comparable" or ":scalar" (a type without parts) behind
// one restricts it; "..." behind the last parameter lets it occur once or more. "(params) => result" is a lambda.
type Signature struct {
	Name     string
	Params   []*pattern
	Variadic bool
	Result   *pattern
	text     string
}

// String returns the signature as it was written, up to the arrow.
func (s Signature) String() string {
	head, _, _ := strings.Cut(s.text, " -> ")
	return head
}

// pattern is a type with variables.
type pattern struct {
	variable   string // "T" for a variable
	constraint string // "", "orderable", "comparable" or "scalar"
	kind       types.Kind
	parts      []*pattern // element, value, fields; of a lambda its parameters and last its result
	names      []string   // of row fields
}

// mustSignature parses the text of a signature; a mistake in it is our own bug.
func mustSignature(text string) Signature {
	p := &patternParser{s: text}
	sig := Signature{text: text}
	open := strings.IndexByte(text, '(')
	sig.Name, p.i = text[:open], open+1
	for !p.take(")") {
		sig.Params = append(sig.Params, p.pattern())
		sig.Variadic = p.take("...")
		if !p.take(",") && p.peek() != ')' {
			p.fail()
		}
	}
	if !p.take("->") {
		p.fail()
	}
	sig.Result = p.pattern()
	if p.blank(); p.i != len(text) {
		p.fail()
	}
	return sig
}

type patternParser struct {
	s string
	i int
}

func (p *patternParser) fail() {
	panic(fmt.Sprintf("bug: signature %q at %d", p.s, p.i))
}

func (p *patternParser) blank() {
	for p.i < len(p.s) && p.s[p.i] == ' ' {
		p.i++
	}
}

func (p *patternParser) peek() byte {
	p.blank()
	if p.i == len(p.s) {
		return 0
	}
	return p.s[p.i]
}

func (p *patternParser) take(word string) bool {
	p.blank()
	if strings.HasPrefix(p.s[p.i:], word) {
		p.i += len(word)
		return true
	}
	return false
}

func (p *patternParser) word() string {
	p.blank()
	start := p.i
	for p.i < len(p.s) && (p.s[p.i] >= 'a' && p.s[p.i] <= 'z' || p.s[p.i] >= 'A' && p.s[p.i] <= 'Z' || p.s[p.i] == '_') {
		p.i++
	}
	if start == p.i {
		p.fail()
	}
	return p.s[start:p.i]
}

var patternKinds = map[string]types.Kind{
	"unknown": types.KindUnknown, "boolean": types.KindBoolean, "integer": types.KindInteger, "bigint": types.KindBigint,
	"double": types.KindDouble, "varchar": types.KindVarchar, "timestamp": types.KindTimestamp, "date": types.KindDate,
	"time": types.KindTime, "array": types.KindArray, "row": types.KindRow, "timeseries": types.KindTimeSeries,
}

func (p *patternParser) pattern() *pattern {
	if p.take("(") { // a lambda
		out := &pattern{kind: types.KindFunction}
		for !p.take(")") {
			out.parts = append(out.parts, p.pattern())
			p.take(",")
		}
		if !p.take("=>") {
			p.fail()
		}
		out.parts = append(out.parts, p.pattern())
		return out
	}
	word := p.word()
	if len(word) == 1 && word[0] >= 'A' && word[0] <= 'Z' {
		out := &pattern{variable: word}
		if p.take(":") {
			out.constraint = p.word()
		}
		return out
	}
	if word == "interval" { // "interval day to second", "interval year to month"
		if p.take("day to second") {
			return &pattern{kind: types.KindIntervalDayToSecond}
		}
		if !p.take("year to month") {
			p.fail()
		}
		return &pattern{kind: types.KindIntervalYearToMonth}
	}
	kind, ok := patternKinds[word]
	if !ok {
		p.fail()
	}
	out := &pattern{kind: kind}
	switch kind {
	case types.KindArray, types.KindTimeSeries:
		if !p.take("(") {
			p.fail()
		}
		out.parts = []*pattern{p.pattern()}
		if !p.take(")") {
			p.fail()
		}
	case types.KindRow:
		p.rowFields(out)
	}
	return out
}

func (p *patternParser) rowFields(out *pattern) {
	if !p.take("(") {
		p.fail()
	}
	for !p.take(")") {
		mark := p.i
		name := p.word()
		if c := p.peek(); c == ',' || c == ')' || c == '(' || c == ':' { // no name: the word was the type
			name, p.i = "", mark
		}
		out.names = append(out.names, name)
		out.parts = append(out.parts, p.pattern())
		p.take(",")
	}
}

// bindings are the types that stand for a signature's variables.
type bindings map[string]*types.Type

// bind widens the variables of p so that a value of type t fits; false if it cannot.
func (b bindings) bind(p *pattern, t *types.Type) bool {
	if p.variable != "" {
		have, ok := b[p.variable]
		if !ok {
			b[p.variable] = t
			return true
		}
		super := types.CommonSuper(have, t)
		b[p.variable] = super
		return super != nil
	}
	if t.Kind == types.KindUnknown {
		return true
	}
	if t.Kind == p.kind && len(p.parts) > 0 {
		inner := []*types.Type{t.Elem}
		if t.Kind == types.KindRow {
			inner = inner[:0]
			for _, f := range t.Fields {
				inner = append(inner, f.Type)
			}
		}
		if len(inner) != len(p.parts) {
			return false
		}
		for i := range inner {
			if !b.bind(p.parts[i], inner[i]) {
				return false
			}
		}
		return true
	}
	want := b.typeOf(p)
	return want != nil && types.CanCoerce(t, want)
}

// typeOf returns p with its variables filled in; an unbound one becomes unknown. It returns nil if a constraint is broken.
func (b bindings) typeOf(p *pattern) *types.Type {
	if p.variable != "" {
		t, ok := b[p.variable]
		switch {
		case !ok:
			return types.Unknown
		case p.constraint == "orderable" && !t.IsOrderable(), p.constraint == "comparable" && !t.IsComparable(),
			p.constraint == "scalar" && !t.IsScalar():
			return nil
		}
		return t
	}
	parts := make([]*types.Type, len(p.parts))
	for i, part := range p.parts {
		if parts[i] = b.typeOf(part); parts[i] == nil {
			return nil
		}
	}
	switch p.kind {
	case types.KindArray:
		return types.ArrayOf(parts[0])
	case types.KindTimeSeries:
		return types.TimeSeriesOf(parts[0])
	case types.KindFunction:
		return types.FunctionOf(parts[len(parts)-1], parts[:len(parts)-1]...)
	case types.KindRow:
		fields := make([]types.Field, len(parts))
		for i := range parts {
			fields[i] = types.Field{Name: p.names[i], Type: parts[i]}
		}
		return types.RowOf(fields...)
	}
	return scalarTypes[p.kind]
}

var scalarTypes = map[types.Kind]*types.Type{}

func init() {
	for _, t := range []*types.Type{types.Unknown, types.Boolean, types.Integer, types.Bigint, types.Double, types.Varchar,
		types.Timestamp, types.Date, types.Time, types.IntervalDayToSecond, types.IntervalYearToMonth} {
		scalarTypes[t.Kind] = t
	}
}

// param returns the pattern of argument i.
func (s *Signature) param(i int) *pattern {
	if i >= len(s.Params) {
		return s.Params[len(s.Params)-1]
	}
	return s.Params[i]
}

// accepts reports whether the signature takes n arguments.
func (s *Signature) accepts(n int) bool {
	if s.Variadic {
		return n >= len(s.Params)
	}
	return n == len(s.Params)
}
