package storage

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/wal"
)

// Defaults and limits of a Store.
const (
	memoryBytesDefault = 1 << 30
	walBytesDefault    = 512 << 20
	mergeFanInDefault  = 4
	openFilesDefault   = 4096
	settleAfterDefault = 10 * time.Minute
	mergeShareDefault  = 0.25
	mergeBytesMax      = 128 << 20

	// memoryFactor times what lets a flush begin is where writes begin to wait for it, for writeWaitMax at most.
	memoryFactor = 2
	writeWaitMax = 10 * time.Second
)

// Store is the tables in one data folder. All methods are safe for concurrent use.
//
// Who runs: the committer (one goroutine, from Open to Close) decides, logs and inserts what is written, and makes all
// changes of tables' state. Flush, Compact, Expire and DropTable run on their caller's goroutine, prepare files, and hand
// the change to the committer. Locks, in the order in which they may be taken: flushing, merging.mu or backlogMu, manifestMu, mu,
// table.mu, the index's own.
type Store struct {
	opts    Options
	fs      vfs.FS
	clock   clock.Clock
	logger  *slog.Logger
	lock    io.Closer
	cache   *segment.Cache
	files   *filePool
	budget  budget
	metrics Metrics

	mu     sync.RWMutex
	tables map[TableID]*table
	// dropped is tables that were dropped, and the last log file with records of them, 0 for none. Writes that come late
	// must not bring one back, nor must the log.
	dropped map[TableID]uint64

	recovering *replayer // during Open: what stands in for the committer

	log      *wal.Log // for the committer alone, once it runs
	queue    *queue
	memory   atomic.Int64 // bytes of rows that are not in segments
	active   atomic.Int64 // those of them that are not being flushed
	logBytes atomic.Int64
	stop     atomic.Pointer[dberr.Error] // why writing is refused until a restart

	manifestMu sync.Mutex
	manifest   *manifest
	nextFile   atomic.Uint64

	flushing chan struct{} // held by Flush
	merging  merging
	// boundary is the first log file without frozen rows, frozenNext the log record before which all is frozen. Guarded by
	// flushing; changed on the committer's goroutine while flush waits.
	boundary   uint64
	frozenNext uint64

	wantFlush chan struct{} // asks Maintain for a flush
	merged    broadcast     // there are fewer segments

	closing chan struct{} // closed when Close begins
	closed  sync.Once
	ops     sync.WaitGroup // Maintain, Flush and so on, which Close waits for
	opsMu   sync.Mutex     // guards adding to ops against Close
	result  error          // of Close
}

// withDefaults fills in what is not set.
func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	orDefault(&o.MemoryBytesMax, memoryBytesDefault)
	orDefault(&o.MemstoreBytesMax, math.MaxInt64/memoryFactor)
	orDefault(&o.WALBytesMax, walBytesDefault)
	orDefault(&o.BlockCacheBytes, math.MaxInt64)
	orDefault(&o.MergeFanIn, mergeFanInDefault)
	orDefault(&o.OpenFilesMax, openFilesDefault)
	orDefault(&o.SettleAfter, settleAfterDefault)
	orDefault(&o.MergeShare, mergeShareDefault)
	orDefault(&o.MergeBytesMax, min(mergeBytesMax, o.MemoryBytesMax/mergingPart))
	o.MergeFanIn, o.MergeShare = max(o.MergeFanIn, 2), min(o.MergeShare, 1)
	return o
}

// orDefault sets what is not set.
func orDefault[T int | int64 | float64 | time.Duration](v *T, value T) {
	if *v <= 0 {
		*v = value
	}
}

// Open opens the data folder, made if it is missing, and brings back everything that was acknowledged.
func Open(ctx context.Context, opts Options) (*Store, error) {
	opts = opts.withDefaults()
	s := &Store{
		opts: opts, fs: opts.FS, clock: opts.Clock, logger: opts.Logger,
		cache:  segment.NewCache(min(opts.BlockCacheBytes, opts.MemoryBytesMax)),
		tables: map[TableID]*table{}, dropped: map[TableID]uint64{},
		queue:     newQueue(),
		flushing:  make(chan struct{}, 1),
		wantFlush: make(chan struct{}, 1), closing: make(chan struct{}),
	}
	s.merging.init(&s.opts, s.MergeBacklog)
	s.files = newFilePool(s.fs, s.cache, s.clock, opts.OpenFilesMax, opts.MemoryBytesMax/filesPart, func(what, name string, err error) {
		s.logger.Warn("segment file could not be tidied up", "step", what, "file", name, "error", err)
	})
	s.budget.init(s)
	if err := s.restore(ctx); err != nil {
		s.abandon()
		return nil, openError(err)
	}
	s.budget.open()
	go s.commitLoop()
	return s, nil
}

