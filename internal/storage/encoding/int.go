package encoding

import (
	"encoding/binary"
	"math/bits"
)

// AppendInts adds a block of int64. nulls may be nil; values at NULL rows are ignored.
func (e *Encoder) AppendInts(dst []byte, vals []int64, nulls []bool) []byte {
	if len(vals) == 0 {
		return dst
	}
	dst, count := appendNulls(dst, nulls)
	if count == len(vals) {
		return dst
	}
	vals = dense(&e.ints, vals, nulls, count)
	return e.appendInts(dst, vals, false)
}

// AppendSeekableInts adds a block of int64 without NULLs that OpenInts can read.
func (e *Encoder) AppendSeekableInts(dst []byte, vals []int64) []byte {
	if len(vals) == 0 {
		return dst
	}
	return e.appendInts(append(dst, nullsNone), vals, true)
}

// DecodeInts reads a block of int64. The values are in dst if that is long enough; nulls is nil without NULLs. NULL rows
// hold 0.
func DecodeInts(dst []int64, block []byte, rows int) (vals []int64, nulls []bool, err error) {
	if rows == 0 {
		return dst[:0], nil, checkEmpty(block)
	}
	s := scanner{rest: block}
	nulls, count, err := readNulls(&s, rows)
	if err != nil {
		return nil, nil, err
	}
	var p intPart
	if count > 0 {
		if p, err = parseInts(s.rest, count); err != nil {
			return nil, nil, err
		}
	}
	vals = resize(dst, rows)
	p.next(vals[:count])
	spread(vals, nulls, count)
	return vals, nulls, nil
}

// checkEmpty checks the block of no rows.
func checkEmpty(block []byte) error {
	if len(block) > 0 {
		return corrupt("%d bytes for no rows", len(block))
	}
	return nil
}

// Ints is a block of int64 without NULLs that is read value by value without being decoded.
type Ints struct{ part intPart }

// OpenInts checks a block made by AppendSeekableInts and gives access to it. The block must not change afterwards.
func OpenInts(block []byte, rows int) (Ints, error) {
	if rows == 0 {
		return Ints{}, checkEmpty(block)
	}
	s := scanner{rest: block}
	if s.byte() != nullsNone || s.bad {
		return Ints{}, corrupt("nulls where none are allowed")
	}
	p, err := parseInts(s.rest, rows)
	if err != nil {
		return Ints{}, err
	}
	switch p.codec {
	case codecIntDelta, codecIntRuns, codecIntPatched, codecIntPatchedDelta:
		return Ints{}, corrupt("integers without random access")
	}
	return Ints{p}, nil
}

// Len returns the number of values.
func (v *Ints) Len() int { return v.part.n }

// At returns value i, which must be within the block.
func (v *Ints) At(i int) int64 {
	if uint(i) >= uint(v.part.n) {
		panic("bug: value outside of the block")
	}
	return v.part.at(i)
}

// intPart is a values part of int64 that has been checked. What the fields mean depends on the codec:
//
//	constant   base
//	regular    base + i*divisor
//	frame      base + divisor*code[i]
//	linear     base + divisor*(i*slope>>16 + code[i])
//	delta      value[i-1] + divisor*(slope + code[i-1]), the first value is base
//	raw        data
//	runs       runs
//
// The patched codecs are linear with slope 0 and delta, but for codes that patches say.
//
// All arithmetic is modulo 2^64, so that any values work; i*slope alone is exact, in 128 bits.
type intPart struct {
	codec   byte
	bits    uint // of a packed code
	n       int
	base    uint64
	divisor uint64
	slope   int64
	data    []byte // the codes

	pos     int    // next value for next
	last    uint64 // value before it, for delta
	patches patchList
	runs    *runPart
}

// parseInts checks a values part of n > 0 integers, which must end where the bytes end.
func parseInts(part []byte, n int) (intPart, error) {
	if len(part) == 0 || part[0] != codecIntRuns {
		return parseFlat(part, n)
	}
	runs, err := parseRuns(&scanner{rest: part[1:]}, n)
	return intPart{codec: codecIntRuns, n: n, runs: runs}, err
}

