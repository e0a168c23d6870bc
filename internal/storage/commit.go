package storage

import (
	"context"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/storage/memstore"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// groupBytesMax is how long a group gets before it is written although more batches wait.
const groupBytesMax = 16 << 20

// committer is the goroutine that orders all writes.
type committer struct {
	s     *Store
	group []*prepared // in the log's buffer, not yet written
	txns  map[*table]*series.Txn

	// pending finds the rows of the group (and of the batch under way). It is made when a row of the group is first looked
	// for: most groups have only rows that are newer than all others of their series.
	pending map[rowKey]pendingRow
	indexed bool

	// Scratch memory.
	rows    []byte
	defs    []byte
	frame   []byte
	stored  []memstore.Cell
	asked   []memstore.Cell
	columns []series.Column
	numbers []uint16
}

// rowKey is the identity of a row.
type rowKey struct {
	table  *table
	series uint32
	time   int64
}

// pendingRow is a row of the group.
type pendingRow struct {
	batch *prepared
	row   int
}

// commitLoop runs from Open to Close.
func (s *Store) commitLoop() {
	defer close(s.queue.drained)
	c := &committer{s: s, txns: map[*table]*series.Txn{}, pending: map[rowKey]pendingRow{}}
	var list []*request
	for {
		var ok bool
		list, ok = s.queue.take(list[:0])
		if !ok {
			return
		}
		for _, r := range list {
			if r.run != nil {
				c.commit()
				r.run()
				r.done <- struct{}{}
				continue
			}
			c.add(r.batch)
			if s.log.GroupBytes() > groupBytesMax {
				c.commit()
			}
		}
		c.commit()
		clear(list)
	}
}

// scratchMax is how much memory each of the committer's buffers keeps for the next group.
const scratchMax = 4 << 20

// add decides on a batch and puts its record into the group.
func (c *committer) add(p *prepared) {
	if p.err = c.s.stopped(); p.err == nil && p.table.dropped.Load() {
		p.err = errDropped()
	}
	if p.err == nil {
		p.err = c.decideAll(p)
	}
	if p.err != nil {
		p.accepted = p.accepted[:0]
		if c.indexed { // rows of the failed batch are in it
			c.indexed = false
			clear(c.pending)
		}
	}
	c.group = append(c.group, p)
}

// decideAll decides on the rows of a batch in order and encodes those that are accepted.
func (c *committer) decideAll(p *prepared) error {
	c.rows = c.rows[:0]
	last := int64(0)
	for i := range p.items {
		accept, err := c.decide(p, i)
		if err != nil {
			return err
		}
		if !accept {
			continue
		}
		t, it := p.rows[i].Time, &p.items[i]
		p.table.raise(it.series, t)
		p.accepted = append(p.accepted, int32(i))
		if c.indexed {
			c.pending[rowKey{p.table, it.series, t}] = pendingRow{p, i}
		}
		c.rows = appendRow(c.rows, it.series, t, last, p.rows[i].Version, p.cellsOf(i))
		last = t
	}
	if len(p.accepted) == 0 {
		return nil
	}
	c.defs = c.defs[:0]
	x := c.txns[p.table]
	if x != nil {
		for _, d := range x.Staged() {
			c.defs = series.AppendDef(c.defs, &d)
		}
	}
	c.frame = appendFrame(c.frame[:0], p.table.id, c.defs, len(p.accepted), c.rows)
	if _, err := c.s.log.Add(frameRows, c.frame); err != nil {
		return err
	}
	if x != nil {
		x.Take()
		p.defs = append(p.defs[:0], c.defs...)
	}
	return nil
}

// decide reports whether a row is to be stored, and notes a rejection if it is not and not stored already.
func (c *committer) decide(p *prepared, i int) (bool, error) {
	it, row := &p.items[i], &p.rows[i]
	if !it.known {
		return c.decideUnknown(p, i)
	}
	if row.Time > p.table.lastTime(it.series) {
		return true, nil
	}
	old, err := c.find(p, i, p.cellsOf(i))
	return err == nil && c.admit(p, i, old), err
}

// decideUnknown is decide for a row whose series or columns were not all known when it was prepared. They may be new, or
// have come with an earlier batch.
func (c *committer) decideUnknown(p *prepared, i int) (bool, error) {
	it, row := &p.items[i], &p.rows[i]
	x := c.txns[p.table]
	if x == nil {
		x = p.table.index.Begin()
		c.txns[p.table] = x
	}
	c.columns = c.columns[:0]
	for k := range row.Values {
		c.columns = append(c.columns, series.Column{Name: row.Values[k].Column, Type: row.Values[k].Type})
	}
	if err := checkUnique(row.Dims, c.columns); err != nil {
		return false, err
	}
	if conflict := x.Check(row.Measure, row.Dims, c.columns); conflict != nil {
		p.reject(i, Rejection{Reason: reasonOf[conflict.Reason], Name: conflict.Name, ExistingType: conflict.Type})
		return false, nil
	}
	cells := p.cellsOf(i)
	c.numbers = slices.Grow(c.numbers[:0], len(cells))[:len(cells)]
	id, ok := x.Find(it.hash, row.Measure, row.Dims)
	if !ok && c.s.budget.seriesFull() {
		c.s.budget.refuseSeries()
		p.reject(i, Rejection{Reason: NoMemoryForSeries})
		return false, nil
	}
	if ok && row.Time <= p.table.lastTime(id) {
		it.series = id
		// A row with a column that does not exist yet differs from all that are stored.
		known := x.Numbers(c.columns, c.numbers)
		c.asked = number(append(c.asked[:0], cells...), c.numbers)
		old, err := c.find(p, i, c.asked)
		old.equal = old.equal && known
		if err != nil || !c.admit(p, i, old) {
			return false, err
		}
	}
	it.series = x.Add(it.hash, row.Measure, row.Dims, c.columns, c.numbers)
	number(cells, c.numbers)
	return true, nil
}

// number gives cells their columns' numbers and puts them in order.
func number(cells []memstore.Cell, numbers []uint16) []memstore.Cell {
	for k := range cells {
		cells[k].Column = numbers[k]
	}
	sortCells(cells)
	return cells
}

// checkUnique refuses a row with two dimensions or two values of one name.
func checkUnique(dims []Dim, columns []series.Column) error {
	for i := range dims {
		for k := range i {
			if dims[i].Name == dims[k].Name {
				return invalid("A record has two values for dimension '%s'", dims[i].Name)
			}
		}
	}
	for i := range columns {
		for k := range i {
			if columns[i].Name == columns[k].Name {
				return invalid("A record has two values for '%s'", columns[i].Name)
			}
		}
	}
	return nil
}

// reasonOf turns the index's reasons into the store's.
var reasonOf = [...]RejectReason{
	series.TypeConflict: TypeConflict, series.NameConflict: NameConflict, series.TooManyDimensions: TooManyDimensions,
	series.TooManyMeasures: TooManyMeasures, series.TooManyAttributes: TooManyMultiMeasures,
}

// reject notes that row i is not stored.
func (p *prepared) reject(i int, r Rejection) {
	r.Row = i
	p.result.Rejected = append(p.result.Rejected, r)
}

// admit compares a row with the stored one of the same identity and reports whether it replaces that. Source: Timestream
// developer guide, "Data modeling", upserts.
func (c *committer) admit(p *prepared, i int, old storedRow) bool {
	row := &p.rows[i]
	switch {
	case !old.found || row.Version > old.version:
		return true
	case row.Version == old.version && old.equal:
		c.s.metrics.RowsEqual.Add(1)
	case row.Version == old.version:
		p.reject(i, Rejection{Reason: SameVersion, ExistingVersion: old.version})
	default:
		p.reject(i, Rejection{Reason: LowerVersion, ExistingVersion: old.version})
	}
	return false
}

// find looks for a row of the same identity as row i: in the group, in memory, in segments. The first found is the newest
// version. cells are what its values are compared with.
func (c *committer) find(p *prepared, i int, cells []memstore.Cell) (storedRow, error) {
	t, id, time := p.table, p.items[i].series, p.rows[i].Time
	c.indexGroup(p)
	if w, ok := c.pending[rowKey{t, id, time}]; ok {
		return storedRow{found: true, version: w.batch.rows[w.row].Version, equal: slices.Equal(w.batch.cellsOf(w.row), cells)}, nil
	}
	if row, ok := t.state.active.Find(id, time); ok {
		return c.compare(row, cells), nil
	}
	for _, f := range slices.Backward(t.state.frozen) {
		if row, ok := f.rows.Find(id, time); ok {
			return c.compare(row, cells), nil
		}
	}
	if time > t.state.segmentEnd {
		return storedRow{}, nil
	}
	if p.generation == t.state.generation && len(p.found) > 0 && p.found[i].looked {
		return p.found[i], nil
	}
	c.s.metrics.Lookups.Add(1)
	f := newFinder(t.state.inWindow(windowOf(time)))
	defer f.close()
	return f.find(context.Background(), id, time, p.rows[i].Version, cells)
}

// compare describes a row in memory.
func (c *committer) compare(row memstore.Row, cells []memstore.Cell) storedRow {
	c.stored = row.AppendCells(c.stored[:0])
	return storedRow{found: true, version: row.Version(), equal: slices.Equal(c.stored, cells)}
}

// indexGroup makes pending hold the rows accepted so far; from then on it is kept up to date.
func (c *committer) indexGroup(under *prepared) {
	if c.indexed {
		return
	}
	c.indexed = true
	for _, p := range c.group {
		c.indexBatch(p)
	}
	c.indexBatch(under)
}

// indexBatch adds the accepted rows of a batch to pending.
func (c *committer) indexBatch(p *prepared) {
	for _, i := range p.accepted {
		c.pending[rowKey{p.table, p.items[i].series, p.rows[i].Time}] = pendingRow{p, int(i)}
	}
}

// commit makes the group durable, then visible, and answers its callers.
func (c *committer) commit() {
	if len(c.group) == 0 {
		return
	}
	s, bytes := c.s, int64(c.s.log.GroupBytes())
	if bytes > 0 {
		s.metrics.LogGroups.Add(1)
		if err := s.log.Commit(); err != nil {
			c.fail(err)
		} else {
			s.metrics.LogBytes.Add(bytes)
			s.logBytes.Store(s.log.Size())
		}
	}
	for _, p := range c.group {
		if p.err == nil {
			c.apply(p)
		}
	}
	for _, p := range c.group {
		p.done <- struct{}{}
	}
	clear(c.group)
	c.group = c.group[:0]
	if cap(c.rows) > scratchMax {
		c.rows, c.frame = nil, nil
	}
	clear(c.txns)
	if c.indexed {
		c.indexed = false
		clear(c.pending)
	}
	s.budget.settle()
	if s.budget.flushDue() || s.logBytes.Load() > s.opts.WALBytesMax {
		s.askForFlush()
	}
}

// fail fails the whole group: also batches without a row to store, since what they were told may rest on rows that are
// not stored now.
func (c *committer) fail(err error) {
	c.s.metrics.LogErrors.Add(1)
	if c.s.log.Broken() != nil {
		_ = c.s.stopWriting(err, "the log could not be made durable")
	} else {
		c.s.logger.Warn("writes could not be stored", "error", err, "disk_full", vfs.DiskFull(err))
	}
	for _, p := range c.group {
		if p.err == nil {
			p.err = err
		}
	}
}

// apply inserts the rows of a batch that is in the log.
func (c *committer) apply(p *prepared) {
	t, m := p.table, &c.s.metrics
	m.Batches.Add(1)
	m.RowsStored.Add(int64(len(p.accepted)))
	m.RowsRejected.Add(int64(len(p.result.Rejected)))
	if len(p.accepted) == 0 {
		return
	}
	t.defs = append(t.defs, p.defs...)
	t.mu.Lock()
	if x := c.txns[t]; x != nil {
		x.Commit()
		delete(c.txns, t)
		c.s.budget.measure(t)
	}
	rows := t.state.active
	before := rows.Bytes()
	for _, i := range p.accepted {
		rows.Put(p.items[i].series, p.rows[i].Time, p.rows[i].Version, p.cellsOf(int(i)))
	}
	grown := rows.Bytes() - before
	t.mu.Unlock()
	c.s.memory.Add(grown)
	c.s.active.Add(grown)
}
