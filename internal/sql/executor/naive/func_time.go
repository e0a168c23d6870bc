package naive

import (
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// timeFunctions are the functions on dates and times without a unit; everything is UTC. Source: reference, 4.12.
var timeFunctions = table{
	"now": now, "current_timestamp": now, "localtimestamp": now,
	"current_date":              func(c *call, _ []types.Value) (types.Value, error) { return dayOf(c.run.now), nil },
	"current_time":              func(c *call, _ []types.Value) (types.Value, error) { return clockOf(c.run.now), nil },
	"localtime":                 func(c *call, _ []types.Value) (types.Value, error) { return clockOf(c.run.now), nil },
	"current_timezone":          constant("UTC"),
	"current_timestamp(bigint)": nowRounded(types.Timestamp), "localtimestamp(bigint)": nowRounded(types.Timestamp),
	"current_time(bigint)": nowRounded(types.Time), "localtime(bigint)": nowRounded(types.Time),
	"ago": func(c *call, a []types.Value) (types.Value, error) {
		if c.params[0].Kind == types.KindIntervalYearToMonth {
			return valueOr(addMonths(types.Timestamp, c.run.now, -a[0].(int64)))
		}
		return valueOr(ranged(big.NewInt(c.run.now), -1, a[0].(int64)))
	},
	"bin": of2e(func(t, width int64) (int64, error) {
		if width <= 0 {
			return 0, invalid("bin interval must be positive")
		}
		q := new(big.Int).Div(big.NewInt(t), big.NewInt(width)) // rounds down, since the width is positive
		return checkedTimestamp(q.Mul(q, big.NewInt(width)))
	}),
	"date(varchar)":                        of1e(func(s string) (int64, error) { return textError(types.ParseDate(s)) }),
	"date":                                 of1(dayOf),
	"last_day_of_month(date)":              of1(lastDay),
	"last_day_of_month":                    of1(func(ns int64) int64 { return lastDay(dayOf(ns)) }),
	"from_milliseconds":                    of1e(func(ms int64) (int64, error) { return ranged(new(big.Int), ms, types.Millisecond) }),
	"from_nanoseconds":                     of1(same64),
	"from_unixtime":                        of1e(fromUnixtime),
	"to_milliseconds":                      of1(func(ns int64) int64 { return ns / types.Millisecond }),
	"to_nanoseconds":                       of1(same64),
	"to_unixtime":                          of1(func(ns int64) float64 { return float64(ns) / 1e9 }),
	"to_iso8601(date)":                     of1(func(days int64) string { return types.Text(types.Date, days) }),
	"to_iso8601":                           of1(func(ns int64) string { return strings.Replace(types.Text(types.Timestamp, ns), " ", "T", 1) }),
	"parse_duration":                       of1e(parseDuration),
	"date_format":                          of2e(dateFormat),
	"year":                                 field(func(t time.Time) int { return t.Year() }),
	"quarter":                              field(func(t time.Time) int { return (int(t.Month()) + 2) / 3 }),
	"month":                                field(func(t time.Time) int { return int(t.Month()) }),
	"week":                                 field(isoWeek),
	"week_of_year":                         field(isoWeek),
	"year_of_week":                         field(isoYear),
	"yow":                                  field(isoYear),
	"day":                                  field(func(t time.Time) int { return t.Day() }),
	"day_of_month":                         field(func(t time.Time) int { return t.Day() }),
	"day_of_week":                          field(isoWeekday),
	"dow":                                  field(isoWeekday),
	"day_of_year":                          field(func(t time.Time) int { return t.YearDay() }),
	"doy":                                  field(func(t time.Time) int { return t.YearDay() }),
	"hour":                                 field(func(t time.Time) int { return t.Hour() }),
	"minute":                               field(func(t time.Time) int { return t.Minute() }),
	"second":                               field(func(t time.Time) int { return t.Second() }),
	"millisecond":                          field(func(t time.Time) int { return t.Nanosecond() / 1e6 }),
	"nanosecond":                           field(func(t time.Time) int { return t.Nanosecond() }),
	"year(interval year to month)":         of1(func(m int64) int64 { return m / 12 }),
	"month(interval year to month)":        of1(func(m int64) int64 { return m % 12 }),
	"day(interval day to second)":          of1(func(ns int64) int64 { return ns / types.Day }),
	"day_of_month(interval day to second)": of1(func(ns int64) int64 { return ns / types.Day }),
	"hour(interval day to second)":         of1(func(ns int64) int64 { return ns / types.Hour % 24 }),
	"minute(interval day to second)":       of1(func(ns int64) int64 { return ns / types.Minute % 60 }),
	"second(interval day to second)":       of1(func(ns int64) int64 { return ns / types.Second % 60 }),
	"millisecond(interval day to second)":  of1(func(ns int64) int64 { return ns / types.Millisecond % 1000 }),
	"nanosecond(interval day to second)":   of1(func(ns int64) int64 { return ns % types.Second }),
}

func now(c *call, _ []types.Value) (types.Value, error) { return c.run.now, nil }

// nowRounded is now with so many digits behind the second, as a timestamp or as a time of day.
func nowRounded(t *types.Type) scalar {
	return func(c *call, a []types.Value) (types.Value, error) {
		digits := a[0].(int64)
		if digits < 0 || digits > 12 {
			return nil, invalid("%s precision must be in range [0, 12]: %d", strings.ToUpper(t.String()), digits)
		}
		at := time.Unix(0, c.run.now).UTC().Round(time.Duration(math.Pow10(9 - int(min(digits, 9)))))
		if t == types.Time {
			return clockOf(at.UnixNano()), nil
		}
		return at.UnixNano(), nil
	}
}

var errTimestampRange = invalid("Timestamp is out of range")
var errDateRange = invalid("Date is out of range")

// floorDiv divides and rounds down.
func floorDiv(a, b int64) int64 { return new(big.Int).Div(big.NewInt(a), big.NewInt(b)).Int64() }

func dayOf(ns int64) int64   { return floorDiv(ns, types.Day) }
func clockOf(ns int64) int64 { return ns - dayOf(ns)*types.Day }

// goTime returns a date, time or timestamp as Go's.
func goTime(t *types.Type, v int64) time.Time {
	if t.Kind == types.KindDate {
		return time.Unix(v*86400, 0).UTC()
	}
	return time.Unix(floorDiv(v, types.Second), v-floorDiv(v, types.Second)*types.Second).UTC()
}

// fromGoTime is the inverse of goTime.
func fromGoTime(t *types.Type, g time.Time) (int64, error) {
	if t.Kind == types.KindDate {
		return checkedDate(big.NewInt(floorDiv(g.Unix(), 86400)))
	}
	ns := new(big.Int).Mul(big.NewInt(g.Unix()), big.NewInt(types.Second))
	return checkedTimestamp(ns.Add(ns, big.NewInt(int64(g.Nanosecond()))))
}

func checkedTimestamp(ns *big.Int) (int64, error) {
	if !ns.IsInt64() {
		return 0, errTimestampRange
	}
	return ns.Int64(), nil
}

// checkedDate bounds dates as the fast executor does; the reference leaves it open.
func checkedDate(days *big.Int) (int64, error) {
	if !days.IsInt64() || days.Int64() > math.MaxInt32 || days.Int64() < -math.MaxInt32 {
		return 0, errDateRange
	}
	return days.Int64(), nil
}

// ranged returns start + n*unit as a timestamp.
func ranged(start *big.Int, n, unit int64) (int64, error) {
	d := new(big.Int).Mul(big.NewInt(n), big.NewInt(unit))
	return checkedTimestamp(d.Add(d, start))
}

// addMonths moves a date or timestamp by months; a day that the month does not have becomes its last one.
func addMonths(t *types.Type, v, months int64) (int64, error) {
	if months > math.MaxInt32 || months < -math.MaxInt32 {
		if t.Kind == types.KindDate {
			return 0, errDateRange
		}
		return 0, errTimestampRange
	}
	g := goTime(t, v)
	first := time.Date(g.Year(), g.Month()+time.Month(months), 1, g.Hour(), g.Minute(), g.Second(), g.Nanosecond(), time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return fromGoTime(t, first.AddDate(0, 0, min(g.Day(), last)-1))
}

func lastDay(days int64) int64 {
	g := goTime(types.Date, days)
	return floorDiv(time.Date(g.Year(), g.Month()+1, 0, 0, 0, 0, 0, time.UTC).Unix(), 86400)
}

// fromUnixtime rounds to the decimal place that doubles of this size can tell apart.
func fromUnixtime(seconds float64) (int64, error) {
	if !(math.Abs(seconds) < 1<<33+1<<30) {
		return 0, errTimestampRange
	}
	step := math.Nextafter(math.Abs(seconds), math.Inf(1)) - math.Abs(seconds)
	place := int64(1e9)
	for step*float64(place) > 1 {
		place /= 10
	}
	whole := math.Floor(seconds)
	fraction := int64(math.Round((seconds-whole)*float64(place))) * (1e9 / place)
	return ranged(big.NewInt(fraction), int64(whole), types.Second)
}

func parseDuration(s string) (int64, error) {
	ns, t, err := types.ParseDuration(s)
	switch {
	case err != nil:
		return 0, invalid("%s", err)
	case t.Kind != types.KindIntervalDayToSecond:
		return 0, invalid("invalid duration: %s (the unit must be a day or shorter)", s)
	}
	return ns, nil
}

// textError makes an error of package types one of kind Invalid.
func textError[T any](v T, err error) (T, error) {
	if err != nil {
		return v, invalid("%s", err)
	}
	return v, nil
}

// field makes the extraction of a field.
func field(f func(time.Time) int) scalar {
	return func(c *call, a []types.Value) (types.Value, error) {
		return int64(f(goTime(c.params[0], a[0].(int64)))), nil
	}
}

func isoWeek(t time.Time) int {
	_, w := t.ISOWeek()
	return w
}

func isoYear(t time.Time) int {
	y, _ := t.ISOWeek()
	return y
}

func isoWeekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }
