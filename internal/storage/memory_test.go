package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// tightMemory is a store's memory that a few thousand rows fill.
const tightMemory = 1 << 20

// openSmall opens a store with little memory.
func openSmall(t *testing.T, disk *memfs.FS, change ...func(*Options)) *Store {
	return open(t, disk, append([]func(*Options){func(o *Options) { o.MemoryBytesMax = tightMemory }}, change...)...)
}

// bubble runs a test whose time passes when all of it waits. Batches that are kept for later writes have channels, which
// must not leave a bubble.
func bubble(t *testing.T, test func(*testing.T)) {
	forget := func() { preparedPool = sync.Pool{New: preparedPool.New} }
	forget()
	defer forget()
	synctest.Test(t, test)
}

// fillMemory writes rows of one series until writes have to wait.
func fillMemory(t *testing.T, s *Store) {
	t.Helper()
	for i := int64(0); !s.budget.full(); i++ {
		fill(t, s, "m{h=a}", i*1000, 1000, 1)
	}
	s.budget.settle() // as the committer is about to after its last answer
}

// waiting is a write that does not return at once.
type waiting struct {
	name string
	err  error
}

// writeLater writes a row from a goroutine of its own; it is on its way, or waits, when this returns.
func writeLater(ctx context.Context, s *Store, name string, to chan<- waiting) {
	go func() {
		_, err := s.Write(ctx, &Batch{Table: 1, Rows: rows("m{h=" + name + "} 1 =1i")})
		to <- waiting{name, err}
	}()
	synctest.Wait()
}

func TestWritesGoOnInOrderWhenThereIsRoom(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := openSmall(t, memfs.New())
		fillMemory(t, s)
		out := make(chan waiting, 10)
		for i := range 5 {
			writeLater(ctx, s, fmt.Sprint(i), out)
		}
		if n := s.budget.writes.Waiting(); n != 5 {
			t.Fatalf("%d writes wait", n)
		}
		time.Sleep(time.Second)
		must(t, s.Flush(ctx))
		for range 5 {
			if w := <-out; w.err != nil {
				t.Errorf("write %s: %v", w.name, w.err)
			}
		}
		m := s.Metrics()
		if m.WritesDelayed.Load() != 5 || m.WritesThrottled.Load() != 0 || m.WriteDelayNanos.Load() != 5e9 {
			t.Errorf("%d delayed by %d ns together, %d throttled", m.WritesDelayed.Load(), m.WriteDelayNanos.Load(), m.WritesThrottled.Load())
		}
		if n := s.budget.writes.Inside(); n != 0 {
			t.Errorf("%d bytes are still taken", n)
		}
		must(t, s.Close())
	})
}

func TestWaitingWritesEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := openSmall(t, memfs.New())
		fillMemory(t, s)
		out := make(chan waiting, 10)
		gone, leave := context.WithCancel(ctx)
		writeLater(gone, s, "cancelled", out)
		writeLater(ctx, s, "throttled", out)
		time.Sleep(writeWaitMax - time.Second)
		leave()
		if w := <-out; w.name != "cancelled" || !errors.Is(w.err, context.Canceled) {
			t.Errorf("%s: %v", w.name, w.err)
		}
		writeLater(ctx, s, "closed", out)
		if w := <-out; w.name != "throttled" || !dberr.Is(w.err, dberr.Throttled) {
			t.Errorf("%s: %v", w.name, w.err)
		}
		if n := s.Metrics().WritesThrottled.Load(); n != 1 {
			t.Errorf("%d writes throttled", n)
		}
		must(t, s.Close())
		if w := <-out; w.name != "closed" || !dberr.Is(w.err, dberr.Unavailable) {
			t.Errorf("%s: %v", w.name, w.err)
		}
		if _, err := s.Write(ctx, &Batch{Table: 1, Rows: rows("m{h=late} 1 =1i")}); !dberr.Is(err, dberr.Unavailable) {
			t.Errorf("after Close: %v", err)
		}
	})
}

// What waited in vain is not stored, and what was stored before is not lost.
func TestThrottledWritesAreNotStored(t *testing.T) {
	bubble(t, func(t *testing.T) {
		disk := memfs.New()
		s := openSmall(t, disk)
		fillMemory(t, s)
		stored := s.Metrics().RowsStored.Load()
		if _, err := s.Write(ctx, &Batch{Table: 1, Rows: rows("m{h=late} 1 =1i")}); !dberr.Is(err, dberr.Throttled) {
			t.Fatalf("got %v", err)
		}
		must(t, s.Close())
		s = openSmall(t, disk)
		if got := len(scanRows(t, s, 1, everything())); int64(got) != stored {
			t.Errorf("%d rows, want %d", got, stored)
		}
		must(t, s.Close())
	})
}

