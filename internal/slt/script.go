package slt

import (
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Case is a statement of a file together with how its answer is compared, for tests that put it to another database, too.
type Case struct {
	Line   int // in the file, from 1
	SQL    string
	Sorted bool // the order of the rows means nothing
}

// Answer is what a statement gave: columns and rows, or an error.
type Answer struct {
	Names []string
	Types []*types.Type
	Rows  [][]string
	Error string // the exception and its text, "" for none
}

// Each runs the text of a file and calls visit with its statements that read data, as many at a time as stand together; what
// the commands before them wrote can be asked for through the world.
func Each(t *testing.T, file string, visit func(w *World, cases []Case)) {
	t.Helper()
	commands, err := parse(file)
	if err != nil {
		t.Fatal(err)
	}
	r := newRunner(t, Variants[0])
	defer func() {
		if err := r.engine.Close(); err != nil {
			t.Error(err)
		}
	}()
	var cases []Case
	for _, c := range commands {
		switch c.name {
		case "query", "columns", "error":
			cases = append(cases, Case{Line: c.line, SQL: c.sql(), Sorted: strings.HasSuffix(c.args, "rowsort") || c.name == "columns"})
		case "eval":
			for i, line := range c.body {
				if expr := Expression(line); expr != "" {
					cases = append(cases, Case{Line: c.line + 1 + i, SQL: "SELECT " + expr})
				}
			}
		case "plan", "reject", "unload":
		default:
			if len(cases) > 0 {
				visit(&World{r}, cases)
				cases = nil
			}
			r.run(t, c)
		}
	}
	if len(cases) > 0 {
		visit(&World{r}, cases)
	}
}

// Tables returns the tables that there are, as database.table.
func (w *World) Tables() []string {
	var out []string
	for name := range w.runner.tables {
		out = append(out, name.database+"."+name.name)
	}
	return out
}

// Answer runs a statement.
func (w *World) Answer(sql string) Answer {
	columns, rows, err := w.runner.ask(sql)
	if err != nil {
		return Answer{Error: errorText(err)}
	}
	var out Answer
	for _, c := range columns {
		out.Names = append(out.Names, c.Name)
		out.Types = append(out.Types, c.Type)
	}
	for _, row := range rows {
		texts := make([]string, len(row))
		for i, c := range row {
			texts[i] = c.text
		}
		out.Rows = append(out.Rows, texts)
	}
	return out
}

// Expression returns the expression of a line of eval, without type and value; "" for a comment.
func Expression(line string) string {
	expr, _, _ := evalParts(line)
	return expr
}
