package executor

import (
	"context"
	"fmt"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// evaluator computes an expression for all rows of a batch that has at least one. The result is a vector of as many rows,
// in any form.
type evaluator interface {
	eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error)
}

// expression is a plan expression that is ready to run over batches of one layout.
type expression struct {
	evaluator
	t       *types.Type
	cols    []int // the columns of the batch that it reads, ascending; the others need not be there
	canFail bool  // whether values can make it fail: then it must not run for rows that do not need it
	fixed   bool  // whether it has the same value for all rows of all batches
}

// compile makes an expression over batches with the given columns. Columns that are not among them are outer ones.
func (b *builder) compile(e plan.Expr, in layout) *expression {
	c := &compiler{builder: b, in: in}
	return c.compile(e)
}

// compiler compiles expressions over one layout.
type compiler struct {
	*builder
	in layout
}

// compile compiles an expression; a fixed one is evaluated only once.
func (c *compiler) compile(e plan.Expr) *expression {
	x := c.bare(e)
	if x.fixed {
		if _, isConst := x.evaluator.(*constEval); !isConst {
			x.evaluator = &onceEval{inner: x.evaluator}
		}
	}
	return x
}

// bare compiles an expression without regard to whether it is fixed.
func (c *compiler) bare(e plan.Expr) *expression {
	switch e := e.(type) {
	case *plan.Col:
		return c.column(e)
	case *plan.Const:
		return constant(vector.Const(e.T, e.Value, 1))
	case *plan.Call:
		return c.call(e)
	case *plan.And:
		return c.logic(e.Terms, false)
	case *plan.Or:
		return c.logic(e.Terms, true)
	case *plan.Not:
		x := c.compile(e.X)
		return derive(types.Boolean, &notEval{x}, x)
	case *plan.IsNull:
		x := c.compile(e.X)
		return derive(types.Boolean, &isNullEval{x}, x)
	case *plan.IsDistinct:
		l, r := c.compile(e.L), c.compile(e.R)
		return derive(types.Boolean, &distinctEval{l, r}, l, r)
	case *plan.In:
		return c.inList(e)
	case *plan.InSet:
		return c.inSet(e)
	case *plan.Case:
		return c.caseOf(e)
	case *plan.Coalesce:
		args := c.all(e.Args)
		return derive(e.T, &coalesceEval{args, e.T}, args...)
	case *plan.Try:
		return c.try(e)
	case *plan.Cast:
		return c.cast(e)
	case *plan.Array:
		elems := c.all(e.Elems)
		return derive(e.T, &arrayEval{elems, e.T}, elems...)
	case *plan.Row:
		fields := c.all(e.Fields)
		return derive(e.T, &rowEval{fields, e.T}, fields...)
	case *plan.Field:
		x := c.compile(e.X)
		return derive(e.T, &fieldEval{x, e.Index, e.T}, x)
	case *plan.Subquery:
		return c.subquery(e)
	}
	panic(fmt.Sprintf("bug: no evaluator for %T", e))
}

// all compiles several expressions.
func (c *compiler) all(es []plan.Expr) []*expression {
	out := make([]*expression, len(es))
	for i, e := range es {
		out[i] = c.compile(e)
	}
	return out
}

// column is a column of the batch or, if the batch does not have it, of an outer query.
func (c *compiler) column(e *plan.Col) *expression {
	if i, ok := c.in[e.ID]; ok {
		return &expression{evaluator: columnEval(i), t: e.T, cols: []int{i}}
	}
	if v, ok := c.bound[e.ID]; ok {
		return constant(v)
	}
	panic(fmt.Sprintf("bug: column %s#%d is not in scope", e.Name, e.ID))
}

