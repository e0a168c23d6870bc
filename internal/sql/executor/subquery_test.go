package executor

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

var comparisons = []string{"=", "<>", "<", "<=", ">", ">="}

func comparison(name string, t *types.Type) *function.Scalar {
	fn, _, err := function.ResolveScalar(name, []*types.Type{t, t}, nil)
	if err != nil {
		panic(err)
	}
	return fn
}

// compare3 is a comparison of scalars with three values.
func compare3(op string, a, b types.Value) types.Value {
	if a == nil || b == nil {
		return nil
	}
	if x, ok := a.(float64); ok && (x != x || b.(float64) != b.(float64)) {
		return op == "<>"
	}
	c := types.Compare(a, b)
	return map[string]bool{"=": c == 0, "<>": c != 0, "<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}[op]
}

// quantified is x op ANY (set), or ALL.
func quantified(op string, all bool, x types.Value, set []types.Value) types.Value {
	var out types.Value = all
	for _, v := range set {
		c := compare3(op, x, v)
		if all {
			out = and3(out, c)
		} else {
			out = not3(and3(not3(out), not3(c)))
		}
	}
	return out
}

func TestSubqueriesAgainstNaive(t *testing.T) {
	scalars := []*types.Type{types.Bigint, types.Double, types.Varchar, types.Boolean}
	seeded(t, 80, func(t *testing.T, rng *rand.Rand) {
		typ := scalars[rng.IntN(len(scalars))]
		outer := randomTable(rng, "o", 1+rng.IntN(12), typ, types.Bigint)
		inner := randomTable(rng, "i", rng.IntN(8), typ, types.Bigint)
		src := newSource(outer, inner)
		os, is := scanOf(outer), scanOf(inner)
		correlated := rng.IntN(2) == 0
		var in plan.Node = is
		var free []plan.ColumnID
		if correlated {
			in = &plan.Filter{Input: is, Pred: call(">=", ref(is.Cols[1]), ref(os.Cols[1]))}
			free = []plan.ColumnID{os.Cols[1].ID}
		}
		in = projectKeep(in, 0)
		op, kind := comparisons[rng.IntN(6)], plan.SubqueryExists+plan.SubqueryKind(rng.IntN(4))
		sub := &plan.Subquery{Kind: kind, Input: in, Outer: free, T: types.Boolean}
		if kind != plan.SubqueryExists {
			sub.X = ref(os.Cols[0])
		}
		if kind == plan.SubqueryAny || kind == plan.SubqueryAll {
			sub.Compare = comparison(op, typ)
		}
		var want []row
		for _, o := range outer.rows {
			var set []types.Value
			for _, i := range inner.rows {
				if !correlated || compare3(">=", i[1], o[1]) == true {
					set = append(set, i[0])
				}
			}
			var v types.Value
			switch kind {
			case plan.SubqueryExists:
				v = len(set) > 0
			case plan.SubqueryIn:
				v = quantified("=", false, o[0], set)
			default:
				v = quantified(op, kind == plan.SubqueryAll, o[0], set)
			}
			want = append(want, row{v})
		}
		check(t, src, projectOf(os, sub), want, true)
	})
}

func TestScalarSubqueries(t *testing.T) {
	outer := table("o", "x bigint", row{int64(1)}, row{int64(2)}, row{int64(1)}, row{int64(3)}, row{nil})
	inner := table("i", "k bigint, v varchar", row{int64(1), "one"}, row{int64(3), "three"}, row{int64(4), "four"}, row{int64(4), "vier"})
	src := newSource(outer, inner)
	os, is := scanOf(outer), scanOf(inner)
	lookup := func(x plan.Expr) plan.Expr {
		in := &plan.Filter{Input: is, Pred: call("=", ref(is.Cols[0]), x)}
		return &plan.Subquery{Input: projectKeep(in, 1), Outer: []plan.ColumnID{os.Cols[0].ID}, T: types.Varchar}
	}
	check(t, src, projectOf(os, lookup(ref(os.Cols[0]))), []row{{"one"}, {nil}, {"one"}, {"three"}, {nil}}, true)
	const multiple = "Scalar sub-query has returned multiple rows"
	checkError(t, src, projectOf(os, lookup(call("+", ref(os.Cols[0]), lit(2)))), multiple) // 2 + 2 has two rows
	checkError(t, src, projectOf(os, &plan.Try{X: lookup(call("+", ref(os.Cols[0]), lit(2)))}), multiple)
	// A branch that no row takes does not run its subquery.
	bad := &plan.Subquery{Input: projectKeep(is, 1), T: types.Varchar}
	check(t, src, projectOf(os, &plan.Case{Whens: []plan.When{{Cond: call("=", ref(os.Cols[0]), lit(9)), Result: bad}}, Else: lit("-"), T: types.Varchar}),
		[]row{{"-"}, {"-"}, {"-"}, {"-"}, {"-"}}, true)
	checkError(t, src, projectOf(os, bad), multiple)
	none := &plan.Subquery{Input: &plan.Limit{Input: projectKeep(is, 1), Count: 0}, T: types.Varchar}
	check(t, src, projectOf(os, none), []row{{nil}, {nil}, {nil}, {nil}, {nil}}, true)
}

func TestUncorrelatedSubqueryRunsOnceAndLate(t *testing.T) {
	outer, inner := table("o", "x bigint"), table("i", "y bigint", row{int64(7)})
	src := newSource(outer, inner)
	os, is := scanOf(outer), scanOf(inner)
	root := projectOf(os, call("+", ref(os.Cols[0]), &plan.Subquery{Input: is, T: types.Bigint}))
	check(t, src, root, nil, true)
	if len(src.scans) != len(batchSizes) {
		t.Errorf("%d scans for no rows", len(src.scans))
	}
	for i := range 20 {
		outer.rows = append(outer.rows, row{int64(i)})
	}
	src.scans = nil
	if _, _, err := query(src, root, Options{BatchRows: 2}); err != nil || len(src.scans) != 2 {
		t.Errorf("%d scans, want 2 (%v)", len(src.scans), err)
	}
}

func TestCorrelatedSubqueryReadsTablesOnce(t *testing.T) {
	outer, inner := table("o", "x bigint"), table("i", "k bigint, host dim")
	for i := range 50 {
		outer.rows = append(outer.rows, row{int64(i % 25)})
		inner.rows = append(inner.rows, row{int64(i), fmt.Sprint("h", i%3)})
	}
	src := newSource(outer, inner)
	os, is := scanOf(outer), scanOf(inner)
	in := &plan.Filter{Input: &plan.Filter{Input: is, Pred: call("<>", ref(is.Cols[1]), lit("h0"))}, Pred: call("=", ref(is.Cols[0]), ref(os.Cols[0]))}
	sub := &plan.Subquery{Kind: plan.SubqueryExists, Input: in, Outer: []plan.ColumnID{os.Cols[0].ID}, T: types.Boolean}
	var want []row
	for i := range 50 {
		if i%25%3 != 0 {
			want = append(want, row{int64(i % 25)})
		}
	}
	root := &plan.Filter{Input: os, Pred: sub}
	check(t, src, root, want, true)
	src.scans = nil
	if _, _, err := query(src, root, Options{BatchRows: 2}); err != nil || len(src.scans) != 2 {
		t.Errorf("%d scans, want 2 (%v)", len(src.scans), err)
	}
	// With too little memory to keep the table it is read again and again, with the same result.
	for range 1000 {
		inner.rows = append(inner.rows, row{int64(-1), "h1"})
	}
	src.scans = nil
	rows, _, err := query(src, root, Options{BatchRows: 2, MemoryBytesMax: 40_000})
	if err != nil || len(rows) != len(want) {
		t.Errorf("%d rows, want %d (%v)", len(rows), len(want), err)
	}
	if len(src.scans) < 10 {
		t.Errorf("%d scans: the table was kept", len(src.scans))
	}
}

func TestNestedCorrelation(t *testing.T) {
	a, b, c := table("a", "x bigint"), table("b", "y bigint"), table("c", "z bigint")
	for i := range 6 {
		a.rows = append(a.rows, row{int64(i)})
		b.rows = append(b.rows, row{int64(i)})
		c.rows = append(c.rows, row{int64(i)})
	}
	src := newSource(a, b, c)
	as, bs, cs := scanOf(a), scanOf(b), scanOf(c)
	x, y, z := ref(as.Cols[0]), ref(bs.Cols[0]), ref(cs.Cols[0])
	// count of y where exists z = x + y
	exists := &plan.Subquery{Kind: plan.SubqueryExists, T: types.Boolean, Outer: []plan.ColumnID{y.ID, x.ID},
		Input: &plan.Filter{Input: cs, Pred: call("=", z, call("+", x, y))}}
	count := &plan.Subquery{Input: aggregateOf(&plan.Filter{Input: bs, Pred: exists}, nil, agg("count")), Outer: []plan.ColumnID{x.ID}, T: types.Bigint}
	check(t, src, projectOf(as, count), []row{{int64(6)}, {int64(5)}, {int64(4)}, {int64(3)}, {int64(2)}, {int64(1)}}, true)
	count.Outer, exists.Outer = nil, nil // found by itself
	check(t, src, projectOf(as, count), []row{{int64(6)}, {int64(5)}, {int64(4)}, {int64(3)}, {int64(2)}, {int64(1)}}, true)
}

func TestScalarSubqueryWithoutFrom(t *testing.T) {
	tab := table("t", "x bigint", row{int64(1)}, row{int64(5)}, row{nil})
	scan := scanOf(tab)
	sub := &plan.Subquery{Input: projectOf(&plan.OneRow{}, call(">", ref(scan.Cols[0]), lit(2))), Outer: []plan.ColumnID{scan.Cols[0].ID}, T: types.Boolean}
	check(t, newSource(tab), &plan.Filter{Input: scan, Pred: sub}, []row{{int64(5)}}, true)
}

func TestInSubqueryOfRows(t *testing.T) {
	pair := types.RowOf(types.Field{Type: types.Bigint}, types.Field{Type: types.Bigint})
	in := valuesOf([]*types.Type{pair}, row{[]types.Value{int64(1), int64(2)}}, row{[]types.Value{int64(1), nil}}, row{[]types.Value{int64(9), nil}}, row{nil})
	set := valuesOf([]*types.Type{pair}, row{[]types.Value{int64(1), int64(2)}}, row{[]types.Value{nil, int64(3)}})
	check(t, nil, projectOf(in, &plan.Subquery{Kind: plan.SubqueryIn, X: ref(in.Cols[0]), Input: set, T: types.Boolean}), []row{{true}, {nil}, {nil}, {nil}}, true)
}

func TestSharedQueries(t *testing.T) {
	tab := table("t", "x bigint", row{int64(3)}, row{int64(1)}, row{int64(2)})
	src := newSource(tab)
	scan := scanOf(tab)
	occurrence := func() *plan.Shared {
		return &plan.Shared{ID: 1, Input: scan, Cols: []plan.Column{newCol("x", types.Bigint)}}
	}
	check(t, src, &plan.Union{Cols: []plan.Column{newCol("u", types.Bigint)}, In: []plan.Node{occurrence(), &plan.Limit{Input: occurrence(), Count: 1}, occurrence()}},
		[]row{{int64(3)}, {int64(1)}, {int64(2)}, {int64(3)}, {int64(3)}, {int64(1)}, {int64(2)}}, true)
	if len(src.scans) != len(batchSizes) {
		t.Errorf("%d scans, want one a run", len(src.scans))
	}
	// Once in the statement, once in a correlated subquery.
	a, b := occurrence(), occurrence()
	rank := &plan.Subquery{Outer: []plan.ColumnID{a.Cols[0].ID}, T: types.Bigint,
		Input: aggregateOf(&plan.Filter{Input: b, Pred: call("<=", ref(b.Cols[0]), ref(a.Cols[0]))}, nil, agg("count"))}
	src.scans = nil
	check(t, src, projectOf(a, ref(a.Cols[0]), rank), []row{{int64(3), int64(3)}, {int64(1), int64(1)}, {int64(2), int64(2)}}, true)
	if len(src.scans) != len(batchSizes) {
		t.Errorf("%d scans, want one a run", len(src.scans))
	}
	// Shared within a correlated subquery and dependent on the outer row.
	outer := scanOf(tab)
	dependent := projectOf(&plan.OneRow{}, call("*", ref(outer.Cols[0]), lit(10)))
	use := func() *plan.Shared {
		return &plan.Shared{ID: 2, Input: dependent, Cols: []plan.Column{newCol("y", types.Bigint)}}
	}
	u := &plan.Union{Cols: []plan.Column{newCol("u", types.Bigint)}, In: []plan.Node{use(), use()}}
	sum := &plan.Subquery{Outer: []plan.ColumnID{outer.Cols[0].ID}, Input: aggregateOf(u, nil, agg("sum", ref(u.Cols[0]))), T: types.Bigint}
	check(t, src, projectOf(outer, sum), []row{{int64(60)}, {int64(20)}, {int64(40)}}, true)
}
