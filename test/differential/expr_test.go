package differential_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes random statements.
type generator struct {
	rng     *rand.Rand
	names   int      // used so far
	mayFail bool     // the statement may end in an error
	budget  int      // how many more subqueries and joins it may have
	named   []source // queries of WITH
}

func (g *generator) chance(of int) bool { return g.rng.IntN(of) == 0 }

func (g *generator) pick(list []string) string { return list[g.rng.IntN(len(list))] }

// scope is what an expression may name.
type scope struct {
	cols       []column
	outer      *scope
	aggregate  *scope // where aggregates are allowed: what their arguments see
	window     bool   // window functions are allowed
	subqueries bool
	lambda     bool // the body of a lambda, where series cannot be made up since that takes a subquery
}

// child returns a scope with the same columns for which nothing else is decided yet.
func (s *scope) child() *scope {
	c := *s
	c.cols = append([]column(nil), s.cols...)
	return &c
}

// scalarTypes are the types without parts, the more frequent ones more often.
var scalarTypes = []string{"bigint", "bigint", "double", "double", "varchar", "varchar", "boolean", "timestamp", "integer", "date", "interval day to second", "time", "interval year to month"}

func (g *generator) scalarType() string { return g.pick(scalarTypes) }

// anyType returns a type that can be compared.
func (g *generator) anyType() string {
	if g.chance(8) {
		return "array(" + g.scalarType() + ")"
	}
	return g.scalarType()
}

// isComparable reports whether values of a type can be equal or ordered.
func isComparable(typ string) bool { return !strings.Contains(typ, "timeseries") }

// elemOf returns the element type of array(T), timeseries(T).
func elemOf(typ string) (kind, elem string) {
	kind, elem, _ = strings.Cut(typ, "(")
	return kind, strings.TrimSuffix(elem, ")")
}

// expr makes an expression of a type.
func (g *generator) expr(typ string, s *scope, depth int) *tree {
	if c := g.column(typ, s); c != nil && (depth <= 0 && !g.chance(5) || g.chance(4)) {
		return c
	}
	switch {
	case depth <= 0:
		return g.literal(typ)
	case s.aggregate != nil && g.chance(2):
		if t := g.aggregate(typ, s, depth); t != nil {
			return t
		}
	case s.window && g.chance(3):
		if t := g.windowCall(typ, s, depth); t != nil {
			return t
		}
	case s.subqueries && isComparable(typ) && g.budget > 0 && g.chance(12):
		return g.subqueryExpr(typ, s, depth)
	case g.chance(10):
		return g.literal(typ)
	}
	kind, elem := elemOf(typ)
	choice := append([]string(nil), templates[typ]...)
	if elem != "" {
		choice = append(choice, templates[kind]...)
	} else if typ != "exact" {
		elem = typ
		if g.chance(4) {
			choice = append(choice[:0], templates["scalar"]...)
		}
	}
	if len(choice) == 0 || typ != "exact" && g.chance(4) {
		choice, elem = templates[anyTypes], typ
	}
	if s.lambda {
		choice = withoutSeries(choice)
	}
	if !isComparable(typ) && elem == typ { // generic templates that compare, or take arrays, are not for series
		return g.literal(typ)
	}
	sqlType := typ
	if typ == "exact" {
		sqlType = "double"
	}
	return g.fill(g.pick(choice), sqlType, elem, s, depth)
}

// withoutSeries leaves out templates that need a series.
func withoutSeries(choice []string) []string {
	var out []string
	for _, t := range choice {
		if !strings.Contains(t, "{timeseries(") {
			out = append(out, t)
		}
	}
	return out
}

// column returns a column of a type that is in scope, nil if there is none.
func (g *generator) column(typ string, s *scope) *tree {
	for at := s; at != nil; at = at.outer {
		var found []column
		for _, c := range at.cols {
			if c.typ == typ || typ == "exact" && c.exact {
				found = append(found, c)
			}
		}
		if len(found) > 0 && (at.outer == nil || !g.chance(4)) {
			c := found[g.rng.IntN(len(found))]
			if c.tree != nil && at != s {
				continue // a subquery can use plain columns of groups only
			}
			if c.tree != nil {
				return c.tree
			}
			return expr(c.typ, c.text)
		}
	}
	return nil
}

