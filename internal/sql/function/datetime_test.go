package function

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

func TestDateTimeOperators_4_11(t *testing.T) {
	checkSamples(t, []sample{
		{"timestamp '2022-06-17 01:00' - 7h", "2022-06-16 18:00:00.000000000"}, {"6d - 4h", "5 20:00:00.000000000"}, {"date '2022-05-21' + 2d", "2022-05-23"},
		{"3year - 5month", "2-7"}, {"2d - 3h", "1 21:00:00.000000000"}, {"4h - 6d", "-5 20:00:00.000000000"}, {"5month - 3year", "-2-7"}, {"-(4h)", "-0 04:00:00.000000000"},
		{"date '2020-01-31' + 1month", "2020-02-29"}, {"date '2020-03-31' - 1month", "2020-02-29"}, {"date '2020-02-29' + 1year", "2021-02-28"}, {"1month + date '2021-01-31'", "2021-02-28"},
		{"timestamp '2020-01-31 23:59:59.5' + 1month", "2020-02-29 23:59:59.500000000"}, {"timestamp '2020-03-31' - 13month", "2019-02-28 00:00:00.000000000"},
		{"date '2020-01-01' + 36h", "error: Cannot add hour, minutes or seconds to a date"}, {"date '2020-01-01' - 1s", "error: Cannot subtract hour, minutes or seconds from a date"},
		{"date '2020-01-01' + 48h", "2020-01-03"}, {"1d + date '2020-01-01'", "2020-01-02"},
		{"time '23:00' + 2h", "01:00:00.000000000"}, {"time '01:00' - 2h", "23:00:00.000000000"}, {"time '01:00' + 49h", "02:00:00.000000000"},
		{"timestamp '2020-01-02' - timestamp '2020-01-01 12:00'", "0 12:00:00.000000000"}, {"date '2020-01-03' - date '2020-01-01'", "2 00:00:00.000000000"},
		{"timestamp '2020-01-02' - '2020-01-01'", "1 00:00:00.000000000"}, {"time '02:00' - time '03:00'", "-0 01:00:00.000000000"},
		{"timestamp '1969-12-31 23:59:59' + 1s", "1970-01-01 00:00:00.000000000"}, {"timestamp '1970-01-01' - 1ns", "1969-12-31 23:59:59.999999999"},
		{"timestamp '2262-04-11 23:47:16.854775807' + 1ns", "error: Timestamp is out of range"}, {"timestamp '2262-04-11' + 1month", "error: Timestamp is out of range"},
		{"timestamp '1677-09-21 00:12:44' - 1d", "error: Timestamp is out of range"}, {"timestamp '2020-01-01' - 1000year", "error: Timestamp is out of range"},
		{"date '2020-01-01' + 99999999year", "error: Date is out of range"},
		{"3 * 1h", "0 03:00:00.000000000"}, {"1h * 1.5", "0 01:30:00.000000000"}, {"0.5 * 1year", "0-6"}, {"1d / 2", "0 12:00:00.000000000"}, {"1h / 0.25", "0 04:00:00.000000000"}, {"1year * 2", "2-0"},
		{"1h / 0", "error: Division by zero"}, {"1h / 0.0", "error: Division by zero"}, {"1h * 1e300", "error: Interval is out of range"}, {"1h * nan()", "error: Interval is out of range"},
		{"100000d * 10000000", "error: interval multiplication overflow: 8640000000000000000 * 10000000"},
		{"now() - NULL", "NULL"}, {"NULL + 1d", "NULL"},
	})
	if _, _, err := ResolveScalar("+", []*types.Type{types.IntervalDayToSecond, types.IntervalYearToMonth}, nil); err == nil {
		t.Error("intervals of both families are added")
	}
}

func TestNow_4_12(t *testing.T) {
	checkSamples(t, []sample{
		{"now()", testNow}, {"current_timestamp()", testNow}, {"localtimestamp()", testNow}, {"current_date()", "2022-06-17"}, {"current_time()", "10:15:20.123456789"},
		{"localtime()", "10:15:20.123456789"}, {"current_timezone()", "UTC"}, {"ago(1h)", "2022-06-17 09:15:20.123456789"}, {"ago(72.5h)", "2022-06-14 09:45:20.123456789"},
		{"ago(-(1h))", "2022-06-17 11:15:20.123456789"}, {"ago(1month)", "2022-05-17 10:15:20.123456789"}, {"now() - 12h = ago(12h)", "true"},
		{"ago(100000d)", "1748-09-01 10:15:20.123456789"}, {"ago(600year)", "error: Timestamp is out of range"},
	})
	for _, name := range []string{"now", "ago", "current_date", "current_time", "localtime", "current_timestamp"} {
		for _, f := range scalars[name] {
			if !f.UsesNow {
				t.Errorf("%s does not say that it uses now", f.Sig)
			}
		}
	}
}

