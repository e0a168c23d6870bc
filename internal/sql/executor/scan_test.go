package executor

import (
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// hosts is a table with a dimension that some rows lack.
func hosts() *memTable {
	return table("t", "host dim, time time, v double",
		row{"a1", int64(10), 1.0}, row{"a2", int64(20), 2.0}, row{"b1", int64(30), 3.0}, row{nil, int64(40), 4.0}, row{"a1", int64(50), 5.0})
}

func TestScanPushesDown(t *testing.T) {
	tab := hosts()
	src := newSource(tab)
	param := newCol("host", types.Varchar)
	tests := []struct {
		name   string
		change func(s *plan.Scan)
		want   []row
		filter *SeriesFilter // what the source must have been asked for
	}{
		{"everything", func(*plan.Scan) {}, tab.rows, nil},
		{"time", func(s *plan.Scan) { s.TimeFrom, s.TimeTo = 20, 40 }, tab.rows[1:4], nil},
		{"empty time", func(s *plan.Scan) { s.TimeFrom, s.TimeTo = 41, 40 }, nil, nil},
		{"list", func(s *plan.Scan) { s.Series = []plan.SeriesFilter{{Source: 0, In: []string{"b1"}}} }, tab.rows[2:3], &SeriesFilter{In: []string{"b1"}}},
		{"no value", func(s *plan.Scan) { s.Series = []plan.SeriesFilter{{Source: 0, In: []string{}}} }, nil, nil},
		{"predicate", func(s *plan.Scan) {
			s.Series = []plan.SeriesFilter{{Source: 0, Col: param, Pred: call("=", call("substr", ref(param), lit(1), lit(1)), lit("a"))}}
		}, []row{tab.rows[0], tab.rows[1], tab.rows[4]}, &SeriesFilter{In: []string{"a1", "a2"}}},
		{"predicate that is true for NULL", func(s *plan.Scan) {
			s.Series = []plan.SeriesFilter{{Source: 0, Col: param, Pred: &plan.IsDistinct{L: ref(param), R: lit("a1")}}}
		}, tab.rows[1:4], &SeriesFilter{In: []string{"a2", "b1"}, Null: true}},
		{"predicate that is true for NULL only", func(s *plan.Scan) {
			s.Series = []plan.SeriesFilter{{Source: 0, Col: param, Pred: &plan.IsNull{X: ref(param)}}}
		}, tab.rows[3:4], &SeriesFilter{Null: true}},
		{"constant predicate", func(s *plan.Scan) { s.Series = []plan.SeriesFilter{{Source: 0, Col: param, Pred: lit(true)}} }, tab.rows, &SeriesFilter{In: []string{"a1", "a2", "b1"}, Null: true}},
		{"both", func(s *plan.Scan) {
			s.Series = []plan.SeriesFilter{{Source: 0, In: []string{"a1", "b1"}}, {Source: 0, Col: param, Pred: call("<", ref(param), lit("b"))}}
		}, []row{tab.rows[0], tab.rows[4]}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			scan := scanOf(tab)
			tt.change(scan)
			src.scans = nil
			check(t, src, scan, tt.want, true)
			if tt.filter != nil {
				got := src.scans[0].Series[0]
				if !slices.Equal(sorted(got.In), tt.filter.In) || got.Null != tt.filter.Null {
					t.Errorf("the source was asked for %v", got)
				}
			}
		})
	}
}

func TestScanPassesBoundsOn(t *testing.T) {
	tab := hosts()
	src := newSource(tab)
	scan := scanOf(tab)
	scan.Bounds = []plan.Bound{{Source: 2, Low: 1.5}}
	check(t, src, scan, tab.rows, true)
	if got := src.scans[0].Bounds; len(got) != 1 || got[0].Column != 2 || got[0].Low != 1.5 || got[0].High != nil {
		t.Errorf("bounds %v", got)
	}
}

