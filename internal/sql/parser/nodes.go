package parser

import "github.com/tidemarkdb/tidemark/internal/sql/ast"

// slab hands out nodes of one type from chunks that grow, which is several times cheaper than one allocation a node. All
// nodes of a tree live and die together, so that nothing is held longer by it.
type slab[T any] struct {
	free  []T
	chunk int
}

// The sizes of chunks, in nodes.
const (
	chunkMin = 8
	chunkMax = 64
)

func (s *slab[T]) get() *T {
	if len(s.free) == 0 {
		s.grow(1)
	}
	node := &s.free[0]
	s.free = s.free[1:]
	return node
}

// list returns a slice of n elements without room to grow.
func (s *slab[T]) list(n int) []T {
	if n > chunkMax/2 {
		return make([]T, n)
	}
	if len(s.free) < n {
		s.grow(n)
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	return out
}

func (s *slab[T]) grow(n int) {
	s.chunk = min(max(2*s.chunk, chunkMin), chunkMax)
	s.free = make([]T, max(s.chunk, n))
}

// nodes are the slabs of the frequent nodes.
type nodes struct {
	idents   slab[ast.Ident]
	dots     slab[ast.Dot]
	strs     slab[ast.Str]
	ints     slab[ast.Int]
	binaries slab[ast.Binary]
	logics   slab[ast.Logic]
	calls    slab[ast.Call]
	items    slab[ast.SelectItem]
	exprs    slab[ast.Expr]
}

// list takes the expressions read since the stack had base elements off it, and returns them as a list of its own; nil
// if there are none.
func (p *parser) list(base int) []ast.Expr {
	read := p.exprs[base:]
	if len(read) == 0 {
		return nil
	}
	out := p.nodes.exprs.list(len(read))
	copy(out, read)
	clear(read)
	p.exprs = p.exprs[:base]
	return out
}
