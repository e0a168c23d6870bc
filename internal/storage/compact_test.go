package storage

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/storage/mergeplan"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// segmentsOf returns how many segments table 1 has and how long they are.
func segmentsOf(s *Store) (segments int, bytes int64) {
	st := s.Stats()
	return st.Segments, st.SegmentBytes
}

// wantCount wants so many rows in table 1.
func wantCount(t *testing.T, s *Store, want int64) {
	t.Helper()
	if _, stats := scanned(t, s, Everything(ColumnTime)); stats.Rows != want {
		t.Errorf("%d rows, want %d", stats.Rows, want)
	}
}

// amplificationMax is how many times a byte is written to segments at most, whatever comes in which order.
const amplificationMax = 8

// ingest writes rows of hosts in parts, flushing and merging after each, with a minute between them, and lets the windows
// settle. It returns the store's size.
func ingest(t *testing.T, parts, rowsOfPart int, row func(i int) Row) (*Store, int64) {
	t.Helper()
	now := clock.NewManual(time.Unix(0, 0))
	s := open(t, memfs.New(), func(o *Options) { o.Clock = now })
	for part := range parts {
		writeAll(t, s, rowsOfPart, func(i int) Row { return row(part*rowsOfPart + i) })
		must(t, s.Flush(ctx))
		must(t, s.Compact(ctx))
		now.Advance(time.Minute)
	}
	now.Advance(24 * time.Hour)
	must(t, s.Compact(ctx))
	st := s.Stats()
	t.Logf("%d segments, amplification %.2f", st.Segments, st.WriteAmplification)
	if st.WriteAmplification > amplificationMax {
		t.Errorf("each byte was written %.1f times", st.WriteAmplification)
	}
	return s, st.SegmentBytes
}

// However rows come, they are written a bounded number of times, and end as one segment for each window, of the size that the
// same rows have that come once and in order.
func TestWritesAreBounded(t *testing.T) {
	const hosts, points, parts = 20, 1500, 60
	day := func(i int) Row { return hostRow(i%hosts, 2, int64(i/hosts)*20e9, 1) }
	s, once := ingest(t, parts, hosts*points/parts, day)
	if n, _ := segmentsOf(s); n != 1 {
		t.Errorf("%d segments, want 1", n)
	}
	t.Run("late rows in random order", func(t *testing.T) {
		perm := rand.New(rand.NewPCG(1, 1)).Perm(hosts * points)
		s, bytes := ingest(t, parts, hosts*points/parts, func(i int) Row { return day(perm[i]) })
		if n, _ := segmentsOf(s); n != 1 || bytes > once*101/100 {
			t.Errorf("%d segments of %d bytes, want 1 of %d", n, bytes, once)
		}
		wantCount(t, s, hosts*points)
	})
	t.Run("a day that is rewritten", func(t *testing.T) {
		s, bytes := ingest(t, 2*parts, hosts*points/parts, func(i int) Row {
			r := day(i % (hosts * points))
			r.Version = 1 + int64(i/(hosts*points))
			return r
		})
		if n, _ := segmentsOf(s); n != 1 || bytes > once*101/100 {
			t.Errorf("%d segments of %d bytes, want 1 of %d", n, bytes, once)
		}
		wantCount(t, s, hosts*points)
	})
	t.Run("over many days", func(t *testing.T) {
		const days = 20
		perm := rand.New(rand.NewPCG(2, 2)).Perm(hosts * points)
		s, _ := ingest(t, parts, hosts*points/parts, func(i int) Row {
			r := day(perm[i])
			r.Time = r.Time/days + int64(perm[i]/hosts%days)*windowNanos
			return r
		})
		if n, _ := segmentsOf(s); n != days {
			t.Errorf("%d segments, want %d", n, days)
		}
		wantCount(t, s, hosts*points)
	})
}

