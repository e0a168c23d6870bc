package storage

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/tidemarkdb/tidemark/internal/storage/memstore"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
)

// windowNanos is the length of the time windows into which segments are cut, aligned to UTC: one day. It is the grain in
// which old data is dropped and in which late data causes merging. Hours would make many small files of slow tables and
// long retention (a year is 8,760), weeks would rewrite seven days for a late row and keep a week too much.
const windowNanos = 24 * 3600 * 1_000_000_000

// windowOf returns the number of the window of a time; window 0 begins in 1970.
func windowOf(t int64) int64 {
	w := t / windowNanos
	if t%windowNanos < 0 {
		w--
	}
	return w
}

// windowBounds returns the first time of a window and the first one after it, as far as they can be represented.
func windowBounds(w int64) (from, to int64) {
	from, to = math.MinInt64, math.MaxInt64
	if w > math.MinInt64/windowNanos {
		from = w * windowNanos
	}
	if w < math.MaxInt64/windowNanos {
		to = (w + 1) * windowNanos
	}
	return from, to
}

// table is one table. Its state changes only on the committer's goroutine, which therefore reads it without a lock.
type table struct {
	id    TableID
	index *series.Index

	mu    sync.RWMutex // held for writing while rows are inserted and while state is replaced
	state *tableState

	dropped atomic.Bool

	// For the committer alone. last is a bound by series: no row is stored with a later time. defs are definitions that are
	// in the log but not in the index file.
	last []int64
	defs []byte
	// counted is the part of budget.series that is this table's.
	counted int64

	// For flush alone (and freeze, which it waits for).
	frozenDefs []byte // definitions of frozen rows, not yet in the index file
	// appendable: the index file was made in this run and every sync of it succeeded. Others are copied rather than appended
	// to, since a sync may have failed, in this run or in an earlier one, and then later ones cannot be trusted.
	appendable bool

	schema schemaCache
}

// tableState is where the rows of a table are. A state is not changed but replaced; active, of course, takes rows.
type tableState struct {
	generation uint64 // counts changes of segments
	active     *memstore.Table
	frozen     []frozenRows   // oldest first
	segments   []*segmentFile // by window, then file
	segmentEnd int64          // last time in any segment
}

// frozenRows are rows that are being flushed.
type frozenRows struct {
	rows     *memstore.Table
	sequence uint64 // of the last log record whose rows may be in it
}

// newTable returns a table without rows.
func newTable(id TableID) *table {
	return &table{id: id, index: series.New(), state: &tableState{generation: 1, active: memstore.New(), segmentEnd: math.MinInt64}}
}

// with returns a copy of the state with other segments. The list is taken over.
func (s *tableState) with(segments []*segmentFile) *tableState {
	c := *s
	slices.SortFunc(segments, func(a, b *segmentFile) int {
		return cmp.Or(cmp.Compare(a.window, b.window), cmp.Compare(a.file, b.file))
	})
	c.segments = segments
	c.generation++
	c.segmentEnd = math.MinInt64
	for _, f := range segments {
		c.segmentEnd = max(c.segmentEnd, f.to)
	}
	return &c
}

// inWindow returns the segments of one window.
func (s *tableState) inWindow(w int64) []*segmentFile {
	from := sort.Search(len(s.segments), func(i int) bool { return s.segments[i].window >= w })
	to := from
	for to < len(s.segments) && s.segments[to].window == w {
		to++
	}
	return s.segments[from:to]
}

// windows goes through the segments window by window, in ascending order.
func (s *tableState) windows(yield func([]*segmentFile) bool) {
	for list := s.segments; len(list) > 0; {
		inWindow := s.inWindow(list[0].window)
		list = list[len(inWindow):]
		if !yield(inWindow) {
			return
		}
	}
}

// replace puts another state in force.
func (t *table) replace(s *tableState) {
	t.mu.Lock()
	t.state = s
	t.mu.Unlock()
}

// bytes returns the memory of all rows that are not in segments.
func (s *tableState) bytes() int64 {
	n := s.active.Bytes()
	for _, f := range s.frozen {
		n += f.rows.Bytes()
	}
	return n
}

// lastTime returns the bound of a series' times, for the committer.
func (t *table) lastTime(id uint32) int64 {
	if int(id) < len(t.last) {
		return t.last[id]
	}
	return math.MinInt64
}

// raise notes that a series has a row at a time.
func (t *table) raise(id uint32, time int64) {
	for int(id) >= len(t.last) {
		t.last = append(t.last, math.MinInt64)
	}
	t.last[id] = max(t.last[id], time)
}

// segmentsAt returns the segments of a window with references, and the state's generation.
func (t *table) segmentsAt(w int64) ([]*segmentFile, uint64) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	list := t.state.inWindow(w)
	for _, f := range list {
		f.ref()
	}
	return list, t.state.generation
}

// unrefAll gives references back.
func unrefAll(list []*segmentFile) {
	for _, f := range list {
		f.unref()
	}
}
