package bench_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/bench/workload"
)

var serverArgs = flag.String("server-args", "", "further arguments of the server that BenchmarkSustained writes to, separated by blanks")

// sustainedStep lets ten minutes of writing stay within the hours that a table takes records for.
const sustainedStep = 20 * time.Millisecond

// BenchmarkSustained writes as BenchmarkWriteRecords does, for -benchtime, while the server flushes and merges what came
// before.
func BenchmarkSustained(b *testing.B) {
	for _, shape := range shapes {
		for _, underway := range []int{1, 4} {
			b.Run(fmt.Sprintf("measure=%s/underway=%d", shape.Name, underway), func(b *testing.B) {
				sustain(b, workload.WriteOptions{Shape: shape, Streams: writeClients * underway, Step: sustainedStep, Now: time.Now()})
			})
		}
	}
}

// sustain measures one kind of requests.
func sustain(b *testing.B, o workload.WriteOptions) {
	data := workload.NewFolder(b)
	s := workload.Start(b, data, strings.Fields(*serverArgs)...)
	writes := workload.NewWrites(o)
	if err := writes.CreateTable(workload.NewClient(s.URL)); err != nil {
		b.Fatal(err)
	}
	workload.Sustain(b, s.Pid(), data, writes, func(stream *workload.WriteStream) func() error { return rawSender(b, s.URL, stream) })
	checkWritten(b, s, writes)
	s.Kill()
	s = workload.Start(b, data, strings.Fields(*serverArgs)...)
	checkWritten(b, s, writes)
	s.Kill()
}
