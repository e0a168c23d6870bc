package encoding

import (
	"encoding/binary"
	"math"
	"slices"
)

// Codes of a few bits suit most values, but a few need many: the step from the last value of a series to the first one of the
// next in a block of several, a spike, a value that stands for a missing one. Those are kept apart as patches, so that the others need no
// more bits than they would alone. It is the idea of "patched" coding. Source: Zukowski et al., Super-Scalar RAM-CPU Cache Compression, 2006.

// When to look for patches.
const (
	patchRowsMin = 64  // values in a block at least
	patchSample  = 32  // of the codes, for a first look
	patchOdd     = 3   // of the sample at each end that do not count
	patchGain    = 0.9 // how much smaller than without patches they must be
)

// patchFit describes codes of which some are patches: at least low, and low plus a code of a few bits, or a patch.
type patchFit struct {
	low  uint64
	bits uint
	size float64 // in bytes, about
}

// likelyPatched takes a first look at the codes that at returns by number, which without patches take a number of bits each. It
// returns one of the middle; false if patches could hardly save anything.
func likelyPatched(n int, bits uint, at func(i int) uint64) (center uint64, ok bool) {
	var sample [patchSample]int64
	for i := range sample {
		sample[i] = int64(at(i * n / patchSample))
	}
	slices.Sort(sample[:])
	spread := uint64(sample[patchSample-1-patchOdd] - sample[patchOdd])
	return uint64(sample[patchSample/2]), width(spread)+2 <= bits
}

// shareByWidth finds the number of bits around a center at which codes and patches are smallest together.
func shareByWidth(codes []uint64, center uint64) patchFit {
	var far [65]int // by width of the distance to the center
	for _, c := range codes {
		d := int64(c - center)
		far[width(uint64(d^d>>63))]++
	}
	best, size, patches, widest := 0, math.Inf(1), 0, uint(0)
	for w := 64; w >= 0; w-- { // codes from -2^w up to below 2^w
		if w < packBitsMax {
			if s := float64(len(codes)*(w+1))/8 + float64(patches)*float64(2+(widest+8)/7); s < size {
				best, size = w, s
			}
		}
		if patches += far[w]; patches > 0 {
			widest = max(widest, uint(w))
		}
	}
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	for _, c := range codes {
		d := int64(c - center)
		if d^d>>63 < 1<<best {
			low, high = min(low, d), max(high, d)
		}
	}
	f := patchFit{low: center + uint64(low), bits: width(uint64(high) - uint64(low))}
	f.size = size - float64(len(codes))*float64(best+1-int(f.bits))/8
	return f
}

// appendPatched adds packed codes and the patches among them. It overwrites codes.
func (e *Encoder) appendPatched(dst []byte, f patchFit, codes []uint64) []byte {
	e.patches = e.patches[:0]
	count, next := uint64(0), 0
	for i, c := range codes {
		if c -= f.low; c>>f.bits != 0 {
			e.patches = binary.AppendUvarint(e.patches, uint64(i-next))
			e.patches = binary.AppendVarint(e.patches, int64(c))
			count, next = count+1, i+1
			c = 0
		}
		codes[i] = c
	}
	dst = appendPacked(append(dst, byte(f.bits)), codes, f.bits)
	return append(binary.AppendUvarint(dst, count), e.patches...)
}

// appendPatchedInts adds the values part of units with patches, if that is smaller than size: of differences or of the units
// themselves, whichever is smaller. line and steps are what they take without.
func (e *Encoder) appendPatchedInts(dst []byte, vals []int64, low int64, div uint64, line line, steps steps, size float64) ([]byte, bool) {
	units := e.units
	if len(units) < patchRowsMin {
		return dst, false
	}
	delta, flat := patchFit{size: math.Inf(1)}, patchFit{size: math.Inf(1)}
	if center, ok := likelyPatched(len(units)-1, steps.bits, func(i int) uint64 { return units[i+1] - units[i] }); ok {
		e.steps = resize(e.steps, len(units)-1)
		for i, u := range units[1:] {
			e.steps[i] = u - units[i]
		}
		delta = shareByWidth(e.steps, center)
	}
	if center, ok := likelyPatched(len(units), line.bits, func(i int) uint64 { return units[i] }); ok {
		flat = shareByWidth(units, center)
	}
	switch {
	case min(delta.size, flat.size) >= patchGain*size:
		return dst, false
	case delta.size < flat.size:
		dst = binary.AppendVarint(append(dst, codecIntPatchedDelta), vals[0])
		dst = binary.AppendUvarint(dst, div)
		dst = binary.AppendVarint(dst, int64(delta.low))
		return e.appendPatched(dst, delta, e.steps), true
	}
	dst = binary.AppendVarint(append(dst, codecIntPatched), low+int64(flat.low*div))
	dst = binary.AppendUvarint(dst, div)
	return e.appendPatched(dst, flat, units), true
}

// patchList reads the patches of a block in their order.
type patchList struct {
	all, rest []byte
	next      int   // the code that the next one is for, patchesEnd if there is none
	code      int64 // what it says
}

// patchesEnd is beyond all codes.
const patchesEnd = math.MaxInt

// parsePatches checks the patches of n codes.
func parsePatches(s *scanner, n int) (patchList, error) {
	count := s.length()
	p := patchList{all: s.rest}
	left := uint64(n) // codes after the last patch
	for range count {
		gap := s.uvarint()
		if s.varint(); s.bad || gap >= left {
			return p, corrupt("a patch %d codes on, where %d are left", gap, left)
		}
		left -= gap + 1
	}
	p.all = p.all[:len(p.all)-len(s.rest)]
	p.rewind()
	return p, nil
}

// rewind begins with the first patch again.
func (p *patchList) rewind() {
	p.rest, p.next = p.all, -1
	p.advance()
}

// advance goes to the next patch.
func (p *patchList) advance() {
	if len(p.rest) == 0 {
		p.next = patchesEnd
		return
	}
	gap, k := binary.Uvarint(p.rest)
	code, m := binary.Varint(p.rest[k:])
	p.rest = p.rest[k+m:]
	p.next, p.code = p.next+1+int(gap), code
}

// codes reads codes number from, from+1, ..., which follow those that were read before, patches among them.
func (p *intPart) codes(dst []int64, from int) {
	unpack(dst, p.data, from, p.bits)
	for p.patches.next < from+len(dst) {
		dst[p.patches.next-from] = p.patches.code
		p.patches.advance()
	}
}
