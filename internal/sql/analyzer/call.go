package analyzer

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// call analyzes a function call: a special form, a window function, an aggregate or a scalar function.
func (p *place) call(e *ast.Call) (plan.Expr, error) {
	isAggregate, isWindow := function.IsAggregate(e.Name), function.IsWindow(e.Name)
	switch {
	case e.Over != nil:
		return p.windowCall(e)
	case e.Name == "grouping":
		return p.groupingCall(e)
	case isWindow && !isAggregate && !function.IsScalar(e.Name):
		return nil, dberr.At(e.Pos, "Window function %s requires an OVER clause", e.Name)
	case isAggregate && !(function.IsScalar(e.Name) && p.scalarFits(e)):
		return p.aggregateCall(e)
	}
	if e.Distinct || e.Star || e.Filter != nil || e.Nulls != ast.NullsDefault || len(e.OrderBy) > 0 {
		if !function.IsScalar(e.Name) && specialForms[e.Name] == nil {
			return nil, dberr.At(e.Pos, "Function %s not registered", e.Name)
		}
		return nil, dberr.At(e.Pos, "Function %s is not an aggregate: DISTINCT, *, FILTER, ORDER BY and the treatment of nulls need one", e.Name)
	}
	if special, ok := specialForms[e.Name]; ok {
		return special(p, e)
	}
	return p.scalarCall(e)
}

// scalarFits decides names that are both scalar and aggregate by the presence of a lambda.
func (p *place) scalarFits(e *ast.Call) bool {
	for _, arg := range e.Args {
		if _, ok := arg.(*ast.Lambda); ok {
			return true
		}
	}
	return false
}

// scalarCall resolves an ordinary function, whose arguments may be lambdas.
func (p *place) scalarCall(e *ast.Call) (plan.Expr, error) {
	args := make([]plan.Expr, len(e.Args))
	ts := make([]*types.Type, len(e.Args))
	for i, arg := range e.Args {
		if _, ok := arg.(*ast.Lambda); ok {
			continue
		}
		x, err := p.expr(arg)
		if err != nil {
			return nil, err
		}
		args[i], ts[i] = x, x.Type()
	}
	bind := func(i int, params []*types.Type) (*types.Type, error) {
		l, err := p.lambda(e.Args[i].(*ast.Lambda), params)
		if err != nil {
			return nil, err
		}
		args[i] = l
		return l.Body.Type(), nil
	}
	fn, match, err := function.ResolveScalar(e.Name, ts, bind)
	if err != nil {
		return nil, withPos(err, e.Pos)
	}
	for i, x := range args {
		if l, ok := x.(*plan.Lambda); ok {
			args[i] = &plan.Lambda{Params: l.Params, Body: coerce(l.Body, match.Params[i].Elem), T: match.Params[i]}
		}
	}
	return newCall(e.Pos, fn, match, args), nil
}

// lambdasMax bounds how often lambdas are analyzed in a statement: one whose result widens its own parameters is analyzed
// again, with all those inside of it.
const lambdasMax = 10_000

// lambda analyzes the body of a lambda whose parameters have the given types.
func (p *place) lambda(e *ast.Lambda, params []*types.Type) (*plan.Lambda, error) {
	if p.a.lambdas++; p.a.lambdas > lambdasMax {
		return nil, dberr.At(e.Pos, "The query has too many lambda expressions")
	}
	if len(e.Params) != len(params) {
		return nil, dberr.At(e.Pos, "Expected a lambda that takes %d argument(s) but got %d", len(params), len(e.Params))
	}
	out := &plan.Lambda{}
	inner := p.scope.child(nil)
	inner.lambda = true
	for i, name := range e.Params {
		col := p.a.newColumn(name.Name, ofType{params[i]})
		out.Params = append(out.Params, col)
		inner.fields = append(inner.fields, field{name: name.Name, col: col})
	}
	body := &place{a: p.a, scope: inner, clause: "Lambda expression", inLambda: true}
	var err error
	out.Body, err = body.expr(e.Body)
	if err != nil {
		return nil, err
	}
	out.T = types.FunctionOf(out.Body.Type(), params...)
	return out, nil
}

