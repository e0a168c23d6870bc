package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// aggCall is one aggregate over numbered groups, with its DISTINCT, FILTER and ORDER BY.
type aggCall struct {
	acc    function.Accumulator
	args   []*expression
	filter *expression // nil if absent
	order  sortKeys
	cols   []int // that args and order read

	distinct *keyTable // of (group, arguments); nil if absent
	held     *rowStore // group, arguments, keys of the order; nil without order
}

// newAggCall compiles an aggregate call over an operator with the columns in. filter and order may be nil.
func (b *builder) newAggCall(fn *function.Aggregate, args []plan.Expr, distinct bool, filter plan.Expr, order []plan.SortKey, result *types.Type, in layout) *aggCall {
	c := &aggCall{args: b.exprs(args, in), order: b.sortKeys(order, in)}
	ts := typesOfExprs(c.args)
	c.acc = fn.New(ts, result)
	if filter != nil {
		c.filter = b.compile(filter, in)
	}
	if distinct {
		c.distinct = newGroupedTable(ts)
	}
	if len(order) > 0 {
		c.held = newRowStore(append(append([]*types.Type{types.Bigint}, ts...), typesOfExprs(c.order.exprs)...))
	}
	c.cols = columnsOf(append(c.order.exprs[:len(c.order.exprs):len(c.order.exprs)], c.args...)...)
	return c
}

// absorb takes in a batch whose row i is of group numbers[i] < n.
func (c *aggCall) absorb(ctx context.Context, b *vector.Batch, numbers []int32, n int) error {
	c.acc.Resize(n)
	if c.filter != nil {
		v, err := c.filter.eval(ctx, b)
		if err != nil {
			return err
		}
		if sel, all := trueRows(v); !all {
			if len(sel) == 0 {
				return nil
			}
			b, numbers = narrowed(b, sel, c.cols), gatherNumbers(numbers, sel)
		}
	}
	args, err := evalAll(ctx, c.args, b)
	if err != nil {
		return err
	}
	if c.distinct != nil {
		if sel := c.firsts(args, numbers); len(sel) < b.Rows {
			if len(sel) == 0 {
				return nil
			}
			b, numbers = narrowed(b, sel, c.cols), gatherNumbers(numbers, sel)
			args = gatherAll(args, sel)
		}
	}
	if c.held == nil {
		return c.acc.Add(numbers, args)
	}
	keys, err := evalAll(ctx, c.order.exprs, b)
	if err != nil {
		return err
	}
	return c.held.append(append(append([]*vector.Vector{numberVector(numbers)}, args...), keys...), b.Rows)
}

// firsts returns the rows whose arguments their group has not had before.
func (c *aggCall) firsts(args []*vector.Vector, numbers []int32) []int32 {
	before, ids := c.distinct.len(), make([]int32, len(numbers))
	c.distinct.insert(append([]*vector.Vector{numberVector(numbers)}, args...), ids)
	return newKeys(ids, before)
}

// merge takes in what another call of the same aggregate has taken in; its group i becomes numbers[i] < n.
func (c *aggCall) merge(ctx context.Context, other *aggCall, numbers []int32, n int) error {
	c.acc.Resize(n)
	other.acc.Resize(len(numbers))
	switch {
	case c.held != nil:
		return c.mergeHeld(other, numbers)
	case c.distinct != nil:
		return c.mergeDistinct(ctx, other, numbers)
	}
	return c.acc.Merge(other.acc, numbers)
}

// mergeDistinct adds the values that the groups of other have and ours do not.
func (c *aggCall) mergeDistinct(ctx context.Context, other *aggCall, numbers []int32) error {
	for from := 0; from < other.distinct.len(); from += vector.BatchRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		cols := other.distinct.columns(from, min(from+vector.BatchRows, other.distinct.len()))
		if err := c.addNew(renumbered(cols[0], numbers), cols[1:]); err != nil {
			return err
		}
	}
	return nil
}

// addNew adds the rows whose arguments their group has not had before.
func (c *aggCall) addNew(numbers []int32, args []*vector.Vector) error {
	sel := c.firsts(args, numbers)
	return c.acc.Add(gatherNumbers(numbers, sel), gatherAll(args, sel))
}

// mergeHeld adds the rows that other holds, without those whose values ours have already if DISTINCT.
func (c *aggCall) mergeHeld(other *aggCall, numbers []int32) error {
	all := other.held.batch()
	all.Cols[0] = numberVector(renumbered(all.Cols[0], numbers))
	if c.distinct != nil {
		sel := c.firsts(all.Cols[1:1+len(c.args)], renumbered(all.Cols[0], nil))
		all = all.Gather(sel)
	}
	return c.held.append(all.Cols, all.Rows)
}

// renumbered returns the numbers in v, each n as to[n] if to is not nil.
func renumbered(v *vector.Vector, to []int32) []int32 {
	out := make([]int32, v.Len())
	for i, n := range v.Flatten().Ints {
		if out[i] = int32(n); to != nil {
			out[i] = to[n]
		}
	}
	return out
}

// finish is called when all rows are in; there are n groups.
func (c *aggCall) finish(ctx context.Context, n int) error {
	c.acc.Resize(n)
	if c.held == nil {
		return nil
	}
	all := c.held.batch()
	order := rowsUpTo(all.Rows)
	if err := newRowSorter(all.Cols[1+len(c.args):], c.order.orders).sort(ctx, order); err != nil {
		return err
	}
	for from := 0; from < len(order); from += vector.BatchRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		sel := order[from:min(from+vector.BatchRows, len(order))]
		if err := c.acc.Add(renumbered(all.Cols[0].Gather(sel), nil), gatherAll(all.Cols[1:1+len(c.args)], sel)); err != nil {
			return err
		}
	}
	c.held = nil
	return nil
}

func (c *aggCall) bytes() int64 {
	n := c.acc.Bytes()
	if c.distinct != nil {
		n += c.distinct.bytes()
	}
	if c.held != nil {
		n += c.held.bytes()
	}
	return n
}

// numberVector returns group numbers as a column.
func numberVector(numbers []int32) *vector.Vector {
	vals := make([]int64, len(numbers))
	for i, n := range numbers {
		vals[i] = int64(n)
	}
	return vector.Int64s(types.Bigint, vals, nil)
}

// gatherNumbers returns the numbers at the places sel.
func gatherNumbers(numbers, sel []int32) []int32 {
	out := make([]int32, len(sel))
	for k, i := range sel {
		out[k] = numbers[i]
	}
	return out
}

// gatherAll returns the rows sel of several vectors.
func gatherAll(vecs []*vector.Vector, sel []int32) []*vector.Vector {
	out := make([]*vector.Vector, len(vecs))
	for i, v := range vecs {
		out[i] = v.Gather(sel)
	}
	return out
}
