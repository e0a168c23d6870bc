package storage

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// BenchmarkSustained is 8 clients who write records of 10 values in order while Maintain flushes and merges what they write,
// in small portions. An operation is a record. It reports how often a byte was written to segments, how much of the time of a
// core merging took, and how many layers a window had at most.
func BenchmarkSustained(b *testing.B) {
	s := open(b, vfs.OS(b.TempDir()), func(o *Options) { o.MemstoreBytesMax = 8 << 20 })
	var maintain, clients sync.WaitGroup
	maintain.Go(func() { s.Maintain(ctx) })
	var left atomic.Int64
	left.Store(int64(b.N))
	backlog := 0
	b.ResetTimer()
	for c := range 8 {
		clients.Go(func() {
			next := benchBatches(c, 10)
			for left.Add(-100) > -100 {
				if res, err := s.Write(ctx, next()); err != nil || len(res.Rejected) > 0 {
					b.Error(err, describe(res))
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		clients.Wait()
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-time.After(50 * time.Millisecond):
			backlog = max(backlog, s.MergeBacklog())
		}
	}
	b.StopTimer()
	st := s.Stats()
	b.ReportMetric(float64(10*b.N)/b.Elapsed().Seconds(), "values/s")
	b.ReportMetric(st.WriteAmplification, "writes/byte")
	b.ReportMetric(st.MergeWorked.Seconds()/b.Elapsed().Seconds(), "merge-cores")
	b.ReportMetric(float64(backlog), "layers-max")
	b.ReportMetric(float64(s.metrics.Flushes.Load()), "flushes")
	must(b, s.Close())
	maintain.Wait()
}

// BenchmarkRewrittenDay writes a day of 200 hosts with 5 values, then the second version of each record, and lets the day settle. It
// reports how long the segments are then, in times of the first version's, and how often a byte was written to segments. Its work
// is the same whatever b.N is.
func BenchmarkRewrittenDay(b *testing.B) {
	const hosts, points, columns, parts = 200, 2000, 5, 20
	for b.Loop() {
		s := open(b, vfs.OS(b.TempDir()), func(o *Options) { o.SettleAfter = time.Nanosecond })
		var bytes [2]int64
		for version := range bytes {
			for part := range parts {
				writeAll(b, s, hosts*points/parts, func(i int) Row {
					return hostRow(i%hosts, columns, int64(part*points/parts+i/hosts)*40e9, int64(version+1))
				})
				must(b, s.Flush(ctx))
			}
			must(b, s.Compact(ctx))
			st := s.Stats()
			if st.Segments != 1 || st.SegmentRows != hosts*points {
				b.Fatalf("%d segments with %d rows", st.Segments, st.SegmentRows)
			}
			bytes[version] = st.SegmentBytes
		}
		b.ReportMetric(float64(bytes[1])/float64(bytes[0]), "size-ratio")
		b.ReportMetric(s.Stats().WriteAmplification, "writes/byte")
		must(b, s.Close())
	}
}
