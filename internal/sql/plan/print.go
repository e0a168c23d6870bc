package plan

import (
	"fmt"
	"math"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Tree prints a plan, one operator a line, inputs indented below.
func Tree(n Node) string {
	var b strings.Builder
	writeTree(&b, n, "", map[int]bool{})
	return b.String()
}

func writeTree(b *strings.Builder, n Node, indent string, seen map[int]bool) {
	fmt.Fprintf(b, "%s%s\n", indent, n.Label())
	if s, ok := n.(*Shared); ok {
		if seen[s.ID] {
			return
		}
		seen[s.ID] = true
	}
	for _, in := range n.Inputs() {
		writeTree(b, in, indent+"  ", seen)
	}
}

// Label methods.

// Label names the table, the columns read and what was pushed down.
func (n *Scan) Label() string {
	parts := []string{fmt.Sprintf("scan %s.%s [%s]", n.Table.Database, n.Table.Name, columnList(n.Cols))}
	if n.TimeFrom != math.MinInt64 {
		parts = append(parts, "from="+types.Text(types.Timestamp, n.TimeFrom))
	}
	if n.TimeTo != math.MaxInt64 {
		parts = append(parts, "to="+types.Text(types.Timestamp, n.TimeTo))
	}
	for _, f := range n.Series {
		if f.Pred != nil {
			parts = append(parts, "series("+f.Pred.String()+")")
		} else {
			parts = append(parts, fmt.Sprintf("series(%s in %s)", n.Table.Columns[f.Source].Name, quoteList(f.In)))
		}
	}
	for _, f := range n.Bounds {
		t := n.Table.Columns[f.Source].Type
		parts = append(parts, fmt.Sprintf("bound(%s..%s..%s)", literal(f.Low, t), n.Table.Columns[f.Source].Name, literal(f.High, t)))
	}
	return strings.Join(parts, " ")
}

// Label shows the number of rows.
func (n *Values) Label() string {
	return fmt.Sprintf("values [%s] rows=%d", columnList(n.Cols), len(n.Rows))
}

// Label shows the predicate.
func (n *Filter) Label() string { return "filter " + n.Pred.String() }

// Label shows the expressions.
func (n *Project) Label() string {
	parts := make([]string, len(n.Cols))
	for i, c := range n.Cols {
		if col, ok := n.Exprs[i].(*Col); ok && col.ID == c.ID {
			parts[i] = c.label()
		} else {
			parts[i] = c.label() + "=" + n.Exprs[i].String()
		}
	}
	return "project [" + strings.Join(parts, ", ") + "]"
}

// Label shows keys and aggregates.
func (n *Aggregate) Label() string {
	keys, aggs := make([]string, len(n.Keys)), make([]string, len(n.Aggs))
	for i, k := range n.Keys {
		keys[i] = k.Out.label() + "=" + k.Expr.String()
	}
	for i, a := range n.Aggs {
		aggs[i] = a.Out.label() + "=" + call(a.Fn.Name, a.Distinct, a.Args, a.OrderBy, a.Filter)
	}
	return fmt.Sprintf("aggregate by [%s] [%s]", strings.Join(keys, ", "), strings.Join(aggs, ", "))
}

// Label shows partition, order and functions.
func (n *Window) Label() string {
	funcs := make([]string, len(n.Funcs))
	for i, f := range n.Funcs {
		name := ""
		if f.Fn != nil {
			name = f.Fn.Name
		} else {
			name = f.Agg.Name
		}
		funcs[i] = f.Out.label() + "=" + call(name, f.Distinct, f.Args, nil, f.Filter)
		if f.IgnoreNulls {
			funcs[i] += " ignore nulls"
		}
		funcs[i] += " " + f.Frame.String()
	}
	return fmt.Sprintf("window partition [%s] order [%s] [%s]", exprList(n.Partition), keyList(n.Order), strings.Join(funcs, ", "))
}

// Label shows keys and limit.
func (n *Sort) Label() string {
	if n.Limit >= 0 {
		return fmt.Sprintf("top %d [%s]", n.Limit, keyList(n.Keys))
	}
	return fmt.Sprintf("sort [%s]", keyList(n.Keys))
}

// Label shows offset and count.
func (n *Limit) Label() string {
	if n.Offset > 0 {
		return fmt.Sprintf("limit %d offset %d", n.Count, n.Offset)
	}
	return fmt.Sprintf("limit %d", n.Count)
}

// Label shows kind and condition.
func (n *Join) Label() string {
	label := [...]string{"inner", "left", "right", "full"}[n.Kind] + " join"
	if len(n.Keys) == 0 && n.Residual == nil {
		return "cross join"
	}
	for i, k := range n.Keys {
		sep := " and "
		if i == 0 {
			sep = " on "
		}
		label += sep + k.L.String() + " = " + k.R.String()
	}
	if n.Residual != nil {
		label += " residual " + n.Residual.String()
	}
	return label
}

// Label shows the arguments.
func (n *Unnest) Label() string {
	label := "unnest [" + exprList(n.Args) + "] ["
	for i, cols := range n.Outs {
		if i > 0 {
			label += ", "
		}
		label += columnList(cols)
	}
	label += "]"
	if n.Ordinality != nil {
		label += " ordinality " + n.Ordinality.label()
	}
	if n.Outer {
		label += " outer"
	}
	return label
}

// Label shows the columns.
func (n *Union) Label() string { return "union all [" + columnList(n.Cols) + "]" }

// Label shows operation and columns.
func (n *SetOp) Label() string {
	label := "intersect"
	if n.Except {
		label = "except"
	}
	if n.All {
		label += " all"
	}
	return label + " [" + columnList(n.Cols) + "]"
}

// Label shows which shared query it is.
func (n *Shared) Label() string { return fmt.Sprintf("shared %d [%s]", n.ID, columnList(n.Cols)) }

// Label is a constant.
func (n *OneRow) Label() string { return "one row" }

// String returns the frame as it would be written.
func (f Frame) String() string {
	unit := "rows"
	switch {
	case f.Groups:
		unit = "groups"
	case f.Range:
		unit = "range"
	}
	return unit + " " + f.Start.String() + ".." + f.End.String()
}

// String returns the bound in short form.
func (b FrameBound) String() string {
	switch b.Kind {
	case UnboundedPreceding, UnboundedFollowing:
		return "unbounded"
	case CurrentRow:
		return "current"
	case Preceding:
		return b.Offset.String() + " preceding"
	}
	return b.Offset.String() + " following"
}

func (c Column) label() string { return fmt.Sprintf("%s#%d", c.Name, c.ID) }

func columnList(cols []Column) string {
	parts := make([]string, len(cols))
	for i, c := range cols {
		parts[i] = c.label()
	}
	return strings.Join(parts, ", ")
}

func exprList(exprs []Expr) string {
	parts := make([]string, len(exprs))
	for i, e := range exprs {
		parts[i] = e.String()
	}
	return strings.Join(parts, ", ")
}

func keyList(keys []SortKey) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = k.Expr.String()
		if k.Desc {
			parts[i] += " desc"
		}
		if k.NullsFirst {
			parts[i] += " nulls first"
		}
	}
	return strings.Join(parts, ", ")
}

