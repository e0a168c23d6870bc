package sim

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// storeWorld is what a store should hold. Tables that are not in it have no rows.
type storeWorld struct {
	tables map[storage.TableID]*model
	gone   map[storage.TableID]bool // dropped
}

// clone implements world.
func (w *storeWorld) clone() world {
	c := &storeWorld{tables: map[storage.TableID]*model{}, gone: maps.Clone(w.gone)}
	for id, m := range w.tables {
		c.tables[id] = m.clone()
	}
	return c
}

// table returns a table for writing, made if it is new; nil if it was dropped.
func (w *storeWorld) table(id storage.TableID) *model {
	if w.tables[id] == nil && !w.gone[id] {
		w.tables[id] = newModel()
	}
	return w.tables[id]
}

// drop drops a table.
func (w *storeWorld) drop(id storage.TableID) {
	delete(w.tables, id)
	w.gone[id] = true
}

// openStore is a store under test.
type openStore struct{ *storage.Store }

// startStore opens a store with random limits.
func startStore(fs vfs.FS, clock clock.Clock, rng *rand.Rand) (subject, error) {
	store, err := storage.Open(ctx, storage.Options{
		FS: fs, Clock: clock, MergeFanIn: 2 + rng.IntN(3), OpenFilesMax: 1 + rng.IntN(5), SettleAfter: time.Duration(1 + rng.Int64N(int64(time.Hour))),
		BlockCacheBytes: int64(1 + rng.IntN(1<<20)), WALBytesMax: int64(1 + rng.IntN(4<<20)),
	})
	if err != nil {
		return nil, err
	}
	return openStore{store}, nil
}

// differs implements subject.
func (s openStore) differs(w world) (string, error) {
	want := w.(*storeWorld)
	ids := s.Tables()
	for id := range want.tables {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		m := want.tables[id]
		if m == nil {
			m = newModel()
		}
		req := everything(m.floor)
		got, disorder, err := s.rows(id, &req, m)
		if err != nil {
			return "", err
		}
		if lines := m.expect(&req); !slices.Equal(got, lines) {
			return fmt.Sprintf("table %d: %s", id, difference(got, lines)), nil
		}
		if disorder != nil {
			return "", disorder
		}
		if want.tables[id] != nil && s.refuses(id) {
			return fmt.Sprintf("table %d was dropped", id), nil
		}
	}
	return "", nil
}

// refuses reports whether a table takes no records since it was dropped: it tells it from one that is empty. The record that it asks
// with is never stored.
func (s openStore) refuses(id storage.TableID) bool {
	_, err := s.Write(ctx, &storage.Batch{Table: id, Rows: []storage.Row{{Version: -1}}})
	return dberr.Is(err, dberr.NotFound)
}

// visible implements subject: nothing that failed is seen before a restart.
func (s openStore) visible(world) bool { return true }

// stopped implements subject.
func (s openStore) stopped() bool { return s.Stats().WritesStopped }

// work implements subject.
func (s openStore) work() error {
	if err := s.Flush(ctx); err != nil {
		return err
	}
	return s.Compact(ctx)
}

// close implements subject.
func (s openStore) close() error { return s.Close() }

// tally implements subject.
func (s openStore) tally(c Counts) { tallyStore(s.Metrics(), c) }

// tallyStore adds what a store has done since it was opened.
func tallyStore(m *storage.Metrics, c Counts) {
	for name, n := range map[string]int64{
		"rows stored": m.RowsStored.Load(), "rows rejected": m.RowsRejected.Load(), "rows equal": m.RowsEqual.Load(),
		"rows flushed": m.FlushedRows.Load(), "flushes done": m.Flushes.Load(), "flushes failed": m.FlushErrors.Load(),
		"merges": m.Compactions.Load(), "merges failed": m.CompactionErrors.Load(), "segments merged": m.CompactedFiles.Load(),
		"segments expired": m.ExpiredFiles.Load(), "tables dropped": m.DroppedTables.Load(), "rows looked up in segments": m.Lookups.Load(),
	} {
		c[name] += n
	}
}

// rows runs a scan and returns its rows as text, sorted. disorder says that they did not come in the order of series and times, if
// the table has the dimensions of the model.
func (s openStore) rows(id storage.TableID, req *storage.ScanRequest, m *model) (out []string, disorder, err error) {
	scan, err := s.Scan(ctx, id, *req)
	if err != nil {
		return nil, nil, fmt.Errorf("scan table %d: %w", id, err)
	}
	defer scan.Close()
	out = []string{}
	order := newOrderCheck(m, req.Columns)
	parts := make([]string, len(req.Columns))
	for {
		b, err := scan.Next(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("scan table %d: %w", id, err)
		}
		if b == nil {
			break
		}
		for i := range b.Rows {
			for c, col := range b.Cols {
				parts[c] = text(col.Value(i))
			}
			if err := order.next(parts, b.Cols[1].Value(i).(int64)); err != nil && disorder == nil {
				disorder = fmt.Errorf("table %d: %w", id, err)
			}
			out = append(out, strings.Join(parts, "|"))
		}
	}
	if got := scan.Stats().Rows; got != int64(len(out)) {
		return nil, nil, fmt.Errorf("table %d: stats tell %d rows, there were %d", id, got, len(out))
	}
	slices.Sort(out)
	return out, disorder, nil
}

// orderCheck sees to it that rows come series by series, and ascending in time within a series.
type orderCheck struct {
	columns  []int // that tell series apart; nil if not all of them were asked for
	done     map[string]bool
	series   string
	lastTime int64
}

// newOrderCheck prepares for the rows of a scan with these columns.
func newOrderCheck(m *model, columns []string) *orderCheck {
	o := &orderCheck{done: map[string]bool{}, columns: []int{0}}
	for d := range m.dims {
		i := slices.Index(columns, d)
		if i < 0 {
			o.columns = nil
			return o
		}
		o.columns = append(o.columns, i)
	}
	return o
}

// next takes the next row.
func (o *orderCheck) next(parts []string, time int64) error {
	if o.columns == nil {
		return nil
	}
	var b strings.Builder
	for _, i := range o.columns {
		b.WriteString(parts[i])
		b.WriteByte('|')
	}
	series := b.String()
	if series == o.series {
		if time <= o.lastTime {
			return fmt.Errorf("series %s: time %d after %d", series, time, o.lastTime)
		}
	} else if o.done[series] {
		return fmt.Errorf("series %s is not in one piece", series)
	}
	o.done[o.series] = true
	o.series, o.lastTime = series, time
	return nil
}
