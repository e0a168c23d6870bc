package plan

import (
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// ColumnID names a column within a statement.
type ColumnID int32

// Column is a column that an operator produces.
type Column struct {
	ID   ColumnID
	Name string // for people and for results; not unique
	Type *types.Type
}

// Expr is a typed expression. Expressions are immutable: rules that change one make a new one.
type Expr interface {
	// Type returns the type of the value.
	Type() *types.Type
	// String returns the expression for plans and tests.
	String() string
}

// Col is the value of a column: of the operator's input, of an outer query, or a lambda's parameter.
type Col struct {
	ID   ColumnID
	Name string
	T    *types.Type
}

// Const is a literal, or what a constant expression was folded to.
type Const struct {
	Value types.Value
	T     *types.Type
}

// Call is a call of a scalar function or an operator. Arguments have exactly the types of the overload. Pos is where
// run-time errors are reported.
type Call struct {
	Fn   *function.Scalar
	Args []Expr // a *Lambda at the place of a lambda argument
	T    *types.Type
	Pos  dberr.Pos
}

// Lambda is a lambda argument of a Call. The body may refer to Params, to the columns of the operator's input and to outer
// columns.
type Lambda struct {
	Params []Column
	Body   Expr
	T      *types.Type // the function type
}

// And is true if all are. Terms are evaluated from left to right, each only for rows that are not false yet.
type And struct{ Terms []Expr }

// Or is true if any is. Terms are evaluated from left to right, each only for rows that are not true yet.
type Or struct{ Terms []Expr }

// Not is the negation of a boolean.
type Not struct{ X Expr }

// IsNull is true if X is NULL.
type IsNull struct{ X Expr }

// IsDistinct is "L IS DISTINCT FROM R": like <>, but NULL equals NULL. Both sides have one type.
type IsDistinct struct{ L, R Expr }

// In is "X IN (list)" with its three-valued logic. All have one type. The optimizer turns constant lists into InSet.
type In struct {
	X    Expr
	List []Expr
}

// InSet is In with a constant list. Set holds no NULL; HasNull says that the list had one.
type InSet struct {
	X       Expr
	Set     []types.Value
	HasNull bool
}

// Case is a searched CASE; simple CASE, IF and NULLIF become one. Conditions are evaluated in order, each only for the rows
// not decided yet; results only for the rows of their branch. Else is never nil.
type Case struct {
	Whens []When
	Else  Expr
	T     *types.Type
}

// When is a branch of a Case. A NULL condition is false.
type When struct{ Cond, Result Expr }

// Coalesce is the first of Args that is not NULL; later ones are evaluated only where needed.
type Coalesce struct {
	Args []Expr
	T    *types.Type
}

// Try is NULL where X fails.
type Try struct{ X Expr }

// Cast converts X to type T. With Try set it is NULL where the conversion fails. Implicit coercions are Casts, too.
type Cast struct {
	X   Expr
	T   *types.Type
	Try bool
	Pos dberr.Pos
}

// Array is ARRAY[...]; Elems have the element type.
type Array struct {
	Elems []Expr
	T     *types.Type
}

// Row is ROW(...).
type Row struct {
	Fields []Expr
	T      *types.Type
}

// Field is the field of a row, by position from 0.
type Field struct {
	X     Expr
	Index int
	T     *types.Type
}

// Subquery is a query used as a value. Its plan may refer to columns of the enclosing query; Outer lists them.
type Subquery struct {
	Kind  SubqueryKind
	Input Node
	Outer []ColumnID
	// X is the left side of SubqueryIn, SubqueryAny and SubqueryAll; it has the type of Input's only column.
	X Expr
	// Compare is the comparison of SubqueryAny and SubqueryAll.
	Compare *function.Scalar
	// Text is the query as written: in one SELECT, equal texts with equal Outer mean the same.
	Text string
	T    *types.Type
	Pos  dberr.Pos
}

// SubqueryKind is what a Subquery asks of its rows.
type SubqueryKind uint8

// The kinds of subquery.
const (
	SubqueryScalar SubqueryKind = iota // the value of the only row; NULL without a row; more than one row is an error
	SubqueryExists                     // whether there is a row
	SubqueryIn                         // whether X is among the rows, three-valued
	SubqueryAny                        // whether X Compare row holds for a row, three-valued
	SubqueryAll                        // whether X Compare row holds for all rows, three-valued
)

// Type methods.

func (e *Col) Type() *types.Type        { return e.T }
func (e *Const) Type() *types.Type      { return e.T }
func (e *Call) Type() *types.Type       { return e.T }
func (e *Lambda) Type() *types.Type     { return e.T }
func (e *And) Type() *types.Type        { return types.Boolean }
func (e *Or) Type() *types.Type         { return types.Boolean }
func (e *Not) Type() *types.Type        { return types.Boolean }
func (e *IsNull) Type() *types.Type     { return types.Boolean }
func (e *IsDistinct) Type() *types.Type { return types.Boolean }
func (e *In) Type() *types.Type         { return types.Boolean }
func (e *InSet) Type() *types.Type      { return types.Boolean }
func (e *Case) Type() *types.Type       { return e.T }
func (e *Coalesce) Type() *types.Type   { return e.T }
func (e *Try) Type() *types.Type        { return e.X.Type() }
func (e *Cast) Type() *types.Type       { return e.T }
func (e *Array) Type() *types.Type      { return e.T }
func (e *Row) Type() *types.Type        { return e.T }
func (e *Field) Type() *types.Type      { return e.T }
func (e *Subquery) Type() *types.Type   { return e.T }
