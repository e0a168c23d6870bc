package analyzer

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
)

// selection is one SELECT while it is analyzed. Expressions are over the columns of FROM until the grouping is known; then
// regroup rewrites them.
type selection struct {
	a     *analyzer
	scope *scope
	input plan.ColumnSet // the columns of FROM
	node  plan.Node

	items  []item
	calls  *calls
	group  *grouping
	having plan.Expr
	order  []plan.SortKey
}

// item is one column of the result.
type item struct {
	name   string // "" for an expression without alias
	alias  bool   // the name is an alias
	expr   plan.Expr
	source ast.Expr // nil for a column that came through a star
	pos    ast.Pos  // where it stands
	from   *field   // the column that it is, nil for an expression
}

// selectQuery analyzes a SELECT with the ORDER BY that follows it. keepOrder tells that the order matters.
func (a *analyzer) selectQuery(sel *ast.Select, outer *scope, orderBy []*ast.OrderItem, keepOrder bool) (relation, error) {
	from, err := a.from(sel.From, outer)
	if err != nil {
		return relation{}, err
	}
	s := &selection{a: a, scope: outer.child(from.fields), node: from.node, input: plan.SetOf(from.node.Columns()),
		calls: newCalls()}
	if sel.Where != nil {
		p := &place{a: a, scope: s.scope, clause: "WHERE clause"}
		pred, err := p.condition(sel.Where, "WHERE clause")
		if err != nil {
			return relation{}, err
		}
		s.node = &plan.Filter{Input: s.node, Pred: pred}
	}
	if err := s.nameWindows(sel.Windows); err != nil {
		return relation{}, err
	}
	if err := s.selectItems(sel); err != nil {
		return relation{}, err
	}
	if s.group, err = s.groupBy(sel.GroupBy); err != nil {
		return relation{}, err
	}
	if sel.Having != nil {
		p := &place{a: a, scope: s.scope, clause: "HAVING clause", calls: s.calls, noWindows: true}
		if s.having, err = p.condition(sel.Having, "HAVING clause"); err != nil {
			return relation{}, err
		}
	}
	if err := s.orderBy(orderBy); err != nil {
		return relation{}, err
	}
	if err := s.findGroupingKeys(sel.GroupBy); err != nil {
		return relation{}, err
	}
	if sel.GroupBy != nil || sel.Having != nil || len(s.calls.aggs) > 0 {
		if err := s.aggregate(sel, orderBy); err != nil {
			return relation{}, err
		}
	}
	s.addWindows()
	return s.finish(sel.Distinct, orderBy, keepOrder)
}

// selectItems analyzes the select list.
func (s *selection) selectItems(sel *ast.Select) error {
	p := &place{a: s.a, scope: s.scope, clause: "SELECT clause", calls: s.calls}
	for _, it := range sel.Items {
		if it.Star {
			if err := s.star(it, len(sel.From) == 0); err != nil {
				return err
			}
			continue
		}
		x, err := p.expr(it.Expr)
		if err != nil {
			return err
		}
		out := item{expr: x, source: it.Expr, pos: it.Expr.Position()}
		if it.Alias != nil {
			out.name, out.alias = it.Alias.Name, true
		} else {
			out.name = implicitName(it.Expr, x)
		}
		out.from = s.columnOf(it.Expr, x)
		s.items = append(s.items, out)
	}
	return nil
}

// columnOf is the column of FROM that a select item is, nil if it is anything else.
func (s *selection) columnOf(e ast.Expr, x plan.Expr) *field {
	col, ok := x.(*plan.Col)
	if !ok {
		return nil
	}
	switch e.(type) {
	case *ast.Ident, *ast.Dot:
		for i := range s.scope.fields {
			if s.scope.fields[i].col.ID == col.ID {
				return &s.scope.fields[i]
			}
		}
	}
	return nil
}

// implicitName is the name of a select item without alias: that of the column or field, else none.
func implicitName(e ast.Expr, x plan.Expr) string {
	switch e := e.(type) {
	case *ast.Ident, *ast.Dot:
		switch x := x.(type) {
		case *plan.Col:
			return x.Name
		case *plan.Field:
			return x.X.Type().Fields[x.Index].Name
		}
		if d, ok := e.(*ast.Dot); ok {
			return d.Name.Name
		}
	}
	return ""
}

// star expands * and name.*.
func (s *selection) star(it *ast.SelectItem, noFrom bool) error {
	if noFrom {
		return dberr.At(it.Pos, "SELECT * not allowed in queries without FROM clause")
	}
	var of []string
	for _, part := range it.Of {
		of = append(of, part.Name)
	}
	found := false
	for i := range s.scope.fields {
		f := &s.scope.fields[i]
		if !f.qualifiedBy(of, strings.EqualFold) {
			continue
		}
		found = true
		s.items = append(s.items, item{name: f.name, expr: &plan.Col{ID: f.col.ID, Name: f.name, T: f.col.Type}, pos: it.Pos, from: f})
	}
	if !found {
		return dberr.At(it.Pos, "Table '%s' not found", strings.Join(of, "."))
	}
	return nil
}

