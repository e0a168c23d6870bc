package function

import (
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// cells is values of one type that can be written over, by number; a new cell holds NULL. It owns its memory: nothing of
// the vectors that were put in is kept.
type cells struct {
	t      *types.Type
	n      int
	filled []bool // false is NULL
	bools  []bool
	ints   []int64
	floats []float64
	texts  [][]byte
	values []types.Value // arrays, rows and time series
	held   int64         // bytes behind texts and values
}

// newCells returns no cells for values of type t.
func newCells(t *types.Type) *cells { return &cells{t: t} }

// resize makes cells 0..n-1 exist.
func (c *cells) resize(n int) {
	c.n = max(c.n, n)
	c.filled = grown(c.filled, n)
	switch kind := c.t.Kind; {
	case kind == types.KindUnknown:
	case kind == types.KindBoolean:
		c.bools = grown(c.bools, n)
	case kind == types.KindDouble:
		c.floats = grown(c.floats, n)
	case kind == types.KindVarchar:
		c.texts = grown(c.texts, n)
	case c.t.Ints():
		c.ints = grown(c.ints, n)
	default:
		c.values = grown(c.values, n)
	}
}

// put writes row rows[k] of v into cell slots[k], in order: a cell may come more than once.
func (c *cells) put(slots []int32, v *vector.Vector, rows []int32) {
	nulls, all := nullsOf(v)
	if all {
		for _, s := range slots {
			c.filled[s] = false
			if c.values != nil {
				c.held -= valueBytes(c.values[s])
				c.values[s] = nil
			}
		}
		return
	}
	for k, s := range slots {
		c.filled[s] = nulls == nil || !nulls[rows[k]]
	}
	switch kind := c.t.Kind; {
	case kind == types.KindBoolean:
		putAll(c.bools, slots, read[bool](v), rows)
	case kind == types.KindDouble:
		putAll(c.floats, slots, read[float64](v), rows)
	case c.t.Ints():
		putAll(c.ints, slots, read[int64](v), rows)
	case kind == types.KindVarchar:
		x := readText(v)
		for k, s := range slots {
			if nulls == nil || !nulls[rows[k]] {
				c.texts[s] = overwrite(c.texts[s], x.at(int(rows[k])), &c.held)
			}
		}
	default:
		for k, s := range slots {
			value := v.Value(int(rows[k]))
			c.held += valueBytes(value) - valueBytes(c.values[s])
			c.values[s] = cloneValue(value)
		}
	}
}

// putAll is put for one kind of payload; the payload of NULL is arbitrary.
func putAll[T payloadType](dst []T, slots []int32, x reader[T], rows []int32) {
	for k, s := range slots {
		dst[s] = x.at(int(rows[k]))
	}
}

// vector returns the cells from..to-1.
func (c *cells) vector(from, to int) *vector.Vector {
	sel := make([]int32, to-from)
	for i := range sel {
		sel[i] = int32(from + i)
	}
	return c.gather(sel)
}

// gather returns the cells sel.
func (c *cells) gather(sel []int32) *vector.Vector {
	var nulls []bool
	for i, s := range sel {
		if !c.filled[s] {
			if nulls == nil {
				nulls = make([]bool, len(sel))
			}
			nulls[i] = true
		}
	}
	switch kind := c.t.Kind; {
	case kind == types.KindUnknown:
		return vector.NullsOf(c.t, len(sel))
	case kind == types.KindBoolean:
		return vector.Booleans(pick(c.bools, sel), nulls)
	case kind == types.KindDouble:
		return vector.Doubles(pick(c.floats, sel), nulls)
	case c.t.Ints():
		return vector.Int64s(c.t, pick(c.ints, sel), nulls)
	case kind == types.KindVarchar:
		return textVector(pick(c.texts, sel)).WithNulls(nulls)
	}
	return vector.FromValues(c.t, pick(c.values, sel)...)
}

// pick returns the elements sel of src.
func pick[T any](src []T, sel []int32) []T {
	out := make([]T, len(sel))
	for i, s := range sel {
		out[i] = src[s]
	}
	return out
}

func (c *cells) bytes() int64 {
	return sizeOf(c.filled) + sizeOf(c.bools) + sizeOf(c.ints) + sizeOf(c.floats) + sizeOf(c.texts) + sizeOf(c.values) + c.held
}
