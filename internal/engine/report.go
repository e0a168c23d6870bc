package engine

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/errorreport"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/storage"
)

// Records that the magnetic store rejects because of their version count as ingested for their writer, as in the service.
// They are counted, and described in reports: objects in the place that the table's MagneticStoreRejectedDataLocation
// names. Nothing is said about the form of the service's reports; this one is that of its scheduled queries'.
//
// What is promised: a write never waits for a report. A report that is there is whole. Reports are written within seconds,
// and when the server stops; an object store that fails is asked again for a quarter of an hour. A crash loses the records of
// the last seconds, and those that wait for the object store. What does not fit into reportsBytesMax meanwhile is lost,
// counted and logged. The rejected records themselves were never stored: their writer has them.

// Limits of reports.
const (
	reportEvery       = 10 * time.Second // between two looks for records to report
	reportRecordsMax  = 1000             // in one report
	reportBytesMax    = 1 << 20          // of the records in one report; the last one may exceed it
	reportsBytesMax   = 16 << 20         // of all records that wait
	reportAttemptsMax = 8                // with pauses of 10 s, 20 s, ...: 21 minutes
	reportPutTimeout  = 30 * time.Second // of one attempt
	reportLastTimeout = 5 * time.Second  // for everything, when the engine closes
)

// reports gathers rejected records by table and place, and writes them to the object store.
type reports struct {
	objects objectstore.Store
	clock   clock.Clock
	logger  *slog.Logger
	full    chan struct{} // asks for write before its time

	writing sync.Mutex // one write at a time

	mu    sync.Mutex
	open  map[reportTarget]*report // they take further records
	ready []*report                // they wait for write, oldest first
	bytes int                      // of all records that are not written or lost
	lossy bool                     // records were lost since the last report that could be written
}

// reportTarget is what the records of a report have in common.
type reportTarget struct {
	table storage.TableID
	place S3Location
}

// report is an object to be written.
type report struct {
	target          reportTarget
	database, table string
	metrics         [2]*Metrics // of all tables, of this table
	id              string
	began           time.Time
	errors          []reportError
	records, bytes  int
	attempts        int
	notBefore       time.Time
}

// reportError is a reason with the records that were rejected for it, as JSON with commas between them.
type reportError struct {
	reason  string
	records bytes.Buffer
}

func newReports(objects objectstore.Store, c clock.Clock, logger *slog.Logger) *reports {
	return &reports{objects: objects, clock: c, logger: logger, full: make(chan struct{}, 1), open: map[reportTarget]*report{}}
}

// reportConflicts adds the records of a write that the magnetic store has rejected to the report of their table, if it has a
// place for reports.
func (e *Engine) reportConflicts(t *catalog.Table, state *tableState, req *WriteRequest, w *writeScratch) {
	place := t.MagneticWrites.Rejected
	if place == nil || place.Bucket == "" {
		return
	}
	target := reportTarget{storage.TableID(t.ID), *place}
	for i := range w.conflicts {
		r := &w.conflicts[i]
		row := &w.rows[r.Row]
		record := encodeRejected(row, &req.Records[w.index[r.Row]], &req.Common)
		e.reports.add(target, reasonOf(row, r), record, func() *report {
			return &report{target: target, database: t.Database, table: t.Name, metrics: [2]*Metrics{&e.metrics, &state.metrics}}
		})
	}
}

// add puts a record into the open report of a target, or into the new one that begin makes.
func (r *reports) add(target reportTarget, reason string, record []byte, begin func() *report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.open[target]
	if p == nil {
		p = begin()
		p.id, p.began = errorreport.NewID(), r.clock.Now()
	}
	if r.bytes+len(record) > reportsBytesMax {
		r.lose(p, 1, errors.New("too many records wait for the object store"))
		return
	}
	r.open[target] = p
	p.add(reason, record)
	r.bytes += len(record)
	if p.records >= reportRecordsMax || p.bytes >= reportBytesMax {
		delete(r.open, target)
		r.ready = append(r.ready, p)
		select {
		case r.full <- struct{}{}:
		default:
		}
	}
}

// lose counts records of a report that will not be written. The log says it once until reports can be written again. The
// caller holds mu.
func (r *reports) lose(p *report, records int, err error) {
	for _, m := range p.metrics {
		m.ReportRecordsLost.Add(int64(records))
	}
	if !r.lossy {
		r.lossy = true
		r.logger.Error("rejected records could not be reported", "database", p.database, "table", p.table, "records", records, "error", err)
	}
}

// reportLoop writes reports until its context ends.
func (e *Engine) reportLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.reports.full:
		case <-e.clock.After(reportEvery):
		}
		e.reports.write(ctx, false)
	}
}

// WriteReports writes the reports about rejected records that are due, which otherwise happens every few seconds.
func (e *Engine) WriteReports(ctx context.Context) { e.reports.write(ctx, false) }

// close writes what is left, as far as it can be done at once.
func (r *reports) close() {
	ctx, cancel := context.WithTimeout(context.Background(), reportLastTimeout)
	defer cancel()
	r.write(ctx, true)
}

// write writes the reports that are due, in order. Failed ones wait for their next attempt, unless it is the last call.
func (r *reports) write(ctx context.Context, last bool) {
	r.writing.Lock()
	defer r.writing.Unlock()
	for _, p := range r.take(last) {
		err := r.put(ctx, p)
		r.settle(p, err, last)
	}
}

// take returns the reports that are due and takes them out of the queue.
func (r *reports) take(last bool) []*report {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	for target, p := range r.open {
		delete(r.open, target)
		r.ready = append(r.ready, p)
	}
	var due, later []*report
	for _, p := range r.ready {
		if last || !now.Before(p.notBefore) {
			due = append(due, p)
		} else {
			later = append(later, p)
		}
	}
	r.ready = later
	return due
}

// put writes a report. A second attempt writes the same object.
func (r *reports) put(ctx context.Context, p *report) error {
	ctx, cancel := context.WithTimeout(ctx, reportPutTimeout)
	defer cancel()
	place := &p.target.place
	return r.objects.Put(ctx, place.Bucket, p.key(), p.encode(),
		objectstore.PutOptions{ContentType: "application/json", Encryption: place.Encryption, KMSKeyID: place.KMSKeyID})
}

// settle notes what became of an attempt.
func (r *reports) settle(p *report, err error, last bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.bytes -= p.bytes
		r.lossy = false
		p.count(func(m *Metrics) { m.ReportsWritten.Add(1) })
		return
	}
	user := dberr.Is(err, dberr.NotFound) || dberr.Is(err, dberr.Invalid) || dberr.Is(err, dberr.Conflict)
	p.count(func(m *Metrics) {
		if user {
			m.ReportUserFailures.Add(1)
		} else {
			m.ReportSystemFailures.Add(1)
		}
	})
	if p.attempts++; last || p.attempts >= reportAttemptsMax {
		r.bytes -= p.bytes
		r.lose(p, p.records, err)
		return
	}
	p.notBefore = r.clock.Now().Add(reportEvery << (p.attempts - 1))
	r.ready = append(r.ready, p)
	r.logger.Warn("a report of rejected records could not be written and is tried again", "database", p.database, "table", p.table,
		"bucket", p.target.place.Bucket, "attempt", p.attempts, "error", err)
}

// count changes the counters of all tables and of the report's.
func (p *report) count(change func(*Metrics)) {
	for _, m := range p.metrics {
		change(m)
	}
}
