package awsjson_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
)

// FuzzScanner compares the scanner with encoding/json: the same bytes are JSON for both, with the same meaning. The one
// intended difference is that the scanner refuses what is not UTF-8.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{}`, `[]`, `{"a":1}`, ` { "a" : [ 1 , true , false , null , "x" ] } `,
		`"plain"`, `"esc \" \\ \/ \b \f \n \r \t \u00e9 \u20ac"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00\ud83d"`, `"\ud83d\n"`, `"\ud83dx"`,
		`"a long string without any escape in it, longer than eight bytes"`, "\"tab\there\"", "\"\xff\"", `"\u12"`, `"\x"`, `"open`,
		`-0`, `01`, `1.`, `.5`, `1e5`, `1E+05`, `-1.5e-10`, `9223372036854775807`, `9223372036854775808`, `-9223372036854775808`, `--1`,
		`[1,]`, `{"a":}`, `{"a":1,}`, `{,}`, `[1 2]`, `{"a" 1}`, `tru`, `nulll`, `[[[[]]]]`, `{"a":1,"a":2}`, `1 2`, "\x00", `"é漢字😀 and ascii"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s awsjson.Scanner
		s.Reset(data)
		got := scanAny(&s)
		s.End()

		want, err := referenceAny(data)
		switch {
		case err == nil && !utf8.Valid(data):
			if s.Err() == nil {
				t.Fatalf("%q: invalid UTF-8 was taken", data)
			}
		case (err == nil) != (s.Err() == nil):
			t.Fatalf("%q: encoding/json says %v, the scanner %v", data, err, s.Err())
		case err == nil && !reflect.DeepEqual(got, want):
			t.Fatalf("%q: got %#v, want %#v", data, got, want)
		}

		s.Reset(data)
		s.SkipValue()
		s.End()
		if err == nil && utf8.Valid(data) && s.Err() != nil || err != nil && s.Err() == nil {
			t.Fatalf("%q: skipping says %v, encoding/json %v", data, s.Err(), err)
		}
	})
}

// scanAny reads one value in the Go form that encoding/json gives it.
func scanAny(s *awsjson.Scanner) any {
	switch c := s.Peek(); c {
	case '"':
		return string(s.String())
	case '{':
		out := map[string]any{}
		for more := s.Open('{'); more; more = s.More('{') {
			key := string(s.Key())
			out[key] = scanAny(s)
		}
		return out
	case '[':
		out := []any{}
		for more := s.Open('['); more; more = s.More('[') {
			out = append(out, scanAny(s))
		}
		return out
	case 't', 'f':
		return s.Bool()
	case 'n':
		s.Null()
		return nil
	}
	return json.Number(s.Number())
}

func referenceAny(data []byte) (any, error) {
	if !json.Valid(data) {
		return nil, json.Unmarshal(data, new(any))
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var want any
	return want, dec.Decode(&want)
}

// TestScannerDepth: nesting is bounded, and the bound itself is allowed.
func TestScannerDepth(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	var s awsjson.Scanner
	s.Reset(nested(awsjson.DepthMax))
	s.SkipValue()
	s.End()
	if s.Err() != nil {
		t.Errorf("at the bound: %v", s.Err())
	}
	s.Reset(nested(awsjson.DepthMax + 1))
	s.SkipValue()
	if s.Err() == nil {
		t.Error("beyond the bound: no error")
	}
}

// TestScannerKeepsStrings: strings with escapes stay right while further ones are read.
func TestScannerKeepsStrings(t *testing.T) {
	body := []byte(`["a\n","b\t",` + strings.Repeat(`"c\u0041",`, 500) + `"end"]`)
	var s awsjson.Scanner
	s.Reset(body)
	var got []string
	for more := s.Open('['); more; more = s.More('[') {
		got = append(got, s.Text())
	}
	s.End()
	if s.Err() != nil || got[0] != "a\n" || got[1] != "b\t" || got[2] != "cA" || got[501] != "cA" || got[502] != "end" {
		t.Fatalf("got %q, error %v", got[:3], s.Err())
	}
}
