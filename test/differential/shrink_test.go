package differential_test

import "time"

// shrink makes a statement smaller as long as fails says that it still fails, and until the time is over. Pieces are left
// out; expressions become one of their parts of the same type, or a literal.
func shrink(t *tree, until time.Time, fails func() bool) {
	for again := true; again; {
		again = false
		var places [][2]*tree
		t.walk(nil, func(t, parent *tree) { places = append(places, [2]*tree{t, parent}) })
		for _, p := range places {
			if time.Now().After(until) {
				return
			}
			if !p[0].gone && (leaveOut(p[0], p[1], fails) || simplify(p[0], fails)) {
				again = true
			}
		}
	}
}

// leaveOut tries the statement without a piece.
func leaveOut(t, parent *tree, fails func() bool) bool {
	if !t.drop || parent != nil && parent.sep != "" && parent.left() <= parent.least {
		return false
	}
	set := func(gone bool) {
		t.gone = gone
		if t.linked != nil {
			t.linked.gone = gone
		}
	}
	set(true)
	if fails() {
		return true
	}
	set(false)
	return false
}

// simplest are the literals that an expression may become.
var simplest = map[string][]string{
	"boolean": {"TRUE", "FALSE"}, "integer": {"1"}, "bigint": {"BIGINT '1'"}, "double": {"1.0"}, "varchar": {"'a'"},
	"timestamp": {"TIMESTAMP '2024-01-01'"}, "array(bigint)": {"ARRAY[BIGINT '1']"}, "interval day to second": {"1h"},
}

// simplify tries simpler expressions.
func simplify(t *tree, fails func() bool) bool {
	if t.typ == "" || len(t.parts) == 1 && isText(t.parts[0]) {
		return false
	}
	before := *t
	try := func(parts []any, sep string) bool {
		t.parts, t.sep = parts, sep
		if len(t.String()) < len(before.String()) && fails() {
			return true
		}
		*t = before
		return false
	}
	for _, literal := range simplest[t.typ] {
		if try([]any{literal}, "") {
			return true
		}
	}
	if try([]any{"CAST(NULL AS " + t.typ + ")"}, "") {
		return true
	}
	var inside []*tree
	for _, p := range t.parts {
		if sub, ok := p.(*tree); ok {
			sub.walk(nil, func(s, _ *tree) {
				if s.typ == t.typ {
					inside = append(inside, s)
				}
			})
		}
	}
	for _, s := range inside {
		if try(s.parts, s.sep) {
			return true
		}
	}
	return false
}

func isText(p any) bool {
	_, ok := p.(string)
	return ok
}
