package optimizer

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// fold evaluates what does not depend on rows. A constant expression that fails is left alone: it fails when it is run,
// if it is run at all.
func fold(o *run, root plan.Node) plan.Node {
	f := folder{env: &function.Env{Now: o.now}}
	return everywhere(root, func(n plan.Node) plan.Node {
		return mapExprs(n, func(e plan.Expr) plan.Expr { return plan.Rewrite(e, f.fold) })
	})
}

type folder struct{ env *function.Env }

// fold folds one expression whose parts are folded.
func (f folder) fold(e plan.Expr) plan.Expr {
	switch e := e.(type) {
	case *plan.Call:
		return f.call(e)
	case *plan.Cast:
		return foldCast(e)
	case *plan.Not:
		if v, ok := constOf(e.X); ok {
			if v == nil {
				return null(types.Boolean)
			}
			return boolean(!v.(bool))
		}
	case *plan.IsNull:
		if v, ok := constOf(e.X); ok {
			return boolean(v == nil)
		}
	case *plan.And:
		return foldLogic(e.Terms, false)
	case *plan.Or:
		return inFromOr(foldLogic(e.Terms, true))
	case *plan.Case:
		return foldCase(e)
	case *plan.Coalesce:
		return foldCoalesce(e)
	case *plan.In:
		return foldIn(e)
	case *plan.InSet:
		return foldInSet(e)
	case *plan.Array:
		if values, ok := constsOf(e.Elems); ok {
			return &plan.Const{Value: values, T: e.T}
		}
	case *plan.Row:
		if values, ok := constsOf(e.Fields); ok {
			return &plan.Const{Value: values, T: e.T}
		}
	case *plan.Field:
		if r, ok := e.X.(*plan.Row); ok {
			return r.Fields[e.Index]
		}
	case *plan.Try:
		if _, ok := constOf(e.X); ok {
			return e.X
		}
	}
	return e
}

func constOf(e plan.Expr) (types.Value, bool) {
	c, ok := e.(*plan.Const)
	if !ok {
		return nil, false
	}
	return c.Value, true
}

func constsOf(list []plan.Expr) ([]types.Value, bool) {
	out := make([]types.Value, len(list))
	for i, e := range list {
		v, ok := constOf(e)
		if !ok {
			return nil, false
		}
		out[i] = v
	}
	return out, true
}

func boolean(v bool) plan.Expr     { return &plan.Const{Value: v, T: types.Boolean} }
func null(t *types.Type) plan.Expr { return &plan.Const{T: t} }
func isConst(e plan.Expr, v types.Value) bool {
	have, ok := constOf(e)
	return ok && have == v
}

// call evaluates a deterministic function of constants.
func (f folder) call(e *plan.Call) plan.Expr {
	if e.Fn.Volatile {
		return e
	}
	args := &function.Args{Rows: 1, Result: e.T, Env: f.env}
	for _, x := range e.Args {
		v, ok := constOf(x)
		if !ok {
			return e
		}
		if v == nil && !e.Fn.CallOnNull {
			return null(e.T)
		}
		args.Vecs = append(args.Vecs, vector.Const(x.Type(), v, 1))
	}
	out, err := e.Fn.Eval(args)
	if err != nil {
		return e
	}
	return &plan.Const{Value: out.Value(0), T: e.T}
}

func foldCast(e *plan.Cast) plan.Expr {
	v, ok := constOf(e.X)
	if !ok {
		return e
	}
	if v == nil {
		return null(e.T)
	}
	out, err := function.Cast(vector.Const(e.X.Type(), v, 1), e.T, e.Try)
	if err != nil {
		return e
	}
	return &plan.Const{Value: out.Value(0), T: e.T}
}

// foldLogic folds AND (decisive false) and OR (decisive true).
func foldLogic(terms []plan.Expr, decisive bool) plan.Expr {
	var out []plan.Expr
	for _, t := range terms {
		switch {
		case isConst(t, decisive):
			return boolean(decisive)
		case isConst(t, !decisive):
			continue
		}
		if inner, ok := t.(*plan.And); ok && !decisive {
			out = append(out, inner.Terms...)
		} else if inner, ok := t.(*plan.Or); ok && decisive {
			out = append(out, inner.Terms...)
		} else {
			out = append(out, t)
		}
	}
	switch {
	case len(out) == 0:
		return boolean(!decisive)
	case len(out) == 1:
		return out[0]
	case decisive:
		return &plan.Or{Terms: out}
	}
	return &plan.And{Terms: out}
}

