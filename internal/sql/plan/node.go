package plan

import (
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// Node is an operator. Nodes are immutable, too.
type Node interface {
	// Columns returns what the operator produces, in order.
	Columns() []Column
	// Inputs returns the operators it reads from.
	Inputs() []Node
	// Label returns the operator without its inputs, for printing.
	Label() string
}

// Statement is a planned statement.
type Statement struct {
	Root Node
	// Output is the result's columns, in order; ids are among Root's columns and may repeat.
	Output []Column
	// Tables are the tables that the statement reads, without repetition.
	Tables []*Table
	// Metadata is set for SHOW and DESCRIBE, which are not metered.
	Metadata bool
	// Unload is set for UNLOAD: Root's rows go to files instead of the result.
	Unload *Unload
	// Explain and Analyze are set for EXPLAIN and EXPLAIN ANALYZE; Root is the explained plan.
	Explain, Analyze bool
	// LastID is the highest column number in use.
	LastID ColumnID
	// Now is the time that now() stood for, nanoseconds since 1970-01-01 UTC.
	Now int64
}

// Table is a table as the catalog knows it when the statement is analyzed.
type Table struct {
	Database, Name string
	ID             uint64
	Columns        []TableColumn // in the order of SELECT *
}

// TableColumn is a column of a table.
type TableColumn struct {
	Name string
	Type *types.Type
	Role ColumnRole
}

// ColumnRole is what a column is to a time-series table.
type ColumnRole uint8

// The roles of columns.
const (
	RoleDimension ColumnRole = iota
	RoleMeasureName
	RoleTime
	RoleMeasureValue // measure_value::type, of single-measure records
	RoleMulti        // attribute of multi-measure records
)

// Scan reads a table. It produces Cols, whose i-th is the table's column Source[i].
type Scan struct {
	Table  *Table
	Cols   []Column
	Source []int // index into Table.Columns

	// What the optimizer pushed down. Rows outside TimeFrom..TimeTo (nanoseconds, both inclusive) are not produced, nor
	// rows of series that Series excludes. Bounds may exclude blocks; rows are still filtered above.
	TimeFrom, TimeTo int64
	Series           []SeriesFilter
	Bounds           []Bound
}

// SeriesFilter restricts the series by one dimension or the measure name. Exactly one of In and Pred is used.
type SeriesFilter struct {
	Source int      // index into Table.Columns
	In     []string // the allowed values, without NULL
	Pred   Expr     // a deterministic boolean expression whose only column is Col
	Col    Column   // stands for the dimension's value in Pred
}

// Bound says that only rows with Low <= value <= High are of interest; nil is no bound. It serves to skip blocks.
type Bound struct {
	Source    int // index into Table.Columns
	Low, High types.Value
}

// Values is rows of constant expressions.
type Values struct {
	Cols []Column
	Rows [][]Expr
}

// Filter keeps the rows for which Pred is true. If Pred is an And, its terms are evaluated from left to right, each only for
// the rows for which all before it are true: a filter over a filter is the same as one with the terms of both.
type Filter struct {
	Input Node
	Pred  Expr
}

// Project computes expressions. Columns of the input that are to be kept are listed as Col expressions with their own id.
type Project struct {
	Input Node
	Cols  []Column
	Exprs []Expr
}

// Aggregate groups. It produces Keys, then Aggs. Without keys there is exactly one group, also for no rows. Without Aggs it
// is DISTINCT. NULL keys are equal.
type Aggregate struct {
	Input Node
	Keys  []KeyExpr
	Aggs  []AggExpr
}

// KeyExpr is a grouping key and the column that it becomes.
type KeyExpr struct {
	Out  Column
	Expr Expr
}

// AggExpr is an aggregate call and the column that it becomes.
type AggExpr struct {
	Out      Column
	Fn       *function.Aggregate
	Args     []Expr
	Distinct bool
	Filter   Expr // nil if absent
	OrderBy  []SortKey
}

// Window computes window functions over partitions of its input. It produces the input's columns, then the functions'. Its
// output may come in any order.
type Window struct {
	Input     Node
	Partition []Expr
	Order     []SortKey
	Funcs     []WindowExpr
}

// WindowExpr is a window function call and the column that it becomes: exactly one of Fn and Agg is set.
type WindowExpr struct {
	Out         Column
	Fn          *function.Window
	Agg         *function.Aggregate
	Args        []Expr
	Distinct    bool
	Filter      Expr // nil if absent
	IgnoreNulls bool
	Frame       Frame
}

// Frame is the frame of a window function. The default with ORDER BY is Range from UnboundedPreceding to CurrentRow, without
// from UnboundedPreceding to UnboundedFollowing.
type Frame struct {
	Range      bool // RANGE or GROUPS, else ROWS: the current row stands for all that are equal to it in the order
	Groups     bool // GROUPS: offsets count groups of equal rows
	Start, End FrameBound
}

// FrameBound is one end of a frame. Offset is set for Preceding and Following: for ROWS and GROUPS a bigint, for RANGE a
// number or an interval that can be added to the one sort key.
type FrameBound struct {
	Kind   BoundKind
	Offset Expr
}

// BoundKind is the kind of a frame's end.
type BoundKind uint8

// The kinds of frame ends, in order.
const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// SortKey is one key of an order.
type SortKey struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
}

