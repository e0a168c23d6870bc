package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// inListEval is IN with a list of expressions. An item is evaluated only for rows that no former item was equal to.
type inListEval struct {
	x    *expression
	list []*expression
}

// inList compiles IN with a list of expressions.
func (c *compiler) inList(e *plan.In) *expression {
	x, list := c.compile(e.X), c.all(e.List)
	return derive(types.Boolean, &inListEval{x, list}, append(list[:len(list):len(list)], x)...)
}

func (e *inListEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	x, err := e.x.eval(ctx, b)
	if err != nil {
		return nil, err
	}
	state := &truths{vals: make([]bool, b.Rows)}
	open := rowsUpTo(b.Rows)
	for _, item := range e.list {
		v, packed, err := item.evalSome(ctx, b, open)
		if err != nil {
			return nil, err
		}
		equality := equalityOf(x, v)
		rest := open[:0]
		for k, i := range open {
			at := k
			if !packed {
				at = int(i)
			}
			switch equal, known := equality(int(i), at); {
			case !known:
				state.setNull(int(i))
				rest = append(rest, i)
			case equal:
				state.vals[i] = true
				if state.nulls != nil {
					state.nulls[i] = false
				}
			default:
				rest = append(rest, i)
			}
		}
		if open = rest; len(open) == 0 {
			break
		}
	}
	return vector.Booleans(state.vals, state.nulls), nil
}

// equalityOf is vector.NewEquality that takes untyped NULLs.
func equalityOf(a, b *vector.Vector) vector.Equality {
	if a.Type.Kind == types.KindUnknown || b.Type.Kind == types.KindUnknown {
		return func(int, int) (bool, bool) { return false, false }
	}
	return vector.NewEquality(a, b)
}

// inSetEval is IN with a constant list.
type inSetEval struct {
	x       *expression
	set     matcher
	hasNull bool
	empty   bool

	dict *vector.Vector // the dictionary met last, and what its values give
	rows int
	over *truths
}

// inSet compiles IN with a constant list.
func (c *compiler) inSet(e *plan.InSet) *expression {
	x := c.compile(e.X)
	ev := &inSetEval{x: x, hasNull: e.HasNull, empty: len(e.Set) == 0 && !e.HasNull}
	if x.t.Kind != types.KindUnknown {
		ev.set = newMatcher(x.t, e.Set)
	}
	return derive(types.Boolean, ev, x)
}

func (e *inSetEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	v, err := e.x.eval(ctx, b)
	switch {
	case err != nil:
		return nil, err
	case e.empty:
		return vector.Const(types.Boolean, false, b.Rows), nil
	case e.set == nil || v.Type.Kind == types.KindUnknown:
		return vector.NullsOf(types.Boolean, b.Rows), nil
	case v.Form == vector.Constant:
		t := e.test(v.Repeat(0, 1).Flatten())
		return vector.Booleans(t.vals, t.nulls).Repeat(0, b.Rows), nil
	case v.Form == vector.Dictionary:
		if e.dict != v.Dict {
			e.dict, e.rows, e.over = v.Dict, 0, nil
		}
		if e.rows += b.Rows; e.over == nil && e.rows >= v.Dict.Len() {
			e.over = e.test(v.Dict)
		}
		if e.over != nil {
			return vector.Booleans(e.over.vals, e.over.nulls).Gather(v.Codes), nil
		}
		v = v.Flatten()
	}
	t := e.test(v)
	return vector.Booleans(t.vals, t.nulls), nil
}

// test looks the rows of a flat vector up.
func (e *inSetEval) test(v *vector.Vector) *truths {
	t := &truths{vals: make([]bool, v.Len())}
	e.set.match(v, t)
	nulls := v.HasNulls()
	for i := range t.vals {
		if nulls && v.IsNull(i) || e.hasNull && !t.vals[i] {
			t.setNull(i)
		}
	}
	return t
}

// matcher is a set of constants.
type matcher interface {
	// match sets t to whether each row of v, flat, is in the set. Rows that are NULL may get any value.
	match(v *vector.Vector, t *truths)
}

// linearBelow is up to how many values a set is searched one by one.
const linearBelow = 6

// newMatcher makes a set of values of type t, none of them NULL.
func newMatcher(t *types.Type, set []types.Value) matcher {
	switch {
	case t.Ints():
		vals := make([]int64, len(set))
		for i, v := range set {
			vals[i] = v.(int64)
		}
		return newHashSet(vals, func(v *vector.Vector) []int64 { return v.Ints })
	case t.Kind == types.KindVarchar:
		vals := make([]string, len(set))
		for i, v := range set {
			vals[i] = v.(string)
		}
		return newHashSet(vals, func(v *vector.Vector) []string { return v.Strs })
	case t.Kind == types.KindDouble: // Go's == is SQL's: NaN is not in any set, -0.0 equals 0.0
		vals := make([]float64, len(set))
		for i, v := range set {
			vals[i] = v.(float64)
		}
		return newHashSet(vals, func(v *vector.Vector) []float64 { return v.Floats })
	case t.Kind == types.KindBoolean:
		vals := make([]bool, len(set))
		for i, v := range set {
			vals[i] = v.(bool)
		}
		return newHashSet(vals, func(v *vector.Vector) []bool { return v.Bools })
	}
	return &nestedSet{vector.FromValues(t, set...)}
}

// hashSet is a set of values of a scalar type.
type hashSet[T comparable] struct {
	few     []T // the values if they are few
	many    map[T]struct{}
	payload func(*vector.Vector) []T
}

// newHashSet makes a set of values that payload finds in vectors.
func newHashSet[T comparable](vals []T, payload func(*vector.Vector) []T) *hashSet[T] {
	s := &hashSet[T]{payload: payload}
	if len(vals) <= linearBelow {
		s.few = vals
		return s
	}
	s.many = make(map[T]struct{}, len(vals))
	for _, v := range vals {
		s.many[v] = struct{}{}
	}
	return s
}

func (s *hashSet[T]) match(v *vector.Vector, t *truths) {
	vals := s.payload(v)
	if s.many != nil {
		for i, x := range vals {
			_, t.vals[i] = s.many[x]
		}
		return
	}
	for _, y := range s.few {
		for i, x := range vals {
			if x == y {
				t.vals[i] = true
			}
		}
	}
}

// nestedSet is a set of arrays or rows, whose equality may be NULL. It is searched one by one.
type nestedSet struct{ set *vector.Vector }

func (s *nestedSet) match(v *vector.Vector, t *truths) {
	equality := vector.NewEquality(v, s.set)
	for i := range t.vals {
		unknown := false
		for j := 0; j < s.set.Len() && !t.vals[i]; j++ {
			equal, known := equality(i, j)
			t.vals[i] = equal && known
			unknown = unknown || !known
		}
		if unknown && !t.vals[i] {
			t.setNull(i)
		}
	}
}
