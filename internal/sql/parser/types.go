package parser

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/sql/ast"
)

// typeName reads a type as written in a cast. Whether a plain word is a type is the analyzer's business.
func (p *parser) typeName() *ast.TypeName {
	t := &ast.TypeName{At: p.at(), Length: -1}
	if !p.enter() {
		return t
	}
	defer p.leave()
	word := p.kind
	if word == tQuoted || !word.isIdent() {
		p.fail("a type")
		return t
	}
	switch word {
	case kInterval:
		t.Name = p.intervalType()
		return t
	case kArray:
		t.Name = "array"
		p.arrayElement(t)
		return t
	case kRow:
		t.Name = "row"
		p.rowFields(t)
		return t
	}
	t.Name = lower(p.source())
	p.next()
	if word == kDouble {
		p.accept(kPrecision)
	}
	if p.accept(tLeftParen) {
		p.typeLength(t)
		p.expect(tRightParen)
	}
	return t
}

// intervalType reads "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH".
func (p *parser) intervalType() string {
	p.next()
	name, last := "interval day to second", kSecond
	switch {
	case p.accept(kDay):
	case p.accept(kYear):
		name, last = "interval year to month", kMonth
	default:
		p.fail("DAY or YEAR")
	}
	p.expect(kTo)
	p.expect(last)
	return name
}

// arrayElement reads "( type )" or "< type >" behind ARRAY.
func (p *parser) arrayElement(t *ast.TypeName) {
	p.next()
	end := tRightParen
	if p.accept(tLess) {
		end = tGreater
	} else {
		p.expect(tLeftParen)
	}
	t.Args = []*ast.TypeName{p.typeName()}
	p.expect(end)
}

// rowFields reads "( [name] type, ... )" behind ROW.
func (p *parser) rowFields(t *ast.TypeName) {
	p.next()
	p.expect(tLeftParen)
	for {
		name := ""
		if p.startsFieldName() {
			name = p.ident().Name
		}
		t.Fields = append(t.Fields, name)
		t.Args = append(t.Args, p.typeName())
		if !p.accept(tComma) {
			break
		}
	}
	p.expect(tRightParen)
}

// startsFieldName reports whether the current token is the name of a row's field: then a type follows. The types of
// several words are the exception.
func (p *parser) startsFieldName() bool {
	after := p.peek(1)
	if !p.kind.isIdent() || !after.isIdent() || after == tQuoted {
		return false
	}
	switch p.kind {
	case kInterval:
		return after != kDay && after != kYear || p.peek(2) != kTo
	case kDouble:
		return after != kPrecision
	}
	return true
}

// typeLength reads the length of a varchar, or the precision of a time.
func (p *parser) typeLength(t *ast.TypeName) {
	pos := p.pos()
	n := p.integer()
	if n.Value > math.MaxInt32 {
		p.failAt(pos, "length beyond 32 bits")
		return
	}
	t.Length = int(n.Value)
}
