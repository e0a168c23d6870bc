package slt

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
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
	engine  *engine.Engine
	tables  map[string]bool
}

// Run runs the text of a file. It returns the text with the answers that were found in place of those that were expected.
func Run(t *testing.T, file string, v Variant) (rewritten string) {
	t.Helper()
	commands, err := parse(file)
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{variant: v, clock: clock.NewManual(Start), disk: memfs.New(), tables: map[string]bool{}}
	r.open(t)
	defer func() {
		if err := r.engine.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := r.engine.CreateDatabase(context.Background(), engine.CreateDatabaseInput{Name: database}); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range commands {
		out = append(append(out, c.extra...), r.run(t, c)...)
	}
	return strings.Join(out, "\n") + "\n"
}

func (r *runner) open(t *testing.T) {
	t.Helper()
	e, err := engine.Open(context.Background(), engine.Options{FS: r.disk, Clock: r.clock, MaintainEvery: -1,
		Query: engine.QueryOptions{BatchRows: r.variant.BatchRows, NoOptimizer: r.variant.NoOptimizer}})
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
	case "flush":
		r.flush(t)
	case "restart":
		r.restart(t)
	case "advance":
		d, err := time.ParseDuration(c.args)
		if err != nil {
			t.Fatalf("line %d: %v", c.line, err)
		}
		r.clock.Advance(d)
	case "error":
		r.expectError(t, c)
	case "query":
		return r.query(t, c)
	case "plan":
		return r.plan(t, c)
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

func (r *runner) write(t *testing.T, c *command) {
	t.Helper()
	ctx := context.Background()
	args := strings.Fields(c.args)
	var version int64
	if len(args) == 3 && args[1] == "version" {
		if _, err := fmt.Sscan(args[2], &version); err != nil {
			t.Fatalf("line %d: %v", c.line, err)
		}
	} else if len(args) != 1 {
		t.Fatalf("line %d: write needs a table name, and may have a version", c.line)
	}
	if !r.tables[args[0]] {
		r.tables[args[0]] = true
		in := engine.CreateTableInput{Database: database, Name: args[0], MagneticWrites: &engine.MagneticWrites{Enabled: true},
			Retention: &engine.Retention{MemoryHours: 24, MagneticDays: 3650}}
		if _, err := r.engine.CreateTable(ctx, in); err != nil {
			t.Fatalf("line %d: %v", c.line, err)
		}
	}
	list, err := records(c, version, r.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	res, err := r.engine.WriteRecords(ctx, &engine.WriteRequest{Database: database, Table: args[0], Records: list})
	if err != nil {
		t.Fatalf("line %d: %v", c.line, err)
	}
	if len(res.Rejected) > 0 {
		t.Fatalf("line %d: record rejected: %s", c.line, res.Rejected[0].Reason)
	}
	if r.variant.Flush {
		r.flush(t)
	}
	if r.variant.Restart {
		r.restart(t)
	}
}

// exceptionNames are the service's names of error kinds.
var exceptionNames = map[dberr.Kind]string{
	dberr.Invalid: "ValidationException", dberr.Execution: "QueryExecutionException", dberr.Conflict: "ConflictException",
	dberr.Throttled: "ThrottlingException", dberr.Internal: "InternalServerException",
}

func (r *runner) expectError(t *testing.T, c *command) {
	t.Helper()
	_, _, err := r.ask(c.sql())
	if err == nil {
		t.Errorf("line %d: no error, want %s", c.line, c.args)
		return
	}
	if got := errorText(err); !strings.HasPrefix(got, c.args) {
		t.Errorf("line %d:\ngot  %s\nwant %s", c.line, got, c.args)
	}
}

func errorText(err error) string {
	e, ok := err.(*dberr.Error)
	if !ok {
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
	got := render(rows, order == "rowsort")
	if diff := compare(got, c.want, order == "rowsort"); diff != "" {
		t.Errorf("line %d: %s\ngot:\n%s\nwant:\n%s", c.line, diff, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
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
