//go:build linux

// Package unload_test drives the real program through the AWS SDK: what UNLOAD writes is what SELECT answers, in every format; killing
// the server leaves no manifest and nothing half-written; and memory does not grow with the number of rows.
//
//	go test ./test/unload
//	go test ./test/unload -run Memory -rows 10000000 -v    with what it measured
package unload_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
	"github.com/parquet-go/parquet-go"

	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/test/process"
)

var rowsFlag = flag.Int("rows", 300_000, "how many rows TestMemory writes in each format")

// run is a server.
type run struct {
	*testing.T
	options process.Options
	server  *process.Server
}

func start(t *testing.T, args ...string) *run {
	t.Helper()
	binary, err := process.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &run{T: t, options: process.Options{Binary: binary, Data: t.TempDir(), Args: args}}
	r.restart()
	return r
}

func (r *run) restart() {
	r.Helper()
	s, err := process.Start(r.options)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(s.Kill)
	r.server = s
}

// ask returns all rows of a statement as texts; NULL is "".
func (r *run) ask(sql string) (rows [][]string) {
	r.Helper()
	pages := timestreamquery.NewQueryPaginator(r.server.Reader(), &timestreamquery.QueryInput{QueryString: aws.String(sql)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.Context())
		if err != nil {
			r.Fatalf("%s: %v", sql, err)
		}
		for _, row := range page.Rows {
			var cells []string
			for _, d := range row.Data {
				cells = append(cells, aws.ToString(d.ScalarValue))
			}
			rows = append(rows, cells)
		}
	}
	return rows
}

// objects opens the objects of the server, while it writes none.
func (r *run) objects() objectstore.Store {
	r.Helper()
	s, err := objectstore.OpenLocal(vfs.OS(filepath.Join(r.options.Data, "objects")))
	if err != nil {
		r.Fatal(err)
	}
	return s
}

// read returns an object by its URL.
func (r *run) read(url string) []byte {
	r.Helper()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(url, "s3://"), "/")
	body, _, err := r.objects().Get(r.Context(), bucket, key, 0)
	if err != nil {
		r.Fatal(err)
	}
	text, err := io.ReadAll(body)
	if err = errors.Join(err, body.Close()); err != nil {
		r.Fatal(err)
	}
	return text
}

// unload runs an UNLOAD and returns the URLs of its files and how many rows it says it wrote.
func (r *run) unload(sql string) (files []string, rows int) {
	r.Helper()
	answer := r.ask(sql)
	var manifest struct {
		Files []struct {
			URL string `json:"url"`
		} `json:"result_files"`
	}
	if err := json.Unmarshal(r.read(answer[0][2]), &manifest); err != nil {
		r.Fatal(err)
	}
	for _, f := range manifest.Files {
		files = append(files, f.URL)
	}
	rows, err := strconv.Atoi(answer[0][0])
	if err != nil {
		r.Fatal(err)
	}
	return files, rows
}

// fill writes records of ten hosts; one measure has values at times only, one has every character that CSV escapes.
func (r *run) fill() {
	r.Helper()
	w := r.server.Writer()
	if _, err := w.CreateDatabase(r.Context(), &timestreamwrite.CreateDatabaseInput{DatabaseName: aws.String("test")}); err != nil {
		r.Fatal(err)
	}
	if _, err := w.CreateTable(r.Context(), &timestreamwrite.CreateTableInput{DatabaseName: aws.String("test"), TableName: aws.String("tab")}); err != nil {
		r.Fatal(err)
	}
	now := time.Now().UnixMilli()
	for host := range 10 {
		var records []types.Record
		for i := range 100 {
			values := []types.MeasureValue{{Name: aws.String("load"), Value: aws.String(fmt.Sprint(float64(host*100+i) / 8)), Type: types.MeasureValueTypeDouble},
				{Name: aws.String("note"), Value: aws.String(fmt.Sprintf("%q, \\%d\n", "x", i)), Type: types.MeasureValueTypeVarchar}}
			if i%3 == 0 {
				values = append(values, types.MeasureValue{Name: aws.String("count"), Value: aws.String(fmt.Sprint(i)), Type: types.MeasureValueTypeBigint})
			}
			records = append(records, types.Record{Time: aws.String(fmt.Sprint(now - int64(i)*1000)), MeasureName: aws.String("m"), MeasureValueType: types.MeasureValueTypeMulti,
				MeasureValues: values, Dimensions: []types.Dimension{{Name: aws.String("host"), Value: aws.String(fmt.Sprint("h", host))}}})
		}
		if _, err := w.WriteRecords(r.Context(), &timestreamwrite.WriteRecordsInput{DatabaseName: aws.String("test"), TableName: aws.String("tab"), Records: records}); err != nil {
			r.Fatal(err)
		}
	}
}

const selected = "SELECT load, count, note, time, host FROM test.tab ORDER BY host, time"