// A log with more rows than fit is opened, and writes go on as soon as the first flush is through.
func TestOpenWithMoreRowsThanFit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		disk := memfs.New()
		s := open(t, disk)
		for i := range int64(50) {
			fill(t, s, "m{h=a}", i*1000, 1000, 1)
		}
		must(t, s.Close())
		s = openSmall(t, disk)
		if !s.budget.full() {
			t.Fatal("all rows fit: the test tests nothing")
		}
		out := make(chan waiting, 1)
		writeLater(ctx, s, "b", out)
		if len(out) > 0 {
			t.Errorf("the write did not wait: %v", (<-out).err)
		}
		var maintaining, stop = context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.Maintain(maintaining)
		}()
		if w := <-out; w.err != nil {
			t.Error(w.err)
		}
		if got := len(scanRows(t, s, 1, everything())); got != 50_001 {
			t.Errorf("%d rows", got)
		}
		stop()
		<-ended
		must(t, s.Close())
	})
}

// Rows of new series are refused when the indexes have their share; known series and other tables' known series go on, in
// the same request, and so do scans. Room comes back when a table is dropped.
func TestNewSeriesAreRefusedWhenTheIndexIsFull(t *testing.T) {
	disk := memfs.New()
	s := openSmall(t, disk)
	must(t, second(s.Write(ctx, &Batch{Table: 2, Rows: rows("m{h=other} 1 =1i")})))
	series := 0
	more := func(s *Store) {
		t.Helper()
		for ; tryWrite(t, s, fmt.Sprintf("m{h=%d} 1 =1i", series)) == ""; series++ {
			if series > tightMemory/seriesScratchBytes {
				t.Fatal("series without end")
			}
			if series%500 == 0 {
				must(t, s.Flush(ctx))
			}
		}
	}
	more(s)
	if st := s.Stats(); st.SeriesBytes < tightMemory/2 || st.SeriesBytes > tightMemory {
		t.Errorf("refused with %d bytes of series", st.SeriesBytes)
	}
	if got := tryWrite(t, s, "m{h=0} 2 =1i\n m{h=new} 2 =1i\n m{h=1} 2 =1i"); got != "1: no memory for series" {
		t.Errorf("got %q", got)
	}
	if got := len(scanRows(t, s, 1, everything())); got != series+2 {
		t.Errorf("%d rows, want %d", got, series+2)
	}
	if n := s.Metrics().SeriesRefused.Load(); n != 2 {
		t.Errorf("%d rows refused", n)
	}
	must(t, s.Close())
	s = openSmall(t, disk) // which counts what is there; an index that was read has less room to grow, and is smaller
	if st := s.Stats(); st.SeriesBytes < tightMemory/4 {
		t.Errorf("after a restart %d bytes of series", st.SeriesBytes)
	}
	more(s)
	must(t, s.Flush(ctx))
	must(t, s.DropTable(ctx, 1))
	if _, err := s.Write(ctx, &Batch{Table: 3, Rows: rows("m{h=new} 1 =1i")}); err != nil {
		t.Error(err)
	}
	if st := s.Stats(); st.SeriesBytes != st.IndexBytes+2*seriesScratchBytes || st.Series != 2 {
		t.Errorf("%d series in %d bytes after the drop", st.Series, st.SeriesBytes)
	}
}

// second returns the error of a call.
func second[T any](_ T, err error) error { return err }

// Rows and series take memory from the cache, and give it back.
func TestTheCacheMakesRoom(t *testing.T) {
	s := openSmall(t, memfs.New())
	if s.Stats().CacheBytesMax != tightMemory {
		t.Errorf("empty: %+v", s.Stats())
	}
	fillMemory(t, s)
	st := s.Stats()
	if sum := st.CacheBytesMax + st.MemoryBytes; sum > tightMemory+tightMemory/blocksStepParts {
		t.Errorf("blocks and rows may have %d together", sum)
	}
	must(t, s.Flush(ctx))
	if got := s.Stats().CacheBytesMax; got < tightMemory*9/10 {
		t.Errorf("after the flush %d bytes", got)
	}
	scanRows(t, s, 1, everything())
	if s.Stats().CacheBytes == 0 {
		t.Error("nothing is in the cache")
	}
	fillMemory(t, s)
	if st := s.Stats(); st.CacheBytes > st.CacheBytesMax {
		t.Errorf("%d bytes in a cache of %d", st.CacheBytes, st.CacheBytesMax)
	}
}

