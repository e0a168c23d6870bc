package when

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// units are those of Duration, longest name first where one begins with another.
var units = []struct {
	name string
	span time.Duration
}{
	{"ms", time.Millisecond}, {"us", time.Microsecond}, {"ns", time.Nanosecond},
	{"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}, {"d", 24 * time.Hour}, {"w", 7 * 24 * time.Hour},
}

// ParseDuration reads a duration: a whole or decimal number and a unit (ns, us, ms, s, m, h, d, w), any number of times.
// "0" needs no unit. It is not negative.
func ParseDuration(text string) (time.Duration, error) {
	if text == "0" {
		return 0, nil
	}
	total := 0.0
	rest := text
	for rest != "" {
		n := 0
		for n < len(rest) && (rest[n] >= '0' && rest[n] <= '9' || rest[n] == '.') {
			n++
		}
		number, err := strconv.ParseFloat(rest[:n], 64)
		if err != nil {
			return 0, durationError(text)
		}
		rest = rest[n:]
		span := time.Duration(0)
		for _, u := range units {
			if strings.HasPrefix(rest, u.name) {
				span, rest = u.span, rest[len(u.name):]
				break
			}
		}
		if span == 0 {
			return 0, durationError(text)
		}
		total += number * float64(span)
	}
	if text == "" || total >= math.MaxInt64 {
		return 0, durationError(text)
	}
	return time.Duration(math.Round(total)), nil
}

// durationError says what a duration looks like.
func durationError(text string) error {
	return fmt.Errorf("%q is not a duration: write for example 90s, 15m, 2h, 7d or 1h30m", text)
}

// layouts are the forms of absolute times, read as UTC where they name no zone.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04", "2006-01-02",
}

// Parse reads a time: "now" with durations added or taken away ("now-2h", "now-1d+30m"), epoch milliseconds, RFC 3339,
// or a date with or without a time of day, in UTC.
func Parse(text string, now time.Time) (time.Time, error) {
	trimmed := strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(trimmed, "now"); ok {
		if t, err := shift(now, rest); err == nil {
			return t, nil
		}
		return time.Time{}, timeError(text)
	}
	if ms, err := strconv.ParseInt(trimmed, 10, 64); err == nil && len(strings.TrimLeft(trimmed, "-")) > 4 {
		return time.UnixMilli(ms).UTC(), nil
	}
	if t, err := ParseAbsolute(trimmed); err == nil {
		return t, nil
	}
	return time.Time{}, timeError(text)
}

// ParseAbsolute reads a date with or without a time of day; RFC 3339 or the form of query results. No zone means UTC.
func ParseAbsolute(text string) (time.Time, error) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, timeError(text)
}

// timeError says what a time looks like.
func timeError(text string) error {
	return fmt.Errorf("%q is not a time: write for example now-2h, 2026-03-14T09:26:53Z or epoch milliseconds", text)
}

// shift moves t by terms such as "-2h" or "+30m".
func shift(t time.Time, terms string) (time.Time, error) {
	rest := strings.ReplaceAll(terms, " ", "")
	for rest != "" {
		sign := rest[0]
		if sign != '+' && sign != '-' {
			return t, timeError(terms)
		}
		end := strings.IndexAny(rest[1:], "+-") + 1
		if end == 0 {
			end = len(rest)
		}
		d, err := ParseDuration(rest[1:end])
		if err != nil {
			return t, err
		}
		if sign == '-' {
			d = -d
		}
		t, rest = t.Add(d), rest[end:]
	}
	return t, nil
}

// Duration is a duration as a command-line flag. It implements pflag.Value.
type Duration time.Duration

// String returns the duration in the form that Set reads.
func (d *Duration) String() string {
	if *d == 0 {
		return "0" // which help texts take for no default
	}
	text := time.Duration(*d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Set reads the duration.
func (d *Duration) Set(text string) error {
	parsed, err := ParseDuration(text)
	if err != nil {
		return err
	}
	*d = Duration(parsed)
	return nil
}

// Type is the word for the value in help texts.
func (d *Duration) Type() string { return "duration" }
