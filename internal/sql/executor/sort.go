package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// sortKeys is the keys of an order, compiled.
type sortKeys struct {
	exprs  []*expression
	orders []sortOrder
}

// sortKeys compiles the keys of an order.
func (b *builder) sortKeys(keys []plan.SortKey, in layout) sortKeys {
	var s sortKeys
	for _, k := range keys {
		s.exprs = append(s.exprs, b.compile(k.Expr, in))
		s.orders = append(s.orders, sortOrder{k.Desc, k.NullsFirst})
	}
	return s
}

// sortOp orders all of its input, which it holds in memory.
type sortOp struct {
	run   *run
	input operator
	keys  sortKeys
	width int // columns of the input

	store *rowStore // the input's columns, then those keys that are not among them
	place []int     // where in store each key is
	held  *account
	rows  *vector.Batch
	order []int32 // of rows; nil until they are sorted
	taken int
}

// newSort makes the operator of a Sort.
func (b *builder) newSort(n *plan.Sort, input operator) operator {
	cols := n.Input.Columns()
	keys := b.sortKeys(n.Keys, layoutOf(cols))
	if n.Limit >= 0 {
		return newTopN(b.run, n, input, keys)
	}
	s := &sortOp{run: b.run, input: input, keys: keys, width: len(cols), held: b.run.memory.newAccount()}
	ts := typesOf(cols)
	for _, k := range keys.exprs {
		if c, ok := k.evaluator.(columnEval); ok {
			s.place = append(s.place, int(c))
			continue
		}
		s.place = append(s.place, len(ts))
		ts = append(ts, k.t)
	}
	s.store = newRowStore(ts)
	return s
}

func (s *sortOp) next(ctx context.Context) (*vector.Batch, error) {
	if s.order == nil {
		if err := s.read(ctx); err != nil {
			return nil, err
		}
		if err := s.sort(ctx); err != nil {
			return nil, err
		}
	}
	n := min(len(s.order)-s.taken, s.run.batchRows)
	if n == 0 {
		return nil, nil
	}
	out := s.rows.Gather(s.order[s.taken : s.taken+n])
	s.taken += n
	return out, nil
}

// read takes in all rows.
func (s *sortOp) read(ctx context.Context) error {
	for {
		b, err := s.input.next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			s.input.close()
			return nil
		}
		cols := append(make([]*vector.Vector, 0, len(s.store.cols)), b.Cols...)
		for i, k := range s.keys.exprs {
			if s.place[i] < s.width {
				continue
			}
			v, err := k.eval(ctx, b)
			if err != nil {
				return err
			}
			cols = append(cols, v)
		}
		if err := s.store.append(cols, b.Rows); err != nil {
			return err
		}
		if err := s.held.set(s.store.bytes()); err != nil {
			return err
		}
	}
}

// sort finds the order of the rows that were read.
func (s *sortOp) sort(ctx context.Context) error {
	all := s.store.batch()
	keys := make([]*vector.Vector, len(s.place))
	for i, p := range s.place {
		keys[i] = all.Cols[p]
	}
	if err := s.held.add((8 + 32 + 4) * int64(all.Rows)); err != nil { // a code, twice a code with its row, the order
		return err
	}
	s.order = rowsUpTo(all.Rows)
	if err := newRowSorter(keys, s.keys.orders).sort(ctx, s.order); err != nil {
		return err
	}
	s.rows = &vector.Batch{Cols: all.Cols[:s.width], Rows: all.Rows}
	return s.held.set(s.store.bytes() + 4*int64(all.Rows))
}

// restrict goes on to the input: which rows come does not depend on their order.
func (s *sortOp) restrict(id plan.ColumnID, values []string) { restrict(s.input, id, values) }

func (s *sortOp) close() {
	s.input.close()
	s.store, s.rows, s.order = nil, nil, []int32{}
	s.taken = 0
	s.held.free()
}