func call(name string, distinct bool, args []Expr, orderBy []SortKey, filter Expr) string {
	s := name + "("
	if distinct {
		s += "distinct "
	}
	s += exprList(args)
	if len(orderBy) > 0 {
		s += " order by " + keyList(orderBy)
	}
	s += ")"
	if filter != nil {
		s += " filter " + filter.String()
	}
	return s
}

func quoteList(values []string) string {
	parts := make([]string, 0, len(values))
	for i, v := range values {
		if i == 8 && len(values) > 10 {
			parts = append(parts, fmt.Sprintf("... %d in all", len(values)))
			break
		}
		parts = append(parts, literal(v, types.Varchar))
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

func literal(v types.Value, t *types.Type) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		return "'" + strings.ReplaceAll(x, "'", "''") + "'"
	case []types.Value, types.Series:
		return fmt.Sprintf("%v", x)
	}
	return types.Text(t, v)
}

// String methods of expressions.

func (e *Col) String() string   { return fmt.Sprintf("%s#%d", e.Name, e.ID) }
func (e *Const) String() string { return literal(e.Value, e.T) }
func (e *Call) String() string {
	if len(e.Args) == 2 && (e.Fn.Name[0] < 'a' || e.Fn.Name[0] > 'z') {
		return "(" + e.Args[0].String() + " " + e.Fn.Name + " " + e.Args[1].String() + ")"
	}
	return e.Fn.Name + "(" + exprList(e.Args) + ")"
}
func (e *Lambda) String() string { return "(" + columnList(e.Params) + ") -> " + e.Body.String() }
func (e *And) String() string    { return joinTerms(e.Terms, " and ") }
func (e *Or) String() string     { return joinTerms(e.Terms, " or ") }
func (e *Not) String() string    { return "not " + e.X.String() }
func (e *IsNull) String() string { return e.X.String() + " is null" }
func (e *IsDistinct) String() string {
	return "(" + e.L.String() + " is distinct from " + e.R.String() + ")"
}
func (e *In) String() string { return e.X.String() + " in (" + exprList(e.List) + ")" }
func (e *InSet) String() string {
	parts := make([]string, len(e.Set))
	for i, v := range e.Set {
		parts[i] = literal(v, e.X.Type())
	}
	if e.HasNull {
		parts = append(parts, "null")
	}
	return e.X.String() + " in {" + strings.Join(parts, ", ") + "}"
}
func (e *Case) String() string {
	s := "case"
	for _, w := range e.Whens {
		s += " when " + w.Cond.String() + " then " + w.Result.String()
	}
	return s + " else " + e.Else.String() + " end"
}
func (e *Coalesce) String() string { return "coalesce(" + exprList(e.Args) + ")" }
func (e *Try) String() string      { return "try(" + e.X.String() + ")" }
func (e *Cast) String() string {
	word := "cast"
	if e.Try {
		word = "try_cast"
	}
	return word + "(" + e.X.String() + " as " + e.T.String() + ")"
}
func (e *Array) String() string { return "array[" + exprList(e.Elems) + "]" }
func (e *Row) String() string   { return "row(" + exprList(e.Fields) + ")" }
func (e *Field) String() string {
	return fmt.Sprintf("%s.%s", e.X, fieldName(e.X.Type(), e.Index))
}
func (e *Subquery) String() string {
	kind := [...]string{"scalar", "exists", "in", "any", "all"}[e.Kind]
	s := kind + " subquery"
	if e.X != nil {
		s = e.X.String() + " " + s
	}
	if len(e.Outer) > 0 {
		s += fmt.Sprintf(" correlated %v", e.Outer)
	}
	return s
}

func fieldName(t *types.Type, i int) string {
	if t.Kind == types.KindRow && t.Fields[i].Name != "" {
		return t.Fields[i].Name
	}
	return fmt.Sprintf("field%d", i)
}

func joinTerms(terms []Expr, sep string) string {
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = t.String()
	}
	return "(" + strings.Join(parts, sep) + ")"
}
