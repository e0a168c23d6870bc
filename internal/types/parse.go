package types

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// ParseTimestamp reads the texts that stand for a timestamp in statements and casts, and returns nanoseconds since
// 1970-01-01 UTC:
//
//	YYYY-MM-DD
//	YYYY-MM-DD hh:mm
//	YYYY-MM-DD hh:mm:ss
//	YYYY-MM-DD hh:mm:ss.f          1 to 9 fraction digits
//
// with one digit or two for month, day, hour, minute and second, each optionally followed by a zone: " +0000", " +00:00",
// " UTC", " Z" (with or without the blank). "T" is taken in place of the blank between date and time.
func ParseTimestamp(s string) (int64, error) {
	text := strings.TrimSpace(s)
	days, rest, ok := scanDate(text)
	if !ok {
		return 0, fmt.Errorf("Value cannot be cast to timestamp: %s", s)
	}
	var clock int64
	if rest != "" && (rest[0] == ' ' || rest[0] == 'T') {
		if c, after, ok := scanClock(rest[1:]); ok {
			clock, rest = c, after
		} else if rest[0] == 'T' {
			return 0, fmt.Errorf("Value cannot be cast to timestamp: %s", s)
		}
	}
	offset, ok := scanZone(rest)
	if !ok {
		return 0, fmt.Errorf("Value cannot be cast to timestamp: %s", s)
	}
	ns, ok := timestampOf(days, clock-offset)
	if !ok {
		return 0, fmt.Errorf("Value cannot be cast to timestamp: %s", s)
	}
	return ns, nil
}

// timestampOf joins days and nanoseconds, which may be negative or more than a day; false if the sum is out of range.
func timestampOf(days, ns int64) (int64, bool) {
	whole := floorDiv(ns, Day)
	days, ns = days+whole, ns-whole*Day
	if days < 0 { // so that the first day of the range, which is not whole, does not overflow
		days, ns = days+1, ns-Day
	}
	if days < math.MinInt64/Day || days > math.MaxInt64/Day {
		return 0, false
	}
	sum := days*Day + ns
	return sum, (sum < days*Day) == (ns < 0)
}

// ParseDate reads "YYYY-MM-DD" and returns days since 1970-01-01.
func ParseDate(s string) (int64, error) {
	days, rest, ok := scanDate(strings.TrimSpace(s))
	if !ok || rest != "" {
		return 0, fmt.Errorf("Value cannot be cast to date: %s", s)
	}
	return days, nil
}

// ParseTime reads "hh:mm[:ss[.f]]", with one digit or two, and returns nanoseconds since midnight.
func ParseTime(s string) (int64, error) {
	ns, rest, ok := scanClock(strings.TrimSpace(s))
	if !ok || rest != "" {
		return 0, fmt.Errorf("Value cannot be cast to time: %s", s)
	}
	return ns, nil
}

func scanDate(s string) (days int64, rest string, ok bool) {
	y, s, ok := scanDigits(s, 4, 4)
	if !ok || s == "" || s[0] != '-' {
		return 0, "", false
	}
	m, s, ok := scanDigits(s[1:], 1, 2)
	if !ok || s == "" || s[0] != '-' {
		return 0, "", false
	}
	d, s, ok := scanDigits(s[1:], 1, 2)
	if !ok || m < 1 || m > 12 || d < 1 || d > int64(DaysInMonth(int(y), time.Month(m))) {
		return 0, "", false
	}
	return DaysFromCivil(int(y), time.Month(m), int(d)), s, true
}

func scanClock(s string) (ns int64, rest string, ok bool) {
	h, s, ok := scanDigits(s, 1, 2)
	if !ok || h > 23 || s == "" || s[0] != ':' {
		return 0, "", false
	}
	m, s, ok := scanDigits(s[1:], 1, 2)
	if !ok || m > 59 {
		return 0, "", false
	}
	ns = h*Hour + m*Minute
	if s == "" || s[0] != ':' {
		return ns, s, true
	}
	sec, s, ok := scanDigits(s[1:], 1, 2)
	if !ok || sec > 59 {
		return 0, "", false
	}
	ns += sec * Second
	if s == "" || s[0] != '.' {
		return ns, s, true
	}
	before := len(s)
	f, s, ok := scanDigits(s[1:], 1, 9)
	if !ok {
		return 0, "", false
	}
	for n := before - 1 - len(s); n < 9; n++ {
		f *= 10
	}
	return ns + f, s, true
}

