package storage

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// TestFormatPages holds the examples in the pages of docs/format about the log, the index and the manifest: the store
// writes exactly these bytes, and reads them.
func TestFormatPages(t *testing.T) {
	disk := memfs.New()
	s := open(t, disk)
	const stored = "cpu{host=a} 1000 load=1.5 users=3i\ncpu{host=b} 1d v2 load=2.5"
	write(t, s, stored)
	must(t, s.Close())
	wantPage(t, disk, "wal.md", "wal/00000001.wal")
	s = open(t, disk)
	must(t, s.Flush(ctx))
	must(t, s.DropTable(ctx, 9)) // has no trace: it was never written to
	must(t, s.Close())
	wantPage(t, disk, "index.md", "tables/1/1.idx")
	// Lengths of segments are another page's affair.
	m, err := readManifest(disk)
	must(t, err)
	for i := range m.tables[0].segments {
		m.tables[0].segments[i].bytes = 400 + int64(i)
	}
	m.dropped = []droppedTable{{9, 2}}
	must(t, disk.SetBytes("manifest with lengths", m.encode()))
	wantPage(t, disk, "manifest.md", "manifest with lengths")

	// The log of the page is read as it stands there.
	fresh := memfs.New()
	must(t, open(t, fresh).Close())
	must(t, fresh.SetBytes("wal/00000001.wal", pageExample(t, "wal.md")))
	wantRows(t, open(t, fresh), "cpu{host=a} 1000 load=1.5 users=3i\ncpu{host=b} 1d load=2.5")
}

func wantPage(t *testing.T, disk *memfs.FS, page, file string) {
	t.Helper()
	got, err := disk.Bytes(file)
	must(t, err)
	if !bytes.Equal(got, pageExample(t, page)) {
		t.Errorf("%s is not what %s shows:\n%s", file, page, hex.Dump(got))
	}
}

// pageExample returns the bytes of the example in a format page: the lines of its block "hex", each an offset, bytes, and
// perhaps a remark after a semicolon.
func pageExample(t *testing.T, page string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "format", page))
	must(t, err)
	_, rest, ok := strings.Cut(string(text), "```hex\n")
	block, _, ok2 := strings.Cut(rest, "```")
	if !ok || !ok2 {
		t.Fatalf("%s has no example", page)
	}
	var out []byte
	for line := range strings.Lines(block) {
		code, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		offset, code, _ := strings.Cut(code, " ")
		if want := fmt.Sprintf("%04x", len(out)); offset != want {
			t.Fatalf("%s: line %q begins at %s", page, line, want)
		}
		b, err := hex.DecodeString(strings.ReplaceAll(code, " ", ""))
		if err != nil {
			t.Fatalf("%s: line %q: %v", page, line, err)
		}
		out = append(out, b...)
	}
	return out
}
