package parser_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/parser"
)

// FuzzParse checks that no text makes the parser panic, that every error is the statement's, and that what a tree prints
// is read as an equal tree.
func FuzzParse(f *testing.F) {
	for _, text := range workloadStatements(f) {
		f.Add(text)
	}
	for _, n := range nestings {
		f.Add(n.before + n.open + n.open + n.core + n.shut + n.shut + n.after)
	}
	for _, text := range []string{
		"SELECT all - 1, f(all), x = any(y), (array)[1], (unbounded), - -9223372036854775808, interval - '3'",
		"SELECT CAST(a AS ROW(\"double\" precision, interval interval day to second, ARRAY<varchar(3)>)), U&'\\0041' UESCAPE '!'",
		"SELECT f(DISTINCT x ORDER BY y DESC NULLS FIRST) FILTER (WHERE z) IGNORE NULLS OVER (PARTITION BY a ORDER BY b RANGE BETWEEN 1 PRECEDING AND CURRENT ROW)",
		"SELECT 1 GROUP BY DISTINCT GROUPING SETS ((a, b), ()), ROLLUP (a), (), ROW(a, b) ORDER BY 1 OFFSET 1 ROW FETCH NEXT 2 ROWS ONLY",
		"SELECT trim(LEADING 'x' FROM y), position('a' IN b), substring(a FROM 1 FOR 2), extract(day FROM x), normalize(x, NFC), current_time(3)",
		"SELECT x NOT BETWEEN 1 AND 2 OR y NOT LIKE 'a' ESCAPE 'b' AND NOT z IS NOT DISTINCT FROM (SELECT 1) || 5m * .5e-3",
		"SELECT t.*, * FROM a.b \"c d\" (e), LATERAL (TABLE f), UNNEST(g) WITH ORDINALITY, (h FULL JOIN i USING (j)) k",
		"VALUES (('a', 1)), ROW(ROW(1, 2)) EXCEPT ALL (SELECT 1 LIMIT 1) INTERSECT SELECT @p",
		"SHOW TABLES IN a LIKE 'b' ESCAPE 'c';", "DESC a.b", "EXPLAIN ANALYZE WITH a (b) AS (SELECT 1) SELECT 2",
		"SELECT f(x) OVER w, g(y) OVER (w ORDER BY z GROUPS 1 PRECEDING) FROM t window WINDOW w AS (PARTITION BY a), window AS (w)",
		"EXPLAIN ANALYZE SHOW MEASURES FROM a.b", "UNLOAD (SELECT 1) TO 'x' WITH (a = ARRAY['b'], c = 1, d = true)",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		st, err := parser.Parse(text)
		if err != nil {
			if !dberr.Is(err, dberr.Invalid) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		printed := st.String()
		again, err := parser.Parse(printed)
		if err != nil {
			// What stood next to each other without parentheses may need them in print, at the bound too many.
			if strings.Contains(err.Error(), "nested too deeply") {
				return
			}
			t.Fatalf("%q\nprinted %q\n%v", text, printed, err)
		}
		if !equalTrees(reflect.ValueOf(st), reflect.ValueOf(again)) {
			t.Fatalf("%q\nprinted %q\ntree            %s\ntree of printed %s", text, printed, dump(st), dump(again))
		}
	})
}
