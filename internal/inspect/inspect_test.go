package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/folder"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// filled makes a data folder: rows of all types in two segments and in the log.
func filled(t testing.TB) *memfs.FS {
	t.Helper()
	fs := memfs.New()
	e, err := engine.Open(ctx, engine.Options{FS: fs, Clock: clock.NewManual(now), MaintainEvery: -1})
	must(t, err)
	_, err = e.CreateDatabase(ctx, engine.CreateDatabaseInput{Name: "d"})
	must(t, err)
	for _, table := range []string{"a", "b"} {
		_, err = e.CreateTable(ctx, engine.CreateTableInput{Database: "d", Name: table})
		must(t, err)
		addRow(t, e, table, 1)
		addRow(t, e, table, 2)
	}
	must(t, e.Flush(ctx))
	addRow(t, e, "a", 3)
	must(t, e.Close())
	return fs
}

// addRow writes one record with a value of each type.
func addRow(t testing.TB, e *engine.Engine, table string, n int) {
	t.Helper()
	res, err := e.WriteRecords(ctx, &engine.WriteRequest{Database: "d", Table: table, Records: []engine.Record{{
		Dimensions: []engine.Dimension{{Name: "host", Value: fmt.Sprint("h", n)}}, MeasureName: "m", MeasureType: engine.TypeMulti,
		MeasureValues: []engine.MeasureValue{
			{Name: "load", Value: fmt.Sprint(n, ".25"), Type: engine.TypeDouble}, {Name: "users", Value: fmt.Sprint(n), Type: engine.TypeBigint},
			{Name: "state", Value: "up", Type: engine.TypeVarchar}, {Name: "on", Value: "true", Type: engine.TypeBoolean},
		},
		Time: fmt.Sprint(now.UnixMilli() - int64(n)),
	}}})
	if err != nil || len(res.Rejected) > 0 {
		t.Fatalf("write: %+v, %v", res, err)
	}
}

// verify inspects a folder with all checks.
func verify(t testing.TB, fs vfs.FS) *Report {
	t.Helper()
	r, err := Folder(ctx, fs, FolderOptions{Verify: true, Now: now})
	must(t, err)
	return r
}

// text prints a report, both ways.
func text(t testing.TB, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	must(t, r.Print(&b))
	must(t, json.NewEncoder(&b).Encode(r))
	return b.String()
}

