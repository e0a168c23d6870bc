package differential_test

import (
	"fmt"
	"regexp"
)

// shape says what a query must be like.
type shape struct {
	types  []string // of its columns; nil for any
	oneRow bool     // at most one row
	any    bool     // its columns may have types that cannot be compared
}

// statement makes a whole statement. ordered says that the order of its rows is known.
func (g *generator) statement() (t *tree, ordered bool) {
	g.budget = 5
	var with []*tree
	for i := range g.rng.IntN(5) - 2 {
		name := fmt.Sprintf("w%d", i+1)
		q, types := g.query(nil, shape{any: true}, 2)
		with = append(with, text(name+" AS (", q, ")"))
		g.named = append(g.named, source{name: name, cols: resultColumns(types)})
	}
	q, types := g.query(nil, shape{any: true}, 4)
	parts := []any{q}
	if len(with) > 0 {
		parts = []any{clause("WITH ", fixedList(", ", with), " "), q}
	}
	if !comparableAll(types) || !g.chance(3) {
		return text(parts...), false
	}
	if len(with) == 0 {
		parts = []any{"SELECT * FROM (", q, ") AS q"}
	} else {
		parts[1] = text("SELECT * FROM (", q, ") AS q")
	}
	return text(append(parts, g.orderBy(types, nil, false))...), true
}

func resultColumns(types []string) []column {
	var out []column
	for i, t := range types {
		out = append(out, column{text: fmt.Sprintf("c%d", i+1), typ: t})
	}
	return out
}

func comparableAll(types []string) bool {
	for _, t := range types {
		if !isComparable(t) {
			return false
		}
	}
	return true
}

// wanted returns the types that a query is to have.
func (g *generator) wanted(want shape) []string {
	if want.types != nil {
		return want.types
	}
	var types []string
	for range 1 + g.rng.IntN(4) {
		switch {
		case want.any && g.chance(12):
			types = append(types, "timeseries("+g.pick([]string{"double", "double", "bigint", "varchar"})+")")
		default:
			types = append(types, g.anyType())
		}
	}
	return types
}

// query makes a query over an outer scope, without parentheses.
func (g *generator) query(outer *scope, want shape, depth int) (*tree, []string) {
	types := g.wanted(want)
	switch {
	case depth > 1 && g.budget > 0 && !want.oneRow && comparableAll(types) && g.chance(6):
		g.budget--
		op := g.pick([]string{" UNION ", " UNION ALL ", " UNION ALL ", " INTERSECT ", " INTERSECT ALL ", " EXCEPT ", " EXCEPT ALL "})
		l, _ := g.query(outer, shape{types: types}, depth-1)
		r, _ := g.query(outer, shape{types: types}, depth-1)
		return text("(", l, ")", op, "(", r, ")"), types
	case !want.oneRow && g.chance(12):
		s := &scope{outer: outer}
		var rows []*tree
		for range 1 + g.rng.IntN(4) {
			var values []*tree
			for _, t := range types {
				values = append(values, g.expr(t, s, 1))
			}
			rows = append(rows, text("(", fixedList(", ", values), ")"))
		}
		if len(types) > 1 {
			return text("SELECT * FROM (VALUES ", listOf(", ", 1, rows), ") AS v"+names(resultColumns(types))), types
		}
	}
	return g.selectQuery(outer, types, want.oneRow, depth), types
}

// hasColumn is how a column looks in an expression.
var hasColumn = regexp.MustCompile(`\b[aw]\d+\.|\bhost\b`)

// selectQuery makes a SELECT with columns c1, c2 ... of the given types.
func (g *generator) selectQuery(outer *scope, types []string, oneRow bool, depth int) *tree {
	s := &scope{outer: outer, subqueries: depth > 1}
	var from, where, group, having *tree
	if !g.chance(15) {
		var sql *tree
		sql, s.cols = g.from(outer, depth)
		from = text(" FROM ", sql)
		if g.chance(3) {
			where = clause(" WHERE ", g.condition(s, depth))
		}
	}
	out := s
	if grouped := from != nil && (g.chance(3) || oneRow && g.chance(2)); grouped {
		out, group = g.groupBy(s, oneRow, depth)
		if g.chance(4) {
			h := out.child()
			having = clause(" HAVING ", g.likely(h, depth-1))
		}
		oneRow = oneRow && group != nil
	}
	out.window = from != nil && g.chance(3)
	var items, names []*tree
	for i, t := range types {
		names = append(names, text(fmt.Sprintf("c%d", i+1)))
		item := text(g.expr(t, out, depth-1), fmt.Sprintf(" AS c%d", i+1))
		item.linked = names[i]
		items = append(items, item)
	}
	parts := []any{"SELECT "}
	comparable := comparableAll(types)
	if comparable && g.chance(7) {
		parts = append(parts, clause("DISTINCT "))
	}
	parts = append(parts, listOf(", ", 1, items))
	for _, t := range []*tree{from, where, group, having} {
		if t != nil {
			parts = append(parts, t)
		}
	}
	switch {
	case oneRow && from != nil:
		parts = append(parts, g.orderBy(types, names, true))
	case comparable && g.chance(8):
		parts = append(parts, g.orderBy(types, names, false))
	}
	return text(parts...)
}

