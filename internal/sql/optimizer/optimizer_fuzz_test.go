package optimizer_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/slt"
	"github.com/tidemarkdb/tidemark/internal/sql/analyzer"
	"github.com/tidemarkdb/tidemark/internal/sql/optimizer"
	"github.com/tidemarkdb/tidemark/internal/sql/parser"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// anyTable is a catalog in which every table of the databases test and other has the same columns: those that the statements
// of test/slt use most, so that most of them are right here.
type anyTable struct{}

func (anyTable) Databases() []string { return []string{"other", "test"} }

func (anyTable) Tables(database string) ([]string, bool) {
	return []string{"m", "t"}, database == "test" || database == "other"
}

func (anyTable) Table(database, table string) *plan.Table {
	if database != "test" && database != "other" {
		return nil
	}
	t := &plan.Table{Database: database, Name: table, ID: uint64(len(database)*1000 + len(table))}
	add := func(role plan.ColumnRole, ty *types.Type, names ...string) {
		for _, n := range names {
			t.Columns = append(t.Columns, plan.TableColumn{Name: n, Type: ty, Role: role})
		}
	}
	add(plan.RoleDimension, types.Varchar, "host", "region", "az", "k", "w")
	add(plan.RoleMeasureName, types.Varchar, "measure_name")
	add(plan.RoleTime, types.Timestamp, "time")
	add(plan.RoleMeasureValue, types.Double, "measure_value::double")
	add(plan.RoleMeasureValue, types.Bigint, "measure_value::bigint")
	add(plan.RoleMeasureValue, types.Varchar, "measure_value::varchar")
	add(plan.RoleMeasureValue, types.Boolean, "measure_value::boolean")
	add(plan.RoleMulti, types.Double, "v", "x")
	add(plan.RoleMulti, types.Timestamp, "seen")
	return t
}

func (anyTable) Measures(*plan.Table) []analyzer.Measure {
	return []analyzer.Measure{{Name: "cpu", DataType: "double", Dimensions: []string{"host"}}}
}

// sltStatements are the statements of test/slt.
func sltStatements(f testing.TB) []string {
	var out []string
	root := filepath.Join("..", "..", "..", "test", "slt")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".slt") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		summary, err := slt.Summarize(string(text))
		for _, s := range summary.Statements {
			out = append(out, s.SQL)
		}
		return err
	})
	if err != nil || len(out) == 0 {
		f.Fatalf("no statements: %v", err)
	}
	return out
}

// FuzzAnalyze checks that no statement makes the analyzer or the optimizer panic, that every error is the statement's and says
// a place inside it, and that plans are whole: what an operator refers to, it gets from below or from outside.
func FuzzAnalyze(f *testing.F) {
	for _, text := range sltStatements(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tree, err := parser.Parse(text)
		if err != nil {
			checkPlace(t, text, err)
			return
		}
		opts := analyzer.Options{Catalog: anyTable{}, Now: 1_704_110_400_000_000_000}
		if _, err := analyzer.Prepare(tree, opts); err != nil {
			checkPlace(t, text, err)
		}
		stmt, err := analyzer.Analyze(tree, opts)
		if err != nil {
			checkPlace(t, text, err)
			return
		}
		checkPlan(t, text, stmt)
		checkPlan(t, text, optimizer.Optimize(stmt))
	})
}

// A few errors are about the statement as a whole.
var withoutPlace = regexp.MustCompile(`^(UNLOAD result file key|The query is too long|Escape string must be)`)

var placeInText = regexp.MustCompile(`at line (\d+):(\d+)`)

// checkPlace checks that an error is the client's and that its place is one of the text.
func checkPlace(t *testing.T, text string, err error) {
	t.Helper()
	var e *dberr.Error
	if !errors.As(err, &e) || e.Kind != dberr.Invalid {
		t.Fatalf("%q: %v", text, err)
	}
	pos := e.Pos
	if m := placeInText.FindAllStringSubmatch(e.Message, -1); !pos.IsValid() && m != nil {
		last := m[len(m)-1]
		pos.Line, _ = strconv.Atoi(last[1])
		pos.Col, _ = strconv.Atoi(last[2])
	}
	if !pos.IsValid() {
		if !withoutPlace.MatchString(e.Message) {
			t.Fatalf("%q: an error without a place: %v", text, err)
		}
		return
	}
	lines := strings.Split(text, "\n")
	if pos.Line > len(lines) || pos.Col < 1 || pos.Col > utf8.RuneCountInString(lines[pos.Line-1])+1 {
		t.Fatalf("%q: a place outside of the statement: %v", text, err)
	}
}

// checkPlan checks that a plan is whole.
func checkPlan(t *testing.T, text string, stmt *plan.Statement) {
	t.Helper()
	if err := wholeNode(stmt.Root, plan.ColumnSet{}); err != nil {
		t.Fatalf("%q: %v\n%s", text, err, plan.Tree(stmt.Root))
	}
	have := plan.SetOf(stmt.Root.Columns())
	for _, c := range stmt.Output {
		if !have[c.ID] {
			t.Fatalf("%q: output column %s#%d is not produced\n%s", text, c.Name, c.ID, plan.Tree(stmt.Root))
		}
	}
}

// wholeNode checks an operator and all below; outer are the columns of enclosing queries.
func wholeNode(n plan.Node, outer plan.ColumnSet) error {
	seen := plan.ColumnSet{}
	for _, c := range n.Columns() {
		if seen[c.ID] {
			return fmt.Errorf("%s: column %s#%d is produced twice", n.Label(), c.Name, c.ID)
		}
		seen[c.ID] = true
	}
	known := plan.ColumnSet{}
	for id := range outer {
		known[id] = true
	}
	for _, in := range n.Inputs() {
		if err := wholeNode(in, outer); err != nil {
			return err
		}
		for _, c := range in.Columns() {
			known[c.ID] = true
		}
	}
	for _, e := range plan.Exprs(n) {
		if err := wholeExpr(e, known); err != nil {
			return fmt.Errorf("%s: %w", n.Label(), err)
		}
	}
	return nil
}

// wholeExpr checks that an expression refers to known columns only, and the plans of its subqueries.
func wholeExpr(e plan.Expr, known plan.ColumnSet) error {
	for id := range plan.Uses(e) {
		if !known[id] {
			return fmt.Errorf("column #%d is unknown in %s", id, e)
		}
	}
	var err error
	var params []plan.Column
	plan.Walk(e, func(e plan.Expr) bool {
		switch e := e.(type) {
		case *plan.Lambda:
			params = append(params, e.Params...)
		case *plan.Subquery:
			outer := plan.SetOf(params)
			for _, id := range e.Outer {
				outer[id] = true
			}
			if err == nil {
				err = wholeNode(e.Input, outer)
			}
		}
		return err == nil
	})
	return err
}
