package parser

import "github.com/tidemarkdb/tidemark/internal/sql/ast"

// statement reads a whole statement, up to the semicolon or the end.
func (p *parser) statement() ast.Statement {
	switch p.kind {
	case kSelect, kWith, kValues, kTable, tLeftParen:
		return p.query()
	case kShow:
		return p.show()
	case kDescribe, kDesc:
		d := &ast.Describe{At: p.at()}
		p.next()
		d.Table = p.tableName()
		return d
	case kUnload:
		return p.unload()
	case kExplain:
		return p.explain()
	}
	p.fail("a statement")
	return nil
}

// explain reads "EXPLAIN [ANALYZE] statement", where the statement is no EXPLAIN.
func (p *parser) explain() ast.Statement {
	e := &ast.Explain{At: p.at()}
	p.next()
	e.Analyze = p.accept(kAnalyze)
	if p.kind == kExplain {
		p.fail("a statement to explain")
		return nil
	}
	e.Statement = p.statement()
	return e
}

// tableName reads the name of a table without an alias.
func (p *parser) tableName() *ast.Table {
	return &ast.Table{At: p.at(), Parts: p.dotted()}
}

// show reads SHOW DATABASES, SHOW TABLES or SHOW MEASURES.
func (p *parser) show() ast.Statement {
	at := p.at()
	p.next()
	switch {
	case p.accept(kDatabases):
		return &ast.ShowDatabases{At: at, Like: p.likePattern()}
	case p.accept(kTables):
		s := &ast.ShowTables{At: at}
		if p.accept(kFrom) || p.accept(kIn) {
			s.Database = p.ident()
		}
		s.Like = p.likePattern()
		return s
	case p.accept(kMeasures):
		if !p.accept(kFrom) && !p.accept(kIn) {
			p.fail("FROM or IN")
		}
		return &ast.ShowMeasures{At: at, Table: p.tableName(), Like: p.likePattern()}
	}
	p.fail("DATABASES, TABLES or MEASURES")
	return nil
}

// likePattern reads "LIKE pattern [ESCAPE escape]"; nil if there is none.
func (p *parser) likePattern() *ast.LikePattern {
	if !p.accept(kLike) {
		return nil
	}
	l := &ast.LikePattern{Pattern: p.str()}
	if p.accept(kEscape) {
		l.Escape, l.HasEscape = p.str(), true
	}
	return l
}

// unload reads "UNLOAD ( query ) TO uri [ WITH ( option = value, ... ) ]".
func (p *parser) unload() *ast.Unload {
	u := &ast.Unload{At: p.at()}
	p.next()
	u.Query = p.queryInParens()
	p.expect(kTo)
	u.To = p.strNode()
	if !p.accept(kWith) {
		return u
	}
	p.expect(tLeftParen)
	u.Options = append(u.Options, p.unloadOption())
	for p.accept(tComma) {
		u.Options = append(u.Options, p.unloadOption())
	}
	p.expect(tRightParen)
	return u
}

func (p *parser) unloadOption() *ast.UnloadOption {
	o := &ast.UnloadOption{At: p.at()}
	o.Name = lower(p.ident().Name)
	p.expect(tEqual)
	o.Value = p.unloadValue()
	return o
}

// unloadValue reads a string, a number, a boolean or an array of strings.
func (p *parser) unloadValue() ast.Expr {
	switch p.kind {
	case tString, tUnicodeString, tInt, tFloat, kTrue, kFalse:
		return p.operand()
	case kArray:
		a := &ast.Array{At: p.at()}
		p.next()
		p.expect(tLeftBracket)
		for p.kind != tRightBracket {
			a.Elems = append(a.Elems, p.strNode())
			if !p.accept(tComma) {
				break
			}
		}
		p.expect(tRightBracket)
		return a
	}
	p.fail("a string, a number, a boolean or an array of strings")
	return nil
}
