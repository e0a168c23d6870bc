package awsjson_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
)

var (
	name  = &awsjson.Shape{Kind: awsjson.String, Min: 3, Max: 8, Pattern: awsjson.NewPattern("[a-z]+")}
	color = &awsjson.Shape{Kind: awsjson.String, Enum: []string{"RED", "BLUE"}}
	item  = &awsjson.Shape{Kind: awsjson.Structure, Name: "Item", Members: []awsjson.Member{
		{Name: "Key", Shape: &awsjson.Shape{Kind: awsjson.String, Min: 1}, Required: true},
		{Name: "Color", Shape: color},
	}}
	request = &awsjson.Shape{Kind: awsjson.Structure, Name: "Request", Members: []awsjson.Member{
		{Name: "Name", Shape: name, Required: true},
		{Name: "Count", Shape: &awsjson.Shape{Kind: awsjson.Integer, Min: 1, Max: 20}},
		{Name: "Version", Shape: &awsjson.Shape{Kind: awsjson.Long}},
		{Name: "On", Shape: &awsjson.Shape{Kind: awsjson.Boolean}},
		{Name: "Items", Shape: &awsjson.Shape{Kind: awsjson.List, Min: 1, Max: 3, Elem: item}},
		{Name: "Secret", Shape: &awsjson.Shape{Kind: awsjson.String, Min: 4, Sensitive: true}},
	}}
)

func TestDecode(t *testing.T) {
	v, err := awsjson.Decode([]byte(`{"Name":"abc","Other":{"x":[1,2,{"y":null}]},"Count":7,"Version":9223372036854775807,
		"On":true,"Items":[{"Key":"k1"},{"Key":"k2","Color":"RED"}],"name":"wrong case"}`), request)
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Get("Name").Text(); got != "abc" {
		t.Errorf("Name = %q", got)
	}
	if got := v.Get("Count").Int(); got != 7 {
		t.Errorf("Count = %d", got)
	}
	if got := v.Get("Version").Int(); got != 1<<63-1 {
		t.Errorf("Version = %d", got)
	}
	if !v.Get("On").Bool() || v.Get("Secret").Present() {
		t.Error("On or Secret is wrong")
	}
	items := v.Get("Items")
	if items.Count() != 2 || items.Elems()[1].Get("Color").Text() != "RED" || items.Elems()[0].Get("Color").Present() {
		t.Error("Items are wrong")
	}
	if text := awsjson.Validate(v); text != "" {
		t.Errorf("Validate: %s", text)
	}
}

// TestDecodeAbsence: an empty body, null, and members that are null or missing are all absent; the last of equal members
// counts.
func TestDecodeAbsence(t *testing.T) {
	for _, body := range []string{"", "  ", "null", "{}", `{"Name":null}`, `{"Name":"abc","Name":null}`} {
		v, err := awsjson.Decode([]byte(body), request)
		if err != nil || v.Get("Name").Present() {
			t.Errorf("%q: present %v, error %v", body, v.Get("Name").Present(), err)
		}
	}
	v, err := awsjson.Decode([]byte(`{"Items":[{"Key":"a","Color":"RED"}],"Items":[{"Key":"b"}]}`), request)
	if err != nil || v.Get("Items").Count() != 1 || v.Get("Items").Elems()[0].Get("Color").Present() {
		t.Errorf("equal members: %v", err)
	}
	if v.Get("Items").Elems()[0].Get("Color").Get("nothing below an absent member").Present() {
		t.Error("a member of an absent member is present")
	}
}

