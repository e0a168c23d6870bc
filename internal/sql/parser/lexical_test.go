package parser_test

import (
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/parser"
)

// Section 1.1: blanks, comments, the semicolon.
func TestBlanksAndComments(t *testing.T) {
	checkStatements(t, []example{
		{"SELECT\t1\r\n,\n2", "(select [1 2])"},
		{"SELECT ago (1h), COUNT (DISTINCT x)", "(select [(call ago [interval:1h]) (call count distinct [x])])"},
		{"-- first\nSELECT 1 -- no newline at the end", "(select [1])"},
		{"SELECT f(1, -- one\n 2 /* two\n lines */, /**/ 3)", "(select [(call f [1 2 3])])"},
		{"SELECT 1 /* a /* b */ + 2", "(select [(+ 1 2)])"},
		{"SELECT 2--1\n", "(select [2])"},
		{"SELECT 1;", "(select [1])"},
		{"SELECT 1 ; -- done\n ", "(select [1])"},
		{"SELECT '--', '/*'", "(select ['--' '/*'])"},
		{"SELECT 1-/**/-1, 6/ /**/2", "(select [(- 1 (- 1)) (/ 6 2)])"},
	})
}

// Section 1.2: identifiers.
func TestIdentifiers(t *testing.T) {
	checkExpressions(t, []example{
		{"measure_value::double", "measure_value::double"},
		{"b.measure_value::double", "(dot b measure_value::double)"},
		{"measure_value::double/2", "(/ measure_value::double 2)"},
		{"x::int", "x::int"},
		{"a@b, _x, x1, A_b:", "a@b _x x1 A_b:"},
		{`"measure_value::double"`, `"measure_value::double"`},
		{`"fuel-reading", "@context", "14201/1.0/0", "time", "select"`, `"fuel-reading" "@context" "14201/1.0/0" "time" "select"`},
		{`"a ""b"" c", """"`, `"a \"b\" c" "\""`},
		{"\"größe\n\"", "\"größe\\n\""},
		{`"a"."b".c`, `(dot (dot "a" "b") c)`},
	})
}

// Section 1.3: every other word of the grammar is an ordinary name.
func TestWordsThatAreNotReserved(t *testing.T) {
	words := strings.Fields(`time date day hour minute second month year week timestamp interval rank value count sum min max rows
		range row query event events name status data metrics open close low high first last desc asc database limit offset fetch
		window filter show if position substring trim leading trailing both all any some array try_cast nulls ignore respect over
		partition unbounded preceding following current double precision to only next sets ordinality lateral unload explain
		analyze databases tables measures varchar bigint boolean integer no of coalesce nullif try`)
	for _, w := range words {
		for _, text := range []string{
			"SELECT " + w,
			"SELECT " + w + ", t." + w + ", " + w + ".x, " + w + " + 1, -" + w + ", " + w + "[1]",
			"SELECT x AS " + w + ", y " + w + " FROM db." + w + " " + w + ", " + w + "." + w + " AS " + w + " (" + w + ")",
			"SELECT f(" + w + "), sum(" + w + ") OVER (PARTITION BY " + w + " ORDER BY " + w + " DESC ROWS 1 PRECEDING)",
			"SELECT 1 FROM t WHERE " + w + " = 1 AND x < " + w + " GROUP BY " + w + " HAVING " + w + " ORDER BY " + w + " LIMIT 1",
			"SELECT CASE " + w + " WHEN " + w + " THEN " + w + " ELSE " + w + " END, filter(x, " + w + " -> " + w + ".time)",
			"WITH " + w + " (" + w + ") AS (SELECT 1) SELECT " + w + ".* FROM " + w,
			"SELECT CAST(x AS ROW(" + w + " BIGINT)), " + w + " IN (1), " + w + " LIKE 'x', " + w + " IS NULL, NOT " + w,
		} {
			if w == "array" && strings.Contains(text, "array[") {
				continue // the array constructor
			}
			st, err := parser.Parse(text)
			if err != nil {
				t.Errorf("%s\n  %v", text, err)
				continue
			}
			checkPrinted(t, text, st)
		}
	}
}

// Section 1.3: reserved words need quotes.
func TestReservedWords(t *testing.T) {
	words := strings.Fields(`ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_DATE CURRENT_TIME
		CURRENT_TIMESTAMP CURRENT_USER DEALLOCATE DELETE DESCRIBE DISTINCT DROP ELSE END ESCAPE EXCEPT EXECUTE EXISTS EXTRACT
		FALSE FOR FROM FULL GROUP GROUPING HAVING IN INNER INSERT INTERSECT INTO IS JOIN LEFT LIKE LOCALTIME LOCALTIMESTAMP
		NATURAL NORMALIZE NOT NULL ON OR ORDER OUTER PREPARE RECURSIVE RIGHT ROLLUP SELECT TABLE THEN TRUE UESCAPE UNION UNNEST
		USING VALUES WHEN WHERE WITH`)
	for _, w := range words {
		if !ast.IsReserved(w) || !ast.IsReserved(strings.ToLower(w)) {
			t.Errorf("the syntax tree does not know that %s is reserved", w)
		}
		for _, text := range []string{"SELECT x AS " + w, "SELECT x." + w, "SELECT 1 FROM " + strings.ToLower(w), "SELECT f(" + w + " -> 1)"} {
			if _, err := parser.Parse(text); err == nil {
				t.Errorf("%s: no error", text)
			}
		}
		quoted := `SELECT x AS "` + w + `", "` + w + `" FROM "` + w + `"."` + w + `"`
		st, err := parser.Parse(quoted)
		if err != nil {
			t.Errorf("%s\n  %v", quoted, err)
			continue
		}
		checkPrinted(t, quoted, st)
	}
}

