package schedule

import (
	"context"
	"errors"

	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/sink"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// SinkTarget returns a sink as a target. What a sink remembers of a run is the time of its invocation: a run by hand for a time
// that was run already appends nothing, and upserts again.
func SinkTarget(s *sink.Sink) Target { return sinkTarget{s} }

type sinkTarget struct{ sink *sink.Sink }

// sinkWriter is a run's writer of a sinkTarget.
type sinkWriter struct{ *sink.Writer }

// Begin begins the transaction that the run's rows are written in.
func (t sinkTarget) Begin(ctx context.Context, run *Run, columns []engine.ResultColumn) (Writer, error) {
	named := make([]sink.Column, len(columns))
	for i, c := range columns {
		named[i] = sink.Column{Name: c.Name, Type: c.Type}
	}
	w, err := t.sink.Begin(ctx, sink.Run{QueryARN: run.QueryARN, InvocationTime: run.At}, named)
	switch {
	case errors.Is(err, sink.ErrDone):
		return nil, ErrDone
	case err != nil:
		return nil, sinkFailure(err)
	}
	return sinkWriter{w}, nil
}

// Write sends rows to the database.
func (w sinkWriter) Write(ctx context.Context, rows *vector.Batch) error {
	return sinkFailure(w.Writer.Write(ctx, rows))
}

// Commit makes the rows visible in the database.
func (w sinkWriter) Commit(ctx context.Context) error {
	_, err := w.Writer.Commit(ctx)
	return sinkFailure(err)
}

// outage says that a sink's database is down or out of reach, which takes as long as it takes: a run waits for it.
type outage struct{ error }

// Unwrap returns what happened.
func (o *outage) Unwrap() error { return o.error }

// sinkFailure tells outages from other errors.
func sinkFailure(err error) error {
	if err != nil && sink.Retryable(err) {
		return &outage{err}
	}
	return err
}
