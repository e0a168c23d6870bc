package types

import (
	"math"
	"strconv"
	"time"
)

// Nanoseconds in the units of time.
const (
	Microsecond int64 = 1000
	Millisecond       = 1000 * Microsecond
	Second            = 1000 * Millisecond
	Minute            = 60 * Second
	Hour              = 60 * Minute
	Day               = 24 * Hour
)

// AppendText appends the text form of a non-null scalar value, as it stands in a ScalarValue of a query response and as
// CAST to VARCHAR gives it.
func AppendText(dst []byte, t *Type, v Value) []byte {
	switch t.Kind {
	case KindBoolean:
		return strconv.AppendBool(dst, v.(bool))
	case KindInteger, KindBigint:
		return strconv.AppendInt(dst, v.(int64), 10)
	case KindDouble:
		return AppendDouble(dst, v.(float64))
	case KindVarchar:
		return append(dst, v.(string)...)
	default:
		return AppendInt64Text(dst, t, v.(int64))
	}
}

// AppendInt64Text appends the text form of a value of a type that is held as int64.
func AppendInt64Text(dst []byte, t *Type, v int64) []byte {
	switch t.Kind {
	case KindTimestamp:
		return AppendTimestamp(dst, v)
	case KindDate:
		return AppendDate(dst, v)
	case KindTime:
		return appendClock(dst, v)
	case KindIntervalDayToSecond:
		return AppendDayInterval(dst, v)
	case KindIntervalYearToMonth:
		return AppendMonthInterval(dst, v)
	case KindInteger, KindBigint:
		return strconv.AppendInt(dst, v, 10)
	}
	panic("bug: no text form for type " + t.String())
}

// Text is AppendText as a string.
func Text(t *Type, v Value) string { return string(AppendText(nil, t, v)) }