func TestBin_4_12(t *testing.T) {
	checkSamples(t, []sample{
		{"bin(timestamp '2022-06-17 10:15:20', 5m)", "2022-06-17 10:15:00.000000000"}, {"bin(timestamp '2022-06-17 10:15:20', 1d)", "2022-06-17 00:00:00.000000000"},
		{"bin(timestamp '2022-06-17 10:15:20', 10day)", "2022-06-17 00:00:00.000000000"}, {"bin(timestamp '2022-06-17 10:15:20', 30day)", "2022-05-28 00:00:00.000000000"},
		{"day_of_week(bin(now(), 7d))", "4"}, {"bin('2022-06-17 10:15:20', 1h)", "2022-06-17 10:00:00.000000000"}, {"bin(bin(now(), 1m), 5m)", "2022-06-17 10:15:00.000000000"},
		{"bin(timestamp '1969-12-31 23:59:59', 1m)", "1969-12-31 23:59:00.000000000"}, {"bin(date '2022-06-17', 1h)", "2022-06-17 00:00:00.000000000"},
		{"bin(NULL, 1h)", "NULL"}, {"bin(now(), 0s)", "error: bin interval must be positive"}, {"bin(now(), -(1s))", "error: bin interval must be positive"},
		{"bin(now(), 1month)", "error: Unexpected parameters (timestamp, interval year to month) for function bin. Expected: bin(timestamp, interval day to second)"},
		{"bin(timestamp '1677-09-21 00:12:44', 365d)", "error: Timestamp is out of range"},
	})
}

// The loop that reuses the last bin must not differ from division.
func TestBinColumnAgreesWithDivision(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		width := rapid.Int64Range(1, 50).Draw(rt, "width")
		ts := rapid.SliceOfN(rapid.Int64Range(-200, 200), 1, 30).Draw(rt, "times")
		a := testArgs(len(ts), types.Timestamp)
		a.Vecs = []*vector.Vector{vector.Int64s(types.Timestamp, ts, nil), vector.Const(types.IntervalDayToSecond, width, len(ts))}
		got, err := bin(a)
		if err != nil {
			rt.Fatal(err)
		}
		for i, x := range ts {
			if want := int64(math.Floor(float64(x)/float64(width))) * width; got.Ints[i] != want {
				rt.Fatalf("bin(%d, %d) = %d, want %d", x, width, got.Ints[i], want)
			}
		}
	})
}

