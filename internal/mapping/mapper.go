package mapping

import "slices"

// Value is what a row has in a column.
type Value struct {
	Text string
	Null bool
}

// Record is a record as the API has it. Time is in the model's unit.
type Record struct {
	Dimensions    []Pair // shared by the records of a row
	MeasureName   string
	MeasureType   Type
	MeasureValue  string // unless MeasureType is MultiMeasure
	MeasureValues []MeasureValue
	Time          string
}

// Pair is the name and the value of a dimension.
type Pair struct{ Name, Value string }

// MeasureValue is an attribute of a multi-measure record.
type MeasureValue struct {
	Name, Value string
	Type        Type
}

// Batch collects the records of rows. Its zero value is empty. Records share their memory with the batch and their texts with
// the rows: both are valid until Reset.
type Batch struct {
	Records []Record

	pairs  []Pair
	values []MeasureValue
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	clear(b.Records)
	clear(b.pairs)
	clear(b.values)
	b.Records, b.pairs, b.values = b.Records[:0], b.pairs[:0], b.values[:0]
}

// RowError says why a row gives no records.
type RowError struct{ Reason string }

// Error returns the reason.
func (e *RowError) Error() string { return e.Reason }

// Mapper is a model for rows of certain columns. It may be used by several goroutines at once.
type Mapper struct {
	columns    int
	time       int
	timeName   string
	names      int // of the measure name's column, -1 if there is none
	namesName  string
	dimensions []column
	rules      []rule
	byName     map[string][]rule // of mixed mappings with a column of measure names
}

// column is a column and what it becomes.
type column struct {
	at   int
	name string
	kind Type
}

// rule makes one record of a row.
type rule struct {
	measure string // "" if it comes from the column of names
	kind    Type
	source  int
	values  []column
}

// Compile checks a model and finds its columns among those of the rows.
func (m *Model) Compile(columns []string) (*Mapper, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	for _, name := range m.Columns() {
		if _, err := find(columns, name); err != nil {
			return nil, err
		}
	}
	at := func(name string) int { i, _ := find(columns, name); return i } // all are there
	attributes := func(list []Attribute) []column {
		out := make([]column, len(list))
		for i := range list {
			out[i] = column{at(list[i].Source), list[i].name(), list[i].kind()}
		}
		return out
	}
	c := &Mapper{columns: len(columns), time: at(m.TimeColumn), timeName: m.TimeColumn, names: -1, namesName: m.MeasureNameColumn}
	if m.MeasureNameColumn != "" {
		c.names = at(m.MeasureNameColumn)
	}
	for i := range m.Dimensions {
		c.dimensions = append(c.dimensions, column{at: at(m.Dimensions[i].Source), name: m.Dimensions[i].name()})
	}
	if m.Multi != nil {
		c.rules = []rule{{measure: m.Multi.MeasureName, kind: MultiMeasure, values: attributes(m.Multi.Attributes)}}
		return c, nil
	}
	if m.MeasureNameColumn != "" {
		c.byName = map[string][]rule{}
	}
	for i := range m.Mixed {
		x := &m.Mixed[i]
		r := rule{measure: x.measure(), kind: x.Type}
		if x.Type == MultiMeasure {
			r.values = attributes(x.Attributes)
		} else {
			r.source = at(x.Source)
		}
		if c.byName != nil {
			c.byName[x.MeasureName] = append(c.byName[x.MeasureName], r)
		} else {
			c.rules = append(c.rules, r)
		}
	}
	return c, nil
}

// Columns returns the places of the columns that the mapper reads, each once and in order, and those of the dimensions among
// them.
func (m *Mapper) Columns() (all, dimensions []int) {
	all = append(all, m.time)
	if m.names >= 0 {
		all = append(all, m.names)
	}
	for _, d := range m.dimensions {
		dimensions = append(dimensions, d.at)
	}
	all = append(all, dimensions...)
	add := func(rules []rule) {
		for i := range rules {
			if rules[i].kind != MultiMeasure {
				all = append(all, rules[i].source)
			}
			for _, c := range rules[i].values {
				all = append(all, c.at)
			}
		}
	}
	add(m.rules)
	for _, rules := range m.byName {
		add(rules)
	}
	slices.Sort(all)
	return slices.Compact(all), dimensions
}

// Append adds the records of a row to a batch, or none and returns a *RowError. Missing values are skipped: a NULL
// dimension, and a NULL or empty measure, which no record can hold. A record without any measure is left out; a row without any
// record is an error. The batch keeps the texts of the row.
func (m *Mapper) Append(b *Batch, row []Value) error {
	if len(row) != m.columns {
		panic("bug: a row with another number of columns")
	}
	if missing(&row[m.time]) {
		return &RowError{"The time column '" + m.timeName + "' has no value."}
	}
	rules, name := m.rules, ""
	if m.names >= 0 {
		if missing(&row[m.names]) {
			return &RowError{"The measure name column '" + m.namesName + "' has no value."}
		}
		name = row[m.names].Text
		if m.byName != nil {
			if rules = m.byName[name]; rules == nil {
				return &RowError{"There is no measure mapping for the measure name '" + name + "'."}
			}
		}
	}
	dims, before := len(b.pairs), len(b.Records)
	for _, d := range m.dimensions {
		if v := &row[d.at]; !v.Null {
			b.pairs = append(b.pairs, Pair{d.name, v.Text})
		}
	}
	if len(b.pairs) == dims {
		return &RowError{"At least one dimension is required for a record."}
	}
	base := Record{Dimensions: b.pairs[dims:len(b.pairs):len(b.pairs)], Time: row[m.time].Text}
	for i := range rules {
		r := base
		if r.MeasureName = rules[i].measure; r.MeasureName == "" {
			r.MeasureName = name
		}
		if rules[i].fill(b, &r, row) {
			b.Records = append(b.Records, r)
		}
	}
	if len(b.Records) == before {
		b.pairs = b.pairs[:dims]
		return &RowError{"All measures of the row are NULL."}
	}
	return nil
}

// fill sets the value of a record, or its attributes; false if there is none.
func (r *rule) fill(b *Batch, out *Record, row []Value) bool {
	out.MeasureType = r.kind
	if r.kind != MultiMeasure {
		out.MeasureValue = row[r.source].Text
		return !missing(&row[r.source])
	}
	from := len(b.values)
	for _, c := range r.values {
		if v := &row[c.at]; !missing(v) {
			b.values = append(b.values, MeasureValue{c.name, v.Text, c.kind})
		}
	}
	out.MeasureValues = b.values[from:len(b.values):len(b.values)]
	return len(b.values) > from
}

// missing reports whether a value is NULL or empty.
func missing(v *Value) bool { return v.Null || v.Text == "" }
