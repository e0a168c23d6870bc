package ast

// The String methods. Those of expressions, bodies, relations and statements give a text that the parser reads as an equal
// tree; those of parts (an item, a clause) give the part as it stands in such a text.

// String returns the name, in quotes if it had them or needs them.
func (e *Ident) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Dot) String() string { return exprString(e) }

// String returns NULL.
func (e *Null) String() string { return exprString(e) }

// String returns TRUE or FALSE.
func (e *Bool) String() string { return exprString(e) }

// String returns the digits.
func (e *Int) String() string { return exprString(e) }

// String returns the number as it was typed.
func (e *Float) String() string { return exprString(e) }

// String returns the literal with its quotes.
func (e *Str) String() string { return exprString(e) }

// String returns the type and the text in quotes.
func (e *Typed) String() string { return exprString(e) }

// String returns the literal as SQL.
func (e *Interval) String() string { return exprString(e) }

// String returns the literal as it was typed.
func (e *Duration) String() string { return exprString(e) }

// String returns the name with its @.
func (e *Param) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Unary) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Binary) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Logic) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Not) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Between) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *InList) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *InQuery) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Like) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *IsNull) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *IsDistinct) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Quantified) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Exists) String() string { return exprString(e) }

// String returns the query in parentheses.
func (e *ScalarQuery) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Case) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Cast) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Extract) String() string { return exprString(e) }

// String returns the call as SQL.
func (e *Call) String() string { return exprString(e) }

// String returns the lambda as SQL.
func (e *Lambda) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Subscript) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Array) String() string { return exprString(e) }

// String returns the expression as SQL.
func (e *Row) String() string { return exprString(e) }

// String returns what stands between the parentheses of OVER.
func (s *WindowSpec) String() string { return textOf(func(w *writer) { w.window(s) }) }

// String returns the frame as SQL, always with both ends.
func (f *Frame) String() string { return textOf(func(w *writer) { w.frame(f) }) }

// String returns the type as SQL, in upper case.
func (t *TypeName) String() string { return textOf(func(w *writer) { w.typeName(t) }) }

// String returns the query as SQL.
func (q *Query) String() string { return textOf(func(w *writer) { w.query(q) }) }

// String returns the named query as SQL.
func (c *CTE) String() string { return textOf(func(w *writer) { w.cte(c) }) }

// String returns the body as SQL.
func (s *Select) String() string { return textOf(func(w *writer) { w.body(s) }) }

// String returns the body as SQL.
func (s *SetOp) String() string { return textOf(func(w *writer) { w.body(s) }) }

// String returns the body as SQL.
func (v *Values) String() string { return textOf(func(w *writer) { w.body(v) }) }

// String returns the query in parentheses.
func (n *Nested) String() string { return textOf(func(w *writer) { w.body(n) }) }

// String returns the item as SQL.
func (i *SelectItem) String() string { return textOf(func(w *writer) { w.item(i) }) }

// String returns the named window as SQL.
func (n *NamedWindow) String() string { return textOf(func(w *writer) { w.namedWindow(n) }) }

// String returns the clause as SQL.
func (g *GroupBy) String() string { return textOf(func(w *writer) { w.groupBy(g) }) }

// String returns the element as SQL.
func (g *GroupingElem) String() string { return textOf(func(w *writer) { w.grouping(g) }) }

// String returns the sort key as SQL.
func (o *OrderItem) String() string { return textOf(func(w *writer) { w.orderItem(o) }) }

// String returns the relation as SQL.
func (t *Table) String() string { return textOf(func(w *writer) { w.relation(t) }) }

// String returns the relation as SQL.
func (d *Derived) String() string { return textOf(func(w *writer) { w.relation(d) }) }

// String returns the relation as SQL.
func (u *Unnest) String() string { return textOf(func(w *writer) { w.relation(u) }) }

// String returns the relation as SQL.
func (j *Join) String() string { return textOf(func(w *writer) { w.relation(j) }) }

// String returns the statement as SQL.
func (s *ShowDatabases) String() string {
	return textOf(func(w *writer) {
		w.str("SHOW DATABASES")
		w.like(s.Like)
	})
}

// String returns the statement as SQL.
func (s *ShowTables) String() string {
	return textOf(func(w *writer) {
		w.str("SHOW TABLES")
		if s.Database != nil {
			w.str(" FROM ")
			w.ident(s.Database)
		}
		w.like(s.Like)
	})
}

// String returns the statement as SQL.
func (s *ShowMeasures) String() string {
	return textOf(func(w *writer) {
		w.str("SHOW MEASURES FROM ")
		w.relation(s.Table)
		w.like(s.Like)
	})
}

// String returns the statement as SQL.
func (d *Describe) String() string {
	return textOf(func(w *writer) {
		w.str("DESCRIBE ")
		w.relation(d.Table)
	})
}

// String returns the statement as SQL.
func (u *Unload) String() string { return textOf(func(w *writer) { w.unload(u) }) }

// String returns the option as SQL.
func (o *UnloadOption) String() string { return textOf(func(w *writer) { w.option(o) }) }

// String returns the statement as SQL.
func (e *Explain) String() string {
	return "EXPLAIN " + choose(e.Analyze, "ANALYZE ", "") + e.Statement.String()
}
