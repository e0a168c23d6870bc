package ast

import "strconv"

// textOf returns what write writes.
func textOf(write func(w *writer)) string {
	var w writer
	write(&w)
	return string(w.buf)
}

func (w *writer) inParens(q *Query) {
	w.str("(")
	w.query(q)
	w.str(")")
}

func (w *writer) query(q *Query) {
	if len(q.With) > 0 {
		w.str("WITH ")
		for i, c := range q.With {
			w.str(comma(i))
			w.cte(c)
		}
		w.str(" ")
	}
	w.body(q.Body)
	if len(q.OrderBy) > 0 {
		w.str(" ")
		w.orderBy(q.OrderBy)
	}
	if q.Offset != nil {
		w.str(" OFFSET ", strconv.FormatInt(q.Offset.Value, 10))
	}
	if q.Limit != nil {
		w.str(" LIMIT ", strconv.FormatInt(q.Limit.Value, 10))
	}
}

func (w *writer) cte(c *CTE) {
	w.ident(c.Name)
	w.columns(c.Columns)
	w.str(" AS ")
	w.inParens(c.Query)
}

// columns writes the column names of an alias or a CTE, if there are any.
func (w *writer) columns(names []*Ident) {
	if len(names) > 0 {
		w.str(" (")
		w.idents(names)
		w.str(")")
	}
}

// body writes a body; the left operands of set operations in a loop, because they can be many.
func (w *writer) body(b Body) {
	var chain []*SetOp
	for {
		op, ok := b.(*SetOp)
		if !ok {
			break
		}
		chain = append(chain, op)
		if left, ok := op.L.(*SetOp); ok && setLevel(left.Op) < setLevel(op.Op) {
			break
		}
		b = op.L
	}
	if len(chain) == 0 {
		w.simpleBody(b)
		return
	}
	w.setOperand(chain[len(chain)-1].L)
	for i := len(chain) - 1; i >= 0; i-- {
		op := chain[i]
		w.str(" ", op.Op, choose(op.All, " ALL ", " "))
		if r, ok := op.R.(*SetOp); ok && setLevel(r.Op) > setLevel(op.Op) {
			w.body(r)
		} else {
			w.setOperand(op.R)
		}
	}
}

// setLevel returns how tightly a set operation binds.
func setLevel(op string) int {
	if op == "INTERSECT" {
		return 1
	}
	return 0
}

// setOperand writes an operand of a set operation, in parentheses if it is one itself.
func (w *writer) setOperand(b Body) {
	if _, ok := b.(*SetOp); ok {
		w.str("(")
		w.body(b)
		w.str(")")
		return
	}
	w.simpleBody(b)
}

// simpleBody writes a body that is no set operation.
func (w *writer) simpleBody(b Body) {
	switch b := b.(type) {
	case *Select:
		w.selectBody(b)
	case *Values:
		w.values(b)
	case *Nested:
		w.inParens(b.Query)
	}
}

func (w *writer) values(v *Values) {
	w.str("VALUES ")
	for i, row := range v.Rows {
		w.str(comma(i))
		if len(row) == 1 {
			_, nested := row[0].(*Row)
			w.str(choose(nested, "ROW(", ""))
			w.expr(row[0], levelAny)
			w.str(choose(nested, ")", ""))
			continue
		}
		w.str("(")
		w.exprs(row)
		w.str(")")
	}
}

func (w *writer) selectBody(s *Select) {
	w.str("SELECT ", choose(s.Distinct, "DISTINCT ", ""))
	at := len(w.buf)
	for i, item := range s.Items {
		w.str(comma(i))
		w.item(item)
	}
	if !s.Distinct {
		w.keepAll(at)
	}
	if len(s.From) > 0 {
		w.str(" FROM ")
		for i, r := range s.From {
			w.str(comma(i))
			w.relation(r)
		}
	}
	if s.Where != nil {
		w.str(" WHERE ")
		w.expr(s.Where, levelAny)
	}
	if s.GroupBy != nil {
		w.str(" ")
		w.groupBy(s.GroupBy)
	}
	if s.Having != nil {
		w.str(" HAVING ")
		w.expr(s.Having, levelAny)
	}
	for i, n := range s.Windows {
		w.str(choose(i == 0, " WINDOW ", ", "))
		w.namedWindow(n)
	}
}

func (w *writer) namedWindow(n *NamedWindow) {
	w.ident(n.Name)
	w.str(" AS (")
	w.window(n.Spec)
	w.str(")")
}

func (w *writer) item(item *SelectItem) {
	if item.Star {
		for _, part := range item.Of {
			w.ident(part)
			w.str(".")
		}
		w.str("*")
		return
	}
	w.expr(item.Expr, levelAny)
	if item.Alias != nil {
		w.str(" AS ")
		w.ident(item.Alias)
	}
}

