package vfs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

func TestReadAll(t *testing.T) {
	disk := memfs.New()
	for _, content := range []string{"", "x", strings.Repeat("long", 100_000)} {
		if err := disk.SetBytes("f", []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := vfs.ReadAll(disk, "f"); err != nil || string(got) != content {
			t.Errorf("%d bytes, want %d: %v", len(got), len(content), err)
		}
	}
	if _, err := vfs.ReadAll(disk, "none"); !errors.Is(err, vfs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	for _, op := range []faultfs.Op{faultfs.OpOpen, faultfs.OpSize, faultfs.OpRead, faultfs.OpClose} {
		fault := faultfs.New(disk)
		fault.Add(faultfs.Rule{Match: faultfs.Only(op), Effect: faultfs.Short})
		if got, err := vfs.ReadAll(fault, "f"); !errors.Is(err, faultfs.ErrInjected) {
			t.Errorf("failing %s: %d bytes, %v", op, len(got), err)
		}
	}
}
