package encoding

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// slopeBits is how many bits of a slope are behind the point.
const slopeBits = 16

// line is a linear model of units: unit[i] = start + onLine(i, slope) + code[i], with codes of a few bits.
type line struct {
	start uint64
	slope int64
	bits  uint
}

// onLine returns i*slope >> slopeBits, computed in 128 bits and then cut to 64. i is not negative.
func onLine(i int, slope int64) uint64 {
	hi, lo := bits.Mul64(uint64(i), uint64(slope))
	if slope < 0 {
		hi -= uint64(i)
	}
	return hi<<(64-slopeBits) | lo>>slopeBits
}

// fitLine finds a line near all units: flat, or through the ends and then turned so that both halves lie on it equally
// well. That is close to the best one for times that were meant to be regular.
func fitLine(units []uint64) line {
	best := residuals(units, 0)
	n := len(units)
	slope, ok := slopeOf(float64(int64(units[n-1]-units[0])) / float64(n-1))
	if !ok {
		return best
	}
	if l := residuals(units, slope); l.bits < best.bits {
		best = l
	}
	if n < 4 || best.slope == 0 {
		return best
	}
	var first, second float64
	half := n / 2
	for i := range half {
		first += float64(int64(units[i] - units[0] - onLine(i, slope)))
		second += float64(int64(units[n-1-i] - units[0] - onLine(n-1-i, slope)))
	}
	turn := (second - first) / float64(half) / float64(n-half)
	if turned, ok := slopeOf(float64(slope)/(1<<slopeBits) + turn); ok {
		if l := residuals(units, turned); l.bits < best.bits {
			best = l
		}
	}
	return best
}

// slopeOf returns a slope in the form of line, false if it is out of range.
func slopeOf(perRow float64) (int64, bool) {
	s := math.Round(perRow * (1 << slopeBits))
	return int64(s), math.Abs(s) < 1<<62
}

// residuals returns the line with a slope that leaves codes from 0 up.
func residuals(units []uint64, slope int64) line {
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	for i, u := range units {
		r := int64(u - onLine(i, slope))
		if r < low {
			low = r
		}
		if r > high {
			high = r
		}
	}
	return line{uint64(low), slope, width(uint64(high) - uint64(low))}
}

// appendLinear adds the values part of a linear model. It overwrites units.
func appendLinear(dst []byte, low int64, div uint64, l line, units []uint64) []byte {
	for i := range units {
		units[i] -= onLine(i, l.slope) + l.start
	}
	dst = binary.AppendVarint(append(dst, codecIntLinear), low+int64(l.start*div))
	dst = binary.AppendUvarint(dst, div)
	dst = binary.AppendVarint(dst, l.slope)
	return appendPacked(append(dst, byte(l.bits)), units, l.bits)
}

// nextLinear decodes the following values of a linear model.
func (p *intPart) nextLinear(dst []int64) {
	p.codes(dst, p.pos)
	if p.slope == 0 {
		for i := range dst {
			dst[i] = int64(p.base + p.divisor*uint64(dst[i]))
		}
		return
	}
	end := p.pos + len(dst)
	if hi, lo := bits.Mul64(uint64(end), uint64(max(p.slope, -p.slope))); hi > 0 || lo > math.MaxInt64 {
		for i := range dst {
			dst[i] = int64(p.base + p.divisor*(onLine(p.pos+i, p.slope)+uint64(dst[i])))
		}
		return
	}
	on := int64(p.pos) * p.slope // the products fit an int64
	for i := range dst {
		dst[i] = int64(p.base + p.divisor*uint64(on>>slopeBits+dst[i]))
		on += p.slope
	}
}
