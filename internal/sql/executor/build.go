package executor

import (
	"context"
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// operator is a running plan node.
type operator interface {
	// next returns the next rows, nil at the end; never an empty batch. After the end or an error it is not called again.
	next(ctx context.Context) (*vector.Batch, error)
	// close frees what the operator and its inputs hold. It may be called more than once.
	close()
}

// restricter is an operator that can leave out rows whose column id, a varchar, is NULL or not among values. It does so
// where it is cheap; rows may still come.
type restricter interface {
	restrict(id plan.ColumnID, values []string)
}

// restrict asks an operator to leave out rows. It must not have been read from yet.
func restrict(op operator, id plan.ColumnID, values []string) {
	if r, ok := op.(restricter); ok {
		r.restrict(id, values)
	}
}

// layout tells where the columns of a batch are.
type layout map[plan.ColumnID]int

// layoutOf returns the layout of batches with the given columns.
func layoutOf(cols []plan.Column) layout {
	l := make(layout, len(cols))
	for i, c := range cols {
		l[c.ID] = i
	}
	return l
}

// must returns the place of a column that is there unless the plan is wrong.
func (l layout) must(id plan.ColumnID, name string) int {
	i, ok := l[id]
	if !ok {
		panic(fmt.Sprintf("bug: column %s#%d is not among the operator's columns", name, id))
	}
	return i
}

// bindings are the values of outer columns while a correlated subquery runs, each a constant vector of one row.
type bindings map[plan.ColumnID]*vector.Vector

// builder makes operators from plan nodes.
type builder struct {
	run   *run
	bound bindings            // nil outside of correlated subqueries
	local map[int]*sharedRows // shared queries that depend on bound
	inner bool                // inside a subquery
}

// operator makes the operator of a node and those below it.
func (b *builder) operator(n plan.Node, depth int) operator {
	if b.bound != nil {
		if rows := b.run.keepable(n); rows != nil {
			return &metered{
				operator: rows.reader(func() operator { return (&builder{run: b.run, inner: true}).operator(n, depth) }),
				recorder: &b.run.recorder,
				stats:    &OperatorStats{}, // its rows are counted where they are read for the first time
			}
		}
	}
	stats := b.run.recorder.operator(n, depth, b.inner)
	return &metered{operator: b.bare(n, depth+1), recorder: &b.run.recorder, stats: stats}
}

// bare makes the operator of a node without counting; depth is that of its inputs.
func (b *builder) bare(n plan.Node, depth int) operator {
	switch n := n.(type) {
	case *plan.Scan:
		return b.newScan(n)
	case *plan.Values:
		return b.newValues(n)
	case *plan.OneRow:
		return &oneRow{}
	case *plan.Filter:
		return b.newFilter(n, b.input(n, n.Input, depth))
	case *plan.Project:
		return b.newProject(n, b.input(n, n.Input, depth))
	case *plan.Aggregate:
		if len(n.Aggs) == 0 && len(n.Keys) > 0 {
			return b.newDistinct(n, b.input(n, n.Input, depth))
		}
		return b.newAggregate(n, b.input(n, n.Input, depth))
	case *plan.Window:
		return b.newWindow(n, b.input(n, n.Input, depth))
	case *plan.Sort:
		return b.newSort(n, b.input(n, n.Input, depth))
	case *plan.Limit:
		return newLimit(n, b.operator(n.Input, depth))
	case *plan.Join:
		return b.newJoin(n, b.operator(n.L, depth), b.operator(n.R, depth))
	case *plan.Unnest:
		return b.newUnnest(n, b.input(n, n.Input, depth))
	case *plan.Union:
		u := &union{cols: n.Cols, ins: make([]operator, len(n.In)), nodes: n.In}
		for i, in := range n.In {
			u.ins[i] = b.operator(in, depth)
		}
		return u
	case *plan.SetOp:
		return b.newSetOp(n, b.operator(n.L, depth), b.operator(n.R, depth))
	case *plan.Shared:
		return b.newShared(n, depth)
	}
	panic(fmt.Sprintf("bug: no operator for %T", n))
}

// exprs compiles several expressions over the columns of one operator.
func (b *builder) exprs(es []plan.Expr, in layout) []*expression {
	out := make([]*expression, len(es))
	for i, e := range es {
		out[i] = b.compile(e, in)
	}
	return out
}

// evalAll evaluates several expressions over one batch.
func evalAll(ctx context.Context, es []*expression, b *vector.Batch) ([]*vector.Vector, error) {
	out := make([]*vector.Vector, len(es))
	for i, e := range es {
		var err error
		if out[i], err = e.eval(ctx, b); err != nil {
			return nil, err
		}
	}
	return out, nil
}
