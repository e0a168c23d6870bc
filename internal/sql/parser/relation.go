package parser

import "github.com/tidemarkdb/tidemark/internal/sql/ast"

// relation reads an element of FROM: a relation with its joins.
func (p *parser) relation() ast.Relation { return p.joins(p.simpleRelation()) }

// startsJoin reports whether the current token begins a join.
func (p *parser) startsJoin() bool {
	switch p.kind {
	case kJoin, kInner, kLeft, kRight, kFull, kCross:
		return true
	}
	return false
}

// joins reads the joins behind a relation. They associate to the left, unless the condition comes later, as in
// "a JOIN b JOIN c ON x ON y".
func (p *parser) joins(left ast.Relation) ast.Relation {
	for p.startsJoin() {
		j := &ast.Join{At: p.at(), Kind: p.joinKind(), L: left}
		j.R = p.simpleRelation()
		left = j
		if j.Kind == ast.CrossJoin {
			continue
		}
		if p.startsJoin() && p.enter() {
			j.R = p.joins(j.R)
			p.leave()
		}
		switch {
		case p.accept(kOn):
			j.On = p.expr()
		case p.accept(kUsing):
			j.Using = p.identList()
		default:
			p.fail("ON or USING")
		}
	}
	return left
}

// joinKind reads the words of a join.
func (p *parser) joinKind() ast.JoinKind {
	kind := ast.InnerJoin
	switch p.kind {
	case kLeft:
		kind = ast.LeftJoin
	case kRight:
		kind = ast.RightJoin
	case kFull:
		kind = ast.FullJoin
	case kCross:
		kind = ast.CrossJoin
	}
	if p.kind != kJoin {
		outer := p.kind != kInner && p.kind != kCross
		p.next()
		if outer {
			p.accept(kOuter)
		}
	}
	p.expect(kJoin)
	return kind
}

// simpleRelation reads a relation without joins, or anything in parentheses, with its alias.
func (p *parser) simpleRelation() ast.Relation {
	at := p.at()
	switch {
	case p.kind == tLeftParen:
		q, rel := p.relationInParens()
		if q != nil {
			rel = &ast.Derived{At: at, Query: q}
		}
		return p.aliased(rel)
	case p.kind == kUnnest:
		return p.aliased(p.unnest())
	case p.kind == kLateral && p.peek(1) == tLeftParen:
		p.next()
		return p.aliased(&ast.Derived{At: at, Query: p.queryInParens(), Lateral: true})
	}
	return p.aliased(p.tableName())
}

// relationInParens reads "( ... )" in FROM: either a query, or a relation with its joins. Which of them is clear only at
// the end of what begins with a parenthesis itself: "((SELECT 1) UNION SELECT 2)" and "((SELECT 1) CROSS JOIN t)".
func (p *parser) relationInParens() (q *ast.Query, rel ast.Relation) {
	p.next()
	at := p.at()
	switch {
	case p.startsQuery():
		q = p.query()
	case !p.enter():
	case p.kind == tLeftParen:
		q, rel = p.relationInParens()
		switch {
		case q != nil && p.goesOnAsQuery():
			q = p.queryGoingOn(q, at)
		case q != nil && p.kind != tRightParen:
			q, rel = nil, p.joins(p.aliased(&ast.Derived{At: at, Query: q}))
		case q == nil:
			rel = p.joins(p.aliased(rel))
		}
		p.leave()
	default:
		rel = p.relation()
		p.leave()
	}
	p.expect(tRightParen)
	return q, rel
}

// unnest reads "UNNEST ( expression, ... ) [WITH ORDINALITY]".
func (p *parser) unnest() *ast.Unnest {
	u := &ast.Unnest{At: p.at()}
	p.next()
	p.expect(tLeftParen)
	u.Args = p.exprList()
	p.expect(tRightParen)
	if p.accept(kWith) {
		p.expect(kOrdinality)
		u.Ordinality = true
	}
	return u
}

// aliased reads "[AS] name [(column, ...)]" and gives it to the relation. A relation in parentheses may have its alias
// inside or, if not, outside. A join, or a relation with an alias, is renamed as a whole: (a JOIN b ON c) AS t is the same
// as (SELECT * FROM a JOIN b ON c) AS t.
func (p *parser) aliased(rel ast.Relation) ast.Relation {
	name := p.aliasName()
	if name == nil {
		return rel
	}
	a := ast.Alias{Name: name}
	if p.kind == tLeftParen {
		a.Columns = p.identList()
	}
	switch r := rel.(type) {
	case *ast.Table:
		if r.Alias.Name == nil {
			r.Alias = a
			return r
		}
	case *ast.Derived:
		if r.Alias.Name == nil {
			r.Alias = a
			return r
		}
	case *ast.Unnest:
		if r.Alias.Name == nil {
			r.Alias = a
			return r
		}
	case nil: // after an error
		return nil
	}
	at := ast.At{Pos: rel.Position()}
	star := &ast.SelectItem{At: at, Star: true}
	body := &ast.Select{At: at, Items: []*ast.SelectItem{star}, From: []ast.Relation{rel}}
	return &ast.Derived{At: at, Query: &ast.Query{At: at, Body: body}, Alias: a}
}
