package optimizer

import "github.com/tidemarkdb/tidemark/internal/sql/plan"

// shared keeps the results of rewriting the inputs of Shared nodes, so that all occurrences keep having one input.
type sharedInputs map[int]plan.Node

// mapInputs returns n with f applied to each of its inputs.
func mapInputs(n plan.Node, done sharedInputs, f func(plan.Node) plan.Node) plan.Node {
	switch n := n.(type) {
	case *plan.Filter:
		c := *n
		c.Input = f(n.Input)
		return &c
	case *plan.Project:
		c := *n
		c.Input = f(n.Input)
		return &c
	case *plan.Aggregate:
		c := *n
		c.Input = f(n.Input)
		return &c
	case *plan.Window:
		c := *n
		c.Input = f(n.Input)
		return &c
	case *plan.Sort:
		c := *n
		c.Input = f(n.Input)
		return &c
	case *plan.Limit:
		c := *n
		c.Input = f(n.Input)
		return &c
	case *plan.Unnest:
		c := *n
		c.Input = f(n.Input)
		return &c
	case *plan.Join:
		c := *n
		c.L, c.R = f(n.L), f(n.R)
		return &c
	case *plan.SetOp:
		c := *n
		c.L, c.R = f(n.L), f(n.R)
		return &c
	case *plan.Union:
		c := *n
		c.In = make([]plan.Node, len(n.In))
		for i, in := range n.In {
			c.In[i] = f(in)
		}
		return &c
	case *plan.Shared:
		c := *n
		if _, ok := done[n.ID]; !ok {
			done[n.ID] = f(n.Input)
		}
		c.Input = done[n.ID]
		return &c
	}
	return n
}

// mapExprs returns n with f applied to each expression that it evaluates itself.
func mapExprs(n plan.Node, f func(plan.Expr) plan.Expr) plan.Node {
	optional := func(e plan.Expr) plan.Expr {
		if e == nil {
			return nil
		}
		return f(e)
	}
	list := func(es []plan.Expr) []plan.Expr {
		out := make([]plan.Expr, len(es))
		for i, e := range es {
			out[i] = f(e)
		}
		return out
	}
	keys := func(ks []plan.SortKey) []plan.SortKey {
		out := append([]plan.SortKey(nil), ks...)
		for i := range out {
			out[i].Expr = f(out[i].Expr)
		}
		return out
	}
	switch n := n.(type) {
	case *plan.Values:
		c := *n
		c.Rows = make([][]plan.Expr, len(n.Rows))
		for i, row := range n.Rows {
			c.Rows[i] = list(row)
		}
		return &c
	case *plan.Filter:
		return &plan.Filter{Input: n.Input, Pred: f(n.Pred)}
	case *plan.Project:
		return &plan.Project{Input: n.Input, Cols: n.Cols, Exprs: list(n.Exprs)}
	case *plan.Aggregate:
		return mapAggregate(n, f, optional, list, keys)
	case *plan.Window:
		c := *n
		c.Partition, c.Order = list(n.Partition), keys(n.Order)
		c.Funcs = append([]plan.WindowExpr(nil), n.Funcs...)
		for i := range c.Funcs {
			w := &c.Funcs[i]
			w.Args, w.Filter = list(w.Args), optional(w.Filter)
			w.Frame.Start.Offset, w.Frame.End.Offset = optional(w.Frame.Start.Offset), optional(w.Frame.End.Offset)
		}
		return &c
	case *plan.Sort:
		return &plan.Sort{Input: n.Input, Keys: keys(n.Keys), Limit: n.Limit}
	case *plan.Join:
		c := *n
		c.Residual = optional(n.Residual)
		c.Keys = append([]plan.JoinKey(nil), n.Keys...)
		for i := range c.Keys {
			c.Keys[i] = plan.JoinKey{L: f(c.Keys[i].L), R: f(c.Keys[i].R)}
		}
		return &c
	case *plan.Unnest:
		c := *n
		c.Args = list(n.Args)
		return &c
	}
	return n
}

