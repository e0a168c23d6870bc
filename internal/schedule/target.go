package schedule

import (
	"context"
	"errors"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Target is where the rows of runs go. Errors of all methods of Target and Writer are of a kind that says whether the run may
// succeed later (dberr.Unavailable, Throttled, Internal) or never (all others).
type Target interface {
	// Begin gets ready for the rows of a run with certain columns. The error is ErrDone if the rows of this very run are
	// there already, all of them.
	Begin(ctx context.Context, run *Run, columns []engine.ResultColumn) (Writer, error)
}

// Writer takes the rows of one run, from one goroutine. Either Commit or Abort is the last call.
type Writer interface {
	// Write takes rows. It keeps nothing of the batch after it returns.
	Write(ctx context.Context, rows *vector.Batch) error
	// Commit makes the rows durable. After an error it may be unknown whether they are; the run is repeated then.
	Commit(ctx context.Context) error
	// Abort gives up. What was written may or may not be there.
	Abort()
}

// ErrDone says that a target has the rows of a run.
var ErrDone = errors.New("the rows of the run are there already")

// Run is what a target may know of a run.
type Run struct {
	QueryARN string
	At       time.Time // the value of @scheduled_runtime
	// Version is higher than that of all runs of the query before it: the begin of the run, in milliseconds.
	Version int64
}

// runOf returns what targets see of a run.
func runOf(s *engine.ScheduledStart) *Run {
	return &Run{QueryARN: s.ARN, At: time.UnixMilli(s.At).UTC(), Version: s.Trigger}
}

// targets returns where the rows of a scheduled query go, and the table among them, nil if it has none.
func (s *Scheduler) targets(q *engine.ScheduledStart) (list []Target, table *tableTarget, err error) {
	if q.Target != nil {
		table = &tableTarget{engine: s.opts.Engine, target: q.Target}
		list = append(list, table)
	}
	if name := engine.SinkOf(q.Tags); name != "" {
		if s.opts.Sink == nil {
			return nil, nil, dberr.New(dberr.Invalid, "The sink '%s' is not configured.", name)
		}
		sink, err := s.opts.Sink(name)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, sink)
	}
	return list, table, nil
}
