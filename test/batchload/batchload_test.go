//go:build unix

// Package batchload_test drives batch loads of the real program by the AWS SDK, and kills the server in the middle of them.
package batchload_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/test/process"
)

// run is a server with its data folder.
type run struct {
	t      *testing.T
	binary string
	data   string
	server *process.Server
}

// newRun puts files into the bucket my-data and starts a server with the table devops.cpu.
func newRun(t *testing.T, files map[string]io.Reader) *run {
	t.Helper()
	binary, err := process.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &run{t: t, binary: binary, data: filepath.Join(t.TempDir(), "data")}
	store := r.objects()
	for key, body := range files {
		if err := store.Put(t.Context(), "my-data", key, body, objectstore.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	r.start()
	w := r.server.Writer()
	if _, err := w.CreateDatabase(t.Context(), &timestreamwrite.CreateDatabaseInput{DatabaseName: aws.String("devops")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.CreateTable(t.Context(), &timestreamwrite.CreateTableInput{DatabaseName: aws.String("devops"), TableName: aws.String("cpu"),
		RetentionProperties: &types.RetentionProperties{MemoryStoreRetentionPeriodInHours: aws.Int64(1), MagneticStoreRetentionPeriodInDays: aws.Int64(100)}}); err != nil {
		t.Fatal(err)
	}
	return r
}

// objects opens the folder of objects. The server must not run.
func (r *run) objects() objectstore.Store {
	r.t.Helper()
	dir := filepath.Join(r.data, "objects")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		r.t.Fatal(err)
	}
	store, err := objectstore.OpenLocal(vfs.OS(dir))
	if err != nil {
		r.t.Fatal(err)
	}
	return store
}

func (r *run) start() {
	r.t.Helper()
	s, err := process.Start(process.Options{Binary: r.binary, Data: r.data})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(s.Kill)
	r.server = s
}

// create creates a task for the files below a prefix.
func (r *run) create(prefix string, model *types.DataModel) string {
	r.t.Helper()
	out, err := r.server.Writer().CreateBatchLoadTask(r.t.Context(), &timestreamwrite.CreateBatchLoadTaskInput{
		TargetDatabaseName: aws.String("devops"), TargetTableName: aws.String("cpu"),
		DataSourceConfiguration: &types.DataSourceConfiguration{DataFormat: types.BatchLoadDataFormatCsv,
			DataSourceS3Configuration: &types.DataSourceS3Configuration{BucketName: aws.String("my-data"), ObjectKeyPrefix: aws.String(prefix)}},
		ReportConfiguration:    &types.ReportConfiguration{ReportS3Configuration: &types.ReportS3Configuration{BucketName: aws.String("my-reports"), ObjectKeyPrefix: aws.String("loads")}},
		DataModelConfiguration: &types.DataModelConfiguration{DataModel: model},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return *out.TaskId
}

func (r *run) describe(id string) *types.BatchLoadTaskDescription {
	r.t.Helper()
	out, err := r.server.Writer().DescribeBatchLoadTask(r.t.Context(), &timestreamwrite.DescribeBatchLoadTaskInput{TaskId: aws.String(id)})
	if err != nil {
		r.t.Fatal(err)
	}
	return out.BatchLoadTaskDescription
}

// await waits until a task has ended.
func (r *run) await(id string) *types.BatchLoadTaskDescription {
	r.t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if d := r.describe(id); d.TaskStatus != types.BatchLoadStatusCreated && d.TaskStatus != types.BatchLoadStatusInProgress {
			return d
		}
	}
	r.t.Fatal("the load does not end")
	return nil
}

// query returns the values of the one row of a result.
func (r *run) query(statement string) string {
	r.t.Helper()
	out, err := r.server.Reader().Query(context.Background(), &timestreamquery.QueryInput{QueryString: aws.String(statement)})
	if err != nil || len(out.Rows) != 1 {
		r.t.Fatalf("%s: %v", statement, err)
	}
	var values []string
	for _, d := range out.Rows[0].Data {
		values = append(values, *d.ScalarValue)
	}
	return strings.Join(values, " ")
}

// metrics maps time, host, cpu and n to one record.
var metrics = &types.DataModel{TimeColumn: aws.String("time"), TimeUnit: types.TimeUnitMilliseconds,
	DimensionMappings: []types.DimensionMapping{{SourceColumn: aws.String("host")}},
	MultiMeasureMappings: &types.MultiMeasureMappings{TargetMultiMeasureName: aws.String("metrics"), MultiMeasureAttributeMappings: []types.MultiMeasureAttributeMapping{
		{SourceColumn: aws.String("cpu"), MeasureValueType: types.ScalarMeasureValueTypeDouble}, {SourceColumn: aws.String("n"), MeasureValueType: types.ScalarMeasureValueTypeBigint}}}}

// rowsOfFile writes rows numbered from on, to a pipe. Every thousandth has no number.
func rowsOfFile(from, n int, now time.Time) io.Reader {
	in, out := io.Pipe()
	go func() {
		line := []byte("time,host,cpu,n\n")
		for i := from; i < from+n; i++ {
			line = strconv.AppendInt(line, now.Add(-time.Duration(i)*10*time.Millisecond).UnixMilli(), 10)
			line = fmt.Appendf(line, ",host-%d,%d.25,", i%500, i%100)
			if i%1000 == 999 {
				line = append(line, "none\n"...)
			} else {
				line = append(strconv.AppendInt(line, int64(i), 10), '\n')
			}
			if len(line) > 60_000 || i == from+n-1 {
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

// TestKill: a server that is killed in the middle of a load, again and again, has in the end loaded each row once, counted it once,
// and reported each bad line once.
func TestKill(t *testing.T) {
	const files, rows = 3, 150_000
	now, seed := time.Now(), rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	bodies := map[string]io.Reader{}
	for f := range files {
		bodies[fmt.Sprintf("in/%d.csv", f)] = rowsOfFile(f*rows, rows, now)
	}
	r := newRun(t, bodies)
	id := r.create("in/", metrics)
	kills := 0
	for ; kills < 5; kills++ {
		time.Sleep(time.Duration(rng.IntN(400)) * time.Millisecond)
		if status := r.describe(id).TaskStatus; status != types.BatchLoadStatusCreated && status != types.BatchLoadStatusInProgress {
			break
		}
		r.server.Kill()
		r.start()
	}
	d := r.await(id)
	p := d.ProgressReport
	t.Logf("%d kills, %s, %d records", kills, d.TaskStatus, p.RecordsProcessed)
	const all, bad = files * rows, files * rows / 1000
	if d.TaskStatus != types.BatchLoadStatusFailed || p.RecordsProcessed != all || p.RecordsIngested != all-bad || p.ParseFailures != bad || p.RecordIngestionFailures+p.FileFailures != 0 {
		t.Errorf("%s %+v", d.TaskStatus, *p)
	}
	sum := int64(0)
	for i := int64(0); i < all; i++ {
		if i%1000 != 999 {
			sum += i
		}
	}
	if got, want := r.query("SELECT count(*), sum(n), count(DISTINCT host) FROM devops.cpu"), fmt.Sprintf("%d %d 500", all-bad, sum); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if kills < 2 {
		t.Logf("only %d kills: the load was too quick", kills)
	}
	r.server.Kill()
	r.checkReports(id, bad)
}

// checkReports checks that the reports of a task have a number of bad lines, each once.
func (r *run) checkReports(id string, bad int) {
	r.t.Helper()
	store := r.objects()
	page, err := store.List(r.t.Context(), "my-reports", objectstore.ListRequest{Prefix: "loads/" + id + "/"})
	if err != nil || len(page.Objects) == 0 {
		r.t.Fatal(page, err)
	}
	lines := map[string]int{}
	for _, o := range page.Objects {
		body, _, err := store.Get(r.t.Context(), "my-reports", o.Key, 0)
		if err != nil {
			r.t.Fatal(err)
		}
		var report struct {
			TaskID     string
			FileErrors []struct {
				FileName string
				Errors   []struct {
					Reason     string
					LineRanges [][2]int
				}
			}
		}
		if err := json.NewDecoder(body).Decode(&report); err != nil || report.TaskID != id {
			r.t.Fatal(report.TaskID, err)
		}
		for _, f := range report.FileErrors {
			for _, e := range f.Errors {
				for _, l := range e.LineRanges {
					lines[fmt.Sprint(f.FileName, " ", l[0], " ", l[1], " ", e.Reason)]++
				}
			}
		}
	}
	if len(lines) != bad || lines["in/0.csv 1001 1001 The record measure value 'none' is not a valid BIGINT."] != 1 {
		r.t.Errorf("%d bad lines, want %d: %.300v", len(lines), bad, lines)
	}
}

// TestSample: the form of the workshop's sample file: names of dimensions and measures in columns, and one value by row.
func TestSample(t *testing.T) {
	var text strings.Builder
	text.WriteString("region_name,region,az_name,az,hostname_name,hostname,measure_name,measure_value,measure_type,x1,x2,time\n")
	const n = 1000
	now := time.Now().Add(-time.Minute)
	for i := range n {
		fmt.Fprintf(&text, "region,us-east-1,az,us-east-1a,hostname,host-%d,%s,%d.5,DOUBLE,x,x,%d\n", i%20/2, []string{"cpu_utilization", "memory_utilization"}[i%2], i,
			now.Add(-time.Duration(i)*50*time.Millisecond).UnixMilli())
	}
	r := newRun(t, map[string]io.Reader{"sample.csv": strings.NewReader(text.String())})
	id := r.create("sample", &types.DataModel{TimeColumn: aws.String("time"), TimeUnit: types.TimeUnitMilliseconds, MeasureNameColumn: aws.String("measure_name"),
		DimensionMappings: []types.DimensionMapping{{SourceColumn: aws.String("region")}, {SourceColumn: aws.String("az")}, {SourceColumn: aws.String("hostname")}},
		MixedMeasureMappings: []types.MixedMeasureMapping{
			{MeasureName: aws.String("cpu_utilization"), SourceColumn: aws.String("measure_value"), MeasureValueType: types.MeasureValueTypeDouble},
			{MeasureName: aws.String("memory_utilization"), SourceColumn: aws.String("measure_value"), TargetMeasureName: aws.String("memory"), MeasureValueType: types.MeasureValueTypeDouble}}})
	if d := r.await(id); d.TaskStatus != types.BatchLoadStatusSucceeded || d.ProgressReport.RecordsIngested != n || d.ErrorMessage != nil {
		t.Errorf("%s %+v", d.TaskStatus, *d.ProgressReport)
	}
	if got, want := r.query("SELECT count(*), count_if(measure_name = 'memory'), count(DISTINCT hostname), sum(measure_value::double) FROM devops.cpu"),
		"1000 500 10 500000.0"; got != want && got != strings.Replace(want, "500000.0", "5.0E5", 1) {
		t.Errorf("%s, want %s", got, want)
	}
	if _, err := r.server.Writer().ResumeBatchLoadTask(t.Context(), &timestreamwrite.ResumeBatchLoadTaskInput{TaskId: aws.String(id)}); err == nil {
		t.Error("a task that has ended is resumed")
	}
	var listed []string
	for pages := timestreamwrite.NewListBatchLoadTasksPaginator(r.server.Writer(), &timestreamwrite.ListBatchLoadTasksInput{MaxResults: aws.Int32(1)}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range page.BatchLoadTasks {
			listed = append(listed, *b.TaskId)
		}
	}
	if len(listed) != 1 || listed[0] != id {
		t.Errorf("listed %q", listed)
	}
}
