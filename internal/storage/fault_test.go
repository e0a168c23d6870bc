package storage

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// unfinished returns a disk as a power cut leaves it in the middle of a flush: with files that nothing names and a log whose
// last record is torn. The table has the rows of h.
func unfinished(t *testing.T) (*memfs.FS, *history) {
	t.Helper()
	disk := memfs.New()
	var h history
	must(t, h.live(disk))
	fault := faultfs.New(disk)
	s := open(t, fault, func(o *Options) { o.MergeFanIn = 2 })
	for _, line := range []string{"cpu{host=f1} 5d x=1.5", "cpu{host=f2} 6d x=2.5"} {
		write(t, s, line)
		h.acked[line] = true
	}
	var after *memfs.FS
	fault.Before(func(op faultfs.Op, name string) {
		if op == faultfs.OpRename { // of the manifest
			after = disk.CrashKeep()
		}
	})
	must(t, s.Flush(ctx))
	names, err := after.List("wal")
	must(t, err)
	f, err := after.OpenAppend("wal/" + names[len(names)-1])
	must(t, err)
	_, err = f.Write([]byte("TWFMtorn"))
	must(t, err)
	return after, &h
}

// TestEveryOperationOfRecoveryMayFail fails each operation of an Open after a crash. Nothing is lost, and a later Open succeeds.
func TestEveryOperationOfRecoveryMayFail(t *testing.T) {
	disk, h := unfinished(t)
	for _, effect := range []faultfs.Effect{faultfs.Fail, faultfs.FailAfter, faultfs.Short} {
		for _, permanent := range []bool{false, true} {
			for n := 1; ; n++ {
				after := disk.CrashKeep()
				fault := faultfs.New(after)
				rule := fault.Add(faultfs.Rule{Nth: n, Permanent: permanent, Effect: effect, Err: syscall.EIO})
				s, err := Open(ctx, Options{FS: fault})
				if err == nil {
					_ = s.Close()
				} else if dberr.Is(err, dberr.Corruption) || !errors.Is(err, syscall.EIO) {
					t.Fatalf("operation %d: %v", n, err)
				}
				name := fmt.Sprintf("effect %d, permanent %v, operation %d", effect, permanent, n)
				if !t.Run(name, func(t *testing.T) {
					h.check(t, after.CrashKeep())
					h.check(t, after.CrashClean())
					h.check(t, after.Crash(rand.New(rand.NewPCG(uint64(n), 0))))
				}) {
					return
				}
				if !rule.Fired() {
					break
				}
			}
		}
	}
}

// TestDiskFullAtEveryPlace gives a life ever more room. Wherever the disk is full, reading goes on, and when there is room again all
// goes on without a restart.
func TestDiskFullAtEveryPlace(t *testing.T) {
	for room, failed := int64(1), true; failed; room += 7 {
		disk := memfs.New()
		s := open(t, disk, func(o *Options) { o.MergeFanIn = 2 })
		write(t, s, "cpu{host=a} 1 x=1.5")
		disk.SetCapacity(disk.Used() + room)
		h := history{acked: map[string]bool{"cpu{host=a} 1 x=1.5": true}}
		failed = false
		try := func(what string, err error) {
			if err == nil {
				return
			}
			if failed = true; !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("room %d, %s: %v", room, what, err)
			}
		}
		for i := range 4 {
			line := fmt.Sprintf("cpu{host=b%d} %d x=2.5", i, i)
			if _, err := s.Write(ctx, &Batch{Table: 1, Rows: rows(line)}); err == nil {
				h.acked[line] = true
			} else if try("write", err); !dberr.Is(err, dberr.Unavailable) || !strings.Contains(err.Error(), "disk is full") {
				t.Fatalf("room %d: %v", room, err)
			}
			try("flush", s.Flush(ctx))
			try("compact", s.Compact(ctx))
			h.compare(t, scanRows(t, s, 1, everything()))
		}
		if s.Stats().WritesStopped {
			t.Fatalf("room %d: writing was stopped for lack of room", room)
		}
		disk.SetCapacity(0)
		write(t, s, "cpu{host=after} 9 x=1.5")
		h.acked["cpu{host=after} 9 x=1.5"] = true
		must(t, s.Flush(ctx))
		must(t, s.Compact(ctx))
		if st := s.Stats(); st.MemoryRows != 0 {
			t.Fatalf("room %d: %d rows are still in memory", room, st.MemoryRows)
		}
		h.compare(t, scanRows(t, s, 1, everything()))
		must(t, s.Close())
		h.check(t, disk.CrashClean())
	}
}

