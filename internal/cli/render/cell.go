package render

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"

	"github.com/tidemarkdb/tidemark/internal/cli/human"
)

// nullText is how a table shows NULL. A string of these letters is shown in quotes, so that the two stay apart.
const nullText = "NULL"

// elementsMax is how many elements of an array a table shows.
const elementsMax = 10

// cell is one field of a table.
type cell struct {
	text  string
	width int // in columns of a terminal
	null  bool
}

// cellText returns a value as a table shows it: one line, nothing in it that moves the cursor.
func cellText(d types.Datum, t *types.Type) string {
	switch {
	case isNull(d):
		return nullText
	case d.ScalarValue != nil:
		if *d.ScalarValue == nullText {
			return `"` + nullText + `"`
		}
		return oneLine(*d.ScalarValue)
	case d.RowValue != nil:
		parts := make([]string, len(d.RowValue.Data))
		for i, v := range d.RowValue.Data {
			of, _ := field(t, i)
			parts[i] = cellText(v, of)
		}
		return "(" + strings.Join(parts, ", ") + ")"
	case d.TimeSeriesValue != nil:
		return series(d.TimeSeriesValue, elementType(t))
	}
	var parts []string
	for i, v := range d.ArrayValue {
		if i == elementsMax {
			parts = append(parts, "… "+human.Count(int64(len(d.ArrayValue)-elementsMax))+" more")
			break
		}
		parts = append(parts, cellText(v, elementType(t)))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// oneLine writes control characters, line ends and other invisible characters as escapes, so that a value can neither
// break the table nor steer the terminal.
func oneLine(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !unprintable(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
	}
	return b.String()
}

// unprintable reports whether r would not show as a character. The joiner that composes emoji is let through.
func unprintable(r rune) bool {
	return !unicode.IsPrint(r) && r != '\u200d'
}
