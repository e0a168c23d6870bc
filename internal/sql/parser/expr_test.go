package parser_test

import "testing"

// Section 1.5: precedence and associativity.
func TestPrecedence(t *testing.T) {
	checkExpressions(t, []example{
		{"a + b * c, (a + b) * c, a - b - c, a - (b - c), a / b * c % d", "(+ a (* b c)) (* (+ a b) c) (- (- a b) c) (- a (- b c)) (% (* (/ a b) c) d)"},
		{"-a * b, -(a * b), -a.b[1], (-a)[1], + - a", "(* (- a) b) (- (* a b)) (- (subscript (dot a b) 1)) (subscript (- a) 1) (+ (- a))"},
		{"a || b + c, (a || b) + c, a || b || c, a || (b || c)", "(|| a (+ b c)) (+ (|| a b) c) (|| (|| a b) c) (|| a (|| b c))"},
		{"a || b = c + d, (a = b) || c", "(= (|| a b) (+ c d)) (|| (= a b) c)"},
		{"NOT a = b, (NOT a) = b, NOT NOT a, NOT a AND b, NOT (a AND b)", "(not (= a b)) (= (not a) b) (not (not a)) (and (not a) b) (not (and a b))"},
		{"a OR b AND c, (a OR b) AND c, a AND b OR c AND d, a OR NOT b AND c", "(or a (and b c)) (and (or a b) c) (or (and a b) (and c d)) (or a (and (not b) c))"},
		{"a AND b AND c, a AND (b AND c), a OR b OR c, a OR (b OR c)", "(and (and a b) c) (and a (and b c)) (or (or a b) c) (or a (or b c))"},
		{"a = b AND c < d OR e IS NULL", "(or (and (= a b) (< c d)) (isnull e))"},
		{"(a = b) = c, a = (b = c), (a IS NULL) IS NULL", "(= (= a b) c) (= a (= b c)) (isnull (isnull a))"},
		{"((((a)))), ((a)) + ((b))", "a (+ a b)"},
		{"a.b.c, a[1][2], a[b[1] + 2].c, f(x)[1], f(x).y, (a).b, ARRAY[1][1], 'a'[1]",
			"(dot (dot a b) c) (subscript (subscript a 1) 2) (dot (subscript a (+ (subscript b 1) 2)) c) (subscript (call f [x]) 1) (dot (call f [x]) y) (dot a b) (subscript (array [1]) 1) (subscript 'a' 1)"},
	})
}

// Section 3.9: comparisons and other predicates.
func TestPredicates(t *testing.T) {
	checkExpressions(t, []example{
		{"a = b, a <> b, a != b, a < b, a <= b, a > b, a >= b", "(= a b) (<> a b) (<> a b) (< a b) (<= a b) (> a b) (>= a b)"},
		{"a<-1, a>-b, a=+1", "(< a (- 1)) (> a (- b)) (= a (+ 1))"},
		{"x BETWEEN 1 AND 2, x NOT BETWEEN a + 1 AND b || c, x BETWEEN 1 AND 2 AND y, NOT x BETWEEN 1 AND 2",
			"(between x 1 2) (between x (+ a 1) (|| b c) not) (and (between x 1 2) y) (not (between x 1 2))"},
		{"x IN (1), x IN (1, 'a', b + c), x NOT IN (y = 1, NOT z), x + 1 IN (2)", "(inlist x [1]) (inlist x [1 'a' (+ b c)]) (inlist x [(= y 1) (not z)] not) (inlist (+ x 1) [2])"},
		{"x IN ((1), (2)), x IN ((1, 2), (3, 4)), x IN ((1) + 2, 3)", "(inlist x [1 2]) (inlist x [(row [1 2]) (row [3 4])]) (inlist x [(+ 1 2) 3])"},
		{"x LIKE 'a%', x NOT LIKE 'a' || b, x LIKE '!%' ESCAPE '!', x NOT LIKE y ESCAPE '!' OR z",
			"(like x 'a%') (like x (|| 'a' b) not) (like x '!%' escape:'!') (or (like x y escape:'!' not) z)"},
		{"x IS NULL, x IS NOT NULL, x + 1 IS NULL AND y", "(isnull x) (isnull x not) (and (isnull (+ x 1)) y)"},
		{"x IS DISTINCT FROM y, x IS NOT DISTINCT FROM y + 1", "(isdistinct x y) (isdistinct x (+ y 1) not)"},
		{"(a, b) = (1, 2), (a, b) IN ((1, 2))", "(= (row [a b]) (row [1 2])) (inlist (row [a b]) [(row [1 2])])"},
		{"(x BETWEEN 1 AND 2) = y, (x IN (1)) IS NULL, (x LIKE y) = z", "(= (between x 1 2) y) (isnull (inlist x [1])) (= (like x y) z)"},
		{"x BETWEEN (a = b) AND (c OR d)", "(between x (= a b) (or c d))"},
	})
}

