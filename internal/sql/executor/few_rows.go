package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// A batch whose rows have an array of 10,000 elements each takes hundreds of megabytes, several times over if arrays are made of
// arrays, and memory.go does not count what is in flight. So expressions that make arrays work on a few rows at a time: on more as
// long as the arrays are short.

// How many rows such expressions get at once.
const (
	fewRowsFirst = 32
	fewRowsMax   = 1024    // of the longest sequences these are 80 MB
	fewRowsBytes = 1 << 20 // about how much arrays should take
)

// fewRows hands on its input's rows a few at a time.
type fewRows struct {
	run   *run
	input operator
	rows  int
	batch *vector.Batch // the rest of it comes next
	made  int64         // run.arrayBytes before the last rows
}

// input makes the operator of the only input of n, for n to read.
func (b *builder) input(n, in plan.Node, depth int) operator {
	op := b.operator(in, depth)
	for _, e := range plan.Exprs(n) {
		if makesArrays(e) {
			return &fewRows{run: b.run, input: op, rows: fewRowsFirst}
		}
	}
	return op
}

// makesArrays reports whether an expression has a part that makes arrays or the like anew for each row.
func makesArrays(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(e plan.Expr) bool {
		if c, ok := e.(*plan.Call); ok && isNested(c.T) && (len(plan.Uses(c)) > 0 || volatile(c)) {
			found = true
		}
		return !found
	})
	return found
}

func (s *fewRows) next(ctx context.Context) (*vector.Batch, error) {
	s.adapt()
	if s.batch == nil {
		b, err := s.input.next(ctx)
		if b == nil || err != nil {
			return nil, err
		}
		s.batch = b
	}
	s.made = s.run.arrayBytes
	b, n := s.batch, min(s.rows, s.run.batchRows)
	if b.Rows <= n {
		s.batch = nil
		return b, nil
	}
	s.batch = b.Slice(n, b.Rows)
	return b.Slice(0, n), nil
}

// adapt chooses how many rows are next by what arrays the last ones gave.
func (s *fewRows) adapt() {
	switch made := s.run.arrayBytes - s.made; {
	case made > 2*fewRowsBytes:
		s.rows = max(1, s.rows/2)
	case made < fewRowsBytes/2:
		s.rows = min(2*s.rows, fewRowsMax)
	}
}

// restrict goes on to the input.
func (s *fewRows) restrict(id plan.ColumnID, values []string) { restrict(s.input, id, values) }

func (s *fewRows) close() { s.input.close() }
