package engine

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/mapping"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// batchModel maps the columns t, host and v.
var batchModel = &mapping.Model{TimeColumn: "t", Dimensions: []mapping.Dimension{{Source: "host"}}, Mixed: []mapping.Mixed{{Source: "v", Target: "m", Type: mapping.Double}}}

// batchInput asks for a load of what lies below in/ of the bucket files.
func batchInput(change ...func(*CreateBatchLoadInput)) CreateBatchLoadInput {
	in := CreateBatchLoadInput{Database: "d", Table: "t", Bucket: "files", Prefix: "in/", Model: batchModel, Report: S3Location{Bucket: "rejected", Prefix: "reports/"}}
	for _, f := range change {
		f(&in)
	}
	return in
}

// openBatch opens an engine whose batch loads keep their place every few rows.
func openBatch(t testing.TB, fs vfs.FS, c clock.Clock, saveRows int64) *Engine {
	t.Helper()
	e, err := Open(ctx, Options{FS: fs, Clock: c, MaintainEvery: -1, Batch: BatchOptions{SaveRows: saveRows}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// putFile stores a file to load.
func putFile(t testing.TB, e *Engine, key, text string) {
	t.Helper()
	if err := e.opts.Objects.Put(ctx, "files", key, strings.NewReader(text), objectstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
}

// newBatch creates a task.
func newBatch(t testing.TB, e *Engine, change ...func(*CreateBatchLoadInput)) string {
	t.Helper()
	id, err := e.CreateBatchLoadTask(ctx, batchInput(change...))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// describeBatch writes status, counts and error of a task.
func describeBatch(t testing.TB, e *Engine, id string) string {
	t.Helper()
	b, err := e.DescribeBatchLoadTask(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	p := b.Progress
	return strings.TrimSpace(fmt.Sprintf("%s %d = %d + %d + %d, %d files %s", b.Status, p.Processed, p.Ingested, p.ParseFailures, p.IngestionFailures, p.FileFailures, b.Error))
}

// allRows returns the rows of d.t as "host millis value", in order.
func allRows(t testing.TB, e *Engine) []string {
	t.Helper()
	var out []string
	token := ""
	for {
		page, err := e.Query(ctx, QueryRequest{NextToken: token,
			QueryString: "SELECT host || ' ' || cast(to_milliseconds(time) AS varchar) || ' ' || cast(measure_value::double AS varchar) FROM d.t ORDER BY 1",
			NewPage:     func([]ResultColumn) PageBuilder { return &testPage{max: 1000} }})
		if err != nil {
			t.Fatal(err)
		}
		if page.Page != nil {
			out = append(out, page.Page.(*testPage).rows...)
		}
		if token = page.NextToken; token == "" {
			return out
		}
	}
}

// batchReports returns the texts of all reports, with the task's id as ID.
func batchReports(t testing.TB, e *Engine, id string) []string {
	t.Helper()
	page, err := e.opts.Objects.List(ctx, "rejected", objectstore.ListRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, o := range page.Objects {
		r, _, err := e.opts.Objects.Get(ctx, "rejected", o.Key, 0)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.ReplaceAll(o.Key+" "+strings.TrimSpace(string(text)), id, "ID"))
	}
	return out
}

// TestBatchLoad: files become rows; what cannot is in the counts and in the report, with its lines.
func TestBatchLoad(t *testing.T) {
	c := clock.NewManual(start)
	e := openBatch(t, memfs.New(), c, 0)
	newTable(t, e, CreateTableInput{Retention: &Retention{1, 10}})
	old, recent := at(-50*time.Hour), at(-time.Minute)
	putFile(t, e, "in/a.csv", "host,t,v,other\nh1,"+old+",1,x\nh1,"+old+",1,y\nh1,"+old+",2,z\n\nh2,"+recent+",bad,\nh2,"+recent+",,\n,"+recent+",3,\nh2\nh\"3,1,1\nh3,soon,1,\nh4,"+at(-11*24*time.Hour)+",1,\nh5,"+at(time.Hour)+",1,\n")
	putFile(t, e, "in/b.csv", "\"t\",\"v\",\"host\"\r\n"+recent+",7,\"multi\nline\"\r\n"+recent+",x,\"multi\nline\"\r\n")
	putFile(t, e, "in/c.csv", "t,v\n1,2\n")
	putFile(t, e, "in/d.csv", "\ufefft,host,v\n")
	putFile(t, e, "in/folder/", "")
	putFile(t, e, "other.csv", "t,host,v\n"+recent+",no,1\n")
	id := newBatch(t, e)
	if got := describeBatch(t, e, id); got != "CREATED 0 = 0 + 0 + 0, 0 files" {
		t.Error(got)
	}
	e.RunBatchLoads(ctx)
	if got, want := describeBatch(t, e, id), "FAILED 13 = 3 + 7 + 3, 2 files Some of the data could not be loaded. The error report says what, and why."; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got, want := allRows(t, e), []string{"h1 " + old + " 1.0", "multi\nline " + recent + " 7.0"}; !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	want := []string{`reports/ID/ID-00001.json {"taskId":"ID","taskErrors":[],"fileErrors":[{"fileName":"in/a.csv","errors":[` +
		`{"reason":"A record already exists with the same time, dimensions, measure name, and record version. A higher record version must be specified in order to update the measure value. Specifying record version is supported by the latest SDKs.","lineRanges":[[4,4]]},` +
		`{"reason":"The record measure value 'bad' is not a valid DOUBLE.","lineRanges":[[6,6]]},` +
		`{"reason":"All measures of the row are NULL.","lineRanges":[[7,7]]},` +
		`{"reason":"At least one dimension is required for a record.","lineRanges":[[8,8]]},` +
		`{"reason":"The row has 1 values, but the header line has 4 names.","lineRanges":[[9,9]]},` +
		`{"reason":"A quote is inside a field that does not begin with one.","lineRanges":[[10,10]]},` +
		`{"reason":"Invalid time for record.","lineRanges":[[11,11]]},` +
		`{"reason":"The record timestamp is outside the time range of the data ingestion window.","lineRanges":[[12,13]]}]},` +
		`{"fileName":"in/b.csv","errors":[{"reason":"The record measure value 'x' is not a valid DOUBLE.","lineRanges":[[4,5]]}]},` +
		`{"fileName":"in/c.csv","errors":[{"reason":"The column 'host' of the data model does not exist.","lineRanges":[[1,1]]}]},` +
		`{"fileName":"in/d.csv","errors":[{"reason":"The file begins with a byte-order mark. Files must be UTF-8 without one.","lineRanges":[[1,1]]}]}]}`}
	if got := batchReports(t, e, id); !slices.Equal(got, want) {
		t.Errorf("%s\nwant %s", strings.Join(got, "\n"), want[0])
	}

	// The same values again are loaded without an effect; a higher version replaces them.
	again := newBatch(t, e, func(in *CreateBatchLoadInput) { in.Prefix = "other" })
	e.RunBatchLoads(ctx)
	if got := describeBatch(t, e, again); got != "SUCCEEDED 1 = 1 + 0 + 0, 0 files" {
		t.Error(got)
	}
	putFile(t, e, "new.csv", "t|host|v\n"+recent+"|no|2\n")
	newer := newBatch(t, e, func(in *CreateBatchLoadInput) {
		in.Prefix, in.Version, in.HasVersion, in.CSV.ColumnSeparator = "new", 2, true, "|"
	})
	e.RunBatchLoads(ctx)
	if got := describeBatch(t, e, newer); got != "SUCCEEDED 1 = 1 + 0 + 0, 0 files" || !slices.Contains(allRows(t, e), "no "+recent+" 2.0") {
		t.Error(got, allRows(t, e))
	}
	if b, _ := e.DescribeBatchLoadTask(ctx, newer); b.Progress.BytesMetered != 1024 || b.Files != nil || b.Progress.Place != nil {
		t.Errorf("%+v", b.BatchTask)
	}
}

// TestBatchLoadTaskErrors: loads that cannot begin, and those that cannot go on.
func TestBatchLoadTaskErrors(t *testing.T) {
	c := clock.NewManual(start)
	e := openBatch(t, memfs.New(), c, 0)
	newTable(t, e, CreateTableInput{})
	empty := newBatch(t, e)
	for i := range 101 {
		putFile(t, e, fmt.Sprint("many/", i), "x")
	}
	many := newBatch(t, e, func(in *CreateBatchLoadInput) { in.Prefix = "many/" })
	e.RunBatchLoads(ctx)
	if got, want := describeBatch(t, e, empty), "FAILED 0 = 0 + 0 + 0, 0 files There are no files with the key prefix 'in/' in the bucket files."; got != want {
		t.Error(got)
	}
	if got, want := describeBatch(t, e, many), "FAILED 0 = 0 + 0 + 0, 0 files There are more than 100 files with the key prefix 'many/' in the bucket files."; got != want {
		t.Error(got)
	}
	if got, want := batchReports(t, e, empty), `{"taskId":"ID","taskErrors":[{"reason":"There are no files with the key prefix 'in/' in the bucket files."}],"fileErrors":[]}`; len(got) != 2 || !strings.Contains(got[0]+got[1], want) {
		t.Error(got)
	}
	putFile(t, e, "in/1.csv", "t,host,v\n"+at(0)+",h,1\n")
	gone := newBatch(t, e)
	if err := e.DeleteTable(ctx, "d", "t"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.CreateTable(ctx, CreateTableInput{Database: "d", Name: "t"}); err != nil { // another one of that name
		t.Fatal(err)
	}
	e.RunBatchLoads(ctx)
	if got, want := describeBatch(t, e, gone), "FAILED 0 = 0 + 0 + 0, 0 files The table t of the batch load task was deleted."; got != want {
		t.Error(got)
	}
	if len(countRows(t, e)) != 0 {
		t.Error("the new table has rows")
	}
}

// countRows returns the number of rows, and nothing if there are none: for a table that may have no columns yet. It polls, since
// the clock may be moved on by others.
func countRows(t testing.TB, e *Engine) []string {
	t.Helper()
	req := QueryRequest{QueryString: "SELECT count(*) FROM d.t HAVING count(*) > 0", NewPage: func([]ResultColumn) PageBuilder { return &testPage{max: 10} }}
	for {
		page, err := e.Query(ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		if page.Page != nil {
			return page.Page.(*testPage).rows
		}
		req.NextToken = page.NextToken
	}
}

// TestCreateBatchLoad: what is refused before there is a task.
func TestCreateBatchLoad(t *testing.T) {
	c := clock.NewManual(start)
	e := openBatch(t, memfs.New(), c, 0)
	newTable(t, e, CreateTableInput{PartitionKey: []PartitionKey{{Type: catalog.KeyDimension, Name: "host", Enforcement: catalog.KeyRequired}}})
	model := func(edit func(*mapping.Model)) func(*CreateBatchLoadInput) {
		return func(in *CreateBatchLoadInput) {
			m := *batchModel
			edit(&m)
			in.Model = &m
		}
	}
	object := func(key string) func(*CreateBatchLoadInput) {
		return func(in *CreateBatchLoadInput) { in.Model, in.ModelObject = nil, &S3Object{"files", key} }
	}
	putFile(t, e, "good.json", `{"TimeColumn":"t","DimensionMappings":[{"SourceColumn":"host"}],"MixedMeasureMappings":[{"SourceColumn":"v","MeasureValueType":"BIGINT"}]}`)
	putFile(t, e, "bad.json", `{"TimeColumn":"t"}`)
	for _, tt := range []struct {
		change func(*CreateBatchLoadInput)
		kind   dberr.Kind
		want   string
	}{
		{func(in *CreateBatchLoadInput) { in.Database = "no" }, dberr.NotFound, "The database no does not exist."},
		{func(in *CreateBatchLoadInput) { in.Table = "no" }, dberr.NotFound, "The table no does not exist."},
		{func(in *CreateBatchLoadInput) { in.HasVersion = true }, dberr.Invalid, "The record version 0 is invalid. A record version must be at least 1."},
		{func(in *CreateBatchLoadInput) { in.Model = nil }, dberr.Invalid, "A data model, or the object that has it, is required for a batch load."},
		{func(in *CreateBatchLoadInput) { in.ModelObject = &S3Object{} }, dberr.Invalid, "A batch load must not have both a data model and an object that has one."},
		{func(in *CreateBatchLoadInput) { in.Report.Bucket = "" }, dberr.Invalid, "A report configuration with a bucket is required for a batch load."},
		{func(in *CreateBatchLoadInput) { in.Report.Encryption = "SSE_KMS" }, dberr.Invalid, "A KMS key ID is required for the encryption option SSE_KMS."},
		{func(in *CreateBatchLoadInput) { in.CSV.ColumnSeparator = "x" }, dberr.Invalid, "The column separator 'x' of the CSV configuration is invalid."},
		{func(in *CreateBatchLoadInput) { in.CSV.QuoteChar = "`" }, dberr.Invalid, "The quote character '`' of the CSV configuration is invalid."},
		{func(in *CreateBatchLoadInput) { in.CSV.EscapeChar = "ä" }, dberr.Invalid, "The escape character 'ä' of the CSV configuration is invalid."},
		{func(in *CreateBatchLoadInput) { in.CSV.EscapeChar = "," }, dberr.Invalid, "The escape character of the CSV configuration must not be the column separator or a line break."},
		{object("none.json"), dberr.Invalid, "The object 'none.json' of the data model does not exist in the bucket files."},
		{object(""), dberr.Invalid, "The object of a data model must have both a bucket name and an object key."},
		{object("bad.json"), dberr.Invalid, "The data model must have at least one dimension mapping."},
		{model(func(m *mapping.Model) { m.TimeColumn = "" }), dberr.Invalid, "The data model must name a time column."},
		{model(func(m *mapping.Model) { m.Dimensions = []mapping.Dimension{{Source: "x"}} }), dberr.Invalid, "The data model must map the dimension 'host', which the partition key of the table requires."},
		{model(func(m *mapping.Model) { m.Dimensions = []mapping.Dimension{{Source: "host"}, {Source: "time"}} }), dberr.Invalid, "The dimension name time is reserved."},
		{model(func(m *mapping.Model) { m.Mixed = []mapping.Mixed{{Source: "ts_x", Type: mapping.Double}} }), dberr.Invalid, "The measure name ts_x is reserved."},
	} {
		_, err := e.CreateBatchLoadTask(ctx, batchInput(tt.change))
		wantError(t, err, tt.kind, tt.want)
	}
	if n := len(e.catalog.BatchTasks()); n != 0 {
		t.Errorf("%d tasks were created", n)
	}
	id := newBatch(t, e, object("good.json"))
	if b, err := e.DescribeBatchLoadTask(ctx, id); err != nil || len(id) != 32 || b.Config.Model.Mixed[0].Type != mapping.Bigint || *b.Config.ModelObject != (S3Object{"files", "good.json"}) {
		t.Errorf("%+v, %v", b, err)
	}
}

// TestBatchTokens: within 8 hours a client token stands for one request.
func TestBatchTokens(t *testing.T) {
	c := clock.NewManual(start)
	e := openBatch(t, memfs.New(), c, 0)
	newTable(t, e, CreateTableInput{})
	token := func(token string) func(*CreateBatchLoadInput) {
		return func(in *CreateBatchLoadInput) { in.ClientToken, in.CSV.NullValue = token, "-" }
	}
	first := newBatch(t, e, token("a"))
	if newBatch(t, e, token("a")) != first {
		t.Error("a repeated request makes a new task")
	}
	if newBatch(t, e, token("a"), func(in *CreateBatchLoadInput) { in.Principal = "bob" }) == first || newBatch(t, e, token("b")) == first {
		t.Error("another caller or token gets the same task")
	}
	_, err := e.CreateBatchLoadTask(ctx, batchInput(token("a"), func(in *CreateBatchLoadInput) { in.Prefix = "x" }))
	wantError(t, err, dberr.Conflict, "The ClientToken was used before in a request with other parameters")
	_, err = e.CreateBatchLoadTask(ctx, batchInput(token("a"), func(in *CreateBatchLoadInput) { in.Table = "x" }))
	wantError(t, err, dberr.Conflict, "The ClientToken was used before in a request with other parameters")
	putFile(t, e, "model.json", `{"TimeColumn":"t","DimensionMappings":[{"SourceColumn":"host"}],"MixedMeasureMappings":[{"SourceColumn":"v","MeasureValueType":"BIGINT"}]}`)
	object := func(in *CreateBatchLoadInput) {
		in.ClientToken, in.Model, in.ModelObject = "c", nil, &S3Object{"files", "model.json"}
	}
	if third := newBatch(t, e, object); newBatch(t, e, object) != third {
		t.Error("a repeated request with a model in an object makes a new task")
	}
	c.Advance(8*time.Hour + time.Millisecond)
	if newBatch(t, e, token("a")) == first {
		t.Error("an old token is not forgotten")
	}
}

// TestBatchQuotas: five active tasks a table, ten in all; those that have ended do not count.
func TestBatchQuotas(t *testing.T) {
	c := clock.NewManual(start)
	e := openBatch(t, memfs.New(), c, 0)
	newTable(t, e, CreateTableInput{})
	for _, name := range []string{"t2", "t3"} {
		if _, err := e.CreateTable(ctx, CreateTableInput{Database: "d", Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	on := func(table string) func(*CreateBatchLoadInput) {
		return func(in *CreateBatchLoadInput) { in.Table = table }
	}
	for range 5 {
		newBatch(t, e)
	}
	_, err := e.CreateBatchLoadTask(ctx, batchInput())
	wantError(t, err, dberr.Limit, "Limit for number of active batch load tasks per table exceeded")
	for range 5 {
		newBatch(t, e, on("t2"))
	}
	_, err = e.CreateBatchLoadTask(ctx, batchInput(on("t3")))
	wantError(t, err, dberr.Limit, "Limit for number of active batch load tasks per account exceeded")
	e.RunBatchLoads(ctx)
	newBatch(t, e)
}

// TestListBatchTasks: newest first, page by page, by status, and forgotten after 90 days.
func TestListBatchTasks(t *testing.T) {
	c := clock.NewManual(start)
	e := openBatch(t, memfs.New(), c, 0)
	newTable(t, e, CreateTableInput{})
	putFile(t, e, "in/1.csv", "t,host,v\n"+at(0)+",h,1\n")
	var ids []string
	for i := range 7 {
		ids = append(ids, newBatch(t, e, func(in *CreateBatchLoadInput) {
			if i%3 == 0 {
				in.Prefix = "none"
			}
		}))
		if i < 5 {
			e.RunBatchLoads(ctx)
		}
		c.Advance(time.Minute)
	}
	slices.Reverse(ids)
	list := func(status BatchStatus, limit int) (out []string) {
		for token := ""; ; {
			page, next, err := e.ListBatchLoadTasks(ctx, status, token, limit)
			if err != nil || len(page) > limit {
				t.Fatal(err)
			}
			for _, b := range page {
				out = append(out, b.ID)
			}
			if token = next; token == "" {
				return out
			}
		}
	}
	for limit := 1; limit < 9; limit++ {
		for status, want := range map[BatchStatus][]string{"": ids, catalog.BatchCreated: ids[:2], catalog.BatchFailed: {ids[3], ids[6]}, catalog.BatchSucceeded: {ids[2], ids[4], ids[5]}, catalog.BatchStopped: nil} {
			if got := list(status, limit); !slices.Equal(got, want) {
				t.Errorf("%s by %d: %q, want %q", status, limit, got, want)
			}
		}
	}
	_, _, err := e.ListBatchLoadTasks(ctx, "", "nonsense", 1)
	if !dberr.Is(err, dberr.Invalid) {
		t.Error(err)
	}
	_, token, _ := e.ListBatchLoadTasks(ctx, "", "", 5)
	if _, _, err := e.ListBatchLoadTasks(ctx, catalog.BatchFailed, token, 1); !dberr.Is(err, dberr.Invalid) {
		t.Errorf("the token of another list is taken: %v", err)
	}
	for range 92 { // by leaps that the clock is believed in
		c.Advance(24 * time.Hour)
		if err := e.Maintain(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if got := list("", 9); !slices.Equal(got, ids[:2]) {
		t.Errorf("after 92 days: %q, want the two active ones", got)
	}
	if page, next, err := e.ListBatchLoadTasks(ctx, "", token, 9); err != nil || len(page) != 0 || next != "" {
		t.Errorf("after a task that was forgotten: %v, %v", page, err)
	}
}

// TestBatchPermission: what a task does to object storage is asked of its maker, and of who resumes it; files that were not there then are
// not loaded.
func TestBatchPermission(t *testing.T) {
	e := openBatch(t, memfs.New(), clock.NewManual(start), 0)
	newTable(t, e, CreateTableInput{})
	var asked []string
	denied := ""
	permit := func(p Permission) error {
		text := p.Action + " " + p.Bucket + "/" + p.Key
		if p.Bucket == "" {
			text = p.Action + " " + p.Table
		}
		if asked = append(asked, text); text == denied {
			return errors.New("denied")
		}
		return nil
	}
	ask := func(in *CreateBatchLoadInput) { in.Permit = permit }
	empty := newBatch(t, e, ask)
	putFile(t, e, "in/1.csv", "t,host,v\n"+at(0)+",h,1\n")
	e.RunBatchLoads(ctx)
	if got, want := describeBatch(t, e, empty), "FAILED 0 = 0 + 0 + 0, 0 files The files with the key prefix 'in/' in the bucket files were not there, or were too many, when the task was created."; got != want {
		t.Error(got)
	}
	asked = nil
	id := newBatch(t, e, ask)
	want := []string{"s3:GetBucketAcl files/", "s3:ListBucket files/in/", "s3:GetBucketAcl rejected/", "s3:PutObject rejected/reports/" + id + "/" + id + "-*.json", "s3:GetObject files/in/1.csv"}
	if !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	putFile(t, e, "in/2.csv", "t,host,v\n"+at(1)+",h,1\n")
	stop := func(task *catalog.BatchTask) error {
		task.Status, task.ResumableUntil = catalog.BatchStopped, start.Add(time.Hour).UnixMilli()
		return nil
	}
	if _, err := e.catalog.UpdateBatchTask(id, stop); err != nil {
		t.Fatal(err)
	}
	for _, denied = range append(want, "WriteRecords t") {
		if err := e.ResumeBatchLoadTask(ctx, id, permit); err == nil || err.Error() != "denied" {
			t.Errorf("resumed without %s: %v", denied, err)
		}
	}
	denied = ""
	if err := e.ResumeBatchLoadTask(ctx, id, permit); err != nil {
		t.Fatal(err)
	}
	e.RunBatchLoads(ctx)
	if got := countRows(t, e); !slices.Equal(got, []string{"1"}) {
		t.Errorf("rows %v: a file was loaded that nobody was asked for", got)
	}
}
