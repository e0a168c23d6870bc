package engine

import (
	"context"
	"regexp"

	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/errorreport"
	"github.com/tidemarkdb/tidemark/internal/mapping"
	"github.com/tidemarkdb/tidemark/internal/sql/analyzer"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/parser"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// checkScheduledQuery refuses a scheduled query whose runs could not succeed.
func (e *Engine) checkScheduledQuery(in *CreateScheduledQueryInput) error {
	if err := checkTags(in.Tags); err != nil {
		return err
	}
	if in.ErrorReports.Encryption == "SSE_KMS" && in.KMSKeyID == "" {
		return dberr.New(dberr.Invalid, "A KMS key ID is required for the encryption option SSE_KMS.")
	}
	columns, err := e.queries.scheduledColumns(in.Query, in.Permit)
	if err != nil {
		return err
	}
	// Reports of runs, whose keys package schedule makes.
	reports := errorreport.Key(in.ErrorReports.Prefix, in.Name+"-*/*/*/*/error_report.json")
	if err := permitPut(in.Permit, in.ErrorReports.Bucket, reports); err != nil || in.Target == nil {
		return err
	}
	if in.Permit != nil {
		if err := in.Permit(Permission{Action: ActionWriteRecords, Database: in.Target.Database, Table: in.Target.Table}); err != nil {
			return err
		}
	}
	if err := CheckScheduledModel(&in.Target.Model, columns); err != nil {
		return err
	}
	dimensions, measures, attributes := in.Target.Model.Names()
	for i, names := range [][]string{dimensions, measures, attributes} {
		for _, name := range names {
			if err := checkName([]string{"dimension", "measure", "attribute"}[i], name); err != nil {
				return err
			}
		}
	}
	return e.checkScheduledTarget(in.Target)
}

// scheduledColumns analyzes the statement of a scheduled query and returns the columns of its result.
func (q *queries) scheduledColumns(text string, permit func(Permission) error) ([]ResultColumn, error) {
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, err
	}
	if _, ok := tree.(*ast.Query); !ok {
		return nil, dberr.New(dberr.Invalid, "The statement of a scheduled query must be a SELECT.")
	}
	var known *analyzer.Prepared
	err = q.permitted(tree, permit, "", func(opts analyzer.Options) (err error) {
		known, err = analyzer.Prepare(tree, opts)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, p := range known.Parameters {
		if p.Name != analyzer.ScheduledRuntime {
			return nil, dberr.New(dberr.Invalid, "The parameter '@%s' is unknown: a scheduled query has only '@%s'.", p.Name, analyzer.ScheduledRuntime)
		}
	}
	out := make([]ResultColumn, len(known.Columns))
	for i, c := range known.Columns {
		out[i] = ResultColumn{Name: c.Name, Type: c.Type}
	}
	return out, nil
}

// CheckScheduledModel refuses a data model that does not fit the columns of a result: those that it names must be there, with
// types whose values can become what the model makes of them. A BIGINT may come from any integer, a DOUBLE from any number.
func CheckScheduledModel(m *mapping.Model, columns []ResultColumn) error {
	byName := map[string]*types.Type{}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i], byName[c.Name] = c.Name, c.Type
	}
	if _, err := m.Compile(names); err != nil {
		return err
	}
	want := func(role, column string, need mapping.Type) error {
		if fits(byName[column], need) {
			return nil
		}
		return dberr.New(dberr.Invalid, "The column '%s' has type %s, but %s must be of type %s.", column, byName[column], role, need)
	}
	if err := want("the time column", m.TimeColumn, mapping.Timestamp); err != nil {
		return err
	}
	if m.MeasureNameColumn != "" {
		if err := want("the measure name column", m.MeasureNameColumn, mapping.Varchar); err != nil {
			return err
		}
	}
	for i := range m.Dimensions {
		if err := want("a dimension", m.Dimensions[i].Source, mapping.Varchar); err != nil {
			return err
		}
	}
	attributes := func(list []mapping.Attribute) error {
		for i := range list {
			need := list[i].Type
			if need == 0 {
				need = mapping.Double
			}
			if err := want("its measure", list[i].Source, need); err != nil {
				return err
			}
		}
		return nil
	}
	if m.Multi != nil {
		return attributes(m.Multi.Attributes)
	}
	for i := range m.Mixed {
		x := &m.Mixed[i]
		err := attributes(x.Attributes)
		if x.Type != mapping.MultiMeasure {
			err = want("its measure", x.Source, x.Type)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fits reports whether values of a column's type can be written as a measure of type need.
func fits(t *types.Type, need mapping.Type) bool {
	integer := t.Kind == types.KindInteger || t.Kind == types.KindBigint
	switch need {
	case mapping.Double:
		return t.Kind == types.KindDouble || integer
	case mapping.Bigint:
		return integer
	case mapping.Varchar:
		return t.Kind == types.KindVarchar
	case mapping.Boolean:
		return t.Kind == types.KindBoolean
	case mapping.Timestamp:
		return t.Kind == types.KindTimestamp
	}
	return false
}

// newTableName is what tables can be named. Source: naming constraints.
var newTableName = regexp.MustCompile(`\A[a-zA-Z0-9_.-]{3,256}\z`)

// checkScheduledTarget refuses a target whose database is missing or whose table asks for a dimension that is not mapped.
func (e *Engine) checkScheduledTarget(target *ScheduledTarget) error {
	if _, err := e.catalog.Database(target.Database); err != nil { // which CreateScheduledQuery has no error of its own for
		return dberr.Wrap(dberr.Invalid, err, "The database %s of the target does not exist.", target.Database)
	}
	err := e.CheckScheduledTable(target)
	switch {
	case !dberr.Is(err, dberr.NotFound):
		return err
	case !newTableName.MatchString(target.Table):
		return dberr.New(dberr.Invalid, "The table %s of the target does not exist, and a table cannot be named so.", target.Table)
	}
	return nil // CreateScheduledQuery makes it
}

// CheckScheduledTable refuses a target whose table does not exist or requires a dimension that is not mapped.
func (e *Engine) CheckScheduledTable(target *ScheduledTarget) error {
	t, err := e.catalog.Table(target.Database, target.Table)
	if err != nil {
		return err
	}
	dimensions, _, _ := target.Model.Names()
	return checkRequiredDimension(t, dimensions)
}

// checkRequiredDimension refuses dimensions that lack the one that all records of a table must have.
func checkRequiredDimension(t *catalog.Table, dimensions []string) error {
	required := t.RequiredDimension()
	if required == "" {
		return nil
	}
	for _, d := range dimensions {
		if d == required {
			return nil
		}
	}
	return dberr.New(dberr.Invalid, "The partition key dimension '%s', which records of the table %s must have, is not mapped.", required, t.Name)
}

// makeScheduledTarget makes the target's table with the default properties, if there is none.
func (e *Engine) makeScheduledTarget(ctx context.Context, in *CreateScheduledQueryInput) error {
	target := in.Target
	if target == nil {
		return nil
	}
	if _, err := e.catalog.Table(target.Database, target.Table); !dberr.Is(err, dberr.NotFound) {
		return err
	}
	if in.Permit != nil {
		if err := in.Permit(Permission{Action: ActionCreateTable, Database: target.Database, Table: target.Table}); err != nil {
			return err
		}
	}
	_, err := e.CreateTable(ctx, CreateTableInput{Database: target.Database, Name: target.Table})
	if dberr.Is(err, dberr.Conflict) { // someone else was faster
		return nil
	}
	return err
}
