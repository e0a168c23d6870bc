package function

import (
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// row_number, the rank family and ntile. Source: AWS, "Window functions". They look at the order of the partition only,
// never at the frame. Without ORDER BY all rows are peers.
func init() {
	registerWindow("row_number() -> bigint", Window{Compute: rankInts(func(_ *Partition, i int, _ int64) int64 { return int64(i) + 1 })})
	registerWindow("rank() -> bigint", Window{Compute: rankInts(func(p *Partition, i int, _ int64) int64 { return int64(p.PeerStart[i]) + 1 })})
	registerWindow("dense_rank() -> bigint", Window{Compute: rankInts(func(p *Partition, i int, before int64) int64 {
		if i == 0 || p.PeerStart[i] != p.PeerStart[i-1] {
			return before + 1
		}
		return before
	})})
	registerWindow("percent_rank() -> double", Window{Compute: rankDoubles(func(p *Partition, i int) float64 {
		if p.Rows == 1 {
			return 0
		}
		return float64(p.PeerStart[i]) / float64(p.Rows-1)
	})})
	registerWindow("cume_dist() -> double", Window{Compute: rankDoubles(func(p *Partition, i int) float64 {
		return float64(p.PeerEnd[i]) / float64(p.Rows)
	})})
	registerWindow("ntile(bigint) -> bigint", Window{Compute: ntile})
}

// windowFunc is the code of a window function.
type windowFunc = func(p *Partition, args []*vector.Vector, result *types.Type) (*vector.Vector, error)

// rankInts makes the code of a function of a row's place; before is the value of the row before, 0 for the first.
func rankInts(f func(p *Partition, i int, before int64) int64) windowFunc {
	return func(p *Partition, _ []*vector.Vector, result *types.Type) (*vector.Vector, error) {
		out, before := make([]int64, p.Rows), int64(0)
		for i := range out {
			before = f(p, i, before)
			out[i] = before
		}
		return vector.Int64s(result, out, nil), nil
	}
}

// rankDoubles makes the code of a function of a row's place.
func rankDoubles(f func(p *Partition, i int) float64) windowFunc {
	return func(p *Partition, _ []*vector.Vector, _ *types.Type) (*vector.Vector, error) {
		out := make([]float64, p.Rows)
		for i := range out {
			out[i] = f(p, i)
		}
		return vector.Doubles(out, nil), nil
	}
}

// ntile divides the rows into buckets whose sizes differ by at most one, the larger ones first.
func ntile(p *Partition, args []*vector.Vector, result *types.Type) (*vector.Vector, error) {
	nulls, none := nullsOf(args[0])
	if none {
		return vector.NullsOf(result, p.Rows), nil
	}
	x, out := read[int64](args[0]), make([]int64, p.Rows)
	for i := range out {
		if nulls != nil && nulls[i] {
			continue
		}
		buckets := x.at(i)
		if buckets < 1 {
			return nil, dberr.New(dberr.Invalid, "Buckets must be greater than 0")
		}
		row, size, larger := int64(i), int64(p.Rows)/buckets, int64(p.Rows)%buckets
		if ahead := larger * (size + 1); row < ahead {
			out[i] = row/(size+1) + 1
		} else {
			out[i] = larger + (row-ahead)/size + 1
		}
	}
	return vector.Int64s(result, out, nulls), nil
}
