package wal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// options are those of most tests: small files, so that there are several.
func options(fs vfs.FS) Options {
	return Options{FS: fs, Dir: "wal", Suffix: ".wal", First: 1, FileBytesMax: 400}
}

// reopen opens a log and returns it with the payloads it holds.
func reopen(t *testing.T, opts Options) (*Log, []string) {
	t.Helper()
	var got []string
	var next uint64
	l, err := Open(opts, func(r Record) error {
		if next != 0 && r.Sequence < next {
			t.Fatalf("record %d after %d", r.Sequence, next)
		}
		next = r.Sequence + 1
		got = append(got, string(r.Payload))
		return nil
	})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return l, got
}

// put commits the payloads as one group.
func put(l *Log, payloads ...string) error {
	for _, p := range payloads {
		if _, err := l.Add(1, []byte(p)); err != nil {
			return err
		}
	}
	return l.Commit()
}

// remove deletes files.
func remove(fs vfs.FS, names []string) error {
	for _, name := range names {
		if err := fs.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// numbered returns payloads first..last.
func numbered(first, last int) []string {
	var out []string
	for i := first; i <= last; i++ {
		out = append(out, fmt.Sprintf("record %d %s", i, strings.Repeat("x", i%50)))
	}
	return out
}

func wantRecords(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("got %d records %q\nwant %d %q", len(got), got, len(want), want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRecordsComeBackInOrder(t *testing.T) {
	disk := memfs.New()
	l, got := reopen(t, options(disk))
	wantRecords(t, got, nil)
	want := numbered(1, 60)
	for i := 0; i < len(want); i += 3 {
		must(t, put(l, want[i:i+3]...))
	}
	if l.Number() < 3 {
		t.Errorf("only %d files of at most 400 bytes", l.Number())
	}
	if l.Next() != 61 {
		t.Errorf("next is %d", l.Next())
	}
	for _, after := range []*memfs.FS{disk.CrashClean(), disk.CrashKeep()} {
		l2, got := reopen(t, options(after))
		wantRecords(t, got, want)
		must(t, put(l2, "more"))
		must(t, l2.Close())
		_, got = reopen(t, options(after.CrashClean()))
		wantRecords(t, got, append(slices.Clone(want), "more"))
	}
}

func TestGroupIsOneWriteAndOneSync(t *testing.T) {
	disk := memfs.New()
	l, _ := reopen(t, options(disk))
	disk.StartTrace()
	must(t, put(l, "a", "bb", "ccc"))
	want := []string{"write wal/00000001.wal 102", "sync wal/00000001.wal"}
	if got := disk.Trace(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	must(t, l.Commit())
	if got := disk.Trace(); len(got) != 2 {
		t.Errorf("an empty group did %q", got[2:])
	}
}

func TestTraceOfOpenRotateRemoveClose(t *testing.T) {
	disk := memfs.New()
	disk.StartTrace()
	l, _ := reopen(t, options(disk))
	must(t, put(l, "a"))
	n, err := l.Rotate()
	must(t, err)
	must(t, put(l, "b"))
	must(t, remove(disk, l.Forget(n)))
	must(t, l.Close())
	want := []string{
		"mkdir wal", "syncdir .",
		"create wal/00000001.wal.tmp", "write wal/00000001.wal.tmp 40", "sync wal/00000001.wal.tmp",
		"rename wal/00000001.wal.tmp -> wal/00000001.wal", "syncdir wal", "append wal/00000001.wal",
		"write wal/00000001.wal 33", "sync wal/00000001.wal",
		"create wal/00000002.wal", "write wal/00000002.wal 40", "sync wal/00000002.wal", "syncdir wal",
		"write wal/00000002.wal 33", "sync wal/00000002.wal",
		"remove wal/00000001.wal",
		"write wal/00000002.wal 32", "sync wal/00000002.wal",
	}
	if got := disk.Trace(); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestRemovedFilesAreNotRead(t *testing.T) {
	disk := memfs.New()
	l, _ := reopen(t, options(disk))
	must(t, put(l, "old"))
	n, err := l.Rotate()
	must(t, err)
	must(t, put(l, "new"))
	if size := l.Size(); size != 40+32+3+40+32+3 {
		t.Errorf("size is %d", size)
	}
	opts := options(disk.CrashClean()) // file 1 is still there: a crash came before it was deleted
	opts.First, opts.MustExist = n, true
	l2, got := reopen(t, opts)
	wantRecords(t, got, []string{"new"})
	if l2.Next() != 3 {
		t.Errorf("next is %d", l2.Next())
	}
	if names, _ := opts.FS.List("wal"); !slices.Equal(names, []string{"00000002.wal"}) {
		t.Errorf("left: %q", names)
	}
}

func TestTornTailIsCutOff(t *testing.T) {
	disk := memfs.New()
	l, _ := reopen(t, options(disk))
	must(t, put(l, "first"))
	must(t, put(l, "second", "third"))
	whole, err := disk.Bytes("wal/00000001.wal")
	must(t, err)
	lastGroup := fileHeader + frameHeader + 5
	for size := range len(whole) + 1 {
		after := memfs.New()
		must(t, after.MkdirAll("wal"))
		must(t, after.SyncDir("."))
		must(t, after.SetBytes("wal/00000001.wal", whole[:size]))
		l, got := reopen(t, options(after))
		var want []string
		if size >= lastGroup {
			want = append(want, "first")
		}
		if size >= lastGroup+frameHeader+6 {
			want = append(want, "second")
		}
		if size == len(whole) {
			want = append(want, "third")
		}
		wantRecords(t, got, want)
		must(t, put(l, "later"))
		_, got = reopen(t, options(after.CrashClean()))
		wantRecords(t, got, append(want, "later"))
	}
}

// A crash leaves zeros where room for records was reserved, in the last file or, if the cut was not yet durable, in one
// before it. They are no damage; a record that is missing before them is.
func TestReservedRoomIsNoDamage(t *testing.T) {
	for _, where := range []string{"wal/00000001.wal", "wal/00000002.wal", "wal/00000003.wal"} {
		disk := memfs.New()
		l, _ := reopen(t, options(disk))
		want := numbered(1, 3)
		for i, payload := range want {
			if i > 0 {
				_, err := l.Rotate()
				must(t, err)
			}
			must(t, put(l, payload))
		}
		data, err := disk.Bytes(where)
		must(t, err)
		must(t, disk.SetBytes(where, append(data, make([]byte, 5000)...)))
		after := disk.CrashClean()
		_, got := reopen(t, options(after))
		wantRecords(t, got, want)
		if where == "wal/00000003.wal" {
			continue // where the last record ends is not told by anything else
		}
		must(t, disk.SetBytes(where, append(data[:fileHeader], make([]byte, 5000)...)))
		if _, err := Open(options(disk.CrashClean()), func(Record) error { return nil }); dberr.KindOf(err) != dberr.Corruption {
			t.Errorf("%s without its record: %v", where, err)
		}
	}
}

// TestEveryFlippedByteIsNoticed flips each byte of a log that was closed. What was written must come back, or the damage is
// reported; nothing is lost silently.
func TestEveryFlippedByteIsNoticed(t *testing.T) {
	disk := memfs.New()
	l, _ := reopen(t, options(disk))
	want := numbered(1, 20)
	for _, p := range want {
		must(t, put(l, p))
	}
	must(t, l.Close())
	names, err := disk.List("wal")
	must(t, err)
	if len(names) < 3 {
		t.Fatalf("want several files, got %q", names)
	}
	for _, name := range names {
		name = "wal/" + name
		data, err := disk.Bytes(name)
		must(t, err)
		for i := range data {
			for _, mask := range []byte{1, 0x80, 0xff} {
				bad := slices.Clone(data)
				bad[i] ^= mask
				after := disk.CrashKeep()
				must(t, after.SetBytes(name, bad))
				var got []string
				_, err := Open(options(after), func(r Record) error {
					got = append(got, string(r.Payload))
					return nil
				})
				switch {
				case err == nil:
					wantRecords(t, got, want)
				case !dberr.Is(err, dberr.Corruption) && !dberr.Is(err, dberr.Unavailable):
					t.Fatalf("%s byte %d: %v", name, i, err)
				case !strings.Contains(err.Error(), name):
					t.Fatalf("error does not name %s: %v", name, err)
				}
			}
		}
	}
}

func TestDamageIsNotTakenForATornTail(t *testing.T) {
	disk := memfs.New()
	l, _ := reopen(t, options(disk))
	must(t, put(l, "first"))
	must(t, put(l, "second"))
	data, err := disk.Bytes("wal/00000001.wal")
	must(t, err)
	data[fileHeader+frameHeader] ^= 1 // "first", which was durable when "second" was written
	must(t, disk.SetBytes("wal/00000001.wal", data))
	_, err = Open(options(disk), func(Record) error { return nil })
	if !dberr.Is(err, dberr.Corruption) || !strings.Contains(err.Error(), "wal/00000001.wal, offset 40") {
		t.Errorf("got %v", err)
	}
	var e *dberr.Error
	if errors.As(err, &e); strings.Contains(e.Client(), "wal") {
		t.Errorf("client text names a file: %s", e.Client())
	}
}

// A last file whose header is bad was being made when the power went, unless there is more in it than a header.
func TestBadHeaderOfTheLastFile(t *testing.T) {
	disk := memfs.New()
	l, _ := reopen(t, options(disk))
	must(t, put(l, "first"))
	_, err := l.Rotate()
	must(t, err)
	empty := disk.CrashKeep()
	must(t, put(l, "second"))
	for _, c := range []struct {
		disk    *memfs.FS
		damaged bool
	}{{empty, false}, {disk, true}} {
		data, err := c.disk.Bytes("wal/00000002.wal")
		must(t, err)
		clear(data[:fileHeader])
		must(t, c.disk.SetBytes("wal/00000002.wal", data))
		_, err = Open(options(c.disk), func(Record) error { return nil })
		if c.damaged != dberr.Is(err, dberr.Corruption) || !c.damaged && err != nil {
			t.Errorf("%d bytes: %v", len(data), err)
		}
	}
}

func TestMissingAndForeignFiles(t *testing.T) {
	build := func() *memfs.FS {
		disk := memfs.New()
		l, _ := reopen(t, options(disk))
		for _, p := range numbered(1, 30) {
			must(t, put(l, p))
		}
		if l.Number() < 4 {
			t.Fatal("too few files")
		}
		return disk
	}
	swap := func(d *memfs.FS) {
		a, _ := d.Bytes("wal/00000001.wal")
		b, _ := d.Bytes("wal/00000002.wal")
		must(t, d.SetBytes("wal/00000001.wal", b))
		must(t, d.SetBytes("wal/00000002.wal", a))
	}
	short := func(d *memfs.FS) { // loses whole records, so no checksum tells
		a, _ := d.Bytes("wal/00000002.wal")
		must(t, d.SetBytes("wal/00000002.wal", a[:fileHeader]))
	}
	newer := func(d *memfs.FS) {
		a, _ := d.Bytes("wal/00000002.wal")
		a[8] = 9
		must(t, d.SetBytes("wal/00000002.wal", a))
	}
	for _, c := range []struct {
		name  string
		spoil func(*memfs.FS)
		kind  dberr.Kind
	}{
		{"first missing", func(d *memfs.FS) { must(t, d.Remove("wal/00000001.wal")) }, dberr.Corruption},
		{"middle missing", func(d *memfs.FS) { must(t, d.Remove("wal/00000002.wal")) }, dberr.Corruption},
		{"exchanged", swap, dberr.Corruption},
		{"shortened", short, dberr.Corruption},
		{"newer format", newer, dberr.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := build()
			c.spoil(disk)
			if _, err := Open(options(disk), func(Record) error { return nil }); !dberr.Is(err, c.kind) {
				t.Errorf("got %v", err)
			}
		})
	}
	opts := options(memfs.New())
	opts.MustExist = true
	if _, err := Open(opts, nil); !dberr.Is(err, dberr.Corruption) {
		t.Errorf("no files at all: %v", err)
	}
}

func TestFullDiskLosesTheGroupOnly(t *testing.T) {
	disk := memfs.New()
	l, _ := reopen(t, options(disk))
	must(t, put(l, "before"))
	disk.SetCapacity(disk.Used() + 40)
	err := put(l, "this is too long for what is left")
	if !dberr.Is(err, dberr.Unavailable) || !strings.Contains(err.Error(), "disk is full") {
		t.Fatalf("got %v", err)
	}
	must(t, put(l, "fits"))
	disk.SetCapacity(0)
	must(t, put(l, "after"))
	_, got := reopen(t, options(disk.CrashClean()))
	wantRecords(t, got, []string{"before", "fits", "after"})
}

// A group that could not be written and was reported as lost stays lost, although the system may have put bytes of it on the disk
// and a power cut may mix them with those of the next group.
func TestLostGroupStaysLost(t *testing.T) {
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 3))
		disk := memfs.New()
		fault := faultfs.New(disk)
		l, _ := reopen(t, options(fault))
		must(t, put(l, "before"))
		group := func(name string) (out []string) {
			for range 3 + rng.IntN(2) {
				out = append(out, name+strings.Repeat("-", 450+rng.IntN(3)))
			}
			return out
		}
		disk.SetCapacity(disk.Used() + 900 + rng.Int64N(500))
		if err := put(l, group("lost")...); !dberr.Is(err, dberr.Unavailable) || l.Broken() != nil {
			t.Fatalf("seed %d: %v, broken %v", seed, err, l.Broken())
		}
		disk.SetCapacity(0)
		fault.Add(faultfs.Rule{Match: faultfs.Only(faultfs.OpSync), Permanent: true})
		_ = put(l, group("next")...)
		_, got := reopen(t, options(disk.Crash(rng)))
		for _, p := range got[1:] {
			if strings.HasPrefix(p, "lost") {
				t.Fatalf("seed %d: a record that was reported as lost is there after all: %.10q", seed, got)
			}
		}
	}
}

func TestFullDiskAtANewFile(t *testing.T) {
	disk := memfs.New()
	l, _ := reopen(t, options(disk))
	for l.size < l.opts.FileBytesMax {
		must(t, put(l, strings.Repeat("x", 50)))
	}
	disk.SetCapacity(disk.Used() + 33)
	must(t, put(l, "y")) // no room for a header, so it goes to the old file
	if l.Number() != 1 {
		t.Errorf("file %d", l.Number())
	}
	disk.SetCapacity(0)
	must(t, put(l, "z"))
	if l.Number() != 2 {
		t.Errorf("file %d", l.Number())
	}
	_, got := reopen(t, options(disk.CrashClean()))
	if n := len(got); n < 3 || got[n-2] != "y" || got[n-1] != "z" {
		t.Errorf("got %q", got)
	}
}

func TestFailedSyncStopsTheLog(t *testing.T) {
	disk := memfs.New()
	fault := faultfs.New(disk)
	l, _ := reopen(t, options(fault))
	must(t, put(l, "before"))
	fault.Add(faultfs.Rule{Match: faultfs.Only(faultfs.OpSync)})
	if err := put(l, "lost?"); !dberr.Is(err, dberr.Unavailable) || !strings.Contains(err.Error(), "restarted") {
		t.Fatalf("got %v", err)
	}
	syncs := fault.Count(faultfs.OpSync)
	for range 3 {
		if err := put(l, "more"); !dberr.Is(err, dberr.Unavailable) {
			t.Fatalf("got %v", err)
		}
	}
	if _, err := l.Rotate(); !dberr.Is(err, dberr.Unavailable) {
		t.Fatalf("got %v", err)
	}
	if fault.Count(faultfs.OpSync) != syncs {
		t.Error("a failed sync was tried again")
	}
	// The program is restarted, the machine not: the bytes are seen, and must be durable afterwards.
	l2, got := reopen(t, options(disk))
	wantRecords(t, got, []string{"before", "lost?"})
	must(t, put(l2, "after"))
	_, got = reopen(t, options(disk.CrashClean()))
	wantRecords(t, got, []string{"before", "lost?", "after"})
}

func TestPayloadTooLong(t *testing.T) {
	l, _ := reopen(t, options(memfs.New()))
	if _, err := l.Add(1, make([]byte, PayloadMax+1)); !dberr.Is(err, dberr.Limit) {
		t.Errorf("got %v", err)
	}
	if _, err := l.Add(1, nil); err != nil {
		t.Error(err)
	}
}

func TestReplayErrorEndsOpen(t *testing.T) {
	disk := memfs.New()
	l, _ := reopen(t, options(disk))
	must(t, put(l, "a"))
	boom := errors.New("boom")
	if _, err := Open(options(disk), func(Record) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
}

// script commits groups on a log, with a rotation and a removal in between, and returns the payloads that were
// acknowledged and those whose fate is open.
func script(fs vfs.FS) (acked []string, unsure map[string]bool, first uint64, err error) {
	unsure = map[string]bool{}
	first = 1
	l, err := Open(options(fs), func(Record) error { return nil })
	if err != nil {
		return nil, unsure, first, err
	}
	defer func() {
		if cerr := l.Close(); err == nil {
			err = cerr
		}
	}()
	for i := range 12 {
		group := numbered(i*2+1, i*2+2)
		if perr := put(l, group...); perr != nil {
			unsure[group[0]], unsure[group[1]] = true, true
			err = errors.Join(err, perr)
		} else {
			acked = append(acked, group...)
		}
		if i == 6 {
			if n, rerr := l.Rotate(); rerr == nil {
				acked, first = nil, n
				err = errors.Join(err, remove(fs, l.Forget(n)))
			} else {
				err = errors.Join(err, rerr)
			}
		}
	}
	return acked, unsure, first, err
}

// checkAfter reads the log on a disk twice: both times the acknowledged records are there, in order, and no others but
// those whose fate is open.
func checkAfter(t *testing.T, disk *memfs.FS, acked []string, unsure map[string]bool, first uint64) {
	t.Helper()
	opts := options(disk)
	opts.First = first
	var before []string
	for round := range 2 {
		l, got := reopen(t, opts)
		must(t, l.Close())
		var sure []string
		for _, p := range got {
			if !unsure[p] {
				sure = append(sure, p)
			}
		}
		wantRecords(t, sure, acked)
		if round == 1 {
			wantRecords(t, got, before)
		}
		before = got
		opts.FS = disk.CrashClean()
	}
}

func TestEveryOperationMayFail(t *testing.T) {
	for _, effect := range []faultfs.Effect{faultfs.Fail, faultfs.FailAfter, faultfs.Short} {
		for _, permanent := range []bool{false, true} {
			for n := 1; ; n++ {
				disk := memfs.New()
				fault := faultfs.New(disk)
				rule := fault.Add(faultfs.Rule{Nth: n, Match: faultfs.Changes, Permanent: permanent, Effect: effect})
				acked, unsure, first, _ := script(fault)
				checkAfter(t, disk.CrashKeep(), acked, unsure, first)
				checkAfter(t, disk.CrashClean(), acked, unsure, first)
				if !rule.Fired() {
					break
				}
			}
		}
	}
}

func TestCrashKeepsWhatWasAcknowledged(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 1))
		disk := memfs.New()
		fault := faultfs.New(disk)
		// The power goes before an operation chosen at random.
		fault.Add(faultfs.Rule{Nth: 1 + rng.IntN(60), Match: faultfs.Changes, Permanent: true, Effect: faultfs.Effect(rng.IntN(3))})
		acked, unsure, first, _ := script(fault)
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			checkAfter(t, disk.Crash(rng), acked, unsure, first)
		})
	}
}

func FuzzRead(f *testing.F) {
	disk := memfs.New()
	l, err := Open(options(disk), func(Record) error { return nil })
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range numbered(1, 4) {
		if err := put(l, p); err != nil {
			f.Fatal(err)
		}
	}
	data, _ := disk.Bytes("wal/00000001.wal")
	f.Add(data)
	f.Add(data[:50])
	f.Fuzz(func(t *testing.T, data []byte) {
		disk := memfs.New()
		must(t, disk.MkdirAll("wal"))
		must(t, disk.SyncDir("."))
		must(t, disk.SetBytes("wal/00000001.wal", data))
		n := 0
		if _, err := Open(options(disk), func(Record) error { n++; return nil }); err != nil {
			return
		}
		again := 0
		if _, err := Open(options(disk.CrashClean()), func(Record) error { again++; return nil }); err != nil || again != n {
			t.Fatalf("second open: %d records, first %d: %v", again, n, err)
		}
	})
}
