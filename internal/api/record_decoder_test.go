package api

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/engine"
)

// normal drops the difference between no slice and an empty one, and copies all strings.
func normal(req *engine.WriteRequest) string {
	return strings.ReplaceAll(fmt.Sprintf("%+v", *req), "<nil>", "[]")
}

// compare checks both ways of decoding against the reference and reports whether the fast way took the body.
func compare(t *testing.T, body []byte) (fast bool) {
	t.Helper()
	want, ok := reference(body)
	in, err := decode(body, writeRecordsShape)
	if (err == nil) != ok {
		t.Fatalf("%q:\nthe shape says %v, the reference %v", body, err, ok)
	}
	if ok && normal(writeRequestOf(in)) != normal(want) {
		t.Fatalf("%q:\nby shape  %+v\nreference %+v", body, writeRequestOf(in), want)
	}
	var d recordDecoder
	for range 2 { // the second time with used memory
		fast = d.decode(body)
		if fast && !ok {
			t.Fatalf("%q:\nthe fast way takes what is wrong (%v)", body, err)
		}
		if fast && normal(&d.req) != normal(want) {
			t.Fatalf("%q:\nfast      %+v\nreference %+v", body, d.req, want)
		}
		d.release()
	}
	return fast
}

// FuzzRecordDecoder: no body is read differently by the fast way, the shape, and encoding/json.
func FuzzRecordDecoder(f *testing.F) {
	for _, body := range slices.Concat(plainBodies(), alikeBodies(), oddBodies()) {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) { compare(t, body) })
}

// plainBodies are requests as clients send them.
func plainBodies() []string {
	return []string{
		`{"DatabaseName":"d","TableName":"t","Records":[{"Dimensions":[{"Name":"host","Value":"h1"}],"MeasureName":"cpu","MeasureValue":"13.6","MeasureValueType":"DOUBLE","Time":"1704449700000"}]}`,
		` { "TableName" : "t" , "DatabaseName" : "d" , "CommonAttributes" : { "Time" : "1" , "TimeUnit" : "SECONDS" , "Version" : 9223372036854775807 } , "Records" : [ { } , { } ] } `,
		`{"DatabaseName":"d","TableName":"t","CommonAttributes":{},"Records":[{"MeasureValueType":"MULTI","MeasureValues":[{"Name":"a","Value":"1","Type":"BIGINT"},{"Name":"b","Value":"x","Type":"VARCHAR"}]}]}`,
		`{"DatabaseName":"d","TableName":"t","CommonAttributes":null,"Records":[{"Dimensions":[],"MeasureValues":[],"Version":null,"Time":null,"MeasureName":null}]}`,
		`{"DatabaseName":"","TableName":"t","Unknown":{"a":[1,{"b":null}]},"Records":[{"Dimensions":[{"Name":"é","Value":"","DimensionValueType":"VARCHAR","x":1}],"Other":true}]}`,
		`{"DatabaseName":"d\u00e9\ud83d\ude00\n","TableName":"\"t\\","Records":[{"MeasureName":"a\/b","Version":-5},{"MeasureName":"\ud800","Version":1}]}`,
		`{"DatabaseName":"d","DatabaseName":"e","TableName":"t","Records":[{"MeasureName":"x"}],"Records":[{"Time":"1","Time":null,"Dimensions":[{"Name":"a","Value":"1"}],"Dimensions":[{"Name":"b","Value":"2"}]}]}`,
	}
}

