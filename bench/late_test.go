package bench_test

import (
	"flag"
	"slices"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/bench/workload"
	"github.com/tidemarkdb/tidemark/test/process"
)

var lateScale = flag.Float64("late-scale", 1, "how many times ten million records BenchmarkLate writes")

// lateRounds is how often each query is asked of each server.
const lateRounds = 60

// BenchmarkLate writes ten million records once and in order to one server, and to another such that ten million records come
// late, twice, or in a second version. When both have merged, it compares the sizes of their folders and, by turns, the times
// of queries; all answers are checked. It does its work once, whatever b.N is.
func BenchmarkLate(b *testing.B) {
	late := workload.NewLate(*lateScale, time.Now())
	var ordered, mixed *lateServer
	for b.Loop() {
		ordered = loadLate(b, late, late.LoadOrdered)
		mixed = loadLate(b, late, late.LoadLate)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(mixed.segmentBytes)/float64(ordered.segmentBytes), "size-ratio")
	b.ReportMetric(float64(ordered.segmentBytes)/float64(late.Records()), "ordered-B/record")
	b.ReportMetric(float64(mixed.segmentBytes)/float64(late.Records()), "late-B/record")
	b.ReportMetric(float64(mixed.took.Milliseconds())/float64(ordered.took.Milliseconds()), "load-ratio")
	for _, q := range late.Queries() {
		var times [2]workload.Latencies
		for range lateRounds {
			for i, s := range []*lateServer{ordered, mixed} {
				before := time.Now()
				rows, err := s.client.Query(q.SQL)
				times[i].Add(time.Since(before))
				if err == nil {
					err = q.Check(rows)
				}
				if err != nil {
					b.Fatalf("%s of server %d: %v", q.Name, i, err)
				}
			}
		}
		before, after := times[0].Percentile(0.5), times[1].Percentile(0.5)
		b.ReportMetric(float64(after)/float64(before), q.Name+"-ratio")
		b.ReportMetric(float64(after.Microseconds()), q.Name+"-us")
	}
}

// lateServer is a server whose table is loaded and merged.
type lateServer struct {
	*process.Server
	client       *workload.Client
	segmentBytes int64
	took         time.Duration // to load
}

// loadLate starts a server, loads it, and waits until each window is one segment.
func loadLate(b *testing.B, late *workload.Late, load func(*workload.Client) error) *lateServer {
	b.Helper()
	data := workload.NewFolder(b)
	s := workload.Start(b, data, "--memstore-mib", "32", "--settle-after", "5s")
	begun := time.Now()
	if err := load(workload.NewClient(s.URL)); err != nil {
		b.Fatal(err)
	}
	out := &lateServer{took: time.Since(begun)}
	stop(b, s)
	out.Server = workload.Start(b, data, slices.Concat(segmentArgs, []string{"--settle-after", "100ms"})...)
	out.client = workload.NewClient(out.URL)
	if err := workload.AwaitMerge(data, late.Windows()); err != nil {
		b.Fatal(err)
	}
	out.segmentBytes = workload.FilesOf(data).SegmentBytes
	return out
}
