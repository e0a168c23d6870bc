package vfs_test

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// everyFS runs a test on each implementation.
func everyFS(t *testing.T, test func(t *testing.T, fsys vfs.FS)) {
	t.Run("os", func(t *testing.T) { test(t, vfs.OS(t.TempDir())) })
	t.Run("memfs", func(t *testing.T) { test(t, memfs.New()) })
	t.Run("sub", func(t *testing.T) {
		disk := memfs.New()
		must(t, disk.MkdirAll("one/two"))
		test(t, vfs.Sub(disk, "one/two"))
	})
	t.Run("faultfs", func(t *testing.T) { test(t, faultfs.New(memfs.New())) })
}

// must ends the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write makes a file with the given content.
func write(t testing.TB, fsys vfs.FS, name, content string) {
	t.Helper()
	f, err := fsys.Create(name)
	must(t, err)
	n, err := f.Write([]byte(content))
	must(t, err)
	if n != len(content) {
		t.Fatalf("%d bytes written", n)
	}
	must(t, f.Sync())
	must(t, f.Close())
}

// read returns the content of a file.
func read(t testing.TB, fsys vfs.FS, name string) string {
	t.Helper()
	f, err := fsys.Open(name)
	must(t, err)
	size, err := f.Size()
	must(t, err)
	b := make([]byte, size)
	if size > 0 {
		_, err = f.ReadAt(b, 0)
		must(t, err)
	}
	must(t, f.Close())
	return string(b)
}

func TestFiles(t *testing.T) {
	everyFS(t, func(t *testing.T, fsys vfs.FS) {
		must(t, fsys.MkdirAll("a/b"))
		must(t, fsys.MkdirAll("a/b"))
		write(t, fsys, "a/b/one", "hello")
		write(t, fsys, "a/./b//two", "")
		if names, err := fsys.List("a/b"); err != nil || !slices.Equal(names, []string{"one", "two"}) {
			t.Errorf("list: %v, %v", names, err)
		}
		if got := read(t, fsys, "a/b/one"); got != "hello" {
			t.Errorf("got %q", got)
		}
		write(t, fsys, "a/b/one", "bye")
		if got := read(t, fsys, "a/b/one"); got != "bye" {
			t.Errorf("after create: %q", got)
		}
		must(t, fsys.SyncDir("a/b"))
		must(t, fsys.Remove("a/b/one"))
		must(t, fsys.Remove("a/b/two"))
		must(t, fsys.Remove("a/b"))
		if names, err := fsys.List(""); err != nil || !slices.Equal(names, []string{"a"}) {
			t.Errorf("list of the root: %v, %v", names, err)
		}
	})
}

func TestAppendAndTruncate(t *testing.T) {
	everyFS(t, func(t *testing.T, fsys vfs.FS) {
		for _, part := range []string{"one ", "two"} {
			f, err := fsys.OpenAppend("log")
			must(t, err)
			_, err = f.Write([]byte(part))
			must(t, err)
			must(t, f.Close())
		}
		f, err := fsys.OpenAppend("log")
		must(t, err)
		if size, err := f.Size(); err != nil || size != 7 {
			t.Errorf("size %d, %v", size, err)
		}
		must(t, f.Truncate(3))
		_, err = f.Write([]byte("!"))
		must(t, err)
		if err := f.Truncate(5); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("truncate beyond the end: %v", err)
		}
		must(t, f.Truncate(4))
		must(t, f.Sync())
		must(t, f.Close())
		if got := read(t, fsys, "log"); got != "one!" {
			t.Errorf("got %q", got)
		}
		if _, err := f.Write(nil); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("write after close: %v", err)
		}
	})
}

func TestReadAt(t *testing.T) {
	everyFS(t, func(t *testing.T, fsys vfs.FS) {
		write(t, fsys, "f", "0123456789")
		f, err := fsys.Open("f")
		must(t, err)
		for _, tc := range []struct {
			off  int64
			len  int
			want string
			err  error
		}{{0, 10, "0123456789", nil}, {3, 4, "3456", nil}, {8, 4, "89", io.EOF}, {10, 1, "", io.EOF}, {20, 1, "", io.EOF}} {
			b := make([]byte, tc.len)
			n, err := f.ReadAt(b, tc.off)
			if string(b[:n]) != tc.want || !errors.Is(err, tc.err) || (err == nil) != (tc.err == nil) {
				t.Errorf("read %d at %d: %q, %v", tc.len, tc.off, b[:n], err)
			}
		}
		if _, err := f.ReadAt(make([]byte, 1), -1); err == nil {
			t.Error("read before the beginning")
		}
		must(t, fsys.Remove("f")) // those who have it open go on
		b := make([]byte, 2)
		if _, err := f.ReadAt(b, 1); err != nil || string(b) != "12" {
			t.Errorf("read after remove: %q, %v", b, err)
		}
		must(t, f.Close())
	})
}