// alikeBodies are requests whose records or attributes begin like the one before and go on differently.
func alikeBodies() []string {
	const head, tail = `{"DatabaseName":"d","TableName":"t","CommonAttributes":{"MeasureValues":[{"Name":"a","Value":"1","Type":"DOUBLE"}]},"Records":[`, `]}`
	const first = `{"Time":"1","MeasureValues":[{"Name":"a","Value":"1","Type":"DOUBLE"},{"Value":"2","Name":"b","Type":"BIGINT"}]}`
	bodies := []string{head + first + `,` + first + tail}
	for _, attributes := range []string{
		``, `{"Name":"a","Value":"3","Type":"DOUBLE"}`, `{"Name":"a","Value":"3","Type":"BIGINT"}`, `{"Name":"a","Value":"3","Name":"c","Type":"DOUBLE"}`,
		`{"Name":"a","Value":"3","Type":"DOUBLE","Type":"BIGINT"}`, `{"Name":"a","Value":"3"}`, `{"Name":"a","Value":"3","Type":"DOUBLE","X":[{}]}`,
		`{"Name":"a","Value":"\u0033\"","Type":"DOUBLE"}`, `{"Name":"a","Value":"","Type":"DOUBLE"}`, `{"Name":"a","Value":null,"Type":"DOUBLE"}`, `{"Name":"a","Value":3,"Type":"DOUBLE"}`,
		`{"Name":"a" ,"Value":"3","Type":"DOUBLE"}`, ` {"Name":"a","Value": "3" ,"Type":"DOUBLE"} `, `{"Name":"a","Value":"3","Type":"DOUBLE"},{"Value":"4","Name":"b","Type":"DOUBLE"}`,
		`{"Name":"a","Value":"3","Type":"DOUBLE"},{"Value":"4","Name":"b","Type":"BIGINT"},{"Name":"c","Value":"5","Type":"VARCHAR"}`, `{"Name":"a","Value":"` + "\xff" + `","Type":"DOUBLE"}`,
		`{"Name":"a","Value":"3","Type":"DOUBLE"`, `{"Name":"a","Value":"3`, `{"Name":"a","Value":`,
	} {
		bodies = append(bodies, head+first+`,{"Time":"2","MeasureValues":[`+attributes+`]}`+tail)
	}
	for _, record := range []string{`{}`, `{"Time" :"2"}`, `{"MeasureValues":[],"Time":"2"}`, `{"Time":"2","Time":"3"}`, `{"Time":"2","MeasureName":"x"}`, `{"Time":null}`, `{"Time":2}`, `{"Time"}`, `{"Ti`,
		`{"Time":"2","X":{"Time":"3"}}`, `{"\u0054ime":"2"},{"\u0054ime":"3"},{"Time":"4"}`, `{` + strings.Repeat(`"Time":"1",`, 40) + `"Time":"2"},{"Time":"3"}`} {
		bodies = append(bodies, head+first+`,`+record+tail)
	}
	return bodies
}

// A record that is nearly written like the one before is read as encoding/json reads it.
func TestRecordsAlike(t *testing.T) {
	for i, body := range alikeBodies() {
		if fast := compare(t, []byte(body)); i == 0 && !fast {
			t.Errorf("the fast way leaves a plain body: %s", body)
		}
	}
}

// oddBodies are wrong in form, or nearly so.
func oddBodies() []string {
	const head = `{"DatabaseName":"d","TableName":"t","Records":`
	bodies := []string{``, `null`, `[]`, `{}`, head + `[]}`, head + `null}`, head + `{}}`, head + `[null]}`, head + `[{}]`, head + `[{}]} x`, `{"DatabaseName":"d","Records":[{}]}`,
		`{"TableName":null,"DatabaseName":"d","Records":[{}]}`, head + "[{\"MeasureName\":\"\xff\"}]}", `{"DatabaseName":1,"TableName":"t","Records":[{}]}`,
		`{"databasename":"d","TableName":"t","Records":[{}]}`, head + `[{}],"CommonAttributes":[]}`, head + `[{}],"CommonAttributes":{"Version":1.0}}`}
	for _, member := range []string{`"MeasureName":""`, `"MeasureName":5`, `"MeasureValue":""`, `"MeasureValueType":"double"`, `"MeasureValueType":""`, `"Time":5`, `"Time":""`, `"TimeUnit":"HOURS"`,
		`"Version":1.0`, `"Version":1e3`, `"Version":"1"`, `"Version":9223372036854775808`, `"Version":-9223372036854775808`, `"Version":true`, `"Dimensions":{}`, `"Dimensions":[null]`, `"Dimensions":[{}]`,
		`"Dimensions":[{"Name":"a"}]`, `"Dimensions":[{"Name":"a","Value":null}]`, `"Dimensions":[{"Name":"","Value":"x"}]`, `"Dimensions":[{"Name":"a","Value":"x","DimensionValueType":"BIGINT"}]`,
		`"Dimensions":[{"Name":"a","Value":"x","DimensionValueType":null}]`, `"MeasureValues":[{"Name":"a","Value":"","Type":"DOUBLE"}]`, `"MeasureValues":[{"Name":"a","Value":"1"}]`,
		`"MeasureValues":[{"Name":"a","Value":"1","Type":null}]`, `"MeasureValues":[{"Name":"a","Value":"1","Type":"MULTI"}]`, `"MeasureValue":"` + strings.Repeat("é", 2048) + `"`,
		`"MeasureValue":"` + strings.Repeat("x", 2049) + `"`, `"Time":"` + strings.Repeat("1", 257) + `"`} {
		bodies = append(bodies, head+`[{`+member+`}]}`, head+`[{}],"CommonAttributes":{`+member+`}}`)
	}
	repeat := func(s string, n int) string { return `[` + strings.TrimSuffix(strings.Repeat(s+",", n), ",") + `]` }
	for _, n := range []int{0, 1} {
		bodies = append(bodies, head+repeat(`{}`, 100+n)+`}`, head+`[{"Dimensions":`+repeat(`{"Name":"a","Value":""}`, 128+n)+`}]}`,
			head+`[{"MeasureValues":`+repeat(`{"Name":"a","Value":"1","Type":"DOUBLE"}`, 256+n)+`}]}`)
	}
	return bodies
}

