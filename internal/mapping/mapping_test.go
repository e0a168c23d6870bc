package mapping

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// columns are those of the rows of all tests; rows are written as texts between |, with _ for NULL.
var columns = []string{"t", "region", "az", "name", "avg_cpu", "n"}

var (
	region = []Dimension{{Source: "region"}, {Source: "az", Name: "zone"}}
	cpu    = Attribute{Source: "avg_cpu", Name: "cpu_avg"}
	number = Attribute{Source: "n", Type: Bigint}
)

func row(text string) []Value {
	var out []Value
	for _, s := range strings.Split(text, "|") {
		out = append(out, Value{strings.Replace(s, "_", "", 1), s == "_"})
	}
	return out
}

// print writes a record as time dimension=value.. measure type value, or measure MULTI {attribute type value..}.
func (r Record) print() string {
	var dims []string
	for _, d := range r.Dimensions {
		dims = append(dims, d.Name+"="+d.Value)
	}
	out := fmt.Sprint(r.Time, " ", strings.Join(dims, " "), " ", r.MeasureName, " ", r.MeasureType, " ")
	if r.MeasureType != MultiMeasure {
		return out + r.MeasureValue
	}
	var values []string
	for _, v := range r.MeasureValues {
		values = append(values, fmt.Sprint(v.Name, " ", v.Type, " ", v.Value))
	}
	return out + "{" + strings.Join(values, ", ") + "}"
}

// patterns are the models that the service documents, with rows and the records that they give.
var patterns = []struct {
	name  string
	model Model
	rows  [][]string // the row, then the records, or the reason after !
}{
	{"one multi-measure record a row, attribute renamed",
		Model{TimeColumn: "t", Dimensions: region, Multi: &Multi{MeasureName: "per_minute", Attributes: []Attribute{cpu, number}}},
		[][]string{
			{"1|eu|a|x|13.5|7", "1 region=eu zone=a per_minute MULTI {cpu_avg DOUBLE 13.5, n BIGINT 7}"},
			{"1|eu|a|_|_|7", "1 region=eu zone=a per_minute MULTI {n BIGINT 7}"},
			{"1|eu|_|_|1|", "1 region=eu per_minute MULTI {cpu_avg DOUBLE 1}"},
			{"1|eu||_|1|2", "1 region=eu zone= per_minute MULTI {cpu_avg DOUBLE 1, n BIGINT 2}"},
			{"1|eu|a|x|_|_", "!All measures of the row are NULL."},
			{"1|eu|a|x|_|", "!All measures of the row are NULL."},
			{"_|eu|a|x|1|2", "!The time column 't' has no value."},
			{"|eu|a|x|1|2", "!The time column 't' has no value."},
			{"1|_|_|x|1|2", "!At least one dimension is required for a record."},
		}},
	{"measure name from a column",
		Model{TimeColumn: "t", Dimensions: region[:1], MeasureNameColumn: "name", Multi: &Multi{Attributes: []Attribute{number}}},
		[][]string{
			{"1|eu|a|x|13.5|7", "1 region=eu x MULTI {n BIGINT 7}"},
			{"2|eu|a|y|13.5|8", "2 region=eu y MULTI {n BIGINT 8}"},
			{"2|eu|a|_|13.5|8", "!The measure name column 'name' has no value."},
			{"2|eu|a||13.5|8", "!The measure name column 'name' has no value."},
		}},
	{"single-measure records, one by source column",
		Model{TimeColumn: "t", Dimensions: region[:1], Mixed: []Mixed{{Source: "avg_cpu", Target: "cpu_avg", Type: Double}, {Source: "n", Type: Bigint}, {MeasureName: "again", Source: "n", Type: Varchar}}},
		[][]string{
			{"1|eu|a|x|13.5|7", "1 region=eu cpu_avg DOUBLE 13.5", "1 region=eu n BIGINT 7", "1 region=eu again VARCHAR 7"},
			{"1|eu|a|x|_|7", "1 region=eu n BIGINT 7", "1 region=eu again VARCHAR 7"},
			{"1|eu|a|x|13.5|_", "1 region=eu cpu_avg DOUBLE 13.5"},
			{"1|eu|a|x|_|_", "!All measures of the row are NULL."},
		}},
	{"mixed, whatever the row",
		Model{TimeColumn: "t", Dimensions: region[:1], Mixed: []Mixed{{Target: "both", Type: MultiMeasure, Attributes: []Attribute{cpu, number}}, {Source: "n", Type: Bigint}}},
		[][]string{
			{"1|eu|a|x|13.5|7", "1 region=eu both MULTI {cpu_avg DOUBLE 13.5, n BIGINT 7}", "1 region=eu n BIGINT 7"},
			{"1|eu|a|x|13.5|_", "1 region=eu both MULTI {cpu_avg DOUBLE 13.5}"},
		}},
	{"depending on the measure name",
		Model{TimeColumn: "t", Dimensions: region[:1], MeasureNameColumn: "name", Mixed: []Mixed{
			{MeasureName: "metrics", Target: "avg_metrics", Type: MultiMeasure, Attributes: []Attribute{cpu}}, {MeasureName: "events", Source: "n", Type: Bigint},
			{MeasureName: "metrics", Source: "n", Type: Bigint}}},
		[][]string{
			{"1|eu|a|metrics|13.5|7", "1 region=eu avg_metrics MULTI {cpu_avg DOUBLE 13.5}", "1 region=eu metrics BIGINT 7"},
			{"1|eu|a|events|13.5|7", "1 region=eu events BIGINT 7"},
			{"1|eu|a|events|13.5|_", "!All measures of the row are NULL."},
			{"1|eu|a|other|13.5|7", "!There is no measure mapping for the measure name 'other'."},
		}},
}

