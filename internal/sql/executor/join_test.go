package executor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// naiveJoin joins rows by nested loops; match tells whether two rows match.
func naiveJoin(kind plan.JoinKind, l, r []row, match func(l, r row) bool, lcols, rcols int) (out []row) {
	met := make([]bool, len(r))
	for _, a := range l {
		found := false
		for j, b := range r {
			if match(a, b) {
				found, met[j] = true, true
				out = append(out, append(slices.Clone(a), b...))
			}
		}
		if !found && (kind == plan.LeftJoin || kind == plan.FullJoin) {
			out = append(out, append(slices.Clone(a), make(row, rcols)...))
		}
	}
	for j, b := range r {
		if !met[j] && (kind == plan.RightJoin || kind == plan.FullJoin) {
			out = append(out, append(make(row, lcols), b...))
		}
	}
	return out
}

func TestJoinsAgainstNaive(t *testing.T) {
	seeded(t, 150, func(t *testing.T, rng *rand.Rand) {
		nkeys := rng.IntN(3)
		ts := append(someTypes(rng, nkeys), types.Bigint)
		size := func() int { return []int{0, 1, 2, 5, 25}[rng.IntN(5)] }
		l, r := randomTable(rng, "l", size(), ts...), randomTable(rng, "r", size(), append(slices.Clone(ts), types.Varchar)...)
		src := newSource(l, r)
		ls, rs := scanOf(l), scanOf(r)
		j := &plan.Join{Kind: plan.JoinKind(rng.IntN(4)), L: ls, R: rs}
		for k := range nkeys {
			j.Keys = append(j.Keys, plan.JoinKey{L: ref(ls.Cols[k]), R: ref(rs.Cols[k])})
		}
		residual := rng.IntN(2) == 0
		if residual {
			j.Residual = call("<=", ref(ls.Cols[nkeys]), ref(rs.Cols[nkeys]))
		}
		match := func(a, b row) bool {
			for k := range nkeys {
				if equal, known := equalSQL(a[k], b[k]); !equal || !known {
					return false
				}
			}
			x, y := a[nkeys], b[nkeys]
			return !residual || x != nil && y != nil && x.(int64) <= y.(int64)
		}
		want := naiveJoin(j.Kind, l.rows, r.rows, match, nkeys+1, nkeys+2)
		check(t, src, j, want, false)
	})
}

func TestJoinHoldsTheSmallerSide(t *testing.T) {
	small, large := table("small", "x bigint, s varchar"), table("large", "y bigint, t varchar")
	for i := range 10 {
		small.rows = append(small.rows, row{int64(i * 1000), fmt.Sprint("s", i)})
	}
	for i := range 150_000 {
		large.rows = append(large.rows, row{int64(i % 50_000), "some text that takes memory"})
	}
	src := newSource(small, large)
	src.batchRows = 4096
	for kind := plan.InnerJoin; kind <= plan.FullJoin; kind++ {
		var peaks []int64
		for _, flip := range []bool{false, true} {
			l, r := scanOf(small), scanOf(large)
			key := plan.JoinKey{L: ref(l.Cols[0]), R: ref(r.Cols[0])}
			j := &plan.Join{Kind: kind, L: l, R: r, Keys: []plan.JoinKey{key}}
			want := 30
			if keepsLarge := kind == plan.RightJoin || kind == plan.FullJoin; keepsLarge {
				want = 150_000
			}
			if flip {
				flipped := map[plan.JoinKind]plan.JoinKind{plan.LeftJoin: plan.RightJoin, plan.RightJoin: plan.LeftJoin, plan.FullJoin: plan.FullJoin}
				j = &plan.Join{Kind: flipped[kind], L: r, R: l, Keys: []plan.JoinKey{{L: key.R, R: key.L}}}
			}
			rows, stats, err := query(src, j, Options{})
			if err != nil || len(rows) != want {
				t.Fatalf("kind %d flip %v: %d rows, %v", kind, flip, len(rows), err)
			}
			peaks = append(peaks, stats.MemoryPeak)
		}
		if peaks[0] > 6<<20 || peaks[1] > 6<<20 {
			t.Errorf("kind %d: peaks of %v bytes: the large side is held", kind, peaks)
		}
	}
}

func TestCrossJoinWithOneRow(t *testing.T) {
	tab := table("t", "x bigint", row{int64(1)}, row{int64(2)}, row{nil})
	src := newSource(tab)
	one := valuesOf([]*types.Type{types.Varchar}, row{"only"})
	scan := scanOf(tab)
	check(t, src, &plan.Join{L: scan, R: one}, []row{{int64(1), "only"}, {int64(2), "only"}, {nil, "only"}}, true)
	scan = scanOf(tab)
	check(t, src, &plan.Join{L: one, R: scan}, []row{{"only", int64(1)}, {"only", int64(2)}, {"only", nil}}, true)
	check(t, src, &plan.Join{Kind: plan.FullJoin, L: &plan.OneRow{}, R: scanOf(tab)}, tab.rows, true)
}

