package engine

import (
	"regexp"
	"strings"
	"testing"
)

// EXPLAIN shows the plan of any statement; the text of a statement is always the same.
func TestExplain(t *testing.T) {
	a := newAsker(t)
	a.max = 100
	for _, x := range []struct{ statement, plan string }{
		{"SELECT x + 1 AS y FROM (VALUES 1, 2) AS t(x) WHERE x > 1", "project [y#2=(x#1 + 1)] filter (x#1 > 1) values [_col0#1] rows=2"},
		{"WITH q AS (VALUES 1) TABLE q", "project [_col0#2=_col0#1] values [_col0#1] rows=1"},
		{"SHOW DATABASES LIKE 'a%'", "filter like(Database#1, 'a%') values [Database#1] rows=0"},
		{"SHOW TABLES", "values [Table#1] rows=0"},
		{"UNLOAD (SELECT 1 AS a, 'x' AS b) TO 's3://bucket/p/' WITH (partitioned_by = ARRAY['b'], compression = 'NONE')",
			"unload to s3://bucket/p csv none partitioned by [b]   project [a#1=1, b#2='x']     one row"},
	} {
		for range 2 {
			rows, _ := a.rows(QueryRequest{QueryString: "EXPLAIN " + x.statement})
			if got := strings.Join(strings.Fields(rows), " "); got != strings.Join(strings.Fields(x.plan), " ") {
				t.Errorf("%s\n got %s\nwant %s", x.statement, got, x.plan)
			}
		}
	}
}

// EXPLAIN ANALYZE runs the statement and adds what each operator did. Only times and memory differ between two runs.
func TestExplainAnalyze(t *testing.T) {
	a := newAsker(t)
	a.max = 100
	varying := regexp.MustCompile(`[0-9.]+(ns|µs|ms|s)|peak memory: \d+ bytes`)
	for _, x := range []struct{ statement, want string }{
		{"SELECT x + 1 AS y FROM (VALUES 1, 2) AS t(x) WHERE x > 1", "project [y#2=(x#1 + 1)]: 1 rows, 1 batches, * filter (x#1 > 1): 1 rows, 1 batches, * " +
			"values [_col0#1] rows=2: 2 rows, 1 batches, * result: 1 rows; scanned: 0 series, 0 rows, 0 blocks, 0 bytes; *"},
		{"SHOW DATABASES", "values [Database#1] rows=0: 0 rows, 0 batches, * result: 0 rows; scanned: 0 series, 0 rows, 0 blocks, 0 bytes; *"},
	} {
		rows, _ := a.rows(QueryRequest{QueryString: "EXPLAIN ANALYZE " + x.statement})
		if got := strings.Join(strings.Fields(varying.ReplaceAllString(rows, "*")), " "); got != x.want {
			t.Errorf("%s\n got %s\nwant %s", x.statement, got, x.want)
		}
	}
}
