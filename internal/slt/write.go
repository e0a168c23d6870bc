package slt

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/engine"
)

// records reads the lines of a write command. today is the clock's day.
func records(c *command, version int64, today time.Time) ([]engine.Record, error) {
	var out []engine.Record
	for i, line := range c.body {
		rs, err := recordLine(line, today)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", c.line+1+i, err)
		}
		for k := range rs {
			rs[k].Version, rs[k].HasVersion = version, version > 0
		}
		out = append(out, rs...)
	}
	return out, nil
}

// lineForm is "dims measure from TIME every DURATION values" or "dims measure at TIME values".
var lineForm = regexp.MustCompile(`^\s*(\S+)\s+(\S+)\s+(?:from\s+(\S+)\s+every\s+(\S+)|at\s+(\S+))\s+(.*?)\s*$`)

func recordLine(line string, today time.Time) ([]engine.Record, error) {
	m := lineForm.FindStringSubmatch(line)
	if m == nil {
		return nil, fmt.Errorf("%q is not of the form dims measure from TIME every DURATION values", line)
	}
	base := engine.Record{MeasureName: m[2], TimeUnit: engine.UnitNanoseconds}
	for _, pair := range strings.Split(m[1], ",") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fmt.Errorf("%q is no dimension", pair)
		}
		base.Dimensions = append(base.Dimensions, engine.Dimension{Name: name, Value: value})
	}
	start, err := timeOf(m[3]+m[5], today)
	if err != nil {
		return nil, err
	}
	values := words(m[6])
	if m[5] != "" && strings.Contains(values[0], "=") {
		base.Time = strconv.FormatInt(start.UnixNano(), 10)
		return multiRecord(base, values)
	}
	step := time.Duration(0)
	if m[4] != "" {
		if step, err = time.ParseDuration(m[4]); err != nil {
			return nil, err
		}
	}
	var out []engine.Record
	for i, v := range values {
		if v == "_" {
			continue
		}
		r := base
		r.Time = strconv.FormatInt(start.Add(time.Duration(i)*step).UnixNano(), 10)
		r.MeasureValue, r.MeasureType = valueOf(v)
		out = append(out, r)
	}
	return out, nil
}

func multiRecord(base engine.Record, pairs []string) ([]engine.Record, error) {
	base.MeasureType = engine.TypeMulti
	for _, pair := range pairs {
		name, text, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fmt.Errorf("%q is no attribute", pair)
		}
		value, t := valueOf(text)
		base.MeasureValues = append(base.MeasureValues, engine.MeasureValue{Name: name, Value: value, Type: t})
	}
	return []engine.Record{base}, nil
}

// words splits at blanks outside quotes.
func words(s string) []string {
	var out []string
	quoted, start := false, -1
	for i, r := range s + " " {
		switch {
		case r == '\'':
			quoted = !quoted
		case r == ' ' && !quoted:
			if start >= 0 {
				out = append(out, s[start:i])
			}
			start = -1
			continue
		}
		if start < 0 {
			start = i
		}
	}
	return out
}

func valueOf(text string) (string, engine.MeasureType) {
	switch {
	case strings.HasPrefix(text, "'"):
		return strings.Trim(text, "'"), engine.TypeVarchar
	case text == "true" || text == "false":
		return text, engine.TypeBoolean
	case strings.HasSuffix(text, "i"):
		return strings.TrimSuffix(text, "i"), engine.TypeBigint
	}
	return text, engine.TypeDouble
}

// timeOf reads a time of today (15:04, 15:04:05.5) or a full one (2006-01-02T15:04:05).
func timeOf(text string, today time.Time) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"15:04:05.999999999", "15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			day := today.UTC().Truncate(24 * time.Hour)
			return day.Add(t.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time", text)
}
