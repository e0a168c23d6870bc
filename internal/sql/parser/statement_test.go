package parser_test

import "testing"

// Section 3.6: SHOW and DESCRIBE.
func TestShowAndDescribe(t *testing.T) {
	checkStatements(t, []example{
		{"SHOW DATABASES", "(showdatabases)"},
		{"show databases like '%test%'", "(showdatabases like:(likepattern %test%))"},
		{"SHOW TABLES", "(showtables)"},
		{"SHOW TABLES FROM \"db\"", `(showtables "db")`},
		{"SHOW TABLES IN db LIKE '_estTabl_'", "(showtables db like:(likepattern _estTabl_))"},
		{"SHOW TABLES LIKE 'a!_b' ESCAPE '!'", "(showtables like:(likepattern a!_b escape:! hasescape))"},
		{"SHOW MEASURES FROM \"db\".\"table\"", `(showmeasures (table ["db" "table"]))`},
		{"SHOW MEASURES IN db.t LIKE 'it''s' ESCAPE ''", "(showmeasures (table [db t]) like:(likepattern it's hasescape))"},
		{"DESCRIBE db.t;", "(describe (table [db t]))"},
		{"desc \"db\".t", `(describe (table ["db" t]))`},
	})
}

// Section 3.7: UNLOAD.
func TestUnload(t *testing.T) {
	checkStatements(t, []example{
		{"UNLOAD (SELECT 1) TO 's3://b/p'", "(unload (select [1]) 's3://b/p')"},
		{"unload(WITH a AS (SELECT 1) SELECT 2 ORDER BY 1) to 's3://b/p/' with (format = 'CSV', Compression='none')",
			"(unload (query with:[(cte a (select [1]))] (select [2]) orderby:[1]) 's3://b/p/' options:[(unloadoption format 'CSV') (unloadoption compression 'none')])"},
		{"UNLOAD (SELECT 1) TO 'x' WITH (partitioned_by = ARRAY['a', 'b'], max_file_size = '4.9GB', include_header = true, n = 1, m = 1.5, e = ARRAY[])",
			"(unload (select [1]) 'x' options:[(unloadoption partitioned_by (array ['a' 'b'])) (unloadoption max_file_size '4.9GB') (unloadoption include_header true) (unloadoption n 1) (unloadoption m float:1.5) (unloadoption e (array))])"},
		{"UNLOAD ((SELECT 1) UNION (SELECT 2)) TO 'x'", "(unload (setop UNION (select [1]) (select [2])) 'x')"},
	})
}

// EXPLAIN is ours.
func TestExplain(t *testing.T) {
	checkStatements(t, []example{
		{"EXPLAIN SELECT 1", "(explain (select [1]))"},
		{"explain analyze WITH a AS (SELECT 1) TABLE a;", "(explain analyze (query with:[(cte a (select [1]))] (select [(selectitem star)] from:[(table [a])])))"},
		{"EXPLAIN (SELECT 1) LIMIT 1", "(explain (query (select [1]) limit:1))"},
		{"EXPLAIN SHOW DATABASES LIKE 'x'", "(explain (showdatabases like:(likepattern x)))"},
		{"EXPLAIN ANALYZE DESC a.b", "(explain analyze (describe (table [a b])))"},
		{"EXPLAIN UNLOAD (SELECT 1) TO 'x'", "(explain (unload (select [1]) 'x'))"},
	})
}
