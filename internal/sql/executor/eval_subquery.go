package executor

import (
	"context"
	"fmt"
	"maps"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// subqueryError marks an error of a subquery's plan on its way up: TRY around a subquery does not catch it. The cursor
// takes the mark off.
type subqueryError struct{ err error }

func (e *subqueryError) Error() string { return e.err.Error() }
func (e *subqueryError) Unwrap() error { return e.err }

// errMultipleRows is the error for a scalar subquery with more than one row.
func errMultipleRows() error {
	return dberr.New(dberr.Invalid, "Scalar sub-query has returned multiple rows")
}

// subquery is what a run of a statement knows of one of its subqueries: the answers so far, one for each combination of
// outer columns that has come up.
type subquery struct {
	run     *run
	node    *plan.Subquery
	outer   []plan.ColumnID // the columns that it takes from outside
	memo    *keyTable       // combinations; nil if there is no outer column or none came up yet
	answers []*answer       // by combination
	held    *account
	bytes   int64 // of the answers
}

// memoPart is which part of the memory limit, as a divisor, the answers of one subquery may take. Beyond it they are
// forgotten.
const memoPart = 8

// answer is what a subquery gave for one combination of outer columns.
type answer struct {
	value  *vector.Vector // of a scalar one: constant
	exists bool
	set    *answerSet // of IN, ANY, ALL
}

// subquery returns the run's state of a subquery.
func (r *run) subquery(n *plan.Subquery) *subquery {
	s, ok := r.subqueries[n]
	if !ok {
		s = &subquery{run: r, node: n, outer: r.freeColumns(n.Input), held: r.memory.newAccount()}
		r.subqueries[n] = s
	}
	return s
}

func (s *subquery) close() {
	s.memo, s.answers = nil, nil
	s.held.free()
}

// subqueryEval is a subquery in an expression.
type subqueryEval struct {
	*subquery
	bound   bindings      // of the enclosing query
	columns []*expression // the outer columns
	x       *expression   // left side of IN, ANY, ALL; else nil
}

// subquery compiles a subquery that is used as a value.
func (c *compiler) subquery(e *plan.Subquery) *expression {
	if n := len(e.Input.Columns()); n != 1 && e.Kind != plan.SubqueryExists {
		panic(fmt.Sprintf("bug: a subquery that is used as a value has %d columns", n))
	}
	ev := &subqueryEval{subquery: c.run.subquery(e), bound: c.bound}
	parts := []*expression{}
	for _, id := range ev.outer {
		col := c.outerColumn(id)
		ev.columns, parts = append(ev.columns, col), append(parts, col)
	}
	if e.X != nil {
		ev.x = c.compile(e.X)
		parts = append(parts, ev.x)
	}
	x := derive(e.T, ev, parts...)
	x.canFail = true
	return x
}

// outerColumn is a column that a subquery takes from the batch or from further out.
func (c *compiler) outerColumn(id plan.ColumnID) *expression {
	if i, ok := c.in[id]; ok {
		return &expression{evaluator: columnEval(i), cols: []int{i}}
	}
	if v, ok := c.bound[id]; ok {
		return constant(v)
	}
	panic(fmt.Sprintf("bug: column #%d of a subquery is not in scope", id))
}

func (s *subqueryEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	numbers, err := s.answered(ctx, b)
	if err != nil {
		return nil, &subqueryError{err}
	}
	var x *vector.Vector
	if s.x != nil {
		if x, err = s.x.eval(ctx, b); err != nil {
			return nil, err
		}
	}
	if numbers == nil {
		return s.one(ctx, s.answers[0], x, b.Rows)
	}
	return s.several(ctx, numbers, x, b.Rows)
}

// answered makes sure that there is an answer for each row, and returns their numbers, nil if there is only one.
func (s *subqueryEval) answered(ctx context.Context, b *vector.Batch) ([]int32, error) {
	if len(s.columns) == 0 {
		if len(s.answers) > 0 {
			return nil, nil
		}
		return nil, s.ask(ctx, nil)
	}
	vecs, err := evalAll(ctx, s.columns, b)
	if err != nil {
		return nil, err
	}
	numbers := s.combinations(vecs, b.Rows)
	for i, n := range numbers {
		if int(n) < len(s.answers) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		bound := maps.Clone(s.bound)
		if bound == nil {
			bound = bindings{}
		}
		for k, id := range s.outer {
			bound[id] = vecs[k].Repeat(i, 1)
		}
		if err := s.ask(ctx, bound); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

// combinations numbers the combinations of outer columns in n rows. Answers are there for the numbers below len(s.answers).
func (s *subqueryEval) combinations(vecs []*vector.Vector, n int) []int32 {
	ts := make([]*types.Type, len(vecs))
	comparable := true
	for i, v := range vecs {
		ts[i] = v.Type
		comparable = comparable && v.Type.IsComparable()
	}
	if s.memo == nil || s.held.bytes > s.run.memory.limit/memoPart {
		s.memo, s.answers, s.bytes = nil, nil, 0
		s.held.free()
	}
	if !comparable { // time series: all rows of each batch are asked anew
		return rowsUpTo(n)
	}
	if s.memo == nil {
		s.memo = newKeyTable(ts)
	}
	numbers := make([]int32, n)
	s.memo.insert(vecs, numbers)
	return numbers
}

// ask runs the subquery's plan and adds the answer.
func (s *subquery) ask(ctx context.Context, bound bindings) error {
	b := &builder{run: s.run, bound: bound, inner: true}
	op := b.operator(s.node.Input, 0)
	defer b.closeLocal()
	defer op.close()
	a := &answer{}
	var err error
	switch s.node.Kind {
	case plan.SubqueryScalar:
		a.value, err = scalarOf(ctx, op, s.node.Input.Columns()[0].Type)
	case plan.SubqueryExists:
		var b *vector.Batch
		b, err = op.next(ctx)
		a.exists = b != nil
	default:
		a.set, err = s.newAnswerSet(ctx, op)
	}
	if err != nil {
		return err
	}
	s.answers = append(s.answers, a)
	s.bytes += 64
	if a.value != nil {
		s.bytes += a.value.Bytes()
	}
	if a.set != nil {
		s.bytes += a.set.bytes()
	}
	if s.memo == nil {
		return s.held.set(s.bytes)
	}
	return s.held.set(s.bytes + s.memo.bytes())
}

// scalarOf returns the value of the only row as a constant, NULL if there is no row.
func scalarOf(ctx context.Context, op operator, t *types.Type) (*vector.Vector, error) {
	var value *vector.Vector
	for {
		b, err := op.next(ctx)
		switch {
		case err != nil:
			return nil, err
		case b == nil && value == nil:
			return vector.NullsOf(t, 1), nil
		case b == nil:
			return value, nil
		case value != nil || b.Rows > 1:
			return nil, errMultipleRows()
		}
		value = b.Cols[0].Repeat(0, 1)
	}
}

// one applies one answer to n rows.
func (s *subquery) one(ctx context.Context, a *answer, x *vector.Vector, n int) (*vector.Vector, error) {
	switch {
	case a.value != nil:
		return a.value.Resize(n), nil
	case a.set == nil:
		return vector.Const(types.Boolean, a.exists, n), nil
	}
	t, err := a.set.test(ctx, x)
	if err != nil {
		return nil, err
	}
	return vector.Booleans(t.vals, t.nulls), nil
}

// several applies to each row the answer of its number.
func (s *subquery) several(ctx context.Context, numbers []int32, x *vector.Vector, n int) (*vector.Vector, error) {
	if x == nil {
		out := vector.NewBuilder(s.node.T, n)
		for _, k := range numbers {
			if a := s.answers[k]; a.value != nil {
				out.AppendFrom(a.value, 0)
			} else {
				out.Append(a.exists)
			}
		}
		return out.Build(), nil
	}
	rows := map[int32][]int32{}
	var order []int32
	for i, k := range numbers {
		if rows[k] == nil {
			order = append(order, k)
		}
		rows[k] = append(rows[k], int32(i))
	}
	m := merger{t: types.Boolean, rows: n}
	for _, k := range order {
		v, err := s.one(ctx, s.answers[k], x.Gather(rows[k]), len(rows[k]))
		if err != nil {
			return nil, err
		}
		m.add(v, rows[k], true)
	}
	return m.merge(), nil
}
