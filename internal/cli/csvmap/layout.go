package csvmap

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
)

// Column points at a column of a file: by its name in the heading if Name is set, else by its position from 0.
type Column struct {
	Index int
	Name  string
}

// Text is a text that is the same for all lines (From is nil) or stands in a column.
type Text struct {
	Fixed string
	From  *Column
}

// Dimension is where a dimension comes from.
type Dimension struct {
	Name  Text
	Value Column
}

// Measure is where a measure value comes from: the one of a single-measure record, or an attribute of a multi-measure
// one.
type Measure struct {
	Name  Text
	Value Column
	Type  Text // one of the names of MeasureValueType
}

// Layout says what the columns of a file are.
type Layout struct {
	Header     bool // the first line has the names of the columns; columns given by name imply it
	Comma      rune // between fields; 0 is a comma
	Dimensions []Dimension
	Measures   []Measure
	// Multi makes one multi-measure record of a line, with the name MeasureName; else Measures has one element.
	Multi       bool
	MeasureName Text
	// Time is the column with the time; nil stamps record number i with now - i*StampStep, as the sample loaders do.
	Time     *Column
	TimeUnit types.TimeUnit // of a time that is a whole number; default milliseconds

	lastColumn int // the greatest position that is needed; set by resolve
}

// StampStep is the time between two stamped records.
const StampStep = 50 * time.Millisecond

// column returns the column at a position.
func column(i int) Column { return Column{Index: i} }

// fromColumn returns a text that stands in the column at a position.
func fromColumn(i int) Text { return Text{From: &Column{Index: i}} }

// The numbers of columns by which the two sample files are told apart.
const (
	sampleColumns      = 11
	sampleMultiColumns = 14
)

// samplePairs is how both sample files begin: three names and values of dimensions.
func samplePairs() []Dimension {
	return []Dimension{{fromColumn(0), column(1)}, {fromColumn(2), column(3)}, {fromColumn(4), column(5)}}
}

// Sample is the layout of sample.csv: dimensions, measure name, value, type, two columns without use.
func Sample() Layout {
	return Layout{Dimensions: samplePairs(), Measures: []Measure{{fromColumn(6), column(7), fromColumn(8)}}}
}

// SampleMulti is the layout of sample-multi.csv: dimensions, two columns without use, and twice name, value and type of an
// attribute.
func SampleMulti() Layout {
	return Layout{
		Dimensions: samplePairs(), Multi: true, MeasureName: Text{Fixed: "metrics"},
		Measures: []Measure{
			{fromColumn(8), column(9), fromColumn(10)},
			{fromColumn(11), column(12), fromColumn(13)},
		},
	}
}

// Detect returns the layout of the sample file that a line comes from.
func Detect(line []string) (Layout, error) {
	switch {
	case len(line) == sampleColumns && measureTypes[line[8]]:
		return Sample(), nil
	case len(line) == sampleMultiColumns && measureTypes[line[10]] && measureTypes[line[13]]:
		return SampleMulti(), nil
	}
	return Layout{}, fmt.Errorf("the file has not the layout of the sample files (its first line has %d columns): "+
		"describe its columns with --dimensions and the --measure flags", len(line))
}

// measureTypes are the types that a measure value can have.
var measureTypes = map[string]bool{"DOUBLE": true, "BIGINT": true, "VARCHAR": true, "BOOLEAN": true, "TIMESTAMP": true}

// ParseColumn reads a reference to a column: a number is a position from 0, anything else a name in the heading.
func ParseColumn(text string) (Column, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Column{}, fmt.Errorf("a column is missing: give its position from 0 or its name in the heading")
	}
	if i, err := strconv.Atoi(text); err == nil {
		if i < 0 {
			return Column{}, fmt.Errorf("column %d is before the first, which is 0", i)
		}
		return Column{Index: i}, nil
	}
	return Column{Name: text}, nil
}

// ParseDimensions reads "region=0,az=Zone,hostname": names with the column they come from, which has the same name if
// there is none.
func ParseDimensions(text string) ([]Dimension, error) {
	var dimensions []Dimension
	for _, part := range strings.Split(text, ",") {
		name, from, err := namedColumn(part)
		if err != nil {
			return nil, fmt.Errorf("dimension %q: %w", part, err)
		}
		dimensions = append(dimensions, Dimension{Name: Text{Fixed: name}, Value: from})
	}
	return dimensions, nil
}

// ParseMeasures reads "cpu=3:DOUBLE,memory=Memory:BIGINT": attributes with their column and type, DOUBLE if there is none.
func ParseMeasures(text string) ([]Measure, error) {
	var measures []Measure
	for _, part := range strings.Split(text, ",") {
		reference, kind, hasType := strings.Cut(part, ":")
		if !hasType {
			kind = "DOUBLE"
		}
		kind, err := ParseType(kind)
		if err != nil {
			return nil, fmt.Errorf("measure %q: %w", part, err)
		}
		name, from, err := namedColumn(reference)
		if err != nil {
			return nil, fmt.Errorf("measure %q: %w", part, err)
		}
		measures = append(measures, Measure{Name: Text{Fixed: name}, Value: from, Type: Text{Fixed: kind}})
	}
	return measures, nil
}

// ParseType reads the name of a measure value type, in any case.
func ParseType(text string) (string, error) {
	kind := strings.ToUpper(strings.TrimSpace(text))
	if !measureTypes[kind] {
		return "", fmt.Errorf("unknown type %q: choose DOUBLE, BIGINT, VARCHAR, BOOLEAN or TIMESTAMP", text)
	}
	return kind, nil
}

// ParseUnit reads a time unit: s, ms, us or ns, or its long name.
func ParseUnit(text string) (types.TimeUnit, error) {
	switch strings.ToLower(text) {
	case "s", "seconds":
		return types.TimeUnitSeconds, nil
	case "", "ms", "milliseconds":
		return types.TimeUnitMilliseconds, nil
	case "us", "microseconds":
		return types.TimeUnitMicroseconds, nil
	case "ns", "nanoseconds":
		return types.TimeUnitNanoseconds, nil
	}
	return "", fmt.Errorf("unknown time unit %q: choose s, ms, us or ns", text)
}

// namedColumn reads "name=column" or "name", which stands for the column of that name.
func namedColumn(text string) (string, Column, error) {
	name, reference, found := strings.Cut(strings.TrimSpace(text), "=")
	if !found {
		reference = name
	}
	name = strings.TrimSpace(name)
	if name == "" {
		return "", Column{}, fmt.Errorf("a name is missing")
	}
	from, err := ParseColumn(reference)
	if err == nil && !found {
		from = Column{Name: name}
	}
	return name, from, err
}
