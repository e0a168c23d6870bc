package function

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// benchBatches makes batches of rows for a number of groups: in runs, as storage gives series, or scattered.
func benchBatches(groups, rows int, runs bool) (ids [][]int32, times, doubles []*vector.Vector) {
	r := rand.New(rand.NewPCG(1, 2))
	run := max(1, rows/groups)
	for from := 0; from < rows; from += vector.BatchRows {
		id, at, x := make([]int32, vector.BatchRows), make([]int64, vector.BatchRows), make([]float64, vector.BatchRows)
		for i := range id {
			id[i] = int32(r.IntN(groups))
			if runs {
				id[i] = int32((from + i) / run % groups)
			}
			at[i], x[i] = int64(from+i), float64(r.IntN(10000))/100
		}
		ids = append(ids, id)
		times, doubles = append(times, vector.Int64s(types.Timestamp, at, nil)), append(doubles, vector.Doubles(x, nil))
	}
	return ids, times, doubles
}

// BenchmarkAggregates reports the time a row to add, and with many groups to take the results as well.
func BenchmarkAggregates(b *testing.B) {
	percentile := vector.Const(types.Double, 0.95, vector.BatchRows)
	for _, bench := range []struct {
		name string
		args func(times, doubles *vector.Vector) []*vector.Vector
	}{
		{"count", func(_, x *vector.Vector) []*vector.Vector { return []*vector.Vector{x} }},
		{"sum", func(_, x *vector.Vector) []*vector.Vector { return []*vector.Vector{x} }},
		{"avg", func(_, x *vector.Vector) []*vector.Vector { return []*vector.Vector{x} }},
		{"min", func(_, x *vector.Vector) []*vector.Vector { return []*vector.Vector{x} }},
		{"stddev", func(_, x *vector.Vector) []*vector.Vector { return []*vector.Vector{x} }},
		{"max_by", func(t, x *vector.Vector) []*vector.Vector { return []*vector.Vector{x, t} }},
		{"approx_percentile", func(_, x *vector.Vector) []*vector.Vector { return []*vector.Vector{x, percentile} }},
		{"approx_distinct", func(_, x *vector.Vector) []*vector.Vector { return []*vector.Vector{x} }},
		{"create_time_series", func(t, x *vector.Vector) []*vector.Vector { return []*vector.Vector{t, x} }},
	} {
		for _, shape := range []struct {
			groups int
			runs   bool
		}{{1, true}, {1000, true}, {1000, false}, {1_000_000, false}} {
			order := "scattered"
			if shape.runs {
				order = "runs"
			}
			b.Run(fmt.Sprintf("%s/groups=%d/%s", bench.name, shape.groups, order), func(b *testing.B) {
				const rows = 1 << 20
				ids, times, doubles := benchBatches(shape.groups, rows, shape.runs)
				var in []*types.Type
				for _, v := range bench.args(times[0], doubles[0]) {
					in = append(in, v.Type)
				}
				f, m, err := ResolveAggregate(bench.name, in)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					acc := f.New(m.Params, m.Result)
					acc.Resize(shape.groups)
					for k, id := range ids {
						if err := acc.Add(id, bench.args(times[k], doubles[k])); err != nil {
							b.Fatal(err)
						}
					}
					for from := 0; from < shape.groups; from += vector.BatchRows {
						if _, err := acc.Result(from, min(shape.groups, from+vector.BatchRows)); err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
			})
		}
	}
}

// BenchmarkDigest reports the time a value to condense a large group.
func BenchmarkDigest(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	vals := make([]float64, exactRows/8)
	for i := range vals {
		vals[i] = r.NormFloat64()
	}
	f, m, err := ResolveAggregate("approx_percentile", []*types.Type{types.Double, types.Double})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		acc := f.New(m.Params, m.Result).(*percentiles)
		acc.Resize(1)
		if err := acc.Add(make([]int32, len(vals)), []*vector.Vector{vector.Doubles(vals, nil), vector.Const(types.Double, 0.5, len(vals))}); err != nil {
			b.Fatal(err)
		}
		acc.condense()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(vals)), "ns/row")
}
