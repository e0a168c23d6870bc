package encoding

import (
	"math"
	"math/bits"
)

// divisor divides numbers that are multiples of it, or finds out that they are not, by multiplication: the inverse of an
// odd number modulo 2^64 exists, and the quotient of a multiple is the product with it. Several times as fast as division.
type divisor struct {
	value   uint64
	inverse uint64 // of the odd part
	shift   int    // the even part is 1 << shift
	limit   uint64 // the largest quotient
}

// divisorOf prepares a divisor, which must not be 0.
func divisorOf(value uint64) divisor {
	shift := bits.TrailingZeros64(value)
	odd := value >> shift
	inverse := odd // right in the lowest 3 bits; each step doubles them
	for range 5 {
		inverse *= 2 - odd*inverse
	}
	return divisor{value, inverse, shift, math.MaxUint64 / value}
}

// quotient returns v / d and whether that is exact.
func (d *divisor) quotient(v uint64) (q uint64, exact bool) {
	q = bits.RotateLeft64(v*d.inverse, -d.shift)
	return q, q <= d.limit
}

// commonDivisor returns the greatest common divisor of the differences to low, which must not all be 0.
func commonDivisor(vals []int64, low int64) divisor {
	var d divisor
	for _, v := range vals {
		diff := uint64(v - low)
		if diff == 0 {
			continue
		}
		if d.value != 0 {
			if _, ok := d.quotient(diff); ok {
				continue
			}
		}
		d = divisorOf(gcd(diff, d.value))
		if d.value == 1 {
			break
		}
	}
	return d
}

// gcd is Euclid's; gcd(a, 0) is a.
func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