// Sort orders. With Limit >= 0 only the first Limit rows are produced. Equal rows keep the order of the input.
type Sort struct {
	Input Node
	Keys  []SortKey
	Limit int64 // -1 for no limit
}

// Limit skips Offset rows and produces at most Count (-1: all) of the rest.
type Limit struct {
	Input         Node
	Offset, Count int64
}

// Join joins. It produces the columns of L, then those of R. Rows match if all Keys are equal (NULL never is) and Residual,
// which may refer to both sides, is true (nil: always); its terms are evaluated as those of a Filter. Without keys it is a
// nested loop.
type Join struct {
	Kind     JoinKind
	L, R     Node
	Keys     []JoinKey
	Residual Expr
}

// JoinKey is an equality: L over the columns of the left side, R over those of the right side, of one type.
type JoinKey struct{ L, R Expr }

// JoinKind is the kind of a join.
type JoinKind uint8

// The kinds of join. A cross join is an InnerJoin without keys and residual.
const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
	FullJoin
)

// Unnest expands arrays and time series: for each row of Input, as many rows as the longest of Args has elements,
// shorter ones padded with NULL. It produces the columns of Input, then Outs of each argument (an array: its elements,
// or its row's fields; a time series: time and value), then Ordinality if it is set.
type Unnest struct {
	Input      Node
	Args       []Expr
	Outs       [][]Column
	Ordinality *Column // from 1; nil if absent
	Outer      bool    // LEFT JOIN UNNEST ... ON true: a row without elements comes once, with NULLs
}

// Union is UNION ALL. Column i of the output is column i of every input.
type Union struct {
	Cols []Column
	In   []Node // each produces as many columns, of the same types
}

// SetOp is INTERSECT or EXCEPT (with ALL if All). NULLs are equal.
type SetOp struct {
	Except bool // else intersect
	All    bool
	Cols   []Column
	L, R   Node
}

// Shared is a query that occurs more than once in the statement (a common table expression): all Shared nodes with one ID read the
// same rows, computed once. Input is the same node in all of them; each occurrence has columns of its own, Cols[i] being
// Input's column i.
type Shared struct {
	ID    int
	Input Node
	Cols  []Column
}

// OneRow produces one row without columns: the input of a SELECT without FROM.
type OneRow struct{}

// Columns methods.

func (n *Scan) Columns() []Column    { return n.Cols }
func (n *Values) Columns() []Column  { return n.Cols }
func (n *Filter) Columns() []Column  { return n.Input.Columns() }
func (n *Project) Columns() []Column { return n.Cols }
func (n *Sort) Columns() []Column    { return n.Input.Columns() }
func (n *Limit) Columns() []Column   { return n.Input.Columns() }
func (n *Union) Columns() []Column   { return n.Cols }
func (n *SetOp) Columns() []Column   { return n.Cols }
func (n *Shared) Columns() []Column  { return n.Cols }
func (n *OneRow) Columns() []Column  { return nil }

// Columns returns the keys, then the aggregates.
func (n *Aggregate) Columns() []Column {
	out := make([]Column, 0, len(n.Keys)+len(n.Aggs))
	for _, k := range n.Keys {
		out = append(out, k.Out)
	}
	for _, a := range n.Aggs {
		out = append(out, a.Out)
	}
	return out
}

// Columns returns the input's columns, then the functions'.
func (n *Window) Columns() []Column {
	in := n.Input.Columns()
	out := append(make([]Column, 0, len(in)+len(n.Funcs)), in...)
	for _, f := range n.Funcs {
		out = append(out, f.Out)
	}
	return out
}

// Columns returns the columns of the left side, then those of the right side.
func (n *Join) Columns() []Column {
	l, r := n.L.Columns(), n.R.Columns()
	return append(append(make([]Column, 0, len(l)+len(r)), l...), r...)
}

// Columns returns the input's columns, then those of the arguments, then the ordinality.
func (n *Unnest) Columns() []Column {
	out := append([]Column(nil), n.Input.Columns()...)
	for _, cols := range n.Outs {
		out = append(out, cols...)
	}
	if n.Ordinality != nil {
		out = append(out, *n.Ordinality)
	}
	return out
}

// Inputs methods.

func (n *Scan) Inputs() []Node      { return nil }
func (n *Values) Inputs() []Node    { return nil }
func (n *OneRow) Inputs() []Node    { return nil }
func (n *Filter) Inputs() []Node    { return []Node{n.Input} }
func (n *Project) Inputs() []Node   { return []Node{n.Input} }
func (n *Aggregate) Inputs() []Node { return []Node{n.Input} }
func (n *Window) Inputs() []Node    { return []Node{n.Input} }
func (n *Sort) Inputs() []Node      { return []Node{n.Input} }
func (n *Limit) Inputs() []Node     { return []Node{n.Input} }
func (n *Unnest) Inputs() []Node    { return []Node{n.Input} }
func (n *Join) Inputs() []Node      { return []Node{n.L, n.R} }
func (n *SetOp) Inputs() []Node     { return []Node{n.L, n.R} }
func (n *Union) Inputs() []Node     { return n.In }
func (n *Shared) Inputs() []Node    { return []Node{n.Input} }
