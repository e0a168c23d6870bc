package csvmap

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
)

// Sink takes what Read makes of a file. An error of either function ends Read.
type Sink struct {
	// Record takes a record, and how many bytes of the file it took.
	Record func(r types.Record, bytes int64) error
	// Bad takes a line that makes no record, and why.
	Bad func(line int, reason string) error
}

// Mapper makes records of the lines of files that have the same layout.
type Mapper struct {
	layout  Layout
	detect  bool // each file has the layout of the sample file that its first line comes from
	stamp   time.Time
	stamped int64
}

// NewMapper returns a mapper that stamps records back from now if the layout has no time column.
func NewMapper(layout Layout, now time.Time) (*Mapper, error) {
	if len(layout.Dimensions) == 0 {
		return nil, errors.New("a record needs a dimension: name some with --dimensions")
	}
	if len(layout.Measures) == 0 || !layout.Multi && len(layout.Measures) != 1 {
		return nil, errors.New("a record needs a measure value: say where it is with --measure-value-column or --measures")
	}
	if layout.TimeUnit == "" {
		layout.TimeUnit = types.TimeUnitMilliseconds
	}
	m := &Mapper{layout: layout, stamp: now}
	for _, c := range m.layout.columns() {
		if c.Name != "" {
			m.layout.Header = true
		}
	}
	return m, nil
}

// NewDetector returns a mapper for the sample files: each file's layout is found out by its first line.
func NewDetector(now time.Time) *Mapper { return &Mapper{detect: true, stamp: now} }

// begin returns the layout of a file by its first line.
func (m *Mapper) begin(first []string) (Layout, error) {
	first[0] = strings.TrimPrefix(first[0], "\ufeff")
	layout := m.layout
	if m.detect {
		var err error
		if layout, err = Detect(first); err != nil {
			return layout, err
		}
	}
	return layout.resolve(first)
}

// columns returns all columns that a layout points at.
func (l *Layout) columns() []*Column {
	var columns []*Column
	text := func(t *Text) {
		if t.From != nil {
			columns = append(columns, t.From)
		}
	}
	for i := range l.Dimensions {
		text(&l.Dimensions[i].Name)
		columns = append(columns, &l.Dimensions[i].Value)
	}
	for i := range l.Measures {
		text(&l.Measures[i].Name)
		text(&l.Measures[i].Type)
		columns = append(columns, &l.Measures[i].Value)
	}
	text(&l.MeasureName)
	if l.Time != nil {
		columns = append(columns, l.Time)
	}
	return columns
}

// resolve returns a copy of the layout in which all columns have their position and lastColumn is known.
func (l Layout) resolve(heading []string) (Layout, error) {
	l.Dimensions = slices.Clone(l.Dimensions)
	l.Measures = slices.Clone(l.Measures)
	own(&l.MeasureName.From)
	own(&l.Time)
	for i := range l.Dimensions {
		own(&l.Dimensions[i].Name.From)
	}
	for i := range l.Measures {
		own(&l.Measures[i].Name.From)
		own(&l.Measures[i].Type.From)
	}
	for _, c := range l.columns() {
		if c.Name != "" {
			if c.Index = slices.Index(heading, c.Name); c.Index < 0 {
				return l, fmt.Errorf("the heading has no column %q: it has %s", c.Name, strings.Join(heading, ", "))
			}
		}
		l.lastColumn = max(l.lastColumn, c.Index)
	}
	return l, nil
}

// own replaces a column by a copy.
func own(c **Column) {
	if *c != nil {
		copied := **c
		*c = &copied
	}
}