// Records that are stored already cost no log, no memory and no segment.
func TestDuplicatesCostNothing(t *testing.T) {
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			disk := memfs.New()
			s := open(t, disk)
			day := func(i int) Row { return hostRow(i%10, 3, int64(i/10)*60e9, 1+int64(i%3)) }
			writeAll(t, s, 5000, day)
			s = p.move(t, s, disk)
			before, logged := s.Stats(), s.metrics.LogBytes.Load()
			writeAll(t, s, 5000, day)
			after := s.Stats()
			if s.metrics.LogBytes.Load() != logged || after.MemoryBytes != before.MemoryBytes || after.LogBytes != before.LogBytes || after.MemoryRows != before.MemoryRows {
				t.Errorf("before %+v\nafter %+v", before, after)
			}
			if n := s.metrics.RowsEqual.Load(); n != 5000 {
				t.Errorf("%d rows were found equal", n)
			}
			must(t, s.Flush(ctx))
			wantCount(t, s, 5000)
		})
	}
}

// A layer that is too long for one segment becomes several, cut between series. It counts as one: nothing merges it again until
// there is something new.
func TestLongLayersAreSeveralSegments(t *testing.T) {
	now := clock.NewManual(time.Unix(0, 0))
	disk := memfs.New()
	options := func(o *Options) { o.Clock, o.SettleAfter = now, time.Minute }
	s := open(t, disk, options)
	s.merging.segmentRowsMax = 2500
	layers := func(want int) {
		t.Helper()
		now.Advance(time.Hour)
		must(t, s.Compact(ctx))
		if got := len(layersOf(s.table(1).state.segments)); got != want {
			t.Errorf("%d layers, want %d", got, want)
		}
	}
	for part := range int64(2) {
		writeAll(t, s, 10_000, func(i int) Row { return hostRow(i%10, 2, (part*1000+int64(i/10))*1e9, 1) })
		must(t, s.Flush(ctx))
	}
	layers(1)
	if n, _ := segmentsOf(s); n != 5 { // two series, of 2,000 rows each, in each
		t.Errorf("%d segments, want 5", n)
	}
	merges := s.metrics.Compactions.Load()
	layers(1)
	must(t, s.Close())
	s = open(t, disk, options)
	layers(1)
	if s.metrics.Compactions.Load() != 0 || merges != 1 {
		t.Error("merged again for nothing")
	}
	wantCount(t, s, 20_000)
	s.merging.segmentRowsMax = 2500
	writeAll(t, s, 20_000, func(i int) Row { return hostRow(i%10, 2, int64(i/10)*1e9, 2) })
	must(t, s.Flush(ctx))
	layers(1)
	if n, _ := segmentsOf(s); n != 5 {
		t.Errorf("%d segments of the rewritten day, want 5", n)
	}
	wantCount(t, s, 20_000)
}

// What a merge holds does not grow with the number of layers when there are a thousand columns, and it leaves the blocks alone
// that queries have put into the cache.
func TestMergesOfManyColumnsTakeFewLayers(t *testing.T) {
	const layers = 6
	s := open(t, memfs.New(), func(o *Options) { o.MergeBytesMax = 3 * blockBytes(1000) })
	for i := range int64(layers) {
		writeAll(t, s, 10, func(k int) Row { return hostRow(k, 1000, i, 1) })
		must(t, s.Flush(ctx))
	}
	wantCount(t, s, 10*layers)
	before := s.Stats()
	must(t, s.Compact(ctx))
	after := s.Stats()
	if merges, files := s.metrics.Compactions.Load(), s.metrics.CompactedFiles.Load(); merges == 0 || files != 3*merges {
		t.Errorf("%d merges of %d segments, want 3 in each", merges, files)
	}
	if after.CacheMisses != before.CacheMisses || after.CacheHits != before.CacheHits {
		t.Error("the merge read through the cache")
	}
	wantCount(t, s, 10*layers)
}

