package analyzer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// calls collects the aggregates and window functions of one SELECT. In expressions they are replaced by the columns that
// they will become.
type calls struct {
	aggs    []plan.AggExpr
	aggKeys map[string]plan.Column // equal calls are computed once
	windows []windowCall
	named   namedWindows

	groupings    []groupingCall
	groupingKeys map[string]plan.Column
}

func newCalls() *calls {
	return &calls{aggKeys: map[string]plan.Column{}, groupingKeys: map[string]plan.Column{}}
}

// windowCall is a window function with the window that it needs.
type windowCall struct {
	partition []plan.Expr
	order     []plan.SortKey
	fn        plan.WindowExpr
	source    *ast.Call
}

// forbidden is the error for an aggregate or window function where there may be none.
func (p *place) forbidden(e *ast.Call) error {
	switch {
	case p.inCall != "":
		return dberr.At(e.Pos, "Cannot nest aggregations inside aggregation '%s': [%s]", p.inCall, e)
	case p.inWindow != "":
		return dberr.At(e.Pos, "Cannot nest window functions inside window function '%s': [%s]", p.inWindow, e)
	case p.inLambda:
		return dberr.At(e.Pos, "Lambda expression cannot contain aggregations, window functions or grouping operations: [%s]", e)
	}
	return dberr.At(e.Pos, "%s cannot contain aggregations, window functions or grouping operations: [%s]", p.clause, e)
}

// aggregateCall resolves an aggregate of the SELECT and returns the column that it becomes.
func (p *place) aggregateCall(e *ast.Call) (plan.Expr, error) {
	if p.calls == nil || p.inCall != "" {
		return nil, p.forbidden(e)
	}
	if e.Nulls != ast.NullsDefault {
		return nil, dberr.At(e.Pos, "Cannot specify null treatment clause for %s function", e.Name)
	}
	inner := &place{a: p.a, scope: p.scope, clause: p.clause, inCall: e.Name}
	agg, err := inner.aggregate(e)
	if err != nil {
		return nil, err
	}
	key := aggKey(agg)
	out, known := p.calls.aggKeys[key]
	if !known {
		out = p.a.newColumn(e.Name, ofType{agg.Out.Type})
		agg.Out = out
		p.calls.aggs = append(p.calls.aggs, agg)
		p.calls.aggKeys[key] = out
	}
	return &plan.Col{ID: out.ID, Name: out.Name, T: out.Type}, nil
}

// aggregate resolves name, arguments and modifiers of an aggregate call; Out has a type only.
func (p *place) aggregate(e *ast.Call) (plan.AggExpr, error) {
	var out plan.AggExpr
	args, err := p.exprs(e.Args)
	if err != nil {
		return out, err
	}
	ts := make([]*types.Type, len(args))
	for i, x := range args {
		ts[i] = x.Type()
	}
	if e.Star && e.Name != "count" {
		return out, dberr.At(e.Pos, "%s(*) is not an aggregate function", e.Name)
	}
	fn, match, err := function.ResolveAggregate(e.Name, ts)
	if err != nil {
		return out, withPos(err, e.Pos)
	}
	if e.Distinct && (len(args) != 1 || !args[0].Type().IsComparable()) {
		return out, dberr.At(e.Pos, "DISTINCT needs one argument of a comparable type in %s", e.Name)
	}
	for i := range args {
		args[i] = coerce(args[i], match.Params[i])
	}
	out = plan.AggExpr{Out: plan.Column{Type: match.Result}, Fn: fn, Args: args, Distinct: e.Distinct}
	if e.Filter != nil {
		if out.Filter, err = p.boolean(e.Filter, "FILTER clause"); err != nil {
			return out, err
		}
	}
	out.OrderBy, err = p.sortKeys(e.OrderBy)
	return out, err
}

func aggKey(agg plan.AggExpr) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v(", agg.Fn.Sig, agg.Distinct)
	for _, x := range agg.Args {
		b.WriteString(exprKey(x) + ",")
	}
	if agg.Filter != nil {
		b.WriteString(" filter " + exprKey(agg.Filter))
	}
	for _, k := range agg.OrderBy {
		fmt.Fprintf(&b, " order %s %v %v", exprKey(k.Expr), k.Desc, k.NullsFirst)
	}
	return b.String()
}

// sortKeys analyzes the keys of an ORDER BY inside a call or a window, where numbers are not positions.
func (p *place) sortKeys(items []*ast.OrderItem) ([]plan.SortKey, error) {
	var out []plan.SortKey
	for _, item := range items {
		x, err := p.expr(item.Expr)
		if err != nil {
			return nil, err
		}
		if err := orderable(item.Pos, x); err != nil {
			return nil, err
		}
		out = append(out, plan.SortKey{Expr: x, Desc: item.Desc, NullsFirst: item.Nulls == ast.NullsFirst})
	}
	return out, nil
}

func orderable(pos ast.Pos, x plan.Expr) error {
	if !x.Type().IsOrderable() {
		return dberr.At(pos, "Type %s is not orderable, and therefore cannot be used in ORDER BY: %s", x.Type(), x.Type())
	}
	return nil
}

// grouping is the GROUP BY of a SELECT: its keys, and which of them each grouping set has.
type grouping struct {
	keys []plan.KeyExpr
	pos  []ast.Pos
	sets [][]int // nil for one set of all keys
	byID map[string]int
}

