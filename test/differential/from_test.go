package differential_test

import (
	"fmt"
	"strings"
)

// source is something that stands in FROM.
type source struct {
	name string // of a query of WITH
	cols []column
}

// from makes what stands behind FROM, and the columns that it gives.
func (g *generator) from(outer *scope, depth int) (*tree, []column) {
	sql, cols := g.relation(outer, true, depth)
	for g.budget > 0 && g.chance(3) {
		g.budget--
		switch {
		case g.chance(4):
			sql, cols = g.joinUnnest(sql, cols, outer, depth)
		case g.chance(12): // nothing may follow, since a comma binds less than JOIN
			right, more := g.relation(outer, false, depth-1)
			return text(sql, ", ", right), withoutAmbiguous(append(cols, more...))
		default:
			sql, cols = g.join(sql, cols, outer, depth)
		}
	}
	return sql, cols
}

// alias makes a name and the columns under it.
func (g *generator) alias(cols []column) (string, []column) {
	g.names++
	name := fmt.Sprintf("a%d", g.names)
	out := append([]column(nil), cols...)
	for i := range out {
		out[i].text = name + "." + out[i].text
	}
	return name, out
}

// relation makes one relation. The first one may be an UNNEST.
func (g *generator) relation(outer *scope, first bool, depth int) (*tree, []column) {
	if depth > 1 {
		switch n := g.rng.IntN(12); {
		case n < 2 && g.budget > 0:
			g.budget--
			q, types := g.query(nil, shape{any: true}, depth-1)
			name, cols := g.alias(resultColumns(types))
			return text("(", q, ") AS "+name), cols
		case n < 5 && len(g.named) > 0:
			w := g.named[g.rng.IntN(len(g.named))]
			name, cols := g.alias(w.cols)
			return text(w.name + " AS " + name + names(w.cols)), cols
		case n == 5:
			return g.valuesRelation()
		case n == 6 && first:
			t := g.anyType()
			name, cols := g.alias([]column{{text: "c1", typ: t}})
			return text("UNNEST(", g.expr("array("+t+")", &scope{outer: outer}, 1), ") AS "+name+" (c1)"), cols
		}
	}
	base := &tables[g.pickTable()]
	name, cols := g.alias(base.cols)
	return text("test." + base.name + " AS " + name), cols
}

// pickTable returns the number of a table, seldom that of the empty one.
func (g *generator) pickTable() int {
	if g.chance(12) {
		return 2
	}
	return g.rng.IntN(2)
}

// names lists column names for an alias.
func names(cols []column) string {
	var out []string
	for i := range cols {
		out = append(out, fmt.Sprintf("c%d", i+1))
	}
	return " (" + strings.Join(out, ", ") + ")"
}

func (g *generator) valuesRelation() (*tree, []column) {
	types := []string{g.scalarType(), g.scalarType()}
	var rows []*tree
	for range 1 + g.rng.IntN(5) {
		rows = append(rows, text("(", g.literal(types[0]), ", ", g.literal(types[1]), ")"))
	}
	name, cols := g.alias(resultColumns(types))
	return text("(VALUES ", listOf(", ", 1, rows), ") AS "+name+" (c1, c2)"), cols
}

// joinUnnest expands arrays or a time series of the left side.
func (g *generator) joinUnnest(left *tree, cols []column, outer *scope, depth int) (*tree, []column) {
	s := &scope{cols: cols, outer: outer}
	var args []*tree
	var outs []column
	switch {
	case g.chance(4):
		args = append(args, g.expr("timeseries(double)", s, depth-1))
		outs = []column{{text: "t", typ: "timestamp"}, {text: "v", typ: "double"}}
	default:
		for i := range 1 + g.rng.IntN(2) {
			t := g.anyType()
			args = append(args, g.expr("array("+t+")", s, depth-1))
			outs = append(outs, column{text: fmt.Sprintf("c%d", i+1), typ: t})
		}
	}
	ordinality := ""
	if g.chance(3) {
		ordinality = " WITH ORDINALITY"
		outs = append(outs, column{text: "o", typ: "bigint"})
	}
	name, more := g.alias(outs)
	var list []string
	for _, c := range outs {
		list = append(list, c.text)
	}
	join, on := " CROSS JOIN UNNEST(", ""
	if g.chance(3) {
		join, on = " LEFT JOIN UNNEST(", " ON TRUE"
	}
	return text(left, join, fixedList(", ", args), ")"+ordinality+" AS "+name+" ("+strings.Join(list, ", ")+")"+on), append(cols, more...)
}

// join joins one more relation.
func (g *generator) join(left *tree, cols []column, outer *scope, depth int) (*tree, []column) {
	right, more := g.relation(outer, false, depth-1)
	all := withoutAmbiguous(append(append([]column(nil), cols...), more...))
	if g.chance(8) {
		return text(left, " CROSS JOIN ", right), all
	}
	kind := g.pick([]string{" JOIN ", " JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN "})
	if used, ok := usingHost(cols, more); ok && g.chance(4) {
		return text(left, kind, right, " USING (host)"), used
	}
	s := &scope{cols: all, outer: outer}
	var terms []*tree
	for range 1 + g.rng.IntN(4)/3 {
		if t := g.equality(cols, more); t != nil && !g.chance(6) {
			terms = append(terms, t)
		}
	}
	if len(terms) == 0 || g.chance(8) {
		terms = append(terms, g.likely(s, depth-2))
	}
	return text(left, kind, right, " ON ", listOf(" AND ", 1, terms)), all
}

// withoutAmbiguous leaves out the column that a join USING gave if another one has the same name now.
func withoutAmbiguous(cols []column) []column {
	var out []column
	hosts := 0
	for _, c := range cols {
		if c.text == "host" || strings.HasSuffix(c.text, ".host") {
			hosts++
		}
	}
	for _, c := range cols {
		if c.text != "host" || hosts == 1 {
			out = append(out, c)
		}
	}
	return out
}

// equality compares a column of each side, often those of the same name; nil if no types fit.
func (g *generator) equality(left, right []column) *tree {
	for try := range 40 {
		l, r := left[g.rng.IntN(len(left))], right[g.rng.IntN(len(right))]
		_, lname, _ := strings.Cut(l.text, ".")
		_, rname, _ := strings.Cut(r.text, ".")
		if lname != rname && try < 30 {
			continue
		}
		if l.typ == r.typ && isComparable(l.typ) {
			return expr("boolean", "(", expr(l.typ, l.text), " = ", expr(r.typ, r.text), ")")
		}
	}
	return nil
}

// usingHost returns the columns of a join USING (host), if both sides have exactly one such column.
func usingHost(left, right []column) ([]column, bool) {
	found := 0
	out := []column{{text: "host", typ: "varchar"}}
	for _, c := range append(append([]column(nil), left...), right...) {
		if c.text == "host" {
			return nil, false
		}
		if strings.HasSuffix(c.text, ".host") {
			found++
			continue
		}
		out = append(out, c)
	}
	return out, found == 2
}
