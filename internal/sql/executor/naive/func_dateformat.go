package naive

import (
	"fmt"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// dateFormat writes a timestamp by MySQL specifiers; a % before any other character is that character. Source: reference,
// 4.12.
func dateFormat(ns int64, format string) (string, error) {
	t := goTime(types.Timestamp, ns)
	var b strings.Builder
	chars := []rune(format)
	for i := 0; i < len(chars); i++ {
		if chars[i] != '%' {
			b.WriteRune(chars[i])
			continue
		}
		if i++; i == len(chars) {
			break
		}
		if strings.ContainsRune("DUuVwX", chars[i]) {
			return "", invalid("%%%c not supported in date format string", chars[i])
		}
		if write, ok := specifiers[chars[i]]; ok {
			b.WriteString(write(t))
		} else {
			b.WriteRune(chars[i])
		}
	}
	return b.String(), nil
}

// layout makes a specifier of a layout of package time.
func layout(l string) func(time.Time) string {
	return func(t time.Time) string { return t.Format(l) }
}

func number(format string, f func(time.Time) int) func(time.Time) string {
	return func(t time.Time) string { return fmt.Sprintf(format, f(t)) }
}

var specifiers = map[rune]func(time.Time) string{
	'a': layout("Mon"), 'b': layout("Jan"), 'c': layout("1"), 'd': layout("02"), 'e': layout("2"),
	'f': number("%06d", func(t time.Time) int { return t.Nanosecond() / 1000 }),
	'H': layout("15"), 'h': layout("03"), 'I': layout("03"), 'i': layout("04"), 'j': layout("002"),
	'k': number("%d", time.Time.Hour), 'l': layout("3"), 'M': layout("January"), 'm': layout("01"), 'p': layout("PM"),
	'r': layout("03:04:05 PM"), 'S': layout("05"), 's': layout("05"), 'T': layout("15:04:05"),
	'v': number("%02d", isoWeek), 'W': layout("Monday"), 'x': number("%04d", isoYear), 'Y': layout("2006"), 'y': layout("06"),
}
