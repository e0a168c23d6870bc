package segment

import (
	"math"
	"math/bits"
	"unsafe"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// column is values of one column that wait to be written, in the slice that fits the type.
type column struct {
	typ    *types.Type
	nulls  []bool
	ints   []int64
	floats []float64
	bools  []bool
	strs   []string
}

// add appends the rows from:to of a flat vector, or as many NULLs if there is none.
func (c *column) add(v *vector.Vector, from, to int) {
	switch {
	case v == nil:
		for range to - from {
			c.nulls = append(c.nulls, true)
		}
	case v.Nulls == nil:
		c.nulls = append(c.nulls, make([]bool, to-from)...)
	default:
		c.nulls = append(c.nulls, v.Nulls[from:to]...)
	}
	switch c.typ.Kind {
	case types.KindDouble:
		c.floats = addValues(c.floats, v, func(v *vector.Vector) []float64 { return v.Floats }, from, to)
	case types.KindBoolean:
		c.bools = addValues(c.bools, v, func(v *vector.Vector) []bool { return v.Bools }, from, to)
	case types.KindVarchar:
		c.strs = addValues(c.strs, v, func(v *vector.Vector) []string { return v.Strs }, from, to)
	default:
		c.ints = addValues(c.ints, v, func(v *vector.Vector) []int64 { return v.Ints }, from, to)
	}
}

// addValues appends the values from:to of a vector, or as many zeros.
func addValues[T any](dst []T, v *vector.Vector, values func(*vector.Vector) []T, from, to int) []T {
	if v == nil {
		return append(dst, make([]T, to-from)...)
	}
	return append(dst, values(v)[from:to]...)
}

// drop removes the first n rows.
func (c *column) drop(n int) {
	c.nulls = dropFirst(c.nulls, n)
	c.ints = dropFirst(c.ints, n)
	c.floats = dropFirst(c.floats, n)
	c.bools = dropFirst(c.bools, n)
	c.strs = dropFirst(c.strs, n)
}

// dropFirst moves the rest to the front, keeping the memory.
func dropFirst[T any](s []T, n int) []T {
	if len(s) == 0 {
		return s
	}
	rest := copy(s, s[n:])
	clear(s[rest:])
	return s[:rest]
}

// encode adds the first n rows as a block, nothing if all are NULL, and describes them; doubles as decimals, if they are,
// until the encoder is used again.
func (c *column) encode(enc *encoding.Encoder, dst []byte, n int) ([]byte, Stats, encoding.Decimals) {
	s := Stats{Rows: n}
	var dec encoding.Decimals
	nulls := c.nulls[:n]
	for _, null := range nulls {
		if null {
			s.Nulls++
		}
	}
	switch {
	case s.Nulls == n:
		return dst, s, dec
	case s.Nulls == 0:
		nulls = nil
	}
	switch c.typ.Kind {
	case types.KindDouble:
		dst, dec = enc.AppendDoubles(dst, c.floats[:n], nulls)
		s.doubles(c.floats[:n], nulls, dec)
	case types.KindBoolean:
		dst = enc.AppendBools(dst, c.bools[:n], nulls)
		s.booleans(c.bools[:n], nulls)
	case types.KindVarchar:
		dst = enc.AppendStrings(dst, c.strs[:n], nulls)
	default:
		dst = enc.AppendInts(dst, c.ints[:n], nulls)
		s.integers(c.ints[:n], nulls)
		if c.typ.Kind == types.KindBigint {
			s.sumIntegers(c.ints[:n], nulls)
		}
	}
	return dst, s, dec
}

// integers sets the range.
func (s *Stats) integers(vals []int64, nulls []bool) {
	s.MinInt, s.MaxInt, s.HasRange = math.MaxInt64, math.MinInt64, true
	for i, v := range vals {
		if nulls != nil && nulls[i] {
			continue
		}
		if v < s.MinInt {
			s.MinInt = v
		}
		if v > s.MaxInt {
			s.MaxInt = v
		}
	}
}

// sumIntegers sets the sum, unless it exceeds an int64.
func (s *Stats) sumIntegers(vals []int64, nulls []bool) {
	if sum, ok := sumExactly(vals, nulls); ok {
		s.Sum, s.SumInt = SumInt, sum
	}
}

// sumExactly adds in 128 bits, so that it does not matter whether a partial sum is too large.
func sumExactly(vals []int64, nulls []bool) (int64, bool) {
	hi, lo := sum128(vals, nulls)
	return int64(lo), int64(hi) == int64(lo)>>63
}

// sum128 adds in 128 bits.
func sum128(vals []int64, nulls []bool) (hi, lo uint64) {
	for i, v := range vals {
		if nulls != nil && nulls[i] {
			continue
		}
		var carry uint64
		lo, carry = bits.Add64(lo, uint64(v), 0)
		hi += uint64(v>>63) + carry
	}
	return hi, lo
}

// booleans sets the range and, as the sum, the number of true.
func (s *Stats) booleans(vals []bool, nulls []bool) {
	s.Sum, s.HasRange = SumInt, true
	for i, v := range vals {
		if v && (nulls == nil || !nulls[i]) {
			s.SumInt++
		}
	}
	if s.SumInt == int64(s.Values()) {
		s.MinInt = 1
	}
	if s.SumInt > 0 {
		s.MaxInt = 1
	}
}

// doubleSurvey is what a look at doubles tells.
type doubleSurvey struct {
	low, high float64 // of the numbers
	sum       float64 // in order of rows
	numbers   int     // neither NULL nor NaN
}

// surveyDoubles looks at doubles that follow those whose sum is given.
func surveyDoubles(vals []float64, nulls []bool, sum float64) doubleSurvey {
	low, high := math.Inf(1), math.Inf(-1)
	numbers := 0
	for i, v := range vals {
		if nulls != nil && nulls[i] {
			continue
		}
		sum += v
		if v < low {
			low = v
		}
		if v > high {
			high = v
		}
		if v == v {
			numbers++
		}
	}
	return doubleSurvey{low, high, sum, numbers}
}

// doubles sets the range, whether there is a NaN, and the sum: exact for decimals if it fits an int64.
func (s *Stats) doubles(vals []float64, nulls []bool, dec encoding.Decimals) {
	if dec.Codes != nil {
		look := dec.Survey()
		if !look.Fits {
			look.Sum, look.Fits = sumExactly(dec.Codes, nil)
		}
		if look.Fits {
			s.MinFloat, s.MaxFloat, s.HasRange = dec.Value(look.Low), dec.Value(look.High), true
			s.Sum, s.SumInt, s.Scale = SumDecimal, look.Sum, dec.Scale
			return
		}
	}
	found := surveyDoubles(vals, nulls, 0)
	s.HasNaN = found.numbers < s.Values()
	if found.numbers > 0 {
		s.MinFloat, s.MaxFloat, s.HasRange = found.low, found.high, true
	}
	s.Sum, s.SumFloat = SumFloat, found.sum
}

// decodeColumn reads a block of a column back.
func decodeColumn(t *types.Type, block []byte, rows int) (*vector.Vector, error) {
	switch t.Kind {
	case types.KindDouble:
		vals, nulls, err := encoding.DecodeDoubles(nil, block, rows)
		return vector.Doubles(vals, nulls), err
	case types.KindBoolean:
		vals, nulls, err := encoding.DecodeBools(nil, block, rows)
		return vector.Booleans(vals, nulls), err
	case types.KindVarchar:
		vals, nulls, err := encoding.DecodeStrings(nil, block, rows)
		return vector.Strings(vals, nulls), err
	default:
		vals, nulls, err := encoding.DecodeInts(nil, block, rows)
		return vector.Int64s(t, vals, nulls), err
	}
}

// memoryOf returns how much memory a decoded column takes. Its texts are parts of one piece of memory, however often each is there.
func memoryOf(v *vector.Vector) int64 {
	if v.Type.Kind != types.KindVarchar {
		return v.Bytes()
	}
	var low, high uintptr
	for _, s := range v.Strs {
		if len(s) == 0 {
			continue
		}
		from := uintptr(unsafe.Pointer(unsafe.StringData(s)))
		if low == 0 || from < low {
			low = from
		}
		high = max(high, from+uintptr(len(s)))
	}
	return 16*int64(cap(v.Strs)) + int64(cap(v.Nulls)) + int64(high-low)
}

// allNull holds a flat vector of BlockRows NULLs for each type, to be sliced.
var allNull = func() map[types.Kind]*vector.Vector {
	out := map[types.Kind]*vector.Vector{}
	for _, t := range columnTypes {
		if t != nil {
			out[t.Kind] = vector.NullsOf(t, BlockRows).Flatten()
		}
	}
	return out
}()
