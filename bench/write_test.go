package bench_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"

	"github.com/tidemarkdb/tidemark/bench/workload"
)

// writeClients is how many clients write at the same time.
const writeClients = 8

// BenchmarkWriteRecords writes requests of 100 records from eight clients, each answered when the records are synced to
// disk. Afterwards every record must be there, also after a kill.
func BenchmarkWriteRecords(b *testing.B) {
	b.Run("client=http", func(b *testing.B) {
		benchmarkWrites(b, func(url string, w *workload.WriteClient) func() error {
			client := workload.NewClient(url)
			return func() error {
				_, err := client.Call("WriteRecords", w.Body())
				return err
			}
		})
	})
	b.Run("client=sdk", func(b *testing.B) {
		benchmarkWrites(b, func(url string, w *workload.WriteClient) func() error {
			client := timestreamwrite.NewFromConfig(sdkConfig(url))
			return func() error {
				_, err := client.WriteRecords(b.Context(), w.Input())
				return err
			}
		})
	})
}

// benchmarkWrites measures b.N requests. connect makes a client, which sends the next request at each call.
func benchmarkWrites(b *testing.B, connect func(url string, w *workload.WriteClient) func() error) {
	data := workload.NewFolder(b)
	s := workload.Start(b, data)
	writes := workload.NewWrites(writeClients, time.Now())
	plain := workload.NewClient(s.URL)
	if err := writes.CreateTable(plain); err != nil {
		b.Fatal(err)
	}
	workload.MeasureWrites(b, writeClients, func(i int) func() error { return connect(s.URL, writes.Client(i)) })
	checkWritten(b, plain, writes)
	s.Kill()
	s = workload.Start(b, data)
	checkWritten(b, workload.NewClient(s.URL), writes)
	s.Kill()
}

// checkWritten fails the benchmark unless everything is stored.
func checkWritten(b *testing.B, client *workload.Client, writes *workload.Writes) {
	b.Helper()
	rows, err := client.Query(workload.WritesStatement)
	if err == nil {
		err = writes.CheckWritten(rows)
	}
	if err != nil {
		b.Fatal(err)
	}
}
