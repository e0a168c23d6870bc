package workload

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// Latencies are the times that calls took.
type Latencies struct {
	mu    sync.Mutex
	times []time.Duration
}

// Add adds one. It may be called from several goroutines.
func (l *Latencies) Add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times = append(l.times, d)
}

// Percentile returns the time that the given share of calls did not exceed, 0 without calls.
func (l *Latencies) Percentile(share float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.times) == 0 {
		return 0
	}
	slices.Sort(l.times)
	return l.times[min(int(share*float64(len(l.times))), len(l.times)-1)]
}

// Report adds the metrics p50, p90 and p99 in microseconds to a benchmark, in place of the time of an iteration, in which
// answers are checked, too. A name other than "" is put before them.
func (l *Latencies) Report(b *testing.B, name string) {
	b.ReportMetric(0, "ns/op")
	for share, metric := range map[float64]string{0.5: "p50-us", 0.9: "p90-us", 0.99: "p99-us"} {
		b.ReportMetric(float64(l.Percentile(share).Nanoseconds())/1000, name+metric)
	}
}
