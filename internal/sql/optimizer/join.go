package optimizer

import "github.com/tidemarkdb/tidemark/internal/sql/plan"

// joinKeys takes equalities of an expression over the left side and one over the right side out of a join's condition.
func joinKeys(_ *run, root plan.Node) plan.Node {
	return everywhere(root, func(n plan.Node) plan.Node {
		j, ok := n.(*plan.Join)
		if !ok || j.Residual == nil {
			return n
		}
		left, right := plan.SetOf(j.L.Columns()), plan.SetOf(j.R.Columns())
		c := *j
		c.Keys = append([]plan.JoinKey(nil), j.Keys...)
		var rest []plan.Expr
		for _, t := range conjuncts(j.Residual) {
			if k, ok := equiKey(t, left, right); ok {
				c.Keys = append(c.Keys, k)
			} else {
				rest = append(rest, t)
			}
		}
		c.Residual = conjunction(rest)
		return &c
	})
}

func equiKey(t plan.Expr, left, right plan.ColumnSet) (plan.JoinKey, bool) {
	call, ok := t.(*plan.Call)
	if !ok || call.Fn.Name != "=" || isVolatile(t) || containsSubquery(t) {
		return plan.JoinKey{}, false
	}
	a, b := plan.Uses(call.Args[0]), plan.Uses(call.Args[1])
	switch {
	case len(a) == 0 || len(b) == 0:
		return plan.JoinKey{}, false
	case left.ContainsAll(a) && right.ContainsAll(b):
		return plan.JoinKey{L: call.Args[0], R: call.Args[1]}, true
	case left.ContainsAll(b) && right.ContainsAll(a):
		return plan.JoinKey{L: call.Args[1], R: call.Args[0]}, true
	}
	return plan.JoinKey{}, false
}

// buildSide swaps the sides of inner joins so that the right side, which the executor holds in memory, is the one that
// looks smaller: fewer steps of reduction on the way up from the tables mean more rows.
func buildSide(_ *run, root plan.Node) plan.Node {
	return everywhere(root, func(n plan.Node) plan.Node {
		j, ok := n.(*plan.Join)
		if !ok || j.Kind != plan.InnerJoin || weight(j.R) <= weight(j.L) {
			return n
		}
		c := *j
		c.L, c.R = j.R, j.L
		c.Keys = make([]plan.JoinKey, len(j.Keys))
		for i, k := range j.Keys {
			c.Keys[i] = plan.JoinKey{L: k.R, R: k.L}
		}
		cols := n.Columns()
		keep := make([]bool, len(cols))
		for i := range keep {
			keep[i] = true
		}
		return keepExactly(&c, cols, keep) // above, columns may go by position
	})
}

// weight guesses how many rows an operator produces, on a scale without unit: without statistics only the shape of the plan
// speaks.
func weight(n plan.Node) float64 {
	switch n := n.(type) {
	case *plan.Scan:
		return 1e6
	case *plan.Filter:
		return weight(n.Input) / float64(1+2*len(conjuncts(n.Pred)))
	case *plan.Aggregate:
		if len(n.Keys) == 0 {
			return 1
		}
		return weight(n.Input) / 100
	case *plan.Limit:
		if n.Count >= 0 {
			return min(weight(n.Input), float64(n.Count))
		}
	case *plan.Values:
		return float64(len(n.Rows))
	case *plan.OneRow:
		return 1
	case *plan.Join:
		if len(n.Keys) == 0 {
			return weight(n.L) * weight(n.R)
		}
		return max(weight(n.L), weight(n.R))
	case *plan.Unnest:
		return 100 * weight(n.Input)
	case *plan.Union:
		sum := 0.0
		for _, in := range n.In {
			sum += weight(in)
		}
		return sum
	}
	if in := n.Inputs(); len(in) > 0 {
		return weight(in[0])
	}
	return 1
}
