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
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// engineWorld is what an engine should hold: databases with their keys, tables by database and name.
type engineWorld struct {
	databases map[string]string
	tables    map[string]*engineTable
	latest    time.Time // that the clock has shown: rows expire by it, also when the clock is set back
}

// engineTable is a table.
type engineTable struct {
	retention engine.Retention
	rows      *model
}

// clone implements world.
func (w *engineWorld) clone() world {
	c := &engineWorld{databases: maps.Clone(w.databases), tables: map[string]*engineTable{}, latest: w.latest}
	for name, t := range w.tables {
		c.tables[name] = &engineTable{t.retention, t.rows.clone()}
	}
	return c
}

// lateness is how much longer than its retention a row is kept; see the engine.
const lateness = 25 * time.Minute

// expired returns the time before which rows of a table have expired.
func (t *engineTable) expired(now time.Time) int64 {
	hours := t.retention.MemoryHours + 24*t.retention.MagneticDays
	return now.Truncate(time.Millisecond).Add(-time.Duration(hours)*time.Hour - lateness).UnixNano()
}

// expire forgets rows that are gone for good, or may be.
func (w *engineWorld) expire(now time.Time) {
	if now.After(w.latest) {
		w.latest = now
	}
	for _, t := range w.tables {
		t.rows.raiseFloor(t.expired(w.latest))
	}
}

// schema describes the databases and tables.
func (w *engineWorld) schema() []string {
	var out []string
	for name, key := range w.databases {
		out = append(out, name+" "+key)
	}
	for name, t := range w.tables {
		out = append(out, fmt.Sprint(name, " ", t.retention))
	}
	slices.Sort(out)
	return out
}

// openEngine is an engine under test.
type openEngine struct {
	*engine.Engine
	clock clock.Clock
}

// startEngine opens an engine with random limits.
func startEngine(fs vfs.FS, clock clock.Clock, rng *rand.Rand) (subject, error) {
	e, err := engine.Open(ctx, engine.Options{FS: fs, Clock: clock, MaintainEvery: -1, Storage: storage.Options{
		MergeFanIn: 2 + rng.IntN(3), OpenFilesMax: 1 + rng.IntN(5), SettleAfter: time.Duration(1 + rng.Int64N(int64(time.Hour))),
	}})
	if err != nil {
		return nil, err
	}
	return openEngine{e, clock}, nil
}

// listMax is more databases and tables than there are.
const listMax = 100

// schema describes the databases and tables.
func (e openEngine) schema() ([]string, error) {
	var out []string
	databases, _, err := e.ListDatabases(ctx, "", listMax)
	if err != nil {
		return nil, err
	}
	for _, d := range databases {
		out = append(out, d.Name+" "+d.KMSKeyID)
	}
	tables, _, err := e.ListTables(ctx, "", "", listMax)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		out = append(out, fmt.Sprint(t.Database, "/", t.Name, " ", engine.Retention{MemoryHours: t.MemoryHours, MagneticDays: t.MagneticDays}))
	}
	slices.Sort(out)
	return out, nil
}

// visible implements subject: after a failed change the catalog may show it when it works again.
func (e openEngine) visible(w world) bool {
	got, err := e.schema()
	return err == nil && slices.Equal(got, w.(*engineWorld).schema())
}

// differs implements subject.
func (e openEngine) differs(w world) (string, error) {
	want := w.(*engineWorld)
	schema, err := e.schema()
	if err != nil {
		return "", err
	}
	if expected := want.schema(); !slices.Equal(schema, expected) {
		return "databases and tables: " + difference(schema, expected), nil
	}
	want.expire(e.clock.Now())
	for name, t := range want.tables {
		got, err := e.rows(name, t)
		if dberr.Is(err, dberr.Invalid) { // a column that this world has does not exist
			return fmt.Sprintf("table %s: %v", name, err), nil
		}
		if err != nil {
			return "", fmt.Errorf("table %s: %w", name, err)
		}
		if lines := t.lines(); !slices.Equal(got, lines) {
			return fmt.Sprintf("table %s: %s", name, difference(got, lines)), nil
		}
	}
	return "", nil
}

// columns returns the columns of a table besides measure name and time.
func (t *engineTable) columns() []string {
	return append(slices.Sorted(maps.Keys(t.rows.dims)), slices.Sorted(maps.Keys(t.rows.types))...)
}

// lines returns the rows that a query of all rows should give.
func (t *engineTable) lines() []string {
	columns := t.columns()
	out := []string{}
	for k, r := range t.rows.rows {
		parts := []string{r.measure, types.Text(types.Timestamp, k.time)}
		for _, c := range columns {
			if v, ok := r.dim(c); ok {
				parts = append(parts, v)
			} else if v := r.values[c]; v == nil {
				parts = append(parts, "-")
			} else {
				parts = append(parts, types.Text(t.rows.types[c], v))
			}
		}
		out = append(out, strings.Join(parts, "|"))
	}
	slices.Sort(out)
	return out
}

// rows asks for all rows of a table, which must not have expired, and leaves out those that the model has given up.
func (e openEngine) rows(name string, t *engineTable) ([]string, error) {
	database, table, _ := strings.Cut(name, "/")
	sql := "SELECT measure_name, time"
	for _, c := range t.columns() {
		sql += `, "` + c + `"`
	}
	p := &pageOfLines{floor: t.rows.floor, expired: t.expired(e.clock.Now())}
	req := engine.QueryRequest{
		QueryString: fmt.Sprintf(`%s FROM "%s"."%s"`, sql, database, table),
		NewPage:     func([]engine.ResultColumn) engine.PageBuilder { return p },
	}
	for {
		page, err := e.Query(ctx, req)
		switch {
		case err != nil:
			return nil, err
		case p.bad > 0:
			return nil, fmt.Errorf("%d rows that have expired are seen", p.bad)
		case page.NextToken == "":
			slices.Sort(p.lines)
			return p.lines, nil
		}
		req.NextToken = page.NextToken
	}
}

// pageOfLines takes all rows of a result.
type pageOfLines struct {
	floor, expired int64
	lines          []string
	bad            int
}

// Append implements engine.PageBuilder.
func (p *pageOfLines) Append(b *vector.Batch, first int) int {
	for i := first; i < b.Rows; i++ {
		at := b.Cols[1].Value(i).(int64)
		if at < p.expired {
			p.bad++
		}
		if at < p.floor {
			continue
		}
		parts := make([]string, len(b.Cols))
		for c, col := range b.Cols {
			if parts[c] = "-"; !col.IsNull(i) {
				parts[c] = types.Text(col.Type, col.Value(i))
			}
		}
		p.lines = append(p.lines, strings.Join(parts, "|"))
	}
	return b.Rows - first
}

// Size implements engine.PageBuilder.
func (p *pageOfLines) Size() int { return 0 }

// stopped implements subject.
func (e openEngine) stopped() bool { return e.StoreStats().WritesStopped }

// work implements subject.
func (e openEngine) work() error {
	if err := e.Flush(ctx); err != nil {
		return err
	}
	if err := e.Compact(ctx); err != nil {
		return err
	}
	return e.Maintain(ctx)
}

// close implements subject.
func (e openEngine) close() error { return e.Close() }

// tally implements subject.
func (e openEngine) tally(c Counts) { tallyStore(e.StoreMetrics(), c) }
