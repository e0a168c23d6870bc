//go:build unix

// Package roundtrip_test takes a table out of the real program and in again: UNLOAD writes it to an S3 server, batch loads read
// it into another table, and both have the same rows. It tells how much memory that takes.
//
//	go test ./test/roundtrip                                        # 100,000 rows
//	go test ./test/roundtrip -rows 10000000 -v -timeout 3h          # for the figures
package roundtrip_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/bench/workload"
	"github.com/tidemarkdb/tidemark/test/process"
	"github.com/tidemarkdb/tidemark/test/s3server"
)

var rows = flag.Int("rows", 100_000, "rows of the table")

const (
	hosts   = 100 // series, each with a row every millisecond
	writers = 4
	memory  = "256MiB" // for the server
)

// run is a server that keeps its objects in an S3 server.
type run struct {
	t      *testing.T
	server *process.Server
	began  time.Time // of the data
	points int       // of each host
}

func TestRoundTrip(t *testing.T) {
	binary, err := process.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s3 := s3server.Start(t, "exports", "reports")
	server, err := process.Start(process.Options{Binary: binary, Data: filepath.Join(t.TempDir(), "data"), Args: append(s3.Args(), "--memory", memory)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	points := max(1, *rows/hosts)
	r := &run{t, server, time.Now().Add(-time.Duration(points)*time.Millisecond - time.Minute), points}
	r.create("source", "target")
	r.step("write", func() { r.write() })
	r.step("unload", func() { r.unload() })
	r.step("load", func() { r.load() })
	var source, target string
	r.step("compare", func() { source, target = r.checksum("source"), r.checksum("target") })
	if source != target || !strings.HasPrefix(source, fmt.Sprint(hosts*points, " rows")) {
		t.Errorf("the table is %s, want %d\nloaded it is %s", source, hosts*points, target)
	}
}

// step does something and logs how long it took and how much memory the server has taken at most so far.
func (r *run) step(name string, do func()) {
	began := time.Now()
	do()
	u := workload.UsageOf(r.server.Pid())
	r.t.Logf("%-8s %8s, server's memory at most %d MiB, its CPU time so far %s", name, time.Since(began).Round(time.Millisecond), u.PeakRSS>>20, u.CPU.Round(time.Second))
}

// create makes tables that take rows of an hour as well as those of a day.
func (r *run) create(tables ...string) {
	w := r.server.Writer()
	if _, err := w.CreateDatabase(r.t.Context(), &timestreamwrite.CreateDatabaseInput{DatabaseName: aws.String("iot")}); err != nil {
		r.t.Fatal(err)
	}
	for _, name := range tables {
		if _, err := w.CreateTable(r.t.Context(), &timestreamwrite.CreateTableInput{DatabaseName: aws.String("iot"), TableName: &name,
			RetentionProperties: &types.RetentionProperties{MemoryStoreRetentionPeriodInHours: aws.Int64(24), MagneticStoreRetentionPeriodInDays: aws.Int64(10)}}); err != nil {
			r.t.Fatal(err)
		}
	}
}

// write writes all rows, hosts shared out among the writers.
func (r *run) write() {
	var wait sync.WaitGroup
	for first := range writers {
		wait.Go(func() {
			w := r.server.Writer()
			for host := first; host < hosts; host += writers {
				if err := r.writeHost(w, host); err != nil {
					r.t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	if r.t.Failed() {
		r.t.FailNow()
	}
}

// writeHost writes the rows of one series, 100 a request.
func (r *run) writeHost(w *timestreamwrite.Client, host int) error {
	rng := rand.New(rand.NewPCG(uint64(host), 1))
	common := &types.Record{MeasureName: aws.String("metrics"), MeasureValueType: types.MeasureValueTypeMulti, TimeUnit: types.TimeUnitMilliseconds,
		Dimensions: []types.Dimension{{Name: aws.String("host"), Value: aws.String(fmt.Sprintf("host-%03d, \"rack\" %d", host, host%7))},
			{Name: aws.String("region"), Value: aws.String("eu-" + strconv.Itoa(host%3))}}}
	for at := 0; at < r.points; at += 100 {
		var records []types.Record
		for i := at; i < min(at+100, r.points); i++ {
			records = append(records, types.Record{Time: aws.String(strconv.FormatInt(r.began.UnixMilli()+int64(i), 10)), MeasureValues: measures(rng)})
		}
		if _, err := w.WriteRecords(context.Background(), &timestreamwrite.WriteRecordsInput{DatabaseName: aws.String("iot"), TableName: aws.String("source"),
			CommonAttributes: common, Records: records}); err != nil {
			return fmt.Errorf("write host %d from %d: %w", host, at, err)
		}
	}
	return nil
}

// labels are texts that CSV must protect.
var labels = []string{"plain", "with, comma", `with "quotes"`, "two\nlines", `back\slash`, " blanks ", "température"}

// measures returns random values of all types; some are missing.
func measures(rng *rand.Rand) []types.MeasureValue {
	value := func(name, text string, kind types.MeasureValueType) types.MeasureValue {
		return types.MeasureValue{Name: &name, Value: &text, Type: kind}
	}
	out := []types.MeasureValue{value("cpu", strconv.FormatFloat(rng.NormFloat64()*100, 'g', -1, 64), types.MeasureValueTypeDouble)}
	if rng.IntN(5) > 0 {
		out = append(out, value("n", strconv.FormatInt(rng.Int64()-rng.Int64(), 10), types.MeasureValueTypeBigint))
	}
	if rng.IntN(3) > 0 {
		out = append(out, value("label", labels[rng.IntN(len(labels))], types.MeasureValueTypeVarchar))
	}
	if rng.IntN(4) > 0 {
		out = append(out, value("up", strconv.FormatBool(rng.IntN(2) > 0), types.MeasureValueTypeBoolean))
	}
	return out
}

// query runs a statement and hands over its rows as they come.
func (r *run) query(statement string, row func(values []string)) {
	r.t.Helper()
	pages := timestreamquery.NewQueryPaginator(r.server.Reader(), &timestreamquery.QueryInput{QueryString: &statement})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.t.Context())
		if err != nil {
			r.t.Fatalf("%s: %v", statement, err)
		}
		for _, found := range page.Rows {
			values := make([]string, len(found.Data))
			for i, d := range found.Data {
				if values[i] = "NULL"; d.ScalarValue != nil {
					values[i] = strconv.Quote(*d.ScalarValue)
				}
			}
			row(values)
		}
	}
}

// unload writes the table to the bucket exports, in files of a size that batch loads take.
func (r *run) unload() {
	r.query(`UNLOAD (SELECT host, region, measure_name, to_milliseconds(time) AS t, cpu, n, label, up FROM iot.source)
		TO 's3://exports/source' WITH (compression = 'NONE', include_header = 'true', escaped_by = '"', max_file_size = '128MB')`,
		func(values []string) {
			if values[0] != strconv.Quote(fmt.Sprint(hosts*r.points)) {
				r.t.Fatalf("UNLOAD answers %v", values)
			}
		})
}

// load loads the files into the table target.
func (r *run) load() {
	attribute := func(name string, kind types.ScalarMeasureValueType) types.MultiMeasureAttributeMapping {
		return types.MultiMeasureAttributeMapping{SourceColumn: &name, MeasureValueType: kind}
	}
	w := r.server.Writer()
	made, err := w.CreateBatchLoadTask(r.t.Context(), &timestreamwrite.CreateBatchLoadTaskInput{
		TargetDatabaseName: aws.String("iot"), TargetTableName: aws.String("target"),
		DataSourceConfiguration: &types.DataSourceConfiguration{DataFormat: types.BatchLoadDataFormatCsv,
			DataSourceS3Configuration: &types.DataSourceS3Configuration{BucketName: aws.String("exports"), ObjectKeyPrefix: aws.String("source/results/")}},
		ReportConfiguration: &types.ReportConfiguration{ReportS3Configuration: &types.ReportS3Configuration{BucketName: aws.String("reports")}},
		DataModelConfiguration: &types.DataModelConfiguration{DataModel: &types.DataModel{
			TimeColumn: aws.String("t"), TimeUnit: types.TimeUnitMilliseconds, MeasureNameColumn: aws.String("measure_name"),
			DimensionMappings: []types.DimensionMapping{{SourceColumn: aws.String("host")}, {SourceColumn: aws.String("region")}},
			MultiMeasureMappings: &types.MultiMeasureMappings{MultiMeasureAttributeMappings: []types.MultiMeasureAttributeMapping{
				attribute("cpu", types.ScalarMeasureValueTypeDouble), attribute("n", types.ScalarMeasureValueTypeBigint),
				attribute("label", types.ScalarMeasureValueTypeVarchar), attribute("up", types.ScalarMeasureValueTypeBoolean)}},
		}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	for deadline := time.Now().Add(2 * time.Hour); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		out, err := w.DescribeBatchLoadTask(r.t.Context(), &timestreamwrite.DescribeBatchLoadTaskInput{TaskId: made.TaskId})
		if err != nil {
			r.t.Fatal(err)
		}
		switch task := out.BatchLoadTaskDescription; task.TaskStatus {
		case types.BatchLoadStatusSucceeded:
			return
		case types.BatchLoadStatusCreated, types.BatchLoadStatusInProgress:
		default:
			r.t.Fatalf("the load is %s: %s %+v", task.TaskStatus, aws.ToString(task.ErrorMessage), task.ProgressReport)
		}
	}
	r.t.Fatal("the load does not end")
}

// checksum returns the number of a table's rows and the hash of all of them, sorted by host and time.
func (r *run) checksum(table string) string {
	sum := sha256.New()
	count := 0
	var names []string
	r.query("SELECT DISTINCT host FROM iot."+table+" ORDER BY host", func(values []string) { names = append(names, values[0]) })
	for _, name := range names {
		host, err := strconv.Unquote(name)
		if err != nil {
			r.t.Fatal(err)
		}
		r.query("SELECT host, region, measure_name, time, cpu, n, label, up FROM iot."+table+" WHERE host = '"+host+"' ORDER BY time", func(values []string) {
			count++
			fmt.Fprintln(sum, strings.Join(values, ","))
		})
	}
	return fmt.Sprintf("%d rows with checksum %s", count, hex.EncodeToString(sum.Sum(nil)))
}
