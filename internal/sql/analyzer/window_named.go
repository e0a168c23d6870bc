package analyzer

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
)

// namedWindows are the windows of a WINDOW clause, by their names in lower case, each with what it takes from those before it.
type namedWindows map[string]*ast.WindowSpec

// nameWindows analyzes the WINDOW clause. Also a window that nothing uses must be right.
func (s *selection) nameWindows(list []*ast.NamedWindow) error {
	s.calls.named = namedWindows{}
	for _, n := range list {
		key := strings.ToLower(n.Name.Name)
		if s.calls.named[key] != nil {
			return dberr.At(n.Name.Pos, "WINDOW name '%s' specified more than once", n.Name.Name)
		}
		w, err := s.calls.named.resolve(n.Spec)
		if err != nil {
			return err
		}
		p := &place{a: s.a, scope: s.scope, clause: "WINDOW clause", calls: newCalls(), noWindows: true, inWindow: n.Name.Name}
		if err := p.window(w, &windowCall{}); err != nil {
			return err
		}
		s.calls.named[key] = w
	}
	return nil
}

// resolve returns a window with what it takes from the named one that it builds upon.
func (named namedWindows) resolve(w *ast.WindowSpec) (*ast.WindowSpec, error) {
	if w.Base == nil {
		return w, nil
	}
	base := named[strings.ToLower(w.Base.Name)]
	if base == nil {
		return nil, dberr.At(w.Base.Pos, "Cannot resolve WINDOW name %s", w.Base.Name)
	}
	if w.Bare {
		return base, nil
	}
	out := &ast.WindowSpec{At: w.At, PartitionBy: base.PartitionBy, OrderBy: base.OrderBy, Frame: w.Frame}
	switch {
	case len(w.PartitionBy) > 0:
		return nil, dberr.At(w.PartitionBy[0].Position(), "WINDOW specification with named WINDOW reference cannot specify PARTITION BY")
	case len(w.OrderBy) > 0 && len(base.OrderBy) > 0:
		return nil, dberr.At(w.OrderBy[0].Pos, "Cannot specify ORDER BY if referenced named WINDOW specifies ORDER BY")
	case base.Frame != nil:
		return nil, dberr.At(w.Base.Pos, "Cannot reference named WINDOW containing frame specification")
	case len(w.OrderBy) > 0:
		out.OrderBy = w.OrderBy
	}
	return out, nil
}
