package parser

import "github.com/tidemarkdb/tidemark/internal/sql/ast"

// over reads "OVER name" or "OVER ( window )".
func (p *parser) over() *ast.WindowSpec {
	at := p.at()
	p.next()
	if p.kind == tLeftParen {
		return p.window(at)
	}
	return &ast.WindowSpec{At: at, Base: p.ident(), Bare: true}
}

// startsWindows reports whether the current token begins a WINDOW clause. The word is not reserved: what follows decides.
func (p *parser) startsWindows() bool {
	return p.kind == kWindow && p.peek(1).isIdent() && p.peek(2) == kAs && p.peek(3) == tLeftParen
}

// namedWindows reads "WINDOW name AS ( window ), ...".
func (p *parser) namedWindows() []*ast.NamedWindow {
	var list []*ast.NamedWindow
	p.next()
	for {
		n := &ast.NamedWindow{At: p.at(), Name: p.ident()}
		p.expect(kAs)
		n.Spec = p.window(p.at())
		list = append(list, n)
		if !p.accept(tComma) {
			return list
		}
	}
}

// window reads "( [name] [PARTITION BY ...] [ORDER BY ...] [frame] )".
func (p *parser) window(at ast.At) *ast.WindowSpec {
	s := &ast.WindowSpec{At: at}
	p.expect(tLeftParen)
	if p.startsWindowName() {
		s.Base = p.ident()
	}
	if p.accept(kPartition) {
		p.expect(kBy)
		s.PartitionBy = p.exprList()
	}
	s.OrderBy = p.orderBy()
	if isFrameUnit(p.kind) {
		s.Frame = p.frame()
	}
	p.expect(tRightParen)
	return s
}

// startsWindowName reports whether the current token, behind the parenthesis of a window, is the name of another one. The
// words that begin the parts of a window are not reserved: they are the name only if such a part, or the end, follows.
func (p *parser) startsWindowName() bool {
	after := p.peek(1)
	switch {
	case p.kind == kPartition:
		return after != kBy
	case !isFrameUnit(p.kind):
		return p.kind.isIdent()
	}
	return after == tRightParen || after == kOrder || after == kPartition && p.peek(2) == kBy || isFrameUnit(after) && p.peek(2) == kBetween
}

// frameUnits are the words that begin a frame.
var frameUnits = map[kind]ast.FrameUnit{kRows: ast.FrameRows, kRange: ast.FrameRange, kGroups: ast.FrameGroups}

func isFrameUnit(k kind) bool {
	_, ok := frameUnits[k]
	return ok
}

// frame reads "ROWS|RANGE|GROUPS start" or "ROWS|RANGE|GROUPS BETWEEN start AND end".
func (p *parser) frame() *ast.Frame {
	f := &ast.Frame{At: p.at(), Unit: frameUnits[p.kind], End: ast.Bound{Kind: ast.CurrentRow}}
	p.next()
	if p.accept(kBetween) {
		f.Start = p.bound()
		p.expect(kAnd)
		f.End = p.bound()
	} else {
		f.Start = p.bound()
	}
	return f
}

func (p *parser) bound() ast.Bound {
	after := p.peek(1)
	switch {
	case p.kind == kCurrent && after == kRow:
		p.next()
		p.next()
		return ast.Bound{Kind: ast.CurrentRow}
	case p.kind == kUnbounded && after == kPreceding:
		p.next()
		p.next()
		return ast.Bound{Kind: ast.UnboundedPreceding}
	case p.kind == kUnbounded && after == kFollowing:
		p.next()
		p.next()
		return ast.Bound{Kind: ast.UnboundedFollowing}
	}
	b := ast.Bound{Kind: ast.Preceding, Offset: p.expr()}
	if !p.accept(kPreceding) {
		b.Kind = ast.Following
		p.expect(kFollowing)
	}
	return b
}
