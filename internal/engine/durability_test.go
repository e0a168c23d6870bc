package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// writeHost writes one record of a host to a table of d and returns the result.
func writeHost(e *Engine, table, host, value string) (WriteResult, error) {
	return e.WriteRecords(ctx, &WriteRequest{Database: "d", Table: table, Records: []Record{{Dimensions: dims("host", host), MeasureName: "m", MeasureValue: value, Time: at(0)}}})
}

// TestCrash: after a power cut everything acknowledged is there, tables and records, and what was deleted is gone.
func TestCrash(t *testing.T) {
	for seed := uint64(1); seed <= 60; seed++ {
		rng := rand.New(rand.NewPCG(seed, 0))
		disk := memfs.New()
		e := openOn(t, disk, clock.NewManual(start))
		if _, err := e.CreateDatabase(ctx, CreateDatabaseInput{Name: "d"}); err != nil {
			t.Fatal(err)
		}
		written := map[string]map[string]bool{} // by table: its hosts
		for range 20 {
			table := fmt.Sprint("table", rng.IntN(3))
			switch {
			case written[table] == nil:
				if _, err := e.CreateTable(ctx, CreateTableInput{Database: "d", Name: table}); err != nil {
					t.Fatal(err)
				}
				written[table] = map[string]bool{}
			case rng.IntN(6) == 0:
				if err := e.DeleteTable(ctx, "d", table); err != nil {
					t.Fatal(err)
				}
				delete(written, table)
			case rng.IntN(6) == 0:
				if err := e.Flush(ctx); err != nil {
					t.Fatal(err)
				}
			default:
				host := fmt.Sprint("h", rng.IntN(10))
				if _, err := writeHost(e, table, host, "1"); err != nil {
					t.Fatal(err)
				}
				written[table][host] = true
			}
		}
		checkCrashed(t, seed, disk.Crash(rng), written)
	}
}

// A deletion whose sync failed may have taken place or not. A record that is acknowledged afterwards is not lost with the table by
// a crash.
func TestWriteAfterFailedDeletion(t *testing.T) {
	for seed := uint64(1); seed <= 40; seed++ {
		rng := rand.New(rand.NewPCG(seed, 1))
		disk := memfs.New()
		fault := faultfs.New(disk)
		e := openOn(t, fault, clock.NewManual(start))
		if _, err := e.CreateDatabase(ctx, CreateDatabaseInput{Name: "d"}); err != nil {
			t.Fatal(err)
		}
		if _, err := e.CreateTable(ctx, CreateTableInput{Database: "d", Name: "t"}); err != nil {
			t.Fatal(err)
		}
		fault.Add(faultfs.Rule{Match: func(op faultfs.Op, name string) bool {
			return op == faultfs.OpSync && strings.HasPrefix(name, "catalog/")
		}})
		if err := e.DeleteTable(ctx, "d", "t"); !dberr.Is(err, dberr.Unavailable) {
			t.Fatalf("seed %d: deletion whose sync fails: %v", seed, err)
		}
		written := map[string]map[string]bool{}
		switch _, err := writeHost(e, "t", "h", "1"); {
		case err == nil:
			written["t"] = map[string]bool{"h": true}
		case !dberr.Is(err, dberr.NotFound):
			t.Fatalf("seed %d: %v", seed, err)
		}
		checkCrashed(t, seed, disk.Crash(rng), written)
		checkCrashed(t, seed, disk.CrashKeep(), written)
	}
}

func checkCrashed(t *testing.T, seed uint64, disk *memfs.FS, written map[string]map[string]bool) {
	t.Helper()
	e := openOn(t, disk, clock.NewManual(start))
	tables, _, err := e.ListTables(ctx, "d", "", 20)
	if err != nil || len(tables) != len(written) {
		t.Fatalf("seed %d: %d tables, want %d, %v", seed, len(tables), len(written), err)
	}
	for table, hosts := range written {
		for i := range 10 { // a record that is there refuses another value
			host := fmt.Sprint("h", i)
			res, err := writeHost(e, table, host, "2")
			if err != nil || (len(res.Rejected) == 1) != hosts[host] {
				t.Fatalf("seed %d: %s %s was written: %v, is there: %v, %v", seed, table, host, hosts[host], len(res.Rejected) == 1, err)
			}
		}
	}
}

// TestDiskFull: writes and changes are refused with a clear error, and work again when there is room.
func TestDiskFull(t *testing.T) {
	disk := memfs.New()
	e := openOn(t, disk, clock.NewManual(start))
	newTable(t, e, CreateTableInput{})
	disk.SetCapacity(disk.Used())
	if _, err := writeHost(e, "t", "h", "1"); !dberr.Is(err, dberr.Unavailable) {
		t.Errorf("write: %v", err)
	}
	if _, err := e.CreateDatabase(ctx, CreateDatabaseInput{Name: "more"}); !dberr.Is(err, dberr.Unavailable) {
		t.Errorf("CreateDatabase: %v", err)
	}
	disk.SetCapacity(0)
	if res, err := writeHost(e, "t", "h", "2"); err != nil || res.MemoryStore != 1 {
		t.Errorf("write afterwards: %+v, %v", res, err)
	}
	if _, err := e.CreateDatabase(ctx, CreateDatabaseInput{Name: "more"}); err != nil {
		t.Errorf("CreateDatabase afterwards: %v", err)
	}
}

// TestExpiry: rows leave the disk when both retentions and the allowed lateness are over, not before.
func TestExpiry(t *testing.T) {
	c := clock.NewManual(start)
	e := openOn(t, memfs.New(), c)
	newTable(t, e, CreateTableInput{Retention: &Retention{1, 1}})
	if _, err := writeHost(e, "t", "h", "1"); err != nil {
		t.Fatal(err)
	}
	if err := e.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	maintained := func() int64 {
		t.Helper()
		if err := e.Maintain(ctx); err != nil {
			t.Fatal(err)
		}
		return e.store.Stats().SegmentRows
	}
	for _, d := range []time.Duration{20 * time.Hour, 5*time.Hour + lateness} {
		c.Advance(d)
		if rows := maintained(); rows != 1 {
			t.Errorf("%d rows within the retention", rows)
		}
	}
	c.Advance(20 * time.Hour) // segments go as a whole
	if rows := maintained(); rows != 0 {
		t.Errorf("%d rows after it", rows)
	}
}
