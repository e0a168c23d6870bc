package vector

import (
	"cmp"
	"math"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Comparator orders row i of one vector against row j of another: negative, zero or positive.
type Comparator func(i, j int) int

// Equaler reports whether row i of one vector is not distinct from row j of another: NULL equals NULL, NaN equals NaN,
// -0.0 equals 0.0, and so for the parts of arrays and rows. It is the equality of GROUP BY.
type Equaler func(i, j int) bool

// Equality is SQL's "=" between row i of one vector and row j of another: known is false where the answer is NULL. NaN
// equals nothing.
type Equality func(i, j int) (equal, known bool)

// NewComparator returns the order of the rows of a against those of b, which have one orderable type. Values are ordered
// as types.Compare does, reversed with desc; NULLs come after all values, or with nullsFirst before them.
func NewComparator(a, b *Vector, desc, nullsFirst bool) Comparator {
	cmp := valueComparator(a, b)
	if desc {
		ascending := cmp
		cmp = func(i, j int) int { return -ascending(i, j) }
	}
	if !a.HasNulls() && !b.HasNulls() {
		return cmp
	}
	nullSide := 1
	if nullsFirst {
		nullSide = -1
	}
	return func(i, j int) int {
		switch an, bn := a.IsNull(i), b.IsNull(j); {
		case an && bn:
			return 0
		case an:
			return nullSide
		case bn:
			return -nullSide
		}
		return cmp(i, j)
	}
}

// mask returns what to AND a row number with to find its place in the payload of a flat or constant vector.
func (v *Vector) mask() int {
	if v.Form == Constant {
		return 0
	}
	return -1
}

// undict splits a dictionary into its values and its codes; codes is nil for other forms.
func undict(v *Vector) (values *Vector, codes []int32) {
	if v.Form == Dictionary {
		return v.Dict, v.Codes
	}
	return v, nil
}

// place returns the row of the dictionary for row i.
func place(codes []int32, i int) int {
	if codes == nil {
		return i
	}
	return int(codes[i])
}

// valueComparator orders rows that are not NULL.
func valueComparator(a, b *Vector) Comparator {
	if a.Form == Dictionary || b.Form == Dictionary {
		av, ac := undict(a)
		bv, bc := undict(b)
		cmp, same := valueComparator(av, bv), av == bv
		return func(i, j int) int {
			i, j = place(ac, i), place(bc, j)
			if same && i == j {
				return 0
			}
			return cmp(i, j)
		}
	}
	ma, mb := a.mask(), b.mask()
	switch kind := a.Type.Kind; {
	case a.Type.Ints():
		x, y := a.Ints, b.Ints
		return func(i, j int) int { return cmp.Compare(x[i&ma], y[j&mb]) }
	case kind == types.KindDouble:
		x, y := a.Floats, b.Floats
		return func(i, j int) int { return types.CompareDoubles(x[i&ma], y[j&mb]) }
	case kind == types.KindVarchar:
		x, y := a.Strs, b.Strs
		return func(i, j int) int { return strings.Compare(x[i&ma], y[j&mb]) }
	case kind == types.KindBoolean:
		x, y := a.Bools, b.Bools
		return func(i, j int) int { return compareBools(x[i&ma], y[j&mb]) }
	case kind == types.KindArray:
		return listComparator(a, b)
	case kind == types.KindRow:
		fields := make([]Comparator, len(a.Kids))
		for k := range fields {
			fields[k] = NewComparator(a.Kids[k], b.Kids[k], false, false)
		}
		return func(i, j int) int {
			for _, cmp := range fields {
				if c := cmp(i&ma, j&mb); c != 0 {
					return c
				}
			}
			return 0
		}
	case kind == types.KindUnknown:
		return func(int, int) int { return 0 }
	}
	panic("bug: values of type " + a.Type.String() + " have no order")
}

// listComparator orders flat or constant arrays element by element; a shorter one comes before one that it begins.
func listComparator(a, b *Vector) Comparator {
	ma, mb := a.mask(), b.mask()
	elem := NewComparator(a.Kids[0], b.Kids[0], false, false)
	return func(i, j int) int {
		i, j = i&ma, j&mb
		x, xEnd := int(a.Offsets[i]), int(a.Offsets[i+1])
		y, yEnd := int(b.Offsets[j]), int(b.Offsets[j+1])
		for ; x < xEnd && y < yEnd; x, y = x+1, y+1 {
			if c := elem(x, y); c != 0 {
				return c
			}
		}
		return (xEnd - x) - (yEnd - y)
	}
}

// compareBools orders false before true.
func compareBools(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return 1
	}
	return -1
}

