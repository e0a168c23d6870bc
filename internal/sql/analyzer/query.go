package analyzer

import (
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// query analyzes a query with its WITH, ORDER BY, OFFSET and LIMIT. ordered tells that the order of its rows reaches
// somebody who sees it; otherwise ORDER BY matters only together with LIMIT or OFFSET.
func (a *analyzer) query(q *ast.Query, outer *scope, ordered bool) (relation, error) {
	inner, err := a.with(q.With, outer)
	if err != nil {
		return relation{}, err
	}
	keepOrder := ordered || q.Limit != nil || q.Offset != nil
	rel, err := a.body(q.Body, inner, q.OrderBy, keepOrder)
	if err != nil {
		return rel, err
	}
	if q.Limit != nil || q.Offset != nil {
		limit := &plan.Limit{Input: rel.node, Count: -1}
		if q.Limit != nil {
			limit.Count = q.Limit.Value
		}
		if q.Offset != nil {
			limit.Offset = q.Offset.Value
		}
		rel.node = limit
	}
	return rel, nil
}

// with analyzes the named queries, each seeing those before it.
func (a *analyzer) with(list []*ast.CTE, outer *scope) (*scope, error) {
	s := outer
	for _, c := range list {
		if _, twice := s.ctes[c.Name.Name]; twice && s != outer {
			return nil, dberr.At(c.Name.Pos, "WITH query name '%s' specified more than once", c.Name.Name)
		}
		rel, err := a.query(c.Query, s, false)
		if err != nil {
			return nil, err
		}
		rel, err = rename(a.normalize(rel), c.Pos, c.Name.Name, ast.Alias{Columns: c.Columns})
		if err != nil {
			return nil, err
		}
		if s == outer {
			s = outer.child(nil)
			s.ctes = map[string]*cte{}
		}
		a.shared++
		s.ctes[c.Name.Name] = &cte{name: c.Name.Name, shared: a.shared, rel: rel}
	}
	return s, nil
}

// body analyzes the core of a query together with the ORDER BY that applies to it.
func (a *analyzer) body(b ast.Body, outer *scope, orderBy []*ast.OrderItem, keepOrder bool) (relation, error) {
	if err := a.enter(b.Position()); err != nil {
		return relation{}, err
	}
	defer a.leave()
	var rel relation
	var err error
	switch b := b.(type) {
	case *ast.Select:
		return a.selectQuery(b, outer, orderBy, keepOrder)
	case *ast.Nested:
		rel, err = a.query(b.Query, outer, keepOrder && len(orderBy) == 0)
	case *ast.Values:
		rel, err = a.values(b, outer)
	case *ast.SetOp:
		rel, err = a.setOp(b, outer)
	default:
		err = dberr.New(dberr.Internal, "bug: unknown query body %T", b)
	}
	if err != nil || len(orderBy) == 0 {
		return rel, err
	}
	return a.orderOutput(rel, orderBy, outer, keepOrder)
}

// orderOutput orders by the columns of a result: ORDER BY behind VALUES, set operations and queries in parentheses.
func (a *analyzer) orderOutput(rel relation, orderBy []*ast.OrderItem, outer *scope, keepOrder bool) (relation, error) {
	s := &selection{a: a, scope: outer.child(rel.fields), node: rel.node, calls: nil}
	for _, f := range rel.fields {
		s.items = append(s.items, item{name: f.name, expr: &plan.Col{ID: f.col.ID, Name: f.name, T: f.col.Type}})
	}
	if err := s.orderBy(orderBy); err != nil {
		return rel, err
	}
	if keepOrder {
		rel.node = &plan.Sort{Input: rel.node, Keys: s.order, Limit: -1}
	}
	return rel, nil
}

// normalize gives a relation an operator that produces exactly its fields, in order, each column once.
func (a *analyzer) normalize(rel relation) relation {
	cols := rel.node.Columns()
	same := len(cols) == len(rel.fields)
	for i := 0; same && i < len(cols); i++ {
		same = cols[i].ID == rel.fields[i].col.ID
	}
	if same {
		return rel
	}
	project := &plan.Project{Input: rel.node}
	out := relation{node: project}
	seen := plan.ColumnSet{}
	for i, f := range rel.fields {
		c := f.col
		if seen[c.ID] {
			c = a.newColumn(c.Name, ofType{c.Type})
		}
		seen[c.ID] = true
		c.Name = outputName(f.name, i)
		project.Cols = append(project.Cols, c)
		project.Exprs = append(project.Exprs, &plan.Col{ID: f.col.ID, Name: f.col.Name, T: f.col.Type})
		f.col = c
		out.fields = append(out.fields, f)
	}
	return out
}

// coerceTo makes the columns of a normalized relation have the given types.
func (a *analyzer) coerceTo(rel relation, want []*types.Type) relation {
	same := true
	for i, f := range rel.fields {
		same = same && f.col.Type.Equal(want[i])
	}
	if same {
		return rel
	}
	project := &plan.Project{Input: rel.node}
	out := relation{node: project}
	for i, f := range rel.fields {
		x := coerce(&plan.Col{ID: f.col.ID, Name: f.col.Name, T: f.col.Type}, want[i])
		c := f.col
		if _, isCol := x.(*plan.Col); !isCol {
			c = a.newColumn(f.col.Name, x)
		}
		project.Cols, project.Exprs = append(project.Cols, c), append(project.Exprs, x)
		out.fields = append(out.fields, field{name: f.name, col: c, origin: f.origin, aliased: f.aliased})
	}
	return out
}

// setOp analyzes UNION, INTERSECT and EXCEPT. A chain of the same kind of UNION becomes one operator.
func (a *analyzer) setOp(b *ast.SetOp, outer *scope) (relation, error) {
	operands := []ast.Body{b.R}
	left := b.L
	for b.Op == "UNION" {
		l, ok := left.(*ast.SetOp)
		if !ok || l.Op != "UNION" || l.All != b.All {
			break
		}
		operands = append(operands, l.R)
		left = l.L
	}
	operands = append(operands, left)
	rels := make([]relation, len(operands))
	var want []*types.Type
	for i := range operands {
		rel, err := a.body(operands[len(operands)-1-i], outer, nil, false)
		if err != nil {
			return rel, err
		}
		rels[i] = a.normalize(rel)
		if want, err = setTypes(b, want, rels[i].fields); err != nil {
			return rel, err
		}
	}
	nodes := make([]plan.Node, len(rels))
	for i, rel := range rels {
		nodes[i] = a.coerceTo(rel, want).node
	}
	out := relation{}
	var cols []plan.Column
	for i, f := range rels[0].fields {
		c := a.newColumn(outputName(f.name, i), ofType{want[i]})
		cols = append(cols, c)
		out.fields = append(out.fields, field{name: f.name, col: c, origin: f.origin, aliased: f.aliased})
	}
	if b.Op == "UNION" {
		out.node = &plan.Union{Cols: cols, In: nodes}
		if !b.All {
			out.node = distinctOf(out.node)
		}
		return out, nil
	}
	out.node = &plan.SetOp{Except: b.Op == "EXCEPT", All: b.All, Cols: cols, L: nodes[0], R: nodes[1]}
	return out, nil
}

// setTypes widens the column types of a set operation by one more operand.
func setTypes(b *ast.SetOp, have []*types.Type, fields []field) ([]*types.Type, error) {
	if have != nil && len(have) != len(fields) {
		return nil, dberr.At(b.Pos, "%s query has different number of fields: %d, %d", b.Op, len(have), len(fields))
	}
	out := make([]*types.Type, len(fields))
	for i, f := range fields {
		out[i] = f.col.Type
		if have == nil {
			continue
		}
		if out[i] = types.CommonSuper(have[i], f.col.Type); out[i] == nil {
			return nil, dberr.At(b.Pos, "column %d in %s query has incompatible types: %s, %s", i+1, b.Op, have[i], f.col.Type)
		}
		if (b.Op != "UNION" || !b.All) && !out[i].IsComparable() {
			return nil, dberr.At(b.Pos, "Type %s is not comparable and therefore cannot be used in %s", out[i], b.Op)
		}
	}
	return out, nil
}

// distinctOf removes repeated rows.
func distinctOf(n plan.Node) plan.Node {
	agg := &plan.Aggregate{Input: n}
	for _, c := range n.Columns() {
		agg.Keys = append(agg.Keys, plan.KeyExpr{Out: c, Expr: &plan.Col{ID: c.ID, Name: c.Name, T: c.Type}})
	}
	return agg
}

// values analyzes VALUES.
func (a *analyzer) values(v *ast.Values, outer *scope) (relation, error) {
	p := &place{a: a, scope: outer.child(nil), clause: "VALUES"}
	node := &plan.Values{}
	var columns [][]plan.Expr
	for i, row := range v.Rows {
		list, err := p.exprs(row)
		if err != nil {
			return relation{}, err
		}
		if i == 0 {
			columns = make([][]plan.Expr, len(list))
		}
		if len(list) != len(columns) {
			return relation{}, dberr.At(v.Pos, "Values rows have mismatched types: %d and %d columns", len(columns), len(list))
		}
		for c, x := range list {
			columns[c] = append(columns[c], x)
		}
	}
	node.Rows = make([][]plan.Expr, len(v.Rows))
	out := relation{node: node}
	for c, list := range columns {
		same, common, bad := unify(list)
		if bad >= 0 {
			return relation{}, dberr.At(v.Pos, "Values rows have mismatched types: %s vs %s", common, list[bad].Type())
		}
		col := a.newColumn(outputName("", c), ofType{common})
		node.Cols = append(node.Cols, col)
		out.fields = append(out.fields, field{col: col})
		for r := range node.Rows {
			node.Rows[r] = append(node.Rows[r], same[r])
		}
	}
	return out, nil
}
