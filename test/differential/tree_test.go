package differential_test

import "strings"

// tree is a piece of SQL that knows its parts, so that a statement that fails can be made smaller. The same tree may stand
// in several places, which then stay equal.
type tree struct {
	typ    string // of an expression; "" for other pieces
	parts  []any  // string or *tree
	sep    string // of a list: what stands between its parts
	least  int    // of a list: how many parts it must keep
	drop   bool   // the piece may be left out: a clause, or an item of a list
	gone   bool   // it has been
	linked *tree  // goes with it
}

// String returns the SQL.
func (t *tree) String() string {
	if t.gone {
		return ""
	}
	var b strings.Builder
	first := true
	for _, p := range t.parts {
		if sub, ok := p.(*tree); ok && sub.gone {
			continue
		}
		if !first {
			b.WriteString(t.sep)
		}
		first = false
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case *tree:
			b.WriteString(p.String())
		}
	}
	return b.String()
}

// text makes a piece of strings and trees.
func text(parts ...any) *tree { return &tree{parts: parts} }

// expr makes an expression.
func expr(typ string, parts ...any) *tree { return &tree{typ: typ, parts: parts} }

// clause makes a piece that may be left out.
func clause(parts ...any) *tree { return &tree{parts: parts, drop: true} }

// listOf makes a list whose items may be left out, except least of them.
func listOf(sep string, least int, items []*tree) *tree {
	t := &tree{sep: sep, least: least}
	for _, item := range items {
		item.drop = true
		t.parts = append(t.parts, item)
	}
	return t
}

// fixedList makes a list that stays as it is.
func fixedList(sep string, items []*tree) *tree {
	t := &tree{sep: sep}
	for _, item := range items {
		t.parts = append(t.parts, item)
	}
	return t
}

// left returns how many parts of a list are not gone.
func (t *tree) left() int {
	n := 0
	for _, p := range t.parts {
		if sub, ok := p.(*tree); !ok || !sub.gone {
			n++
		}
	}
	return n
}

// walk calls f for the tree and all of its parts that are not gone, with what they are part of.
func (t *tree) walk(parent *tree, f func(t, parent *tree)) {
	if t.gone {
		return
	}
	f(t, parent)
	for _, p := range t.parts {
		if sub, ok := p.(*tree); ok {
			sub.walk(t, f)
		}
	}
}
