package analyzer

import (
	"errors"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// place is where expressions stand: the names they see and what they may contain.
type place struct {
	a      *analyzer
	scope  *scope
	clause string // "WHERE clause", "GROUP BY clause", ...: in messages about what must not stand there

	calls     *calls // collects aggregates and window functions; nil where there may be none
	noWindows bool   // calls collects aggregates only
	inCall    string // name of the aggregate whose arguments these are
	inWindow  string // name of the window function whose arguments these are
	inLambda  bool
}

// boolean analyzes a condition and requires it to be boolean; message is what the error begins with.
func (p *place) boolean(e ast.Expr, message string) (plan.Expr, error) {
	x, err := p.expr(e)
	if err != nil {
		return nil, err
	}
	if x.Type().Kind != types.KindBoolean && x.Type().Kind != types.KindUnknown {
		return nil, dberr.At(e.Position(), "%s must evaluate to a boolean (actual: %s)", message, x.Type())
	}
	return coerce(x, types.Boolean), nil
}

// expr analyzes an expression.
func (p *place) expr(e ast.Expr) (plan.Expr, error) {
	if err := p.a.enter(e.Position()); err != nil {
		return nil, err
	}
	defer p.a.leave()
	switch e := e.(type) {
	case *ast.Null:
		return constant(types.Unknown, nil), nil
	case *ast.Bool:
		return constant(types.Boolean, e.Value), nil
	case *ast.Int:
		return intLiteral(e.Value), nil
	case *ast.Float:
		return constant(types.Double, e.Value), nil
	case *ast.Str:
		return constant(types.Varchar, e.Value), nil
	case *ast.Typed:
		return typedLiteral(e)
	case *ast.Interval:
		return intervalLiteral(e)
	case *ast.Duration:
		return durationLiteral(e)
	case *ast.Param:
		return p.param(e)
	case *ast.Ident:
		return p.ident(e)
	case *ast.Dot:
		return p.dot(e)
	case *ast.Call:
		return p.call(e)
	case *ast.Subscript:
		return p.subscript(e)
	case *ast.Extract:
		return p.extract(e)
	case *ast.Cast:
		return p.cast(e)
	case *ast.Lambda:
		return nil, dberr.At(e.Pos, "Lambda expression should always be used inside a function")
	case *ast.ScalarQuery, *ast.Exists, *ast.InQuery, *ast.Quantified:
		return p.subquery(e)
	}
	return p.operator(e)
}

// operator analyzes expressions that are made of symbols and keywords.
func (p *place) operator(e ast.Expr) (plan.Expr, error) {
	switch e := e.(type) {
	case *ast.Unary:
		return p.unary(e)
	case *ast.Binary:
		return p.apply(e.Pos, e.Op, e.L, e.R)
	case *ast.Logic:
		return p.logic(e)
	case *ast.Not:
		x, err := p.boolean(e.X, "Value of logical NOT expression")
		return &plan.Not{X: x}, err
	case *ast.Between:
		return p.between(e)
	case *ast.InList:
		return p.inList(e)
	case *ast.Like:
		return p.like(e)
	case *ast.IsNull:
		x, err := p.expr(e.X)
		return negated(&plan.IsNull{X: x}, e.Not), err
	case *ast.IsDistinct:
		return p.isDistinct(e)
	case *ast.Case:
		return p.caseExpr(e)
	case *ast.Array:
		return p.array(e)
	case *ast.Row:
		return p.row(e.Fields)
	}
	return nil, dberr.New(dberr.Internal, "bug: unknown expression %T", e)
}

func negated(e plan.Expr, not bool) plan.Expr {
	if not {
		return &plan.Not{X: e}
	}
	return e
}

// exprs analyzes a list.
func (p *place) exprs(list []ast.Expr) ([]plan.Expr, error) {
	out := make([]plan.Expr, len(list))
	for i, e := range list {
		var err error
		if out[i], err = p.expr(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// coerce makes e a value of type t; the types must allow it.
func coerce(e plan.Expr, t *types.Type) plan.Expr {
	if e.Type().Equal(t) {
		return e
	}
	switch x := e.(type) {
	case *plan.Const:
		if x.Value == nil {
			return constant(t, nil)
		}
	case *plan.Param:
		if x.T.Kind == types.KindUnknown {
			return needs(x, t)
		}
	}
	return &plan.Cast{X: e, T: t}
}

// apply resolves a scalar function or operator over analyzed arguments.
func (p *place) apply(pos ast.Pos, name string, args ...ast.Expr) (plan.Expr, error) {
	list, err := p.exprs(args)
	if err != nil {
		return nil, err
	}
	return applyTo(pos, name, list)
}

// applyTo resolves a scalar function or operator without lambdas.
func applyTo(pos ast.Pos, name string, args []plan.Expr) (plan.Expr, error) {
	args = hinted(args)
	ts := make([]*types.Type, len(args))
	for i, x := range args {
		ts[i] = x.Type()
	}
	fn, match, err := function.ResolveScalar(name, ts, nil)
	if err != nil {
		return nil, operatorError(pos, name, ts, err)
	}
	return newCall(pos, fn, match, args), nil
}

// newCall builds a call with its arguments coerced. A call that cannot but be NULL becomes one.
func newCall(pos ast.Pos, fn *function.Scalar, match function.Match, args []plan.Expr) plan.Expr {
	out := &plan.Call{Fn: fn, T: match.Result, Pos: pos, Args: make([]plan.Expr, len(args))}
	for i, x := range args {
		if _, isLambda := x.(*plan.Lambda); isLambda {
			out.Args[i] = x
			continue
		}
		out.Args[i] = coerce(x, match.Params[i])
		if match.Params[i].Kind == types.KindUnknown && !fn.CallOnNull {
			return constant(match.Result, nil)
		}
	}
	return out
}

// operatorError words a failed resolution of an operator as the service does; for functions err is kept.
func operatorError(pos ast.Pos, name string, args []*types.Type, err error) error {
	if name[0] >= 'a' && name[0] <= 'z' && name != "negate" && name != "subscript" && name != "like" {
		return withPos(err, pos)
	}
	switch {
	case name == "subscript":
		return dberr.At(pos, "Cannot use subscript of type %s on %s", args[1], args[0])
	case name == "negate":
		return dberr.At(pos, "Cannot negate value of type %s", args[0])
	case name == "like":
		for i, t := range args {
			if t.Kind != types.KindVarchar {
				what := [...]string{"Left side of LIKE expression", "Pattern for LIKE expression", "Escape for LIKE expression"}[i]
				return dberr.At(pos, "%s must evaluate to a varchar (actual: %s)", what, t)
			}
		}
	case len(args) == 2:
		return dberr.At(pos, "'%s' cannot be applied to %s, %s", name, args[0], args[1])
	}
	return withPos(err, pos)
}

// withPos adds a place to an error that has none.
func withPos(err error, pos ast.Pos) error {
	var e *dberr.Error
	if errors.As(err, &e) && !e.Pos.IsValid() {
		placed := *e
		placed.Pos = pos
		return &placed
	}
	return err
}