// specialForms are calls that do not evaluate all their arguments, or not at all.
var specialForms map[string]func(p *place, e *ast.Call) (plan.Expr, error)

func init() {
	specialForms = map[string]func(p *place, e *ast.Call) (plan.Expr, error){
		"if": ifForm, "coalesce": coalesceForm, "nullif": nullIfForm, "try": tryForm, "typeof": typeofForm,
	}
}

// arity checks the number of a special form's arguments.
func arity(e *ast.Call, low, high int) error {
	if n := len(e.Args); n < low || n > high {
		return dberr.At(e.Pos, "Invalid number of arguments for '%s' function", strings.ToUpper(e.Name))
	}
	return nil
}

// ifForm is IF(c, t) and IF(c, t, f).
func ifForm(p *place, e *ast.Call) (plan.Expr, error) {
	if err := arity(e, 2, 3); err != nil {
		return nil, err
	}
	cond, err := p.boolean(e.Args[0], "IF condition")
	if err != nil {
		return nil, err
	}
	branches, err := p.exprs(e.Args[1:])
	if err != nil {
		return nil, err
	}
	if len(branches) == 1 {
		branches = append(branches, constant(types.Unknown, nil))
	}
	same, common, bad := unify(branches)
	if bad >= 0 {
		return nil, dberr.At(e.Pos, "Result types for IF must be the same: %s vs %s", branches[0].Type(), branches[1].Type())
	}
	return &plan.Case{Whens: []plan.When{{Cond: cond, Result: same[0]}}, Else: same[1], T: common}, nil
}

// coalesceForm is COALESCE(a, b, ...).
func coalesceForm(p *place, e *ast.Call) (plan.Expr, error) {
	if err := arity(e, 1, len(e.Args)); err != nil {
		return nil, err
	}
	list, err := p.exprs(e.Args)
	if err != nil {
		return nil, err
	}
	same, common, bad := unify(list)
	if bad >= 0 {
		return nil, dberr.At(e.Args[bad].Position(), "All COALESCE operands must be the same type: %s", common)
	}
	return &plan.Coalesce{Args: same, T: common}, nil
}

// nullIfForm is NULLIF(a, b): NULL if they are equal, else a.
func nullIfForm(p *place, e *ast.Call) (plan.Expr, error) {
	if err := arity(e, 2, 2); err != nil {
		return nil, err
	}
	list, err := p.exprs(e.Args)
	if err != nil {
		return nil, err
	}
	if types.CommonSuper(list[0].Type(), list[1].Type()) == nil {
		return nil, dberr.At(e.Pos, "Types are not comparable with NULLIF: %s vs %s", list[0].Type(), list[1].Type())
	}
	equal, err := applyTo(e.Pos, "=", list)
	if err != nil {
		return nil, err
	}
	t := list[0].Type()
	return &plan.Case{Whens: []plan.When{{Cond: equal, Result: constant(t, nil)}}, Else: list[0], T: t}, nil
}

// tryForm is TRY(e): NULL where e fails.
func tryForm(p *place, e *ast.Call) (plan.Expr, error) {
	if err := arity(e, 1, 1); err != nil {
		return nil, err
	}
	x, err := p.expr(e.Args[0])
	return &plan.Try{X: x}, err
}

// typeofForm is the name of an expression's static type.
func typeofForm(p *place, e *ast.Call) (plan.Expr, error) {
	if err := arity(e, 1, 1); err != nil {
		return nil, err
	}
	x, err := p.expr(e.Args[0])
	if err != nil {
		return nil, err
	}
	return constant(types.Varchar, x.Type().String()), nil
}
