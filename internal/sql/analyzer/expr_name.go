package analyzer

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

func (p *place) ident(e *ast.Ident) (plan.Expr, error) {
	x, err := p.scope.lookup(e.Pos, nil, e.Name)
	if err == nil && x == nil {
		err = dberr.At(e.Pos, "Column '%s' does not exist", e.Name)
	}
	return x, err
}

// dot is relation.column, database.table.column, or the field of a row.
func (p *place) dot(e *ast.Dot) (plan.Expr, error) {
	if parts := dotted(e); parts != nil {
		names := make([]string, len(parts)-1)
		for i := range names {
			names[i] = parts[i].Name
		}
		last := parts[len(parts)-1]
		x, err := p.scope.lookup(e.Pos, names, last.Name)
		if x != nil || err != nil {
			return x, err
		}
		if missing := p.missingColumn(e, names, last.Name); missing != nil {
			return nil, missing
		}
	}
	x, err := p.expr(e.X)
	if err != nil {
		return nil, err
	}
	return fieldOf(x, e)
}

// missingColumn is the error for a name that can only be meant as a column which does not exist; nil if "a.b" may be field b
// of column a.
func (p *place) missingColumn(e *ast.Dot, qualifier []string, name string) error {
	if len(qualifier) > 1 && !p.knowsRelation(qualifier) {
		return nil
	}
	if len(qualifier) == 1 {
		if column, err := p.scope.lookup(e.Pos, nil, qualifier[0]); column != nil || err != nil {
			return err
		}
	}
	return dberr.At(e.Pos, "Column '%s.%s' does not exist", strings.Join(qualifier, "."), name)
}

func (p *place) knowsRelation(qualifier []string) bool {
	for s := p.scope; s != nil; s = s.outer {
		if s.hasRelation(qualifier) {
			return true
		}
	}
	return false
}

// dotted returns the identifiers of a.b.c, nil if something else is among them.
func dotted(e *ast.Dot) []*ast.Ident {
	switch x := e.X.(type) {
	case *ast.Ident:
		return []*ast.Ident{x, e.Name}
	case *ast.Dot:
		if parts := dotted(x); parts != nil {
			return append(parts, e.Name)
		}
	}
	return nil
}

// fieldOf is the field of a row value by name.
func fieldOf(x plan.Expr, e *ast.Dot) (plan.Expr, error) {
	t := x.Type()
	if t.Kind != types.KindRow {
		return nil, dberr.At(e.Pos, "Expression %s is not of type ROW", e.X)
	}
	found := -1
	for i, f := range t.Fields {
		if f.Name != "" && strings.EqualFold(f.Name, e.Name.Name) {
			if found >= 0 {
				return nil, dberr.At(e.Name.Pos, "Ambiguous row field reference: %s", e.Name.Name)
			}
			found = i
		}
	}
	if found < 0 {
		return nil, dberr.At(e.Name.Pos, "Column '%s' does not exist", e)
	}
	return &plan.Field{X: x, Index: found, T: t.Fields[found].Type}, nil
}

// subscript is an element of an array, or a field of a row by its position, which must be a literal.
func (p *place) subscript(e *ast.Subscript) (plan.Expr, error) {
	list, err := p.exprs([]ast.Expr{e.X, e.Index})
	if err != nil {
		return nil, err
	}
	row := list[0].Type()
	if row.Kind != types.KindRow {
		return applyTo(e.Pos, "subscript", list)
	}
	index, ok := list[1].(*plan.Const)
	if !ok || index.T.Kind != types.KindInteger || index.Value == nil {
		return nil, dberr.At(e.Pos, "Subscript expression on ROW requires a constant index")
	}
	switch at := index.Value.(int64); {
	case at <= 0:
		return nil, dberr.At(e.Pos, "Invalid subscript index: %d. ROW indices start at 1", at)
	case at > int64(len(row.Fields)):
		return nil, dberr.At(e.Pos, "Subscript index out of bounds: %d, max value is %d", at, len(row.Fields))
	default:
		return &plan.Field{X: list[0], Index: int(at - 1), T: row.Fields[at-1].Type}, nil
	}
}
