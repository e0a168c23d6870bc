package storage

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/gate"
	"github.com/tidemarkdb/tidemark/internal/storage/memstore"
)

// The memory of a store, Options.MemoryBytesMax, is divided like this:
//
//	series  what the indexes need, up to three quarters. Beyond it new series are refused; known ones go on.
//	rows    that are not in segments. A flush begins when the active ones fill a quarter of all memory, writes wait when
//	        all of them fill a half. Series that need more take it from here, down to an eighth.
//	held    what scans hold: the blocks at hand, and rows that are in segments by now but that a scan which began before
//	        reads from memory. Whoever holds more than an eighth without reading is asked to let go.
//	merging what a merge reads at a time, a sixteenth, for two merges at most; it is not counted against the others
//	files   footers of segments that are open. Idle ones are closed beyond a sixteenth.
//	blocks  the rest, at least a thirty-second: decoded blocks make room for all others.
//
// So memory that nobody else needs keeps blocks, and an index that grows slows writing down long before it stops it.
//
// Rejected: fixed shares. A small index would leave memory unused, and a large one would need a setting of its own.
const (
	seriesQuarters  = 3  // of 4
	rowsPart        = 2  // divisor: where writes wait
	rowsPartMin     = 8  // divisor: what series leave to rows at least
	heldPart        = 8  // divisor
	filesPart       = 16 // divisor; of the log's files, too: recovery flushes between two of them
	mergingPart     = 16 // divisor
	blocksPartMin   = 32 // divisor
	blocksStepParts = 64 // divisor: the cache is resized when its share has changed by so much
)

// seriesScratchBytes is what a series takes besides its place in the index: the last time, the definition until it is
// flushed, and while a flush and a merge are at work its place in the order, in the pieces and in the directory of the
// segment.
const seriesScratchBytes = 128

// budget divides the memory of a store. What is used is counted where it changes; the shares that follow from it are
// worked out by settle, once for each group of writes.
type budget struct {
	store *Store
	total int64

	series atomic.Int64 // bytes of all indexes
	held   atomic.Int64 // bytes that only scans have

	rowsMax   atomic.Int64 // where writes wait
	blocksMax atomic.Int64 // size of the cache

	settling sync.Mutex
	// writes holds back writes while rows exceed their share.
	writes *gate.Gate

	mu      sync.Mutex
	readers map[*memstore.Table]readers
}

// init works out the shares of an empty store.
func (b *budget) init(s *Store) {
	b.store, b.total = s, s.opts.MemoryBytesMax
	b.blocksMax.Store(min(s.opts.BlockCacheBytes, b.total)) // as the cache was made
	b.readers = map[*memstore.Table]readers{}
	b.writes = gate.New(s.clock, writeWaitMax, func() int64 { return b.rowsMax.Load() - s.memory.Load() })
	b.settle()
}

// count counts the indexes of all tables. Open does, while and after it reads the log.
func (b *budget) count() {
	for _, t := range b.store.tableList() {
		b.measure(t)
	}
	b.settle()
}

// open counts what Open found, before the committer runs.
func (b *budget) open() {
	s := b.store
	b.count()
	if b.seriesFull() {
		s.logger.Warn("the index leaves no memory for new series", "series_bytes", b.series.Load(), "memory_bytes", b.total)
	}
	if s.overLimit() {
		s.askForFlush()
	}
}

// settle works out the shares anew, and lets in writes if there is room for them now.
func (b *budget) settle() {
	s := b.store
	b.settling.Lock()
	defer b.settling.Unlock()
	left := b.total - b.series.Load() - b.held.Load() - s.files.bytes.Load()
	rows := max(min(left-b.total/filesPart, b.total/rowsPart), b.total/rowsPartMin)
	b.rowsMax.Store(min(rows, memoryFactor*s.opts.MemstoreBytesMax))
	blocks := min(max(left-s.memory.Load(), b.total/blocksPartMin), s.opts.BlockCacheBytes)
	if before := b.blocksMax.Load(); max(before-blocks, blocks-before) >= b.total/blocksStepParts {
		b.blocksMax.Store(blocks)
		s.cache.Resize(blocks)
	}
	b.writes.Look()
}

// flushDue reports whether active rows are so many that they should be flushed.
func (b *budget) flushDue() bool { return b.store.active.Load() > b.flushAt() }

// flushAt is how much active rows may have before they are flushed.
func (b *budget) flushAt() int64 { return b.rowsMax.Load() / memoryFactor }

