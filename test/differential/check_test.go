package differential_test

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/slt"
	"github.com/tidemarkdb/tidemark/internal/sql/executor"
	"github.com/tidemarkdb/tidemark/internal/sql/executor/naive"
	"github.com/tidemarkdb/tidemark/internal/sql/optimizer"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// patience is how long one run of a statement may take; one that takes longer is skipped.
const patience = 5 * time.Second

// checker runs statements over one world in all ways.
type checker struct {
	world *slt.World
	stmt  *plan.Statement // the plan of the last statement that was asked
	opts  executor.Options
}

// newChecker makes a world. Statements that are asked of it are planned only.
func newChecker(t *testing.T, file string) *checker {
	c := &checker{}
	c.world = slt.NewWorld(t, file, func(_ context.Context, stmt *plan.Statement, opts executor.Options) (engine.Rows, error) {
		c.stmt, c.opts = stmt, opts
		return nothing{}, nil
	})
	return c
}

// nothing is a result without rows.
type nothing struct{}

func (nothing) Next(context.Context) (*vector.Batch, error) { return nil, nil }
func (nothing) Stats() executor.Stats                       { return executor.Stats{} }
func (nothing) Close()                                      {}

// verdict is what came out for a statement.
type verdict struct {
	rejected   error  // by the analyzer
	skipped    string // why it was not run
	difference string
	err        error   // of the naive executor
	expected   outcome // of the naive executor
	columns    []plan.Column
}

// check runs a statement as analyzed and as optimized, each by the naive executor and by the fast one with several sizes of
// batches.
//
// What must hold. Where both executors succeed on one plan, the rows are the same. Where the naive one succeeds, so does the
// fast one. Where the naive one fails, the fast one fails with an error of the same kind - which error comes first if there
// are several depends on the order of evaluation - unless the plan lets it do without the value (see lazy). The optimized
// plan gives the same rows as the other one. It may drop an error: of columns that nobody uses, of conditions that are
// evaluated after others. It may also run into one at a join (see moves).
func (c *checker) check(sql string, ordered bool) (v verdict) {
	c.stmt = nil
	if err := c.world.Ask(sql); err != nil || c.stmt == nil {
		return verdict{rejected: err}
	}
	plans := []*plan.Statement{c.stmt}
	if err := guarded(func() error { plans = append(plans, optimizer.Optimize(c.stmt)); return nil }); err != nil {
		return verdict{difference: "optimizer: " + err.Error()}
	}
	for i, stmt := range plans {
		if ok, reason := naive.Supports(stmt); !ok {
			return verdict{skipped: reason}
		}
		want := c.naive(stmt)
		if timeout(want.err) {
			return verdict{skipped: "takes too long"}
		}
		name := [...]string{"as analyzed", "optimized"}[i]
		if i == 0 {
			v.expected, v.err, v.columns = want, want.err, stmt.Output
		} else if d := compareRewritten(want, v.expected, ordered, moves(c.stmt.Root)); d != "" {
			v.difference = "naive, " + name + ", against as analyzed: " + d
			return v
		}
		for _, size := range []int{1, 2, 3, 0} {
			got := c.fast(stmt, size)
			if timeout(got.err) {
				return verdict{skipped: "takes too long"}
			}
			if d := compareRun(got, want, ordered, lazy(stmt.Root)); d != "" {
				v.difference = fmt.Sprintf("fast, %s, batches of %d, against naive: %s", name, size, d)
				return v
			}
		}
	}
	return v
}

// compareRun compares the executors on one plan.
func compareRun(got, want outcome, ordered, lazy bool) string {
	switch {
	case got.err != nil && want.err == nil:
		return "fails: " + got.err.Error()
	case got.err == nil && want.err != nil:
		if lazy {
			return ""
		}
		return fmt.Sprintf("gives %d rows, want error: %v", len(got.rows), want.err)
	case got.err != nil && dberr.KindOf(got.err) != dberr.KindOf(want.err):
		return fmt.Sprintf("fails: %v, want error: %v", got.err, want.err)
	}
	return differ(got, want, ordered)
}

