package function

import (
	"math"
	"math/rand/v2"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// tolerant compares values with room for another order of additions.
var tolerant = cmp.Options{cmpopts.EquateApprox(1e-9, 1e-9), cmpopts.EquateNaNs(), cmpopts.EquateEmpty()}

// randomValue returns a value of type t, from so few that they repeat; now and then NULL.
func randomValue(r *rand.Rand, t *types.Type) types.Value {
	if r.IntN(6) == 0 {
		return nil
	}
	switch t.Kind {
	case types.KindBoolean:
		return r.IntN(3) > 0
	case types.KindDouble:
		switch r.IntN(40) {
		case 0:
			return math.NaN()
		case 1:
			return math.Copysign(0, -1)
		}
		return float64(r.IntN(81)-20) / 4
	case types.KindVarchar:
		return []string{"", "a", "ab", "b", "host-1", "host-2", "ü", "zz"}[r.IntN(8)]
	case types.KindArray:
		out := []types.Value{}
		for range r.IntN(4) {
			out = append(out, randomValue(r, t.Elem))
		}
		return out
	case types.KindRow:
		var out []types.Value
		for _, f := range t.Fields {
			out = append(out, randomValue(r, f.Type))
		}
		return out
	case types.KindTimeSeries:
		out := types.Series{}
		for i := range r.IntN(4) {
			out = append(out, types.Point{Time: int64(10 * i), Value: randomValue(r, t.Elem)})
		}
		return out
	}
	return int64(r.IntN(41) - 10)
}

// randomForm makes a vector of the given values in a random form: constant if they are equal, a dictionary, or flat; the
// latter may be a slice of something larger, and parts have forms of their own.
func randomForm(r *rand.Rand, t *types.Type, vals []types.Value) *vector.Vector {
	equal := len(vals) > 0
	for _, v := range vals {
		equal = equal && cmp.Equal(v, vals[0], tolerant)
	}
	switch choice := r.IntN(3); {
	case equal && choice > 0:
		return vector.Const(t, vals[0], len(vals))
	case t.IsScalar() && choice == 0:
		dict, codes := vector.NewBuilder(t, 0), make([]int32, len(vals))
		for i, v := range vals {
			codes[i] = -1
			if v != nil {
				codes[i] = int32(dict.Len())
				if dict.Len() > 0 && cmp.Equal(dict.View().Value(dict.Len()-1), v) {
					codes[i]--
					continue
				}
				dict.Append(v)
			}
		}
		return vector.DictionaryOf(dict.Build(), codes)
	}
	before, after := r.IntN(3), r.IntN(3)
	all := make([]types.Value, 0, before+len(vals)+after)
	for range before {
		all = append(all, randomValue(r, t))
	}
	all = append(all, vals...)
	for range after {
		all = append(all, randomValue(r, t))
	}
	return randomParts(r, t, all).Slice(before, before+len(vals))
}

// randomParts makes a flat vector whose parts have random forms.
func randomParts(r *rand.Rand, t *types.Type, vals []types.Value) *vector.Vector {
	nulls := make([]bool, len(vals))
	for i, v := range vals {
		nulls[i] = v == nil
	}
	switch t.Kind {
	case types.KindRow:
		var fields []*vector.Vector
		for k, f := range t.Fields {
			part := make([]types.Value, len(vals))
			for i, v := range vals {
				if v != nil {
					part[i] = v.([]types.Value)[k]
				}
			}
			fields = append(fields, randomForm(r, f.Type, part))
		}
		return vector.Rows(t, fields, len(vals), nulls)
	case types.KindArray:
		offsets, elems := []int32{0}, []types.Value{}
		for _, v := range vals {
			if v != nil {
				elems = append(elems, v.([]types.Value)...)
			}
			offsets = append(offsets, int32(len(elems)))
		}
		return vector.Arrays(t, offsets, randomForm(r, t.Elem, elems), nulls)
	case types.KindTimeSeries:
		offsets, times, elems := []int32{0}, []types.Value{}, []types.Value{}
		for _, v := range vals {
			if v != nil {
				for _, p := range v.(types.Series) {
					times, elems = append(times, p.Time), append(elems, p.Value)
				}
			}
			offsets = append(offsets, int32(len(elems)))
		}
		return vector.SeriesOf(t, offsets, randomForm(r, types.Timestamp, times), randomForm(r, t.Elem, elems), nulls)
	}
	return vector.FromValues(t, vals...)
}
