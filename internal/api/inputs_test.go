package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// modelled is a member of an input as testdata/inputs.txt has it.
type modelled struct {
	name      string // "-" for elements of a list
	kind      string
	low, high int64 // of characters, elements, or the value; a high of 0 is no bound
	bounded   bool
	pattern   string
	enum      []string
	required  bool
	parts     []*modelled
}

// readModel returns the inputs of all operations.
func readModel(t *testing.T) map[string]*modelled {
	t.Helper()
	text, err := os.ReadFile("testdata/inputs.txt")
	if err != nil {
		t.Fatal(err)
	}
	inputs := map[string]*modelled{}
	var open []*modelled // by depth
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		depth := (len(line) - len(strings.TrimLeft(line, " "))) / 2
		m := &modelled{name: words[0], kind: "structure"}
		if depth == 0 {
			inputs[m.name] = m
		} else {
			m.read(t, words[1:])
			open[depth-1].parts = append(open[depth-1].parts, m)
		}
		open = append(open[:depth], m)
	}
	return inputs
}

// read takes what a line says after the name.
func (m *modelled) read(t *testing.T, words []string) {
	t.Helper()
	m.kind = words[0]
	for _, w := range words[1:] {
		low, high, isRange := strings.Cut(w, "..")
		switch {
		case w == "required":
			m.required = true
		case strings.HasPrefix(w, "/"):
			m.pattern = w[1 : len(w)-1]
		case isRange:
			m.bounded = true
			m.low, _ = strconv.ParseInt(low, 10, 64)
			m.high, _ = strconv.ParseInt(high, 10, 64)
		default:
			m.enum = strings.Split(w, "|")
		}
	}
}

// valid returns a value that breaks no constraint, with the required members only.
func (m *modelled) valid() any {
	switch m.kind {
	case "structure":
		return m.filled("", nil)
	case "list":
		list := []any{}
		for range m.low {
			list = append(list, m.parts[0].valid())
		}
		return list
	case "boolean":
		return true
	case "string":
		switch {
		case len(m.enum) > 0:
			return m.enum[0]
		case m.pattern != "": // all of them take digits, some of them two at least
			return strings.Repeat("1", int(max(m.low, 2)))
		}
		return strings.Repeat("1", int(max(m.low, 1)))
	}
	return max(m.low, 1)
}

// filled returns a structure with its required members, and with one more.
func (m *modelled) filled(name string, value any) map[string]any {
	out := map[string]any{}
	for _, p := range m.parts {
		if p.required {
			out[p.name] = p.valid()
		}
	}
	if name != "" {
		out[name] = value
	}
	return out
}

// inputPlace is a member somewhere in the input of an operation.
type inputPlace struct {
	operation string
	path      string // as messages have it: tags.1.member.key
	calls     string // what messages about its type call it
	m         *modelled
	wrap      func(value any) any // makes an input with a value at the place
	without   func() any          // makes one where it is absent
}

// places calls f for everything below p.
func (p inputPlace) places(f func(inputPlace)) {
	for _, part := range p.m.parts {
		q := inputPlace{operation: p.operation, m: part, calls: part.name}
		if part.name == "-" {
			q.calls = "Each element of " + p.calls
			q.path = p.path + ".1.member"
			q.wrap = func(v any) any { return p.wrap([]any{v}) }
			q.without = func() any { return p.wrap([]any{nil}) }
		} else {
			q.path = strings.TrimPrefix(p.path+"."+strings.ToLower(part.name[:1])+part.name[1:], ".")
			q.wrap = func(v any) any { return p.wrap(p.m.filled(part.name, v)) }
			q.without = func() any {
				in := p.m.filled("", nil)
				delete(in, part.name)
				return p.wrap(in)
			}
		}
		f(q)
		q.places(f)
	}
}

// TestInputs holds every member of every input against the service's model: values at its bounds are taken, values beyond them
// are refused with the member's path and the constraint, and values of another type with its name.
func TestInputs(t *testing.T) {
	h := newHandler(t, Options{})
	inputs := readModel(t)
	for name := range operations {
		if inputs[name] == nil && len(operations[name].shape.Members) > 0 {
			t.Errorf("testdata/inputs.txt does not have %s", name)
		}
	}
	checks := 0
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		if operations[name] == nil {
			t.Fatalf("there is no operation %s", name)
		}
		top := inputPlace{operation: name, m: inputs[name], wrap: func(v any) any { return v }}
		top.accepts(t, h, "an unknown member", top.m.filled("Unknown", []any{map[string]any{"a": nil}}))
		top.places(func(p inputPlace) {
			checks++
			p.checkPresence(t, h)
			p.checkType(t, h)
			p.checkBounds(t, h)
			p.checkWords(t, h)
		})
	}
	if checks < 200 {
		t.Errorf("only %d members were checked", checks)
	}
}

// send puts an input to the operation.
func (p inputPlace) send(t *testing.T, h http.Handler, input any) (status int, body string) {
	t.Helper()
	text, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	status, body = serve(h, request(p.operation, string(text)))
	if status >= http.StatusInternalServerError {
		t.Errorf("%s %s: %d %s\nfor %.300s", p.operation, p.path, status, body, text)
	}
	return status, body
}

// accepts sees to it that no constraint of the member is broken, whatever else may be wrong with an input.
func (p inputPlace) accepts(t *testing.T, h http.Handler, what string, input any) {
	t.Helper()
	if _, body := p.send(t, h, input); strings.Contains(body, "at '"+p.path+"' failed") || strings.Contains(body, "SerializationException") {
		t.Errorf("%s %s does not take %s: %s", p.operation, p.path, what, body)
	}
}

