package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/folder"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

var (
	ctx   = context.Background()
	start = time.Date(2024, 1, 5, 10, 15, 0, 123456789, time.UTC)
)

// openOn opens an engine on a disk with a clock that stands still.
func openOn(t testing.TB, fs vfs.FS, c clock.Clock) *Engine {
	t.Helper()
	e, err := Open(ctx, Options{FS: fs, Clock: c, MaintainEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// newEngine opens an engine on a new disk in memory.
func newEngine(t testing.TB) (*Engine, *clock.Manual) {
	c := clock.NewManual(start)
	return openOn(t, memfs.New(), c), c
}

// newTable makes database d and table t with the given properties.
func newTable(t testing.TB, e *Engine, in CreateTableInput) {
	t.Helper()
	in.Database, in.Name = "d", "t"
	if _, err := e.CreateDatabase(ctx, CreateDatabaseInput{Name: "d"}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.CreateTable(ctx, in); err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err error, kind dberr.Kind, text string) {
	t.Helper()
	var e *dberr.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Client() != text {
		t.Errorf("got %v (%v)\nwant %s (%v)", err, dberr.KindOf(err), text, kind)
	}
}

// TestOpenTwice: a data directory belongs to one process.
func TestOpenTwice(t *testing.T) {
	fs := memfs.New()
	e := openOn(t, fs, clock.NewManual(start))
	_, err := Open(ctx, Options{FS: fs})
	wantError(t, err, dberr.Unavailable, "The data directory is used by another process")
	if err := errors.Join(e.Close(), e.Close()); err != nil {
		t.Fatal(err)
	}
	openOn(t, fs, clock.NewManual(start))
}

// TestOpenFaults: whatever operation fails while opening, the error says so, nothing stays locked, and the next attempt works.
func TestOpenFaults(t *testing.T) {
	fs := memfs.New()
	e := openOn(t, fs, clock.NewManual(start))
	newTable(t, e, CreateTableInput{})
	writeOne(t, e, Record{MeasureName: "m", MeasureValue: "1"})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	for nth := 1; ; nth++ {
		faulty := faultfs.New(fs)
		rule := faulty.Add(faultfs.Rule{Nth: nth})
		e, err := Open(ctx, Options{FS: faulty, Clock: clock.NewManual(start), MaintainEvery: -1})
		if err == nil {
			_ = e.Close()
		}
		if !rule.Fired() {
			break
		}
		if err != nil && dberr.KindOf(err) == dberr.Corruption {
			t.Errorf("operation %d failed: %v", nth, err)
		}
		e = openOn(t, fs, clock.NewManual(start))
		if _, err := e.DescribeTable(ctx, "d", "t"); err != nil {
			t.Errorf("after operation %d failed: %v", nth, err)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLostCatalog: data without a catalog is not thrown away as that of deleted tables.
func TestLostCatalog(t *testing.T) {
	fs := memfs.New()
	e := openOn(t, fs, clock.NewManual(start))
	newTable(t, e, CreateTableInput{})
	writeOne(t, e, Record{MeasureName: "m", MeasureValue: "1"})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := fs.List(folder.CatalogDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := fs.Remove(folder.CatalogDir + "/" + name); err != nil {
			t.Fatal(err)
		}
	}
	_, err = Open(ctx, Options{FS: fs})
	wantError(t, err, dberr.Corruption, "The catalog is missing but there is data of 1 tables. Restore the catalog from a backup, or remove the data")
}

// TestOrphans: data whose table is not in the catalog goes away when the engine opens, and when it maintains.
func TestOrphans(t *testing.T) {
	fs := memfs.New()
	e := openOn(t, fs, clock.NewManual(start))
	newTable(t, e, CreateTableInput{})
	writeOne(t, e, Record{MeasureName: "m", MeasureValue: "1"})
	table, err := e.catalog.Table("d", "t")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.catalog.DropTable(table); err != nil {
		t.Fatal(err)
	}
	if n := len(e.store.Tables()); n != 1 {
		t.Fatalf("the store has %d tables", n)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = openOn(t, fs, clock.NewManual(start))
	if n := len(e.store.Tables()); n != 0 {
		t.Errorf("after opening the store has %d tables", n)
	}
	if _, err := e.CreateTable(ctx, CreateTableInput{Database: "d", Name: "t"}); err != nil {
		t.Fatal(err)
	}
	writeOne(t, e, Record{MeasureName: "m", MeasureValue: "1"})
	if table, err = e.catalog.Table("d", "t"); err == nil {
		err = e.catalog.DropTable(table)
	}
	if err = errors.Join(err, e.Maintain(ctx)); err != nil {
		t.Fatal(err)
	}
	if n := len(e.store.Tables()); n != 0 {
		t.Errorf("after maintenance the store has %d tables", n)
	}
}

// TestMaintainLoop: the loop runs by the clock and ends with the engine.
func TestMaintainLoop(t *testing.T) {
	c := clock.NewManual(start)
	e, err := Open(ctx, Options{FS: memfs.New(), Clock: c, MaintainEvery: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	newTable(t, e, CreateTableInput{})
	writeOne(t, e, Record{MeasureName: "m", MeasureValue: "1"})
	table, err := e.catalog.Table("d", "t")
	if err == nil {
		err = e.catalog.DropTable(table)
	}
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); len(e.store.Tables()) > 0; {
		if time.Now().After(deadline) {
			t.Fatal("the loop does not run")
		}
		c.Advance(time.Minute)
		time.Sleep(time.Millisecond)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}
