package series

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// ColumnMeasureName is the name under which filters address the measure name.
const ColumnMeasureName = "measure_name"

// Filter allows only series whose dimension (or measure name) has one of the values In, or, with Null set, that lack it.
type Filter struct {
	Column string
	In     []string
	Null   bool
}

// fewSeries is how many series are checked one by one rather than by set operations.
const fewSeries = 256

// Select returns the series that pass all filters, ascending by number. Without filters it returns all of them.
func (ix *Index) Select(filters []Filter) []uint32 {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if len(filters) == 0 {
		ids := make([]uint32, len(ix.shapeOf))
		for i := range ids {
			ids[i] = uint32(i)
		}
		return ids
	}
	sets := make([]filterSet, len(filters))
	for i := range filters {
		sets[i] = ix.resolve(&filters[i])
	}
	// The filter with the fewest series goes first.
	slices.SortStableFunc(sets, func(a, b filterSet) int { return a.count - b.count })
	if len(sets) == 1 || sets[0].count <= fewSeries {
		ids := sets[0].list(ix)
		v := ix.view()
		return slices.DeleteFunc(ids, func(id uint32) bool {
			return slices.ContainsFunc(sets[1:], func(s filterSet) bool { return !s.has(&v, id) })
		})
	}
	set := sets[0].bitmap(ix)
	for i := range sets[1:] {
		set.And(sets[i+1].bitmap(ix))
	}
	return set.ToArray()
}

// filterSet is a filter whose names have been looked up.
type filterSet struct {
	measure bool
	dim     *dimension // nil: no series has the dimension
	number  uint32     // of the dimension
	codes   []uint32   // allowed measures or values, ascending
	null    bool       // series without the dimension are allowed
	lacking int        // how many these are
	count   int        // series that pass
}

// resolve looks up the names of a filter.
func (ix *Index) resolve(f *Filter) filterSet {
	s := filterSet{measure: f.Column == ColumnMeasureName}
	var find func(string) (uint32, bool)
	if s.measure {
		find = func(text string) (uint32, bool) {
			n, ok := ix.measureNumbers[text]
			return n, ok
		}
	} else {
		s.null = f.Null
		n, ok := ix.dimNumbers[f.Column]
		if !ok {
			if s.null {
				s.lacking = len(ix.shapeOf)
				s.count = s.lacking
			}
			return s
		}
		s.dim, s.number = ix.dims[n], n
		find = s.dim.find
	}
	for _, text := range f.In {
		if code, ok := find(text); ok {
			s.codes = append(s.codes, code)
		}
	}
	slices.Sort(s.codes)
	s.codes = slices.Compact(s.codes)
	for _, code := range s.codes {
		s.count += s.postings(ix).count(code)
	}
	if s.null {
		s.lacking = ix.lacking(s.number)
		s.count += s.lacking
	}
	return s
}

// postings returns the series by allowed value.
func (s *filterSet) postings(ix *Index) *postings {
	if s.measure {
		return &ix.measureSeries
	}
	return &s.dim.series
}

// collect returns the series that pass as a list, in no order, and a set to which they belong together.
func (s *filterSet) collect(ix *Index) ([]uint32, *roaring.Bitmap) {
	var list []uint32
	set := roaring.New()
	for _, code := range s.codes {
		list = s.postings(ix).collect(code, list, set)
	}
	switch {
	case !s.null || s.lacking == 0:
	case s.lacking == len(ix.shapeOf):
		set.AddRange(0, uint64(len(ix.shapeOf)))
	default:
		places := ix.placesIn(s.number)
		list = slices.Grow(list, s.lacking)
		for id, shape := range ix.shapeOf {
			if places[shape] < 0 {
				list = append(list, uint32(id))
			}
		}
	}
	return list, set
}

// bitmap returns the series that pass, as a new set.
func (s *filterSet) bitmap(ix *Index) *roaring.Bitmap {
	list, set := s.collect(ix)
	slices.Sort(list) // what comes in order is added many times as fast
	set.AddMany(list)
	return set
}

// list returns the series that pass, ascending.
func (s *filterSet) list(ix *Index) []uint32 {
	list, set := s.collect(ix)
	slices.Sort(list)
	if set.IsEmpty() {
		return list // no series has two values of a dimension
	}
	set.AddMany(list)
	return set.ToArray()
}

// has reports whether one series passes.
func (s *filterSet) has(v *View, id uint32) bool {
	if s.measure {
		_, ok := slices.BinarySearch(s.codes, v.Measure(id))
		return ok
	}
	code := int32(-1)
	if s.dim != nil {
		code = v.Code(id, s.number)
	}
	if code < 0 {
		return s.null
	}
	_, ok := slices.BinarySearch(s.codes, uint32(code))
	return ok
}