func TestFilterThatIsNeverTrueReadsNoMore(t *testing.T) {
	tab := hosts()
	src := newSource(tab)
	src.endless = true
	scan := scanOf(tab)
	for _, pred := range []plan.Expr{lit(false), null(types.Boolean)} {
		if rows, _, err := query(src, &plan.Filter{Input: scan, Pred: pred}, Options{}); err != nil || len(rows) != 0 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
	}
	src.endless = false
	check(t, src, &plan.Filter{Input: scan, Pred: lit(true)}, tab.rows, true)
	odd := call("=", call("mod", &plan.Cast{X: ref(scan.Cols[2]), T: types.Bigint}, lit(2)), lit(1))
	check(t, src, &plan.Filter{Input: scan, Pred: odd}, []row{tab.rows[0], tab.rows[2], tab.rows[4]}, true)
}

func TestStatistics(t *testing.T) {
	tab := hosts()
	scan := scanOf(tab)
	filter := &plan.Filter{Input: scan, Pred: call(">", ref(scan.Cols[2]), lit(1.5))}
	sub := &plan.Subquery{Input: aggregateOf(scanOf(tab), nil, agg("count")), T: types.Bigint}
	root := projectOf(filter, ref(scan.Cols[0]), sub)
	rows, stats, err := query(newSource(tab), root, Options{})
	if err != nil || len(rows) != 4 || rows[0][1] != int64(5) {
		t.Fatal(rows, err)
	}
	if stats.Scan.Rows != 10 || stats.Scan.Series != 2 || stats.Scan.Bytes != 80 {
		t.Errorf("scans: %+v", stats.Scan)
	}
	want := []struct {
		node  plan.Node
		depth int
		sub   bool
		rows  int64
	}{{root, 0, false, 4}, {filter, 1, false, 4}, {scan, 2, false, 5}, {sub.Input, 0, true, 1}, {sub.Input.Inputs()[0], 1, true, 5}}
	if len(stats.Operators) != len(want) {
		t.Fatalf("%d operators", len(stats.Operators))
	}
	for i, w := range want {
		op := stats.Operators[i]
		if op.Node != w.node || op.Depth != w.depth || op.Subquery != w.sub || op.Rows != w.rows || op.Batches != 1 || op.Time <= 0 {
			t.Errorf("operator %d: %+v", i, op)
		}
	}
}

func TestCursor(t *testing.T) {
	tab := hosts()
	src := newSource(tab)
	scan := scanOf(tab)
	stmt := &plan.Statement{Root: scan, Output: []plan.Column{scan.Cols[2], scan.Cols[0], scan.Cols[2]}}
	cur, err := Run(t.Context(), stmt, Options{Source: src, BatchRows: 2})
	if err != nil || len(src.scans) != 0 {
		t.Fatalf("Run read something, or failed: %v", err)
	}
	b, err := cur.Next(t.Context())
	if err != nil || b.Rows != 2 || b.Cols[0].Value(1) != 2.0 || b.Cols[1].Value(1) != "a2" || b.Cols[2].Value(0) != 1.0 {
		t.Fatalf("%+v %v", b, err)
	}
	cur.Close()
	cur.Close()
	if src.open != 0 {
		t.Error("Close leaves a scanner open")
	}
	if b, err := cur.Next(t.Context()); b != nil || err != nil {
		t.Error("rows after Close")
	}
	if s := cur.Stats(); s.Scan.Rows == 0 {
		t.Error("no statistics after Close")
	}
}

func TestErrorsStay(t *testing.T) {
	fail := &function.Scalar{Name: "fail", CanFail: true, Eval: func(*function.Args) (*vector.Vector, error) {
		return nil, dberr.New(dberr.Invalid, "as asked")
	}}
	tab := hosts()
	src := newSource(tab)
	scan := scanOf(tab)
	root := projectOf(scan, &plan.Call{Fn: fail, Args: []plan.Expr{ref(scan.Cols[2])}, T: types.Bigint, Pos: dberr.Pos{Line: 3, Col: 4}})
	cur, err := Run(t.Context(), &plan.Statement{Root: root, Output: root.Cols}, Options{Source: src})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := cur.Next(t.Context()); err == nil || err.Error() != "as asked" {
			t.Errorf("error %v", err)
		}
	}
	if src.open != 0 {
		t.Error("an error leaves a scanner open")
	}
}
