package parser

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/sql/ast"
)

// call reads a function call: the name and the parenthesis are the next tokens. A few functions may be written with words
// between their arguments; they become calls with plain arguments.
func (p *parser) call(at ast.At) ast.Expr {
	c := p.nodes.calls.get()
	word := p.kind
	c.At, c.Name = at, lower(p.identText())
	p.next()
	p.next()
	switch {
	case p.kind == tStar && c.Name == "count":
		p.next()
		c.Star = true
	case word == kTrim && p.trimSpecification():
		p.trimWithWords(c)
	case p.kind != tRightParen:
		p.arguments(c, word)
	}
	p.expect(tRightParen)
	if p.kind == kFilter && p.peek(1) == tLeftParen {
		p.next()
		p.next()
		p.expect(kWhere)
		c.Filter = p.expr()
		p.expect(tRightParen)
	}
	if p.peek(1) == kNulls {
		if p.kind == kIgnore {
			c.Nulls = ast.NullsIgnore
		} else if p.kind == kRespect {
			c.Nulls = ast.NullsRespect
		}
		if c.Nulls != ast.NullsDefault {
			p.next()
			p.next()
		}
	}
	if p.kind == kOver && (p.peek(1) == tLeftParen || p.peek(1).isIdent()) {
		c.Over = p.over()
	}
	return c
}

// arguments reads "[DISTINCT|ALL] argument, ... [ORDER BY ...]". The word is the function's name as a token.
func (p *parser) arguments(c *ast.Call, word kind) {
	if p.kind != kOrder {
		c.Distinct = p.quantifier()
		var first ast.Expr
		if word != kPosition {
			first = p.argument()
		} else if first = p.positionIn(c); first == nil {
			return
		}
		if p.kind == kFrom && (word == kSubstring || word == kTrim) {
			p.fromFor(c, word, first)
			return
		}
		base := len(p.exprs)
		p.push(first)
		for p.accept(tComma) {
			p.push(p.argument())
		}
		c.Args = p.list(base)
		if word == kNormalize {
			p.normalForm(c)
		}
	}
	c.OrderBy = p.orderBy()
}

// argument reads an expression or a lambda.
func (p *parser) argument() ast.Expr {
	if p.kind == tLeftParen && p.startsLambda() || p.kind.isIdent() && p.peek(1) == tArrow {
		return p.lambda()
	}
	return p.expr()
}

// startsLambda reports whether the parenthesis at the current token begins the parameters of a lambda.
func (p *parser) startsLambda() bool {
	i := p.i + 1
	if p.toks[i].kind != tRightParen {
		for ; p.toks[i].kind.isIdent() && p.toks[i+1].kind == tComma; i += 2 {
		}
		if !p.toks[i].kind.isIdent() {
			return false
		}
		i++
	}
	return p.toks[i].kind == tRightParen && p.toks[i+1].kind == tArrow
}

// lambda reads "x -> expression" or "(x, ...) -> expression".
func (p *parser) lambda() ast.Expr {
	l := &ast.Lambda{At: p.at()}
	switch {
	case p.kind != tLeftParen:
		l.Params = []*ast.Ident{p.ident()}
	case p.peek(1) == tRightParen:
		p.next()
		p.next()
	default:
		l.Params = p.identList()
	}
	p.expect(tArrow)
	l.Body = p.expr()
	return l
}

// positionIn reads the first argument of POSITION. If it is followed by IN, all of "value IN value" becomes the call
// strpos, and nil is returned.
func (p *parser) positionIn(c *ast.Call) ast.Expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	if p.kind == tLeftParen && p.startsLambda() || p.kind == kNot || p.peek(1) == tArrow {
		return p.argument()
	}
	first := p.value()
	if c.Distinct || !p.accept(kIn) {
		return p.climb(first, levelOr, levelPredicate)
	}
	base := len(p.exprs)
	p.push(p.value())
	p.push(first)
	c.Name, c.Args = "strpos", p.list(base)
	return nil
}

// fromFor reads "FROM value [FOR value]" of SUBSTRING, or "FROM value" of TRIM, behind the first argument.
func (p *parser) fromFor(c *ast.Call, word kind, first ast.Expr) {
	if c.Distinct {
		p.fail(")")
		return
	}
	p.next()
	base := len(p.exprs)
	if word == kTrim {
		p.push(p.expr())
		p.push(first)
	} else {
		c.Name = "substr"
		p.push(first)
		p.push(p.expr())
		if p.accept(kFor) {
			p.push(p.expr())
		}
	}
	c.Args = p.list(base)
}

// trimSpecification reports whether the arguments of TRIM begin with LEADING, TRAILING, BOTH or FROM. The first three
// could be names; what follows decides.
func (p *parser) trimSpecification() bool {
	switch p.kind {
	case kFrom:
		return true
	case kLeading, kTrailing, kBoth:
		after := p.peek(1)
		return after == kFrom || after != tPlus && after != tMinus && p.startsOperandAt(1)
	}
	return false
}

// trimWithWords reads "[LEADING|TRAILING|BOTH] [value] FROM value".
func (p *parser) trimWithWords(c *ast.Call) {
	switch p.kind {
	case kLeading:
		c.Name = "ltrim"
	case kTrailing:
		c.Name = "rtrim"
	}
	if p.kind != kFrom {
		p.next()
	}
	base := len(p.exprs)
	var set ast.Expr
	if p.kind != kFrom {
		set = p.expr()
	}
	p.expect(kFrom)
	p.push(p.expr())
	if set != nil {
		p.push(set)
	}
	c.Args = p.list(base)
}

// normalForm makes the second argument of NORMALIZE a string if it is one of the words NFC, NFD, NFKC, NFKD.
func (p *parser) normalForm(c *ast.Call) {
	if len(c.Args) != 2 {
		return
	}
	id, ok := c.Args[1].(*ast.Ident)
	if !ok || id.Quoted {
		return
	}
	switch form := strings.ToUpper(id.Name); form {
	case "NFC", "NFD", "NFKC", "NFKD":
		c.Args[1] = &ast.Str{At: id.At, Value: form}
	}
}
