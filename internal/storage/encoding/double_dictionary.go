package encoding

import (
	"encoding/binary"
	"math"
)

// Doubles that are no decimals but take few values, as of a sensor of a few steps whose readings were converted to another
// unit, are stored as a dictionary of their bits and an index for each.

// How doubles that repeat are noticed.
const (
	// repeatSample is how many values are looked at before the others; repeatDistinct how many of them may be distinct.
	repeatSample   = 256
	repeatDistinct = 240
	// repeatShare is how often each value must be there on average.
	repeatShare = 2
	// dictionaryGain is how much smaller a dictionary must be than whole bytes.
	dictionaryGain = 0.75
)

// appendDoubleDictionary adds the values part of a dictionary; false if the values do not repeat enough.
func (e *Encoder) appendDoubleDictionary(dst []byte, vals []float64) ([]byte, bool) {
	if e.doubleTerms == nil {
		e.doubleTerms = make(map[uint64]int64)
	}
	defer clear(e.doubleTerms)
	e.refs = resize(e.refs, len(vals))
	e.units = e.units[:0] // the terms
	before, ref := uint64(0), int64(-1)
	for i, v := range vals {
		if i == repeatSample && len(e.units) > repeatDistinct {
			return dst, false
		}
		if bits := math.Float64bits(v); ref < 0 || bits != before { // neighbours are often equal
			var known bool
			if ref, known = e.doubleTerms[bits]; !known {
				if ref = int64(len(e.units)); len(e.units) >= len(vals)/repeatShare {
					return dst, false
				}
				e.doubleTerms[bits] = ref
				e.units = append(e.units, bits)
			}
			before = bits
		}
		e.refs[i] = ref
	}
	dst = binary.AppendUvarint(append(dst, codecDoubleDictionary), uint64(len(e.units)))
	for _, bits := range e.units {
		dst = binary.LittleEndian.AppendUint64(dst, bits)
	}
	return e.appendInts(dst, e.refs, false), true
}

// doubleDictionaryPart is a checked values part of a dictionary of doubles, but for the range of the indexes.
type doubleDictionaryPart struct {
	terms []byte
	refs  intPart
}

// parseDoubleDictionary checks a values part of n doubles after its codec.
func parseDoubleDictionary(s *scanner, n int) (doubleDictionaryPart, error) {
	size := s.uvarint()
	if s.bad || size == 0 || size > uint64(n) {
		return doubleDictionaryPart{}, corrupt("dictionary of %d doubles for %d rows", size, n)
	}
	terms := s.take(8 * int(size))
	if s.bad {
		return doubleDictionaryPart{}, corrupt("dictionary of doubles has the wrong length")
	}
	refs, err := parseInts(s.rest, n)
	return doubleDictionaryPart{terms, refs}, err
}

// read decodes all values.
func (p *doubleDictionaryPart) read(out []float64) error {
	var chunk [decimalChunk]int64
	size := uint64(len(p.terms) / 8)
	for rest := out; len(rest) > 0; {
		refs := chunk[:min(decimalChunk, len(rest))]
		p.refs.next(refs)
		for i, ref := range refs {
			if uint64(ref) >= size {
				return corrupt("double %d of a dictionary of %d", ref, size)
			}
			rest[i] = math.Float64frombits(binary.LittleEndian.Uint64(p.terms[8*ref:]))
		}
		rest = rest[len(refs):]
	}
	return nil
}
