package differential_test

import "fmt"

// windowCall makes a call with OVER; nil if there is none of the type. Where the order of equal rows would show, the window is
// ordered by all columns, so that equal rows are the same.
func (g *generator) windowCall(typ string, s *scope, depth int) *tree {
	plain := s.child()
	plain.window, plain.subqueries = false, false
	arg := func(t string) *tree { return g.expr(t, plain, depth-2) }
	var call []any
	total := true
	switch n := g.rng.IntN(8); {
	case typ == "bigint" && n < 2:
		call, total = []any{g.pick([]string{"rank()", "dense_rank()"})}, false
	case typ == "bigint" && n < 4:
		call = []any{g.pick([]string{"row_number()", "ntile(3)", "ntile(7)"})}
	case typ == "double" && n < 3:
		call, total = []any{g.pick([]string{"percent_rank()", "cume_dist()"})}, false
	case n < 5 && isComparable(typ):
		nulls := g.pick([]string{"", "", " IGNORE NULLS"})
		switch g.rng.IntN(6) {
		case 0, 1:
			call = []any{g.pick([]string{"first_value(", "last_value("}), arg(typ), ")", nulls}
		case 2:
			call = []any{"nth_value(", arg(typ), ", " + g.pick([]string{"1", "2", "3"}) + ")", nulls}
		case 3:
			call = []any{g.pick([]string{"lag(", "lead("}), arg(typ), ")", nulls}
		case 4:
			call = []any{g.pick([]string{"lag(", "lead("}), arg(typ), ", " + g.pick([]string{"0", "1", "2"}) + ")", nulls}
		default:
			call = []any{g.pick([]string{"lag(", "lead("}), arg(typ), ", 1, ", arg(typ), ")", nulls}
		}
	default:
		over := s.child()
		over.window, over.subqueries = false, false
		if s.aggregate != nil { // aggregates of groups may stand in a window, one in the other
			over = plain
		}
		t := g.aggregateOver(typ, over, depth)
		if t == nil {
			return nil
		}
		call = []any{t}
	}
	return expr(typ, append(append([]any{"("}, call...), " OVER (", g.windowSpec(plain, total, depth), "))")...)
}

// aggregateOver makes an aggregate that may stand in a window: without ORDER BY of its own.
func (g *generator) aggregateOver(typ string, s *scope, depth int) *tree {
	choice := map[string][]string{
		"bigint":  {"count(*)", "count({T})", "sum({bigint} % 1000)", "count(DISTINCT {T})", "max({bigint})", "min({bigint})", "approx_distinct({T})", "count_if({boolean})"},
		"double":  {"sum({exact})", "avg({exact})", "max({double})", "min({exact})", "approx_percentile({double}, 0.5)"},
		"boolean": {"bool_and({boolean})", "bool_or({boolean})"},
	}[typ]
	kind, elem := elemOf(typ)
	switch {
	case kind == "array":
		choice = append(choice, "array_agg({T})")
	case elem != "":
		return nil
	default:
		elem = typ
		choice = append(choice, "max({T})", "min({T})")
	}
	template := g.pick(choice)
	if g.chance(6) {
		template += " FILTER (WHERE {boolean})"
	}
	return g.fill(template, typ, elem, s, depth-1)
}

// windowSpec makes what stands between the parentheses of OVER.
func (g *generator) windowSpec(s *scope, total bool, depth int) *tree {
	var parts []any
	if g.chance(2) {
		var keys []*tree
		for range 1 + g.rng.IntN(2) {
			keys = append(keys, g.expr(g.scalarType(), s, depth-2))
		}
		parts = append(parts, clause("PARTITION BY ", listOf(", ", 1, keys), " "))
	}
	if !total && g.chance(3) {
		return text(parts...)
	}
	if g.chance(5) { // RANGE with a distance
		types := [][]string{{"bigint", "0", "3", "100"}, {"double", "1.5", "0.0"}, {"timestamp", "5m", "INTERVAL '1' DAY", "1month"}, {"date", "INTERVAL '1' DAY", "1month"}}
		t := types[g.rng.IntN(len(types))]
		bound := func() string { return g.pick(t[1:]) }
		frame := g.pick([]string{bound() + " PRECEDING", "BETWEEN " + bound() + " PRECEDING AND " + bound() + " FOLLOWING",
			"BETWEEN " + bound() + " FOLLOWING AND UNBOUNDED FOLLOWING", "BETWEEN UNBOUNDED PRECEDING AND " + bound() + " FOLLOWING"})
		if !total {
			return text(append(parts, "ORDER BY ", g.expr(t[0], s, depth-2), g.direction(), clause(" RANGE "+frame))...)
		}
	}
	var keys []*tree
	if g.chance(2) || !total {
		keys = append(keys, text(g.expr(g.scalarType(), s, depth-2), g.direction()))
	}
	if total {
		for _, c := range s.cols {
			if isComparable(c.typ) {
				keys = append(keys, totalKey(c, g.direction()))
			}
		}
	}
	if len(keys) == 0 {
		return text(parts...)
	}
	parts = append(parts, "ORDER BY ", fixedList(", ", keys))
	if g.chance(2) {
		parts = append(parts, clause(" ", g.frame()))
	}
	return text(parts...)
}

// totalKey is a key that must not be simplified, since the order would not be total any more.
func totalKey(c column, direction string) *tree {
	if c.tree != nil {
		return text(c.tree, direction)
	}
	return text(c.text + direction)
}

func (g *generator) direction() string {
	return g.pick([]string{"", "", " DESC", " ASC NULLS FIRST", " DESC NULLS FIRST", " DESC NULLS LAST"})
}

// frame makes a frame without distances of keys.
func (g *generator) frame() string {
	n := func() string { return fmt.Sprint(g.rng.IntN(4)) }
	return g.pick([]string{
		"ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", "ROWS " + n() + " PRECEDING", "ROWS BETWEEN " + n() + " PRECEDING AND " + n() + " FOLLOWING",
		"ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", "ROWS BETWEEN " + n() + " FOLLOWING AND " + n() + " FOLLOWING",
		"ROWS BETWEEN " + n() + " PRECEDING AND " + n() + " PRECEDING", "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
		"RANGE BETWEEN CURRENT ROW AND CURRENT ROW", "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
		"ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", "GROUPS " + n() + " PRECEDING",
		"GROUPS BETWEEN " + n() + " PRECEDING AND " + n() + " FOLLOWING", "GROUPS BETWEEN " + n() + " FOLLOWING AND UNBOUNDED FOLLOWING",
	})
}
