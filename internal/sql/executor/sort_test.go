package executor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// randomKeys returns sort keys over some columns of a node.
func randomKeys(rng *rand.Rand, n plan.Node, count int) (keys []plan.SortKey, orders []sortOrder, places []int) {
	cols := n.Columns()
	for range count {
		p := rng.IntN(len(cols))
		o := sortOrder{rng.IntN(2) == 0, rng.IntN(2) == 0}
		keys = append(keys, plan.SortKey{Expr: ref(cols[p]), Desc: o.desc, NullsFirst: o.nullsFirst})
		orders, places = append(orders, o), append(places, p)
	}
	return keys, orders, places
}

// sortedRows is the stable order that keys ask for.
func sortedRows(rows []row, orders []sortOrder, places []int) []row {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b row) int {
		for k, p := range places {
			if c := compareKeys(a[p], b[p], orders[k]); c != 0 {
				return c
			}
		}
		return 0
	})
	return rows
}

func TestSortIsStable(t *testing.T) {
	seeded(t, 40, func(t *testing.T, rng *rand.Rand) {
		tab := randomTable(rng, "t", rng.IntN(60), append(someTypes(rng, 3), types.Bigint)...)
		for i, r := range tab.rows {
			r[3] = int64(i) // tells equal rows apart
		}
		scan := scanOf(tab)
		keys, orders, places := randomKeys(rng, scan, rng.IntN(4))
		want := sortedRows(tab.rows, orders, places)
		check(t, newSource(tab), &plan.Sort{Input: scan, Keys: keys, Limit: -1}, want, true)
		for _, n := range []int{0, 1, 5, 1000} {
			check(t, newSource(tab), &plan.Sort{Input: scan, Keys: keys, Limit: int64(n)}, want[:min(n, len(want))], true)
		}
	})
}

func TestSortByExpression(t *testing.T) {
	in := valuesOf([]*types.Type{types.Bigint}, row{int64(5)}, row{int64(2)}, row{int64(9)}, row{nil})
	keys := []plan.SortKey{{Expr: call("%", ref(in.Cols[0]), lit(5))}}
	want := []row{{int64(5)}, {int64(2)}, {int64(9)}, {nil}}
	check(t, nil, &plan.Sort{Input: in, Keys: keys, Limit: -1}, want, true)
	check(t, nil, &plan.Sort{Input: in, Keys: keys, Limit: 3}, want[:3], true)
}

func TestSortLargeInputs(t *testing.T) {
	const n = 90_000
	rng := rand.New(rand.NewPCG(5, 5))
	for _, ts := range [][]*types.Type{
		{types.Bigint}, {types.Varchar, types.Bigint}, {types.Double, types.Bigint}, {types.Varchar}, {types.Timestamp, types.Double},
	} {
		t.Run(fmt.Sprint(ts), func(t *testing.T) {
			rows := make([]row, n)
			for i := range rows {
				rows[i] = make(row, len(ts))
				for k, typ := range ts {
					switch {
					case rng.IntN(50) == 0:
					case typ == types.Varchar:
						rows[i][k] = fmt.Sprint("some text ", rng.IntN(1000))
					case typ == types.Double:
						rows[i][k] = rng.NormFloat64() * 100
					default:
						rows[i][k] = rng.Int64() >> rng.IntN(60)
					}
				}
			}
			orders := []sortOrder{{true, true}, {false, false}}[:len(ts)]
			keys := columnsFrom(rng, ts, rows)
			idx := rowsUpTo(n)
			if err := newRowSorter(keys, orders).sort(context.Background(), idx); err != nil {
				t.Fatal(err)
			}
			for i := 1; i < n; i++ {
				a, b, c := rows[idx[i-1]], rows[idx[i]], 0
				for k := range ts {
					if c = compareKeys(a[k], b[k], orders[k]); c != 0 {
						break
					}
				}
				if c > 0 || c == 0 && idx[i-1] > idx[i] {
					t.Fatalf("rows %v and %v are in the wrong order", a, b)
				}
			}
		})
	}
}

func TestTopNCutsCandidates(t *testing.T) {
	const n = 50_000
	rng := rand.New(rand.NewPCG(8, 8))
	tab := randomTable(rng, "t", 0, types.Double, types.Bigint)
	for i := range n {
		var x types.Value = float64(rng.IntN(2000))
		if rng.IntN(100) == 0 {
			x = []types.Value{nil, nan}[rng.IntN(2)]
		}
		tab.rows = append(tab.rows, row{x, int64(i)})
	}
	src := newSource(tab)
	src.batchRows = 1000
	scan := scanOf(tab)
	for _, o := range []sortOrder{{}, {desc: true}, {nullsFirst: true}, {true, true}} {
		want := sortedRows(tab.rows, []sortOrder{o}, []int{0})[:100]
		root := &plan.Sort{Input: scan, Keys: []plan.SortKey{{Expr: colOf(scan, "c0"), Desc: o.desc, NullsFirst: o.nullsFirst}}, Limit: 100}
		rows, stats, err := query(src, root, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := texts(rows); !slices.Equal(got, texts(want)) {
			t.Fatalf("%v: got %v\nwant %v", o, got, texts(want))
		}
		if stats.MemoryPeak > 1<<20 {
			t.Errorf("%v: top 100 held %d bytes", o, stats.MemoryPeak)
		}
	}
}

func TestTopNOfFlatColumnsWithoutNull(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	tab := table("t", "x bigint, d double, s varchar, host dim")
	for range 20_000 {
		d := float64(rng.IntN(3000)) / 8
		if rng.IntN(2000) == 0 {
			d = nan
		}
		tab.rows = append(tab.rows, row{int64(rng.IntN(3000) - 1500), d, fmt.Sprint(rng.IntN(3000)), fmt.Sprint("h", rng.IntN(50))})
	}
	src := newSource(tab)
	src.batchRows = 500
	for c := range 4 {
		for _, desc := range []bool{false, true} {
			scan := scanOf(tab)
			o := sortOrder{desc: desc}
			want := sortedRows(tab.rows, []sortOrder{o, {}}, []int{c, 0})[:50]
			keys := []plan.SortKey{{Expr: ref(scan.Cols[c]), Desc: desc}, {Expr: ref(scan.Cols[0])}}
			rows, _, err := query(src, &plan.Sort{Input: scan, Keys: keys, Limit: 50}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := texts(rows); !slices.Equal(got, texts(want)) {
				t.Fatalf("column %d, descending %v: got %v\nwant %v", c, desc, got, texts(want))
			}
		}
	}
}
