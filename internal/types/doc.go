// Package types is SQL's types and values: what a column can hold, how values are written as text, and how text is read
// back. It knows nothing of columns of values (package vector) or of statements.
//
// Values of each type in Go form (type Value):
//
//	boolean                  bool
//	integer, bigint          int64
//	double                   float64
//	varchar                  string
//	timestamp                int64, nanoseconds since 1970-01-01 UTC
//	date                     int64, days since 1970-01-01
//	time                     int64, nanoseconds since midnight
//	interval day to second   int64, nanoseconds
//	interval year to month   int64, months
//	array, row               []Value
//	timeseries               Series
//	NULL of any type         nil
package types
