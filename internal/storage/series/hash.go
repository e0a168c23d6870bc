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
		sum += mix(xxhash.Sum64String(dims[i].Name) ^ bits.RotateLeft64(xxhash.Sum64String(dims[i].Value), 23))
	}
	return sum
}

// Join makes the hash of a series from its measure name and the hash of its dimensions.
func Join(measure string, dims uint64) uint64 {
	return mix(dims + bits.RotateLeft64(xxhash.Sum64String(measure), 41))
}

// mix spreads every bit of x over the result (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
