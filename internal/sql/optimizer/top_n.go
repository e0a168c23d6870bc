package optimizer

import "github.com/tidemarkdb/tidemark/internal/sql/plan"

// topN tells a sort below a limit how many rows are wanted. Projections in between do not change the rows.
func topN(_ *run, root plan.Node) plan.Node {
	return everywhere(root, func(n plan.Node) plan.Node {
		l, ok := n.(*plan.Limit)
		if !ok || l.Count < 0 {
			return n
		}
		if in := bounded(l.Input, l.Offset+l.Count); in != nil {
			return &plan.Limit{Input: in, Offset: l.Offset, Count: l.Count}
		}
		return n
	})
}

func bounded(n plan.Node, rows int64) plan.Node {
	switch n := n.(type) {
	case *plan.Sort:
		if n.Limit < 0 || n.Limit > rows {
			return &plan.Sort{Input: n.Input, Keys: n.Keys, Limit: rows}
		}
	case *plan.Project:
		if in := bounded(n.Input, rows); in != nil {
			return &plan.Project{Input: in, Cols: n.Cols, Exprs: n.Exprs}
		}
	}
	return nil
}
