package engine

import (
	"context"
	"math"
	"sync/atomic"

	"github.com/tidemarkdb/tidemark/internal/sql/executor"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// watch follows the scans of one run of a statement. The goroutine that runs the statement writes it; scanned and progress may
// be read by others meanwhile.
type watch struct {
	bytes   atomic.Int64  // of values produced by scans, as metered
	percent atomic.Uint64 // the bits of a float64

	planned, opened int     // scans that the plan has, and that were begun: correlated subqueries begin some again and again
	done            float64 // scans, with parts of those under way
	reach           *reach  // nil if no insights are wanted
}

// newWatch returns the watch of a run that begins now.
func newWatch(stmt *plan.Statement) *watch { return &watch{planned: plan.CountScans(stmt.Root)} }

// percentMax is the progress of a run that has scanned everything, but has not ended.
const percentMax = 99

// progress returns how many percent of the scanning is done. It never goes back.
func (w *watch) progress() float64 { return math.Float64frombits(w.percent.Load()) }

// scanned returns how many bytes were scanned so far.
func (w *watch) scanned() int64 { return w.bytes.Load() }

// begin notes a new scan and returns it as a scanner.
func (w *watch) begin(table *plan.Table, in storage.ScanRequest, scan *storage.Scan) *scanner {
	w.opened++
	at := scan.Reach()
	if w.reach != nil {
		w.reach.add(table, in.From, in.To, at)
	}
	return &scanner{scan: scan, watch: w, series: len(at.Series)}
}

// advance adds bytes and a part of a scan.
func (w *watch) advance(bytes int64, part float64) {
	w.bytes.Add(bytes)
	w.done += part
	if now := percentMax * w.done / float64(max(w.planned, w.opened)); now > w.progress() {
		w.percent.Store(math.Float64bits(min(now, percentMax)))
	}
}

// scanner is a scan of the store as the executor wants it.
type scanner struct {
	scan   *storage.Scan
	watch  *watch
	series int     // that the scan may come to read
	bytes  int64   // that the watch knows of
	part   float64 // of the scan, that the watch knows of
}

// Next returns the next rows.
func (s *scanner) Next(ctx context.Context) (*vector.Batch, error) {
	b, err := s.scan.Next(ctx)
	part := 1.0
	if b != nil {
		part = 1 - float64(s.scan.SeriesLeft()+1)/float64(s.series+1) // the series that was begun is not done
	}
	s.report(part)
	return b, err
}

// report tells the watch how far the scan is.
func (s *scanner) report(part float64) {
	bytes := s.scan.Stats().Bytes
	s.watch.advance(bytes-s.bytes, max(part-s.part, 0))
	s.bytes, s.part = bytes, max(part, s.part)
}

// Stats tells what the scan touched so far.
func (s *scanner) Stats() executor.ScanStats {
	got := s.scan.Stats()
	return executor.ScanStats{Series: got.Series, Rows: got.Rows, Blocks: got.Blocks, Bytes: got.Bytes}
}

// Close ends the scan. What it has left is not needed any more.
func (s *scanner) Close() {
	s.report(1)
	s.scan.Close()
}
