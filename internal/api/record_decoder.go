package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// Bounds that recordDecoder checks. They are those of writeRecordsShape; a test compares the two.
const (
	recordsMax      = 100
	dimensionsMax   = 128
	attributesMax   = 256
	valueBytesEasy  = 2048 // up to here no character count is needed
	timeBytesEasy   = 256
	recordsTypical  = 100
	arenaKeptValues = 16 << 10
)

// recordDecoder reads the body of WriteRecords in one pass without allocating. Its strings share the body's memory.
//
// It takes only what is beyond doubt. Whatever it does not take (a violated constraint, a wrong type, an oddity) is read again
// by the slow way, through the shape, which alone decides what is right and what the error says.
type recordDecoder struct {
	scan   awsjson.Scanner
	req    engine.WriteRequest
	dims   []engine.Dimension
	values []engine.MeasureValue
	seen   seenRecord
}

// release forgets the request, so that its memory is not kept alive, and memory of an unusual size.
func (d *recordDecoder) release() {
	records, dims, values := d.req.Records, d.dims, d.values
	clear(records)
	clear(dims)
	clear(values)
	d.seen.forget()
	d.scan.Reset(nil)
	if cap(dims)+cap(values) > arenaKeptValues {
		dims, values = nil, nil
	}
	d.req, d.dims, d.values = engine.WriteRequest{Records: records[:0]}, dims[:0], values[:0]
}

// decode reads a body. It reports false if the slow way has to decide; d.req means nothing then.
func (d *recordDecoder) decode(body []byte) bool {
	s, req := &d.scan, &d.req
	s.Reset(body)
	hasDatabase, hasTable := false, false
	for more := s.Open('{'); more; more = s.More('{') {
		switch string(s.Key()) {
		case "DatabaseName":
			req.Database, hasDatabase = d.text()
		case "TableName":
			req.Table, hasTable = d.text()
		case "CommonAttributes":
			req.Common = engine.Record{}
			if !s.Null() {
				d.record(&req.Common)
			}
		case "Records":
			req.Records = req.Records[:0]
			if !s.Null() {
				d.recordList()
			}
		default:
			s.SkipValue()
		}
	}
	s.End()
	return s.Err() == nil && hasDatabase && hasTable && len(req.Records) > 0
}

// odd leaves the body to the slow way.
func (d *recordDecoder) odd() { d.scan.Fail("") }

// text reads a string, or a null, which is an absent one.
func (d *recordDecoder) text() (text string, present bool) {
	if d.scan.Null() {
		return "", false
	}
	return d.scan.Text(), true
}

// filled reads a string that, if it is there, is not empty and not longer than limit bytes (0 for none).
func (d *recordDecoder) filled(limit int) string {
	text, present := d.text()
	if present && text == "" || limit > 0 && len(text) > limit {
		d.odd()
	}
	return text
}

// recordList reads the list of records.
func (d *recordDecoder) recordList() {
	s, req := &d.scan, &d.req
	for more := s.Open('['); more; more = s.More('[') {
		if len(req.Records) == recordsMax {
			d.odd()
			return
		}
		if req.Records == nil {
			req.Records = make([]engine.Record, 0, recordsTypical)
		}
		req.Records = append(req.Records, engine.Record{})
		d.record(&req.Records[len(req.Records)-1])
	}
}

// record reads a record into r, which is empty.
func (d *recordDecoder) record(r *engine.Record) {
	s := &d.scan
	k := 0
	for more := s.Open('{'); more; more = s.More('{') {
		member := d.member(k)
		k++
		switch member {
		case memberMeasureName:
			r.MeasureName = d.filled(0)
		case memberMeasureValue:
			r.MeasureValue = d.filled(valueBytesEasy)
		case memberMeasureValueType:
			r.MeasureType = d.measureType()
		case memberTime:
			r.Time = d.filled(timeBytesEasy)
		case memberTimeUnit:
			r.TimeUnit = d.timeUnit()
		case memberVersion:
			r.Version, r.HasVersion = d.version()
		case memberDimensions:
			r.Dimensions = nil
			if !s.Null() {
				r.Dimensions = d.dimensions()
			}
		case memberMeasureValues:
			r.MeasureValues = nil
			if !s.Null() {
				r.MeasureValues = d.measureValues()
			}
		default:
			s.SkipValue()
		}
	}
}

// version reads a record version; what is no integer is odd.
func (d *recordDecoder) version() (version int64, present bool) {
	if d.scan.Null() {
		return 0, false
	}
	version, ok := d.scan.Int()
	if !ok {
		d.odd()
	}
	return version, ok
}

