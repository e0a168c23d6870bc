package storage

import (
	"bytes"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
	"github.com/tidemarkdb/tidemark/internal/wal"
)

func FuzzDecodeManifest(f *testing.F) {
	m := &manifest{nextFile: 12, walFirst: 3, tables: []tableFiles{
		{id: 1, index: 4, indexLength: 99, segments: []segmentInfo{{file: 5, window: -3, sequence: 7, rows: 8, bytes: 9, from: -10, to: 11}}},
	}, dropped: []droppedTable{{5, 6}}}
	f.Add(m.encode()[manifestHeader:])
	f.Fuzz(func(t *testing.T, content []byte) {
		// With a right header, so that the content is looked at.
		b := (&manifest{walFirst: 1}).encode()[:12]
		b = appendUint32(b, uint32(len(content)))
		sum := checksum(checksum(0, b), content)
		m, err := decodeManifest(append(appendUint32(b, sum), content...))
		if err != nil {
			return
		}
		again, err := decodeManifest(m.encode())
		if err != nil || !bytes.Equal(again.encode(), m.encode()) {
			t.Fatalf("does not come back: %v", err)
		}
	})
}

// FuzzReplay gives log records of any content to a start, behind a right one. It must not panic, and the rows of the right
// one must be there if it succeeds.
func FuzzReplay(f *testing.F) {
	disk := memfs.New()
	s, err := Open(ctx, Options{FS: disk})
	if err != nil {
		f.Fatal(err)
	}
	write(f, s, "cpu{host=a} 1 x=1.5 n=1i t=1t s=x b=true")
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	log, err := wal.Open(wal.Options{FS: disk.CrashKeep(), Dir: walDir, Suffix: walSuffix, First: 1}, func(r wal.Record) error {
		f.Add(uint8(frameRows), bytes.Clone(r.Payload))
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	_ = log.Close()
	f.Add(uint8(frameDrop), []byte{1})
	f.Fuzz(func(t *testing.T, typ uint8, payload []byte) {
		disk := disk.CrashKeep()
		log, err := wal.Open(wal.Options{FS: disk, Dir: walDir, Suffix: walSuffix, First: 1}, func(wal.Record) error { return nil })
		must(t, err)
		_, err = log.Add(max(typ, 1), payload)
		must(t, err)
		must(t, log.Commit())
		must(t, log.Close())
		s, err := Open(ctx, Options{FS: disk})
		if err != nil {
			return
		}
		defer func() { must(t, s.Close()) }()
		got := scanRows(t, s, 1, everything())
		if typ != frameDrop && len(got) == 0 {
			t.Fatal("the first row is gone")
		}
		must(t, s.Flush(ctx))
	})
}
