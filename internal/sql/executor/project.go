package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// project computes expressions.
type project struct {
	input operator
	node  *plan.Project
	exprs []*expression
}

// newProject makes the operator of a Project.
func (b *builder) newProject(n *plan.Project, input operator) *project {
	return &project{input, n, b.exprs(n.Exprs, layoutOf(n.Input.Columns()))}
}

func (p *project) next(ctx context.Context) (*vector.Batch, error) {
	b, err := p.input.next(ctx)
	if b == nil || err != nil {
		return nil, err
	}
	cols, err := evalAll(ctx, p.exprs, b)
	if err != nil {
		return nil, err
	}
	return &vector.Batch{Cols: cols, Rows: b.Rows}, nil
}

// restrict goes on to the input if the column is one of the input's.
func (p *project) restrict(id plan.ColumnID, values []string) {
	for i, c := range p.node.Cols {
		if col, ok := p.node.Exprs[i].(*plan.Col); ok && c.ID == id {
			restrict(p.input, col.ID, values)
		}
	}
}

func (p *project) close() { p.input.close() }
