package function

import (
	endian "encoding/binary"
	"math"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Comparing values of any type, of vectors of any form, one by one. Kernels for scalars have loops of their own; this is
// for arrays, rows and the elements of arrays.

// tri is a three-valued boolean.
type tri uint8

const (
	no tri = iota
	yes
	maybe
)

func triOf(b bool) tri {
	if b {
		return yes
	}
	return no
}

// locate finds where row i of v is held: a flat or constant vector and the place in its payload. Row i is not NULL.
func locate(v *vector.Vector, i int) (*vector.Vector, int) {
	if v.Form == vector.Dictionary {
		v, i = v.Dict, int(v.Codes[i])
	}
	if v.Form == vector.Constant {
		i = 0
	}
	return v, i
}

// equalAt is SQL's = of row i of x and row j of y, which have one type: NULL on either side is unknown, NaN equals
// nothing. Arrays and rows are equal if all parts are; a part that differs decides, whatever else is NULL.
func equalAt(x *vector.Vector, i int, y *vector.Vector, j int) tri {
	if x.IsNull(i) || y.IsNull(j) {
		return maybe
	}
	x, i = locate(x, i)
	y, j = locate(y, j)
	switch x.Type.Kind {
	case types.KindBoolean:
		return triOf(x.Bools[i] == y.Bools[j])
	case types.KindDouble:
		return triOf(x.Floats[i] == y.Floats[j])
	case types.KindVarchar:
		return triOf(x.Strs[i] == y.Strs[j])
	case types.KindArray:
		from, n := x.Offsets[i], x.Offsets[i+1]-x.Offsets[i]
		other := y.Offsets[j]
		if n != y.Offsets[j+1]-other {
			return no
		}
		result := yes
		for k := int32(0); k < n && result != no; k++ {
			result = result.and(equalAt(x.Kids[0], int(from+k), y.Kids[0], int(other+k)))
		}
		return result
	case types.KindRow:
		result := yes
		for k := 0; k < len(x.Kids) && result != no; k++ {
			result = result.and(equalAt(x.Kids[k], i, y.Kids[k], j))
		}
		return result
	}
	return triOf(x.Ints[i] == y.Ints[j])
}

func (t tri) and(u tri) tri {
	switch {
	case t == no || u == no:
		return no
	case t == maybe || u == maybe:
		return maybe
	}
	return yes
}

// orderAt orders row i of x and row j of y, which have one type and are not NULL: negative, zero or positive. Arrays and
// rows are ordered by their first parts that differ, then by length; a NULL part in the way is an error.
func orderAt(x *vector.Vector, i int, y *vector.Vector, j int) (int, error) {
	x, i = locate(x, i)
	y, j = locate(y, j)
	switch x.Type.Kind {
	case types.KindBoolean:
		return types.Compare(x.Bools[i], y.Bools[j]), nil
	case types.KindDouble:
		return types.CompareDoubles(x.Floats[i], y.Floats[j]), nil
	case types.KindVarchar:
		return types.Compare(x.Strs[i], y.Strs[j]), nil
	case types.KindArray:
		from, n := int(x.Offsets[i]), int(x.Offsets[i+1]-x.Offsets[i])
		other, m := int(y.Offsets[j]), int(y.Offsets[j+1]-y.Offsets[j])
		for k := 0; k < min(n, m); k++ {
			if x.Kids[0].IsNull(from+k) || y.Kids[0].IsNull(other+k) {
				return 0, invalid("ARRAY comparison not supported for arrays with null elements")
			}
			if c, err := orderAt(x.Kids[0], from+k, y.Kids[0], other+k); c != 0 || err != nil {
				return c, err
			}
		}
		return n - m, nil
	case types.KindRow:
		for k := range x.Kids {
			if x.Kids[k].IsNull(i) || y.Kids[k].IsNull(j) {
				return 0, invalid("ROW comparison not supported for fields with null elements")
			}
			if c, err := orderAt(x.Kids[k], i, y.Kids[k], j); c != 0 || err != nil {
				return c, err
			}
		}
		return 0, nil
	}
	return types.Compare(x.Ints[i], y.Ints[j]), nil
}

// appendKey appends bytes that are equal for two rows of vectors of one type exactly if SQL does not distinguish the
// values: NULL is like NULL, NaN like NaN, -0.0 like 0.0.
func appendKey(dst []byte, v *vector.Vector, i int) []byte {
	if v.IsNull(i) {
		return append(dst, 0)
	}
	v, i = locate(v, i)
	dst = append(dst, 1)
	switch v.Type.Kind {
	case types.KindBoolean:
		if v.Bools[i] {
			return append(dst, 1)
		}
		return append(dst, 0)
	case types.KindDouble:
		return endian.BigEndian.AppendUint64(dst, floatKey(v.Floats[i]))
	case types.KindVarchar:
		dst = endian.AppendUvarint(dst, uint64(len(v.Strs[i])))
		return append(dst, v.Strs[i]...)
	case types.KindArray, types.KindTimeSeries:
		dst = endian.AppendUvarint(dst, uint64(v.Offsets[i+1]-v.Offsets[i]))
		for j := v.Offsets[i]; j < v.Offsets[i+1]; j++ {
			for _, kid := range v.Kids {
				dst = appendKey(dst, kid, int(j))
			}
		}
		return dst
	case types.KindRow:
		for _, kid := range v.Kids {
			dst = appendKey(dst, kid, i)
		}
		return dst
	}
	return endian.BigEndian.AppendUint64(dst, uint64(v.Ints[i]))
}

// floatKey is the bits of x with one pattern for NaN and one for zero.
func floatKey(x float64) uint64 {
	switch {
	case x == 0:
		return 0
	case math.IsNaN(x):
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(x)
}

// valueCodes numbers the distinct values among all rows of vectors of one type, from 0; NULL is -1. Functions on sets of
// elements then compare small integers.
func valueCodes(vs ...*vector.Vector) (codes [][]int32, distinct int) {
	codes = make([][]int32, len(vs))
	switch kind := vs[0].Type.Kind; {
	case vs[0].Type.Ints():
		distinct = codesBy(vs, codes, func(v *vector.Vector, i int) int64 { return v.Ints[i] })
	case kind == types.KindDouble:
		distinct = codesBy(vs, codes, func(v *vector.Vector, i int) uint64 { return floatKey(v.Floats[i]) })
	case kind == types.KindVarchar:
		distinct = codesBy(vs, codes, func(v *vector.Vector, i int) string { return v.Strs[i] })
	default:
		distinct = codesByKey(vs, codes)
	}
	return codes, distinct
}

func codesBy[K comparable](vs []*vector.Vector, codes [][]int32, key func(v *vector.Vector, i int) K) int {
	seen := map[K]int32{}
	for k, v := range vs {
		codes[k] = make([]int32, v.Len())
		for i := range codes[k] {
			if v.IsNull(i) {
				codes[k][i] = -1
				continue
			}
			id := key(locate(v, i))
			code, ok := seen[id]
			if !ok {
				code = int32(len(seen))
				seen[id] = code
			}
			codes[k][i] = code
		}
	}
	return len(seen)
}

func codesByKey(vs []*vector.Vector, codes [][]int32) int {
	seen := map[string]int32{}
	var buf []byte
	for k, v := range vs {
		codes[k] = make([]int32, v.Len())
		for i := range codes[k] {
			if v.IsNull(i) {
				codes[k][i] = -1
				continue
			}
			buf = appendKey(buf[:0], v, i)
			code, ok := seen[string(buf)]
			if !ok {
				code = int32(len(seen))
				seen[string(buf)] = code
			}
			codes[k][i] = code
		}
	}
	return len(seen)
}
