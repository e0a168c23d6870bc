package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// union is UNION ALL: one input after the other.
type union struct {
	cols  []plan.Column
	ins   []operator
	nodes []plan.Node
	at    int
}

func (u *union) next(ctx context.Context) (*vector.Batch, error) {
	for ; u.at < len(u.ins); u.at++ {
		b, err := u.ins[u.at].next(ctx)
		if b != nil || err != nil {
			return b, err
		}
		u.ins[u.at].close()
	}
	return nil, nil
}

// restrict goes on to the column at the same place of each input.
func (u *union) restrict(id plan.ColumnID, values []string) {
	for i, c := range u.cols {
		if c.ID != id {
			continue
		}
		for k, in := range u.ins {
			restrict(in, u.nodes[k].Columns()[i].ID, values)
		}
	}
}

func (u *union) close() {
	for _, in := range u.ins {
		in.close()
	}
}