func TestConversions_4_12(t *testing.T) {
	checkSamples(t, []sample{
		{"date('2020-10-25')", "2020-10-25"}, {"date(timestamp '2020-10-25 23:59')", "2020-10-25"}, {"date('x')", "error: Value cannot be cast to date: x"},
		{"last_day_of_month(timestamp '2022-07-07')", "2022-07-31"}, {"last_day_of_month(date '2020-02-01')", "2020-02-29"}, {"last_day_of_month(date '2021-12-31')", "2021-12-31"},
		{"from_iso8601_timestamp('2022-06-17T08:04:05.000000000+05:00')", "2022-06-17 03:04:05.000000000"}, {"from_iso8601_timestamp('2022-06-17')", "2022-06-17 00:00:00.000000000"},
		{"from_iso8601_timestamp('2022-06-17T08:04:05.123Z')", "2022-06-17 08:04:05.123000000"}, {"from_iso8601_timestamp('2022-06-17T08:04')", "2022-06-17 08:04:00.000000000"},
		{"from_iso8601_timestamp('2022-06-17T08')", "2022-06-17 08:00:00.000000000"}, {"from_iso8601_timestamp('2022-06-17T08:04:05-0730')", "2022-06-17 15:34:05.000000000"},
		{"from_iso8601_timestamp('2022-06-17T08:04:05,5')", "2022-06-17 08:04:05.500000000"}, {"from_iso8601_timestamp('2022-W24-5T00:00')", "2022-06-17 00:00:00.000000000"},
		{"from_iso8601_timestamp('2022-06-17 08:04')", "error: Invalid format: \"2022-06-17 08:04\""}, {"from_iso8601_timestamp('')", "error: Invalid format: \"\""},
		{"from_iso8601_timestamp('2022-06-17T24:00')", "error: Invalid format: \"2022-06-17T24:00\""}, {"from_iso8601_timestamp('9999-01-01')", "error: Timestamp is out of range"},
		{"from_iso8601_date('2022-06-17')", "2022-06-17"}, {"from_iso8601_date('2022-W24-5')", "2022-06-17"}, {"from_iso8601_date('2022-168')", "2022-06-17"}, {"from_iso8601_date('2022-W24')", "2022-06-13"},
		{"from_iso8601_date('2022')", "2022-01-01"}, {"from_iso8601_date('2022-06')", "2022-06-01"}, {"from_iso8601_date('2021-366')", "error: Invalid format: \"2021-366\""},
		{"from_iso8601_date('2020-W53-7')", "2021-01-03"}, {"from_iso8601_date('2021-W53')", "error: Invalid format: \"2021-W53\""}, {"from_iso8601_date('2021-02-29')", "error: Invalid format: \"2021-02-29\""},
		{"to_iso8601(timestamp '2022-06-17 17:44:43.771')", "2022-06-17T17:44:43.771000000"}, {"to_iso8601(date '2022-06-17')", "2022-06-17"},
		{"from_milliseconds(1)", "1970-01-01 00:00:00.001000000"}, {"from_milliseconds(-1)", "1969-12-31 23:59:59.999000000"}, {"from_milliseconds(bigint '9300000000000000')", "error: Timestamp is out of range"},
		{"from_nanoseconds(1)", "1970-01-01 00:00:00.000000001"}, {"from_unixtime(1)", "1970-01-01 00:00:01.000000000"}, {"from_unixtime(1655487883.771)", "2022-06-17 17:44:43.771000000"},
		{"from_unixtime(1577836800)", "2020-01-01 00:00:00.000000000"}, {"from_unixtime(-0.5)", "1969-12-31 23:59:59.500000000"}, {"from_unixtime(0.000000001)", "1970-01-01 00:00:00.000000001"},
		{"from_unixtime(nan())", "error: Timestamp is out of range"}, {"from_unixtime(1e10)", "error: Timestamp is out of range"}, {"from_unixtime(to_unixtime(timestamp '2022-06-17 17:44:43.771'))", "2022-06-17 17:44:43.771000000"},
		{"to_milliseconds(timestamp '2022-06-17 17:44:43.771')", "1655487883771"}, {"to_milliseconds(1.5s)", "1500"}, {"to_milliseconds(999us)", "0"}, {"to_nanoseconds(1s)", "1000000000"},
		{"to_nanoseconds(timestamp '1970-01-01 00:00:00.000000007')", "7"}, {"to_unixtime(timestamp '2022-06-17 17:44:43.771')", "1.6554878837710001E9"},
		{"parse_duration('42.8ms')", "0 00:00:00.042800000"}, {"parse_duration('1 day')", "1 00:00:00.000000000"}, {"parse_duration('1d') = 1d", "true"}, {"parse_duration('7')", "error: invalid duration: 7"},
		{"parse_duration('1month')", "error: invalid duration: 1month (the unit must be a day or shorter)"},
	})
}

