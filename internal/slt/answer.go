package slt

import (
	"context"
	"math"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// cell is one value of an answer as text.
type cell struct {
	text   string
	double bool
}

// pageRows are the rows of one page.
type pageRows struct{ rows [][]cell }

// Append takes all rows; it is an engine.PageBuilder without a limit.
func (p *pageRows) Append(b *vector.Batch, first int) int {
	for i := first; i < b.Rows; i++ {
		row := make([]cell, len(b.Cols))
		for k, col := range b.Cols {
			row[k] = cell{cellText(col.Type, col.Value(i)), col.Type.Kind == types.KindDouble}
		}
		p.rows = append(p.rows, row)
	}
	return b.Rows - first
}

// Size is of no interest here.
func (p *pageRows) Size() int { return 0 }

// ask runs a statement and returns all of its rows.
func (r *runner) ask(sql string) ([]engine.ResultColumn, [][]cell, error) {
	rows := &pageRows{}
	page, err := r.engine.Query(context.Background(), engine.QueryRequest{QueryString: sql,
		NewPage: func([]engine.ResultColumn) engine.PageBuilder { return rows }})
	if err != nil {
		return nil, nil, err
	}
	return page.Columns, rows.rows, nil
}

// cellText is a value as it stands in an answer.
func cellText(t *types.Type, v types.Value) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case []types.Value:
		parts := make([]string, len(v))
		for i, e := range v {
			elem := t.Elem
			if t.Kind == types.KindRow {
				elem = t.Fields[i].Type
			}
			parts[i] = cellText(elem, e)
		}
		if t.Kind == types.KindRow {
			return "(" + strings.Join(parts, ", ") + ")"
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case types.Series:
		parts := make([]string, len(v))
		for i, p := range v {
			parts[i] = types.Text(types.Timestamp, p.Time) + "=" + cellText(t.Elem, p.Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case string:
		if v == "" {
			return "(empty)"
		}
		return v
	}
	return types.Text(t, v)
}

// lettersOf describes the columns of an answer.
func lettersOf(columns []engine.ResultColumn) string {
	var b strings.Builder
	for _, c := range columns {
		switch c.Type.Kind {
		case types.KindVarchar:
			b.WriteByte('T')
		case types.KindInteger, types.KindBigint:
			b.WriteByte('I')
		case types.KindDouble:
			b.WriteByte('R')
		case types.KindBoolean:
			b.WriteByte('B')
		case types.KindTimestamp:
			b.WriteByte('P')
		default:
			b.WriteByte('X')
		}
	}
	return b.String()
}

func render(rows [][]cell, sorted bool) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		parts := make([]string, len(row))
		for k, c := range row {
			parts[k] = c.text
		}
		out[i] = strings.Join(parts, "  ")
	}
	if sorted {
		sort.Strings(out)
	}
	return out
}

// lastDigit is by how much of itself a double may differ where it is not computed in the same way.
const lastDigit = 1e-14

// compare tells how two answers differ, "" if they do not. Doubles may differ by slack of themselves.
func compare(got, want []string, sorted bool, slack float64) string {
	want = append([]string(nil), want...)
	if sorted {
		sort.Strings(want)
	}
	if len(got) != len(want) {
		return strconv.Itoa(len(got)) + " rows, want " + strconv.Itoa(len(want))
	}
	for i := range got {
		if !sameRow(got[i], want[i], slack) {
			return "row " + strconv.Itoa(i+1) + " differs"
		}
	}
	return ""
}

// gap separates columns, number finds the doubles in an answer: also inside arrays and series.
var (
	gap    = regexp.MustCompile(`\s{2,}`)
	number = regexp.MustCompile(`-?\d+\.\d+(E-?\d+)?`)
)

// sameRow compares rows; a number counts as the same if it is so to as many decimals as the wanted one has, or within slack.
func sameRow(got, want string, slack float64) bool {
	got, want = gap.ReplaceAllString(strings.TrimSpace(got), "  "), gap.ReplaceAllString(strings.TrimSpace(want), "  ")
	if got == want {
		return true
	}
	if number.ReplaceAllString(got, "N") != number.ReplaceAllString(want, "N") {
		return false
	}
	g, w := number.FindAllString(got, -1), number.FindAllString(want, -1)
	for i := range w {
		if g[i] != w[i] && !closeTo(g[i], w[i], slack) {
			return false
		}
	}
	return true
}

func closeTo(got, want string, slack float64) bool {
	g, gerr := strconv.ParseFloat(got, 64)
	w, werr := strconv.ParseFloat(want, 64)
	if gerr != nil || werr != nil {
		return false
	}
	if math.Abs(g-w) <= slack*math.Abs(w) {
		return true
	}
	if strings.Contains(want, "E") {
		return math.Abs(g-w) <= 1e-9*math.Abs(w)
	}
	_, decimals, _ := strings.Cut(want, ".")
	return math.Abs(g-w) <= 0.5001*math.Pow10(-len(decimals))
}
