package executor

import (
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Operators that repeat rows (joins, UNNEST, windows) may repeat long arrays and time series with them: a series of
// 100,000 points that is unnested comes 100,000 times. Such values are not copied but come as a dictionary, whose codes
// are all that is repeated. They are copied when they leave the executor, a few rows at a time.

// isNested reports whether values of t have parts of their own.
func isNested(t *types.Type) bool {
	switch t.Kind {
	case types.KindArray, types.KindTimeSeries, types.KindRow:
		return true
	}
	return false
}

// copiedParts is up to how many parts of nested values are copied rather than shared.
const copiedParts = 1 << 16

// spread returns the rows sel of v as Gather does, NULL for a negative index.
func spread(v *vector.Vector, sel []int32) *vector.Vector {
	if !isNested(v.Type) || v.Form == vector.Dictionary || v.Form == vector.Constant && !anyNegative(sel) || partsOf(v, sel) <= copiedParts {
		return v.Gather(sel)
	}
	codes := make([]int32, len(sel))
	for k, i := range sel {
		switch {
		case i < 0 || v.IsNull(int(i)):
			codes[k] = -1
		case v.Form != vector.Constant:
			codes[k] = i
		}
	}
	if v.Form == vector.Constant {
		v = v.Resize(1).Flatten()
	}
	// Rows of v that are NULL have no code; v itself stays the dictionary, so that it is known again next time.
	return vector.DictionaryOf(v, codes)
}

// spreadAll spreads the columns of a batch.
func spreadAll(b *vector.Batch, sel []int32) *vector.Batch {
	out := &vector.Batch{Cols: make([]*vector.Vector, len(b.Cols)), Rows: len(sel)}
	for i, v := range b.Cols {
		out.Cols[i] = spread(v, sel)
	}
	return out
}

// anyNegative reports whether some index stands for NULL.
func anyNegative(sel []int32) bool {
	for _, i := range sel {
		if i < 0 {
			return true
		}
	}
	return false
}

// partsOf returns about how many parts the rows sel of a nested vector have together.
func partsOf(v *vector.Vector, sel []int32) int64 {
	var n int64
	for _, i := range sel {
		if i >= 0 {
			n += partsIn(v, int(i))
		}
	}
	return n
}

// partsIn returns about how many parts row i of a nested vector has; those of lists in lists are estimated.
func partsIn(v *vector.Vector, i int) int64 {
	switch v.Form {
	case vector.Dictionary:
		if v.Codes[i] < 0 {
			return 0
		}
		v, i = v.Dict, int(v.Codes[i])
	case vector.Constant:
		i = 0
	}
	if v.IsNull(i) {
		return 0
	}
	if v.Type.Kind == types.KindRow {
		var n int64
		for _, kid := range v.Kids {
			if n++; isNested(kid.Type) {
				n += partsIn(kid, i)
			}
		}
		return n
	}
	n, elem := int64(v.Offsets[i+1]-v.Offsets[i]), v.Kids[len(v.Kids)-1]
	if n > 0 && isNested(elem.Type) {
		n *= 1 + partsIn(elem, int(v.Offsets[i]))
	}
	return n
}

// leadingRows returns how many rows of b, at least one, can leave the executor with a moderate number of copied parts.
func leadingRows(b *vector.Batch) int {
	var nested []*vector.Vector
	for _, v := range b.Cols {
		if v != nil && isNested(v.Type) && v.Form == vector.Dictionary {
			nested = append(nested, v)
		}
	}
	if nested == nil {
		return b.Rows
	}
	var parts int64
	for i := range b.Rows {
		for _, v := range nested {
			parts += partsIn(v, i)
		}
		if parts > copiedParts {
			return max(i, 1)
		}
	}
	return b.Rows
}

// sharedParts returns what identifies the values of a nested vector if its rows share them: the dictionary, or a part of
// a constant; nil for a flat vector.
func sharedParts(v *vector.Vector) *vector.Vector {
	switch {
	case v.Form == vector.Dictionary:
		return v.Dict
	case v.Form == vector.Constant && len(v.Kids) > 0:
		return v.Kids[0]
	}
	return nil
}

// nestedPool joins nested vectors of which some share values, without copying a value twice: a dictionary of all.
type nestedPool struct {
	values *vector.Builder
	starts map[*vector.Vector]int32 // by sharedParts
	codes  []int32
}

// append adds the rows of v.
func (p *nestedPool) append(v *vector.Vector) {
	shared := sharedParts(v)
	start, ok := p.starts[shared]
	if shared == nil || !ok {
		start = int32(p.values.Len())
		switch v.Form {
		case vector.Dictionary:
			p.values.AppendVector(v.Dict)
		case vector.Constant:
			p.values.AppendVector(v.Resize(1))
		default:
			p.values.AppendVector(v)
		}
		if shared != nil {
			p.starts[shared] = start
		}
	}
	for i := range v.Len() {
		code := start
		switch {
		case v.IsNull(i):
			code = -1
		case v.Form == vector.Dictionary:
			code += v.Codes[i]
		case v.Form == vector.Flat:
			code += int32(i)
		}
		p.codes = append(p.codes, code)
	}
}

// vector returns the rows so far.
func (p *nestedPool) vector() *vector.Vector { return vector.DictionaryOf(p.values.View(), p.codes) }