func TestUnits_4_12(t *testing.T) {
	checkSamples(t, []sample{
		{"date_trunc('second', timestamp '2022-06-17 10:15:20.5')", "2022-06-17 10:15:20.000000000"}, {"date_trunc('MINUTE', now())", "2022-06-17 10:15:00.000000000"},
		{"date_trunc('hour', now())", "2022-06-17 10:00:00.000000000"}, {"date_trunc('day', now())", "2022-06-17 00:00:00.000000000"}, {"date_trunc('week', now())", "2022-06-13 00:00:00.000000000"},
		{"date_trunc('month', now())", "2022-06-01 00:00:00.000000000"}, {"date_trunc('quarter', now())", "2022-04-01 00:00:00.000000000"}, {"date_trunc('year', now())", "2022-01-01 00:00:00.000000000"},
		{"date_trunc('millisecond', now())", "2022-06-17 10:15:20.123000000"}, {"date_trunc('hour', '2022-06-17 10:15:20')", "2022-06-17 10:00:00.000000000"},
		{"date_trunc('month', date '2022-06-17')", "2022-06-01"}, {"date_trunc('day', date '2022-06-17')", "2022-06-17"}, {"date_trunc('week', date '2022-06-12')", "2022-06-06"},
		{"date_trunc('hour', time '10:15:20')", "10:00:00.000000000"}, {"date_trunc('day', timestamp '1969-12-31 01:00')", "1969-12-31 00:00:00.000000000"},
		{"date_trunc('xyz', now())", "error: 'xyz' is not a valid DATE field"}, {"date_trunc('hour', date '2022-06-17')", "error: 'hour' is not a valid DATE field"},
		{"date_trunc('day', time '10:00')", "error: 'day' is not a valid TIME field"}, {"date_trunc('year', timestamp '1677-09-22')", "error: Timestamp is out of range"}, {"date_trunc(NULL, now())", "NULL"},
		{"date_add('hour', -24, now())", "2022-06-16 10:15:20.123456789"}, {"date_add('month', 1, timestamp '2020-01-31')", "2020-02-29 00:00:00.000000000"}, {"date_add('week', 2, date '2022-06-17')", "2022-07-01"},
		{"date_add('quarter', -1, date '2020-05-31')", "2020-02-29"}, {"date_add('year', 1, date '2020-02-29')", "2021-02-28"}, {"date_add('minute', 90, time '23:00')", "00:30:00.000000000"},
		{"date_add('millisecond', -1, time '00:00')", "23:59:59.999000000"}, {"date_add('day', bigint '9223372036854775807', date '2020-01-01')", "error: Date is out of range"},
		{"date_add('second', bigint '9223372036854775807', now())", "error: Timestamp is out of range"}, {"date_add('month', bigint '9223372036854775807', now())", "error: Timestamp is out of range"},
		{"date_add('hour', bigint '9223372036854775807', time '00:00')", "07:00:00.000000000"},
		{"date_diff('day', timestamp '2020-01-01', timestamp '2020-01-02 23:59')", "1"}, {"date_diff('hour', timestamp '2020-01-02', timestamp '2020-01-01')", "-24"},
		{"date_diff('second', time '00:00', time '00:01:30')", "90"}, {"date_diff('week', date '2020-01-01', date '2020-01-14')", "1"}, {"date_diff('month', timestamp '2020-01-31', timestamp '2020-02-29')", "1"},
		{"date_diff('month', timestamp '2020-01-31', timestamp '2020-02-28')", "0"}, {"date_diff('month', timestamp '2020-01-15 12:00', timestamp '2020-02-15 11:59')", "0"},
		{"date_diff('year', date '2020-02-29', date '2021-02-28')", "1"}, {"date_diff('year', date '2021-02-28', date '2020-02-29')", "-1"}, {"date_diff('quarter', date '2020-01-01', date '2020-12-31')", "3"},
		{"date_diff('minute', timestamp '2020-01-01', NULL)", "NULL"}, {"date_diff('millisecond', timestamp '1677-09-22', timestamp '2262-04-11')", "18446572800000"},
		{"date_diff('day', '2020-01-01', '2020-01-31')", "30"}, {"date_diff('century', now(), now())", "error: 'century' is not a valid DATE field"},
	})
}

func TestExtraction_4_12(t *testing.T) {
	const ts = "(timestamp '2019-10-12 23:10:34.162')"
	checkSamples(t, []sample{
		{"day" + ts, "12"}, {"day_of_month" + ts, "12"}, {"day_of_week" + ts, "6"}, {"dow" + ts, "6"}, {"day_of_year" + ts, "285"}, {"doy" + ts, "285"}, {"hour" + ts, "23"},
		{"minute" + ts, "10"}, {"second" + ts, "34"}, {"millisecond" + ts, "162"}, {"nanosecond" + ts, "162000000"}, {"month" + ts, "10"}, {"quarter" + ts, "4"}, {"week" + ts, "41"},
		{"week_of_year" + ts, "41"}, {"year" + ts, "2019"}, {"year_of_week" + ts, "2019"}, {"yow" + ts, "2019"},
		{"year('2019-10-12 23:10:34.000000000')", "2019"}, {"day(date '2020-02-29')", "29"}, {"yow(date '2021-01-03')", "2020"}, {"week(date '2021-01-03')", "53"}, {"dow(date '2021-01-03')", "7"},
		{"hour(time '13:14:15')", "13"}, {"second(time '13:14:15')", "15"}, {"nanosecond(time '13:14:15.5')", "500000000"},
		{"day(49h)", "2"}, {"hour(49h)", "1"}, {"minute(-(90m))", "-30"}, {"second(1.5s)", "1"}, {"millisecond(1.5s)", "500"}, {"month(14month)", "2"}, {"year(14month)", "1"},
		{"hour(timestamp '1969-12-31 23:00')", "23"}, {"nanosecond(timestamp '1969-12-31 23:59:59.999999999')", "999999999"}, {"month(NULL)", "NULL"},
	})
}

