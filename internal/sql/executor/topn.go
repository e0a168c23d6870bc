package executor

import (
	"context"
	"math"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// topN is the first rows of an order. It holds at most about twice as many rows as it needs: once it has enough, rows
// that are not before the last of the best so far are dropped as they come, and whenever the candidates have doubled
// they are cut back to the best. Rejected: a heap; it moves rows one by one and is not stable.
type topN struct {
	run   *run
	input operator
	keys  sortKeys
	n     int
	width int
	ts    []*types.Type

	store *rowStore // candidates in the order of the input: the input's columns, then all keys
	last  *vector.Batch
	held  *account
	out   *vector.Batch
	taken int
}

// newTopN makes the operator of a Sort with a limit.
func newTopN(r *run, n *plan.Sort, input operator, keys sortKeys) *topN {
	cols := n.Input.Columns()
	t := &topN{run: r, input: input, keys: keys, n: int(min(n.Limit, math.MaxInt32)), width: len(cols), held: r.memory.newAccount()}
	t.ts = append(typesOf(cols), typesOfExprs(keys.exprs)...)
	t.store = newRowStore(t.ts)
	return t
}

func (t *topN) next(ctx context.Context) (*vector.Batch, error) {
	if t.n == 0 {
		return nil, nil
	}
	if t.out == nil {
		if err := t.read(ctx); err != nil {
			return nil, err
		}
	}
	n := min(t.out.Rows-t.taken, t.run.batchRows)
	if n == 0 {
		return nil, nil
	}
	out := t.out.Slice(t.taken, t.taken+n)
	t.taken += n
	return out, nil
}

// read takes in all rows and leaves the best in out.
func (t *topN) read(ctx context.Context) error {
	for {
		b, err := t.input.next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := t.offer(ctx, b); err != nil {
			return err
		}
		if t.store.rows >= 2*t.n+vector.BatchRows {
			if err := t.cut(ctx); err != nil {
				return err
			}
		}
		if err := t.held.set(t.store.bytes()); err != nil {
			return err
		}
	}
	t.input.close()
	all, order, err := t.sorted(ctx)
	if err != nil {
		return err
	}
	t.out = (&vector.Batch{Cols: all.Cols[:t.width], Rows: all.Rows}).Gather(order)
	return nil
}

// offer adds those rows of b to the candidates that may be among the best.
func (t *topN) offer(ctx context.Context, b *vector.Batch) error {
	keys, err := evalAll(ctx, t.keys.exprs, b)
	if err != nil {
		return err
	}
	rows := &vector.Batch{Cols: append(append(make([]*vector.Vector, 0, len(t.ts)), b.Cols...), keys...), Rows: b.Rows}
	if t.last != nil {
		sel := t.before(keys, b.Rows)
		if len(sel) == 0 {
			return nil
		}
		rows = rows.Gather(sel)
	}
	return t.store.append(rows.Cols, rows.Rows)
}

// before returns the rows that come before the last of the best so far.
func (t *topN) before(keys []*vector.Vector, n int) (sel []int32) {
	cmps := make([]vector.Comparator, len(keys))
	for k, v := range keys {
		o := t.keys.orders[k]
		cmps[k] = vector.NewComparator(v, t.last.Cols[k], o.desc, o.nullsFirst)
	}
	sel = rowsUpTo(n)
	if len(keys) > 0 {
		sel = notAfter(keys[0], t.last.Cols[0], t.keys.orders[0], cmps[0], sel)
	}
	kept := sel[:0]
	for _, i := range sel {
		for _, cmp := range cmps {
			if c := cmp(int(i), 0); c != 0 {
				if c < 0 {
					kept = append(kept, i)
				}
				break
			}
		}
	}
	return kept
}

// notAfter returns the rows of sel, which are all rows, whose first key is not after the bound, a constant. It is where
// almost all rows end.
func notAfter(v, bound *vector.Vector, o sortOrder, cmp vector.Comparator, sel []int32) []int32 {
	k := 0
	switch {
	case v.Form == vector.Flat && v.Nulls == nil && v.Type.Ints() && !bound.IsNull(0):
		limit := bound.Ints[0]
		for i, x := range v.Ints {
			sel[k] = int32(i)
			if x == limit || x < limit != o.desc {
				k++
			}
		}
	case v.Form == vector.Flat && v.Nulls == nil && v.Type.Kind == types.KindDouble && !bound.IsNull(0) && !math.IsNaN(bound.Floats[0]):
		limit := bound.Floats[0]
		for i, x := range v.Floats {
			sel[k] = int32(i)
			if x == limit || x < limit != o.desc { // NaN is not less: it stays if the greatest come first
				k++
			}
		}
	default:
		for i := range sel {
			if cmp(i, 0) <= 0 {
				sel[k] = int32(i)
				k++
			}
		}
	}
	return sel[:k]
}

// sorted returns all candidates and the order of the best.
func (t *topN) sorted(ctx context.Context) (*vector.Batch, []int32, error) {
	all := t.store.batch()
	if err := t.held.set(t.store.bytes() + (8+32+4)*int64(all.Rows)); err != nil {
		return nil, nil, err
	}
	order := rowsUpTo(all.Rows)
	if err := newRowSorter(all.Cols[t.width:], t.keys.orders).sort(ctx, order); err != nil {
		return nil, nil, err
	}
	return all, order[:min(t.n, len(order))], nil
}

// cut reduces the candidates to the best.
func (t *topN) cut(ctx context.Context) error {
	all, order, err := t.sorted(ctx)
	if err != nil {
		return err
	}
	last := order[len(order)-1]
	t.last = &vector.Batch{Rows: 1}
	for _, v := range all.Cols[t.width:] {
		t.last.Cols = append(t.last.Cols, v.Repeat(int(last), 1))
	}
	best := all.Gather(order)
	t.store = newRowStore(t.ts)
	return t.store.append(best.Cols, best.Rows)
}

func (t *topN) close() {
	t.input.close()
	t.store, t.last = nil, nil
	t.out, t.taken = &vector.Batch{}, 0
	t.held.free()
}
