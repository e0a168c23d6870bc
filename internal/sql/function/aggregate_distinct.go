package function

import (
	"math"
	"math/bits"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// approx_distinct. Source: AWS, "Aggregate functions"; the standard error is 2.3 % unless given.
func init() {
	registerAggregate("approx_distinct(T:comparable) -> bigint", Aggregate{New: newDistincts})
	registerAggregate("approx_distinct(T:comparable, double) -> bigint", Aggregate{New: newDistincts})
}

// Bounds and default of the standard error.
const (
	standardErrorMin     = 0.0040625
	standardErrorMax     = 0.26
	standardErrorDefault = 0.023
)

// distincts counts exactly up to a quarter of the sketch's buckets per group, by one hash table for all groups, and by a
// sketch beyond. Which of the two depends on the number alone, so that the result does not depend on order or on how
// the input was divided.
type distincts struct {
	bucketBits int // 0 until the standard error is known
	exactMax   int32
	counts     []int32 // different values by group, while it has no sketch
	sketchOf   []int32 // place in sketches plus one; nil while there is none
	sketches   []hll
	stale      bool // the table holds values of groups that got a sketch since they were last added to it

	// The table: open addressing, a power of two of slots. hashes[i] is 0 for a free slot.
	hashes []uint64
	groups []int32
	used   int

	hasher sketchHasher
}

// newDistincts is the New of distincts.
func newDistincts([]*types.Type, *types.Type) Accumulator { return &distincts{} }

func (a *distincts) Resize(n int) {
	a.counts = grown(a.counts, n)
	if a.sketchOf != nil {
		a.sketchOf = grown(a.sketchOf, n)
	}
}

// setError takes the standard error from the first row that has one.
func (a *distincts) setError(e float64) error {
	if !(e >= standardErrorMin && e <= standardErrorMax) {
		return dberr.New(dberr.Invalid, "Standard error must be in [0.0040625, 0.26000]: %s", types.Text(types.Double, e))
	}
	if a.bucketBits == 0 {
		a.bucketBits = min(bits.Len(uint(math.Ceil(1.0816/(e*e))-1)), 16)
		a.exactMax = max(16, int32(1)<<a.bucketBits/4)
	}
	return nil
}

func (a *distincts) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows(args)
	if none {
		return nil
	}
	if len(args) == 1 {
		if err := a.setError(standardErrorDefault); err != nil {
			return err
		}
	} else if err := constantArgument(args[1], nulls, len(groups), func(e float64, _, _ int) error { return a.setError(e) }); err != nil {
		return err
	}
	hashes := a.hasher.hash(args[0])
	for i := 0; i < len(groups); {
		g, end := groups[i], runEnd(groups, i)
		if a.sketchOf != nil && a.sketchOf[g] != 0 {
			sketch := a.sketches[a.sketchOf[g]-1]
			for ; i < end; i++ {
				if nulls == nil || !nulls[i] {
					sketch.add(nonZero(hashes[i]), a.bucketBits)
				}
			}
			continue
		}
		last := uint64(0)
		for ; i < end; i++ {
			if h := nonZero(hashes[i]); h != last && (nulls == nil || !nulls[i]) {
				last = h
				a.addHash(g, h)
			}
		}
	}
	return nil
}

// nonZero replaces the hash 0, which marks a free slot of the table.
func nonZero(h uint64) uint64 {
	if h == 0 {
		return 1
	}
	return h
}

// addHash counts a value of group g, given by its hash, which is not 0.
func (a *distincts) addHash(g int32, h uint64) {
	if a.sketchOf != nil && a.sketchOf[g] != 0 {
		a.sketches[a.sketchOf[g]-1].add(h, a.bucketBits)
		return
	}
	if a.used >= len(a.hashes)/4*3 {
		a.rebuild()
	}
	if !a.insert(g, h) {
		return
	}
	if a.counts[g]++; a.counts[g] > a.exactMax {
		a.sketch(g)
		a.stale = true
	}
}