// inFromOr makes "x = 1 OR x = 2 OR x IN (3, 4)" one IN. Other terms stay.
func inFromOr(e plan.Expr) plan.Expr {
	or, ok := e.(*plan.Or)
	if !ok {
		return e
	}
	var out []plan.Expr
	sets := map[string]int{} // what is compared -> index in out
	for _, t := range or.Terms {
		x, values, hasNull := membership(t)
		if x == nil || isVolatile(x) {
			out = append(out, t)
			continue
		}
		key := plan.Key(x)
		at, seen := sets[key]
		if !seen {
			sets[key] = len(out)
			out = append(out, &plan.InSet{X: x, Set: values, HasNull: hasNull})
			continue
		}
		have := out[at].(*plan.InSet)
		out[at] = newInSet(x, append(append([]types.Value(nil), have.Set...), values...), have.HasNull || hasNull)
	}
	for i, t := range out {
		if in, ok := t.(*plan.InSet); ok && len(in.Set) == 1 && !in.HasNull {
			out[i] = or.Terms[firstWith(or.Terms, in)]
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	return &plan.Or{Terms: out}
}

// firstWith returns the term that a one-element set came from, so that a lone equality stays one.
func firstWith(terms []plan.Expr, in *plan.InSet) int {
	for i, t := range terms {
		if x, _, _ := membership(t); x != nil && plan.Key(x) == plan.Key(in.X) {
			return i
		}
	}
	return 0
}

// membership reads "x = constant", "constant = x" and InSet as x being among values; nil if e is something else.
func membership(e plan.Expr) (x plan.Expr, values []types.Value, hasNull bool) {
	switch e := e.(type) {
	case *plan.InSet:
		return e.X, e.Set, e.HasNull
	case *plan.Call:
		if e.Fn.Name != "=" || !e.Args[0].Type().IsScalar() {
			return nil, nil, false
		}
		for i := range 2 {
			if v, ok := constOf(e.Args[1-i]); ok && v != nil && !isNaN(v) {
				return e.Args[i], []types.Value{v}, false
			}
		}
	}
	return nil, nil, false
}

func isNaN(v types.Value) bool {
	x, ok := v.(float64)
	return ok && math.IsNaN(x)
}

func newInSet(x plan.Expr, values []types.Value, hasNull bool) *plan.InSet {
	out := &plan.InSet{X: x, HasNull: hasNull}
	seen := map[types.Value]bool{}
	for _, v := range values {
		if x.Type().IsScalar() {
			if seen[v] {
				continue
			}
			seen[v] = true
		}
		out.Set = append(out.Set, v)
	}
	return out
}

func foldCase(e *plan.Case) plan.Expr {
	out := &plan.Case{Else: e.Else, T: e.T}
	for _, w := range e.Whens {
		if v, ok := constOf(w.Cond); ok {
			if v == true {
				out.Else = w.Result
				break
			}
			continue
		}
		out.Whens = append(out.Whens, w)
	}
	if len(out.Whens) == 0 {
		return out.Else
	}
	return out
}

func foldCoalesce(e *plan.Coalesce) plan.Expr {
	var out []plan.Expr
	for _, x := range e.Args {
		v, ok := constOf(x)
		if ok && v == nil {
			continue
		}
		out = append(out, x)
		if ok {
			break
		}
	}
	switch len(out) {
	case 0:
		return null(e.T)
	case 1:
		return out[0]
	}
	return &plan.Coalesce{Args: out, T: e.T}
}

func foldIn(e *plan.In) plan.Expr {
	var values []types.Value
	hasNull := false
	for _, x := range e.List {
		v, ok := constOf(x)
		if !ok {
			return e
		}
		if v == nil {
			hasNull = true
		} else {
			values = append(values, v)
		}
	}
	return foldInSet(newInSet(e.X, values, hasNull))
}

func foldInSet(e *plan.InSet) plan.Expr {
	v, ok := constOf(e.X)
	if !ok || !e.X.Type().IsScalar() {
		return e
	}
	if v == nil {
		return null(types.Boolean)
	}
	for _, have := range e.Set {
		if have == v {
			return boolean(true)
		}
	}
	if e.HasNull {
		return null(types.Boolean)
	}
	return boolean(false)
}
