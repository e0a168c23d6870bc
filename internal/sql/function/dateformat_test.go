package function

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tidemarkdb/tidemark/internal/types"
)

func TestDateFormat_4_12(t *testing.T) {
	const at = "timestamp '2019-10-12 03:07:04.0501234'"
	samples := []sample{{"date_format(NULL, '%Y')", "NULL"}, {"date_format(" + at + ", '')", ""}}
	for pattern, want := range map[string]string{
		"%a": "Sat", "%b": "Oct", "%c": "10", "%d": "12", "%e": "12", "%f": "050123", "%H": "03", "%h": "03", "%I": "03", "%i": "07", "%j": "285", "%k": "3", "%l": "3",
		"%M": "October", "%m": "10", "%p": "AM", "%r": "03:07:04 AM", "%S": "04", "%s": "04", "%T": "03:07:04", "%v": "41", "%W": "Saturday", "%x": "2019", "%Y": "2019", "%y": "19",
		"%%": "%", "%Z": "Z", "%Y-%m-%d %H:%i:%s": "2019-10-12 03:07:04", "x%": "x", "%ä": "ä", "%Y年": "2019年",
		"%D": "error: %D not supported in date format string", "%U": "error: %U not supported in date format string", "%w": "error: %w not supported in date format string",
	} {
		samples = append(samples, sample{"date_format(" + at + ", '" + pattern + "')", want})
	}
	checkSamples(t, append(samples, []sample{
		{"date_format(timestamp '2020-01-01 12:00', '%h %l %p %f')", "12 12 PM 000000"}, {"date_format(timestamp '2020-01-01 00:30', '%h:%i %p')", "12:30 AM"},
		{"date_format(timestamp '2020-01-01 13:00', '%I')", "01"}, {"date_format(date '2021-01-03', '%x-%v %e %c')", "2020-53 3 1"},
		{"date_format(bin(now() + 9h, 1d), '%Y-%m-%d')", "2022-06-17"},
	}...))
}

func TestDateParse_4_12(t *testing.T) {
	checkSamples(t, []sample{
		{"date_parse('2019-10-12 03:07:04', '%Y-%m-%d %H:%i:%s')", "2019-10-12 03:07:04.000000000"}, {"date_parse('2019-1-2', '%Y-%m-%d')", "2019-01-02 00:00:00.000000000"},
		{"date_parse('12:30:00 AM', '%r')", "1970-01-01 00:30:00.000000000"}, {"date_parse('12:30 pm', '%h:%i %p')", "1970-01-01 12:30:00.000000000"}, {"date_parse('3 PM', '%l %p')", "1970-01-01 15:00:00.000000000"},
		{"date_parse('0.5', '%k.%f')", "1970-01-01 00:00:00.500000000"}, {"date_parse('123456789', '%f')", "1970-01-01 00:00:00.123456789"}, {"date_parse('oct 5', '%M %d')", "2000-10-05 00:00:00.000000000"},
		{"date_parse('October 1999', '%b %Y')", "1999-10-01 00:00:00.000000000"}, {"date_parse('69', '%y')", "2069-01-01 00:00:00.000000000"}, {"date_parse('70', '%y')", "1970-01-01 00:00:00.000000000"},
		{"date_parse('2020 060', '%Y %j')", "2020-02-29 00:00:00.000000000"}, {"date_parse('2020 53', '%x %v')", "2020-12-28 00:00:00.000000000"}, {"date_parse('Sat 2019-10-12', '%a %Y-%m-%d')", "2019-10-12 00:00:00.000000000"},
		{"date_parse('20191012', '%Y%m%d')", "2019-10-12 00:00:00.000000000"}, {"date_parse('100%', '%j%%')", "2000-04-09 00:00:00.000000000"},
		{"date_parse('2019-13-01', '%Y-%m-%d')", "error: Cannot parse \"2019-13-01\": Value 13 for monthOfYear must be in the range [1,12]"},
		{"date_parse('2019-02-29', '%Y-%m-%d')", "error: Cannot parse \"2019-02-29\": Value 29 for dayOfMonth must be in the range [1,28]"},
		{"date_parse('abc', '%Y')", "error: Invalid format: \"abc\""}, {"date_parse('2019-10', '%Y-%m-%d')", "error: Invalid format: \"2019-10\" is too short"},
		{"date_parse('2019-10-12x', '%Y-%m-%d')", "error: Invalid format: \"2019-10-12x\" is malformed at \"x\""}, {"date_parse('24', '%H')", "error: Cannot parse \"24\": Value 24 for hourOfDay must be in the range [0,23]"},
		{"date_parse('2021 366', '%Y %j')", "error: Cannot parse \"2021 366\": Value 366 for dayOfYear must be in the range [1,365]"}, {"date_parse('9999', '%Y')", "error: Timestamp is out of range"},
		{"date_parse('1', '%w')", "error: %w not supported in date format string"}, {"date_parse('', '%Y')", "error: Invalid format: \"\""}, {"date_parse('', '')", "1970-01-01 00:00:00.000000000"},
	})
}