// Sections 3.4 and 4.2: queries as values, sets and conditions.
func TestSubqueries(t *testing.T) {
	checkExpressions(t, []example{
		{"(SELECT 1), (SELECT a FROM t) + 1, -(SELECT 1), (SELECT 1).x, (SELECT 1)[1]",
			"(scalarquery (select [1])) (+ (scalarquery (select [a] from:[(table [t])])) 1) (- (scalarquery (select [1]))) (dot (scalarquery (select [1])) x) (subscript (scalarquery (select [1])) 1)"},
		{"ROUND((SELECT 1) - (SELECT 2), 3)", "(call round [(- (scalarquery (select [1])) (scalarquery (select [2]))) 3])"},
		{"((SELECT 1)), (((SELECT 1)))", "(scalarquery (select [1])) (scalarquery (select [1]))"},
		{"((SELECT 1) + 1), (((SELECT 1)) + 1) * 2, ((SELECT 1).x), ((SELECT 1) = 1 AND a)",
			"(+ (scalarquery (select [1])) 1) (* (+ (scalarquery (select [1])) 1) 2) (dot (scalarquery (select [1])) x) (and (= (scalarquery (select [1])) 1) a)"},
		{"((SELECT 1), 2), (1, (SELECT 2)), (((SELECT 1), 2), 3)", "(row [(scalarquery (select [1])) 2]) (row [1 (scalarquery (select [2]))]) (row [(row [(scalarquery (select [1])) 2]) 3])"},
		{"((SELECT 1) UNION (SELECT 2)), (((SELECT 1)) UNION SELECT 2)", "(scalarquery (setop UNION (select [1]) (select [2]))) (scalarquery (setop UNION (select [1]) (select [2])))"},
		{"((SELECT 1) LIMIT 2), ((SELECT 1 LIMIT 3) ORDER BY 1)", "(scalarquery (query (select [1]) limit:2)) (scalarquery (query (nested (query (select [1]) limit:3)) orderby:[1]))"},
		{"(WITH a AS (SELECT 1) TABLE a), (VALUES 1), (TABLE a.b)",
			"(scalarquery (query with:[(cte a (select [1]))] (select [(selectitem star)] from:[(table [a])]))) (scalarquery (values [[1]])) (scalarquery (select [(selectitem star)] from:[(table [a b])]))"},
		{"x IN (SELECT 1), x NOT IN (VALUES 1, 2), x IN (SELECT a FROM t ORDER BY a)",
			"(inquery x (select [1])) (inquery x (values [[1] [2]]) not) (inquery x (query (select [a] from:[(table [t])]) orderby:[a]))"},
		{"x IN ((SELECT 1)), x IN (((SELECT 1))), x IN ((SELECT 1), 2)", "(inlist x [(scalarquery (select [1]))]) (inlist x [(scalarquery (select [1]))]) (inlist x [(scalarquery (select [1])) 2])"},
		{"x IN ((SELECT 1) UNION (SELECT 2)), x IN ((SELECT 1) LIMIT 1)", "(inquery x (setop UNION (select [1]) (select [2]))) (inquery x (query (select [1]) limit:1))"},
		{"EXISTS (SELECT 1), NOT EXISTS ((SELECT 1) UNION SELECT 2)", "(exists (select [1])) (not (exists (setop UNION (select [1]) (select [2]))))"},
		{"x >= ALL (VALUES 1, 2), x = ANY (SELECT 1), x <> SOME (SELECT 1), x < all ((SELECT 1)) AND y",
			"(quantified x >= all (values [[1] [2]])) (quantified x = (select [1])) (quantified x <> (select [1])) (and (quantified x < all (select [1])) y)"},
		{"x = any(y), x = all, x = some(1, 2), any", `(= x (call any [y])) (= x all) (= x (call some [1 2])) any`},
		{"(SELECT week(time)=37)", "(scalarquery (select [(= (call week [time]) 37)]))"},
		{"CASE WHEN (SELECT true) THEN (SELECT NULL) ELSE time END", "(case [(when (scalarquery (select [true])) (scalarquery (select [null])))] else:time)"},
	})
}

