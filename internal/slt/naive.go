package slt

import (
	"context"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/sql/executor"
	"github.com/tidemarkdb/tidemark/internal/sql/executor/naive"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// runNaive returns what runs statements in place of the fast executor. A statement with a function that the naive executor
// does not have is left to the fast one, and the log says why.
func runNaive(t *testing.T) RunFunc {
	return func(ctx context.Context, stmt *plan.Statement, opts executor.Options) (engine.Rows, error) {
		if ok, reason := naive.Supports(stmt); !ok {
			t.Log("skipped: " + reason)
			return executor.Run(ctx, stmt, opts)
		}
		return &naiveRows{stmt: stmt, opts: opts}, nil
	}
}

// naiveRows is a statement that the naive executor runs as soon as rows are wanted.
type naiveRows struct {
	stmt *plan.Statement
	opts executor.Options
	done bool
}

// Next returns all rows at once.
func (r *naiveRows) Next(ctx context.Context) (*vector.Batch, error) {
	if r.done {
		return nil, nil
	}
	r.done = true
	rows, err := naive.Run(ctx, r.stmt, r.opts)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	b := &vector.Batch{Rows: len(rows)}
	for i, c := range r.stmt.Output {
		out := vector.NewBuilder(c.Type, len(rows))
		for _, values := range rows {
			out.Append(values[i])
		}
		b.Cols = append(b.Cols, out.Build())
	}
	return b, nil
}

// Stats has nothing to tell.
func (r *naiveRows) Stats() executor.Stats { return executor.Stats{} }

// Close has nothing to free.
func (r *naiveRows) Close() {}
