package api

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidemarkdb/tidemark/internal/engine"
)

// What the decoder of records is held against: the same read by encoding/json, and bodies made at random.

// reference reads a body with encoding/json and by rules written out here; ok is false if the request is wrong in form.
func reference(data []byte) (req *engine.WriteRequest, ok bool) {
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var top any
	if dec.Decode(&top) != nil {
		return nil, false
	}
	defer func() {
		if p := recover(); p == errWrongForm {
			req, ok = nil, false
		} else if p != nil {
			panic(p)
		}
	}()
	m := object(top)
	req = &engine.WriteRequest{Database: need(m, "DatabaseName"), Table: need(m, "TableName")}
	if m["CommonAttributes"] != nil {
		req.Common = referenceRecord(object(m["CommonAttributes"]))
	}
	records := array(m, "Records")
	check(len(records) >= 1 && len(records) <= 100)
	for _, r := range records {
		req.Records = append(req.Records, referenceRecord(object(r)))
	}
	return req, true
}

const errWrongForm = "wrong form"

func check(ok bool) {
	if !ok {
		panic(errWrongForm)
	}
}

func object(v any) map[string]any {
	m, ok := v.(map[string]any)
	check(ok)
	return m
}

func array(m map[string]any, key string) []any {
	if m[key] == nil {
		return nil
	}
	list, ok := m[key].([]any)
	check(ok)
	return list
}

func optional(m map[string]any, key string, low, high int) string {
	if m[key] == nil {
		return ""
	}
	s, ok := m[key].(string)
	n := utf8.RuneCountInString(s)
	check(ok && n >= low && (high == 0 || n <= high))
	return s
}

func need(m map[string]any, key string) string {
	check(m[key] != nil)
	return optional(m, key, 0, 0)
}

func oneOf(m map[string]any, key string, names []string) int {
	if m[key] == nil {
		return 0
	}
	s, ok := m[key].(string)
	i := slices.Index(names, s)
	check(ok && i >= 0)
	return i + 1
}

func referenceRecord(m map[string]any) engine.Record {
	r := engine.Record{
		MeasureName: optional(m, "MeasureName", 1, 0), MeasureValue: optional(m, "MeasureValue", 1, 2048), Time: optional(m, "Time", 1, 256),
		MeasureType: engine.MeasureType(oneOf(m, "MeasureValueType", engine.MeasureTypeNames())), TimeUnit: engine.TimeUnit(oneOf(m, "TimeUnit", engine.TimeUnitNames())),
	}
	if m["Version"] != nil {
		n, ok := m["Version"].(json.Number)
		v, err := strconv.ParseInt(string(n), 10, 64)
		check(ok && err == nil)
		r.Version, r.HasVersion = v, true
	}
	dims, values := array(m, "Dimensions"), array(m, "MeasureValues")
	check(len(dims) <= 128 && len(values) <= 256)
	for _, d := range dims {
		d := object(d)
		check(d["Name"] != nil)
		oneOf(d, "DimensionValueType", []string{"VARCHAR"})
		r.Dimensions = append(r.Dimensions, engine.Dimension{Name: optional(d, "Name", 1, 0), Value: need(d, "Value")})
	}
	for _, v := range values {
		v := object(v)
		check(v["Name"] != nil && v["Value"] != nil && v["Type"] != nil)
		r.MeasureValues = append(r.MeasureValues, engine.MeasureValue{Name: optional(v, "Name", 1, 0), Value: optional(v, "Value", 1, 2048),
			Type: engine.MeasureType(oneOf(v, "Type", engine.MeasureTypeNames()))})
	}
	return r
}

// generator writes request bodies. A wild one makes mistakes.
type generator struct {
	rng  *rand.Rand
	wild bool
}

func (g *generator) chance(n int) bool { return g.rng.IntN(n) == 0 }

func (g *generator) pick(s ...string) string { return s[g.rng.IntN(len(s))] }

func (g *generator) blank() string { return g.pick("", "", "", " ", "\n\t") }

// value is good, or now and then something that does not belong there.
func (g *generator) value(good string) string {
	if g.wild && g.chance(25) {
		return g.pick(`null`, `1`, `-0.5e3`, `"x"`, `""`, `[]`, `{}`, `[null]`, `true`, `{"a":{"b":[]}}`, `nul`, `"\ud800"`, "\"\x01\"", `99999999999999999999`)
	}
	return good
}

func (g *generator) text() string {
	var b strings.Builder
	b.WriteByte('"')
	for range g.rng.IntN(12) + 1 {
		b.WriteString(g.pick("a", "B", "7", " ", "_", "é", "漢", "😀", `\n`, `\"`, `\\`, `\/`, `\u0041`, `\ud83d\ude00`, `\u00fc`))
	}
	b.WriteByte('"')
	return b.String()
}

func (g *generator) object(members ...string) string {
	g.rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	if g.wild && len(members) > 0 && g.chance(10) {
		members = append(members, members[0])
	}
	if g.chance(8) {
		members = append(members, `"Extra":`+g.pick(`1`, `[{"Name":"x"}]`, `"Records"`, `null`))
	}
	return "{" + g.blank() + strings.Join(members, g.blank()+","+g.blank()) + g.blank() + "}"
}

func (g *generator) list(n int, elem func() string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = g.value(elem())
	}
	return "[" + g.blank() + strings.Join(parts, ","+g.blank()) + "]"
}

func (g *generator) member(name, value string) string {
	return `"` + name + `"` + g.blank() + ":" + g.blank() + g.value(value)
}

func (g *generator) record() string {
	var members []string
	add := func(name string, value func() string) {
		if g.chance(2) {
			members = append(members, g.member(name, value()))
		}
	}
	add("MeasureName", g.text)
	add("MeasureValue", g.text)
	add("MeasureValueType", func() string {
		return g.pick(`"DOUBLE"`, `"BIGINT"`, `"VARCHAR"`, `"BOOLEAN"`, `"TIMESTAMP"`, `"MULTI"`)
	})
	add("Time", func() string { return strconv.Quote(strconv.Itoa(g.rng.IntN(1e9))) })
	add("TimeUnit", func() string { return g.pick(`"SECONDS"`, `"MILLISECONDS"`, `"MICROSECONDS"`, `"NANOSECONDS"`) })
	add("Version", func() string { return g.pick("1", "0", "-7", "9223372036854775807") })
	add("Dimensions", func() string {
		return g.list(g.rng.IntN(4), func() string { return g.object(g.member("Name", g.text()), g.member("Value", g.text())) })
	})
	add("MeasureValues", func() string {
		return g.list(g.rng.IntN(4), func() string {
			return g.object(g.member("Name", g.text()), g.member("Value", g.text()), g.member("Type", g.pick(`"DOUBLE"`, `"TIMESTAMP"`)))
		})
	})
	return g.object(members...)
}

func (g *generator) request() string {
	members := []string{g.member("DatabaseName", g.text()), g.member("TableName", g.text()), g.member("Records", g.list(1+g.rng.IntN(5), g.record))}
	if g.chance(2) {
		members = append(members, g.member("CommonAttributes", g.record()))
	}
	return g.object(members...)
}
