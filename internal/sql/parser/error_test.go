package parser_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/parser"
)

// The client sees the service's text and nothing else; the log sees what was expected.
func TestSyntaxErrorIsWordedLikeTheService(t *testing.T) {
	_, err := parser.Parse("SELECT a FROM\n  t WHERE SELECT")
	var e *dberr.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	if e.Kind != dberr.Invalid || e.Pos.IsValid() {
		t.Errorf("kind %v, position %v", e.Kind, e.Pos)
	}
	if want := "The query syntax is invalid at line 2:11"; e.Client() != want {
		t.Errorf("got %q, want %q", e.Client(), want)
	}
	if want := "The query syntax is invalid at line 2:11: expected an expression, found SELECT"; e.Error() != want {
		t.Errorf("got %q, want %q", e.Error(), want)
	}
}

// Values of a statement are not for the log.
func TestSyntaxErrorHoldsNoValues(t *testing.T) {
	for _, text := range []string{"SELECT 1 'secret'", "SELECT 1 2, secret", "SELECT x 'secret' secret secret", "secret"} {
		_, err := parser.Parse(text)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// failure is a text and the place of its error.
type failure struct {
	text, place string
}

func checkErrors(t *testing.T, failures []failure) {
	t.Helper()
	for _, f := range failures {
		st, err := parser.Parse(f.text)
		var e *dberr.Error
		if !errors.As(err, &e) {
			t.Errorf("%s\n  no error, but %v", f.text, st)
			continue
		}
		if st != nil {
			t.Errorf("%s\n  both a statement and an error", f.text)
		}
		if want := "The query syntax is invalid at line " + f.place; e.Client() != want {
			t.Errorf("%s\n   got %s (%v)\n  want %s", f.text, e.Client(), e.Cause, want)
		}
	}
}

// Sections 3 and 3.8: only these statements exist.
func TestStatementErrors(t *testing.T) {
	checkErrors(t, []failure{
		{"", "1:1"},
		{"  \n -- nothing\n ", "3:2"},
		{"/* nothing */", "1:14"},
		{";", "1:1"},
		{"SELECT 1;;", "1:10"},
		{"SELECT 1; SELECT 2", "1:11"},
		{"INSERT INTO t VALUES (1)", "1:1"},
		{" CREATE TABLE t (x int)", "1:2"},
		{"\nDROP TABLE t", "2:1"},
		{"DELETE FROM t", "1:1"},
		{"UPDATE t SET x = 1", "1:1"},
		{"ALTER TABLE t", "1:1"},
		{"PREPARE p FROM SELECT 1", "1:1"},
		{"USE db", "1:1"},
		{"SET SESSION x = 1", "1:1"},
		{"SHOW COLUMNS FROM t", "1:6"},
		{"SHOW FUNCTIONS", "1:6"},
		{"SHOW", "1:5"},
		{"SHOW MEASURES", "1:14"},
		{"SHOW MEASURES db.t", "1:15"},
		{"SHOW TABLES FROM a.b", "1:19"},
		{"SHOW TABLES LIKE x", "1:18"},
		{"SHOW TABLES LIKE 'x' ESCAPE", "1:28"},
		{"SHOW DATABASES x", "1:16"},
		{"DESCRIBE", "1:9"},
		{"DESCRIBE db.t x", "1:15"},
		{"DESCRIBE 'x'", "1:10"},
		{"UNLOAD SELECT 1 TO 'x'", "1:8"},
		{"UNLOAD (SELECT 1)", "1:18"},
		{"UNLOAD (SELECT 1) TO x", "1:22"},
		{"UNLOAD (SELECT 1) TO 'x' WITH ()", "1:32"},
		{"UNLOAD (SELECT 1) TO 'x' WITH (format)", "1:38"},
		{"UNLOAD (SELECT 1) TO 'x' WITH (format = csv)", "1:41"},
		{"UNLOAD (SELECT 1) TO 'x' WITH (a = ARRAY[1])", "1:42"},
		{"UNLOAD (SHOW TABLES) TO 'x'", "1:9"},
		{"EXPLAIN", "1:8"},
		{"EXPLAIN ANALYZE SHOW x", "1:22"},
		{"EXPLAIN EXPLAIN SELECT 1", "1:9"},
		{"WITH RECURSIVE a AS (SELECT 1) SELECT 2", "1:6"},
		{"WITH a AS (SELECT 1)", "1:21"},
		{"WITH a AS SELECT 1 SELECT 2", "1:11"},
		{"WITH a (SELECT 1) SELECT 2", "1:9"},
	})
}

// Sections 1.1 to 1.4: characters, names, literals.
func TestLexicalErrors(t *testing.T) {
	checkErrors(t, []failure{
		{"SELECT 'abc", "1:8"},
		{"SELECT 'it''s", "1:8"},
		{"SELECT \"abc", "1:8"},
		{"SELECT \"\"", "1:8"},
		{"SELECT 1 /* abc", "1:10"},
		{"SELECT `a`", "1:8"},
		{"SELECT a ? b", "1:10"},
		{"SELECT ?", "1:8"},
		{"SELECT x ::int", "1:10"},
		{"SELECT a | b", "1:10"},
		{"SELECT a ! b", "1:10"},
		{"SELECT a ^ b", "1:10"},
		{"SELECT größe", "1:10"},
		{"SELECT 'größe', 日", "1:17"},
		{"SELECT /* 日本 */ 'ö\n日' , \"é\" )", "2:10"},
		{"SELECT -- 日本\n 'x' ]", "2:6"},
		{"SELECT @", "1:8"},
		{"SELECT @1", "1:8"},
		{"SELECT 5days", "1:8"},
		{"SELECT 1 + 12abc", "1:12"},
		{"SELECT 1.5x", "1:8"},
		{"SELECT 9223372036854775808", "1:8"},
		{"SELECT 1 - 9223372036854775808", "1:12"},
		{"SELECT -9223372036854775809", "1:9"},
		{"SELECT -(9223372036854775808)", "1:10"},
		{"SELECT 99999999999999999999999999", "1:8"},
		{"SELECT 1 LIMIT 9223372036854775808", "1:16"},
		{"SELECT U&'\\00'", "1:8"},
		{"SELECT U&'\\D800'", "1:8"},
		{"SELECT U&'\\+110000'", "1:8"},
		{"SELECT U&'a' UESCAPE 'ab'", "1:22"},
		{"SELECT U&'a' UESCAPE '+'", "1:22"},
		{"SELECT U&'a' UESCAPE x", "1:22"},
		{"SELECT 'a' 'b'", "1:12"},
		{"SELECT array 'a'", "1:14"},
		{"SELECT \"date\" '2020-01-01'", "1:15"},
		{"SELECT INTERVAL '1'", "1:20"},
		{"SELECT INTERVAL '1' DAYS", "1:21"},
		{"SELECT INTERVAL '1' fortnight", "1:21"},
		{"SELECT INTERVAL '1-2' YEAR TO MONTH", "1:31"},
		{"SELECT\x00 1", "1:7"},
		{"SELECT 1\u00a0", "1:9"},
	})
}

// Section 3.1: queries.
func TestQueryErrors(t *testing.T) {
	checkErrors(t, []failure{
		{"SELECT", "1:7"},
		{"SELECT FROM t", "1:8"},
		{"SELECT a,", "1:10"},
		{"SELECT a, FROM t", "1:11"},
		{"SELECT a AS FROM t", "1:13"},
		{"SELECT a AS 'b'", "1:13"},
		{"SELECT a b c", "1:12"},
		{"SELECT * AS x", "1:10"},
		{"SELECT * x", "1:10"},
		{"SELECT t.* x", "1:12"},
		{"SELECT t.", "1:10"},
		{"SELECT t.1", "1:9"},
		{"SELECT t.select", "1:10"},
		{"SELECT DISTINCT", "1:16"},
		{"SELECT UNNEST(x)", "1:8"},
		{"SELECT a FROM", "1:14"},
		{"SELECT a FROM WHERE b", "1:15"},
		{"SELECT a FROM t,", "1:17"},
		{"SELECT a FROM t WHERE", "1:22"},
		{"SELECT a FROM t WHERE GROUP BY a", "1:23"},
		{"SELECT a FROM t GROUP a", "1:23"},
		{"SELECT a FROM t GROUP BY", "1:25"},
		{"SELECT a FROM t GROUP BY ROLLUP a", "1:33"},
		{"SELECT a FROM t GROUP BY GROUPING SETS ()", "1:41"},
		{"SELECT a FROM t GROUP BY (a", "1:28"},
		{"SELECT a FROM t ORDER a", "1:23"},
		{"SELECT a FROM t ORDER BY", "1:25"},
		{"SELECT a FROM t ORDER BY a NULLS", "1:33"},
		{"SELECT a FROM t ORDER BY a ASC DESC", "1:32"},
		{"SELECT a FROM t HAVING b WHERE c", "1:26"},
		{"SELECT a FROM t WHERE b LIMIT", "1:30"},
		{"SELECT a FROM t WHERE b LIMIT x", "1:31"},
		{"SELECT a FROM t LIMIT -1", "1:23"},
		{"SELECT a FROM t LIMIT 1.5", "1:23"},
		{"SELECT a FROM t LIMIT 1 OFFSET 2", "1:25"},
		{"SELECT a FROM t LIMIT 1 LIMIT 2", "1:25"},
		{"SELECT a FROM t LIMIT 1 ORDER BY a", "1:25"},
		{"SELECT a FROM t OFFSET 1 FETCH FIRST 2 ROWS", "1:44"},
		{"SELECT a FROM t FETCH FIRST 2 ROWS WITH TIES", "1:36"},
		{"SELECT 1 UNION", "1:15"},
		{"SELECT 1 UNION 2", "1:16"},
		{"SELECT 1 UNION ALL DISTINCT SELECT 2", "1:20"},
		{"SELECT 1 MINUS SELECT 2", "1:16"},
		{"SELECT 1 ORDER BY 1 UNION SELECT 2", "1:21"},
		{"(SELECT 1", "1:10"},
		{"(SELECT 1))", "1:11"},
		{"(1)", "1:2"},
		{"VALUES", "1:7"},
		{"VALUES ()", "1:9"},
		{"VALUES (1,)", "1:11"},
		{"TABLE", "1:6"},
		{"TABLE (SELECT 1)", "1:7"},
	})
}

// Sections 3.2 and 3.3: FROM.
func TestRelationErrors(t *testing.T) {
	checkErrors(t, []failure{
		{"SELECT 1 FROM a JOIN b", "1:23"},
		{"SELECT 1 FROM a JOIN b WHERE c", "1:24"},
		{"SELECT 1 FROM a JOIN", "1:21"},
		{"SELECT 1 FROM a JOIN b USING x", "1:30"},
		{"SELECT 1 FROM a JOIN b USING ()", "1:31"},
		{"SELECT 1 FROM a LEFT b ON c", "1:22"},
		{"SELECT 1 FROM a INNER OUTER JOIN b ON c", "1:23"},
		{"SELECT 1 FROM a CROSS JOIN b ON c", "1:30"},
		{"SELECT 1 FROM a NATURAL JOIN b", "1:17"},
		{"SELECT 1 FROM a JOIN b JOIN c ON d", "1:35"},
		{"SELECT 1 FROM (a", "1:17"},
		{"SELECT 1 FROM (a, b)", "1:17"},
		{"SELECT 1 FROM ()", "1:16"},
		{"SELECT 1 FROM (SELECT 2", "1:24"},
		{"SELECT 1 FROM ((SELECT 2) UNION)", "1:32"},
		{"SELECT 1 FROM 'a'", "1:15"},
		{"SELECT 1 FROM a.", "1:17"},
		{"SELECT 1 FROM a.b.", "1:19"},
		{"SELECT 1 FROM a (b)", "1:17"},
		{"SELECT 1 FROM a b (c", "1:21"},
		{"SELECT 1 FROM a AS", "1:19"},
		{"SELECT 1 FROM a AS (b)", "1:20"},
		{"SELECT 1 FROM UNNEST", "1:21"},
		{"SELECT 1 FROM UNNEST()", "1:22"},
		{"SELECT 1 FROM UNNEST(a) WITH x", "1:30"},
		{"SELECT 1 FROM LATERAL (a)", "1:24"},
		{"SELECT 1 FROM a TABLESAMPLE BERNOULLI (10)", "1:29"},
		{"SELECT 1 FROM a WINDOW w AS x", "1:24"},
		{"SELECT 1 FROM a WINDOW w AS (), w", "1:34"},
	})
}

// Section 3.9: expressions.
func TestExpressionErrors(t *testing.T) {
	checkErrors(t, []failure{
		{"SELECT 1 +", "1:11"},
		{"SELECT * 2", "1:10"},
		{"SELECT a = b = c", "1:14"},
		{"SELECT a = NOT b", "1:12"},
		{"SELECT a + NOT b", "1:12"},
		{"SELECT a BETWEEN 1 AND 2 BETWEEN 3 AND 4", "1:26"},
		{"SELECT a BETWEEN 1", "1:19"},
		{"SELECT a BETWEEN 1 OR 2", "1:20"},
		{"SELECT a IS NULL IS NULL", "1:18"},
		{"SELECT a IS TRUE", "1:13"},
		{"SELECT a IS NOT x", "1:17"},
		{"SELECT a IS DISTINCT x", "1:22"},
		{"SELECT a NOT b", "1:14"},
		{"SELECT a NOT = b", "1:14"},
		{"SELECT a IN ()", "1:14"},
		{"SELECT a IN b", "1:13"},
		{"SELECT a IN (1,)", "1:16"},
		{"SELECT a IN (SELECT 1, 2", "1:25"},
		{"SELECT a LIKE", "1:14"},
		{"SELECT a LIKE 'x' ESCAPE", "1:25"},
		{"SELECT a == b", "1:11"},
		{"SELECT a => b", "1:10"},
		{"SELECT f(a => 1)", "1:12"},
		{"SELECT ()", "1:9"},
		{"SELECT (1", "1:10"},
		{"SELECT (1,", "1:11"},
		{"SELECT (1, 2", "1:13"},
		{"SELECT (SELECT 1", "1:17"},
		{"SELECT (SELECT 1, )", "1:19"},
		{"SELECT ((SELECT 1 LIMIT 1), )", "1:29"},
		{"SELECT (SELECT 1 LIMIT 1, 2)", "1:25"},
		{"SELECT EXISTS (1)", "1:16"},
		{"SELECT a[", "1:10"},
		{"SELECT a[1", "1:11"},
		{"SELECT a[]", "1:10"},
		{"SELECT a[1, 2]", "1:11"},
		{"SELECT ARRAY[1,]", "1:16"},
		{"SELECT ARRAY[1", "1:15"},
		{"SELECT ROW()", "1:12"},
		{"SELECT CASE END", "1:13"},
		{"SELECT CASE a END", "1:15"},
		{"SELECT CASE WHEN a END", "1:20"},
		{"SELECT CASE WHEN a THEN b", "1:26"},
		{"SELECT CASE ELSE a END", "1:13"},
		{"SELECT x -> x", "1:10"},
		{"SELECT f(1 -> x)", "1:12"},
		{"SELECT f((a, 1) -> x)", "1:17"},
		{"SELECT time AT TIME ZONE 'UTC'", "1:16"},
		{"SELECT current_date()", "1:20"},
		{"SELECT current_timestamp(x)", "1:26"},
		{"SELECT grouping", "1:16"},
		{"SELECT left(a, 1)", "1:8"},
	})
}

// Section 3.9: calls, casts, windows.
func TestCallErrors(t *testing.T) {
	checkErrors(t, []failure{
		{"SELECT f(", "1:10"},
		{"SELECT f(1", "1:11"},
		{"SELECT f(1,)", "1:12"},
		{"SELECT f(,)", "1:10"},
		{"SELECT sum(*)", "1:12"},
		{"SELECT count(*, 1)", "1:15"},
		{"SELECT count(DISTINCT)", "1:22"},
		{"SELECT count(DISTINCT *)", "1:23"},
		{"SELECT f(SELECT 1)", "1:10"},
		{"SELECT f(ORDER x)", "1:16"},
		{"SELECT a.b(1)", "1:11"},
		{"SELECT f(x) FILTER (x)", "1:21"},
		{"SELECT f(x) FILTER (WHERE x", "1:28"},
		{"SELECT f(x) OVER w (ORDER BY a)", "1:20"},
		{"SELECT f(x) OVER (w x)", "1:21"},
		{"SELECT f(x) OVER (PARTITION a)", "1:29"},
		{"SELECT f(x) OVER (ORDER BY a PARTITION BY b)", "1:30"},
		{"SELECT f(x) OVER (ROWS PRECEDING)", "1:33"},
		{"SELECT f(x) OVER (ROWS 1 PRECEDING EXCLUDE TIES)", "1:36"},
		{"SELECT f(x) OVER (ROWS 1)", "1:25"},
		{"SELECT f(x) OVER (ROWS BETWEEN 1 PRECEDING)", "1:43"},
		{"SELECT f(x IGNORE NULLS) OVER ()", "1:12"},
		{"SELECT CAST(a)", "1:14"},
		{"SELECT CAST(a AS)", "1:17"},
		{"SELECT CAST(a AS 1)", "1:18"},
		{"SELECT CAST(a AS int", "1:21"},
		{"SELECT CAST(a AS \"int\")", "1:18"},
		{"SELECT CAST(a AS varchar(x))", "1:26"},
		{"SELECT CAST(a AS varchar(99999999999))", "1:26"},
		{"SELECT CAST(a AS decimal(1, 2))", "1:27"},
		{"SELECT CAST(a AS ARRAY)", "1:23"},
		{"SELECT CAST(a AS ARRAY<int)", "1:27"},
		{"SELECT CAST(a AS ARRAY(int, int))", "1:27"},
		{"SELECT CAST(a AS ROW())", "1:22"},
		{"SELECT CAST(a AS INTERVAL DAY)", "1:30"},
		{"SELECT CAST(a AS INTERVAL DAY TO MONTH)", "1:34"},
		{"SELECT CAST(a AS INTERVAL HOUR TO SECOND)", "1:27"},
		{"SELECT CAST(a AS timestamp with time zone)", "1:28"},
		{"SELECT EXTRACT(hour x)", "1:21"},
		{"SELECT EXTRACT('hour' FROM x)", "1:16"},
		{"SELECT POSITION(a IN)", "1:21"},
		{"SELECT SUBSTRING(a FROM)", "1:24"},
		{"SELECT SUBSTRING(a FROM 1 FOR)", "1:30"},
		{"SELECT SUBSTRING(DISTINCT a FROM 1)", "1:29"},
		{"SELECT TRIM(LEADING 'x')", "1:24"},
		{"SELECT TRIM(x FROM y FROM z)", "1:22"},
	})
}