// A window that cannot be merged, for a full disk say, keeps its segments and is tried again; others are merged.
func TestFailedMergesAreTriedAgain(t *testing.T) {
	now := clock.NewManual(time.Unix(0, 0))
	disk := faultfs.New(memfs.New())
	s := open(t, disk, func(o *Options) { o.MergeFanIn, o.Clock = 2, now })
	for i := range 2 {
		write(t, s, fmt.Sprintf("m{h=a} %d =1.5\nm{h=a} 1d%d =1.5\nm{h=a} 2d%d =1.5", i, i, i))
		must(t, s.Flush(ctx))
	}
	full := disk.Add(faultfs.Rule{Match: faultfs.Only(faultfs.OpWrite), Err: syscall.ENOSPC, Nth: 3})
	worker := &mergeWorker{kinds: mergeTiers, fails: map[mergePlace]mergeFailed{}}
	if err := s.compact(ctx, worker); err == nil {
		t.Fatal("no error")
	}
	if !full.Fired() {
		t.Fatal("the disk was not full")
	}
	wantCount(t, s, 6)
	if n, _ := segmentsOf(s); n != 4 || len(worker.fails) != 1 {
		t.Errorf("%d segments, %d windows left out; want 4 and 1", n, len(worker.fails))
	}
	must(t, s.compact(ctx, worker))
	if n, _ := segmentsOf(s); n != 4 {
		t.Error("tried again at once")
	}
	now.Advance(retryMergeMin)
	must(t, s.compact(ctx, worker))
	if n, _ := segmentsOf(s); n != 3 || len(worker.fails) != 0 {
		t.Errorf("%d segments, %d windows left out; want 3 and 0", n, len(worker.fails))
	}
	wantCount(t, s, 6)
}

// Close does not wait for a merge, not for its rests either.
func TestCloseEndsMerges(t *testing.T) {
	s := open(t, memfs.New(), func(o *Options) { o.MergeFanIn, o.MergeShare = 2, 1e-6 })
	for i := range int64(2) {
		writeAll(t, s, 100_000, func(k int) Row { return hostRow(k%100, 3, int64(k/100)*2e9+i*1e9, 1) })
		must(t, s.Flush(ctx))
	}
	var merge sync.WaitGroup
	merge.Go(func() {
		if err := s.compact(ctx, &mergeWorker{kinds: mergeTiers, pacer: s.merging.pacer}); err == nil {
			t.Error("the merge ended in time")
		}
	})
	for worked, _ := s.merging.pacer.Worked(); worked == 0; worked, _ = s.merging.pacer.Worked() {
		time.Sleep(time.Millisecond)
	}
	begun := time.Now()
	must(t, s.Close())
	merge.Wait()
	if took := time.Since(begun); took > restLongest {
		t.Errorf("Close took %s", took)
	}
	if s.metrics.Compactions.Load() != 0 || s.metrics.CompactionErrors.Load() != 0 {
		t.Errorf("%d merges, %d failed", s.metrics.Compactions.Load(), s.metrics.CompactionErrors.Load())
	}
}

// restLongest is far more than Close takes and less than the rests in TestCloseEndsMerges.
const restLongest = 4 * time.Second

