package wal

import (
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// Room behind the last record, which a killed program leaves, is neither damage nor an unfinished record; anything else there is.
func TestScanPassesByRoom(t *testing.T) {
	disk := memfs.New()
	l, _ := reopen(t, options(disk))
	must(t, put(l, "a", "b"))
	data, err := disk.Bytes("wal/00000001.wal")
	must(t, err)
	count := func(data []byte) (n int, torn bool, err error) {
		_, torn, err = Scan("wal/00000001.wal", data, func(Entry) error { n++; return nil })
		return n, torn, err
	}
	room := append(append([]byte(nil), data...), make([]byte, 1000)...)
	if n, torn, err := count(room); n != 2 || torn || err != nil {
		t.Errorf("%d records, torn %v, %v", n, torn, err)
	}
	room[len(data)+500] = 1
	if n, torn, err := count(room); n != 2 || !torn || err == nil {
		t.Errorf("with a byte in it: %d records, torn %v, %v", n, torn, err)
	}
}
