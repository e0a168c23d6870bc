package storage

import (
	"context"
	"math"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage/memstore"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Scan reads rows of a table as they were when it began. One goroutine uses it.
type Scan struct {
	store  *Store
	reader rowReader
	files  []*segmentFile    // with a reference each, acquired as far as they are in reader.segments
	memory []*memstore.Table // whose rows the scan has all of
	held   int64             // bytes of blocks at hand, as counted last
	turns  int               // batches so far
	view   series.View
	ids    []uint32 // series still to read, in series order
	build  builder
	total  int // series of the table when the scan began
	data   timeRange
	stats  ScanStats
	begun  bool // the reader is at a series
	rows   bool // that series has had rows
	ahead  piece
	peeked bool // ahead is the next piece
	err    error
	closed bool
}

// Scan starts reading a table. Rows come series by series, in series order, and ascending in time within a series. A table
// that nothing was ever written to has no rows. The caller closes the scan.
func (s *Store) Scan(ctx context.Context, id TableID, req ScanRequest) (*Scan, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-s.closing:
		return nil, errClosed()
	default:
	}
	s.metrics.Scans.Add(1)
	s.budget.relieve()
	scan := &Scan{store: s, data: noTimes}
	t := s.table(id)
	if t == nil {
		return scan, nil
	}
	filters := make([]series.Filter, len(req.Series))
	for i, f := range req.Series {
		filters[i] = series.Filter(f)
	}
	scan.reader = rowReader{from: req.From, to: req.To}
	scan.snapshot(t, filters)
	scan.resolve(t, &req)
	scan.reader.wantHours = req.Hours && len(req.Bounds) == 0
	if err := scan.openSegments(); err != nil {
		scan.Close()
		return nil, err
	}
	return scan, nil
}

// fewSeries is how many series a snapshot of memory takes one by one.
const fewSeries = 64

// snapshot fixes what the scan sees: which series there are, the rows in memory, the segments.
func (c *Scan) snapshot(t *table, filters []series.Filter) {
	ids := t.index.Select(filters)
	seen := t.index.Len()
	t.mu.RLock()
	state := t.state
	// Series come into being together with their first rows, under t.mu. If some came after Select, it is done again.
	if t.index.Len() != seen {
		ids = t.index.Select(filters)
	}
	c.view = t.index.View()
	c.total = c.view.Len()
	snap := func(m *memstore.Table) {
		if len(ids) <= fewSeries {
			c.reader.memory = append(c.reader.memory, m.SnapshotOf(ids))
		} else {
			c.reader.memory = append(c.reader.memory, m.Snapshot())
			c.store.budget.reading(m)
			c.memory = append(c.memory, m)
		}
	}
	if t.dropped.Load() {
		ids = nil // its segments may be going away
	}
	c.data = noTimes
	if len(ids) > 0 {
		for _, f := range state.frozen {
			from, to := f.rows.TimeRange()
			c.data.include(from, to)
			if from <= c.reader.to && to >= c.reader.from {
				snap(f.rows)
			}
		}
		if state.active.Rows() > 0 {
			c.data.include(state.active.TimeRange())
			snap(state.active)
		}
		for _, f := range state.segments {
			c.data.include(f.from, f.to)
			if f.from <= c.reader.to && f.to >= c.reader.from {
				f.ref()
				c.files = append(c.files, f)
			}
		}
	}
	t.mu.RUnlock()
	c.order(t, ids)
}

// order brings the selected series into series order.
func (c *Scan) order(t *table, ids []uint32) {
	if len(ids) < c.view.Len()/16 || len(ids) <= fewSeries {
		c.ids = slices.Clone(ids) // the snapshots go on using the list
		c.view.Sort(c.ids)
		return
	}
	o := t.index.Order()
	chosen := make([]bool, c.view.Len())
	for _, id := range ids {
		chosen[id] = true
	}
	c.ids = make([]uint32, 0, len(ids))
	for _, id := range o.IDs {
		if int(id) < len(chosen) && chosen[id] { // the order may have newer series
			c.ids = append(c.ids, id)
		}
	}
	c.reader.order = o
}

// resolve looks up the wanted columns.
func (c *Scan) resolve(t *table, req *ScanRequest) {
	for _, name := range req.Columns {
		c.build.outputs = append(c.build.outputs, c.output(t, name))
	}
	c.build.view = &c.view
	c.build.reader = &c.reader
	reading := t.index.Reading()
	defer reading.Done()
	for _, b := range req.Bounds {
		if n, _, ok := reading.Column(b.Column); ok {
			c.reader.bounds = append(c.reader.bounds, valueBound{n, b.Low, b.High})
		}
	}
}

// output looks up one column.
func (c *Scan) output(t *table, name string) output {
	switch name {
	case ColumnTime:
		return output{kind: outTime, typ: types.Timestamp}
	case ColumnMeasureName:
		return dictionaryOutput(outMeasure, 0, c.view.MeasureNames())
	}
	if n, values, ok := t.index.Dimension(name); ok {
		return dictionaryOutput(outDimension, n, values)
	}
	reading := t.index.Reading()
	defer reading.Done()
	n, col, ok := reading.Column(name)
	if !ok {
		return output{kind: outNothing, typ: types.Varchar}
	}
	c.reader.columns = append(c.reader.columns, valueColumn{n, col.Type})
	return output{kind: outValue, typ: col.Type, column: len(c.reader.columns) - 1}
}