// Read sends each line of a file to the sink, as a record or as a bad line.
func (m *Mapper) Read(file io.Reader, to Sink) error {
	in := csv.NewReader(file)
	if m.layout.Comma != 0 {
		in.Comma = m.layout.Comma
	}
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	var layout Layout
	consumed := int64(0)
	for first := true; ; {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		bytes := in.InputOffset() - consumed
		consumed = in.InputOffset()
		var malformed *csv.ParseError
		if errors.As(err, &malformed) {
			if err := to.Bad(malformed.StartLine, malformed.Err.Error()); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if first {
			first = false
			if layout, err = m.begin(fields); err != nil {
				return err
			}
			if layout.Header {
				continue
			}
		}
		record, reason := m.record(layout, fields)
		if reason != "" {
			line, _ := in.FieldPos(0)
			err = to.Bad(line, reason)
		} else {
			err = to.Record(record, bytes)
		}
		if err != nil {
			return err
		}
	}
}

// record makes a record of a line, or says why it cannot.
func (m *Mapper) record(l Layout, fields []string) (types.Record, string) {
	if l.lastColumn >= len(fields) {
		return types.Record{}, fmt.Sprintf("the line has %d columns, column %d is needed", len(fields), l.lastColumn)
	}
	var r types.Record
	if reason := l.setDimensions(&r, fields); reason != "" {
		return r, reason
	}
	if reason := l.setTime(&r, fields); reason != "" {
		return r, reason
	}
	if l.Multi {
		if reason := l.setAttributes(&r, fields); reason != "" {
			return r, reason
		}
	} else {
		measure := l.Measures[0]
		kind, value, reason := measure.value(fields)
		if reason != "" {
			return r, reason
		}
		if kind == types.MeasureValueTypeTimestamp {
			return r, "a single measure cannot be a TIMESTAMP"
		}
		r.MeasureName, r.MeasureValue, r.MeasureValueType = aws.String(measure.Name.in(fields)), &value, kind
	}
	if *r.MeasureName == "" {
		return r, "the measure name is empty"
	}
	if l.Time == nil {
		at := m.stamp.Add(-time.Duration(m.stamped) * StampStep)
		r.Time, r.TimeUnit = aws.String(strconv.FormatInt(at.UnixMilli(), 10)), types.TimeUnitMilliseconds
		m.stamped++
	}
	return r, ""
}

// setDimensions sets the dimensions. An empty field is a record without the dimension, as NULL is in exports.
func (l Layout) setDimensions(r *types.Record, fields []string) string {
	for _, d := range l.Dimensions {
		value := fields[d.Value.Index]
		if value == "" {
			continue
		}
		name := d.Name.in(fields)
		if name == "" {
			return "the name of a dimension is empty"
		}
		for _, other := range r.Dimensions {
			if *other.Name == name {
				return fmt.Sprintf("the dimension %q is there twice", name)
			}
		}
		r.Dimensions = append(r.Dimensions, types.Dimension{Name: &name, Value: copied(value)})
	}
	if len(r.Dimensions) == 0 {
		return "the line has no dimension value"
	}
	return ""
}

// setTime sets the time from its column: a whole number in the layout's unit, or a date with or without a time of day.
func (l Layout) setTime(r *types.Record, fields []string) string {
	if l.Time == nil {
		return ""
	}
	text := strings.TrimSpace(fields[l.Time.Index])
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		r.Time, r.TimeUnit = copied(text), l.TimeUnit
		return ""
	}
	at, err := parseTime(text)
	if err != nil {
		return fmt.Sprintf("%q is not a time", text)
	}
	r.Time, r.TimeUnit = aws.String(strconv.FormatInt(at.UnixNano(), 10)), types.TimeUnitNanoseconds
	if at.UnixNano()%int64(time.Millisecond) == 0 {
		r.Time, r.TimeUnit = aws.String(strconv.FormatInt(at.UnixMilli(), 10)), types.TimeUnitMilliseconds
	}
	return ""
}

// setAttributes sets the attributes of a multi-measure record. Empty fields are left out.
func (l Layout) setAttributes(r *types.Record, fields []string) string {
	for _, measure := range l.Measures {
		if fields[measure.Value.Index] == "" {
			continue
		}
		kind, value, reason := measure.value(fields)
		if reason != "" {
			return reason
		}
		r.MeasureValues = append(r.MeasureValues, types.MeasureValue{Name: aws.String(measure.Name.in(fields)), Value: &value, Type: kind})
	}
	if len(r.MeasureValues) == 0 {
		return "the line has no measure value"
	}
	r.MeasureName, r.MeasureValueType = aws.String(l.MeasureName.in(fields)), types.MeasureValueTypeMulti
	return ""
}

// in returns the text for a line.
func (t Text) in(fields []string) string {
	if t.From != nil {
		return strings.Clone(fields[t.From.Index])
	}
	return t.Fixed
}

// copied returns a pointer to a copy: fields share the memory of their line, which is larger.
func copied(s string) *string {
	s = strings.Clone(s)
	return &s
}
