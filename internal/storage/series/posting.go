package series

import "github.com/RoaringBitmap/roaring/v2"

// posting is the set of series that have one value. Most values of a dimension such as an instance id have one series, so
// that case takes 16 bytes; a few series are a list; many are a bitmap. Series are added in ascending order.
type posting struct {
	first uint32
	n     uint32
	more  *postingMore
}

// postingMore is the series of a posting with more than one; bitmap is set beyond listMax.
type postingMore struct {
	list   []uint32
	bitmap *roaring.Bitmap
}

// listMax is how many series are kept as a list.
const listMax = 64

// add adds a series, whose number is greater than those before.
func (p *posting) add(id uint32) {
	p.n++
	switch {
	case p.n == 1:
		p.first = id
	case p.n == 2:
		p.more = &postingMore{list: []uint32{p.first, id}}
	case p.n <= listMax:
		p.more.list = append(p.more.list, id)
	case p.more.bitmap == nil:
		p.more.bitmap = roaring.BitmapOf(p.more.list...)
		p.more.list = nil
		p.more.bitmap.Add(id)
	default:
		p.more.bitmap.Add(id)
	}
}

// addTo adds the series to a set.
func (p *posting) addTo(set *roaring.Bitmap) {
	switch {
	case p.n == 0:
	case p.n == 1:
		set.Add(p.first)
	case p.more.bitmap == nil:
		set.AddMany(p.more.list)
	default:
		set.Or(p.more.bitmap)
	}
}
