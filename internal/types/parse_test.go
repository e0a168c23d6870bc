package types

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseTimestamp(t *testing.T) {
	for text, want := range map[string]string{
		"2020-08-08": "2020-08-08 00:00:00.000000000", "2020-08-08 01:00": "2020-08-08 01:00:00.000000000", "2020-08-08 01:00:05": "2020-08-08 01:00:05.000000000",
		"2020-08-08 01:00:00.1": "2020-08-08 01:00:00.100000000", "2020-08-08 01:00:00.123456789": "2020-08-08 01:00:00.123456789", "2024-01-01 00:00:00.0000000": "2024-01-01 00:00:00.000000000",
		"2016-01-01 00:00:00 +0000": "2016-01-01 00:00:00.000000000", "2016-01-01 00:00:00 +00:00": "2016-01-01 00:00:00.000000000", "2016-01-01 00:00:00 UTC": "2016-01-01 00:00:00.000000000",
		"2016-01-01 00:00:00Z": "2016-01-01 00:00:00.000000000", "2016-01-01 00:00:00 Z": "2016-01-01 00:00:00.000000000", "2016-01-01T00:00:00Z": "2016-01-01 00:00:00.000000000",
		"2016-01-01 00:00:00+05:30": "2015-12-31 18:30:00.000000000", "2016-01-01 00:00 -0800": "2016-01-01 08:00:00.000000000", "2016-01-01 +01": "2015-12-31 23:00:00.000000000",
		" 2016-1-2 3:04 ": "2016-01-02 03:04:00.000000000", "2016-1-2 3:4:5.6Z": "2016-01-02 03:04:05.600000000", "1677-09-21 00:12:43.145224192": "1677-09-21 00:12:43.145224192", "2262-04-11 23:47:16.854775807": "2262-04-11 23:47:16.854775807",
		"2262-04-12 00:47:16.854775807 +01": "2262-04-11 23:47:16.854775807", "1968-01-13": "1968-01-13 00:00:00.000000000", "2020-02-29": "2020-02-29 00:00:00.000000000",
	} {
		if got, err := ParseTimestamp(text); err != nil || Text(Timestamp, got) != want {
			t.Errorf("%q: %s, %v; want %s", text, Text(Timestamp, got), err, want)
		}
	}
	for _, text := range []string{
		"", "abc", "2020", "2020-08", "2020-13-01", "2021-02-29", "2020-08-32", "2020-08-08 ", "2020-08-08 25:00", "2020-08-08 01:60", "2020-08-08 01:00:60", "2020-08-08 01", "2020-08-08T", "2020-08-08T01",
		"2020-08-08 01:00:00.", "2020-08-08 01:00:00.1234567890", "2020-08-08 01:00 PST", "2020-08-08 01:00 +25:00", "2020-08-08 01:00 +0", "2020-08-08 01:00  +00", "2020-08-08 01:00 +00:60", "20200808", "02020-08-08",
		"2262-04-11 23:47:16.854775808", "1677-09-21 00:12:43.145224191", "9999-12-31", "0000-01-01", "-2020-01-01", "2020-08-08 -1:00", "２０２０-08-08",
	} {
		if text == "2020-08-08 " { // blanks around do not matter
			continue
		}
		if got, err := ParseTimestamp(text); err == nil || err.Error() != "Value cannot be cast to timestamp: "+text {
			t.Errorf("%q: %s, %v", text, Text(Timestamp, got), err)
		}
	}
}

