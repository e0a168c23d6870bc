package render

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"
)

// Formats are the names of the output forms.
var Formats = []string{"table", "csv", "json"}

// Options says how to write a table. The zero value is for output that is not a terminal.
type Options struct {
	Width int  // cut tables to this width; 0 for no limit
	Color bool // use terminal attributes: bold headings, faint NULLs
}

// Writer writes one result. Begin is called once, then Rows any number of times, then End once.
type Writer interface {
	Begin(columns []types.ColumnInfo) error
	Rows(rows []types.Row) error
	End() error
}

// CheckFormat returns an error that names the formats if format is none of them.
func CheckFormat(format string) error {
	if !slices.Contains(Formats, format) {
		return fmt.Errorf("unknown format %q: choose %s", format, strings.Join(Formats, ", "))
	}
	return nil
}

// New returns a writer of one result in the given format.
func New(format string, out io.Writer, o Options) (Writer, error) {
	if err := CheckFormat(format); err != nil {
		return nil, err
	}
	buffered := bufio.NewWriterSize(out, 64<<10)
	switch format {
	case "csv":
		return &csvWriter{out: buffered}, nil
	case "json":
		return &jsonWriter{out: buffered}, nil
	}
	return &tableWriter{out: buffered, options: o}, nil
}

// isNull reports whether a value is NULL.
func isNull(d types.Datum) bool {
	return d.NullValue != nil && *d.NullValue ||
		d.ScalarValue == nil && d.ArrayValue == nil && d.RowValue == nil && d.TimeSeriesValue == nil
}

// isNumber reports whether values of a type are numbers.
func isNumber(t *types.Type) bool {
	if t == nil {
		return false
	}
	switch t.ScalarType {
	case types.ScalarTypeInteger, types.ScalarTypeBigint, types.ScalarTypeDouble:
		return true
	}
	return false
}

// elementType returns the type of an array's elements or a series' values, nil if t is neither.
func elementType(t *types.Type) *types.Type {
	switch {
	case t == nil:
		return nil
	case t.ArrayColumnInfo != nil:
		return t.ArrayColumnInfo.Type
	case t.TimeSeriesMeasureValueColumnInfo != nil:
		return t.TimeSeriesMeasureValueColumnInfo.Type
	}
	return nil
}

// field returns the type and name of a row's field; the name is "" for unnamed ones.
func field(t *types.Type, i int) (*types.Type, string) {
	if t == nil || i >= len(t.RowColumnInfo) {
		return nil, ""
	}
	return t.RowColumnInfo[i].Type, text(t.RowColumnInfo[i].Name)
}

// text returns a member, "" if it is missing.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// cellAt returns a row's value in a column, NULL if the row is too short.
func cellAt(row types.Row, i int) types.Datum {
	if i < len(row.Data) {
		return row.Data[i]
	}
	return types.Datum{}
}

// put writes s. What goes wrong with a buffered write shows in the next Flush.
func put(out *bufio.Writer, s string) { _, _ = out.WriteString(s) }
