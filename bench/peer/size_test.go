package peer

import (
	"io"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/tidemarkdb/tidemark/bench/workload"
)

// The data of BenchmarkSize.
const (
	sizeHosts  = 1000
	sizeLength = 12 * time.Hour
)

// BenchmarkSize stores twelve hours of a thousand hosts with ten metrics and reports how many bytes a value takes on disk:
// all of Tidemark's segments, dimensions and times included, and Parquet files of the same rows in the same order. It
// does its work once, whatever b.N is.
func BenchmarkSize(b *testing.B) {
	for _, full := range []bool{false, true} {
		name := "values=walk"
		if full {
			name = "values=full"
		}
		b.Run(name, func(b *testing.B) {
			cpu := workload.NewCPU(sizeHosts, sizeLength, full, time.Now())
			var own, plain, split int64
			for b.Loop() {
				own = tidemarkSize(b, cpu)
				plain, split = parquetSize[plainRow](b, cpu), parquetSize[splitRow](b, cpu)
			}
			values := float64(cpu.Values())
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(own)/values, "tidemark-bytes/value")
			b.ReportMetric(float64(plain)/values, "parquet-zstd-bytes/value")
			b.ReportMetric(float64(split)/values, "parquet-split-zstd-bytes/value")
		})
	}
}

// tidemarkSize writes the data to a server and returns the size of its segments when it has merged them.
func tidemarkSize(b *testing.B, cpu *workload.CPU) int64 {
	data := workload.NewFolder(b)
	s := workload.Start(b, data)
	sum, err := cpu.Load(workload.NewClient(s.URL))
	if err != nil {
		b.Fatal(err)
	}
	s.Kill()
	s = workload.Start(b, data, "--memstore-mib", "1", "--settle-after", "1s")
	if err := workload.AwaitMerge(data, cpu.Windows()); err != nil {
		b.Fatal(err)
	}
	rows, err := workload.NewClient(s.URL).Query(workload.CPUStatement())
	if err == nil {
		err = cpu.Check(rows, sum)
	}
	if err != nil {
		b.Fatal(err)
	}
	return workload.FilesOf(data).SegmentBytes
}

// tags are the columns that do not change within a host.
type tags struct {
	Hostname           string `parquet:"hostname,dict,zstd"`
	Region             string `parquet:"region,dict,zstd"`
	Datacenter         string `parquet:"datacenter,dict,zstd"`
	Rack               string `parquet:"rack,dict,zstd"`
	OS                 string `parquet:"os,dict,zstd"`
	Arch               string `parquet:"arch,dict,zstd"`
	Team               string `parquet:"team,dict,zstd"`
	Service            string `parquet:"service,dict,zstd"`
	ServiceVersion     string `parquet:"service_version,dict,zstd"`
	ServiceEnvironment string `parquet:"service_environment,dict,zstd"`
	Time               int64  `parquet:"time,delta,zstd"`
}

// plainRow has its metrics as 64 bits each.
type plainRow struct {
	tags
	User      float64 `parquet:"usage_user,zstd"`
	System    float64 `parquet:"usage_system,zstd"`
	Idle      float64 `parquet:"usage_idle,zstd"`
	Nice      float64 `parquet:"usage_nice,zstd"`
	IOWait    float64 `parquet:"usage_iowait,zstd"`
	IRQ       float64 `parquet:"usage_irq,zstd"`
	SoftIRQ   float64 `parquet:"usage_softirq,zstd"`
	Steal     float64 `parquet:"usage_steal,zstd"`
	Guest     float64 `parquet:"usage_guest,zstd"`
	GuestNice float64 `parquet:"usage_guest_nice,zstd"`
}

// splitRow has the bytes of its metrics side by side (BYTE_STREAM_SPLIT), which suits doubles better.
type splitRow struct {
	tags
	User      float64 `parquet:"usage_user,split,zstd"`
	System    float64 `parquet:"usage_system,split,zstd"`
	Idle      float64 `parquet:"usage_idle,split,zstd"`
	Nice      float64 `parquet:"usage_nice,split,zstd"`
	IOWait    float64 `parquet:"usage_iowait,split,zstd"`
	IRQ       float64 `parquet:"usage_irq,split,zstd"`
	SoftIRQ   float64 `parquet:"usage_softirq,split,zstd"`
	Steal     float64 `parquet:"usage_steal,split,zstd"`
	Guest     float64 `parquet:"usage_guest,split,zstd"`
	GuestNice float64 `parquet:"usage_guest_nice,split,zstd"`
}

// parquetSize writes the data, sorted by host and time, and returns how many bytes that are.
func parquetSize[R plainRow | splitRow](b *testing.B, cpu *workload.CPU) int64 {
	var n counter
	w := parquet.NewGenericWriter[R](&n)
	rows := make([]R, 0, cpu.Points)
	for i := range cpu.Hosts {
		h := cpu.Host(i)
		rows = rows[:0]
		for range cpu.Points {
			t, v := h.Next()
			rows = append(rows, R(plainRow{tags{h.Name, h.Tags[0], h.Tags[1], h.Tags[2], h.Tags[3], h.Tags[4], h.Tags[5], h.Tags[6], h.Tags[7], h.Tags[8], t},
				v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]}))
		}
		if _, err := w.Write(rows); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return int64(n)
}

// counter counts what is written.
type counter int64

var _ io.Writer = (*counter)(nil)

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
