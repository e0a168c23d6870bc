package slt

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// Variant is a way to run a file. All ways must give the same answers.
type Variant struct {
	Name        string
	BatchRows   int  // 0 for the usual size
	NoOptimizer bool // run plans as analyzed
	Flush       bool // flush after every write
	Restart     bool // restart after every write
	Naive       bool // run plans by the naive executor
}

// Variants are the ways that run on every commit.
var Variants = []Variant{
	{Name: "default"},
	{Name: "flushed", Flush: true},
	{Name: "restarted batch1", Restart: true, BatchRows: 1},
	{Name: "unoptimized batch3", NoOptimizer: true, BatchRows: 3},
	{Name: "flushed unoptimized batch2", Flush: true, NoOptimizer: true, BatchRows: 2},
	{Name: "naive", Naive: true},
	{Name: "naive unoptimized", Naive: true, NoOptimizer: true},
}

// Matrix returns all ways: every executor, batch size and place of the rows, with the optimizer and without.
func Matrix() []Variant {
	var out []Variant
	for _, place := range []Variant{{Name: "memory"}, {Name: "flushed", Flush: true}, {Name: "restarted", Restart: true}} {
		for _, noOptimizer := range []bool{false, true} {
			v := place
			if v.NoOptimizer = noOptimizer; noOptimizer {
				v.Name += " unoptimized"
			}
			naive := v
			naive.Name, naive.Naive = v.Name+" naive", true
			out = append(out, naive)
			for _, rows := range []int{0, 1, 2, 3} {
				batched := v
				if batched.BatchRows = rows; rows > 0 {
					batched.Name = fmt.Sprintf("%s batch%d", v.Name, rows)
				}
				out = append(out, batched)
			}
		}
	}
	return out
}

// database is the name of the database that every file has.
const database = "test"

// Start is where the clock of every file stands first.
var Start = time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)

// runner runs one file in one way.
type runner struct {
	variant Variant
	clock   *clock.Manual
	disk    *memfs.FS
	objects objectstore.Store // where UNLOAD writes
	engine  *engine.Engine
	tables  map[tableName]bool // those that exist
	execute RunFunc            // runs plans in place of the executor; nil for the executor
}

// Run runs the text of a file. It returns the text with the answers that were found in place of those that were expected.
func Run(t *testing.T, file string, v Variant) (rewritten string) {
	t.Helper()
	return newRunner(t, v).runAll(t, file)
}

// runAll carries out the commands of a file and closes the database. It returns the text with the answers that were found.
func (r *runner) runAll(t *testing.T, file string) string {
	t.Helper()
	commands, err := parse(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.engine.Close(); err != nil {
			t.Error(err)
		}
	}()
	var out []string
	for _, c := range commands {
		out = append(append(out, c.extra...), r.run(t, c)...)
	}
	return strings.Join(out, "\n") + "\n"
}

// newRunner makes a runner with its empty database.
func newRunner(t *testing.T, v Variant) *runner {
	t.Helper()
	r := &runner{variant: v, clock: clock.NewManual(Start), disk: memfs.New(), tables: map[tableName]bool{}}
	if v.Naive {
		r.execute = runNaive(t)
	}
	r.open(t)
	r.createDatabase(t, &command{}, database)
	return r
}

func (r *runner) open(t *testing.T) {
	t.Helper()
	if r.objects == nil {
		objects, err := objectstore.OpenLocal(memfs.New())
		if err != nil {
			t.Fatal(err)
		}
		r.objects = objects
	}
	e, err := engine.Open(context.Background(), engine.Options{FS: r.disk, Clock: r.clock, MaintainEvery: -1, Objects: r.objects,
		Query: engine.QueryOptions{BatchRows: r.variant.BatchRows, NoOptimizer: r.variant.NoOptimizer, Run: r.execute}})
	if err != nil {
		t.Fatal(err)
	}
	r.engine = e
}

