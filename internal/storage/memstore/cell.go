package memstore

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Class is how values of a type are held.
type Class uint8

// The classes of values. Their numbers are in the log.
const (
	Int    Class = iota // bigint, timestamp
	Float               // double
	String              // varchar
	Bool                // boolean
)

// ClassOf returns the class of a type, false if no column can have the type.
func ClassOf(t *types.Type) (Class, bool) {
	switch t.Kind {
	case types.KindBigint, types.KindTimestamp:
		return Int, true
	case types.KindDouble:
		return Float, true
	case types.KindVarchar:
		return String, true
	case types.KindBoolean:
		return Bool, true
	}
	return 0, false
}

// Cell is one value of a row. Columns have small numbers, given by the caller.
type Cell struct {
	Str    string // of class String
	Bits   uint64 // of the other classes: the integer, the bits of the double, 0 or 1
	Column uint16
	Class  Class
}

// Bigint makes a cell of class Int.
func Bigint(column uint16, v int64) Cell { return Cell{Column: column, Class: Int, Bits: uint64(v)} }

// Double makes a cell of class Float.
func Double(column uint16, v float64) Cell {
	return Cell{Column: column, Class: Float, Bits: math.Float64bits(v)}
}

// Varchar makes a cell of class String.
func Varchar(column uint16, v string) Cell { return Cell{Column: column, Class: String, Str: v} }

// Boolean makes a cell of class Bool.
func Boolean(column uint16, v bool) Cell {
	c := Cell{Column: column, Class: Bool}
	if v {
		c.Bits = 1
	}
	return c
}
