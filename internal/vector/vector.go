package vector

import (
	"github.com/tidemarkdb/tidemark/internal/types"
)

// BatchRows is the number of rows that operators aim at.
const BatchRows = 4096

// Form is how a vector holds its values.
type Form uint8

// The forms of a vector.
const (
	Flat Form = iota
	Constant
	Dictionary
)

// Vector is one column. Read its fields freely, but only of the form and payload that the type calls for:
//
//	boolean                         Bools
//	the types with Type.Ints()      Ints
//	double                          Floats
//	varchar                         Strs
//	array                           Offsets (len rows+1) and Kids[0], the elements of all rows one after the other
//	timeseries                      Offsets and Kids[0] = times (timestamp), Kids[1] = values
//	row                             Kids, one vector a field, each as long as this one
//	unknown                         nothing; every row is NULL
//
// Nulls[i] is true where row i is NULL; a nil Nulls means no NULL. The payload at a NULL row is arbitrary. In
// Constant form all of these have one element (Offsets two). In Dictionary form only Dict and Codes are set; a row is
// NULL if its code is negative (Dict itself has no NULL).
type Vector struct {
	Type *types.Type
	Form Form

	Nulls   []bool
	Bools   []bool
	Ints    []int64
	Floats  []float64
	Strs    []string
	Offsets []int32
	Kids    []*Vector

	Dict  *Vector
	Codes []int32

	rows int
}

// Len returns the number of rows.
func (v *Vector) Len() int { return v.rows }

// Bools, Ints, Floats, Strs make flat vectors that own the given slices. nulls may be nil.

// Booleans makes a flat boolean vector.
func Booleans(vals []bool, nulls []bool) *Vector {
	return &Vector{Type: types.Boolean, Bools: vals, Nulls: nulls, rows: len(vals)}
}

// Int64s makes a flat vector of a type that is held as int64.
func Int64s(t *types.Type, vals []int64, nulls []bool) *Vector {
	return &Vector{Type: t, Ints: vals, Nulls: nulls, rows: len(vals)}
}

// Doubles makes a flat double vector.
func Doubles(vals []float64, nulls []bool) *Vector {
	return &Vector{Type: types.Double, Floats: vals, Nulls: nulls, rows: len(vals)}
}

// Strings makes a flat varchar vector.
func Strings(vals []string, nulls []bool) *Vector {
	return &Vector{Type: types.Varchar, Strs: vals, Nulls: nulls, rows: len(vals)}
}

// DictionaryOf makes a varchar vector of codes into dict, which must be flat and without NULL. A negative code is NULL.
func DictionaryOf(dict *Vector, codes []int32) *Vector {
	return &Vector{Type: dict.Type, Form: Dictionary, Dict: dict, Codes: codes, rows: len(codes)}
}

// Arrays makes a flat array vector: row i is elems[offsets[i]:offsets[i+1]].
func Arrays(t *types.Type, offsets []int32, elems *Vector, nulls []bool) *Vector {
	return &Vector{Type: t, Offsets: offsets, Kids: []*Vector{elems}, Nulls: nulls, rows: len(offsets) - 1}
}

// SeriesOf makes a flat time series vector: row i is the points offsets[i]:offsets[i+1] of times and values.
func SeriesOf(t *types.Type, offsets []int32, times, values *Vector, nulls []bool) *Vector {
	return &Vector{Type: t, Offsets: offsets, Kids: []*Vector{times, values}, Nulls: nulls, rows: len(offsets) - 1}
}

// Rows makes a flat row vector of n rows from its fields.
func Rows(t *types.Type, fields []*Vector, n int, nulls []bool) *Vector {
	return &Vector{Type: t, Kids: fields, Nulls: nulls, rows: n}
}

// Const makes a constant vector of n rows.
func Const(t *types.Type, value types.Value, n int) *Vector {
	b := NewBuilder(t, 1)
	b.Append(value)
	v := b.Build()
	v.Form, v.rows = Constant, n
	return v
}

// NullsOf makes a constant NULL vector of n rows.
func NullsOf(t *types.Type, n int) *Vector { return Const(t, nil, n) }

// at returns where in the payload row i is held.
func (v *Vector) at(i int) int {
	if v.Form == Constant {
		return 0
	}
	return i
}

