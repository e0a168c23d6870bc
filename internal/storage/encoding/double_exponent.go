package encoding

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// Doubles of full precision have nothing in their 52 bits of fraction that could be left out, but sign and exponent, 12 bits
// more, take few different values: a measure's values are of a few magnitudes. Those heads become numbers of a few bits.
// Values with a head that is rare are kept apart.

// How a double is cut.
const (
	fractionBits = 52
	fractionMask = 1<<fractionBits - 1
	headsMax     = 1 << (packBitsMax - fractionBits) // so that a code can be packed
	// exponentOddShare limits the values that are kept apart to one in as many.
	exponentOddShare = 64
)

// headTable counts and numbers the heads of a block.
type headTable struct {
	counts  [1 << (64 - fractionBits)]uint16 // by head; all 0 between blocks
	numbers [1 << (64 - fractionBits)]uint8  // number + 1 of those that have one; all 0 between blocks
	seen    []uint16                         // heads with a count, the most frequent first once they are numbered
}

// count counts the heads of values.
func (t *headTable) count(vals []float64) {
	t.seen = t.seen[:0]
	for _, v := range vals {
		head := uint16(math.Float64bits(v) >> fractionBits)
		if t.counts[head] == 0 {
			t.seen = append(t.seen, head)
		}
		if t.counts[head] < math.MaxUint16 {
			t.counts[head]++
		}
	}
}

// number gives numbers to the most frequent heads and returns them.
func (t *headTable) number() []uint16 {
	slices.SortFunc(t.seen, func(a, b uint16) int { return cmp.Or(cmp.Compare(t.counts[b], t.counts[a]), cmp.Compare(a, b)) })
	out := t.seen[:min(len(t.seen), headsMax)]
	for i, h := range out {
		t.numbers[h] = uint8(i + 1)
	}
	return out
}

// reset forgets all heads.
func (t *headTable) reset() {
	for _, h := range t.seen {
		t.counts[h], t.numbers[h] = 0, 0
	}
}

// appendExponent adds the values part of doubles with numbered heads. Values with other heads are exceptions; false if
// there are too many of those.
func (e *Encoder) appendExponent(dst []byte, vals []float64) ([]byte, bool) {
	e.heads.count(vals)
	defer e.heads.reset()
	heads := e.heads.number()
	e.units, e.odd = resize(e.units, len(vals)), e.odd[:0]
	for i, v := range vals {
		bits := math.Float64bits(v)
		number := e.heads.numbers[bits>>fractionBits]
		if number == 0 {
			if e.odd = append(e.odd, exception{uint32(i), bits}); len(e.odd) > len(vals)/exponentOddShare {
				return dst, false
			}
			number = 1
		}
		e.units[i] = bits&fractionMask | uint64(number-1)<<fractionBits
	}
	dst = appendExceptions(append(dst, codecDoubleExponent), e.odd)
	dst = append(dst, byte(len(heads)))
	for _, h := range heads {
		dst = binary.LittleEndian.AppendUint16(dst, h)
	}
	return appendPacked(dst, e.units, fractionBits+width(uint64(len(heads)-1))), true
}

// exponentPart is a checked values part of doubles with numbered heads.
type exponentPart struct {
	odd   []byte           // exceptions
	heads [headsMax]uint64 // in their place in the bits of a double; 0 for numbers that are not used
	bits  uint
	data  []byte
}

// parseExponent checks a values part of n doubles after its codec.
func parseExponent(s *scanner, n int) (exponentPart, error) {
	var p exponentPart
	var err error
	if p.odd, err = parseExceptions(s, n); err != nil {
		return p, err
	}
	count := int(s.byte())
	if count == 0 || count > headsMax {
		return p, corrupt("doubles with %d exponents", count)
	}
	for i := range count {
		if b := s.take(2); b != nil {
			p.heads[i] = uint64(binary.LittleEndian.Uint16(b)) << fractionBits
		}
	}
	p.bits = fractionBits + width(uint64(count-1))
	p.data = s.take(packedBytes(n, p.bits))
	if s.bad || len(s.rest) > 0 {
		return p, corrupt("doubles of codec %d have the wrong length", codecDoubleExponent)
	}
	return p, nil
}

// read decodes all values.
func (p *exponentPart) read(out []float64) {
	mask := uint64(1)<<p.bits - 1
	at, i := uint(0), 0
	for ; i < len(out) && int(at>>3)+8 <= len(p.data); i++ {
		code := binary.LittleEndian.Uint64(p.data[at>>3:]) >> (at & 7) & mask
		out[i] = math.Float64frombits(p.heads[code>>fractionBits%headsMax] | code&fractionMask)
		at += p.bits
	}
	for ; i < len(out); i++ {
		code := unpackAt(p.data, at, mask)
		out[i] = math.Float64frombits(p.heads[code>>fractionBits%headsMax] | code&fractionMask)
		at += p.bits
	}
	readExceptions(out, p.odd)
}
