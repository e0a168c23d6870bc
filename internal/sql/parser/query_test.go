package parser_test

import "testing"

// Section 3.1: the select list.
func TestSelectItems(t *testing.T) {
	checkStatements(t, []example{
		{"SELECT 1", "(select [1])"},
		{"SELECT a, b AS c, d e, f AS \"g h\", i \"time\"", `(select [a (selectitem b alias:c) (selectitem d alias:e) (selectitem f alias:"g h") (selectitem i alias:"time")])`},
		{"SELECT *, t.*, db.t.*, \"t\".* FROM t", `(select [(selectitem star) (selectitem star [t]) (selectitem star [db t]) (selectitem star ["t"])] from:[(table [t])])`},
		{"SELECT *, DENSE_RANK() OVER () AS rank FROM cte", "(select [(selectitem star) (selectitem (call dense_rank over:(windowspec)) alias:rank)] from:[(table [cte])])"},
		{"SELECT distinct(x) as x", "(select distinct [(selectitem x alias:x)])"},
		{"SELECT DISTINCT a, b", "(select distinct [a b])"},
		{"SELECT (1,2,3)", "(select [(row [1 2 3])])"},
		{"SELECT a.b*2, t.a * t.b", "(select [(* (dot a b) 2) (* (dot t a) (dot t b))])"},
		{"SELECT a = 1 b, NOT a c, a + 1 d", "(select [(selectitem (= a 1) alias:b) (selectitem (not a) alias:c) (selectitem (+ a 1) alias:d)])"},
	})
}

// Section 3.1: the clauses of SELECT.
func TestClauses(t *testing.T) {
	checkStatements(t, []example{
		{"select a from d.t where b > 1 and c group by a having count(*) > 2 order by a desc nulls last, 2 asc limit 3",
			"(query (select [a] from:[(table [d t])] where:(and (> b 1) c) groupby:(groupby [a]) having:(> (call count star) 2)) orderby:[(orderitem a desc nulls-last) 2] limit:3)"},
		{"SELECT 1 WHERE false", "(select [1] where:false)"},
		{"SELECT 1 HAVING true", "(select [1] having:true)"},
		{"SELECT 1 ORDER BY a + 1, b DESC, c NULLS FIRST, d ASC NULLS LAST", "(query (select [1]) orderby:[(+ a 1) (orderitem b desc) (orderitem c nulls-first) (orderitem d nulls-last)])"},
		{"SELECT 1 LIMIT 0", "(query (select [1]) limit:0)"},
		{"SELECT 1 LIMIT ALL", "(select [1])"},
		{"SELECT 1 OFFSET 5", "(query (select [1]) offset:5)"},
		{"SELECT 1 OFFSET 5 ROWS LIMIT 2", "(query (select [1]) offset:5 limit:2)"},
		{"SELECT 1 OFFSET 1 ROW FETCH NEXT ROW ONLY", "(query (select [1]) offset:1 limit:1)"},
		{"SELECT 1 FETCH FIRST 5 ROWS ONLY", "(query (select [1]) limit:5)"},
		{"SELECT * FROM (SELECT 1) LIMIT 0", "(query (select [(selectitem star)] from:[(derived (select [1]))]) limit:0)"},
	})
}

// Section 3.1: GROUP BY.
func TestGroupBy(t *testing.T) {
	checkStatements(t, []example{
		{"SELECT 1 GROUP BY a, BIN(time, 5m), 3", "(select [1] groupby:(groupby [a (call bin [time interval:5m]) 3]))"},
		{"SELECT 1 GROUP BY ()", "(select [1] groupby:(groupby [(groupingelem sets [[]])]))"},
		{"SELECT 1 GROUP BY (a), (a, b), (a + b) * c", "(select [1] groupby:(groupby [a a b (* (+ a b) c)]))"},
		{"SELECT 1 GROUP BY ROW(a, b), ((a, b)), ROW(a)", "(select [1] groupby:(groupby [(row [a b]) (row [a b]) (row [a])]))"},
		{"SELECT 1 GROUP BY GROUPING SETS ((a, b), (a), c, ())", "(select [1] groupby:(groupby [(groupingelem sets [[a b] [a] [c] []])]))"},
		{"SELECT 1 GROUP BY GROUPING SETS (())", "(select [1] groupby:(groupby [(groupingelem sets [[]])]))"},
		{"SELECT 1 GROUP BY a, ROLLUP (b, (c, d)), CUBE(e, ROW(f, g))", "(select [1] groupby:(groupby [a (groupingelem rollup [[b] [c d]]) (groupingelem cube [[e] [(row [f g])]])]))"},
		{"SELECT 1 GROUP BY ROLLUP (), CUBE ()", "(select [1] groupby:(groupby [(groupingelem rollup) (groupingelem cube)]))"},
		{"SELECT 1 GROUP BY DISTINCT ROLLUP (a), CUBE (b)", "(select [1] groupby:(groupby distinct [(groupingelem rollup [[a]]) (groupingelem cube [[b]])]))"},
		{"SELECT 1 GROUP BY ALL ROLLUP (a)", "(select [1] groupby:(groupby [(groupingelem rollup [[a]])]))"},
		{"SELECT 1 GROUP BY ALL CUBE (a)", "(select [1] groupby:(groupby [(groupingelem cube [[a]])]))"},
		{"SELECT 1 GROUP BY ALL GROUPING SETS (a)", "(select [1] groupby:(groupby [(groupingelem sets [[a]])]))"},
		{"SELECT 1 GROUP BY ALL ()", "(select [1] groupby:(groupby [(groupingelem sets [[]])]))"},
		{"SELECT 1 GROUP BY ALL a", "(select [1] groupby:(groupby [a]))"},
		{"SELECT grouping(a) GROUP BY grouping(a)", "(select [(call grouping [a])] groupby:(groupby [(call grouping [a])]))"},
	})
}