// TestScansDuringMerges: while all rows are rewritten again and again and everything is flushed and merged, each scan sees each
// row once, in a version that is at least the one that was acknowledged before the scan began.
func TestScansDuringMerges(t *testing.T) {
	const hosts, points = 4, 300
	rounds := int64(30)
	if testing.Short() {
		rounds = 8
	}
	s := open(t, memfs.New(), func(o *Options) { o.MergeFanIn, o.BlockCacheBytes, o.SettleAfter = 2, 1<<20, time.Nanosecond })
	s.merging.segmentRowsMax = 400
	rewrite := func(version int64) {
		writeAll(t, s, hosts*points, func(i int) Row {
			r := row(fmt.Sprintf("m{h=%d} %d v%d x=%di", i%hosts, i/hosts, version, version))
			r.Time *= windowNanos / 200
			return r
		})
	}
	rewrite(1)
	var acked atomic.Int64
	acked.Store(1)
	done := make(chan struct{})
	var helpers sync.WaitGroup
	repeat := func(work func() error) {
		helpers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := work(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	repeat(func() error { return s.Flush(ctx) })
	repeat(func() error { return s.Compact(ctx) })
	repeat(func() error { return s.Compact(ctx) })
	for range 2 {
		repeat(func() error { return checkVersions(s, hosts, points, acked.Load()) })
	}
	for version := int64(2); version <= rounds; version++ {
		rewrite(version)
		acked.Store(version)
	}
	close(done)
	helpers.Wait()
	must(t, s.Flush(ctx))
	must(t, s.Compact(ctx))
	must(t, checkVersions(s, hosts, points, rounds))
	if s.metrics.Compactions.Load() == 0 {
		t.Error("nothing was merged")
	}
}

// checkVersions wants all rows of TestScansDuringMerges once, none older than a version.
func checkVersions(s *Store, hosts, points int, least int64) error {
	scan, err := s.Scan(ctx, 1, Everything("h", ColumnTime, "x"))
	if err != nil {
		return err
	}
	defer scan.Close()
	var seen []int64
	for {
		b, err := scan.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		for i := range b.Rows {
			h := int64(b.Cols[0].Value(i).(string)[0] - '0')
			seen = append(seen, h*int64(points)+b.Cols[1].Ints[i]/(windowNanos/200))
			if x := b.Cols[2].Ints[i]; x < least {
				return fmt.Errorf("row %d has version %d, %d was acknowledged", seen[len(seen)-1], x, least)
			}
		}
	}
	if n := len(seen); n != hosts*points || !slices.IsSorted(seen) || len(slices.Compact(seen)) != n {
		return fmt.Errorf("%d rows, want each of %d once", n, hosts*points)
	}
	return nil
}

// MergeBacklog counts the layers of the window that has the most.
func TestMergeBacklog(t *testing.T) {
	s := open(t, memfs.New())
	for i := range 3 {
		write(t, s, fmt.Sprintf("m{h=a} %d =1.5", i))
		if i == 0 {
			write(t, s, "m{h=a} 1d =1.5")
		}
		must(t, s.Flush(ctx))
	}
	if n := s.MergeBacklog(); n != 3 {
		t.Errorf("a backlog of %d, want 3", n)
	}
	write(t, s, "m{h=a} 7 =1.5")
	must(t, s.Flush(ctx))
	must(t, s.Compact(ctx))
	if n := s.MergeBacklog(); n != 1 {
		t.Errorf("a backlog of %d after merging, want 1", n)
	}
}

// A flush waits for merging that cannot keep up, but not for long, and goes on when there are fewer layers.
func TestFlushesWaitForMerging(t *testing.T) {
	now := clock.NewManual(time.Unix(0, 0))
	s := open(t, memfs.New(), func(o *Options) { o.Clock = now })
	pile := func() {
		for i := range mergeplan.BacklogMax {
			write(t, s, fmt.Sprintf("m{h=a} %d =1.5", s.metrics.Flushes.Load()*1000+int64(i)))
			must(t, s.Flush(ctx))
		}
	}
	waits := func() chan struct{} {
		before, done := s.metrics.FlushesDelayed.Load(), make(chan struct{})
		go func() {
			defer close(done)
			s.awaitMerges(ctx)
		}()
		for s.metrics.FlushesDelayed.Load() == before {
			time.Sleep(time.Millisecond)
		}
		return done
	}
	pile()
	if n := s.MergeBacklog(); n != mergeplan.BacklogMax {
		t.Fatalf("a backlog of %d", n)
	}
	done := waits()
	now.Advance(flushDelayMax)
	<-done
	done = waits()
	must(t, s.Compact(ctx))
	<-done
	s.awaitMerges(ctx) // at once
}

// A long merge syncs what it writes bit by bit, and a sync that fails fails the merge.
func TestLongMergesSyncOften(t *testing.T) {
	disk := faultfs.New(memfs.New())
	s := open(t, disk, func(o *Options) { o.MergeFanIn = 2 })
	s.merging.syncBytes = 10_000
	for i := range int64(2) {
		writeAll(t, s, 20_000, func(k int) Row { return hostRow(k%10, 3, int64(k/10)*2e9+i*1e9, 1) })
		must(t, s.Flush(ctx))
	}
	before := disk.Count(faultfs.OpSync)
	disk.Add(faultfs.Rule{Match: faultfs.Only(faultfs.OpSync), Nth: 3})
	if err := s.Compact(ctx); err == nil {
		t.Error("the merge went on after a failed sync")
	}
	must(t, s.Compact(ctx))
	if n := disk.Count(faultfs.OpSync) - before; n < 10 {
		t.Errorf("%d syncs", n)
	}
	wantCount(t, s, 40_000)
}
