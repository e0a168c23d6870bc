package engine

import (
	"context"
	"sync/atomic"

	"github.com/tidemarkdb/tidemark/internal/export"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/sql/executor"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// UnloadStats is what an UNLOAD wrote, for its insights.
type UnloadStats struct {
	Partitions  int // 0 without partition columns
	Rows, Bytes int64
}

// unloading is the rows of UNLOAD: one, that says what was written. It runs its query to the end when it is asked for that
// row, in the session's goroutine; meanwhile callers get empty pages, as from any statement that takes long.
//
// Memory: what the writer holds is taken from the pool of statements, batch by batch. Turns: a statement that computes holds
// one of few turns; an UNLOAD gives its own away while it waits for the object store.
//
// The manifest is the commit: state decides whether it or CancelQuery comes first. An UNLOAD that ends otherwise removes
// what it has stored.
type unloading struct {
	queries *queries
	query   Rows
	writer  *export.Writer
	taken   int64 // from the pool
	state   atomic.Int32
	written *UnloadStats // when it has finished
	done    bool
}

// The states of an UNLOAD.
const (
	unloadRunning int32 = iota
	unloadCommitting
	unloadCancelled
)

// newUnloading prepares an UNLOAD of the rows of a query. Nothing is written yet.
func (q *queries) newUnloading(id string, stmt *plan.Statement, query Rows) (*unloading, error) {
	u := &unloading{queries: q, query: query}
	columns := make([]types.Field, len(stmt.Output))
	for i, c := range stmt.Output {
		columns[i] = types.Field{Name: c.Name, Type: c.Type}
	}
	var err error
	u.writer, err = export.New(export.Options{
		Objects: q.objects, Unload: stmt.Unload, Columns: columns, QueryID: id, HeldBytesMax: min(unloadBytesMax, q.opts.MemoryBytesMax/4),
		ObjectBytes: objectBytes(q.objects), ObjectsBytesMax: q.opts.MemoryBytesMax / 4, Wait: q.elsewhere, Commit: u.commit,
	})
	return u, err
}

// unloadBytesMax is about how much the files of an UNLOAD may hold in memory.
const unloadBytesMax = 64 << 20

// objectBytes returns how much a store holds of an object that is being put: S3 takes parts of 5 MiB or more, which must be
// whole before they are sent. Parts on their way are few, and shared by all objects.
func objectBytes(s objectstore.Store) int64 {
	if _, ok := s.(*objectstore.Local); ok {
		return 0
	}
	return 5 << 20
}

// elsewhere lets another statement compute while f waits for something.
func (q *queries) elsewhere(f func()) {
	<-q.running
	defer func() { q.running <- struct{}{} }()
	f()
}

// Next writes all rows and returns the one that says so.
func (u *unloading) Next(ctx context.Context) (*vector.Batch, error) {
	if u.done {
		return nil, nil
	}
	u.done = true
	result, err := u.run(ctx)
	if err != nil {
		return nil, err
	}
	u.written = &UnloadStats{Partitions: result.Partitions, Rows: result.Rows, Bytes: result.Bytes}
	return &vector.Batch{Rows: 1, Cols: []*vector.Vector{
		vector.Int64s(types.Bigint, []int64{result.Rows}, nil),
		vector.Strings([]string{result.MetadataFile}, nil),
		vector.Strings([]string{result.ManifestFile}, nil),
	}}, nil
}

// run writes all rows. If that fails it removes what was written.
func (u *unloading) run(ctx context.Context) (result *export.Result, err error) {
	defer func() {
		_ = u.take(0) // giving back cannot fail
		u.query.Close()
		if result != nil {
			return
		}
		if aerr := u.writer.Abort(); aerr != nil { // also when the query panicked
			u.queries.logger.Warn("files of an UNLOAD that failed could not be removed", "error", aerr)
		}
	}()
	for {
		b, err := u.query.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			return u.writer.Finish(ctx)
		}
		if err := u.writer.Write(ctx, b); err != nil {
			return nil, err
		}
		if err := u.take(u.writer.Held()); err != nil {
			return nil, err
		}
	}
}

// take changes what is taken from the pool.
func (u *unloading) take(bytes int64) error {
	change := bytes - u.taken
	u.taken = bytes
	return u.queries.pool.Take(change)
}

// commit is asked before the manifest is written.
func (u *unloading) commit() error {
	if !u.state.CompareAndSwap(unloadRunning, unloadCommitting) {
		return context.Canceled
	}
	return nil
}

// cancel reports whether the UNLOAD can still be cancelled; if so, it does not commit any more.
func (u *unloading) cancel() bool {
	return u.state.CompareAndSwap(unloadRunning, unloadCancelled) || u.state.Load() == unloadCancelled
}

// Stats returns what the query has done.
func (u *unloading) Stats() executor.Stats { return u.query.Stats() }

// Close ends the query. What was written completely stays.
func (u *unloading) Close() { u.query.Close() }
