package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// callEval is a call of a scalar function.
type callEval struct {
	fn      *function.Scalar
	args    []*expression // nil where there is a lambda
	lambdas []*lambdaEval // nil if there is none, else nil where there is an argument
	result  *types.Type
	run     *run
	dict    dictionaryCall
}

// call compiles a call of a scalar function.
func (c *compiler) call(e *plan.Call) *expression {
	ev := &callEval{fn: e.Fn, args: make([]*expression, len(e.Args)), result: e.T, run: c.run}
	var parts []*expression
	for i, a := range e.Args {
		if l, ok := a.(*plan.Lambda); ok {
			if ev.lambdas == nil {
				ev.lambdas = make([]*lambdaEval, len(e.Args))
			}
			var part *expression
			ev.lambdas[i], part = c.lambda(l)
			parts = append(parts, part)
			continue
		}
		ev.args[i] = c.compile(a)
		parts = append(parts, ev.args[i])
	}
	x := derive(e.T, ev, parts...)
	x.canFail = x.canFail || e.Fn.CanFail
	x.fixed = x.fixed && !e.Fn.Volatile
	return x
}

func (c *callEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	vecs := make([]*vector.Vector, len(c.args))
	constants, dictionaries, last := 0, 0, 0
	for i, a := range c.args {
		if a == nil {
			continue
		}
		v, err := a.eval(ctx, b)
		if err != nil {
			return nil, err
		}
		vecs[i] = v
		switch v.Form {
		case vector.Constant:
			constants++
		case vector.Dictionary:
			dictionaries++
			last = i
		}
	}
	if !c.fn.Volatile && c.lambdas == nil && len(vecs) > 0 {
		switch {
		case constants == len(vecs):
			v, err := c.apply(ctx, b, resized(vecs, 1), 1)
			if err != nil {
				return nil, err
			}
			return v.Repeat(0, b.Rows), nil
		case dictionaries == 1 && constants == len(vecs)-1:
			if v, err := c.overDictionary(ctx, vecs, last); v != nil || err != nil {
				return v, err
			}
		}
	}
	if dictionaries == 0 {
		return c.apply(ctx, b, vecs, b.Rows)
	}
	return c.overRows(ctx, b, vecs)
}

// overRows evaluates a call of which some arguments are dictionaries for the rows one by one; a piece at a time if they
// are of long arrays.
func (c *callEval) overRows(ctx context.Context, b *vector.Batch, vecs []*vector.Vector) (*vector.Vector, error) {
	var parts []*vector.Vector
	for from := 0; from < b.Rows; {
		rest := cutBatch(&vector.Batch{Cols: vecs, Rows: b.Rows}, from, b.Rows)
		n := leadingRows(rest)
		args := cutBatch(rest, 0, n)
		for i, v := range args.Cols {
			if v != nil && v.Form == vector.Dictionary {
				args.Cols[i] = v.Flatten()
			}
		}
		v, err := c.apply(ctx, cutBatch(b, from, from+n), args.Cols, n)
		if err != nil {
			return nil, err
		}
		parts = append(parts, v)
		from += n
	}
	return vector.Concat(c.result, parts), nil
}

// cutBatch returns the rows from:to of a batch of which some columns may be absent.
func cutBatch(b *vector.Batch, from, to int) *vector.Batch {
	if from == 0 && to == b.Rows {
		return &vector.Batch{Cols: append([]*vector.Vector(nil), b.Cols...), Rows: b.Rows}
	}
	out := &vector.Batch{Cols: make([]*vector.Vector, len(b.Cols)), Rows: to - from}
	for i, v := range b.Cols {
		if v != nil {
			out.Cols[i] = v.Slice(from, to)
		}
	}
	return out
}

// resized returns constant vectors with n rows; vectors that are not constant stay.
func resized(vecs []*vector.Vector, n int) []*vector.Vector {
	out := make([]*vector.Vector, len(vecs))
	for i, v := range vecs {
		if out[i] = v; v.Form == vector.Constant && v.Len() != n {
			out[i] = v.Resize(n)
		}
	}
	return out
}

// apply calls the function for n rows. The vectors are flat or constant. b is what lambdas see.
func (c *callEval) apply(ctx context.Context, b *vector.Batch, vecs []*vector.Vector, n int) (*vector.Vector, error) {
	a := &function.Args{Vecs: vecs, Rows: n, Result: c.result, Env: c.run.env}
	if !c.fn.CallOnNull {
		var all bool
		if a.Skip, all = nullRows(vecs); all {
			return vector.NullsOf(c.result, n), nil
		}
	}
	if c.lambdas != nil {
		a.Lambdas = make([]function.Lambda, len(c.lambdas))
		for i, l := range c.lambdas {
			if l != nil {
				a.Lambdas[i] = l.over(ctx, b)
			}
		}
	}
	out, err := c.fn.Eval(a)
	if err != nil {
		return nil, err
	}
	if isNested(c.result) {
		c.run.arrayBytes += out.Bytes()
	}
	return withNulls(out, a.Skip), nil
}

