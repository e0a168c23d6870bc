package segment

import "math/bits"

// runIndex finds the run of a series: a hash table of run numbers, 8 to 16 bytes a run.
type runIndex struct {
	slots []uint32 // number of the run + 1, 0 for a free slot
	shift int
}

// newRunIndex builds the table for n runs. twice is the number of a run whose series has an earlier one, -1 if there is
// none.
func newRunIndex(n int, series func(run int) uint32) (x runIndex, twice int) {
	log := max(4, bits.Len(uint(2*n-1)))
	x = runIndex{slots: make([]uint32, 1<<log), shift: 64 - log}
	for i := range n {
		s := series(i)
		slot := x.home(s)
		for ; x.slots[slot] != 0; slot = (slot + 1) % len(x.slots) {
			if series(int(x.slots[slot]-1)) == s {
				return x, i
			}
		}
		x.slots[slot] = uint32(i + 1)
	}
	return x, -1
}

// home is where the search for a series begins. Multiplication by the golden ratio spreads consecutive numbers.
func (x *runIndex) home(series uint32) int {
	return int(uint64(series) * 0x9e3779b97f4a7c15 >> x.shift)
}

// find returns the run of a series, -1 if it has none.
func (x *runIndex) find(s uint32, series func(run int) uint32) int {
	for slot := x.home(s); x.slots[slot] != 0; slot = (slot + 1) % len(x.slots) {
		if run := int(x.slots[slot] - 1); series(run) == s {
			return run
		}
	}
	return -1
}
