package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// unnest expands arrays and time series into rows.
type unnest struct {
	run   *run
	node  *plan.Unnest
	input operator
	args  []*expression

	batch *vector.Batch    // the input rows at work; nil if there are none
	lists []*vector.Vector // their arguments, flat
	row   int              // the row at work, and the next of its elements
	elem  int
}

// newUnnest makes the operator of an Unnest.
func (b *builder) newUnnest(n *plan.Unnest, input operator) *unnest {
	return &unnest{run: b.run, node: n, input: input, args: b.exprs(n.Args, layoutOf(n.Input.Columns()))}
}

func (u *unnest) next(ctx context.Context) (*vector.Batch, error) {
	for {
		if u.batch == nil {
			b, err := u.input.next(ctx)
			if b == nil || err != nil {
				return nil, err
			}
			lists, err := evalAll(ctx, u.args, b)
			if err != nil {
				return nil, err
			}
			for i := range lists {
				lists[i] = lists[i].Flatten()
			}
			u.batch, u.lists, u.row, u.elem = b, lists, 0, 0
		}
		parents, elems := u.take()
		if len(parents) > 0 {
			return u.output(parents, elems), nil
		}
		u.batch, u.lists = nil, nil
	}
}

// length returns how many rows input row i expands to, not counting the one of an outer unnest.
func (u *unnest) length(i int) int {
	n := 0
	for _, v := range u.lists {
		n = max(n, listLen(v, i))
	}
	return n
}

// listLen returns the number of elements in row i of a flat list vector.
func listLen(v *vector.Vector, i int) int {
	if v.IsNull(i) {
		return 0
	}
	return int(v.Offsets[i+1] - v.Offsets[i])
}

// take returns the input row and the number of the element of each row of the next output batch. The element is -1 for
// the one row that an outer unnest makes of a row without elements.
func (u *unnest) take() (parents, elems []int32) {
	size := u.run.batchRows
	for u.row < u.batch.Rows && len(parents) < size {
		n := u.length(u.row)
		if n == 0 && u.node.Outer {
			parents, elems = append(parents, int32(u.row)), append(elems, -1)
		}
		for ; u.elem < n && len(parents) < size; u.elem++ {
			parents, elems = append(parents, int32(u.row)), append(elems, int32(u.elem))
		}
		if u.elem < n {
			break
		}
		u.row, u.elem = u.row+1, 0
	}
	return parents, elems
}

// output makes a batch of the rows that take found.
func (u *unnest) output(parents, elems []int32) *vector.Batch {
	out := spreadAll(u.batch, parents)
	at := make([]int32, len(parents))
	for a, v := range u.lists {
		for k, p := range parents {
			at[k] = -1
			if e := elems[k]; e >= 0 && int(e) < listLen(v, int(p)) {
				at[k] = v.Offsets[p] + e
			}
		}
		out.Cols = append(out.Cols, unnested(v, at, u.node.Outs[a])...)
	}
	if u.node.Ordinality != nil {
		ordinals, nulls := make([]int64, len(elems)), []bool(nil)
		for k, e := range elems {
			ordinals[k] = int64(e) + 1
			if e < 0 {
				if nulls == nil {
					nulls = make([]bool, len(elems))
				}
				nulls[k] = true
			}
		}
		out.Cols = append(out.Cols, vector.Int64s(types.Bigint, ordinals, nulls))
	}
	return out
}

// unnested returns the columns outs that the elements at (-1 is NULL) of a list vector become.
func unnested(v *vector.Vector, at []int32, outs []plan.Column) []*vector.Vector {
	cols := make([]*vector.Vector, len(outs))
	switch {
	case v.Type.Kind == types.KindUnknown:
		for k := range cols {
			cols[k] = vector.NullsOf(outs[k].Type, len(at))
		}
	case v.Type.Kind == types.KindTimeSeries:
		for k := range cols {
			cols[k] = v.Kids[k].Gather(at)
		}
	case v.Type.Elem.Kind == types.KindRow:
		rows := v.Kids[0].Gather(at).Flatten()
		for k := range cols {
			cols[k] = withNulls(rows.Kids[k], rows.Nulls)
		}
	default:
		cols[0] = v.Kids[0].Gather(at)
	}
	return cols
}

func (u *unnest) close() {
	u.input.close()
	u.batch, u.lists = nil, nil
}
