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
	if sets[0].count <= fewSeries {
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
	measure  bool
	dim      *dimension // nil: no series has the dimension
	number   uint32     // of the dimension
	codes    []uint32   // allowed measures or values, ascending
	null     bool       // series without the dimension are allowed
	count    int        // series that pass
	postings []posting  // by code, of the dimension
}

// resolve looks up the names of a filter.
func (ix *Index) resolve(f *Filter) filterSet {
	s := filterSet{measure: f.Column == ColumnMeasureName}
	lookup := ix.measureNumbers
	if !s.measure {
		s.null = f.Null
		n, ok := ix.dimNumbers[f.Column]
		if !ok {
			if s.null {
				s.count = len(ix.shapeOf)
			}
			return s
		}
		s.dim, s.number = ix.dims[n], n
		s.postings = s.dim.postings
		lookup = s.dim.numbers
	}
	for _, text := range f.In {
		if code, ok := lookup[text]; ok {
			s.codes = append(s.codes, code)
		}
	}
	slices.Sort(s.codes)
	s.codes = slices.Compact(s.codes)
	for _, code := range s.codes {
		s.count += int(s.posting(ix, code).n)
	}
	if s.null {
		s.count += len(ix.shapeOf) - int(s.dim.has.GetCardinality())
	}
	return s
}

// posting returns the series with one of the allowed values.
func (s *filterSet) posting(ix *Index, code uint32) *posting {
	if s.measure {
		return &ix.measures[code].posting
	}
	return &s.postings[code]
}

// bitmap returns the series that pass, as a new set.
func (s *filterSet) bitmap(ix *Index) *roaring.Bitmap {
	set := roaring.New()
	if s.null {
		set.AddRange(0, uint64(len(ix.shapeOf)))
		if s.dim != nil {
			set.AndNot(s.dim.has)
		}
	}
	for _, code := range s.codes {
		s.posting(ix, code).addTo(set)
	}
	return set
}

// list returns the series that pass, ascending.
func (s *filterSet) list(ix *Index) []uint32 {
	if s.null || len(s.codes) != 1 {
		return s.bitmap(ix).ToArray()
	}
	p := s.posting(ix, s.codes[0])
	switch {
	case p.n == 1:
		return []uint32{p.first}
	case p.n > 1 && p.more.bitmap == nil:
		return slices.Clone(p.more.list)
	}
	return s.bitmap(ix).ToArray()
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