func TestRestrictionGoesThroughOperators(t *testing.T) {
	facts := table("facts", "host dim, v bigint")
	for i := range 40 {
		facts.rows = append(facts.rows, row{[]types.Value{"a", "b", "c", nil}[i%4], int64(i)})
	}
	dims := valuesOf([]*types.Type{types.Varchar}, row{"b"})
	src := newSource(facts)
	through := map[string]func() plan.Node{
		"sort": func() plan.Node {
			s := scanOf(facts)
			return &plan.Sort{Input: s, Keys: []plan.SortKey{{Expr: ref(s.Cols[1])}}, Limit: -1}
		},
		"union": func() plan.Node {
			return &plan.Union{Cols: []plan.Column{newCol("host", types.Varchar), newCol("v", types.Bigint)}, In: []plan.Node{scanOf(facts), scanOf(facts)}}
		},
		"distinct": func() plan.Node { return aggregateOf(scanOf(facts), []int{0, 1}) },
		"join": func() plan.Node {
			return &plan.Join{Kind: plan.LeftJoin, L: scanOf(facts), R: valuesOf([]*types.Type{types.Bigint}, row{int64(1)}, row{int64(2)})}
		},
		"one reader of a shared query": func() plan.Node {
			return &plan.Shared{ID: 5, Input: scanOf(facts), Cols: []plan.Column{newCol("host", types.Varchar), newCol("v", types.Bigint)}}
		},
		"limit": func() plan.Node { return &plan.Limit{Input: scanOf(facts), Count: 30} },
	}
	for name, in := range through {
		t.Run(name, func(t *testing.T) {
			l := in()
			host := l.Columns()[0]
			src.scans = nil
			j := &plan.Join{L: l, R: dims, Keys: []plan.JoinKey{{L: ref(host), R: ref(dims.Cols[0])}}}
			joined, _, err := query(src, j, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, req := range src.scans {
				if restricted := len(req.Series) > 0; restricted == (name == "limit" || name == "one reader of a shared query") {
					t.Errorf("restricted is %v", restricted)
				}
			}
			filtered, _, err := query(src, &plan.Filter{Input: l, Pred: call("=", ref(host), lit("b"))}, Options{})
			if err != nil || len(filtered) != len(joined) {
				t.Errorf("%d rows, want %d (%v)", len(joined), len(filtered), err)
			}
		})
	}
}

func TestJoinRestrictsTheProbeSide(t *testing.T) {
	dims, facts := table("dims", "h varchar, rank bigint", row{"b", int64(1)}, row{nil, int64(2)}, row{"z", int64(3)}), table("facts", "host dim, v bigint")
	for i := range 30 {
		facts.rows = append(facts.rows, row{[]types.Value{"a", "b", "c", nil}[i%4], int64(i)})
	}
	wantInner := naiveJoin(plan.InnerJoin, facts.rows, dims.rows, func(a, b row) bool { return a[0] == b[0] && a[0] != nil }, 2, 2)
	src := newSource(dims, facts)
	for _, kind := range []plan.JoinKind{plan.InnerJoin, plan.RightJoin, plan.LeftJoin} {
		l, r := scanOf(facts), scanOf(dims)
		// Below the join: an aggregate over the key and a projection, which let the restriction through.
		grouped := aggregateOf(l, []int{0, 1})
		filtered := &plan.Filter{Input: projectKeep(grouped, 0, 1), Pred: call(">=", ref(grouped.Keys[1].Out), lit(0))}
		j := &plan.Join{Kind: kind, L: filtered, R: r, Keys: []plan.JoinKey{{L: ref(grouped.Keys[0].Out), R: ref(r.Cols[0])}}}
		want := wantInner
		if kind != plan.InnerJoin {
			want = naiveJoin(kind, facts.rows, dims.rows, func(a, b row) bool { return a[0] == b[0] && a[0] != nil }, 2, 2)
		}
		src.scans = nil
		check(t, src, j, want, false)
		restricted := false
		for _, req := range src.scans {
			if req.Table == facts.Table && len(req.Series) > 0 {
				restricted = true
				if got := sorted(req.Series[0].In); !slices.Equal(got, []string{"b", "z"}) {
					t.Errorf("restricted to %v", got)
				}
			}
		}
		if restricted == (kind == plan.LeftJoin) {
			t.Errorf("kind %d: restricted is %v", kind, restricted)
		}
	}
}
