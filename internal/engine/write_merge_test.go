package engine

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// show describes what a merge has made.
func show(w *writeScratch) []string {
	var out []string
	for i, r := range w.rows {
		line := fmt.Sprintf("%d: %s %v @%d v%d", w.index[i], r.Measure, r.Dims, r.Time, r.Version)
		if r.Multi {
			line += " multi"
		}
		for _, v := range r.Values {
			line += " " + v.Column + "="
			switch v.Type {
			case types.Boolean:
				line += fmt.Sprint(v.Bool)
			case types.Double:
				line += fmt.Sprint(v.Float)
			case types.Varchar:
				line += strconv.Quote(v.Str)
			default:
				line += fmt.Sprint(v.Int)
			}
			line += ":" + v.Type.String()
		}
		out = append(out, line)
	}
	for _, r := range w.rejected {
		out = append(out, fmt.Sprintf("%d: rejected: %s", r.Index, r.Reason))
	}
	return out
}

// scratchFor returns the work space for a table with a memory retention of 6 h and magnetic writes of 10 days.
func scratchFor(magnetic bool, required string) *writeScratch {
	t := &catalog.Table{MemoryHours: 6, MagneticDays: 10, MagneticWrites: MagneticWrites{Enabled: magnetic}}
	return &writeScratch{window: windowOf(t, start.UnixMilli(), start.UnixMilli(), false), required: required}
}

func dims(pairs ...string) (out []Dimension) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, Dimension{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

// TestMerge: what records become together with the common attributes.
func TestMerge(t *testing.T) {
	now := start.UnixMilli()
	ms := fmt.Sprint(now)
	ns := now * 1e6
	tests := []struct {
		name    string
		common  Record
		records []Record
		want    []string
	}{
		{"a record alone", Record{}, []Record{{Dimensions: host, MeasureName: "cpu", MeasureValue: "13.6", Time: ms}},
			[]string{fmt.Sprintf("0: cpu [{host h1}] @%d v1 measure_value::double=13.6:double", ns)}},
		{"everything common but the value", Record{Dimensions: host, MeasureName: "cpu", MeasureType: TypeBigint, Time: ms, Version: 7, HasVersion: true},
			[]Record{{MeasureValue: "1"}, {MeasureValue: "-2"}},
			[]string{fmt.Sprintf("0: cpu [{host h1}] @%d v7 measure_value::bigint=1:bigint", ns), fmt.Sprintf("1: cpu [{host h1}] @%d v7 measure_value::bigint=-2:bigint", ns)}},
		{"a record's own members win", Record{MeasureName: "a", MeasureValue: "1", MeasureType: TypeBigint, Time: "1", TimeUnit: UnitSeconds, Version: 7, HasVersion: true, Dimensions: host},
			[]Record{{MeasureName: "b", MeasureValue: "yes", MeasureType: TypeVarchar, Time: fmt.Sprint(ns), TimeUnit: UnitNanoseconds, Version: 9, HasVersion: true}},
			[]string{fmt.Sprintf(`0: b [{host h1}] @%d v9 measure_value::varchar="yes":varchar`, ns)}},
		{"dimensions are joined", Record{Dimensions: dims("region", "r", "az", "")}, []Record{{Dimensions: dims("host", "h"), MeasureName: "m", MeasureValue: "TRUE", MeasureType: TypeBoolean, Time: ms}},
			[]string{fmt.Sprintf("0: m [{region r} {az } {host h}] @%d v1 measure_value::boolean=true:boolean", ns)}},
		{"units of time", Record{Dimensions: host, MeasureName: "m", MeasureValue: "0"},
			[]Record{{Time: fmt.Sprint(now / 1000), TimeUnit: UnitSeconds}, {Time: ms, TimeUnit: UnitMilliseconds}, {Time: ms + "000", TimeUnit: UnitMicroseconds}, {Time: ms + "000001", TimeUnit: UnitNanoseconds}},
			[]string{fmt.Sprintf("0: m [{host h1}] @%d v1 measure_value::double=0:double", now/1000*1e9), fmt.Sprintf("1: m [{host h1}] @%d v1 measure_value::double=0:double", ns),
				fmt.Sprintf("2: m [{host h1}] @%d v1 measure_value::double=0:double", ns), fmt.Sprintf("3: m [{host h1}] @%d v1 measure_value::double=0:double", ns+1)}},
		{"a multi-measure record", Record{Dimensions: host, MeasureType: TypeMulti, Time: ms, TimeUnit: UnitMilliseconds, MeasureValues: []MeasureValue{{"c", "5", TypeBigint}}},
			[]Record{{MeasureName: "m", MeasureValues: []MeasureValue{{"x", "1.5", TypeDouble}, {"s", "é", TypeVarchar}, {"b", "False", TypeBoolean}, {"t", "-7", TypeTimestamp}}}},
			[]string{fmt.Sprintf(`0: m [{host h1}] @%d v1 multi c=5:bigint x=1.5:double s="é":varchar b=false:boolean t=-7000000:timestamp`, ns)}},
	}
	for _, tt := range tests {
		w := scratchFor(false, "")
		if err := w.merge(&WriteRequest{Common: tt.common, Records: tt.records}); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if got := show(w); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
		}
	}
}

