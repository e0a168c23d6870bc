package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// logicEval is AND (stop is false) or OR (stop is true): stop wins over NULL, NULL over the opposite.
type logicEval struct {
	terms []*expression
	stop  bool
	// onlyTrue, of AND: nobody tells NULL from false, so that rows that are NULL need no further terms.
	onlyTrue bool
}

// logic compiles AND (stop is false) or OR (stop is true).
func (c *compiler) logic(terms []plan.Expr, stop bool) *expression {
	ts := c.all(terms)
	return derive(types.Boolean, &logicEval{terms: ts, stop: stop}, ts...)
}

// condition compiles what keeps rows: a predicate of which only matters where it is true. See plan.Filter.
func (b *builder) condition(e plan.Expr, in layout) *expression {
	and, ok := e.(*plan.And)
	if !ok {
		return b.compile(e, in)
	}
	ts := (&compiler{builder: b, in: in}).all(and.Terms)
	return derive(types.Boolean, &logicEval{terms: ts, onlyTrue: true}, ts...)
}

func (l *logicEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	v, err := l.terms[0].eval(ctx, b)
	if err != nil {
		return nil, err
	}
	state := newTruths(v, b.Rows)
	for _, term := range l.terms[1:] {
		open := state.open(l.stop, l.onlyTrue)
		if len(open) == 0 {
			break
		}
		v, packed, err := term.evalSome(ctx, b, open)
		if err != nil {
			return nil, err
		}
		state.combine(v, open, packed, l.stop)
	}
	return vector.Booleans(state.vals, state.nulls), nil
}

// truths is a boolean with NULL for each row. vals is false where nulls is true.
type truths struct {
	vals  []bool
	nulls []bool // nil for none
}

// newTruths copies a boolean vector of n rows.
func newTruths(v *vector.Vector, n int) *truths {
	t := &truths{vals: make([]bool, n)}
	for i := range t.vals {
		switch val, null := truth(v, i); {
		case null:
			t.setNull(i)
		default:
			t.vals[i] = val
		}
	}
	return t
}

// truth returns row i of a boolean vector (flat, constant, or of type unknown).
func truth(v *vector.Vector, i int) (val, null bool) {
	if v.Form == vector.Constant {
		i = 0
	}
	if v.Nulls != nil && v.Nulls[i] || v.Bools == nil {
		return false, true
	}
	return v.Bools[i], false
}

// setNull makes row i NULL.
func (t *truths) setNull(i int) {
	if t.nulls == nil {
		t.nulls = make([]bool, len(t.vals))
	}
	t.nulls[i] = true
	t.vals[i] = false
}

// other returns the rows that are not val: NULL or the opposite.
func (t *truths) other(val bool) []int32 { return t.open(val, false) }

// open returns the rows that are not stop: the opposite and, unless known is set, NULL.
func (t *truths) open(stop, known bool) []int32 {
	sel := make([]int32, len(t.vals))
	k := 0
	for i, x := range t.vals {
		sel[k] = int32(i)
		if null := t.nulls != nil && t.nulls[i]; null && !known || !null && x != stop {
			k++
		}
	}
	return sel[:k]
}

// combine joins a further term for the rows sel, none of which is stop yet. Row k of v is for sel[k] if packed, else v
// has all rows.
func (t *truths) combine(v *vector.Vector, sel []int32, packed, stop bool) {
	for k, i := range sel {
		at := k
		if !packed {
			at = int(i)
		}
		switch val, null := truth(v, at); {
		case null:
			t.setNull(int(i))
		case val == stop:
			t.vals[i] = stop
			if t.nulls != nil {
				t.nulls[i] = false
			}
		}
	}
}

// notEval is NOT.
type notEval struct{ x *expression }

func (n *notEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	v, err := n.x.eval(ctx, b)
	if err != nil {
		return nil, err
	}
	if v.Form == vector.Constant {
		if v.IsNull(0) {
			return vector.NullsOf(types.Boolean, b.Rows), nil
		}
		return vector.Const(types.Boolean, !v.Bools[0], b.Rows), nil
	}
	v = v.Flatten()
	out := make([]bool, b.Rows)
	for i, x := range v.Bools {
		out[i] = !x
	}
	return vector.Booleans(out, v.Nulls), nil
}

// isNullEval is IS NULL.
type isNullEval struct{ x *expression }

func (n *isNullEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	v, err := n.x.eval(ctx, b)
	if err != nil {
		return nil, err
	}
	switch {
	case v.Form == vector.Constant || !v.HasNulls():
		return vector.Const(types.Boolean, v.IsNull(0), b.Rows), nil
	case v.Form == vector.Flat && v.Nulls != nil:
		return vector.Booleans(v.Nulls, nil), nil
	}
	out := make([]bool, b.Rows)
	for i := range out {
		out[i] = v.IsNull(i)
	}
	return vector.Booleans(out, nil), nil
}

// distinctEval is IS DISTINCT FROM.
type distinctEval struct{ l, r *expression }

func (d *distinctEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	l, err := d.l.eval(ctx, b)
	if err != nil {
		return nil, err
	}
	r, err := d.r.eval(ctx, b)
	if err != nil {
		return nil, err
	}
	equal := vector.NewEqualer(l, r)
	out := make([]bool, b.Rows)
	for i := range out {
		out[i] = !equal(i, i)
	}
	return vector.Booleans(out, nil), nil
}
