package engine

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/storage"
)

// rejectedJSON is a record in a report: merged with the common attributes, values as they were sent, the time in nanoseconds.
type rejectedJSON struct {
	Dimensions       []dimensionJSON `json:"dimensions"`
	MeasureName      string          `json:"measureName"`
	MeasureValue     *string         `json:"measureValue"`
	MeasureValues    []measureJSON   `json:"measureValues"`
	MeasureValueType string          `json:"measureValueType"`
	Time             string          `json:"time"`
	TimeUnit         string          `json:"timeUnit"`
	Version          int64           `json:"version"`
}

// dimensionJSON is a dimension of a record. Its type is not given: there is only one.
type dimensionJSON struct {
	Name  string  `json:"name"`
	Value string  `json:"value"`
	Type  *string `json:"dimensionValueType"`
}

// measureJSON is an attribute of a multi-measure record.
type measureJSON struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Type  string `json:"type"`
}

// encodeRejected describes a record that became a row. The result shares no memory with them.
func encodeRejected(row *storage.Row, r, c *Record) []byte {
	kind := effectiveType(r, c)
	out := rejectedJSON{
		Dimensions: make([]dimensionJSON, len(row.Dims)), MeasureName: row.Measure, MeasureValueType: kind.String(),
		Time: strconv.FormatInt(row.Time, 10), TimeUnit: TimeUnitNames()[UnitNanoseconds-1], Version: row.Version,
	}
	for i, d := range row.Dims {
		out.Dimensions[i] = dimensionJSON{Name: d.Name, Value: d.Value}
	}
	if kind == TypeMulti {
		for _, list := range [2][]MeasureValue{c.MeasureValues, r.MeasureValues} {
			for i := range list {
				out.MeasureValues = append(out.MeasureValues, measureJSON{list[i].Name, list[i].Value, list[i].Type.String()})
			}
		}
		return encodeJSON(out)
	}
	value := r.MeasureValue
	if value == "" {
		value = c.MeasureValue
	}
	out.MeasureValue = &value
	return encodeJSON(out)
}

// encodeJSON encodes a value without hiding the characters of HTML.
func encodeJSON(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("bug: encode a report: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// add appends a record to those with the same reason.
func (p *report) add(reason string, record []byte) {
	p.records++
	p.bytes += len(record)
	for i := range p.errors {
		if e := &p.errors[i]; e.reason == reason {
			e.records.WriteByte(',')
			e.records.Write(record)
			return
		}
	}
	p.errors = append(p.errors, reportError{reason: reason})
	p.errors[len(p.errors)-1].records.Write(record)
}

// key returns the key of the report's object: the table, and the minute in which the report began.
func (p *report) key() string {
	key := p.database + "/" + p.table + "/" + p.began.UTC().Format("2006-01-02-15-04") + "/" + strings.ToLower(p.id) + ".json"
	if prefix := strings.TrimSuffix(p.target.place.Prefix, "/"); prefix != "" {
		key = prefix + "/" + key
	}
	return key
}

// encode returns the report as JSON. It may be called again.
func (p *report) encode() io.Reader {
	parts := []io.Reader{strings.NewReader(`{"reportId":"` + p.id + `","errors":[`)}
	for i := range p.errors {
		e := &p.errors[i]
		begin := `{"reason":` + string(encodeJSON(e.reason)) + `,"records":[`
		if i > 0 {
			begin = "," + begin
		}
		parts = append(parts, strings.NewReader(begin), bytes.NewReader(e.records.Bytes()), strings.NewReader("]}"))
	}
	return io.MultiReader(append(parts, strings.NewReader("]}"))...)
}
