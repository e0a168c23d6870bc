package analyzer

import (
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// metadata makes the statement of SHOW and DESCRIBE: rows that are known now, those whose first column is like the pattern.
func (a *analyzer) metadata(pos ast.Pos, like *ast.LikePattern, cols []types.Field, rows [][]types.Value) (*plan.Statement, error) {
	node := &plan.Values{}
	for _, c := range cols {
		node.Cols = append(node.Cols, a.newColumn(c.Name, ofType{c.Type}))
	}
	for _, row := range rows {
		exprs := make([]plan.Expr, len(row))
		for i, v := range row {
			exprs[i] = constant(cols[i].Type, v)
		}
		node.Rows = append(node.Rows, exprs)
	}
	out := &plan.Statement{Root: node, Output: node.Cols, Metadata: true}
	if like != nil {
		args := []plan.Expr{&plan.Col{ID: node.Cols[0].ID, Name: node.Cols[0].Name, T: types.Varchar}, constant(types.Varchar, like.Pattern)}
		if like.HasEscape {
			args = append(args, constant(types.Varchar, like.Escape))
		}
		pred, err := applyTo(pos, "like", args)
		if err != nil {
			return nil, err
		}
		out.Root = &plan.Filter{Input: node, Pred: pred}
	}
	return out, nil
}

func varcharColumns(names ...string) []types.Field {
	out := make([]types.Field, len(names))
	for i, n := range names {
		out[i] = types.Field{Name: n, Type: types.Varchar}
	}
	return out
}

func (a *analyzer) showDatabases(s *ast.ShowDatabases) (*plan.Statement, error) {
	var rows [][]types.Value
	for _, name := range a.catalog.Databases() {
		rows = append(rows, []types.Value{name})
	}
	return a.metadata(s.Pos, s.Like, varcharColumns("Database"), rows)
}

func (a *analyzer) showTables(s *ast.ShowTables) (*plan.Statement, error) {
	databases := a.catalog.Databases()
	if s.Database != nil {
		if _, ok := a.catalog.Tables(s.Database.Name); !ok {
			return nil, dberr.New(dberr.Invalid, "Requested database '%s' not found for identifier '%s' at line %s", s.Database.Name, s.Database.Name, s.Database.Pos)
		}
		databases = []string{s.Database.Name}
	}
	var rows [][]types.Value
	for _, database := range databases {
		tables, _ := a.catalog.Tables(database)
		for _, name := range tables {
			rows = append(rows, []types.Value{name})
		}
	}
	return a.metadata(s.Pos, s.Like, varcharColumns("Table"), rows)
}

// described finds the table of SHOW MEASURES and DESCRIBE.
func (a *analyzer) described(t *ast.Table) (*plan.Table, error) {
	if len(t.Parts) != 2 {
		return nil, dberr.At(t.Pos, "Table '%s' must be written with its database: database.table", identifier(t))
	}
	return a.findTable(t)
}

// dimensionsType is the type of the third column of SHOW MEASURES.
var dimensionsType = types.ArrayOf(types.RowOf(varcharColumns("dimension_name", "data_type")...))

func (a *analyzer) showMeasures(s *ast.ShowMeasures) (*plan.Statement, error) {
	table, err := a.described(s.Table)
	if err != nil {
		return nil, err
	}
	var rows [][]types.Value
	for _, m := range a.catalog.Measures(table) {
		dims := make([]types.Value, len(m.Dimensions))
		for i, d := range m.Dimensions {
			dims[i] = []types.Value{d, types.Varchar.String()}
		}
		rows = append(rows, []types.Value{m.Name, m.DataType, dims})
	}
	cols := append(varcharColumns("measure_name", "data_type"), types.Field{Name: "dimensions", Type: dimensionsType})
	return a.metadata(s.Pos, s.Like, cols, rows)
}

// roleNames are the values of the third column of DESCRIBE.
var roleNames = map[plan.ColumnRole]string{
	plan.RoleDimension: "DIMENSION", plan.RoleMeasureName: "MEASURE_NAME", plan.RoleTime: "TIMESTAMP",
	plan.RoleMeasureValue: "MEASURE_VALUE", plan.RoleMulti: "MULTI",
}

func (a *analyzer) describe(s *ast.Describe) (*plan.Statement, error) {
	table, err := a.described(s.Table)
	if err != nil {
		return nil, err
	}
	rows := make([][]types.Value, len(table.Columns))
	for i, c := range table.Columns {
		rows[i] = []types.Value{c.Name, c.Type.String(), roleNames[c.Role]}
	}
	return a.metadata(s.Pos, nil, varcharColumns("Column", "Type", "Timestream attribute type"), rows)
}
