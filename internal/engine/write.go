package engine

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage"
)

// Metrics counts what was written since the engine was opened. Fields may be read at any time.
type Metrics struct {
	WriteRequests           atomic.Int64 // that were not refused as a whole
	RecordsIngested         atomic.Int64
	RecordsRejected         atomic.Int64 // and reported to the writer
	RecordsRejectedMagnetic atomic.Int64 // told the writer as ingested, as the service does in the magnetic store
	WriteBytesMetered       atomic.Int64 // whole KiB of each request

	ReportsWritten       atomic.Int64 // of records rejected by the magnetic store
	ReportRecordsLost    atomic.Int64 // records that are in no report, although the table has a place for reports
	ReportUserFailures   atomic.Int64 // attempts to write a report that failed because of its place
	ReportSystemFailures atomic.Int64 // attempts that failed for another reason
}

// Metrics returns the engine's counters.
func (e *Engine) Metrics() *Metrics { return &e.metrics }

// tableState is what the engine keeps in memory about a table that was written to.
type tableState struct {
	// writes is held for reading by writes under way, so that the deletion of the table can wait for them.
	writes  sync.RWMutex
	metrics Metrics
}

// tableState returns the state of a table, making it if it is the first time.
func (e *Engine) tableState(id storage.TableID) *tableState {
	if s, ok := e.tables.Load(id); ok {
		return s.(*tableState)
	}
	s, _ := e.tables.LoadOrStore(id, new(tableState))
	return s.(*tableState)
}

// TableMetrics returns the counters of a table since the engine was opened, nil if nothing was written to it.
func (e *Engine) TableMetrics(database, name string) *Metrics {
	t, err := e.catalog.Table(database, name)
	if err != nil {
		return nil
	}
	if s, ok := e.tables.Load(storage.TableID(t.ID)); ok {
		return &s.(*tableState).metrics
	}
	return nil
}

// WriteRecords stores records. An error says that none of them is stored, because the request is wrong as a whole, the
// table does not exist, or the disk fails. Records that are refused one by one are in the result, and the others are stored.
//
// Order: the table; then, over all records, what makes the whole request invalid; then, record by record, the time window,
// the partition key and the sizes; then what depends on stored data, which the store decides.
func (e *Engine) WriteRecords(ctx context.Context, req *WriteRequest) (WriteResult, error) {
	if err := e.catalog.Settle(); err != nil {
		return WriteResult{}, err
	}
	t, err := e.catalog.Table(req.Database, req.Table)
	if err == nil && req.tableID != 0 && req.tableID != t.ID {
		err = dberr.New(dberr.NotFound, "The table %s does not exist.", req.Table)
	}
	if err != nil {
		return WriteResult{}, err
	}
	w := e.scratch.Get().(*writeScratch)
	defer func() {
		w.reset()
		e.scratch.Put(w)
	}()
	now := e.nowMillis()
	w.table, w.window, w.required = storage.TableID(t.ID), windowOf(t, e.age.at(now), now, req.Load), t.RequiredDimension()
	w.load = req.Load
	if err := w.merge(req); err != nil {
		return WriteResult{}, err
	}
	return e.writeRows(ctx, t, req, w)
}

// writeRows hands the rows that are left to the store, puts the outcome together and counts it.
func (e *Engine) writeRows(ctx context.Context, t *catalog.Table, req *WriteRequest, w *writeScratch) (WriteResult, error) {
	state := e.tableState(w.table)
	state.writes.RLock()
	defer state.writes.RUnlock()
	if e.catalog.TableByID(t.ID) == nil {
		e.tables.Delete(w.table) // it was deleted since it was looked up
		return WriteResult{}, dberr.New(dberr.NotFound, "The table %s does not exist.", t.Name)
	}
	if len(w.rows) > 0 {
		w.batch = storage.Batch{Table: w.table, Rows: w.rows}
		out, err := e.store.Write(ctx, &w.batch)
		if err != nil {
			return WriteResult{}, err
		}
		for i := range out.Rejected {
			w.addRejection(&out.Rejected[i])
		}
		if len(w.conflicts) > 0 {
			e.reportConflicts(t, state, req, w)
		}
	}
	res := WriteResult{MemoryStore: w.memory, MagneticStore: w.magnetic, BytesMetered: (w.metered + 1023) / 1024 * 1024}
	if len(w.rejected) > 0 {
		slices.SortFunc(w.rejected, func(a, b RejectedRecord) int { return a.Index - b.Index })
		res.Rejected = slices.Clone(w.rejected)
	}
	e.metrics.count(&res, len(w.conflicts))
	state.metrics.count(&res, len(w.conflicts))
	return res, nil
}

// count adds the outcome of a request.
func (m *Metrics) count(res *WriteResult, silent int) {
	m.WriteRequests.Add(1)
	m.RecordsIngested.Add(int64(res.MemoryStore + res.MagneticStore))
	m.WriteBytesMetered.Add(res.BytesMetered)
	if len(res.Rejected) > 0 {
		m.RecordsRejected.Add(int64(len(res.Rejected)))
	}
	if silent > 0 {
		m.RecordsRejectedMagnetic.Add(int64(silent))
	}
}