// Section 3.1: UNION, EXCEPT, INTERSECT.
func TestSetOperations(t *testing.T) {
	checkStatements(t, []example{
		{"SELECT 1 UNION SELECT 2 UNION ALL SELECT 3", "(setop UNION all (setop UNION (select [1]) (select [2])) (select [3]))"},
		{"SELECT 1 UNION (SELECT 2 UNION ALL SELECT 3)", "(setop UNION (select [1]) (setop UNION all (select [2]) (select [3])))"},
		{"SELECT 1 UNION DISTINCT SELECT 2 EXCEPT SELECT 3", "(setop EXCEPT (setop UNION (select [1]) (select [2])) (select [3]))"},
		{"SELECT 1 UNION SELECT 2 INTERSECT SELECT 3", "(setop UNION (select [1]) (setop INTERSECT (select [2]) (select [3])))"},
		{"SELECT 1 INTERSECT SELECT 2 UNION SELECT 3 INTERSECT ALL SELECT 4", "(setop UNION (setop INTERSECT (select [1]) (select [2])) (setop INTERSECT all (select [3]) (select [4])))"},
		{"(SELECT 1 UNION SELECT 2) INTERSECT SELECT 3", "(setop INTERSECT (setop UNION (select [1]) (select [2])) (select [3]))"},
		{"SELECT 1 INTERSECT (SELECT 2 EXCEPT SELECT 3)", "(setop INTERSECT (select [1]) (setop EXCEPT (select [2]) (select [3])))"},
		{"SELECT 1 INTERSECT (SELECT 2 INTERSECT SELECT 3)", "(setop INTERSECT (select [1]) (setop INTERSECT (select [2]) (select [3])))"},
		{"(SELECT 1) UNION ((SELECT 2))", "(setop UNION (select [1]) (select [2]))"},
		{"(SELECT 1 LIMIT 1) UNION (WITH a AS (SELECT 2) SELECT 3)", "(setop UNION (nested (query (select [1]) limit:1)) (nested (query with:[(cte a (select [2]))] (select [3]))))"},
		{"SELECT 1 UNION SELECT 2 ORDER BY 1 LIMIT 3", "(query (setop UNION (select [1]) (select [2])) orderby:[1] limit:3)"},
		{"SELECT 1 UNION VALUES 2 EXCEPT TABLE a.b", "(setop EXCEPT (setop UNION (select [1]) (values [[2]])) (select [(selectitem star)] from:[(table [a b])]))"},
	})
}

// Section 3.1: queries in parentheses, VALUES, TABLE, WITH.
func TestQueryForms(t *testing.T) {
	checkStatements(t, []example{
		{"(SELECT 1)", "(select [1])"},
		{"((SELECT 1 ORDER BY 1))", "(query (select [1]) orderby:[1])"},
		{"(SELECT 1 LIMIT 5) LIMIT 2", "(query (nested (query (select [1]) limit:5)) limit:2)"},
		{"(SELECT 1) LIMIT 2", "(query (select [1]) limit:2)"},
		{"WITH a AS (SELECT 1) (SELECT 2 LIMIT 1)", "(query with:[(cte a (select [1]))] (nested (query (select [2]) limit:1)))"},
		{"VALUES 1, 2, 3", "(values [[1] [2] [3]])"},
		{"VALUES ('a', 1), ('b', 2)", "(values [['a' 1] ['b' 2]])"},
		{"VALUES (('a', 1)), (('b', 2))", "(values [['a' 1] ['b' 2]])"},
		{"VALUES (1), ((2)), ROW(3, 4), ROW(5), ROW(ROW(6, 7)), ((SELECT 8), 9)", "(values [[1] [2] [3 4] [5] [(row [6 7])] [(scalarquery (select [8])) 9]])"},
		{"VALUES ARRAY[1, 2], 1 + 2 ORDER BY 1", "(query (values [[(array [1 2])] [(+ 1 2)]]) orderby:[1])"},
		{"TABLE db.t", "(select [(selectitem star)] from:[(table [db t])])"},
		{"TABLE t ORDER BY 1", "(query (select [(selectitem star)] from:[(table [t])]) orderby:[1])"},
		{"WITH a AS (SELECT 1), b (x, \"y z\") AS (TABLE a) SELECT * FROM a, b", `(query with:[(cte a (select [1])) (cte b columns:[x "y z"] (select [(selectitem star)] from:[(table [a])]))] (select [(selectitem star)] from:[(table [a]) (table [b])]))`},
		{"WITH a AS (WITH b AS (SELECT 1) SELECT 2) SELECT 3", "(query with:[(cte a (query with:[(cte b (select [1]))] (select [2])))] (select [3]))"},
		{"WITH a AS (SELECT 1) SELECT 2 UNION SELECT 3 ORDER BY 1", "(query with:[(cte a (select [1]))] (setop UNION (select [2]) (select [3])) orderby:[1])"},
	})
}