// invalidRequest is a good record with something wrong.
type invalidRequest struct {
	name   string
	common Record
	record Record // over a good one: the members that are set
	clear  string // a member of the good one to leave out
	want   string
}

// invalidRequests lists what makes a whole request wrong.
func invalidRequests() []invalidRequest {
	many := func(n int) (out []Dimension) {
		for i := range n {
			out = append(out, Dimension{Name: fmt.Sprint("d", i)})
		}
		return out
	}
	attributes := func(n int) (out []MeasureValue) {
		for i := range n {
			out = append(out, MeasureValue{fmt.Sprint("a", i), "1", TypeBigint})
		}
		return out
	}
	multi := func(values ...MeasureValue) Record { return Record{MeasureType: TypeMulti, MeasureValues: values} }
	return []invalidRequest{
		{name: "no dimension", clear: "dims", want: "At least one dimension is required for a record."},
		{name: "no measure name", clear: "name", want: "A measure name is required for a record."},
		{name: "no value", clear: "value", want: "A measure value is required for a record."},
		{name: "no time", clear: "time", want: "Invalid time for record."},
		{name: "time with a fraction", record: Record{Time: "1.5"}, want: "Invalid time for record."},
		{name: "time out of range", record: Record{Time: "9223372036854775808", TimeUnit: UnitNanoseconds}, want: "Invalid time for record."},
		{name: "time out of range in its unit", record: Record{Time: "9223372036854776", TimeUnit: UnitMilliseconds}, want: "Invalid time for record."},
		{name: "version 0", record: Record{HasVersion: true}, want: "The record version 0 is invalid. A record version must be at least 1."},
		{name: "negative common version", common: Record{HasVersion: true, Version: -3}, want: "The record version -3 is invalid. A record version must be at least 1."},
		{name: "scalar timestamp", record: Record{MeasureType: TypeTimestamp}, want: "TIMESTAMP is an invalid measure value type."},
		{name: "common dimension again", common: Record{Dimensions: host}, want: "A record must contain dimensions with unique names. The dimension host is given more than once."},
		{name: "dimension twice", record: Record{Dimensions: dims("a", "1", "a", "1")}, want: "A record must contain dimensions with unique names. The dimension a is given more than once."},
		{name: "common dimension twice", common: Record{Dimensions: dims("a", "1", "b", "", "a", "1")}, want: "A record must contain dimensions with unique names. The dimension a is given more than once."},
		{name: "dimension twice among many", record: Record{Dimensions: append(many(60), Dimension{Name: "d7"})}, want: "A record must contain dimensions with unique names. The dimension d7 is given more than once."},
		{name: "too many dimensions", common: Record{Dimensions: dims("x", "")}, record: Record{Dimensions: many(128)}, want: "A record must not have more than 128 dimensions."},
		{name: "reserved dimension", record: Record{Dimensions: dims("time", "x")}, want: "The dimension name time is reserved."},
		{name: "reserved prefix", record: Record{Dimensions: dims("ts_x", "x")}, want: "The dimension name ts_x is reserved."},
		{name: "reserved column", record: Record{Dimensions: dims("measure_name", "x")}, want: "The dimension name measure_name is reserved."},
		{name: "reserved common dimension", common: Record{Dimensions: dims("ts_non_existent_col", "x")}, want: "The dimension name ts_non_existent_col is reserved."},
		{name: "reserved measure", record: Record{MeasureName: "measure_value"}, want: "The measure name measure_value is reserved."},
		{name: "colon", record: Record{Dimensions: dims("a:b", "x")}, want: "The dimension name a:b is invalid: names must not contain a colon."},
		{name: "colon in a measure", record: Record{MeasureName: "a:b"}, want: "The measure name a:b is invalid: names must not contain a colon."},
		{name: "not a double", record: Record{MeasureValue: "NaN"}, want: "The record measure value 'NaN' is not a valid DOUBLE."},
		{name: "not a bigint", record: Record{MeasureValue: "1.0", MeasureType: TypeBigint}, want: "The record measure value '1.0' is not a valid BIGINT."},
		{name: "not a boolean", record: Record{MeasureValue: "1", MeasureType: TypeBoolean}, want: "The record measure value '1' is not a valid BOOLEAN."},
		{name: "long text", record: Record{MeasureValue: strings.Repeat("é", 1025), MeasureType: TypeVarchar}, want: "A record measure value of type VARCHAR must not be longer than 2048 bytes."},
		{name: "values of a scalar", record: Record{MeasureValues: attributes(1)}, want: "Measure values are allowed only in records of measure value type MULTI."},
		{name: "common values of a scalar", common: Record{MeasureValues: attributes(1)}, want: "Measure values are allowed only in records of measure value type MULTI."},
		{name: "value of a multi", record: multi(attributes(1)...), want: "A record of measure value type MULTI must not have a measure value. Use measure values instead."},
		{name: "multi without values", clear: "value", record: multi(), want: "Measure values are required for a record of measure value type MULTI."},
		{name: "multi in a multi", clear: "value", record: multi(MeasureValue{"a", "1", TypeMulti}), want: "MULTI is an invalid type of a measure value in a multi-measure record."},
		{name: "attribute twice", clear: "value", record: multi(append(attributes(3), MeasureValue{"a1", "2", TypeBigint})...), want: "A record must contain measure values with unique names. The measure value a1 is given more than once."},
		{name: "attribute twice among many", clear: "value", record: multi(append(attributes(99), MeasureValue{"a1", "2", TypeBigint})...), want: "A record must contain measure values with unique names. The measure value a1 is given more than once."},
		{name: "reserved attribute", clear: "value", record: multi(MeasureValue{"time", "1", TypeBigint}), want: "The measure name time is reserved."},
		{name: "too many attributes", clear: "value", record: multi(attributes(257)...), want: "A record must not have more than 256 measure values."},
		{name: "attribute of a wrong form", clear: "value", record: multi(MeasureValue{"t", "x", TypeTimestamp}), want: "The record measure value 'x' is not a valid TIMESTAMP."},
	}
}

