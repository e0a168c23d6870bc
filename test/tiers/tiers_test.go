//go:build unix

// Package tiers_test drives the real program through the AWS SDK for what retention and late records do from the outside:
// which store takes a record, what the writer is told, what is reported to object storage, and what a change of the
// retention shows and hides, over a restart.
package tiers_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/test/process"
	"github.com/tidemarkdb/tidemark/test/s3server"
)

// run is a server with its table devops.cpu.
type run struct {
	t      *testing.T
	binary string
	data   string
	args   []string // further ones of serve
	server *process.Server
	now    time.Time
}

func (r *run) start() {
	r.t.Helper()
	s, err := process.Start(process.Options{Binary: r.binary, Data: r.data, Args: r.args})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(s.Kill)
	r.server = s
}

func (r *run) stop() {
	r.t.Helper()
	if code, err := r.server.Stop(syscall.SIGTERM); err != nil || code != 0 || r.server.Stderr() != "" {
		r.t.Fatalf("exit code %d, %v, stderr %q", code, err, r.server.Stderr())
	}
}

// create makes the table, with a place for reports.
func (r *run) create(place *types.MagneticStoreWriteProperties) {
	r.t.Helper()
	if _, err := r.server.Writer().CreateDatabase(r.t.Context(), &timestreamwrite.CreateDatabaseInput{DatabaseName: aws.String("devops")}); err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.server.Writer().CreateTable(r.t.Context(), &timestreamwrite.CreateTableInput{DatabaseName: aws.String("devops"), TableName: aws.String("cpu"),
		RetentionProperties:          &types.RetentionProperties{MemoryStoreRetentionPeriodInHours: aws.Int64(2), MagneticStoreRetentionPeriodInDays: aws.Int64(10)},
		MagneticStoreWriteProperties: place}); err != nil {
		r.t.Fatal(err)
	}
}

