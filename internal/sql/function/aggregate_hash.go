package function

import (
	"math/bits"

	"github.com/cespare/xxhash/v2"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Hashes for sketches. They are the same in every process, unlike those of package vector, so that an estimate does not
// change with a restart and sketches from several machines could be merged.

// mixHash spreads x over all 64 bits. Source: the finalizer of MurmurHash3.
func mixHash(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// hashNothing stands for NULL within arrays, rows and time series.
const hashNothing = 0x9e3779b97f4a7c15

// hashPart adds a part to the hash of a list.
func hashPart(h, part uint64) uint64 { return mixHash(bits.RotateLeft64(h, 17)*31 + part) }

// sketchHasher hashes columns, remembering the hashes of the last dictionary.
type sketchHasher struct {
	out    []uint64
	dict   *vector.Vector
	byCode []uint64
}

// hash returns a hash for each row of v, hashNothing for NULL. Equal values have equal hashes. The slice is good until
// the next call.
func (h *sketchHasher) hash(v *vector.Vector) []uint64 {
	n := v.Len()
	if cap(h.out) < n {
		h.out = make([]uint64, n)
	}
	out := h.out[:n]
	if v.Form != vector.Dictionary || v.Dict.Len() > 8*n+dictSmall {
		hashColumn(v, out)
		return out
	}
	if h.dict != v.Dict {
		h.dict, h.byCode = v.Dict, make([]uint64, v.Dict.Len())
		hashColumn(v.Dict, h.byCode)
	}
	for i, c := range v.Codes {
		out[i] = hashNothing
		if c >= 0 {
			out[i] = h.byCode[c]
		}
	}
	return out
}

// hashColumn sets out to the hashes of the rows of v.
func hashColumn(v *vector.Vector, out []uint64) {
	switch kind := v.Type.Kind; {
	case v.Form == vector.Constant:
		if len(out) == 0 {
			return
		}
		hashColumn(v.Resize(1).Flatten(), out[:1])
		for i := range out {
			out[i] = out[0]
		}
		return
	case v.Form == vector.Dictionary:
		v = v.Flatten()
		hashColumn(v, out)
		return
	case kind == types.KindVarchar:
		for i, s := range v.Strs {
			out[i] = xxhash.Sum64String(s)
		}
	case kind == types.KindDouble:
		for i, x := range v.Floats {
			out[i] = mixHash(vector.DoubleBits(x))
		}
	case kind == types.KindBoolean:
		for i, x := range v.Bools {
			out[i] = mixHash(1)
			if x {
				out[i] = mixHash(2)
			}
		}
	case v.Type.Ints():
		for i, x := range v.Ints {
			out[i] = mixHash(uint64(x))
		}
	case kind == types.KindRow:
		clear(out)
		part := make([]uint64, len(out))
		for _, kid := range v.Kids {
			hashColumn(kid, part)
			for i := range out {
				out[i] = hashPart(out[i], part[i])
			}
		}
	case kind == types.KindArray || kind == types.KindTimeSeries:
		hashLists(v, out)
	}
	for i := range out {
		if v.IsNull(i) {
			out[i] = hashNothing
		}
	}
}

// hashLists is hashColumn for flat arrays and time series.
func hashLists(v *vector.Vector, out []uint64) {
	first, last := int(v.Offsets[0]), int(v.Offsets[len(out)])
	for i := range out {
		out[i] = mixHash(uint64(v.Offsets[i+1] - v.Offsets[i]))
	}
	part := make([]uint64, last-first)
	for _, kid := range v.Kids {
		hashColumn(kid.Slice(first, last), part)
		for i := range out {
			for e := int(v.Offsets[i]); e < int(v.Offsets[i+1]); e++ {
				out[i] = hashPart(out[i], part[e-first])
			}
		}
	}
}
