package executor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// aggregateOf groups by some columns of an operator.
func aggregateOf(in plan.Node, keys []int, aggs ...plan.AggExpr) *plan.Aggregate {
	a := &plan.Aggregate{Input: in, Aggs: aggs}
	for _, k := range keys {
		c := in.Columns()[k]
		a.Keys = append(a.Keys, plan.KeyExpr{Out: newCol(c.Name, c.Type), Expr: ref(c)})
	}
	return a
}

// grouped splits rows by some columns, groups in order of appearance.
func grouped(rows []row, keys []int) (groupKeys []row, groups [][]row) {
	for _, r := range rows {
		key := make(row, len(keys))
		for i, k := range keys {
			key[i] = r[k]
		}
		g := findRow(groupKeys, key)
		if g < 0 {
			g = len(groups)
			groupKeys, groups = append(groupKeys, key), append(groups, nil)
		}
		groups[g] = append(groups[g], r)
	}
	return groupKeys, groups
}

func TestGroupByAgainstNaive(t *testing.T) {
	seeded(t, 60, func(t *testing.T, rng *rand.Rand) {
		nkeys := rng.IntN(4)
		tab := randomTable(rng, "t", rng.IntN(80), append(someTypes(rng, nkeys), types.Bigint, types.Boolean)...)
		scan := scanOf(tab)
		x, b := ref(scan.Cols[nkeys]), ref(scan.Cols[nkeys+1])
		keys := make([]int, nkeys)
		for i := range keys {
			keys[i] = i
		}
		count, sum, distinctCount, filtered := agg("count"), agg("sum", x), agg("count", x), agg("count", x)
		distinctCount.Distinct = true
		filtered.Filter = b
		list := agg("array_agg", x)
		list.OrderBy = []plan.SortKey{{Expr: x, Desc: true, NullsFirst: true}}
		unique := list
		unique.Out, unique.Distinct = newCol("unique", list.Out.Type), true
		groupKeys, groups := grouped(tab.rows, keys)
		if nkeys == 0 && len(groups) == 0 {
			groupKeys, groups = []row{{}}, [][]row{{}}
		}
		var want []row
		for g, key := range groupKeys {
			want = append(want, append(slices.Clone(key), naiveAggregates(groups[g], nkeys)...))
		}
		check(t, newSource(tab), aggregateOf(scan, keys, count, sum, distinctCount, filtered, list, unique), want, false)
		if nkeys > 0 {
			check(t, newSource(tab), aggregateOf(scan, keys), groupKeys, true)
		}
	})
}

// naiveAggregates computes count(*), sum(x), count(DISTINCT x), count(x) FILTER (WHERE b), array_agg(x ORDER BY x DESC
// NULLS FIRST), the same with DISTINCT, of column x and the one after it.
func naiveAggregates(rows []row, x int) row {
	var sum types.Value
	distinct, filtered, unique := int64(0), int64(0), []types.Value{}
	list := []types.Value{}
	for _, r := range sortedRows(rows, []sortOrder{{true, true}}, []int{x}) {
		v := r[x]
		list = append(list, v)
		if !slices.ContainsFunc(unique, func(u types.Value) bool { return notDistinct(u, v) }) {
			unique = append(unique, v)
			if v != nil {
				distinct++
			}
		}
		if v == nil {
			continue
		}
		if sum == nil {
			sum = int64(0)
		}
		sum = sum.(int64) + v.(int64)
		if r[x+1] == true {
			filtered++
		}
	}
	return row{int64(len(rows)), orNil(sum, len(rows) > 0), distinct, filtered, orNil(list, len(rows) > 0), orNil(unique, len(rows) > 0)}
}

func orNil(v types.Value, ok bool) types.Value {
	if !ok {
		return nil
	}
	return v
}

func TestAggregateEdges(t *testing.T) {
	tab := table("t", "x bigint")
	scan := scanOf(tab)
	src := newSource(tab)
	check(t, src, aggregateOf(scan, nil, agg("count"), agg("max", ref(scan.Cols[0]))), []row{{int64(0), nil}}, true)
	check(t, src, aggregateOf(scan, []int{0}, agg("count")), nil, true)
	check(t, src, aggregateOf(scan, []int{0}), nil, true)
	one := &plan.OneRow{}
	check(t, nil, aggregateOf(one, nil, agg("count")), []row{{int64(1)}}, true)
	n := 0
	positive := agg("count", callFn(mark(&n), types.Boolean, ref(scan.Cols[0])))
	positive.Filter = call(">", ref(scan.Cols[0]), lit(0))
	tab.rows = []row{{int64(-1)}, {int64(4)}}
	check(t, src, aggregateOf(scan, nil, positive), []row{{int64(1)}}, true) // the argument is not evaluated for other rows
}

func TestDistinctStreams(t *testing.T) {
	tab := table("t", "x bigint")
	for i := range 1000 {
		tab.rows = append(tab.rows, row{int64(i % 10)})
	}
	src := newSource(tab)
	src.endless = true
	scan := scanOf(tab)
	root := &plan.Limit{Input: aggregateOf(scan, []int{0}), Count: 5}
	rows, _, err := query(src, root, Options{})
	if err != nil || len(rows) != 5 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestGroupsMerge(t *testing.T) {
	seeded(t, 20, func(t *testing.T, rng *rand.Rand) {
		ts := append(someTypes(rng, 2), types.Bigint, types.Boolean)
		tab := randomTable(rng, "t", 60, ts...)
		scan := scanOf(tab)
		x := ref(scan.Cols[2])
		distinct, list := agg("count", x), agg("array_agg", x)
		distinct.Distinct = true
		list.OrderBy = []plan.SortKey{{Expr: x}}
		unique := list
		unique.Out, unique.Distinct = newCol("unique", list.Out.Type), true
		node := aggregateOf(scan, []int{0, 1}, agg("count"), agg("sum", x), distinct, list, unique)
		b := &builder{run: &run{memory: memory{limit: 1 << 30}}}
		one, parts := b.newGroups(node), []*groups{b.newGroups(node), b.newGroups(node), b.newGroups(node)}
		ctx := context.Background()
		for from := 0; from < len(tab.rows); from += 10 {
			batch := &vector.Batch{Cols: columnsFrom(rng, ts, tab.rows[from:from+10]), Rows: 10}
			if err := one.absorb(ctx, batch); err != nil {
				t.Fatal(err)
			}
			if err := parts[from/20].absorb(ctx, batch); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range parts[1:] {
			if err := parts[0].merge(ctx, p); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := groupsText(t, parts[0]), groupsText(t, one); !slices.Equal(got, want) {
			t.Fatalf("merged:\n%v\nat once:\n%v", got, want)
		}
	})
}

func groupsText(t *testing.T, g *groups) []string {
	if err := g.finish(context.Background()); err != nil {
		t.Fatal(err)
	}
	cols := g.table.columns(0, g.len())
	for _, c := range g.calls {
		v, err := c.acc.Result(0, g.len())
		if err != nil {
			t.Fatal(err)
		}
		cols = append(cols, v)
	}
	out := make([]string, g.len())
	for i := range out {
		for _, c := range cols {
			out[i] += fmt.Sprint(text(row{c.Value(i)}), "|")
		}
	}
	return sorted(out)
}
