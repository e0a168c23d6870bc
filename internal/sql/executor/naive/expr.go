package naive

import (
	"errors"
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// eval returns the value of an expression for one row. Now and then it looks whether the run is to end.
func (r *run) eval(e plan.Expr, s *scope) (types.Value, error) {
	if r.steps++; r.steps%1024 == 0 {
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
	}
	switch e := e.(type) {
	case *plan.Col:
		return s.value(e), nil
	case *plan.Const:
		return e.Value, nil
	case *plan.Call:
		return r.call(e, s)
	case *plan.Lambda:
		return r.lambda(e, s), nil
	case *plan.And:
		return r.logic(e.Terms, false, s)
	case *plan.Or:
		return r.logic(e.Terms, true, s)
	case *plan.Not:
		v, err := r.eval(e.X, s)
		if v == nil || err != nil {
			return nil, err
		}
		return !v.(bool), nil
	case *plan.IsNull:
		v, err := r.eval(e.X, s)
		return v == nil, err
	case *plan.IsDistinct:
		both, err := r.evalAll([]plan.Expr{e.L, e.R}, s)
		if err != nil {
			return nil, err
		}
		return !same(both[0], both[1]), nil
	case *plan.Case:
		return r.caseOf(e, s)
	case *plan.Coalesce:
		for _, arg := range e.Args {
			if v, err := r.eval(arg, s); v != nil || err != nil {
				return v, err
			}
		}
		return nil, nil
	case *plan.Subquery:
		return r.subquery(e, s)
	}
	return r.evalParts(e, s)
}

// evalParts is eval for IN, TRY, casts, arrays and rows.
func (r *run) evalParts(e plan.Expr, s *scope) (types.Value, error) {
	switch e := e.(type) {
	case *plan.In:
		return r.in(e.X, e.List, s)
	case *plan.InSet:
		list := make([]plan.Expr, 0, len(e.Set)+1)
		for _, v := range e.Set {
			list = append(list, &plan.Const{Value: v, T: e.X.Type()})
		}
		if e.HasNull {
			list = append(list, &plan.Const{T: e.X.Type()})
		}
		return r.in(e.X, list, s)
	case *plan.Try:
		return r.try(e, s)
	case *plan.Cast:
		v, err := r.eval(e.X, s)
		if v == nil || err != nil {
			return nil, err
		}
		out, err := cast(v, e.X.Type(), e.T)
		if err != nil && e.Try {
			return nil, nil
		}
		return out, err
	case *plan.Array:
		return r.list(e.Elems, s)
	case *plan.Row:
		return r.list(e.Fields, s)
	case *plan.Field:
		v, err := r.eval(e.X, s)
		if v == nil || err != nil {
			return nil, err
		}
		return v.([]types.Value)[e.Index], nil
	}
	panic(fmt.Sprintf("bug: no evaluation for %T", e))
}

// evalAll evaluates expressions from left to right.
func (r *run) evalAll(exprs []plan.Expr, s *scope) ([]types.Value, error) {
	out := make([]types.Value, len(exprs))
	for i, e := range exprs {
		var err error
		if out[i], err = r.eval(e, s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *run) list(exprs []plan.Expr, s *scope) (types.Value, error) {
	out, err := r.evalAll(exprs, s)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// logic is AND (stop is false) or OR (stop is true): stop wins over NULL, NULL over the opposite.
func (r *run) logic(terms []plan.Expr, stop bool, s *scope) (types.Value, error) {
	var out types.Value = !stop
	for _, t := range terms {
		v, err := r.eval(t, s)
		switch {
		case err != nil:
			return nil, err
		case v == stop:
			return stop, nil
		case v == nil:
			out = nil
		}
	}
	return out, nil
}

func (r *run) caseOf(e *plan.Case, s *scope) (types.Value, error) {
	for _, w := range e.Whens {
		v, err := r.eval(w.Cond, s)
		if err != nil {
			return nil, err
		}
		if v == true {
			return r.eval(w.Result, s)
		}
	}
	return r.eval(e.Else, s)
}

// in is IN: true if x equals an item, else NULL if one of the comparisons is. Items behind an equal one are not evaluated.
func (r *run) in(x plan.Expr, list []plan.Expr, s *scope) (types.Value, error) {
	v, err := r.eval(x, s)
	if err != nil {
		return nil, err
	}
	var out types.Value = false
	for _, item := range list {
		w, err := r.eval(item, s)
		if err != nil {
			return nil, err
		}
		switch equal, known := equals(v, w); {
		case !known:
			out = nil
		case equal:
			return true, nil
		}
	}
	return out, nil
}

// try is TRY. An error inside of the plan of a subquery is not caught; source: Trino, where a subquery becomes a join
// below the expression. Nor is one that says that a result is too large.
func (r *run) try(e *plan.Try, s *scope) (types.Value, error) {
	v, err := r.eval(e.X, s)
	var inner *subqueryError
	if err != nil && dberr.Is(err, dberr.Invalid) && !errors.As(err, &inner) {
		return nil, nil
	}
	return v, err
}

// lambda makes a function of a lambda; its body sees the columns of the row.
func (r *run) lambda(e *plan.Lambda, s *scope) lambda {
	return func(args ...types.Value) (types.Value, error) { return r.eval(e.Body, s.over(e.Params, args)) }
}
