package function

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// BenchmarkScalar measures functions that run once a row of usual statements, on one batch of rows; ns/row is what matters.
func BenchmarkScalar(b *testing.B) {
	const n = vector.BatchRows
	rng := rand.New(rand.NewPCG(1, 2))
	times, doubles, ints, hosts := make([]int64, n), make([]float64, n), make([]int64, n), make([]string, n)
	for i := range n {
		times[i] = 1_655_460_920*types.Second + int64(i)*10*types.Second
		doubles[i], ints[i], hosts[i] = float64(rng.IntN(10000))/100, rng.Int64N(100), fmt.Sprintf("host-%d.example.com", rng.IntN(1000))
	}
	time, double, bigint := vector.Int64s(types.Timestamp, times, nil), vector.Doubles(doubles, nil), vector.Int64s(types.Bigint, ints, nil)
	text := vector.Strings(hosts, nil)
	constant := func(t *types.Type, v types.Value) *vector.Vector { return vector.Const(t, v, n) }
	for _, c := range []struct {
		name string
		args []*vector.Vector
	}{
		{"bin", []*vector.Vector{time, constant(types.IntervalDayToSecond, 5*types.Minute)}},
		{">", []*vector.Vector{double, constant(types.Double, 50.0)}}, {">=", []*vector.Vector{time, constant(types.Timestamp, times[n/2])}}, {"=", []*vector.Vector{text, constant(types.Varchar, "host-7.example.com")}},
		{"<", []*vector.Vector{double, double}}, {"+", []*vector.Vector{double, constant(types.Double, 1.0)}}, {"*", []*vector.Vector{double, double}}, {"+", []*vector.Vector{bigint, constant(types.Bigint, int64(1))}},
		{"/", []*vector.Vector{bigint, constant(types.Bigint, int64(7))}}, {"+", []*vector.Vector{time, constant(types.IntervalDayToSecond, 9*types.Hour)}}, {"-", []*vector.Vector{time, time}},
		{"round", []*vector.Vector{double, constant(types.Bigint, int64(2))}}, {"abs", []*vector.Vector{double}}, {"greatest", []*vector.Vector{double, constant(types.Double, 10.0)}},
		{"year", []*vector.Vector{time}}, {"hour", []*vector.Vector{time}}, {"week", []*vector.Vector{time}}, {"date_trunc", []*vector.Vector{constant(types.Varchar, "month"), time}},
		{"date_trunc", []*vector.Vector{constant(types.Varchar, "hour"), time}}, {"date_diff", []*vector.Vector{constant(types.Varchar, "second"), time, constant(types.Timestamp, times[0])}},
		{"date_format", []*vector.Vector{time, constant(types.Varchar, "%Y-%m-%d %H:%i:%s")}}, {"to_unixtime", []*vector.Vector{time}}, {"from_milliseconds", []*vector.Vector{bigint}},
		{"like", []*vector.Vector{text, constant(types.Varchar, "host-1%")}}, {"like", []*vector.Vector{text, constant(types.Varchar, "%-1%.example.___")}},
		{"regexp_like", []*vector.Vector{text, constant(types.Varchar, `^host-[0-9]+\.`)}}, {"||", []*vector.Vector{text, constant(types.Varchar, ":cpu")}}, {"substr", []*vector.Vector{text, constant(types.Bigint, int64(1)), constant(types.Bigint, int64(6))}},
		{"lower", []*vector.Vector{text}}, {"upper", []*vector.Vector{text}}, {"reverse", []*vector.Vector{text}}, {"split_part", []*vector.Vector{text, constant(types.Varchar, "."), constant(types.Bigint, int64(2))}}, {"length", []*vector.Vector{text}},
	} {
		ts := make([]*types.Type, len(c.args))
		name := c.name
		for i, v := range c.args {
			ts[i] = v.Type
			if name += " " + v.Type.String(); v.Form == vector.Constant {
				name += "!"
			}
		}
		fn, m, err := ResolveScalar(c.name, ts, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			a := testArgs(n, m.Result)
			a.Vecs = c.args
			b.ReportAllocs()
			for b.Loop() {
				if _, err := fn.Eval(a); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
	for _, c := range []struct {
		v  *vector.Vector
		to *types.Type
	}{{bigint, types.Double}, {double, types.Bigint}, {double, types.Varchar}, {time, types.Varchar}, {bigint, types.Varchar}} {
		b.Run(fmt.Sprintf("cast %s %s", c.v.Type, c.to), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Cast(c.v, c.to, false); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
