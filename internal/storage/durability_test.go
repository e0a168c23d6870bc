package storage

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestTrace holds the order of file operations: a sync that gets lost is a changed line.
func TestTrace(t *testing.T) {
	disk := memfs.New()
	var got strings.Builder
	step := func(name string, do func()) {
		t.Helper()
		disk.StartTrace()
		do()
		fmt.Fprintf(&got, "# %s\n", name)
		for _, line := range disk.Trace() {
			if words := strings.Fields(line); words[0] == "write" {
				line = words[0] + " " + words[1] // lengths are no concern of this test
			}
			got.WriteString(line + "\n")
		}
	}
	// Two writes to one file in a row are one here: how a segment is cut into writes is its own affair.
	var s *Store
	step("open a new folder", func() { s = open(t, disk, func(o *Options) { o.MergeFanIn = 2 }) })
	step("write", func() { write(t, s, "cpu{host=a} 1 =1.5\ncpu{host=b} 1d =1.5") })
	step("write what is stored", func() { write(t, s, "cpu{host=a} 1 =1.5") })
	step("flush", func() { must(t, s.Flush(ctx)) })
	step("flush nothing", func() { must(t, s.Flush(ctx)) })
	step("write and flush again, a new series", func() {
		write(t, s, "cpu{host=c} 2 =1.5")
		must(t, s.Flush(ctx))
	})
	step("compact", func() { must(t, s.Compact(ctx)) })
	step("compact nothing", func() { must(t, s.Compact(ctx)) })
	step("expire", func() { must(t, s.Expire(ctx, 1, windowNanos)) })
	step("expire nothing", func() { must(t, s.Expire(ctx, 1, windowNanos)) })
	step("close", func() { must(t, s.Close()) })
	step("open", func() { s = open(t, disk) })
	step("drop a table", func() { must(t, s.DropTable(ctx, 1)) })
	step("close and open", func() {
		must(t, s.Close())
		s = open(t, disk)
	})
	disk, _ = unfinished(t)
	step("open after a power cut in a flush, with a torn record at the end of the log", func() { open(t, disk) })
	text := dedupe(got.String())
	golden := filepath.Join("testdata", "trace.txt")
	if *update {
		must(t, os.WriteFile(golden, []byte(text), 0o644))
	}
	want, err := os.ReadFile(golden)
	must(t, err)
	if text != string(want) {
		t.Errorf("the operations differ from %s (rewrite it with -update):\n%s", golden, text)
	}
}

// dedupe makes one line of equal lines that follow each other.
func dedupe(text string) string {
	return strings.Join(slices.Compact(strings.SplitAfter(text, "\n")), "")
}

// history is what a test did to a store and what it may rely on.
type history struct {
	acked   map[string]bool // rows, in the notation
	unsure  [][]string      // batches that failed with an unknown outcome
	dropped bool            // table 2 was dropped
	tried   bool            // that was tried
	expired bool            // dropping rows of window 0 was tried
}

// live runs a life of a store: writes, flushes, merges, a drop. It goes on after errors, as callers do.
func (h *history) live(fs vfs.FS) error {
	h.acked = map[string]bool{}
	s, err := Open(ctx, Options{FS: fs, MergeFanIn: 2})
	if err != nil {
		return err
	}
	var errs []error
	put := func(id TableID, lines ...string) {
		b := Batch{Table: id}
		for _, l := range lines {
			b.Rows = append(b.Rows, row(l))
		}
		if _, err := s.Write(ctx, &b); err != nil {
			errs = append(errs, err)
			if id == 1 {
				h.unsure = append(h.unsure, lines)
			}
			return
		}
		if id == 1 {
			for _, l := range lines {
				h.acked[l] = true
			}
		}
	}
	do := func(err error) { errs = append(errs, err) }
	for round := range 3 {
		put(1, fmt.Sprintf("cpu{host=a} %d x=1.5", round), fmt.Sprintf("cpu{host=b%d} %d y=z", round, round))
		put(2, fmt.Sprintf("cpu{host=a} %d x=1.5", round))
		do(s.Flush(ctx))
		put(1, fmt.Sprintf("cpu{host=a} %dd x=2.5", round+1), fmt.Sprintf("cpu{host=a} 1d%d z%d=1i", round+1, round))
		do(s.Compact(ctx))
	}
	h.tried = true
	if err := s.DropTable(ctx, 2); err != nil {
		do(err)
	} else {
		h.dropped = true
	}
	h.expired = true
	do(s.Expire(ctx, 1, windowNanos))
	do(s.Flush(ctx))
	do(s.Close())
	return errors.Join(errs...)
}