func TestFormatDatetime_4_12(t *testing.T) {
	const at = "timestamp '2019-10-12 03:07:04.0501234'"
	var samples []sample
	for pattern, want := range map[string]string{
		"G": "AD", "C": "20", "y": "2019", "yyyy": "2019", "yy": "19", "uuuu": "2019", "YYYY": "2019", "yyyyy": "02019", "xxxx": "2019", "xx": "19", "w": "41", "ww": "41", "e": "6", "EEE": "Sat", "E": "Sat",
		"EEEE": "Saturday", "D": "285", "M": "10", "MM": "10", "MMM": "Oct", "MMMM": "October", "LL": "10", "d": "12", "dd": "12", "H": "3", "HH": "03", "k": "3", "K": "3", "hh": "03", "m": "7", "mm": "07",
		"s": "4", "ss": "04", "S": "0", "SSS": "050", "SSSSSSSSS": "050123400", "a": "AM", "z": "UTC", "zzzz": "Coordinated Universal Time", "Z": "+0000", "ZZ": "+00:00", "ZZZ": "UTC", "X": "Z", "VV": "UTC",
		"''": "'", "Q": "4", "n": "50123400", "'T'": "T", "'o''clock'": "o'clock", "yyyy-MM-dd'T'HH:mm:ss.SSSZZ": "2019-10-12T03:07:04.050+00:00", "dd/MM/yyyy": "12/10/2019", "'open": "open", "年": "年",
		"T": "error: Illegal pattern component: T", "b": "error: Illegal pattern component: b", "": "error: Invalid pattern specification",
	} {
		samples = append(samples, sample{"format_datetime(" + at + ", '" + strings.ReplaceAll(pattern, "'", "''") + "')", want})
	}
	checkSamples(t, append(samples, []sample{
		{"format_datetime(timestamp '2020-01-01 00:00', 'H k K h a')", "0 24 0 12 AM"}, {"format_datetime(timestamp '2020-01-01 12:00', 'H k K h a')", "12 12 0 12 PM"},
		{"format_datetime(timestamp '2020-01-01 23:00', 'H k K h a')", "23 23 11 11 PM"}, {"format_datetime(date '2021-01-03', 'xxxx-ww-e')", "2020-53-7"},
	}...))
}

func TestParseDatetime_4_12(t *testing.T) {
	checkSamples(t, []sample{
		{"parse_datetime('2019-12-29 10:10 PST', 'uuuu-LL-dd HH:mm z')", "2019-12-29 18:10:00.000000000"}, {"parse_datetime('2019-12-29 10:10 EST', 'yyyy-MM-dd HH:mm z')", "2019-12-29 15:10:00.000000000"},
		{"parse_datetime('2019-12-29 10:10 UTC', 'yyyy-MM-dd HH:mm z')", "2019-12-29 10:10:00.000000000"}, {"parse_datetime('2019-12-29 10:10 Asia/Tokyo', 'yyyy-MM-dd HH:mm z')", "2019-12-29 01:10:00.000000000"},
		{"parse_datetime('2019-07-01 10:10 PST', 'yyyy-MM-dd HH:mm z')", "2019-07-01 17:10:00.000000000"}, {"parse_datetime('2019-12-29 10:10 Europe/Berlin', 'yyyy-MM-dd HH:mm ZZZ')", "2019-12-29 09:10:00.000000000"},
		{"parse_datetime('2019-12-29 10:10 +0530', 'yyyy-MM-dd HH:mm Z')", "2019-12-29 04:40:00.000000000"}, {"parse_datetime('2019-12-29 10:10 -05:30', 'yyyy-MM-dd HH:mm ZZ')", "2019-12-29 15:40:00.000000000"},
		{"parse_datetime('2019-12-29T10:10Z', 'yyyy-MM-dd''T''HH:mmX')", "2019-12-29 10:10:00.000000000"}, {"parse_datetime('1968-01-13 12', 'yyyy-MM-dd HH')", "1968-01-13 12:00:00.000000000"},
		{"parse_datetime('20191229', 'yyyyMMdd')", "2019-12-29 00:00:00.000000000"}, {"parse_datetime('29 dec 2019', 'd MMM yyyy')", "2019-12-29 00:00:00.000000000"}, {"parse_datetime('5/6/07', 'd/M/yy')", "2007-06-05 00:00:00.000000000"},
		{"parse_datetime('5/6/1907', 'd/M/yy')", "1907-06-05 00:00:00.000000000"},
		{"parse_datetime('10:10:10.123456789', 'HH:mm:ss.SSSSSSSSS')", "1970-01-01 10:10:10.123456789"}, {"parse_datetime('24', 'k')", "1970-01-01 00:00:00.000000000"}, {"parse_datetime('11 PM', 'K a')", "1970-01-01 23:00:00.000000000"},
		{"parse_datetime('12 am', 'h a')", "1970-01-01 00:00:00.000000000"}, {"parse_datetime('2019 AD', 'y G')", "2019-01-01 00:00:00.000000000"}, {"parse_datetime('2020-W24-5', 'xxxx-''W''ww-e')", "2020-06-12 00:00:00.000000000"},
		{"parse_datetime('2020-366', 'yyyy-DDD')", "2020-12-31 00:00:00.000000000"}, {"parse_datetime('Saturday', 'EEEE')", "2000-01-01 00:00:00.000000000"}, {"parse_datetime('20 19', 'C yy')", "2019-01-01 00:00:00.000000000"},
		{"parse_datetime('100 BC', 'y G')", "error: Timestamp is out of range"}, {"parse_datetime('2019 XYZ', 'y z')", "error: Unknown time zone: XYZ"}, {"parse_datetime('2019 Local', 'y z')", "error: Unknown time zone: Local"},
		{"parse_datetime('2019 ../etc/passwd', 'y z')", "error: Invalid format: \"2019 ../etc/passwd\" is malformed at \"../etc/passwd\""}, {"parse_datetime('2019 /etc', 'y z')", "error: Unknown time zone: /etc"},
		{"parse_datetime('x', 'yyyy')", "error: Invalid format: \"x\""}, {"parse_datetime('2019 +25', 'y Z')", "error: Invalid format: \"2019 +25\" is malformed at \"+25\""},
		{"parse_datetime('123456789012', 'yyyy')", "error: Invalid format: \"123456789012\" is malformed at \"012\""}, {"parse_datetime('123456789', 'yyyy')", "error: Cannot parse \"123456789\": Value 123456789 for year must be in the range [0,9999]"},
	})
}

