package vfs_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// TestWalkAndRemoveAll: Walk finds every file below a directory, RemoveAll leaves nothing of it and all of what is beside it.
func TestWalkAndRemoveAll(t *testing.T) {
	for name, fs := range map[string]vfs.FS{"memory": memfs.New(), "real": vfs.OS(t.TempDir())} {
		t.Run(name, func(t *testing.T) {
			for _, dir := range []string{"a/b/c", "a/empty"} {
				if err := fs.MkdirAll(dir); err != nil {
					t.Fatal(err)
				}
			}
			for _, file := range []string{"a/b/c/1", "a/b/22", "a/333", "beside"} {
				if err := vfs.ReplaceFile(fs, file, []byte(file)); err != nil {
					t.Fatal(err)
				}
			}
			walk := func(dir string) (found []string, err error) {
				err = vfs.Walk(fs, dir, func(name string, size int64) error {
					found = append(found, fmt.Sprintf("%s %d", name, size))
					return nil
				})
				return found, err
			}
			found, err := walk("a")
			if want := []string{"a/333 5", "a/b/22 6", "a/b/c/1 7"}; err != nil || !slices.Equal(found, want) {
				t.Fatalf("walk: %v, %v, want %v", found, err, want)
			}
			if _, err := walk("missing"); !errors.Is(err, vfs.ErrNotExist) {
				t.Fatalf("walk of a missing directory: %v", err)
			}
			for range 2 {
				if err := vfs.RemoveAll(fs, "a"); err != nil {
					t.Fatal(err)
				}
			}
			if found, err := walk("."); err != nil || !slices.Equal(found, []string{"beside 6"}) {
				t.Fatalf("after RemoveAll: %v, %v", found, err)
			}
		})
	}
}
