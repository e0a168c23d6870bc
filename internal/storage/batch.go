package storage

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/storage/series"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// builder collects pieces and makes batches of them. Pieces that lie together in one block become slices of the block's
// vectors; others are copied together, so that many short series do not make many small batches.
type builder struct {
	outputs []output
	view    *series.View
	reader  *rowReader
	pieces  []piece
	rows    int
	apart   bool // the pieces do not all lie together
}

// output is one column of the batches.
type output struct {
	kind   outputKind
	typ    *types.Type
	column int    // of a value: place in rowReader.columns
	number uint32 // of a dimension
	// Of dimensions and measure names: the values, as a vector for all batches, and codes that are all the same, for
	// batches of one series.
	dict *vector.Vector
	same []int32
}

// outputKind is where the values of an output come from.
type outputKind uint8

// The kinds of output.
const (
	outNothing outputKind = iota // the table has no such column
	outTime
	outMeasure
	outDimension
	outValue
)

// dictionaryOutput makes the output of a dimension or of the measure name.
func dictionaryOutput(kind outputKind, number uint32, values []string) output {
	return output{kind: kind, typ: types.Varchar, number: number, dict: vector.Strings(values, nil)}
}

// ownBatchRows is how many rows that lie together make a batch of their own: fewer are cheaper to copy.
const ownBatchRows = 1024

// takes reports whether a piece belongs into the same batch as those before it.
func (b *builder) takes(p *piece) bool {
	if len(b.pieces) == 0 {
		return true
	}
	if b.rows+p.rows() > vector.BatchRows {
		return false
	}
	if !b.apart && p.follows(&b.pieces[len(b.pieces)-1]) {
		return true
	}
	return b.apart && p.rows() < ownBatchRows || !b.apart && b.rows < ownBatchRows && p.rows() < ownBatchRows
}

// add puts a piece into the batch.
func (b *builder) add(p *piece) {
	if n := len(b.pieces); n > 0 {
		together := p.follows(&b.pieces[n-1])
		if together && b.pieces[n-1].series == p.series {
			b.pieces[n-1].to = p.to
			b.rows += p.rows()
			return
		}
		b.apart = b.apart || !together
	}
	b.pieces = append(b.pieces, *p)
	b.rows += p.rows()
}

// batch makes a batch of the pieces, notes the size of its values, and begins the next one.
func (b *builder) batch(ctx context.Context, stats *ScanStats) (*vector.Batch, error) {
	out := &vector.Batch{Cols: make([]*vector.Vector, len(b.outputs)), Rows: b.rows}
	for i := range b.outputs {
		o := &b.outputs[i]
		var err error
		switch o.kind {
		case outNothing:
			out.Cols[i] = vector.NullsOf(o.typ, b.rows)
		case outTime:
			out.Cols[i], err = b.times(ctx)
		case outValue:
			out.Cols[i], err = b.values(ctx, o)
		default:
			out.Cols[i] = b.codes(o, stats)
			continue
		}
		if err != nil {
			return nil, err
		}
		stats.Bytes += valueBytes(out.Cols[i])
	}
	clear(b.pieces)
	b.pieces, b.rows, b.apart = b.pieces[:0], 0, false
	return out, nil
}

// together returns the rows of the pieces if they all lie together in one block.
func (b *builder) together() (p *piece, from, to int) {
	last := &b.pieces[len(b.pieces)-1]
	return last, b.pieces[0].from, last.to
}

// times makes the time column.
func (b *builder) times(ctx context.Context) (*vector.Vector, error) {
	if !b.apart {
		p, from, to := b.together()
		times, err := b.reader.times(ctx, p)
		if err != nil {
			return nil, err
		}
		return vector.Int64s(types.Timestamp, times[from:to:to], nil), nil
	}
	all := make([]int64, 0, b.rows)
	for i := range b.pieces {
		p := &b.pieces[i]
		times, err := b.reader.times(ctx, p)
		if err != nil {
			return nil, err
		}
		all = append(all, times[p.from:p.to]...)
	}
	return vector.Int64s(types.Timestamp, all, nil), nil
}