// insert puts a value into the table; false if it is there.
func (a *distincts) insert(g int32, h uint64) bool {
	mask := uint64(len(a.hashes) - 1)
	for at := (h ^ uint64(g)*hashNothing) & mask; ; at = (at + 1) & mask {
		switch {
		case a.hashes[at] == 0:
			a.hashes[at], a.groups[at] = h, g
			a.used++
			return true
		case a.hashes[at] == h && a.groups[at] == g:
			return false
		}
	}
}

// sketch returns the sketch of group g, making it if there is none.
func (a *distincts) sketch(g int32) hll {
	if a.sketchOf == nil {
		a.sketchOf = make([]int32, len(a.counts))
	}
	if a.sketchOf[g] == 0 {
		a.sketches = append(a.sketches, newHLL(a.bucketBits))
		a.sketchOf[g] = int32(len(a.sketches))
	}
	return a.sketches[a.sketchOf[g]-1]
}

// settle adds what the table holds of groups with sketches to these.
func (a *distincts) settle() {
	if !a.stale {
		return
	}
	for i, h := range a.hashes {
		if h != 0 && a.sketchOf[a.groups[i]] != 0 {
			a.sketches[a.sketchOf[a.groups[i]]-1].add(h, a.bucketBits)
		}
	}
	a.stale = false
}

// rebuild moves what belongs to sketches there, and doubles the table if more than a third of it remains in use.
func (a *distincts) rebuild() {
	a.settle()
	live := a.used
	if a.sketchOf != nil {
		live = 0
		for i, h := range a.hashes {
			if h != 0 && a.sketchOf[a.groups[i]] == 0 {
				live++
			}
		}
	}
	size := max(len(a.hashes), 64)
	if live > size/3 {
		size = max(2*size, 1<<bits.Len(uint(len(a.counts)))) // a group has one value at least, most likely
	}
	hashes, groups := a.hashes, a.groups
	a.hashes, a.groups, a.used = make([]uint64, size), make([]int32, size), 0
	for i, h := range hashes {
		if h != 0 && (a.sketchOf == nil || a.sketchOf[groups[i]] == 0) {
			a.insert(groups[i], h)
		}
	}
}

func (a *distincts) Merge(other Accumulator, groups []int32) error {
	o := other.(*distincts)
	if o.bucketBits == 0 {
		return nil
	}
	if a.bucketBits == 0 {
		a.bucketBits, a.exactMax = o.bucketBits, o.exactMax
	}
	o.settle()
	for i := range groups {
		if o.sketchOf == nil || o.sketchOf[i] == 0 {
			continue
		}
		g := groups[i]
		a.stale = a.stale || a.counts[g] > 0
		a.sketch(g).merge(o.sketches[o.sketchOf[i]-1])
	}
	for i, h := range o.hashes {
		if h != 0 && (o.sketchOf == nil || o.sketchOf[o.groups[i]] == 0) {
			a.addHash(groups[o.groups[i]], h)
		}
	}
	return nil
}

func (a *distincts) Result(from, to int) (*vector.Vector, error) {
	a.settle()
	out := make([]int64, to-from)
	for i := range out {
		g := from + i
		out[i] = int64(a.counts[g])
		if a.sketchOf != nil && a.sketchOf[g] != 0 {
			out[i] = int64(math.Round(a.sketches[a.sketchOf[g]-1].estimate()))
		}
	}
	return vector.Int64s(types.Bigint, out, nil), nil
}

func (a *distincts) Bytes() int64 {
	n := sizeOf(a.counts) + sizeOf(a.sketchOf) + sizeOf(a.sketches) + sizeOf(a.hashes) + sizeOf(a.groups)
	n += int64(len(a.sketches)) << a.bucketBits
	return n + sizeOf(a.hasher.out) + sizeOf(a.hasher.byCode)
}
