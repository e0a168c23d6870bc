package executor

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// hungry returns plans that each hold all rows of a table of n rows in another operator.
func hungry(tab *memTable) map[string]plan.Node {
	cols := func() (*plan.Scan, plan.Expr, plan.Expr) {
		s := scanOf(tab)
		return s, ref(s.Cols[0]), ref(s.Cols[1])
	}
	nodes := map[string]plan.Node{}
	s, x, d := cols()
	nodes["sort"] = &plan.Sort{Input: s, Keys: []plan.SortKey{{Expr: d}}, Limit: -1}
	nodes["top"] = &plan.Sort{Input: s, Keys: []plan.SortKey{{Expr: d}}, Limit: int64(len(tab.rows))}
	nodes["aggregate"] = aggregateOf(s, []int{0}, agg("count"))
	nodes["aggregate of one group"] = aggregateOf(s, nil, agg("array_agg", d))
	distinct := agg("count", x)
	distinct.Distinct = true
	nodes["distinct aggregate"] = aggregateOf(s, nil, distinct)
	list := agg("array_agg", x)
	list.OrderBy = []plan.SortKey{{Expr: d}}
	nodes["ordered aggregate"] = aggregateOf(s, nil, list)
	nodes["distinct"] = aggregateOf(s, []int{0, 1})
	nodes["window"] = &plan.Window{Input: s, Partition: []plan.Expr{x}, Order: []plan.SortKey{{Expr: d}}, Funcs: []plan.WindowExpr{windowFn("row_number")}}
	l, lx, _ := cols()
	r, rx, _ := cols()
	nodes["join"] = &plan.Join{L: l, R: r, Keys: []plan.JoinKey{{L: lx, R: rx}}}
	nodes["cross join"] = &plan.Join{L: l, R: r}
	nodes["intersect"] = &plan.SetOp{Cols: []plan.Column{newCol("x", types.Bigint), newCol("d", types.Double)}, L: l, R: r}
	nodes["except"] = &plan.SetOp{Except: true, Cols: []plan.Column{newCol("x", types.Bigint), newCol("d", types.Double)}, L: l, R: &plan.Limit{Input: r, Count: 1}}
	in := &plan.Subquery{Kind: plan.SubqueryIn, X: lx, Input: projectKeep(r, 0), T: types.Boolean}
	nodes["in subquery"] = projectOf(l, in)
	shared := scanOf(tab)
	var parts []plan.Node
	for range 2 {
		s := &plan.Shared{ID: 1, Input: shared}
		for _, c := range shared.Cols {
			s.Cols = append(s.Cols, newCol(c.Name, c.Type))
		}
		parts = append(parts, s)
	}
	nodes["shared"] = &plan.Union{Cols: []plan.Column{newCol("x", types.Bigint), newCol("d", types.Double)}, In: parts}
	return nodes
}

func numbersTable(n int) *memTable {
	tab := table("t", "x bigint, d double")
	for i := range n {
		tab.rows = append(tab.rows, row{int64(i), float64(i*7919%n) / 4})
	}
	return tab
}

func TestMemoryLimit(t *testing.T) {
	tab := numbersTable(20_000)
	src := newSource(tab)
	src.batchRows = 1000
	for name, root := range hungry(tab) {
		t.Run(name, func(t *testing.T) {
			_, stats, err := query(src, root, Options{MemoryBytesMax: 100_000})
			if !dberr.Is(err, dberr.Execution) || err.Error() != "Query exceeded the memory limit of 1 MB" {
				t.Errorf("error %v", err)
			}
			if stats.MemoryPeak < 100_000 || stats.MemoryPeak > 1_000_000 {
				t.Errorf("peak of %d bytes", stats.MemoryPeak)
			}
			if src.open != 0 {
				t.Error("scanners are open")
			}
			if name == "cross join" {
				return // too many rows
			}
			if _, stats, err = query(src, root, Options{}); err != nil || stats.MemoryPeak > 8<<20 {
				t.Errorf("with enough memory: peak of %d bytes, %v", stats.MemoryPeak, err)
			}
		})
	}
}