// TestReadOnlyFolder: on a disk that refuses all changes a folder does not open, with an error that keeps the system's reason; one
// that becomes read-only while it is open goes on answering.
func TestReadOnlyFolder(t *testing.T) {
	disk := memfs.New()
	fault := faultfs.New(disk)
	s := open(t, fault)
	write(t, s, "cpu{host=a} 1 x=1.5")
	must(t, s.Flush(ctx))
	write(t, s, "cpu{host=a} 2 x=1.5")
	fault.Add(faultfs.Rule{Match: faultfs.Changes, Permanent: true, Err: syscall.EROFS})
	if _, err := s.Write(ctx, &Batch{Table: 1, Rows: rows("cpu{host=a} 3 x=1.5")}); !dberr.Is(err, dberr.Unavailable) || !errors.Is(err, syscall.EROFS) {
		t.Errorf("write: %v", err)
	}
	if err := s.Flush(ctx); !dberr.Is(err, dberr.Unavailable) {
		t.Errorf("flush: %v", err)
	}
	wantRows(t, s, "cpu{host=a} 1 x=1.5\ncpu{host=a} 2 x=1.5")
	_ = s.Close()
	if _, err := Open(ctx, Options{FS: fault}); !dberr.Is(err, dberr.Unavailable) || !errors.Is(err, syscall.EROFS) {
		t.Errorf("open: %v", err)
	}
	fault.Clear()
	wantRows(t, open(t, fault), "cpu{host=a} 1 x=1.5\ncpu{host=a} 2 x=1.5")
}

// TestUnreadableSegment: a segment that cannot be read gives an error that names it to those who need it, and nobody else suffers:
// other tables are read, written, flushed and merged.
func TestUnreadableSegment(t *testing.T) {
	disk := memfs.New()
	fault := faultfs.New(disk)
	s := open(t, fault, func(o *Options) { o.MergeFanIn, o.OpenFilesMax = 2, 1 })
	put := func(id TableID, text string) error {
		_, err := s.Write(ctx, &Batch{Table: id, Rows: rows(text)})
		return err
	}
	for i := range 2 {
		for id := range TableID(2) {
			must(t, put(id+1, fmt.Sprintf("cpu{host=a} %d x=1.5", i)))
			must(t, s.Flush(ctx))
		}
	}
	bad := s.table(1).state.segments[0].name
	fault.Add(faultfs.Rule{Match: func(op faultfs.Op, name string) bool {
		return name == bad && (op == faultfs.OpRead || op == faultfs.OpOpen)
	}, Permanent: true, Err: syscall.EIO})
	named := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", what, err)
		}
		var e *dberr.Error
		if errors.As(err, &e) && strings.Contains(e.Client(), bad) {
			t.Errorf("%s: the client is told %s", what, e.Client())
		}
	}
	_, err := readTable(s, 1)
	named("scan", err)
	named("late record", put(1, "cpu{host=a} 0 x=9.5"))
	named("compact", s.Compact(ctx))
	if n := len(s.table(2).state.segments); n != 1 {
		t.Errorf("table 2 has %d segments, since table 1 cannot be merged", n)
	}
	must(t, put(1, "cpu{host=a} 9 x=1.5"))
	must(t, put(2, "cpu{host=a} 9 x=1.5"))
	must(t, s.Flush(ctx))
	if got := scanRows(t, s, 2, everything()); len(got) != 3 {
		t.Errorf("table 2: %q", got)
	}
	fault.Clear()
	must(t, s.Compact(ctx))
	if got := scanRows(t, s, 1, everything()); len(got) != 3 {
		t.Errorf("table 1 afterwards: %q", got)
	}
}

// readTable returns all rows of a table.
func readTable(s *Store, id TableID) (lines []string, err error) {
	dims, values := allColumns(s, id)
	scan, err := s.Scan(ctx, id, Everything(append(append([]string{ColumnMeasureName, ColumnTime}, dims...), values...)...))
	if err != nil {
		return nil, err
	}
	defer scan.Close()
	for {
		b, err := scan.Next(ctx)
		if b == nil || err != nil {
			return lines, err
		}
		for i := range b.Rows {
			lines = append(lines, formatRow(b, i, dims, values))
		}
	}
}

