package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// setOp is INTERSECT and EXCEPT. It counts the rows of the right side, then passes rows of the left side on or not.
type setOp struct {
	node  *plan.SetOp
	l, r  operator
	table *keyTable
	left  []int64 // by key: ALL: how many rows of the right side are unmatched; else 1 until the key is done with
	held  *account
	built bool
}

// newSetOp makes the operator of a SetOp.
func (b *builder) newSetOp(n *plan.SetOp, l, r operator) *setOp {
	return &setOp{node: n, l: l, r: r, table: newKeyTable(typesOf(n.Cols)), held: b.run.memory.newAccount()}
}

func (s *setOp) next(ctx context.Context) (*vector.Batch, error) {
	if !s.built {
		s.built = true
		if err := s.build(ctx); err != nil {
			return nil, err
		}
	}
	for {
		b, err := s.l.next(ctx)
		if b == nil || err != nil {
			return nil, err
		}
		var sel []int32
		numbers := make([]int32, b.Rows)
		if s.node.Except && !s.node.All {
			sel = s.exceptDistinct(b, numbers)
		} else {
			sel = s.count(b, numbers)
		}
		if err := s.held.set(s.table.bytes() + 8*int64(cap(s.left))); err != nil {
			return nil, err
		}
		if len(sel) > 0 {
			return picked(b, sel), nil
		}
	}
}

// build counts the right side's rows.
func (s *setOp) build(ctx context.Context) error {
	for {
		b, err := s.r.next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			s.r.close()
			return nil
		}
		numbers := make([]int32, b.Rows)
		s.table.insert(b.Cols, numbers)
		for len(s.left) < s.table.len() {
			s.left = append(s.left, 0)
		}
		for _, k := range numbers {
			if s.node.All {
				s.left[k]++
			} else {
				s.left[k] = 1
			}
		}
		if err := s.held.set(s.table.bytes() + 8*int64(cap(s.left))); err != nil {
			return err
		}
	}
}

// exceptDistinct returns the rows whose key has not appeared, on either side.
func (s *setOp) exceptDistinct(b *vector.Batch, numbers []int32) (sel []int32) {
	before := s.table.len()
	s.table.insert(b.Cols, numbers)
	return newKeys(numbers, before)
}

// newKeys returns the rows in which a key that is new to a table appears for the first time; before is how many keys the
// table had.
func newKeys(numbers []int32, before int) (sel []int32) {
	for i, k := range numbers {
		if int(k) == before {
			sel = append(sel, int32(i))
			before++
		}
	}
	return sel
}

// count uses up the right side's rows, and returns the rows that find one (INTERSECT) or none (EXCEPT).
func (s *setOp) count(b *vector.Batch, numbers []int32) (sel []int32) {
	s.table.lookup(b.Cols, numbers)
	for i, k := range numbers {
		found := k >= 0 && s.left[k] > 0
		if found {
			s.left[k]--
		}
		if found != s.node.Except {
			sel = append(sel, int32(i))
		}
	}
	return sel
}

func (s *setOp) close() {
	s.l.close()
	s.r.close()
	s.table, s.left = nil, nil
	s.held.free()
}