// refuses sees to it that a constraint is said to be broken.
func (p inputPlace) refuses(t *testing.T, h http.Handler, constraint string, input any) {
	t.Helper()
	status, body := p.send(t, h, input)
	want, _ := json.Marshal(" at '" + p.path + "' failed to satisfy constraint: " + constraint) // of a string: cannot fail
	escaped := strings.Trim(string(want), `"`)
	if status != http.StatusBadRequest || !strings.Contains(body, "com.amazon.coral.validate#ValidationException") || !strings.Contains(unescaped(body), unescaped(escaped)) {
		t.Errorf("%s %s, %s: %d %.600s", p.operation, p.path, constraint, status, body)
	}
}

// unescaped undoes the escapes that encoding/json makes for HTML.
func unescaped(text string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\\`, `\`).Replace(text)
}

// checkPresence: absent or null is an error if the member is required, and none otherwise.
func (p inputPlace) checkPresence(t *testing.T, h http.Handler) {
	if p.m.required || p.m.name == "-" {
		p.refuses(t, h, "Member must not be null", p.without())
		p.refuses(t, h, "Member must not be null", p.wrap(nil))
		return
	}
	p.accepts(t, h, "absence", p.without())
	p.accepts(t, h, "null", p.wrap(nil))
}

// checkType: values of other types are no input at all.
func (p inputPlace) checkType(t *testing.T, h http.Handler) {
	values := map[string]any{"string": "1", "number": 1, "boolean": true, "list": []any{}, "structure": map[string]any{}, "fraction": 1.5, "large": json.Number("9223372036854775808")}
	switch p.m.kind {
	case "integer":
		delete(values, "number")
		values["larger than 32 bits"] = int64(1) << 31
	case "long":
		delete(values, "number")
	case "timestamp":
		delete(values, "number")
		delete(values, "fraction")
	default:
		delete(values, p.m.kind)
	}
	for kind, v := range values {
		status, body := p.send(t, h, p.wrap(v))
		if status != http.StatusBadRequest || !strings.Contains(body, "#SerializationException") || !strings.Contains(body, `"`+p.calls+" must be ") {
			t.Errorf("%s %s as %s: %d %s", p.operation, p.path, kind, status, body)
		}
	}
}

// checkBounds: lengths and values.
func (p inputPlace) checkBounds(t *testing.T, h http.Handler) {
	m := p.m
	if !m.bounded {
		return
	}
	sized := func(n int64) any { // a value of that size
		switch m.kind {
		case "string":
			return strings.Repeat("1", int(n))
		case "list":
			list := []any{}
			for range n {
				list = append(list, m.parts[0].valid())
			}
			return list
		}
		return n
	}
	words := "length"
	if m.kind == "integer" || m.kind == "long" {
		words = "value"
	}
	low := m.low
	if m.pattern != "" {
		low = max(low, 2)
	}
	p.accepts(t, h, fmt.Sprintf("size %d", low), p.wrap(sized(low)))
	if m.low > 0 {
		p.refuses(t, h, fmt.Sprintf("Member must have %s greater than or equal to %d", words, m.low), p.wrap(sized(m.low-1)))
	}
	if m.high > 0 {
		p.accepts(t, h, fmt.Sprintf("size %d", m.high), p.wrap(sized(m.high)))
		p.refuses(t, h, fmt.Sprintf("Member must have %s less than or equal to %d", words, m.high), p.wrap(sized(m.high+1)))
	}
	if m.kind == "string" && m.high > 1 && m.pattern == "" { // characters are counted, not bytes
		p.accepts(t, h, "characters of four bytes", p.wrap(strings.Repeat("😀", int(m.high))))
	}
}

// checkWords: patterns and enumerations.
func (p inputPlace) checkWords(t *testing.T, h http.Handler) {
	if p.m.pattern != "" {
		constraint := "Member must satisfy regular expression pattern: " + p.m.pattern
		for _, text := range []string{"1 1111", "1111\n", "1111é", "11%11"} {
			p.refuses(t, h, constraint, p.wrap(text))
		}
	}
	if len(p.m.enum) > 0 {
		for _, word := range p.m.enum {
			p.accepts(t, h, word, p.wrap(word))
		}
		for _, word := range []string{"", "NO_SUCH", strings.ToLower(p.m.enum[0])} {
			p.refuses(t, h, "Member must satisfy enum value set: [", p.wrap(word))
		}
	}
}

// A body that is wrong at a hundred thousand places costs no more than reading it: a client must not be able to keep the server busy, or
// to fill its memory, with small requests.
func TestWrongBodiesAreCheap(t *testing.T) {
	empty := func(n int) string { return "[" + strings.Repeat("{},", n-1) + "{}]" }
	record := `{"Dimensions":` + empty(dimensionsMax) + `,"MeasureValues":` + empty(attributesMax) + `}`
	body := []byte(`{"DatabaseName":"d","TableName":"t","Records":[` + strings.Repeat(record+",", recordsMax-1) + record + `]}`)
	allocs := testing.AllocsPerRun(1, func() {
		if _, err := decode(body, writeRecordsShape); err == nil || !strings.HasPrefix(err.Error(), "102400 validation errors detected: Value null at ") {
			t.Fatal(err)
		}
	})
	if allocs > 5000 {
		t.Errorf("%.0f allocations for %d bytes", allocs, len(body))
	}
}
