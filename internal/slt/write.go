package slt

import (
	"fmt"
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

func recordLine(line string, today time.Time) ([]engine.Record, error) {
	parts := cut(line, ' ')
	var from, every string
	var values []string
	switch {
	case len(parts) >= 7 && parts[2] == "from" && parts[4] == "every":
		from, every, values = parts[3], parts[5], parts[6:]
	case len(parts) >= 5 && parts[2] == "at":
		from, values = parts[3], parts[4:]
	default:
		return nil, fmt.Errorf("%q is not of the form dims measure from TIME every DURATION values", line)
	}
	base := engine.Record{MeasureName: unquote(parts[1]), TimeUnit: engine.UnitNanoseconds}
	for _, pair := range cut(parts[0], ',') {
		name, value, err := nameAndValue(pair)
		if err != nil {
			return nil, err
		}
		base.Dimensions = append(base.Dimensions, engine.Dimension{Name: name, Value: unquote(value)})
	}
	start, err := timeOf(from, today)
	if err != nil {
		return nil, err
	}
	if every == "" && len(cut(values[0], '=')) == 2 {
		base.Time = strconv.FormatInt(start.UnixNano(), 10)
		return multiRecord(base, values)
	}
	step := time.Duration(0)
	if every != "" {
		if step, err = time.ParseDuration(every); err != nil {
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
		name, text, err := nameAndValue(pair)
		if err != nil {
			return nil, err
		}
		value, t := valueOf(text)
		base.MeasureValues = append(base.MeasureValues, engine.MeasureValue{Name: name, Value: value, Type: t})
	}
	return []engine.Record{base}, nil
}

// nameAndValue splits name=value.
func nameAndValue(pair string) (name, value string, err error) {
	parts := cut(pair, '=')
	if len(parts) != 2 {
		return "", "", fmt.Errorf("%q is no name=value", pair)
	}
	return unquote(parts[0]), parts[1], nil
}

// cut splits at a separator outside quotes. Parts that are empty are left out.
func cut(s string, separator rune) []string {
	var out []string
	quote, start := rune(0), 0
	for i, c := range s {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == separator:
			if i > start {
				out = append(out, s[start:i])
			}
			start = i + 1
		}
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// unquote takes the quotes away from 'text' and "text".
func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

func valueOf(text string) (string, engine.MeasureType) {
	switch {
	case strings.HasPrefix(text, "'"):
		return unquote(text), engine.TypeVarchar
	case strings.HasPrefix(text, "@"):
		t, err := timeOf(text[1:], time.Time{})
		if err != nil {
			return text, engine.TypeTimestamp
		}
		return strconv.FormatInt(t.UnixNano(), 10), engine.TypeTimestamp
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
