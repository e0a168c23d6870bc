package types

import (
	"cmp"
	"math"
	"strings"
)

// Value is one SQL value in the Go form that the package comment lists; nil is NULL.
type Value = any

// Point is one point of a time series.
type Point struct {
	Time  int64 // nanoseconds since 1970-01-01 UTC
	Value Value
}

// Series is a value of a time series type: points in ascending order of time.
type Series []Point

// Compare orders two non-null values of the same orderable type: negative, zero or positive. NaN equals NaN and is
// greater than every other double; -0.0 equals 0.0. Arrays and rows are compared part by part, a NULL part after
// everything else. Source: Trino's ordering.
func Compare(a, b Value) int {
	switch x := a.(type) {
	case bool:
		y := b.(bool)
		switch {
		case x == y:
			return 0
		case y:
			return -1
		}
		return 1
	case int64:
		return cmp.Compare(x, b.(int64))
	case float64:
		return CompareDoubles(x, b.(float64))
	case string:
		return strings.Compare(x, b.(string))
	case []Value:
		return compareLists(x, b.([]Value))
	}
	panic("bug: values of this type have no order")
}

// CompareDoubles orders doubles with NaN as the greatest.
func CompareDoubles(x, y float64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	case x == y:
		return 0
	case math.IsNaN(x) && math.IsNaN(y):
		return 0
	case math.IsNaN(x):
		return 1
	}
	return -1
}

func compareLists(x, y []Value) int {
	for i := 0; i < len(x) && i < len(y); i++ {
		switch {
		case x[i] == nil && y[i] == nil:
			continue
		case x[i] == nil:
			return 1
		case y[i] == nil:
			return -1
		}
		if c := Compare(x[i], y[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(x), len(y))
}