// Lists without a bound of their own share one: no element is dropped in silence, and a small body cannot take much memory.
func TestDecodeElementsMax(t *testing.T) {
	inner := &awsjson.Shape{Kind: awsjson.List, Elem: name}
	shape := &awsjson.Shape{Kind: awsjson.Structure, Name: "Request", Members: []awsjson.Member{{Name: "Outer", Shape: &awsjson.Shape{Kind: awsjson.List, Elem: inner}}}}
	lists := func(outer, inner int) []byte {
		list := `["abc"` + strings.Repeat(`,"abc"`, inner-1) + `]`
		return []byte(`{"Outer":[` + list + strings.Repeat(","+list, outer-1) + `]}`)
	}
	v, err := awsjson.Decode(lists(100, awsjson.ElementsMax/100-1), shape) // one for each list itself
	if err != nil || v.Get("Outer").Count() != 100 || len(v.Get("Outer").Elems()[99].Elems()) != awsjson.ElementsMax/100-1 {
		t.Errorf("as many as there may be: %v", err)
	}
	const want = "Each element of Outer and other lists have more than 10000 elements together"
	if _, err := awsjson.Decode(lists(100, awsjson.ElementsMax/100), shape); err == nil || err.Error() != want {
		t.Errorf("more: %v", err)
	}
}

func TestDecodeWrongTypes(t *testing.T) {
	tests := []struct{ body, message string }{
		{`[]`, "The request body must be an object"},
		{`"x"`, "The request body must be an object"},
		{`{"Name":1}`, "Name must be a string"},
		{`{"Count":"1"}`, "Count must be a number"},
		{`{"Count":1.0}`, "Count must be an integer within its range"},
		{`{"Count":1e2}`, "Count must be an integer within its range"},
		{`{"Count":2147483648}`, "Count must be an integer within its range"},
		{`{"Version":9223372036854775808}`, "Version must be an integer within its range"},
		{`{"On":1}`, "On must be true or false"},
		{`{"On":"true"}`, "On must be true or false"},
		{`{"Items":{}}`, "Items must be a list"},
		{`{"Items":["x"]}`, "Each element of Items must be an object"},
		{`{"Items":[{"Key":[]}]}`, "Key must be a string"},
		{`{"Name":`, "the request body ends within a JSON value"},
		{`{"Items":[`, "the request body ends within a JSON value"},
		{`{"Name":"abc"`, "the request body ends within a JSON value"},
		{`{"Name":"abc"}}`, "the request body is not valid JSON at byte 14"},
		{`{"Name":tru}`, "Name must be a string"},
		{`{"On":tru}`, "the request body is not valid JSON at byte 6"},
		{"{\"Name\":\"a\xff\"}", "the request body is not valid UTF-8"},
	}
	for _, tt := range tests {
		_, err := awsjson.Decode([]byte(tt.body), request)
		var syntax *awsjson.SyntaxError
		if !errors.As(err, &syntax) || syntax.Message != tt.message {
			t.Errorf("%s: got %v, want %s", tt.body, err, tt.message)
		}
	}
}

func TestValidate(t *testing.T) {
	const one, two = "1 validation error detected: ", "2 validation errors detected: "
	tests := []struct{ body, want string }{
		{`{"Name":"abc"}`, ""},
		{`{}`, one + "Value null at 'name' failed to satisfy constraint: Member must not be null"},
		{`{"Name":"ab"}`, one + "Value 'ab' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 3"},
		{`{"Name":"abcdefghi"}`, one + "Value 'abcdefghi' at 'name' failed to satisfy constraint: Member must have length less than or equal to 8"},
		{`{"Name":"abc\n"}`, one + "Value 'abc\n' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+"},
		{`{"Name":"A"}`, two + "Value 'A' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 3; " +
			"Value 'A' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+"},
		{`{"Name":"abc","Count":0}`, one + "Value '0' at 'count' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{`{"Name":"abc","Count":21}`, one + "Value '21' at 'count' failed to satisfy constraint: Member must have value less than or equal to 20"},
		{`{"Name":"abc","Version":-5}`, ""},
		{`{"Name":"abc","Items":[]}`, one + "Value '[]' at 'items' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{`{"Name":"abc","Items":[{"Key":"a"},{"Key":"b"},{"Key":"c"},{"Key":"d"}]}`, one + "Value '[Item(key=a), Item(key=b), Item(key=c)]' at 'items' " +
			"failed to satisfy constraint: Member must have length less than or equal to 3"},
		{`{"Name":"abc","Items":[{"Key":"a"},{"Color":"PINK"}]}`, two +
			"Value null at 'items.2.member.key' failed to satisfy constraint: Member must not be null; " +
			"Value 'PINK' at 'items.2.member.color' failed to satisfy constraint: Member must satisfy enum value set: [RED, BLUE]"},
		{`{"Name":"abc","Items":[null]}`, one + "Value null at 'items.1.member' failed to satisfy constraint: Member must not be null"},
		{`{"Name":"abc","Secret":"xyz"}`, one + "Value at 'secret' failed to satisfy constraint: Member must have length greater than or equal to 4"},
		{`{"Name":"äöü"}`, one + "Value 'äöü' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+"},
	}
	for _, tt := range tests {
		v, err := awsjson.Decode([]byte(tt.body), request)
		if err != nil {
			t.Fatal(err)
		}
		if got := awsjson.Validate(v); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.body, got, tt.want)
		}
	}
}

