package analyzer

import (
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// typed is anything with a SQL type.
type typed interface{ Type() *types.Type }

// ofType makes a type itself typed.
type ofType struct{ t *types.Type }

func (o ofType) Type() *types.Type { return o.t }

// field is one column that names can refer to.
type field struct {
	// relation is how the column can be qualified: an alias, or database and table. Empty for none.
	relation []string
	name     string // "" for an unnamed expression, which no name finds
	col      plan.Column
	// expr, if set, stands for the column: an alias of the select list seen from ORDER BY.
	expr plan.Expr
	// origin is the table that the column comes from unchanged, nil if there is none.
	origin *plan.Table
	// aliased tells that a select list gave the name.
	aliased bool
}

// relation is an analyzed FROM item or query: an operator and the columns that names find, in order.
type relation struct {
	node   plan.Node
	fields []field
}

// scope is the names visible at one place. What it does not have is looked for in outer.
type scope struct {
	fields []field
	ctes   map[string]*cte
	outer  *scope
	frame  *frame
	lambda bool // the fields are parameters of a lambda
}

// frame is one query; names found beyond its border are correlations.
type frame struct {
	parent *frame
	outer  []plan.ColumnID // columns of enclosing queries that this one refers to
}

// cte is a named query of WITH.
type cte struct {
	name   string
	shared int
	rel    relation
}

// child returns a scope inside s, of the same query, that also sees fields.
func (s *scope) child(fields []field) *scope {
	return &scope{fields: fields, outer: s, frame: s.frame}
}

// subquery returns the scope in which a query inside an expression at s begins.
func (s *scope) subquery() *scope {
	return &scope{outer: s, frame: &frame{parent: s.frame}}
}

// findCTE looks a query name up from the inside out.
func (s *scope) findCTE(name string) *cte {
	for ; s != nil; s = s.outer {
		if c, ok := s.ctes[name]; ok {
			return c
		}
		for have, c := range s.ctes {
			if strings.EqualFold(have, name) {
				return c
			}
		}
	}
	return nil
}

// use notes that a query in frame f refers to a column found in frame home.
func (f *frame) use(home *frame, id plan.ColumnID) {
	for ; f != home && f != nil; f = f.parent {
		known := false
		for _, have := range f.outer {
			known = known || have == id
		}
		if !known {
			f.outer = append(f.outer, id)
		}
	}
}

// lookup finds a column by its name and, if given, the qualifier of its relation. It searches the scopes from the inside
// out; the first scope with a match decides. It returns nil if there is none.
func (s *scope) lookup(pos ast.Pos, qualifier []string, name string) (plan.Expr, error) {
	for at := s; at != nil; at = at.outer {
		f, err := at.find(pos, qualifier, name)
		if err != nil {
			return nil, err
		}
		if f == nil {
			continue
		}
		if f.expr != nil {
			for id := range plan.Uses(f.expr) {
				s.frame.use(at.frame, id)
			}
			return f.expr, nil
		}
		s.frame.use(at.frame, f.col.ID)
		return &plan.Col{ID: f.col.ID, Name: f.name, T: f.col.Type}, nil
	}
	return nil, nil
}

// find looks in one scope: first for the name exactly as typed, then for one that differs only in case.
func (s *scope) find(pos ast.Pos, qualifier []string, name string) (*field, error) {
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		var found *field
		for i := range s.fields {
			f := &s.fields[i]
			if f.name == "" || !same(f.name, name) || !f.qualifiedBy(qualifier, same) {
				continue
			}
			if found != nil && !found.sameAs(f) {
				return nil, dberr.At(pos, "Column '%s' is ambiguous", strings.Join(append(qualifier, name), "."))
			}
			found = f
		}
		if found != nil {
			return found, nil
		}
	}
	return nil, nil
}

// sameAs reports whether two fields are one column under one name, so that a reference is not ambiguous.
func (f *field) sameAs(g *field) bool {
	if f.expr != nil && g.expr != nil {
		return exprKey(f.expr) == exprKey(g.expr)
	}
	return f.expr == nil && g.expr == nil && f.col.ID == g.col.ID
}

// qualifiedBy reports whether a column may be written with this qualifier: its relation's alias, table, or database and
// table.
func (f *field) qualifiedBy(qualifier []string, same func(a, b string) bool) bool {
	if len(qualifier) > len(f.relation) {
		return false
	}
	tail := f.relation[len(f.relation)-len(qualifier):]
	for i := range qualifier {
		if !same(tail[i], qualifier[i]) {
			return false
		}
	}
	return true
}

// hasRelation reports whether some column of the scope belongs to a relation of this name.
func (s *scope) hasRelation(qualifier []string) bool {
	for i := range s.fields {
		if s.fields[i].qualifiedBy(qualifier, strings.EqualFold) {
			return true
		}
	}
	return false
}

// outputName is the name of column i of a result: its own, or "_col" and its position from 0.
func outputName(name string, i int) string {
	if name == "" {
		return "_col" + strconv.Itoa(i)
	}
	return name
}

// exprKey is equal for expressions that mean the same: same columns, functions, constants and types.
func exprKey(e plan.Expr) string {
	return plan.Key(e)
}