// Section 1.3: what real statements depend on, and LIMIT, OFFSET, FETCH and WINDOW as names.
func TestWordsAsNamesAndClauses(t *testing.T) {
	checkStatements(t, []example{
		{`SELECT * FROM "db"."t" DESC LIMIT 10`, `(query (select [(selectitem star)] from:[(table ["db" "t"] alias:(alias DESC))]) limit:10)`},
		{"SELECT date_add('hour', hour, x) FROM unnest(sequence(0,23)) t(hour)",
			"(select [(call date_add ['hour' hour x])] from:[(unnest [(call sequence [0 23])] alias:(alias t columns:[hour]))])"},
		{"SELECT hour AS hour FROM t GROUP BY hour ORDER BY day, hour",
			"(query (select [(selectitem hour alias:hour)] from:[(table [t])] groupby:(groupby [hour])) orderby:[day hour])"},
		{"SELECT measure_value::double value, BIN(time, 5m) time FROM t",
			"(select [(selectitem measure_value::double alias:value) (selectitem (call bin [time interval:5m]) alias:time)] from:[(table [t])])"},
		{"SELECT limit FROM t LIMIT 1", "(query (select [limit] from:[(table [t])]) limit:1)"},
		{"SELECT a limit FROM t limit LIMIT 1", "(query (select [(selectitem a alias:limit)] from:[(table [t] alias:(alias limit))]) limit:1)"},
		{"SELECT limit LIMIT 1", "(query (select [limit]) limit:1)"},
		{"SELECT limit limit LIMIT 1", "(query (select [(selectitem limit alias:limit)]) limit:1)"},
		{"SELECT 1 LIMIT ALL", "(select [1])"},
		{"SELECT 1 limit", "(select [(selectitem 1 alias:limit)])"},
		{"SELECT a offset FROM t offset OFFSET 2 LIMIT 3", "(query (select [(selectitem a alias:offset)] from:[(table [t] alias:(alias offset))]) offset:2 limit:3)"},
		{"SELECT a fetch FROM t fetch FETCH FIRST 3 ROWS ONLY", "(query (select [(selectitem a alias:fetch)] from:[(table [t] alias:(alias fetch))]) limit:3)"},
		{"SELECT a window FROM t window, u AS window", "(select [(selectitem a alias:window)] from:[(table [t] alias:(alias window)) (table [u] alias:(alias window))])"},
		{"SELECT x FROM t WHERE limit > offset LIMIT 5", "(query (select [x] from:[(table [t])] where:(> limit offset)) limit:5)"},
		{"SELECT count(*) filter, count(*) over, f(x) ignore", "(select [(selectitem (call count star) alias:filter) (selectitem (call count star) alias:over) (selectitem (call f [x]) alias:ignore)])"},
		{"SELECT a nulls FROM t ORDER BY nulls NULLS FIRST, desc DESC", "(query (select [(selectitem a alias:nulls)] from:[(table [t])]) orderby:[(orderitem nulls nulls-first) (orderitem desc desc)])"},
		{"SELECT rows FROM t lateral, lateral", "(select [rows] from:[(table [t] alias:(alias lateral)) (table [lateral])])"},
		{"SELECT if(a, 1), filter(b, x -> true), interval FROM t", "(select [(call if [a 1]) (call filter [b (lambda [x] true)]) interval] from:[(table [t])])"},
	})
}

// ALL quantifies if something to quantify follows, else it is a name.
func TestAll(t *testing.T) {
	checkStatements(t, []example{
		{"SELECT ALL a, b", "(select [a b])"},
		{"SELECT ALL * FROM t", "(select [(selectitem star)] from:[(table [t])])"},
		{"SELECT ALL *", "(select [(selectitem star)])"},
		{"SELECT ALL * LIMIT 1", "(query (select [(selectitem star)]) limit:1)"},
		{"SELECT ALL t.*", "(select [(selectitem star [t])])"},
		{"SELECT ALL (a)", "(select [a])"},
		{"SELECT ALL -a", "(select [(- a)])"},
		{"SELECT ALL all", "(select [all])"},
		{"SELECT all", "(select [all])"},
		{"SELECT all LIMIT 1", "(query (select [all]) limit:1)"},
		{"SELECT all, 1", "(select [all 1])"},
		{"SELECT all * 2", "(select [(* all 2)])"},
		{"SELECT all.x, all.*", "(select [(dot all x) (selectitem star [all])])"},
		{"SELECT all.*", "(select [(selectitem star [all])])"},
		{"SELECT all = 1", "(select [(= all 1)])"},
		{"SELECT all NOT IN (1)", "(select [(inlist all [1] not)])"},
		{"SELECT (all) - 1", "(select [(- all 1)])"},
		{"SELECT f(all), f(ALL x), f((all) - x), f(all -> 1)", "(select [(call f [all]) (call f [x]) (call f [(- all x)]) (call f [(lambda [all] 1)])])"},
		{"SELECT 1 FROM t GROUP BY ALL a, b", "(select [1] from:[(table [t])] groupby:(groupby [a b]))"},
		{"SELECT 1 FROM t GROUP BY all, b", "(select [1] from:[(table [t])] groupby:(groupby [all b]))"},
		{`SELECT "all"(1), x = "any"(1)`, "(select [(call all [1]) (= x (call any [1]))])"},
	})
}
