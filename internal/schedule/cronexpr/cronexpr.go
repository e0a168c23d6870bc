package cronexpr

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Schedule is a parsed expression.
type Schedule struct {
	every time.Duration // of a rate, 0 for cron
	cron  cron
}

// Parse reads an expression.
func Parse(text string) (*Schedule, error) {
	name, inner, ok := strings.Cut(strings.TrimSpace(text), "(")
	inner, closed := strings.CutSuffix(inner, ")")
	switch {
	case ok && closed && name == "rate":
		every, err := parseRate(inner)
		if err != nil {
			return nil, fmt.Errorf("the rate expression '%s' is invalid: %w", text, err)
		}
		return &Schedule{every: every}, nil
	case ok && closed && name == "cron":
		c, err := parseCron(inner)
		if err != nil {
			return nil, fmt.Errorf("the cron expression '%s' is invalid: %w", text, err)
		}
		return &Schedule{cron: *c}, nil
	}
	return nil, fmt.Errorf("the schedule expression '%s' is invalid: it must be rate(...) or cron(...)", text)
}

// rateUnits are the units of a rate by their singular.
var rateUnits = map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}

// rateMax bounds a rate: a hundred years.
const rateMax = 100 * 365 * 24 * time.Hour

// parseRate reads "5 minutes". The plural may stand after 1, as published samples have it; the singular only there.
func parseRate(text string) (time.Duration, error) {
	words := strings.Fields(text)
	if len(words) != 2 {
		return 0, fmt.Errorf("it must have a number and a unit")
	}
	n, err := strconv.ParseInt(words[0], 10, 32)
	if err != nil || n < 1 || words[0][0] == '+' {
		return 0, fmt.Errorf("'%s' is not a whole number of at least 1", words[0])
	}
	singular, plural := strings.CutSuffix(words[1], "s")
	unit, known := rateUnits[singular]
	switch {
	case !known:
		return 0, fmt.Errorf("the unit '%s' must be minute(s), hour(s) or day(s)", words[1])
	case n > 1 && !plural:
		return 0, fmt.Errorf("the unit must be '%ss' after a number above 1", singular)
	case n > int64(rateMax/unit):
		return 0, fmt.Errorf("the number %d is too large", n)
	}
	return time.Duration(n) * unit, nil
}

// Next returns the first time after a given one at which the schedule is due. A rate counts from created, without its fraction
// of a second, forward and backward: the clock may be set back before it. cron does not look at it. The result is false if there is
// no such time.
func (s *Schedule) Next(created, after time.Time) (time.Time, bool) {
	if s.every == 0 {
		return s.cron.next(after.UTC())
	}
	// Seconds and not a Duration, which ends after 292 years.
	base, every := created.Unix(), int64(s.every/time.Second)
	since := (after.Unix() - base) % every
	if since < 0 {
		since += every
	}
	return time.Unix(after.Unix()-since+every, 0).UTC(), true
}
