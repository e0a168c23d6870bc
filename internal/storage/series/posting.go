package series

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// postings is, for each value of a dimension (or each measure name), the set of series that have it. The values of a
// dimension such as a request's id have one series each: that takes 4 bytes. A few series are a list, many a bitmap.
type postings struct {
	places   []uint32 // by value: 0 for no series, the number of the only one plus one, or manySeries and a place in sets
	sets     []seriesSet
	setBytes int64 // about the memory of what sets point to
}

// manySeries marks a place in sets. Series have smaller numbers: a table of so many would not fit into any memory.
const manySeries = 1 << 31

// seriesSet is two or more series. The bitmap is set beyond listMax.
type seriesSet struct {
	list   []uint32
	bitmap *roaring.Bitmap
	n      uint32
	bytes  uint32 // of list or bitmap, when last looked at
}

// listMax is how many series are kept as a list, and weighEvery how many come between two looks at a bitmap's memory.
const (
	listMax    = 64
	weighEvery = 128
)

// add adds a series, whose number is greater than those before.
func (p *postings) add(value, id uint32) {
	place := p.places[value]
	switch {
	case place == 0:
		p.places[value] = id + 1
	case place < manySeries:
		p.places[value] = manySeries | uint32(len(p.sets))
		p.sets = append(p.sets, seriesSet{list: []uint32{place - 1, id}, n: 2})
		p.weigh(&p.sets[len(p.sets)-1])
	default:
		s := &p.sets[place&^manySeries]
		s.n++
		switch {
		case s.bitmap != nil:
			s.bitmap.Add(id)
			if s.n%weighEvery == 0 {
				p.weigh(s)
			}
		case s.n > listMax:
			s.bitmap = roaring.BitmapOf(append(s.list, id)...)
			s.list = nil
			p.weigh(s)
		default:
			grown := cap(s.list)
			if s.list = append(s.list, id); cap(s.list) != grown {
				p.weigh(s)
			}
		}
	}
}

// weigh notes the memory of a set.
func (p *postings) weigh(s *seriesSet) {
	p.setBytes -= int64(s.bytes)
	if s.bitmap == nil {
		s.bytes = 4 * uint32(cap(s.list))
	} else {
		// Containers of up to 65,536 series: a header and bits, or up to 4,096 numbers of 2 bytes.
		st := s.bitmap.Stats()
		s.bytes = uint32(96 + 60*st.Containers + st.ArrayContainerBytes*5/4 + st.BitmapContainerBytes + st.RunContainerBytes)
	}
	p.setBytes += int64(s.bytes)
}

// build makes the postings of all values anew. valueOf returns the value of each of the given number of series, negative
// for none.
func (p *postings) build(values, series int, valueOf func(id uint32) int32) {
	ends := make([]uint32, values+1) // first counts, then where the next series of a value goes
	for id := range uint32(series) {
		if v := valueOf(id); v >= 0 {
			ends[v+1]++
		}
	}
	for v := range values {
		ends[v+1] += ends[v]
	}
	all := make([]uint32, ends[values])
	for id := range uint32(series) {
		if v := valueOf(id); v >= 0 {
			all[ends[v]] = id
			ends[v]++
		}
	}
	*p = postings{places: make([]uint32, values)}
	from := uint32(0)
	for v := range values {
		ids := all[from:ends[v]]
		from = ends[v]
		switch {
		case len(ids) == 0:
		case len(ids) == 1:
			p.places[v] = ids[0] + 1
		default:
			s := seriesSet{n: uint32(len(ids))}
			if len(ids) <= listMax {
				s.list = slices.Clone(ids)
			} else {
				s.bitmap = roaring.BitmapOf(ids...)
			}
			p.weigh(&s)
			p.places[v] = manySeries | uint32(len(p.sets))
			p.sets = append(p.sets, s)
		}
	}
	p.sets = slices.Clip(p.sets)
}

// count returns the number of series that have a value.
func (p *postings) count(value uint32) int {
	switch place := p.places[value]; {
	case place == 0:
		return 0
	case place < manySeries:
		return 1
	default:
		return int(p.sets[place&^manySeries].n)
	}
}

// collect adds the series that have a value to a list, or to a bitmap if they are one already.
func (p *postings) collect(value uint32, list []uint32, set *roaring.Bitmap) []uint32 {
	switch place := p.places[value]; {
	case place == 0:
	case place < manySeries:
		list = append(list, place-1)
	default:
		if s := &p.sets[place&^manySeries]; s.bitmap == nil {
			list = append(list, s.list...)
		} else {
			set.Or(s.bitmap)
		}
	}
	return list
}

// bytes returns about how much memory the postings hold.
func (p *postings) bytes() int64 {
	return 4*int64(cap(p.places)) + 40*int64(cap(p.sets)) + p.setBytes
}