// write writes a value of a time ago. It returns the counts that the writer is told, or the reason for the rejection.
func (r *run) write(ago time.Duration, value string) (memory, magnetic int32, reason string) {
	r.t.Helper()
	out, err := r.server.Writer().WriteRecords(r.t.Context(), &timestreamwrite.WriteRecordsInput{
		DatabaseName: aws.String("devops"), TableName: aws.String("cpu"),
		Records: []types.Record{{
			Dimensions:  []types.Dimension{{Name: aws.String("host"), Value: aws.String("h1")}},
			MeasureName: aws.String("load"), MeasureValue: aws.String(value), MeasureValueType: types.MeasureValueTypeDouble,
			Time: aws.String(strconv.FormatInt(r.now.Add(-ago).UnixMilli(), 10)),
		}},
	})
	var rejected *types.RejectedRecordsException
	if errors.As(err, &rejected) && len(rejected.RejectedRecords) == 1 {
		return 0, 0, *rejected.RejectedRecords[0].Reason
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return out.RecordsIngested.MemoryStore, out.RecordsIngested.MagneticStore, ""
}

// values returns all values by time.
func (r *run) values() string {
	r.t.Helper()
	out, err := r.server.Reader().Query(r.t.Context(), &timestreamquery.QueryInput{QueryString: aws.String("SELECT measure_value::double FROM devops.cpu ORDER BY time")})
	if err != nil {
		r.t.Fatal(err)
	}
	var values []string
	for _, row := range out.Rows {
		values = append(values, *row.Data[0].ScalarValue)
	}
	return strings.Join(values, " ")
}

func (r *run) keep(hours, days int64) {
	r.t.Helper()
	_, err := r.server.Writer().UpdateTable(r.t.Context(), &timestreamwrite.UpdateTableInput{DatabaseName: aws.String("devops"), TableName: aws.String("cpu"),
		RetentionProperties: &types.RetentionProperties{MemoryStoreRetentionPeriodInHours: aws.Int64(hours), MagneticStoreRetentionPeriodInDays: aws.Int64(days)}})
	if err != nil {
		r.t.Fatal(err)
	}
}

// objects returns the files of the bucket's folder by path.
func (r *run) objects() map[string]string {
	r.t.Helper()
	root, found := filepath.Join(r.data, "objects", "my-reports"), map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path) // both are absolute
		found[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return found
}

func TestTiers(t *testing.T) {
	binary, err := process.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &run{t: t, binary: binary, data: filepath.Join(t.TempDir(), "data"), now: time.Now()}
	r.start()
	place := &types.MagneticStoreWriteProperties{EnableMagneticStoreWrites: aws.Bool(true), MagneticStoreRejectedDataLocation: &types.MagneticStoreRejectedDataLocation{
		S3Configuration: &types.S3Configuration{BucketName: aws.String("my-reports"), ObjectKeyPrefix: aws.String("late/Data"), EncryptionOption: types.S3EncryptionOptionSseS3}}}
	r.create(place)
	described, err := r.server.Writer().DescribeTable(t.Context(), &timestreamwrite.DescribeTableInput{DatabaseName: aws.String("devops"), TableName: aws.String("cpu")})
	if err != nil || !reflect.DeepEqual(described.Table.MagneticStoreWriteProperties, place) {
		t.Errorf("the place for reports is described as %+v, %v", described, err)
	}

	for _, w := range []struct {
		ago              time.Duration
		value            string
		memory, magnetic int32
		reason           string
	}{
		{0, "1", 1, 0, ""},
		{0, "1.5", 0, 0, "A record already exists"},
		{5 * time.Hour, "2", 0, 1, ""},
		{5 * time.Hour, "2.5", 0, 1, ""}, // rejected behind the writer's back
		{9 * 24 * time.Hour, "3", 0, 1, ""},
		{11 * 24 * time.Hour, "4", 0, 0, "The record timestamp is outside the time range"},
		{-time.Hour, "5", 0, 0, "The record timestamp is outside the time range"},
	} {
		memory, magnetic, reason := r.write(w.ago, w.value)
		if memory != w.memory || magnetic != w.magnetic || !strings.HasPrefix(reason, w.reason) || (reason == "") != (w.reason == "") {
			t.Errorf("%s of %v ago: %d in memory, %d magnetic, %q", w.value, w.ago, memory, magnetic, reason)
		}
	}
	if got := r.values(); got != "3.0 2.0 1.0" {
		t.Errorf("values %s", got)
	}

	r.keep(2, 1)
	if got := r.values(); got != "2.0 1.0" {
		t.Errorf("with a shorter retention: %s", got)
	}
	r.stop()
	checkReport(t, r.objects(), `^late\+/!data\+/devops\+/cpu\+/20\d\d-\d\d-\d\d-\d\d-\d\d\+/[0-9a-f]{32}\.json$`, r.now)
	r.start()
	r.keep(2, 10)
	if got := r.values(); got != "2.0 1.0" {
		t.Errorf("with a longer retention, after a restart: %s", got)
	}
	if _, _, reason := r.write(8*24*time.Hour, "6"); !strings.Contains(reason, "of the data ingestion window") {
		t.Errorf("the past is open again: %q", reason)
	}
	r.stop()
}

// TestReportsInS3: reports go to the bucket of an S3 service when the server is set up for one.
func TestReportsInS3(t *testing.T) {
	binary, err := process.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s3 := s3server.Start(t, "my-reports")
	r := &run{t: t, binary: binary, data: filepath.Join(t.TempDir(), "data"), args: s3.Args(), now: time.Now()}
	r.start()
	r.create(&types.MagneticStoreWriteProperties{EnableMagneticStoreWrites: aws.Bool(true), MagneticStoreRejectedDataLocation: &types.MagneticStoreRejectedDataLocation{
		S3Configuration: &types.S3Configuration{BucketName: aws.String("my-reports"), ObjectKeyPrefix: aws.String("late/Data"), EncryptionOption: types.S3EncryptionOptionSseS3}}})
	for _, value := range []string{"2", "2.5"} {
		if _, magnetic, reason := r.write(5*time.Hour, value); magnetic != 1 || reason != "" {
			t.Fatalf("%s: %d %s", value, magnetic, reason)
		}
	}
	r.stop()
	checkReport(t, s3.Objects("my-reports"), `^late/Data/devops/cpu/20\d\d-\d\d-\d\d-\d\d-\d\d/[0-9a-f]{32}\.json$`, r.now)
	if local, err := os.ReadDir(filepath.Join(r.data, "objects")); err != nil || len(local) > 0 {
		t.Errorf("in the data folder: %v, %v", local, err)
	}
}

// checkReport checks the one report that there is, and its name by a pattern.
func checkReport(t *testing.T, objects map[string]string, pattern string, now time.Time) {
	t.Helper()
	path := regexp.MustCompile(pattern)
	if len(objects) != 1 {
		t.Fatalf("%d reports: %v", len(objects), objects)
	}
	for name, text := range objects {
		var report struct {
			ReportID string
			Errors   []struct {
				Reason  string
				Records []struct {
					Dimensions                                                  []struct{ Name, Value string }
					MeasureName, MeasureValue, MeasureValueType, Time, TimeUnit string
					Version                                                     int64
				}
			}
		}
		if err := json.Unmarshal([]byte(text), &report); err != nil || !path.MatchString(name) || len(report.Errors) != 1 || len(report.Errors[0].Records) != 1 {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		rec := report.Errors[0].Records[0]
		wantTime := strconv.FormatInt(now.Add(-5*time.Hour).UnixMilli()*1e6, 10)
		if !strings.HasPrefix(report.Errors[0].Reason, "A record already exists") || rec.MeasureValue != "2.5" || rec.Time != wantTime || rec.TimeUnit != "NANOSECONDS" ||
			rec.Dimensions[0].Value != "h1" || rec.MeasureValueType != "DOUBLE" || rec.Version != 1 {
			t.Errorf("the report is %s", text)
		}
	}
}