// Whatever the parts hold, the shares that the others get are within bounds, and fit together as long as series and held
// rows leave room.
func TestShares(t *testing.T) {
	s := openSmall(t, memfs.New())
	b := &s.budget
	const total = int64(tightMemory)
	for series := int64(0); series <= total; series += total / 32 {
		for held := int64(0); held <= total/2; held += total / 32 {
			for _, active := range []int64{0, total / 8, total / 2} {
				b.series.Store(series)
				b.held.Store(held)
				s.memory.Store(active)
				b.settle()
				rows, blocks := b.rowsMax.Load(), b.blocksMax.Load()
				if rows < total/rowsPartMin || rows > total/rowsPart || blocks > total {
					t.Fatalf("series %d, held %d, rows %d: rows may have %d, blocks %d", series, held, active, rows, blocks)
				}
				if left := total - series - held - min(active, rows); left > total/blocksPartMin && blocks > left+total/blocksStepParts+max(active-rows, 0) {
					t.Fatalf("series %d, held %d, rows %d: blocks may have %d of %d", series, held, active, blocks, left)
				}
				if full := b.seriesFull(); full != (series >= total/4*3) {
					t.Fatalf("series %d: full is %v", series, full)
				}
			}
		}
	}
	b.series.Store(0)
	b.held.Store(0)
	s.memory.Store(0)
}

// Rows that a scan began to read before they were flushed are counted until it ends, and whoever can end scans is asked to.
func TestHeldRows(t *testing.T) {
	var scan *Scan
	asked := 0
	s := openSmall(t, memfs.New(), func(o *Options) {
		o.Relieve = func() bool {
			asked++
			if scan == nil {
				return false
			}
			scan.Close()
			scan = nil
			return true
		}
	})
	for i := range int64(fewSeries + 1) {
		fill(t, s, fmt.Sprintf("m{h=%d}", i), 0, 100, 1)
	}
	var err error
	scan, err = s.Scan(ctx, 1, everything())
	must(t, err)
	held := s.Stats().MemoryBytes // what the scan reads of it
	if held <= tightMemory/heldPart {
		t.Fatalf("%d bytes of rows: the test tests nothing", held)
	}
	must(t, s.Flush(ctx))
	if st := s.Stats(); st.HeldBytes != held || st.MemoryBytes != 0 {
		t.Errorf("%d bytes held, %d in memory, want %d held", st.HeldBytes, st.MemoryBytes, held)
	}
	s.budget.relieve()
	if st := s.Stats(); asked != 1 || st.HeldBytes != 0 {
		t.Errorf("asked %d times, %d bytes still held", asked, st.HeldBytes)
	}

	scan, err = s.Scan(ctx, 1, everything()) // of segments only
	must(t, err)
	fill(t, s, "m{h=0}", 1000, 1000, 1)
	must(t, s.Flush(ctx))
	if st := s.Stats(); st.HeldBytes != 0 {
		t.Errorf("%d bytes held by a scan that does not read them", st.HeldBytes)
	}
	scan.Close()

	fill(t, s, "m{h=0}", 2000, 1000, 1)
	scan, err = s.Scan(ctx, 1, everything())
	must(t, err)
	must(t, s.DropTable(ctx, 1))
	if st := s.Stats(); st.HeldBytes == 0 || st.MemoryBytes != 0 {
		t.Errorf("after the drop %d bytes held, %d in memory", st.HeldBytes, st.MemoryBytes)
	}
	scan.Close()
	if st := s.Stats(); st.HeldBytes != 0 || len(s.budget.readers) != 0 {
		t.Errorf("in the end %d bytes held, %d sets of rows read", st.HeldBytes, len(s.budget.readers))
	}
}

// The blocks that a scan has at hand are counted while it lasts.
func TestBlocksAtHandAreHeld(t *testing.T) {
	s := open(t, memfs.New())
	for i := range int64(3) {
		fill(t, s, "m{h=a}", i, 1, 1)
		fill(t, s, "m{h=a}", 10+i*10_000, 10_000, 1)
		must(t, s.Flush(ctx))
	}
	scan, err := s.Scan(ctx, 1, Everything(ColumnTime, ColumnValueBigint))
	must(t, err)
	if _, err := scan.Next(ctx); err != nil {
		t.Fatal(err)
	}
	// A block has 4,096 rows with a time and a value.
	if got := s.Stats().HeldBytes; got < 4096*16 || got > 3*4096*17 {
		t.Errorf("%d bytes are held", got)
	}
	scan.Close()
	if got := s.Stats().HeldBytes; got != 0 {
		t.Errorf("%d bytes are held in the end", got)
	}
}

// The footers of idle segments have a share, too.
func TestIdleSegmentsAreClosedForTheirMemory(t *testing.T) {
	s := open(t, memfs.New())
	for i := range 10 {
		write(t, s, fmt.Sprintf("m{h=a} %dd =1i", i))
	}
	must(t, s.Flush(ctx))
	scanRows(t, s, 1, everything())
	all := s.Stats().FileBytes
	if all == 0 {
		t.Fatal("open segments are not counted")
	}
	s.files.bytesMax = all / 2
	scanRows(t, s, 1, everything())
	if got := s.Stats().FileBytes; got > all/2 || got == 0 {
		t.Errorf("idle segments hold %d of %d bytes", got, all)
	}
	s.files.bytesMax = 0
	scanRows(t, s, 1, everything())
	if got := s.Stats().FileBytes; got != 0 {
		t.Errorf("idle segments hold %d bytes", got)
	}
}
