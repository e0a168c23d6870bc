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

// ScheduledStatement is the statement of a scheduled query, for one run.
type ScheduledStatement struct {
	Text      string
	Principal string // who runs it
	Runtime   int64  // the value of @scheduled_runtime, in nanoseconds
	Insights  bool   // whether Stream.Insights is wanted
	// Permit is asked for everything that the statement reads; nil permits all.
	Permit func(Permission) error
}

// StreamScheduled runs the statement of a scheduled query. The caller closes the stream before the engine.
func (e *Engine) StreamScheduled(_ context.Context, in ScheduledStatement) (*Stream, error) {
	q := e.queries
	tree, err := parser.Parse(in.Text)
	if err != nil {
		return nil, err
	}
	var stmt *plan.Statement
	err = q.permitted(tree, in.Permit, "", func(opts analyzer.Options) (err error) {
		opts.ScheduledRuntime = &in.Runtime
		stmt, err = analyzer.Analyze(tree, opts)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !q.opts.NoOptimizer {
		stmt = optimizer.Optimize(stmt)
	}
	s, err := q.newSession(stmt, QueryRequest{QueryString: in.Text, Principal: in.Principal, Insights: in.Insights})
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
	if batch != nil {
		s.session.outputRows += int64(batch.Rows)
		s.session.outputBytes += outputBytes(batch, 0, batch.Rows)
	}
	return batch, nil
}

// Insights returns what the statement, which has given its last row, has read and given; nil if it was not wanted.
func (s *Stream) Insights() *QueryInsights { return s.queries.insights(s.session) }

// Status returns what the statement has cost so far.
func (s *Stream) Status() QueryStatus { return s.queries.status(s.session, true) }

// Close ends the statement.
func (s *Stream) Close() { s.session.finish(false) }