// everyKind returns the disk of a store that was closed with at least two files of each kind, and the rows of table 1.
func everyKind(t *testing.T) (*memfs.FS, []string) {
	t.Helper()
	disk := memfs.New()
	s := open(t, disk)
	for id := range TableID(2) {
		for _, text := range []string{"cpu{host=a} 1 x=1.5 s=text\ncpu{host=b} 2 x=2.5\ncpu{host=b} 1d on=true at=5t n=7i", "cpu{host=a} 1 v2 x=7.5\ncpu{host=c zone=z} 3 x=3.5"} {
			_, err := s.Write(ctx, &Batch{Table: id + 1, Rows: rows(text)})
			must(t, err)
			must(t, s.Flush(ctx))
		}
	}
	write(t, s, "cpu{host=a} 2d x=7.5")
	want := scanRows(t, s, 1, everything())
	must(t, s.Close())
	return disk, want
}

// filesOf returns the names of all files of a store.
func filesOf(t *testing.T, disk *memfs.FS) (names []string) {
	t.Helper()
	for _, dir := range []string{".", "wal", "tables/1", "tables/2"} {
		list, err := disk.List(dir)
		must(t, err)
		for _, name := range list {
			if name = strings.TrimPrefix(dir+"/"+name, "./"); name != lockName {
				if _, err := disk.Bytes(name); err == nil {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// damage opens a store of which one file was spoiled. What comes back is right, or an error that names the file.
func damage(t *testing.T, disk *memfs.FS, want []string, file, what string) {
	t.Helper()
	got, err := readAll(disk)
	switch {
	case err == nil && !slices.Equal(got, want):
		t.Errorf("%s, %s: %q", file, what, got)
	case err == nil:
	case !dberr.Is(err, dberr.Corruption) && !dberr.Is(err, dberr.Unavailable):
		t.Errorf("%s, %s: %v", file, what, err)
	case !strings.Contains(err.Error(), file):
		t.Errorf("%s, %s: the error does not name the file: %v", file, what, err)
	}
}

// TestCutFilesAreNoticed cuts each file at each length, and puts zeros in the place of its end, as file systems do.
func TestCutFilesAreNoticed(t *testing.T) {
	disk, want := everyKind(t)
	for _, name := range filesOf(t, disk) {
		data, err := disk.Bytes(name)
		must(t, err)
		// Of the log, the seal alone may be missing without a trace: it is what tells an orderly end.
		for size := range data {
			if strings.HasPrefix(name, "wal/") && size >= len(data)-100 {
				break
			}
			after := disk.CrashKeep()
			must(t, after.SetBytes(name, data[:size]))
			damage(t, after, want, name, fmt.Sprint("cut at ", size))
			zeros := append(slices.Clone(data[:size]), make([]byte, len(data)-size)...)
			must(t, after.SetBytes(name, zeros))
			damage(t, after, want, name, fmt.Sprint("zeros from ", size))
		}
	}
}

// TestFilesInEachOthersPlace puts each file in the place of each other one, and takes each away.
func TestFilesInEachOthersPlace(t *testing.T) {
	disk, want := everyKind(t)
	files := filesOf(t, disk)
	for _, name := range files {
		for _, other := range files {
			data, err := disk.Bytes(other)
			must(t, err)
			after := disk.CrashKeep()
			must(t, after.SetBytes(name, data))
			damage(t, after, want, name, "replaced by "+other)
		}
		after := disk.CrashKeep()
		must(t, after.Remove(name))
		damage(t, after, want, name, "missing")
	}
	after := disk.CrashKeep()
	for _, name := range []string{"notes.txt", "wal/notes.txt", "tables/notes.txt", "tables/1/notes.txt", "tables/1/7.seg.bak"} {
		must(t, after.SetBytes(name, []byte("not ours")))
	}
	if got, err := readAll(after); err != nil || !slices.Equal(got, want) {
		t.Errorf("with files that are not ours: %q, %v", got, err)
	}
	if _, err := after.Bytes("tables/1/notes.txt"); err != nil {
		t.Errorf("a file that is not ours was removed: %v", err)
	}
}
