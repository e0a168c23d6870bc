package parser_test

import "testing"

// Section 3.9: calls, aggregates with their modifiers.
func TestCalls(t *testing.T) {
	checkExpressions(t, []example{
		{"f(), f(1, a + b, c OR d), Avg (x), bin(time, 5m)", "(call f) (call f [1 (+ a b) (or c d)]) (call avg [x]) (call bin [time interval:5m])"},
		{"count(*), COUNT(*), count(), count(1), \"count\"(*)", "(call count star) (call count star) (call count) (call count [1]) (call count star)"},
		{"count(DISTINCT x), count(ALL x), COUNT(DISTINCT(x)), f(DISTINCT a, b)", "(call count distinct [x]) (call count [x]) (call count distinct [x]) (call f distinct [a b])"},
		{"array_agg(x ORDER BY y DESC NULLS FIRST, z), f(ORDER BY x), f(DISTINCT x ORDER BY x)",
			"(call array_agg [x] orderby:[(orderitem y desc nulls-first) z]) (call f orderby:[x]) (call f distinct [x] orderby:[x])"},
		{"sum(x) FILTER (WHERE a = 1 OR b), count(*) filter (where c)", "(call sum [x] filter:(or (= a 1) b)) (call count star filter:c)"},
		{"if(a, 1), IF(a, 1, NULL), coalesce(a, b), nullif(a, b), try(a / b)", "(call if [a 1]) (call if [a 1 null]) (call coalesce [a b]) (call nullif [a b]) (call try [(/ a b)])"},
		{"date(x), year(x), day(x), minute(time), time(x), filter(x), row_number()", "(call date [x]) (call year [x]) (call day [x]) (call minute [time]) (call time [x]) (call filter [x]) (call row_number)"},
		{`"left"(x), "Sum"(x), "odd name"(x), "row"(1, 2), "try_cast"(x), "current_date"(1)`, "(call left [x]) (call sum [x]) (call odd name [x]) (call row [1 2]) (call try_cast [x]) (call current_date [1])"},
		{"grouping(a, b), normalize(x), normalize(x, nfkc), normalize(x, y)", "(call grouping [a b]) (call normalize [x]) (call normalize [x 'NFKC']) (call normalize [x y])"},
		{"greatest(f(g(h(1))), ARRAY[f(1)])", "(call greatest [(call f [(call g [(call h [1])])]) (array [(call f [1])])])"},
	})
}

// Section 3.9: functions without parentheses.
func TestCurrentValues(t *testing.T) {
	checkExpressions(t, []example{
		{"CURRENT_DATE, current_time, CURRENT_TIMESTAMP, localtime, LOCALTIMESTAMP, current_user",
			"(call current_date noparens) (call current_time noparens) (call current_timestamp noparens) (call localtime noparens) (call localtimestamp noparens) (call current_user noparens)"},
		{"current_time(3), localtimestamp (0) - 1d", "(call current_time [3] noparens) (- (call localtimestamp [0] noparens) interval:1d)"},
	})
}

// Section 3.9: calls with words between the arguments become plain calls.
func TestCallsWithWords(t *testing.T) {
	checkExpressions(t, []example{
		{"POSITION('a' IN s), position(a || b IN c || d)", "(call strpos [s 'a']) (call strpos [(|| c d) (|| a b)])"},
		{"position(a, b), position(a = b, c), position(NOT a), position(x -> y), position((x, y) -> z), position(), position",
			"(call position [a b]) (call position [(= a b) c]) (call position [(not a)]) (call position [(lambda [x] y)]) (call position [(lambda [x y] z)]) (call position) position"},
		{"SUBSTRING(s FROM 2), substring(s FROM a + 1 FOR b), substring(s, 1, 2), substr(s, 1)", "(call substr [s 2]) (call substr [s (+ a 1) b]) (call substring [s 1 2]) (call substr [s 1])"},
		{"TRIM(s), trim(s, 'x'), trim(FROM s), trim(BOTH FROM s), trim(BOTH 'x' FROM s), trim('x' FROM s)",
			"(call trim [s]) (call trim [s 'x']) (call trim [s]) (call trim [s]) (call trim [s 'x']) (call trim [s 'x'])"},
		{"trim(LEADING FROM s), trim(LEADING 'x' || y FROM s), trim(TRAILING FROM s), trim(trailing x FROM s)",
			"(call ltrim [s]) (call ltrim [s (|| 'x' y)]) (call rtrim [s]) (call rtrim [s x])"},
		{"trim(leading), trim(both || 'x'), trim(trailing, y), trim(both.x), trim(both - 1), trim(both NOT IN ('x')), trim(both both FROM both), trim()",
			"(call trim [leading]) (call trim [(|| both 'x')]) (call trim [trailing y]) (call trim [(dot both x)]) (call trim [(- both 1)]) (call trim [(inlist both ['x'] not)]) (call trim [both both]) (call trim)"},
	})
}

// Sections 3.9 and 4.17: lambdas.
func TestLambdas(t *testing.T) {
	checkExpressions(t, []example{
		{"filter(ts, x -> x.value < 75 AND x.time > oldest_time + 1m)", "(call filter [ts (lambda [x] (and (< (dot x value) 75) (> (dot x time) (+ oldest_time interval:1m))))])"},
		{"reduce(ts, DOUBLE '0.0', (s, x) -> s + x.value, s -> s)", "(call reduce [ts (typed <DOUBLE> 0.0) (lambda [s x] (+ s (dot x value))) (lambda [s] s)])"},
		{"f(() -> 1), f((x) -> x), f((a, b), (a, b) -> (a, b)), f((a), (a))", "(call f [(lambda 1)]) (call f [(lambda [x] x)]) (call f [(row [a b]) (lambda [a b] (row [a b]))]) (call f [a a])"},
		{`f("x y" -> "x y"), f(time -> time), f(x->-1), f(x -> g(y -> x + y))`, `(call f [(lambda ["x y"] "x y")]) (call f [(lambda [time] time)]) (call f [(lambda [x] (- 1))]) (call f [(lambda [x] (call g [(lambda [y] (+ x y))]))])`},
	})
}

