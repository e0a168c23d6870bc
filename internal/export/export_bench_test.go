package export

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// nowhere is a store that reads objects and forgets them.
type nowhere struct{ objectstore.Store }

func (nowhere) Put(_ context.Context, _, _ string, body io.Reader, _ objectstore.PutOptions) error {
	_, err := io.Copy(io.Discard, body)
	return err
}

// devops makes a batch as a scan of the workshop's kind of table does: dimensions with dictionaries, times, values of few digits.
func devops(rows int) ([]types.Field, *vector.Batch) {
	hosts := make([]string, 100)
	for i := range hosts {
		hosts[i] = fmt.Sprint("host-", i)
	}
	dict, regions := vector.Strings(hosts, nil), vector.Strings([]string{"eu-west-1", "us-east-1"}, nil)
	host, region, time := make([]int32, rows), make([]int32, rows), make([]int64, rows)
	fields := []types.Field{{Name: "host", Type: types.Varchar}, {Name: "region", Type: types.Varchar}, {Name: "measure_name", Type: types.Varchar}, {Name: "time", Type: types.Timestamp}}
	for i := range rows {
		host[i], region[i], time[i] = int32(i/60%100), int32(i/60%2), 1_704_067_200_000_000_000+int64(i)*10_000_000_000
	}
	b := &vector.Batch{Rows: rows, Cols: []*vector.Vector{vector.DictionaryOf(dict, host), vector.DictionaryOf(regions, region),
		vector.Const(types.Varchar, "cpu", rows), vector.Int64s(types.Timestamp, time, nil)}}
	for c := range 5 {
		values, nulls := make([]float64, rows), make([]bool, rows)
		for i := range values {
			values[i], nulls[i] = float64((i*7919+c*104729)%10000)/100, i%50 == c
		}
		fields = append(fields, types.Field{Name: fmt.Sprint("v", c), Type: types.Double})
		b.Cols = append(b.Cols, vector.Doubles(values, nulls))
	}
	return fields, b
}

// BenchmarkWrite writes rows of nine columns, about 90 bytes of CSV each; rows/s is the figure.
func BenchmarkWrite(b *testing.B) {
	fields, batch := devops(vector.BatchRows)
	for _, format := range []string{"csv none", "csv gzip", "parquet none", "parquet gzip"} {
		b.Run(format, func(b *testing.B) {
			u := plain()
			u.Parquet, u.Gzip = format[0] == 'p', format[len(format)-1] == 'p'
			w, err := New(Options{Objects: nowhere{}, Unload: u, Columns: fields})
			if err != nil {
				b.Fatal(err)
			}
			rows := 0
			for b.Loop() {
				if err := w.Write(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
				rows += batch.Rows
			}
			r, err := w.Finish(context.Background())
			if err != nil || r.Rows != int64(rows) {
				b.Fatalf("%d rows are written, want %d, %v", r.Rows, rows, err)
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(r.Bytes)/float64(r.Rows), "B/row")
		})
	}
}
