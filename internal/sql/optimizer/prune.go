package optimizer

import "github.com/tidemarkdb/tidemark/internal/sql/plan"

// prune leaves out columns that nothing above uses, down to what scans read.
func prune(o *run, root plan.Node) plan.Node {
	p := &pruner{kept: map[int][]bool{}, inputs: map[int]plan.Node{}}
	root = p.prune(root, plan.SetOf(o.output))
	// Only now is it known what all occurrences of a shared query need. One that contains another has the higher number.
	done := map[int]plan.Node{}
	for id := p.highest; id > 0; id-- {
		in, ok := p.inputs[id]
		if !ok {
			continue
		}
		need := plan.ColumnSet{}
		for i, c := range in.Columns() {
			if p.kept[id][i] {
				need[c.ID] = true
			}
		}
		pruned := p.prune(in, need)
		done[id] = keepExactly(pruned, in.Columns(), p.kept[id])
	}
	return p.connect(root, done, sharedInputs{})
}

type pruner struct {
	kept    map[int][]bool    // by shared query: which columns some occurrence uses
	inputs  map[int]plan.Node // by shared query
	highest int
}

func (p *pruner) prune(n plan.Node, need plan.ColumnSet) plan.Node {
	below := plan.ColumnSet{}
	for id := range need {
		below[id] = true
	}
	n = mapSubqueries(n, p.subquery)
	switch n := n.(type) {
	case *plan.Scan:
		return pruneScan(n, need)
	case *plan.Project:
		return p.project(n, need)
	case *plan.Aggregate:
		c := *n
		c.Aggs = nil
		for _, a := range n.Aggs {
			if need[a.Out.ID] {
				c.Aggs = append(c.Aggs, a)
			}
		}
		c.Input = p.prune(n.Input, usesOf(&c, plan.ColumnSet{}))
		return &c
	case *plan.Window:
		c := *n
		c.Funcs = nil
		for _, f := range n.Funcs {
			if need[f.Out.ID] {
				c.Funcs = append(c.Funcs, f)
			}
		}
		if len(c.Funcs) == 0 {
			return p.prune(n.Input, need)
		}
		c.Input = p.prune(n.Input, usesOf(&c, below))
		return &c
	case *plan.Union:
		return p.union(n, need)
	case *plan.SetOp:
		c := *n
		c.L, c.R = p.subquery(n.L), p.subquery(n.R)
		return &c
	case *plan.Shared:
		return p.shared(n, need)
	}
	usesOf(n, below)
	return mapInputs(n, sharedInputs{}, func(in plan.Node) plan.Node { return p.prune(in, below) })
}

// subquery prunes a query whose columns go by position and are all needed: one that is used as a value, or an operand of
// INTERSECT and EXCEPT.
func (p *pruner) subquery(in plan.Node) plan.Node {
	cols := in.Columns()
	keep := make([]bool, len(cols))
	for i := range keep {
		keep[i] = true
	}
	return keepExactly(p.prune(in, plan.SetOf(cols)), cols, keep)
}

// usesOf adds the columns that an operator's own expressions need.
func usesOf(n plan.Node, need plan.ColumnSet) plan.ColumnSet {
	for _, e := range plan.Exprs(n) {
		plan.AddUses(need, e)
	}
	return need
}

func pruneScan(n *plan.Scan, need plan.ColumnSet) plan.Node {
	c := *n
	c.Cols, c.Source = nil, nil
	for i, col := range n.Cols {
		if need[col.ID] {
			c.Cols, c.Source = append(c.Cols, col), append(c.Source, n.Source[i])
		}
	}
	return &c
}

// project drops unused expressions, and itself where it only passes columns on.
func (p *pruner) project(n *plan.Project, need plan.ColumnSet) plan.Node {
	c := &plan.Project{}
	plain := true
	for i, col := range n.Cols {
		if !need[col.ID] {
			continue
		}
		c.Cols, c.Exprs = append(c.Cols, col), append(c.Exprs, n.Exprs[i])
		x, isCol := n.Exprs[i].(*plan.Col)
		plain = plain && isCol && x.ID == col.ID
	}
	c.Input = p.prune(n.Input, usesOf(c, plan.ColumnSet{}))
	if plain {
		return c.Input
	}
	return c
}

func (p *pruner) union(n *plan.Union, need plan.ColumnSet) plan.Node {
	keep := make([]bool, len(n.Cols))
	c := &plan.Union{}
	for i, col := range n.Cols {
		if keep[i] = need[col.ID]; keep[i] {
			c.Cols = append(c.Cols, col)
		}
	}
	for _, in := range n.In {
		cols := in.Columns()
		below := plan.ColumnSet{}
		for i, k := range keep {
			if k {
				below[cols[i].ID] = true
			}
		}
		c.In = append(c.In, keepExactly(p.prune(in, below), cols, keep))
	}
	return c
}

// keepExactly makes n produce exactly the kept ones of cols, in order: where columns go by position.
func keepExactly(n plan.Node, cols []plan.Column, keep []bool) plan.Node {
	var want []plan.Column
	for i, c := range cols {
		if keep[i] {
			want = append(want, c)
		}
	}
	have := n.Columns()
	same := len(have) == len(want)
	for i := 0; same && i < len(have); i++ {
		same = have[i].ID == want[i].ID
	}
	if same {
		return n
	}
	out := &plan.Project{Input: n, Cols: want}
	for _, c := range want {
		out.Exprs = append(out.Exprs, &plan.Col{ID: c.ID, Name: c.Name, T: c.Type})
	}
	return out
}

// shared notes what an occurrence needs; the inputs are pruned when all occurrences have been seen.
func (p *pruner) shared(n *plan.Shared, need plan.ColumnSet) plan.Node {
	if p.kept[n.ID] == nil {
		p.kept[n.ID] = make([]bool, len(n.Cols))
		p.inputs[n.ID] = n.Input
		p.highest = max(p.highest, n.ID)
	}
	for i, c := range n.Cols {
		if need[c.ID] {
			p.kept[n.ID][i] = true
		}
	}
	return n
}

// connect gives every occurrence of a shared query its pruned input.
func (p *pruner) connect(n plan.Node, pruned map[int]plan.Node, done sharedInputs) plan.Node {
	if s, ok := n.(*plan.Shared); ok {
		c := &plan.Shared{ID: s.ID}
		for i, col := range s.Cols {
			if p.kept[s.ID][i] {
				c.Cols = append(c.Cols, col)
			}
		}
		if _, ok := done[s.ID]; !ok {
			done[s.ID] = p.connect(pruned[s.ID], pruned, done)
		}
		c.Input = done[s.ID]
		return c
	}
	n = mapSubqueries(n, func(in plan.Node) plan.Node { return p.connect(in, pruned, done) })
	return mapInputs(n, done, func(in plan.Node) plan.Node { return p.connect(in, pruned, done) })
}
