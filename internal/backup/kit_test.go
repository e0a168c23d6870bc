package backup

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/folder"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

var ctx = context.Background()

// now is when everything in these tests happens.
var now = time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill makes a data folder with two tables, rows in segments and rows in the log, and an object.
func fill(t testing.TB, fs vfs.FS) {
	t.Helper()
	e, err := engine.Open(ctx, engine.Options{FS: fs, Clock: clock.NewManual(now), MaintainEvery: -1})
	must(t, err)
	_, err = e.CreateDatabase(ctx, engine.CreateDatabaseInput{Name: "d"})
	must(t, err)
	for _, table := range []string{"a", "b"} {
		_, err = e.CreateTable(ctx, engine.CreateTableInput{Database: "d", Name: table})
		must(t, err)
		addRow(t, e, table, "1")
	}
	must(t, e.Flush(ctx))
	addRow(t, e, "a", "2")
	must(t, e.Close())
	must(t, fs.MkdirAll("objects/bucket"))
	must(t, vfs.ReplaceFile(fs, "objects/bucket/report", []byte("rejected")))
}

// addRow writes one record.
func addRow(t testing.TB, e *engine.Engine, table, host string) {
	t.Helper()
	res, err := e.WriteRecords(ctx, &engine.WriteRequest{Database: "d", Table: table, Records: []engine.Record{{
		Dimensions: []engine.Dimension{{Name: "host", Value: host}}, MeasureName: "m", MeasureType: engine.TypeBigint, MeasureValue: "1",
		Time: fmt.Sprint(now.UnixMilli()),
	}}})
	if err != nil || len(res.Rejected) > 0 {
		t.Fatalf("write: %+v, %v", res, err)
	}
}

// filled returns a data folder in memory.
func filled(t testing.TB) *memfs.FS {
	fs := memfs.New()
	fill(t, fs)
	return fs
}

// backUp makes a backup of a folder that nobody uses.
func backUp(data, dest vfs.FS) (*Result, error) {
	return createIn(ctx, Options{Clock: clock.NewManual(now), Warn: func(string) {}}, dest, func() (*source, error) { return openLocked(data) })
}

// content returns the bytes of the files of a moment of a folder.
func content(t testing.TB, fs vfs.FS) map[string]string {
	t.Helper()
	pieces, err := folder.Moment(fs)
	must(t, err)
	out := map[string]string{}
	for _, p := range pieces {
		b, err := vfs.ReadAll(fs, p.Name)
		must(t, err)
		out[p.Name] = string(b[:p.Size])
	}
	return out
}

// wantWhole checks a folder that backups were made in, some of which failed: each is whole or none, and the next one is made and leaves
// nothing unfinished.
func wantWhole(t testing.TB, data, dest vfs.FS, made *Result) {
	t.Helper()
	names, err := dest.List(".")
	must(t, err)
	for _, name := range names {
		m, err := Read(vfs.Sub(dest, name))
		if err == nil {
			err = Verify(ctx, vfs.Sub(dest, name), m)
		} else if dberr.Is(err, dberr.NotFound) {
			err = nil
		}
		must(t, err)
	}
	if made != nil && !slices.Contains(names, made.Path) {
		t.Fatalf("backup %s is not there", made.Path)
	}
	next, err := backUp(data, dest)
	must(t, err)
	names, err = dest.List(".")
	must(t, err)
	for _, name := range names {
		_, err := Read(vfs.Sub(dest, name))
		must(t, err)
	}
	to := memfs.New()
	_, err = restore(ctx, vfs.Sub(dest, next.Path), to)
	must(t, err)
	if !maps.Equal(content(t, to), content(t, data)) {
		t.Fatal("the restored folder differs from the data folder")
	}
}
