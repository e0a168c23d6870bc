package naive

import (
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
)

// Supports reports whether this executor has all functions of a statement, and if not, which one is missing. Left out are
// functions that would be the same code again: regular expressions in Java's syntax, the letters of format_datetime and
// what reads formatted texts, Unicode normalization, statistical distributions and the like.
func Supports(stmt *plan.Statement) (ok bool, reason string) {
	s := &support{shared: map[int]bool{}}
	s.node(stmt.Root)
	return s.missing == "", s.missing
}

// support looks for what is missing.
type support struct {
	missing string
	shared  map[int]bool
}

func (s *support) lacks(kind, name string) {
	s.missing = fmt.Sprintf("the naive executor has no %s %s", kind, name)
}

func (s *support) node(n plan.Node) {
	switch n := n.(type) {
	case *plan.Shared:
		if s.shared[n.ID] {
			return
		}
		s.shared[n.ID] = true
	case *plan.Scan:
		for _, f := range n.Series {
			if f.Pred != nil {
				s.expr(f.Pred)
			}
		}
	case *plan.Aggregate:
		for _, a := range n.Aggs {
			if aggregates[a.Fn.Name] == nil {
				s.lacks("aggregate", a.Fn.Name)
			}
		}
	case *plan.Window:
		for _, f := range n.Funcs {
			switch {
			case f.Agg != nil && aggregates[f.Agg.Name] == nil:
				s.lacks("aggregate", f.Agg.Name)
			case f.Fn != nil && windowFunctions[f.Fn.Name] == nil:
				s.lacks("window function", f.Fn.Name)
			}
		}
	}
	for _, e := range plan.Exprs(n) {
		s.expr(e)
	}
	for _, in := range n.Inputs() {
		s.node(in)
	}
}

func (s *support) expr(e plan.Expr) {
	plan.Walk(e, func(e plan.Expr) bool {
		switch e := e.(type) {
		case *plan.Call:
			if f, _ := lookup(e.Fn.Name, paramsOf(e)); f == nil {
				s.lacks("function", e.Fn.Name)
			}
		case *plan.Subquery:
			s.node(e.Input)
		}
		return s.missing == ""
	})
}
