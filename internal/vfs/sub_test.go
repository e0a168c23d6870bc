package vfs_test

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// TestSub: every operation happens below the directory, and no name leads out of it.
func TestSub(t *testing.T) {
	disk := memfs.New()
	if err := disk.MkdirAll("data"); err != nil {
		t.Fatal(err)
	}
	sub := vfs.Sub(disk, "data")
	disk.StartTrace()
	lock, err := sub.Lock("LOCK")
	if err != nil {
		t.Fatal(err)
	}
	f, err := sub.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write([]byte("x"))
	steps := []error{err, f.Close(), sub.MkdirAll("d/e"), sub.Rename("a", "d/a"), sub.SyncDir("."), sub.SyncDir("d"), sub.Remove("d/e"), lock.Close()}
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
	want := []string{"lock data/LOCK", "create data/a", "write data/a 1", "mkdir data/d", "mkdir data/d/e", "rename data/a -> data/d/a", "syncdir data", "syncdir data/d", "remove data/d/e", "unlock data/LOCK"}
	if got := disk.Trace(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if names, err := sub.List(""); err != nil || !slices.Equal(names, []string{"LOCK", "d"}) {
		t.Errorf("list: %q, %v", names, err)
	}
	if _, err := sub.Open("d/a"); err != nil {
		t.Error(err)
	}
	if _, err := sub.OpenAppend("d/a"); err != nil {
		t.Error(err)
	}
	if _, err := sub.Open("missing"); !errors.Is(err, vfs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	for _, name := range []string{"../x", "../../x", "/x", "d/../../x"} {
		for _, s := range []vfs.FS{sub, vfs.Sub(sub, "d")} {
			if _, err := s.Create(name); !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
