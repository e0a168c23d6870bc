package parser

import "github.com/tidemarkdb/tidemark/internal/sql/ast"

// startsQuery reports whether the current token begins a query. A parenthesis may, too; whoever asks sees to that.
func (p *parser) startsQuery() bool {
	return p.kind == kSelect || p.kind == kWith || p.kind == kValues || p.kind == kTable
}

// query reads "[WITH ...] body [ORDER BY ...] [OFFSET n] [LIMIT n]".
func (p *parser) query() *ast.Query {
	q := &ast.Query{At: p.at()}
	if !p.enter() {
		return q
	}
	if p.kind == kWith {
		q.With = p.with()
	}
	q.Body = p.setOperations(p.term())
	p.queryEnd(q)
	p.leave()
	return unwrapped(q)
}

// queryInParens reads "( query )".
func (p *parser) queryInParens() *ast.Query {
	p.expect(tLeftParen)
	q := p.query()
	p.expect(tRightParen)
	return q
}

// queryGoingOn reads the rest of a query that begins with "( first )", which has been read.
func (p *parser) queryGoingOn(first *ast.Query, at ast.At) *ast.Query {
	q := &ast.Query{At: at, Body: p.setOperations(nested(first, at))}
	p.queryEnd(q)
	return unwrapped(q)
}

// goesOnAsQuery reports whether the current token, behind a query in parentheses, makes it the first operand of a larger query.
func (p *parser) goesOnAsQuery() bool {
	switch p.kind {
	case kUnion, kExcept, kIntersect, kOrder:
		return true
	}
	return p.startsLimit()
}

// startsLimit reports whether the current token begins OFFSET, LIMIT or FETCH. These words are not reserved: where a name
// may stand, they begin the clause only if what follows can only be its rest.
func (p *parser) startsLimit() bool { return p.startsLimitAt(0) }

// startsLimitAt is startsLimit of the token n places ahead.
func (p *parser) startsLimitAt(n int) bool {
	switch after := p.peek(n + 1); p.peek(n) {
	case kLimit:
		return after == tInt || after == kAll
	case kOffset:
		return after == tInt
	case kFetch:
		return after == kFirst || after == kNext
	}
	return false
}

// bare reports whether q is nothing but its body.
func bare(q *ast.Query) bool {
	return q.With == nil && q.OrderBy == nil && q.Offset == nil && q.Limit == nil
}

// unwrapped returns the query in the parentheses that q consists of, if so, else q.
func unwrapped(q *ast.Query) *ast.Query {
	if n, ok := q.Body.(*ast.Nested); ok && bare(q) {
		return n.Query
	}
	return q
}

// nested returns a query in parentheses as a body: only the body if there is nothing else.
func nested(q *ast.Query, at ast.At) ast.Body {
	if bare(q) {
		return q.Body
	}
	return &ast.Nested{At: at, Query: q}
}

// with reads "WITH name [(columns)] AS ( query ), ...".
func (p *parser) with() []*ast.CTE {
	var list []*ast.CTE
	p.next()
	for {
		c := &ast.CTE{At: p.at(), Name: p.ident()}
		if p.kind == tLeftParen {
			c.Columns = p.identList()
		}
		p.expect(kAs)
		c.Query = p.queryInParens()
		list = append(list, c)
		if !p.accept(tComma) {
			return list
		}
	}
}

// queryEnd reads "[ORDER BY ...] [OFFSET n [ROW|ROWS]] [LIMIT n|ALL] or [FETCH FIRST|NEXT [n] ROW|ROWS ONLY]".
func (p *parser) queryEnd(q *ast.Query) {
	q.OrderBy = p.orderBy()
	if p.accept(kOffset) {
		q.Offset = p.integer()
		if !p.accept(kRow) {
			p.accept(kRows)
		}
	}
	switch {
	case p.accept(kLimit):
		if !p.accept(kAll) {
			q.Limit = p.integer()
		}
	case p.kind == kFetch:
		q.Limit = p.fetch()
	}
}

