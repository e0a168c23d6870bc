package optimizer

import "github.com/tidemarkdb/tidemark/internal/sql/plan"

// inline puts a named query where it is used if that is the only place, so that filters and projections reach into it.
// Used more often it stays shared: computed once, held in memory.
func inline(_ *run, root plan.Node) plan.Node {
	uses := map[int]int{}
	countShared(root, uses)
	return everywhere(root, func(n plan.Node) plan.Node {
		s, ok := n.(*plan.Shared)
		if !ok || uses[s.ID] > 1 {
			return n
		}
		p := &plan.Project{Input: s.Input, Cols: s.Cols}
		for _, c := range s.Input.Columns() {
			p.Exprs = append(p.Exprs, &plan.Col{ID: c.ID, Name: c.Name, T: c.Type})
		}
		return p
	})
}

// countShared counts the occurrences of each shared query that will be run; the input of a query shared by several is
// one place.
func countShared(n plan.Node, uses map[int]int) {
	if s, ok := n.(*plan.Shared); ok {
		uses[s.ID]++
		if uses[s.ID] > 1 {
			return
		}
	}
	for _, in := range n.Inputs() {
		countShared(in, uses)
	}
	for _, e := range plan.Exprs(n) {
		plan.Walk(e, func(e plan.Expr) bool {
			if s, ok := e.(*plan.Subquery); ok {
				countShared(s.Input, uses)
			}
			return true
		})
	}
}
