package analyzer

import (
	"errors"
	"sort"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/parser"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// testCatalog is the databases that tests see: devops.metrics and iot.host_metrics with single-measure records, iot.device_data
// with multi-measure records.
type testCatalog struct{ tables map[string]*plan.Table }

func newTestCatalog() testCatalog {
	c := testCatalog{map[string]*plan.Table{}}
	single := []plan.TableColumn{
		{Name: "measure_name", Type: types.Varchar, Role: plan.RoleMeasureName},
		{Name: "time", Type: types.Timestamp, Role: plan.RoleTime},
		{Name: "measure_value::double", Type: types.Double, Role: plan.RoleMeasureValue},
		{Name: "measure_value::bigint", Type: types.Bigint, Role: plan.RoleMeasureValue},
		{Name: "measure_value::varchar", Type: types.Varchar, Role: plan.RoleMeasureValue},
	}
	c.add("devops", "metrics", "region cell silo availability_zone microservice_name instance_name instance_type os_version process_name jdk_version", single)
	c.add("iot", "host_metrics", "hostname az region", single)
	c.add("iot", "device_data", "systemId deviceNo name productKey modelKey source", []plan.TableColumn{
		{Name: "measure_name", Type: types.Varchar, Role: plan.RoleMeasureName},
		{Name: "time", Type: types.Timestamp, Role: plan.RoleTime},
		{Name: "value", Type: types.Double, Role: plan.RoleMulti},
		{Name: "stringValue", Type: types.Varchar, Role: plan.RoleMulti},
		{Name: "requestId", Type: types.Varchar, Role: plan.RoleMulti},
	})
	return c
}

func (c testCatalog) add(database, name, dims string, rest []plan.TableColumn) {
	t := &plan.Table{Database: database, Name: name, ID: uint64(len(c.tables) + 1)}
	for _, d := range strings.Fields(dims) {
		t.Columns = append(t.Columns, plan.TableColumn{Name: d, Type: types.Varchar, Role: plan.RoleDimension})
	}
	t.Columns = append(t.Columns, rest...)
	c.tables[database+"."+name] = t
}

func (c testCatalog) Databases() []string { return []string{"devops", "iot"} }

func (c testCatalog) Tables(database string) ([]string, bool) {
	var out []string
	for _, t := range c.tables {
		if t.Database == database {
			out = append(out, t.Name)
		}
	}
	sort.Strings(out)
	return out, out != nil
}

func (c testCatalog) Table(database, table string) *plan.Table { return c.tables[database+"."+table] }

func (c testCatalog) Measures(*plan.Table) []Measure {
	return []Measure{{"cpu", "double", []string{"hostname", "az"}}}
}

func analyze(t *testing.T, sql string) (*plan.Statement, error) {
	t.Helper()
	stmt, err := parser.Parse(sql)
	if err != nil {
		t.Fatalf("parse %q: %v", sql, err)
	}
	return Analyze(stmt, Options{Catalog: newTestCatalog(), Now: 1_600_000_000_000_000_000})
}

// The result columns of statements: names and types.
func TestOutput(t *testing.T) {
	tests := []struct{ sql, want string }{
		{"SELECT 1", "_col0 integer"},
		{"SELECT 1 AS one, 2.5 two, 'x', NULL, 5000000000", "one integer, two double, _col2 varchar, _col3 unknown, _col4 bigint"},
		{"SELECT -2147483648, 2147483648, 1e3, true", "_col0 integer, _col1 bigint, _col2 double, _col3 boolean"},
		{"SELECT Array[1,2,3] AS a, (1,'x') AS r", "a array(integer), r row(integer, varchar)"},
		{"SELECT 1d, 1year, interval '2' day, interval '-3' month", "_col0 interval day to second, _col1 interval year to month, _col2 interval day to second, _col3 interval year to month"},
		{"SELECT * FROM iot.host_metrics", "hostname varchar, az varchar, region varchar, measure_name varchar, time timestamp, measure_value::double double, measure_value::bigint bigint, measure_value::varchar varchar"},
		{"SELECT h.time, measure_value::double value FROM iot.host_metrics h", "time timestamp, value double"},
		{"SELECT HOSTNAME FROM iot.host_metrics", "hostname varchar"},
		{"SELECT b.measure_value::double, b.measure_value::double/2 FROM iot.host_metrics b", "measure_value::double double, _col1 double"},
		{"SELECT iot.host_metrics.az, host_metrics.az FROM iot.host_metrics", "az varchar, az varchar"},
		{"SELECT CASE WHEN true THEN 1.0 ELSE 0 END, IF(true, 1), COALESCE(NULL, 5)", "_col0 double, _col1 integer, _col2 integer"},
		{"SELECT count(*), sum(measure_value::bigint), avg(measure_value::bigint) FROM iot.host_metrics", "_col0 bigint, _col1 bigint, _col2 double"},
		{"SELECT CREATE_TIME_SERIES(time, measure_value::double) AS cpu FROM iot.host_metrics", "cpu timeseries(double)"},
		{"SELECT time, value FROM (SELECT CREATE_TIME_SERIES(time, measure_value::double) AS s FROM iot.host_metrics) CROSS JOIN UNNEST(s)", "time timestamp, value double"},
		{"SELECT t.cpu FROM (SELECT CREATE_TIME_SERIES(time, measure_value::double) AS s FROM iot.host_metrics) CROSS JOIN UNNEST(s) AS t (at, cpu)", "cpu double"},
		{"SELECT * FROM (SELECT 1, 2 AS x)", "_col0 integer, x integer"},
		{"SELECT * FROM (VALUES (1, 'a'), (2.5, NULL)) AS t(n, s)", "n double, s varchar"},
		{"VALUES 1, 2", "_col0 integer"},
		{"SELECT typeof(1), typeof(now())", "_col0 varchar, _col1 varchar"},
		{"SELECT (SELECT max(time) FROM iot.host_metrics) - 1h", "_col0 timestamp"},
		{"SELECT 1 IN (SELECT 2), EXISTS (SELECT 1), 1 >= ALL (VALUES 1, 2)", "_col0 boolean, _col1 boolean, _col2 boolean"},
		{"SELECT reduce(s, 0, (a, x) -> a + 1, a -> a) FROM (SELECT create_time_series(time, measure_value::double) s FROM iot.host_metrics)", "_col0 integer"},
		{"SELECT CAST(ROW(0, 0) AS ROW(a BIGINT, b DOUBLE)).b", "b double"},
		{"SELECT r.a FROM (SELECT CAST(ROW(1) AS ROW(a BIGINT)) AS r)", "a bigint"},
		{"SELECT hostname FROM iot.host_metrics a JOIN devops.metrics b USING (region)", "hostname varchar"},
		{"SELECT * FROM (SELECT 1 AS k, 2 AS a) x JOIN (SELECT 1 AS k, 3 AS b) y USING (k)", "k integer, a integer, b integer"},
		{"SELECT 1 AS a UNION SELECT 2.5 UNION ALL SELECT NULL", "a double"},
		{"SHOW DATABASES", "Database varchar"},
		{"SHOW TABLES FROM iot", "Table varchar"},
		{"SHOW MEASURES FROM iot.host_metrics", "measure_name varchar, data_type varchar, dimensions array(row(dimension_name varchar, data_type varchar))"},
		{"DESCRIBE iot.device_data", "Column varchar, Type varchar, Timestream attribute type varchar"},
	}
	for _, tt := range tests {
		t.Run(tt.sql, func(t *testing.T) {
			stmt, err := analyze(t, tt.sql)
			if err != nil {
				t.Fatal(err)
			}
			var cols []string
			for _, c := range stmt.Output {
				cols = append(cols, c.Name+" "+c.Type.String())
			}
			if got := strings.Join(cols, ", "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// Statements that must be accepted; the reference names each as used by working programs.
func TestAccepted(t *testing.T) {
	for _, sql := range []string{
		"SELECT BIN(time, 5m) AS time, avg(measure_value::double) FROM iot.host_metrics WHERE time > ago(1h) GROUP BY BIN(time, 5m) ORDER BY time",
		"SELECT hostname, MAX(time) AS time FROM iot.host_metrics GROUP BY hostname, az ORDER BY hostname, time DESC",
		"SELECT b.hostname, b.measure_name FROM iot.host_metrics a JOIN iot.host_metrics b ON a.hostname = b.hostname ORDER BY hostname, measure_name",
		"SELECT hostname FROM iot.host_metrics GROUP BY hostname, time ORDER BY time DESC",
		"SELECT hostname FROM iot.host_metrics GROUP BY hostname ORDER BY AVG(measure_value::double) DESC",
		"SELECT DATE_FORMAT(BIN(time + 9h, 1d), '%Y-%m-%d'), count(*) FROM iot.host_metrics GROUP BY BIN(time + 9h, 1d)",
		"SELECT bin(now(), 1d), count(*) FROM iot.host_metrics GROUP BY hostname",
		"SELECT *, DENSE_RANK() OVER (PARTITION BY hostname ORDER BY time) AS rank FROM iot.host_metrics",
		"SELECT i.*, 1 AS x FROM iot.host_metrics i",
		"SELECT distinct(az) AS x FROM iot.host_metrics ORDER BY x",
		"SELECT COUNT(DISTINCT(az)), COUNT (DISTINCT az) FROM iot.host_metrics",
		"SELECT region, DENSE_RANK() OVER (PARTITION BY region ORDER BY AVG(measure_value::double) DESC) FROM iot.host_metrics GROUP BY region",
		"SELECT LAG(ROUND(AVG(measure_value::double), 2), 1) OVER (PARTITION BY az ORDER BY BIN(time, 1h)) FROM iot.host_metrics GROUP BY az, BIN(time, 1h)",
		"SELECT sum(sum(measure_value::bigint)) OVER () FROM iot.host_metrics GROUP BY az",
		"SELECT 1 FROM unnest(sequence(0, 23)) t(hour) CROSS JOIN unnest(sequence(0, 59)) AS t(minute)",
		"SELECT hour FROM unnest(sequence(0, 23)) t(hour) ORDER BY hour",
		"SELECT * FROM iot.host_metrics DESC LIMIT 10",
		"SELECT a.hostname FROM iot.host_metrics a WHERE EXISTS (SELECT 1 FROM devops.metrics b WHERE a.region = b.region)",
		"SELECT t.hostname FROM iot.host_metrics t WHERE EXISTS (SELECT 1 FROM devops.metrics t WHERE t.hostname = t.cell)",
		"SELECT az, (SELECT count(*) FROM devops.metrics m WHERE m.region = h.region) FROM iot.host_metrics h GROUP BY az, region",
		"SELECT hostname AS h, count(*) FROM iot.host_metrics GROUP BY h",
		"SELECT hostname, count(*) FROM iot.host_metrics GROUP BY 1 ORDER BY 2 DESC, 1",
		"SELECT region, az, count(*) FROM iot.host_metrics GROUP BY ROLLUP (region, az), hostname",
		"SELECT region, az, count(*) FROM iot.host_metrics GROUP BY GROUPING SETS ((region), (az), ())",
		"SELECT hostname FROM iot.host_metrics WHERE time > '2020-01-01 00:00:00 +0000' AND time < '2020-01-02'",
		"SELECT FILTER(s, x -> x.value < 5 AND x.time > oldest + 1m) FROM (SELECT min(time) oldest, create_time_series(time, measure_value::double) s FROM iot.host_metrics)",
		"SELECT avg(measure_value::double) FILTER (WHERE az = 'a') FROM iot.host_metrics",
		"SELECT array_agg(hostname ORDER BY time DESC) FROM iot.host_metrics",
		"SELECT last_value(az) IGNORE NULLS OVER (PARTITION BY hostname ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM iot.host_metrics",
		"WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT x, y FROM a, b",
		"SELECT max_by(measure_value::double, time), max_by(time, time) FROM iot.host_metrics",
		"SELECT 'a' || 'b' LIKE 'a%' AND NOT 1 + 1 = 2 OR NULL",
		"SELECT count(*) FROM iot.host_metrics HAVING count(*) > 1",
		"EXPLAIN SELECT 1",
	} {
		t.Run(sql, func(t *testing.T) {
			if _, err := analyze(t, sql); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ sql, want string }{
		{"SELECT vehicleName FROM iot.host_metrics", "line 1:8: Column 'vehicleName' does not exist"},
		{"SELECT h.nope FROM iot.host_metrics h", "line 1:8: Column 'h.nope' does not exist"},
		{"SELECT x.hostname FROM iot.host_metrics h", "line 1:8: Column 'x.hostname' does not exist"},
		{"SELECT * FROM abc.sampleDB", "Requested database 'abc' not found for identifier 'abc.sampleDB' at line 1:15"},
		{"SELECT * FROM iot.nope", "Requested table 'nope' not found for identifier 'iot.nope' at line 1:15"},
		{"SELECT * FROM IOT.host_metrics", "Requested database 'IOT' not found for identifier 'IOT.host_metrics' at line 1:15"},
		{"SELECT * FROM nope", "line 1:15: Table 'nope' must be written with its database: database.table"},
		{"SELECT time FROM iot.host_metrics a, iot.host_metrics b", "line 1:8: Column 'time' is ambiguous"},
		{"SELECT 1 FROM iot.host_metrics WHERE hostname", "line 1:38: WHERE clause must evaluate to a boolean: actual type varchar"},
		{"SELECT 1 FROM iot.host_metrics WHERE time > ago(1h) AND 5m", "line 1:57: Right side of logical expression must evaluate to a boolean (actual: interval day to second)"},
		{"SELECT 1 WHERE 1 OR true", "line 1:16: Left side of logical expression must evaluate to a boolean (actual: integer)"},
		{"SELECT hostname = 5 FROM iot.host_metrics", "line 1:17: '=' cannot be applied to varchar, integer"},
		{"SELECT 'a' + 1", "line 1:12: '+' cannot be applied to varchar, integer"},
		{"SELECT foo(1)", "line 1:8: Function foo not registered"},
		{"SELECT avg(measure_value::double), hostname FROM iot.host_metrics", "line 1:36: 'hostname' must be an aggregate expression or appear in GROUP BY clause"},
		{"SELECT az, hostname || 'x' FROM iot.host_metrics GROUP BY az", "line 1:21: 'hostname || 'x'' must be an aggregate expression or appear in GROUP BY clause"},
		{"SELECT 1 FROM iot.host_metrics WHERE sum(measure_value::double) > 1", "line 1:38: WHERE clause cannot contain aggregations, window functions or grouping operations: [sum(measure_value::double)]"},
		{"SELECT sum(max(measure_value::double)) FROM iot.host_metrics", "line 1:12: Cannot nest aggregations inside aggregation 'sum': [max(measure_value::double)]"},
		{"SELECT rank() OVER (ORDER BY row_number() OVER ()) FROM iot.host_metrics", "line 1:30: Cannot nest window functions inside window function 'rank': [row_number() OVER ()]"},
		{"SELECT rank() FROM iot.host_metrics", "line 1:8: Window function rank requires an OVER clause"},
		{"SELECT az FROM iot.host_metrics GROUP BY 5", "line 1:42: GROUP BY position 5 is not in select list"},
		{"SELECT az FROM iot.host_metrics ORDER BY 2", "line 1:42: ORDER BY position 2 is not in select list"},
		{"SELECT DISTINCT az FROM iot.host_metrics ORDER BY hostname", "line 1:51: For SELECT DISTINCT, ORDER BY expressions must appear in select list"},
		{"SELECT 1, 2 UNION SELECT 1, 2, 3", "line 1:13: UNION query has different number of fields: 2, 3"},
		{"SELECT 1 UNION SELECT 'a'", "line 1:10: column 1 in UNION query has incompatible types: integer, varchar"},
		{"SELECT CASE WHEN true THEN 'a' ELSE 1 END", "line 1:37: All CASE results must be the same type: varchar"},
		{"SELECT 'a' IN (1)", "line 1:16: IN value and list items must be the same type: varchar"},
		{"SELECT * FROM (SELECT 1, 2, 3) AS t(a, b)", "line 1:15: Column alias list has 2 entries but 't' has 3 columns available"},
		{"SELECT CAST(now() AS bigint)", "line 1:8: Cannot cast timestamp to bigint"},
		{"SELECT CAST(1 AS decimal)", "line 1:18: Unknown type: decimal"},
		{"SELECT DATE '2020-13-01'", "line 1:8: '2020-13-01' is not a valid date literal"},
		{"SELECT @x", "line 1:8: Parameter '@x' has no value"},
		{"SELECT *", "line 1:8: SELECT * not allowed in queries without FROM clause"},
		{"SELECT t.* FROM iot.host_metrics h", "line 1:8: Table 't' not found"},
		{"SELECT (SELECT 1, 2)", "line 1:9: Multiple columns returned by subquery are not yet supported. Found 2"},
		{"SELECT 1 ORDER BY ARRAY[create_time_series(now(), 1)]", "line 1:19: Type array(timeseries(integer)) is not orderable, and therefore cannot be used in ORDER BY: array(timeseries(integer))"},
		{"SELECT transform(ARRAY[1], x -> (SELECT x))", "line 1:33: Lambda expression cannot contain subqueries"},
		{"SELECT transform(ARRAY[1], (x, y) -> x)", "line 1:28: Expected a lambda that takes 1 argument(s) but got 2"},
		{"SHOW TABLES FROM nope", "Requested database 'nope' not found for identifier 'nope' at line 1:18"},
		{"DESCRIBE iot.nope", "Requested table 'nope' not found for identifier 'iot.nope' at line 1:10"},
		{"SELECT 1 FROM (VALUES 1) t(a) JOIN (VALUES 2) u(b) USING (a)", "line 1:59: Column 'a' is missing from right side of join"},
		{"WITH a AS (SELECT 1), a AS (SELECT 2) SELECT * FROM a", "line 1:23: WITH query name 'a' specified more than once"},
		{"SELECT sum(1) OVER (ORDER BY 1 ROWS BETWEEN CURRENT ROW AND 1 PRECEDING)", "line 1:32: Window frame starting from CURRENT ROW cannot end with PRECEDING"},
	}
	for _, tt := range tests {
		t.Run(tt.sql, func(t *testing.T) {
			_, err := analyze(t, tt.sql)
			var e *dberr.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want %s", err, tt.want)
			}
			if e.Client() != tt.want || e.Kind != dberr.Invalid {
				t.Errorf("got  %s (%s)\nwant %s", e.Client(), e.Kind, tt.want)
			}
		})
	}
}

// Long chains end in an error instead of a long time; chains that working programs send do not.
func TestDepth(t *testing.T) {
	if _, err := analyze(t, "SELECT 1"+strings.Repeat("+1", 1000)); err != nil {
		t.Error(err)
	}
	if _, err := analyze(t, "SELECT 1 WHERE true"+strings.Repeat(" AND true", 20000)); err != nil {
		t.Error(err)
	}
	_, err := analyze(t, "SELECT 1"+strings.Repeat("+1", 100000))
	if err == nil || !strings.Contains(err.Error(), "The query is nested too deeply at line 1:") {
		t.Errorf("got %v", err)
	}
}
