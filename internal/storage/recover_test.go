package storage

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// smallMemory lets a recovery flush at the end of each log file that has rows; smallFiles makes such files.
func smallMemory(o *Options) { o.MemstoreBytesMax = 1000 }
func smallFiles(o *Options)  { o.WALBytesMax = 1 }

// logFiles returns the names of the log's files.
func logFiles(t testing.TB, disk vfs.FS) []string {
	t.Helper()
	names, err := disk.List(walDir)
	must(t, err)
	return names
}

// longLog returns a disk as a crash left it: with segments and an index file of an earlier flush, and a log of several
// files. It has rows of tables 1, 2 and 3, upserts of rows in earlier files and in the segments, new series and columns all
// along, and the end of table 2, which has segments.
func longLog(t testing.TB) *memfs.FS {
	t.Helper()
	disk := memfs.New()
	s := open(t, disk, smallFiles)
	put := func(id TableID, lines ...string) {
		t.Helper()
		res, err := s.Write(ctx, &Batch{Table: id, Rows: rows(strings.Join(lines, "\n"))})
		must(t, err)
		if len(res.Rejected) > 0 {
			t.Fatal(describe(res))
		}
	}
	put(1, "cpu{host=a} 1 x=1.5", "cpu{host=b} 1d x=1.5")
	put(2, "cpu{host=a} 1 x=1.5")
	must(t, s.Flush(ctx))
	text := strings.Repeat("long", 8<<10)
	for i := range 12 {
		put(1, fmt.Sprintf("cpu{host=a} %d x=2.5 text=%s", 10+i, text), fmt.Sprintf("cpu{host=new%d} %dd y%d=3i", i, i%3, i))
		put(1, fmt.Sprintf("cpu{host=a} 1 v%d x=%d.5", i+2, i), fmt.Sprintf("cpu{host=a} 9 v%d x=%d.5", i+1, i))
		if i < 7 {
			put(2, fmt.Sprintf("cpu{host=a} %d x=1.5", i+5))
		}
		put(3, fmt.Sprintf("mem{host=%d} %dd v%d used=%di", i%5, i%2, i+1, i), fmt.Sprintf("mem{zone=z%d} %d free=%di", i, i, i))
		if i == 7 {
			must(t, s.DropTable(ctx, 2))
		}
	}
	if n := len(logFiles(t, disk)); n < 5 {
		t.Fatalf("the log has %d files only", n)
	}
	return disk.CrashKeep()
}

// contents returns all rows of the tables of longLog.
func contents(t testing.TB, s *Store) []string {
	t.Helper()
	var out []string
	for id := range TableID(4) {
		for _, line := range scanRows(t, s, id, everything()) {
			out = append(out, fmt.Sprint(id, " ", strings.ReplaceAll(line, "longlong", "")))
		}
	}
	return out
}