func (p *parser) fetch() *ast.Int {
	n := &ast.Int{At: p.at(), Value: 1}
	p.next()
	if !p.accept(kFirst) && !p.accept(kNext) {
		p.fail("FIRST or NEXT")
	}
	if p.kind == tInt {
		n = p.integer()
	}
	if !p.accept(kRow) && !p.accept(kRows) {
		p.fail("ROW or ROWS")
	}
	p.expect(kOnly)
	return n
}

// orderBy reads ORDER BY; nil if there is none.
func (p *parser) orderBy() []*ast.OrderItem {
	if !p.accept(kOrder) {
		return nil
	}
	p.expect(kBy)
	var list []*ast.OrderItem
	for {
		list = append(list, p.orderItem())
		if !p.accept(tComma) {
			return list
		}
	}
}

func (p *parser) orderItem() *ast.OrderItem {
	o := &ast.OrderItem{At: p.at(), Expr: p.expr()}
	if p.accept(kDesc) {
		o.Desc = true
	} else {
		p.accept(kAsc)
	}
	if p.accept(kNulls) {
		switch {
		case p.accept(kFirst):
			o.Nulls = ast.NullsFirst
		case p.accept(kLast):
			o.Nulls = ast.NullsLast
		default:
			p.fail("FIRST or LAST")
		}
	}
	return o
}

// setOperations reads the UNIONs, EXCEPTs and INTERSECTs behind a body. They associate to the left; INTERSECT binds tighter.
func (p *parser) setOperations(left ast.Body) ast.Body {
	left = p.intersections(left)
	for p.kind == kUnion || p.kind == kExcept {
		op := p.setOperator(left)
		op.R = p.intersections(p.term())
		left = op
	}
	return left
}

func (p *parser) intersections(left ast.Body) ast.Body {
	for p.kind == kIntersect {
		op := p.setOperator(left)
		op.R = p.term()
		left = op
	}
	return left
}

// setOperator reads UNION, EXCEPT or INTERSECT with ALL or DISTINCT.
func (p *parser) setOperator(left ast.Body) *ast.SetOp {
	op := &ast.SetOp{At: p.at(), Op: kindNames[p.kind], L: left}
	p.next()
	if p.accept(kAll) {
		op.All = true
	} else {
		p.accept(kDistinct)
	}
	return op
}

// term reads an operand of a set operation: SELECT, VALUES, TABLE or a query in parentheses.
func (p *parser) term() ast.Body {
	at := p.at()
	switch p.kind {
	case kSelect:
		return p.selectBody()
	case kValues:
		return p.values()
	case kTable:
		p.next()
		star := &ast.SelectItem{At: at, Star: true}
		return &ast.Select{At: at, Items: []*ast.SelectItem{star}, From: []ast.Relation{p.tableName()}}
	case tLeftParen:
		return nested(p.queryInParens(), at)
	}
	p.fail("SELECT, VALUES, TABLE or (")
	return &ast.Values{}
}

// values reads "VALUES row, ...". A row constructor is a row of several columns, in any number of parentheses.
func (p *parser) values() *ast.Values {
	v := &ast.Values{At: p.at()}
	p.next()
	for {
		e := p.expr()
		if row, ok := e.(*ast.Row); ok {
			v.Rows = append(v.Rows, row.Fields)
		} else {
			one := p.nodes.exprs.list(1)
			one[0] = e
			v.Rows = append(v.Rows, one)
		}
		if !p.accept(tComma) {
			return v
		}
	}
}

// selectBody reads "SELECT ... FROM ... WHERE ... GROUP BY ... HAVING ... WINDOW ...".
func (p *parser) selectBody() *ast.Select {
	s := &ast.Select{At: p.at()}
	p.next()
	s.Distinct = p.quantifier()
	s.Items = append(make([]*ast.SelectItem, 0, 4), p.selectItem())
	for p.accept(tComma) {
		s.Items = append(s.Items, p.selectItem())
	}
	if p.accept(kFrom) {
		s.From = append(s.From, p.relation())
		for p.accept(tComma) {
			s.From = append(s.From, p.relation())
		}
	}
	if p.accept(kWhere) {
		s.Where = p.expr()
	}
	if p.kind == kGroup {
		s.GroupBy = p.groupBy()
	}
	if p.accept(kHaving) {
		s.Having = p.expr()
	}
	if p.startsWindows() {
		s.Windows = p.namedWindows()
	}
	return s
}