// literals are by type; "unit" and "width" are units of time and widths of bins.
var literals = map[string][]string{
	"boolean": {"TRUE", "FALSE", "CAST(NULL AS boolean)"},
	"integer": {"0", "1", "2", "3", "(-1)", "7", "100", "2147483647", "(-2147483648)", "CAST(NULL AS integer)"},
	"bigint":  {"BIGINT '0'", "BIGINT '1'", "BIGINT '2'", "BIGINT '7'", "BIGINT '-3'", "3000000000", "9223372036854775807", "BIGINT '-9223372036854775808'", "CAST(NULL AS bigint)"},
	"double":  {"0.0", "1.5", "(-2.25)", "0.25", "100.0", "1e300", "nan()", "infinity()", "(-infinity())", "CAST(NULL AS double)", "(-0.0)"},
	"exact":   {"0.0", "1.5", "(-2.25)", "0.25", "100.0", "CAST(NULL AS double)"},
	"varchar": {"''", "'a'", "'b'", "'abc'", "'A%'", "'été'", "'12'", "'1.5'", "'true'", "'2024-01-01 00:05'", "'cpu'", "'1'", "CAST(NULL AS varchar)"},
	"timestamp": {"TIMESTAMP '2024-01-01'", "TIMESTAMP '2024-01-01 00:05:00'", "TIMESTAMP '2024-01-01 00:12:30'", "TIMESTAMP '2023-12-31 23:00'", "now()", "ago(12h)", "ago(1d)",
		"TIMESTAMP '2262-04-11 23:47:16.854775807'", "TIMESTAMP '1677-09-21 00:12:44'", "TIMESTAMP '1969-12-31 23:59:59.999999999'", "CAST(NULL AS timestamp)"},
	"date":                   {"DATE '2024-01-01'", "DATE '2023-12-31'", "DATE '2020-02-29'", "DATE '1970-01-01'", "current_date", "CAST(NULL AS date)"},
	"time":                   {"TIME '00:05'", "TIME '23:59:59.999'", "TIME '12:00'", "CAST(NULL AS time)"},
	"interval day to second": {"5m", "1h", "INTERVAL '2' DAY", "(-3h)", "0s", "250ms", "36.5h", "CAST(NULL AS interval day to second)"},
	"interval year to month": {"1month", "INTERVAL '1' YEAR", "(-1month)", "13month", "CAST(NULL AS interval year to month)"},
	"unit":                   {"'second'", "'minute'", "'hour'", "'day'", "'week'", "'month'", "'quarter'", "'year'"},
	"width":                  {"1m", "5m", "10m", "1h", "7h", "1d", "7d"},
}

// literal makes a constant of a type.
func (g *generator) literal(typ string) *tree {
	kind, elem := elemOf(typ)
	switch {
	case kind == "array" && g.chance(6):
		return expr(typ, "CAST(NULL AS "+typ+")")
	case kind == "array" && g.chance(6):
		return expr(typ, "CAST(ARRAY[] AS "+typ+")")
	case kind == "array":
		var items []*tree
		for range 1 + g.rng.IntN(3) {
			items = append(items, g.literal(elem))
		}
		return expr(typ, "ARRAY[", fixedList(", ", items), "]")
	case kind == "timeseries":
		g.names++
		alias := fmt.Sprintf("t%d", g.names)
		rows := []*tree{}
		for range 1 + g.rng.IntN(4) {
			rows = append(rows, text("(", g.literal("timestamp"), ", ", g.literal(elem), ")"))
		}
		return expr(typ, "(SELECT create_time_series(x, y ORDER BY x, y) FROM (VALUES ", listOf(", ", 1, rows), ") AS "+alias+" (x, y))")
	case typ == "exact":
		return expr("double", g.pick(literals[typ]))
	}
	if literals[typ] == nil {
		panic("no literals of type " + typ)
	}
	return expr(typ, g.pick(literals[typ]))
}

// aggregate makes an aggregate call; nil if there is none of the type.
func (g *generator) aggregate(typ string, s *scope, depth int) *tree {
	kind, elem := elemOf(typ)
	choice := append([]string(nil), aggregateTemplates[typ]...)
	if elem != "" {
		choice = append(choice, aggregateTemplates[kind]...)
	} else {
		choice = append(choice, aggregateTemplates["scalar"]...)
		elem = typ
	}
	if g.chance(5) && isComparable(typ) {
		choice, elem = aggregateTemplates[anyTypes], typ
	}
	choice = g.allowed(choice)
	if len(choice) == 0 {
		return nil
	}
	template := g.pick(choice)
	if g.chance(6) && !strings.HasPrefix(template, "~") {
		template += " FILTER (WHERE {boolean})"
	}
	return g.fill(template, typ, elem, s.aggregate, depth-1)
}

// allowed leaves out the templates that only statements have that may fail.
func (g *generator) allowed(choice []string) []string {
	var out []string
	for _, t := range choice {
		if g.mayFail || !strings.HasPrefix(t, "?") {
			out = append(out, t)
		}
	}
	return out
}
