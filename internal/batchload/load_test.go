package batchload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/mapping"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

var ctx = context.Background()

// skipping is a clock that moves by what is waited for.
type skipping struct{ *clock.Manual }

func (c skipping) After(d time.Duration) <-chan time.Time {
	c.Advance(d)
	return c.Manual.After(0)
}

// rig is a load of files in memory into a list of records.
type rig struct {
	*Load
	store *faultyStore

	mu    sync.Mutex
	rows  map[string][]string // by host: times, in the order of writing
	fail  func(records int) error
	saved []Progress
}

// faultyStore breaks off objects, and lets operations fail.
type faultyStore struct {
	objectstore.Store
	get     func(key string, offset int64) error
	cutAt   int64 // objects end there, with cutErr, as long as cuts is not 0
	cutErr  error
	cuts    int
	putFail error
}

func (s *faultyStore) Put(ctx context.Context, bucket, key string, body io.Reader, opts objectstore.PutOptions) error {
	if s.putFail != nil {
		return s.putFail
	}
	return s.Store.Put(ctx, bucket, key, body, opts)
}

func (s *faultyStore) Get(ctx context.Context, bucket, key string, offset int64) (io.ReadCloser, objectstore.Object, error) {
	if s.get != nil {
		if err := s.get(key, offset); err != nil {
			return nil, objectstore.Object{}, err
		}
	}
	body, o, err := s.Store.Get(ctx, bucket, key, offset)
	if err == nil && s.cuts != 0 && o.Size-offset > s.cutAt {
		s.cuts--
		body = &cut{body, s.cutAt, s.cutErr}
	}
	return body, o, err
}

// cut ends a body early.
type cut struct {
	io.ReadCloser
	left int64
	err  error
}

func (c *cut) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, c.err
	}
	n, err := c.ReadCloser.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

func newRig(t *testing.T, files ...string) *rig {
	t.Helper()
	local, err := objectstore.OpenLocal(memfs.New())
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{rows: map[string][]string{}, store: &faultyStore{Store: local}}
	r.Load = &Load{ID: "TASK", Objects: r.store, Clock: skipping{clock.NewManual(time.Unix(0, 0))}, Bucket: "files", Report: Place{Bucket: "reports"},
		Model: &mapping.Model{TimeColumn: "t", Dimensions: []mapping.Dimension{{Source: "host"}}, Mixed: []mapping.Mixed{{Source: "v", Type: mapping.Double}}},
		Write: r.write, Save: func(p Progress) error { r.saved = append(r.saved, p); return nil }}
	for i, text := range files {
		key := fmt.Sprintf("%d.csv", i)
		if err := local.Put(ctx, "files", key, strings.NewReader(text), objectstore.PutOptions{}); err != nil {
			t.Fatal(err)
		}
		r.Files = append(r.Files, File{Key: key, Size: int64(len(text))})
	}
	return r
}

func (r *rig) write(_ context.Context, records []mapping.Record) (Outcome, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		if err := r.fail(len(records)); err != nil {
			return Outcome{}, err
		}
	}
	out := Outcome{BytesMetered: 1024}
	for i := range records {
		host := strings.Clone(records[i].Dimensions[0].Value)
		if host == "bad" {
			out.Failed = append(out.Failed, Failure{i, "bad host", records[i].MeasureValue == "0"})
			continue
		}
		r.rows[host] = append(r.rows[host], strings.Clone(records[i].Time))
	}
	return out, nil
}

// lines makes a file of n rows of 7 hosts; the times count up.
func lines(n int) string {
	var b strings.Builder
	b.WriteString("t,host,v\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,h%d,1\n", i, i%7)
	}
	return b.String()
}

// checkLines checks that all rows of lines(n) are there, once and in order by host.
func (r *rig) checkLines(t *testing.T, n int) {
	t.Helper()
	total := 0
	for host, times := range r.rows {
		for i, text := range times {
			if want := fmt.Sprint(i*7 + int(host[1]-'0')); text != want {
				t.Fatalf("row %d of %s is %s, want %s", i, host, text, want)
			}
		}
		total += len(times)
	}
	if total != n {
		t.Errorf("%d rows, want %d", total, n)
	}
}

// reportTexts returns the reports in order.
func (r *rig) reportTexts(t *testing.T) []string {
	t.Helper()
	page, err := r.store.List(ctx, "reports", objectstore.ListRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, o := range page.Objects {
		body, _, err := r.store.Store.Get(ctx, "reports", o.Key, 0)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o.Key+" "+strings.TrimSpace(string(text)))
	}
	return out
}

// TestOrder: rows of one series are written in their order, however many batches there are at once, and everything is counted.
func TestOrder(t *testing.T) {
	const n = 50_000
	r := newRig(t, lines(n))
	r.SaveRows = 7001
	p, err := r.Run(ctx, Progress{})
	if err != nil || p.Processed != n || p.Ingested != n || p.Place.File != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	r.checkLines(t, n)
	if len(r.saved) != 8 || r.saved[6].Place.Offset == 0 || r.saved[0].Processed != 7001 || r.saved[0].Place.Line != 7003 {
		t.Errorf("saved %d times: %+v", len(r.saved), r.saved)
	}
}