// quantifier reads DISTINCT or ALL, if there is one. ALL is not reserved: it is the quantifier only if it is followed by
// what can be quantified.
func (p *parser) quantifier() (distinct bool) {
	switch {
	case p.accept(kDistinct):
		return true
	case p.kind != kAll:
	case p.peek(1) == tStar && !p.startsOperandAt(2):
		p.next() // ALL *
	case p.startsOperandAt(1), p.peek(1) == kRollup, p.peek(1) == kCube:
		p.next()
	}
	return false
}

// selectItem reads an expression with an optional alias, "*" or "name.*".
func (p *parser) selectItem() *ast.SelectItem {
	item := p.nodes.items.get()
	item.At = p.at()
	switch {
	case p.accept(tStar):
		item.Star = true
	case p.kind.isIdent() && p.peek(1) == tDot && p.qualifiesStar():
		item.Star = true
		for p.kind != tStar {
			item.Of = append(item.Of, p.ident())
			p.next()
		}
		p.next()
	default:
		item.Expr = p.expr()
		item.Alias = p.aliasName()
	}
	return item
}

// qualifiesStar reports whether the dotted name at the current token ends with ".*".
func (p *parser) qualifiesStar() bool {
	i := p.i
	for p.toks[i].kind.isIdent() && p.toks[i+1].kind == tDot {
		i += 2
	}
	return p.toks[i].kind == tStar
}

// aliasName reads "[AS] name"; nil if there is none.
func (p *parser) aliasName() *ast.Ident {
	if p.accept(kAs) || p.kind.isIdent() && !p.startsLimit() && !p.startsWindows() {
		return p.ident()
	}
	return nil
}

// groupBy reads "GROUP BY [ALL|DISTINCT] element, ...".
func (p *parser) groupBy() *ast.GroupBy {
	g := &ast.GroupBy{At: p.at(), Elems: make([]*ast.GroupingElem, 0, 4)}
	p.next()
	p.expect(kBy)
	g.Distinct = p.quantifier()
	for {
		p.groupingElem(g)
		if !p.accept(tComma) {
			return g
		}
	}
}

// groupingElem reads an element of GROUP BY. "(a, b)" is two elements.
func (p *parser) groupingElem(g *ast.GroupBy) {
	elem := ast.GroupingElem{At: p.at()}
	switch p.kind {
	case kGrouping:
		if p.peek(1) == kSets {
			p.next()
			elem.Kind = ast.GroupingSets
			p.groupingSets(&elem, false)
			break
		}
		elem.Expr = p.expr()
	case kRollup:
		elem.Kind = ast.GroupingRollup
		p.groupingSets(&elem, true)
	case kCube:
		elem.Kind = ast.GroupingCube
		p.groupingSets(&elem, true)
	default:
		set := p.groupingSet()
		if len(set) == 0 {
			elem.Kind, elem.Sets = ast.GroupingSets, [][]ast.Expr{{}}
			break
		}
		for _, e := range set {
			g.Elems = append(g.Elems, &ast.GroupingElem{At: elem.At, Expr: e})
		}
		return // the place of all is that of the parenthesis; errors about one are reported at its expression
	}
	g.Elems = append(g.Elems, &elem)
}

// groupingSets reads the word at the current token and "( set, ... )", for ROLLUP and CUBE also "()".
func (p *parser) groupingSets(elem *ast.GroupingElem, emptyToo bool) {
	p.next()
	p.expect(tLeftParen)
	if !emptyToo || p.kind != tRightParen {
		elem.Sets = append(elem.Sets, p.groupingSet())
		for p.accept(tComma) {
			elem.Sets = append(elem.Sets, p.groupingSet())
		}
	}
	p.expect(tRightParen)
}

// groupingSet reads "()", "(a, b)" or an expression.
func (p *parser) groupingSet() []ast.Expr {
	if p.kind == tLeftParen && p.peek(1) == tRightParen {
		p.next()
		p.next()
		return []ast.Expr{}
	}
	start, inParens := p.pos(), p.kind == tLeftParen
	e := p.expr()
	if row, ok := e.(*ast.Row); ok && inParens && row.Pos == start {
		return row.Fields
	}
	return []ast.Expr{e}
}
