package mapping

// Model is a data model. Names of columns are matched exactly. Of Multi and Mixed one is set. Its JSON is that of a batch load's
// data model in the API.
type Model struct {
	TimeColumn string      `json:"TimeColumn"`
	TimeUnit   string      `json:"TimeUnit,omitempty"` // in the words of the API, "" for milliseconds; the package only keeps it
	Dimensions []Dimension `json:"DimensionMappings"`
	// MeasureNameColumn has the measure name of each row; "" if names come from Multi or Mixed.
	MeasureNameColumn string  `json:"MeasureNameColumn,omitempty"`
	Multi             *Multi  `json:"MultiMeasureMappings,omitempty"`
	Mixed             []Mixed `json:"MixedMeasureMappings,omitempty"`
}

// Dimension says which column is a dimension.
type Dimension struct {
	Source string `json:"SourceColumn"`                // the column
	Name   string `json:"DestinationColumn,omitempty"` // of the dimension, "" for that of the column
}

// Multi makes one multi-measure record of a row.
type Multi struct {
	MeasureName string      `json:"TargetMultiMeasureName,omitempty"` // unless it comes from Model.MeasureNameColumn
	Attributes  []Attribute `json:"MultiMeasureAttributeMappings"`
}

// Attribute says which column is an attribute of a multi-measure record.
type Attribute struct {
	Source string `json:"SourceColumn"`
	Name   string `json:"TargetMultiMeasureAttributeName,omitempty"` // of the attribute, "" for that of the column
	Type   Type   `json:"MeasureValueType,omitempty"`                // 0 for Double
}

// Mixed makes one record of a row, a single-measure or a multi-measure one.
type Mixed struct {
	// MeasureName, if there is a column of measure names, is the name of the rows that this applies to. Else it is the name of
	// the records unless Target is set.
	MeasureName string      `json:"MeasureName,omitempty"`
	Source      string      `json:"SourceColumn,omitempty"`      // column of the value; without a meaning for a multi-measure record
	Target      string      `json:"TargetMeasureName,omitempty"` // of the records, "" for MeasureName, or, failing that, Source
	Type        Type        `json:"MeasureValueType"`
	Attributes  []Attribute `json:"MultiMeasureAttributeMappings,omitempty"` // of a multi-measure record
}

// Type is the type of a measure. The numbers are those of the engine's types.
type Type uint8

// The types of measure; 0 stands for none given.
const (
	Double Type = iota + 1
	Bigint
	Varchar
	Boolean
	Timestamp
	MultiMeasure
)

// typeNames has the words of the API by type.
var typeNames = [...]string{"", "DOUBLE", "BIGINT", "VARCHAR", "BOOLEAN", "TIMESTAMP", "MULTI"}

// String returns the type in the words of the API.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return ""
}

// ParseType returns the type that the API calls name, and whether there is one.
func ParseType(name string) (Type, bool) {
	for t := Double; t <= MultiMeasure; t++ {
		if typeNames[t] == name {
			return t, true
		}
	}
	return 0, false
}

// name returns the name of the dimension.
func (d *Dimension) name() string { return or(d.Name, d.Source) }

// name returns the name of the attribute.
func (a *Attribute) name() string { return or(a.Name, a.Source) }

// kind returns the type of the attribute.
func (a *Attribute) kind() Type {
	if a.Type == 0 {
		return Double
	}
	return a.Type
}

// measure returns the measure name of the records, "" if the model does not say it.
func (m *Mixed) measure() string {
	if name := or(m.Target, m.MeasureName); name != "" || m.Type == MultiMeasure {
		return name
	}
	return m.Source
}

// or returns a, or b if a is empty.
func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Names returns the names that the records of the model will have, each once: of dimensions, of measures and of attributes. Measure
// names that come from a column are not among them.
func (m *Model) Names() (dimensions, measures, attributes []string) {
	for i := range m.Dimensions {
		dimensions = append(dimensions, m.Dimensions[i].name())
	}
	seen := map[string]bool{}
	add := func(list []Attribute) {
		for i := range list {
			if name := list[i].name(); !seen[name] {
				seen[name] = true
				attributes = append(attributes, name)
			}
		}
	}
	if m.Multi != nil {
		if m.Multi.MeasureName != "" {
			measures = append(measures, m.Multi.MeasureName)
		}
		add(m.Multi.Attributes)
	}
	for i := range m.Mixed {
		measures = append(measures, m.Mixed[i].measure())
		add(m.Mixed[i].Attributes)
	}
	return dimensions, measures, attributes
}

// Columns returns the columns that the model reads, in its order, with repetitions.
func (m *Model) Columns() []string {
	out := []string{m.TimeColumn}
	if m.MeasureNameColumn != "" {
		out = append(out, m.MeasureNameColumn)
	}
	for i := range m.Dimensions {
		out = append(out, m.Dimensions[i].Source)
	}
	add := func(list []Attribute) {
		for i := range list {
			out = append(out, list[i].Source)
		}
	}
	if m.Multi != nil {
		add(m.Multi.Attributes)
	}
	for i := range m.Mixed {
		if m.Mixed[i].Type != MultiMeasure {
			out = append(out, m.Mixed[i].Source)
		}
		add(m.Mixed[i].Attributes)
	}
	return out
}
