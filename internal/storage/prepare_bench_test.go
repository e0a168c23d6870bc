package storage

import (
	"fmt"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// BenchmarkPrepare looks up series and columns of batches of 100 rows whose series are known: rows of one host that share
// their dimensions, with two measures in turn or ten attributes, and rows of ten hosts with dimensions of their own.
func BenchmarkPrepare(b *testing.B) {
	for _, columns := range []int{1, 10} {
		for _, dims := range []string{"common", "own"} {
			b.Run(fmt.Sprintf("columns=%d/dimensions=%s", columns, dims), func(b *testing.B) {
				batch := benchBatches(0, columns)()
				for i := range batch.Rows {
					r := &batch.Rows[i]
					if dims == "common" {
						r.Dims = batch.Rows[0].Dims
					}
					if columns == 1 {
						r.Measure = fmt.Sprint("measure_", i%2)
					}
				}
				s := open(b, memfs.New())
				_, err := s.Write(ctx, batch)
				must(b, err)
				for i := range batch.Rows { // later than all that is stored
					batch.Rows[i].Time += 1e15
				}
				t := s.table(batch.Table)
				b.ReportAllocs()
				for b.Loop() {
					p := preparedPool.Get().(*prepared)
					must(b, p.prepare(ctx, s, t, batch.Rows))
					if n := len(p.items); n != 100 || !p.items[n-1].known {
						b.Fatalf("%d rows, the last is known: %v", n, p.items[n-1].known)
					}
					p.recycle()
				}
			})
		}
	}
}
