package series

import (
	"math/bits"
	"slices"
	"sync"
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
	mu   sync.Mutex
	last *Order
}

// Order returns all series in series order. It costs much after a million series have come in, little afterwards.
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
	return o
}

// Sort brings a few series into series order; for many, Order is faster.
func (v *View) Sort(ids []uint32) { slices.SortFunc(ids, v.Compare) }

// merge merges two lists in series order.
func (v *View) merge(a, b []uint32) []uint32 {
	if len(a) == 0 {
		return b
	}
	out := make([]uint32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if v.Compare(a[0], b[0]) < 0 {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
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

// sort sorts many series by a key made of as many leading parts of their order as go into 64 bits, and by Compare where
// the keys are equal.
func (v *View) sort(ids []uint32, widths []int) {
	type keyed struct {
		key uint64
		id  uint32
	}
	list := make([]keyed, len(ids))
	for i, id := range ids {
		list[i] = keyed{v.key(id, widths), id}
	}
	slices.SortFunc(list, func(a, b keyed) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return v.Compare(a.id, b.id)
	})
	for i := range list {
		ids[i] = list[i].id
	}
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
