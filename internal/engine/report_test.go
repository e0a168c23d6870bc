package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// flakyStore is an object store on an in-memory disk whose Puts can be made to fail, or to hang until they are let go.
type flakyStore struct {
	objectstore.Store

	mu   sync.Mutex
	fail error
	hang chan struct{}
}

func newFlakyStore(t *testing.T) *flakyStore {
	local, err := objectstore.OpenLocal(memfs.New())
	if err != nil {
		t.Fatal(err)
	}
	return &flakyStore{Store: local}
}

func (s *flakyStore) set(fail error, hang chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail, s.hang = fail, hang
}

func (s *flakyStore) Put(ctx context.Context, bucket, key string, body io.Reader, opts objectstore.PutOptions) error {
	s.mu.Lock()
	fail, hang := s.fail, s.hang
	s.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if fail != nil {
		return fail
	}
	return s.Store.Put(ctx, bucket, key, body, opts)
}

// reporting is an engine with table t of database d, which keeps an hour in memory, ten days in all, and reports to bucket
// "rejected".
func reporting(t *testing.T, objects objectstore.Store, disk vfs.FS, prefix string) (*Engine, *clock.Manual) {
	t.Helper()
	c := clock.NewManual(start)
	e, err := Open(ctx, Options{FS: disk, Clock: c, Objects: objects, MaintainEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	newTable(t, e, CreateTableInput{Retention: &Retention{1, 10},
		MagneticWrites: &MagneticWrites{Enabled: true, Rejected: &S3Location{Bucket: "rejected", Prefix: prefix, Encryption: "SSE_S3"}}})
	return e, c
}

// conflict writes a late record twice with two values: the second is rejected behind the writer's back.
func conflict(t *testing.T, e *Engine, value string) {
	t.Helper()
	r := Record{MeasureName: "m", MeasureValue: "1", Time: at(-5 * time.Hour)}
	writeOne(t, e, r)
	r.MeasureValue = value
	writeOne(t, e, r)
}

// reportsIn returns the keys and the texts of the reports in a store.
func reportsIn(t *testing.T, s objectstore.Store) (keys, texts []string) {
	t.Helper()
	page, err := s.List(ctx, "rejected", objectstore.ListRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range page.Objects {
		r, _, err := s.Get(ctx, "rejected", o.Key, 0)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		keys, texts = append(keys, o.Key), append(texts, string(data))
	}
	return keys, texts
}

var (
	reportKey = regexp.MustCompile(`^from/here/d/t/2024-01-05-10-15/([0-9a-f]{32})\.json$`)
	reportID  = regexp.MustCompile(`"reportId":"([0-9A-F]{32})"`)
)

// TestReport: what the magnetic store rejects is in one object, under the table and the minute; what the writer was told of is not.
func TestReport(t *testing.T) {
	s := newFlakyStore(t)
	e, _ := reporting(t, s, memfs.New(), "from/here/")
	late := at(-5 * time.Hour)
	version := func(r Record, v int64) Record {
		r.Version, r.HasVersion = v, true
		return r
	}
	single := Record{MeasureName: "m", MeasureValue: "1.50", Time: late}
	multi := Record{MeasureName: "<x>", MeasureType: TypeMulti, Time: late, MeasureValues: []MeasureValue{{"a", "7", TypeBigint}, {"b", `"ö"`, TypeVarchar}}}
	other := multi
	other.MeasureValues = []MeasureValue{{"a", "8", TypeBigint}}
	recent := Record{MeasureName: "m", MeasureValue: "1", Time: at(0)}
	newer := single
	newer.MeasureValue = "2e0"
	res, err := e.WriteRecords(ctx, &WriteRequest{Database: "d", Table: "t", Common: Record{Dimensions: host}, Records: []Record{
		version(single, 5), version(multi, 1), version(recent, 2), // new
		version(newer, 5), version(newer, 4), version(other, 1), version(single, 5), // two of one reason, one of another, and one that is stored so
		version(recent, 1), {MeasureName: "m", MeasureValue: "1", MeasureType: TypeVarchar, Time: at(-1000 * time.Hour)}, // the writer is told
	}})
	if err != nil || res.MagneticStore != 6 || res.MemoryStore != 1 || len(res.Rejected) != 2 {
		t.Fatalf("%+v, %v", res, err)
	}
	e.WriteReports(ctx)
	e.WriteReports(ctx) // has nothing to do
	keys, texts := reportsIn(t, s)
	if len(keys) != 1 || !reportKey.MatchString(keys[0]) {
		t.Fatalf("keys %q", keys)
	}
	id := reportID.FindStringSubmatch(texts[0])
	if id == nil || strings.ToLower(id[1]) != reportKey.FindStringSubmatch(keys[0])[1] || !json.Valid([]byte(texts[0])) {
		t.Fatalf("%s: %s", keys[0], texts[0])
	}
	const exists = `"A record already exists with the same time, dimensions, measure name, and record version. A higher record version must be ` +
		`specified in order to update the measure value. Specifying record version is supported by the latest SDKs."`
	m := func(value string, version int) string {
		return fmt.Sprintf(`{"dimensions":[{"name":"host","value":"h1","dimensionValueType":null}],"measureName":"m","measureValue":"%s","measureValues":null,`+
			`"measureValueType":"DOUBLE","time":"1704431700123000000","timeUnit":"NANOSECONDS","version":%d}`, value, version)
	}
	want := `{"reportId":"ID","errors":[{"reason":` + exists + `,"records":[` + m("2e0", 5) +
		`,{"dimensions":[{"name":"host","value":"h1","dimensionValueType":null}],"measureName":"<x>","measureValue":null,"measureValues":[{"name":"a","value":"8","type":"BIGINT"}],` +
		`"measureValueType":"MULTI","time":"1704431700123000000","timeUnit":"NANOSECONDS","version":1}]},` +
		`{"reason":"The record version 4 is lower than the existing version 5. A higher version is required to update the measure value.","records":[` + m("2e0", 4) + `]}]}`
	if got := strings.Replace(texts[0], id[1], "ID", 1); got != want {
		t.Errorf("the report is\n%s\nwant\n%s", got, want)
	}
	tm := e.TableMetrics("d", "t")
	if tm.RecordsRejectedMagnetic.Load() != 3 || tm.ReportsWritten.Load() != 1 || e.Metrics().ReportsWritten.Load() != 1 {
		t.Errorf("counted: %d rejected, %d reports", tm.RecordsRejectedMagnetic.Load(), tm.ReportsWritten.Load())
	}
}

// TestReportWithoutPlace: without a bucket rejected records are only counted.
func TestReportWithoutPlace(t *testing.T) {
	for _, place := range []*S3Location{nil, {Prefix: "p/q"}} {
		s := newFlakyStore(t)
		e, _ := reporting(t, s, memfs.New(), "")
		if _, err := e.UpdateTable(ctx, UpdateTableInput{Database: "d", Name: "t", MagneticWrites: &MagneticWrites{Enabled: true, Rejected: place}}); err != nil {
			t.Fatal(err)
		}
		conflict(t, e, "2")
		e.WriteReports(ctx)
		if keys, _ := reportsIn(t, s); len(keys) > 0 || e.Metrics().RecordsRejectedMagnetic.Load() != 1 {
			t.Errorf("keys %q, %d rejected", keys, e.Metrics().RecordsRejectedMagnetic.Load())
		}
	}
}

// TestReportRetries: a store that fails is asked again after growing pauses, and the report is there once.
func TestReportRetries(t *testing.T) {
	s := newFlakyStore(t)
	e, c := reporting(t, s, memfs.New(), "")
	s.set(dberr.New(dberr.Unavailable, "no answer"), nil)
	conflict(t, e, "2")
	attempts := func() int64 { return e.Metrics().ReportSystemFailures.Load() }
	for i, after := range []time.Duration{0, 9 * time.Second, time.Second, 19 * time.Second, time.Second} {
		c.Advance(after)
		e.WriteReports(ctx)
		if want := []int64{1, 1, 2, 2, 3}[i]; attempts() != want {
			t.Errorf("step %d: %d attempts, want %d", i, attempts(), want)
		}
	}
	s.set(nil, nil)
	c.Advance(time.Minute)
	e.WriteReports(ctx)
	keys, _ := reportsIn(t, s)
	if len(keys) != 1 || !strings.HasPrefix(keys[0], "d/t/2024-01-05-10-15/") || e.Metrics().ReportRecordsLost.Load() != 0 {
		t.Errorf("keys %q", keys)
	}
	s.set(dberr.New(dberr.NotFound, "no such bucket"), nil)
	conflict(t, e, "3")
	for range 2 * reportAttemptsMax {
		c.Advance(time.Hour)
		e.WriteReports(ctx)
	}
	if m := e.Metrics(); m.ReportUserFailures.Load() != reportAttemptsMax || m.ReportRecordsLost.Load() != 1 || e.reports.bytes != 0 {
		t.Errorf("a place that is not there: %d attempts, %d records lost, %d bytes held", m.ReportUserFailures.Load(), m.ReportRecordsLost.Load(), e.reports.bytes)
	}
}

// TestReportsDoNotBlock: while the store hangs, writes are answered, memory is bounded, and what does not fit is counted.
func TestReportsDoNotBlock(t *testing.T) {
	s := newFlakyStore(t)
	e, _ := reporting(t, s, memfs.New(), "")
	hang := make(chan struct{})
	s.set(nil, hang)
	conflict(t, e, "2")
	var wg sync.WaitGroup
	wg.Go(func() { e.WriteReports(ctx) })
	text := strings.Repeat("x", 2000)
	const rejected = 100 * 100
	for i := range 100 {
		req := &WriteRequest{Database: "d", Table: "t", Common: Record{Dimensions: host, MeasureType: TypeVarchar, Time: at(-5 * time.Hour)}}
		for k := range 100 {
			req.Records = append(req.Records, Record{MeasureName: fmt.Sprint("n", k), MeasureValue: fmt.Sprint(i, " ", text)})
		}
		if res, err := e.WriteRecords(ctx, req); err != nil || res.MagneticStore != 100 {
			t.Fatal(res, err)
		}
	}
	close(hang)
	wg.Wait()
	e.WriteReports(ctx)
	_, texts := reportsIn(t, s)
	reported := 0
	for _, text := range texts {
		if n := strings.Count(text, "measureName"); n > reportRecordsMax || len(text) > reportBytesMax+10_000 {
			t.Errorf("a report has %d records, %d bytes", n, len(text))
		} else {
			reported += n
		}
	}
	// The first 100 records of the loop are new; one more is that of the beginning.
	lost := int(e.Metrics().ReportRecordsLost.Load())
	if reported+lost != rejected-100+1 || lost == 0 || reported < 7000 || e.reports.bytes != 0 {
		t.Errorf("%d reported, %d lost, %d bytes held", reported, lost, e.reports.bytes)
	}
}

// TestReportsAtTheEnd: closing writes what is left, below the data directory if no other place is given; a power cut after
// that loses nothing.
func TestReportsAtTheEnd(t *testing.T) {
	disk := memfs.New()
	e, _ := reporting(t, nil, disk, "p1")
	conflict(t, e, "2")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	local, err := objectstore.OpenLocal(vfs.Sub(disk.CrashClean(), "objects"))
	if err != nil {
		t.Fatal(err)
	}
	if keys, texts := reportsIn(t, local); len(keys) != 1 || !strings.HasPrefix(keys[0], "p1/d/t/") || !strings.Contains(texts[0], `"measureValue":"2"`) {
		t.Errorf("%q %q", keys, texts)
	}
}

// TestReportLoop: reports are written by themselves.
func TestReportLoop(t *testing.T) {
	s := newFlakyStore(t)
	c := clock.NewManual(start)
	e, err := Open(ctx, Options{FS: memfs.New(), Clock: c, Objects: s})
	if err != nil {
		t.Fatal(err)
	}
	newTable(t, e, CreateTableInput{Retention: &Retention{1, 10}, MagneticWrites: &MagneticWrites{Enabled: true, Rejected: &S3Location{Bucket: "rejected"}}})
	conflict(t, e, "2")
	for deadline := time.Now().Add(10 * time.Second); e.Metrics().ReportsWritten.Load() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the loop does not run")
		}
		c.Advance(time.Second)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}
