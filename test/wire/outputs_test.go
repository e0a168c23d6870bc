package wire_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
)

// neverAnswered are the members of outputs that no exchange shows, by type and member, and why.
var neverAnswered = map[string]string{
	"LastUpdate.StatusMessage": "only failed updates of capacity have one, and none fails",
}

// answers matches the operation and the body of each successful answer of a story.
var answers = regexp.MustCompile(`(?s)Timestream_20181101\.(\w+)\n(?:[^\n]+\n)*?\n[^\n]*\n+answer\nHTTP/1\.1 200 OK\n(?:[^\n]+\n)+\n(\{[^\n]*\})`)

// TestOutputs: every member that the outputs of the generated clients have is in some exchange, and no answer has one that they
// do not know.
func TestOutputs(t *testing.T) {
	outputs := map[string][]reflect.Type{}
	for _, client := range []any{&timestreamwrite.Client{}, &timestreamquery.Client{}} {
		c := reflect.TypeOf(client)
		for i := range c.NumMethod() {
			m := c.Method(i)
			if m.Type.IsVariadic() && m.Type.NumIn() == 4 && strings.HasSuffix(m.Type.In(2).String(), "Input") {
				outputs[m.Name] = append(outputs[m.Name], m.Type.Out(0).Elem())
			}
		}
	}
	files, err := filepath.Glob("*/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := coverage{members: map[string]bool{}}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range answers.FindAllStringSubmatch(string(text), -1) {
			var body map[string]any
			if err := json.Unmarshal([]byte(m[2]), &body); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			seen.unknown = nil
			for _, output := range outputs[m[1]] {
				seen.mark(output, body)
			}
			if len(outputs[m[1]]) == 1 && len(seen.unknown) > 0 { // of two clients the answer may be for either
				t.Errorf("%s: the clients do not know %v", file, seen.unknown)
			}
		}
	}
	checked := map[reflect.Type]bool{}
	for _, types := range outputs {
		for _, output := range types {
			seen.check(t, output, checked)
		}
	}
}

// coverage is which members of which types were seen in answers.
type coverage struct {
	members map[string]bool
	unknown []string
}

// mark notes the members of a value.
func (c *coverage) mark(typ reflect.Type, value any) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			c.mark(inside(typ), v)
		}
	case map[string]any:
		typ = inside(typ)
		for name, v := range value {
			field, ok := typ.FieldByName(name)
			if !ok {
				c.unknown = append(c.unknown, typ.Name()+"."+name)
				continue
			}
			c.members[typ.Name()+"."+name] = true
			c.mark(field.Type, v)
		}
	}
}

// inside returns what a pointer or a slice is of.
func inside(typ reflect.Type) reflect.Type {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	return typ
}

// check complains about members of a type, and of those in it, that were not seen.
func (c *coverage) check(t *testing.T, typ reflect.Type, checked map[reflect.Type]bool) {
	typ = inside(typ)
	if checked[typ] || typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() {
		return
	}
	checked[typ] = true
	for i := range typ.NumField() {
		field := typ.Field(i)
		if !field.IsExported() || field.Name == "ResultMetadata" {
			continue
		}
		switch name := typ.Name() + "." + field.Name; {
		case !c.members[name] && neverAnswered[name] == "":
			t.Errorf("no exchange answers %s", name)
		case c.members[name] && neverAnswered[name] != "":
			t.Errorf("%s is answered: take it off the list", name)
		}
		if neverAnswered[typ.Name()+"."+field.Name] == "" {
			c.check(t, field.Type, checked)
		}
	}
}