// check opens the store that the history left on a disk, twice, and compares.
func (h *history) check(t *testing.T, disk *memfs.FS) {
	t.Helper()
	var before []string
	for round := range 2 {
		s, err := Open(ctx, Options{FS: disk})
		if err != nil {
			t.Fatalf("open %d: %v\n%s", round, err, disk.Dump())
		}
		got := scanRows(t, s, 1, everything())
		h.compare(t, got)
		if second := scanRows(t, s, 2, everything()); h.dropped && len(second) > 0 || !h.tried && len(second) > 3 {
			t.Fatalf("table 2 has %q", second)
		}
		if round == 1 && !slices.Equal(got, before) {
			t.Fatalf("the second start found %q, the first %q", got, before)
		}
		before = got
		if round == 1 {
			write(t, s, "cpu{host=new} 99 x=1.5") // it still works
			must(t, s.Flush(ctx))
		}
		must(t, s.Close())
		disk = disk.CrashClean()
	}
}

// compare wants each acknowledged row once and each batch of unknown outcome as a whole or not at all.
func (h *history) compare(t *testing.T, got []string) {
	t.Helper()
	count := map[string]int{}
	for _, line := range got {
		count[line]++
	}
	for line := range h.acked {
		r := row(line)
		if n := count[line]; n > 1 || n == 0 && !(h.expired && r.Time < windowNanos) {
			t.Fatalf("%q is there %d times; all: %q", line, n, got)
		}
		delete(count, line)
	}
	for _, batch := range h.unsure {
		there := 0
		for _, line := range batch {
			there += count[line]
			delete(count, line)
		}
		if there != 0 && there != len(batch) && !h.expired {
			t.Fatalf("of the batch %q only %d rows are there", batch, there)
		}
	}
	if len(count) > 0 {
		t.Fatalf("rows that nobody wrote: %v", count)
	}
}

func TestEveryOperationMayFail(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, effect := range []faultfs.Effect{faultfs.Fail, faultfs.FailAfter, faultfs.Short} {
		for _, permanent := range []bool{false, true} {
			for n := 1; ; n++ {
				disk := memfs.New()
				fault := faultfs.New(disk)
				rule := fault.Add(faultfs.Rule{Nth: n, Match: faultfs.Changes, Permanent: permanent, Effect: effect})
				var h history
				err := h.live(fault)
				if !rule.Fired() {
					if err != nil {
						t.Fatal(err)
					}
					break
				}
				name := fmt.Sprintf("effect %d, permanent %v, operation %d", effect, permanent, n)
				if !t.Run(name, func(t *testing.T) {
					h.check(t, disk.CrashKeep())
					h.check(t, disk.CrashClean())
				}) {
					return
				}
			}
		}
	}
}

func TestReadErrorsDoNoHarm(t *testing.T) {
	for n := 1; ; n++ {
		disk := memfs.New()
		var h history
		must(t, h.live(disk))
		fault := faultfs.New(disk)
		rule := fault.Add(faultfs.Rule{Nth: n, Match: faultfs.Only(faultfs.OpOpen, faultfs.OpRead, faultfs.OpList, faultfs.OpSize)})
		if s, err := Open(ctx, Options{FS: fault, MergeFanIn: 2}); err == nil {
			if scan, err := s.Scan(ctx, 1, Everything(ColumnTime, "x", "y")); err == nil {
				for b, err := scan.Next(ctx); b != nil && err == nil; b, err = scan.Next(ctx) {
				}
				scan.Close()
			}
			_ = s.Compact(ctx)
			_ = s.Flush(ctx)
			must(t, s.Close())
		}
		h.check(t, disk.CrashClean())
		if !rule.Fired() {
			break
		}
	}
}

// TestCrash cuts the power at a random operation of a random life, and leaves a disk as it could be then.
func TestCrash(t *testing.T) {
	seeds := uint64(300)
	if testing.Short() {
		seeds = 30
	}
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(seed, 5))
		disk := memfs.New()
		fault := faultfs.New(disk)
		fault.Add(faultfs.Rule{Nth: 1 + rng.IntN(220), Match: faultfs.Changes, Permanent: true, Effect: faultfs.Effect(rng.IntN(3))})
		var h history
		_ = h.live(fault)
		if !t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { h.check(t, disk.Crash(rng)) }) {
			return
		}
	}
}