// TestGoOn: from every place that was saved the rest is loaded.
func TestGoOn(t *testing.T) {
	texts := []string{lines(40), "t,host,v\n1,\"a\nb\",2\n\nx\n2,bad,0\n3,bad,1\n\"4\",c,5", "t,host,v\n"}
	first := newRig(t, texts...)
	first.SaveRows = 1
	end, err := first.Run(ctx, Progress{})
	if err != nil {
		t.Fatal(err)
	}
	if end.Counts != (Counts{Processed: 45, Ingested: 42, ParseFailures: 2, IngestionFailures: 1, BytesMetered: end.BytesMetered}) {
		t.Errorf("%+v", end)
	}
	total := 0
	for _, times := range first.rows {
		total += len(times)
	}
	for i, from := range first.saved {
		text, err := json.Marshal(from)
		if err != nil {
			t.Fatal(err)
		}
		var again Progress
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
		r := newRig(t, texts...)
		p, err := r.Run(ctx, again)
		rest := 0
		for _, times := range r.rows {
			rest += len(times)
		}
		p.BytesMetered = end.BytesMetered
		if err != nil || p.Counts != end.Counts || rest != total-int(from.Ingested) {
			t.Errorf("from place %d, %s: %+v, %d rows, %v", i, text, p, rest, err)
		}
		if got := r.reportTexts(t); i < len(first.saved)-1 && !slices.Equal(got, first.reportTexts(t)) {
			t.Errorf("from place %d: reports %q, want %q", i, got, first.reportTexts(t))
		}
	}
}

// TestThrottled: writes that are held back are repeated, with pauses; if it lasts the load stops.
func TestThrottled(t *testing.T) {
	r := newRig(t, lines(5000))
	n := 0
	r.fail = func(int) error {
		if n++; n%3 != 0 {
			return dberr.New(dberr.Throttled, "slow down")
		}
		return nil
	}
	if p, err := r.Run(ctx, Progress{}); err != nil || p.Ingested != 5000 {
		t.Errorf("%+v, %v", p, err)
	}
	r.checkLines(t, 5000)

	for _, err := range []error{dberr.New(dberr.Throttled, "slow down"), dberr.New(dberr.Unavailable, "the disk is full")} {
		r = newRig(t, lines(5000))
		r.fail = func(int) error { return err }
		_, got := r.Run(ctx, Progress{})
		var stop *StopError
		if !errors.As(got, &stop) || !errors.Is(got, err) {
			t.Errorf("%v", got)
		}
	}
	r = newRig(t, lines(5000))
	r.fail = func(int) error { return dberr.New(dberr.NotFound, "no table") }
	var stop *StopError
	if _, err := r.Run(ctx, Progress{}); !dberr.Is(err, dberr.NotFound) || errors.As(err, &stop) {
		t.Error(err)
	}
}

// TestCancel: the end of the context ends the load, and what is written is not given up half way.
func TestCancel(t *testing.T) {
	r := newRig(t, lines(50_000))
	running, cancel := context.WithCancel(ctx)
	n := 0
	r.fail = func(int) error {
		if n++; n == 10 {
			cancel()
		}
		return nil
	}
	if _, err := r.Run(running, Progress{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestFind: which objects are files, page by page.
func TestFind(t *testing.T) {
	r := newRig(t)
	for _, key := range []string{"a/", "a/1.csv", "a/2.csv", "b"} {
		if err := r.store.Put(ctx, "files", key, strings.NewReader(strings.TrimPrefix(key, "a/")), objectstore.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for prefix, want := range map[string]string{"": "[{a/1.csv 5 *} {a/2.csv 5 *} {b 1 *}]", "a/": "[{a/1.csv 5 *} {a/2.csv 5 *}]", "a/2": "[{a/2.csv 5 *}]"} {
		got, err := r.Find(ctx, prefix)
		for i := range got {
			if got[i].ETag == "" {
				t.Errorf("%s has no ETag", got[i].Key)
			}
			got[i].ETag = "*"
		}
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%q: %v, %v", prefix, got, err)
		}
	}
	if _, err := r.Find(ctx, "none"); !dberr.Is(err, dberr.Invalid) {
		t.Error(err)
	}
}

// BenchmarkLoad reads, maps and hands over rows; writing costs nothing.
func BenchmarkLoad(b *testing.B) {
	const n = 100_000
	var text strings.Builder
	text.WriteString("time,region,az,host,cpu,memory,name\n")
	for i := range n {
		fmt.Fprintf(&text, "%d,us-east-1,us-east-1a,host-%d,%d.5,%d,metrics\n", 1_700_000_000_000+i, i%1000, i%100, i)
	}
	local, err := objectstore.OpenLocal(memfs.New())
	if err == nil {
		err = local.Put(ctx, "files", "a.csv", strings.NewReader(text.String()), objectstore.PutOptions{})
	}
	if err != nil {
		b.Fatal(err)
	}
	l := &Load{Objects: local, Clock: clock.Real{}, Bucket: "files", Report: Place{Bucket: "reports"}, Files: []File{{Key: "a.csv", Size: int64(text.Len())}},
		Model: &mapping.Model{TimeColumn: "time", Dimensions: []mapping.Dimension{{Source: "region"}, {Source: "az"}, {Source: "host"}}, MeasureNameColumn: "name",
			Multi: &mapping.Multi{Attributes: []mapping.Attribute{{Source: "cpu"}, {Source: "memory", Type: mapping.Bigint}}}},
		Write: func(context.Context, []mapping.Record) (Outcome, error) { return Outcome{}, nil }, Save: func(Progress) error { return nil }}
	b.ReportAllocs()
	for b.Loop() {
		if p, err := l.Run(ctx, Progress{}); err != nil || p.Ingested != n {
			b.Fatal(p, err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
