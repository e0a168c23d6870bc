package schedule

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/mapping"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

var ctx = context.Background()

// start is when every test begins.
var start = time.Date(2024, 1, 5, 10, 0, 0, 0, time.UTC)

// minutes returns the time n minutes after start.
func minutes(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

const topic = "arn:aws:sns:us-east-1:000000000000:runs"

// world is a server without a door on a disk in memory, whose clock stands still.
type world struct {
	t         *testing.T
	fs        vfs.FS
	clock     *clock.Manual
	engine    *engine.Engine
	scheduler *Scheduler
	options   Options // beyond those that open sets
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, clock: clock.NewManual(start)}
	w.open(memfs.New())
	w.must(w.engine.CreateDatabase(ctx, engine.CreateDatabaseInput{Name: "d"}))
	w.must(w.engine.CreateTable(ctx, engine.CreateTableInput{Database: "d", Name: "cpu"}))
	return w
}

// must fails the test for the error of a call whose result does not matter.
func (w *world) must(_ any, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// open begins a server on a disk. The one before it must be dead or closed.
func (w *world) open(fs vfs.FS) {
	w.t.Helper()
	e, err := engine.Open(ctx, engine.Options{FS: fs, Clock: w.clock, MaintainEvery: -1, Notifies: func(t string) bool { return t == topic }})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = e.Close() })
	w.fs, w.engine = fs, e
	opts := w.options
	opts.Engine, opts.Clock, opts.Objects = e, w.clock, e.Objects()
	w.scheduler = New(opts)
}

// put writes one value of a host.
func (w *world) put(host string, at time.Time, value float64) {
	w.t.Helper()
	res, err := w.engine.WriteRecords(ctx, &engine.WriteRequest{Database: "d", Table: "cpu", Records: []engine.Record{{
		Dimensions: []engine.Dimension{{Name: "host", Value: host}}, MeasureName: "load", MeasureValue: fmt.Sprint(value), MeasureType: engine.TypeDouble,
		Time: fmt.Sprint(at.UnixMilli()),
	}}})
	if err != nil || len(res.Rejected) > 0 {
		w.t.Fatal(res, err)
	}
}

// fiveMinutes is a five-minute aggregation.
const fiveMinutes = "SELECT host, bin(time, 5m) AS at, avg(measure_value::double) AS load, count(*) AS n FROM d.cpu " +
	"WHERE time >= @scheduled_runtime - 5m AND time < @scheduled_runtime GROUP BY host, bin(time, 5m)"

// definition describes a scheduled query that carries it out; change makes others of it.
func definition(change ...func(*engine.CreateScheduledQueryInput)) engine.CreateScheduledQueryInput {
	in := engine.CreateScheduledQueryInput{
		Name: "five", Query: fiveMinutes, Schedule: "rate(5 minutes)", Topic: topic, Role: "arn:aws:iam::000000000000:role/r",
		Target: &engine.ScheduledTarget{Database: "d", Table: "derived", Model: mapping.Model{
			TimeColumn: "at", Dimensions: []mapping.Dimension{{Source: "host"}},
			Multi: &mapping.Multi{MeasureName: "per_5m", Attributes: []mapping.Attribute{{Source: "load", Type: mapping.Double}, {Source: "n", Type: mapping.Bigint}}},
		}},
		ErrorReports: engine.S3Location{Bucket: "reports", Prefix: "errors"},
	}
	for _, f := range change {
		f(&in)
	}
	return in
}

// create declares a scheduled query.
func (w *world) create(change ...func(*engine.CreateScheduledQueryInput)) (arn string) {
	w.t.Helper()
	arn, err := w.engine.CreateScheduledQuery(ctx, definition(change...))
	if err != nil {
		w.t.Fatal(err)
	}
	return arn
}

// describe returns a scheduled query.
func (w *world) describe(arn string) *engine.ScheduledQuery {
	w.t.Helper()
	q, err := w.engine.DescribeScheduledQuery(ctx, arn)
	if err != nil {
		w.t.Fatal(err)
	}
	return q
}

// ask runs a statement and returns its rows, values separated by blanks.
func (w *world) ask(text string) []string {
	w.t.Helper()
	s, err := w.engine.StreamScheduled(ctx, engine.ScheduledStatement{Text: text})
	if err != nil {
		w.t.Fatal(err)
	}
	defer s.Close()
	var out []string
	for {
		b, err := s.Next(ctx)
		if err != nil {
			w.t.Fatal(err)
		}
		if b == nil {
			return out
		}
		for i := range b.Rows {
			var row []string
			for _, c := range b.Cols {
				if v := c.Value(i); v == nil {
					row = append(row, "_")
				} else {
					row = append(row, types.Text(c.Type, v))
				}
			}
			out = append(out, strings.Join(row, " "))
		}
	}
}

// derived returns what the aggregation has written: minute after start, host, values.
func (w *world) derived() []string {
	return w.ask("SELECT date_diff('minute', timestamp '2024-01-05 10:00:00', time), host, load, n FROM d.derived ORDER BY time, host")
}

// object returns the content of an object.
func (w *world) object(o *engine.ReportObject) string {
	w.t.Helper()
	r, _, err := w.engine.Objects().Get(ctx, o.Bucket, o.Key, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// noticed returns the notifications that wait, as text.
func (w *world) noticed() []string {
	var out []string
	for _, n := range w.engine.Notices() {
		out = append(out, n.Message)
	}
	return out
}

// equal compares lists line by line.
func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n got\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
