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
	alias  bool
	expr   plan.Expr
	source ast.Expr // nil for a column that came through a star
	pos    ast.Pos  // where it stands
}

// selectQuery analyzes a SELECT with the ORDER BY that follows it. keepOrder tells that the order matters.
func (a *analyzer) selectQuery(sel *ast.Select, outer *scope, orderBy []*ast.OrderItem, keepOrder bool) (relation, error) {
	from, err := a.from(sel.From, outer)
	if err != nil {
		return relation{}, err
	}
	s := &selection{a: a, scope: outer.child(from.fields), node: from.node, input: plan.SetOf(from.node.Columns()),
		calls: &calls{aggKeys: map[string]plan.Column{}}}
	if sel.Where != nil {
		p := &place{a: a, scope: s.scope, clause: "WHERE clause"}
		pred, err := p.condition(sel.Where, "WHERE clause")
		if err != nil {
			return relation{}, err
		}
		s.node = &plan.Filter{Input: s.node, Pred: pred}
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
		s.items = append(s.items, out)
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
	for _, f := range s.scope.fields {
		if !f.qualifiedBy(of, strings.EqualFold) {
			continue
		}
		found = true
		s.items = append(s.items, item{name: f.name, expr: &plan.Col{ID: f.col.ID, Name: f.name, T: f.col.Type}, pos: it.Pos})
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

// groupNode is the Aggregate; grouping sets are the union of one Aggregate each over the same input.
func (s *selection) groupNode() plan.Node {
	if s.group.sets == nil {
		return &plan.Aggregate{Input: s.node, Keys: s.group.keys, Aggs: s.calls.aggs}
	}
	s.computeSubqueries()
	s.a.shared++
	all := (&plan.Aggregate{Keys: s.group.keys, Aggs: s.calls.aggs}).Columns()
	union := &plan.Union{Cols: all}
	for _, set := range s.group.sets {
		union.In = append(union.In, s.groupingSet(set, all))
	}
	return union
}

// computeSubqueries puts a projection under the grouping that computes keys and arguments with subqueries: the plans of
// these refer to the columns of FROM, which each grouping set has under numbers of its own.
func (s *selection) computeSubqueries() {
	project := &plan.Project{Input: s.node, Cols: append([]plan.Column(nil), s.node.Columns()...)}
	for _, c := range project.Cols {
		project.Exprs = append(project.Exprs, &plan.Col{ID: c.ID, Name: c.Name, T: c.Type})
	}
	computed := func(e plan.Expr) plan.Expr {
		if e == nil || !hasSubquery(e) {
			return e
		}
		c := s.a.newColumn("subquery", e)
		project.Cols, project.Exprs = append(project.Cols, c), append(project.Exprs, e)
		return &plan.Col{ID: c.ID, Name: c.Name, T: c.Type}
	}
	for i := range s.group.keys {
		s.group.keys[i].Expr = computed(s.group.keys[i].Expr)
	}
	for i := range s.calls.aggs {
		a := &s.calls.aggs[i]
		for k, x := range a.Args {
			a.Args[k] = computed(x)
		}
		a.Filter = computed(a.Filter)
		for k := range a.OrderBy {
			a.OrderBy[k].Expr = computed(a.OrderBy[k].Expr)
		}
	}
	if len(project.Cols) > len(s.node.Columns()) {
		s.node = project
	}
}

// hasSubquery reports whether an expression has a subquery among its parts.
func hasSubquery(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(e plan.Expr) bool {
		_, isSubquery := e.(*plan.Subquery)
		found = found || isSubquery
		return !found
	})
	return found
}

// groupingSet is the Aggregate of one grouping set, with NULL for the keys it lacks and columns of its own.
func (s *selection) groupingSet(set []int, all []plan.Column) plan.Node {
	input := s.node.Columns()
	shared := &plan.Shared{ID: s.a.shared, Input: s.node}
	mapped := map[plan.ColumnID]plan.Column{}
	for _, c := range input {
		mapped[c.ID] = s.a.newColumn(c.Name, ofType{c.Type})
		shared.Cols = append(shared.Cols, mapped[c.ID])
	}
	agg := &plan.Aggregate{Input: shared}
	exprs := make([]plan.Expr, len(all))
	for i, k := range s.group.keys {
		exprs[i] = constant(k.Out.Type, nil)
	}
	for _, k := range set {
		if _, missing := exprs[k].(*plan.Const); !missing {
			continue
		}
		key := s.group.keys[k]
		out := s.a.newColumn(key.Out.Name, ofType{key.Out.Type})
		agg.Keys = append(agg.Keys, plan.KeyExpr{Out: out, Expr: mapColumns(key.Expr, mapped)})
		exprs[k] = &plan.Col{ID: out.ID, Name: out.Name, T: out.Type}
	}
	for i, call := range s.calls.aggs {
		c := call
		c.Out = s.a.newColumn(call.Out.Name, ofType{call.Out.Type})
		c.Args = make([]plan.Expr, len(call.Args))
		for j, x := range call.Args {
			c.Args[j] = mapColumns(x, mapped)
		}
		if call.Filter != nil {
			c.Filter = mapColumns(call.Filter, mapped)
		}
		c.OrderBy = append([]plan.SortKey(nil), call.OrderBy...)
		for j := range c.OrderBy {
			c.OrderBy[j].Expr = mapColumns(c.OrderBy[j].Expr, mapped)
		}
		agg.Aggs = append(agg.Aggs, c)
		exprs[len(s.group.keys)+i] = &plan.Col{ID: c.Out.ID, Name: c.Out.Name, T: c.Out.Type}
	}
	cols := make([]plan.Column, len(all))
	for i, c := range all {
		cols[i] = s.a.newColumn(c.Name, ofType{c.Type})
	}
	return &plan.Project{Input: agg, Cols: cols, Exprs: exprs}
}

// mapColumns replaces columns in an expression.
func mapColumns(e plan.Expr, to map[plan.ColumnID]plan.Column) plan.Expr {
	return plan.Rewrite(e, func(e plan.Expr) plan.Expr {
		if c, ok := e.(*plan.Col); ok {
			if n, found := to[c.ID]; found {
				return &plan.Col{ID: n.ID, Name: n.Name, T: n.Type}
			}
		}
		return e
	})
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
		out.fields = append(out.fields, field{name: it.name, col: column(outputName(it.name, i), it.expr)})
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