// measureType reads a type; one that there is not is odd.
func (d *recordDecoder) measureType() engine.MeasureType {
	text, present := d.text()
	switch text {
	case "DOUBLE":
		return engine.TypeDouble
	case "BIGINT":
		return engine.TypeBigint
	case "VARCHAR":
		return engine.TypeVarchar
	case "BOOLEAN":
		return engine.TypeBoolean
	case "TIMESTAMP":
		return engine.TypeTimestamp
	case "MULTI":
		return engine.TypeMulti
	}
	if present {
		d.odd()
	}
	return 0
}

// timeUnit reads a unit; one that there is not is odd.
func (d *recordDecoder) timeUnit() engine.TimeUnit {
	text, present := d.text()
	switch text {
	case "MILLISECONDS":
		return engine.UnitMilliseconds
	case "SECONDS":
		return engine.UnitSeconds
	case "MICROSECONDS":
		return engine.UnitMicroseconds
	case "NANOSECONDS":
		return engine.UnitNanoseconds
	}
	if present {
		d.odd()
	}
	return 0
}

// dimensions reads a list of dimensions into the arena.
func (d *recordDecoder) dimensions() []engine.Dimension {
	s, from := &d.scan, len(d.dims)
	for more := s.Open('['); more; more = s.More('[') {
		var dim engine.Dimension
		hasValue := false
		for more := s.Open('{'); more; more = s.More('{') {
			switch string(s.Key()) {
			case "Name":
				dim.Name = d.filled(0)
			case "Value":
				dim.Value, hasValue = d.text()
			case "DimensionValueType":
				if text, present := d.text(); present && text != "VARCHAR" {
					d.odd()
				}
			default:
				s.SkipValue()
			}
		}
		if dim.Name == "" || !hasValue || len(d.dims)-from == dimensionsMax {
			d.odd()
			return nil
		}
		d.dims = append(d.dims, dim)
	}
	return d.dims[from:len(d.dims):len(d.dims)]
}

// measureValues reads a list of attributes into the arena.
func (d *recordDecoder) measureValues() []engine.MeasureValue {
	s, from := &d.scan, len(d.values)
	for more := s.Open('['); more; more = s.More('[') {
		v, ok := d.seenAttribute(len(d.values) - from)
		if !ok {
			v = d.attribute(len(d.values) - from)
		}
		if v.Name == "" || v.Value == "" || v.Type == 0 || len(d.values)-from == attributesMax {
			d.odd()
			return nil
		}
		d.values = append(d.values, v)
	}
	return d.values[from:len(d.values):len(d.values)]
}

// writeRequestOf is the slow way: it makes a request of a body that was decoded and checked by its shape.
func writeRequestOf(in *awsjson.Value) *engine.WriteRequest {
	req := &engine.WriteRequest{
		Database: in.Get("DatabaseName").Text(),
		Table:    in.Get("TableName").Text(),
		Common:   recordOf(in.Get("CommonAttributes")),
	}
	records := in.Get("Records").Elems()
	for i := range records {
		req.Records = append(req.Records, recordOf(&records[i]))
	}
	return req
}

// recordOf makes a record of a structure; an absent one gives an empty record.
func recordOf(v *awsjson.Value) engine.Record {
	r := engine.Record{
		MeasureName:  v.Get("MeasureName").Text(),
		MeasureValue: v.Get("MeasureValue").Text(),
		MeasureType:  engine.MeasureType(place(engine.MeasureTypeNames(), v.Get("MeasureValueType"))),
		Time:         v.Get("Time").Text(),
		TimeUnit:     engine.TimeUnit(place(engine.TimeUnitNames(), v.Get("TimeUnit"))),
		Version:      v.Get("Version").Int(),
		HasVersion:   v.Get("Version").Present(),
	}
	dims := v.Get("Dimensions").Elems()
	for i := range dims {
		r.Dimensions = append(r.Dimensions, engine.Dimension{Name: dims[i].Get("Name").Text(), Value: dims[i].Get("Value").Text()})
	}
	values := v.Get("MeasureValues").Elems()
	for i := range values {
		r.MeasureValues = append(r.MeasureValues, engine.MeasureValue{
			Name:  values[i].Get("Name").Text(),
			Value: values[i].Get("Value").Text(),
			Type:  engine.MeasureType(place(engine.MeasureTypeNames(), values[i].Get("Type"))),
		})
	}
	return r
}

// place returns where in a list of names a value is, from 1; 0 for an absent value.
func place(names []string, v *awsjson.Value) int {
	for i, name := range names {
		if v.Present() && v.Text() == name {
			return i + 1
		}
	}
	return 0
}
