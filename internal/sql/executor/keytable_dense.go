package executor

import (
	"math/bits"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// denseIndex finds keys of small ids: the ids side by side in one number index an array.
type denseIndex struct {
	width   []int   // bits of the id in each slot
	numbers []int32 // number + 1; 0 where there is no key
	codes   []uint32
}

// denseBits is how many bits the index of a denseIndex over several columns may have. Over one column it may have any
// number, since the array is no larger than the number of ids then.
const denseBits = 20

// newDenseIndex makes an empty index over ids in so many slots.
func newDenseIndex(slots int) *denseIndex {
	return &denseIndex{width: make([]int, slots), numbers: make([]int32, 1)}
}

// fits makes room for the ids of all columns; false if they are too many.
func (d *denseIndex) fits(t *keyTable) bool {
	total, grown := 0, false
	for i := range t.cols {
		c := &t.cols[i]
		if need := bits.Len(uint(c.intern.card() - 1)); need > d.width[c.slot] {
			d.width[c.slot], grown = need, true
		}
		total += d.width[c.slot]
	}
	if total > denseBits && t.smalls > 1 {
		return false
	}
	if grown {
		d.numbers = make([]int32, 1<<total)
		for k := 0; k < t.n; k++ {
			d.numbers[d.index(t, k)] = int32(k + 1)
		}
	}
	return true
}

// index returns where in the array key k is.
func (d *denseIndex) index(t *keyTable, k int) uint32 {
	key := t.keys[k*t.words:]
	code, shift := uint32(0), 0
	for s, w := range d.width {
		code |= uint32(key[s/2]>>(32*(s%2))) << shift
		shift += w
	}
	return code
}

// number finds the keys of a batch whose ids are in t.
func (d *denseIndex) number(t *keyTable, out []int32, add bool) {
	codes := resize(d.codes, len(out))
	d.codes = codes
	shift := 0
	for s, w := range d.width {
		ids := t.ids[s][:len(out)]
		if s == 0 {
			copy(codes, ids)
		} else {
			for i, id := range ids {
				codes[i] |= id << shift
			}
		}
		shift += w
	}
	if len(d.width) == 0 {
		clear(codes)
	}
	for i, code := range codes {
		k := d.numbers[code]
		if k == 0 && add {
			k = t.addSmall(i) + 1
			d.numbers[code] = k
		}
		out[i] = k - 1
	}
}

// addSmall stores the key of row i of the batch, whose words are not packed.
func (t *keyTable) addSmall(i int) int32 {
	for s := 0; s < t.smalls; s += 2 {
		w := uint64(t.ids[s][i])
		if s+1 < t.smalls {
			w |= uint64(t.ids[s+1][i]) << 32
		}
		t.keys = append(t.keys, w)
	}
	t.n++
	return int32(t.n - 1)
}

// keepFirst notes the value of a new key as it is.
func (c *keyColumn) keepFirst(v *vector.Vector, i int) {
	x := 0.0
	switch {
	case v.Form == vector.Dictionary:
		if !v.IsNull(i) {
			x = v.Dict.Floats[v.Codes[i]]
		}
	case v.Form == vector.Constant:
		if !v.IsNull(0) {
			x = v.Floats[0]
		}
	case v.Floats != nil:
		x = v.Floats[i]
	}
	c.firsts = append(c.firsts, x)
}

// column returns column c of the keys from:to.
func (t *keyTable) column(i, from, to int) *vector.Vector {
	c := &t.cols[i]
	if c.slot >= 0 {
		ids := make([]uint32, to-from)
		for k := range ids {
			ids[k] = t.smallID(from+k, c.slot)
		}
		return c.intern.decode(ids)
	}
	nulls := t.columnNulls(i, from, to)
	if c.t.Kind == types.KindDouble {
		return vector.Doubles(c.firsts[from:to:to], nulls)
	}
	vals := make([]int64, to-from)
	for k := range vals {
		vals[k] = int64(t.keys[(from+k)*t.words+c.word])
	}
	return vector.Int64s(c.t, vals, nulls)
}

// columns returns the keys from:to as columns.
func (t *keyTable) columns(from, to int) []*vector.Vector {
	out := make([]*vector.Vector, len(t.cols))
	for i := range out {
		out[i] = t.column(i, from, to)
	}
	return out
}

// smallID returns the id in a slot of key k.
func (t *keyTable) smallID(k, slot int) uint32 {
	return uint32(t.keys[k*t.words+slot/2] >> (32 * (slot % 2)))
}

// columnNulls returns in which of the keys from:to a wide column is NULL; nil for none.
func (t *keyTable) columnNulls(i, from, to int) (nulls []bool) {
	mark := func(k int) {
		if nulls == nil {
			nulls = make([]bool, to-from)
		}
		nulls[k-from] = true
	}
	if t.mask < 0 {
		if k := int(t.nullKey); k >= from && k < to {
			mark(k)
		}
		return nulls
	}
	wides := 0
	for _, c := range t.cols[:i] {
		if c.slot < 0 {
			wides++
		}
	}
	for k := from; k < to; k++ {
		if t.smallID(k, t.mask+wides/32)>>t.cols[i].bit&1 != 0 {
			mark(k)
		}
	}
	return nulls
}

// bytes returns about how much memory the table holds.
func (t *keyTable) bytes() int64 {
	n := 8 * int64(cap(t.keys)+cap(t.slots))
	if t.dense != nil {
		n += 4 * int64(cap(t.dense.numbers))
	}
	for i := range t.cols {
		c := &t.cols[i]
		n += 8 * int64(cap(c.firsts))
		if c.intern != nil {
			n += c.intern.bytes()
		}
	}
	return n
}
