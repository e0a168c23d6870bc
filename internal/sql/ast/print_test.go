package ast_test

import (
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/ast"
)

// The tests of package parser check that printed statements are read as equal trees. Here stand trees that the parser
// does not make, and parts of statements.

func id(name string) *ast.Ident { return &ast.Ident{Name: name} }

func number(n int64) *ast.Int { return &ast.Int{Value: n} }

func binary(op string, l, r ast.Expr) *ast.Binary { return &ast.Binary{Op: op, L: l, R: r} }

func TestQuoteIdent(t *testing.T) {
	for _, x := range []struct{ name, want string }{
		{"a", "a"},
		{"measure_value::double", "measure_value::double"},
		{"A1_@:", "A1_@:"},
		{"1a", `"1a"`},
		{"@a", `"@a"`},
		{"my-db", `"my-db"`},
		{"größe", `"größe"`},
		{`a"b`, `"a""b"`},
		{"", `""`},
		{"select", `"select"`},
		{"Group", `"Group"`},
		{"limit", "limit"},
		{"time", "time"},
	} {
		if got := ast.QuoteIdent(x.name); got != x.want {
			t.Errorf("%s: got %s, want %s", x.name, got, x.want)
		}
		if got := id(x.name).String(); got != x.want {
			t.Errorf("%s as a node: got %s, want %s", x.name, got, x.want)
		}
	}
}

// Parentheses stand where the tree needs them, and nowhere else.
func TestParentheses(t *testing.T) {
	a, b, c := id("a"), id("b"), id("c")
	sum, product := binary("+", a, b), binary("*", a, b)
	query := &ast.Query{Body: &ast.Select{Items: []*ast.SelectItem{{Expr: a}}}}
	lambda := &ast.Lambda{Params: []*ast.Ident{a}, Body: b}
	for _, x := range []struct {
		expr ast.Expr
		want string
	}{
		{binary("*", sum, c), "(a + b) * c"},
		{binary("+", product, c), "a * b + c"},
		{binary("+", c, product), "c + a * b"},
		{binary("-", c, sum), "c - (a + b)"},
		{binary("-", sum, c), "a + b - c"},
		{binary("||", sum, c), "a + b || c"},
		{binary("+", binary("||", a, b), c), "(a || b) + c"},
		{binary("=", binary("=", a, b), c), "(a = b) = c"},
		{binary("=", sum, &ast.Not{X: c}), "a + b = (NOT c)"},
		{&ast.Not{X: binary("=", a, b)}, "NOT a = b"},
		{&ast.Not{X: &ast.Logic{Op: "AND", L: a, R: b}}, "NOT (a AND b)"},
		{&ast.Logic{Op: "AND", L: &ast.Logic{Op: "OR", L: a, R: b}, R: &ast.Not{X: c}}, "(a OR b) AND NOT c"},
		{&ast.Logic{Op: "OR", L: a, R: &ast.Logic{Op: "OR", L: b, R: c}}, "a OR (b OR c)"},
		{&ast.Between{X: &ast.IsNull{X: a}, Low: &ast.Logic{Op: "AND", L: a, R: b}, High: c}, "(a IS NULL) BETWEEN (a AND b) AND c"},
		{&ast.Dot{X: sum, Name: c}, "(a + b).c"},
		{&ast.Dot{X: number(1), Name: c}, "(1).c"},
		{&ast.Subscript{X: number(-1), Index: &ast.Like{X: a, Pattern: b}}, "(-1)[(a LIKE b)]"},
		{&ast.Subscript{X: id("Array"), Index: number(1)}, "(Array)[1]"},
		{&ast.Unary{Op: "-", X: sum}, "-(a + b)"},
		{&ast.Unary{Op: "-", X: &ast.Unary{Op: "-", X: number(-1)}}, "- - -1"},
		{&ast.InList{X: a, List: []ast.Expr{&ast.ScalarQuery{Query: query}}, Not: true}, "a NOT IN ((SELECT a))"},
		{&ast.InQuery{X: a, Query: query}, "a IN (SELECT a)"},
		{binary("+", lambda, c), "(a -> b) + c"},
		{&ast.Call{Name: "filter", Args: []ast.Expr{a, lambda}}, "filter(a, a -> b)"},
		{&ast.Row{Fields: []ast.Expr{a}}, "ROW(a)"},
		{&ast.Row{Fields: []ast.Expr{a, b}}, "(a, b)"},
	} {
		if got := x.expr.String(); got != x.want {
			t.Errorf("got %s, want %s", got, x.want)
		}
	}
}

