package executor

import (
	"context"
	"math"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// limit leaves out rows at the start and the end. It does not read more than it needs.
type limit struct {
	input      operator
	skip, left int64
}

// newLimit makes the operator of a Limit.
func newLimit(n *plan.Limit, input operator) *limit {
	l := &limit{input: input, skip: n.Offset, left: n.Count}
	if n.Count < 0 {
		l.left = math.MaxInt64
	}
	return l
}

func (l *limit) next(ctx context.Context) (*vector.Batch, error) {
	for l.left > 0 {
		b, err := l.input.next(ctx)
		if b == nil || err != nil {
			return nil, err
		}
		n := int64(b.Rows)
		if l.skip >= n {
			l.skip -= n
			continue
		}
		from, to := l.skip, min(n, l.skip+min(l.left, n))
		l.skip = 0
		l.left -= to - from
		if to-from < n {
			b = b.Slice(int(from), int(to))
		}
		if l.left == 0 {
			l.input.close()
		}
		return b, nil
	}
	l.input.close()
	return nil, nil
}

func (l *limit) close() { l.input.close() }
