package ast

// Statement is a whole statement: *Query, *ShowDatabases, *ShowTables, *ShowMeasures, *Describe, *Unload or *Explain.
type Statement interface {
	Position() Pos
	String() string
}

// Query is "[WITH ...] body [ORDER BY ...] [OFFSET n] [LIMIT n]".
type Query struct {
	At
	With    []*CTE
	Body    Body
	OrderBy []*OrderItem
	Offset  *Int // nil if absent
	Limit   *Int // nil if absent or ALL; FETCH FIRST n ROWS ONLY is the same
}

// CTE is one named query of WITH.
type CTE struct {
	At
	Name    *Ident
	Columns []*Ident // may be empty
	Query   *Query
}

// Body is the core of a query: *Select, *SetOp, *Values or *Nested.
type Body interface {
	Position() Pos
	String() string
}

// Select is SELECT ... FROM ... WHERE ... GROUP BY ... HAVING ... WINDOW.
type Select struct {
	At
	Distinct bool
	Items    []*SelectItem
	From     []Relation // joined by commas; empty without FROM
	Where    Expr       // nil if absent
	GroupBy  *GroupBy   // nil if absent
	Having   Expr       // nil if absent
	Windows  []*NamedWindow
}

// NamedWindow is "name AS (window)" of the WINDOW clause.
type NamedWindow struct {
	At
	Name *Ident
	Spec *WindowSpec
}

// SelectItem is an expression with an optional alias, "*" or "name.*".
type SelectItem struct {
	At
	Expr  Expr     // nil for stars
	Alias *Ident   // nil if absent
	Star  bool     // * or name.*
	Of    []*Ident // the parts of name in name.*
}

// GroupBy is the GROUP BY clause. Distinct (GROUP BY DISTINCT) matters only with grouping sets.
type GroupBy struct {
	At
	Distinct bool
	Elems    []*GroupingElem
}

// GroupingElem is an expression (or position), or a ROLLUP, CUBE or GROUPING SETS of lists of expressions. "()" is a
// GroupingSets with one empty set. "(a, b)" becomes two elements.
type GroupingElem struct {
	At
	Kind GroupingKind
	Expr Expr     // of GroupingExpr
	Sets [][]Expr // of the others
}

// GroupingKind is the kind of a grouping element.
type GroupingKind uint8

// The kinds of grouping elements.
const (
	GroupingExpr GroupingKind = iota
	GroupingSets
	GroupingRollup
	GroupingCube
)

// OrderItem is one key of ORDER BY. A position is an *Int.
type OrderItem struct {
	At
	Expr  Expr
	Desc  bool
	Nulls NullOrder
}

// NullOrder is where NULL sorts.
type NullOrder uint8

// The null orders. The default is last, for ASC and DESC.
const (
	NullOrderDefault NullOrder = iota
	NullsFirst
	NullsLast
)

// SetOp is UNION, INTERSECT or EXCEPT of two bodies; Op is in upper case. Its position is that of the operator.
type SetOp struct {
	At
	Op   string
	All  bool
	L, R Body
}

// Values is VALUES row, ...; a row of one column may be written without parentheses. Each row is its expressions; a row
// constructor, in any number of parentheses, is a row of several columns.
type Values struct {
	At
	Rows [][]Expr
}

// Nested is a query in parentheses used as a body. The parser makes it only if the query has WITH, ORDER BY, OFFSET or
// LIMIT of its own; else its body takes its place.
type Nested struct {
	At
	Query *Query
}

// Relation is something in FROM: *Table, *Derived, *Unnest or *Join.
type Relation interface {
	Position() Pos
	String() string
}

// Alias is "[AS] name [(column, ...)]" behind a relation; nil Name for none.
type Alias struct {
	Name    *Ident
	Columns []*Ident
}

// Table is a table or the name of a CTE. Parts are the dotted parts.
type Table struct {
	At
	Parts []*Ident
	Alias Alias
}

// Derived is a query in parentheses in FROM. "(a JOIN b ON c) AS t" becomes "(SELECT * FROM a JOIN b ON c) AS t".
type Derived struct {
	At
	Query   *Query
	Lateral bool
	Alias   Alias
}

// Unnest is UNNEST(a, b) [WITH ORDINALITY].
type Unnest struct {
	At
	Args       []Expr
	Ordinality bool
	Alias      Alias
}

// Join is a join of two relations. Cross has neither On nor Using. Its position is that of its first keyword.
type Join struct {
	At
	Kind  JoinKind
	L, R  Relation
	On    Expr
	Using []*Ident
}

// JoinKind is the kind of a join.
type JoinKind uint8

// The kinds of join.
const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
	FullJoin
	CrossJoin
)

// ShowDatabases is SHOW DATABASES [LIKE pattern [ESCAPE escape]].
type ShowDatabases struct {
	At
	Like *LikePattern
}

// ShowTables is SHOW TABLES [FROM|IN database] [LIKE ...].
type ShowTables struct {
	At
	Database *Ident // nil for all databases
	Like     *LikePattern
}

// ShowMeasures is SHOW MEASURES FROM|IN database.table [LIKE ...].
type ShowMeasures struct {
	At
	Table *Table
	Like  *LikePattern
}

// Describe is DESCRIBE|DESC database.table.
type Describe struct {
	At
	Table *Table
}

// LikePattern is the LIKE of a SHOW statement.
type LikePattern struct {
	Pattern   string
	Escape    string
	HasEscape bool
}

// Unload is UNLOAD(query) TO 'uri' [WITH (option = value, ...)].
type Unload struct {
	At
	Query   *Query
	To      *Str
	Options []*UnloadOption
}

// UnloadOption is one option of UNLOAD; the value is a literal or an array of strings.
type UnloadOption struct {
	At
	Name  string // in lower case
	Value Expr
}

// Explain is EXPLAIN [ANALYZE] statement, an addition of ours. The statement is not an Explain itself.
type Explain struct {
	At
	Analyze   bool
	Statement Statement
}
