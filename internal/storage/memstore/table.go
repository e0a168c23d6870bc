package memstore

import (
	"math"
	"slices"
	"sort"
	"sync/atomic"
)

// pageRuns is the number of series in a page. A page is what is copied when a series changes after a snapshot, so it is
// small; the list of pages is what a snapshot copies, so it is not tiny.
const pageRuns = 64

// pageBytes is about the memory of a page and the pointer to it.
const pageBytes = pageRuns*40 + 24

// Table is the recent rows of a table.
type Table struct {
	epoch   atomic.Uint64 // number of snapshots so far
	pages   []*page
	layouts layouts

	bytes  int64
	rows   int64
	series int
	from   int64
	to     int64
}

// page is the runs of pageRuns series with consecutive numbers.
type page struct {
	born uint64
	runs [pageRuns]run
}

// run is the rows of one series: the chunks in full, then the tail. Their times ascend and do not overlap.
type run struct {
	tail *chunk // nil: no rows
	full []*chunk
	n    int32 // rows in the tail
}

// New returns an empty table.
func New() *Table { return &Table{from: math.MaxInt64, to: math.MinInt64} }

// Bytes returns about how much memory the table holds.
func (t *Table) Bytes() int64 { return t.bytes }

// Rows returns the number of rows.
func (t *Table) Rows() int64 { return t.rows }

// SeriesCount returns the number of series that have rows.
func (t *Table) SeriesCount() int { return t.series }

// TimeRange returns the first and the last time. Without rows the first is greater.
func (t *Table) TimeRange() (from, to int64) { return t.from, t.to }

