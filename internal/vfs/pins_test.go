package vfs_test

import (
	"errors"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// there reports whether a file exists.
func there(t *testing.T, fs vfs.FS, name string) bool {
	t.Helper()
	_, err := vfs.ReadAll(fs, name)
	if err != nil && !errors.Is(err, vfs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

// TestPins: a pinned file outlives its removal until the last pin is gone; others do not.
func TestPins(t *testing.T) {
	p := vfs.NewPins(memfs.New())
	for _, name := range []string{"a", "b", "c"} {
		if err := vfs.ReplaceFile(p, name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	first, second := p.Pin([]string{"a", "b"}), p.Pin([]string{"./a"})
	for _, name := range []string{"a", "c", "a"} {
		if err := p.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if !there(t, p, "a") || there(t, p, "c") {
		t.Fatal("the pinned file is gone, or the other one is not")
	}
	if err := first(); err != nil || !there(t, p, "a") || !there(t, p, "b") {
		t.Fatalf("after the first of two pins: %v", err)
	}
	for range 2 { // the second call does nothing
		if err := second(); err != nil || there(t, p, "a") || !there(t, p, "b") {
			t.Fatalf("after the last pin: %v", err)
		}
	}
	if err := p.Remove("b"); err != nil || there(t, p, "b") {
		t.Fatalf("remove a file that was pinned once: %v", err)
	}
	if err := p.Remove("b"); !errors.Is(err, vfs.ErrNotExist) {
		t.Fatalf("remove a missing file: %v", err)
	}
}

// TestLink: a link is a second name of one content, and stays when the first one goes; file systems without links say so.
func TestLink(t *testing.T) {
	fs := vfs.OS(t.TempDir())
	if err := fs.MkdirAll("x"); err != nil {
		t.Fatal(err)
	}
	sub := vfs.Sub(fs, "x")
	if err := vfs.ReplaceFile(sub, "old", []byte("text")); err != nil {
		t.Fatal(err)
	}
	if err := vfs.Link(sub, "old", "made"); err != nil {
		t.Fatal(err)
	}
	if err := fs.Remove("x/old"); err != nil {
		t.Fatal(err)
	}
	if b, err := vfs.ReadAll(fs, "x/made"); err != nil || string(b) != "text" {
		t.Fatalf("read the link: %q, %v", b, err)
	}
	if err := vfs.Link(fs, "../x", "y"); err == nil {
		t.Fatal("linked a file outside")
	}
	if err := vfs.Link(memfs.New(), "a", "b"); !errors.Is(err, errors.ErrUnsupported) {
		t.Fatalf("link where there are none: %v", err)
	}
}