// openSegments opens the segments of the snapshot.
func (c *Scan) openSegments() error {
	for _, f := range c.files {
		open, err := f.acquire()
		if err != nil {
			return err
		}
		c.reader.addSegment(f, open)
	}
	return nil
}

// Next returns the next rows, nil at the end. The batch has the requested columns in their order and up to
// vector.BatchRows rows, at least one.
func (c *Scan) Next(ctx context.Context) (*vector.Batch, error) {
	if c.closed {
		return nil, dberr.New(dberr.Internal, "bug: scan is closed")
	}
	if c.err != nil {
		return nil, c.err
	}
	b, err := c.next(ctx)
	c.err = err
	return b, err
}

// next is Next for a scan that has not failed.
func (c *Scan) next(ctx context.Context) (*vector.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for {
		p, ok, err := c.nextPiece(ctx)
		if err != nil {
			return nil, err
		}
		if ok && c.build.takes(&p) {
			c.build.add(&p)
			continue
		}
		c.ahead, c.peeked = p, ok
		if len(c.build.pieces) == 0 {
			return nil, nil
		}
		b, err := c.build.batch(ctx, &c.stats)
		if err != nil {
			return nil, err
		}
		if c.turns%heldTurns == 0 {
			c.hold(c.reader.held())
		}
		c.turns++
		c.stats.Rows += int64(b.Rows)
		c.stats.Blocks = c.reader.blocks
		return b, nil
	}
}

// pollSeries is how many series without rows are passed before the context is looked at again.
const pollSeries = 4096

// nextPiece returns the next piece of whatever series, false at the end.
func (c *Scan) nextPiece(ctx context.Context) (piece, bool, error) {
	if c.peeked {
		c.peeked = false
		return c.ahead, true, nil
	}
	for polled := 1; ; polled++ {
		if polled%pollSeries == 0 {
			if err := ctx.Err(); err != nil {
				return piece{}, false, err
			}
		}
		if c.begun {
			p, ok, err := c.reader.next(ctx)
			if err != nil {
				return piece{}, false, err
			}
			if ok {
				if !c.rows {
					c.stats.Series++
				}
				c.rows = true
				return p, true, nil
			}
		}
		if len(c.ids) == 0 {
			c.begun = false
			return piece{}, false, nil
		}
		if len(c.reader.hours) >= hourBatchRows {
			c.begun = false
			return piece{}, false, nil // NextPart hands them out before it goes on
		}
		id := c.ids[0]
		c.ids = c.ids[1:]
		c.begun, c.rows = true, false
		waiting := len(c.reader.hours)
		if err := c.reader.begin(ctx, id); err != nil {
			return piece{}, false, err
		}
		if len(c.reader.hours) > waiting {
			c.rows = true
			c.stats.Series++
		}
	}
}

// heldTurns is after how many batches the memory of blocks at hand is counted again. It is much the same all the time.
const heldTurns = 16

// hold counts the memory of blocks at hand. A scan that nobody goes on with keeps it.
func (c *Scan) hold(bytes int64) {
	c.store.budget.hold(bytes - c.held)
	c.held = bytes
}

// timeRange is a range of times, both inclusive.
type timeRange struct{ from, to int64 }

// noTimes is the range without a time.
var noTimes = timeRange{math.MaxInt64, math.MinInt64}

// include makes the range long enough for another one.
func (r *timeRange) include(from, to int64) { r.from, r.to = min(r.from, from), max(r.to, to) }

// Reach tells what the scan may come to read, if it is asked for before the first rows are.
func (c *Scan) Reach() Reach {
	return Reach{Series: c.ids, SeriesTotal: c.total, DataFrom: c.data.from, DataTo: c.data.to}
}

// SeriesLeft returns how many series of its reach the scan has not begun.
func (c *Scan) SeriesLeft() int { return len(c.ids) }

// Stats tells what the scan touched so far.
func (c *Scan) Stats() ScanStats { return c.stats }

// Close ends the scan and lets go of what it holds. Batches that it returned stay valid.
func (c *Scan) Close() {
	if c.closed {
		return
	}
	c.closed = true
	for _, s := range c.reader.segments {
		s.file.release()
	}
	unrefAll(c.files)
	c.hold(0)
	c.store.budget.doneReading(c.memory)
	m := &c.store.metrics
	m.ScanSeries.Add(c.stats.Series)
	m.ScanRows.Add(c.stats.Rows)
	m.ScanBlocks.Add(c.stats.Blocks)
	m.ScanBytes.Add(c.stats.Bytes)
	c.reader, c.files, c.memory, c.ids, c.build, c.ahead, c.peeked = rowReader{}, nil, nil, nil, builder{}, piece{}, false
}
