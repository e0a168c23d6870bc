package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// sharedRows is a query that is computed once and read several times, each reader at its own pace. Batches that all
// readers have passed are let go, if it is known how many readers there are.
type sharedRows struct {
	input   operator
	held    *account
	bytes   []int64
	batches []*vector.Batch // those let go are nil
	waiting []int           // by batch: readers that have not passed it
	readers int             // 0 if unknown
	gone    int             // readers that closed
	done    bool
	err     error

	// bytesMax, if not 0, is how much may be held; beyond it the rows are no longer kept, see dropped.
	bytesMax int64
	// dropped: the rows were too many to keep. The reader of that time reads on; later ones compute them anew.
	dropped bool
}

// sharedReader is one reader of shared rows.
type sharedReader struct {
	rows   *sharedRows
	at     int
	closed bool
}

// newShared makes a reader of a shared query, and the query itself for the first one.
func (b *builder) newShared(n *plan.Shared, depth int) operator {
	all, inner := b.run.shared, &builder{run: b.run, inner: b.inner}
	if b.bound != nil && len(b.run.freeColumns(n.Input)) > 0 {
		if b.local == nil {
			b.local = map[int]*sharedRows{}
		}
		all, inner = b.local, b
	}
	rows, ok := all[n.ID]
	if !ok {
		rows = &sharedRows{held: b.run.memory.newAccount(), readers: b.run.readers[n.ID]}
		all[n.ID] = rows
		rows.input = inner.operator(n.Input, depth)
	}
	if rows.readers == 1 {
		return rows.input
	}
	return &sharedReader{rows: rows}
}

// closeLocal ends the shared queries that depend on the outer row.
func (b *builder) closeLocal() {
	for _, s := range b.local {
		s.close()
	}
}

// get returns batch i, computing it if need be; nil at the end.
func (s *sharedRows) get(ctx context.Context, i int) (*vector.Batch, error) {
	if i < len(s.batches) {
		return s.batches[i], nil
	}
	if s.done || s.err != nil {
		return nil, s.err
	}
	b, err := s.input.next(ctx)
	switch {
	case err != nil:
		s.err = err
		return nil, err
	case b == nil:
		s.done = true
		s.input.close()
		return nil, nil
	}
	if s.dropped {
		return b, nil
	}
	n := b.Bytes()
	if s.bytesMax > 0 && s.held.bytes+n > s.bytesMax {
		s.batches, s.bytes, s.waiting, s.dropped = nil, nil, nil, true
		s.held.free()
		return b, nil
	}
	if err := s.held.add(n); err != nil {
		s.err = err
		return nil, err
	}
	s.batches, s.bytes = append(s.batches, b), append(s.bytes, n)
	s.waiting = append(s.waiting, s.readers-s.gone)
	return b, nil
}

// passed notes that a reader is done with batch i.
func (s *sharedRows) passed(i int) {
	s.waiting[i]--
	if s.waiting[i] == 0 {
		_ = s.held.add(-s.bytes[i])
		s.batches[i] = nil
	}
}

func (s *sharedRows) close() {
	if s.input != nil {
		s.input.close()
	}
	s.batches, s.done = nil, true
	s.held.free()
}

// keepable returns where the rows of a node of a correlated subquery are kept if they are the same for all outer rows, so
// that a table is not read once for each; nil if the node is not worth it.
func (r *run) keepable(n plan.Node) *sharedRows {
	switch n.(type) {
	case *plan.Values, *plan.OneRow, *plan.Shared:
		return nil
	}
	if len(r.freeColumns(n)) > 0 {
		return nil
	}
	rows, ok := r.kept[n]
	if !ok {
		rows = &sharedRows{held: r.memory.newAccount(), bytesMax: max(1, r.memory.limit/keptPart)}
		r.kept[n] = rows
	}
	return rows
}

// keptPart is which part of the memory limit, as a divisor, one node of a correlated subquery may keep.
const keptPart = 4

// reader returns a further reader of rows that are kept as long as they are not too many. Only one reader reads at a
// time. fresh makes the operator that computes the rows.
func (s *sharedRows) reader(fresh func() operator) operator {
	if s.dropped {
		return fresh()
	}
	if s.input == nil {
		s.input = fresh()
	}
	return &sharedReader{rows: s}
}

func (r *sharedReader) next(ctx context.Context) (*vector.Batch, error) {
	b, err := r.rows.get(ctx, r.at)
	if b == nil || err != nil {
		return nil, err
	}
	if r.rows.dropped {
		return b, nil
	}
	if r.rows.readers > 0 {
		r.rows.passed(r.at)
	}
	r.at++
	return b, nil
}

func (r *sharedReader) close() {
	s := r.rows
	if r.closed {
		return
	}
	r.closed = true
	if s.dropped {
		s.input.close()
		return
	}
	if s.readers == 0 {
		return
	}
	s.gone++
	for i := r.at; i < len(s.batches); i++ {
		s.passed(i)
	}
	if s.gone == s.readers {
		s.close()
	}
}
