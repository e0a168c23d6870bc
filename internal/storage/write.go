package storage

import (
	"context"
	"sync"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage/memstore"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// A write, step by step:
//
//  1. prepare, on the caller's goroutine: look up series and columns, turn values into cells, look up late rows in segments.
//  2. The committer takes all waiting batches as one group. It decides on every row, in order, against what is stored and
//     against earlier rows of the group, and encodes each batch as one log record.
//  3. One write and one sync of the log for the group.
//  4. New series and columns become visible, rows go into memory, all callers are answered.
//
// Rejected alternative: a lock per table instead of the committer. Each batch would pay its own sync, or wait for a leader
// in any case, and order between batches would have to be kept in two places.

// Write stores a batch durably. Rows that are rejected do not keep others from being stored. After an error other than
// Unavailable nothing is stored; after Unavailable the batch may be found stored as a whole after a restart, if the log
// could not be synced.
func (s *Store) Write(ctx context.Context, b *Batch) (WriteResult, error) {
	if err := ctx.Err(); err != nil {
		return WriteResult{}, err
	}
	if len(b.Rows) == 0 {
		return WriteResult{}, nil
	}
	if err := s.stopped(); err != nil {
		return WriteResult{}, err
	}
	t, err := s.tableForWrite(b.Table)
	if err != nil {
		return WriteResult{}, err
	}
	taken, err := s.budget.enter(ctx, b.Rows)
	if err != nil {
		return WriteResult{}, err
	}
	defer s.budget.leave(taken)
	p := preparedPool.Get().(*prepared)
	defer p.recycle()
	if err := p.prepare(ctx, s, t, b.Rows); err != nil {
		s.metrics.WriteErrors.Add(1)
		return WriteResult{}, err
	}
	if err := s.queue.await(ctx, &p.request); err != nil {
		return WriteResult{}, err
	}
	if p.err != nil {
		s.metrics.WriteErrors.Add(1)
		return WriteResult{}, p.err
	}
	return p.result, nil
}

// askForFlush wakes Maintain.
func (s *Store) askForFlush() {
	select {
	case s.wantFlush <- struct{}{}:
	default:
	}
}

// prepared is a batch on its way to the committer. It keeps its memory for the next batch.
type prepared struct {
	request
	table *table
	rows  []Row // of the caller, who waits
	items []item
	cells []memstore.Cell // of all rows, one after the other
	text  []byte

	// Rows that were looked up in segments already, valid as long as the table's generation is this one: by row, without rows if
	// none was.
	generation uint64
	found      []storedRow
	late       []int32 // those that were to be looked up

	accepted []int32 // rows to be stored, in order
	defs     []byte  // encoded definitions that its log record has
	result   WriteResult
	err      error
	columns  []resolved
	dimsHash uint64 // of the row that is looked up, and
	met      []met  // the series that were found with its dimensions
}

// item is one row of a prepared batch.
type item struct {
	hash     uint64
	from, to uint32 // its cells
	series   uint32
	// known says that the series, all columns, and the columns of this measure are in the index, with the right types;
	// then series is set and the cells have numbers in ascending order.
	known bool
}

// resolved is a column that was looked up for an earlier row.
type resolved struct {
	name   string
	typ    *types.Type
	number uint16
}

// preparedPool keeps batches for the next writes: their memory is worth keeping.
var preparedPool = sync.Pool{New: func() any {
	p := &prepared{}
	p.batch, p.done = p, make(chan struct{}, 1)
	return p
}}

// keepCells is how many cells a recycled batch keeps memory for.
const keepCells = 64 << 10

// recycle hands the batch's memory to the next one.
func (p *prepared) recycle() {
	clear(p.cells)
	clear(p.columns)
	clear(p.met)
	if cap(p.cells) > keepCells {
		p.cells, p.items, p.text, p.accepted, p.found, p.late = nil, nil, nil, nil, nil, nil
	}
	*p = prepared{
		request: p.request, items: p.items[:0], cells: p.cells[:0], text: p.text[:0], found: p.found[:0], late: p.late[:0],
		accepted: p.accepted[:0], defs: p.defs[:0], columns: p.columns[:0], met: p.met[:0],
	}
	preparedPool.Put(p)
}

// invalid returns the error for a batch that breaks the contract of Batch.
func invalid(format string, args ...any) error { return dberr.New(dberr.Invalid, format, args...) }

// prepare does what can be done before the batch has its place in the order of writes.
func (p *prepared) prepare(ctx context.Context, s *Store, t *table, rows []Row) error {
	p.table, p.rows = t, rows
	if err := p.resolveAll(); err != nil {
		return err
	}
	// Texts get memory of their own, all together.
	if len(p.text) > 0 {
		text := string(p.text)
		for i := range p.cells {
			if c := &p.cells[i]; c.Class == memstore.String {
				from, n := c.Bits>>32, c.Bits&0xffffffff
				c.Str, c.Bits = text[from:from+n], 0
			}
		}
	}
	return p.lookUpLate(ctx, s)
}

// textMax is how many bytes the texts of a batch may have together. The log's limit is lower.
const textMax = 1 << 31

// resolveAll looks up the rows' series and columns.
func (p *prepared) resolveAll() error {
	reading := p.table.index.Reading()
	defer reading.Done()
	for i := range p.rows {
		row := &p.rows[i]
		// Records of a request often share their dimensions.
		sameDims := i > 0 && sameSlice(row.Dims, p.rows[i-1].Dims)
		if err := checkForm(row, sameDims); err != nil {
			return err
		}
		if !sameDims {
			p.dimsHash = series.HashDims(row.Dims)
			p.met = p.met[:0]
		}
		it := p.lookUp(reading, row)
		it.from = uint32(len(p.cells))
		for k := range row.Values {
			number, ok := p.column(reading, &it, k, &row.Values[k])
			it.known = it.known && ok
			p.addCell(number, &row.Values[k])
		}
		it.to = uint32(len(p.cells))
		if it.known && !sortCells(p.cells[it.from:it.to]) {
			return invalid("A record has two values for one column")
		}
		if len(p.text) > textMax {
			return dberr.New(dberr.Limit, "The request is too large")
		}
		p.items = append(p.items, it)
	}
	return nil
}

// metMax is how many series with the same dimensions a batch keeps in mind.
const metMax = 16

// met is a series that an earlier row of the batch belongs to, with the dimensions of the row before.
type met struct {
	measure string
	item    item
}

// lookUp returns the item of a row, without its cells, whose dimensions have the hash p.dimsHash.
func (p *prepared) lookUp(reading series.Reading, row *Row) item {
	for i := range p.met {
		if p.met[i].measure == row.Measure {
			return p.met[i].item
		}
	}
	it := item{hash: series.Join(row.Measure, p.dimsHash)}
	it.series, it.known = reading.Find(it.hash, row.Measure, row.Dims)
	if len(p.met) < metMax {
		p.met = append(p.met, met{row.Measure, it})
	}
	return it
}

// sameSlice reports whether two lists are one in memory.
func sameSlice(a, b []Dim) bool {
	return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0]
}