// parseFlat is parseInts for all codecs but runs.
func parseFlat(part []byte, n int) (intPart, error) {
	s := scanner{rest: part}
	p := intPart{n: n, codec: s.byte(), divisor: 1, patches: patchList{next: patchesEnd}}
	codes, size := n, 0
	switch p.codec {
	case codecIntConstant:
		p.base = uint64(s.varint())
	case codecIntRegular:
		p.base, p.divisor = uint64(s.varint()), uint64(s.varint())
	case codecIntFrame8, codecIntFrame16, codecIntFrame32:
		p.base, p.divisor = uint64(s.varint()), s.uvarint()
		size = n << (p.codec - codecIntFrame8)
	case codecIntRaw:
		size = 8 * n
	case codecIntLinear:
		p.base, p.divisor, p.slope, p.bits = uint64(s.varint()), s.uvarint(), s.varint(), uint(s.byte())
		size = packedBytes(n, p.bits)
	case codecIntDelta:
		p.base, p.divisor, p.slope, p.bits = uint64(s.varint()), s.uvarint(), s.varint(), uint(s.byte())
		size = packedBytes(n-1, p.bits)
	case codecIntPatched:
		p.base, p.divisor, p.bits = uint64(s.varint()), s.uvarint(), uint(s.byte())
		size = packedBytes(n, p.bits)
	case codecIntPatchedDelta:
		p.base, p.divisor, p.slope, p.bits = uint64(s.varint()), s.uvarint(), s.varint(), uint(s.byte())
		codes, size = n-1, packedBytes(n-1, p.bits)
	default:
		return intPart{}, corrupt("unknown codec %d for integers", p.codec)
	}
	if p.bits > packBitsMax {
		return intPart{}, corrupt("integers packed to %d bits", p.bits)
	}
	p.data = s.take(size)
	if p.codec == codecIntPatched || p.codec == codecIntPatchedDelta {
		var err error
		if p.patches, err = parsePatches(&s, codes); err != nil {
			return intPart{}, err
		}
	}
	if s.bad || len(s.rest) > 0 {
		return intPart{}, corrupt("integers of codec %d have the wrong length", p.codec)
	}
	return p, nil
}

// next decodes the following len(dst) values; there must be as many.
func (p *intPart) next(dst []int64) {
	switch from := p.pos; p.codec {
	case codecIntConstant:
		for i := range dst {
			dst[i] = int64(p.base)
		}
	case codecIntRegular:
		v := p.base + uint64(from)*p.divisor
		for i := range dst {
			dst[i] = int64(v)
			v += p.divisor
		}
	case codecIntFrame8:
		readFrame8(dst, p.data[from:], p.base, p.divisor)
	case codecIntFrame16:
		readFrame16(dst, p.data[2*from:], p.base, p.divisor)
	case codecIntFrame32:
		readFrame32(dst, p.data[4*from:], p.base, p.divisor)
	case codecIntRaw:
		readRaw(dst, p.data[8*from:])
	case codecIntLinear, codecIntPatched:
		p.nextLinear(dst)
	case codecIntDelta, codecIntPatchedDelta:
		p.nextDelta(dst)
	case codecIntRuns:
		p.runs.next(dst)
	}
	p.pos += len(dst)
}

// rewind lets next begin with the first value again.
func (p *intPart) rewind() {
	p.pos = 0
	p.patches.rewind()
	if p.runs != nil {
		p.runs.run, p.runs.used = 0, 0
	}
}

// at returns one value. There is no such access to differences and runs.
func (p *intPart) at(i int) int64 {
	switch p.codec {
	case codecIntRegular:
		return int64(p.base + uint64(i)*p.divisor)
	case codecIntFrame8:
		return int64(p.base + p.divisor*uint64(p.data[i]))
	case codecIntFrame16:
		return int64(p.base + p.divisor*uint64(binary.LittleEndian.Uint16(p.data[2*i:])))
	case codecIntFrame32:
		return int64(p.base + p.divisor*uint64(binary.LittleEndian.Uint32(p.data[4*i:])))
	case codecIntRaw:
		return int64(binary.LittleEndian.Uint64(p.data[8*i:]))
	case codecIntLinear:
		code := unpackAt(p.data, uint(i)*p.bits, 1<<p.bits-1)
		return int64(p.base + p.divisor*(onLine(i, p.slope)+code))
	}
	return int64(p.base)
}