// TestFolder: the overview has the tables with their names and rows, a whole folder has no problems, and nothing in it is changed.
func TestFolder(t *testing.T) {
	fs := filled(t)
	before := fs.Dump()
	fs.StartTrace()
	r := verify(t, fs)
	if len(r.Problems) > 0 || fs.Dump() != before {
		t.Fatalf("problems %v, or the folder has changed", r.Problems)
	}
	for _, line := range fs.Trace() {
		if line != "lock LOCK" && line != "unlock LOCK" {
			t.Errorf("changed the folder: %s", line)
		}
	}
	got := text(t, r)
	for _, want := range []string{"d.a", "d.b", "everything was read and is right", `"rows_in_log":1`, `"store":"memory"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestLock: a folder in use is refused, and a lock file is not made.
func TestLock(t *testing.T) {
	fs := filled(t)
	lock, err := folder.Lock(fs)
	must(t, err)
	if _, err := Folder(ctx, fs, FolderOptions{}); !errors.Is(err, vfs.ErrLocked) || !strings.Contains(err.Error(), "make a backup and inspect that") {
		t.Errorf("inspect a folder in use: %v", err)
	}
	must(t, lock.Close())
	must(t, fs.Remove(folder.LockName))
	verify(t, fs)
	if _, err := vfs.FileSize(fs, folder.LockName); !errors.Is(err, vfs.ErrNotExist) {
		t.Errorf("a lock file was made: %v", err)
	}
}

// TestFiles: every file of a folder is recognised and right, and shows what it should.
func TestFiles(t *testing.T) {
	fs := filled(t)
	want := map[string]string{
		"MANIFEST": "manifest", ".idx": "dimension", ".seg": "value load", ".wal": "2=up", ".log": "put_table", ".snapshot": "put_table",
	}
	seen := map[string]bool{}
	must(t, vfs.Walk(fs, ".", func(name string, size int64) error {
		if path.Base(name) == folder.LockName {
			return nil
		}
		r, err := File(ctx, fs, name, 10)
		must(t, err)
		if len(r.Problems) > 0 {
			t.Errorf("%s: %v", name, r.Problems)
		}
		for suffix, part := range want {
			if strings.HasSuffix(name, suffix) {
				seen[suffix] = true
				if got := text(t, r); !strings.Contains(got, part) {
					t.Errorf("no %q in\n%s", part, got)
				}
			}
		}
		return nil
	}))
	if len(seen) < 5 {
		t.Errorf("only %v", seen)
	}
}

// TestFlips: a folder with any byte changed never makes inspect panic, and what is wrong is told, with the file in which it is.
func TestFlips(t *testing.T) {
	fs := filled(t)
	step, at := 1, 0
	if testing.Short() {
		step = 7
	}
	must(t, vfs.Walk(fs, ".", func(name string, size int64) error {
		good, err := fs.Bytes(name)
		must(t, err)
		for i := 0; i < len(good); i += step {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << (at % 8)
			at++
			must(t, fs.SetBytes(name, bad))
			if r, err := File(ctx, fs, name, 5); err == nil {
				text(t, r)
			}
			r := verify(t, fs)
			told := strings.Join(r.Problems, "\n") + strings.Join(r.Notes, "\n")
			stem := strings.TrimPrefix(name, folder.DataDir+"/")
			if strings.Contains(told, "everything was read and is right") && !strings.Contains(told, "as a crash leaves it") ||
				!strings.Contains(told, stem) && !strings.Contains(told, "catalog") {
				t.Fatalf("byte %d of %s: %v %v", i, name, r.Problems, r.Notes)
			}
		}
		must(t, fs.SetBytes(name, good))
		return nil
	}))
	if len(verify(t, fs).Problems) > 0 {
		t.Fatal("the folder was not put right")
	}
}

// TestMissing: a folder that lacks a file, or has one that is cut off, is wrong; one that has a file too many is not.
func TestMissing(t *testing.T) {
	whole := filled(t)
	must(t, vfs.Walk(whole, ".", func(name string, size int64) error {
		if size == 0 {
			return nil
		}
		fs := filled(t)
		must(t, fs.Remove(name))
		if r := verify(t, fs); len(r.Problems) == 0 {
			t.Errorf("without %s: %s", name, text(t, r))
		}
		fs = filled(t)
		b, err := fs.Bytes(name)
		must(t, err)
		for _, n := range []int{0, 1, len(b) / 2, len(b) - 1} {
			must(t, fs.SetBytes(name, b[:n]))
			r := verify(t, fs)
			if len(r.Problems) == 0 && !strings.Contains(text(t, r), "as a crash leaves it") {
				t.Errorf("%d bytes of %s: %s", n, name, text(t, r))
			}
		}
		return nil
	}))
	must(t, vfs.ReplaceFile(whole, "data/tables/1/999.seg", []byte("left over")))
	if r := verify(t, whole); len(r.Problems) > 0 || !strings.Contains(text(t, r), "999.seg") {
		t.Errorf("a file too many: %s", text(t, r))
	}
	for _, fs := range []vfs.FS{memfs.New(), vfs.Sub(filled(t), "catalog")} {
		if r := verify(t, fs); len(r.Problems) == 0 {
			t.Error("a folder without data is right")
		}
	}
}

// TestExchanged: segments and index files that are right by themselves but not what the manifest names are found.
func TestExchanged(t *testing.T) {
	for _, suffix := range []string{".seg", ".idx"} {
		fs := filled(t)
		var names []string
		must(t, vfs.Walk(fs, "data/tables", func(name string, _ int64) error {
			if strings.HasSuffix(name, suffix) {
				names = append(names, name)
			}
			return nil
		}))
		one, err := fs.Bytes(names[0])
		must(t, err)
		other, err := fs.Bytes(names[len(names)-1])
		must(t, err)
		must(t, errors.Join(fs.SetBytes(names[0], other), fs.SetBytes(names[len(names)-1], one)))
		if got := text(t, verify(t, fs)); !strings.Contains(got, "table is 2, the manifest says 1") && !strings.Contains(got, "index file of another table") {
			t.Errorf("%s exchanged: %s", suffix, got)
		}
	}
}

// FuzzFile: any bytes under any beginning are told about or refused.
func FuzzFile(f *testing.F) {
	fs := filled(f)
	must(f, vfs.Walk(fs, ".", func(name string, _ int64) error {
		b, err := fs.Bytes(name)
		f.Add(path.Base(name), b)
		return err
	}))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if path.Base(name) != name || name == "." || name == ".." || name == "/" {
			return
		}
		fs := memfs.New()
		must(t, fs.SetBytes(name, data))
		r, err := File(ctx, fs, name, 5)
		if err == nil {
			text(t, r)
		}
	})
}