// The calendar must be that of package time, over the whole range of timestamps and far beyond.
func TestCalendarAgreesWithPackageTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		days := rapid.Int64Range(-3_000_000, 3_000_000).Draw(rt, "days")
		want := time.Unix(days*86400, 0).UTC()
		year, month, day := civil(days)
		if int(year) != want.Year() || time.Month(month) != want.Month() || int(day) != want.Day() {
			rt.Fatalf("civil(%d) = %d-%d-%d, want %v", days, year, month, day, want)
		}
		if daysOf(year, month, day) != days {
			rt.Fatalf("daysOf(%d, %d, %d) = %d, want %d", year, month, day, daysOf(year, month, day), days)
		}
		isoYear, week := isoWeek(days)
		if y, w := want.ISOWeek(); int(isoYear) != y || int(week) != w {
			rt.Fatalf("isoWeek(%d) = %d-%d, want %d-%d", days, isoYear, week, y, w)
		}
		if weekday(days)%7 != int64(want.Weekday()) || yearDay(days) != int64(want.YearDay()) {
			rt.Fatalf("%v: weekday %d, day of year %d", want, weekday(days), yearDay(days))
		}
		if isoWeekStart(isoYear, week)+weekday(days)-1 != days || daysInMonth(year, month) != int64(types.DaysInMonth(int(year), time.Month(month))) {
			rt.Fatalf("%v: week starts at %d, month has %d days", want, isoWeekStart(isoYear, week), daysInMonth(year, month))
		}
	})
}

// Moving by months must keep the day or clamp it, and monthsBetween must be its inverse.
func TestMonthArithmetic(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		days, months := rapid.Int64Range(-200_000, 200_000).Draw(rt, "days"), rapid.Int64Range(-3000, 3000).Draw(rt, "months")
		moved, err := addMonthsToDate(days, months)
		if err != nil {
			rt.Fatal(err)
		}
		year, month, day := civil(days)
		first := time.Date(int(year), time.Month(month+months), 1, 0, 0, 0, 0, time.UTC)
		last := first.AddDate(0, 1, -1).Day()
		want := first.AddDate(0, 0, min(int(day), last)-1)
		if moved*86400 != want.Unix() {
			rt.Fatalf("%d + %d months = %d, want %v", days, months, moved, want)
		}
		if n := monthsBetween(days, 0, moved, 0); months >= 0 && n != months {
			rt.Fatalf("months from %d to %d: %d, want %d", days, moved, n, months)
		}
		other := rapid.Int64Range(days, 200_001).Draw(rt, "other")
		n := monthsBetween(days, 0, other, 0)
		atN, _ := addMonthsToDate(days, n)
		afterN, _ := addMonthsToDate(days, n+1)
		if n < 0 || atN > other || afterN <= other || monthsBetween(other, 0, days, 0) != -n {
			rt.Fatalf("months from %d to %d: %d, back %d", days, other, n, monthsBetween(other, 0, days, 0))
		}
	})
}

// date_trunc must give the largest start of a unit that is not after the time.
func TestDateTruncAgainstPackageTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ns := rapid.Int64Range(math.MinInt64+2*365*types.Day, math.MaxInt64).Draw(rt, "ns")
		at := time.Unix(0, ns).UTC()
		y, m, d := at.Date()
		want := map[string]time.Time{
			"hour": at.Truncate(time.Hour), "day": time.Date(y, m, d, 0, 0, 0, 0, time.UTC), "month": time.Date(y, m, 1, 0, 0, 0, 0, time.UTC),
			"quarter": time.Date(y, (m-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC), "year": time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC),
			"week": time.Date(y, m, d-(int(at.Weekday())+6)%7, 0, 0, 0, 0, time.UTC),
		}
		for name, start := range want {
			got, err := units[name].trunc(types.Timestamp, ns)
			if err != nil || got != start.UnixNano() {
				rt.Fatalf("date_trunc('%s', %v) = %v, %v; want %v", name, at, time.Unix(0, got).UTC(), err, start)
			}
		}
	})
}

func TestFromUnixTimeReadsBackMilliseconds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ms := rapid.Int64Range(-4e12, 4e12).Draw(rt, "ms")
		for _, seconds := range []float64{float64(ms) / 1000, float64(ms*1e6) / 1e9} {
			if got, err := fromUnixTime(seconds); err != nil || got != ms*1e6 {
				rt.Fatalf("from_unixtime(%v) = %d, %v; want %d", seconds, got, err, ms*1e6)
			}
		}
	})
}
