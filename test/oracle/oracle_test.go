package oracle

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/slt"
	"github.com/tidemarkdb/tidemark/internal/sql/function"
)

var (
	trinoURL = flag.String("trino", "", "address of a Trino server; without one nothing is compared")
	recordTo = flag.String("record", "", "write Trino's answers to the statements of the files named as arguments into this file")
	tellEach = flag.Bool("each", false, "tell of every file what was compared")
)

// askers is how many statements are put to Trino at once.
const askers = 4

// comparer compares files.
type comparer struct {
	t       *testing.T
	trino   *trino
	known   *known
	ours    map[string]bool // functions that we have
	total   counts
	mirrors map[string]string // tables that Trino has: name to the rows that they had
}

// counts is what became of statements.
type counts struct{ compared, equal, foreign, expected int }

func newComparer(t *testing.T) *comparer {
	t.Helper()
	if *trinoURL == "" {
		t.Skip("no Trino server; see README.md")
	}
	k, err := readKnown("known-differences.txt")
	if err != nil {
		t.Fatal(err)
	}
	c := &comparer{t: t, trino: &trino{url: *trinoURL}, known: k, ours: map[string]bool{}}
	scalar, aggregate, window := function.Names()
	for _, list := range [][]string{scalar, aggregate, window} {
		for _, name := range list {
			c.ours[name] = true
		}
	}
	return c
}

// TestDifferences compares the answers to the statements of all files, or of those named as arguments.
func TestDifferences(t *testing.T) {
	if *recordTo != "" {
		t.Skip("recording")
	}
	c := newComparer(t)
	files := flag.Args()
	if len(files) == 0 {
		files = allFiles(t)
	}
	for _, file := range files {
		before := c.total
		c.file(file)
		if *tellEach {
			t.Logf("%s: %d compared, %d only ours", file, c.total.compared-before.compared, c.total.foreign-before.foreign)
		}
	}
	if len(flag.Args()) == 0 {
		c.stale()
	}
	t.Logf("%d statements compared: %d the same, %d with a known difference; %d that Trino does not know", c.total.compared, c.total.equal, c.total.expected, c.total.foreign)
}

func allFiles(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir("../slt", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".slt") {
			out = append(out, path)
		}
		return err
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("%d files, %v", len(out), err)
	}
	return out
}

// file compares the statements of one file.
func (c *comparer) file(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	c.mirrors = map[string]string{}
	slt.Each(c.t, string(text), func(w *slt.World, cases []slt.Case) {
		c.mirror(w)
		for _, r := range c.ask(w, cases) {
			c.judge(fmt.Sprintf("%s:%d", strings.TrimPrefix(path, "../slt/"), r.Line), r)
		}
	})
	for table := range c.mirrors {
		c.must("DROP TABLE IF EXISTS " + table)
	}
}

// stale asks the statements of known differences that no file has, and complains of those that do not differ.
func (c *comparer) stale() {
	var cases []slt.Case
	for _, d := range c.known.entries {
		if d.sql != "" && !d.asked {
			cases = append(cases, slt.Case{Line: d.line, SQL: d.sql, Sorted: true})
		}
	}
	slt.Each(c.t, "eval\n1  integer  1", func(w *slt.World, _ []slt.Case) {
		for _, r := range c.ask(w, cases) {
			c.judge(fmt.Sprintf("known-differences.txt:%d", r.Line), r)
		}
	})
	for _, d := range c.known.entries {
		if !d.differs {
			c.t.Errorf("known-differences.txt:%d: no longer differs", d.line)
		}
	}
}

// result is a statement with both answers.
type result struct {
	slt.Case
	ours, theirs slt.Answer
	foreign      bool // Trino has nothing like it
}

// ask gets both answers to statements.
func (c *comparer) ask(w *slt.World, cases []slt.Case) []result {
	out := make([]result, len(cases))
	var group sync.WaitGroup
	free := make(chan struct{}, askers)
	for i, cs := range cases {
		out[i] = result{Case: cs, ours: w.Answer(cs.SQL)}
		free <- struct{}{}
		group.Go(func() {
			c.askTrino(&out[i])
			<-free
		})
	}
	group.Wait()
	return out
}

