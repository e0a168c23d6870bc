package render

import (
	"bufio"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"
)

// csvWriter writes RFC 4180 with a heading, lines ending in a line feed. NULL is an empty field and an empty string is "",
// so that they stay apart; arrays, rows and series are JSON texts.
type csvWriter struct {
	out     *bufio.Writer
	columns []types.ColumnInfo
}

// Begin writes the heading.
func (w *csvWriter) Begin(columns []types.ColumnInfo) error {
	w.columns = columns
	for i, c := range columns {
		w.field(i, text(c.Name))
	}
	put(w.out, "\n")
	return nil
}

// Rows writes one line for each row.
func (w *csvWriter) Rows(rows []types.Row) error {
	for _, row := range rows {
		for i, c := range w.columns {
			switch d := cellAt(row, i); {
			case isNull(d):
				w.comma(i)
			case d.ScalarValue != nil:
				w.field(i, *d.ScalarValue)
			default:
				w.field(i, string(appendValue(nil, d, c.Type)))
			}
		}
		put(w.out, "\n")
	}
	return w.out.Flush()
}

// End writes what is still buffered.
func (w *csvWriter) End() error { return w.out.Flush() }

// comma writes the separator before field i.
func (w *csvWriter) comma(i int) {
	if i > 0 {
		put(w.out, ",")
	}
}

// field writes one field, in quotes where they are needed.
func (w *csvWriter) field(i int, s string) {
	w.comma(i)
	if s == "" || strings.ContainsAny(s, ",\"\r\n") || s[0] == ' ' || s[len(s)-1] == ' ' {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	put(w.out, s)
}