func TestFullDisk(t *testing.T) {
	disk := memfs.New()
	s := open(t, disk)
	write(t, s, "cpu{host=a} 1 =1.5")
	disk.SetCapacity(disk.Used() + 10)
	_, err := s.Write(ctx, &Batch{Table: 1, Rows: rows("cpu{host=new} 2 fresh=1.5")})
	if !dberr.Is(err, dberr.Unavailable) || !strings.Contains(err.Error(), "disk is full") {
		t.Fatalf("got %v", err)
	}
	if err := s.Flush(ctx); err == nil {
		t.Error("flush on a full disk")
	}
	// Nothing of the failed batch is left, and reading goes on.
	wantRows(t, s, "cpu{host=a} 1 =1.5")
	if got := s.Schema(1); len(got.Types) != 1 {
		t.Errorf("schema %+v", got)
	}
	disk.SetCapacity(0)
	write(t, s, "cpu{host=b} 2 fresh=x") // the name has no type yet
	must(t, s.Flush(ctx))
	must(t, s.Close())
	wantRows(t, open(t, disk.CrashClean()), "cpu{host=a} 1 =1.5\ncpu{host=b} 2 fresh=x")
}

func TestOnTheRealFileSystem(t *testing.T) {
	fs := vfs.OS(filepath.Join(t.TempDir(), "not", "there", "yet"))
	s := open(t, fs, func(o *Options) { o.MergeFanIn = 2 })
	if _, err := Open(ctx, Options{FS: fs}); !dberr.Is(err, dberr.Unavailable) {
		t.Errorf("second open: %v", err)
	}
	const all = "cpu{host=a} 1 =1.5\ncpu{host=a} 2 =2.5\ncpu{host=a} 3 =3.5"
	for _, line := range strings.Split(all, "\n") {
		write(t, s, line)
		must(t, s.Flush(ctx))
		must(t, s.Compact(ctx))
	}
	write(t, s, "mem{host=a} 1 =1.5")
	_, err := s.Write(ctx, &Batch{Table: 2, Rows: rows(all)})
	must(t, err)
	must(t, s.DropTable(ctx, 2))
	wantRows(t, s, all+"\nmem{host=a} 1 =1.5")
	must(t, s.Close())
	s = open(t, fs)
	wantRows(t, s, all+"\nmem{host=a} 1 =1.5")
	must(t, s.Close())
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	disk := memfs.New(memfs.WithCapacity(20))
	if _, err := Open(ctx, Options{FS: disk}); !dberr.Is(err, dberr.Unavailable) || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("full disk: %v", err)
	}
	fault := faultfs.New(memfs.New())
	fault.Add(faultfs.Rule{Match: faultfs.Only(faultfs.OpMkdir), Err: os.ErrPermission})
	if _, err := Open(ctx, Options{FS: fault}); !dberr.Is(err, dberr.Unavailable) || !errors.Is(err, os.ErrPermission) {
		t.Errorf("no permission: %v", err)
	}
}