// compareRewritten compares two plans of one statement by the naive executor.
func compareRewritten(got, want outcome, ordered, moves bool) string {
	if got.err != nil && want.err == nil && !moves {
		return "fails: " + got.err.Error()
	}
	return differ(got, want, ordered)
}

func timeout(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

// naive runs a plan by the naive executor.
func (c *checker) naive(stmt *plan.Statement) (out outcome) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out.err = guarded(func() (err error) {
		out.rows, err = naive.Run(ctx, stmt, c.opts)
		return err
	})
	return out
}

// fast runs a plan by the fast executor.
func (c *checker) fast(stmt *plan.Statement, batchRows int) (out outcome) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	opts := c.opts
	opts.BatchRows = batchRows
	out.err = guarded(func() error {
		cur, err := executor.Run(ctx, stmt, opts)
		if err != nil {
			return err
		}
		defer cur.Close()
		for {
			b, err := cur.Next(ctx)
			if err != nil || b == nil {
				return err
			}
			if b.Rows == 0 || batchRows > 0 && b.Rows > batchRows {
				return fmt.Errorf("bug: a batch of %d rows", b.Rows)
			}
			for i := range b.Rows {
				row := make([]types.Value, len(b.Cols))
				for k, col := range b.Cols {
					row[k] = col.Value(i)
				}
				out.rows = append(out.rows, row)
			}
		}
	})
	return out
}

// guarded makes an error of a panic, with the places of our own code where it was.
func guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v%s", r, strings.Join(ownFrames(debug.Stack()), ""))
		}
	}()
	return f()
}

// ownFrames returns the topmost lines of a stack that lie in the product.
func ownFrames(stack []byte) []string {
	var out []string
	for _, line := range strings.Split(string(stack), "\n") {
		if at := strings.Index(line, "/internal/"); at >= 0 && strings.HasPrefix(line, "\t") && len(out) < 4 {
			place, _, _ := strings.Cut(line[at+1:], " ")
			out = append(out, "\n    "+place)
		}
	}
	return out
}

// lazy reports whether a plan lets an executor do without some values: with a limit, of rows behind it; behind a condition that
// is true for no row, of all further rows; at a join or a set operation, of one side if the other is empty; of a subquery, if
// no row needs it or, of EXISTS, of all rows but one.
func lazy(n plan.Node) bool {
	return anywhere(n, func(n plan.Node) bool {
		switch n := n.(type) {
		case *plan.Limit, *plan.Join, *plan.SetOp:
			return true
		case *plan.Sort:
			return n.Limit >= 0
		case *plan.Filter:
			if len(plan.Uses(n.Pred)) == 0 {
				return true
			}
		}
		return len(subqueries(n)) > 0
	})
}

// moves reports whether the optimizer may move conditions and keys to where they see more rows: below a join or an UNNEST. As
// in Trino, they may then fail for rows that meet no other one.
func moves(n plan.Node) bool {
	return anywhere(n, func(n plan.Node) bool {
		switch n.(type) {
		case *plan.Join, *plan.Unnest:
			return true
		}
		return false
	})
}

// anywhere reports whether f holds for an operator of a plan or of its subqueries.
func anywhere(n plan.Node, f func(plan.Node) bool) bool {
	if f(n) {
		return true
	}
	for _, in := range append(n.Inputs(), subqueries(n)...) {
		if anywhere(in, f) {
			return true
		}
	}
	return false
}

// subqueries returns the plans of the subqueries in the expressions of an operator.
func subqueries(n plan.Node) []plan.Node {
	var out []plan.Node
	for _, e := range plan.Exprs(n) {
		plan.Walk(e, func(e plan.Expr) bool {
			if s, ok := e.(*plan.Subquery); ok {
				out = append(out, s.Input)
			}
			return true
		})
	}
	return out
}
