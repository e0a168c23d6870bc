package parser_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/parser"
)

// statementMax is the length of a statement that the API lets through, in bytes.
const statementMax = 262_144

// nestings are the ways to nest, as what is repeated before and after the core of the statement.
var nestings = []struct{ name, before, open, core, shut, after string }{
	{"parentheses", "SELECT ", "(", "1", ")", ""},
	{"rows", "SELECT ", "(1, ", "1", ")", ""},
	{"calls", "SELECT ", "f(", "1", ")", ""},
	{"lambdas", "SELECT ", "f(x -> ", "1", ")", ""},
	{"special calls", "SELECT ", "position(", "a", ")", ""},
	{"trims", "SELECT ", "trim(both ", "a", " FROM b)", ""},
	{"subscripts", "SELECT ", "a[", "1", "]", ""},
	{"arrays", "SELECT ", "ARRAY[", "1", "]", ""},
	{"cases", "SELECT ", "CASE WHEN ", "a", " THEN 1 END", ""},
	{"else", "SELECT ", "CASE WHEN a THEN 1 ELSE ", "a", " END", ""},
	{"casts", "SELECT ", "CAST(", "a", " AS int)", ""},
	{"extracts", "SELECT ", "EXTRACT(day FROM ", "a", ")", ""},
	{"types", "SELECT CAST(a AS ", "ARRAY(", "int", ")", ")"},
	{"not", "SELECT ", "NOT ", "a", "", ""},
	{"signs", "SELECT ", "- ", "a", "", ""},
	{"in lists", "SELECT ", "a IN (", "1", ")", ""},
	{"in queries", "SELECT ", "a IN (SELECT ", "1", ")", ""},
	{"exists", "SELECT ", "EXISTS (SELECT ", "1", ")", ""},
	{"quantified", "SELECT ", "a = ALL (SELECT ", "1", ")", ""},
	{"scalar queries", "SELECT ", "(SELECT ", "1", ")", ""},
	{"scalar query sums", "SELECT ", "((SELECT ", "1", ") + 1)", ""},
	{"queries in parentheses", "", "(", "SELECT 1", ")", ""},
	{"unions", "", "(", "SELECT 1", " UNION SELECT 1)", ""},
	{"right unions", "SELECT 1 UNION ", "(SELECT 1 UNION ", "SELECT 1", ")", ""},
	{"ctes", "", "WITH a AS (", "SELECT 1", ") SELECT 1", ""},
	{"derived tables", "SELECT * FROM ", "(SELECT * FROM ", "a", ")", ""},
	{"relations in parentheses", "SELECT * FROM ", "(", "a", ")", ""},
	{"derived tables in parentheses", "SELECT * FROM ", "((SELECT * FROM ", "a", ") CROSS JOIN b)", ""},
	{"right joins", "SELECT * FROM ", "a JOIN ", "b", " ON c", ""},
	{"joins in parentheses", "SELECT * FROM ", "(a JOIN ", "b", " ON c)", ""},
	{"frames", "SELECT ", "f(x) OVER (ROWS ", "1", " PRECEDING)", ""},
	{"filters", "SELECT ", "f(x) FILTER (WHERE ", "1", ")", ""},
	{"grouping sets", "SELECT 1 GROUP BY ", "((", "1", ", 1), 1)", ""},
}

// A hundred and fifty levels of anything are fine; a statement full of them is an error, quickly, and not an overflow of the stack.
func TestNesting(t *testing.T) {
	for _, n := range nestings {
		nested := func(levels int) string {
			return n.before + strings.Repeat(n.open, levels) + n.core + strings.Repeat(n.shut, levels) + n.after
		}
		st, err := parser.Parse(nested(150))
		if err != nil {
			t.Errorf("%s: 150 levels: %v", n.name, err)
			continue
		}
		checkPrinted(t, n.name, st)
		for _, text := range []string{nested(600), n.before + strings.Repeat(n.open, statementMax/len(n.open))} {
			_, err = parser.Parse(text)
			if err == nil || !dberr.Is(err, dberr.Invalid) || !strings.HasPrefix(err.Error(), "The query is nested too deeply at line 1:") {
				t.Errorf("%s: %v", n.name, err)
			}
		}
		checkLinear(t, n.name, func(bytes int) { _, _ = parser.Parse(n.before + strings.Repeat(n.open, bytes/len(n.open))) })
	}
}

// The bound is exact, and its error says where.
func TestNestingBound(t *testing.T) {
	parens := func(n int) string { return "SELECT " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) }
	if _, err := parser.Parse(parens(498)); err != nil {
		t.Error(err)
	}
	_, err := parser.Parse(parens(499))
	var e *dberr.Error
	if want := "The query is nested too deeply at line 1:507"; !errors.As(err, &e) || e.Client() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// checkLinear fails unless work on a text of the largest length takes about four times as long as on a quarter of it; quadratic