// Columns returns the numbers of all columns that have a value, and maybe some that had one, ascending.
func (t *Table) Columns() []uint16 {
	var out []uint16
	for c := range t.layouts.columns() {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

// writable returns the run of a series for changing: in a page that no snapshot holds.
func (t *Table) writable(series uint32) *run {
	i := int(series / pageRuns)
	for len(t.pages) <= i {
		t.pages = append(t.pages, nil)
	}
	p, epoch := t.pages[i], t.epoch.Load()
	switch {
	case p == nil:
		p = &page{born: epoch}
		t.pages[i] = p
		t.bytes += pageBytes
	case p.born < epoch:
		c := *p
		c.born = epoch
		p = &c
		t.pages[i] = p
	}
	return &p.runs[series%pageRuns]
}

// Put stores a row, in the place of one with the same time if there is one. Cells are in ascending order of column; their
// strings are kept. Columns without a cell are NULL.
func (t *Table) Put(series uint32, time, version int64, cells []Cell) {
	r := t.writable(series)
	t.from, t.to = min(t.from, time), max(t.to, time)
	for i := range cells {
		t.bytes += int64(len(cells[i].Str))
	}
	switch {
	case r.tail == nil:
		t.series++
		r.tail = t.newChunk(t.layouts.widen(nil, version, cells), firstCapacity)
	case time <= r.tail.ints[r.n-1]:
		t.putLate(r, time, version, cells)
		return
	case r.n == ChunkRows:
		t.newTail(r, ChunkRows/8, version, cells)
	case !r.tail.layout.fits(version, cells) && r.n >= sealedRows:
		t.newTail(r, firstCapacity, version, cells)
	case r.n == r.tail.capacity || !r.tail.layout.fits(version, cells):
		t.remake(&r.tail, int(r.n), version, cells, int(r.n))
	}
	r.tail.set(int(r.n), time, version, cells)
	r.n++
	t.rows++
}

// newTail closes the last chunk of a run and begins another one for a row.
func (t *Table) newTail(r *run, capacity int, version int64, cells []Cell) {
	r.tail.n = r.n
	r.full = append(r.full, r.tail)
	r.tail, r.n = t.newChunk(t.layouts.widen(nil, version, cells), capacity), 0
}

// newChunk makes a chunk and accounts for its memory.
func (t *Table) newChunk(l *layout, capacity int) *chunk {
	c := newChunk(l, capacity, t.epoch.Load())
	t.bytes += c.bytes()
	return c
}

// remake replaces a chunk of n rows by a copy that the row fits, with a gap for it before row gap unless gap is negative.
func (t *Table) remake(c **chunk, n int, version int64, cells []Cell, gap int) {
	old, l := *c, (*c).layout
	if !l.fits(version, cells) {
		l = t.layouts.widen(l, version, cells)
	}
	capacity := int(old.capacity)
	if gap >= 0 && n == capacity {
		capacity = min(2*capacity, ChunkRows)
	}
	made := t.newChunk(l, capacity)
	if gap < 0 {
		made.copyRows(0, old, 0, n)
	} else {
		made.copyRows(0, old, 0, gap)
		made.copyRows(gap+1, old, gap, n)
	}
	made.n = int32(n)
	t.bytes -= old.bytes()
	*c = made
}

// locate returns which chunk of a run (len(full) is the tail) covers time or is nearest before it, and the first row in it
// with at least that time.
func (r *run) locate(time int64) (i, row int) {
	i = len(r.full)
	if i > 0 && time < r.tail.ints[0] {
		i = max(0, sort.Search(len(r.full), func(k int) bool { return r.full[k].ints[0] > time })-1)
	}
	c, n := r.chunk(i)
	return i, c.seek(n, time)
}

// chunk returns chunk i and its rows; len(full) is the tail.
func (r *run) chunk(i int) (*chunk, int) {
	if i == len(r.full) {
		return r.tail, int(r.n)
	}
	return r.full[i], int(r.full[i].n)
}

// putLate stores a row that is not newer than all others of its series.
func (t *Table) putLate(r *run, time, version int64, cells []Cell) {
	i, row := r.locate(time)
	c, n := r.chunk(i)
	replace := row < n && c.ints[row] == time
	if !replace && n == ChunkRows {
		t.split(r, i)
		i, row = r.locate(time)
		c, n = r.chunk(i)
	}
	made := c
	switch shared := c.born < t.epoch.Load(); {
	case replace:
		t.bytes -= c.textBytes(row)
		if shared || !c.layout.fits(version, cells) {
			t.remake(&made, n, version, cells, -1)
		}
	case shared || n == int(c.capacity) || !c.layout.fits(version, cells):
		t.remake(&made, n, version, cells, row)
	default:
		c.openGap(row, n)
	}
	made.set(row, time, version, cells)
	if !replace {
		n++
		t.rows++
	}
	made.n = int32(n)
	if i == len(r.full) {
		r.tail, r.n = made, int32(n)
	} else if made != c {
		r.full = slices.Clone(r.full) // a snapshot may hold the list
		r.full[i] = made
	}
}

// split cuts chunk i, which is full, into two halves.
func (t *Table) split(r *run, i int) {
	c, n := r.chunk(i)
	half := n / 2
	left, right := t.newChunk(c.layout, ChunkRows), t.newChunk(c.layout, ChunkRows)
	left.copyRows(0, c, 0, half)
	right.copyRows(0, c, half, n)
	left.n, right.n = int32(half), int32(n-half)
	t.bytes -= c.bytes()
	if i == len(r.full) {
		r.full = append(r.full, left)
		r.tail, r.n = right, right.n
		return
	}
	full := make([]*chunk, 0, len(r.full)+1)
	full = append(append(full, r.full[:i]...), left, right)
	r.full = append(full, r.full[i+1:]...)
}

// Row is one stored row.
type Row struct {
	c *chunk
	i int
}

// Version returns the row's version.
func (r Row) Version() int64 {
	if !r.c.layout.versions {
		return 1
	}
	return r.c.ints[slotVersions*int(r.c.capacity)+r.i]
}

// AppendCells adds the row's values to cells, in ascending order of column.
func (r Row) AppendCells(cells []Cell) []Cell { return r.c.appendCells(cells, r.i) }

// Find returns the row of a series at a time. Only the goroutine that writes may call it, or anyone once there are no
// more writes.
func (t *Table) Find(series uint32, time int64) (Row, bool) {
	i := int(series / pageRuns)
	if i >= len(t.pages) || t.pages[i] == nil {
		return Row{}, false
	}
	r := &t.pages[i].runs[series%pageRuns]
	if r.tail == nil || time > r.tail.ints[r.n-1] {
		return Row{}, false
	}
	k, row := r.locate(time)
	c, n := r.chunk(k)
	if row == n || c.ints[row] != time {
		return Row{}, false
	}
	return Row{c, row}, true
}
