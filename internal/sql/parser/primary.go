package parser

import "github.com/tidemarkdb/tidemark/internal/sql/ast"

// startsOperandAt reports whether the token n places ahead can begin an expression.
func (p *parser) startsOperandAt(n int) bool {
	switch k := p.peek(n); k {
	case tString, tUnicodeString, tInt, tFloat, tDuration, tParam, tLeftParen, tPlus, tMinus, kNull, kTrue, kFalse,
		kCase, kCast, kExists, kExtract, kGrouping, kNormalize,
		kCurrentDate, kCurrentTime, kCurrentTimestamp, kCurrentUser, kLocaltime, kLocaltimestamp:
		return true
	case kNot:
		after := p.peek(n + 1)
		return after != kBetween && after != kIn && after != kLike
	default:
		return k.isIdent() && !p.startsLimitAt(n)
	}
}

// operand reads an operand with its subscripts and fields.
func (p *parser) operand() ast.Expr {
	at := p.at()
	if p.kind == tIdent || p.kind == tQuoted {
		return p.postfix(p.named(at), at)
	}
	var e ast.Expr
	switch p.kind {
	case tLeftParen:
		var q *ast.Query
		if q, e = p.group(); q != nil {
			e = &ast.ScalarQuery{At: at, Query: q}
		}
	case kCase:
		e = p.caseExpr(at)
	case kCast:
		e = p.cast(at, false)
	case kExists:
		p.next()
		e = &ast.Exists{At: at, Query: p.queryInParens()}
	case kExtract:
		e = p.extract(at)
	case kCurrentDate, kCurrentTime, kCurrentTimestamp, kCurrentUser, kLocaltime, kLocaltimestamp:
		e = p.currentValue(at)
	case kGrouping, kNormalize:
		if p.peek(1) != tLeftParen {
			p.next()
			p.fail("(")
			return nil
		}
		e = p.call(at)
	default:
		if p.kind.isIdent() {
			e = p.word(at)
		} else {
			e = p.literal(at)
		}
	}
	return p.postfix(e, at)
}

// postfix reads the subscripts and fields behind an operand that begins at a place.
func (p *parser) postfix(e ast.Expr, at ast.At) ast.Expr {
	for {
		switch p.kind {
		case tDot:
			d := p.nodes.dots.get()
			d.At, d.X = at, e
			p.next()
			d.Name = p.ident()
			e = d
		case tLeftBracket:
			s := &ast.Subscript{At: at, X: e}
			p.next()
			if p.enter() {
				s.Index = p.value()
				p.leave()
			}
			p.expect(tRightBracket)
			e = s
		default:
			return e
		}
	}
}

// named reads what begins with an identifier that is no word of the grammar: a name, a call, or a literal with its type.
func (p *parser) named(at ast.At) ast.Expr {
	switch p.peek(1) {
	case tLeftParen:
		return p.call(at)
	case tString, tUnicodeString:
		if p.kind == tIdent {
			return p.typedLiteral(at)
		}
	}
	return p.ident()
}

// word reads what begins with a word that is not reserved. It is a name, unless what follows makes it something else.
func (p *parser) word(at ast.At) ast.Expr {
	after := p.peek(1)
	switch p.kind {
	case kArray:
		if after == tLeftBracket {
			return p.array(at)
		}
	case kRow:
		if after == tLeftParen {
			return p.row(at)
		}
	case kTryCast:
		if after == tLeftParen {
			return p.cast(at, true)
		}
	case kInterval:
		sign := after == tPlus || after == tMinus
		if after == tString || sign && p.peek(2) == tString && isIntervalUnit(p.peek(3)) {
			return p.interval(at)
		}
	}
	switch after {
	case tLeftParen:
		return p.call(at)
	case tString, tUnicodeString:
		if p.kind == kDouble { // no other word of the grammar is a type of its own
			return p.typedLiteral(at)
		}
	}
	return p.ident()
}

// caseExpr reads "CASE [expression] WHEN ... THEN ... [ELSE ...] END".
func (p *parser) caseExpr(at ast.At) ast.Expr {
	c := &ast.Case{At: at}
	p.next()
	if p.kind != kWhen {
		c.Operand = p.expr()
	}
	for {
		p.expect(kWhen)
		when := ast.When{Cond: p.expr()}
		p.expect(kThen)
		when.Result = p.expr()
		c.Whens = append(c.Whens, when)
		if p.kind != kWhen {
			break
		}
	}
	if p.accept(kElse) {
		c.Else = p.expr()
	}
	p.expect(kEndCase)
	return c
}

// cast reads "CAST ( expression AS type )" or TRY_CAST.
func (p *parser) cast(at ast.At, try bool) ast.Expr {
	c := &ast.Cast{At: at, Try: try}
	p.next()
	p.expect(tLeftParen)
	c.X = p.expr()
	p.expect(kAs)
	c.Type = p.typeName()
	p.expect(tRightParen)
	return c
}

// extract reads "EXTRACT ( field FROM value )".
func (p *parser) extract(at ast.At) ast.Expr {
	e := &ast.Extract{At: at}
	p.next()
	p.expect(tLeftParen)
	e.Field = lower(p.ident().Name)
	p.expect(kFrom)
	if p.enter() {
		e.X = p.value()
		p.leave()
	}
	p.expect(tRightParen)
	return e
}

// currentValue reads current_date and the like, with or without a precision.
func (p *parser) currentValue(at ast.At) ast.Expr {
	c := &ast.Call{At: at, Name: lower(p.source()), NoParens: true}
	withPrecision := p.kind != kCurrentDate && p.kind != kCurrentUser
	p.next()
	if withPrecision && p.accept(tLeftParen) {
		c.Args = []ast.Expr{p.integer()}
		p.expect(tRightParen)
	}
	return c
}

// array reads "ARRAY [ expression, ... ]".
func (p *parser) array(at ast.At) ast.Expr {
	a := &ast.Array{At: at}
	p.next()
	p.next()
	if p.kind != tRightBracket {
		a.Elems = p.exprList()
	}
	p.expect(tRightBracket)
	return a
}

// row reads "ROW ( expression, ... )".
func (p *parser) row(at ast.At) ast.Expr {
	r := &ast.Row{At: at}
	p.next()
	p.next()
	r.Fields = p.exprList()
	p.expect(tRightParen)
	return r
}
