package workload

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// MeasureWrites sends b.N requests from all streams at the same time, one after the other within a stream, and reports values
// a second and latencies. connect returns the function that sends the next request of a stream.
func MeasureWrites(b *testing.B, writes *Writes, connect func(s *WriteStream) func() error) {
	var begun atomic.Int64
	var took Latencies
	sends := connectAll(writes, connect)
	b.ResetTimer()
	err := writeAll(sends, &took, func() bool { return begun.Add(1) <= int64(b.N) })
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	ReportWrites(b, writes.shape, b.N, b.Elapsed(), &took)
}

// ReportWrites adds values and records a second and the latencies to a benchmark.
func ReportWrites(b *testing.B, shape *WriteShape, requests int, elapsed time.Duration, took *Latencies) {
	b.ReportMetric(float64(requests*shape.RequestValues())/elapsed.Seconds(), "values/s")
	if shape.multi {
		b.ReportMetric(float64(requests*RequestRecords)/elapsed.Seconds(), "records/s")
	}
	took.Report(b, "")
}

// connectAll makes the functions that send for all streams.
func connectAll(writes *Writes, connect func(s *WriteStream) func() error) []func() error {
	var sends []func() error
	for _, s := range writes.streams {
		sends = append(sends, connect(s))
	}
	return sends
}

// writeAll calls all senders at the same time, each again and again while more says so, and returns the first error.
func writeAll(sends []func() error, took *Latencies, more func() bool) error {
	failed := make(chan error, len(sends))
	var running sync.WaitGroup
	for _, send := range sends {
		running.Go(func() {
			for more() {
				before := time.Now()
				if err := send(); err != nil {
					failed <- err
					return
				}
				took.Add(time.Since(before))
			}
		})
	}
	running.Wait()
	close(failed)
	return <-failed
}
