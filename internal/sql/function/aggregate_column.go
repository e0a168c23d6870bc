package function

import (
	"math"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// column is values of one type to which more can be appended. It owns its memory, text included. What was appended
// never changes, so that views of it can be handed out while it grows.
type column struct {
	t       *types.Type
	n       int
	nulls   []bool // nil while there is no NULL
	bools   []bool
	ints    []int64
	floats  []float64
	strs    []string
	offsets []int32
	kids    []*column
	text    int64 // bytes behind strs

	// Copies of the strings of the last dictionary seen, by code.
	dict   *vector.Vector
	copies []string
}

// newColumn returns an empty column for values of type t.
func newColumn(t *types.Type) *column {
	c := &column{t: t}
	switch t.Kind {
	case types.KindArray:
		c.kids = []*column{newColumn(t.Elem)}
		c.offsets = []int32{0}
	case types.KindTimeSeries:
		c.kids = []*column{newColumn(types.Timestamp), newColumn(t.Elem)}
		c.offsets = []int32{0}
	case types.KindRow:
		for _, f := range t.Fields {
			c.kids = append(c.kids, newColumn(f.Type))
		}
	}
	return c
}

// rowsMax is how many rows fit a list: its places are int32.
const rowsMax = math.MaxInt32

// checkRows fails if more rows cannot be added to have.
func checkRows(have, more int) error {
	if more > rowsMax-have {
		return dberr.New(dberr.Execution, "An aggregate holds more than %d values", rowsMax)
	}
	return nil
}

// dictSmall is the size of dictionary for which remembering copies by code pays even for few rows.
const dictSmall = 1024

// append adds the rows sel of v, all rows for nil. A negative index is NULL.
func (c *column) append(v *vector.Vector, sel []int32) error {
	n := v.Len()
	if sel != nil {
		n = len(sel)
	}
	if err := checkRows(c.n, n); err != nil {
		return err
	}
	if v.Type.Kind == types.KindUnknown { // a bare NULL in place of a typed one
		v = vector.NullsOf(c.t, v.Len())
	}
	if v.Form == vector.Dictionary && v.Type.Kind == types.KindVarchar && v.Dict.Len() <= 8*n+dictSmall {
		c.appendCodes(v, sel, n)
		return nil
	}
	if v.Form == vector.Dictionary {
		v = v.Flatten()
	}
	if v.Form == vector.Constant {
		sel = constantRows(sel, n)
	}
	c.appendNulls(v, sel, n)
	switch kind := c.t.Kind; {
	case kind == types.KindUnknown:
	case kind == types.KindBoolean:
		c.bools = appendRows(c.bools, v.Bools, sel, n)
	case kind == types.KindDouble:
		c.floats = appendRows(c.floats, v.Floats, sel, n)
	case kind == types.KindVarchar:
		c.appendText(v.Strs, sel, n)
	case kind == types.KindRow:
		for k, kid := range c.kids {
			if err := kid.append(v.Kids[k], sel); err != nil {
				return err
			}
		}
	case kind == types.KindArray || kind == types.KindTimeSeries:
		if err := c.appendLists(v, sel, n); err != nil {
			return err
		}
	default:
		c.ints = appendRows(c.ints, v.Ints, sel, n)
	}
	c.n += n
	return nil
}

// constantRows points all rows of sel at row 0, in which a constant vector holds its value.
func constantRows(sel []int32, n int) []int32 {
	out := make([]int32, n)
	for i, s := range sel {
		if s < 0 {
			out[i] = -1
		}
	}
	return out
}

// appendRows appends the elements sel of src, the first n for nil; a negative index gives zero.
func appendRows[T any](dst, src []T, sel []int32, n int) []T {
	dst = reserve(dst, n)
	if sel == nil {
		return append(dst, src[:n]...)
	}
	have := len(dst)
	dst = dst[:have+n]
	for i, s := range sel {
		if s >= 0 {
			dst[have+i] = src[s]
		}
	}
	return dst
}

// appendNulls extends the NULL mask by the rows that are about to be added.
func (c *column) appendNulls(v *vector.Vector, sel []int32, n int) {
	some := c.nulls != nil || v.HasNulls()
	for _, s := range sel {
		some = some || s < 0
	}
	if !some {
		return
	}
	if c.nulls == nil {
		c.nulls = make([]bool, c.n, c.n+n)
	}
	c.nulls = reserve(c.nulls, n)
	for i := range n {
		null := false
		if sel == nil {
			null = v.IsNull(i)
		} else {
			null = sel[i] < 0 || v.IsNull(int(sel[i]))
		}
		c.nulls = append(c.nulls, null)
	}
}

// appendText copies strings into one piece of memory a call.
func (c *column) appendText(src []string, sel []int32, n int) {
	c.strs = reserve(c.strs, n)
	if sel == nil {
		c.strs = append(c.strs, c.cloneAll(src[:n])...)
		return
	}
	picked := make([]string, n)
	for i, s := range sel {
		switch {
		case s < 0:
		case i > 0 && s == sel[i-1]: // a constant: one copy serves all its rows
		default:
			picked[i] = src[s]
		}
	}
	picked = c.cloneAll(picked)
	for i, s := range sel {
		if i > 0 && s >= 0 && s == sel[i-1] {
			picked[i] = picked[i-1]
		}
	}
	c.strs = append(c.strs, picked...)
}

// cloneAll returns copies of all strings, side by side in one piece of memory.
func (c *column) cloneAll(src []string) []string {
	size := 0
	for _, s := range src {
		size += len(s)
	}
	c.text += int64(size)
	var all strings.Builder
	all.Grow(size)
	for _, s := range src {
		all.WriteString(s)
	}
	rest, out := all.String(), make([]string, len(src))
	for i, s := range src {
		out[i], rest = rest[:len(s)], rest[len(s):]
	}
	return out
}

// appendCodes adds rows of a varchar dictionary; each of its strings is copied once.
func (c *column) appendCodes(v *vector.Vector, sel []int32, n int) {
	if c.dict != v.Dict {
		c.dict, c.copies = v.Dict, make([]string, v.Dict.Len())
	}
	c.strs = reserve(c.strs, n)
	for i := range n {
		row := int32(i)
		if sel != nil {
			row = sel[i]
		}
		null := row < 0 || v.Codes[row] < 0
		if null && c.nulls == nil {
			c.nulls = make([]bool, c.n+i, c.n+n)
		}
		if c.nulls != nil {
			c.nulls = append(c.nulls, null)
		}
		if null {
			c.strs = append(c.strs, "")
			continue
		}
		code := v.Codes[row]
		if c.copies[code] == "" {
			c.copies[code] = strings.Clone(v.Dict.Strs[code])
			c.text += int64(len(c.copies[code]))
		}
		c.strs = append(c.strs, c.copies[code])
	}
	c.n += n
}

// appendLists adds arrays or time series.
func (c *column) appendLists(v *vector.Vector, sel []int32, n int) error {
	c.offsets = reserve(c.offsets, n)
	var elems []int32
	end := int64(c.offsets[len(c.offsets)-1])
	for i := range n {
		row := int32(i)
		if sel != nil {
			row = sel[i]
		}
		if row >= 0 && !v.IsNull(int(row)) {
			for e := v.Offsets[row]; e < v.Offsets[row+1]; e++ {
				elems = append(elems, e)
			}
		}
		if err := checkRows(int(end), len(elems)); err != nil {
			return err
		}
		c.offsets = append(c.offsets, int32(end)+int32(len(elems)))
	}
	if elems == nil {
		return nil
	}
	for k, kid := range c.kids {
		if err := kid.append(v.Kids[k], elems); err != nil {
			return err
		}
	}
	return nil
}

// view returns the rows from..to-1 as a flat vector that shares the column's memory.
func (c *column) view(from, to int) *vector.Vector {
	nulls := clip(c.nulls, from, to)
	switch kind := c.t.Kind; {
	case kind == types.KindUnknown:
		return vector.NullsOf(c.t, to-from)
	case kind == types.KindBoolean:
		return vector.Booleans(clip(c.bools, from, to), nulls)
	case kind == types.KindDouble:
		return vector.Doubles(clip(c.floats, from, to), nulls)
	case kind == types.KindVarchar:
		return vector.Strings(clip(c.strs, from, to), nulls)
	case kind == types.KindArray:
		offsets, elems := c.lists(from, to)
		return vector.Arrays(c.t, offsets, elems[0], nulls)
	case kind == types.KindTimeSeries:
		offsets, elems := c.lists(from, to)
		return vector.SeriesOf(c.t, offsets, elems[0], elems[1], nulls)
	case kind == types.KindRow:
		fields := make([]*vector.Vector, len(c.kids))
		for k, kid := range c.kids {
			fields[k] = kid.view(from, to)
		}
		return vector.Rows(c.t, fields, to-from, nulls)
	}
	return vector.Int64s(c.t, clip(c.ints, from, to), nulls)
}

// clip returns s[from:to] without the capacity behind it, so that a view's size is its own; nil stays nil.
func clip[T any](s []T, from, to int) []T {
	if s == nil {
		return nil
	}
	return s[from:to:to]
}

// lists returns the elements of the lists from..to-1, and the lists' places in them.
func (c *column) lists(from, to int) (offsets []int32, elems []*vector.Vector) {
	first, last := c.offsets[from], c.offsets[to]
	offsets = make([]int32, to-from+1)
	for i := range offsets {
		offsets[i] = c.offsets[from+i] - first
	}
	for _, kid := range c.kids {
		elems = append(elems, kid.view(int(first), int(last)))
	}
	return offsets, elems
}

// permuted returns a column of the same rows in another order.
func (c *column) permuted(perm []int32) *column {
	out := &column{t: c.t, n: len(perm), text: c.text, dict: c.dict, copies: c.copies}
	if c.nulls != nil {
		out.nulls = pick(c.nulls, perm)
	}
	switch kind := c.t.Kind; {
	case kind == types.KindUnknown:
	case kind == types.KindBoolean:
		out.bools = pick(c.bools, perm)
	case kind == types.KindDouble:
		out.floats = pick(c.floats, perm)
	case kind == types.KindVarchar:
		out.strs = pick(c.strs, perm)
	case kind == types.KindRow:
		for _, kid := range c.kids {
			out.kids = append(out.kids, kid.permuted(perm))
		}
	case kind == types.KindArray || kind == types.KindTimeSeries:
		elems := make([]int32, 0, c.offsets[c.n])
		out.offsets = make([]int32, 1, len(perm)+1)
		for _, p := range perm {
			for e := c.offsets[p]; e < c.offsets[p+1]; e++ {
				elems = append(elems, e)
			}
			out.offsets = append(out.offsets, int32(len(elems)))
		}
		for _, kid := range c.kids {
			out.kids = append(out.kids, kid.permuted(elems))
		}
	default:
		out.ints = pick(c.ints, perm)
	}
	return out
}

func (c *column) bytes() int64 {
	n := sizeOf(c.nulls) + sizeOf(c.bools) + sizeOf(c.ints) + sizeOf(c.floats) + sizeOf(c.strs) + sizeOf(c.offsets) + sizeOf(c.copies) + c.text
	for _, kid := range c.kids {
		n += kid.bytes()
	}
	return n
}
