package executor

import (
	"slices"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
)

// freeColumns returns the columns that a plan takes from outside, in ascending order: those that it refers to and none of
// its operators produces.
func (r *run) freeColumns(n plan.Node) []plan.ColumnID {
	if ids, ok := r.free[n]; ok {
		return ids
	}
	uses, made := plan.ColumnSet{}, plan.ColumnSet{}
	for _, c := range n.Columns() {
		made[c.ID] = true
	}
	for _, e := range plan.Exprs(n) {
		r.addUses(uses, e)
	}
	if s, ok := n.(*plan.Scan); ok {
		for _, f := range s.Series {
			if f.Pred != nil {
				r.addUses(uses, f.Pred)
				made[f.Col.ID] = true
			}
		}
	}
	for _, in := range n.Inputs() {
		for _, c := range in.Columns() {
			made[c.ID] = true
		}
		for _, id := range r.freeColumns(in) {
			uses[id] = true
		}
	}
	ids := []plan.ColumnID{}
	for id := range uses {
		if !made[id] {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	r.free[n] = ids
	return ids
}

// addUses adds the columns that e refers to, in its subqueries those that come from outside of them.
func (r *run) addUses(s plan.ColumnSet, e plan.Expr) {
	plan.AddUses(s, e)
	for _, sub := range subqueriesIn(e) {
		for _, id := range r.freeColumns(sub.Input) {
			s[id] = true
		}
	}
}

// subqueriesIn returns the subqueries of an expression, not those of their plans.
func subqueriesIn(e plan.Expr) []*plan.Subquery {
	var out []*plan.Subquery
	plan.Walk(e, func(e plan.Expr) bool {
		if s, ok := e.(*plan.Subquery); ok {
			out = append(out, s)
		}
		return true
	})
	return out
}

// countReaders returns for each shared query how many operators of the statement read it. Where one of them is part of a
// subquery, which may run any number of times or never, the number cannot be known and is left out.
func countReaders(root plan.Node) map[int]int {
	counts, open, seen := map[int]int{}, map[int]bool{}, map[int]bool{}
	var walk func(n plan.Node, inner bool)
	walk = func(n plan.Node, inner bool) {
		for _, e := range plan.Exprs(n) {
			for _, sub := range subqueriesIn(e) {
				walk(sub.Input, true)
			}
		}
		if s, ok := n.(*plan.Shared); ok {
			counts[s.ID]++
			open[s.ID] = open[s.ID] || inner
			if seen[s.ID] {
				return
			}
			seen[s.ID] = true
		}
		for _, in := range n.Inputs() {
			walk(in, inner)
		}
	}
	walk(root, false)
	for id := range open {
		if open[id] {
			delete(counts, id)
		}
	}
	return counts
}
