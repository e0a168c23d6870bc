package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Key returns a text that two expressions of one SELECT have in common only if they have the same value in every row: same
// functions, columns, constants and types. Names of lambda parameters do not matter. A volatile call is equal only to
// itself, and a subquery to those that are written alike.
//
// It is not String, which is for people: there a subquery is one word, and 1 is any number.
func Key(e Expr) string {
	w := keyWriter{params: map[ColumnID]int{}}
	w.expr(e)
	return w.b.String()
}

type keyWriter struct {
	b      strings.Builder
	params map[ColumnID]int // of lambdas, numbered in the order of their occurrence
}

func (w *keyWriter) expr(e Expr) {
	switch e := e.(type) {
	case *Col:
		if n, ok := w.params[e.ID]; ok {
			fmt.Fprintf(&w.b, "$%d", n)
		} else {
			fmt.Fprintf(&w.b, "#%d", e.ID)
		}
	case *Const:
		w.b.WriteString(e.T.String() + " ")
		w.value(e.Value)
	case *Call:
		w.b.WriteString(e.Fn.Sig.String())
		if e.Fn.Volatile {
			fmt.Fprintf(&w.b, "@%p", e)
		}
		w.parts(e, e.T)
	case *Lambda:
		for _, p := range e.Params {
			w.params[p.ID] = len(w.params)
		}
		w.b.WriteString("->")
		w.expr(e.Body)
	case *Param:
		w.b.WriteString(strconv.Quote(e.String()) + e.T.String())
	case *InSet:
		w.b.WriteString("in")
		w.value(append([]types.Value{e.HasNull}, e.Set...))
		w.parts(e, nil)
	case *Cast:
		fmt.Fprintf(&w.b, "cast%v", e.Try)
		w.parts(e, e.T)
	case *Field:
		fmt.Fprintf(&w.b, "field%d", e.Index)
		w.parts(e, e.T)
	case *Subquery:
		w.subquery(e)
	default:
		fmt.Fprintf(&w.b, "%T", e)
		w.parts(e, e.Type())
	}
}

// parts writes the direct parts of an expression and its type.
func (w *keyWriter) parts(e Expr, t *types.Type) {
	w.b.WriteByte('(')
	for _, part := range Children(e) {
		w.expr(part)
		w.b.WriteByte(',')
	}
	w.b.WriteByte(')')
	if t != nil {
		w.b.WriteString(t.String())
	}
}

func (w *keyWriter) subquery(e *Subquery) {
	fmt.Fprintf(&w.b, "subquery %d %v ", e.Kind, e.Outer)
	if e.Compare != nil {
		w.b.WriteString(e.Compare.Name)
	}
	if e.Text == "" {
		fmt.Fprintf(&w.b, "@%p", e.Input)
	} else {
		w.b.WriteString(strconv.Quote(e.Text))
	}
	w.parts(e, e.T)
}

func (w *keyWriter) value(v types.Value) {
	switch v := v.(type) {
	case string:
		w.b.WriteString(strconv.Quote(v))
	case []types.Value:
		w.b.WriteByte('[')
		for _, e := range v {
			w.value(e)
			w.b.WriteByte(',')
		}
		w.b.WriteByte(']')
	case types.Series:
		for _, p := range v {
			fmt.Fprintf(&w.b, "%d=", p.Time)
			w.value(p.Value)
			w.b.WriteByte(',')
		}
	default:
		fmt.Fprint(&w.b, v)
	}
}
