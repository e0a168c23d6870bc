package analyzer

import (
	"slices"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// lateral is left CROSS JOIN LATERAL (query): for each row of left the rows of a query that refers to it. The query becomes a
// value, the array of its rows, which is then unnested; so it needs no operator of its own. optional keeps rows of left for
// which there are none.
func (a *analyzer) lateral(left relation, d *ast.Derived, outer *scope, optional bool) (relation, error) {
	inner := outer.child(left.fields).subquery()
	rel, err := a.query(d.Query, inner, false)
	if err != nil {
		return rel, err
	}
	rel = a.normalize(rel)
	row := &plan.Row{T: &types.Type{Kind: types.KindRow}}
	outs := make([]plan.Column, len(rel.fields))
	fields := make([]field, len(rel.fields))
	for i, f := range rel.fields {
		row.Fields = append(row.Fields, &plan.Col{ID: f.col.ID, Name: f.col.Name, T: f.col.Type})
		row.T.Fields = append(row.T.Fields, types.Field{Type: f.col.Type})
		outs[i] = a.newColumn(f.col.Name, ofType{f.col.Type})
		fields[i] = f
		fields[i].col = outs[i]
	}
	collect, match, err := function.ResolveAggregate("array_agg", []*types.Type{row.T})
	if err != nil {
		return rel, err
	}
	all := a.newColumn("rows", ofType{match.Result})
	rows := &plan.Aggregate{Input: rel.node, Aggs: []plan.AggExpr{{Out: all, Fn: collect, Args: []plan.Expr{row}}}}
	value := &plan.Subquery{Kind: plan.SubqueryScalar, Input: rows, Outer: inner.frame.outer, T: match.Result, Pos: d.Pos}
	node := &plan.Unnest{Input: left.node, Args: []plan.Expr{value}, Outs: [][]plan.Column{outs}, Outer: optional}
	named, err := rename(relation{node, fields}, d.Pos, "", d.Alias)
	if err != nil {
		return rel, err
	}
	return relation{node, slices.Concat(left.fields, named.fields)}, nil
}

// joinLateral is a join with LATERAL on its right: CROSS JOIN, INNER JOIN, and LEFT JOIN with ON true.
func (a *analyzer) joinLateral(left relation, j *ast.Join, d *ast.Derived, outer *scope) (relation, error) {
	literal, always := j.On.(*ast.Bool)
	always = always && literal.Value
	if len(j.Using) > 0 || j.Kind == ast.RightJoin || j.Kind == ast.FullJoin || j.Kind == ast.LeftJoin && !always {
		return left, dberr.At(j.Pos, "LATERAL on other than the right side of CROSS JOIN, INNER JOIN with ON, or LEFT JOIN with ON TRUE, is not supported")
	}
	rel, err := a.lateral(left, d, outer, j.Kind == ast.LeftJoin)
	if err != nil || j.On == nil || always {
		return rel, err
	}
	p := &place{a: a, scope: outer.child(rel.fields), clause: "JOIN clause"}
	pred, err := p.condition(j.On, "JOIN ON clause")
	rel.node = &plan.Filter{Input: rel.node, Pred: pred}
	return rel, err
}