func TestFailedLogSyncStopsWriting(t *testing.T) {
	disk := memfs.New()
	fault := faultfs.New(disk)
	s := open(t, fault)
	write(t, s, "cpu{host=a} 1 =1.5")
	fault.Add(faultfs.Rule{Match: faultfs.Only(faultfs.OpSync)})
	_, err := s.Write(ctx, &Batch{Table: 1, Rows: rows("cpu{host=a} 2 =1.5")})
	for what, err := range map[string]error{"write": err, "flush": s.Flush(ctx), "drop": s.DropTable(ctx, 1)} {
		if !dberr.Is(err, dberr.Unavailable) || !strings.Contains(err.Error(), "restarted") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if !s.Stats().WritesStopped {
		t.Error("stats do not tell")
	}
	wantRows(t, s, "cpu{host=a} 1 =1.5") // reads go on
	_ = s.Close()
	s = open(t, disk)
	write(t, s, "cpu{host=a} 3 =1.5")
	if got := scanRows(t, s, 1, everything()); len(got) < 2 || got[0] != "cpu{host=a} 1 =1.5" {
		t.Errorf("got %q", got)
	}
}

func TestDropTableIsForEver(t *testing.T) {
	for name, before := range map[string]func(*Store){
		"in memory": func(*Store) {},
		"flushed":   func(s *Store) { must(t, s.Flush(ctx)) },
		"both": func(s *Store) {
			must(t, s.Flush(ctx))
			write(t, s, "cpu{host=a} 2 =1.5")
		},
	} {
		for _, crash := range []func(*memfs.FS) *memfs.FS{(*memfs.FS).CrashClean, (*memfs.FS).CrashKeep} {
			t.Run(name, func(t *testing.T) {
				disk := memfs.New()
				s := open(t, disk)
				write(t, s, "cpu{host=a} 1 =1.5")
				_, err := s.Write(ctx, &Batch{Table: 2, Rows: rows("cpu{host=a} 1 =1.5")})
				must(t, err)
				before(s)
				must(t, s.DropTable(ctx, 1))
				must(t, s.DropTable(ctx, 1))
				must(t, s.DropTable(ctx, 77))
				if _, err := s.Write(ctx, &Batch{Table: 1, Rows: rows("cpu{host=a} 3 =1.5")}); !dberr.Is(err, dberr.NotFound) {
					t.Errorf("write to a dropped table: %v", err)
				}
				if st := s.Stats(); st.Tables != 1 || st.MemoryRows != 1-st.SegmentRows || s.active.Load() > s.memory.Load() {
					t.Errorf("stats %+v", st)
				}
				after := crash(disk)
				for range 3 {
					wantRows(t, s, "")
					if got := s.Tables(); !slices.Equal(got, []TableID{2}) {
						t.Errorf("tables %v", got)
					}
					must(t, s.Flush(ctx))
					if st := s.Stats(); st.MemoryBytes != 0 || st.MemoryRows != 0 || s.active.Load() != 0 {
						t.Errorf("after a flush: %+v", st)
					}
					must(t, s.Close())
					s = open(t, after)
					if names, _ := after.List("tables"); slices.Contains(names, "1") {
						t.Error("the table's folder is still there")
					}
					after = crash(after)
				}
			})
		}
	}
}

func TestOneProcessAtATime(t *testing.T) {
	disk := memfs.New()
	s := open(t, disk)
	if _, err := Open(ctx, Options{FS: disk}); !dberr.Is(err, dberr.Unavailable) {
		t.Errorf("got %v", err)
	}
	must(t, s.Close())
	open(t, disk)
}

func TestEveryFlippedByteOfTheManifestIsNoticed(t *testing.T) {
	disk := memfs.New()
	var h history
	must(t, h.live(disk))
	data, err := disk.Bytes(manifestName)
	must(t, err)
	for i := range data {
		for _, mask := range []byte{1, 0x80, 0xff} {
			bad := slices.Clone(data)
			bad[i] ^= mask
			after := disk.CrashKeep()
			must(t, after.SetBytes(manifestName, bad))
			_, err := Open(ctx, Options{FS: after})
			if !dberr.Is(err, dberr.Corruption) && !dberr.Is(err, dberr.Unavailable) {
				t.Fatalf("byte %d: %v", i, err)
			}
		}
	}
	for size := range data {
		after := disk.CrashKeep()
		must(t, after.SetBytes(manifestName, data[:size]))
		if _, err := Open(ctx, Options{FS: after}); !dberr.Is(err, dberr.Corruption) {
			t.Fatalf("%d bytes: %v", size, err)
		}
	}
}

func TestNewerFormatAndMissingFiles(t *testing.T) {
	disk := memfs.New()
	var h history
	must(t, h.live(disk))
	names, err := disk.List("tables/1")
	must(t, err)
	patch := func(name string, at int) func(*memfs.FS) {
		return func(d *memfs.FS) {
			b, err := d.Bytes(name)
			must(t, err)
			b[at] = 9
			must(t, d.SetBytes(name, b))
		}
	}
	wal, err := disk.List("wal")
	must(t, err)
	for _, c := range []struct {
		name  string
		spoil func(*memfs.FS)
		kind  dberr.Kind
	}{
		{"newer manifest", patch(manifestName, 8), dberr.Unavailable},
		{"newer log", patch("wal/"+wal[0], 8), dberr.Unavailable},
		{"newer index", patch("tables/1/"+names[slices.IndexFunc(names, func(n string) bool { return strings.HasSuffix(n, indexSuffix) })], 8), dberr.Unavailable},
		{"no manifest", func(d *memfs.FS) { must(t, d.Remove(manifestName)) }, dberr.Corruption},
		{"no log", func(d *memfs.FS) { must(t, d.Remove("wal/"+wal[0])) }, dberr.Corruption},
		{"a file of a table", func(d *memfs.FS) { must(t, d.Remove("tables/1/"+names[0])) }, dberr.Corruption},
		{"another file of a table", func(d *memfs.FS) { must(t, d.Remove("tables/1/"+names[1])) }, dberr.Corruption},
	} {
		after := disk.CrashKeep()
		c.spoil(after)
		if _, err := Open(ctx, Options{FS: after}); !dberr.Is(err, c.kind) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestManifestRoundTrip(t *testing.T) {
	m := &manifest{nextFile: 12, walFirst: 3, tables: []tableFiles{
		{id: 1, index: 4, indexLength: 99, segments: []segmentInfo{{file: 5, window: -3, sequence: 7, rows: 8, bytes: 9, from: -10, to: 11}}}, {id: 1 << 60},
	}, dropped: []droppedTable{{5, 6}, {7, 8}}}
	got, err := decodeManifest(m.encode())
	must(t, err)
	if fmt.Sprint(*got) != fmt.Sprint(*m) {
		t.Errorf("got %+v", got)
	}
}

func TestMaintainFlushesAndMerges(t *testing.T) {
	now := clock.NewManual(time.Unix(0, 0))
	s := open(t, memfs.New(), func(o *Options) { o.MemstoreBytesMax, o.MergeFanIn, o.Clock = 64<<10, 2, now })
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.Maintain(ctx)
	}()
	for i := range int64(20) {
		fill(t, s, "m{h=a}", i*5000, 5000, 1) // waits when flushing is behind
	}
	for s.Metrics().Compactions.Load() == 0 {
		fill(t, s, "m{h=a}", 1_000_000+s.Metrics().RowsStored.Load(), 100, 1)
		now.Advance(maintainInterval)
		time.Sleep(time.Millisecond)
	}
	if s.Metrics().Flushes.Load() == 0 {
		t.Error("nothing was flushed")
	}
	must(t, s.Close())
	<-stopped
}

// A window that is left alone ends as one segment. The longer it waits the more there is to rewrite for what is new.
func TestSettledWindowsBecomeOneSegment(t *testing.T) {
	now := clock.NewManual(time.Unix(0, 0))
	s := open(t, memfs.New(), func(o *Options) { o.SettleAfter, o.Clock = time.Minute, now })
	segments := func() int {
		must(t, s.Compact(ctx))
		return len(s.table(1).state.segments)
	}
	for i := range int64(2) {
		fill(t, s, "m{h=a}", i*5000, 5000, 1)
		must(t, s.Flush(ctx))
	}
	now.Advance(59 * time.Second)
	if n := segments(); n != 2 {
		t.Errorf("%d segments before the window has settled, want 2", n)
	}
	now.Advance(time.Minute)
	if n := segments(); n != 1 {
		t.Errorf("%d segments after the window has settled, want 1", n)
	}
	fill(t, s, "m{h=a}", 10_000, 1, 1)
	must(t, s.Flush(ctx))
	now.Advance(time.Minute)
	if n := segments(); n != 2 {
		t.Errorf("%d segments a minute after a single row, want 2", n)
	}
	now.Advance(time.Hour * 24)
	if n := segments(); n != 1 {
		t.Errorf("%d segments a day after a single row, want 1", n)
	}
}

func TestWritesWaitForMemoryButNotForEver(t *testing.T) {
	now := clock.NewManual(time.Unix(0, 0))
	s := open(t, memfs.New(), func(o *Options) { o.MemstoreBytesMax, o.Clock = 10<<10, now })
	fill(t, s, "m{h=a}", 0, 5000, 1) // one batch may exceed the limit
	result := make(chan error)
	put := func() {
		_, err := s.Write(ctx, &Batch{Table: 1, Rows: rows("m{h=a} 9999 =1i")})
		result <- err
	}
	go put()
	for s.Metrics().WritesDelayed.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	for done := false; !done; {
		select {
		case err := <-result:
			if !dberr.Is(err, dberr.Throttled) {
				t.Errorf("got %v", err)
			}
			done = true
		default:
			now.Advance(writeWaitMax)
			time.Sleep(time.Millisecond)
		}
	}
	go put()
	for s.Metrics().WritesDelayed.Load() == 1 {
		time.Sleep(time.Millisecond)
	}
	must(t, s.Flush(ctx))
	must(t, <-result)
}
