package memstore

import "encoding/binary"

// layout says where the arrays of a chunk lie in its slabs. Chunks with the same columns share one layout. A slab holds
// its arrays one after the other, each as long as the chunk's capacity:
//
//	ints    times, versions (if any row has one other than 1), columns of class Int
//	floats  columns of class Float
//	strs    columns of class String
//	bools   columns of class Bool, and a null mask for each column that some row lacks
type layout struct {
	columns  []place // in ascending order of column
	versions bool
	ints     int // number of arrays in each slab
	floats   int
	strs     int
	bools    int
}

// place is where one column lies.
type place struct {
	column uint16
	class  Class
	slot   int16 // array in the slab of its class
	nulls  int16 // array of its null mask in bools, -1 for none
}

// Arrays of the ints slab that are not columns.
const (
	slotTimes    = 0
	slotVersions = 1
)

// find returns the index of a column in l.columns, or where it would be.
func (l *layout) find(column uint16) (int, bool) {
	lo, hi := 0, len(l.columns)
	for lo < hi {
		m := (lo + hi) / 2
		if l.columns[m].column < column {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo, lo < len(l.columns) && l.columns[lo].column == column
}

// fits reports whether a row with these cells, in ascending order of column, can be stored without another layout.
func (l *layout) fits(version int64, cells []Cell) bool {
	if version != 1 && !l.versions {
		return false
	}
	if len(cells) > len(l.columns) {
		return false
	}
	at := 0
	for i := range l.columns {
		p := &l.columns[i]
		if at < len(cells) && cells[at].Column == p.column {
			at++
		} else if p.nulls < 0 {
			return false
		}
	}
	return at == len(cells)
}

// layouts interns layouts.
type layouts struct {
	byKey map[string]*layout
	key   []byte
	need  []place
}

// widen returns a layout that l's rows and one row more with the given cells fit. l is nil for a chunk without rows.
func (s *layouts) widen(l *layout, version int64, cells []Cell) *layout {
	versions := version != 1
	need := s.need[:0]
	at := 0
	if l != nil {
		versions = versions || l.versions
		for _, p := range l.columns {
			for ; at < len(cells) && cells[at].Column < p.column; at++ {
				need = append(need, place{column: cells[at].Column, class: cells[at].Class})
			}
			if at < len(cells) && cells[at].Column == p.column {
				at++
			} else {
				p.nulls = 0
			}
			need = append(need, p)
		}
	}
	for ; at < len(cells); at++ {
		p := place{column: cells[at].Column, class: cells[at].Class}
		if l == nil {
			p.nulls = -1
		}
		need = append(need, p)
	}
	s.need = need
	return s.intern(versions, need)
}

// intern returns the layout with the given columns, of which column, class and the sign of nulls count.
func (s *layouts) intern(versions bool, need []place) *layout {
	key := append(s.key[:0], 0)
	if versions {
		key[0] = 1
	}
	for _, p := range need {
		mark := byte(p.class) << 1
		if p.nulls >= 0 {
			mark |= 1
		}
		key = append(binary.LittleEndian.AppendUint16(key, p.column), mark)
	}
	s.key = key
	if l := s.byKey[string(key)]; l != nil {
		return l
	}
	l := &layout{columns: append([]place(nil), need...), versions: versions, ints: 1}
	if versions {
		l.ints++
	}
	for i := range l.columns {
		p := &l.columns[i]
		counter := l.counter(p.class)
		p.slot = int16(*counter)
		*counter++
	}
	for i := range l.columns {
		if p := &l.columns[i]; p.nulls >= 0 {
			p.nulls = int16(l.bools)
			l.bools++
		}
	}
	if s.byKey == nil {
		s.byKey = map[string]*layout{}
	}
	s.byKey[string(key)] = l
	return l
}

// counter returns the number of arrays in the slab of a class.
func (l *layout) counter(c Class) *int {
	switch c {
	case Float:
		return &l.floats
	case String:
		return &l.strs
	case Bool:
		return &l.bools
	}
	return &l.ints
}

// columns returns the numbers of all columns of all layouts, with their class.
func (s *layouts) columns() map[uint16]Class {
	out := map[uint16]Class{}
	for _, l := range s.byKey {
		for _, p := range l.columns {
			out[p.column] = p.class
		}
	}
	return out
}