func mapAggregate(n *plan.Aggregate, f, optional func(plan.Expr) plan.Expr, list func([]plan.Expr) []plan.Expr, keys func([]plan.SortKey) []plan.SortKey) plan.Node {
	c := *n
	c.Keys = append([]plan.KeyExpr(nil), n.Keys...)
	for i := range c.Keys {
		c.Keys[i].Expr = f(c.Keys[i].Expr)
	}
	c.Aggs = append([]plan.AggExpr(nil), n.Aggs...)
	for i := range c.Aggs {
		a := &c.Aggs[i]
		a.Args, a.Filter, a.OrderBy = list(a.Args), optional(a.Filter), keys(a.OrderBy)
	}
	return &c
}

// everywhere applies f to n and all operators below it, from the leaves up, also to those of subqueries.
func everywhere(n plan.Node, f func(plan.Node) plan.Node) plan.Node {
	return everywhereShared(n, sharedInputs{}, f)
}

func everywhereShared(n plan.Node, done sharedInputs, f func(plan.Node) plan.Node) plan.Node {
	n = mapInputs(n, done, func(in plan.Node) plan.Node { return everywhereShared(in, done, f) })
	n = mapSubqueries(n, func(in plan.Node) plan.Node { return everywhereShared(in, done, f) })
	return f(n)
}

// mapSubqueries applies f to the plans of the subqueries in n's expressions.
func mapSubqueries(n plan.Node, f func(plan.Node) plan.Node) plan.Node {
	if !hasSubquery(n) {
		return n
	}
	return mapExprs(n, func(e plan.Expr) plan.Expr {
		return plan.Rewrite(e, func(e plan.Expr) plan.Expr {
			if s, ok := e.(*plan.Subquery); ok {
				c := *s
				c.Input = f(s.Input)
				return &c
			}
			return e
		})
	})
}

func hasSubquery(n plan.Node) bool {
	for _, e := range plan.Exprs(n) {
		if containsSubquery(e) {
			return true
		}
	}
	return false
}

func containsSubquery(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(e plan.Expr) bool {
		if _, ok := e.(*plan.Subquery); ok {
			found = true
		}
		return !found
	})
	return found
}

// substitute replaces columns by expressions.
func substitute(e plan.Expr, by map[plan.ColumnID]plan.Expr) plan.Expr {
	return plan.Rewrite(e, func(e plan.Expr) plan.Expr {
		if c, ok := e.(*plan.Col); ok {
			if x, found := by[c.ID]; found {
				return x
			}
		}
		return e
	})
}

// conjuncts splits a condition into the terms of its ANDs.
func conjuncts(e plan.Expr) []plan.Expr {
	if e == nil {
		return nil
	}
	and, ok := e.(*plan.And)
	if !ok {
		return []plan.Expr{e}
	}
	var out []plan.Expr
	for _, t := range and.Terms {
		out = append(out, conjuncts(t)...)
	}
	return out
}

// conjunction joins terms by AND, nil for none.
func conjunction(terms []plan.Expr) plan.Expr {
	switch len(terms) {
	case 0:
		return nil
	case 1:
		return terms[0]
	}
	return &plan.And{Terms: terms}
}

// filter puts a condition on n, if there is one.
func filter(n plan.Node, terms []plan.Expr) plan.Node {
	if len(terms) == 0 {
		return n
	}
	return &plan.Filter{Input: n, Pred: conjunction(terms)}
}

// canFail reports whether evaluating e can end in an error, depending on values.
func canFail(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(e plan.Expr) bool {
		switch e := e.(type) {
		case *plan.Call:
			found = found || e.Fn.CanFail
		case *plan.Cast:
			found = found || !e.Try
		case *plan.Subquery:
			found = true
		case *plan.Try:
			return false
		}
		return !found
	})
	return found
}

// isVolatile reports whether e may differ from one evaluation to the next.
func isVolatile(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(e plan.Expr) bool {
		if c, ok := e.(*plan.Call); ok && c.Fn.Volatile {
			found = true
		}
		return !found
	})
	return found
}
