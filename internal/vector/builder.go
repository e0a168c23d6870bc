package vector

import "github.com/tidemarkdb/tidemark/internal/types"

// Builder makes a flat vector row by row.
type Builder struct {
	v    Vector
	kids []*Builder
	text int64 // bytes of all strings
}

// NewBuilder returns an empty builder for values of type t with room for about n rows.
func NewBuilder(t *types.Type, n int) *Builder {
	b := &Builder{v: Vector{Type: t}}
	switch t.Kind {
	case types.KindUnknown:
	case types.KindBoolean:
		b.v.Bools = make([]bool, 0, n)
	case types.KindDouble:
		b.v.Floats = make([]float64, 0, n)
	case types.KindVarchar:
		b.v.Strs = make([]string, 0, n)
	case types.KindArray:
		b.kids = []*Builder{NewBuilder(t.Elem, n)}
	case types.KindTimeSeries:
		b.kids = []*Builder{NewBuilder(types.Timestamp, n), NewBuilder(t.Elem, n)}
	case types.KindRow:
		for _, f := range t.Fields {
			b.kids = append(b.kids, NewBuilder(f.Type, n))
		}
	default:
		b.v.Ints = make([]int64, 0, n)
	}
	if t.Kind == types.KindArray || t.Kind == types.KindTimeSeries {
		b.v.Offsets = append(make([]int32, 0, n+1), 0)
	}
	return b
}

// Len returns the number of rows so far.
func (b *Builder) Len() int { return b.v.rows }

// Append adds one value in Go form; nil is NULL.
func (b *Builder) Append(value types.Value) {
	if value == nil {
		b.AppendNull()
		return
	}
	switch b.v.Type.Kind {
	case types.KindBoolean:
		b.v.Bools = append(b.v.Bools, value.(bool))
	case types.KindDouble:
		b.v.Floats = append(b.v.Floats, value.(float64))
	case types.KindVarchar:
		b.v.Strs = append(b.v.Strs, value.(string))
		b.text += int64(len(value.(string)))
	case types.KindArray:
		for _, e := range value.([]types.Value) {
			b.kids[0].Append(e)
		}
		b.endList()
	case types.KindTimeSeries:
		for _, p := range value.(types.Series) {
			b.kids[0].Append(p.Time)
			b.kids[1].Append(p.Value)
		}
		b.endList()
	case types.KindRow:
		for k, f := range value.([]types.Value) {
			b.kids[k].Append(f)
		}
	default:
		b.v.Ints = append(b.v.Ints, value.(int64))
	}
	b.done(false)
}

// AppendNull adds a NULL.
func (b *Builder) AppendNull() {
	switch b.v.Type.Kind {
	case types.KindUnknown:
	case types.KindBoolean:
		b.v.Bools = append(b.v.Bools, false)
	case types.KindDouble:
		b.v.Floats = append(b.v.Floats, 0)
	case types.KindVarchar:
		b.v.Strs = append(b.v.Strs, "")
	case types.KindArray, types.KindTimeSeries:
		b.endList()
	case types.KindRow:
		for _, kid := range b.kids {
			kid.AppendNull()
		}
	default:
		b.v.Ints = append(b.v.Ints, 0)
	}
	b.done(true)
}

// AppendFrom adds row i of v, which has the builder's type.
func (b *Builder) AppendFrom(v *Vector, i int) {
	if v.IsNull(i) {
		b.AppendNull()
		return
	}
	if v.Form == Dictionary {
		v, i = v.Dict, int(v.Codes[i])
	}
	i = v.at(i)
	switch b.v.Type.Kind {
	case types.KindBoolean:
		b.v.Bools = append(b.v.Bools, v.Bools[i])
	case types.KindDouble:
		b.v.Floats = append(b.v.Floats, v.Floats[i])
	case types.KindVarchar:
		b.v.Strs = append(b.v.Strs, v.Strs[i])
		b.text += int64(len(v.Strs[i]))
	case types.KindArray, types.KindTimeSeries:
		for j := v.Offsets[i]; j < v.Offsets[i+1]; j++ {
			for k, kid := range b.kids {
				kid.AppendFrom(v.Kids[k], int(j))
			}
		}
		b.endList()
	case types.KindRow:
		for k, kid := range b.kids {
			kid.AppendFrom(v.Kids[k], i)
		}
	default:
		b.v.Ints = append(b.v.Ints, v.Ints[i])
	}
	b.done(false)
}

// Elem returns the builder of part k of the values: an array's elements (0), a time series' times (0) and values (1), a
// row's fields. After appending to it, EndList closes a list; rows are closed by EndRow.
func (b *Builder) Elem(k int) *Builder { return b.kids[k] }

// EndList closes the list that was appended through Elem and adds it as one row.
func (b *Builder) EndList() {
	b.endList()
	b.done(false)
}

// EndRow adds a row value whose fields were appended through Elem.
func (b *Builder) EndRow() { b.done(false) }

