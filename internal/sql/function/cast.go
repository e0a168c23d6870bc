package function

import (
	"unicode/utf8"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Conversions between types: CAST, TRY_CAST and the implicit coercions. Source: Trino's "Conversion functions"; rules for
// each pair are in castKernels.

// CanCast reports whether CAST from one type to another is allowed. NULL of unknown type casts to everything.
func CanCast(from, to *types.Type) bool {
	switch {
	case to.Kind == types.KindFunction || from.Kind == types.KindFunction:
		return false
	case from.Kind == types.KindUnknown, from.Equal(to):
		return true
	case from.Kind != to.Kind:
		return castKernels[[2]types.Kind{from.Kind, to.Kind}] != nil
	case from.Kind == types.KindArray, from.Kind == types.KindTimeSeries:
		return CanCast(from.Elem, to.Elem)
	case from.Kind == types.KindRow && len(from.Fields) == len(to.Fields):
		for i := range from.Fields {
			if !CanCast(from.Fields[i].Type, to.Fields[i].Type) {
				return false
			}
		}
		return true
	}
	return false
}

// Cast converts all rows of v. With try set, rows that cannot be converted become NULL; otherwise the first one is an error
// of kind Invalid without a position. Rows that are NULL stay so and never fail. A constant gives a constant.
func Cast(v *vector.Vector, to *types.Type, try bool) (*vector.Vector, error) {
	n := v.Len()
	switch {
	case v.Type.Kind == types.KindUnknown:
		return vector.NullsOf(to, n), nil
	case v.Type.Equal(to):
		return v.WithType(to), nil
	case !CanCast(v.Type, to):
		return nil, invalid("Cannot cast %s to %s", v.Type, to)
	case n == 0:
		return vector.NewBuilder(to, 0).Build(), nil
	case v.Form == vector.Constant:
		one := *v.Resize(1)
		one.Form = vector.Flat
		out, err := castFlat(&one, to, try)
		if err != nil {
			return nil, err
		}
		constant := *out.Flatten()
		constant.Form = vector.Constant
		return constant.Resize(n), nil
	case v.Form == vector.Dictionary:
		return castDictionary(v, to, try)
	}
	return castFlat(v, to, try)
}

// castDictionary converts each value of the dictionary once. Values that no row has must not make it fail.
func castDictionary(v *vector.Vector, to *types.Type, try bool) (*vector.Vector, error) {
	if v.Dict.Len() > v.Len() {
		return castFlat(v.Flatten(), to, try)
	}
	dict, err := Cast(v.Dict, to, true)
	if err != nil {
		return nil, err
	}
	for _, c := range v.Codes {
		if !try && c >= 0 && dict.IsNull(int(c)) {
			return nil, castFailure(v.Dict, int(c), to)
		}
	}
	return dict.Flatten().Gather(v.Codes), nil
}

// castFailure returns the error of converting row i.
func castFailure(v *vector.Vector, i int, to *types.Type) error {
	if _, err := Cast(v.Slice(i, i+1), to, false); err != nil {
		return err
	}
	panic("bug: a cast that failed once does not fail again")
}

func castFlat(v *vector.Vector, to *types.Type, try bool) (*vector.Vector, error) {
	switch v.Type.Kind {
	case types.KindArray, types.KindTimeSeries:
		return castLists(v, to, try)
	case types.KindRow:
		return castRows(v, to, try)
	}
	return castKernels[[2]types.Kind{v.Type.Kind, to.Kind}](v, to, try)
}

// castLists converts the elements of arrays, or the values of time series.
func castLists(v *vector.Vector, to *types.Type, try bool) (*vector.Vector, error) {
	last := len(v.Kids) - 1
	inner := v.Kids[last]
	converted, err := Cast(inner, to.Elem, true)
	if err != nil {
		return nil, err
	}
	nulls := v.Nulls
	for i := 0; i < v.Len() && converted.HasNulls(); i++ {
		if v.IsNull(i) {
			continue
		}
		for j := int(v.Offsets[i]); j < int(v.Offsets[i+1]); j++ {
			if !converted.IsNull(j) || inner.IsNull(j) {
				continue
			}
			if !try {
				return nil, castFailure(inner, j, to.Elem)
			}
			nulls = withNull(nulls, v.Nulls, i, v.Len())
		}
	}
	if v.Type.Kind == types.KindArray {
		return vector.Arrays(to, v.Offsets, converted, nulls), nil
	}
	return vector.SeriesOf(to, v.Offsets, v.Kids[0], converted, nulls), nil
}

// castRows converts rows field by field and takes the names of the target.
func castRows(v *vector.Vector, to *types.Type, try bool) (*vector.Vector, error) {
	fields, nulls := make([]*vector.Vector, len(v.Kids)), v.Nulls
	for k, field := range v.Kids {
		t := to.Fields[k].Type
		converted, err := Cast(field, t, true)
		if err != nil {
			return nil, err
		}
		for i := 0; i < v.Len() && converted.HasNulls(); i++ {
			if v.IsNull(i) || !converted.IsNull(i) || field.IsNull(i) {
				continue
			}
			if !try {
				return nil, castFailure(field, i, t)
			}
			nulls = withNull(nulls, v.Nulls, i, v.Len())
		}
		fields[k] = converted
	}
	return vector.Rows(to, fields, v.Len(), nulls), nil
}

// withNull sets row i in nulls, a mask of n rows that is copied first if it still is the shared one.
func withNull(nulls, shared []bool, i, n int) []bool {
	if nulls == nil || shared != nil && &nulls[0] == &shared[0] {
		own := make([]bool, n)
		copy(own, nulls)
		nulls = own
	}
	nulls[i] = true
	return nulls
}

// CastVarchar cuts texts to n characters, as CAST to VARCHAR(n) does. Constants and dictionaries keep their form.
func CastVarchar(v *vector.Vector, n int) *vector.Vector {
	if v.Form == vector.Dictionary {
		return vector.DictionaryOf(CastVarchar(v.Dict, n), v.Codes)
	}
	cut := make([]string, len(v.Strs))
	for i, s := range v.Strs {
		if cut[i] = s; len(s) > n && utf8.RuneCountInString(s) > n {
			cut[i] = substr(s, 1, int64(n))
		}
	}
	out := *v
	out.Strs = cut
	return &out
}