// orderBy makes an ORDER BY of all columns, perhaps with a limit.
func (g *generator) orderBy(types []string, names []*tree, oneRow bool) *tree {
	var keys []*tree
	for i := range types {
		name := text(fmt.Sprintf("c%d", i+1))
		if names != nil {
			name = names[i]
		}
		name.parts = append(name.parts, g.direction())
		keys = append(keys, name)
	}
	list := fixedList(", ", keys)
	switch {
	case oneRow:
		return text(" ORDER BY ", list, " LIMIT 1")
	case g.chance(2):
		return clause(" ORDER BY ", list, clause(" OFFSET "+fmt.Sprint(g.rng.IntN(3))), clause(" LIMIT "+fmt.Sprint(g.rng.IntN(6))))
	}
	return clause(" ORDER BY ", list)
}

// groupBy makes a GROUP BY, nil for the one group of all rows, and the scope of what is computed of groups.
func (g *generator) groupBy(s *scope, oneRow bool, depth int) (*scope, *tree) {
	under := s.child()
	out := &scope{outer: s.outer, aggregate: under, subqueries: s.subqueries}
	if oneRow || g.chance(4) {
		return out, nil
	}
	var keys []*tree
	for range 1 + g.rng.IntN(3) {
		plain := s.child()
		plain.subqueries = false
		t := g.anyType()
		key := g.expr(t, plain, g.rng.IntN(depth))
		if !hasColumn.MatchString(key.String()) {
			continue
		}
		keys = append(keys, key)
		c := column{tree: key, typ: t}
		if len(key.parts) == 1 && isText(key.parts[0]) {
			c = column{text: key.String(), typ: t}
		}
		out.cols = append(out.cols, c)
	}
	if len(keys) == 0 {
		return out, nil
	}
	list := fixedList(", ", keys)
	sets := g.rng.IntN(12)
	if sets < 4 && g.chance(2) {
		out.cols = append(out.cols, column{tree: expr("bigint", "CAST(GROUPING(", list, ") AS bigint)"), typ: "bigint"})
	}
	switch sets {
	case 0:
		return out, text(" GROUP BY ROLLUP (", list, ")")
	case 1:
		return out, text(" GROUP BY CUBE (", list, ")")
	case 2:
		return out, text(" GROUP BY GROUPING SETS ((), (", keys[0], "), (", list, "))")
	}
	return out, text(" GROUP BY ", list)
}

// condition makes what stands behind WHERE: often such that it can be pushed down to the scan.
func (g *generator) condition(s *scope, depth int) *tree {
	terms := []*tree{}
	for range 1 + g.rng.IntN(4)/3 {
		if g.chance(2) {
			if t := g.simpleCondition(s); t != nil {
				terms = append(terms, t)
				continue
			}
		}
		terms = append(terms, g.likely(s, depth-1))
	}
	return listOf(" AND ", 1, terms)
}

// likely makes a condition that is true more often than a random one.
func (g *generator) likely(s *scope, depth int) *tree {
	t := g.expr("boolean", s, depth)
	switch g.rng.IntN(4) {
	case 0:
		return t
	case 1:
		return expr("boolean", "COALESCE(", t, ", TRUE)")
	case 2:
		return expr("boolean", "(", t, " IS DISTINCT FROM FALSE)")
	}
	return expr("boolean", "(", t, " OR ", g.expr("boolean", s, depth), " IS NOT NULL)")
}

// simpleCondition compares a column with literals; nil without columns.
func (g *generator) simpleCondition(s *scope) *tree {
	if len(s.cols) == 0 {
		return nil
	}
	c := s.cols[g.rng.IntN(len(s.cols))]
	kind, _ := elemOf(c.typ)
	if literals[kind] == nil {
		return nil
	}
	x := expr(c.typ, c.text)
	lit := func() *tree { return g.literal(c.typ) }
	switch g.rng.IntN(5) {
	case 0:
		return expr("boolean", "(", x, " BETWEEN ", lit(), " AND ", lit(), ")")
	case 1:
		return expr("boolean", "(", x, " IN (", listOf(", ", 1, []*tree{lit(), lit(), lit()}), "))")
	case 2:
		return expr("boolean", "(", x, " = ", lit(), " OR ", x, " = ", lit(), ")")
	case 3:
		return expr("boolean", "(", x, " IS NOT NULL)")
	}
	return expr("boolean", "(", x, g.pick([]string{" = ", " < ", " >= ", " <> "}), lit(), ")")
}

// subqueryExpr makes a query used as a value.
func (g *generator) subqueryExpr(typ string, s *scope, depth int) *tree {
	g.budget--
	if typ == "boolean" && !g.chance(3) {
		t := g.scalarType()
		q, _ := g.query(s, shape{types: []string{t}}, min(depth, 2))
		switch g.rng.IntN(4) {
		case 0:
			return expr(typ, "(", clause("NOT "), "EXISTS (", q, "))")
		case 1:
			return expr(typ, "(", g.expr(t, s, depth-2), g.pick([]string{" = ANY ", " <> ALL ", " < ALL ", " >= ANY ", " <= ALL ", " > ANY "}), "(", q, "))")
		}
		return expr(typ, "(", g.expr(t, s, depth-2), g.pick([]string{" IN (", " NOT IN ("}), q, "))")
	}
	if typ == "exact" {
		typ = "double"
	}
	q, _ := g.query(s, shape{types: []string{typ}, oneRow: !g.mayFail || !g.chance(4)}, min(depth, 2))
	return expr(typ, "(", q, ")")
}
