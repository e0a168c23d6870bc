package naive

import (
	"context"
	"errors"
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/executor"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// Run runs a statement and returns all of its rows; column i of a row is column i of the statement's Output. Of opts only
// Source and Env are used. The statement must be one that Supports.
func Run(ctx context.Context, stmt *plan.Statement, opts executor.Options) ([][]types.Value, error) {
	r := &run{ctx: ctx, now: stmt.Now, opts: opts, subqueries: map[*plan.Subquery]answer{}, shared: map[int][]row{}}
	rows, err := r.rows(stmt.Root, nil)
	if err != nil {
		var inner *subqueryError
		if errors.As(err, &inner) {
			err = inner.err
		}
		return nil, err
	}
	index := indexOf(stmt.Root.Columns())
	out := make([][]types.Value, len(rows))
	for i, in := range rows {
		for _, c := range stmt.Output {
			out[i] = append(out[i], in[index[c.ID]])
		}
	}
	return out, nil
}

// run is one run of a statement.
type run struct {
	ctx        context.Context // lives as long as the call of Run, which is what makes it all right to keep it
	steps      int             // expressions evaluated
	now        int64
	opts       executor.Options
	subqueries map[*plan.Subquery]answer // of those that depend on nothing outside
	shared     map[int][]row             // by plan.Shared.ID, of those outside of correlated subqueries
}

// row is a row of an operator: one value a column.
type row = []types.Value

// scope is what the names of an expression mean: the columns of a row, then those of the enclosing query's row, and so on.
type scope struct {
	index map[plan.ColumnID]int
	row   row
	outer *scope
}

// indexOf returns where each column stands.
func indexOf(cols []plan.Column) map[plan.ColumnID]int {
	out := make(map[plan.ColumnID]int, len(cols))
	for i, c := range cols {
		out[c.ID] = i
	}
	return out
}

// over returns the scope of a row.
func (s *scope) over(cols []plan.Column, values row) *scope {
	return &scope{index: indexOf(cols), row: values, outer: s}
}

// value returns the value of a column.
func (s *scope) value(c *plan.Col) types.Value {
	for at := s; at != nil; at = at.outer {
		if i, ok := at.index[c.ID]; ok {
			return at.row[i]
		}
	}
	panic(fmt.Sprintf("bug: column %s#%d is not in scope", c.Name, c.ID))
}

// invalid is the error of values that are wrong.
func invalid(format string, args ...any) error { return dberr.New(dberr.Invalid, format, args...) }
