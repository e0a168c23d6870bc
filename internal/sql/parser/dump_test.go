package parser_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/parser"
)

// example is a text and the tree it becomes, as dump writes it.
type example struct {
	text, tree string
}

// checkStatements parses statements, compares their trees, and checks that what they print is read as the same tree.
func checkStatements(t *testing.T, examples []example) {
	t.Helper()
	for _, x := range examples {
		st, err := parser.Parse(x.text)
		if err != nil {
			t.Errorf("%s\n  %v", x.text, err)
			continue
		}
		if got := dump(st); got != x.tree {
			t.Errorf("%s\n   got %s\n  want %s", x.text, got, x.tree)
		}
		checkPrinted(t, x.text, st)
	}
}

// checkExpressions is checkStatements for expressions, which become the only item of a SELECT.
func checkExpressions(t *testing.T, examples []example) {
	t.Helper()
	for i := range examples {
		examples[i].text = "SELECT " + examples[i].text
		examples[i].tree = "(select [" + examples[i].tree + "])"
	}
	checkStatements(t, examples)
}

// checkPrinted checks that the text of a tree is read as an equal tree.
func checkPrinted(t *testing.T, text string, st ast.Statement) {
	t.Helper()
	printed := st.String()
	again, err := parser.Parse(printed)
	if err != nil {
		t.Errorf("%s\n  printed %s\n  %v", text, printed, err)
	} else if !equalTrees(reflect.ValueOf(st), reflect.ValueOf(again)) {
		t.Errorf("%s\n  printed %s\n  tree            %s\n  tree of printed %s", text, printed, dump(st), dump(again))
	}
}

// equalTrees reports whether two trees are equal but for the places of their nodes. A list without elements equals none.
func equalTrees(a, b reflect.Value) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return a.Elem().Type() == b.Elem().Type() && equalTrees(a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !equalTrees(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type().Field(i).Name != "At" && !equalTrees(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return a.Interface() == b.Interface()
}

// dump writes a tree as nested lists: the kind of the node and its fields, those with a zero value left out. Names,
// literals and operators are short; a plain query is its body; an item without an alias is its expression.
func dump(node any) string {
	switch n := node.(type) {
	case *ast.Ident:
		if n.Quoted {
			return fmt.Sprintf("%q", n.Name)
		}
		return n.Name
	case *ast.Int:
		return fmt.Sprint(n.Value)
	case *ast.Float:
		return fmt.Sprint("float:", n.Value)
	case *ast.Str:
		return "'" + n.Value + "'"
	case *ast.Duration:
		return "interval:" + n.Text
	case *ast.Param:
		return "@" + n.Name
	case *ast.Bool:
		return fmt.Sprint(n.Value)
	case *ast.Null:
		return "null"
	case *ast.TypeName:
		return "<" + n.String() + ">"
	case *ast.Unary:
		return list(n.Op, dump(n.X))
	case *ast.Binary:
		return list(n.Op, dump(n.L), dump(n.R))
	case *ast.Logic:
		return list(strings.ToLower(n.Op), dump(n.L), dump(n.R))
	case *ast.Query:
		if n.With == nil && n.OrderBy == nil && n.Limit == nil && n.Offset == nil {
			return dump(n.Body)
		}
	case *ast.SelectItem:
		if n.Expr != nil && n.Alias == nil {
			return dump(n.Expr)
		}
	case *ast.OrderItem:
		if !n.Desc && n.Nulls == ast.NullOrderDefault {
			return dump(n.Expr)
		}
	case *ast.GroupingElem:
		if n.Kind == ast.GroupingExpr {
			return dump(n.Expr)
		}
	}
	return dumpValue(reflect.ValueOf(node))
}

// zeroMeans are the types whose zero value is written, too.
var zeroMeans = map[string]bool{"Bound": true, "BoundKind": true, "JoinKind": true}

// labelled are the optional fields, written with their names.
var labelled = map[string]bool{
	"alias": true, "columns": true, "else": true, "escape": true, "filter": true, "frame": true, "from": true, "groupby": true,
	"having": true, "like": true, "limit": true, "offset": true, "on": true, "operand": true, "options": true,
	"orderby": true, "over": true, "partitionby": true, "using": true, "where": true, "windows": true, "with": true,
}

func list(parts ...string) string { return "(" + strings.Join(parts, " ") + ")" }

// kindNames are the enumerations, in the order of their values.
var kindNames = map[string][]string{
	"JoinKind":      {"inner", "left", "right", "full", "cross"},
	"GroupingKind":  {"expr", "sets", "rollup", "cube"},
	"NullTreatment": {"", "ignore", "respect"},
	"NullOrder":     {"", "nulls-first", "nulls-last"},
	"FrameUnit":     {"rows", "range", "groups"},
	"BoundKind":     {"unbounded-preceding", "preceding", "current-row", "following", "unbounded-following"},
}

func dumpValue(v reflect.Value) string {
	if names, ok := kindNames[v.Type().Name()]; ok {
		return names[v.Uint()]
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
			return dumpFields(v.Elem())
		}
		return dump(v.Elem().Interface())
	case reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = dumpElem(v.Index(i))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case reflect.Struct:
		return dumpFields(v)
	case reflect.String:
		return v.String()
	}
	return fmt.Sprint(v.Interface())
}

// dumpElem goes through dump wherever a node stands, so that the short forms apply.
func dumpElem(v reflect.Value) string {
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		return dump(v.Interface())
	}
	return dumpValue(v)
}

func dumpFields(v reflect.Value) string {
	parts := []string{strings.ToLower(v.Type().Name())}
	for i := range v.NumField() {
		f, name := v.Field(i), strings.ToLower(v.Type().Field(i).Name)
		kind := f.Kind()
		switch {
		case name == "at" || f.IsZero() && !zeroMeans[f.Type().Name()]:
		case kind == reflect.Bool:
			parts = append(parts, name)
		case kind == reflect.Slice && f.Len() == 0:
		case labelled[name]:
			parts = append(parts, name+":"+dumpElem(f))
		default:
			parts = append(parts, dumpElem(f))
		}
	}
	return "(" + strings.Join(parts, " ") + ")"
}
