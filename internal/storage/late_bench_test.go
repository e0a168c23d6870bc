package storage

import (
	"math/rand/v2"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// BenchmarkLate writes rows into a day that has a segment of a million rows of 1,000 hosts: rows that were missing, of one host
// a request or of many; the same rows once more; their next version. An operation is a row; what writing in order costs is
// measured beside it. The disk is memory: syncs would hide all else.
func BenchmarkLate(b *testing.B) {
	const hosts, points, columns, step = 1000, 1000, 2, int64(20e9)
	for _, c := range []struct {
		name     string
		together bool  // the rows of a request are of one host
		shift    int64 // of the time, from a row that is there
		version  int64
	}{
		{"rows=ordered/hosts=one", true, points * step, 1},
		{"rows=missing/hosts=one", true, step / 2, 1},
		{"rows=missing/hosts=many", false, step / 2, 1},
		{"rows=same/hosts=one", true, 0, 1},
		{"rows=same/hosts=many", false, 0, 1},
		{"rows=newer/hosts=one", true, 0, 2},
		{"rows=newer/hosts=many", false, 0, 2},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := open(b, memfs.New())
			writeAll(b, s, hosts*points, func(i int) Row { return hostRow(i%hosts, columns, int64(i/hosts)*step, 1) })
			must(b, s.Flush(ctx))
			batches := make([]Batch, max(b.N/100, 1))
			for n, k := range rand.New(rand.NewPCG(1, 2)).Perm(len(batches)) {
				k %= hosts * points / 100
				batches[n].Table = 1
				for i := range 100 {
					at, host := k/hosts*100+i, k%hosts
					if !c.together {
						at, host = (k*100+i*7919)/hosts%points, (k*100+i*7919)%hosts
					}
					r := hostRow(host, columns, int64(at)*step, 1)
					r.Time, r.Version = r.Time+c.shift, c.version
					batches[n].Rows = append(batches[n].Rows, r)
				}
			}
			logged := s.metrics.LogBytes.Load()
			b.ReportAllocs()
			b.ResetTimer()
			for i := range batches {
				_, err := s.Write(ctx, &batches[i])
				must(b, err)
			}
			b.ReportMetric(float64(s.metrics.LogBytes.Load()-logged)/float64(100*len(batches)), "log-B/row")
		})
	}
}
