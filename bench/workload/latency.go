package workload

import (
	"math/bits"
	"sync/atomic"
	"testing"
	"time"
)

// Latencies counts the times that calls took in classes whose width is under one percent of the time, so that millions of
// calls need neither memory nor a pause. The zero Latencies is ready; it may be used from several goroutines.
type Latencies struct {
	counts  [latencyClasses]atomic.Int64
	total   atomic.Int64
	longest atomic.Int64 // nanoseconds
}

// Classes: those below 2^latencyBits nanoseconds are one nanosecond wide; from there on each doubling has 2^latencyBits.
const (
	latencyBits    = 7
	latencyClasses = (64 - latencyBits) << latencyBits
)

// classOf returns the class of a time in nanoseconds.
func classOf(ns int64) int {
	shift := max(bits.Len64(uint64(ns))-latencyBits-1, 0)
	return shift<<latencyBits + int(ns>>shift)
}

// classMiddle returns the time in the middle of a class.
func classMiddle(class int) int64 {
	if class < 2<<latencyBits {
		return int64(class)
	}
	shift := class>>latencyBits - 1
	return (int64(class)-int64(shift)<<latencyBits)<<shift + 1<<shift/2
}

// Add adds one.
func (l *Latencies) Add(d time.Duration) {
	l.counts[classOf(int64(d))].Add(1)
	l.total.Add(1)
	for {
		longest := l.longest.Load()
		if int64(d) <= longest || l.longest.CompareAndSwap(longest, int64(d)) {
			return
		}
	}
}

// Count returns how many there are.
func (l *Latencies) Count() int { return int(l.total.Load()) }

// Longest returns the longest time, exactly.
func (l *Latencies) Longest() time.Duration { return time.Duration(l.longest.Load()) }

// Percentile returns the time that the given share of calls did not exceed, 0 without calls.
func (l *Latencies) Percentile(share float64) time.Duration {
	left := min(int64(share*float64(l.total.Load())), l.total.Load()-1)
	for class := range l.counts {
		if left -= l.counts[class].Load(); left < 0 {
			return time.Duration(classMiddle(class))
		}
	}
	return 0
}

// Report adds the metrics p50, p90 and p99 in microseconds to a benchmark, in place of the time of an iteration, in which
// answers are checked, too. A name other than "" is put before them.
func (l *Latencies) Report(b *testing.B, name string) {
	b.ReportMetric(0, "ns/op")
	for share, metric := range map[float64]string{0.5: "p50-us", 0.9: "p90-us", 0.99: "p99-us"} {
		b.ReportMetric(float64(l.Percentile(share).Nanoseconds())/1000, name+metric)
	}
}
