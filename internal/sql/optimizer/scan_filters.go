package optimizer

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// scanFilters gives conditions that stand directly on a scan to the scan: bounds of time and conditions on one dimension or
// the measure name are decided there for good, bounds of measure values only help it to skip blocks.
func scanFilters(_ *run, root plan.Node) plan.Node {
	return everywhere(root, func(n plan.Node) plan.Node {
		f, ok := n.(*plan.Filter)
		if !ok {
			return n
		}
		scan, ok := f.Input.(*plan.Scan)
		if !ok {
			return n
		}
		c := *scan
		c.Series = append([]plan.SeriesFilter(nil), scan.Series...)
		c.Bounds = append([]plan.Bound(nil), scan.Bounds...)
		var rest []plan.Expr
		for _, t := range conjuncts(f.Pred) {
			if !absorb(&c, t) {
				rest = append(rest, t)
			}
		}
		if c.TimeFrom > c.TimeTo {
			return &plan.Values{Cols: c.Cols}
		}
		return filter(&c, rest)
	})
}

// absorb notes a condition in the scan and reports whether the scan decides it completely.
func absorb(s *plan.Scan, t plan.Expr) bool {
	source := map[plan.ColumnID]int{}
	for i, c := range s.Cols {
		source[c.ID] = s.Source[i]
	}
	uses := plan.Uses(t)
	if len(uses) != 1 {
		return false
	}
	var id plan.ColumnID
	for only := range uses {
		id = only
	}
	col, ok := source[id]
	if !ok {
		return false
	}
	switch s.Table.Columns[col].Role {
	case plan.RoleTime:
		return absorbTime(s, t)
	case plan.RoleDimension, plan.RoleMeasureName:
		return absorbSeries(s, t, id, col)
	}
	absorbBound(s, t, col)
	return false
}

// comparison reads "column op constant" in either order.
func comparison(t plan.Expr) (op string, value types.Value, ok bool) {
	call, isCall := t.(*plan.Call)
	if !isCall || len(call.Args) != 2 {
		return "", nil, false
	}
	_, colFirst := call.Args[0].(*plan.Col)
	_, colSecond := call.Args[1].(*plan.Col)
	if v, isConst := constOf(call.Args[1]); colFirst && isConst && v != nil {
		return call.Fn.Name, v, true
	}
	if v, isConst := constOf(call.Args[0]); colSecond && isConst && v != nil {
		if flipped, known := mirror[call.Fn.Name]; known {
			return flipped, v, true
		}
	}
	return "", nil, false
}

// mirror is each comparison with its sides swapped.
var mirror = map[string]string{"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func absorbTime(s *plan.Scan, t plan.Expr) bool {
	op, value, ok := comparison(t)
	if !ok {
		return false
	}
	at, ok := value.(int64)
	if !ok {
		return false
	}
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	switch op {
	case "=":
		from, to = at, at
	case ">=":
		from = at
	case "<=":
		to = at
	case ">":
		if at == math.MaxInt64 {
			return false
		}
		from = at + 1
	case "<":
		if at == math.MinInt64 {
			return false
		}
		to = at - 1
	default:
		return false
	}
	s.TimeFrom, s.TimeTo = max(s.TimeFrom, from), min(s.TimeTo, to)
	return true
}

// absorbSeries takes a condition on one dimension (or the measure name), to be decided once per value instead of once per
// row. A condition that can fail is left alone: it must not see values of series that other conditions exclude.
func absorbSeries(s *plan.Scan, t plan.Expr, id plan.ColumnID, col int) bool {
	if x, values, _ := membership(t); x != nil {
		if _, isCol := x.(*plan.Col); isCol {
			in := make([]string, len(values))
			for i, v := range values {
				in[i] = v.(string)
			}
			s.Series = append(s.Series, plan.SeriesFilter{Source: col, In: in})
			return true
		}
	}
	if canFail(t) || isVolatile(t) {
		return false
	}
	c := s.Table.Columns[col]
	s.Series = append(s.Series, plan.SeriesFilter{Source: col, Pred: t, Col: plan.Column{ID: id, Name: c.Name, Type: c.Type}})
	return true
}

// absorbBound notes the range of a measure value.
func absorbBound(s *plan.Scan, t plan.Expr, col int) {
	op, value, ok := comparison(t)
	if !ok || isNaN(value) {
		return
	}
	b := plan.Bound{Source: col}
	switch op {
	case "=":
		b.Low, b.High = value, value
	case ">", ">=":
		b.Low = value
	case "<", "<=":
		b.High = value
	default:
		return
	}
	s.Bounds = append(s.Bounds, b)
}
