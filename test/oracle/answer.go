package oracle

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/slt"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// answerOf writes an answer of Trino in the form of ours. origin maps places in the translated statement to places in the
// one that was translated.
func answerOf(r raw, origin places) (slt.Answer, error) {
	if r.failure != "" {
		return slt.Answer{Error: "ValidationException " + wording(r.failureName, origin.inText(r.failure))}, nil
	}
	out := slt.Answer{Names: r.names}
	for _, text := range r.types {
		t, err := readType(text)
		if err != nil {
			return out, err
		}
		out.Types = append(out.Types, t)
	}
	for _, row := range r.rows {
		cells := make([]string, len(row))
		for i, v := range row {
			text, err := cellText(out.Types[i], v)
			if err != nil {
				return out, err
			}
			cells[i] = text
		}
		out.Rows = append(out.Rows, cells)
	}
	return out, nil
}

// cellText writes a value of Trino's JSON as it stands in our files.
func cellText(t *types.Type, v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "NULL", nil
	case bool:
		return strconv.FormatBool(v), nil
	case []any:
		return listText(t, v)
	case json.Number:
		return numberText(t, string(v))
	case string:
		switch t.Kind {
		case types.KindVarchar:
			if v == "" {
				return "(empty)", nil
			}
			return v, nil
		case types.KindDouble:
			return numberText(t, v)
		}
		return instantText(t, v), nil
	}
	return "", fmt.Errorf("no text for %T of Trino", v)
}

func listText(t *types.Type, list []any) (string, error) {
	parts := make([]string, len(list))
	for i, e := range list {
		elem := t.Elem
		if t.Kind == types.KindRow {
			elem = t.Fields[i].Type
		}
		text, err := cellText(elem, e)
		if err != nil {
			return "", err
		}
		parts[i] = text
	}
	if t.Kind == types.KindRow {
		return "(" + strings.Join(parts, ", ") + ")", nil
	}
	return "[" + strings.Join(parts, ", ") + "]", nil
}

func numberText(t *types.Type, text string) (string, error) {
	if t.Kind != types.KindDouble {
		return text, nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return "", fmt.Errorf("read a double of Trino: %w", err)
	}
	return types.Text(t, x), nil
}

// fraction is a time of day with or without fraction.
var fraction = regexp.MustCompile(`(\d\d:\d\d:\d\d)(?:\.(\d+))?`)

// inUTC writes a timestamp with zone without one.
func inUTC(text string) string {
	clock, zone, ok := cutLast(text, " ")
	if !ok || zone == "UTC" || strings.Contains(zone, ".") || !strings.Contains(clock, " ") {
		return strings.TrimSuffix(text, " UTC")
	}
	const layout = "2006-01-02 15:04:05.999999999"
	if at, err := time.Parse(layout+" -07:00", text); err == nil {
		return at.UTC().Format("2006-01-02 15:04:05.000000000")
	}
	place, err := time.LoadLocation(zone)
	if err != nil {
		return text
	}
	at, err := time.ParseInLocation(layout, clock, place)
	if err != nil {
		return text
	}
	return at.UTC().Format("2006-01-02 15:04:05.000000000")
}

func cutLast(text, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

// instantText writes times, timestamps and intervals with nine digits and without zone.
func instantText(t *types.Type, text string) string {
	switch t.Kind {
	case types.KindTimestamp, types.KindTime, types.KindIntervalDayToSecond:
		if t.Kind == types.KindTimestamp {
			text = inUTC(text)
		}
		return fraction.ReplaceAllStringFunc(text, func(s string) string {
			clock, digits, _ := strings.Cut(s, ".")
			for len(digits) < 9 {
				digits += "0"
			}
			return clock + "." + digits[:9]
		})
	}
	return text
}

// precision is what Trino adds to names of types and we do not have: lengths, digits, zones.
var precision = regexp.MustCompile(`\(\d+\)( with time zone)?| with time zone`)

// readType reads a type as Trino writes it.
func readType(text string) (*types.Type, error) {
	text = strings.TrimSpace(precision.ReplaceAllString(text, ""))
	open := strings.IndexByte(text, '(')
	if open < 0 {
		if t := scalars[strings.ToLower(text)]; t != nil {
			return t, nil
		}
		return nil, fmt.Errorf("type %q has no like among ours", text)
	}
	head, body := strings.ToLower(text[:open]), strings.TrimSuffix(text[open+1:], ")")
	switch head {
	case "array":
		elem, err := readType(body)
		if err != nil {
			return nil, err
		}
		return types.ArrayOf(elem), nil
	case "row":
		var fields []types.Field
		for _, part := range splitFields(body) {
			f, err := readField(part)
			if err != nil {
				return nil, err
			}
			fields = append(fields, f)
		}
		return types.RowOf(fields...), nil
	}
	return nil, fmt.Errorf("type %q has no like among ours", text)
}

// scalars are the types without parts.
var scalars = func() map[string]*types.Type {
	out := map[string]*types.Type{}
	for _, t := range []*types.Type{types.Unknown, types.Boolean, types.Integer, types.Bigint, types.Double, types.Varchar, types.Timestamp,
		types.Date, types.Time, types.IntervalDayToSecond, types.IntervalYearToMonth} {
		out[t.String()] = t
	}
	return out
}()

// readField reads "name type" or "type".
func readField(text string) (types.Field, error) {
	if t, err := readType(text); err == nil {
		return types.Field{Type: t}, nil
	}
	name, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	t, err := readType(rest)
	return types.Field{Name: strings.Trim(name, `"`), Type: t}, err
}

// splitFields splits at commas outside parentheses.
func splitFields(text string) []string {
	var out []string
	depth, from := 0, 0
	for i, b := range []byte(text) {
		switch b {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, text[from:i])
				from = i + 1
			}
		}
	}
	return append(out, text[from:])
}
