package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/folder"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Options configures an Engine. The zero value of every field but FS works.
type Options struct {
	// FS is the data directory. Its root is made if it is missing.
	FS     vfs.FS
	Clock  clock.Clock  // default clock.Real
	Logger *slog.Logger // default: discards

	// Region and AccountID appear in ARNs. Defaults us-east-1 and 000000000000.
	Region    string
	AccountID string

	// MaintainEvery is the pause between two runs of Maintain. Default 10 s. Negative: nothing runs in the background, not
	// even the store's flushing and merging, for tests that call it all themselves.
	MaintainEvery time.Duration

	// Objects is where reports about rejected records go. Default: the folder objects of FS, with one folder for each bucket.
	Objects objectstore.Store

	// Notifies tells whether anyone is to be notified about scheduled queries with a topic. Default: nobody.
	Notifies func(topicARN string) bool
	// CheckSink refuses the name of a sink that there is none of. Default: any name will do until a run looks for it.
	CheckSink func(name string) error

	// BatchEnded is told of each batch load that has ended, or has stopped for now, with its table's ARN, for the audit log. Default:
	// nobody is told.
	BatchEnded func(task *BatchLoadTask, tableARN string)

	// MemoryBytesMax is what all parts may hold together; ShareMemory divides it. Default MemoryDefault. Limits in Storage and
	// Query count if they are lower than the shares.
	MemoryBytesMax int64
	// Storage has the limits of the store; its FS, Clock and Logger are set by Open.
	Storage storage.Options
	// Query has the limits of statements.
	Query QueryOptions
	Batch BatchOptions
}

// setDefaults fills in what is not set.
func (o *Options) setDefaults() {
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.AccountID == "" {
		o.AccountID = "000000000000"
	}
	if o.MaintainEvery == 0 {
		o.MaintainEvery = 10 * time.Second
	}
	o.shareMemory()
}

// Engine is an open data directory. Its methods are safe for concurrent use until Close is called.
type Engine struct {
	opts    Options
	clock   clock.Clock
	logger  *slog.Logger
	pins    *vfs.Pins // the data directory
	lock    io.Closer
	catalog *catalog.Catalog
	store   *storage.Store
	queries *queries
	age     ageClock
	reports *reports
	batches batches

	tables  sync.Map // storage.TableID -> *tableState, of tables that were written to
	scratch sync.Pool
	metrics Metrics

	scheduleWake chan struct{} // see ScheduleChanged

	closed  atomic.Bool
	closing sync.Once
	stop    context.CancelFunc // ends the background loops
	loop    sync.WaitGroup
}

// Open opens the data directory, locks it, recovers what is in it, and begins the maintenance. The context bounds the
// opening only.
func Open(ctx context.Context, opts Options) (*Engine, error) {
	opts.setDefaults()
	e := &Engine{opts: opts, clock: opts.Clock, logger: opts.Logger, pins: vfs.NewPins(opts.FS), stop: func() {}, scheduleWake: make(chan struct{}, 1)}
	e.age.logger = opts.Logger
	e.batches.wake = make(chan struct{}, 1)
	e.scratch.New = func() any { return new(writeScratch) }
	if err := e.open(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.queries = e.newQueries()
	if opts.MaintainEvery > 0 {
		loopCtx, stop := context.WithCancel(context.Background())
		e.stop = stop
		e.loop.Go(func() { e.maintainLoop(loopCtx) })
		e.loop.Go(func() { e.store.Maintain(loopCtx) })
		e.loop.Go(func() { e.reportLoop(loopCtx) })
		e.loop.Go(func() { e.batchLoop(loopCtx) })
	}
	return e, nil
}

// open acquires everything in the order in which it depends on each other. What was acquired before an error is released by
// Close.
func (e *Engine) open(ctx context.Context) error {
	fs := e.pins
	if err := folder.Check(fs); err != nil {
		return err
	}
	for _, dir := range []string{".", folder.CatalogDir, folder.DataDir, folder.ObjectsDir} {
		if err := fs.MkdirAll(dir); err != nil {
			return dberr.Wrap(dberr.Unavailable, err, "The data directory cannot be made")
		}
	}
	if err := fs.SyncDir("."); err != nil {
		return dberr.Wrap(dberr.Unavailable, err, "The data directory cannot be made durable")
	}
	var err error
	if e.lock, err = folder.Lock(fs); err != nil {
		return err
	}
	if e.catalog, err = catalog.Open(catalog.Options{FS: fs, Dir: folder.CatalogDir}); err != nil {
		return fmt.Errorf("open catalog: %w", err)
	}
	e.age.believed.Store(e.catalog.Clock())
	if e.opts.Objects == nil {
		if e.opts.Objects, err = objectstore.OpenLocal(vfs.Sub(fs, folder.ObjectsDir)); err != nil {
			return fmt.Errorf("open objects: %w", err)
		}
	}
	e.reports = newReports(e.opts.Objects, e.clock, e.logger)
	so := e.opts.Storage
	so.FS, so.Clock, so.Logger = vfs.Sub(fs, folder.DataDir), e.clock, e.logger
	so.Relieve = func() bool { return e.queries.relieve() } // asked by Maintain, which begins when there are queries
	if e.store, err = storage.Open(ctx, so); err != nil {
		return fmt.Errorf("open storage: %w", err)
	}
	if n := len(e.store.Tables()); n > 0 && e.catalog.Created() {
		return dberr.New(dberr.Corruption, "The catalog is missing but there is data of %d tables. Restore the catalog from a backup, or remove the data", n)
	}
	if err := e.dropOrphans(ctx); err != nil { // no reason to stay down: Maintain tries it again
		e.logger.Warn("data of deleted tables could not be removed", "error", err)
	}
	return nil
}

// Close ends everything in reverse order and waits for it. Calls under way fail or finish. It may be called more than once.
func (e *Engine) Close() error {
	var err error
	e.closing.Do(func() {
		e.closed.Store(true)
		e.stop()
		e.loop.Wait()
		if e.queries != nil {
			e.queries.close()
		}
		if e.store != nil {
			if kerr := e.keepTime(0); kerr != nil {
				e.logger.Warn("the time could not be kept", "error", kerr)
			}
			err = errors.Join(err, e.store.Close())
			e.reports.close() // after the last write
		}
		if e.catalog != nil {
			err = errors.Join(err, e.catalog.Close())
		}
		if e.lock != nil {
			err = errors.Join(err, e.lock.Close())
		}
	})
	return err
}

// Ready returns nil if requests can be served, else the reason why not.
func (e *Engine) Ready() error {
	if e.closed.Load() {
		return dberr.New(dberr.Unavailable, "The server is shutting down")
	}
	return nil
}

// Objects returns the object store.
func (e *Engine) Objects() objectstore.Store { return e.opts.Objects }

// nowMillis returns the time as the catalog keeps it.
func (e *Engine) nowMillis() int64 { return e.clock.Now().UnixMilli() }