// AppendDouble appends x as Java's Double.toString writes it: the shortest digits that read back as x, plain with at
// least one fraction digit for 1e-3 <= |x| < 1e7, else d.dddE±n without a plus sign; NaN, Infinity, -Infinity.
func AppendDouble(dst []byte, x float64) []byte {
	switch {
	case math.IsNaN(x):
		return append(dst, "NaN"...)
	case math.IsInf(x, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(x, -1):
		return append(dst, "-Infinity"...)
	case x == 0:
		if math.Signbit(x) {
			dst = append(dst, '-')
		}
		return append(dst, "0.0"...)
	}
	if a := math.Abs(x); a >= 1e-3 && a < 1e7 {
		if out, ok := appendShortDecimal(dst, x); ok {
			return out
		}
		start := len(dst)
		dst = strconv.AppendFloat(dst, x, 'f', -1, 64)
		for _, c := range dst[start:] {
			if c == '.' {
				return dst
			}
		}
		return append(dst, ".0"...)
	}
	var buf [32]byte
	s := strconv.AppendFloat(buf[:0], x, 'e', -1, 64)
	if math.Abs(x) < 1e-300 {
		s = twoDigits(s, x)
	}
	e := len(s) - 1
	for s[e] != 'e' {
		e--
	}
	dst = append(dst, s[:e]...)
	if e == 1 || e == 2 && s[0] == '-' {
		dst = append(dst, ".0"...)
	}
	dst = append(dst, 'E')
	exp := s[e+1:]
	if exp[0] == '-' {
		dst = append(dst, '-')
	}
	exp = exp[1:]
	for len(exp) > 1 && exp[0] == '0' {
		exp = exp[1:]
	}
	return append(dst, exp...)
}

// shortDecimalDigits is how many fraction digits appendShortDecimal tries.
const shortDecimalDigits = 4

// appendShortDecimal appends x if it has few fraction digits, as most measured values have. The digits are those of an integer
// that, divided by a power of ten, gives x exactly. Both are small enough to be exact doubles, so the quotient is the double
// nearest to that decimal; and with at most 15 digits no other decimal as short has the same nearest double.
func appendShortDecimal(dst []byte, x float64) ([]byte, bool) {
	a, scale := math.Abs(x), 1.0
	for n := range shortDecimalDigits + 1 {
		scaled := uint64(a*scale + 0.5)
		if float64(scaled)/scale != a {
			scale *= 10
			continue
		}
		if x < 0 {
			dst = append(dst, '-')
		}
		if n == 0 {
			return append(strconv.AppendUint(dst, scaled, 10), ".0"...), true
		}
		dst = strconv.AppendUint(dst, scaled/uint64(scale), 10)
		dst = append(dst, '.')
		return appendPadded(dst, int64(scaled%uint64(scale)), n), true
	}
	return dst, false
}

// twoDigits replaces the text of x if it has one digit only by one with two digits that is nearer to x: Java prints the
// smallest double as 4.9E-324 and not as 5.0E-324.
func twoDigits(s []byte, x float64) []byte {
	if s[1] == '.' || s[2] == '.' {
		return s
	}
	longer := strconv.FormatFloat(x, 'e', 1, 64)
	if y, err := strconv.ParseFloat(longer, 64); err == nil && y == x {
		return append(s[:0], longer...)
	}
	return s
}

// AppendTimestamp appends ns as "YYYY-MM-DD hh:mm:ss.nnnnnnnnn" in UTC, always with nine fraction digits.
func AppendTimestamp(dst []byte, ns int64) []byte {
	day := floorDiv(ns, Day)
	dst = AppendDate(dst, day)
	dst = append(dst, ' ')
	return appendClock(dst, ns-day*Day)
}

// AppendDate appends a day count as "YYYY-MM-DD".
func AppendDate(dst []byte, days int64) []byte {
	y, m, d := CivilFromDays(days)
	if y < 0 {
		dst = append(dst, '-')
		y = -y
	}
	dst = appendPadded(dst, int64(y), 4)
	dst = append(dst, '-')
	dst = appendPadded(dst, int64(m), 2)
	dst = append(dst, '-')
	return appendPadded(dst, int64(d), 2)
}

// appendClock appends ns within a day as "hh:mm:ss.nnnnnnnnn".
func appendClock(dst []byte, ns int64) []byte {
	dst = appendPadded(dst, ns/Hour, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, ns/Minute%60, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, ns/Second%60, 2)
	dst = append(dst, '.')
	return appendPadded(dst, ns%Second, 9)
}

// AppendDayInterval appends an interval day to second as "D hh:mm:ss.nnnnnnnnn", with one minus in front if it is
// negative.
func AppendDayInterval(dst []byte, ns int64) []byte {
	u := uint64(ns)
	if ns < 0 {
		dst = append(dst, '-')
		u = -u
	}
	dst = strconv.AppendUint(dst, u/uint64(Day), 10)
	dst = append(dst, ' ')
	return appendClock(dst, int64(u%uint64(Day)))
}

// AppendMonthInterval appends an interval year to month as "Y-M", with one minus in front if it is negative.
func AppendMonthInterval(dst []byte, months int64) []byte {
	u := uint64(months)
	if months < 0 {
		dst = append(dst, '-')
		u = -u
	}
	dst = strconv.AppendUint(dst, u/12, 10)
	dst = append(dst, '-')
	return strconv.AppendUint(dst, u%12, 10)
}

func appendPadded(dst []byte, v int64, width int) []byte {
	var buf [20]byte
	i := len(buf)
	for v > 0 || i == len(buf) {
		i--
		buf[i] = byte('0' + v%10)
		v /= 10
	}
	for len(buf)-i < width {
		i--
		buf[i] = '0'
	}
	return append(dst, buf[i:]...)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// CivilFromDays returns the calendar date of a day count since 1970-01-01. Years before 1 are counted astronomically.
func CivilFromDays(days int64) (year int, month time.Month, day int) {
	return time.Unix(days*86400, 0).UTC().Date()
}

// DaysFromCivil returns the day count of a calendar date; out-of-range months and days are normalised.
func DaysFromCivil(year int, month time.Month, day int) int64 {
	return floorDiv(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix(), 86400)
}