// openError gives errors of the file system a text for whoever starts the server.
func openError(err error) error {
	switch {
	case dberr.KindOf(err) != dberr.Internal || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case vfs.DiskFull(err):
		return dberr.Wrap(dberr.Unavailable, err, "The data folder cannot be opened: the disk is full")
	}
	return dberr.Wrap(dberr.Unavailable, err, "The data folder cannot be opened")
}

// abandon gives back what a failed Open holds.
func (s *Store) abandon() {
	if s.log != nil {
		_ = s.log.Close()
	}
	if s.lock != nil {
		_ = s.lock.Close()
	}
}

// Close ends writing and background work and closes the folder. Rows that are only in the log stay there: the next Open
// reads them. Scans that are open may go on; they must be closed.
func (s *Store) Close() error {
	s.closed.Do(func() {
		s.opsMu.Lock()
		close(s.closing)
		s.opsMu.Unlock()
		s.budget.writes.Close()
		s.ops.Wait()
		s.queue.close()
		<-s.queue.drained
		err := s.log.Close()
		for _, t := range s.tableList() {
			unrefAll(t.state.segments)
		}
		s.result = errors.Join(err, s.lock.Close())
	})
	return s.result
}

// errClosed is the error for calls during and after Close.
func errClosed() error { return dberr.New(dberr.Unavailable, "The server is shutting down") }

// begin registers an operation that Close has to wait for; the caller calls s.ops.Done.
func (s *Store) begin() error {
	s.opsMu.Lock()
	defer s.opsMu.Unlock()
	select {
	case <-s.closing:
		return errClosed()
	default:
	}
	s.ops.Add(1)
	return nil
}

// stopped returns why writing is refused, nil if it is not.
func (s *Store) stopped() error {
	if err := s.stop.Load(); err != nil {
		return err
	}
	return nil
}

// stopWriting refuses all writes and changes of files from now on; reading goes on. A cause that says so itself is kept
// as it is.
func (s *Store) stopWriting(cause error, text string) error {
	var reason *dberr.Error
	if !errors.As(cause, &reason) || reason.Kind != dberr.Unavailable {
		reason = dberr.Wrap(dberr.Unavailable, cause, "Writing is stopped until the server is restarted: %s", text)
	}
	if s.stop.CompareAndSwap(nil, reason) {
		s.logger.Error("writing is stopped until the server is restarted", "error", reason)
	}
	return s.stopped()
}

// Tables returns the tables that have rows or had some, in ascending order.
func (s *Store) Tables() []TableID {
	var ids []TableID
	for _, t := range s.tableList() {
		if t.index.Len() > 0 {
			ids = append(ids, t.id)
		}
	}
	return ids
}

// tableList returns the tables in ascending order.
func (s *Store) tableList() []*table {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]*table, 0, len(s.tables))
	for _, id := range slices.Sorted(maps.Keys(s.tables)) {
		list = append(list, s.tables[id])
	}
	return list
}

// table returns a table, nil if nothing was ever written to it.
func (s *Store) table(id TableID) *table {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.tables[id]
}

// errDropped is the error for writing to a table that was dropped.
func errDropped() error { return dberr.New(dberr.NotFound, "The table does not exist.") }

// tableForWrite returns a table, made if it is new.
func (s *Store) tableForWrite(id TableID) (*table, error) {
	if t := s.table(id); t != nil {
		return t, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tables[id]; t != nil {
		return t, nil
	}
	if _, ok := s.dropped[id]; ok {
		return nil, errDropped()
	}
	t := newTable(id)
	s.tables[id] = t
	return t, nil
}

// hold takes a one-place lock, or gives up when ctx ends. The caller gives it back by receiving from it.
func hold(ctx context.Context, lock chan struct{}) error {
	select {
	case lock <- struct{}{}:
		return nil
	default:
	}
	select {
	case lock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// broadcast wakes all who wait for something to change.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

// wait returns a channel that is closed by the next wake.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

// wake wakes all who wait.
func (b *broadcast) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}