func TestRename(t *testing.T) {
	everyFS(t, func(t *testing.T, fsys vfs.FS) {
		must(t, fsys.MkdirAll("d"))
		write(t, fsys, "new", "new")
		write(t, fsys, "d/old", "old")
		before, err := fsys.Open("d/old")
		must(t, err)
		must(t, fsys.Rename("new", "d/old"))
		if got := read(t, fsys, "d/old"); got != "new" {
			t.Errorf("got %q", got)
		}
		b := make([]byte, 3)
		if _, err := before.ReadAt(b, 0); err != nil || string(b) != "old" {
			t.Errorf("the replaced file, still open, reads %q, %v", b, err)
		}
		must(t, before.Close())
		if _, err := fsys.Open("new"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the old name: %v", err)
		}
		must(t, fsys.Rename("d/old", "d/old"))
		if got := read(t, fsys, "d/old"); got != "new" {
			t.Errorf("renamed to itself: %q", got)
		}
	})
}

func TestMissing(t *testing.T) {
	everyFS(t, func(t *testing.T, fsys vfs.FS) {
		for what, run := range map[string]func() error{
			"open":             func() error { _, err := fsys.Open("no"); return err },
			"list":             func() error { _, err := fsys.List("no"); return err },
			"remove":           func() error { return fsys.Remove("no") },
			"rename":           func() error { return fsys.Rename("no", "yes") },
			"sync a directory": func() error { return fsys.SyncDir("no") },
			"create below":     func() error { _, err := fsys.Create("no/f"); return err },
			"append below":     func() error { _, err := fsys.OpenAppend("no/f"); return err },
			"lock below":       func() error { _, err := fsys.Lock("no/f"); return err },
		} {
			if err := run(); !errors.Is(err, vfs.ErrNotExist) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// Names cannot lead out of the root.
func TestNamesStayInside(t *testing.T) {
	everyFS(t, func(t *testing.T, fsys vfs.FS) {
		for _, name := range []string{"..", "../f", "a/../../f", "/etc/passwd"} {
			_, err1 := fsys.Create(name)
			_, err2 := fsys.Open(name)
			_, err3 := fsys.OpenAppend(name)
			_, err4 := fsys.List(name)
			_, err5 := fsys.Lock(name)
			errs := []error{err1, err2, err3, err4, err5}
			errs = append(errs, fsys.Remove(name), fsys.Rename(name, "f"), fsys.Rename("f", name), fsys.MkdirAll(name), fsys.SyncDir(name))
			for i, err := range errs {
				if err == nil {
					t.Errorf("%s: call %d succeeds", name, i)
				}
			}
			if !errors.Is(err1, fs.ErrInvalid) {
				t.Errorf("%s: %v", name, err1)
			}
		}
	})
}

func TestDirectoriesAreNoFiles(t *testing.T) {
	everyFS(t, func(t *testing.T, fsys vfs.FS) {
		must(t, fsys.MkdirAll("d"))
		write(t, fsys, "d/f", "x")
		if _, err := fsys.Create("d"); err == nil {
			t.Error("create over a directory")
		}
		if err := fsys.Remove("d"); err == nil {
			t.Error("remove of a directory that is not empty")
		}
		if err := fsys.MkdirAll("d/f/g"); err == nil {
			t.Error("directory below a file")
		}
		if err := fsys.MkdirAll("d/f"); err == nil {
			t.Error("directory in place of a file")
		}
		if _, err := fsys.List("d/f"); err == nil {
			t.Error("list of a file")
		}
	})
}

func TestLock(t *testing.T) {
	everyFS(t, func(t *testing.T, fsys vfs.FS) {
		first, err := fsys.Lock("LOCK")
		must(t, err)
		if _, err := fsys.Lock("LOCK"); !errors.Is(err, vfs.ErrLocked) {
			t.Errorf("second lock: %v", err)
		}
		other, err := fsys.Lock("OTHER")
		must(t, err)
		must(t, first.Close())
		again, err := fsys.Lock("LOCK")
		must(t, err)
		must(t, again.Close())
		must(t, other.Close())
	})
}

func TestCleanName(t *testing.T) {
	for name, want := range map[string]string{
		"": ".", ".": ".", "a": "a", "a/b": "a/b", "./a//b/.": "a/b", "a/../b": "b",
		"..": "", "/": "", "/a": "", "a/../..": "", // none
	} {
		got, err := vfs.CleanName(name)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
}

// Texts of errors name the operation and the file, for the log.
func TestErrorTexts(t *testing.T) {
	everyFS(t, func(t *testing.T, fsys vfs.FS) {
		if _, err := fsys.Open("some-file"); !strings.HasPrefix(err.Error(), "open ") || !strings.Contains(err.Error(), "some-file") {
			t.Error(err)
		}
	})
}
