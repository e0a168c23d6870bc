package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/vector"
)

// oneRow is one row without columns.
type oneRow struct{ done bool }

func (o *oneRow) next(context.Context) (*vector.Batch, error) {
	if o.done {
		return nil, nil
	}
	o.done = true
	return &vector.Batch{Rows: 1}, nil
}

func (o *oneRow) close() { o.done = true }