func TestFilesAreTheAnswer(t *testing.T) {
	r := start(t)
	r.fill()
	want := r.ask(selected)

	files, rows := r.unload("UNLOAD (" + selected + `) TO 's3://bucket/csv' WITH (escaped_by = '"', include_header = 'true', partitioned_by = ARRAY['host'])`)
	if len(files) != 10 || rows != len(want) {
		t.Errorf("%d files with %d rows, want %d", len(files), rows, len(want))
	}
	var got [][]string
	for _, url := range files {
		z, err := gzip.NewReader(bytes.NewReader(r.read(url)))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(z).ReadAll()
		if err != nil || !slices.Equal(lines[0], []string{"load", "count", "note", "time"}) {
			t.Fatalf("the header is %q, %v", lines[0], err)
		}
		_, host, _ := strings.Cut(url, "host=")
		host, _, _ = strings.Cut(host, "/")
		for _, line := range lines[1:] {
			got = append(got, append(line, host))
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("CSV has\n%.300q\nwant\n%.300q", got, want)
	}

	files, _ = r.unload("UNLOAD (SELECT load, count, note, to_nanoseconds(time) AS ns, host FROM test.tab ORDER BY host, time) TO 's3://bucket/parquet' WITH (format = 'PARQUET')")
	if len(files) != 1 {
		t.Fatalf("Parquet files are %q", files)
	}
	f := bytes.NewReader(r.read(files[0]))
	type record struct {
		Load  *float64 `parquet:"load,optional"`
		Count *int64   `parquet:"count,optional"`
		Note  *string  `parquet:"note,optional"`
		NS    *int64   `parquet:"ns,optional"`
		Host  *string  `parquet:"host,optional"`
	}
	records, err := parquet.Read[record](f, f.Size())
	if err != nil || len(records) != len(want) {
		t.Fatalf("%d rows, %v", len(records), err)
	}
	for i, rec := range records {
		count := ""
		if rec.Count != nil {
			count = fmt.Sprint(*rec.Count)
		}
		at := time.Unix(0, *rec.NS).UTC().Format("2006-01-02 15:04:05.000000000")
		load, _ := strconv.ParseFloat(want[i][0], 64)
		if *rec.Load != load || !slices.Equal([]string{count, *rec.Note, at, *rec.Host}, want[i][1:]) {
			t.Fatalf("row %d is %+v, want %q", i, rec, want[i])
		}
	}
}

// manyRows is a query of n rows that needs no table. Rows are about 60 bytes of CSV.
func manyRows(n int) string {
	return fmt.Sprintf(`SELECT a.x * 1000 + b.y AS id, (a.x + b.y) / 7e0 AS v, from_nanoseconds(a.x * 1000000000 + b.y) AS t, CONCAT('host-', CAST(a.x %% 50 AS varchar)) AS h
		FROM UNNEST(sequence(1, 1000)) AS b(y) CROSS JOIN UNNEST(sequence(1, %d)) AS a(x)`, n/1000)
}

// TestKilled: a server that is killed while it writes leaves no manifest, and what is half-written is gone when it is back.
func TestKilled(t *testing.T) {
	r := start(t)
	go func() {
		_, _ = r.server.Reader().Query(t.Context(), &timestreamquery.QueryInput{ // it fails, or never ends
			QueryString: aws.String("UNLOAD (" + manyRows(10_000_000) + ") TO 's3://bucket/x' WITH (max_file_size = '16MB', compression = 'NONE')")})
	}()
	for deadline := time.Now().Add(time.Minute); len(r.files("bucket")) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no file is written")
		}
	}
	r.server.Kill()
	r.restart()
	for _, name := range r.files(".") {
		if strings.Contains(name, "manifest") || strings.Contains(name, ".unfinished") {
			t.Errorf("%s is left", name)
		}
	}
}

// files returns the files below a folder of the objects.
func (r *run) files(folder string) (names []string) {
	_ = filepath.WalkDir(filepath.Join(r.options.Data, "objects", folder), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return nil // files and folders come and go
	})
	return names
}

// remove removes files and returns how many bytes they had.
func (r *run) remove(files []string) (size int64) {
	r.Helper()
	store := r.objects()
	for _, url := range files {
		key := strings.TrimPrefix(url, "s3://bucket/")
		page, err := store.List(r.Context(), "bucket", objectstore.ListRequest{Prefix: key})
		if err != nil || len(page.Objects) != 1 {
			r.Fatalf("%s: %d objects, %v", key, len(page.Objects), err)
		}
		size += page.Objects[0].Size
		if err := store.Delete(r.Context(), "bucket", key); err != nil {
			r.Fatal(err)
		}
	}
	return size
}

// TestMemory: a server with a small limit writes far more than that, in every format, and with partitions that come in turn.
func TestMemory(t *testing.T) {
	const limitMiB, overheadMiB = 128, 96 // the query alone, with its garbage, takes as much
	r := start(t, "--memory", fmt.Sprintf("%dMiB", limitMiB))
	for _, with := range []string{
		"compression = 'NONE'", "compression = 'GZIP'", "format = 'PARQUET', compression = 'NONE'", "format = 'PARQUET'",
		"partitioned_by = ARRAY['h']", "format = 'PARQUET', partitioned_by = ARRAY['h']",
	} {
		began := time.Now()
		files, rows := r.unload("UNLOAD (" + manyRows(*rowsFlag) + ") TO 's3://bucket/x' WITH (" + with + ")")
		took := time.Since(began)
		if rows != *rowsFlag {
			t.Errorf("%s: %d rows, want %d", with, rows, *rowsFlag)
		}
		size := r.remove(files)
		peak, err := r.server.PeakMiB()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d rows in %d files of %d MB together in %.1f s; peak of the process so far %d MiB", with, rows, len(files), size/1e6, took.Seconds(), peak)
		if peak > limitMiB+overheadMiB {
			t.Errorf("%s: the process took %d MiB, with a limit of %d MiB", with, peak, limitMiB)
		}
	}
}
