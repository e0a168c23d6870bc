package encoding

import (
	"encoding/binary"
	"math"
)

// steps describes the differences between neighbours: at least low, and low plus a code of a few bits.
type steps struct {
	low  int64
	bits uint
}

// surveySteps looks at the differences of at least two units.
func surveySteps(units []uint64) steps {
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	before := units[0]
	for _, u := range units[1:] {
		d := int64(u - before)
		if d < low {
			low = d
		}
		if d > high {
			high = d
		}
		before = u
	}
	return steps{low, width(uint64(high) - uint64(low))}
}

// appendDelta adds the values part of packed differences. It overwrites units.
func appendDelta(dst []byte, first int64, div uint64, s steps, units []uint64) []byte {
	before := units[0]
	for i, u := range units[1:] {
		units[i] = u - before - uint64(s.low)
		before = u
	}
	dst = binary.AppendVarint(append(dst, codecIntDelta), first)
	dst = binary.AppendUvarint(dst, div)
	dst = binary.AppendVarint(dst, s.low)
	return appendPacked(append(dst, byte(s.bits)), units[:len(units)-1], s.bits)
}

// nextDelta decodes the following values of packed differences.
func (p *intPart) nextDelta(dst []int64) {
	if len(dst) == 0 {
		return
	}
	from := p.pos - 1 // the difference that leads to the first value
	if p.pos == 0 {
		p.last, from = p.base, 0
		dst[0] = int64(p.base)
		dst = dst[1:]
	}
	p.codes(dst, from)
	v, low := p.last, p.divisor*uint64(p.slope)
	for i, code := range dst {
		v += low + p.divisor*uint64(code)
		dst[i] = int64(v)
	}
	p.last = v
}
