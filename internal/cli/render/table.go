package render

import (
	"bufio"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"
	"github.com/rivo/uniseg"
)

// sampleRows is how many rows are kept to find out how wide the columns are. A later, wider value pushes the rest of its
// line to the right and makes its column wider from there on.
const sampleRows = 10_000

// columnWidthMin is the width below which a column is not cut to fit a terminal.
const columnWidthMin = 8

// Terminal attributes: of headings, of NULLs, and the end of both.
const (
	bold  = "\x1b[1m"
	faint = "\x1b[2m"
	reset = "\x1b[0m"
)

// tableWriter writes aligned columns under headings.
type tableWriter struct {
	out     *bufio.Writer
	options Options
	columns []types.ColumnInfo
	widths  []int
	pending [][]cell // rows that wait for the widths to be settled
	settled bool
	line    strings.Builder
}

// Begin takes the columns; the headings are written with the first rows.
func (w *tableWriter) Begin(columns []types.ColumnInfo) error {
	w.columns = columns
	w.widths = make([]int, len(columns))
	for i, c := range columns {
		w.widths[i] = uniseg.StringWidth(oneLine(text(c.Name)))
	}
	return nil
}

// Rows writes rows, or keeps them while the widths are open.
func (w *tableWriter) Rows(rows []types.Row) error {
	for _, row := range rows {
		cells := make([]cell, len(w.columns))
		for i, c := range w.columns {
			d := cellAt(row, i)
			content := cellText(d, c.Type)
			cells[i] = cell{text: content, width: uniseg.StringWidth(content), null: isNull(d)}
		}
		if !w.settled {
			w.pending = append(w.pending, cells)
			if len(w.pending) >= sampleRows {
				w.settle()
			}
			continue
		}
		w.row(cells)
	}
	if w.settled {
		return w.out.Flush()
	}
	return nil
}

// End writes what is still kept.
func (w *tableWriter) End() error {
	if !w.settled {
		w.settle()
	}
	return w.out.Flush()
}

// settle fixes the widths and writes the headings and the rows so far.
func (w *tableWriter) settle() {
	w.settled = true
	if len(w.columns) == 0 {
		return
	}
	for _, cells := range w.pending {
		for i, c := range cells {
			w.widths[i] = max(w.widths[i], c.width)
		}
	}
	if w.options.Width > 0 {
		w.fit()
	}
	w.heading()
	for _, cells := range w.pending {
		w.row(cells)
	}
	w.pending = nil
}

// fit makes the widest columns narrower, all to the same width, until the table fits or they have come down to
// columnWidthMin. What is still too wide then is cut at the end of the line.
func (w *tableWriter) fit() {
	room := w.options.Width - 3*len(w.widths) + 1 // a space on both sides of each column and a bar between two
	limit := slices.Max(w.widths)
	for limit > columnWidthMin && limited(w.widths, limit) > room {
		limit--
	}
	for i := range w.widths {
		w.widths[i] = min(w.widths[i], limit)
	}
}

// limited returns the sum of the widths when none is above limit.
func limited(widths []int, limit int) int {
	sum := 0
	for _, width := range widths {
		sum += min(width, limit)
	}
	return sum
}

// heading writes the names of the columns and the rule below.
func (w *tableWriter) heading() {
	rule := make([]string, len(w.columns))
	for i, c := range w.columns {
		name := oneLine(text(c.Name))
		w.cell(i, cell{text: name, width: uniseg.StringWidth(name)}, bold)
		rule[i] = strings.Repeat("-", w.widths[i]+2)
	}
	w.endLine()
	w.line.WriteString(strings.Join(rule, "+"))
	w.endLine()
}

// row writes one row.
func (w *tableWriter) row(cells []cell) {
	for i, c := range cells {
		attribute := ""
		if c.null {
			attribute = faint
		}
		w.cell(i, c, attribute)
	}
	w.endLine()
}

// cell adds one field to the line, numbers to the right.
func (w *tableWriter) cell(i int, c cell, attribute string) {
	if c.width > w.widths[i] {
		if w.options.Width > 0 {
			c.text = cut(c.text, w.widths[i])
			c.width = uniseg.StringWidth(c.text)
		} else {
			w.widths[i] = c.width
		}
	}
	if i > 0 {
		w.line.WriteByte('|')
	}
	padding := strings.Repeat(" ", max(0, w.widths[i]-c.width))
	if w.options.Color && attribute != "" {
		c.text = attribute + c.text + reset
	}
	if isNumber(w.columns[i].Type) {
		w.line.WriteString(" " + padding + c.text + " ")
	} else {
		w.line.WriteString(" " + c.text + padding + " ")
	}
}

// endLine writes the line, without spaces at its end, cut to the width of the terminal.
func (w *tableWriter) endLine() {
	line := strings.TrimRight(w.line.String(), " ")
	w.line.Reset()
	if w.options.Width > 0 && visibleWidth(line) > w.options.Width {
		line = cutVisible(line, w.options.Width)
	}
	put(w.out, line+"\n")
}

// cut shortens s to a width, with dots at its end. Characters that are composed of several code points stay whole.
func cut(s string, width int) string {
	var b strings.Builder
	left, state := width-1, -1
	for s != "" {
		var one string
		var size int
		one, s, size, state = uniseg.FirstGraphemeClusterInString(s, state)
		if size > left {
			break
		}
		left -= size
		b.WriteString(one)
	}
	return b.String() + "…"
}

// attributes takes terminal attributes out of a line.
var attributes = strings.NewReplacer(bold, "", faint, "", reset, "")

// visibleWidth returns the width of a line, attributes not counted.
func visibleWidth(s string) int { return uniseg.StringWidth(attributes.Replace(s)) }

// cutVisible is cut for a line with terminal attributes, which take no width: the cut line has none any more.
func cutVisible(s string, width int) string { return cut(attributes.Replace(s), width) }
