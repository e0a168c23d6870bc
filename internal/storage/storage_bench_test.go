package storage

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// benchBatches makes the batches of one client: records of 10 hosts, with or without 10 attributes, with rising times.
func benchBatches(client, columns int) func() *Batch {
	b := &Batch{Table: 1}
	for i := range 100 {
		r := Row{Measure: "cpu", Version: 1, Multi: columns > 1}
		for d := range 9 {
			r.Dims = append(r.Dims, Dim{Name: fmt.Sprintf("dimension_%d", d), Value: fmt.Sprintf("value_%d", (client+d)%(d+1))})
		}
		r.Dims = append(r.Dims, Dim{Name: "hostname", Value: fmt.Sprintf("host_%d_%d", client, i%10)})
		for c := range columns {
			name := fmt.Sprintf("usage_%d", c)
			if columns == 1 {
				name = ColumnValueDouble
			}
			r.Values = append(r.Values, Value{Column: name, Type: types.Double})
		}
		b.Rows = append(b.Rows, r)
	}
	now := int64(0)
	return func() *Batch {
		for i := range b.Rows {
			if i%10 == 0 {
				now += 1e9
			}
			b.Rows[i].Time = now
			for c := range b.Rows[i].Values {
				b.Rows[i].Values[c].Float = float64(now%1000) / 100
			}
		}
		return b
	}
}

// BenchmarkWrite is 8 clients with requests of 100 records each, on the real file system, synced. An operation is a
// record.
func BenchmarkWrite(b *testing.B) {
	for _, columns := range []int{1, 10} {
		for _, clients := range []int{1, 8, 32} {
			b.Run(fmt.Sprintf("columns=%d/clients=%d", columns, clients), func(b *testing.B) {
				s := open(b, vfs.OS(b.TempDir()))
				var left atomic.Int64
				left.Store(int64(b.N))
				b.ReportAllocs()
				b.ResetTimer()
				var wg sync.WaitGroup
				for c := range clients {
					wg.Go(func() {
						next := benchBatches(c, columns)
						for left.Add(-100) > -100 {
							if res, err := s.Write(ctx, next()); err != nil || len(res.Rejected) > 0 {
								b.Error(err, describe(res))
								return
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
				b.ReportMetric(float64(s.metrics.RowsStored.Load())/float64(s.metrics.LogGroups.Load()), "records/sync")
			})
		}
	}
}

// BenchmarkScanOneSeries reads one of 1,000 series: an hour of it, from memory and from a segment.
func BenchmarkScanOneSeries(b *testing.B) {
	s := open(b, vfs.OS(b.TempDir()))
	const step = 10e9
	for from := range 12 {
		for h := range 1000 {
			batch := Batch{Table: 1}
			for i := range 360 {
				r := row(fmt.Sprintf("cpu{region=r%d host=h%d} 0 a=1.5 b=2.5", h%7, h))
				r.Time = int64(from*360+i) * step
				batch.Rows = append(batch.Rows, r)
			}
			_, err := s.Write(ctx, &batch)
			must(b, err)
		}
	}
	req := Everything(ColumnTime, "host", "a")
	req.From, req.To = 5*3600e9, 6*3600e9-1
	req.Series = []SeriesFilter{{Column: "host", In: []string{"h500"}}, {Column: ColumnMeasureName, In: []string{"cpu"}}}
	for _, place := range []string{"memory", "segment"} {
		b.Run(place, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				scan, err := s.Scan(ctx, 1, req)
				must(b, err)
				n := 0
				for {
					batch, err := scan.Next(ctx)
					must(b, err)
					if batch == nil {
						break
					}
					n += batch.Rows
				}
				scan.Close()
				if n != 360 {
					b.Fatalf("%d rows", n)
				}
			}
		})
		must(b, s.Flush(ctx))
	}
}

// BenchmarkScanShortSeries reads two columns of 100,000 series of 48 rows.
func BenchmarkScanShortSeries(b *testing.B) {
	s := open(b, vfs.OS(b.TempDir()))
	for t := range 48 {
		for from := 0; from < 100_000; from += 5000 {
			batch := Batch{Table: 1}
			for h := range 5000 {
				batch.Rows = append(batch.Rows, Row{
					Measure: "cpu", Time: int64(t) * 900e9, Version: 1, Dims: []Dim{{Name: "host", Value: fmt.Sprint("host_", from+h)}},
					Values: []Value{{Column: ColumnValueDouble, Type: types.Double, Float: float64(t) / 10}},
				})
			}
			_, err := s.Write(ctx, &batch)
			must(b, err)
		}
	}
	for _, place := range []string{"memory", "segment"} {
		b.Run(place, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, stats := scanned(b, s, Everything(ColumnTime, "host", ColumnValueDouble))
				if stats.Rows != 4_800_000 {
					b.Fatal(stats.Rows)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4_800_000, "ns/row")
		})
		must(b, s.Flush(ctx))
	}
}

// BenchmarkScanAll reads two columns of 4.32 million rows.
func BenchmarkScanAll(b *testing.B) {
	s := open(b, vfs.OS(b.TempDir()))
	for h := range 1000 {
		fill(b, s, fmt.Sprintf("cpu{host=%d}", h), 0, 4320, 1)
	}
	for _, place := range []string{"memory", "segment"} {
		b.Run(place, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, stats := scanned(b, s, Everything(ColumnTime, "host", ColumnValueBigint))
				if stats.Rows != 4_320_000 {
					b.Fatal(stats.Rows)
				}
			}
		})
		must(b, s.Flush(ctx))
	}
}