// scanZone reads nothing, UTC, GMT, Z, or an offset with or without a colon, and returns the offset in nanoseconds.
func scanZone(s string) (offset int64, ok bool) {
	s = strings.TrimPrefix(s, " ")
	switch s {
	case "", "Z", "z", "UTC", "GMT":
		return 0, true
	}
	sign := int64(1)
	switch s[0] {
	case '-':
		sign = -1
	case '+':
	default:
		return 0, false
	}
	h, rest, ok := scanDigits(s[1:], 2, 2)
	if !ok || h > 18 {
		return 0, false
	}
	rest = strings.TrimPrefix(rest, ":")
	if rest == "" {
		return sign * h * Hour, true
	}
	m, rest, ok := scanDigits(rest, 2, 2)
	if !ok || m > 59 || rest != "" {
		return 0, false
	}
	return sign * (h*Hour + m*Minute), true
}

func scanDigits(s string, low, high int) (v int64, rest string, ok bool) {
	n := 0
	for n < len(s) && n < high && s[n] >= '0' && s[n] <= '9' {
		v = v*10 + int64(s[n]-'0')
		n++
	}
	return v, s[n:], n >= low
}

// DaysInMonth returns the length of a month in days.
func DaysInMonth(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// durationUnits are the units of Timestream's interval literals and of parse_duration. Months are counted apart.
var durationUnits = map[string]struct{ ns, months int64 }{
	"ns": {1, 0}, "nanosecond": {1, 0},
	"us": {Microsecond, 0}, "microsecond": {Microsecond, 0},
	"ms": {Millisecond, 0}, "millisecond": {Millisecond, 0},
	"s": {Second, 0}, "second": {Second, 0},
	"m": {Minute, 0}, "minute": {Minute, 0},
	"h": {Hour, 0}, "hour": {Hour, 0},
	"d": {Day, 0}, "day": {Day, 0},
	"month": {0, 1},
	"y":     {0, 12}, "year": {0, 12},
}

// IsDurationUnit reports whether word, in lower case, may directly follow a number to make an interval literal.
func IsDurationUnit(word string) bool {
	_, ok := durationUnits[word]
	return ok
}

// ParseDuration reads "<number>[ ]<unit>" with a non-negative decimal number, as in 5m, 72.5h, '42.8ms', '1 day'. The
// result's type is interval day to second (nanoseconds), or interval year to month (months) for month, y and year,
// where the number must be whole.
func ParseDuration(s string) (int64, *Type, error) {
	text := strings.TrimSpace(s)
	n := 0
	for n < len(text) && (text[n] >= '0' && text[n] <= '9' || text[n] == '.') {
		n++
	}
	unit, known := durationUnits[strings.ToLower(strings.TrimSpace(text[n:]))]
	number, isNumber := new(big.Rat).SetString(text[:n])
	if !known || !isNumber {
		return 0, nil, fmt.Errorf("invalid duration: %s", s)
	}
	scale, t := unit.ns, IntervalDayToSecond
	if unit.months != 0 {
		scale, t = unit.months, IntervalYearToMonth
		if !number.IsInt() {
			return 0, nil, fmt.Errorf("invalid duration: %s (months and years must be whole)", s)
		}
	}
	number.Mul(number, new(big.Rat).SetInt64(scale))
	whole := new(big.Int).Quo(number.Num(), number.Denom())
	if !whole.IsInt64() {
		return 0, nil, fmt.Errorf("invalid duration: %s (out of range)", s)
	}
	return whole.Int64(), t, nil
}

// ParseDouble reads a double as Java's Double.parseDouble does: decimal or exponent form, NaN, Infinity, blanks around.
func ParseDouble(s string) (float64, error) {
	text := strings.TrimSpace(s)
	switch text {
	case "NaN", "+NaN", "-NaN":
		return math.NaN(), nil
	case "Infinity", "+Infinity":
		return math.Inf(1), nil
	case "-Infinity":
		return math.Inf(-1), nil
	}
	digits := strings.TrimRight(text, "dDfF")
	if len(text)-len(digits) > 1 || !isDecimal(digits) {
		return 0, fmt.Errorf("Cannot cast '%s' to DOUBLE", s)
	}
	x, err := strconv.ParseFloat(digits, 64)
	if err != nil && !math.IsInf(x, 0) {
		return 0, fmt.Errorf("Cannot cast '%s' to DOUBLE", s)
	}
	return x, nil
}

// isDecimal rejects what strconv takes and Java does not: hexadecimal, underscores, "inf" in words.
func isDecimal(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && !strings.ContainsRune("+-.eE", c) {
			return false
		}
	}
	return s != ""
}

// ParseInt reads an optional sign and digits, nothing else, within 64 bits.
func ParseInt(s string) (int64, error) {
	if strings.ContainsRune(s, '_') {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(s, 10, 64)
}

// ParseBool reads t, true, 1, f, false, 0 in any case.
func ParseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "t", "true", "1":
		return true, true
	case "f", "false", "0":
		return false, true
	}
	return false, false
}
