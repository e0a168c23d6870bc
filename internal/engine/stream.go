package engine

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/analyzer"
	"github.com/tidemarkdb/tidemark/internal/sql/optimizer"
	"github.com/tidemarkdb/tidemark/internal/sql/parser"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Stream is a running statement whose rows are taken batch by batch by one goroutine of the server itself, without pages.
type Stream struct {
	Columns []ResultColumn

	queries *queries
	session *session
}

// StreamScheduled runs the statement of a scheduled query with a value, in nanoseconds, for @scheduled_runtime. permit is as in
// QueryRequest. The caller closes the stream before the engine.
func (e *Engine) StreamScheduled(_ context.Context, text, principal string, runtime int64, permit func(Permission) error) (*Stream, error) {
	q := e.queries
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, err
	}
	var stmt *plan.Statement
	err = q.permitted(tree, permit, "", func(opts analyzer.Options) (err error) {
		opts.ScheduledRuntime = &runtime
		stmt, err = analyzer.Analyze(tree, opts)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !q.opts.NoOptimizer {
		stmt = optimizer.Optimize(stmt)
	}
	s, err := q.newSession(stmt, QueryRequest{QueryString: text, Principal: principal})
	if err != nil {
		return nil, err
	}
	return &Stream{Columns: s.columns, queries: q, session: s}, nil
}

// Next returns further rows, nil at the end. They are valid until the next call. It waits for its turn to compute.
func (s *Stream) Next(ctx context.Context) (*vector.Batch, error) {
	q := s.queries
	select {
	case q.running <- struct{}{}:
		defer func() { <-q.running }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	stop := context.AfterFunc(ctx, s.session.cancel)
	defer stop()
	batch, err := s.session.rows.Next(s.session.ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, q.failure(s.session, err)
	}
	return batch, nil
}

// Status returns what the statement has cost so far.
func (s *Stream) Status() QueryStatus { return s.queries.status(s.session, true) }

// Close ends the statement.
func (s *Stream) Close() { s.session.finish(false) }
