package series

import (
	"math/bits"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
)

// Order is the series of a table in series order.
type Order struct {
	IDs  []uint32
	rank []uint32
}

// Rank returns the place of a series.
func (o *Order) Rank(series uint32) uint32 { return o.rank[series] }

// ordered keeps the last Order: the next one differs by the series that are new.
type ordered struct {
	mu     sync.Mutex
	last   *Order
	memory atomic.Int64 // of last
}

// Order returns all series in series order. After a million series have come in it takes some 50 ms, after a few 5.
func (ix *Index) Order() *Order {
	ix.ordered.mu.Lock()
	defer ix.ordered.mu.Unlock()
	ix.mu.RLock()
	v, widths := ix.view(), ix.widths()
	ix.mu.RUnlock()
	n, last := v.Len(), ix.ordered.last
	if last != nil && len(last.IDs) == n {
		return last
	}
	if last == nil {
		last = &Order{}
	}
	fresh := make([]uint32, 0, n-len(last.IDs))
	for id := len(last.IDs); id < n; id++ {
		fresh = append(fresh, uint32(id))
	}
	v.sort(fresh, widths)
	o := &Order{IDs: v.merge(last.IDs, fresh), rank: make([]uint32, n)}
	for i, id := range o.IDs {
		o.rank[id] = uint32(i)
	}
	ix.ordered.last = o
	ix.ordered.memory.Store(4 * int64(cap(o.IDs)+cap(o.rank)))
	return o
}

// Sort brings a few series into series order; for many, Order is faster.
func (v *View) Sort(ids []uint32) { slices.SortFunc(ids, v.Compare) }

// merge merges two lists in series order. The second one may be much shorter: its series are looked for in the first one
// rather than compared with all of it.
func (v *View) merge(a, b []uint32) []uint32 {
	if len(a) == 0 {
		return b
	}
	out := make([]uint32, 0, len(a)+len(b))
	for _, id := range b {
		n := v.before(a, id)
		out = append(append(out, a[:n]...), id)
		a = a[n:]
	}
	return append(out, a...)
}

// before returns how many series at the beginning of a list come before one that is not in it. It takes little time if
// these are few.
func (v *View) before(list []uint32, id uint32) int {
	step := 1
	for step <= len(list) && v.Compare(list[step-1], id) < 0 {
		step *= 2
	}
	from := step / 2
	return from + sort.Search(min(step, len(list))-from, func(i int) bool { return v.Compare(list[from+i], id) > 0 })
}

// widths returns how many bits a measure's number takes, and a dimension's value (0 for a missing one, the number plus one
// else).
func (ix *Index) widths() []int {
	w := make([]int, 1+len(ix.dims))
	w[0] = bits.Len(uint(len(ix.measures)))
	for i, d := range ix.dims {
		w[i+1] = bits.Len(uint(len(d.values)))
	}
	return w
}

// keyed is a series and the beginning of its place in series order.
type keyed struct {
	key uint64
	id  uint32
}

// sort sorts many series by a key made of as many leading parts of their order as go into 64 bits, and by Compare where
// the keys are equal.
func (v *View) sort(ids []uint32, widths []int) {
	list := make([]keyed, len(ids))
	for i, id := range ids {
		list[i] = keyed{v.key(id, widths), id}
	}
	list = sortByKey(list)
	for i := range list {
		ids[i] = list[i].id
	}
	for from, i := 0, 1; i <= len(list); i++ {
		if i < len(list) && list[i].key == list[from].key {
			continue
		}
		if i-from > 1 {
			slices.SortFunc(ids[from:i], v.Compare)
		}
		from = i
	}
}

// sortByKey sorts by the digits of the keys, the last ones first. It returns the list or another one of the same length.
func sortByKey(list []keyed) []keyed {
	const digitBits = 11
	used, first := uint64(0), uint64(0) // bits in which keys differ
	for i := range list {
		if i == 0 {
			first = list[0].key
		}
		used |= list[i].key ^ first
	}
	other := make([]keyed, len(list))
	for low := 0; low < 64; low += digitBits {
		if used>>low&(1<<digitBits-1) == 0 {
			continue
		}
		var ends [1 << digitBits]int
		digit := func(k uint64) uint64 { return k >> low & (1<<digitBits - 1) }
		for i := range list {
			ends[digit(list[i].key)]++
		}
		at := 0
		for d, n := range ends {
			ends[d] = at
			at += n
		}
		for i := range list {
			d := digit(list[i].key)
			other[ends[d]] = list[i]
			ends[d]++
		}
		list, other = other, list
	}
	return list
}

// key packs a series' measure and values into the upper bits of a number.
func (v *View) key(id uint32, widths []int) uint64 {
	s := &v.shapes[v.shapeOf[id]]
	codes := v.codes[v.start[id]:]
	free := 64 - widths[0]
	key := uint64(s.measure) << free
	k := 0
	for d, width := range widths[1:] {
		free -= width
		if free < 0 {
			break
		}
		if k < len(s.dims) && s.dims[k] == uint32(d) {
			key |= uint64(codes[k]+1) << free
			k++
		}
	}
	return key
}
