package function

import (
	"math"
	"math/bits"
)

// hll is a HyperLogLog sketch: for each of 2^p buckets the greatest number of leading zeros, plus one, among the hashes
// that fell into it. Adding is idempotent and merging takes the greater, so the order of rows never matters.
type hll []uint8

// newHLL returns an empty sketch with 2^p buckets; its standard error is 1.04/sqrt(2^p).
func newHLL(p int) hll { return make(hll, 1<<p) }

// add adds a hash.
func (h hll) add(hash uint64, p int) {
	bucket := hash >> (uint(64-p) & 63)
	rank := uint8(bits.LeadingZeros64(hash<<(uint(p)&63)|1<<(uint(p-1)&63)) + 1)
	if rank > h[bucket] {
		h[bucket] = rank
	}
}

// merge adds all of o, which has as many buckets.
func (h hll) merge(o hll) {
	for i, r := range o {
		if r > h[i] {
			h[i] = r
		}
	}
}

// estimate returns about how many different hashes were added. Source: Ertl, "New cardinality estimation algorithms
// for HyperLogLog sketches", the improved raw estimator, which needs no corrections for small or large counts.
func (h hll) estimate() float64 {
	var counts [66]int
	for _, r := range h {
		counts[r]++
	}
	m := float64(len(h))
	top := 64 - bits.TrailingZeros(uint(len(h))) + 1
	z := m * hllTau(1-float64(counts[top])/m)
	for k := top - 1; k >= 1; k-- {
		z = 0.5 * (z + float64(counts[k]))
	}
	z += float64(m * hllSigma(float64(counts[0])/m))
	return m * m / (2 * math.Ln2 * z)
}

// hllSigma is the share of empty buckets' part in the estimate.
func hllSigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		before := z
		z += float64(x * y)
		y += y
		if z == before {
			return z
		}
	}
}

// hllTau is the part of buckets that are full to the last bit.
func hllTau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y *= 0.5
		z -= float64((1 - x) * (1 - x) * y)
		if z == before {
			return z / 3
		}
	}
}