// What a format prints must be read back, to the precision that the format has.
func TestFormatsReadWhatTheyPrint(t *testing.T) {
	mysql, err := compileMySQLFormat("%W %M %e %Y %h:%i:%s.%f %p %j %a %b")
	if err != nil {
		t.Fatal(err)
	}
	joda, err := compileJodaFormat("GGyyyy-MM-dd'T'KK:mm:ss.SSSSSSSSS a EEEE D 'at' ZZ zzz")
	if err != nil {
		t.Fatal(err)
	}
	weeks, err := compileJodaFormat("xxxx-ww-e kk:mm:ss.SSSSSSSSSX")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		ns := rapid.Int64Range(-9e18, 9e18).Draw(rt, "ns")
		for name, f := range map[string]*dateFormat{"mysql": mysql, "joda": joda, "weeks": weeks} {
			text, want := string(f.append(nil, ns)), ns
			if name == "mysql" { // microseconds
				want = floorDiv(ns, 1000) * 1000
			}
			if got, err := f.parse(text); err != nil || got != want {
				rt.Fatalf("%s: %q = %d, %v; want %d", name, text, got, err, want)
			}
		}
		if want := time.Unix(0, ns).UTC().Format("Monday January 2 2006 03:04:05.000000000 PM"); !strings.HasPrefix(string(mysql.append(nil, ns)), want[:strings.IndexByte(want, '.')]) {
			rt.Fatalf("%s, want %s", mysql.append(nil, ns), want)
		}
	})
}

func fuzzFormat(f *testing.F, compile func(string) (*dateFormat, error)) {
	f.Fuzz(func(t *testing.T, text, pattern string) {
		format, err := compile(pattern)
		if err != nil {
			return
		}
		ns, err := format.parse(text)
		if err != nil {
			return
		}
		format.append(nil, ns)
		if _, err := types.ParseTimestamp(string(types.AppendTimestamp(nil, ns))); err != nil {
			t.Fatalf("%q by %q = %d: %v", text, pattern, ns, err)
		}
	})
}

func FuzzDateParse(f *testing.F) {
	f.Add("2019-10-12 03:07:04.5 PM Sat", "%Y-%m-%d %h:%i:%s.%f %p %a")
	f.Add("2020 53", "%x %v")
	f.Add("99 366", "%y %j%")
	fuzzFormat(f, compileMySQLFormat)
}

func FuzzParseDatetime(f *testing.F) {
	f.Add("2019-12-29 10:10 PST", "uuuu-LL-dd HH:mm z")
	f.Add("2019-W52-7T24+01:00", "xxxx-'W'ww-e'T'kkZ")
	f.Add("20 19 4 ad", "C yy Q G")
	fuzzFormat(f, compileJodaFormat)
}
