package engine

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/errorreport"
	"github.com/tidemarkdb/tidemark/internal/storage"
)

// encodeRejected describes a record that became a row: merged with the common attributes, values as they were sent, the time in
// nanoseconds. The result shares no memory with them.
func encodeRejected(row *storage.Row, r, c *Record) []byte {
	kind := effectiveType(r, c)
	out := errorreport.Record{
		Dimensions: make([]errorreport.Dimension, len(row.Dims)), MeasureName: row.Measure, MeasureType: kind.String(),
		Time: strconv.FormatInt(row.Time, 10), TimeUnit: TimeUnitNames()[UnitNanoseconds-1], Version: &row.Version,
	}
	for i, d := range row.Dims {
		out.Dimensions[i] = errorreport.Dimension{Name: d.Name, Value: d.Value}
	}
	if kind == TypeMulti {
		for _, list := range [2][]MeasureValue{c.MeasureValues, r.MeasureValues} {
			for i := range list {
				out.MeasureValues = append(out.MeasureValues, errorreport.Measure{Name: list[i].Name, Value: list[i].Value, Type: list[i].Type.String()})
			}
		}
		return errorreport.Encode(out)
	}
	value := r.MeasureValue
	if value == "" {
		value = c.MeasureValue
	}
	out.MeasureValue = &value
	return errorreport.Encode(out)
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
	return errorreport.Key(p.target.place.Prefix, p.database+"/"+p.table+"/"+p.began.UTC().Format("2006-01-02-15-04")+"/"+strings.ToLower(p.id)+".json")
}

// encode returns the report as JSON. It may be called again.
func (p *report) encode() io.Reader {
	parts := []io.Reader{strings.NewReader(`{"reportId":"` + p.id + `","errors":[`)}
	for i := range p.errors {
		e := &p.errors[i]
		begin := `{"reason":` + string(errorreport.Encode(e.reason)) + `,"records":[`
		if i > 0 {
			begin = "," + begin
		}
		parts = append(parts, strings.NewReader(begin), bytes.NewReader(e.records.Bytes()), strings.NewReader("]}"))
	}
	return io.MultiReader(append(parts, strings.NewReader("]}"))...)
}
