package parser

import "github.com/tidemarkdb/tidemark/internal/sql/ast"

// level says how tightly an operator binds, from loose to tight.
type level uint8

const (
	none level = iota // no operator
	levelOr
	levelAnd
	levelNot
	levelPredicate
	levelConcat // the loosest level of a value, which is what stands on either side of a comparison
	levelSum
	levelProduct
	levelSign
)

// infix are the levels of the tokens that may follow an operand.
var infix = [256]level{
	kOr: levelOr, kAnd: levelAnd,
	tEqual: levelPredicate, tNotEqual: levelPredicate, tLess: levelPredicate, tLessEqual: levelPredicate,
	tGreater: levelPredicate, tGreaterEqual: levelPredicate, kNot: levelPredicate, kBetween: levelPredicate,
	kIn: levelPredicate, kLike: levelPredicate, kIs: levelPredicate,
	tConcat: levelConcat, tPlus: levelSum, tMinus: levelSum, tStar: levelProduct, tSlash: levelProduct, tPercent: levelProduct,
}

// expr reads a whole expression.
func (p *parser) expr() ast.Expr {
	if !p.enter() {
		return nil
	}
	e := p.exprFrom(levelOr)
	p.leave()
	return e
}

// value reads an expression without comparisons and logic, or with them in parentheses.
func (p *parser) value() ast.Expr { return p.exprFrom(levelConcat) }

// exprList reads "expression, ...".
func (p *parser) exprList() []ast.Expr {
	base := len(p.exprs)
	p.push(p.expr())
	for p.accept(tComma) {
		p.push(p.expr())
	}
	return p.list(base)
}

// push adds an element to the list being read.
func (p *parser) push(e ast.Expr) { p.exprs = append(p.exprs, e) }

// exprFrom reads an expression whose operators, outside parentheses, bind at least as tightly as loosest.
func (p *parser) exprFrom(loosest level) ast.Expr {
	if p.kind != kNot {
		return p.climb(p.signed(), loosest, levelSign)
	}
	if loosest > levelNot {
		p.fail("a value")
		return nil
	}
	n := &ast.Not{At: p.at()}
	p.next()
	if !p.enter() {
		return n
	}
	n.X = p.exprFrom(levelNot)
	p.leave()
	return p.climb(n, loosest, levelAnd)
}

// climb reads the operators between two levels behind an operand, and their right operands. After each operator only
// those follow that bind no tighter; after a comparison only looser ones, because comparisons do not associate.
func (p *parser) climb(left ast.Expr, loosest, tightest level) ast.Expr {
	for {
		op := infix[p.kind]
		if op < loosest || op > tightest || op == none {
			return left
		}
		tightest = op
		switch op {
		case levelOr, levelAnd:
			l := p.nodes.logics.get()
			l.At, l.Op, l.L = p.at(), kindNames[p.kind], left
			p.next()
			l.R = p.exprFrom(op + 1)
			left = l
		case levelPredicate:
			left = p.predicate(left)
			tightest = levelNot
		default:
			left = p.binary(left, op+1)
		}
	}
}

// binary reads the operator at the current token and its right operand.
func (p *parser) binary(left ast.Expr, right level) ast.Expr {
	b := p.nodes.binaries.get()
	b.At, b.Op, b.L = p.at(), kindNames[p.kind], left
	p.next()
	b.R = p.exprFrom(right)
	return b
}

// predicate reads a comparison or the like behind its left operand.
func (p *parser) predicate(left ast.Expr) ast.Expr {
	at := p.at()
	if p.kind == kIs {
		return p.is(left, at)
	}
	if infix[p.kind] == levelPredicate && p.kind < kAlter { // an operator, not a word
		if p.quantified() {
			q := &ast.Quantified{At: at, X: left, Op: kindNames[p.kind], All: p.peek(1) == kAll}
			p.next()
			p.next()
			q.Query = p.queryInParens()
			return q
		}
		return p.binary(left, levelConcat)
	}
	not := p.accept(kNot)
	switch {
	case p.accept(kBetween):
		b := &ast.Between{At: at, X: left, Not: not, Low: p.value()}
		p.expect(kAnd)
		b.High = p.value()
		return b
	case p.accept(kIn):
		return p.in(left, at, not)
	case p.accept(kLike):
		l := &ast.Like{At: at, X: left, Not: not, Pattern: p.value()}
		if p.accept(kEscape) {
			l.Escape = p.value()
		}
		return l
	}
	p.fail("BETWEEN, IN or LIKE")
	return left
}

