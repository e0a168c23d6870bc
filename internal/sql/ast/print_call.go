package ast

import (
	"strconv"
	"strings"
)

func (w *writer) call(e *Call) {
	if e.NoParens {
		w.str(strings.ToUpper(e.Name))
		if len(e.Args) == 0 {
			return
		}
	} else {
		w.str(callName(e.Name))
	}
	w.str("(")
	if e.Star {
		w.str("*")
	} else {
		w.str(choose(e.Distinct, "DISTINCT ", ""))
		at := len(w.buf)
		w.exprs(e.Args)
		if !e.Distinct {
			w.keepAll(at)
		}
	}
	if len(e.OrderBy) > 0 {
		w.str(choose(len(e.Args) > 0, " ", ""))
		w.orderBy(e.OrderBy)
	}
	w.str(")")
	if e.Filter != nil {
		w.str(" FILTER (WHERE ")
		w.expr(e.Filter, levelAny)
		w.str(")")
	}
	switch e.Nulls {
	case NullsIgnore:
		w.str(" IGNORE NULLS")
	case NullsRespect:
		w.str(" RESPECT NULLS")
	}
	switch {
	case e.Over == nil:
	case e.Over.Bare:
		w.str(" OVER ")
		w.ident(e.Over.Base)
	default:
		w.str(" OVER (")
		w.window(e.Over)
		w.str(")")
	}
}

// window writes what stands between the parentheses of OVER.
func (w *writer) window(s *WindowSpec) {
	sep := ""
	if s.Base != nil {
		w.ident(s.Base)
		sep = " "
	}
	if len(s.PartitionBy) > 0 {
		w.str(sep, "PARTITION BY ")
		w.exprs(s.PartitionBy)
		sep = " "
	}
	if len(s.OrderBy) > 0 {
		w.str(sep)
		w.orderBy(s.OrderBy)
		sep = " "
	}
	if s.Frame != nil {
		w.str(sep)
		w.frame(s.Frame)
	}
}

var frameWords = [...]string{FrameRows: "ROWS", FrameRange: "RANGE", FrameGroups: "GROUPS"}

func (w *writer) frame(f *Frame) {
	w.str(frameWords[f.Unit], " BETWEEN ")
	w.bound(f.Start)
	w.str(" AND ")
	w.bound(f.End)
}

func (w *writer) bound(b Bound) {
	switch b.Kind {
	case UnboundedPreceding:
		w.str("UNBOUNDED PRECEDING")
	case UnboundedFollowing:
		w.str("UNBOUNDED FOLLOWING")
	case CurrentRow:
		w.str("CURRENT ROW")
	default:
		need := levelAny
		if id, ok := b.Offset.(*Ident); ok && !id.Quoted && strings.EqualFold(id.Name, "unbounded") {
			need = levelParens
		}
		w.expr(b.Offset, need)
		w.str(choose(b.Kind == Preceding, " PRECEDING", " FOLLOWING"))
	}
}

func (w *writer) typeName(t *TypeName) {
	w.str(strings.ToUpper(t.Name))
	if t.Length >= 0 {
		w.str("(", strconv.Itoa(t.Length), ")")
	}
	if len(t.Args) == 0 {
		return
	}
	w.str("(")
	for i, arg := range t.Args {
		w.str(comma(i))
		if i < len(t.Fields) && t.Fields[i] != "" {
			w.str(rowFieldName(t.Fields[i]), " ")
		}
		w.typeName(arg)
	}
	w.str(")")
}

// rowFieldName quotes the words that could be read as the beginning of the field's type.
func rowFieldName(name string) string {
	if strings.EqualFold(name, "double") || strings.EqualFold(name, "interval") {
		return quoted(name)
	}
	return QuoteIdent(name)
}
