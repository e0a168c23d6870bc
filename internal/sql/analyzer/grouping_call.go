package analyzer

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// groupingCall is GROUPING(a, b, ...): which of its arguments the grouping set of a row lacks, as bits, the last argument being
// the lowest.
type groupingCall struct {
	out    plan.Column
	args   []plan.Expr
	source *ast.Call
	keys   []int // which grouping key each argument is
}

// Bounds on the arguments of GROUPING: how many bits an integer has, and a bigint. Source: Trino.
const (
	groupingIntegerMax = 31
	groupingArgsMax    = 63
)

// groupingCall analyzes GROUPING(...) and returns the column that it becomes.
func (p *place) groupingCall(e *ast.Call) (plan.Expr, error) {
	switch {
	case p.calls == nil || p.inCall != "":
		return nil, p.forbidden(e)
	case e.Distinct || e.Filter != nil || e.Nulls != ast.NullsDefault || len(e.OrderBy) > 0 || len(e.Args) == 0:
		return nil, dberr.At(e.Pos, "GROUPING takes expressions of the GROUP BY clause and nothing else")
	case len(e.Args) > groupingArgsMax:
		return nil, dberr.At(e.Pos, "GROUPING supports up to %d column arguments", groupingArgsMax)
	}
	inner := &place{a: p.a, scope: p.scope, clause: "GROUPING"}
	args, err := inner.exprs(e.Args)
	if err != nil {
		return nil, err
	}
	var key strings.Builder
	for _, x := range args {
		key.WriteString(exprKey(x) + ",")
	}
	out, known := p.calls.groupingKeys[key.String()]
	if !known {
		t := types.Integer
		if len(args) > groupingIntegerMax {
			t = types.Bigint
		}
		out = p.a.newColumn("grouping", ofType{t})
		p.calls.groupingKeys[key.String()] = out
		p.calls.groupings = append(p.calls.groupings, groupingCall{out: out, args: args, source: e})
	}
	return &plan.Col{ID: out.ID, Name: out.Name, T: out.Type}, nil
}

// findGroupingKeys finds the grouping keys that the arguments of GROUPING are.
func (s *selection) findGroupingKeys(g *ast.GroupBy) error {
	for i := range s.calls.groupings {
		c := &s.calls.groupings[i]
		if g == nil {
			return dberr.At(c.source.Pos, "A GROUPING() operation can only be used with a corresponding GROUPING SET/CUBE/ROLLUP/GROUP BY clause")
		}
		for k, x := range c.args {
			key, ok := s.group.byID[exprKey(x)]
			if !ok {
				return dberr.At(c.source.Pos, "The arguments to GROUPING() must be expressions referenced by the GROUP BY at line %s. Mismatch due to %s.", g.Pos, c.source.Args[k])
			}
			c.keys = append(c.keys, key)
		}
	}
	return nil
}

// value is the value of the call for the rows of a grouping set.
func (c *groupingCall) value(set []int) *plan.Const {
	has := map[int]bool{}
	for _, k := range set {
		has[k] = true
	}
	bits := int64(0)
	for _, k := range c.keys {
		bits <<= 1
		if !has[k] {
			bits |= 1
		}
	}
	return constant(c.out.Type, bits)
}

// withGroupings adds the columns of GROUPING to a grouping that has one set, that of all keys.
func (s *selection) withGroupings(n plan.Node) plan.Node {
	if len(s.calls.groupings) == 0 {
		return n
	}
	all := make([]int, len(s.group.keys))
	for i := range all {
		all[i] = i
	}
	project := &plan.Project{Input: n}
	for _, c := range n.Columns() {
		project.Cols, project.Exprs = append(project.Cols, c), append(project.Exprs, &plan.Col{ID: c.ID, Name: c.Name, T: c.Type})
	}
	for i := range s.calls.groupings {
		c := &s.calls.groupings[i]
		project.Cols, project.Exprs = append(project.Cols, c.out), append(project.Exprs, c.value(all))
	}
	return project
}
