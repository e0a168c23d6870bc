package backup

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/control"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/folder"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// TestRestored: what is restored is what was backed up, and an engine opens it.
func TestRestored(t *testing.T) {
	data, dest, to := filled(t), memfs.New(), memfs.New()
	made, err := backUp(data, dest)
	must(t, err)
	result, err := restore(ctx, vfs.Sub(dest, made.Path), to)
	must(t, err)
	if result.Files != made.Files || result.Bytes != made.Bytes || !maps.Equal(content(t, data), content(t, to)) {
		t.Fatalf("backed up %+v, restored %+v, or contents differ", made, result)
	}
	e, err := engine.Open(ctx, engine.Options{FS: to, Clock: clock.NewManual(now), MaintainEvery: -1})
	must(t, err)
	must(t, e.Close())
	if _, err := restore(ctx, vfs.Sub(dest, made.Path), to); !dberr.Is(err, dberr.Invalid) || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("restore over data: %v", err)
	}
	if _, err := restore(ctx, dest, memfs.New()); err == nil || !strings.Contains(err.Error(), "name one of them: 2026-11-21T060000.000Z") {
		t.Errorf("restore without saying which: %v", err)
	}
	if _, err := restore(ctx, memfs.New(), memfs.New()); !dberr.Is(err, dberr.NotFound) {
		t.Errorf("restore from an empty folder: %v", err)
	}
}

// serve opens a data folder as a server does.
func serve(t *testing.T, dir string) (e *engine.Engine, stop func()) {
	t.Helper()
	e, err := engine.Open(ctx, engine.Options{FS: vfs.OS(dir), Clock: clock.NewManual(now), MaintainEvery: -1})
	must(t, err)
	c, err := control.Serve(dir, control.Options{Pin: e.Pin})
	must(t, err)
	return e, func() {
		must(t, c.Close())
		must(t, e.Close())
	}
}

// inode returns what a file is, whatever its name.
func inode(t *testing.T, name string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(name)
	must(t, err)
	return info
}

// TestIncremental: a second backup has links to the segments of the first one and copies of the rest, with a server and without; each is
// whole without the other. Segments that only have the same name and length are copied.
func TestIncremental(t *testing.T) {
	dir := t.TempDir()
	data, dest := filepath.Join(dir, "data"), filepath.Join(dir, "backups")
	fill(t, vfs.OS(data))
	c := clock.NewManual(now)
	create := func(full bool) *Result {
		t.Helper()
		r, err := Create(ctx, Options{Data: data, Dest: dest, Full: full, Clock: c, Release: "test"})
		must(t, err)
		return r
	}
	e, stop := serve(t, data)
	first := create(false)
	addRow(t, e, "b", "late")
	must(t, e.Flush(ctx))
	second := create(false)
	stop()
	third := create(true)
	if first.LinkedFiles != 0 || second.LinkedFiles != 2 || third.LinkedFiles != 0 || second.Base != filepath.Base(first.Path) {
		t.Fatalf("links: %+v, %+v, %+v", first, second, third)
	}
	links := 0
	must(t, vfs.Walk(vfs.OS(first.Path), ".", func(name string, _ int64) error {
		if _, err := os.Stat(filepath.Join(second.Path, name)); err != nil {
			return nil
		}
		linked := os.SameFile(inode(t, filepath.Join(first.Path, name)), inode(t, filepath.Join(second.Path, name)))
		if linked != strings.HasSuffix(name, ".seg") {
			t.Errorf("%s: linked is %v", name, linked)
		}
		if linked {
			links++
		}
		return nil
	}))
	if links != 2 {
		t.Errorf("%d links", links)
	}
	must(t, os.RemoveAll(first.Path))
	for _, r := range []*Result{second, third} {
		to := filepath.Join(dir, "restored", filepath.Base(r.Path))
		_, err := Restore(ctx, RestoreOptions{Backup: r.Path, Data: to})
		must(t, err)
		if r == third && !maps.Equal(content(t, vfs.OS(to)), content(t, vfs.OS(data))) {
			t.Error("the restored folder differs from the data folder")
		}
	}
	// A segment of another history under the same name.
	segments, err := filepath.Glob(filepath.Join(data, "data", "tables", "*", "*.seg"))
	must(t, err)
	b, err := os.ReadFile(segments[0])
	must(t, err)
	b[len(b)-40] ^= 1
	must(t, os.WriteFile(segments[0], b, 0o600))
	if r := create(false); r.LinkedFiles != third.linkable()-1 {
		t.Errorf("%d links, want all segments but one: %d", r.LinkedFiles, third.linkable()-1)
	}
}

// linkable returns how many segments a backup has.
func (r *Result) linkable() int {
	n := 0
	_ = vfs.Walk(vfs.OS(r.Path), ".", func(name string, _ int64) error {
		if strings.HasSuffix(name, ".seg") {
			n++
		}
		return nil
	})
	return n
}

// TestRefused: folders that cannot be what they are said to be.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	fill(t, vfs.OS(data))
	must(t, os.Symlink(data, filepath.Join(dir, "link")))
	for name, c := range map[string]struct{ data, dest, want string }{
		"backups in the data":             {data, filepath.Join(data, "backups"), "one in the other"},
		"backups in the data by a link":   {data, filepath.Join(dir, "link", "x", "y"), "one in the other"},
		"data in the backups":             {data, dir, "one in the other"},
		"no data":                         {filepath.Join(dir, "nothing"), filepath.Join(dir, "b"), "There is no data folder"},
		"backups where other data is":     {filepath.Join(dir, "nothing"), data, "it is a data folder"},
		"a folder that cannot be written": {data, "/proc/tidemark", "make the folder of backups"},
	} {
		if _, err := Create(ctx, Options{Data: c.data, Dest: c.dest}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "nothing")); err == nil {
		t.Error("the missing data folder was made")
	}
	lock, err := folder.Lock(vfs.OS(data))
	must(t, err)
	if _, err := Create(ctx, Options{Data: data, Dest: filepath.Join(dir, "b")}); err == nil || !strings.Contains(err.Error(), "no server can be reached") {
		t.Errorf("locked without a server: %v", err)
	}
	must(t, lock.Close())
	held, err := vfs.OS(filepath.Join(dir, "b")).Lock(folder.LockName)
	must(t, err)
	if _, err := Create(ctx, Options{Data: data, Dest: filepath.Join(dir, "b")}); err == nil || !strings.Contains(err.Error(), "Another backup") {
		t.Errorf("two backups at once: %v", err)
	}
	must(t, held.Close())
}

// TestServerEnds: a backup whose server ends before it does is given up.
func TestServerEnds(t *testing.T) {
	dir := t.TempDir()
	data, dest := filepath.Join(dir, "data"), filepath.Join(dir, "backups")
	fill(t, vfs.OS(data))
	must(t, os.Mkdir(dest, 0o700))
	_, stop := serve(t, data)
	_, err := createIn(ctx, Options{Clock: clock.NewManual(now), Warn: func(string) {}}, vfs.OS(dest), func() (*source, error) {
		s, err := open(ctx, data)
		stop()
		return s, err
	})
	if err == nil || !strings.Contains(err.Error(), "the server did not keep the files") {
		t.Errorf("error: %v", err)
	}
	if names, err := os.ReadDir(dest); err != nil || len(names) > 0 {
		t.Errorf("left: %v, %v", names, err)
	}
}
