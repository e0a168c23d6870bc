package executor

import (
	"math/bits"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// keyTable numbers the distinct combinations of key values 0, 1, 2, ... in the order of their first appearance. NULL is a
// value like others, all NaN are one, -0.0 is 0.0. It serves grouping, DISTINCT, joins, set operations and partitions.
//
// Every key column turns its values into either small ids, numbered as the values appear (strings, booleans, arrays,
// rows), or 64-bit words (numbers, times, doubles). The ids, two to a word, the words, and a mask of which of the latter
// are NULL make the key that is stored and hashed. If there are only small ids and few of them, they index an array
// instead. Rejected: one table of hashed rows for all types; it would hash strings for each row even though they come
// as dictionary codes.
type keyTable struct {
	cols    []keyColumn
	smalls  int // slots for small ids: the columns', and one for the mask of NULLs if there is one
	mask    int // slot of the mask; -1 if there is none
	words   int // per key
	n       int
	keys    []uint64 // words of all keys
	nullKey int32    // number of the key NULL if the only column is a wide one, -1 if it has not appeared

	dense *denseIndex // nil if the hash table is used
	slots []uint64    // high half of the hash, number + 1; 0 is empty

	// For one batch.
	vecs []*vector.Vector
	ids  [][]uint32 // by slot
	wide [][]uint64 // by word
	nils []bool     // NULLs of the only wide column
	lost []bool     // rows with a value that no key has; nil if there is none
}

// absent is the id of a value that no key has; noID that of NULL.
const (
	absent = ^uint32(0)
	noID   = 0
)

// keyColumn is one column of a keyTable.
type keyColumn struct {
	t      *types.Type
	slot   int // of its small id; -1 for a wide column
	word   int // of a wide column
	bit    uint
	intern interner
	firsts []float64 // of a double column: each key's value as it first appeared, since words lose the sign of zero
}

// newKeyTable makes an empty table for keys of the given types.
func newKeyTable(ts []*types.Type) *keyTable { return makeKeyTable(ts, false) }

// newGroupedTable makes an empty table for pairs of a number (a bigint from 0 on, such as that of a group) and a key of
// the given types.
func newGroupedTable(ts []*types.Type) *keyTable {
	return makeKeyTable(append([]*types.Type{types.Bigint}, ts...), true)
}

// makeKeyTable lays out ids and words. With grouped, column 0 is a number that is its own small id.
func makeKeyTable(ts []*types.Type, grouped bool) *keyTable {
	t := &keyTable{cols: make([]keyColumn, len(ts)), mask: -1, nullKey: -1}
	wides := 0
	for i, typ := range ts {
		c := &t.cols[i]
		c.t, c.slot = typ, -1
		if numbered := grouped && i == 0; !numbered && (typ.Ints() || typ.Kind == types.KindDouble) {
			c.bit = uint(wides % 32)
			wides++
			continue
		}
		c.slot = t.smalls
		c.intern = newInterner(typ)
		t.smalls++
	}
	if wides > 0 && len(ts) > 1 {
		t.mask = t.smalls
		t.smalls += (wides + 31) / 32
	}
	t.words = (t.smalls + 1) / 2
	for i := range t.cols {
		if c := &t.cols[i]; c.slot < 0 {
			c.word = t.words
			t.words++
		}
	}
	if wides == 0 {
		t.dense = newDenseIndex(t.smalls)
	}
	t.ids = make([][]uint32, t.smalls)
	t.wide = make([][]uint64, t.words)
	return t
}

// len returns how many keys there are.
func (t *keyTable) len() int { return t.n }

// insert sets out[i] to the number of the key in row i of keys, adding keys that are new.
func (t *keyTable) insert(keys []*vector.Vector, out []int32) { t.number(keys, out, true) }

// lookup sets out[i] to the number of the key in row i, -1 if there is no such key.
func (t *keyTable) lookup(keys []*vector.Vector, out []int32) { t.number(keys, out, false) }

// number is insert and, without add, lookup.
func (t *keyTable) number(keys []*vector.Vector, out []int32, add bool) {
	if len(out) == 0 {
		return
	}
	t.lost = nil
	t.encode(keys, len(out), add)
	if t.dense != nil {
		if t.dense.fits(t) {
			t.dense.number(t, out, add)
			t.maskLost(out)
			return
		}
		t.dense = nil
		t.rehash(2 * t.n)
	}
	t.pack(len(out))
	if t.words == 1 && t.mask < 0 {
		t.probeOne(out, add)
	} else {
		t.probeMany(out, add)
	}
	t.maskLost(out)
}

// maskLost takes back numbers of rows with values that no key has.
func (t *keyTable) maskLost(out []int32) {
	for i, lost := range t.lost {
		if lost {
			out[i] = -1
		}
	}
}

// encode turns the columns into ids and words.
func (t *keyTable) encode(keys []*vector.Vector, n int, add bool) {
	t.nils, t.vecs = nil, keys
	if t.mask >= 0 {
		for s := t.mask; s < t.smalls; s++ {
			t.ids[s] = resize(t.ids[s], n)
			clear(t.ids[s])
		}
	}
	wides := 0
	for i := range t.cols {
		c, v := &t.cols[i], keys[i]
		if v.Type.Kind == types.KindUnknown && c.t.Kind != types.KindUnknown {
			v = vector.NullsOf(c.t, n)
		}
		if c.slot >= 0 {
			t.ids[c.slot] = resize(t.ids[c.slot], n)
			if c.intern.encode(v, t.ids[c.slot], add) {
				t.markLost(t.ids[c.slot])
			}
			continue
		}
		t.wide[c.word] = resize(t.wide[c.word], n)
		nulls := c.encodeWide(v, t.wide[c.word])
		switch {
		case nulls == nil:
		case t.mask < 0:
			t.nils = nulls
		default:
			mask := t.ids[t.mask+wides/32]
			for i, null := range nulls {
				if null {
					mask[i] |= 1 << c.bit
				}
			}
		}
		wides++
	}
}

// markLost notes the rows whose id is absent.
func (t *keyTable) markLost(ids []uint32) {
	if t.lost == nil {
		t.lost = make([]bool, len(ids))
	}
	for i, id := range ids {
		if id == absent {
			t.lost[i] = true
			ids[i] = noID
		}
	}
}

// encodeWide sets words to the values of v and returns which are NULL; nil for none.
func (c *keyColumn) encodeWide(v *vector.Vector, words []uint64) (nulls []bool) {
	if v.Form == vector.Dictionary {
		v = v.Flatten()
	}
	if v.Form == vector.Constant || v.Type.Kind == types.KindUnknown {
		word := uint64(0)
		switch {
		case v.IsNull(0):
			nulls = make([]bool, len(words))
			for i := range nulls {
				nulls[i] = true
			}
		case c.t.Kind == types.KindDouble:
			word = vector.DoubleBits(v.Floats[0])
		default:
			word = uint64(v.Ints[0])
		}
		for i := range words {
			words[i] = word
		}
		return nulls
	}
	if c.t.Kind == types.KindDouble {
		for i, x := range v.Floats {
			words[i] = vector.DoubleBits(x)
		}
	} else {
		for i, x := range v.Ints {
			words[i] = uint64(x)
		}
	}
	for i, null := range v.Nulls {
		if null {
			words[i], nulls = 0, v.Nulls
		}
	}
	return nulls
}

// pack puts the small ids into words.
func (t *keyTable) pack(n int) {
	for s := 0; s < t.smalls; s += 2 {
		w := resize(t.wide[s/2], n)
		t.wide[s/2] = w
		low := t.ids[s][:n]
		if s+1 == t.smalls {
			for i, id := range low {
				w[i] = uint64(id)
			}
			continue
		}
		high := t.ids[s+1][:n]
		for i, id := range low {
			w[i] = uint64(id) | uint64(high[i])<<32
		}
	}
}

// probeOne numbers keys of one word. Rows that are next to each other often have equal keys.
func (t *keyTable) probeOne(out []int32, add bool) {
	words := t.wide[0][:len(out)]
	last, lastID := uint64(0), int32(-1)
	for i, w := range words {
		if t.nils != nil && t.nils[i] {
			if t.nullKey < 0 && add {
				t.nullKey = t.addKey(i)
			}
			out[i] = t.nullKey
			continue
		}
		if w == last && lastID >= 0 {
			out[i] = lastID
			continue
		}
		h := vector.HashUint64(w)
		id, at := int32(-1), t.firstSlot(h)
		for ; t.slots[at] != 0; at = (at + 1) & (len(t.slots) - 1) {
			if s := t.slots[at]; s>>32 == h>>32 {
				if k := int32(uint32(s)) - 1; t.keys[k] == w {
					id = k
					break
				}
			}
		}
		if id < 0 && add {
			id = t.addHashed(i, at, h)
		}
		out[i], last, lastID = id, w, id
	}
}

// probeMany numbers keys of any number of words.
func (t *keyTable) probeMany(out []int32, add bool) {
	first, rest := t.wide[0][:len(out)], t.wide[1:]
	for i, w := range first {
		if i > 0 && w == first[i-1] && t.sameWords(rest, i) {
			out[i] = out[i-1]
			continue
		}
		h := vector.HashUint64(w)
		for _, col := range rest {
			h = vector.HashCombine(h, col[i])
		}
		id, at := int32(-1), t.firstSlot(h)
		for ; t.slots[at] != 0; at = (at + 1) & (len(t.slots) - 1) {
			if s := t.slots[at]; s>>32 == h>>32 {
				if k := int32(uint32(s)) - 1; t.isKey(k, i) {
					id = k
					break
				}
			}
		}
		if id < 0 && add {
			id = t.addHashed(i, at, h)
		}
		out[i] = id
	}
}

// sameWords reports whether row i has the same words as the row before in the given columns.
func (t *keyTable) sameWords(rest [][]uint64, i int) bool {
	for _, col := range rest {
		if col[i] != col[i-1] {
			return false
		}
	}
	return true
}

// isKey reports whether row i of the batch has key k.
func (t *keyTable) isKey(k int32, i int) bool {
	key := t.keys[int(k)*t.words:]
	for j, col := range t.wide {
		if key[j] != col[i] {
			return false
		}
	}
	return true
}

// firstSlot returns where to start looking for a hash.
func (t *keyTable) firstSlot(h uint64) int {
	if len(t.slots) == 0 {
		t.slots = make([]uint64, 64)
	}
	return int(h) & (len(t.slots) - 1)
}

// addHashed adds the key of row i of the batch, whose hash is h and whose place is the empty slot at.
func (t *keyTable) addHashed(i, at int, h uint64) int32 {
	id := t.addKey(i)
	t.slots[at] = h&^(1<<32-1) | uint64(id+1)
	if 8*t.n > 5*len(t.slots) {
		t.rehash(2 * len(t.slots))
	}
	return id
}

// addKey stores the key of row i of the batch, whose words are packed.
func (t *keyTable) addKey(i int) int32 {
	for _, col := range t.wide {
		t.keys = append(t.keys, col[i])
	}
	for k := range t.cols {
		if c := &t.cols[k]; c.t.Kind == types.KindDouble {
			c.keepFirst(t.vecs[k], i)
		}
	}
	t.n++
	return int32(t.n - 1)
}

// rehash makes a hash table with at least the given number of slots.
func (t *keyTable) rehash(slots int) {
	t.slots = make([]uint64, 1<<bits.Len(uint(max(slots, 64)-1)))
	for k := 0; k < t.n; k++ {
		if int32(k) == t.nullKey {
			continue
		}
		key := t.keys[k*t.words:]
		h := vector.HashUint64(key[0])
		for _, w := range key[1:t.words] {
			h = vector.HashCombine(h, w)
		}
		at := int(h) & (len(t.slots) - 1)
		for t.slots[at] != 0 {
			at = (at + 1) & (len(t.slots) - 1)
		}
		t.slots[at] = h&^(1<<32-1) | uint64(k+1)
	}
}

// resize returns s with n elements, whose values are arbitrary.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
