package vfs_test

import (
	"errors"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// Whatever operation fails, the name has the old content or the new one, also after a power cut; and a second attempt that says
// it succeeded is durable, although a sync of the first may have failed.
func TestReplaceFile(t *testing.T) {
	for n := 1; ; n++ {
		disk := memfs.New()
		must(t, vfs.ReplaceFile(disk, "f", []byte("old")))
		fault := faultfs.New(disk)
		rule := fault.Add(faultfs.Rule{Nth: n, Match: faultfs.Changes})
		err := vfs.ReplaceFile(fault, "f", []byte("new"))
		if (err == nil) == rule.Fired() {
			t.Fatalf("operation %d: %v", n, err)
		}
		if b, berr := disk.CrashClean().Bytes("f"); berr != nil || string(b) != "new" && (err == nil || string(b) != "old") {
			t.Errorf("operation %d: %q, %v", n, b, errors.Join(err, berr))
		}
		fault.Clear()
		must(t, vfs.ReplaceFile(fault, "f", []byte("newer")))
		if b, err := disk.CrashClean().Bytes("f"); err != nil || string(b) != "newer" {
			t.Errorf("operation %d, second attempt: %q, %v", n, b, err)
		}
		if !rule.Fired() {
			break
		}
	}
}