// is reads "IS [NOT] NULL" or "IS [NOT] DISTINCT FROM value".
func (p *parser) is(left ast.Expr, at ast.At) ast.Expr {
	p.next()
	not := p.accept(kNot)
	switch {
	case p.accept(kNull):
		return &ast.IsNull{At: at, X: left, Not: not}
	case p.accept(kDistinct):
		p.expect(kFrom)
		return &ast.IsDistinct{At: at, L: left, R: p.value(), Not: not}
	}
	p.fail("NULL or DISTINCT FROM")
	return left
}

// quantified reports whether the comparison at the current token is one with ALL, ANY or SOME of a query. These words are
// not reserved and could be names; a query in the parentheses behind them decides.
func (p *parser) quantified() bool {
	word := p.peek(1)
	if word != kAll && word != kAny && word != kSome || p.peek(2) != tLeftParen {
		return false
	}
	i := p.i + 2
	for p.toks[i].kind == tLeftParen {
		i++
	}
	switch p.toks[i].kind {
	case kSelect, kWith, kValues, kTable:
		return true
	}
	return false
}

// in reads "( query )" or "( expression, ... )" behind IN. A query in two pairs of parentheses is a list of one scalar query.
func (p *parser) in(left ast.Expr, at ast.At, not bool) ast.Expr {
	p.expect(tLeftParen)
	q, e := p.queryOrExpr(true)
	if q != nil {
		p.expect(tRightParen)
		return &ast.InQuery{At: at, X: left, Query: q, Not: not}
	}
	list := p.listFrom(e)
	p.expect(tRightParen)
	return &ast.InList{At: at, X: left, List: list, Not: not}
}

// listFrom reads the rest of a list whose first element has been read.
func (p *parser) listFrom(first ast.Expr) []ast.Expr {
	base := len(p.exprs)
	p.push(first)
	for p.accept(tComma) {
		p.push(p.expr())
	}
	return p.list(base)
}

// queryOrExpr reads what stands behind an open parenthesis: a query, or an expression (which may be the first of a list).
// Which of them is clear only at the end of what begins with a parenthesis itself: "((SELECT 1) UNION SELECT 2)",
// "((SELECT 1) + 2)". A query in parentheses of its own counts as an expression if inList, else as a query.
func (p *parser) queryOrExpr(inList bool) (*ast.Query, ast.Expr) {
	switch {
	case p.startsQuery():
		return p.query(), nil
	case p.kind != tLeftParen:
		return nil, p.expr()
	case !p.enter():
		return nil, nil
	}
	at := p.at()
	q, e := p.group()
	switch {
	case q == nil:
		e = p.climb(p.postfix(e, at), levelOr, levelSign)
	case p.goesOnAsQuery():
		q = p.queryGoingOn(q, at)
	case inList || p.kind != tRightParen:
		e = p.climb(p.postfix(&ast.ScalarQuery{At: at, Query: q}, at), levelOr, levelSign)
		q = nil
	}
	p.leave()
	return q, e
}

// group reads "( ... )": a query, an expression in parentheses, or a row.
func (p *parser) group() (*ast.Query, ast.Expr) {
	at := p.at()
	p.next()
	q, e := p.queryOrExpr(false)
	if q == nil && p.kind == tComma {
		e = &ast.Row{At: at, Fields: p.listFrom(e)}
	}
	p.expect(tRightParen)
	return q, e
}

// signed reads an operand with its signs. The smallest integer is one literal, because its digits alone are none.
func (p *parser) signed() ast.Expr {
	if p.kind != tMinus && p.kind != tPlus {
		return p.operand()
	}
	if p.kind == tMinus && p.peek(1) == tInt {
		if n := p.smallestInt(); n != nil {
			return n
		}
	}
	u := &ast.Unary{At: p.at(), Op: kindNames[p.kind]}
	p.next()
	if !p.enter() {
		return u
	}
	u.X = p.signed()
	p.leave()
	return u
}