// codes makes the column of a dimension or of the measure name.
func (b *builder) codes(o *output, stats *ScanStats) *vector.Vector {
	first := b.code(o, b.pieces[0].series)
	same := true
	for i := range b.pieces {
		p := &b.pieces[i]
		code := b.code(o, p.series)
		same = same && code == first
		if code >= 0 {
			stats.Bytes += int64(p.rows()) * int64(len(o.dict.Strs[code]))
		}
	}
	if same && first < 0 {
		return vector.NullsOf(o.typ, b.rows)
	}
	if same {
		return vector.DictionaryOf(o.dict, o.repeat(first, b.rows))
	}
	codes := make([]int32, 0, b.rows)
	for i := range b.pieces {
		p := &b.pieces[i]
		code := b.code(o, p.series)
		for range p.rows() {
			codes = append(codes, code)
		}
	}
	return vector.DictionaryOf(o.dict, codes)
}

// code returns the number of a series' value, -1 for none.
func (b *builder) code(o *output, id uint32) int32 {
	if o.kind == outMeasure {
		return int32(b.view.Measure(id))
	}
	return b.view.Code(id, o.number)
}

// repeat returns n times the same code. The memory is used again for as long as the code is the same.
func (o *output) repeat(code int32, n int) []int32 {
	if len(o.same) < n || o.same[0] != code {
		size := n
		if len(o.same) > 0 && o.same[0] == code {
			size = vector.BatchRows // the series is long
		}
		o.same = make([]int32, size)
		for i := range o.same {
			o.same[i] = code
		}
	}
	return o.same[:n:n]
}

// values makes a value column.
func (b *builder) values(ctx context.Context, o *output) (*vector.Vector, error) {
	if !b.apart {
		p, from, to := b.together()
		v, err := b.whole(ctx, p, o)
		if err != nil {
			return nil, err
		}
		if v == nil || allNulls(v.Nulls, from, to) {
			return vector.NullsOf(o.typ, b.rows), nil
		}
		if from == 0 && to == v.Len() {
			return v, nil
		}
		return v.Slice(from, to), nil
	}
	g := gatherer{typ: o.typ, rows: b.rows}
	var parts vector.Vector
	for i := range b.pieces {
		p := &b.pieces[i]
		if p.block == nil {
			if p.chunk.Parts(b.reader.columns[o.column].number, &parts) {
				g.add(&parts, p.from, p.to)
			} else {
				g.skip(p.rows())
			}
			continue
		}
		v, err := b.reader.column(ctx, p, o.column)
		if err != nil {
			return nil, err
		}
		if v == nil {
			g.skip(p.rows())
		} else {
			g.add(v, p.from, p.to)
		}
	}
	return g.vector(), nil
}

// whole returns the column of a piece's block or chunk, nil if all is NULL.
func (b *builder) whole(ctx context.Context, p *piece, o *output) (*vector.Vector, error) {
	if p.block == nil {
		return p.chunk.Column(b.reader.columns[o.column].number, o.typ), nil
	}
	return b.reader.column(ctx, p, o.column)
}

// allNulls reports whether a null mask marks all rows from:to.
func allNulls(nulls []bool, from, to int) bool {
	if nulls == nil {
		return false
	}
	for _, n := range nulls[from:to] {
		if !n {
			return false
		}
	}
	return true
}

// valueBytes returns the size of a column's values, as ScanStats counts it.
func valueBytes(v *vector.Vector) int64 {
	if v.Form == vector.Constant { // only NULL is
		return 0
	}
	values := int64(v.Len())
	for _, null := range v.Nulls {
		if null {
			values--
		}
	}
	switch v.Type.Kind {
	case types.KindBoolean:
		return values
	case types.KindVarchar:
		var n int64
		for i, s := range v.Strs {
			if v.Nulls == nil || !v.Nulls[i] {
				n += int64(len(s))
			}
		}
		return n
	}
	return 8 * values
}
