package generator

import (
	"iter"
	"strconv"
	"time"
)

// Dimension is one name and value that tell series apart.
type Dimension struct{ Name, Value string }

// Kind is the type of a measure value.
type Kind uint8

// The types of measure values that sources make.
const (
	Double Kind = iota
	Bigint
	Varchar
	Boolean
)

// kindNames are the names of the kinds, in their order.
var kindNames = [...]string{"DOUBLE", "BIGINT", "VARCHAR", "BOOLEAN"}

// String returns Timestream's name of the type, as in MeasureValueType.
func (k Kind) String() string { return kindNames[k] }

// Value is a measure value. The payload is in the field that fits the kind.
type Value struct {
	Kind  Kind
	Float float64
	Int   int64
	Text  string
	Bool  bool
}

// String returns the value as WriteRecords takes it.
func (v Value) String() string {
	switch v.Kind {
	case Bigint:
		return strconv.FormatInt(v.Int, 10)
	case Varchar:
		return v.Text
	case Boolean:
		return strconv.FormatBool(v.Bool)
	default:
		return strconv.FormatFloat(v.Float, 'f', -1, 64)
	}
}

// Attribute is one named value of a multi-measure record.
type Attribute struct {
	Name  string
	Value Value
}

// Record is one record. Dimensions is shared between all records of a series: do not change it. With Attributes the
// record is a multi-measure one and Value is unused.
type Record struct {
	Dimensions []Dimension
	Measure    string
	Value      Value
	Attributes []Attribute
	Time       int64 // nanoseconds since 1970-01-01 UTC, whole milliseconds
}

// Dimension returns the value of a dimension, "" if the record lacks it.
func (r Record) Dimension(name string) string {
	for _, d := range r.Dimensions {
		if d.Name == name {
			return d.Value
		}
	}
	return ""
}

// Source makes records. It has no state: calls may run at the same time.
type Source interface {
	// Records yields the records with from <= Time < to, both in nanoseconds. Those of one series come in order of time,
	// and those that share dimensions and time come together.
	Records(from, to int64) iter.Seq[Record]
	// PerRound is how many records there are when each series has one point.
	PerRound() int
	// Interval is the mean time between two points of a series.
	Interval() time.Duration
}

// Estimate returns about how many records source has between two times. It is exact for sources without gaps.
func Estimate(source Source, from, to int64) int64 {
	if to <= from {
		return 0
	}
	return int64(float64(to-from) / float64(source.Interval()) * float64(source.PerRound()))
}

// double returns a DOUBLE of n hundredths. Values are made as whole hundredths so that they are short decimals, as the
// values of real agents are.
func double(hundredths int64) Value { return Value{Kind: Double, Float: float64(hundredths) / 100} }

// bigint returns a BIGINT.
func bigint(n int64) Value { return Value{Kind: Bigint, Int: n} }

// varchar returns a VARCHAR.
func varchar(s string) Value { return Value{Kind: Varchar, Text: s} }