func (w *writer) groupBy(g *GroupBy) {
	w.str("GROUP BY ", choose(g.Distinct, "DISTINCT ", ""))
	at := len(w.buf)
	for i, elem := range g.Elems {
		w.str(comma(i))
		w.grouping(elem)
	}
	if !g.Distinct {
		w.keepAll(at)
	}
}

func (w *writer) grouping(g *GroupingElem) {
	switch g.Kind {
	case GroupingExpr:
		w.groupingExpr(g.Expr)
		return
	case GroupingSets:
		if len(g.Sets) == 1 && len(g.Sets[0]) == 0 {
			w.str("()")
			return
		}
		w.str("GROUPING SETS (")
	case GroupingRollup:
		w.str("ROLLUP (")
	case GroupingCube:
		w.str("CUBE (")
	}
	for i, set := range g.Sets {
		w.str(comma(i))
		if len(set) == 1 {
			w.groupingExpr(set[0])
			continue
		}
		w.str("(")
		w.exprs(set)
		w.str(")")
	}
	w.str(")")
}

// groupingExpr writes one expression to group by. A row is written with its keyword, because "(a, b)" means two of them.
func (w *writer) groupingExpr(e Expr) {
	if row, ok := e.(*Row); ok {
		w.str("ROW(")
		w.exprs(row.Fields)
		w.str(")")
		return
	}
	w.expr(e, levelAny)
}

func (w *writer) orderBy(items []*OrderItem) {
	w.str("ORDER BY ")
	for i, item := range items {
		w.str(comma(i))
		w.orderItem(item)
	}
}

func (w *writer) orderItem(item *OrderItem) {
	w.expr(item.Expr, levelAny)
	w.str(choose(item.Desc, " DESC", ""))
	switch item.Nulls {
	case NullsFirst:
		w.str(" NULLS FIRST")
	case NullsLast:
		w.str(" NULLS LAST")
	}
}

// relation writes a relation; the left operands of joins in a loop, because they can be many.
func (w *writer) relation(r Relation) {
	var chain []*Join
	for {
		j, ok := r.(*Join)
		if !ok {
			break
		}
		chain = append(chain, j)
		r = j.L
	}
	w.simpleRelation(r)
	for i := len(chain) - 1; i >= 0; i-- {
		w.join(chain[i])
	}
}

var joinWords = [...]string{InnerJoin: " JOIN ", LeftJoin: " LEFT JOIN ", RightJoin: " RIGHT JOIN ", FullJoin: " FULL JOIN ", CrossJoin: " CROSS JOIN "}

// join writes what follows the left side of a join.
func (w *writer) join(j *Join) {
	w.str(joinWords[j.Kind])
	if _, ok := j.R.(*Join); ok {
		w.str("(")
		w.relation(j.R)
		w.str(")")
	} else {
		w.simpleRelation(j.R)
	}
	if j.On != nil {
		w.str(" ON ")
		w.expr(j.On, levelAny)
	}
	if len(j.Using) > 0 {
		w.str(" USING (")
		w.idents(j.Using)
		w.str(")")
	}
}

// simpleRelation writes a relation that is no join.
func (w *writer) simpleRelation(r Relation) {
	switch r := r.(type) {
	case *Table:
		for i, part := range r.Parts {
			w.str(choose(i > 0, ".", ""))
			w.ident(part)
		}
		w.alias(r.Alias)
	case *Derived:
		w.str(choose(r.Lateral, "LATERAL ", ""))
		w.inParens(r.Query)
		w.alias(r.Alias)
	case *Unnest:
		w.str("UNNEST(")
		w.exprs(r.Args)
		w.str(")", choose(r.Ordinality, " WITH ORDINALITY", ""))
		w.alias(r.Alias)
	}
}

func (w *writer) alias(a Alias) {
	if a.Name != nil {
		w.str(" AS ")
		w.ident(a.Name)
		w.columns(a.Columns)
	}
}

func (w *writer) like(l *LikePattern) {
	if l == nil {
		return
	}
	w.str(" LIKE ", quoteString(l.Pattern))
	if l.HasEscape {
		w.str(" ESCAPE ", quoteString(l.Escape))
	}
}

func (w *writer) unload(u *Unload) {
	w.str("UNLOAD ")
	w.inParens(u.Query)
	w.str(" TO ", quoteString(u.To.Value))
	if len(u.Options) == 0 {
		return
	}
	w.str(" WITH (")
	for i, o := range u.Options {
		w.str(comma(i))
		w.option(o)
	}
	w.str(")")
}

func (w *writer) option(o *UnloadOption) {
	w.str(QuoteIdent(o.Name), " = ")
	w.expr(o.Value, levelAny)
}
