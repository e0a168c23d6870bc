package objectstore_test

import (
	"testing"

	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/objectstore/storetest"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// TestStore: the local store does what every store does, in memory and in a real folder.
func TestStore(t *testing.T) {
	for name, disk := range map[string]func(t *testing.T) vfs.FS{
		"Memory": func(*testing.T) vfs.FS { return memfs.New() },
		"Folder": func(t *testing.T) vfs.FS { return vfs.OS(t.TempDir()) },
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, storetest.Options{Bucket: "bucket", Open: func(t *testing.T) objectstore.Store {
				s, err := objectstore.OpenLocal(disk(t))
				if err != nil {
					t.Fatal(err)
				}
				return s
			}})
		})
	}
}
