package types

import "strings"

// Kind is the outermost part of a type.
type Kind uint8

// The kinds of type. The order of the numeric kinds is the order of implicit coercion.
const (
	KindUnknown Kind = iota // the type of a bare NULL
	KindBoolean
	KindInteger
	KindBigint
	KindDouble
	KindVarchar
	KindTimestamp
	KindDate
	KindTime
	KindIntervalDayToSecond
	KindIntervalYearToMonth
	KindArray
	KindRow
	KindTimeSeries
	KindFunction // a lambda; only as an argument of functions, never a value
)

// Type is a SQL type. Types are immutable; scalar types are the package's variables.
type Type struct {
	Kind   Kind
	Elem   *Type   // of an array: its elements; of a time series: its values; of a function: its result
	Fields []Field // of a row: its fields; of a function: its parameters
}

// Field is one field of a row type. Name is empty for an unnamed field.
type Field struct {
	Name string
	Type *Type
}

// The scalar types.
var (
	Unknown             = &Type{Kind: KindUnknown}
	Boolean             = &Type{Kind: KindBoolean}
	Integer             = &Type{Kind: KindInteger}
	Bigint              = &Type{Kind: KindBigint}
	Double              = &Type{Kind: KindDouble}
	Varchar             = &Type{Kind: KindVarchar}
	Timestamp           = &Type{Kind: KindTimestamp}
	Date                = &Type{Kind: KindDate}
	Time                = &Type{Kind: KindTime}
	IntervalDayToSecond = &Type{Kind: KindIntervalDayToSecond}
	IntervalYearToMonth = &Type{Kind: KindIntervalYearToMonth}
)

var scalarNames = map[Kind]string{
	KindUnknown:             "unknown",
	KindBoolean:             "boolean",
	KindInteger:             "integer",
	KindBigint:              "bigint",
	KindDouble:              "double",
	KindVarchar:             "varchar",
	KindTimestamp:           "timestamp",
	KindDate:                "date",
	KindTime:                "time",
	KindIntervalDayToSecond: "interval day to second",
	KindIntervalYearToMonth: "interval year to month",
}

// ArrayOf returns array(elem).
func ArrayOf(elem *Type) *Type { return &Type{Kind: KindArray, Elem: elem} }

// TimeSeriesOf returns timeseries(value).
func TimeSeriesOf(value *Type) *Type { return &Type{Kind: KindTimeSeries, Elem: value} }

// RowOf returns row(fields...).
func RowOf(fields ...Field) *Type { return &Type{Kind: KindRow, Fields: fields} }

// FunctionOf returns the type of a lambda.
func FunctionOf(result *Type, params ...*Type) *Type {
	t := &Type{Kind: KindFunction, Elem: result}
	for _, p := range params {
		t.Fields = append(t.Fields, Field{Type: p})
	}
	return t
}

// PointOf returns the row type of one point of a time series, as UNNEST and lambdas see it: row(time timestamp, value T).
func PointOf(value *Type) *Type {
	return RowOf(Field{"time", Timestamp}, Field{"value", value})
}

// Equal reports whether two types are the same. Names of row fields do not matter.
func (t *Type) Equal(u *Type) bool {
	if t == u {
		return true
	}
	if t == nil || u == nil || t.Kind != u.Kind || len(t.Fields) != len(u.Fields) {
		return false
	}
	if (t.Elem == nil) != (u.Elem == nil) || t.Elem != nil && !t.Elem.Equal(u.Elem) {
		return false
	}
	for i := range t.Fields {
		if !t.Fields[i].Type.Equal(u.Fields[i].Type) {
			return false
		}
	}
	return true
}

// String returns the type's name as typeof() prints it: "bigint", "array(double)", "row(a bigint, varchar)".
func (t *Type) String() string {
	switch t.Kind {
	case KindArray:
		return "array(" + t.Elem.String() + ")"
	case KindTimeSeries:
		return "timeseries(" + t.Elem.String() + ")"
	case KindRow:
		return "row(" + fieldList(t.Fields) + ")"
	case KindFunction:
		return "function(" + fieldList(append(t.Fields[:len(t.Fields):len(t.Fields)], Field{Type: t.Elem})) + ")"
	default:
		return scalarNames[t.Kind]
	}
}

func fieldList(fields []Field) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.Type.String()
		if f.Name != "" {
			parts[i] = f.Name + " " + parts[i]
		}
	}
	return strings.Join(parts, ", ")
}

// IsNumeric reports whether t is integer, bigint or double.
func (t *Type) IsNumeric() bool {
	return t.Kind == KindInteger || t.Kind == KindBigint || t.Kind == KindDouble
}

// IsScalar reports whether values of t have no parts.
func (t *Type) IsScalar() bool { return t.Kind < KindArray }

// IsOrderable reports whether values of t have an order: all scalars, and arrays and rows of orderable parts.
func (t *Type) IsOrderable() bool {
	switch t.Kind {
	case KindArray:
		return t.Elem.IsOrderable()
	case KindRow:
		for _, f := range t.Fields {
			if !f.Type.IsOrderable() {
				return false
			}
		}
		return true
	case KindTimeSeries, KindFunction:
		return false
	default:
		return true
	}
}

// IsComparable reports whether values of t can be equal or not: everything but time series and lambdas.
func (t *Type) IsComparable() bool { return t.IsOrderable() }

// Ints reports whether values of t are held as int64.
func (t *Type) Ints() bool {
	switch t.Kind {
	case KindInteger, KindBigint, KindTimestamp, KindDate, KindTime, KindIntervalDayToSecond, KindIntervalYearToMonth:
		return true
	}
	return false
}

// apiNames are the API's names of the scalar types.
var apiNames = map[Kind]string{
	KindUnknown:             "UNKNOWN",
	KindBoolean:             "BOOLEAN",
	KindInteger:             "INTEGER",
	KindBigint:              "BIGINT",
	KindDouble:              "DOUBLE",
	KindVarchar:             "VARCHAR",
	KindTimestamp:           "TIMESTAMP",
	KindDate:                "DATE",
	KindTime:                "TIME",
	KindIntervalDayToSecond: "INTERVAL_DAY_TO_SECOND",
	KindIntervalYearToMonth: "INTERVAL_YEAR_TO_MONTH",
}

// APIName returns the name that the API has for a scalar type, "" for other types.
func (k Kind) APIName() string { return apiNames[k] }
