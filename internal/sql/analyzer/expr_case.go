package analyzer

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// caseExpr makes a searched CASE of both forms.
func (p *place) caseExpr(e *ast.Case) (plan.Expr, error) {
	var operand plan.Expr
	var err error
	if e.Operand != nil {
		if operand, err = p.expr(e.Operand); err != nil {
			return nil, err
		}
	}
	out := &plan.Case{Whens: make([]plan.When, len(e.Whens))}
	results := make([]plan.Expr, 0, len(e.Whens)+1)
	for i, w := range e.Whens {
		if out.Whens[i].Cond, err = p.caseCondition(operand, w.Cond); err != nil {
			return nil, err
		}
		r, err := p.expr(w.Result)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	last := plan.Expr(constant(types.Unknown, nil))
	if e.Else != nil {
		if last, err = p.expr(e.Else); err != nil {
			return nil, err
		}
	}
	same, common, bad := unify(append(results, last))
	if bad >= 0 {
		at := e.Else
		if bad < len(e.Whens) {
			at = e.Whens[bad].Result
		}
		return nil, dberr.At(at.Position(), "All CASE results must be the same type: %s", common)
	}
	for i := range out.Whens {
		out.Whens[i].Result = same[i]
	}
	out.Else, out.T = same[len(same)-1], common
	return out, nil
}

func (p *place) caseCondition(operand plan.Expr, cond ast.Expr) (plan.Expr, error) {
	if operand == nil {
		return p.boolean(cond, "CASE WHEN clause")
	}
	x, err := p.expr(cond)
	if err != nil {
		return nil, err
	}
	if types.CommonSuper(operand.Type(), x.Type()) == nil {
		return nil, dberr.At(cond.Position(), "CASE operand type does not match WHEN clause operand type: %s vs %s", operand.Type(), x.Type())
	}
	return applyTo(cond.Position(), "=", []plan.Expr{operand, x})
}

func (p *place) array(e *ast.Array) (plan.Expr, error) {
	list, err := p.exprs(e.Elems)
	if err != nil {
		return nil, err
	}
	elems, common, bad := unify(list)
	if bad >= 0 {
		return nil, dberr.At(e.Elems[bad].Position(), "All ARRAY elements must be the same type: %s", common)
	}
	return &plan.Array{Elems: elems, T: types.ArrayOf(common)}, nil
}

func (p *place) row(fields []ast.Expr) (plan.Expr, error) {
	list, err := p.exprs(fields)
	if err != nil {
		return nil, err
	}
	t := &types.Type{Kind: types.KindRow}
	for _, x := range list {
		t.Fields = append(t.Fields, types.Field{Type: x.Type()})
	}
	return &plan.Row{Fields: list, T: t}, nil
}

func (p *place) cast(e *ast.Cast) (plan.Expr, error) {
	x, err := p.expr(e.X)
	if err != nil {
		return nil, err
	}
	t, err := typeOf(e.Type)
	if err != nil {
		return nil, err
	}
	if x.Type().Kind != types.KindUnknown && !function.CanCast(x.Type(), t) {
		return nil, dberr.At(e.Pos, "Cannot cast %s to %s", x.Type(), t)
	}
	if param, ok := x.(*plan.Param); ok {
		param.Of.Casts = append(param.Of.Casts, t)
	}
	out := plan.Expr(&plan.Cast{X: x, T: t, Try: e.Try, Pos: e.Pos})
	if e.Type.Name == "varchar" && e.Type.Length >= 0 {
		return applyTo(e.Pos, "substr", []plan.Expr{out, intLiteral(1), intLiteral(int64(e.Type.Length))})
	}
	return out, nil
}

var extractFields = map[string]bool{
	"year": true, "quarter": true, "month": true, "week": true, "day": true, "day_of_month": true, "day_of_week": true, "dow": true,
	"day_of_year": true, "doy": true, "year_of_week": true, "yow": true, "hour": true, "minute": true, "second": true,
	"millisecond": true, "nanosecond": true,
}

// extract is EXTRACT(field FROM x): the function named field.
func (p *place) extract(e *ast.Extract) (plan.Expr, error) {
	if !extractFields[e.Field] {
		return nil, dberr.At(e.Pos, "Invalid EXTRACT field: %s", e.Field)
	}
	list, err := p.exprs([]ast.Expr{e.X})
	if err != nil {
		return nil, err
	}
	out, err := applyTo(e.Pos, e.Field, list)
	if err != nil {
		return nil, dberr.At(e.Pos, "Cannot extract %s from %s", strings.ToUpper(e.Field), list[0].Type())
	}
	return out, nil
}
