package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// values is rows of constant expressions.
type values struct {
	run   *run
	cols  []plan.Column
	rows  [][]*expression
	taken int
}

// newValues makes the operator of a Values.
func (b *builder) newValues(n *plan.Values) *values {
	v := &values{run: b.run, cols: n.Cols, rows: make([][]*expression, len(n.Rows))}
	for i, row := range n.Rows {
		v.rows[i] = b.exprs(row, layout{})
	}
	return v
}

func (v *values) next(ctx context.Context) (*vector.Batch, error) {
	n := min(len(v.rows)-v.taken, v.run.batchRows)
	if n <= 0 {
		return nil, nil
	}
	builders := make([]*vector.Builder, len(v.cols))
	for i, c := range v.cols {
		builders[i] = vector.NewBuilder(c.Type, n)
	}
	one := &vector.Batch{Rows: 1}
	for _, row := range v.rows[v.taken : v.taken+n] {
		for i, x := range row {
			val, err := x.eval(ctx, one)
			if err != nil {
				return nil, err
			}
			builders[i].AppendFrom(val, 0)
		}
	}
	v.taken += n
	out := &vector.Batch{Rows: n}
	for _, b := range builders {
		out.Cols = append(out.Cols, b.Build())
	}
	return out, nil
}

func (v *values) close() { v.rows = nil }
