package oracle

import "testing"

func TestTranslate(t *testing.T) {
	for _, c := range []struct{ ours, theirs string }{
		{"SELECT 1.5 + .5 + 2. + 1e3 + 7", "SELECT 1.5E0 + .5E0 + 2.E0 + 1e3 + 7"},
		{"SELECT 5m, 1.5h, 2ms, 3day", "SELECT INTERVAL '300' SECOND, INTERVAL '5400' SECOND, INTERVAL '0.002' SECOND, INTERVAL '259200' SECOND"},
		{"SELECT 8month, 2y", "SELECT INTERVAL '8' MONTH, INTERVAL '24' MONTH"},
		{"SELECT measure_value::double FROM t", `SELECT "measure_value::double" FROM t`},
		{"SELECT '5m 1.5', \"5m\", 'it''s' -- 5m\n/* 1.5 */", "SELECT '5m 1.5', \"5m\", 'it''s' -- 5m\n/* 1.5 */"},
		{"SELECT CAST(x AS timestamp), x AS timestamp", "SELECT CAST(x AS timestamp(9)), x AS timestamp"},
		{"SELECT CAST(x AS array(time))", "SELECT CAST(x AS array(time(9)))"},
		{"SELECT CAST(x AS row(time timestamp))", "SELECT CAST(x AS row(time timestamp(9)))"},
		{"SELECT CAST(timestamp '2020-01-01' AS date)", "SELECT CAST(timestamp '2020-01-01 00:00:00.000000000' AS date)"},
		{"SELECT time '10:00', timestamp 'x', time", "SELECT time '10:00:00.000000000', timestamp 'x', time"},
		{"SELECT now() - 1s", "SELECT TIMESTAMP '2024-01-01 12:00:00.000000000' - INTERVAL '1' SECOND"},
		{"SELECT ago(1h + 1s)", "SELECT (TIMESTAMP '2024-01-01 12:00:00.000000000' - (INTERVAL '3600' SECOND + INTERVAL '1' SECOND))"},
		{"SELECT current_date, now", "SELECT DATE '2024-01-01', now"},
	} {
		got, _, ok := translate(c.ours)
		if got != c.theirs || !ok {
			t.Errorf("%s\ngot  %s %t\nwant %s", c.ours, got, ok, c.theirs)
		}
	}
	for _, sql := range []string{"SELECT 5ns", "SELECT @x", "SELECT current_time(3)"} {
		if got, _, ok := translate(sql); ok {
			t.Errorf("%s has no like in Trino, got %s", sql, got)
		}
	}
}

// TestPlaces checks that errors are told at the places of our statement.
func TestPlaces(t *testing.T) {
	_, at, _ := translate("SELECT 1.5,\n 5m, x, 'a' + nosuch")
	for theirs, ours := range map[string]string{
		"line 1:8: a":                      "line 1:8: a",
		"line 2:2: a":                      "line 2:2: a",
		"line 2:25: a":                     "line 2:6: a",
		"line 2:28: Column 'a'":            "line 2:9: Column 'a'",
		"line 2:34: a (first at line 1:8)": "line 2:15: a (first at line 1:8)",
		"no place":                         "no place",
	} {
		if got := at.inText(theirs); got != ours {
			t.Errorf("%s: got %s, want %s", theirs, got, ours)
		}
	}
}
