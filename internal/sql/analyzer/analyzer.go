package analyzer

import (
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
)

// Catalog is what the analyzer must know of databases and tables.
type Catalog interface {
	// Databases returns the names of all databases, sorted.
	Databases() []string
	// Tables returns the names of a database's tables, sorted; false if there is no such database.
	Tables(database string) ([]string, bool)
	// Table returns a table, nil if there is none.
	Table(database, table string) *plan.Table
	// Measures returns what SHOW MEASURES lists for a table, sorted by name.
	Measures(table *plan.Table) []Measure
}

// Measure is one row of SHOW MEASURES.
type Measure struct {
	Name       string
	DataType   string   // "double", "bigint", "varchar", "boolean" or "multi"
	Dimensions []string // in the order of SELECT *
}

// Options is what a statement is analyzed against.
type Options struct {
	Catalog Catalog
	Now     int64 // the statement's now(), nanoseconds since 1970-01-01 UTC
	// ScheduledRuntime is the value of the parameter of that name, in nanoseconds; nil if the statement has none.
	ScheduledRuntime *int64
}

// analyzer holds what is common to all parts of one statement.
type analyzer struct {
	catalog Catalog
	now     int64
	lastID  plan.ColumnID
	shared  int
	depth   int
	lambdas int // how often a lambda was analyzed
	tables  []*plan.Table
	// params are the named parameters by name; nil where there may be none.
	params map[string]*plan.Parameter
	// runtime is the value of @scheduled_runtime, nil if there is none.
	runtime *int64
}

// depthMax bounds how deep a statement may go, counting long chains of operators (a + b + c ...) by their length. The parser
// bounds real nesting more tightly; chains of AND, OR and UNION are not counted.
const depthMax = 3000

// enter goes one level down; leave comes back.
func (a *analyzer) enter(pos ast.Pos) error {
	if a.depth++; a.depth > depthMax {
		return dberr.New(dberr.Invalid, "The query is nested too deeply at line %s", pos)
	}
	return nil
}

func (a *analyzer) leave() { a.depth-- }

// Analyze resolves a statement. Errors are *dberr.Error of kind Invalid.
func Analyze(stmt ast.Statement, opts Options) (*plan.Statement, error) {
	a := &analyzer{catalog: opts.Catalog, now: opts.Now, runtime: opts.ScheduledRuntime}
	out, err := a.statement(stmt)
	if err != nil {
		return nil, err
	}
	out.Now, out.Tables, out.LastID = opts.Now, a.tables, a.lastID
	return out, nil
}

func (a *analyzer) statement(stmt ast.Statement) (*plan.Statement, error) {
	switch s := stmt.(type) {
	case *ast.Query:
		out, _, err := a.queryStatement(s)
		return out, err
	case *ast.Explain:
		out, err := a.statement(s.Statement)
		if err == nil {
			out.Explain, out.Analyze = true, s.Analyze
		}
		return out, err
	case *ast.ShowDatabases:
		return a.showDatabases(s)
	case *ast.ShowTables:
		return a.showTables(s)
	case *ast.ShowMeasures:
		return a.showMeasures(s)
	case *ast.Describe:
		return a.describe(s)
	case *ast.Unload:
		return a.unload(s)
	}
	return nil, dberr.New(dberr.Internal, "bug: unknown statement %T", stmt)
}

// queryStatement analyzes a query that is the statement, or all of it that makes rows. It also returns the columns as fields.
func (a *analyzer) queryStatement(q *ast.Query) (*plan.Statement, []field, error) {
	rel, err := a.query(q, &scope{frame: &frame{}}, true)
	if err != nil {
		return nil, nil, err
	}
	out := &plan.Statement{Root: rel.node}
	for i, f := range rel.fields {
		out.Output = append(out.Output, plan.Column{ID: f.col.ID, Name: outputName(f.name, i), Type: f.col.Type})
	}
	return out, rel.fields, nil
}

// newColumn makes a column with an id of its own.
func (a *analyzer) newColumn(name string, like typed) plan.Column {
	a.lastID++
	return plan.Column{ID: a.lastID, Name: name, Type: like.Type()}
}