// IsNull reports whether row i is NULL.
func (v *Vector) IsNull(i int) bool {
	switch {
	case v.Form == Dictionary:
		return v.Codes[i] < 0
	case v.Type.Kind == types.KindUnknown:
		return true
	case v.Nulls == nil:
		return false
	}
	return v.Nulls[v.at(i)]
}

// HasNulls reports whether some row may be NULL; false is certain.
func (v *Vector) HasNulls() bool {
	if v.Form == Dictionary {
		for _, c := range v.Codes {
			if c < 0 {
				return true
			}
		}
		return false
	}
	return v.Nulls != nil || v.Type.Kind == types.KindUnknown
}

// Value returns row i in Go form, nil for NULL. It is for the edges (encoding, tests, literals), not for kernels.
func (v *Vector) Value(i int) types.Value {
	if v.IsNull(i) {
		return nil
	}
	if v.Form == Dictionary {
		return v.Dict.Value(int(v.Codes[i]))
	}
	i = v.at(i)
	switch v.Type.Kind {
	case types.KindBoolean:
		return v.Bools[i]
	case types.KindDouble:
		return v.Floats[i]
	case types.KindVarchar:
		return v.Strs[i]
	case types.KindArray:
		out := make([]types.Value, 0, v.Offsets[i+1]-v.Offsets[i])
		for j := v.Offsets[i]; j < v.Offsets[i+1]; j++ {
			out = append(out, v.Kids[0].Value(int(j)))
		}
		return out
	case types.KindTimeSeries:
		out := make(types.Series, 0, v.Offsets[i+1]-v.Offsets[i])
		for j := int(v.Offsets[i]); j < int(v.Offsets[i+1]); j++ {
			out = append(out, types.Point{Time: v.Kids[0].Value(j).(int64), Value: v.Kids[1].Value(j)})
		}
		return out
	case types.KindRow:
		out := make([]types.Value, len(v.Kids))
		for k, kid := range v.Kids {
			out[k] = kid.Value(i)
		}
		return out
	default:
		return v.Ints[i]
	}
}

// Flatten returns v in Flat form; v itself if it is flat.
func (v *Vector) Flatten() *Vector {
	if v.Form == Flat {
		return v
	}
	sel := make([]int32, v.rows)
	for i := range sel {
		sel[i] = int32(i)
	}
	return v.gatherFlat(sel)
}

// Gather returns the rows sel of v, in that order. A negative index gives NULL. Constants stay constant (unless some
// index is negative) and dictionaries stay dictionaries.
func (v *Vector) Gather(sel []int32) *Vector {
	switch v.Form {
	case Constant:
		if !anyNegative(sel) {
			return v.Resize(len(sel))
		}
	case Dictionary:
		codes := make([]int32, len(sel))
		for i, s := range sel {
			if s < 0 {
				codes[i] = -1
			} else {
				codes[i] = v.Codes[s]
			}
		}
		return DictionaryOf(v.Dict, codes)
	}
	return v.gatherFlat(sel)
}

func anyNegative(sel []int32) bool {
	for _, s := range sel {
		if s < 0 {
			return true
		}
	}
	return false
}

// Resize returns a constant vector with another number of rows.
func (v *Vector) Resize(n int) *Vector {
	if v.Form != Constant {
		panic("bug: resize of a vector that is not constant")
	}
	out := *v
	out.rows = n
	return &out
}

// Repeat returns a constant vector of n rows that are all like row i of v.
func (v *Vector) Repeat(i, n int) *Vector {
	if v.Form == Constant {
		return v.Resize(n)
	}
	out := v.gatherFlat([]int32{int32(i)})
	out.Form, out.rows = Constant, n
	return out
}

// gatherFlat copies the rows sel into a flat vector.
func (v *Vector) gatherFlat(sel []int32) *Vector {
	if v.Form == Dictionary {
		codes := make([]int32, len(sel))
		for i, s := range sel {
			codes[i] = -1
			if s >= 0 {
				codes[i] = v.Codes[s]
			}
		}
		return v.Dict.gatherFlat(codes)
	}
	out := &Vector{Type: v.Type, rows: len(sel)}
	idx := sel
	if v.Form == Constant {
		idx = make([]int32, len(sel))
		for i, s := range sel {
			if s < 0 {
				idx[i] = -1
			}
		}
	}
	out.Nulls = gatherNulls(v.Nulls, idx)
	switch v.Type.Kind {
	case types.KindUnknown:
	case types.KindBoolean:
		out.Bools = gather(v.Bools, idx)
	case types.KindDouble:
		out.Floats = gather(v.Floats, idx)
	case types.KindVarchar:
		out.Strs = gather(v.Strs, idx)
	case types.KindRow:
		out.Kids = make([]*Vector, len(v.Kids))
		for k, kid := range v.Kids {
			out.Kids[k] = kid.Gather(idx)
		}
	case types.KindArray, types.KindTimeSeries:
		v.gatherLists(out, idx)
	default:
		out.Ints = gather(v.Ints, idx)
	}
	return out
}

