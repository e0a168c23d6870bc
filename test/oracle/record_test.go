package oracle

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/slt"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// TestRecord writes Trino's answers to the expressions and statements of a file as a new file. The input has the form of a
// file of test/slt with neither tables nor answers (those that it has are replaced). What Trino does not know, and what
// differs and is meant to, is left out.
func TestRecord(t *testing.T) {
	if *recordTo == "" {
		t.Skip("nothing to record")
	}
	c := newComparer(t)
	version, err := c.trino.version()
	if err != nil {
		t.Fatal(err)
	}
	if len(flag.Args()) != 1 {
		t.Fatal("record needs one file to read")
	}
	text, err := os.ReadFile(flag.Args()[0])
	if err != nil {
		t.Fatal(err)
	}
	r := recorder{comparer: c}
	slt.Each(t, "eval\n1  integer  1", func(w *slt.World, _ []slt.Case) {
		r.world = w
		for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
			r.block(strings.Split(block, "\n"))
		}
	})
	out := "# source: trino " + version + "\n\n" + strings.Join(r.out, "\n\n") + "\n"
	if name, rest, ok := strings.Cut(strings.Join(r.out, "\n\n"), "\n"); ok && strings.HasPrefix(name, "# name:") {
		out = name + "\n# source: trino " + version + "\n\n" + strings.TrimSpace(rest) + "\n"
	}
	if err := os.WriteFile(*recordTo, []byte(out), 0o644); err != nil {
		t.Fatal(err)
	}
}

// recorder writes a file.
type recorder struct {
	*comparer
	world *slt.World
	out   []string // blocks
}

// block records a block of lines: comments, then a command.
func (r *recorder) block(lines []string) {
	var comments []string
	for len(lines) > 0 && strings.HasPrefix(lines[0], "#") {
		if !strings.HasPrefix(lines[0], "# source:") {
			comments = append(comments, lines[0])
		}
		lines = lines[1:]
	}
	var recorded []string
	switch {
	case len(lines) == 0:
	case lines[0] == "eval":
		recorded = r.evals(lines[1:])
	case strings.HasPrefix(lines[0], "query"), strings.HasPrefix(lines[0], "error"):
		sql := lines[1:]
		for i, line := range sql {
			if line == "----" {
				sql = sql[:i]
				break
			}
		}
		recorded = r.statement(strings.Join(sql, "\n"), strings.HasSuffix(lines[0], "rowsort"))
	default:
		r.t.Errorf("cannot record %q", lines[0])
	}
	if len(lines) == 0 || len(recorded) > 0 {
		if block := append(comments, recorded...); len(block) > 0 {
			r.out = append(r.out, strings.Join(block, "\n"))
		}
	}
}

// take reports whether an answer is to be written, and complains of an unexpected difference.
func (r *recorder) take(x result) bool {
	d := r.known.find(x.SQL, x.ours.Error, x.theirs.Error)
	r.judge("record", x)
	return !x.foreign && (d == nil || same(x.ours, x.theirs, x.Sorted))
}

// evals records the lines of an eval.
func (r *recorder) evals(lines []string) []string {
	var cases []slt.Case
	width := 0
	for _, line := range lines {
		if expr := slt.Expression(line); expr != "" {
			cases = append(cases, slt.Case{SQL: "SELECT " + expr})
		}
	}
	var rows [][3]string
	for _, x := range r.ask(r.world, cases) {
		if !r.take(x) {
			continue
		}
		expr := strings.TrimPrefix(x.SQL, "SELECT ")
		row := [3]string{expr, "error", strings.TrimPrefix(errorLine(x), "ValidationException ")}
		if x.theirs.Error == "" {
			if len(x.theirs.Rows) != 1 || len(x.theirs.Types) != 1 {
				r.t.Errorf("%s gives %d rows of %d columns", expr, len(x.theirs.Rows), len(x.theirs.Types))
				continue
			}
			if row[1], row[2] = x.theirs.Types[0].String(), evalValue(x); strings.TrimSpace(row[2]) != row[2] || strings.ContainsAny(row[2], "\x00\n") {
				r.t.Errorf("%s gives a text that a line cannot hold", expr)
				continue
			}
		}
		width = max(width, min(len(expr), 70))
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil
	}
	out := []string{"eval"}
	for _, row := range rows {
		out = append(out, strings.TrimRight(fmt.Sprintf("%-*s  %-9s  %s", width, row[0], row[1], row[2]), " "))
	}
	return out
}

// errorLine is the text of an error to expect. Where the wordings count as the same, ours is written, for it has our types.
func errorLine(x result) string {
	text := x.theirs.Error
	if sameError(x.ours.Error, x.theirs.Error) {
		text = x.ours.Error
	}
	text, _, _ = strings.Cut(text, " Expected: ")
	text, _, _ = strings.Cut(text, "\n")
	return text
}

// evalValue is the value to expect. Digits of doubles in which we differ from Java are not written.
func evalValue(x result) string {
	theirs := x.theirs.Rows[0][0]
	if x.ours.Error != "" || len(x.ours.Rows) != 1 || theirs == x.ours.Rows[0][0] || !sameText(theirs, x.ours.Rows[0][0]) {
		return theirs
	}
	ours, n := x.ours.Rows[0][0], 0
	for n < len(ours) && n < len(theirs) && ours[n] == theirs[n] {
		n++
	}
	return theirs[:n] + "..."
}

// statement records a query.
func (r *recorder) statement(sql string, sorted bool) []string {
	x := r.ask(r.world, []slt.Case{{SQL: sql, Sorted: sorted}})[0]
	if !r.take(x) {
		return nil
	}
	if x.theirs.Error != "" {
		return []string{"error " + errorLine(x), sql}
	}
	head := "query " + letters(x.theirs.Types)
	if sorted {
		head += " rowsort"
	}
	out := []string{head, sql, "----"}
	ours, theirs := rowLines(x.ours, sorted), rowLines(x.theirs, sorted)
	for i, line := range theirs {
		if i < len(ours) && ours[i] != line && sameText(ours[i], line) {
			line = double.ReplaceAllStringFunc(line, shorter)
		}
		out = append(out, line)
	}
	return out
}

// shorter rounds away the last digits of a double, which is then compared without them.
func shorter(text string) string {
	_, decimals, ok := strings.Cut(text, ".")
	x, err := strconv.ParseFloat(text, 64)
	if !ok || err != nil || len(decimals) < 8 || strings.Contains(decimals, "E") {
		return text
	}
	return strconv.FormatFloat(x, 'f', len(decimals)-3, 64)
}

// letters describes columns.
func letters(list []*types.Type) string {
	known := map[types.Kind]string{types.KindVarchar: "T", types.KindInteger: "I", types.KindBigint: "I", types.KindDouble: "R",
		types.KindBoolean: "B", types.KindTimestamp: "P"}
	out := ""
	for _, t := range list {
		if letter, ok := known[t.Kind]; ok {
			out += letter
		} else {
			out += "X"
		}
	}
	return out
}
