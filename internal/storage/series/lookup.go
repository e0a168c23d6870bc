package series

import "math/bits"

// lookup finds numbers by the hash of what they stand for: values by their text, series by measure and dimensions. It is a
// table with open addressing. A slot has the number plus one in as many low bits as the table's size needs, and a part of
// the hash in the others, so that hardly any wrong number has to be compared; 0 is a free slot. That takes 5 to 9 bytes for
// each number. The owner keeps what the numbers stand for and compares it; since numbers have no gaps, it can also give
// all hashes again when the table grows.
type lookup struct{ slots []uint32 }

// lookupSlotsMin is the size of the smallest table. Sizes are powers of two.
const lookupSlotsMin = 8

// has reports whether a table has room for n numbers: an eighth stays free, to keep searches short.
func (l *lookup) has(n int) bool { return n <= len(l.slots)/8*7 }

// build makes the table anew for the numbers below n, with room for at least one more.
func (l *lookup) build(n int, hash func(number uint32) uint64) {
	size := max(lookupSlotsMin, 1<<bits.Len(uint(n)))
	if n+1 > size/8*7 {
		size *= 2
	}
	l.slots = make([]uint32, size)
	for number := range uint32(n) {
		l.add(hash(number), number)
	}
}

// add enters a number. There must be room, see has.
func (l *lookup) add(hash uint64, number uint32) {
	p := l.probe(hash)
	for l.slots[p.at] != 0 {
		p.at = (p.at + 1) & p.mask
	}
	l.slots[p.at] = p.tag | (number + 1)
}

// probe is a search. It is a value, so that searching takes no memory.
type probe struct {
	slots         []uint32
	at, mask, tag uint32
}

// probe begins to search for a hash.
func (l *lookup) probe(hash uint64) probe {
	mask := uint32(len(l.slots)) - 1
	return probe{l.slots, uint32(hash) & mask, mask, uint32(hash>>32) &^ mask}
}

// next returns the next number that may be meant, false if there is none.
func (p *probe) next() (number uint32, ok bool) {
	if len(p.slots) == 0 {
		return 0, false
	}
	for {
		slot := p.slots[p.at]
		p.at = (p.at + 1) & p.mask
		if slot == 0 {
			return 0, false
		}
		if slot&^p.mask == p.tag {
			return slot&p.mask - 1, true
		}
	}
}

// bytes returns the memory of the table.
func (l *lookup) bytes() int64 { return 4 * int64(len(l.slots)) }