func (v *Vector) gatherLists(out *Vector, idx []int32) {
	out.Offsets = make([]int32, len(idx)+1)
	var elems []int32
	for i, s := range idx {
		if s >= 0 && (v.Nulls == nil || !v.Nulls[s]) {
			for j := v.Offsets[s]; j < v.Offsets[s+1]; j++ {
				elems = append(elems, j)
			}
		}
		out.Offsets[i+1] = int32(len(elems))
	}
	out.Kids = make([]*Vector, len(v.Kids))
	for k, kid := range v.Kids {
		out.Kids[k] = kid.Gather(elems)
	}
}

func gather[T any](src []T, sel []int32) []T {
	out := make([]T, len(sel))
	for i, s := range sel {
		if s >= 0 {
			out[i] = src[s]
		}
	}
	return out
}

func gatherNulls(src []bool, sel []int32) []bool {
	var out []bool
	for i, s := range sel {
		if s < 0 || src != nil && src[s] {
			if out == nil {
				out = make([]bool, len(sel))
			}
			out[i] = true
		}
	}
	return out
}

// Slice returns the rows from:to of v without copying.
func (v *Vector) Slice(from, to int) *Vector {
	switch v.Form {
	case Constant:
		return v.Resize(to - from)
	case Dictionary:
		return DictionaryOf(v.Dict, cut(v.Codes, from, to))
	}
	return v.SliceInto(&Vector{}, from, to)
}

// SliceInto is Slice for a flat vector that makes its result in dst, which the caller owns and may use again as soon as
// nobody reads the former result.
func (v *Vector) SliceInto(dst *Vector, from, to int) *Vector {
	*dst = Vector{
		Type:   v.Type,
		Nulls:  cut(v.Nulls, from, to),
		Bools:  cut(v.Bools, from, to),
		Ints:   cut(v.Ints, from, to),
		Floats: cut(v.Floats, from, to),
		Strs:   cut(v.Strs, from, to),
		rows:   to - from,
	}
	if v.Offsets != nil {
		dst.Offsets = cut(v.Offsets, from, to+1)
		dst.Kids = v.Kids
	} else if v.Kids != nil {
		dst.Kids = make([]*Vector, len(v.Kids))
		for k, kid := range v.Kids {
			dst.Kids[k] = kid.Slice(from, to)
		}
	}
	return dst
}

// cut returns a part of s without room to grow, so that appending copies and capacities add up.
func cut[T any](s []T, from, to int) []T {
	if s == nil {
		return nil
	}
	return s[from:to:to]
}

// WithType returns v under another type that is held in the same way (row field names, timestamp for bigint).
func (v *Vector) WithType(t *types.Type) *Vector {
	out := *v
	out.Type = t
	if v.Form == Dictionary {
		out.Dict = v.Dict.WithType(t)
	}
	return &out
}

// WithNulls returns flat v with another NULL mask of the same length, nil for none.
func (v *Vector) WithNulls(nulls []bool) *Vector {
	if v.Form != Flat {
		panic("bug: null mask for a vector that is not flat")
	}
	out := *v
	out.Nulls = nulls
	return &out
}

// Bytes returns about how much memory v holds, for accounting.
func (v *Vector) Bytes() int64 {
	n := int64(cap(v.Nulls)+cap(v.Bools)) + 8*int64(cap(v.Ints)+cap(v.Floats)) + 4*int64(cap(v.Offsets)+cap(v.Codes)) + 16*int64(cap(v.Strs))
	for _, s := range v.Strs {
		n += int64(len(s))
	}
	for _, kid := range v.Kids {
		bytes := kid.Bytes()
		if v.Offsets != nil && kid.rows > 0 { // a slice counts only the elements of its own rows
			first, last := v.Offsets[0], v.Offsets[len(v.Offsets)-1]
			bytes = bytes * int64(last-first) / int64(kid.rows)
		}
		n += bytes
	}
	return n + 64
}
