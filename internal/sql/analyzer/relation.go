package analyzer

import (
	"math"
	"slices"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// from analyzes the FROM clause: items joined by commas. Without items it is one row without columns.
func (a *analyzer) from(items []ast.Relation, outer *scope) (relation, error) {
	rel := relation{node: &plan.OneRow{}}
	for _, item := range items {
		var err error
		if rel, err = a.crossJoin(rel, item, outer); err != nil {
			return rel, err
		}
	}
	return rel, nil
}

// crossJoin is left CROSS JOIN item; UNNEST and LATERAL may refer to the columns of left.
func (a *analyzer) crossJoin(left relation, item ast.Relation, outer *scope) (relation, error) {
	switch r := item.(type) {
	case *ast.Unnest:
		return a.unnest(left, r, outer, false)
	case *ast.Derived:
		if r.Lateral {
			return a.lateral(left, r, outer, false)
		}
	}
	right, err := a.relation(item, outer)
	if err != nil {
		return right, err
	}
	if _, none := left.node.(*plan.OneRow); none {
		return right, nil
	}
	return relation{&plan.Join{Kind: plan.InnerJoin, L: left.node, R: right.node}, slices.Concat(left.fields, right.fields)}, nil
}

// relation analyzes one FROM item.
func (a *analyzer) relation(item ast.Relation, outer *scope) (relation, error) {
	if err := a.enter(item.Position()); err != nil {
		return relation{}, err
	}
	defer a.leave()
	switch r := item.(type) {
	case *ast.Table:
		return a.table(r, outer)
	case *ast.Derived:
		if r.Lateral {
			return a.lateral(relation{node: &plan.OneRow{}}, r, outer, false)
		}
		rel, err := a.query(r.Query, outer, false)
		if err != nil {
			return rel, err
		}
		return rename(rel, r.Pos, "", r.Alias)
	case *ast.Unnest:
		return a.unnest(relation{node: &plan.OneRow{}}, r, outer, false)
	case *ast.Join:
		return a.join(r, outer)
	}
	return relation{}, dberr.New(dberr.Internal, "bug: unknown relation %T", item)
}

// table is a table, or a named query of WITH.
func (a *analyzer) table(t *ast.Table, outer *scope) (relation, error) {
	name := t.Parts[len(t.Parts)-1].Name
	switch len(t.Parts) {
	case 1:
		c := outer.findCTE(name)
		if c == nil {
			return relation{}, dberr.At(t.Pos, "Table '%s' must be written with its database: database.table", name)
		}
		return rename(a.share(c), t.Pos, name, t.Alias)
	case 2:
	default:
		return relation{}, dberr.At(t.Pos, "Table names have the form database.table: '%s'", identifier(t))
	}
	found, err := a.findTable(t)
	if err != nil {
		return relation{}, err
	}
	scan := &plan.Scan{Table: found, TimeFrom: math.MinInt64, TimeTo: math.MaxInt64}
	rel := relation{node: scan}
	for i, c := range found.Columns {
		col := a.newColumn(c.Name, ofType{c.Type})
		scan.Cols, scan.Source = append(scan.Cols, col), append(scan.Source, i)
		rel.fields = append(rel.fields, field{relation: []string{found.Database, found.Name}, name: c.Name, col: col, origin: found})
	}
	if t.Alias.Name == nil {
		return rel, nil
	}
	return rename(rel, t.Pos, name, t.Alias)
}

// findTable looks a table up and notes that the statement reads it.
func (a *analyzer) findTable(t *ast.Table) (*plan.Table, error) {
	database, name := t.Parts[0].Name, t.Parts[1].Name
	found := a.catalog.Table(database, name)
	if found == nil {
		what, missing := "table", name
		if _, ok := a.catalog.Tables(database); !ok {
			what, missing = "database", database
		}
		return nil, dberr.New(dberr.Invalid, "Requested %s '%s' not found for identifier '%s' at line %s", what, missing, identifier(t), t.Pos)
	}
	for _, have := range a.tables {
		if have.ID == found.ID {
			return have, nil
		}
	}
	a.tables = append(a.tables, found)
	return found, nil
}

func identifier(t *ast.Table) string {
	names := make([]string, len(t.Parts))
	for i, p := range t.Parts {
		names[i] = p.Name
	}
	return strings.Join(names, ".")
}

// share is one more occurrence of a named query, with columns of its own.
func (a *analyzer) share(c *cte) relation {
	node := &plan.Shared{ID: c.shared, Input: c.rel.node}
	rel := relation{node: node}
	for _, f := range c.rel.fields {
		col := a.newColumn(f.col.Name, ofType{f.col.Type})
		node.Cols = append(node.Cols, col)
		f.relation, f.col = []string{c.name}, col
		rel.fields = append(rel.fields, f)
	}
	return rel
}

// rename puts a relation under its alias, or under name if it has none and name is given.
func rename(rel relation, pos ast.Pos, name string, alias ast.Alias) (relation, error) {
	var qualifier []string
	if name != "" {
		qualifier = []string{name}
	}
	if alias.Name != nil {
		name, qualifier = alias.Name.Name, []string{alias.Name.Name}
	}
	if n := len(alias.Columns); n > 0 && n != len(rel.fields) {
		return rel, dberr.At(pos, "Column alias list has %d entries but '%s' has %d columns available", n, name, len(rel.fields))
	}
	fields := make([]field, len(rel.fields))
	for i, f := range rel.fields {
		fields[i] = f
		fields[i].relation = qualifier
		if len(alias.Columns) > 0 {
			fields[i].name = alias.Columns[i].Name
		}
	}
	return relation{rel.node, fields}, nil
}

// unnest is left CROSS JOIN UNNEST(...).
func (a *analyzer) unnest(left relation, u *ast.Unnest, outer *scope, optional bool) (relation, error) {
	p := &place{a: a, scope: outer.child(left.fields), clause: "UNNEST"}
	args, err := p.exprs(u.Args)
	if err != nil {
		return left, err
	}
	node := &plan.Unnest{Input: left.node, Args: args, Outer: optional}
	var added []field
	add := func(name string, t *types.Type) plan.Column {
		col := a.newColumn(name, ofType{t})
		added = append(added, field{name: name, col: col})
		return col
	}
	for i, x := range args {
		var outs []plan.Column
		switch t := x.Type(); {
		case t.Kind == types.KindTimeSeries:
			outs = []plan.Column{add("time", types.Timestamp), add("value", t.Elem)}
		case t.Kind == types.KindArray && t.Elem.Kind == types.KindRow:
			for _, f := range t.Elem.Fields {
				outs = append(outs, add(f.Name, f.Type))
			}
		case t.Kind == types.KindArray:
			outs = []plan.Column{add("", t.Elem)}
		default:
			return left, dberr.At(u.Args[i].Position(), "Cannot unnest type: %s", t)
		}
		node.Outs = append(node.Outs, outs)
	}
	if u.Ordinality {
		col := add("", types.Bigint)
		node.Ordinality = &col
	}
	named, err := rename(relation{node, added}, u.Pos, "unnest", u.Alias)
	if err != nil {
		return left, err
	}
	return relation{node, slices.Concat(left.fields, named.fields)}, nil
}

var joinKinds = map[ast.JoinKind]plan.JoinKind{
	ast.InnerJoin: plan.InnerJoin, ast.LeftJoin: plan.LeftJoin, ast.RightJoin: plan.RightJoin, ast.FullJoin: plan.FullJoin,
	ast.CrossJoin: plan.InnerJoin,
}

func (a *analyzer) join(j *ast.Join, outer *scope) (relation, error) {
	left, err := a.relation(j.L, outer)
	if err != nil {
		return left, err
	}
	switch r := j.R.(type) {
	case *ast.Unnest:
		return a.joinUnnest(left, j, r, outer)
	case *ast.Derived:
		if r.Lateral {
			return a.joinLateral(left, j, r, outer)
		}
	}
	right, err := a.relation(j.R, outer)
	if err != nil {
		return right, err
	}
	node := &plan.Join{Kind: joinKinds[j.Kind], L: left.node, R: right.node}
	rel := relation{node, slices.Concat(left.fields, right.fields)}
	switch {
	case len(j.Using) > 0:
		return a.joinUsing(node, left, right, j.Using)
	case j.On != nil:
		p := &place{a: a, scope: outer.child(rel.fields), clause: "JOIN clause"}
		node.Residual, err = p.condition(j.On, "JOIN ON clause")
	}
	return rel, err
}

// joinUnnest is a join with UNNEST on its right: CROSS JOIN, or INNER and LEFT JOIN with ON true.
func (a *analyzer) joinUnnest(left relation, j *ast.Join, u *ast.Unnest, outer *scope) (relation, error) {
	literal, isTrue := j.On.(*ast.Bool)
	isTrue = isTrue && literal.Value
	if j.Kind != ast.CrossJoin && (!isTrue || j.Kind == ast.RightJoin || j.Kind == ast.FullJoin) {
		return left, dberr.At(j.Pos, "UNNEST on other than the right side of CROSS JOIN, or of LEFT JOIN with ON TRUE, is not supported")
	}
	return a.unnest(left, u, outer, j.Kind == ast.LeftJoin)
}

// joinUsing joins on equal columns, which come first and once.
func (a *analyzer) joinUsing(node *plan.Join, left, right relation, using []*ast.Ident) (relation, error) {
	var merged []field
	var exprs []plan.Expr
	var cols []plan.Column
	used := map[*field]bool{}
	var terms []plan.Expr
	for _, name := range using {
		lf, err := usingColumn(left, name, "left")
		if err != nil {
			return left, err
		}
		rf, err := usingColumn(right, name, "right")
		if err != nil {
			return left, err
		}
		used[lf], used[rf] = true, true
		l, r := &plan.Col{ID: lf.col.ID, Name: lf.name, T: lf.col.Type}, &plan.Col{ID: rf.col.ID, Name: rf.name, T: rf.col.Type}
		equal, err := applyTo(name.Pos, "=", []plan.Expr{l, r})
		if err != nil {
			return left, err
		}
		terms = append(terms, equal)
		both, common, _ := unify([]plan.Expr{l, r})
		col := a.newColumn(l.Name, ofType{common})
		cols, exprs = append(cols, col), append(exprs, &plan.Coalesce{Args: both, T: common})
		merged = append(merged, field{name: l.Name, col: col})
	}
	node.Residual = conjunction(terms)
	kept := plan.ColumnSet{} // a column may be there under two names
	for _, side := range []relation{left, right} {
		for i := range side.fields {
			f := &side.fields[i]
			if used[f] {
				continue
			}
			merged = append(merged, *f)
			if !kept[f.col.ID] {
				kept[f.col.ID] = true
				cols, exprs = append(cols, f.col), append(exprs, &plan.Col{ID: f.col.ID, Name: f.col.Name, T: f.col.Type})
			}
		}
	}
	return relation{&plan.Project{Input: node, Cols: cols, Exprs: exprs}, merged}, nil
}

// usingColumn finds the field of one side that USING names.
func usingColumn(rel relation, name *ast.Ident, side string) (*field, error) {
	s := scope{fields: rel.fields}
	f, err := s.find(name.Pos, nil, name.Name)
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, dberr.At(name.Pos, "Column '%s' is missing from %s side of join", name.Name, side)
	}
	return f, nil
}

// conjunction is the AND of terms, nil for none.
func conjunction(terms []plan.Expr) plan.Expr {
	switch len(terms) {
	case 0:
		return nil
	case 1:
		return terms[0]
	}
	return &plan.And{Terms: terms}
}

// condition analyzes the condition of a clause, which must be boolean.
func (p *place) condition(e ast.Expr, clause string) (plan.Expr, error) {
	x, err := p.expr(e)
	if err != nil {
		return nil, err
	}
	if k := x.Type().Kind; k != types.KindBoolean && k != types.KindUnknown {
		return nil, dberr.At(e.Position(), "%s must evaluate to a boolean: actual type %s", clause, x.Type())
	}
	return coerce(x, types.Boolean), nil
}