func (b *Builder) endList() { b.v.Offsets = append(b.v.Offsets, int32(b.kids[0].v.rows)) }

func (b *Builder) done(null bool) {
	if null && b.v.Nulls == nil {
		b.v.Nulls = make([]bool, b.v.rows, max(b.v.rows+1, 16))
	}
	if b.v.Nulls != nil {
		b.v.Nulls = append(b.v.Nulls, null)
	}
	b.v.rows++
}

// Build returns what was appended as a flat vector. The builder must not be used afterwards.
func (b *Builder) Build() *Vector {
	v := b.v
	for _, kid := range b.kids {
		v.Kids = append(v.Kids, kid.Build())
	}
	return &v
}

// AppendVector adds all rows of v, which has the builder's type and any form.
func (b *Builder) AppendVector(v *Vector) { b.appendAll(v.Flatten()) }

// Bytes returns about how much memory the builder holds, in a time that does not depend on its rows.
func (b *Builder) Bytes() int64 {
	v := &b.v
	n := int64(cap(v.Nulls)+cap(v.Bools)) + 8*int64(cap(v.Ints)+cap(v.Floats)) + 4*int64(cap(v.Offsets)) + 16*int64(cap(v.Strs)) + b.text
	for _, kid := range b.kids {
		n += kid.Bytes()
	}
	return n
}

// View returns what was appended so far as a flat vector, which stays as it is when more is appended.
func (b *Builder) View() *Vector { return b.Build() }

// FromValues makes a flat vector from values in Go form.
func FromValues(t *types.Type, values ...types.Value) *Vector {
	b := NewBuilder(t, len(values))
	for _, v := range values {
		b.Append(v)
	}
	return b.Build()
}

// Concat joins vectors of one type, one after the other. Dictionaries over the same dictionary and equal constants of
// one vector keep their form; anything else becomes flat.
func Concat(t *types.Type, parts []*Vector) *Vector {
	if len(parts) == 1 {
		return parts[0]
	}
	total, sameDict := 0, len(parts) > 0
	for _, p := range parts {
		total += p.rows
		sameDict = sameDict && p.Form == Dictionary && p.Dict == parts[0].Dict
	}
	if sameDict {
		codes := make([]int32, 0, total)
		for _, p := range parts {
			codes = append(codes, p.Codes...)
		}
		return DictionaryOf(parts[0].Dict, codes)
	}
	b := NewBuilder(t, total)
	for _, p := range parts {
		b.appendAll(p.Flatten())
	}
	return b.Build()
}

// appendAll adds all rows of a flat vector.
func (b *Builder) appendAll(v *Vector) {
	if v.Nulls != nil && b.v.Nulls == nil {
		b.v.Nulls = make([]bool, b.v.rows, b.v.rows+v.rows)
	}
	if b.v.Nulls != nil {
		if v.Nulls != nil {
			b.v.Nulls = append(b.v.Nulls, v.Nulls...)
		} else {
			b.v.Nulls = append(b.v.Nulls, make([]bool, v.rows)...)
		}
	}
	b.v.Bools = append(b.v.Bools, v.Bools...)
	b.v.Ints = append(b.v.Ints, v.Ints...)
	b.v.Floats = append(b.v.Floats, v.Floats...)
	b.v.Strs = append(b.v.Strs, v.Strs...)
	for _, s := range v.Strs {
		b.text += int64(len(s))
	}
	switch {
	case v.Offsets != nil:
		first, last := v.Offsets[0], v.Offsets[v.rows]
		shift := int32(b.kids[0].v.rows) - first
		for k, kid := range b.kids {
			kid.appendAll(v.Kids[k].Slice(int(first), int(last)).Flatten())
		}
		for _, o := range v.Offsets[1:] {
			b.v.Offsets = append(b.v.Offsets, o+shift)
		}
	case v.Kids != nil:
		for k, kid := range b.kids {
			kid.appendAll(v.Kids[k].Flatten())
		}
	}
	b.v.rows += v.rows
}

// Batch is a piece of a table: columns of equal length.
type Batch struct {
	Cols []*Vector
	Rows int
}

// Gather returns the rows sel of every column.
func (b *Batch) Gather(sel []int32) *Batch {
	out := &Batch{Cols: make([]*Vector, len(b.Cols)), Rows: len(sel)}
	for i, c := range b.Cols {
		out.Cols[i] = c.Gather(sel)
	}
	return out
}

// Slice returns the rows from:to of every column without copying.
func (b *Batch) Slice(from, to int) *Batch {
	out := &Batch{Cols: make([]*Vector, len(b.Cols)), Rows: to - from}
	for i, c := range b.Cols {
		out.Cols[i] = c.Slice(from, to)
	}
	return out
}

// Bytes returns about how much memory the batch holds.
func (b *Batch) Bytes() int64 {
	var n int64
	for _, c := range b.Cols {
		n += c.Bytes()
	}
	return n
}
