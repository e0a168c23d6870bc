package parser_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/parser"
)

// founding is where the statements are that this project exists to run, see the README there.
const founding = "../../../test/workshop/queries"

// placeholder is a name in square brackets, to be filled in, with what quotes it.
var placeholder = regexp.MustCompile(`'?\[(\w+)\]'?`)

// filled returns a founding statement with something in the place of its macro and its placeholders.
func filled(sql string) string {
	sql = strings.ReplaceAll(sql, "$__timeFilter", "time BETWEEN from_milliseconds(1) AND from_milliseconds(2)")
	sql = strings.ReplaceAll(sql, "[database_name].[table_name]", "iot.device_data")
	return placeholder.ReplaceAllString(sql, "'$1'")
}

// workloadStatements returns the founding statements by file name.
func workloadStatements(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob(founding + "/*/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d statements, error %v", len(files), err)
	}
	statements := make(map[string]string)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		statements[strings.TrimSuffix(filepath.Base(f), ".sql")] = filled(string(text))
	}
	return statements
}

// unfinished is a statement that stops after its WITH clause, as it was published.
const unfinished = "sql1-latest-record-cte"

func TestWorkloadStatements(t *testing.T) {
	for name, text := range workloadStatements(t) {
		if name == unfinished {
			checkErrors(t, []failure{{text, "26:1"}})
			continue
		}
		st, err := parser.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkPrinted(t, name, st)
	}
}

// What drivers, dashboards and connectors send besides the statements of their users.
func TestClientStatements(t *testing.T) {
	for _, text := range []string{
		"SELECT 1",
		"SHOW DATABASES LIKE '%test%'",
		`SHOW TABLES FROM "db" LIKE '_estTabl_'`,
		`describe "db"."t"`,
		`SHOW MEASURES FROM "d"."t" LIKE 'm'`,
		`SELECT * FROM (SELECT a, b FROM "db"."t" -- tail
			) LIMIT 0`,
		`SELECT DISTINCT dim FROM "db"."table"`,
		`SELECT * FROM "db"."t" WHERE "measure_name" = 'm' AND "quantile" != '0.5' AND REGEXP_LIKE("job", 'a.*') AND NOT REGEXP_LIKE("job", 'b') AND time BETWEEN FROM_UNIXTIME(1577836800) AND FROM_UNIXTIME(1577836860)`,
		`SELECT dims, CREATE_TIME_SERIES(time, measure_value::double) AS m FROM "d"."t" WHERE time > CAST('2024-01-01 00:00:00.0000000' AS timestamp) GROUP BY dims`,
		"UNLOAD( SELECT *, to_nanoseconds(time) as nanoseconds, DATE_FORMAT(time,'%Y-%m-%d') as partition_date FROM db.t ORDER BY time asc ) TO 's3://bucket' WITH ( partitioned_by = ARRAY['partition_date'], format='csv', compression='none', max_file_size = '4.9GB', include_header='true')",
		"-- a scheduled query\nSELECT region, bin(@scheduled_runtime, 5m) - 1h AS t, min(@scheduled_runtime) FROM db.t WHERE time BETWEEN @scheduled_runtime - 1h AND @scheduled_runtime GROUP BY region",
		"(SELECT a FROM x.t) UNION (SELECT b FROM y.t)",
		"SELECT reduce(ts, CAST(ROW(0.0, 0) AS ROW(sum DOUBLE, count INTEGER)), (s, x) -> CAST(ROW(x.value + s.sum, s.count + 1) AS ROW(sum DOUBLE, count INTEGER)), s -> IF(s.count = 0, NULL, s.sum / s.count)) FROM v",
		"SELECT date_add('hour', -24, now()), FIRST_VALUE(x) OVER (ORDER BY time ROWS 60 PRECEDING) first, LAG(ROUND(AVG(x),2), 1) OVER (PARTITION BY s ORDER BY BIN(time,1h)) last FROM db.t",
	} {
		st, err := parser.Parse(text)
		if err != nil {
			t.Errorf("%s\n  %v", text, err)
			continue
		}
		checkPrinted(t, text, st)
	}
}
