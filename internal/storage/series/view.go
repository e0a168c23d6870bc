package series

import "cmp"

// View is what an index held at one moment, for reading rows: the names and dimension values of series. It needs no lock.
type View struct {
	shapeOf  []uint32
	start    []uint32
	codes    []uint32
	shapes   []shape
	measures []string
}

// View returns the present state.
func (ix *Index) View() View {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return ix.view()
}

// view is View for who holds the lock.
func (ix *Index) view() View {
	return View{ix.shapeOf, ix.start, ix.codes, ix.shapes, ix.measureNames}
}

// Len returns the number of series.
func (v *View) Len() int { return len(v.shapeOf) }

// MeasureNames returns the measure names by number. The caller must not change them.
func (v *View) MeasureNames() []string { return v.measures[:len(v.measures):len(v.measures)] }

// Measure returns the number of a series' measure name.
func (v *View) Measure(series uint32) uint32 { return v.shapes[v.shapeOf[series]].measure }

// Code returns the number of a series' value of a dimension, -1 if it lacks the dimension.
func (v *View) Code(series, dimension uint32) int32 {
	s := &v.shapes[v.shapeOf[series]]
	for k, d := range s.dims {
		if d == dimension {
			return int32(v.codes[v.start[series]+uint32(k)])
		}
	}
	return -1
}

// Compare orders two series: by measure, then by the values of the dimensions in order of the dimensions, a missing one
// first.
func (v *View) Compare(a, b uint32) int {
	s, t := &v.shapes[v.shapeOf[a]], &v.shapes[v.shapeOf[b]]
	if s.measure != t.measure {
		return cmp.Compare(s.measure, t.measure)
	}
	codesA, codesB := v.codes[v.start[a]:], v.codes[v.start[b]:]
	for k := 0; ; k++ {
		switch {
		case k == len(s.dims) && k == len(t.dims):
			return 0
		case k == len(s.dims):
			return -1
		case k == len(t.dims):
			return 1
		case s.dims[k] != t.dims[k]: // the one that goes on with a later dimension lacks this one
			return cmp.Compare(t.dims[k], s.dims[k])
		case codesA[k] != codesB[k]:
			return cmp.Compare(codesA[k], codesB[k])
		}
	}
}

// Dimension returns the number of a dimension and its values, by their numbers. The caller must not change them.
func (ix *Index) Dimension(name string) (number uint32, values []string, ok bool) {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	number, ok = ix.dimNumbers[name]
	if ok {
		values = ix.dims[number].values
	}
	return number, values[:len(values):len(values)], ok
}
