package parser_test

import "testing"

// checkFrom checks what stands behind FROM.
func checkFrom(t *testing.T, examples []example) {
	t.Helper()
	for i := range examples {
		examples[i].text = "SELECT 1 FROM " + examples[i].text
		examples[i].tree = "(select [1] from:[" + examples[i].tree + "])"
	}
	checkStatements(t, examples)
}

// Section 1.2: qualified names; 3.1: aliases.
func TestTables(t *testing.T) {
	checkFrom(t, []example{
		{"t", "(table [t])"},
		{"db.t, \"my-db\".\"my.table\", a.b.c", `(table [db t]) (table ["my-db" "my.table"]) (table [a b c])`},
		{"sampleDB.DevOps d, db.t AS e (x, y), u \"f g\"(z)", `(table [sampleDB DevOps] alias:(alias d)) (table [db t] alias:(alias e columns:[x y])) (table [u] alias:(alias "f g" columns:[z]))`},
		{"(t), (t) u, (t u), ((t)) AS u (x)", "(table [t]) (table [t] alias:(alias u)) (table [t] alias:(alias u)) (table [t] alias:(alias u columns:[x]))"},
		{"(t u) v", "(derived (select [(selectitem star)] from:[(table [t] alias:(alias u))]) alias:(alias v))"},
	})
}

// Section 3.2: joins.
func TestJoins(t *testing.T) {
	checkFrom(t, []example{
		{"a JOIN b ON x, c INNER JOIN d USING (y, z)", "(join inner (table [a]) (table [b]) on:x) (join inner (table [c]) (table [d]) using:[y z])"},
		{"a LEFT JOIN b ON x RIGHT OUTER JOIN c ON y FULL JOIN d ON z", "(join full (join right (join left (table [a]) (table [b]) on:x) (table [c]) on:y) (table [d]) on:z)"},
		{"a LEFT OUTER JOIN b USING (x) FULL OUTER JOIN c USING (y)", "(join full (join left (table [a]) (table [b]) using:[x]) (table [c]) using:[y])"},
		{"a CROSS JOIN b CROSS JOIN c", "(join cross (join cross (table [a]) (table [b])) (table [c]))"},
		{"a i JOIN b m ON i.x = m.x AND m.y > 1 JOIN c ON true", "(join inner (join inner (table [a] alias:(alias i)) (table [b] alias:(alias m)) on:(and (= (dot i x) (dot m x)) (> (dot m y) 1))) (table [c]) on:true)"},
		{"a JOIN b JOIN c ON y ON x", "(join inner (table [a]) (join inner (table [b]) (table [c]) on:y) on:x)"},
		{"a JOIN b CROSS JOIN c ON x JOIN d ON y", "(join inner (join inner (table [a]) (join cross (table [b]) (table [c])) on:x) (table [d]) on:y)"},
		{"a JOIN (b JOIN c ON y) ON x, (a CROSS JOIN b) CROSS JOIN c, a CROSS JOIN (b CROSS JOIN c)",
			"(join inner (table [a]) (join inner (table [b]) (table [c]) on:y) on:x) (join cross (join cross (table [a]) (table [b])) (table [c])) (join cross (table [a]) (join cross (table [b]) (table [c])))"},
		{"(((a CROSS JOIN b)))", "(join cross (table [a]) (table [b]))"},
		{"(a JOIN b ON x) AS t (y, z)", "(derived (select [(selectitem star)] from:[(join inner (table [a]) (table [b]) on:x)]) alias:(alias t columns:[y z]))"},
		{"a JOIN b ON x LEFT JOIN c ON y, d", "(join left (join inner (table [a]) (table [b]) on:x) (table [c]) on:y) (table [d])"},
	})
}

// Section 3.1: derived tables, and what parentheses in FROM may hold.
func TestDerivedTables(t *testing.T) {
	checkFrom(t, []example{
		{"(SELECT 2), (SELECT 3) a, (SELECT 4) AS b (c)", "(derived (select [2])) (derived (select [3]) alias:(alias a)) (derived (select [4]) alias:(alias b columns:[c]))"},
		{"(VALUES (1, 'a'), (2, 'b')) AS t(c1, c2), (TABLE x), (WITH a AS (SELECT 1) SELECT 2)",
			"(derived (values [[1 'a'] [2 'b']]) alias:(alias t columns:[c1 c2])) (derived (select [(selectitem star)] from:[(table [x])])) (derived (query with:[(cte a (select [1]))] (select [2])))"},
		{"((SELECT 2)), (((SELECT 2))) t", "(derived (select [2])) (derived (select [2]) alias:(alias t))"},
		{"((SELECT 2) UNION (SELECT 3)) t, ((SELECT 2) LIMIT 3), ((SELECT 2) limit)",
			"(derived (setop UNION (select [2]) (select [3])) alias:(alias t)) (derived (query (select [2]) limit:3)) (derived (select [2]) alias:(alias limit))"},
		{"((SELECT 2) a CROSS JOIN b), ((SELECT 2) JOIN b ON x), (((SELECT 2) a) CROSS JOIN b)",
			"(join cross (derived (select [2]) alias:(alias a)) (table [b])) (join inner (derived (select [2])) (table [b]) on:x) (join cross (derived (select [2]) alias:(alias a)) (table [b]))"},
		{"((a JOIN b ON x) JOIN (SELECT 2) c ON y)", "(join inner (join inner (table [a]) (table [b]) on:x) (derived (select [2]) alias:(alias c)) on:y)"},
		{"a, LATERAL (SELECT a.x) b, LATERAL ((SELECT 1) UNION SELECT 2)", "(table [a]) (derived (select [(dot a x)]) lateral alias:(alias b)) (derived (setop UNION (select [1]) (select [2])) lateral)"},
	})
}

// Section 3.3: UNNEST.
func TestUnnest(t *testing.T) {
	checkFrom(t, []example{
		{"UNNEST(x), unnest(ARRAY[1], y) AS t (a, b)", "(unnest [x]) (unnest [(array [1]) y] alias:(alias t columns:[a b]))"},
		{"UNNEST(x) WITH ORDINALITY AS t (a, n), UNNEST(y) with ordinality", "(unnest [x] ordinality alias:(alias t columns:[a n])) (unnest [y] ordinality)"},
		{"a CROSS JOIN UNNEST(a.col) AS t (time, cpu), unnest(a) t(second) cross join unnest(b) as t(hour)",
			"(join cross (table [a]) (unnest [(dot a col)] alias:(alias t columns:[time cpu]))) (join cross (unnest [a] alias:(alias t columns:[second])) (unnest [b] alias:(alias t columns:[hour])))"},
	})
}
