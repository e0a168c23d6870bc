package engine

import (
	"fmt"
	"testing"
)

// BenchmarkMerge turns requests of 100 records into rows.
func BenchmarkMerge(b *testing.B) {
	common := Record{Time: at(0)}
	for i := range 10 {
		common.Dimensions = append(common.Dimensions, Dimension{Name: fmt.Sprint("dimension_", i), Value: fmt.Sprint("value-", i)})
	}
	single := &WriteRequest{Common: common}
	own := &WriteRequest{Common: Record{Time: at(0)}}
	multi := &WriteRequest{Common: common}
	for i := range 100 {
		single.Records = append(single.Records, Record{MeasureName: fmt.Sprint("measure_", i%20), MeasureValue: fmt.Sprintf("%d.%02d", i, i), MeasureType: TypeDouble})
		own.Records = append(own.Records, Record{Dimensions: common.Dimensions, MeasureName: fmt.Sprint("measure_", i%20), MeasureValue: fmt.Sprintf("%d.%02d", i, i)})
		r := Record{MeasureName: "metrics", MeasureType: TypeMulti}
		for j := range 10 {
			r.MeasureValues = append(r.MeasureValues, MeasureValue{fmt.Sprint("usage_", j), fmt.Sprintf("%d.%02d", i, j), TypeDouble})
		}
		multi.Records = append(multi.Records, r)
	}
	for name, req := range map[string]*WriteRequest{"single": single, "single-own-dims": own, "multi-10": multi} {
		b.Run(name, func(b *testing.B) {
			w := scratchFor(false, "")
			b.ReportAllocs()
			for b.Loop() {
				win := w.window
				if err := w.merge(req); err != nil || len(w.rows) != 100 {
					b.Fatal(err)
				}
				w.reset()
				w.window = win
			}
		})
	}
}