func TestRecordDecoder(t *testing.T) {
	for _, body := range plainBodies() {
		if !compare(t, []byte(body)) {
			t.Errorf("the fast way leaves a plain body: %s", body)
		}
	}
	for _, body := range oddBodies() {
		compare(t, []byte(body))
	}
}

// TestRecordDecoderRandom: bodies made at random, most of them right.
func TestRecordDecoderRandom(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	fast := 0
	const bodies = 3000
	for range bodies {
		g := generator{rng: rng, wild: rng.IntN(3) == 0}
		if compare(t, []byte(g.request())) {
			fast++
		}
	}
	if fast < bodies/2 {
		t.Errorf("only %d of %d bodies are taken by the fast way", fast, bodies)
	}
}

// TestRecordDecoderAllocates nothing once its memory has grown.
func TestRecordDecoderAllocates(t *testing.T) {
	body := []byte(benchBody(100, 0))
	var d recordDecoder
	n := testing.AllocsPerRun(20, func() {
		if !d.decode(body) {
			t.Fatal("not taken")
		}
		d.release()
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// benchBody is a request of n records of one measure each, or of the given number of attributes, with common dimensions.
func benchBody(n, attributes int) string {
	var b strings.Builder
	b.WriteString(`{"DatabaseName":"benchmark","TableName":"cpu","CommonAttributes":{"Dimensions":[`)
	for i, name := range []string{"hostname", "region", "datacenter", "rack", "os", "arch", "team", "service", "service_version", "service_environment"} {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"Name":"%s","Value":"%s-%d"}`, name, name, i)
	}
	b.WriteString(`],"TimeUnit":"MILLISECONDS"},"Records":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		if attributes == 0 {
			fmt.Fprintf(&b, `{"MeasureName":"usage_%d","MeasureValue":"%d.%02d","MeasureValueType":"DOUBLE","Time":"%d"}`, i%10, i%100, i%97, 1704449700000-i/10)
			continue
		}
		fmt.Fprintf(&b, `{"MeasureName":"metrics","MeasureValueType":"MULTI","Time":"%d","MeasureValues":[`, 1704449700000-i)
		for j := range attributes {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"Name":"usage_%d","Value":"%d.%02d","Type":"DOUBLE"}`, j, i%100, j%97)
		}
		b.WriteString(`]}`)
	}
	b.WriteString(`]}`)
	return b.String()
}

func BenchmarkRecordDecoder(b *testing.B) {
	for name, attributes := range map[string]int{"single": 0, "multi-10": 10} {
		body := []byte(benchBody(100, attributes))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			var d recordDecoder
			for b.Loop() {
				if !d.decode(body) {
					b.Fatal("not taken")
				}
				d.release()
			}
		})
		b.Run(name+"-by-shape", func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				in, err := decode(body, writeRecordsShape)
				if err != nil {
					b.Fatal(err)
				}
				writeRequestOf(in)
			}
		})
	}
}
