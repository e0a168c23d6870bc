package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// filter keeps the rows for which a predicate is true.
type filter struct {
	input operator
	pred  *expression
}

// newFilter makes the operator of a Filter.
func (b *builder) newFilter(n *plan.Filter, input operator) *filter {
	return &filter{input, b.condition(n.Pred, layoutOf(n.Input.Columns()))}
}

func (f *filter) next(ctx context.Context) (*vector.Batch, error) {
	for {
		b, err := f.input.next(ctx)
		if b == nil || err != nil {
			return nil, err
		}
		v, err := f.pred.eval(ctx, b)
		if err != nil {
			return nil, err
		}
		switch sel, all := trueRows(v); {
		case all:
			return b, nil
		case len(sel) > 0:
			return picked(b, sel), nil
		}
		if f.pred.fixed {
			return nil, nil // it is true for no row to come either
		}
	}
}

// picked returns the rows sel, ascending and at least one, of b. Neighbouring rows are not copied.
func picked(b *vector.Batch, sel []int32) *vector.Batch {
	first, last := int(sel[0]), int(sel[len(sel)-1])
	if last-first+1 == len(sel) {
		return b.Slice(first, last+1)
	}
	return b.Gather(sel)
}

// restrict goes on to the input.
func (f *filter) restrict(id plan.ColumnID, values []string) { restrict(f.input, id, values) }

func (f *filter) close() { f.input.close() }
