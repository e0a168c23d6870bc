package sqltext

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Macros holds what Grafana's macros stand for. They expand to what the Timestream data source of Grafana makes of them,
// so that a panel's statement can be run as it is.
type Macros struct {
	From, To, Now            time.Time
	Interval                 time.Duration // 0: chosen by the range, see DefaultInterval
	Database, Table, Measure string
}

// Expand replaces the macros in a statement, wherever they stand. A macro that names a database, table or measure which
// was not given is an error; unknown ones are left for the service to complain about.
func (m Macros) Expand(statement string) (string, error) {
	if !strings.Contains(statement, "$__") {
		return statement, nil
	}
	for _, need := range []struct{ macro, value, flag string }{
		{"$__database", m.Database, "--database"},
		{"$__table", m.Table, "--table"},
		{"$__measure", m.Measure, "--measure"},
	} {
		if need.value == "" && strings.Contains(statement, need.macro) {
			return "", fmt.Errorf("the statement uses %s: say which with %s", need.macro, need.flag)
		}
	}
	interval := m.Interval
	if interval <= 0 {
		interval = DefaultInterval(m.To.Sub(m.From))
	}
	from, to := milliseconds(m.From), milliseconds(m.To)
	step := strconv.FormatInt(max(1, interval.Milliseconds()), 10)
	// The first name that fits is taken, so a name comes before the names that it begins with.
	return strings.NewReplacer(
		"$__timeFilter", "time BETWEEN from_milliseconds("+from+") AND from_milliseconds("+to+")",
		"$__timeFrom", from,
		"$__timeTo", to,
		"$__interval_raw_ms", step,
		"$__interval_ms", step+"ms",
		"$__interval", step+"ms",
		"$__now_ms", milliseconds(m.Now),
		"$__database", quoted(m.Database),
		"$__table", quoted(m.Table),
		"$__measure", quoted(m.Measure),
	).Replace(statement), nil
}

// milliseconds writes a time as epoch milliseconds.
func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// Identifier returns a name as SQL takes it: in double quotes.
func Identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// quoted returns a name in double quotes. One that is in quotes already, as Grafana's editor keeps them, stays as it is.
func quoted(name string) string {
	if len(name) >= 2 && name[0] == '"' && name[len(name)-1] == '"' {
		return name
	}
	return Identifier(name)
}

// steps are the intervals that a range is divided by, as a panel's are.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// DefaultInterval returns the shortest step that cuts a range into 240 pieces at most, and beyond the steps whole days:
// 15 seconds for an hour.
func DefaultInterval(span time.Duration) time.Duration {
	const pieces = 240
	for _, step := range steps {
		if span <= pieces*step {
			return step
		}
	}
	day := steps[len(steps)-1]
	return (span/pieces/day + 1) * day
}
