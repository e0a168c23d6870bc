package sqltext

import (
	"strings"
	"testing"
	"time"
)

func TestMacros(t *testing.T) {
	m := Macros{
		From: time.UnixMilli(1748426399999), To: time.UnixMilli(1748430000000), Now: time.UnixMilli(1748430000123),
		Interval: 15 * time.Second, Database: "devops", Table: "metrics", Measure: "cpu_user",
	}
	for statement, want := range map[string]string{
		"SELECT 1": "SELECT 1",
		"WHERE $__timeFilter AND x": "WHERE time BETWEEN from_milliseconds(1748426399999) AND " +
			"from_milliseconds(1748430000000) AND x",
		"$__timeFrom-$__timeTo":               "1748426399999-1748430000000",
		"bin(time, $__interval)":              "bin(time, 15000ms)",
		"bin(time, $__interval_ms)":           "bin(time, 15000ms)",
		"$__interval_raw_ms / 1000":           "15000 / 1000",
		"$__now_ms":                           "1748430000123",
		"FROM $__database.$__table":           `FROM "devops"."metrics"`,
		"measure_name = $__measure":           `measure_name = "cpu_user"`,
		"$__unknown $__time $ __interval":     "$__unknown $__time $ __interval",
		"-- $__interval\n'$__timeFrom' x $__": "-- 15000ms\n'1748426399999' x $__",
	} {
		if got, err := m.Expand(statement); err != nil || got != want {
			t.Errorf("%q\n got %q, %v\nwant %q", statement, got, err, want)
		}
	}
}

func TestMacroNamesAreQuoted(t *testing.T) {
	for name, want := range map[string]string{
		"iot": `"iot"`, `"iot"`: `"iot"`, "a.b-c": `"a.b-c"`, `a"b`: `"a""b"`, `"`: `""""`,
	} {
		if got, err := (Macros{Database: name}).Expand("$__database"); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestMacroWithoutValueIsAnError(t *testing.T) {
	for statement, flag := range map[string]string{
		"FROM $__database.t": "--database", "FROM d.$__table": "--table", "= '$__measure'": "--measure",
	} {
		if _, err := (Macros{}).Expand(statement); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%q: error %v does not name %s", statement, err, flag)
		}
	}
}

func TestDefaultInterval(t *testing.T) {
	for span, want := range map[time.Duration]time.Duration{
		0: time.Second, 5 * time.Minute: 2 * time.Second, time.Hour: 15 * time.Second, 2 * time.Hour: 30 * time.Second,
		24 * time.Hour: 10 * time.Minute, 7 * 24 * time.Hour: time.Hour, 5 * 365 * 24 * time.Hour: 8 * 24 * time.Hour,
	} {
		if got := DefaultInterval(span); got != want {
			t.Errorf("DefaultInterval(%v) = %v, want %v", span, got, want)
		}
	}
	if got, _ := (Macros{From: time.UnixMilli(0), To: time.UnixMilli(3600_000)}).Expand("$__interval"); got != "15000ms" {
		t.Errorf("an hour's interval is %s", got)
	}
}
