package analyzer

import (
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

func (p *place) unary(e *ast.Unary) (plan.Expr, error) {
	x, err := p.expr(e.X)
	if err != nil {
		return nil, err
	}
	if e.Op == "-" {
		if c, ok := x.(*plan.Const); ok { // so that -2147483648 is an INTEGER, as the service has it
			if v, isInt := c.Value.(int64); isInt && c.T.Kind == types.KindBigint && v == 1<<31 {
				return intLiteral(-v), nil
			}
		}
		return applyTo(e.Pos, "negate", []plan.Expr{x})
	}
	if k := x.Type().Kind; !x.Type().IsNumeric() && k != types.KindIntervalDayToSecond && k != types.KindIntervalYearToMonth && k != types.KindUnknown {
		return nil, dberr.At(e.Pos, "Unary '+' operator cannot be applied to %s type", x.Type())
	}
	return x, nil
}

// logic flattens a chain of ANDs or ORs, which may be long.
func (p *place) logic(e *ast.Logic) (plan.Expr, error) {
	var operands []ast.Expr
	left := ast.Expr(e)
	for {
		l, ok := left.(*ast.Logic)
		if !ok || l.Op != e.Op {
			break
		}
		operands = append(operands, l.R)
		left = l.L
	}
	operands = append(operands, left)
	terms := make([]plan.Expr, len(operands))
	for i := range operands {
		side := "Right"
		if i == 0 {
			side = "Left"
		}
		var err error
		terms[i], err = p.boolean(operands[len(operands)-1-i], side+" side of logical expression")
		if err != nil {
			return nil, err
		}
	}
	if e.Op == "AND" {
		return &plan.And{Terms: terms}, nil
	}
	return &plan.Or{Terms: terms}, nil
}

// between is x >= low AND x <= high.
func (p *place) between(e *ast.Between) (plan.Expr, error) {
	list, err := p.exprs([]ast.Expr{e.X, e.Low})
	if err != nil {
		return nil, err
	}
	if low, ok := list[1].(*plan.Param); ok { // the upper end may tell less of it
		list[1] = coerce(low, list[0].Type())
	}
	high, err := p.expr(e.High)
	if err != nil {
		return nil, err
	}
	list = append(list, high)
	common := list[0].Type()
	for _, x := range list[1:] {
		if common = types.CommonSuper(common, x.Type()); common == nil {
			return nil, dberr.At(e.Pos, "Cannot check if %s is BETWEEN %s and %s", list[0].Type(), list[1].Type(), list[2].Type())
		}
	}
	for i := range list {
		list[i] = coerce(list[i], common)
	}
	terms := make([]plan.Expr, 2)
	if terms[0], err = applyTo(e.Pos, ">=", []plan.Expr{list[0], list[1]}); err != nil {
		return nil, err
	}
	terms[1], err = applyTo(e.Pos, "<=", []plan.Expr{list[0], list[2]})
	return negated(&plan.And{Terms: terms}, e.Not), err
}

func (p *place) inList(e *ast.InList) (plan.Expr, error) {
	x, err := p.expr(e.X)
	if err != nil {
		return nil, err
	}
	list, err := p.exprs(e.List)
	if err != nil {
		return nil, err
	}
	all, _, bad := unify(append([]plan.Expr{x}, list...))
	if bad >= 0 {
		return nil, dberr.At(e.List[bad-1].Position(), "IN value and list items must be the same type: %s", x.Type())
	}
	return negated(&plan.In{X: all[0], List: all[1:]}, e.Not), nil
}

// unify coerces expressions to their common type. bad is the index of the first that does not fit, -1 if all do.
func unify(list []plan.Expr) (out []plan.Expr, common *types.Type, bad int) {
	common = types.Unknown
	for i, x := range list {
		t := types.CommonSuper(common, x.Type())
		if t == nil {
			return nil, common, i
		}
		common = t
	}
	out = make([]plan.Expr, len(list))
	for i, x := range list {
		out[i] = coerce(x, common)
	}
	return out, common, -1
}

func (p *place) like(e *ast.Like) (plan.Expr, error) {
	args := []ast.Expr{e.X, e.Pattern}
	if e.Escape != nil {
		args = append(args, e.Escape)
	}
	x, err := p.apply(e.Pos, "like", args...)
	return negated(x, e.Not), err
}

func (p *place) isDistinct(e *ast.IsDistinct) (plan.Expr, error) {
	list, err := p.exprs([]ast.Expr{e.L, e.R})
	if err != nil {
		return nil, err
	}
	both, common, bad := unify(list)
	if bad >= 0 || !common.IsComparable() {
		return nil, dberr.At(e.Pos, "'IS DISTINCT FROM' cannot be applied to %s, %s", list[0].Type(), list[1].Type())
	}
	return negated(&plan.IsDistinct{L: both[0], R: both[1]}, e.Not), nil
}
