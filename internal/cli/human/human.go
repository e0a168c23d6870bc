package human

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Count writes n with a comma after every third digit from the right.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}

// Plural writes n and the word, with an s unless n is one.
func Plural(n int64, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return Count(n) + " " + word + "s"
}

// Bytes writes n in decimal units, the ones that the service bills in, with three significant digits.
func Bytes(n int64) string {
	units := [...]string{"bytes", "kB", "MB", "GB", "TB", "PB", "EB"}
	if n < 1000 {
		if n == 1 {
			return "1 byte"
		}
		return Count(n) + " bytes"
	}
	x, u := float64(n), 0
	for x >= 999.5 && u < len(units)-1 {
		x, u = x/1000, u+1
	}
	return digits3(x) + " " + units[u]
}

// Rate writes a number of things a second.
func Rate(n int64, d time.Duration) string {
	if d <= 0 {
		return "0/s"
	}
	perSecond := float64(n) / d.Seconds()
	if perSecond < 100 {
		return digits3(perSecond) + "/s"
	}
	return Count(int64(math.Round(perSecond))) + "/s"
}

// Duration writes d with two or three digits that matter: "1.23 ms", "45.6 s", "2m05s", "3h07m".
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + Duration(-d)
	case d < time.Millisecond:
		return digits3(float64(d)/1e3) + " µs"
	case d < 999500*time.Microsecond:
		return digits3(float64(d)/1e6) + " ms"
	case d < 59950*time.Millisecond:
		return digits3(d.Seconds()) + " s"
	}
	d = d.Round(time.Second)
	if d < time.Hour {
		return strconv.Itoa(int(d/time.Minute)) + "m" + two(d%time.Minute/time.Second) + "s"
	}
	return strconv.Itoa(int(d/time.Hour)) + "h" + two(d%time.Hour/time.Minute) + "m"
}

// two writes a number below 100 with two digits.
func two(n time.Duration) string {
	if n < 10 {
		return "0" + strconv.Itoa(int(n))
	}
	return strconv.Itoa(int(n))
}

// digits3 writes x, which is below 1000 and not negative, with three significant digits and no zeros at the end.
func digits3(x float64) string {
	decimals := 2
	switch {
	case x >= 99.95:
		decimals = 0
	case x >= 9.995:
		decimals = 1
	}
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	if decimals > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
