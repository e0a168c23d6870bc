package series

import (
	"runtime"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// TestMemoryOfManySeries holds the price of a series, made one after the other and read from a file, and that the
// accounting is right.
func TestMemoryOfManySeries(t *testing.T) {
	const series = 100_000
	for _, p := range populations {
		disk := memfs.New()
		var length int64
		for name, fill := range map[string]func(*Index){
			"made": func(ix *Index) { p.fill(ix, 0, series) },
			"read": func(ix *Index) {
				if err := ReadFile(disk, "a.idx", 1, length, ix); err != nil {
					t.Fatal(err)
				}
			},
		} {
			if name == "read" {
				var err error
				if length, err = CreateFile(disk, "a.idx", 1, "", 0, p.fill(New(), 0, series)); err != nil {
					t.Fatal(err)
				}
			}
			before := heap()
			ix := New()
			fill(ix)
			real, counted := float64(heap()-before)/series, float64(ix.Bytes())/series
			ix.Order()
			ordered := float64(ix.Bytes())/series - counted
			runtime.KeepAlive(ix)
			t.Logf("%s, %s: %.0f bytes a series, %.0f counted, and %.0f in order", p.name, name, real, counted, ordered)
			if real > p.bytesMax {
				t.Errorf("%s, %s: %.0f bytes a series", p.name, name, real)
			}
			if counted < real*0.8 || counted > real*1.2 {
				t.Errorf("%s, %s: %.0f bytes a series counted, %.0f used", p.name, name, counted, real)
			}
			if ordered < 7.5 || ordered > 10 {
				t.Errorf("%s, %s: the order takes %.0f bytes a series", p.name, name, ordered)
			}
		}
	}
}
