package executor

import (
	"context"
	"errors"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// arrayEval is ARRAY[...].
type arrayEval struct {
	elems []*expression
	t     *types.Type
}

func (a *arrayEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	vecs, err := evalAll(ctx, a.elems, b)
	if err != nil {
		return nil, err
	}
	n, k := b.Rows, len(vecs)
	offsets := make([]int32, n+1)
	for i := range offsets {
		offsets[i] = int32(i * k)
	}
	m := merger{t: a.t.Elem, rows: n * k}
	for j, v := range vecs {
		sel := make([]int32, n)
		for i := range sel {
			sel[i] = int32(i*k + j)
		}
		m.add(v, sel, true)
	}
	elems := vector.NewBuilder(a.t.Elem, 0).Build()
	if k > 0 {
		elems = m.merge().Flatten()
	}
	return vector.Arrays(a.t, offsets, elems, nil), nil
}

// rowEval is ROW(...).
type rowEval struct {
	fields []*expression
	t      *types.Type
}

func (r *rowEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	vecs, err := evalAll(ctx, r.fields, b)
	if err != nil {
		return nil, err
	}
	for i := range vecs {
		vecs[i] = vecs[i].Flatten()
	}
	return vector.Rows(r.t, vecs, b.Rows, nil), nil
}

// fieldEval is the field of a row.
type fieldEval struct {
	x     *expression
	index int
	t     *types.Type
}

func (f *fieldEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	v, err := f.x.eval(ctx, b)
	if err != nil {
		return nil, err
	}
	if v.Type.Kind == types.KindUnknown {
		return vector.NullsOf(f.t, b.Rows), nil
	}
	if v.Form == vector.Constant {
		if v.IsNull(0) {
			return vector.NullsOf(f.t, b.Rows), nil
		}
		return v.Kids[f.index].Repeat(0, b.Rows), nil
	}
	v = v.Flatten()
	return withNulls(v.Kids[f.index], v.Nulls), nil
}

// try compiles TRY. That of a cast is a try_cast, which does not look for the rows that fail.
func (c *compiler) try(e *plan.Try) *expression {
	var x *expression
	if cast, ok := e.X.(*plan.Cast); ok {
		inner := c.compile(cast.X)
		if !inner.canFail {
			return c.castOf(inner, cast.T, true)
		}
		x = c.castOf(inner, cast.T, cast.Try)
	} else {
		x = c.compile(e.X)
	}
	out := derive(x.t, &tryEval{x}, x)
	out.canFail = len(subqueriesIn(e.X)) > 0 // whose errors are not caught
	return out
}

// tryEval is TRY.
type tryEval struct{ x *expression }

// eval looks for the rows that fail by halving the batch until a part works or is one row.
func (t *tryEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	m := &merger{t: t.x.t, rows: b.Rows}
	v, err := t.x.eval(ctx, b)
	if err == nil {
		return v, nil
	}
	if err := t.halve(ctx, b, rowsUpTo(b.Rows), err, m); err != nil {
		return nil, err
	}
	return m.merge(), nil
}

// halve adds the values of the rows sel, for all of which together x failed with err.
func (t *tryEval) halve(ctx context.Context, b *vector.Batch, sel []int32, err error, m *merger) error {
	var inner *subqueryError
	if !dberr.Is(err, dberr.Invalid) || errors.As(err, &inner) {
		return err
	}
	if len(sel) == 1 {
		m.add(vector.NullsOf(t.x.t, 1), sel, true)
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for part := range slices.Chunk(sel, partSize(len(sel))) {
		v, err := t.x.eval(ctx, narrowed(b, part, t.x.cols))
		if err == nil {
			m.add(v, part, true)
			continue
		}
		if err := t.halve(ctx, b, part, err, m); err != nil {
			return err
		}
	}
	return nil
}

// partSize halves; four rows or fewer are tried one by one, which takes no more steps for one that fails and fewer for several.
func partSize(rows int) int {
	if rows <= 4 {
		return 1
	}
	return (rows + 1) / 2
}