// Limits of what a row may hold: what is in the log must fit into segments. The documented limits are lower, and checked
// before.
const (
	nameBytesMax = 4 << 10 // a measure name, the name or value of a dimension, the name of a column
	textBytesMax = 1 << 20 // a varchar value
)

// checkForm refuses rows that break the contract of Row where they would do harm. sameDims says that the dimensions have been
// checked with the row before.
func checkForm(row *Row, sameDims bool) error {
	if row.Version < 1 {
		return invalid("The record version %d is less than 1", row.Version)
	}
	if len(row.Measure) > nameBytesMax {
		return invalid("A measure name has %d bytes, at most %d are possible", len(row.Measure), nameBytesMax)
	}
	for i := 0; i < len(row.Dims) && !sameDims; i++ {
		if n := max(len(row.Dims[i].Name), len(row.Dims[i].Value)); n > nameBytesMax {
			return invalid("A dimension has %d bytes, at most %d are possible", n, nameBytesMax)
		}
	}
	if !row.Multi && len(row.Values) != 1 {
		return invalid("A single-measure record has one value, not %d", len(row.Values))
	}
	for i := range row.Values {
		v := &row.Values[i]
		if n := len(v.Column); n > nameBytesMax {
			return invalid("The name of a value has %d bytes, at most %d are possible", n, nameBytesMax)
		}
		if n := len(v.Str); n > textBytesMax {
			return invalid("The value of '%s' has %d bytes, at most %d are possible", v.Column, n, textBytesMax)
		}
		if v.Type == nil {
			return invalid("The value of '%s' has no type", v.Column)
		}
		if _, ok := memstore.ClassOf(v.Type); !ok {
			return invalid("The value of '%s' has type %s, which cannot be stored", v.Column, v.Type)
		}
		if single := (series.Column{Name: v.Column}).Single(); single == row.Multi {
			return invalid("'%s' is not the name of a value of this kind of record", v.Column)
		}
	}
	return nil
}

// column returns the number of a value's column and whether it is known with this type for the measure of the row.
func (p *prepared) column(reading series.Reading, it *item, k int, v *Value) (uint16, bool) {
	// Most rows have the columns of the row before.
	if k < len(p.columns) && p.columns[k].name == v.Column && p.columns[k].typ == v.Type {
		n := p.columns[k].number
		return n, it.known && reading.HasColumn(it.series, n)
	}
	n, c, ok := reading.Column(v.Column)
	if !ok || !c.Type.Equal(v.Type) {
		return 0, false
	}
	for len(p.columns) <= k {
		p.columns = append(p.columns, resolved{})
	}
	p.columns[k] = resolved{v.Column, v.Type, n}
	return n, it.known && reading.HasColumn(it.series, n)
}

// addCell adds a value. A text goes to p.text for now, its place to Bits.
func (p *prepared) addCell(number uint16, v *Value) {
	var c memstore.Cell
	switch class, _ := memstore.ClassOf(v.Type); class {
	case memstore.Float:
		c = memstore.Double(number, v.Float)
	case memstore.Bool:
		c = memstore.Boolean(number, v.Bool)
	case memstore.String:
		c = memstore.Varchar(number, "")
		c.Bits = uint64(len(p.text))<<32 | uint64(len(v.Str))
		p.text = append(p.text, v.Str...)
	default:
		c = memstore.Bigint(number, v.Int)
	}
	p.cells = append(p.cells, c)
}

// sortCells orders a row's cells by column and reports whether all columns differ. Most rows are in order already.
func sortCells(cells []memstore.Cell) bool {
	for i := 1; i < len(cells); i++ {
		for k := i; k > 0 && cells[k].Column <= cells[k-1].Column; k-- {
			if cells[k].Column == cells[k-1].Column {
				return false
			}
			cells[k], cells[k-1] = cells[k-1], cells[k]
		}
	}
	return true
}

// cellsOf returns the cells of row i.
func (p *prepared) cellsOf(i int) []memstore.Cell {
	it := &p.items[i]
	return p.cells[it.from:it.to]
}
