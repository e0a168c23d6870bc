package executor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// benchRows is the size of the benchmarks' main table.
const benchRows = 1 << 20

// batchSource is a Source of ready batches, by table.
type batchSource struct {
	batches map[*plan.Table][]*vector.Batch
}

func (s *batchSource) Scan(_ context.Context, req ScanRequest) (Scanner, error) {
	return &batchScanner{all: s.batches[req.Table], cols: req.Columns}, nil
}

func (s *batchSource) DistinctValues(context.Context, *plan.Table, int) ([]string, bool, error) {
	return nil, false, nil
}

type batchScanner struct {
	all  []*vector.Batch
	cols []int
	at   int
}

func (s *batchScanner) Next(context.Context) (*vector.Batch, error) {
	if s.at == len(s.all) {
		return nil, nil
	}
	b := &vector.Batch{Rows: s.all[s.at].Rows}
	for _, c := range s.cols {
		b.Cols = append(b.Cols, s.all[s.at].Cols[c])
	}
	s.at++
	return b, nil
}

func (s *batchScanner) Stats() ScanStats { return ScanStats{} }
func (s *batchScanner) Close()           {}

// metrics is a table as it comes out of storage: rows by series, ascending in time; hosts and regions as dictionaries.
func metrics(hosts int) (*plan.Table, *batchSource) {
	t := table("metrics", "host dim, region dim, time time, v double, w bigint")
	names, regions := make([]string, hosts), []string{"eu", "us", "ap"}
	for i := range names {
		names[i] = fmt.Sprint("host-", i)
	}
	hostDict, regionDict := vector.Strings(names, nil), vector.Strings(regions, nil)
	rng := rand.New(rand.NewPCG(1, 1))
	src, each := &batchSource{batches: map[*plan.Table][]*vector.Batch{}}, benchRows/hosts
	for at := 0; at < benchRows; at += vector.BatchRows {
		n := min(vector.BatchRows, benchRows-at)
		h, r, tm, v, w := make([]int32, n), make([]int32, n), make([]int64, n), make([]float64, n), make([]int64, n)
		for i := range n {
			series := min((at+i)/each, hosts-1)
			h[i], r[i] = int32(series), int32(series%3)
			tm[i] = int64(at+i-series*each) * 10 * types.Second
			v[i], w[i] = rng.Float64()*100, rng.Int64N(100_000)
		}
		src.batches[t.Table] = append(src.batches[t.Table], &vector.Batch{Rows: n, Cols: []*vector.Vector{
			vector.DictionaryOf(hostDict, h), vector.DictionaryOf(regionDict, r), vector.Int64s(types.Timestamp, tm, nil), vector.Doubles(v, nil), vector.Int64s(types.Bigint, w, nil)}})
	}
	return t.Table, src
}

