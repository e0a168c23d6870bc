package optimizer

import (
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// rules are all rules, in the order in which they run on a statement.
var rules = []struct {
	name  string
	apply func(o *run, n plan.Node) plan.Node
}{
	// Constant expressions become literals: ago(2h), CAST('2020-01-01' AS timestamp), 1 + 1. ORs of equalities become IN.
	{"fold", fold},
	// A named query that is used once stands where it is used.
	{"inline", inline},
	// Conditions move down to where their columns come from, through projections, groupings, joins and unions.
	{"push filters", pushFilters},
	// Equalities between the two sides of a join become its keys.
	{"join keys", joinKeys},
	// The smaller-looking side of an inner join is the one that is held in memory.
	{"build side", buildSide},
	// Conditions on time, dimensions and measure values above a scan become the scan's own.
	{"scan filters", scanFilters},
	// Several percentiles of one expression are computed from one collection of its values.
	{"share percentiles", sharePercentiles},
	// ORDER BY with LIMIT keeps only the first rows.
	{"top n", topN},
	// Columns that nobody uses are not produced.
	{"prune", prune},
}

// run is the optimization of one statement.
type run struct {
	now    int64
	output []plan.Column
	lastID plan.ColumnID // the highest column number in use
}

// newColumn makes a column with a number of its own.
func (o *run) newColumn(name string, t *types.Type) plan.Column {
	o.lastID++
	return plan.Column{ID: o.lastID, Name: name, Type: t}
}

// Optimize returns a statement that means the same.
func Optimize(stmt *plan.Statement) *plan.Statement {
	out := *stmt
	o := &run{now: stmt.Now, output: stmt.Output, lastID: stmt.LastID}
	for _, r := range rules {
		out.Root = r.apply(o, out.Root)
	}
	return &out
}
