package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// caseEval is CASE. conds and results have one length; otherwise is ELSE.
type caseEval struct {
	conds, results []*expression
	otherwise      *expression
	t              *types.Type
}

// caseOf compiles a CASE.
func (c *compiler) caseOf(e *plan.Case) *expression {
	ev := &caseEval{t: e.T}
	var parts []*expression
	for _, w := range e.Whens {
		cond, result := c.compile(w.Cond), c.compile(w.Result)
		ev.conds, ev.results = append(ev.conds, cond), append(ev.results, result)
		parts = append(parts, cond, result)
	}
	ev.otherwise = c.compile(e.Else)
	return derive(e.T, ev, append(parts, ev.otherwise)...)
}

func (c *caseEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	m := merger{t: c.t, rows: b.Rows}
	open := rowsUpTo(b.Rows)
	for k, cond := range c.conds {
		v, packed, err := cond.evalSome(ctx, b, open)
		if err != nil {
			return nil, err
		}
		var hit []int32
		if hit, open = divide(v, open, packed); len(hit) > 0 {
			if err := m.addFrom(ctx, b, c.results[k], hit); err != nil {
				return nil, err
			}
		}
		if len(open) == 0 {
			return m.merge(), nil
		}
	}
	if err := m.addFrom(ctx, b, c.otherwise, open); err != nil {
		return nil, err
	}
	return m.merge(), nil
}

// divide splits rows by a boolean of evalSome into those where it is true and the rest.
func divide(v *vector.Vector, rows []int32, packed bool) (yes, no []int32) {
	if v.Form == vector.Constant {
		if val, _ := truth(v, 0); val {
			return rows, nil
		}
		return nil, rows
	}
	yes, no = make([]int32, 0, len(rows)), make([]int32, 0, len(rows))
	for k, i := range rows {
		at := k
		if !packed {
			at = int(i)
		}
		if val, _ := truth(v, at); val {
			yes = append(yes, i)
		} else {
			no = append(no, i)
		}
	}
	return yes, no
}

// coalesceEval is COALESCE.
type coalesceEval struct {
	args []*expression
	t    *types.Type
}

func (c *coalesceEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	m := merger{t: c.t, rows: b.Rows}
	open := rowsUpTo(b.Rows)
	for k, arg := range c.args {
		v, packed, err := arg.evalSome(ctx, b, open)
		if err != nil {
			return nil, err
		}
		if k == len(c.args)-1 || !v.HasNulls() {
			m.add(v, open, packed)
			break
		}
		var have, lack []int32
		var at []int32 // where v has the values of the rows have
		for k, i := range open {
			p := i
			if packed {
				p = int32(k)
			}
			if v.IsNull(int(p)) {
				lack = append(lack, i)
			} else {
				have, at = append(have, i), append(at, p)
			}
		}
		if len(have) > 0 {
			if packed {
				v = v.Gather(at)
			}
			m.add(v, have, packed)
		}
		if open = lack; len(open) == 0 {
			break
		}
	}
	return m.merge(), nil
}

// merger puts a vector together from parts that each have the values of some rows.
type merger struct {
	t     *types.Type
	rows  int
	parts []mergePart
}

// mergePart has the values of the rows sel: value k for sel[k] if packed, else its values are in the places of the rows.
type mergePart struct {
	v      *vector.Vector
	sel    []int32
	packed bool
}

// addFrom adds the value of x for the rows sel of b.
func (m *merger) addFrom(ctx context.Context, b *vector.Batch, x *expression, sel []int32) error {
	v, packed, err := x.evalSome(ctx, b, sel)
	if err == nil {
		m.add(v, sel, packed)
	}
	return err
}

// add adds a part. Parts do not overlap.
func (m *merger) add(v *vector.Vector, sel []int32, packed bool) {
	if v.Type.Kind == types.KindUnknown && m.t.Kind != types.KindUnknown {
		v = vector.NullsOf(m.t, v.Len())
	}
	m.parts = append(m.parts, mergePart{v, sel, packed && v.Form != vector.Constant})
}

// merge returns the values of all rows, which the parts cover.
func (m *merger) merge() *vector.Vector {
	if len(m.parts) == 1 && !m.parts[0].packed {
		v := m.parts[0].v
		if v.Form == vector.Constant {
			v = v.Resize(m.rows)
		}
		return v
	}
	if v := m.masked(); v != nil {
		return v
	}
	switch kind := m.t.Kind; {
	case m.t.Ints():
		out := make([]int64, m.rows)
		return vector.Int64s(m.t, out, scatter(m, out, func(v *vector.Vector) []int64 { return v.Ints }))
	case kind == types.KindDouble:
		out := make([]float64, m.rows)
		return vector.Doubles(out, scatter(m, out, func(v *vector.Vector) []float64 { return v.Floats }))
	case kind == types.KindBoolean:
		out := make([]bool, m.rows)
		return vector.Booleans(out, scatter(m, out, func(v *vector.Vector) []bool { return v.Bools }))
	case kind == types.KindVarchar:
		out := make([]string, m.rows)
		return vector.Strings(out, scatter(m, out, func(v *vector.Vector) []string { return v.Strs }))
	}
	return m.nested()
}

// masked serves the most frequent shape, CASE WHEN c THEN x END: one part with its values in place, else NULL. The
// values need not be copied then. It returns nil for other shapes.
func (m *merger) masked() *vector.Vector {
	var only *mergePart
	for i := range m.parts {
		p := &m.parts[i]
		if p.v.Form == vector.Constant && p.v.IsNull(0) {
			continue
		}
		if only != nil || p.packed || p.v.Form == vector.Constant {
			return nil
		}
		only = p
	}
	switch {
	case only == nil:
		return vector.NullsOf(m.t, m.rows)
	case only.v.Form == vector.Dictionary:
		codes := make([]int32, m.rows)
		for i := range codes {
			codes[i] = -1
		}
		for _, i := range only.sel {
			codes[i] = only.v.Codes[i]
		}
		return vector.DictionaryOf(only.v.Dict, codes)
	}
	nulls := make([]bool, m.rows)
	for i := range nulls {
		nulls[i] = true
	}
	for _, i := range only.sel {
		nulls[i] = only.v.IsNull(int(i))
	}
	return only.v.WithNulls(nulls)
}

// scatter puts the payloads of all parts into out and returns which rows are NULL.
func scatter[T any](m *merger, out []T, payload func(*vector.Vector) []T) (nulls []bool) {
	for _, p := range m.parts {
		v := p.v
		if v.Form == vector.Dictionary {
			v = v.Flatten()
		}
		vals := payload(v)
		for k, i := range p.sel {
			at := int(i)
			switch {
			case v.Form == vector.Constant:
				at = 0
			case p.packed:
				at = k
			}
			out[i] = vals[at]
			if v.Nulls != nil && v.Nulls[at] {
				if nulls == nil {
					nulls = make([]bool, m.rows)
				}
				nulls[i] = true
			}
		}
	}
	return nulls
}

// nested merges values that have parts of their own.
func (m *merger) nested() *vector.Vector {
	from, at := make([]*vector.Vector, m.rows), make([]int, m.rows)
	for _, p := range m.parts {
		for k, i := range p.sel {
			from[i], at[i] = p.v, int(i)
			if p.packed {
				at[i] = k
			}
		}
	}
	out := vector.NewBuilder(m.t, m.rows)
	for i, v := range from {
		out.AppendFrom(v, at[i])
	}
	return out.Build()
}
