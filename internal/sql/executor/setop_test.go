package executor

import (
	"math/rand/v2"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

func TestSetOperationsAgainstNaive(t *testing.T) {
	seeded(t, 30, func(t *testing.T, rng *rand.Rand) {
		ts := someTypes(rng, 1+rng.IntN(2))
		a, b := randomTable(rng, "a", rng.IntN(40), ts...), randomTable(rng, "b", rng.IntN(40), ts...)
		src := newSource(a, b)
		cols := func() (cols []plan.Column) {
			for _, t := range ts {
				cols = append(cols, newCol("u", t))
			}
			return cols
		}
		check(t, src, &plan.Union{Cols: cols(), In: []plan.Node{scanOf(a), scanOf(b), scanOf(a)}}, append(append(append([]row{}, a.rows...), b.rows...), a.rows...), true)
		for _, all := range []bool{false, true} {
			for _, except := range []bool{false, true} {
				check(t, src, &plan.SetOp{Except: except, All: all, Cols: cols(), L: scanOf(a), R: scanOf(b)}, naiveSetOp(a.rows, b.rows, except, all), true)
			}
		}
	})
}

func naiveSetOp(l, r []row, except, all bool) (out []row) {
	right := append([]row{}, r...)
	for _, row := range l {
		at := findRow(right, row)
		if at >= 0 && all {
			right = append(right[:at], right[at+1:]...)
		}
		if (at >= 0) == except || !all && findRow(out, row) >= 0 {
			continue
		}
		out = append(out, row)
	}
	return out
}

func TestUnnest(t *testing.T) {
	ints, series := types.ArrayOf(types.Bigint), types.TimeSeriesOf(types.Double)
	pairs := types.ArrayOf(types.RowOf(types.Field{Name: "a", Type: types.Bigint}, types.Field{Name: "b", Type: types.Varchar}))
	list := func(v ...types.Value) []types.Value { return v }
	in := valuesOf([]*types.Type{types.Varchar, ints, series, pairs},
		row{"one", list(int64(1), nil, int64(3)), types.Series{{Time: 5, Value: 0.5}, {Time: 6}}, list(list(int64(7), "x"), nil)},
		row{"none", nil, types.Series{}, nil},
		row{"few", list(int64(9)), nil, list(list(nil, "y"))})
	name := ref(in.Cols[0])
	node := func(outer bool, args ...int) *plan.Unnest {
		n := &plan.Unnest{Input: projectKeep(in, 0, 1, 2, 3), Outer: outer}
		for _, a := range args {
			n.Args = append(n.Args, ref(in.Cols[a]))
			switch a {
			case 1:
				n.Outs = append(n.Outs, []plan.Column{newCol("v", types.Bigint)})
			case 2:
				n.Outs = append(n.Outs, []plan.Column{newCol("time", types.Timestamp), newCol("value", types.Double)})
			case 3:
				n.Outs = append(n.Outs, []plan.Column{newCol("a", types.Bigint), newCol("b", types.Varchar)})
			}
		}
		return n
	}
	show := func(n *plan.Unnest) plan.Node {
		exprs := []plan.Expr{name}
		for _, cols := range n.Outs {
			for _, c := range cols {
				exprs = append(exprs, ref(c))
			}
		}
		if n.Ordinality != nil {
			exprs = append(exprs, ref(*n.Ordinality))
		}
		return projectOf(n, exprs...)
	}
	check(t, nil, show(node(false, 1)), []row{{"one", int64(1)}, {"one", nil}, {"one", int64(3)}, {"few", int64(9)}}, true)
	check(t, nil, show(node(true, 2)), []row{{"one", int64(5), 0.5}, {"one", int64(6), nil}, {"none", nil, nil}, {"few", nil, nil}}, true)
	check(t, nil, show(node(false, 3)), []row{{"one", int64(7), "x"}, {"one", nil, nil}, {"few", nil, "y"}}, true)
	all := node(true, 1, 2, 3)
	ordinality := newCol("n", types.Bigint)
	all.Ordinality = &ordinality
	check(t, nil, show(all), []row{
		{"one", int64(1), int64(5), 0.5, int64(7), "x", int64(1)},
		{"one", nil, int64(6), nil, nil, nil, int64(2)},
		{"one", int64(3), nil, nil, nil, nil, int64(3)},
		{"none", nil, nil, nil, nil, nil, nil},
		{"few", int64(9), nil, nil, nil, "y", int64(1)},
	}, true)
	constant := &plan.Unnest{Input: &plan.OneRow{}, Args: []plan.Expr{&plan.Const{Value: list(int64(4), int64(5)), T: ints}}, Outs: [][]plan.Column{{newCol("x", types.Bigint)}}}
	check(t, nil, constant, []row{{int64(4)}, {int64(5)}}, true)
	untyped := &plan.Unnest{Input: &plan.OneRow{}, Args: []plan.Expr{null(ints)}, Outs: [][]plan.Column{{newCol("x", types.Bigint)}}, Outer: true}
	check(t, nil, untyped, []row{{nil}}, true)
}

// projectKeep keeps columns under their own ids.
func projectKeep(in plan.Node, cols ...int) *plan.Project {
	p := &plan.Project{Input: in}
	for _, k := range cols {
		c := in.Columns()[k]
		p.Cols, p.Exprs = append(p.Cols, c), append(p.Exprs, ref(c))
	}
	return p
}

func TestLimit(t *testing.T) {
	var rows []row
	for i := range 20 {
		rows = append(rows, row{int64(i)})
	}
	tab := table("t", "x bigint", rows...)
	src := newSource(tab)
	for _, tt := range []struct{ offset, count int64 }{{0, 5}, {3, 5}, {0, 0}, {18, 100}, {25, 1}, {4, -1}, {7, 7}} {
		end := int64(20)
		if tt.count >= 0 {
			end = min(end, tt.offset+tt.count)
		}
		var want []row
		if tt.offset < end {
			want = rows[tt.offset:end]
		}
		check(t, src, &plan.Limit{Input: scanOf(tab), Offset: tt.offset, Count: tt.count}, want, true)
	}
}