// derive makes an expression of type t from its parts.
func derive(t *types.Type, ev evaluator, parts ...*expression) *expression {
	x := &expression{evaluator: ev, t: t, fixed: true}
	for _, p := range parts {
		x.cols = append(x.cols, p.cols...)
		x.canFail = x.canFail || p.canFail
		x.fixed = x.fixed && p.fixed
	}
	slices.Sort(x.cols)
	x.cols = slices.Compact(x.cols)
	return x
}

// columnsOf returns the columns that any of several expressions reads, ascending.
func columnsOf(es ...*expression) []int {
	return derive(types.Unknown, nil, es...).cols
}

// columnEval is a column of the batch.
type columnEval int

func (c columnEval) eval(_ context.Context, b *vector.Batch) (*vector.Vector, error) {
	return b.Cols[c], nil
}

// constEval is a constant vector.
type constEval struct {
	value *vector.Vector // of any number of rows
}

// constant makes an expression of a constant vector.
func constant(v *vector.Vector) *expression {
	return &expression{evaluator: &constEval{v}, t: v.Type, fixed: true}
}

func (c *constEval) eval(_ context.Context, b *vector.Batch) (*vector.Vector, error) {
	if c.value.Len() != b.Rows {
		c.value = c.value.Resize(b.Rows)
	}
	return c.value, nil
}

// onceEval evaluates a fixed expression when it is needed for the first time. It does not do so earlier since it may
// fail, and no row may need it.
type onceEval struct {
	inner evaluator
	value constEval
}

func (o *onceEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	if o.value.value == nil {
		v, err := o.inner.eval(ctx, &vector.Batch{Rows: 1})
		if err != nil {
			return nil, err
		}
		o.value.value = v.Repeat(0, b.Rows)
	}
	return o.value.eval(ctx, b)
}

// narrowed returns the rows sel of the columns cols of b. The other columns are absent.
func narrowed(b *vector.Batch, sel []int32, cols []int) *vector.Batch {
	out := &vector.Batch{Cols: make([]*vector.Vector, len(b.Cols)), Rows: len(sel)}
	for _, c := range cols {
		out.Cols[c] = b.Cols[c].Gather(sel)
	}
	return out
}

// evalSome evaluates x for the rows sel of b, nil for all. If packed, row k of the result is for sel[k], else the result
// has a value for every row of b: it is cheaper to compute too many values than to move rows, if they cannot fail.
func (x *expression) evalSome(ctx context.Context, b *vector.Batch, sel []int32) (v *vector.Vector, packed bool, err error) {
	if len(sel) == b.Rows || sel == nil {
		v, err = x.eval(ctx, b)
		return v, false, err
	}
	if !x.canFail && (len(x.cols) == 0 || len(sel) > b.Rows/gatherBelow) {
		v, err = x.eval(ctx, b)
		return v, false, err
	}
	v, err = x.eval(ctx, narrowed(b, sel, x.cols))
	return v, true, err
}

// gatherBelow is the part of the rows, as a divisor, below which moving the needed rows out beats computing all.
const gatherBelow = 4

// rowsUpTo returns 0, 1, ... n-1.
func rowsUpTo(n int) []int32 {
	sel := make([]int32, n)
	for i := range sel {
		sel[i] = int32(i)
	}
	return sel
}

// trueRows returns the rows in which a boolean vector is true, ascending. all means every row is; sel is nil then.
func trueRows(v *vector.Vector) (sel []int32, all bool) {
	n := v.Len()
	if v.Form == vector.Constant {
		return nil, !v.IsNull(0) && v.Bools[0]
	}
	v = v.Flatten()
	if v.Type.Kind == types.KindUnknown {
		return nil, false
	}
	sel = make([]int32, n)
	k := 0
	if v.Nulls == nil {
		for i, x := range v.Bools {
			sel[k] = int32(i)
			if x {
				k++
			}
		}
	} else {
		for i, x := range v.Bools {
			sel[k] = int32(i)
			if x && !v.Nulls[i] {
				k++
			}
		}
	}
	if k == n {
		return nil, true
	}
	return sel[:k], false
}