// run carries out a command and returns its text, with the answer that was found.
func (r *runner) run(t *testing.T, c *command) []string {
	t.Helper()
	switch c.name {
	case "write":
		r.write(t, c)
	case "reject":
		r.reject(t, c)
	case "database":
		r.createDatabase(t, c, c.args)
	case "table", "retention":
		r.table(t, c)
	case "drop":
		name := tableOf(c.args)
		if err := r.engine.DeleteTable(context.Background(), name.database, name.name); err != nil {
			t.Fatalf("line %d: %v", c.line, err)
		}
		delete(r.tables, name)
	case "flush":
		r.flush(t)
	case "merge":
		if err := r.engine.Compact(context.Background()); err != nil {
			t.Fatal(err)
		}
	case "restart":
		r.restart(t)
	case "advance":
		r.clock.Advance(span(t, c, c.args))
	case "error":
		r.expectError(t, c)
	case "query":
		return r.query(t, c)
	case "unload":
		return r.unload(t, c)
	case "plan":
		return r.plan(t, c)
	case "columns":
		return r.columns(t, c)
	case "prepare":
		return r.prepare(t, c)
	case "eval":
		return r.eval(t, c)
	}
	return c.text
}

func (r *runner) flush(t *testing.T) {
	t.Helper()
	if err := r.engine.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (r *runner) restart(t *testing.T) {
	t.Helper()
	if err := r.engine.Close(); err != nil {
		t.Fatal(err)
	}
	r.open(t)
}

// exceptionNames are the service's names of error kinds.
var exceptionNames = map[dberr.Kind]string{
	dberr.Invalid: "ValidationException", dberr.Execution: "QueryExecutionException", dberr.Conflict: "ConflictException",
	dberr.Throttled: "ThrottlingException", dberr.Internal: "InternalServerException", dberr.Corruption: "InternalServerException",
	dberr.NotFound: "ResourceNotFoundException", dberr.Limit: "ServiceQuotaExceededException", dberr.Unavailable: "ServiceUnavailableException",
}

func (r *runner) expectError(t *testing.T, c *command) {
	t.Helper()
	_, _, err := r.ask(c.sql())
	if err == nil {
		t.Errorf("line %d: no error, want %s\n%s", c.line, c.args, c.sql())
		return
	}
	if got := errorText(err); !strings.HasPrefix(got, c.args) {
		t.Errorf("line %d: %s\ngot  %s\nwant %s", c.line, c.sql(), got, c.args)
	}
}

func errorText(err error) string {
	var e *dberr.Error
	if !errors.As(err, &e) {
		return "not a dberr.Error: " + err.Error()
	}
	return exceptionNames[e.Kind] + " " + e.Client()
}

func (r *runner) query(t *testing.T, c *command) []string {
	t.Helper()
	letters, order, _ := strings.Cut(c.args, " ")
	columns, rows, err := r.ask(c.sql())
	if err != nil {
		t.Errorf("line %d: %s\n%s", c.line, errorText(err), c.sql())
		return c.text
	}
	if got := lettersOf(columns); got != letters {
		t.Errorf("line %d: columns are %s, want %s", c.line, got, letters)
	}
	slack := 0.0
	if r.variant.Naive {
		slack = lastDigit
	}
	got := render(rows, order == "rowsort")
	if diff := compare(got, c.want, order == "rowsort", slack); diff != "" {
		t.Errorf("line %d: %s: %s\ngot:\n%s\nwant:\n%s", c.line, diff, c.sql(), strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		return c.withAnswer(got)
	}
	return c.text
}

// columnNumber is the number of a column in a printed plan.
var columnNumber = regexp.MustCompile(`#\d+`)

func (r *runner) plan(t *testing.T, c *command) []string {
	t.Helper()
	if r.variant.NoOptimizer {
		return c.text
	}
	_, rows, err := r.ask("EXPLAIN " + c.sql())
	if err != nil {
		t.Errorf("line %d: %s", c.line, errorText(err))
		return c.text
	}
	var got []string
	for _, row := range rows {
		got = append(got, columnNumber.ReplaceAllString(row[0].text, ""))
	}
	if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
		t.Errorf("line %d: got plan\n%s\nwant\n%s", c.line, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		return c.withAnswer(got)
	}
	return c.text
}
