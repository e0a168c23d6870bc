package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// answerSet is the rows of a subquery of IN, ANY or ALL, ready to be compared with.
type answerSet struct {
	all     bool // ALL: true unless a comparison says otherwise; else false unless one says otherwise
	negate  bool // of member: <> ALL
	empty   bool
	hasNull bool
	run     *run

	// With member set, rows are looked up among the values: IN, = ANY, <> ALL. Else they are compared with values.
	member  bool
	table   *keyTable
	compare *function.Scalar
	values  *vector.Vector // distinct, without NULL
}

// newAnswerSet reads the rows of a subquery.
func (s *subquery) newAnswerSet(ctx context.Context, op operator) (*answerSet, error) {
	n := s.node
	t := n.Input.Columns()[0].Type
	set := &answerSet{all: n.Kind == plan.SubqueryAll, compare: n.Compare, run: s.run, empty: true, table: newKeyTable([]*types.Type{t})}
	held := s.run.memory.newAccount()
	defer held.free()
	for {
		b, err := op.next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			break
		}
		set.empty = false
		v := b.Cols[0]
		for i := 0; i < b.Rows && !set.hasNull; i++ {
			set.hasNull = v.IsNull(i)
		}
		set.table.insert([]*vector.Vector{v}, make([]int32, b.Rows))
		if err := held.set(set.table.bytes()); err != nil {
			return nil, err
		}
	}
	set.values = set.table.column(0, 0, set.table.len())
	if set.hasNull {
		var sel []int32
		for i := range set.values.Len() {
			if !set.values.IsNull(i) {
				sel = append(sel, int32(i))
			}
		}
		set.values = set.values.Gather(sel)
	}
	set.negate = set.all
	switch {
	case t.Kind == types.KindArray || t.Kind == types.KindRow:
		if n.Kind == plan.SubqueryIn {
			set.member, set.table = true, nil
		}
	case n.Kind == plan.SubqueryIn, n.Kind == plan.SubqueryAny && n.Compare.Name == "=", n.Kind == plan.SubqueryAll && isNotEqual(n.Compare.Name):
		set.member = true
	case isComparison(n.Compare.Name):
		set.values = extremes(set.values)
	}
	if !set.member {
		set.table = nil
	}
	return set, nil
}

// isNotEqual reports whether op is the operator of inequality.
func isNotEqual(op string) bool { return op == "<>" || op == "!=" }

// isComparison reports whether x op v for all v, or for some v, follows from the least and the greatest v and NaN.
func isComparison(op string) bool {
	switch op {
	case "=", "<", "<=", ">", ">=":
		return true
	}
	return isNotEqual(op)
}

// extremes returns of distinct values of a scalar type the least, the greatest and NaN.
func extremes(v *vector.Vector) *vector.Vector {
	cmp := vector.NewComparator(v, v, false, false)
	nan := vector.NewEquality(v, v) // NaN is not equal to itself
	low, high := -1, -1
	var sel []int32
	for i := range v.Len() {
		if equal, _ := nan(i, i); !equal {
			sel = append(sel, int32(i))
			continue
		}
		if low < 0 || cmp(i, low) < 0 {
			low = i
		}
		if high < 0 || cmp(i, high) > 0 {
			high = i
		}
	}
	if low >= 0 {
		sel = append(sel, int32(low))
		if high != low {
			sel = append(sel, int32(high))
		}
	}
	return v.Gather(sel)
}

func (a *answerSet) bytes() int64 {
	n := a.values.Bytes()
	if a.table != nil {
		n += a.table.bytes()
	}
	return n
}

// test returns the truth for each row of x.
func (a *answerSet) test(ctx context.Context, x *vector.Vector) (*truths, error) {
	n := x.Len()
	t := &truths{vals: make([]bool, n)}
	if a.empty {
		for i := range t.vals {
			t.vals[i] = a.all
		}
		return t, nil
	}
	if !a.member {
		return t, a.testAll(ctx, x, t)
	}
	found := a.lookup(x, t)
	for i := range t.vals {
		switch {
		case x.IsNull(i) || t.nulls != nil && t.nulls[i] && !found[i], a.hasNull && !found[i]:
			t.setNull(i)
		default:
			t.vals[i] = found[i] != a.negate
		}
	}
	return t, nil
}

// lookup returns which rows are among the values, and sets those to NULL in t for which that cannot be known.
func (a *answerSet) lookup(x *vector.Vector, t *truths) []bool {
	n := x.Len()
	found := make([]bool, n)
	if a.table != nil {
		numbers := make([]int32, n)
		a.table.lookup([]*vector.Vector{x}, numbers)
		never := unequalRows([]*vector.Vector{x}, n)
		for i, k := range numbers {
			found[i] = k >= 0 && (never == nil || !never[i])
		}
		return found
	}
	equality := equalityOf(x, a.values)
	for i := range n {
		unknown := false
		for j := 0; j < a.values.Len() && !found[i]; j++ {
			equal, known := equality(i, j)
			found[i] = equal && known
			unknown = unknown || !known
		}
		if unknown && !found[i] {
			t.setNull(i)
		}
	}
	return found
}

// testAll compares each row with each value.
func (a *answerSet) testAll(ctx context.Context, x *vector.Vector, t *truths) error {
	n := x.Len()
	x = x.Flatten()
	call := &callEval{fn: a.compare, result: types.Boolean, run: a.run}
	for i := range t.vals {
		t.vals[i] = a.all
	}
	for j := range a.values.Len() {
		if err := ctx.Err(); err != nil {
			return err
		}
		v, err := call.apply(ctx, nil, []*vector.Vector{x, a.values.Repeat(j, n)}, n)
		if err != nil {
			return err
		}
		t.combine(v, t.other(!a.all), false, !a.all)
	}
	if a.hasNull {
		for i, val := range t.vals {
			if val == a.all {
				t.setNull(i)
			}
		}
	}
	return nil
}