// wantContents compares all rows, and looks at what is on the disk.
func wantContents(t testing.TB, s *Store, disk vfs.FS, want []string) {
	t.Helper()
	if got := contents(t, s); !slices.Equal(got, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if names, _ := disk.List(tableDir(2)); len(names) > 0 {
		t.Fatalf("files of a dropped table are left: %q", names)
	}
}

func TestRowsBeyondMemoryAreFlushedWhileTheLogIsRead(t *testing.T) {
	disk := longLog(t)
	before := len(logFiles(t, disk))
	reference := disk.CrashKeep()
	s := open(t, reference)
	want := contents(t, s)
	if len(want) < 40 || s.Stats().MemoryRows < 40 {
		t.Fatalf("%d rows, %+v", len(want), s.Stats())
	}
	s = open(t, disk, smallMemory)
	wantContents(t, s, disk, want)
	st := s.Stats()
	if n := len(logFiles(t, disk)); n != 1 || st.MemoryRows > 10 || st.Segments < before || st.LogBytes > 70<<10 {
		t.Errorf("%d log files, before %d; %+v", n, before, st)
	}
	if all, active := s.weighRows(); all != s.memory.Load() || active != s.active.Load() || all != active {
		t.Errorf("memory %d, counted %d", all, s.memory.Load())
	}
	// It works on: a flush finds only what is not in segments yet.
	must(t, s.Flush(ctx))
	write(t, s, "cpu{host=a} 5d x=1.5")
	must(t, s.Flush(ctx))
	must(t, s.Compact(ctx))
	want = contents(t, s)
	if st := s.Stats(); st.MemoryRows != 0 {
		t.Errorf("after a flush: %+v", st)
	}
	must(t, s.Close())
	wantContents(t, open(t, disk.CrashClean()), disk, want)
}

// TestEveryOperationOfARecoveryMayFail cuts the power, or lets an operation fail, at every place of a recovery that flushes.
// Whatever is left on the disk holds the same rows, and so does what a second recovery leaves.
func TestEveryOperationOfARecoveryMayFail(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	left := longLog(t)
	want := contents(t, open(t, left.CrashKeep()))
	check := func(t *testing.T, disk *memfs.FS, n int) {
		for round := range 2 {
			var change []func(*Options)
			if (n+round)%2 == 0 {
				change = append(change, smallMemory)
			}
			s, err := Open(ctx, withOptions(disk, change...))
			if err != nil {
				t.Fatalf("open %d: %v\n%s", round, err, disk.Dump())
			}
			wantContents(t, s, disk, want)
			must(t, s.Close())
			disk = disk.CrashClean()
		}
	}
	for _, c := range []struct {
		effect    faultfs.Effect
		permanent bool
	}{{faultfs.Fail, true}, {faultfs.FailAfter, true}, {faultfs.Short, true}, {faultfs.Fail, false}, {faultfs.FailAfter, false}} {
		for n := 1; ; n++ {
			rng := rand.New(rand.NewPCG(uint64(n), uint64(c.effect)))
			disk := left.CrashKeep()
			fault := faultfs.New(disk)
			rule := fault.Add(faultfs.Rule{Nth: n, Match: faultfs.Changes, Permanent: c.permanent, Effect: c.effect})
			if s, err := Open(ctx, withOptions(fault, smallMemory)); err == nil {
				_ = s.Close()
			}
			if !rule.Fired() {
				if n < 80 {
					t.Fatalf("a recovery has %d operations only", n)
				}
				break
			}
			if !t.Run(fmt.Sprintf("%+v, operation %d", c, n), func(t *testing.T) {
				if rng.IntN(2) == 0 {
					check(t, disk.CrashClean(), n)
				} else {
					check(t, disk.Crash(rng), n)
				}
			}) {
				return
			}
		}
	}
}

// withOptions makes options.
func withOptions(fs vfs.FS, change ...func(*Options)) Options {
	o := Options{FS: fs}
	for _, c := range change {
		c(&o)
	}
	return o
}

func TestRecoveryOnAFullDisk(t *testing.T) {
	disk := longLog(t)
	want := contents(t, open(t, disk.CrashKeep()))
	disk.SetCapacity(disk.Used() + 100)
	_, err := Open(ctx, withOptions(disk, smallMemory))
	if !dberr.Is(err, dberr.Unavailable) || !strings.Contains(err.Error(), "disk is full") {
		t.Fatalf("got %v", err)
	}
	disk.SetCapacity(0)
	wantContents(t, open(t, disk, smallMemory), disk, want)
}

// TestOpenReadsNoSegments lets every touch of a segment fail while a store is opened.
func TestOpenReadsNoSegments(t *testing.T) {
	disk := memfs.New()
	s := open(t, disk)
	for i := range 20 {
		write(t, s, fmt.Sprintf("cpu{host=%d} %dd x=1.5", i, i))
		must(t, s.Flush(ctx))
	}
	must(t, s.Close())
	fault := faultfs.New(disk)
	rule := fault.Add(faultfs.Rule{Permanent: true, Match: func(op faultfs.Op, name string) bool {
		return strings.HasSuffix(name, segmentSuffix)
	}})
	s = open(t, fault)
	if rule.Fired() || s.Stats().Segments != 20 {
		t.Errorf("a segment was touched: %v, %+v", rule.Fired(), s.Stats())
	}
}

// hastyClock is a second later each time it is asked.
type hastyClock struct {
	*clock.Manual
	mu sync.Mutex
}

// Now implements clock.Clock.
func (c *hastyClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Advance(time.Second)
	return c.Manual.Now()
}

func TestALongRecoveryIsReported(t *testing.T) {
	disk := longLog(t)
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, nil))
	open(t, disk.CrashKeep(), func(o *Options) { o.Logger, o.Clock = logger, clock.NewManual(time.Unix(0, 0)) })
	if out.Len() > 0 {
		t.Errorf("a short recovery says %s", out.String())
	}
	open(t, disk, smallMemory, func(o *Options) {
		o.Logger, o.Clock = logger, &hastyClock{Manual: clock.NewManual(time.Unix(0, 0))}
	})
	var told int
	for line := range strings.Lines(out.String()) {
		_, text, _ := strings.Cut(strings.TrimSpace(line), "duration_ms=")
		ms, err := strconv.Atoi(text)
		must(t, err)
		if ms < told+int(tellEvery.Milliseconds()) && !strings.Contains(line, "has been read") {
			t.Errorf("reported after %d ms and after %d ms", told, ms)
		}
		told = ms
	}
	for _, want := range []string{"log is being read", " file=", "last_file=", "rows=", `msg="log has been read"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in:\n%s", want, out.String())
		}
	}
}

// TestDamagedContentOfTheLogIsNamed replays a record whose checksum is right and whose rows are of a series that there is not.
func TestDamagedContentOfTheLogIsNamed(t *testing.T) {
	disk := memfs.New()
	s := open(t, disk)
	write(t, s, "cpu{host=a} 1 x=1.5")
	must(t, s.do(ctx, func() {
		for range 3 {
			_, err := s.log.Add(frameRows, appendFrame(nil, 1, nil, 1, appendRow(nil, 77, 1, 0, 1, nil)))
			must(t, err)
		}
		must(t, s.log.Commit())
	}))
	must(t, s.Close())
	_, err := Open(ctx, Options{FS: disk})
	if !dberr.Is(err, dberr.Corruption) || !strings.Contains(err.Error(), "log file wal/00000001.wal, record 2") {
		t.Errorf("got %v", err)
	}
}