// TestPatterns: each row gives its records, whatever is in the batch already; a row with a reason leaves the batch as it was.
func TestPatterns(t *testing.T) {
	for _, p := range patterns {
		m, err := p.model.Compile(columns)
		if err != nil {
			t.Errorf("%s: %v", p.name, err)
			continue
		}
		var all Batch
		var want []string
		for _, r := range p.rows {
			err := m.Append(&all, row(r[0]))
			if reason, bad := strings.CutPrefix(r[1], "!"); bad {
				var e *RowError
				if !errors.As(err, &e) || e.Reason != reason {
					t.Errorf("%s: row %s: %v, want %s", p.name, r[0], err, reason)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: row %s: %v", p.name, r[0], err)
			}
			want = append(want, r[1:]...)
		}
		var got []string
		for _, r := range all.Records {
			got = append(got, r.print())
		}
		if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
			t.Errorf("%s: got\n%s\nwant\n%s", p.name, g, w)
		}
	}
}

// TestReset: a batch that is used again has the new records only.
func TestReset(t *testing.T) {
	m, err := patterns[0].model.Compile(columns)
	if err != nil {
		t.Fatal(err)
	}
	var b Batch
	for i := range 3 {
		b.Reset()
		if err := m.Append(&b, row(fmt.Sprint(i, "|eu|a|x|1|2"))); err != nil {
			t.Fatal(err)
		}
		if len(b.Records) != 1 || b.Records[0].Time != fmt.Sprint(i) {
			t.Errorf("round %d: %+v", i, b.Records)
		}
	}
}

