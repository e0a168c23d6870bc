package parser_test

import (
	"math"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/parser"
)

// Section 1.4: strings.
func TestStrings(t *testing.T) {
	checkExpressions(t, []example{
		{"'text', '', 'it''s', '''', 'a\\nb', 'two\nlines', 'größe'", "'text' '' 'it's' ''' 'a\\nb' 'two\nlines' 'größe'"},
		{`U&'\0041\00e4', u&'\+01F600', U&'a''b', U&'\\'`, `'Aä' '😀' 'a'b' '\'`},
		{"U&'!0041!!\\' UESCAPE '!', U&'d1'", `'A!\' 'd1'`},
		{"u, U - 1", "u (- U 1)"},
	})
}

// Section 1.4: numbers. The type of an integer is decided by its value, later.
func TestNumbers(t *testing.T) {
	checkExpressions(t, []example{
		{"0, 123, 007, 2147483648, 9223372036854775807", "0 123 7 2147483648 9223372036854775807"},
		{"1.0, .5, 70.0, 1., 1.5e-3, 1E5, 1e+5, 1.e2, .5E1", "float:1 float:0.5 float:70 float:1 float:0.0015 float:100000 float:100000 float:100 float:5"},
		{"1e400, 1e-400", "float:+Inf float:0"},
		{"-9223372036854775808, - 9223372036854775808, 1 - -9223372036854775808", "-9223372036854775808 -9223372036854775808 (- 1 -9223372036854775808)"},
		{"-9223372036854775807, +1, - -1, -+-1, - -9223372036854775808", "(- 9223372036854775807) (+ 1) (- (- 1)) (- (+ (- 1))) (- -9223372036854775808)"},
		{"(-9223372036854775808)[1], (1).x, 1[2]", "(subscript -9223372036854775808 1) (dot 1 x) (subscript 1 2)"},
	})
	st, err := parser.Parse("SELECT 1e400")
	if err != nil {
		t.Fatal(err)
	}
	f := st.(*ast.Query).Body.(*ast.Select).Items[0].Expr.(*ast.Float)
	if !math.IsInf(f.Value, 1) || f.Text != "1e400" {
		t.Errorf("1e400 is %v, typed as %s", f.Value, f.Text)
	}
}

// Section 1.4: booleans, null, typed literals, arrays, rows, and parameters (1.6).
func TestOtherLiterals(t *testing.T) {
	checkExpressions(t, []example{
		{"TRUE, false, NULL", "true false null"},
		{"DOUBLE '0.0', integer '1', BIGINT '10', BOOLEAN 'true', VARCHAR 'x', x'65'",
			"(typed <DOUBLE> 0.0) (typed <INTEGER> 1) (typed <BIGINT> 10) (typed <BOOLEAN> true) (typed <VARCHAR> x) (typed <X> 65)"},
		{"DATE '2020-08-08', TIME '01:00', timestamp '2020-08-08 01:00', timestamp'2020-08-08'",
			"(typed <DATE> 2020-08-08) (typed <TIME> 01:00) (typed <TIMESTAMP> 2020-08-08 01:00) (typed <TIMESTAMP> 2020-08-08)"},
		{"time, date, timestamp, double, time = '1', date + 1d, timestamp(3)", "time date timestamp double (= time '1') (+ date interval:1d) (call timestamp [3])"},
		{"ARRAY[1, 2], Array[], ARRAY ['a','b'], ARRAY[ARRAY[x]][1]", "(array [1 2]) (array) (array ['a' 'b']) (subscript (array [(array [x])]) 1)"},
		{"array, array(1), \"array\"[1], (array)[1]", `array (call array [1]) (subscript "array" 1) (subscript array 1)`},
		{"ROW(1, 'a'), (1, 2, 3), ROW (x), row", "(row [1 'a']) (row [1 2 3]) (row [x]) row"},
		{"@scheduled_runtime, min(@x) - @y1", "@scheduled_runtime (- (call min [@x]) @y1)"},
		{"x=@p, -@p, a@p", "(= x @p) (- @p) a@p"},
	})
}

// Section 1.4: intervals of SQL style.
func TestIntervals(t *testing.T) {
	checkExpressions(t, []example{
		{"INTERVAL '2' DAY, interval '-3' hour, Interval'1.5'second", "(interval 2 day) (interval -3 hour) (interval 1.5 second)"},
		{"INTERVAL -'3' DAY, INTERVAL + '3' WEEK", "(interval negative 3 day) (interval 3 week)"},
		{"INTERVAL '1' MINUTE, INTERVAL '1' MONTH, INTERVAL '1' year", "(interval 1 minute) (interval 1 month) (interval 1 year)"},
		{"interval '6' day - interval '4' hour", "(- (interval 6 day) (interval 4 hour))"},
		{"interval, interval - 1, interval + '3', interval - '3' AS day, interval.day", "interval (- interval 1) (+ interval '3') (selectitem (- interval '3') alias:day) (dot interval day)"},
	})
}

// Section 1.4: intervals of Timestream style, and where they end.
func TestDurations(t *testing.T) {
	checkExpressions(t, []example{
		{"1ns, 1nanosecond, 1us, 1microsecond, 1ms, 1millisecond, 1s, 1second", "interval:1ns interval:1nanosecond interval:1us interval:1microsecond interval:1ms interval:1millisecond interval:1s interval:1second"},
		{"1m, 1minute, 1h, 1hour, 1d, 1day, 1month, 1y, 1year, 5M, 1Day", "interval:1m interval:1minute interval:1h interval:1hour interval:1d interval:1day interval:1month interval:1y interval:1year interval:5M interval:1Day"},
		{"72.5h, 10000ms, 0s, 0.25d", "interval:72.5h interval:10000ms interval:0s interval:0.25d"},
		{"now()-1m, time+9h, -1h, 2*3d, 1d.x", "(- (call now) interval:1m) (+ time interval:9h) (- interval:1h) (* 2 interval:3d) (dot interval:1d x)"},
		{"1 day, 1 d", "(selectitem 1 alias:day) (selectitem 1 alias:d)"},
		{"1e5, 1d/2", "float:100000 (/ interval:1d 2)"},
	})
	for _, text := range []string{"5days", "1w", "1week", "1min", "1mo", "1sec", "1hr", "1dd", "1d_", "1d:", "1d1", "1e", "1x", ".5h", "5.h", "1.5e3s", "1@x", "1:2", "1_000", "0x1F"} {
		if _, err := parser.Parse("SELECT " + text); err == nil {
			t.Errorf("SELECT %s: no error", text)
		}
	}
}
