package segment_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// BenchmarkWriteMetrics writes 10 series of 12 hours with a point every 10 seconds and 10 metrics.
func BenchmarkWriteMetrics(b *testing.B) {
	for _, full := range []bool{false, true} {
		name := "values=walk"
		if full {
			name = "values=full"
		}
		b.Run(name, func(b *testing.B) { benchWriteMetrics(b, full) })
	}
}

func benchWriteMetrics(b *testing.B, full bool) {
	const series, points, metrics = 10, 4320, 10
	rng := rand.New(rand.NewPCG(1, 1))
	meta := segment.Meta{}
	chunk := segment.Chunk{}
	for i := range points {
		chunk.Times = append(chunk.Times, int64(i)*10e9)
	}
	for m := range metrics {
		vals, walk := make([]float64, points), 50.0
		for i := range vals {
			if walk = min(max(walk+rng.NormFloat64(), 0), 100); full {
				walk = 100 * rng.Float64()
			}
			if vals[i] = walk; !full {
				vals[i] = math.Round(walk*100) / 100
			}
		}
		meta.Columns = append(meta.Columns, segment.Column{Name: string(rune('a' + m)), Type: types.Double})
		chunk.Cols = append(chunk.Cols, vector.Doubles(vals, nil))
	}
	var info segment.Info
	for b.Loop() {
		w, err := segment.NewWriter(memfs.New(), file, meta)
		for s := range uint32(series) {
			if err == nil {
				err = w.Append(s, chunk)
			}
		}
		if err == nil {
			info, err = w.Finish()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	values := float64(series * points * metrics)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/values, "ns/value")
	b.ReportMetric(float64(info.Bytes)/values, "bytes/value")
}
