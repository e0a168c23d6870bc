package schedule

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// ledger is a sink that keeps rows in memory by run, all of a run at once, and fails as often as it is told to.
type ledger struct {
	runs   map[string][]string
	order  []string
	fail   int
	afters int // how many commits succeed and say that they failed
	err    error
}

func (l *ledger) Begin(_ context.Context, run *Run, columns []engine.ResultColumn) (Writer, error) {
	if _, done := l.runs[run.At.Format(time.RFC3339)]; done {
		return nil, ErrDone
	}
	if l.fail > 0 {
		l.fail--
		return nil, l.err
	}
	return &page{ledger: l, run: run}, nil
}

// page is the writer of one run.
type page struct {
	*ledger
	run  *Run
	rows []string
}

func (p *page) Write(_ context.Context, b *vector.Batch) error {
	for i := range b.Rows {
		row := ""
		for _, c := range b.Cols {
			row += types.Text(c.Type, c.Value(i)) + " "
		}
		p.rows = append(p.rows, row)
	}
	return nil
}

func (p *page) Commit(context.Context) error {
	key := p.run.At.Format(time.RFC3339)
	p.runs[key] = p.rows
	p.order = append(p.order, key)
	if p.afters > 0 {
		p.afters--
		return p.err
	}
	return nil
}

func (p *page) Abort() {}

// TestSink: a query with the tag has its rows in the sink, too, once for each time, also if nobody knows how a commit ended.
func TestSink(t *testing.T) {
	away := dberr.New(dberr.Unavailable, "The sink cannot be reached")
	l := &ledger{runs: map[string][]string{}, fail: 1, afters: 1, err: away}
	w := newWorld(t)
	if err := w.engine.Close(); err != nil {
		t.Fatal(err)
	}
	w.options.Sink = func(name string) (Target, error) {
		if name != "mine" {
			return nil, dberr.New(dberr.Invalid, "The sink '%s' is not configured.", name)
		}
		return l, nil
	}
	w.open(w.fs)
	w.put("h1", minutes(1), 1)
	tagged := func(name string) func(*engine.CreateScheduledQueryInput) {
		return func(in *engine.CreateScheduledQueryInput) {
			in.Tags = []engine.Tag{{Key: "tidemark:sink", Value: name}}
		}
	}
	arn, wrong := w.create(tagged("mine")), w.create(tagged("other"))
	w.clock.Advance(5 * time.Minute)
	for range 3 { // it cannot be reached; the commit seems to fail; it is there
		w.scheduler.RunDue(ctx)
		w.clock.Advance(time.Minute)
	}
	if err := w.engine.ExecuteScheduledQuery(ctx, arn, minutes(5).UnixMilli(), false); err != nil {
		t.Fatal(err)
	}
	w.scheduler.RunDue(ctx)
	first := "2024-01-05T10:05:00Z"
	if got := fmt.Sprint(l.order); got != "["+first+"]" { // the run by hand has nothing to add
		t.Errorf("runs in the sink: %s", got)
	}
	equal(t, "rows in the sink", l.runs[first], []string{"h1 2024-01-05 10:00:00.000000000 1.0 1 "})
	equal(t, "rows in the table", w.derived(), []string{"0 h1 1.0 1"})
	if q := w.describe(arn); len(q.State.Failed) != 0 || q.State.Last.Stats.Rows != 1 {
		t.Errorf("state %+v", q.State)
	}
	if q := w.describe(wrong); q.StateName() != "DISABLED" || q.State.Last.Reason != "The sink 'other' is not configured." {
		t.Errorf("an unknown sink: %+v", q.State.Last)
	}
}

// meanwhile is a sink that does something when a run begins to write, and takes the rows.
type meanwhile func()

func (m meanwhile) Begin(context.Context, *Run, []engine.ResultColumn) (Writer, error) {
	m()
	return &page{ledger: &ledger{runs: map[string][]string{}}, run: &Run{}}, nil
}

// TestChangesDuringRun: a run that is under way when its query is disabled, enabled or deleted goes on to its end and counts; one whose
// table is dropped fails and disables the query.
func TestChangesDuringRun(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(w *world, arn string) error
		state string // and the status of the run
		next  int64
		rows  int
	}{
		{"disabled", func(w *world, arn string) error { return w.engine.UpdateScheduledQuery(ctx, arn, false) }, "DISABLED AUTO_TRIGGER_SUCCESS", 0, 1},
		{"disabled and enabled", func(w *world, arn string) error {
			return errors.Join(w.engine.UpdateScheduledQuery(ctx, arn, false), w.engine.UpdateScheduledQuery(ctx, arn, true))
		}, "ENABLED AUTO_TRIGGER_SUCCESS", minutes(10).UnixMilli(), 1},
		{"run by hand", func(w *world, arn string) error {
			return w.engine.ExecuteScheduledQuery(ctx, arn, minutes(5).UnixMilli(), false)
		},
			"ENABLED MANUAL_TRIGGER_SUCCESS", minutes(10).UnixMilli(), 1},
		{"table dropped", func(w *world, _ string) error { return w.engine.DeleteTable(ctx, "d", "derived") }, "DISABLED AUTO_TRIGGER_FAILURE", 0, 0},
		{"deleted", func(w *world, arn string) error { return w.engine.DeleteScheduledQuery(ctx, arn) }, "", 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			if err := w.engine.Close(); err != nil {
				t.Fatal(err)
			}
			arn, done := "", false
			w.options.Sink = func(string) (Target, error) {
				return meanwhile(func() {
					if !done {
						done = true
						w.must(nil, c.do(w, arn))
					}
				}), nil
			}
			w.open(w.fs)
			w.put("h1", minutes(1), 1)
			arn = w.create(func(in *engine.CreateScheduledQueryInput) { in.Tags = []engine.Tag{{Key: engine.SinkTag, Value: "x"}} })
			w.clock.Advance(5 * time.Minute)
			w.scheduler.RunDue(ctx)
			if c.rows > 0 && len(w.derived()) != c.rows {
				t.Errorf("written: %v", w.derived())
			}
			q, err := w.engine.DescribeScheduledQuery(ctx, arn)
			if c.state == "" {
				if !dberr.Is(err, dberr.NotFound) || len(w.noticed()) != 3 {
					t.Errorf("%v, notified of %v", err, w.noticed())
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := q.StateName() + " " + engine.RunStatus(q.State.Last); got != c.state || q.State.Next != c.next || q.State.Running != nil {
				t.Errorf("got %s, %+v", got, q.State)
			}
		})
	}
}
