package analyzer

import "github.com/tidemarkdb/tidemark/internal/sql/plan"

// groupNode is the Aggregate; grouping sets are the union of one Aggregate each over the same input.
func (s *selection) groupNode() plan.Node {
	if s.group.sets == nil {
		return s.withGroupings(&plan.Aggregate{Input: s.node, Keys: s.group.keys, Aggs: s.calls.aggs})
	}
	s.computeSubqueries()
	s.a.shared++
	all := (&plan.Aggregate{Keys: s.group.keys, Aggs: s.calls.aggs}).Columns()
	for _, c := range s.calls.groupings {
		all = append(all, c.out)
	}
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
	for i := range s.calls.groupings {
		exprs[len(s.group.keys)+len(s.calls.aggs)+i] = s.calls.groupings[i].value(set)
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
