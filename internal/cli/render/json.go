package render

import (
	"bufio"
	"encoding/json"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"
)

// jsonWriter writes an array of objects, one row a line, members in the order of the columns.
type jsonWriter struct {
	out     *bufio.Writer
	columns []types.ColumnInfo
	names   [][]byte // as JSON, with the colon
	line    []byte
	rows    int
}

// Begin opens the array.
func (w *jsonWriter) Begin(columns []types.ColumnInfo) error {
	w.columns = columns
	seen := map[string]bool{}
	for _, c := range columns {
		w.names = append(w.names, append(appendString(nil, unique(text(c.Name), seen)), ':'))
	}
	put(w.out, "[")
	return nil
}

// unique returns the name, with a number behind it if it was used before: results may have equal column names, objects
// may not.
func unique(name string, seen map[string]bool) string {
	candidate := name
	for n := 2; seen[candidate]; n++ {
		candidate = name + "_" + strconv.Itoa(n)
	}
	seen[candidate] = true
	return candidate
}

// Rows writes one object for each row.
func (w *jsonWriter) Rows(rows []types.Row) error {
	for _, row := range rows {
		w.line = w.line[:0]
		if w.rows > 0 {
			w.line = append(w.line, ',')
		}
		w.rows++
		w.line = append(w.line, "\n{"...)
		for i, c := range w.columns {
			if i > 0 {
				w.line = append(w.line, ',')
			}
			w.line = append(w.line, w.names[i]...)
			w.line = appendValue(w.line, cellAt(row, i), c.Type)
		}
		w.line = append(w.line, '}')
		if _, err := w.out.Write(w.line); err != nil {
			return err
		}
	}
	return w.out.Flush()
}

// End closes the array.
func (w *jsonWriter) End() error {
	if w.rows > 0 {
		put(w.out, "\n")
	}
	put(w.out, "]\n")
	return w.out.Flush()
}

// appendValue appends a value as JSON: numbers and booleans as such (NaN and infinities, which JSON has not, as strings),
// rows as objects if their fields have names, else as arrays, series as arrays of objects with time and value.
func appendValue(b []byte, d types.Datum, t *types.Type) []byte {
	switch {
	case isNull(d):
		return append(b, "null"...)
	case d.ScalarValue != nil:
		return appendScalar(b, *d.ScalarValue, t)
	case d.RowValue != nil:
		return appendRow(b, *d.RowValue, t)
	case d.TimeSeriesValue != nil:
		return appendSeries(b, d.TimeSeriesValue, elementType(t))
	}
	b = append(b, '[')
	for i, e := range d.ArrayValue {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, e, elementType(t))
	}
	return append(b, ']')
}

// appendScalar appends a scalar by its type.
func appendScalar(b []byte, s string, t *types.Type) []byte {
	switch {
	case isNumber(t) && s != "" && (s[0] == '-' || s[0] >= '0' && s[0] <= '9') && json.Valid([]byte(s)):
		return append(b, s...)
	case t != nil && t.ScalarType == types.ScalarTypeBoolean && (s == "true" || s == "false"):
		return append(b, s...)
	}
	return appendString(b, s)
}

// appendRow appends a row: an object if all of its fields have names.
func appendRow(b []byte, row types.Row, t *types.Type) []byte {
	named := true
	for i := range row.Data {
		if _, name := field(t, i); name == "" {
			named = false
		}
	}
	opening, closing := byte('['), byte(']')
	if named && len(row.Data) > 0 {
		opening, closing = '{', '}'
	}
	seen := map[string]bool{}
	b = append(b, opening)
	for i, d := range row.Data {
		if i > 0 {
			b = append(b, ',')
		}
		of, name := field(t, i)
		if opening == '{' {
			b = append(appendString(b, unique(name, seen)), ':')
		}
		b = appendValue(b, d, of)
	}
	return append(b, closing)
}

// appendSeries appends the points of a series.
func appendSeries(b []byte, points []types.TimeSeriesDataPoint, t *types.Type) []byte {
	b = append(b, '[')
	for i, p := range points {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"time":`...)
		b = appendString(b, text(p.Time))
		b = append(b, `,"value":`...)
		b = appendValue(b, pointValue(p), t)
		b = append(b, '}')
	}
	return append(b, ']')
}

// pointValue returns the value of a point, NULL if it is missing.
func pointValue(p types.TimeSeriesDataPoint) types.Datum {
	if p.Value == nil {
		return types.Datum{}
	}
	return *p.Value
}

// appendString appends s as a JSON string. Invalid UTF-8 becomes the replacement character.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r < 0x20 || r == 0x7f:
			b = append(b, `\u00`...)
			b = append(b, hex[r>>4], hex[r&15])
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}