// When to prefer packed codes.
const (
	// packGain is how much smaller packed bits must be than whole bytes to be worth their slower decoding.
	packGain = 0.9
	// packedHead is more than what comes before packed codes and not before whole bytes; shortGain is for blocks so short that
	// it matters.
	packedHead = 32
	shortGain  = 0.6
	// deltaGain is how much smaller differences must be than a linear model to be worth the loss of random access.
	deltaGain = 0.85
)

// appendInts adds the values part of at least one integer.
func (e *Encoder) appendInts(dst []byte, vals []int64, seekable bool) []byte {
	s := survey(vals)
	from := len(dst)
	dst = e.appendFlat(dst, vals, s, seekable)
	if seekable || s.low == s.high || s.regular || s.runs > len(vals)/runsShare {
		return dst
	}
	flat := len(dst)
	if dst = e.appendRuns(dst, vals); len(dst)-flat >= flat-from {
		return dst[:flat]
	}
	return append(dst[:from], dst[flat:]...)
}

// appendFlat is appendInts with all codecs but runs.
func (e *Encoder) appendFlat(dst []byte, vals []int64, s outline, seekable bool) []byte {
	low := s.low
	switch {
	case low == s.high:
		return binary.AppendVarint(append(dst, codecIntConstant), low)
	case s.regular:
		dst = binary.AppendVarint(append(dst, codecIntRegular), vals[0])
		return binary.AppendVarint(dst, vals[1]-vals[0])
	}
	div := commonDivisor(vals, low)
	e.units = resize(e.units, len(vals))
	for i, v := range vals {
		e.units[i], _ = div.quotient(uint64(v - low))
	}
	codec, width := frameFor((uint64(s.high) - uint64(low)) / div.value)
	whole := float64(width * len(vals))
	packedMax := max(shortGain*whole, packGain*whole-packedHead)
	line, steps := fitLine(e.units), surveySteps(e.units)
	linear, delta := float64(packedBytes(len(vals), line.bits)), float64(packedBytes(len(vals)-1, steps.bits))
	if !seekable {
		least := min(packedMax, whole, linear, delta)
		if patched, ok := e.appendPatchedInts(dst, vals, low, div.value, line, steps, least); ok {
			return patched
		}
	}
	switch {
	case !seekable && steps.bits <= packBitsMax && delta <= min(packedMax, deltaGain*linear):
		return appendDelta(dst, vals[0], div.value, steps, e.units)
	case line.bits <= packBitsMax && linear <= packedMax:
		return appendLinear(dst, low, div.value, line, e.units)
	case codec == codecIntRaw:
		return appendRaw(append(dst, codec), vals)
	}
	dst = binary.AppendVarint(append(dst, codec), low)
	return appendFrame(binary.AppendUvarint(dst, div.value), e.units, width)
}

// outline is what a first look at integers tells.
type outline struct {
	low, high int64
	regular   bool // all steps between neighbours are equal
	runs      int  // of equal values
}

// survey takes the first look at integers.
func survey(vals []int64) outline {
	low, high, regular, runs := vals[0], vals[0], true, 1
	if len(vals) == 1 {
		return outline{low, high, true, 1}
	}
	step, before := vals[1]-vals[0], vals[0]
	for _, v := range vals[1:] {
		if v < low {
			low = v
		}
		if v > high {
			high = v
		}
		regular = regular && v-before == step
		if v != before {
			runs++
		}
		before = v
	}
	return outline{low, high, regular, runs}
}

// width returns how many bits v takes.
func width(v uint64) uint { return uint(bits.Len64(v)) }