// TestWrongModels: each mistake is named.
func TestWrongModels(t *testing.T) {
	multi := func(edit func(*Model)) Model {
		m := Model{TimeColumn: "t", Dimensions: region, Multi: &Multi{MeasureName: "m", Attributes: []Attribute{cpu, number}}}
		edit(&m)
		return m
	}
	mixed := func(list ...Mixed) Model { return Model{TimeColumn: "t", Dimensions: region, Mixed: list} }
	for _, c := range []struct {
		model Model
		want  string
	}{
		{multi(func(m *Model) { m.TimeColumn = "" }), "The data model must name a time column."},
		{multi(func(m *Model) { m.TimeColumn = "T" }), "The column 'T' of the data model does not exist."},
		{multi(func(m *Model) { m.Dimensions = nil }), "The data model must have at least one dimension mapping."},
		{multi(func(m *Model) { m.Dimensions = []Dimension{{Name: "a"}} }), "Dimension mapping 1 of the data model must name a source column."},
		{multi(func(m *Model) { m.Dimensions = []Dimension{{Source: "no"}} }), "The column 'no' of the data model does not exist."},
		{multi(func(m *Model) { m.Dimensions = []Dimension{{Source: "az"}, {Source: "region", Name: "az"}} }), "The dimension 'az' is mapped more than once."},
		{multi(func(m *Model) { m.Multi = nil }), "The data model must have either multi-measure mappings or mixed measure mappings."},
		{multi(func(m *Model) { m.Mixed = []Mixed{{Source: "n", Type: Bigint}} }), "The data model must not have both multi-measure mappings and mixed measure mappings."},
		{multi(func(m *Model) { m.Multi.MeasureName = "" }), "Multi-measure mappings need a target multi-measure name or a measure name column."},
		{multi(func(m *Model) { m.MeasureNameColumn = "name" }), "The data model must not have both a target multi-measure name and a measure name column."},
		{multi(func(m *Model) { m.Multi.MeasureName, m.MeasureNameColumn = "", "no" }), "The column 'no' of the data model does not exist."},
		{multi(func(m *Model) { m.Multi.Attributes = nil }), "The multi-measure mappings must have at least one multi-measure attribute mapping."},
		{multi(func(m *Model) { m.Multi.Attributes = []Attribute{{Name: "x"}} }), "The multi-measure mappings: attribute mapping 1 must name a source column."},
		{multi(func(m *Model) { m.Multi.Attributes = []Attribute{cpu, {Source: "n", Name: "cpu_avg"}} }), "The attribute 'cpu_avg' is mapped more than once for the same record."},
		{multi(func(m *Model) { m.Multi.Attributes = []Attribute{{Source: "n", Name: "zone"}} }), "The name 'zone' is used for both a dimension and an attribute."},
		{multi(func(m *Model) { m.Multi.Attributes = []Attribute{{Source: "n", Type: MultiMeasure}} }), "MULTI is an invalid type of the attribute 'n'."},
		{multi(func(m *Model) { m.Multi.Attributes = []Attribute{{Source: "no"}} }), "The column 'no' of the data model does not exist."},
		{mixed(Mixed{Source: "n"}), "Mixed measure mapping 1 must have a measure value type."},
		{mixed(Mixed{Source: "n", Type: Timestamp}), "TIMESTAMP is an invalid measure value type."},
		{mixed(Mixed{Target: "x", Type: Bigint}), "Mixed measure mapping 1 of type BIGINT must name a source column."},
		{mixed(Mixed{Source: "n", Type: Bigint, Attributes: []Attribute{cpu}}), "Mixed measure mapping 1 of type BIGINT must not have multi-measure attribute mappings."},
		{mixed(Mixed{Source: "n", Type: MultiMeasure, Attributes: []Attribute{cpu}}), "Mixed measure mapping 1 must have a target measure name."},
		{mixed(Mixed{Type: MultiMeasure, Attributes: []Attribute{cpu}}), "Mixed measure mapping 1 must have a target measure name."},
		{mixed(Mixed{Target: "x", Type: MultiMeasure}), "Mixed measure mapping x must have at least one multi-measure attribute mapping."},
		{mixed(Mixed{Source: "n", Type: Bigint}, Mixed{Source: "avg_cpu", Target: "n", Type: Double}), "The measure name 'n' is the target of more than one mixed measure mapping for the same rows."},
		{mixed(Mixed{Target: "x", Type: MultiMeasure, Attributes: []Attribute{number}}, Mixed{Target: "y", Type: MultiMeasure, Attributes: []Attribute{{Source: "n"}}}), "The attribute 'n' has the types BIGINT and DOUBLE."},
		{Model{TimeColumn: "t", Dimensions: region, MeasureNameColumn: "name", Mixed: []Mixed{{Source: "n", Target: "x", Type: Bigint}}}, "Mixed measure mapping 1 must have a measure name, because the data model has a measure name column."},
	} {
		_, err := c.model.Compile(columns)
		var e *dberr.Error
		if !errors.As(err, &e) || e.Kind != dberr.Invalid || e.Client() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
	m := multi(func(*Model) {})
	if _, err := m.Compile(append([]string{"n"}, columns...)); err == nil || err.Error() != "The column 'n' of the data model is ambiguous: there are several of that name." {
		t.Error(err)
	}
	if _, err := m.Compile(append([]string{"other", "other"}, columns...)); err != nil {
		t.Errorf("a column that is not mapped may be there twice: %v", err)
	}
}

// TestTypeNames: words of the API and back.
func TestTypeNames(t *testing.T) {
	for kind := Double; kind <= MultiMeasure; kind++ {
		if got, ok := ParseType(kind.String()); got != kind || !ok {
			t.Errorf("%s is %v, %v", kind, got, ok)
		}
	}
	for _, name := range []string{"", "double", "REAL"} {
		if _, ok := ParseType(name); ok {
			t.Errorf("%q is a type", name)
		}
	}
}

// TestModelNames: the names that records will have, and the columns that are read.
func TestModelNames(t *testing.T) {
	m := &patterns[4].model
	dimensions, measures, attributes := m.Names()
	if got := fmt.Sprint(dimensions, measures, attributes, m.Columns()); got != "[region] [avg_metrics events metrics] [cpu_avg] [t name region avg_cpu n n]" {
		t.Error(got)
	}
	m = &patterns[0].model
	dimensions, measures, attributes = m.Names()
	if got := fmt.Sprint(dimensions, measures, attributes, m.Columns()); got != "[region zone] [per_minute] [cpu_avg n] [t region az avg_cpu n]" {
		t.Error(got)
	}
}

// TestMapperColumns: the places of the columns that a mapper reads.
func TestMapperColumns(t *testing.T) {
	want := []string{"[0 1 2 4 5] [1 2]", "[0 1 3 5] [1]", "[0 1 4 5] [1]", "[0 1 4 5] [1]", "[0 1 3 4 5] [1]"}
	for i, p := range patterns {
		m, err := p.model.Compile(columns)
		if err != nil {
			t.Fatal(err)
		}
		all, dimensions := m.Columns()
		if got := fmt.Sprint(all, dimensions); got != want[i] {
			t.Errorf("%s: %s, want %s", p.name, got, want[i])
		}
	}
}
