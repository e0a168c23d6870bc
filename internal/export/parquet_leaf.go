package export

import (
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// parquetLeaf is a column of a Parquet file: a column of the result, or one scalar part of it. Parquet stores parts of
// lists and rows as a flat sequence of values with two numbers each: the definition level says how many of the nodes that
// could be missing are there, the repetition level which list the value continues.
type parquetLeaf struct {
	column int
	path   []step // from the column of the result to the scalar
	kind   types.Kind
}

// step leads from a value into its parts.
type step struct {
	kind  stepKind
	field int // of a row; of a time series 0 is the time, 1 the value
	level int // of a list: its repetition level
}

type stepKind uint8

const (
	stepField  stepKind = iota // into a field of a row
	stepList                   // into the elements of an array
	stepSeries                 // into the times, or the values, of the points of a time series
)

// append appends what row i of a column of the result has for the leaf.
func (l *parquetLeaf) append(dst []parquet.Value, v *vector.Vector, i int) []parquet.Value {
	return l.walk(dst, v, i, 0, 0, 0)
}

// walk appends the values below row i of v, which the first steps of the path have led to.
func (l *parquetLeaf) walk(dst []parquet.Value, v *vector.Vector, i, steps, repetition, definition int) []parquet.Value {
	v, at, ok := v.Payload(i)
	if !ok {
		return append(dst, parquet.Value{}.Level(repetition, definition, l.column))
	}
	definition++
	if steps == len(l.path) {
		return append(dst, l.value(v, at).Level(repetition, definition, l.column))
	}
	s := l.path[steps]
	if s.kind == stepField {
		return l.walk(dst, v.Kids[s.field], at, steps+1, repetition, definition)
	}
	from, to := int(v.Offsets[at]), int(v.Offsets[at+1])
	if from == to {
		return append(dst, parquet.Value{}.Level(repetition, definition, l.column))
	}
	definition++
	if s.kind == stepSeries { // the point
		definition++
	}
	for j := from; j < to; j++ {
		dst = l.walk(dst, v.Kids[s.field], j, steps+1, repetition, definition)
		repetition = s.level
	}
	return dst
}

// value returns a scalar. Texts share the memory of the vector.
func (l *parquetLeaf) value(v *vector.Vector, at int) parquet.Value {
	switch l.kind {
	case types.KindBoolean:
		return parquet.BooleanValue(v.Bools[at])
	case types.KindInteger, types.KindDate:
		return parquet.Int32Value(int32(v.Ints[at]))
	case types.KindBigint:
		return parquet.Int64Value(v.Ints[at])
	case types.KindDouble:
		return parquet.DoubleValue(v.Floats[at])
	case types.KindTimestamp:
		return parquet.Int96Value(int96(v.Ints[at]))
	case types.KindVarchar:
		s := v.Strs[at]
		return parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(s), len(s)))
	}
	return parquet.ByteArrayValue(v.AppendScalar(nil, at))
}

// int96 returns a timestamp as the nanoseconds of its day and the number of the day, which is counted as astronomers do.
func int96(ns int64) deprecated.Int96 {
	const day, epoch = 86_400_000_000_000, 2_440_588
	days := ns / day
	if ns%day < 0 {
		days--
	}
	ns -= days * day
	return deprecated.Int96{uint32(uint64(ns)), uint32(uint64(ns) >> 32), uint32(days + epoch)}
}