// nullRows returns in which rows some of the vectors, flat or constant, are NULL; nil for none. all means all rows.
func nullRows(vecs []*vector.Vector) (nulls []bool, all bool) {
	owned := false
	for _, v := range vecs {
		switch {
		case v == nil:
		case v.Form == vector.Constant || v.Type.Kind == types.KindUnknown:
			if v.IsNull(0) {
				return nil, true
			}
		case v.Nulls == nil:
		case nulls == nil:
			nulls = v.Nulls
		default:
			if !owned {
				nulls, owned = append([]bool(nil), nulls...), true
			}
			for i, null := range v.Nulls {
				nulls[i] = nulls[i] || null
			}
		}
	}
	return nulls, false
}

// withNulls returns v, NULL in the marked rows, too.
func withNulls(v *vector.Vector, nulls []bool) *vector.Vector {
	if nulls == nil || v.Type.Kind == types.KindUnknown || v.Form == vector.Constant && v.IsNull(0) {
		return v
	}
	v = v.Flatten()
	if v.Nulls == nil {
		return v.WithNulls(nulls)
	}
	merged := make([]bool, len(nulls))
	for i, null := range nulls {
		merged[i] = null || v.Nulls[i]
	}
	return v.WithNulls(merged)
}

// dictionaryCall remembers the results for the values of the dictionary that a call met last. It is worth computing them
// once as many rows came as the dictionary has values.
type dictionaryCall struct {
	dict   *vector.Vector
	rows   int            // that came with dict
	failed bool           // some value, perhaps one that no row has, makes the function fail
	result *vector.Vector // for each value and, if the function takes NULL, for NULL; nil if not computed
	codes  []int32        // if not nil, replaces codes by -1 where the result is NULL
}

// overDictionary evaluates a call whose argument at is a dictionary and whose other arguments are constant. It returns
// nil if that is not worth it or not possible.
func (c *callEval) overDictionary(ctx context.Context, vecs []*vector.Vector, at int) (*vector.Vector, error) {
	arg, d := vecs[at], &c.dict
	if d.dict != arg.Dict || !c.fixedBeside(at) {
		*d = dictionaryCall{dict: arg.Dict}
	}
	d.rows += arg.Len()
	if d.failed || d.result == nil && d.rows < arg.Dict.Len() {
		return nil, nil
	}
	if d.result == nil {
		if err := c.fillDictionary(ctx, vecs, at); err != nil {
			d.failed = true // if it is not because of a value that no row has, the rows will fail, too
			return nil, nil
		}
	}
	codes := arg.Codes
	if c.fn.CallOnNull {
		codes = replaced(codes, nil, int32(d.dict.Len()))
	}
	if c.result.Kind == types.KindVarchar {
		if d.codes != nil {
			codes = replaced(codes, d.codes, -1)
		}
		return vector.DictionaryOf(d.result, codes), nil
	}
	return spread(d.result, codes), nil
}

// fixedBeside reports whether all arguments but one have the same value in all batches.
func (c *callEval) fixedBeside(at int) bool {
	for i, a := range c.args {
		if i != at && !a.fixed {
			return false
		}
	}
	return true
}

// fillDictionary computes the results for all values of the dictionary of argument at.
func (c *callEval) fillDictionary(ctx context.Context, vecs []*vector.Vector, at int) error {
	d := &c.dict
	n := d.dict.Len()
	values := d.dict
	if c.fn.CallOnNull {
		values = values.Gather(append(rowsUpTo(n), -1))
		n++
	}
	args := resized(vecs, n)
	args[at] = values
	out, err := c.apply(ctx, nil, args, n)
	if err != nil {
		return err
	}
	d.result = out.Flatten()
	if c.result.Kind == types.KindVarchar && d.result.HasNulls() {
		d.codes = rowsUpTo(n)
		for i := range d.codes {
			if d.result.IsNull(i) {
				d.codes[i] = -1
			}
		}
		d.result = d.result.WithNulls(nil)
	}
	return nil
}

// replaced returns codes[i] as to[codes[i]] (or unchanged if to is nil), negative ones as null.
func replaced(codes, to []int32, null int32) []int32 {
	out := make([]int32, len(codes))
	for i, c := range codes {
		switch {
		case c < 0:
			out[i] = null
		case to == nil:
			out[i] = c
		default:
			out[i] = to[c]
		}
	}
	return out
}
