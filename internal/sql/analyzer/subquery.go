package analyzer

import (
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// subquery analyzes a query used as a value.
func (p *place) subquery(e ast.Expr) (plan.Expr, error) {
	if p.inLambda {
		return nil, dberr.At(e.Position(), "Lambda expression cannot contain subqueries")
	}
	switch e := e.(type) {
	case *ast.Exists:
		out, _, err := p.subplan(e.Pos, e.Query, plan.SubqueryExists, -1)
		return out, err
	case *ast.ScalarQuery:
		out, t, err := p.subplan(e.Pos, e.Query, plan.SubqueryScalar, 1)
		if err == nil {
			out.T = t
		}
		return out, err
	case *ast.InQuery:
		out, err := p.compareQuery(e.Pos, e.X, e.Query, plan.SubqueryIn, "=")
		return negated(out, e.Not), err
	case *ast.Quantified:
		kind := plan.SubqueryAny
		if e.All {
			kind = plan.SubqueryAll
		}
		return p.compareQuery(e.Pos, e.X, e.Query, kind, e.Op)
	}
	return nil, dberr.New(dberr.Internal, "bug: unknown subquery %T", e)
}

// subplan analyzes the query; columns is how many columns it must have, -1 for any number. The type is that of the first.
func (p *place) subplan(pos ast.Pos, q *ast.Query, kind plan.SubqueryKind, columns int) (*plan.Subquery, *types.Type, error) {
	inner := p.scope.subquery()
	rel, err := p.a.query(q, inner, false)
	if err != nil {
		return nil, nil, err
	}
	if columns >= 0 && len(rel.fields) != columns {
		return nil, nil, dberr.At(q.Pos, "Multiple columns returned by subquery are not yet supported. Found %d", len(rel.fields))
	}
	rel = p.a.normalize(rel)
	return &plan.Subquery{Kind: kind, Input: rel.node, Outer: inner.frame.outer, Text: q.String(), T: types.Boolean, Pos: pos}, rel.fields[0].col.Type, nil
}

// compareQuery is x IN (query) and x op ANY|ALL (query).
func (p *place) compareQuery(pos ast.Pos, left ast.Expr, q *ast.Query, kind plan.SubqueryKind, op string) (plan.Expr, error) {
	x, err := p.expr(left)
	if err != nil {
		return nil, err
	}
	out, t, err := p.subplan(pos, q, kind, 1)
	if err != nil {
		return nil, err
	}
	common := types.CommonSuper(x.Type(), t)
	if common == nil || !common.IsComparable() {
		return nil, dberr.At(pos, "value and result of subquery must be of the same type: %s vs %s", x.Type(), t)
	}
	out.X = coerce(x, common)
	col := out.Input.Columns()[0]
	out.Input = p.a.coerceTo(relation{out.Input, []field{{col: col}}}, []*types.Type{common}).node
	if kind == plan.SubqueryIn {
		return out, nil
	}
	out.Compare, _, err = function.ResolveScalar(op, []*types.Type{common, common}, nil)
	if err != nil {
		return nil, operatorError(pos, op, []*types.Type{common, common}, err)
	}
	return out, nil
}