// TestInvalidRequests: what makes a whole request wrong, whichever record it is in.
func TestInvalidRequests(t *testing.T) {
	good := Record{MeasureName: "m", MeasureValue: "1", Time: at(0), Dimensions: host}
	for _, tt := range invalidRequests() {
		for _, before := range []int{0, 1, 2} { // good records before the bad one
			r := overlay(good, tt.record, tt.clear)
			records := append([]Record{good, good}[:before:before], r)
			if tt.common.Dimensions != nil || tt.common.HasVersion || tt.common.MeasureValues != nil {
				records = records[before:] // the good ones would not be good
			}
			w := scratchFor(false, "")
			err := w.merge(&WriteRequest{Common: tt.common, Records: records})
			var e *dberr.Error
			if !errors.As(err, &e) || e.Kind != dberr.Invalid || e.Message != tt.want {
				t.Errorf("%s after %d good records:\n got %v\nwant %s", tt.name, before, err, tt.want)
			}
		}
	}
}

func overlay(r, with Record, clear string) Record {
	switch clear {
	case "dims":
		r.Dimensions = nil
	case "name":
		r.MeasureName = ""
	case "value":
		r.MeasureValue = ""
	case "time":
		r.Time = ""
	}
	to, from := reflect.ValueOf(&r).Elem(), reflect.ValueOf(with)
	for i := range from.NumField() {
		if f := from.Field(i); !f.IsZero() {
			to.Field(i).Set(f)
		}
	}
	return r
}

// lonelyRecord is a request of one record, good but for what is set.
type lonelyRecord struct {
	name     string
	magnetic bool   // the table takes records for the magnetic store
	required string // dimension of the table
	common   Record
	record   Record
	want     string // "" if it is taken, "magnetic" if it is taken for the magnetic store
}