// full reports whether rows fill their share.
func (b *budget) full() bool { return b.store.memory.Load() >= b.rowsMax.Load() }

// seriesFull reports whether there is no memory for more series.
func (b *budget) seriesFull() bool { return b.series.Load() >= b.total/4*seriesQuarters }

// refuseSeries counts a row whose series is not taken in. The first one is worth a line in the log.
func (b *budget) refuseSeries() {
	s := b.store
	if s.metrics.SeriesRefused.Add(1) == 1 {
		s.logger.Warn("records of new series are rejected, since the index has all the memory it may have", "series_bytes", b.series.Load(), "memory_bytes", b.total)
	}
}

// indexBytes returns about how much memory the series of a table need.
func (t *table) indexBytes() int64 {
	return t.index.Bytes() + int64(t.index.Len())*seriesScratchBytes
}

// measure counts what the index of a table needs now. The committer calls it, or Open before it runs.
func (b *budget) measure(t *table) {
	now := t.indexBytes()
	b.series.Add(now - t.counted)
	t.counted = now
}

// forget stops counting a table that was dropped. It runs on the committer's goroutine.
func (b *budget) forget(t *table) {
	b.series.Add(-t.counted)
	t.counted = 0
}

// Memory that a row and a value take at least, for a write that has to wait: what it will bring is not known before.
const (
	rowBytesMin   = 16
	valueBytesMin = 16
)

// enter waits while rows fill their share, and returns how much was taken for the batch, to be given to leave. Those who
// wait go on in the order in which they came.
func (b *budget) enter(ctx context.Context, rows []Row) (int64, error) {
	if b.writes.Waiting() == 0 && !b.full() {
		return 0, nil
	}
	size := int64(0)
	for i := range rows {
		size += rowBytesMin + int64(len(rows[i].Values))*valueBytesMin
	}
	s := b.store
	if b.writes.TryEnter(size) {
		return size, nil
	}
	s.metrics.WritesDelayed.Add(1)
	s.askForFlush()
	begun := s.clock.Now()
	err := b.writes.Enter(ctx, size)
	s.metrics.WriteDelayNanos.Add(int64(s.clock.Now().Sub(begun)))
	switch {
	case err == nil:
		return size, nil
	case errors.Is(err, gate.ErrClosed):
		return 0, errClosed()
	case errors.Is(err, gate.ErrTimeout):
		if stopped := s.stopped(); stopped != nil {
			return 0, stopped
		}
		s.metrics.WritesThrottled.Add(1)
		return 0, dberr.New(dberr.Throttled, "Request rate limit exceeded: recent data cannot be moved to disk as fast as it comes in")
	}
	return 0, err
}

// leave gives back what enter took: the rows are counted now, or will never be.
func (b *budget) leave(taken int64) {
	if taken > 0 {
		b.writes.Leave(taken)
	}
}

// readers counts the scans that may read all of a set of rows in memory. The rows of a flush are free only when the last
// of them has ended.
type readers struct {
	scans int
	held  bool // no table has the rows any more
}

// reading notes that a scan has a snapshot of rows. The caller has the lock of the table that has them.
func (b *budget) reading(rows *memstore.Table) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.readers[rows]
	r.scans++
	b.readers[rows] = r
}

// doneReading notes that a scan has let go of its snapshots.
func (b *budget) doneReading(list []*memstore.Table) {
	var freed int64
	b.mu.Lock()
	for _, rows := range list {
		r := b.readers[rows]
		r.scans--
		b.readers[rows] = r
		if r.scans == 0 {
			delete(b.readers, rows)
			if r.held {
				freed += rows.Bytes()
			}
		}
	}
	b.mu.Unlock()
	b.hold(-freed)
}

// hold changes what scans hold.
func (b *budget) hold(change int64) {
	b.held.Add(change)
	if max(change, -change) > b.total/blocksStepParts {
		b.settle()
	}
}

// letGo counts rows as held that the last table has just given up, if scans read them.
func (b *budget) letGo(rows *memstore.Table) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r, ok := b.readers[rows]; ok {
		r.held = true
		b.readers[rows] = r
		b.held.Add(rows.Bytes())
	}
}

// relieve asks for what scans hold that nobody reads from, if it is much.
func (b *budget) relieve() {
	ask := b.store.opts.Relieve
	for ask != nil && b.held.Load() > b.total/heldPart && ask() {
	}
}