// All statements together hold no more than the pool has: one that needs more fails, and what ended has given all back.
func TestPool(t *testing.T) {
	tab := numbersTable(20_000)
	src := newSource(tab)
	src.batchRows = 1000
	for name, root := range hungry(tab) {
		if name == "cross join" {
			continue // too many rows
		}
		t.Run(name, func(t *testing.T) {
			relieved := 0
			var other *memory
			pool := NewPool(1_100_000, func() bool {
				relieved++
				other.close()
				return relieved == 1
			})
			other = &memory{limit: 1 << 30, pool: pool}
			if err := other.newAccount().set(1_000_000); err != nil {
				t.Fatal(err)
			}
			_, stats, err := query(src, root, Options{Pool: pool, MemoryBytesMax: 900_000})
			switch { // most need more than the other leaves, and some more than there is
			case err != nil && !dberr.Is(err, dberr.Execution):
				t.Error(err)
			case relieved == 0 && stats.MemoryPeak > 100_000:
				t.Errorf("relieved %d times, peak of %d bytes", relieved, stats.MemoryPeak)
			}
			other.close()
			if n := pool.Used(); n != 0 {
				t.Errorf("%d bytes are still taken", n)
			}
			_, _, err = query(src, root, Options{Pool: NewPool(50_000, nil)})
			if !dberr.Is(err, dberr.Throttled) || err.Error() != "Request rate limit exceeded: running queries hold all of the 1 MB that there are for them" {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestMemoryErrorNamesTheLimit(t *testing.T) {
	m := &memory{limit: 300 << 20}
	a := m.newAccount()
	if err := a.set(300 << 20); err != nil {
		t.Error(err)
	}
	if err := a.add(1); err == nil || err.Error() != "Query exceeded the memory limit of 300 MB" {
		t.Error(err)
	}
	a.free()
	if m.used != 0 || m.peak != 300<<20+1 {
		t.Error(*m)
	}
}

// expiring is a context that is cancelled when it is looked at for the nth time.
type expiring struct {
	context.Context
	left int
}

func (e *expiring) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestCancellationAtEveryLook(t *testing.T) {
	tab := numbersTable(300)
	src := newSource(tab)
	src.batchRows = 50
	nodes := hungry(tab)
	cs := scanOf(tab)
	nodes["correlated subquery"] = projectOf(cs, &plan.Subquery{Outer: []plan.ColumnID{cs.Cols[0].ID}, T: types.Bigint,
		Input: projectOf(&plan.OneRow{}, call("+", ref(cs.Cols[0]), lit(1)))})
	for name, root := range nodes {
		t.Run(name, func(t *testing.T) {
			for n := 0; n < 400; n++ {
				ctx := &expiring{context.Background(), n}
				cur, err := Run(ctx, &plan.Statement{Root: root, Output: root.Columns()}, Options{Source: src, BatchRows: 50})
				for err == nil {
					b, e := cur.Next(ctx)
					if err = e; b == nil {
						break
					}
				}
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				if cur != nil {
					cur.Close()
					if cur.run.memory.used != 0 || src.open != 0 {
						t.Fatalf("look %d: %d bytes held, %d scanners open", n, cur.run.memory.used, src.open)
					}
				}
				if err == nil {
					return
				}
			}
		})
	}
}

func TestCancellationOfASearchWithoutResults(t *testing.T) {
	tab := numbersTable(1000)
	src := newSource(tab)
	src.endless = true
	scan := scanOf(tab)
	root := &plan.Filter{Input: scan, Pred: call("<", ref(scan.Cols[0]), lit(0))}
	ctx := &expiring{context.Background(), 1000}
	cur, err := Run(ctx, &plan.Statement{Root: root, Output: root.Columns()}, Options{Source: src})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := cur.Next(ctx); b != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("rows or another error: %v", err)
	}
}

func TestSharedRowsAreLetGo(t *testing.T) {
	tab := numbersTable(50_000)
	src := newSource(tab)
	src.batchRows = 1000
	scan := scanOf(tab)
	shared := func() plan.Node {
		return &plan.Shared{ID: 1, Input: scan, Cols: []plan.Column{newCol("x", types.Bigint), newCol("d", types.Double)}}
	}
	cols := []plan.Column{newCol("x", types.Bigint), newCol("d", types.Double)}
	one := &plan.Limit{Input: shared(), Count: 1}
	rows, stats, err := query(src, &plan.Union{Cols: cols, In: []plan.Node{one, shared()}}, Options{})
	if err != nil || len(rows) != 50_001 || stats.MemoryPeak > 100_000 {
		t.Errorf("%d rows, peak of %d bytes, %v", len(rows), stats.MemoryPeak, err)
	}
}

func TestCancellationIsPrompt(t *testing.T) {
	tab := numbersTable(400_000)
	src := newSource(tab)
	src.batchRows = 4096
	nodes := map[string]plan.Node{}
	l, r := scanOf(tab), scanOf(tab)
	nodes["cross join without results"] = &plan.Join{L: l, R: r, Residual: call("<", call("+", ref(l.Cols[1]), ref(r.Cols[1])), lit(-1.0))}
	jumping := call("*", call("%", ref(l.Cols[0]), lit(3)), lit(100_000))
	f := windowAgg("count", ref(l.Cols[1]))
	f.Frame = plan.Frame{Start: plan.FrameBound{Kind: plan.CurrentRow}, End: plan.FrameBound{Kind: plan.Following, Offset: jumping}}
	nodes["window of large frames"] = &plan.Window{Input: l, Order: []plan.SortKey{{Expr: ref(l.Cols[0])}}, Funcs: []plan.WindowExpr{f}}
	nodes["correlated subquery"] = projectOf(l, &plan.Subquery{Outer: []plan.ColumnID{l.Cols[0].ID}, T: types.Bigint,
		Input: aggregateOf(&plan.Filter{Input: r, Pred: call("=", ref(r.Cols[0]), ref(l.Cols[0]))}, nil, agg("count"))})
	for name, root := range nodes {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			cur, err := Run(ctx, &plan.Statement{Root: root, Output: root.Columns()}, Options{Source: src})
			if err != nil {
				t.Fatal(err)
			}
			defer cur.Close()
			var cancelled time.Time
			stop := time.AfterFunc(150*time.Millisecond, func() {
				cancelled = time.Now()
				cancel()
			})
			defer stop.Stop()
			for err == nil {
				_, err = cur.Next(ctx)
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if late := time.Since(cancelled); late > 500*time.Millisecond { // 100 ms, and room for a busy machine
				t.Errorf("cancelled %v late", late)
			}
		})
	}
}

func TestNothingIsHeldAfterEarlyClose(t *testing.T) {
	tab := numbersTable(1000)
	src := newSource(tab)
	for name, root := range hungry(tab) {
		for n := range 4 {
			cur, err := Run(t.Context(), &plan.Statement{Root: root, Output: root.Columns()}, Options{Source: src, BatchRows: 10})
			for i := 0; i < n && err == nil; i++ {
				_, err = cur.Next(t.Context())
			}
			cur.Close()
			if err != nil || cur.run.memory.used != 0 || src.open != 0 {
				t.Fatal(fmt.Sprint(name, ": ", cur.run.memory.used, " bytes, ", src.open, " scanners, ", err))
			}
		}
	}
}

// Expressions that make arrays get few rows at once: their arrays are not counted while a batch is worked on.
func TestArraysAreMadeForFewRows(t *testing.T) {
	tab := numbersTable(1000)
	for name, make := range map[string]func(x plan.Expr) plan.Expr{
		"project": func(x plan.Expr) plan.Expr { return call("sequence", lit(int64(-9000)), x) },
		"reduced": func(x plan.Expr) plan.Expr { return call("cardinality", call("sequence", lit(int64(-9000)), x)) },
	} {
		s := scanOf(tab)
		c, err := Run(t.Context(), &plan.Statement{Root: projectOf(s, make(ref(s.Cols[0])))}, Options{Source: newSource(tab)})
		if err != nil {
			t.Fatal(err)
		}
		rows, most := 0, 0
		for {
			b, err := c.Next(t.Context())
			if err != nil {
				t.Fatal(name, err)
			}
			if b == nil {
				break
			}
			rows, most = rows+b.Rows, max(most, b.Rows)
		}
		c.Close()
		if rows != len(tab.rows) || most > 2*fewRowsFirst {
			t.Errorf("%s: %d rows, at most %d at once", name, rows, most)
		}
	}
}