// lonelyRecords lists what keeps one record out, and what is just within the limits.
func lonelyRecords() []lonelyRecord {
	const window = "The record timestamp is outside the time range [2024-01-05T03:50:00.123Z, 2024-01-05T10:30:00.123Z) of the memory store."
	const magneticWindow = "The record timestamp is outside the time range [2023-12-26T03:50:00.123Z, 2024-01-05T10:30:00.123Z) of the data ingestion window."
	memory, magnetic := 6*time.Hour+25*time.Minute, 10*24*time.Hour+6*time.Hour+25*time.Minute
	wide := func(n int) []MeasureValue {
		return []MeasureValue{{"a", strings.Repeat("x", n), TypeVarchar}, {"b", "1", TypeDouble}, {"c", "true", TypeBoolean}}
	}
	return []lonelyRecord{
		{name: "oldest", record: Record{Time: at(-memory)}},
		{name: "too old", record: Record{Time: at(-memory - time.Millisecond)}, want: window},
		{name: "newest", record: Record{Time: at(15*time.Minute - time.Millisecond)}},
		{name: "too new", record: Record{Time: at(15 * time.Minute)}, want: window},
		{name: "negative time", record: Record{Time: "-1"}, want: window},
		{name: "memory store with magnetic writes", magnetic: true, record: Record{Time: at(-memory)}},
		{name: "magnetic store", magnetic: true, record: Record{Time: at(-memory - time.Millisecond)}, want: "magnetic"},
		{name: "oldest with magnetic writes", magnetic: true, record: Record{Time: at(-magnetic)}, want: "magnetic"},
		{name: "too old with magnetic writes", magnetic: true, record: Record{Time: at(-magnetic - time.Millisecond)}, want: magneticWindow},
		{name: "too new with magnetic writes", magnetic: true, record: Record{Time: at(15 * time.Minute)}, want: magneticWindow},
		{name: "required dimension", required: "host", record: Record{Dimensions: host}},
		{name: "required common dimension", required: "host", common: Record{Dimensions: host}},
		{name: "required dimension missing", required: "rack", record: Record{Dimensions: host}, want: "The record is missing the required partition key dimension 'rack'."},
		{name: "large dimensions", record: Record{Dimensions: dims("a", strings.Repeat("x", 2047))}},
		{name: "too large dimensions", common: Record{Dimensions: dims("a", strings.Repeat("x", 2000))}, record: Record{Dimensions: dims("b", strings.Repeat("x", 47))},
			want: "The names and values of the record's dimensions exceed the limit of 2048 bytes."},
		{name: "long dimension name", record: Record{Dimensions: dims(strings.Repeat("x", 60), "")}},
		{name: "too long dimension name", record: Record{Dimensions: dims(strings.Repeat("x", 61), "")}, want: "The dimension name '" + strings.Repeat("x", 61) + "' exceeds the limit of 60 bytes."},
		{name: "too long common dimension name", common: Record{Dimensions: dims(strings.Repeat("x", 61), "")}, want: "The dimension name '" + strings.Repeat("x", 61) + "' exceeds the limit of 60 bytes."},
		{name: "long measure name", record: Record{MeasureName: strings.Repeat("x", 256)}},
		{name: "too long measure name", record: Record{MeasureName: strings.Repeat("x", 257)}, want: "The measure name exceeds the limit of 256 bytes."},
		{name: "large values", record: Record{MeasureType: TypeMulti, MeasureValues: wide(2039)}},
		{name: "too large values", record: Record{MeasureType: TypeMulti, MeasureValues: wide(2040)}, want: "The measure values of the record exceed the limit of 2048 bytes."},
		{name: "too long attribute name", record: Record{MeasureType: TypeMulti, MeasureValues: []MeasureValue{{strings.Repeat("x", 257), "1", TypeBigint}}},
			want: "The name of a measure value exceeds the limit of 256 bytes."},
	}
}

// TestRejections: what keeps one record out and lets the others in.
func TestRejections(t *testing.T) {
	for _, tt := range lonelyRecords() {
		w := scratchFor(tt.magnetic, tt.required)
		r := tt.record
		if r.Dimensions == nil && tt.common.Dimensions == nil {
			r.Dimensions = dims("x", "y")
		}
		if r.MeasureType != TypeMulti {
			r.MeasureValue = "1"
		}
		if r.MeasureName == "" {
			r.MeasureName = "m"
		}
		if r.Time == "" {
			r.Time = at(0)
		}
		if err := w.merge(&WriteRequest{Common: tt.common, Records: []Record{r}}); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		got := ""
		switch {
		case len(w.rejected) == 1 && len(w.rows) == 0:
			got = w.rejected[0].Reason
		case len(w.rows) == 1 && w.magnetic == 1:
			got = "magnetic"
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
