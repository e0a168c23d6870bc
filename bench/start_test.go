package bench_test

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/bench/workload"
	"github.com/tidemarkdb/tidemark/test/process"
)

var startLogFlag = flag.Int("start-log", 1024, "MiB of log that Start/log is to replay")

// rowBytes is about the length of a single-measure record in the log.
const rowBytes = 14

// BenchmarkStart starts a server after a kill, from the start of the process to the first answer of a query over all rows:
// with 100 M values of 100,000 series in segments, and with all rows in the log, as single-measure records.
func BenchmarkStart(b *testing.B) {
	b.Run("segments", func(b *testing.B) {
		benchmarkStart(b, &starting{series: 100_000, points: 100, columns: 10, step: int64(6 * time.Minute), flushes: 4})
	})
	b.Run("log", func(b *testing.B) {
		const series = 10_000
		points := *startLogFlag << 20 / rowBytes / series
		benchmarkStart(b, &starting{series: series, points: points, columns: 1, step: int64(5 * time.Second)})
	})
}

// benchmarkStart measures b.N starts, each on a copy of the folder as the kill left it.
func benchmarkStart(b *testing.B, w *starting) {
	dir := workload.NewFolder(b)
	if err := w.build(dir, func() *process.Server { return workload.Start(b, dir) }); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		data := workload.NewFolder(b)
		if err := w.copy(data); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		s := workload.Start(b, data)
		up := b.Elapsed()
		rows, err := workload.NewClient(s.URL).Query(w.statement())
		b.StopTimer()
		if err == nil {
			err = w.check(rows)
		}
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64((b.Elapsed() - up).Milliseconds()), "ms/query")
		if used := workload.UsageOf(s.Pid()); used.Anything {
			b.ReportMetric(used.CPU.Seconds(), "CPU-s")
			b.ReportMetric(float64(used.PeakRSS)/(1<<20), "peak-MiB")
		}
		s.Kill()
		// A second start finds the same, whatever the first one has moved.
		s = workload.Start(b, data)
		if rows, err = workload.NewClient(s.URL).Query(w.statement()); err == nil {
			err = w.check(rows)
		}
		if err != nil {
			b.Fatal(err)
		}
		s.Kill()
		if err := os.RemoveAll(data); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(w.rows)*float64(w.columns)/1e6, "Mvalues")
	b.ReportMetric(w.logMiB, "MiB-of-log")
}