// Parts of a statement are printed as they stand in it.
func TestParts(t *testing.T) {
	a, b := id("a"), id("b")
	query := &ast.Query{Body: &ast.Values{Rows: [][]ast.Expr{{number(1)}, {number(2), number(3)}}}}
	order := &ast.OrderItem{Expr: a, Desc: true, Nulls: ast.NullsFirst}
	frame := &ast.Frame{Unit: ast.FrameRange, Start: ast.Bound{Kind: ast.Preceding, Offset: &ast.Duration{Text: "5m"}}, End: ast.Bound{Kind: ast.CurrentRow}}
	rollup := &ast.GroupingElem{Kind: ast.GroupingRollup, Sets: [][]ast.Expr{{a}, {a, b}}}
	row := &ast.TypeName{Name: "row", Length: -1, Fields: []string{"", "x y"}, Args: []*ast.TypeName{{Name: "varchar", Length: 3}, {Name: "interval day to second", Length: -1}}}
	for _, x := range []struct {
		part interface{ String() string }
		want string
	}{
		{query, "VALUES 1, (2, 3)"},
		{&ast.CTE{Name: a, Columns: []*ast.Ident{b}, Query: query}, "a (b) AS (VALUES 1, (2, 3))"},
		{&ast.Nested{Query: query}, "(VALUES 1, (2, 3))"},
		{&ast.SelectItem{Expr: a, Alias: id("order")}, `a AS "order"`},
		{&ast.SelectItem{Star: true, Of: []*ast.Ident{a, b}}, "a.b.*"},
		{order, "a DESC NULLS FIRST"},
		{rollup, "ROLLUP (a, (a, b))"},
		{&ast.GroupBy{Distinct: true, Elems: []*ast.GroupingElem{rollup, {Expr: a}}}, "GROUP BY DISTINCT ROLLUP (a, (a, b)), a"},
		{frame, "RANGE BETWEEN 5m PRECEDING AND CURRENT ROW"},
		{&ast.WindowSpec{PartitionBy: []ast.Expr{a, b}, OrderBy: []*ast.OrderItem{order}, Frame: frame},
			"PARTITION BY a, b ORDER BY a DESC NULLS FIRST RANGE BETWEEN 5m PRECEDING AND CURRENT ROW"},
		{row, `ROW(VARCHAR(3), "x y" INTERVAL DAY TO SECOND)`},
		{&ast.Table{Parts: []*ast.Ident{a, b}, Alias: ast.Alias{Name: id("t"), Columns: []*ast.Ident{a}}}, "a.b AS t (a)"},
		{&ast.UnloadOption{Name: "format", Value: &ast.Str{Value: "it's"}}, "format = 'it''s'"},
	} {
		if got := x.part.String(); got != x.want {
			t.Errorf("got %s, want %s", got, x.want)
		}
	}
}

// A chain is as deep on its left side as it is long; printing it needs no deep stack.
func TestLongChain(t *testing.T) {
	const links = 2_000_000
	var e ast.Expr = id("a")
	for range links {
		e = &ast.Logic{Op: "AND", L: e, R: id("a")}
	}
	if got, want := e.String(), "a"+strings.Repeat(" AND a", links); got != want {
		t.Errorf("got %d bytes, want %d", len(got), len(want))
	}
}