// askTrino fills in Trino's answer.
func (c *comparer) askTrino(r *result) {
	sql, at, ok := translate(r.SQL)
	if !ok || !statement.MatchString(strings.TrimSpace(r.SQL)) {
		r.foreign = true
		return
	}
	answer, err := c.trino.ask(strings.TrimSuffix(strings.TrimSpace(sql), ";"))
	if err != nil {
		r.theirs.Error = err.Error()
		return
	}
	if r.theirs, err = answerOf(answer, at); err != nil {
		r.foreign = true
		return
	}
	var name string
	if _, err := fmt.Sscanf(afterPlace(r.theirs.Error), "Function %s not registered", &name); err == nil && c.ours[name] {
		r.foreign = true
	}
}

// afterPlace is the text of an error without exception and place.
func afterPlace(text string) string {
	if m := place.FindStringIndex(text); m != nil {
		return strings.TrimPrefix(text[m[1]:], ": ")
	}
	return text
}

// judge counts a result, and reports a difference that is not known.
func (c *comparer) judge(where string, r result) {
	if r.foreign {
		c.total.foreign++
		return
	}
	c.total.compared++
	d := c.known.find(r.SQL, r.ours.Error, r.theirs.Error)
	equal := same(r.ours, r.theirs, r.Sorted)
	if d != nil {
		d.asked = true
		d.differs = d.differs || !equal
	}
	switch {
	case equal:
		c.total.equal++
	case d != nil:
		c.total.expected++
	default:
		c.t.Errorf("%s: %s\n  ours:  %s\n  Trino: %s", where, strings.TrimPrefix(r.SQL, "SELECT "), text(r.ours, r.Sorted), text(r.theirs, r.Sorted))
	}
}

// mirror makes the tables of a world in Trino, unless it has them as they are.
func (c *comparer) mirror(w *slt.World) {
	names := w.Tables()
	sort.Strings(names)
	for _, name := range names {
		database, table, _ := strings.Cut(name, ".")
		quoted := `"` + database + `"."` + table + `"`
		rows := w.Answer("SELECT * FROM " + quoted)
		print := fmt.Sprint(rows)
		if c.mirrors[quoted] == print || !distinctNames(rows.Names) {
			continue
		}
		c.must(`CREATE SCHEMA IF NOT EXISTS "` + database + `"`)
		c.must("DROP TABLE IF EXISTS " + quoted)
		for _, sql := range tableStatements(quoted, rows) {
			c.must(sql)
		}
		c.mirrors[quoted] = print
	}
}

// distinctNames reports whether names differ not in case alone, which they must in Trino.
func distinctNames(names []string) bool {
	seen := map[string]bool{}
	for _, name := range names {
		seen[strings.ToLower(name)] = true
	}
	return len(seen) == len(names)
}

// must runs a statement of the comparison itself.
func (c *comparer) must(sql string) {
	answer, err := c.trino.ask(sql)
	if err == nil && answer.failure != "" {
		err = fmt.Errorf("%s", answer.failure)
	}
	if err != nil {
		c.t.Errorf("%.300s: %v", sql, err)
	}
}

// tableStatements returns what makes a table with the given rows in Trino.
func tableStatements(table string, rows slt.Answer) []string {
	var columns []string
	for i, name := range rows.Names {
		kind := rows.Types[i].String()
		if kind == "timestamp" {
			kind = "timestamp(9)"
		}
		columns = append(columns, `"`+strings.ReplaceAll(name, `"`, `""`)+`" `+kind)
	}
	out := []string{"CREATE TABLE " + table + " (" + strings.Join(columns, ", ") + ")"}
	const chunk = 200
	for from := 0; from < len(rows.Rows); from += chunk {
		var lines []string
		for _, row := range rows.Rows[from:min(from+chunk, len(rows.Rows))] {
			cells := make([]string, len(row))
			for i, cell := range row {
				cells[i] = literal(rows.Types[i].String(), cell)
			}
			lines = append(lines, "("+strings.Join(cells, ", ")+")")
		}
		out = append(out, "INSERT INTO "+table+" VALUES "+strings.Join(lines, ", "))
	}
	return out
}

// literal writes a cell as Trino's SQL.
func literal(kind, cell string) string {
	switch {
	case cell == "NULL":
		return "NULL"
	case cell == "(empty)":
		return "''"
	case kind == "varchar":
		return "'" + strings.ReplaceAll(cell, "'", "''") + "'"
	}
	return kind + " '" + cell + "'"
}
