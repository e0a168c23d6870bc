package series

import (
	"math/bits"

	"github.com/cespare/xxhash/v2"
)

// Dim is one dimension of a record.
type Dim struct{ Name, Value string }

// Hash returns the hash of a series. Dimensions may be in any order: each is hashed alone and the hashes are added, which
// saves sorting them for every record.
func Hash(measure string, dims []Dim) uint64 { return Join(measure, HashDims(dims)) }

// HashDims returns the part of Hash that depends on the dimensions.
func HashDims(dims []Dim) uint64 {
	var sum uint64
	for i := range dims {
		sum += hashDim(dims[i].Name, dims[i].Value)
	}
	return sum
}

// hashDim returns the part of HashDims that depends on one dimension.
func hashDim(name, value string) uint64 {
	return joinDim(xxhash.Sum64String(name), xxhash.Sum64String(value))
}

// joinDim makes the hash of a dimension from those of its name and its value.
func joinDim(name, value uint64) uint64 { return mix(name ^ bits.RotateLeft64(value, 23)) }

// Join makes the hash of a series from its measure name and the hash of its dimensions.
func Join(measure string, dims uint64) uint64 { return join(xxhash.Sum64String(measure), dims) }

// join is Join for the hash of a measure name.
func join(measure, dims uint64) uint64 { return mix(dims + bits.RotateLeft64(measure, 41)) }

// mix spreads every bit of x over the result (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