// groupBy analyzes a GROUP BY clause. A number is the position of a select item; a name that no input column has may be
// the alias of one.
func (s *selection) groupBy(g *ast.GroupBy) (*grouping, error) {
	out := &grouping{byID: map[string]int{}}
	if g == nil {
		return out, nil
	}
	sets := [][]int{nil}
	for _, elem := range g.Elems {
		options, err := s.groupingElem(out, elem)
		if err != nil {
			return nil, err
		}
		var product [][]int
		for _, have := range sets {
			for _, more := range options {
				product = append(product, joinSets([][]int{have, more}))
			}
		}
		if len(product) > groupingSetsMax {
			return nil, dberr.At(g.Pos, "GROUP BY has more than %d grouping sets", groupingSetsMax)
		}
		sets = product
	}
	if g.Distinct {
		sets = distinctSets(sets)
	}
	if len(sets) > 1 || len(sets[0]) != len(out.keys) {
		out.sets = sets
	}
	return out, nil
}

// groupingSetsMax bounds CUBE, as Trino does.
const groupingSetsMax = 2048

// groupingElem returns the key sets that one element of GROUP BY stands for.
func (s *selection) groupingElem(g *grouping, elem *ast.GroupingElem) ([][]int, error) {
	if elem.Kind == ast.GroupingExpr {
		k, err := s.groupKey(g, elem.Expr)
		return [][]int{{k}}, err
	}
	lists := make([][]int, len(elem.Sets))
	for i, set := range elem.Sets {
		for _, e := range set {
			k, err := s.groupKey(g, e)
			if err != nil {
				return nil, err
			}
			lists[i] = append(lists[i], k)
		}
	}
	switch elem.Kind {
	case ast.GroupingRollup:
		out := make([][]int, 0, len(lists)+1)
		for n := len(lists); n >= 0; n-- {
			out = append(out, joinSets(lists[:n]))
		}
		return out, nil
	case ast.GroupingCube:
		if len(lists) > 11 {
			return nil, dberr.At(elem.Pos, "CUBE has more than 11 expressions")
		}
		var out [][]int
		for mask := 1<<len(lists) - 1; mask >= 0; mask-- {
			var chosen [][]int
			for i := range lists {
				if mask>>(len(lists)-1-i)&1 == 1 {
					chosen = append(chosen, lists[i])
				}
			}
			out = append(out, joinSets(chosen))
		}
		return out, nil
	}
	return lists, nil
}

// joinSets is the union of sets of keys.
func joinSets(lists [][]int) []int {
	var out []int
	for _, l := range lists {
		for _, k := range l {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

// distinctSets leaves out sets of keys that are there already, for GROUP BY DISTINCT.
func distinctSets(sets [][]int) [][]int {
	var out [][]int
	seen := map[string]bool{}
	for _, set := range sets {
		sorted := slices.Sorted(slices.Values(set))
		if key := fmt.Sprint(sorted); !seen[key] {
			seen[key] = true
			out = append(out, set)
		}
	}
	return out
}

// groupKey adds one grouping expression, or finds it among those that are there.
func (s *selection) groupKey(g *grouping, e ast.Expr) (int, error) {
	x, err := s.groupExpr(e)
	if err != nil {
		return 0, err
	}
	if !x.Type().IsComparable() {
		return 0, dberr.At(e.Position(), "%s is not comparable, and therefore cannot be used in GROUP BY", x.Type())
	}
	key := exprKey(x)
	if k, ok := g.byID[key]; ok {
		return k, nil
	}
	col, ok := x.(*plan.Col)
	var out plan.Column
	if ok && s.input[col.ID] { // a plain column keeps its id
		out = plan.Column{ID: col.ID, Name: col.Name, Type: col.T}
	} else {
		out = s.a.newColumn("key", x)
	}
	g.byID[key] = len(g.keys)
	g.keys = append(g.keys, plan.KeyExpr{Out: out, Expr: x})
	g.pos = append(g.pos, e.Position())
	return len(g.keys) - 1, nil
}

func (s *selection) groupExpr(e ast.Expr) (plan.Expr, error) {
	p := &place{a: s.a, scope: s.scope, clause: "GROUP BY clause"}
	if n, ok := e.(*ast.Int); ok {
		if n.Value < 1 || n.Value > int64(len(s.items)) {
			return nil, dberr.At(e.Position(), "GROUP BY position %d is not in select list", n.Value)
		}
		item := s.items[n.Value-1]
		if item.source == nil {
			return item.expr, nil
		}
		return p.expr(item.source)
	}
	x, err := p.expr(e)
	if name, ok := e.(*ast.Ident); ok && err != nil && x == nil {
		for _, item := range s.items {
			if item.alias && strings.EqualFold(item.name, name.Name) {
				return p.expr(item.source)
			}
		}
	}
	return x, err
}

// regroup rewrites an expression over the input of a grouped SELECT into one over its groups: what equals a key becomes the
// key's column. ok is false if a column is left that is neither a key nor inside an aggregate.
func (s *selection) regroup(e plan.Expr) (out plan.Expr, ok bool) {
	if k, found := s.group.byID[exprKey(e)]; found {
		c := s.group.keys[k].Out
		return &plan.Col{ID: c.ID, Name: c.Name, T: c.Type}, true
	}
	switch e := e.(type) {
	case *plan.Col:
		return e, !s.input[e.ID]
	case *plan.Subquery:
		for _, id := range e.Outer {
			if s.input[id] && !s.plainKey(id) {
				return e, false
			}
		}
	}
	parts := plan.Children(e)
	if len(parts) == 0 {
		return e, true
	}
	rewritten := make([]plan.Expr, len(parts))
	for i, part := range parts {
		if rewritten[i], ok = s.regroup(part); !ok {
			return e, false
		}
	}
	return plan.WithChildren(e, rewritten), true
}

// plainKey reports whether an input column is itself a grouping key.
func (s *selection) plainKey(id plan.ColumnID) bool {
	for _, k := range s.group.keys {
		if k.Out.ID == id {
			return true
		}
	}
	return false
}
