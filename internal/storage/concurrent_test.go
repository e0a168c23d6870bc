package storage

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// TestCrashAmongConcurrentWrites takes the disk as a power cut could leave it while several callers write and files are
// flushed and merged.
func TestCrashAmongConcurrentWrites(t *testing.T) {
	seeds := uint64(250)
	if testing.Short() {
		seeds = 25
	}
	for seed := range seeds {
		if !t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { crashAmongWrites(t, seed) }) {
			return
		}
	}
}

func crashAmongWrites(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 21))
	disk := memfs.New()
	s := open(t, disk, func(o *Options) { o.MergeFanIn, o.WALBytesMax = 2, 1 })
	var mu sync.Mutex // guards what follows
	sent := map[string][]string{}
	acked := map[string][]string{}
	crashAfter := rng.IntN(60)
	crashed := make(chan struct{})
	var image *memfs.FS
	var known map[string][]string
	work := func(w int) {
		own := rand.New(rand.NewPCG(seed, uint64(w)))
		for n := 0; ; n++ {
			select {
			case <-crashed:
				return
			default:
			}
			key := fmt.Sprintf("%d/%d", w, n)
			var lines []string
			for k := range 1 + own.IntN(4) {
				lines = append(lines, fmt.Sprintf("m{w=%d k=%d} %dd%d x=%d.5", w, own.IntN(3), own.IntN(2), n*10+k, n))
			}
			mu.Lock()
			sent[key] = lines
			mu.Unlock()
			_, err := s.Write(ctx, &Batch{Table: 1, Rows: rows(strings.Join(lines, "\n"))})
			mu.Lock()
			if err == nil {
				acked[key] = lines
			}
			if len(acked) >= crashAfter && image == nil {
				known = map[string][]string{}
				for k, v := range acked {
					known[k] = v
				}
				image = disk.Crash(rng)
				close(crashed)
			}
			mu.Unlock()
		}
	}
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() { work(w) })
	}
	for _, job := range []func() error{func() error { return s.Flush(ctx) }, func() error { return s.Compact(ctx) }} {
		wg.Go(func() {
			for {
				select {
				case <-crashed:
					return
				default:
				}
				if err := job(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	must(t, s.Close())
	checkImage(t, image, sent, known)
}

// checkImage wants all acknowledged batches on the disk, others as a whole or not at all, and the same after a second
// start.
func checkImage(t *testing.T, image *memfs.FS, sent, acked map[string][]string) {
	t.Helper()
	var before []string
	for round := range 2 {
		s, err := Open(ctx, Options{FS: image})
		must(t, err)
		got := scanRows(t, s, 1, everything())
		must(t, s.Close())
		if round == 1 && !slices.Equal(got, before) {
			t.Fatalf("the second start found %d rows, the first %d", len(got), len(before))
		}
		before = got
		count := map[string]int{}
		for _, line := range got {
			count[line]++
		}
		for key, lines := range sent {
			there := 0
			for _, line := range lines {
				line = rescan(line)
				there += count[line]
				delete(count, line)
			}
			if there != len(lines) && (there != 0 || acked[key] != nil) {
				t.Fatalf("batch %s: %d of %d rows are there, acknowledged %v", key, there, len(lines), acked[key] != nil)
			}
		}
		if len(count) > 0 {
			t.Fatalf("rows that nobody wrote: %v", count)
		}
		image = image.CrashClean()
	}
}

// rescan brings a line into the form in which scans print it.
func rescan(line string) string {
	r := row(line)
	dims := make([]string, len(r.Dims))
	for i, d := range r.Dims {
		dims[i] = d.Name + "=" + d.Value
	}
	return fmt.Sprintf("%s{%s} %s %s=%s", r.Measure, strings.Join(dims, " "), formatTime(r.Time), r.Values[0].Column, formatValue(r.Values[0].Type, r.Values[0].Float))
}

// TestConcurrentUse lets everything run at once. Each writer owns series and writes rising times and values; a reader must
// always see a prefix of them, without gaps.
func TestConcurrentUse(t *testing.T) {
	disk := memfs.New()
	s := open(t, disk, func(o *Options) { o.MergeFanIn, o.OpenFilesMax, o.BlockCacheBytes = 2, 2, 64<<10 })
	const writers, batches, batchRows = 4, 60, 40
	var wg, helpers sync.WaitGroup
	var written [writers]atomic.Int64
	done := make(chan struct{})
	for w := range writers {
		wg.Go(func() { writeRising(t, s, w, batches, batchRows, &written[w]) })
	}
	helper := func(job func() error) {
		helpers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := job(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	helper(func() error { return s.Flush(ctx) })
	helper(func() error { return s.Compact(ctx) })
	helper(func() error { return s.Expire(ctx, 1, -1) })
	helper(func() error {
		s.Stats()
		s.Schema(1)
		s.DistinctValues(1, "w")
		return nil
	})
	helper(func() error { // tables come and go
		if _, err := s.Write(ctx, &Batch{Table: 2, Rows: rows("m{a=b} 1 =1.5")}); err != nil && !dberr.Is(err, dberr.NotFound) {
			return err
		}
		return s.DropTable(ctx, 2)
	})
	for range 2 {
		helper(func() error {
			var least [writers]int64
			for w := range least {
				least[w] = written[w].Load()
			}
			return checkPrefixes(s, least[:])
		})
	}
	wg.Wait()
	close(done)
	helpers.Wait()
	if err := checkPrefixes(s, []int64{batches * batchRows, batches * batchRows, batches * batchRows, batches * batchRows}); err != nil {
		t.Error(err)
	}
	must(t, s.Close())
	s = open(t, disk.CrashClean())
	if err := checkPrefixes(s, []int64{batches * batchRows, batches * batchRows, batches * batchRows, batches * batchRows}); err != nil {
		t.Error(err)
	}
}

// writeRising writes the rows of one writer of TestConcurrentUse and counts those that were acknowledged.
func writeRising(t *testing.T, s *Store, w int, batches, batchRows int64, written *atomic.Int64) {
	for n := range batches {
		var b Batch
		b.Table = 1
		for i := range batchRows {
			tm := n*batchRows + i
			r := row(fmt.Sprintf("m%d{w=%d} %d x=1i", w%2, w, tm))
			r.Time *= windowNanos / 500 // several windows
			r.Values[0].Int = tm
			b.Rows = append(b.Rows, r)
		}
		if n > 0 { // a duplicate, and a late row that is rejected
			b.Rows = append(b.Rows, b.Rows[0], row(fmt.Sprintf("m%d{w=%d} 0 x=77i", w%2, w)))
		}
		res, err := s.Write(ctx, &b)
		if err != nil || n > 0 && describe(res) != fmt.Sprintf("%d: same version 1", batchRows+1) {
			t.Errorf("write: %v %s", err, describe(res))
			return
		}
		written.Store((n + 1) * batchRows)
	}
}

// checkPrefixes wants of each writer at least so many rows, without gaps.
func checkPrefixes(s *Store, least []int64) error {
	scan, err := s.Scan(ctx, 1, Everything("w", ColumnTime, "x"))
	if err != nil {
		return err
	}
	defer scan.Close()
	next := make([]int64, len(least))
	for {
		b, err := scan.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		for i := range b.Rows {
			w := int(b.Cols[0].Value(i).(string)[0] - '0')
			if tm, x := b.Cols[1].Ints[i], b.Cols[2].Ints[i]; tm != next[w]*(windowNanos/500) || x != next[w] {
				return fmt.Errorf("writer %d: row %d at %d, expected %d", w, x, tm, next[w])
			}
			next[w]++
		}
	}
	for w := range least {
		if next[w] < least[w] {
			return fmt.Errorf("writer %d: %d rows, %d were acknowledged", w, next[w], least[w])
		}
	}
	return nil
}

// TestEveryFlippedByteIsNoticed flips each byte of every file of a small store that was closed. What comes back is right,
// or an error that names the file.
func TestEveryFlippedByteIsNoticed(t *testing.T) {
	disk, want := everyKind(t)
	for _, name := range filesOf(t, disk) {
		data, err := disk.Bytes(name)
		must(t, err)
		for i := range data {
			bad := slices.Clone(data)
			bad[i] ^= 1 << (i % 8)
			after := disk.CrashKeep()
			must(t, after.SetBytes(name, bad))
			damage(t, after, want, name, fmt.Sprint("byte ", i))
		}
	}
}

// readAll opens a store and returns all rows of table 1.
func readAll(disk *memfs.FS) (lines []string, err error) {
	s, err := Open(ctx, Options{FS: disk})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return readTable(s, 1)
}
