package encoding_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
)

// blockRows is the size of the blocks that storage makes.
const blockRows = 4096

// intShapes are typical columns of integers.
func intShapes(rng *rand.Rand) map[string][]int64 {
	make := func(f func(i int) int64) []int64 {
		out := make([]int64, blockRows)
		for i := range out {
			out[i] = f(i)
		}
		return out
	}
	const second, start = int64(1e9), int64(1.7e18)
	counter, step := int64(1<<40), int64(0)
	const rows = 60 // of a series among many in a block
	return map[string][]int64{
		"constant": make(func(int) int64 { return 7 }),
		"regular":  make(func(i int) int64 { return start + int64(i)*10*second }),
		"jitter":   make(func(i int) int64 { return start + int64(i)*10*second + rng.Int64N(1000)*1e6 }),
		"packed":   make(func(i int) int64 { return start + int64(i%48)*900*second + int64(i/48%3)*1e6 }),
		"percent":  make(func(int) int64 { return rng.Int64N(101) }),
		"code":     make(func(int) int64 { return rng.Int64N(4) }),
		"byte":     make(func(int) int64 { return rng.Int64N(256) }),
		"word":     make(func(int) int64 { return rng.Int64N(60000) }),
		"long":     make(func(int) int64 { return rng.Int64N(1 << 31) }),
		"counter":  make(func(int) int64 { counter += rng.Int64N(1500); return counter }),
		"random":   make(func(int) int64 { return int64(rng.Uint64()) }),
		"series":   make(func(i int) int64 { return start + int64(i%rows)*10*second + int64(i/rows*7919%rows)*second }),
		"latency":  make(func(int) int64 { return int64(math.Exp(3 + rng.NormFloat64())) }),
		"steps": make(func(int) int64 {
			if rng.IntN(60) == 0 {
				step = rng.Int64N(1000)
			}
			return step
		}),
	}
}

// doubleShapes are typical columns of doubles.
func doubleShapes(rng *rand.Rand) map[string][]float64 {
	make := func(f func(i int) float64) []float64 {
		out := make([]float64, blockRows)
		for i := range out {
			out[i] = f(i)
		}
		return out
	}
	walk, step := 50.0, 0.0
	const rows = 990 // of a series among several in a block
	return map[string][]float64{
		"constant": make(func(int) float64 { return 1.5 }),
		"integers": make(func(int) float64 { return float64(rng.IntN(101)) }),
		"decimal2": make(func(int) float64 {
			walk = min(100, max(0, walk+rng.NormFloat64()))
			return math.Round(walk*100) / 100
		}),
		"series": make(func(i int) float64 {
			if i%rows == 0 {
				walk = 100 * rng.Float64()
			}
			walk = min(100, max(0, walk+rng.NormFloat64()))
			return math.Round(walk*100) / 100
		}),
		"missing": make(func(i int) float64 {
			if rng.IntN(200) == 0 {
				return -9999
			}
			return 20 + math.Round(10*rng.NormFloat64())/10
		}),
		"withNaN": make(func(i int) float64 {
			if i%100 == 0 {
				return math.NaN()
			}
			return float64(rng.IntN(10000)) / 100
		}),
		"float32": make(func(int) float64 { return float64(float32(rng.NormFloat64())) }),
		"full":    make(func(int) float64 { return rng.NormFloat64() }),
		"coarse":  make(func(int) float64 { return float64(rng.IntN(500))/3 + 7 }),
		"steps": make(func(int) float64 {
			if rng.IntN(60) == 0 {
				step = rng.Float64()
			}
			return step
		}),
	}
}

func BenchmarkInts(b *testing.B) {
	for name, vals := range intShapes(rand.New(rand.NewPCG(1, 1))) {
		var enc encoding.Encoder
		block := enc.AppendInts(nil, vals, nil)
		b.Run("encode/"+name, func(b *testing.B) {
			b.SetBytes(8 * blockRows)
			b.ReportAllocs()
			for b.Loop() {
				block = enc.AppendInts(block[:0], vals, nil)
			}
			b.ReportMetric(8*float64(len(block))/blockRows, "bits/value")
		})
		b.Run("decode/"+name, func(b *testing.B) {
			out := make([]int64, blockRows)
			b.SetBytes(8 * blockRows)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := encoding.DecodeInts(out, block, blockRows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDoubles(b *testing.B) {
	for name, vals := range doubleShapes(rand.New(rand.NewPCG(1, 1))) {
		var enc encoding.Encoder
		block, _ := enc.AppendDoubles(nil, vals, nil)
		b.Run("encode/"+name, func(b *testing.B) {
			b.SetBytes(8 * blockRows)
			b.ReportAllocs()
			for b.Loop() {
				block, _ = enc.AppendDoubles(block[:0], vals, nil)
			}
			b.ReportMetric(8*float64(len(block))/blockRows, "bits/value")
		})
		b.Run("decode/"+name, func(b *testing.B) {
			out := make([]float64, blockRows)
			b.SetBytes(8 * blockRows)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := encoding.DecodeDoubles(out, block, blockRows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkStrings(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	shapes := map[string][]string{"few": nil, "distinct": nil, "message": messages(blockRows), "uuid": nil}
	for range blockRows {
		shapes["few"] = append(shapes["few"], []string{"running", "idle", "stopped"}[rng.IntN(3)])
		shapes["uuid"] = append(shapes["uuid"], fmt.Sprintf("%08x-%04x-%04x-%012x", rng.Uint32(), rng.Uint32()>>16, rng.Uint32()>>16, rng.Uint64()>>16))
		shapes["distinct"] = append(shapes["distinct"], randomText(rng, 10+rng.IntN(20)))
	}
	for name, vals := range shapes {
		benchStrings(b, name, vals, false)
		benchStrings(b, name+"/cold", vals, true)
	}
}

// benchStrings measures one column of strings.
func benchStrings(b *testing.B, name string, vals []string, cold bool) {
	enc := encoding.Encoder{Cold: cold}
	block := enc.AppendStrings(nil, vals, nil)
	b.Run("encode/"+name, func(b *testing.B) {
		b.SetBytes(16 * blockRows)
		b.ReportAllocs()
		for b.Loop() {
			block = enc.AppendStrings(block[:0], vals, nil)
		}
		b.ReportMetric(8*float64(len(block))/blockRows, "bits/value")
	})
	b.Run("decode/"+name, func(b *testing.B) {
		out := make([]string, blockRows)
		b.SetBytes(16 * blockRows)
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := encoding.DecodeStrings(out, block, blockRows); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// messages are texts of a common form that are all different.
func messages(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("request %d from 10.0.%d.%d took %d ms", 1000+7*i, i%13, i*i%251, i*i%97)
	}
	return out
}

func BenchmarkNulls(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	vals, nulls := make([]float64, blockRows), make([]bool, blockRows)
	for i := range vals {
		vals[i], nulls[i] = float64(rng.IntN(1000))/10, rng.IntN(3) == 0
	}
	var enc encoding.Encoder
	block, _ := enc.AppendDoubles(nil, vals, nulls)
	b.SetBytes(8 * blockRows)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := encoding.DecodeDoubles(vals, block, blockRows); err != nil {
			b.Fatal(err)
		}
	}
}

// randomText returns n random letters.
func randomText(rng *rand.Rand, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte('a' + rng.IntN(26))
	}
	return string(out)
}
