package vector

import (
	"hash/maphash"
	"math"
	"math/bits"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Hashes are good within one process only: they are keyed with random numbers, so that nobody outside can choose values
// that collide.
var (
	hashSeed       = maphash.MakeSeed()
	hashA          = maphash.String(hashSeed, "a") | 1
	hashB          = maphash.String(hashSeed, "b") | 1
	hashNull       = maphash.String(hashSeed, "null")
	canonicalNaN   = math.Float64bits(math.NaN())
	hashFalseTrue  = [2]uint64{HashUint64(0), HashUint64(1)}
	hashListHeader = maphash.String(hashSeed, "list")
)

// HashUint64 returns a hash of x whose high and low bits are equally good: two rounds of multiplying by a fixed odd
// number and folding, as in the finalisers of MurmurHash and SplitMix, after a secret shift. One round with a random
// number is faster but bad for some numbers.
func HashUint64(x uint64) uint64 {
	x ^= hashA
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// HashCombine returns a hash of the pair of a hash and a further hash or word.
func HashCombine(h, x uint64) uint64 {
	return HashUint64(bits.RotateLeft64(h, 23)*hashB ^ x)
}

// HashString returns a hash of s.
func HashString(s string) uint64 { return maphash.String(hashSeed, s) }

// DoubleBits returns the bits of x such that equal doubles have equal bits: one NaN, and 0.0 for -0.0.
func DoubleBits(x float64) uint64 {
	switch {
	case x == 0:
		return 0
	case x != x:
		return canonicalNaN
	}
	return math.Float64bits(x)
}

// Hash sets out[i] to a hash of row i of v. Rows that an Equaler calls equal have the same hash, across vectors of one
// type and whatever their form.
func Hash(v *Vector, out []uint64) {
	switch v.Form {
	case Constant:
		one := v.Resize(1)
		one.Form = Flat
		var h [1]uint64
		Hash(one, h[:])
		for i := range out {
			out[i] = h[0]
		}
		return
	case Dictionary:
		hashDictionary(v, out)
		return
	}
	switch kind := v.Type.Kind; {
	case v.Type.Ints():
		for i, x := range v.Ints {
			out[i] = HashUint64(uint64(x))
		}
	case kind == types.KindDouble:
		for i, x := range v.Floats {
			out[i] = HashUint64(DoubleBits(x))
		}
	case kind == types.KindVarchar:
		for i, s := range v.Strs {
			out[i] = HashString(s)
		}
	case kind == types.KindBoolean:
		for i, x := range v.Bools {
			out[i] = hashFalseTrue[0]
			if x {
				out[i] = hashFalseTrue[1]
			}
		}
	case kind == types.KindArray || kind == types.KindTimeSeries:
		hashLists(v, out)
	case kind == types.KindRow:
		hashRows(v, out)
	}
	if !v.HasNulls() {
		return
	}
	for i := range out {
		if v.IsNull(i) {
			out[i] = hashNull
		}
	}
}

// hashDictionary hashes each value once if there are fewer of them than rows.
func hashDictionary(v *Vector, out []uint64) {
	if v.Dict.rows > len(out) {
		Hash(v.Flatten(), out)
		return
	}
	values := make([]uint64, v.Dict.rows)
	Hash(v.Dict, values)
	for i, c := range v.Codes {
		out[i] = hashNull
		if c >= 0 {
			out[i] = values[c]
		}
	}
}

// hashLists hashes the lengths and elements of flat arrays and time series.
func hashLists(v *Vector, out []uint64) {
	first, last := int(v.Offsets[0]), int(v.Offsets[v.rows])
	elems := make([]uint64, last-first)
	for i := range out {
		out[i] = HashCombine(hashListHeader, uint64(v.Offsets[i+1]-v.Offsets[i]))
	}
	for _, kid := range v.Kids {
		Hash(kid.Slice(first, last), elems)
		for i := range out {
			for j := int(v.Offsets[i]); j < int(v.Offsets[i+1]); j++ {
				out[i] = HashCombine(out[i], elems[j-first])
			}
		}
	}
}

// hashRows hashes the fields of flat rows.
func hashRows(v *Vector, out []uint64) {
	for i := range out {
		out[i] = hashListHeader
	}
	field := make([]uint64, len(out))
	for _, kid := range v.Kids {
		Hash(kid, field)
		for i := range out {
			out[i] = HashCombine(out[i], field[i])
		}
	}
}
