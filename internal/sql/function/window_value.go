package function

import (
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// first_value, last_value, nth_value over the frame; lag and lead over the partition. Source: AWS, "Window functions".
// Each works out from which row every row takes its value and gathers once, so that all types and forms are alike.
func init() {
	registerWindow("first_value(T) -> T", Window{TakesNullTreatment: true, Compute: firstValue})
	registerWindow("last_value(T) -> T", Window{TakesNullTreatment: true, Compute: lastValue})
	registerWindow("nth_value(T, bigint) -> T", Window{TakesNullTreatment: true, Compute: nthValue})
	for _, f := range []struct {
		name string
		step int64
	}{{"lag", -1}, {"lead", 1}} {
		for _, params := range []string{"T", "T, bigint", "T, bigint, T"} {
			registerWindow(f.name+"("+params+") -> T", Window{TakesNullTreatment: true, Compute: shifted(f.step)})
		}
	}
}

// candidates are the rows of a partition that a value may be taken from: all, or with IGNORE NULLS those that are not NULL.
type candidates struct {
	all    bool
	rows   []int32 // the candidates in order; nil for all
	before []int32 // by row and one more: how many candidates precede it; nil for all
}

// candidatesOf returns the candidates among the rows of v.
func candidatesOf(p *Partition, v *vector.Vector) candidates {
	nulls, none := nullsOf(v)
	if !p.IgnoreNulls || nulls == nil && !none {
		return candidates{all: true}
	}
	c := candidates{before: make([]int32, p.Rows+1)}
	for i := range p.Rows {
		if !none && !nulls[i] {
			c.rows = append(c.rows, int32(i))
		}
		c.before[i+1] = int32(len(c.rows))
	}
	return c
}

// upTo returns how many candidates there are before row i, which may be one past the last.
func (c *candidates) upTo(i int32) int64 {
	if c.all {
		return int64(i)
	}
	return int64(c.before[i])
}

// row returns candidate k, counted from 0.
func (c *candidates) row(k int64) int32 {
	if c.all {
		return int32(k)
	}
	return c.rows[k]
}

// inFrame returns candidate k of the frame of row i, counted from its end if k is negative, -1 if there is none.
func (c *candidates) inFrame(p *Partition, i int, k int64) int32 {
	start, end := p.FrameStart[i], p.FrameEnd[i]
	if start >= end {
		return -1
	}
	first, last := c.upTo(start), c.upTo(end)
	if k < 0 {
		k += last
	} else if k < last-first {
		k += first
	} else {
		return -1
	}
	if k < first || k >= last {
		return -1
	}
	return c.row(k)
}

// firstValue is first_value.
func firstValue(p *Partition, args []*vector.Vector, _ *types.Type) (*vector.Vector, error) {
	return fromFrame(p, args[0], 0), nil
}

// lastValue is last_value.
func lastValue(p *Partition, args []*vector.Vector, _ *types.Type) (*vector.Vector, error) {
	return fromFrame(p, args[0], -1), nil
}

// fromFrame takes for every row candidate k of its frame.
func fromFrame(p *Partition, v *vector.Vector, k int64) *vector.Vector {
	c, sel := candidatesOf(p, v), make([]int32, p.Rows)
	for i := range sel {
		sel[i] = c.inFrame(p, i, k)
	}
	return v.Gather(sel)
}

// nthValue is nth_value. Beyond the frame, or with NULL for a place, it is NULL.
func nthValue(p *Partition, args []*vector.Vector, result *types.Type) (*vector.Vector, error) {
	nulls, none := nullsOf(args[1])
	if none {
		return vector.NullsOf(result, p.Rows), nil
	}
	c, n, sel := candidatesOf(p, args[0]), read[int64](args[1]), make([]int32, p.Rows)
	for i := range sel {
		sel[i] = -1
		if nulls != nil && nulls[i] {
			continue
		}
		k := n.at(i)
		if k < 1 {
			return nil, dberr.New(dberr.Invalid, "Offset must be at least 1")
		}
		sel[i] = c.inFrame(p, i, k-1)
	}
	return args[0].Gather(sel), nil
}

// shifted makes lag (step -1) and lead (step 1): the value of the k-th candidate before or after the row. The default
// takes its place beyond the partition and, as documented, where k is NULL. With k = 0 it is the row itself.
func shifted(step int64) windowFunc {
	return func(p *Partition, args []*vector.Vector, _ *types.Type) (*vector.Vector, error) {
		values, c, sel := args[0], candidatesOf(p, args[0]), make([]int32, p.Rows)
		offset := func(int) (int64, bool) { return 1, true }
		if len(args) > 1 {
			if nulls, none := nullsOf(args[1]); none {
				offset = func(int) (int64, bool) { return 0, false }
			} else {
				k := read[int64](args[1])
				offset = func(i int) (int64, bool) { return k.at(i), nulls == nil || !nulls[i] }
			}
		}
		useDefault := false
		for i := range sel {
			k, known := offset(i)
			if known && k < 0 {
				return nil, dberr.New(dberr.Invalid, "Offset must be at least 0")
			}
			sel[i] = -1
			if known {
				sel[i] = c.beside(i, k, step, p.Rows)
			}
			if sel[i] < 0 && len(args) > 2 {
				sel[i] = int32(p.Rows + i)
				useDefault = true
			}
		}
		if useDefault {
			values = vector.Concat(values.Type, []*vector.Vector{values, args[2]})
		}
		return values.Gather(sel), nil
	}
}

// beside returns the k-th candidate before or after row i, -1 if there is none; row i itself for k = 0.
func (c *candidates) beside(i int, k, step int64, rows int) int32 {
	if k == 0 {
		return int32(i)
	}
	total := c.upTo(int32(rows))
	if k > total {
		return -1
	}
	at := c.upTo(int32(i)) - k
	if step > 0 {
		at = c.upTo(int32(i)+1) + k - 1
	}
	if at < 0 || at >= total {
		return -1
	}
	return c.row(at)
}
