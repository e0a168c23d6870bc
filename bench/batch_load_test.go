package bench_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/bench/workload"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

var loadRows = flag.Int("batch-rows", 1_000_000, "how many rows BenchmarkBatchLoad loads")

// batchHosts is how many hosts the rows are of, in turn.
const batchHosts = 1000

// BenchmarkBatchLoad loads a file of rows in order of time into a server with --memory 256MiB, as single-measure records and as
// records of ten doubles. It checks the count and sums. It does its work once, whatever b.N is.
func BenchmarkBatchLoad(b *testing.B) {
	for name, columns := range map[string]int{"single": 1, "multi-10": 10} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				loadBatch(b, columns)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// loadBatch loads a file with a number of columns besides time and host.
func loadBatch(b *testing.B, columns int) {
	data := workload.NewFolder(b)
	dir := filepath.Join(data, "objects")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	store, err := objectstore.OpenLocal(vfs.OS(dir))
	if err == nil {
		err = store.Put(b.Context(), "my-data", "in.csv", batchFile(*loadRows, columns, time.Now()), objectstore.PutOptions{})
	}
	if err != nil {
		b.Fatal(err)
	}
	s := workload.Start(b, data, "--memory", "256MiB")
	c := workload.NewClient(s.URL)
	call := func(operation, body string) []byte {
		out, err := c.Call(operation, []byte(body))
		if err != nil {
			b.Fatal(err)
		}
		return out
	}
	call("CreateDatabase", `{"DatabaseName":"loads"}`)
	call("CreateTable", `{"DatabaseName":"loads","TableName":"rows","RetentionProperties":{"MemoryStoreRetentionPeriodInHours":1,"MagneticStoreRetentionPeriodInDays":1000}}`)
	model := `"MixedMeasureMappings":[{"SourceColumn":"v0","MeasureValueType":"DOUBLE"}]`
	if columns > 1 {
		model = `"MultiMeasureMappings":{"TargetMultiMeasureName":"metrics","MultiMeasureAttributeMappings":[`
		for i := range columns {
			model += fmt.Sprintf(`{"SourceColumn":"v%d","MeasureValueType":"DOUBLE"},`, i)
		}
		model = model[:len(model)-1] + `]}`
	}
	begun, before := time.Now(), workload.UsageOf(s.Pid())
	id := struct{ TaskID string }{}
	if err := json.Unmarshal(call("CreateBatchLoadTask", `{"TargetDatabaseName":"loads","TargetTableName":"rows",
		"DataSourceConfiguration":{"DataFormat":"CSV","DataSourceS3Configuration":{"BucketName":"my-data","ObjectKeyPrefix":"in"}},
		"ReportConfiguration":{"ReportS3Configuration":{"BucketName":"my-reports"}},
		"DataModelConfiguration":{"DataModel":{"TimeColumn":"time","DimensionMappings":[{"SourceColumn":"host"}],`+model+`}}}`), &id); err != nil {
		b.Fatal(err)
	}
	awaitBatch(b, c, id.TaskID)
	took, used := time.Since(begun), workload.UsageOf(s.Pid())
	checkBatch(b, c, columns)
	b.ReportMetric(float64(*loadRows)/took.Seconds(), "records/s")
	b.ReportMetric(float64((used.CPU-before.CPU).Microseconds())/float64(*loadRows), "cpu-us/record")
	b.ReportMetric(float64(used.PeakRSS>>20), "peak-MiB")
	stop(b, s)
}

// awaitBatch waits until a task has succeeded.
func awaitBatch(b *testing.B, c *workload.Client, id string) {
	b.Helper()
	for {
		out, err := c.Call("DescribeBatchLoadTask", []byte(`{"TaskId":"`+id+`"}`))
		var d struct {
			BatchLoadTaskDescription struct{ TaskStatus, ErrorMessage string }
		}
		if err == nil {
			err = json.Unmarshal(out, &d)
		}
		switch status := d.BatchLoadTaskDescription.TaskStatus; {
		case err != nil:
			b.Fatal(err)
		case status == "SUCCEEDED":
			return
		case status != "CREATED" && status != "IN_PROGRESS":
			b.Fatalf("%s", out)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// checkBatch checks the count, the hosts, and the sum of the last column.
func checkBatch(b *testing.B, c *workload.Client, columns int) {
	b.Helper()
	column := "measure_value::double"
	if columns > 1 {
		column = fmt.Sprintf("v%d", columns-1)
	}
	rows, err := c.Query("SELECT count(*), count(DISTINCT host), cast(sum(" + column + ") * 4 AS bigint) FROM loads.rows")
	if err != nil {
		b.Fatal(err)
	}
	sum := 0
	for i := range *loadRows {
		sum += (i+columns-1)%977*4 + 1
	}
	if got, want := fmt.Sprint(rows), fmt.Sprintf("[[%d %d %d]]", *loadRows, batchHosts, sum); got != want {
		b.Fatalf("%s, want %s", got, want)
	}
}

// batchFile writes a file to a pipe.
func batchFile(n, columns int, now time.Time) io.Reader {
	in, out := io.Pipe()
	go func() {
		line := []byte("time,host")
		for k := range columns {
			line = fmt.Appendf(line, ",v%d", k)
		}
		for i := range n {
			line = append(line, '\n')
			line = strconv.AppendInt(line, now.Add(-time.Duration(n-i)*10*time.Millisecond).UnixMilli(), 10)
			line = append(line, ",host-"...)
			line = strconv.AppendInt(line, int64(i%batchHosts), 10)
			for k := range columns {
				line = append(line, ',')
				line = strconv.AppendInt(line, int64((i+k)%977), 10)
				line = append(line, ".25"...)
			}
			if len(line) > 60_000 || i == n-1 {
				if _, err := out.Write(line); err != nil {
					return
				}
				line = line[:0]
			}
		}
		_ = out.Close() // of a pipe: it never fails
	}()
	return in
}
