package parser_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/parser"
)

// places lists every node of a tree that has a place, in the order of its fields, as "kind line:column".
func places(v reflect.Value, out *[]string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			places(v.Elem(), out)
		}
	case reflect.Slice:
		for i := range v.Len() {
			places(v.Index(i), out)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if at, ok := v.Field(i).Interface().(ast.At); ok {
				*out = append(*out, fmt.Sprintf("%s %s", strings.ToLower(v.Type().Name()), at.Pos))
			} else {
				places(v.Field(i), out)
			}
		}
	}
}

// Names, literals and calls stand at their first token, operators and predicates at the operator, fields and subscripts
// where their operand begins.
func TestPositions(t *testing.T) {
	for _, x := range []struct{ text, places string }{
		{"SELECT a + b", "query 1:1, select 1:1, selectitem 1:8, binary 1:10, ident 1:8, ident 1:12"},
		{"SELECT\n  'ä', \"ö\" = 1", "query 1:1, select 1:1, selectitem 2:3, str 2:3, selectitem 2:8, binary 2:12, ident 2:8, int 2:14"},
		{"SELECT a AND b OR NOT c", "query 1:1, select 1:1, selectitem 1:8, logic 1:16, logic 1:10, ident 1:8, ident 1:14, not 1:19, ident 1:23"},
		{"SELECT a NOT IN (1)", "query 1:1, select 1:1, selectitem 1:8, inlist 1:10, ident 1:8, int 1:18"},
		{"SELECT a IS NULL", "query 1:1, select 1:1, selectitem 1:8, isnull 1:10, ident 1:8"},
		{"SELECT a BETWEEN 1 AND 2", "query 1:1, select 1:1, selectitem 1:8, between 1:10, ident 1:8, int 1:18, int 1:24"},
		{"SELECT (a).b[1]", "query 1:1, select 1:1, selectitem 1:8, subscript 1:8, dot 1:8, ident 1:9, ident 1:12, int 1:14"},
		{"SELECT (a + b).c", "query 1:1, select 1:1, selectitem 1:8, dot 1:8, binary 1:11, ident 1:9, ident 1:13, ident 1:16"},
		{"SELECT ((a).b, 1)", "query 1:1, select 1:1, selectitem 1:8, row 1:8, dot 1:9, ident 1:10, ident 1:13, int 1:16"},
		{"SELECT -a, -9223372036854775808", "query 1:1, select 1:1, selectitem 1:8, unary 1:8, ident 1:9, selectitem 1:12, int 1:12"},
		{"SELECT sum(x) OVER (ORDER BY y ROWS 1 PRECEDING) z",
			"query 1:1, select 1:1, selectitem 1:8, call 1:8, ident 1:12, windowspec 1:15, orderitem 1:30, ident 1:30, frame 1:32, int 1:37, ident 1:50"},
		{"SELECT CAST(x AS ARRAY(int)), DATE '1'", "query 1:1, select 1:1, selectitem 1:8, cast 1:8, ident 1:13, typename 1:18, typename 1:24, selectitem 1:31, typed 1:31, typename 1:31"},
		{"SELECT f(x -> 1, (a, b) -> 2)", "query 1:1, select 1:1, selectitem 1:8, call 1:8, lambda 1:10, ident 1:10, int 1:15, lambda 1:18, ident 1:19, ident 1:22, int 1:28"},
		{"SELECT position(a IN b)", "query 1:1, select 1:1, selectitem 1:8, call 1:8, ident 1:22, ident 1:17"},
		{"SELECT (SELECT 1), ((SELECT 1) + 1)",
			"query 1:1, select 1:1, selectitem 1:8, scalarquery 1:8, query 1:9, select 1:9, selectitem 1:16, int 1:16, selectitem 1:20, binary 1:32, scalarquery 1:21, query 1:22, select 1:22, selectitem 1:29, int 1:29, int 1:34"},
		{"SELECT x = ANY (SELECT 1)", "query 1:1, select 1:1, selectitem 1:8, quantified 1:10, ident 1:8, query 1:17, select 1:17, selectitem 1:24, int 1:24"},
		{"SELECT t.*, * FROM db.t a\nLEFT JOIN (SELECT 1) ON x, UNNEST(y)",
			"query 1:1, select 1:1, selectitem 1:8, ident 1:8, selectitem 1:13, join 2:1, table 1:20, ident 1:20, ident 1:23, ident 1:25, derived 2:11, query 2:12, select 2:12, selectitem 2:19, int 2:19, ident 2:25, unnest 2:28, ident 2:35"},
		{"SELECT 1 GROUP BY a, ROLLUP (b) ORDER BY c LIMIT 5",
			"query 1:1, orderitem 1:42, ident 1:42, int 1:50, select 1:1, selectitem 1:8, int 1:8, groupby 1:10, groupingelem 1:19, ident 1:19, groupingelem 1:22, ident 1:30"},
		{"WITH a AS (SELECT 1) TABLE b", "query 1:1, cte 1:6, ident 1:6, query 1:12, select 1:12, selectitem 1:19, int 1:19, select 1:22, selectitem 1:22, table 1:28, ident 1:28"},
		{"SELECT 1 UNION VALUES 2", "query 1:1, setop 1:10, select 1:1, selectitem 1:8, int 1:8, values 1:16, int 1:23"},
		{" SHOW MEASURES FROM a.b", "showmeasures 1:2, table 1:21, ident 1:21, ident 1:23"},
		{"UNLOAD (TABLE a) TO 'x' WITH (f = 'y')", "unload 1:1, query 1:9, select 1:9, selectitem 1:9, table 1:15, ident 1:15, str 1:21, unloadoption 1:31, str 1:35"},
	} {
		st, err := parser.Parse(x.text)
		if err != nil {
			t.Errorf("%s\n  %v", x.text, err)
			continue
		}
		var got []string
		places(reflect.ValueOf(st), &got)
		if x.text == "SELECT 1 GROUP BY a, ROLLUP (b) ORDER BY c LIMIT 5" {
			got = append(append(got[:1:1], got[9:]...), got[1:9]...) // the fields of Query begin with its body
		}
		if strings.Join(got, ", ") != x.places {
			t.Errorf("%s\n   got %s\n  want %s", x.text, strings.Join(got, ", "), x.places)
		}
	}
}

// Every node has a place.
func TestEveryNodeHasAPlace(t *testing.T) {
	for name, text := range workloadStatements(t) {
		st, err := parser.Parse(text)
		if err != nil {
			continue
		}
		var got []string
		places(reflect.ValueOf(st), &got)
		for _, p := range got {
			if strings.HasSuffix(p, " 0:0") {
				t.Errorf("%s: %s", name, p)
			}
		}
	}
}
