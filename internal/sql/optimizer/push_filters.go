package optimizer

import "github.com/tidemarkdb/tidemark/internal/sql/plan"

// pushFilters moves conditions down. A condition goes below an operator if it needs only columns that come from below and
// the operator passes through or can have replaced by expressions. Volatile conditions and subqueries stay, and so does one that can
// fail behind one that stays, which may be there to keep it from failing. At a join and an UNNEST such a condition does move:
// as in Trino, it may be evaluated for rows that meet no other one.
func pushFilters(_ *run, root plan.Node) plan.Node {
	return (&pusher{done: sharedInputs{}}).push(root, nil)
}

type pusher struct{ done sharedInputs }

// push returns n with the terms applied, as far down as possible.
func (p *pusher) push(n plan.Node, terms []plan.Expr) plan.Node {
	n = mapSubqueries(n, func(in plan.Node) plan.Node { return p.push(in, nil) })
	switch n := n.(type) {
	case *plan.Filter:
		return p.push(n.Input, append(conjuncts(n.Pred), terms...))
	case *plan.Project:
		by := map[plan.ColumnID]plan.Expr{}
		for i, c := range n.Cols {
			by[c.ID] = n.Exprs[i]
		}
		return p.through(n, terms, plan.SetOf(n.Cols), by)
	case *plan.Aggregate:
		if len(n.Keys) == 0 {
			break
		}
		keys, by := plan.ColumnSet{}, map[plan.ColumnID]plan.Expr{}
		for _, k := range n.Keys {
			keys[k.Out.ID], by[k.Out.ID] = true, k.Expr
		}
		return p.through(n, terms, keys, by)
	case *plan.Window:
		keys := plan.ColumnSet{}
		for _, x := range n.Partition {
			if c, ok := x.(*plan.Col); ok {
				keys[c.ID] = true
			}
		}
		return p.through(n, terms, keys, nil)
	case *plan.Sort:
		if n.Limit < 0 {
			return p.through(n, terms, plan.SetOf(n.Columns()), nil)
		}
	case *plan.Unnest:
		return p.through(n, terms, plan.SetOf(n.Input.Columns()), nil)
	case *plan.Join:
		return p.join(n, terms)
	case *plan.Union:
		return p.union(n, terms)
	}
	return filter(mapInputs(n, p.done, func(in plan.Node) plan.Node { return p.push(in, nil) }), terms)
}

// through pushes into the one input of n the terms that need only columns of pass, rewritten by by.
func (p *pusher) through(n plan.Node, terms []plan.Expr, pass plan.ColumnSet, by map[plan.ColumnID]plan.Expr) plan.Node {
	var down, stay []plan.Expr
	for _, t := range terms {
		if !movable(t) || !ownColumns(t, n.Columns(), pass) || len(stay) > 0 && canFail(t) {
			stay = append(stay, t)
			continue
		}
		if below := substitute(t, by); movable(below) {
			down = append(down, below)
		} else {
			stay = append(stay, t)
		}
	}
	return filter(mapInputs(n, p.done, func(in plan.Node) plan.Node { return p.push(in, down) }), stay)
}

// ownColumns reports whether of the columns that an operator produces, t uses only those in pass. Others that it uses come
// from outer queries.
func ownColumns(t plan.Expr, produced []plan.Column, pass plan.ColumnSet) bool {
	uses := plan.Uses(t)
	for _, c := range produced {
		if uses[c.ID] && !pass[c.ID] {
			return false
		}
	}
	return true
}

func movable(t plan.Expr) bool { return !isVolatile(t) && !containsSubquery(t) }

// join sends terms to the side whose columns they need. Of an outer join, only terms on the preserved side may go below;
// the join's own condition may go to the other.
func (p *pusher) join(n *plan.Join, terms []plan.Expr) plan.Node {
	left, right := plan.SetOf(n.L.Columns()), plan.SetOf(n.R.Columns())
	var toL, toR, residual, stay []plan.Expr
	side := func(t plan.Expr) (l, r bool) {
		for id := range plan.Uses(t) {
			l, r = l || left[id], r || right[id]
		}
		return l, r
	}
	keepsL := n.Kind == plan.InnerJoin || n.Kind == plan.LeftJoin
	keepsR := n.Kind == plan.InnerJoin || n.Kind == plan.RightJoin
	for _, t := range terms {
		l, r := side(t)
		switch {
		case !movable(t):
			stay = append(stay, t)
		case l && !r && keepsL:
			toL = append(toL, t)
		case r && !l && keepsR:
			toR = append(toR, t)
		case n.Kind == plan.InnerJoin && l && r:
			residual = append(residual, t)
		default:
			stay = append(stay, t)
		}
	}
	var own []plan.Expr
	for _, t := range conjuncts(n.Residual) {
		l, r := side(t)
		switch {
		case movable(t) && l && !r && keepsR:
			toL = append(toL, t)
		case movable(t) && r && !l && keepsL:
			toR = append(toR, t)
		default:
			own = append(own, t)
		}
	}
	c := *n
	c.Residual = conjunction(append(own, residual...))
	c.L, c.R = p.push(n.L, toL), p.push(n.R, toR)
	return filter(&c, stay)
}

// union sends the terms into every input.
func (p *pusher) union(n *plan.Union, terms []plan.Expr) plan.Node {
	var down, stay []plan.Expr
	for _, t := range terms {
		if movable(t) && (len(stay) == 0 || !canFail(t)) {
			down = append(down, t)
		} else {
			stay = append(stay, t)
		}
	}
	c := *n
	c.In = make([]plan.Node, len(n.In))
	for i, in := range n.In {
		by := map[plan.ColumnID]plan.Expr{}
		for k, col := range in.Columns() {
			by[n.Cols[k].ID] = &plan.Col{ID: col.ID, Name: col.Name, T: col.Type}
		}
		mapped := make([]plan.Expr, len(down))
		for k, t := range down {
			mapped[k] = substitute(t, by)
		}
		c.In[i] = p.push(in, mapped)
	}
	return filter(&c, stay)
}
