package sink_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/tidemarkdb/tidemark/test/databases"
)

// BenchmarkMySQL and BenchmarkPostgreSQL write runs of 100,000 rows of three columns. Upserted are the same keys in each run, so that all runs but the first
// overwrite.
func BenchmarkMySQL(b *testing.B) { benchmark(b, databases.MariaDB(b)) }

// BenchmarkPostgreSQL is the other one.
func BenchmarkPostgreSQL(b *testing.B) { benchmark(b, databases.PostgreSQL(b)) }

func benchmark(b *testing.B, server *databases.Server) {
	const rows, batchRows = 100_000, 4000
	for _, mode := range []string{`mode="append"`, `mode="upsert"`} {
		b.Run(mode, func(b *testing.B) {
			r := &rig{TB: b, server: server, admin: server.Admin(b)}
			defer r.dropTables()
			settings := []string{"create=true", mode}
			if mode == `mode="upsert"` {
				settings = append(settings, `key=["device", "time"]`)
			}
			s, all := r.sink(settings...), many(rows)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				w, err := s.Begin(context.Background(), runOf(n), powerColumns)
				if err != nil {
					b.Fatal(err)
				}
				for first := 0; first < rows; first += batchRows {
					if err := w.Write(context.Background(), all.Slice(first, first+batchRows)); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := w.Commit(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n*rows)/b.Elapsed().Seconds(), "rows/s")
			r.want("SELECT count(*), sum(row_count) FROM {runs}", fmt.Sprintf("%d %d", n, n*rows))
		})
	}
}