// Section 3.5: windows.
func TestWindows(t *testing.T) {
	checkExpressions(t, []example{
		{"rank() OVER (), sum(x) OVER (PARTITION BY a, b + 1)", "(call rank over:(windowspec)) (call sum [x] over:(windowspec partitionby:[a (+ b 1)]))"},
		{"DENSE_RANK() OVER (PARTITION BY region ORDER BY AVG(x) DESC) rank", "(selectitem (call dense_rank over:(windowspec partitionby:[region] orderby:[(orderitem (call avg [x]) desc)])) alias:rank)"},
		{"LAST_VALUE(x) IGNORE NULLS OVER (ORDER BY t), lag(x, 1) RESPECT NULLS OVER (ORDER BY t)",
			"(call last_value [x] ignore over:(windowspec orderby:[t])) (call lag [x 1] respect over:(windowspec orderby:[t]))"},
		{"sum(x) FILTER (WHERE y) IGNORE NULLS OVER () + 1", "(+ (call sum [x] filter:y ignore over:(windowspec)) 1)"},
		{"f(x) OVER (ROWS UNBOUNDED PRECEDING), f(x) OVER (ORDER BY rows ROWS 60 PRECEDING)",
			"(call f [x] over:(windowspec frame:(frame (bound unbounded-preceding) (bound current-row)))) (call f [x] over:(windowspec orderby:[rows] frame:(frame (bound preceding offset:60) (bound current-row))))"},
		{"f(x) OVER (ROWS BETWEEN 1 + 1 PRECEDING AND CURRENT ROW), f(x) OVER (ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)",
			"(call f [x] over:(windowspec frame:(frame (bound preceding offset:(+ 1 1)) (bound current-row)))) (call f [x] over:(windowspec frame:(frame (bound current-row) (bound unbounded-following))))"},
		{"f(x) OVER (ORDER BY t RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND 5m FOLLOWING)", "(call f [x] over:(windowspec orderby:[t] frame:(frame range (bound preceding offset:(interval 1 day)) (bound following offset:interval:5m))))"},
		{"f(x) OVER (ROWS unbounded + 1 PRECEDING), f(x) OVER (ROWS (unbounded) PRECEDING), f(x) OVER (ROWS current PRECEDING)",
			"(call f [x] over:(windowspec frame:(frame (bound preceding offset:(+ unbounded 1)) (bound current-row)))) (call f [x] over:(windowspec frame:(frame (bound preceding offset:unbounded) (bound current-row)))) (call f [x] over:(windowspec frame:(frame (bound preceding offset:current) (bound current-row))))"},
		{"f(x) OVER (GROUPS 2 PRECEDING), f(x) OVER (ORDER BY groups GROUPS BETWEEN CURRENT ROW AND 1 FOLLOWING)",
			"(call f [x] over:(windowspec frame:(frame groups (bound preceding offset:2) (bound current-row)))) (call f [x] over:(windowspec orderby:[groups] frame:(frame groups (bound current-row) (bound following offset:1))))"},
		{"f(x) OVER w, f(x) OVER (w), f(x) OVER (\"W x\" ORDER BY a ROWS CURRENT ROW)",
			"(call f [x] over:(windowspec w bare)) (call f [x] over:(windowspec w)) (call f [x] over:(windowspec \"W x\" orderby:[a] frame:(frame (bound current-row) (bound current-row))))"},
		{"f(x) OVER rows, f(x) OVER (rows), f(x) OVER (range ORDER BY a), f(x) OVER (partition), f(x) OVER (partition PARTITION BY a)",
			"(call f [x] over:(windowspec rows bare)) (call f [x] over:(windowspec rows)) (call f [x] over:(windowspec range orderby:[a])) (call f [x] over:(windowspec partition)) (call f [x] over:(windowspec partition partitionby:[a]))"},
		{"f(x) OVER (PARTITION BY partition ORDER BY range RANGE CURRENT ROW)", "(call f [x] over:(windowspec partitionby:[partition] orderby:[range] frame:(frame range (bound current-row) (bound current-row))))"},
	})
}

// WINDOW is a clause if "name AS (" follows, else a name. (The service has no such clause; Trino has.)
func TestNamedWindows(t *testing.T) {
	checkStatements(t, []example{
		{"SELECT f(x) OVER w FROM t WINDOW w AS (PARTITION BY a), v AS (w ORDER BY b) ORDER BY c",
			"(query (select [(call f [x] over:(windowspec w bare))] from:[(table [t])] windows:[(namedwindow w (windowspec partitionby:[a])) (namedwindow v (windowspec w orderby:[b]))]) orderby:[c])"},
		{"SELECT 1 WINDOW window AS ()", "(select [1] windows:[(namedwindow window (windowspec))])"},
		{"SELECT 1 FROM t AS window WINDOW w AS ()", "(select [1] from:[(table [t] alias:(alias window))] windows:[(namedwindow w (windowspec))])"},
		{"SELECT 1 FROM t HAVING a WINDOW w AS ()", "(select [1] from:[(table [t])] having:a windows:[(namedwindow w (windowspec))])"},
	})
}
