package storage

import (
	"math/rand/v2"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// BenchmarkMerge merges layers of 200 hosts with 5 columns and 400,000 rows: such that follow each other in time; one that has
// all but a tenth of the rows and one with the rest, which came late; all rows and their second versions; as many rows of 50,000
// hosts.
func BenchmarkMerge(b *testing.B) {
	const hosts, points, columns, step = 200, 2000, 5, int64(10e9)
	rng := rand.New(rand.NewPCG(1, 2))
	late := map[int]bool{}
	for len(late) < hosts*points/10 {
		late[rng.IntN(hosts*points)] = true
	}
	order := func(version int64) func(i int) Row {
		return func(i int) Row { return hostRow(i%hosts, columns, int64(i/hosts)*step, version) }
	}
	for name, fill := range map[string]func(s *Store){
		"layers=following": func(s *Store) {
			for part := range 4 {
				writeAll(b, s, hosts*points/4, func(i int) Row { return order(1)(i + part*hosts*points/4) })
				must(b, s.Flush(ctx))
			}
		},
		"layers=late": func(s *Store) {
			for _, now := range []bool{false, true} {
				var list []int
				for i := range hosts * points {
					if late[i] == now {
						list = append(list, i)
					}
				}
				writeAll(b, s, len(list), func(i int) Row { return order(1)(list[i]) })
				must(b, s.Flush(ctx))
			}
		},
		"layers=rewritten": func(s *Store) {
			for version := range int64(2) {
				writeAll(b, s, hosts*points, order(version+1))
				must(b, s.Flush(ctx))
			}
		},
		"layers=short-series": func(s *Store) {
			for part := range 4 {
				writeAll(b, s, hosts*points/4, func(i int) Row { return hostRow(i%(hosts*points/8), columns, int64(part*2+i/(hosts*points/8))*step, 1) })
				must(b, s.Flush(ctx))
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			s := open(b, vfs.OS(b.TempDir()))
			fill(s)
			tab := s.table(1)
			b.ReportAllocs()
			for b.Loop() {
				r := &rewriter{store: s, table: tab, layers: layersOf(tab.state.segments)}
				must(b, r.run(ctx))
				if r.made[0].rows != hosts*points {
					b.Fatal(r.made[0].rows)
				}
				r.made[0].obsolete.Store(true)
				r.made[0].unref()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(hosts*points*columns), "ns/value")
		})
	}
}
