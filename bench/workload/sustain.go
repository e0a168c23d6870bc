package workload

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Sustain sends requests from all streams for as long as b.Loop goes on, and reports what MeasureWrites reports, and what
// server and client used. What happened in each stretch of the run goes to the standard error output, since a
// benchmark's own log keeps ten lines. An iteration is a second.
func Sustain(b *testing.B, pid int, data string, writes *Writes, connect func(s *WriteStream) func() error) {
	w := &sustained{pid: pid, data: data, shape: writes.shape, begun: time.Now(), rssLeast: 1 << 62, sizes: map[string]int64{}}
	w.stretch.Store(new(Latencies))
	w.client, w.server = UsageOf(os.Getpid()), UsageOf(pid)
	w.last = w.server
	sends := connectAll(writes, connect)
	for i, send := range sends {
		sends[i] = func() error {
			before := time.Now()
			err := send()
			w.stretch.Load().Add(time.Since(before))
			return err
		}
	}
	var stop atomic.Bool
	ended := make(chan error, 1)
	w.stretchBegun = w.begun
	go func() { ended <- writeAll(sends, &w.all, func() bool { return !stop.Load() }) }()
	for b.Loop() {
		select {
		case err := <-ended:
			b.Fatal(err)
		case <-time.After(time.Second):
		}
		w.sample(false)
	}
	stop.Store(true)
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	w.sample(true)
	w.report(b)
}

// sustained is a run of Sustain.
type sustained struct {
	pid    int
	data   string
	shape  *WriteShape
	all    Latencies
	begun  time.Time
	client Usage // before
	server Usage

	// What the last lines are about.
	stretch      atomic.Pointer[Latencies]
	stretchBegun time.Time
	last         Usage
	rssLeast     int64
	rssMost      int64
	peak         int64
	sizes        map[string]int64 // of all files that there were
}

// stretchLeast is how long a stretch of a run is that gets a line of its own.
const stretchLeast = 30 * time.Second

// sample looks at the server, and ends a stretch when it is long enough or the run is over.
func (w *sustained) sample(over bool) {
	u := UsageOf(w.pid)
	w.rssLeast, w.rssMost, w.peak = min(w.rssLeast, u.RSS), max(w.rssMost, u.RSS), max(w.peak, u.RSS)
	f := FilesOf(w.data)
	for name, size := range f.Sizes {
		w.sizes[name] = max(w.sizes[name], size)
	}
	took := time.Since(w.stretchBegun)
	if took < stretchLeast && !over {
		return
	}
	l := w.stretch.Swap(new(Latencies))
	fmt.Fprintf(os.Stderr, "%4.0f s  %9.0f values/s  p50 %6.2f  p99 %6.2f  max %6.1f ms  server %4.2f cores  %4d to %4d MiB  %3d segments, %5d MB, log %4d MB\n",
		time.Since(w.begun).Seconds(), float64(l.Count()*w.shape.RequestValues())/took.Seconds(), millis(l.Percentile(0.5)), millis(l.Percentile(0.99)),
		millis(l.Longest()), (u.CPU-w.last.CPU).Seconds()/took.Seconds(), w.rssLeast>>20, w.rssMost>>20,
		f.Segments, f.SegmentBytes/1e6, f.LogBytes/1e6)
	w.stretchBegun, w.last, w.rssLeast, w.rssMost = time.Now(), u, 1<<62, 0
}

// millis returns a time in milliseconds.
func millis(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// report prints the stretches and adds the metrics of the whole run.
func (w *sustained) report(b *testing.B) {
	elapsed, client, server := time.Since(w.begun), UsageOf(os.Getpid()), UsageOf(w.pid)
	ReportWrites(b, w.shape, w.all.Count(), elapsed, &w.all)
	b.ReportMetric(millis(w.all.Longest()), "max-ms")
	if !server.Anything {
		return
	}
	values := float64(w.all.Count() * w.shape.RequestValues())
	b.ReportMetric((server.CPU-w.server.CPU).Seconds()/elapsed.Seconds(), "server-cores")
	b.ReportMetric((client.CPU-w.client.CPU).Seconds()/elapsed.Seconds(), "client-cores")
	b.ReportMetric(float64(max(w.peak, server.PeakRSS)>>20), "peak-MiB")
	// Segments that were merged away again are found by looking every second, so very short lives are missed.
	var segments, log int64
	for name, size := range w.sizes {
		if strings.HasSuffix(name, ".seg") {
			segments += size
		} else {
			log += size
		}
	}
	b.ReportMetric(float64(log)/values, "log-B/value")
	b.ReportMetric(float64(segments)/values, "segments-B/value")
	b.ReportMetric(float64(FilesOf(w.data).SegmentBytes)/values, "kept-B/value")
}
