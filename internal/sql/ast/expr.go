package ast

import "github.com/tidemarkdb/tidemark/internal/dberr"

// Pos is a place in the statement's text.
type Pos = dberr.Pos

// Expr is an expression. Its position is where an error about it is reported: the first token for names, literals and
// calls, the operator or its first word for operators and predicates (as Trino does).
type Expr interface {
	Position() Pos
	String() string
}

// At is the position that every node embeds.
type At struct{ Pos Pos }

// Position returns where the node stands.
func (a At) Position() Pos { return a.Pos }

// Ident is an identifier: a column, a relation, a field, an alias. Name is without quotes, as typed.
type Ident struct {
	At
	Name   string
	Quoted bool
}

// Dot is "X.Name": a column of a relation or a field of a row. Its position is that of X.
type Dot struct {
	At
	X    Expr
	Name *Ident
}

// Null is the literal NULL.
type Null struct{ At }

// Bool is TRUE or FALSE.
type Bool struct {
	At
	Value bool
}

// Int is an integer literal; the parser has checked that it fits 64 bits. (9223372036854775808 occurs only as the operand
// of a unary minus and is folded by the parser.)
type Int struct {
	At
	Value int64
}

// Float is a decimal or scientific literal; both are DOUBLE.
type Float struct {
	At
	Value float64
	Text  string
}

// Str is a string literal without its quotes.
type Str struct {
	At
	Value string
}

// Typed is a literal with its type in front: DOUBLE '0.0', DATE '2020-08-08', TIMESTAMP '...', TIME '...', BIGINT '10'. The
// type is one word, known or not.
type Typed struct {
	At
	Type *TypeName
	Text string
}

// Interval is a literal of SQL style: INTERVAL '-3' DAY. Text is without quotes; Negative is the sign before the quotes;
// Unit is in lower case and singular.
type Interval struct {
	At
	Negative bool
	Text     string
	Unit     string
}

// Duration is a literal of Timestream style: 5m, 72.5h, 1day. Text is as typed.
type Duration struct {
	At
	Text string
}

// Param is a named parameter: @scheduled_runtime. Name is without the @.
type Param struct {
	At
	Name string
}

// Unary is "-x" or "+x". Op is "-" or "+".
type Unary struct {
	At
	Op string
	X  Expr
}

// Binary is an arithmetic operator, a comparison or ||. Op is one of + - * / % || = <> < <= > >= ("!=" becomes "<>").
// Its position is that of the operator.
type Binary struct {
	At
	Op   string
	L, R Expr
}

// Logic is "L AND R" or "L OR R"; Op is "AND" or "OR". Its position is that of the operator.
type Logic struct {
	At
	Op   string
	L, R Expr
}

// Not is "NOT x".
type Not struct {
	At
	X Expr
}

// Between is "x [NOT] BETWEEN low AND high".
type Between struct {
	At
	X, Low, High Expr
	Not          bool
}

// InList is "x [NOT] IN (a, b, ...)".
type InList struct {
	At
	X    Expr
	List []Expr
	Not  bool
}

// InQuery is "x [NOT] IN (query)".
type InQuery struct {
	At
	X     Expr
	Query *Query
	Not   bool
}

// Like is "x [NOT] LIKE pattern [ESCAPE escape]".
type Like struct {
	At
	X, Pattern, Escape Expr // Escape may be nil
	Not                bool
}

// IsNull is "x IS [NOT] NULL".
type IsNull struct {
	At
	X   Expr
	Not bool
}

// IsDistinct is "L IS [NOT] DISTINCT FROM R".
type IsDistinct struct {
	At
	L, R Expr
	Not  bool
}

// Quantified is "x op ALL|ANY|SOME (query)". SOME becomes ANY.
type Quantified struct {
	At
	X     Expr
	Op    string
	All   bool
	Query *Query
}

// Exists is "EXISTS (query)".
type Exists struct {
	At
	Query *Query
}

// ScalarQuery is a query in parentheses used as a value.
type ScalarQuery struct {
	At
	Query *Query
}

// Case is "CASE [operand] WHEN ... THEN ... [ELSE ...] END". Operand and Else may be nil.
type Case struct {
	At
	Operand Expr
	Whens   []When
	Else    Expr
}

// When is one branch of a CASE.
type When struct {
	Cond, Result Expr
}

// Cast is CAST(x AS type) or TRY_CAST(x AS type).
type Cast struct {
	At
	X    Expr
	Type *TypeName
	Try  bool
}

// Extract is EXTRACT(field FROM x). Field is in lower case.
type Extract struct {
	At
	Field string
	X     Expr
}

// Call is a function call, also IF, COALESCE, NULLIF, TRY and the functions without parentheses (current_date and the
// like). POSITION(a IN b) becomes strpos(b, a); SUBSTRING(s FROM a FOR b) becomes
// substr(s, a, b); TRIM becomes trim, ltrim or rtrim with the set of characters as a second argument; the form of
// NORMALIZE(s, NFC) becomes a string.
type Call struct {
	At
	Name     string // in lower case
	Distinct bool
	Star     bool // count(*)
	Args     []Expr
	OrderBy  []*OrderItem // array_agg(x ORDER BY y)
	Filter   Expr         // FILTER (WHERE ...), nil if absent
	Nulls    NullTreatment
	Over     *WindowSpec // nil if absent
	NoParens bool        // current_date and the like; Args may hold the precision, an *Int
}

// NullTreatment is IGNORE NULLS or RESPECT NULLS.
type NullTreatment uint8

// The null treatments.
const (
	NullsDefault NullTreatment = iota
	NullsIgnore
	NullsRespect
)

// Lambda is "x -> body", "(x, y) -> body" or "() -> body"; only an argument of a call.
type Lambda struct {
	At
	Params []*Ident
	Body   Expr
}

// Subscript is "x[index]".
type Subscript struct {
	At
	X, Index Expr
}

// Array is ARRAY[...].
type Array struct {
	At
	Elems []Expr
}

// Row is ROW(...) or (a, b, ...).
type Row struct {
	At
	Fields []Expr
}

// WindowSpec is what stands in OVER (...), or the name in OVER w. Base is the window of the WINDOW clause that it names: the
// whole of it if Bare (OVER w), else what it builds upon (OVER (w ORDER BY x)); nil for none.
type WindowSpec struct {
	At
	Base        *Ident
	Bare        bool
	PartitionBy []Expr
	OrderBy     []*OrderItem
	Frame       *Frame // nil for the default
}

// Frame is ROWS, RANGE or GROUPS with its bounds. A frame written with only a start has End CurrentRow.
type Frame struct {
	At
	Unit       FrameUnit
	Start, End Bound
}

// FrameUnit is what the bounds of a frame count.
type FrameUnit uint8

// The units of frames.
const (
	FrameRows   FrameUnit = iota // rows
	FrameRange                   // distance in the sort key
	FrameGroups                  // groups of rows that are equal in the order
)

// Bound is one end of a frame.
type Bound struct {
	Kind   BoundKind
	Offset Expr // of Preceding and Following
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

// TypeName is a type as written in CAST. Name is in lower case: int, integer, bigint, double, boolean, varchar, date, time,
// timestamp, array, row, "interval day to second", "interval year to month", or an unknown word (an analyzer error).
type TypeName struct {
	At
	Name   string
	Length int         // varchar(n); -1 if absent
	Args   []*TypeName // element of array, fields of row
	Fields []string    // names of row fields, "" for none
}