func TestParseDateAndTime(t *testing.T) {
	for text, want := range map[string]string{"2020-08-08": "2020-08-08", " 2020-1-2 ": "2020-01-02", "9999-12-31": "9999-12-31", "0001-01-01": "0001-01-01"} {
		if got, err := ParseDate(text); err != nil || Text(Date, got) != want {
			t.Errorf("%q: %s, %v", text, Text(Date, got), err)
		}
	}
	for _, text := range []string{"", "2020-08-08 00:00", "2020-02-30", "2020-00-01", "2020-01-00", "x"} {
		if _, err := ParseDate(text); err == nil || err.Error() != "Value cannot be cast to date: "+text {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, want := range map[string]string{"01:00": "01:00:00.000000000", "1:00": "01:00:00.000000000", "12:42:13": "12:42:13.000000000", "12:42:13.123456789": "12:42:13.123456789", "1:2": "01:02:00.000000000", "1:2:3.5": "01:02:03.500000000"} {
		if got, err := ParseTime(text); err != nil || Text(Time, got) != want {
			t.Errorf("%q: %s, %v", text, Text(Time, got), err)
		}
	}
	for _, text := range []string{"", "24:00", "1", "01:", "01:00:", "01:00:00.", "01:000", "01:00Z", "-1:00"} {
		if _, err := ParseTime(text); err == nil || err.Error() != "Value cannot be cast to time: "+text {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]string{
		"5m": "0 00:05:00.000000000", "72.5h": "3 00:30:00.000000000", "42.8ms": "0 00:00:00.042800000", "1 day": "1 00:00:00.000000000", "1d": "1 00:00:00.000000000", "0s": "0 00:00:00.000000000",
		"7ns": "0 00:00:00.000000007", "7nanosecond": "0 00:00:00.000000007", "7us": "0 00:00:00.000007000", "7 Microsecond": "0 00:00:00.000007000", "1.9ns": "0 00:00:00.000000001", ".5s": "0 00:00:00.500000000",
		"10000ms": "0 00:00:10.000000000", "3600s": "0 01:00:00.000000000", " 1hour ": "0 01:00:00.000000000", "2 MINUTE": "0 00:02:00.000000000",
		"1year": "1-0", "12month": "1-0", "8month": "0-8", "1y": "1-0", "2.0year": "2-0",
		"106751d": "106751 00:00:00.000000000",
	} {
		got, typ, err := ParseDuration(text)
		if err != nil || Text(typ, got) != want {
			t.Errorf("%q: %v %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "5", "m", "5 weeks", "5w", "-5m", "+5m", "1.5month", "0.5y", "1e3s", "1.2.3s", ".s", "5min", "5days", "106752d", "99999999999999999999y", "1/2h", "0x1h", "1_0s", "5m5s"} {
		if got, typ, err := ParseDuration(text); err == nil {
			t.Errorf("%q: %d %s", text, got, typ)
		}
	}
	for word, want := range map[string]bool{"d": true, "month": true, "week": false, "days": false, "D": false, "": false} {
		if IsDurationUnit(word) != want {
			t.Errorf("IsDurationUnit(%q)", word)
		}
	}
}

func TestParseNumbersAndBooleans(t *testing.T) {
	for text, want := range map[string]float64{"1.5": 1.5, " 1e3\n": 1000, "+1": 1, "-.5": -0.5, "1.": 1, "1d": 1, "1.5F": 1.5, "1e999": math.Inf(1), "-1e999": math.Inf(-1), "1e-999": 0, "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)} {
		if got, err := ParseDouble(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	if got, err := ParseDouble("NaN"); err != nil || !math.IsNaN(got) {
		t.Errorf("NaN: %v, %v", got, err)
	}
	for _, text := range []string{"", " ", "abc", "inf", "nan", "infinity", "0x10", "1_0", "1dd", "1e", "--1", "1 2", "d", "."} {
		if got, err := ParseDouble(text); err == nil || err.Error() != "Cannot cast '"+text+"' to DOUBLE" {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]int64{"0": 0, "-9223372036854775808": math.MinInt64, "+7": 7, "007": 7} {
		if got, err := ParseInt(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", " 1", "1 ", "1.0", "9223372036854775808", "1_0", "0x1", "1e3", "-"} {
		if got, err := ParseInt(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
	for text, want := range map[string]bool{"t": true, "TRUE": true, "1": true, "f": false, "False": false, "0": false} {
		if got, ok := ParseBool(text); !ok || got != want {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
	if _, ok := ParseBool("yes"); ok {
		t.Error("yes is a boolean")
	}
}

func TestParseReadsWhatTextWrites(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ns := rapid.Int64().Draw(rt, "ns")
		if got, err := ParseTimestamp(Text(Timestamp, ns)); err != nil || got != ns {
			rt.Fatalf("%s: %d, %v; want %d", Text(Timestamp, ns), got, err, ns)
		}
		at := time.Unix(0, ns).In(time.FixedZone("", 900*rapid.IntRange(-50, 50).Draw(rt, "zone")))
		if got, err := ParseTimestamp(at.Format("2006-01-02 15:04:05.999999999-07:00")); err != nil || got != ns {
			rt.Fatalf("%v: %d, %v; want %d", at, got, err, ns)
		}
		days := rapid.Int64Range(-719528, 2932896).Draw(rt, "days")
		if got, err := ParseDate(Text(Date, days)); err != nil || got != days {
			rt.Fatalf("%s: %d, %v; want %d", Text(Date, days), got, err, days)
		}
		clock := rapid.Int64Range(0, Day-1).Draw(rt, "clock")
		if got, err := ParseTime(Text(Time, clock)); err != nil || got != clock {
			rt.Fatalf("%s: %d, %v; want %d", Text(Time, clock), got, err, clock)
		}
	})
}
