package bench_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"

	"github.com/tidemarkdb/tidemark/bench/workload"
	"github.com/tidemarkdb/tidemark/test/process"
)

// writeClients is how many clients write at the same time.
const writeClients = 8

// shapes are what requests hold.
var shapes = []*workload.WriteShape{workload.SingleMeasure, workload.MultiMeasure}

// BenchmarkWriteRecords writes requests of 100 records from eight clients, each request answered when its records are synced
// to disk. A client has one request under way, or four over as many connections, as agents with several outputs have them.
// Afterwards every record must be there, also after a kill.
func BenchmarkWriteRecords(b *testing.B) {
	for _, shape := range shapes {
		for _, underway := range []int{1, 4} {
			for _, client := range []string{"raw", "http", "sdk"} {
				b.Run(fmt.Sprintf("measure=%s/underway=%d/client=%s", shape.Name, underway, client), func(b *testing.B) {
					benchmarkWrites(b, workload.WriteOptions{Shape: shape, Streams: writeClients * underway, Now: time.Now()}, senders[client])
				})
			}
		}
	}
}

// senders make functions that send the next request of a stream to a server, by the name of the client.
var senders = map[string]func(b *testing.B, url string, s *workload.WriteStream) func() error{
	"raw": rawSender,
	"http": func(_ *testing.B, url string, s *workload.WriteStream) func() error {
		client := workload.NewClient(url)
		return func() error {
			_, err := client.Call("WriteRecords", s.Body())
			return err
		}
	},
	"sdk": func(b *testing.B, url string, s *workload.WriteStream) func() error {
		client := timestreamwrite.NewFromConfig(sdkConfig(url))
		return func() error {
			_, err := client.WriteRecords(b.Context(), s.Input())
			return err
		}
	},
}

// rawSender sends over a connection without an HTTP library.
func rawSender(b *testing.B, url string, s *workload.WriteStream) func() error {
	client, err := workload.NewRawClient(url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Close() })
	return func() error { return client.Write(s.Body()) }
}

// benchmarkWrites measures b.N requests.
func benchmarkWrites(b *testing.B, o workload.WriteOptions, sender func(*testing.B, string, *workload.WriteStream) func() error) {
	data := workload.NewFolder(b)
	s := workload.Start(b, data)
	writes := workload.NewWrites(o)
	if err := writes.CreateTable(workload.NewClient(s.URL)); err != nil {
		b.Fatal(err)
	}
	before, own := workload.UsageOf(s.Pid()), workload.UsageOf(os.Getpid())
	workload.MeasureWrites(b, writes, func(stream *workload.WriteStream) func() error { return sender(b, s.URL, stream) })
	reportCPU(b, "server-us/request", before, workload.UsageOf(s.Pid()))
	reportCPU(b, "client-us/request", own, workload.UsageOf(os.Getpid()))
	checkWritten(b, s, writes)
	s.Kill()
	s = workload.Start(b, data)
	checkWritten(b, s, writes)
	s.Kill()
}

// reportCPU adds the CPU time of a process for each of b.N requests.
func reportCPU(b *testing.B, name string, before, after workload.Usage) {
	if after.Anything {
		b.ReportMetric(float64((after.CPU-before.CPU).Microseconds())/float64(b.N), name)
	}
}

// checkWritten fails the benchmark unless everything is stored.
func checkWritten(b *testing.B, s *process.Server, writes *workload.Writes) {
	b.Helper()
	rows, err := workload.NewClient(s.URL).Query(writes.Statement())
	if err == nil {
		err = writes.Check(rows)
	}
	if err != nil {
		b.Fatal(err)
	}
}
