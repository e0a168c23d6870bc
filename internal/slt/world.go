package slt

import (
	"context"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/sql/executor"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// RunFunc runs a planned statement in place of the executor.
type RunFunc = func(context.Context, *plan.Statement, executor.Options) (engine.Rows, error)

// World is a database that the commands of a file made, for tests that make up statements of their own.
type World struct{ runner *runner }

// NewWorld runs the text of a file. run gets the plans of all statements, unoptimized.
func NewWorld(t *testing.T, file string, run RunFunc) *World {
	t.Helper()
	commands, err := parse(file)
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{variant: Variant{NoOptimizer: true}, clock: clock.NewManual(Start), disk: memfs.New(), tables: map[tableName]bool{}, execute: run}
	r.open(t)
	r.createDatabase(t, &command{}, database)
	for _, c := range commands {
		r.run(t, c)
	}
	return &World{r}
}

// Ask plans a statement and has it run.
func (w *World) Ask(sql string) error {
	_, _, err := w.runner.ask(sql)
	return err
}

// Close closes the database.
func (w *World) Close() error { return w.runner.engine.Close() }

// AnswerLines returns rows as they stand in a file, and the letters of the columns.
func AnswerLines(columns []plan.Column, rows [][]any) (letters string, lines []string) {
	out := make([]engine.ResultColumn, len(columns))
	for i, c := range columns {
		out[i] = engine.ResultColumn{Name: c.Name, Type: c.Type}
	}
	cells := make([][]cell, len(rows))
	for i, row := range rows {
		for k, v := range row {
			cells[i] = append(cells[i], cell{text: cellText(columns[k].Type, v)})
		}
	}
	return lettersOf(out), render(cells, true)
}
