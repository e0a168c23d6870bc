package schedule

import (
	"context"
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
