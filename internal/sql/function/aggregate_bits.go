package function

import (
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// bool_and, every, bool_or and the bitwise aggregates. Source: AWS, "Aggregate functions"; bitwise_xor_agg: Trino.
func init() {
	for _, name := range []string{"bool_and", "every"} {
		registerAggregate(name+"(boolean) -> boolean", Aggregate{New: newState(func() *boolFold { return &boolFold{decides: false} })})
	}
	registerAggregate("bool_or(boolean) -> boolean", Aggregate{New: newState(func() *boolFold { return &boolFold{decides: true} })})
	registerAggregate("bitwise_and_agg(bigint) -> bigint", Aggregate{New: newBitFold(-1, func(a, b int64) int64 { return a & b })})
	registerAggregate("bitwise_or_agg(bigint) -> bigint", Aggregate{New: newBitFold(0, func(a, b int64) int64 { return a | b })})
	registerAggregate("bitwise_xor_agg(bigint) -> bigint", Aggregate{New: newBitFold(0, func(a, b int64) int64 { return a ^ b })})
}

// boolFold is the conjunction or disjunction of booleans.
type boolFold struct {
	decides bool // the value of which one is enough: false for AND, true for OR
	decided []bool
	seen    []bool
}

func (a *boolFold) Resize(n int) {
	a.decided, a.seen = grown(a.decided, n), grown(a.seen, n)
}

func (a *boolFold) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows(args)
	if none {
		return nil
	}
	x := read[bool](args[0])
	for i, g := range groups {
		if nulls != nil && nulls[i] {
			continue
		}
		a.seen[g] = true
		if x.at(i) == a.decides {
			a.decided[g] = true
		}
	}
	return nil
}

func (a *boolFold) Merge(other Accumulator, groups []int32) error {
	return mergeResults(a, other, groups)
}

func (a *boolFold) Result(from, to int) (*vector.Vector, error) {
	out := make([]bool, to-from)
	for i := range out {
		out[i] = a.decided[from+i] == a.decides
	}
	return vector.Booleans(out, unseen(a.seen, from, to)), nil
}

func (a *boolFold) Bytes() int64 { return sizeOf(a.decided) + sizeOf(a.seen) }

// bitFold combines the bits of integers.
type bitFold struct {
	initial int64
	combine func(a, b int64) int64
	bits    []int64
	seen    []bool
}

// newBitFold makes the New of a bitFold; initial leaves any value as it is when combined.
func newBitFold(initial int64, combine func(a, b int64) int64) func([]*types.Type, *types.Type) Accumulator {
	return newState(func() *bitFold { return &bitFold{initial: initial, combine: combine} })
}

func (a *bitFold) Resize(n int) {
	have := len(a.bits)
	a.bits, a.seen = grown(a.bits, n), grown(a.seen, n)
	for i := have; i < len(a.bits); i++ {
		a.bits[i] = a.initial
	}
}

func (a *bitFold) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows(args)
	if none {
		return nil
	}
	x := read[int64](args[0])
	for i, g := range groups {
		if nulls == nil || !nulls[i] {
			a.bits[g], a.seen[g] = a.combine(a.bits[g], x.at(i)), true
		}
	}
	return nil
}

func (a *bitFold) Merge(other Accumulator, groups []int32) error {
	return mergeResults(a, other, groups)
}

func (a *bitFold) Result(from, to int) (*vector.Vector, error) {
	return vector.Int64s(types.Bigint, append([]int64(nil), a.bits[from:to]...), unseen(a.seen, from, to)), nil
}

func (a *bitFold) Bytes() int64 { return sizeOf(a.bits) + sizeOf(a.seen) }