// work takes sixteen times as long. Of several attempts the shortest count, since other programs run meanwhile.
func checkLinear(t *testing.T, name string, work func(bytes int)) {
	t.Helper()
	const attempts, factor, noise = 6, 9, 50 * time.Millisecond
	timed := func(bytes int) time.Duration {
		start := time.Now()
		work(bytes)
		return time.Since(start)
	}
	part, whole := timed(statementMax/4), timed(statementMax)
	for range attempts {
		if whole <= factor*part+noise {
			return
		}
		part, whole = min(part, timed(statementMax/4)), min(whole, timed(statementMax))
	}
	if whole > factor*part+noise {
		t.Errorf("%s: %v for a quarter of the text, %v for all of it", name, part, whole)
	}
}

// Chains are as long as a statement may be, in linear time and without deep recursion, forth and back.
func TestLongChains(t *testing.T) {
	for _, c := range []struct{ name, before, link, after string }{
		{"and", "SELECT a", " AND a", ""},
		{"or", "SELECT a", " OR a", ""},
		{"sum", "SELECT 1", "+1", ""},
		{"concat", "SELECT 1", "||1", ""},
		{"mixed", "SELECT 1", " AND a=1+2*3-4 OR a", ""},
		{"fields", "SELECT a", ".a", ""},
		{"star", "SELECT a", ".a", ".*"},
		{"table name", "SELECT 1 FROM a", ".a", ""},
		{"subscripts", "SELECT a", "[1]", ""},
		{"items", "SELECT 1", ",1", ""},
		{"lambdas or rows", "SELECT f((a)", ",(a)", ")"},
		{"long row, no lambda", "SELECT f((a", ",a", "))"},
		{"long row", "SELECT f((a", ",a", ",1))"},
		{"long lambda", "SELECT f((a", ",a", ")->1)"},
		{"in list", "SELECT a IN (1", ",1", ")"},
		{"values", "VALUES 1", ",(1,2)", ""},
		{"case", "SELECT CASE WHEN a THEN 1", " WHEN a THEN 1", " END"},
		{"joins", "SELECT 1 FROM a", " CROSS JOIN a", ""},
		{"relations", "SELECT 1 FROM a", ",(a)", ""},
		{"unions", "SELECT 1", " UNION SELECT 1", ""},
		{"union and intersect", "SELECT 1", " UNION SELECT 1 INTERSECT SELECT 1", ""},
		{"string", "SELECT '", "''", "'"},
		{"identifier", "SELECT \"a", "\"\"", "\""},
		{"unicode string", "SELECT U&'", `\0041`, "'"},
		{"digits", "SELECT 1.", "0", ""},
		{"comment", "SELECT 1 /*", "* /", "*/"},
		{"blanks", "SELECT 1", "\n", ""},
		{"ctes", "WITH a AS (TABLE a)", ",a AS (TABLE a)", "TABLE a"},
		{"order", "SELECT 1 ORDER BY a", ",a", ""},
		{"group", "SELECT 1 GROUP BY a", ",(a,a)", ""},
	} {
		long := func(bytes int) string {
			return c.before + strings.Repeat(c.link, (bytes-len(c.before)-len(c.after))/len(c.link)) + c.after
		}
		st, err := parser.Parse(long(statementMax))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		printed := st.String()
		if again, err := parser.Parse(printed); err != nil || again.String() != printed {
			t.Errorf("%s: the printed statement is not read as the same: %v", c.name, err)
		}
		checkLinear(t, c.name, func(bytes int) {
			if st, err := parser.Parse(long(bytes)); err == nil {
				_ = st.String()
			}
		})
	}
}

// Text that looks like the beginning of something all the time is refused in linear time.
func TestHopelessText(t *testing.T) {
	for _, link := range []string{
		"(", ")", "[", "f((a,", "f((a,b,c,", "(a,b,c,", "a = ALL (", "a = ALL ((((", "a.", "a.b.", "SELECT ", "SELECT (", "((SELECT 1) ", "x IN ((",
		"CASE WHEN ", "'", "\"", "U&'", "@", "1e", "1d", "/*", "-", "- - ", "NOT ", "a ->", "() ->", "f(() ->", "trim(both ", "position(",
		"(SELECT 1 UNION ", "a JOIN ", "GROUPING SETS ((", "ARRAY<", "INTERVAL -", "date ''", "\x00", "é", "all ", "all(", "limit ",
	} {
		for _, before := range []string{"SELECT f(", "SELECT 1 FROM "} {
			checkLinear(t, before+link, func(bytes int) {
				if st, err := parser.Parse(before + strings.Repeat(link, bytes/len(link))); err == nil {
					_ = st.String()
				}
			})
		}
	}
}

// Parsers are used again; nothing of one statement may show up in the next.
func TestParsersAreUsedAgain(t *testing.T) {
	first, err := parser.Parse("SELECT f(a, b, c), (d, e), x IN (1, 2, 3)")
	if err != nil {
		t.Fatal(err)
	}
	want := first.String()
	for _, text := range []string{"SELECT f(1, 2, (3, 4, ", "SELECT ARRAY[7, 8, 9], g(7, 8)", "SELECT 'x", "VALUES (1, 2, 3)"} {
		_, _ = parser.Parse(text)
	}
	if got := first.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	second, err := parser.Parse("SELECT f()")
	if err != nil {
		t.Fatal(err)
	}
	if args := second.(*ast.Query).Body.(*ast.Select).Items[0].Expr.(*ast.Call).Args; len(args) != 0 {
		t.Errorf("got arguments %v", args)
	}
}