// Section 3.9: CASE and EXTRACT.
func TestCaseAndExtract(t *testing.T) {
	checkExpressions(t, []example{
		{"CASE WHEN a THEN 1 END, CASE a WHEN 1 THEN 2 WHEN 3 THEN 4 ELSE 5 END", "(case [(when a 1)]) (case operand:a [(when 1 2) (when 3 4)] else:5)"},
		{"CASE a = b WHEN c OR d THEN e AND f END.x", "(dot (case operand:(= a b) [(when (or c d) (and e f))]) x)"},
		{"CASE CASE WHEN a THEN b END WHEN c THEN CASE d WHEN e THEN f END END", "(case operand:(case [(when a b)]) [(when c (case operand:d [(when e f)]))])"},
		{"EXTRACT(hour FROM x), extract(YEAR from now() - 1d), EXTRACT(timezone_hour FROM x), EXTRACT(\"Day\" FROM x)",
			"(extract hour x) (extract year (- (call now) interval:1d)) (extract timezone_hour x) (extract day x)"},
	})
}

// Section 2.5: the types of CAST and TRY_CAST.
func TestTypes(t *testing.T) {
	checkExpressions(t, []example{
		{"CAST(a AS INT), cast(a + b AS integer), CAST(a OR b AS boolean), TRY_CAST(a AS bigint), try_cast (a AS Double)",
			"(cast a <INT>) (cast (+ a b) <INTEGER>) (cast (or a b) <BOOLEAN>) (cast a <BIGINT> try) (cast a <DOUBLE> try)"},
		{"CAST(a AS VARCHAR), CAST(a AS varchar(10)), CAST(a AS timestamp(3)), CAST(a AS DOUBLE PRECISION)", "(cast a <VARCHAR>) (cast a <VARCHAR(10)>) (cast a <TIMESTAMP(3)>) (cast a <DOUBLE>)"},
		{"CAST(a AS date), CAST(\"time\" AS time), CAST('x' AS timestamp), CAST(a AS nonsense)", `(cast a <DATE>) (cast "time" <TIME>) (cast 'x' <TIMESTAMP>) (cast a <NONSENSE>)`},
		{"CAST(a AS INTERVAL DAY TO SECOND), CAST(a AS interval year to month)", "(cast a <INTERVAL DAY TO SECOND>) (cast a <INTERVAL YEAR TO MONTH>)"},
		{"CAST(a AS ARRAY(T)), CAST(a AS array<bigint>), CAST(a AS ARRAY<ARRAY<double>>), CAST(a AS ARRAY(ROW(x INT)))",
			"(cast a <ARRAY(T)>) (cast a <ARRAY(BIGINT)>) (cast a <ARRAY(ARRAY(DOUBLE))>) (cast a <ARRAY(ROW(x INT))>)"},
		{"CAST(ROW(0, 0) AS ROW(count_high BIGINT, count_total BIGINT)).count_high", "(dot (cast (row [0 0]) <ROW(count_high BIGINT, count_total BIGINT)>) count_high)"},
		{"CAST(a AS ROW(sum DOUBLE, count INTEGER)), CAST(a AS ROW(BIGINT, varchar(3), x double))", "(cast a <ROW(sum DOUBLE, count INTEGER)>) (cast a <ROW(BIGINT, VARCHAR(3), x DOUBLE)>)"},
		{"CAST(a AS ROW(row ROW(array ARRAY(int)), ROW(int), ARRAY(int), \"a b\" int))", `(cast a <ROW(row ROW(array ARRAY(INT)), ROW(INT), ARRAY(INT), "a b" INT)>)`},
		{"CAST(a AS ROW(INTERVAL DAY TO SECOND, interval INTERVAL YEAR TO MONTH, interval day))", `(cast a <ROW(INTERVAL DAY TO SECOND, "interval" INTERVAL YEAR TO MONTH, "interval" DAY)>)`},
		{"CAST(a AS ROW(double precision, double double, \"double\" precision, time time))", `(cast a <ROW(DOUBLE, "double" DOUBLE, "double" PRECISION, time TIME)>)`},
		{"try_cast, try_cast + 1", "try_cast (+ try_cast 1)"},
	})
}
