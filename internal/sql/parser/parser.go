package parser

import (
	"errors"
	"math"
	"strings"
	"sync"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
)

// maxDepth bounds the nesting of a statement: parentheses, queries, calls, NOTs and signs that stand inside each other.
// Whatever walks the tree may recurse that deep. Chains of operators do not count: a AND b AND c ... is a tree as deep on
// its left side as the chain is long.
const maxDepth = 500

// parser is the state of one parse. Its methods are the rules of the grammar; each leaves the current token behind what it
// read. After the first error the current token is tEnd: rules come back with what they have, and nothing looks at it.
// An expression may then be nil, everything else is not.
type parser struct {
	text  string
	toks  []token
	i     int  // index of the current token
	kind  kind // its kind
	depth int

	err     error
	problem string // why the last token is invalid

	exprs []ast.Expr // the elements of the lists being read
	nodes nodes
}

// maxKeptTokens is the size up to which a list of tokens is kept for the next statement.
const maxKeptTokens = 1 << 14

// parsers are kept for their lists of tokens and expressions.
var parsers = sync.Pool{New: func() any { return new(parser) }}

// Parse reads a statement, with or without a semicolon at its end. The tree shares memory with the text. Errors are of
// kind Invalid and say the place in their message; their Pos is not set, lest it be shown twice.
func Parse(text string) (ast.Statement, error) {
	if len(text) > math.MaxInt32 {
		return nil, dberr.New(dberr.Invalid, "The query is too long")
	}
	p := parsers.Get().(*parser)
	defer p.release()
	lex := lexer{text: text, toks: p.toks[:0]}
	lex.run()
	p.text, p.toks, p.problem = text, lex.toks, lex.problem
	p.kind = p.toks[0].kind
	st := p.statement()
	if p.kind == tSemicolon {
		p.next()
	}
	if p.kind != tEnd {
		p.fail("end of statement")
	}
	if p.err != nil {
		return nil, p.err
	}
	return st, nil
}

// release gives the parser back, without anything that would keep a statement alive.
func (p *parser) release() {
	toks, exprs := p.toks, p.exprs
	if p.err != nil { // else the stack is empty, and list has cleared it
		clear(exprs[:cap(exprs)])
	}
	if cap(toks) > maxKeptTokens {
		toks, exprs = nil, nil
	}
	*p = parser{toks: toks, exprs: exprs[:0]}
	parsers.Put(p)
}

// fail ends the parse with a syntax error at the current token, unless it has ended already.
func (p *parser) fail(expected string) {
	if p.kind == tInvalid {
		p.failAt(p.pos(), p.problem)
	} else if p.err == nil {
		p.failAt(p.pos(), "expected "+expected+", found "+p.found())
	}
}

// failAt ends the parse with a syntax error at a place, unless it has ended already.
func (p *parser) failAt(pos ast.Pos, problem string) {
	if p.err == nil {
		p.err = dberr.Wrap(dberr.Invalid, errors.New(problem), "The query syntax is invalid at line %s", pos)
	}
	p.stop()
}

// stop makes the end of the statement the current token.
func (p *parser) stop() {
	p.i = len(p.toks) - tokensAhead
	p.kind = tEnd
}

// found describes the current token for the log: its kind only, because the log shall not hold values.
func (p *parser) found() string {
	if p.kind >= tLeftParen && p.kind < kAlter {
		return "'" + kindNames[p.kind] + "'"
	}
	return kindNames[p.kind]
}

// enter goes one level down; the caller calls leave when it is done. It fails at maxDepth.
func (p *parser) enter() bool {
	p.depth++
	if p.depth <= maxDepth {
		return true
	}
	if p.err == nil {
		p.err = dberr.New(dberr.Invalid, "The query is nested too deeply at line %s", p.pos())
	}
	p.stop()
	return false
}

func (p *parser) leave() { p.depth-- }

// pos returns the place of the current token.
func (p *parser) pos() ast.Pos { return p.toks[p.i].pos() }

// at returns the place of the current token in the form that nodes embed.
func (p *parser) at() ast.At { return ast.At{Pos: p.toks[p.i].pos()} }

// peek returns the kind of the token n places ahead; n is below tokensAhead.
func (p *parser) peek(n int) kind {
	if p.kind == tEnd {
		return tEnd
	}
	return p.toks[p.i+n].kind
}

// next moves to the next token.
func (p *parser) next() {
	if p.kind != tEnd {
		p.i++
		p.kind = p.toks[p.i].kind
	}
}

// accept moves over a token of this kind, if it is the current one.
func (p *parser) accept(k kind) bool {
	if p.kind != k {
		return false
	}
	p.next()
	return true
}

// expect moves over a token of this kind, or fails.
func (p *parser) expect(k kind) {
	if p.kind != k {
		p.fail(kindNames[k])
		return
	}
	p.next()
}

// source returns the text of the current token.
func (p *parser) source() string {
	t := &p.toks[p.i]
	return p.text[t.start:t.end]
}

// ident reads an identifier.
func (p *parser) ident() *ast.Ident {
	id := p.nodes.idents.get()
	if !p.kind.isIdent() {
		p.fail("identifier")
		return id
	}
	id.At, id.Quoted = p.at(), p.kind == tQuoted
	id.Name = p.identText()
	p.next()
	return id
}

// identText returns the name that the current token, an identifier, stands for.
func (p *parser) identText() string {
	if p.kind == tQuoted {
		return p.unquoted(`"`)
	}
	return p.source()
}

// unquoted returns what stands between the quotes of the current token.
func (p *parser) unquoted(quote string) string {
	t := &p.toks[p.i]
	s := p.text[t.start+1 : t.end-1]
	if !t.plain {
		s = strings.ReplaceAll(s, quote+quote, quote)
	}
	return s
}

// identList reads "( identifier, ... )".
func (p *parser) identList() []*ast.Ident {
	p.expect(tLeftParen)
	list := []*ast.Ident{p.ident()}
	for p.accept(tComma) {
		list = append(list, p.ident())
	}
	p.expect(tRightParen)
	return list
}

// dotted reads "identifier.identifier...".
func (p *parser) dotted() []*ast.Ident {
	list := append(make([]*ast.Ident, 0, 2), p.ident())
	for p.accept(tDot) {
		list = append(list, p.ident())
	}
	return list
}

// lower returns an identifier of the grammar in lower case; only ASCII letters have a case here.
func lower(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