// TestValidateBounds: neither long values nor many violations make a long text.
func TestValidateBounds(t *testing.T) {
	v, err := awsjson.Decode([]byte(`{"Name":"`+strings.Repeat("é", 100_000)+`"}`), request)
	if err != nil {
		t.Fatal(err)
	}
	if text := awsjson.Validate(v); len(text) > 2000 || !strings.Contains(text, "é...'") {
		t.Errorf("long value: %d bytes of text", len(text))
	}
	many := &awsjson.Shape{Kind: awsjson.Structure, Members: []awsjson.Member{{Name: "Items", Shape: &awsjson.Shape{Kind: awsjson.List, Elem: item}}}}
	v, err = awsjson.Decode([]byte(`{"Items":[{}`+strings.Repeat(",{}", 499)+`]}`), many)
	if err != nil {
		t.Fatal(err)
	}
	if text := awsjson.Validate(v); !strings.HasPrefix(text, "500 validation errors detected: ") || len(text) > 5000 {
		t.Errorf("many violations: %d bytes of text", len(text))
	}
}

func TestWriter(t *testing.T) {
	var w awsjson.Writer
	w.Open('{')
	w.Key("A")
	w.Text(`x"y`)
	w.Key("B")
	w.Open('[')
	w.Int(-5)
	w.Bool(true)
	w.Open('{')
	w.Close('{')
	w.Millis(1677167593266)
	w.Millis(1677167593000)
	w.Millis(1677167593250)
	w.Millis(-1500)
	w.Double(100)
	w.Double(11.5)
	w.Double(1e300)
	w.Raw([]byte(`null`))
	w.Close('[')
	w.Key("C")
	w.Bool(false)
	w.Close('{')
	want := `{"A":"x\"y","B":[-5,true,{},1677167593.266,1677167593,1677167593.25,-1.5,100.0,11.5,1e+300,null],"C":false}`
	if got := string(w.Buf); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestTimestamp: seconds with a fraction, in every form that JSON has for them, are whole milliseconds.
func TestTimestamp(t *testing.T) {
	shape := &awsjson.Shape{Kind: awsjson.Structure, Members: []awsjson.Member{{Name: "At", Shape: &awsjson.Shape{Kind: awsjson.Timestamp}}}}
	for text, want := range map[string]int64{
		"1704449700": 1704449700000, "1704449700.123": 1704449700123, "1.7044497E9": 1704449700000, "-0.001": -1, "1677167593.2664": 1677167593266, "0": 0,
	} {
		v, err := awsjson.Decode([]byte(`{"At":`+text+`}`), shape)
		if err != nil || v.Get("At").Int() != want {
			t.Errorf("%s: %d, %v, want %d", text, v.Get("At").Int(), err, want)
		}
	}
	for text, want := range map[string]string{
		`"2024-01-05T10:15:00Z"`: "At must be a number of seconds", "1e300": "At must be a number of seconds within its range",
		"9223372036854775807": "At must be a number of seconds within its range", "true": "At must be a number of seconds",
	} {
		if _, err := awsjson.Decode([]byte(`{"At":`+text+`}`), shape); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