// bench runs a plan over benchRows rows again and again.
func bench(b *testing.B, src Source, root plan.Node, want int) {
	b.ReportAllocs()
	for b.Loop() {
		cur, err := Run(context.Background(), &plan.Statement{Root: root, Output: root.Columns()}, Options{Source: src})
		if err != nil {
			b.Fatal(err)
		}
		rows := 0
		for {
			batch, err := cur.Next(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			if batch == nil {
				break
			}
			rows += batch.Rows
		}
		if want >= 0 && rows != want {
			b.Fatalf("%d rows, want %d", rows, want)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

func BenchmarkFilterAggregate(b *testing.B) {
	tab, src := metrics(1000)
	s := scanOf(&memTable{Table: tab})
	host, tm, v := ref(s.Cols[0]), ref(s.Cols[2]), ref(s.Cols[3])
	f := &plan.Filter{Input: s, Pred: call(">", v, lit(20.0))}
	bin := call("bin", tm, &plan.Const{Value: 10 * types.Minute, T: types.IntervalDayToSecond})
	keys := func(exprs ...plan.Expr) (out []plan.KeyExpr) {
		for _, e := range exprs {
			out = append(out, plan.KeyExpr{Out: newCol("k", e.Type()), Expr: e})
		}
		return out
	}
	for _, bm := range []struct {
		name string
		keys []plan.KeyExpr
	}{{"host,bin", keys(host, bin)}, {"bin", keys(bin)}, {"host,region", keys(host, ref(s.Cols[1]))}, {"none", nil}, {"value", keys(ref(s.Cols[4]))}} {
		b.Run(bm.name, func(b *testing.B) {
			bench(b, src, &plan.Aggregate{Input: f, Keys: bm.keys, Aggs: []plan.AggExpr{agg("avg", v), agg("max", v), agg("count")}}, -1)
		})
	}
	b.Run("distinct hosts", func(b *testing.B) {
		distinct := agg("count", host)
		distinct.Distinct = true
		bench(b, src, &plan.Aggregate{Input: s, Keys: keys(ref(s.Cols[1])), Aggs: []plan.AggExpr{distinct}}, 3)
	})
	b.Run("case", func(b *testing.B) {
		c := &plan.Case{Whens: []plan.When{{Cond: call("=", ref(s.Cols[1]), lit("us")), Result: v}}, Else: null(types.Double), T: types.Double}
		bench(b, src, &plan.Aggregate{Input: s, Aggs: []plan.AggExpr{agg("avg", c)}}, 1)
	})
}

func BenchmarkHashJoin(b *testing.B) {
	tab, src := metrics(1000)
	small := table("small", "k bigint, name varchar")
	cols := &vector.Batch{Rows: 10_000}
	keys, names := make([]int64, 10_000), make([]string, 10_000)
	for i := range keys {
		keys[i], names[i] = int64(i*10), fmt.Sprint("name ", i)
	}
	cols.Cols = []*vector.Vector{vector.Int64s(types.Bigint, keys, nil), vector.Strings(names, nil)}
	src.batches[small.Table] = []*vector.Batch{cols}
	l, r := scanOf(&memTable{Table: tab}), scanOf(small)
	bench(b, src, &plan.Join{L: l, R: r, Keys: []plan.JoinKey{{L: ref(l.Cols[4]), R: ref(r.Cols[0])}}}, -1)
}

func BenchmarkSort(b *testing.B) {
	tab, src := metrics(1000)
	s := scanOf(&memTable{Table: tab})
	keys := func(cols ...int) (out []plan.SortKey) {
		for _, c := range cols {
			out = append(out, plan.SortKey{Expr: ref(s.Cols[c]), Desc: true})
		}
		return out
	}
	b.Run("top 10", func(b *testing.B) { bench(b, src, &plan.Sort{Input: s, Keys: keys(3), Limit: 10}, 10) })
	b.Run("top 10 by time", func(b *testing.B) { bench(b, src, &plan.Sort{Input: s, Keys: keys(2), Limit: 10}, 10) })
	b.Run("double", func(b *testing.B) { bench(b, src, &plan.Sort{Input: s, Keys: keys(3), Limit: -1}, benchRows) })
	b.Run("time,host", func(b *testing.B) { bench(b, src, &plan.Sort{Input: s, Keys: keys(2, 0), Limit: -1}, benchRows) })
}

func BenchmarkWindow(b *testing.B) {
	tab, src := metrics(10_000)
	s := scanOf(&memTable{Table: tab})
	over := func(f plan.WindowExpr) plan.Node {
		return &plan.Window{Input: s, Partition: []plan.Expr{ref(s.Cols[0])}, Order: []plan.SortKey{{Expr: ref(s.Cols[2]), Desc: true}}, Funcs: []plan.WindowExpr{f}}
	}
	b.Run("row_number", func(b *testing.B) { bench(b, src, over(windowFn("row_number")), benchRows) })
	b.Run("lag", func(b *testing.B) { bench(b, src, over(windowFn("lag", ref(s.Cols[3]))), benchRows) })
	moving := windowAgg("avg", ref(s.Cols[3]))
	moving.Frame = plan.Frame{Start: plan.FrameBound{Kind: plan.Preceding, Offset: lit(5)}, End: plan.FrameBound{Kind: plan.CurrentRow}}
	b.Run("moving average", func(b *testing.B) { bench(b, src, over(moving), benchRows) })
	b.Run("running sum", func(b *testing.B) { bench(b, src, over(windowAgg("sum", ref(s.Cols[3]))), benchRows) })
	whole := windowAgg("max", ref(s.Cols[3]))
	whole.Frame.End.Kind = plan.UnboundedFollowing
	b.Run("maximum of the partition", func(b *testing.B) { bench(b, src, over(whole), benchRows) })
	one := over(windowAgg("sum", ref(s.Cols[3]))).(*plan.Window)
	one.Partition = nil
	b.Run("running sum of all", func(b *testing.B) { bench(b, src, one, benchRows) })
}
