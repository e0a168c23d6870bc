package bench_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/bench/workload"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/test/process"
)

// The table of the start benchmark.
const (
	startDatabase = "bench"
	startTable    = "starts"
)

// starting is a data folder to start a server on, and what a query must find in it. The rows are written by package storage,
// without the API, which would take minutes; the folder, the catalog and the table are a server's.
type starting struct {
	series, points int
	columns        int   // 1: single-measure records
	step           int64 // nanoseconds between the points of a series
	// flushes is in how many parts the rows are moved to segments, which are merged then. Without, they stay in the log.
	flushes int

	rows   int64   // set by build
	logMiB float64 // length of the log, set by build
	sum    float64 // of the first column
	dir    string
}

// statement counts the rows and adds up the first column.
func (w *starting) statement() string {
	return fmt.Sprintf(`SELECT count(*), sum(%s) FROM %q.%q`, strconv.Quote(w.column(0)), startDatabase, startTable)
}

// column returns the name of a column.
func (w *starting) column(i int) string {
	if w.columns == 1 {
		return storage.ColumnValueDouble
	}
	return fmt.Sprint("value_", i)
}

// build makes the folder. start starts a server on it, for the catalog.
func (w *starting) build(dir string, start func() *process.Server) error {
	w.dir = dir
	s := start()
	err := workload.NewClient(s.URL).CreateTable(startDatabase, startTable)
	if err == nil {
		_, err = s.Stop(os.Interrupt)
	}
	if err != nil {
		return err
	}
	ctx := context.Background()
	store, err := storage.Open(ctx, storage.Options{FS: vfs.OS(filepath.Join(dir, "data")), MemoryBytesMax: 64 << 30, WALBytesMax: 64 << 30})
	if err != nil {
		return err
	}
	parts := max(w.flushes, 1)
	from := time.Now().Add(-time.Duration(int64(w.points) * w.step)).UnixNano()
	for part := range parts {
		if err = w.write(store, from, w.points*part/parts, w.points*(part+1)/parts); err == nil && w.flushes > 0 {
			err = store.Flush(ctx)
		}
		if err != nil {
			break
		}
	}
	if err == nil && w.flushes > 0 {
		err = store.Compact(ctx)
	}
	w.logMiB = float64(store.Stats().LogBytes) / (1 << 20)
	if err = errors.Join(err, store.Close()); err != nil {
		return err
	}
	return w.crash()
}

// writers is how many goroutines write, each its own series, and batchRows the rows of a batch.
const (
	writers   = 2
	batchRows = 2000
)

// write writes the given points of all series.
func (w *starting) write(store *storage.Store, from int64, first, end int) error {
	var running sync.WaitGroup
	errs, sums := make([]error, writers), make([]float64, writers)
	for k := range writers {
		running.Go(func() {
			for a := w.series * k / writers; a < w.series*(k+1)/writers && errs[k] == nil; a += batchRows {
				batch := w.batch(a, min(a+batchRows, w.series*(k+1)/writers))
				for p := first; p < end && errs[k] == nil; p++ {
					sums[k] += w.set(batch, a, p, from)
					var res storage.WriteResult
					res, errs[k] = store.Write(context.Background(), batch)
					if len(res.Rejected) > 0 {
						errs[k] = fmt.Errorf("%d records were rejected", len(res.Rejected))
					}
				}
			}
		})
	}
	running.Wait()
	w.rows += int64(w.series) * int64(end-first)
	for _, sum := range sums {
		w.sum += sum
	}
	return errors.Join(errs...)
}

// batch makes the rows of some series, without times and values.
func (w *starting) batch(from, to int) *storage.Batch {
	b := &storage.Batch{Table: 1}
	for i := from; i < to; i++ {
		r := storage.Row{Measure: "cpu", Version: 1, Multi: w.columns > 1, Dims: []storage.Dim{
			{Name: "region", Value: fmt.Sprint("region-", i%10)}, {Name: "rack", Value: fmt.Sprint("rack-", i%113)}, {Name: "host", Value: fmt.Sprintf("host-%06d", i)},
		}}
		for c := range w.columns {
			r.Values = append(r.Values, storage.Value{Column: w.column(c), Type: types.Double})
		}
		b.Rows = append(b.Rows, r)
	}
	return b
}

// set sets times and values of a point and returns the sum of the first column. Values are quarters, so that sums are exact.
func (w *starting) set(b *storage.Batch, series, point int, from int64) float64 {
	sum := 0.0
	for i := range b.Rows {
		b.Rows[i].Time = from + int64(point)*w.step
		for c := range b.Rows[i].Values {
			b.Rows[i].Values[c].Float = float64(((series+i)*7919+point*104729+c*31)%40_000) / 4
		}
		sum += b.Rows[i].Values[0].Float
	}
	return sum
}

// crash leaves the log as a kill does: without the seal that closing has put at its end, which is cut in the middle as if it
// had been under way.
func (w *starting) crash() error {
	dir := filepath.Join(w.dir, "data", "wal")
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		return errors.Join(errors.New("the log has no files"), err)
	}
	last := filepath.Join(dir, slices.MaxFunc(files, func(a, b os.DirEntry) int {
		if a.Name() < b.Name() {
			return -1
		}
		return 1
	}).Name())
	info, err := os.Stat(last)
	if err != nil {
		return err
	}
	return os.Truncate(last, info.Size()-10)
}

// copy makes a copy of the folder to start a server on. Large files are links: the server replaces files, or deletes them,
// but changes none.
func (w *starting) copy(to string) error {
	return filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(w.dir, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		if d.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		if info, err := d.Info(); err == nil && info.Size() > 1<<20 {
			return os.Link(path, target)
		}
		data, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(target, data, 0o600)
		}
		return err
	})
}

// check compares an answer with what was written.
func (w *starting) check(rows workload.Rows) error {
	if len(rows) != 1 || len(rows[0]) != 2 || rows[0][0] != fmt.Sprint(w.rows) {
		return fmt.Errorf("got %v, want %d rows", rows, w.rows)
	}
	if sum, err := strconv.ParseFloat(rows[0][1], 64); err != nil || sum != w.sum {
		return fmt.Errorf("the sum is %s, want %g", rows[0][1], w.sum)
	}
	return nil
}