// orderBy analyzes ORDER BY: positions, then names of the select list, then columns of FROM.
func (s *selection) orderBy(items []*ast.OrderItem) error {
	aliases := make([]field, len(s.items))
	for i, it := range s.items {
		aliases[i] = field{name: it.name, expr: it.expr}
	}
	p := &place{a: s.a, scope: s.scope.child(aliases), clause: "ORDER BY clause", calls: s.calls}
	for _, o := range items {
		var x plan.Expr
		if n, ok := o.Expr.(*ast.Int); ok {
			if n.Value < 1 || n.Value > int64(len(s.items)) {
				return dberr.At(n.Pos, "ORDER BY position %d is not in select list", n.Value)
			}
			x = s.items[n.Value-1].expr
		} else {
			var err error
			if x, err = p.expr(o.Expr); err != nil {
				return err
			}
		}
		if err := orderable(o.Pos, x); err != nil {
			return err
		}
		s.order = append(s.order, plan.SortKey{Expr: x, Desc: o.Desc, NullsFirst: o.Nulls == ast.NullsFirst})
	}
	return nil
}

// aggregate puts the grouping under the SELECT and rewrites all that stands above it.
func (s *selection) aggregate(sel *ast.Select, orderBy []*ast.OrderItem) error {
	for i := range s.items {
		x, ok := s.regroup(s.items[i].expr)
		if !ok {
			text := s.items[i].name
			if src := s.items[i].source; src != nil {
				text = src.String()
			}
			return notGrouped(s.items[i].pos, text)
		}
		s.items[i].expr = x
	}
	if s.having != nil {
		x, ok := s.regroup(s.having)
		if !ok {
			return notGrouped(sel.Having.Position(), sel.Having.String())
		}
		s.having = x
	}
	for i := range s.order {
		x, ok := s.regroup(s.order[i].Expr)
		if !ok {
			return notGrouped(orderBy[i].Pos, orderBy[i].Expr.String())
		}
		s.order[i].Expr = x
	}
	for i := range s.calls.windows {
		if w := &s.calls.windows[i]; !s.regroupWindow(w) {
			return notGrouped(w.source.Pos, w.source.String())
		}
	}
	s.node = s.groupNode()
	if s.having != nil {
		s.node = &plan.Filter{Input: s.node, Pred: s.having}
	}
	return nil
}

func notGrouped(pos ast.Pos, text string) error {
	return dberr.At(pos, "'%s' must be an aggregate expression or appear in GROUP BY clause", text)
}

// finish adds the projection, DISTINCT and the order.
func (s *selection) finish(distinct bool, orderBy []*ast.OrderItem, keepOrder bool) (relation, error) {
	out := relation{}
	project := &plan.Project{Input: s.node}
	byKey := map[string]plan.Column{}
	produced := plan.SetOf(s.node.Columns())
	column := func(name string, x plan.Expr) plan.Column {
		key := exprKey(x)
		c, ok := byKey[key]
		if !ok {
			if col, isCol := x.(*plan.Col); isCol && produced[col.ID] {
				c = plan.Column{ID: col.ID, Name: name, Type: col.T}
			} else { // also a column of an outer query, which must not look as if it were made here
				c = s.a.newColumn(name, x)
			}
			byKey[key] = c
			project.Cols, project.Exprs = append(project.Cols, c), append(project.Exprs, x)
		}
		return c
	}
	for i, it := range s.items {
		if t := it.expr.Type(); distinct && !t.IsComparable() {
			return out, dberr.At(it.pos, "DISTINCT can only be applied to comparable types (actual: %s)", t)
		}
		f := field{name: it.name, col: column(outputName(it.name, i), it.expr), aliased: it.alias}
		if it.from != nil {
			f.origin = it.from.origin
			f.aliased = f.aliased || it.source == nil && it.from.aliased
		}
		out.fields = append(out.fields, f)
	}
	visible := len(project.Cols)
	keys := make([]plan.SortKey, 0, len(s.order))
	for i, k := range s.order {
		c := column("sort", k.Expr)
		if distinct && len(project.Cols) > visible {
			return out, dberr.At(orderBy[i].Pos, "For SELECT DISTINCT, ORDER BY expressions must appear in select list")
		}
		k.Expr = &plan.Col{ID: c.ID, Name: c.Name, T: c.Type}
		keys = append(keys, k)
	}
	out.node = project
	if distinct {
		agg := &plan.Aggregate{Input: project}
		for _, c := range project.Cols {
			agg.Keys = append(agg.Keys, plan.KeyExpr{Out: c, Expr: &plan.Col{ID: c.ID, Name: c.Name, T: c.Type}})
		}
		out.node = agg
	}
	if keepOrder && len(keys) > 0 {
		out.node = &plan.Sort{Input: out.node, Keys: keys, Limit: -1}
	}
	return out, nil
}
