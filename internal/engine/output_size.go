package engine

import (
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Limits of results. Source: quotas of the service.
const (
	outputBytesMax  = 5 << 30   // of values, as metered
	columnsBytesMax = 100 << 10 // of names and types of columns
)

// outputBytes returns the size of the values of n rows from row first on: 8 bytes a number or time, 1 a boolean, the length of a
// text; of arrays, rows and time series what is in them; nothing for NULL.
func outputBytes(b *vector.Batch, first, n int) int64 {
	var sum int64
	for _, v := range b.Cols {
		sum += valuesBytes(v, first, first+n)
	}
	return sum
}

// valuesBytes is outputBytes for rows from:to of one column.
func valuesBytes(v *vector.Vector, from, to int) (sum int64) {
	switch v.Form {
	case vector.Constant:
		return int64(to-from) * flatBytes(v, 0)
	case vector.Dictionary:
		for _, code := range v.Codes[from:to] {
			if code >= 0 {
				sum += flatBytes(v.Dict, int(code))
			}
		}
		return sum
	}
	if v.Nulls == nil && (v.Floats != nil || v.Ints != nil) {
		return 8 * int64(to-from)
	}
	for i := from; i < to; i++ {
		sum += flatBytes(v, i)
	}
	return sum
}

// flatBytes is the size of the value at position i of a column's payload.
func flatBytes(v *vector.Vector, i int) (sum int64) {
	if v.Nulls != nil && v.Nulls[i] {
		return 0
	}
	switch v.Type.Kind {
	case types.KindUnknown:
		return 0
	case types.KindBoolean:
		return 1
	case types.KindVarchar:
		return int64(len(v.Strs[i]))
	case types.KindRow:
		for _, kid := range v.Kids {
			sum += valuesBytes(kid, i, i+1)
		}
		return sum
	case types.KindArray, types.KindTimeSeries:
		for _, kid := range v.Kids {
			sum += valuesBytes(kid, int(v.Offsets[i]), int(v.Offsets[i+1]))
		}
		return sum
	}
	return 8
}

// columnsBytes returns the size of the description of columns.
func columnsBytes(columns []ResultColumn) (sum int) {
	for _, c := range columns {
		sum += len(c.Name) + len(c.Type.String())
	}
	return sum
}
