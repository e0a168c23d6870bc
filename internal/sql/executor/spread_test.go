package executor

import (
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// longSeries is a node with one row: a name and a time series of n points whose values are their numbers.
func longSeries(n int) *plan.Project {
	series := make(types.Series, n)
	for i := range series {
		series[i] = types.Point{Time: int64(i), Value: float64(i)}
	}
	return projectOf(&plan.OneRow{}, lit("name"), &plan.Const{Value: series, T: types.TimeSeriesOf(types.Double)})
}

// unnestOf unnests column 1 of a node.
func unnestOf(in plan.Node) *plan.Unnest {
	return &plan.Unnest{Input: in, Args: []plan.Expr{ref(in.Columns()[1])}, Outs: [][]plan.Column{{newCol("time", types.Timestamp), newCol("value", types.Double)}}}
}

func TestUnnestDoesNotCopyTheSeriesForEachPoint(t *testing.T) {
	const n = 20_000
	in := longSeries(n)
	u := unnestOf(in)
	value := u.Outs[0][1]
	// The series goes through a sort, a window, a join and a grouping, always n times 20,000 points.
	numbered := &plan.Window{Input: u, Order: []plan.SortKey{{Expr: ref(value), Desc: true}}, Funcs: []plan.WindowExpr{windowFn("row_number")}}
	few := valuesOf([]*types.Type{types.Double}, row{5.0}, row{7.0}, row{19_999.0})
	joined := &plan.Join{L: &plan.Sort{Input: numbered, Keys: []plan.SortKey{{Expr: ref(value)}}, Limit: -1}, R: few, Keys: []plan.JoinKey{{L: ref(value), R: ref(few.Cols[0])}}}
	length := projectOf(joined, ref(value), ref(numbered.Funcs[0].Out), &plan.IsNull{X: ref(in.Cols[1])})
	for _, size := range []int{0, 1000} {
		rows, stats, err := query(nil, length, Options{BatchRows: size, MemoryBytesMax: 50 << 20})
		if err != nil {
			t.Fatal(err)
		}
		want := []row{{5.0, int64(19_995), false}, {7.0, int64(19_993), false}, {19_999.0, int64(1), false}}
		if len(rows) != 3 || text(rows[0]) != text(want[0]) || text(rows[2]) != text(want[2]) {
			t.Errorf("rows %v", rows)
		}
		if stats.MemoryPeak > 20<<20 {
			t.Errorf("peak of %d bytes", stats.MemoryPeak)
		}
	}
	// In the result the series is there, a few rows at a time.
	limited := &plan.Limit{Input: u, Count: 10}
	rows, _, err := query(nil, limited, Options{})
	if err != nil || len(rows) != 10 || len(rows[9][1].(types.Series)) != n || rows[9][3] != 9.0 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestGroupingByRepeatedArrays(t *testing.T) {
	long := make([]types.Value, 70_000)
	for i := range long {
		long[i] = int64(i)
	}
	arr := types.ArrayOf(types.Bigint)
	in := valuesOf([]*types.Type{types.Bigint, arr, arr}, row{int64(1), long, []types.Value{int64(1), int64(2), int64(3)}}, row{int64(2), long[:5], []types.Value{int64(4)}}, row{int64(3), nil, []types.Value{int64(7)}})
	u := &plan.Unnest{Input: in, Args: []plan.Expr{ref(in.Cols[2])}, Outs: [][]plan.Column{{newCol("e", types.Bigint)}}}
	g := aggregateOf(u, []int{1}, agg("sum", ref(u.Outs[0][0])))
	check(t, nil, projectOf(g, call("cardinality", ref(g.Keys[0].Out)), ref(g.Aggs[0].Out)), []row{{int64(70_000), int64(6)}, {int64(5), int64(4)}, {nil, int64(7)}}, false)
	at := projectOf(u, call("element_at", ref(in.Cols[1]), ref(u.Outs[0][0])))
	check(t, nil, at, []row{{int64(0)}, {int64(1)}, {int64(2)}, {int64(3)}, {nil}}, true)
}

func TestSpread(t *testing.T) {
	arr := types.ArrayOf(types.Bigint)
	long := make([]types.Value, copiedParts)
	for i := range long {
		long[i] = int64(i)
	}
	for _, v := range []*vector.Vector{vector.FromValues(arr, long, nil), vector.Const(arr, long, 2)} {
		got := spread(v, []int32{0, -1, 1, 0})
		if got.Form != vector.Dictionary || !got.IsNull(1) || got.IsNull(2) != v.IsNull(1) || got.IsNull(3) || len(got.Value(3).([]types.Value)) != copiedParts {
			t.Errorf("form %v", got.Form)
		}
	}
	small := vector.FromValues(arr, long[:2])
	if got := spread(small, []int32{0, -1, 0}); got.Form != vector.Flat || got.Value(1) != nil || len(got.Value(2).([]types.Value)) != 2 {
		t.Error("a small array is not copied")
	}
	deep := vector.FromValues(types.ArrayOf(types.RowOf(types.Field{Type: arr})), []types.Value{[]types.Value{long}, []types.Value{nil}})
	if n := partsIn(deep, 0); n < copiedParts {
		t.Errorf("%d parts", n)
	}
}

func TestRepeatedArraysOfAWindowCountAsMemory(t *testing.T) {
	tab := numbersTable(20_000)
	src := newSource(tab)
	src.batchRows = 4096
	scan := scanOf(tab)
	all := windowAgg("array_agg", ref(scan.Cols[0]))
	over := func(key plan.Expr) plan.Node {
		return &plan.Window{Input: scan, Order: []plan.SortKey{{Expr: key}}, Funcs: []plan.WindowExpr{all}}
	}
	// One array for all rows, in order: 20,000 times 20,000 elements.
	all.Frame.End.Kind = plan.UnboundedFollowing
	if _, _, err := query(src, over(ref(scan.Cols[1])), Options{MemoryBytesMax: 100 << 20}); !dberr.Is(err, dberr.Execution) {
		t.Errorf("one array: %v", err)
	}
	// An array that grows.
	all.Frame = defaultFrame
	if _, _, err := query(src, over(ref(scan.Cols[1])), Options{MemoryBytesMax: 100 << 20}); !dberr.Is(err, dberr.Execution) {
		t.Errorf("growing arrays: %v", err)
	}
	// Without an order the one array is shared, and copied as rows leave.
	plain := &plan.Window{Input: scan, Funcs: []plan.WindowExpr{all}}
	rows, stats, err := query(src, &plan.Limit{Input: plain, Count: 5}, Options{MemoryBytesMax: 100 << 20})
	if err != nil || len(rows) != 5 || len(rows[4][2].([]types.Value)) != 20_000 || stats.MemoryPeak > 5<<20 {
		t.Errorf("shared array: %d rows, peak %d, %v", len(rows), stats.MemoryPeak, err)
	}
}
