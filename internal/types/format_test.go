package types

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The text forms of scalars. Source: the result format of Timestream queries.
func TestText(t *testing.T) {
	for _, c := range []struct {
		t    *Type
		v    Value
		want string
	}{
		{Boolean, true, "true"}, {Boolean, false, "false"}, {Integer, int64(-12), "-12"}, {Bigint, int64(math.MinInt64), "-9223372036854775808"}, {Varchar, "a 'b'", "a 'b'"},
		{Timestamp, int64(1596848400) * Second, "2020-08-08 01:00:00.000000000"}, {Timestamp, int64(-1), "1969-12-31 23:59:59.999999999"},
		{Timestamp, int64(math.MinInt64), "1677-09-21 00:12:43.145224192"}, {Timestamp, int64(math.MaxInt64), "2262-04-11 23:47:16.854775807"},
		{Date, int64(18482), "2020-08-08"}, {Date, int64(-719528), "0000-01-01"}, {Date, int64(-719529), "-0001-12-31"}, {Date, int64(2932897), "10000-01-01"},
		{Time, Hour, "01:00:00.000000000"}, {Time, Day - 1, "23:59:59.999999999"},
		{IntervalDayToSecond, Day + 21*Hour, "1 21:00:00.000000000"}, {IntervalDayToSecond, 4 * Hour, "0 04:00:00.000000000"}, {IntervalDayToSecond, 42800 * Microsecond, "0 00:00:00.042800000"},
		{IntervalDayToSecond, -4 * Hour, "-0 04:00:00.000000000"}, {IntervalDayToSecond, int64(math.MinInt64), "-106751 23:47:16.854775808"}, {IntervalDayToSecond, int64(0), "0 00:00:00.000000000"},
		{IntervalYearToMonth, int64(50), "4-2"}, {IntervalYearToMonth, int64(8), "0-8"}, {IntervalYearToMonth, int64(-31), "-2-7"}, {IntervalYearToMonth, int64(0), "0-0"},
		{IntervalYearToMonth, int64(math.MinInt64), "-768614336404564650-8"},
	} {
		if got := Text(c.t, c.v); got != c.want {
			t.Errorf("%s %v: %s, want %s", c.t, c.v, got, c.want)
		}
	}
}

// Doubles are written as by Java's Double.toString.
func TestDoubleText(t *testing.T) {
	for want, x := range map[string]float64{
		"1.0": 1, "13.5": 13.5, "40.232656725296536": 40.232656725296536, "1.6554878837710001E9": 1.6554878837710001e9, "1.0E7": 1e7, "9999999.0": 9999999, "0.001": 0.001, "9.999E-4": 9.999e-4,
		"0.0": 0, "-0.0": math.Copysign(0, -1), "-1.5": -1.5, "-1.0E-5": -1e-5, "NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1), "1.7976931348623157E308": math.MaxFloat64,
		"4.9E-324": math.SmallestNonzeroFloat64, "9.9E-324": 2 * math.SmallestNonzeroFloat64, "-4.9E-324": -math.SmallestNonzeroFloat64, "2.0E23": 2e23, "1.0E100": 1e100, "123456.789": 123456.789,
		"2.2250738585072014E-308": 2.2250738585072014e-308, "1.0E-310": 1e-310, "4743.833333333333": 28463.0 / 6,
	} {
		if got := Text(Double, x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
}

func TestDoubleTextReadsBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := math.Float64frombits(rapid.Uint64().Draw(rt, "bits"))
		text := Text(Double, x)
		back, err := ParseDouble(text)
		if err != nil || back != x && !(math.IsNaN(back) && math.IsNaN(x)) {
			rt.Fatalf("%v became %s and %v, %v", x, text, back, err)
		}
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return
		}
		mantissa, exponent, hasExponent := strings.Cut(text, "E")
		if a := math.Abs(x); hasExponent == (a == 0 || a >= 1e-3 && a < 1e7) {
			rt.Fatalf("%v became %s", x, text)
		}
		_, fraction, hasPoint := strings.Cut(mantissa, ".")
		if _, err := strconv.Atoi(exponent); !hasPoint || fraction == "" || hasExponent && (err != nil || strings.HasPrefix(exponent, "+")) {
			rt.Fatalf("%v became %s", x, text)
		}
	})
}

func TestTimestampTextAgreesWithPackageTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ns := rapid.Int64().Draw(rt, "ns")
		want := time.Unix(0, ns).UTC().Format("2006-01-02 15:04:05.000000000")
		if got := Text(Timestamp, ns); got != want {
			rt.Fatalf("%d: %s, want %s", ns, got, want)
		}
		days := rapid.Int64Range(-800_000, 3_000_000).Draw(rt, "days")
		if year, month, day := CivilFromDays(days); DaysFromCivil(year, month, day) != days {
			rt.Fatalf("%d is %d-%d-%d and that is %d", days, year, month, day, DaysFromCivil(year, month, day))
		}
	})
}