// NewEqualer returns the test whether rows of a and b, which have one comparable type, are not distinct.
func NewEqualer(a, b *Vector) Equaler {
	eq := valueEqualer(a, b)
	if !a.HasNulls() && !b.HasNulls() {
		return eq
	}
	return func(i, j int) bool {
		an, bn := a.IsNull(i), b.IsNull(j)
		if an || bn {
			return an && bn
		}
		return eq(i, j)
	}
}

// valueEqualer compares rows that are not NULL.
func valueEqualer(a, b *Vector) Equaler {
	if a.Form == Dictionary || b.Form == Dictionary {
		av, ac := undict(a)
		bv, bc := undict(b)
		eq, same := valueEqualer(av, bv), av == bv
		return func(i, j int) bool {
			i, j = place(ac, i), place(bc, j)
			return same && i == j || eq(i, j)
		}
	}
	ma, mb := a.mask(), b.mask()
	switch kind := a.Type.Kind; {
	case a.Type.Ints():
		x, y := a.Ints, b.Ints
		return func(i, j int) bool { return x[i&ma] == y[j&mb] }
	case kind == types.KindDouble:
		x, y := a.Floats, b.Floats
		return func(i, j int) bool {
			p, q := x[i&ma], y[j&mb]
			return p == q || p != p && q != q
		}
	case kind == types.KindVarchar:
		x, y := a.Strs, b.Strs
		return func(i, j int) bool { return x[i&ma] == y[j&mb] }
	case kind == types.KindBoolean:
		x, y := a.Bools, b.Bools
		return func(i, j int) bool { return x[i&ma] == y[j&mb] }
	case kind == types.KindArray:
		elem := NewEqualer(a.Kids[0], b.Kids[0])
		return func(i, j int) bool {
			x, xEnd := int(a.Offsets[i&ma]), int(a.Offsets[i&ma+1])
			y, yEnd := int(b.Offsets[j&mb]), int(b.Offsets[j&mb+1])
			equal := xEnd-x == yEnd-y
			for ; equal && x < xEnd; x, y = x+1, y+1 {
				equal = elem(x, y)
			}
			return equal
		}
	case kind == types.KindRow:
		fields := make([]Equaler, len(a.Kids))
		for k := range fields {
			fields[k] = NewEqualer(a.Kids[k], b.Kids[k])
		}
		return func(i, j int) bool {
			for _, eq := range fields {
				if !eq(i&ma, j&mb) {
					return false
				}
			}
			return true
		}
	case kind == types.KindUnknown:
		return func(int, int) bool { return true }
	}
	panic("bug: values of type " + a.Type.String() + " cannot be compared")
}

// NewEquality returns SQL's "=" for rows of a and b, which have one comparable type. Arrays and rows are unequal as soon
// as a part is, else NULL if a comparison of parts is NULL.
func NewEquality(a, b *Vector) Equality {
	switch a.Type.Kind {
	case types.KindArray, types.KindRow:
		eq := partsEquality(a.Flatten(), b.Flatten())
		return func(i, j int) (bool, bool) {
			if a.IsNull(i) || b.IsNull(j) {
				return false, false
			}
			return eq(i, j)
		}
	}
	eq := valueEqualer(a, b)
	if a.Type.Kind == types.KindDouble {
		same := eq
		eq = func(i, j int) bool { return same(i, j) && !math.IsNaN(a.float(i)) }
	}
	return func(i, j int) (bool, bool) {
		if a.IsNull(i) || b.IsNull(j) {
			return false, false
		}
		return eq(i, j), true
	}
}

// float returns row i, which is not NULL, of a double vector of any form.
func (v *Vector) float(i int) float64 {
	if v.Form == Dictionary {
		return v.Dict.Floats[v.Codes[i]]
	}
	return v.Floats[v.at(i)]
}

// partsEquality compares rows that are not NULL of flat vectors of an array or row type.
func partsEquality(a, b *Vector) Equality {
	parts := make([]Equality, len(a.Kids))
	for k := range parts {
		parts[k] = NewEquality(a.Kids[k], b.Kids[k])
	}
	if a.Type.Kind == types.KindRow {
		return func(i, j int) (bool, bool) {
			known := true
			for _, part := range parts {
				equal, k := part(i, j)
				if k && !equal {
					return false, true
				}
				known = known && k
			}
			return known, known
		}
	}
	return func(i, j int) (bool, bool) {
		x, xEnd := int(a.Offsets[i]), int(a.Offsets[i+1])
		y, yEnd := int(b.Offsets[j]), int(b.Offsets[j+1])
		if xEnd-x != yEnd-y {
			return false, true
		}
		known := true
		for ; x < xEnd; x, y = x+1, y+1 {
			equal, k := parts[0](x, y)
			if k && !equal {
				return false, true
			}
			known = known && k
		}
		return known, known
	}
}
