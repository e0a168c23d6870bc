package series

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Column is a value column of a table.
type Column struct {
	Name string
	Type *types.Type
}

// singlePrefix begins the names of the columns of single-measure records. No attribute's name has a colon.
const singlePrefix = "measure_value::"

// Single reports whether the column is one of single-measure records and no attribute.
func (c Column) Single() bool { return strings.HasPrefix(c.Name, singlePrefix) }

// Index is the series and columns of one table. Slices that readers are given (values of dimensions, codes of series) are
// only ever appended to, behind what the reader sees.
type Index struct {
	mu sync.RWMutex

	dims       []*dimension
	dimNumbers map[string]uint32

	measures       []*measure
	measureNames   []string
	measureNumbers map[string]uint32

	columns       []Column
	columnNumbers map[string]uint16
	attributes    int // columns that are not Single

	shapes       []shape
	shapeNumbers map[string]uint32

	// By series: its shape, and where in codes its values begin, one for each dimension of the shape.
	shapeOf []uint32
	start   []uint32
	codes   []uint32

	byHash map[uint64]uint32   // the first series with a hash
	more   map[uint64][]uint32 // further ones: hash collisions

	schema  int // grows when Measures or Columns would return something else
	ordered ordered
}

// dimension is one dimension and its dictionary of values.
type dimension struct {
	name     string
	values   []string
	numbers  map[string]uint32
	postings []posting       // by value
	has      *roaring.Bitmap // series that have the dimension
}

// measure is one measure name.
type measure struct {
	name    string
	dims    []uint32 // of its series, in order of first appearance
	columns []uint16 // of its records, in order of first appearance
	known   []uint64 // the same as a bitset
	posting posting
}

// has reports whether records of the measure have had a column.
func (m *measure) has(column uint16) bool {
	w := int(column / 64)
	return w < len(m.known) && m.known[w]&(1<<(column%64)) != 0
}

// shape is what many series have in common: the measure and which dimensions they have, in ascending order.
type shape struct {
	measure uint32
	dims    []uint32
}

// New returns an empty index.
func New() *Index {
	return &Index{
		dimNumbers: map[string]uint32{}, measureNumbers: map[string]uint32{}, columnNumbers: map[string]uint16{},
		shapeNumbers: map[string]uint32{}, byHash: map[uint64]uint32{}, more: map[uint64][]uint32{},
	}
}

// Apply adds what one definition defines and reports whether it was new. One that is known already changes nothing, so that
// definitions can be read again; one that refers to something unknown is an error.
func (ix *Index) Apply(d *Def) (isNew bool, err error) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	return ix.apply(d)
}

// fresh reports whether a thing with this number is new, where count are known.
func fresh(d *Def, count int) (bool, error) {
	if int(d.Number) > count {
		return false, fmt.Errorf("%w: number %d of kind %d, expected at most %d", errDef, d.Number, d.Kind, count)
	}
	return int(d.Number) == count, nil
}

// apply is Apply for who holds the lock.
func (ix *Index) apply(d *Def) (isNew bool, err error) {
	switch d.Kind {
	case DefDimension:
		return ix.applyDimension(d)
	case DefValue:
		return ix.applyValue(d)
	case DefMeasure:
		return ix.applyMeasure(d)
	case DefColumn:
		return ix.applyColumn(d)
	case DefMeasureColumn:
		return ix.applyMeasureColumn(d)
	case DefSeries:
		return ix.applySeries(d)
	}
	return false, errDef
}

// applyDimension adds a dimension.
func (ix *Index) applyDimension(d *Def) (isNew bool, err error) {
	isNew, err = fresh(d, len(ix.dims))
	if err == nil && isNew {
		ix.dimNumbers[d.Text] = d.Number
		ix.dims = append(ix.dims, &dimension{name: d.Text, numbers: map[string]uint32{}, has: roaring.New()})
		ix.schema++
	}
	return isNew, err
}

// applyValue adds a value of a dimension.
func (ix *Index) applyValue(d *Def) (isNew bool, err error) {
	if int(d.Dim) >= len(ix.dims) {
		return false, fmt.Errorf("%w: value of unknown dimension %d", errDef, d.Dim)
	}
	dim := ix.dims[d.Dim]
	isNew, err = fresh(d, len(dim.values))
	if err == nil && isNew {
		dim.numbers[d.Text] = d.Number
		dim.values = append(dim.values, d.Text)
		dim.postings = append(dim.postings, posting{})
	}
	return isNew, err
}

// applyMeasure adds a measure name.
func (ix *Index) applyMeasure(d *Def) (isNew bool, err error) {
	isNew, err = fresh(d, len(ix.measures))
	if err == nil && isNew {
		ix.measureNumbers[d.Text] = d.Number
		ix.measures = append(ix.measures, &measure{name: d.Text})
		ix.measureNames = append(ix.measureNames, d.Text)
		ix.schema++
	}
	return isNew, err
}

// applyColumn adds a value column.
func (ix *Index) applyColumn(d *Def) (isNew bool, err error) {
	isNew, err = fresh(d, len(ix.columns))
	if err == nil && isNew {
		c := Column{d.Text, d.Type}
		ix.columnNumbers[d.Text] = uint16(d.Number)
		ix.columns = append(ix.columns, c)
		if !c.Single() {
			ix.attributes++
		}
		ix.schema++
	}
	return isNew, err
}

// applyMeasureColumn adds a column of a measure's records.
func (ix *Index) applyMeasureColumn(d *Def) (isNew bool, err error) {
	if int(d.Measure) >= len(ix.measures) || int(d.Number) >= len(ix.columns) {
		return false, fmt.Errorf("%w: column %d of measure %d is not known", errDef, d.Number, d.Measure)
	}
	m, c := ix.measures[d.Measure], uint16(d.Number)
	if m.has(c) {
		return false, nil
	}
	for len(m.known) <= int(c/64) {
		m.known = append(m.known, 0)
	}
	m.known[c/64] |= 1 << (c % 64)
	m.columns = append(m.columns, c)
	ix.schema++
	return true, nil
}

// applySeries adds a series, with its place in all postings and in the hash table.
func (ix *Index) applySeries(d *Def) (isNew bool, err error) {
	isNew, err = fresh(d, len(ix.shapeOf))
	if err != nil || !isNew {
		return false, err
	}
	if int(d.Measure) >= len(ix.measures) {
		return false, fmt.Errorf("%w: series of unknown measure %d", errDef, d.Measure)
	}
	for i, dim := range d.Dims {
		if i > 0 && dim <= d.Dims[i-1] || int(dim) >= len(ix.dims) || int(d.Codes[i]) >= len(ix.dims[dim].values) {
			return false, fmt.Errorf("%w: series with unknown value %d of dimension %d", errDef, d.Codes[i], dim)
		}
	}
	sum := uint64(0)
	for i, dim := range d.Dims {
		x := ix.dims[dim]
		sum += HashDims([]Dim{{x.name, x.values[d.Codes[i]]}})
		x.postings[d.Codes[i]].add(d.Number)
		x.has.Add(d.Number)
	}
	m := ix.measures[d.Measure]
	m.posting.add(d.Number)
	h := Join(m.name, sum)
	if _, taken := ix.byHash[h]; taken {
		ix.more[h] = append(ix.more[h], d.Number)
	} else {
		ix.byHash[h] = d.Number
	}
	ix.shapeOf = append(ix.shapeOf, ix.shape(d))
	ix.start = append(ix.start, uint32(len(ix.codes)))
	ix.codes = append(ix.codes, d.Codes...)
	return true, nil
}

// shape returns the number of a series' shape, made if it is new.
func (ix *Index) shape(d *Def) uint32 {
	key := binary.AppendUvarint(make([]byte, 0, 64), uint64(d.Measure))
	for _, dim := range d.Dims {
		key = binary.AppendUvarint(key, uint64(dim))
	}
	n, ok := ix.shapeNumbers[string(key)]
	if !ok {
		n = uint32(len(ix.shapes))
		ix.shapeNumbers[string(key)] = n
		ix.shapes = append(ix.shapes, shape{d.Measure, append([]uint32(nil), d.Dims...)})
		m := ix.measures[d.Measure]
		for _, dim := range d.Dims {
			if !slices.Contains(m.dims, dim) {
				m.dims = append(m.dims, dim)
				ix.schema++
			}
		}
	}
	return n
}

// find returns the series with the given name and dimensions, whose hash is h.
func (ix *Index) find(h uint64, measure string, dims []Dim) (uint32, bool) {
	id, ok := ix.byHash[h]
	if !ok {
		return 0, false
	}
	if ix.is(id, measure, dims) {
		return id, true
	}
	for _, id := range ix.more[h] {
		if ix.is(id, measure, dims) {
			return id, true
		}
	}
	return 0, false
}

// is reports whether a series has exactly this name and these dimensions, whose names are unique.
func (ix *Index) is(id uint32, measure string, dims []Dim) bool {
	s := &ix.shapes[ix.shapeOf[id]]
	if len(s.dims) != len(dims) || ix.measures[s.measure].name != measure {
		return false
	}
	codes := ix.codes[ix.start[id]:]
	for k, d := range s.dims {
		x := ix.dims[d]
		i := k // most records have their dimensions in the order in which they first came
		if dims[i].Name != x.name {
			for i = 0; i < len(dims) && dims[i].Name != x.name; i++ {
			}
			if i == len(dims) {
				return false
			}
		}
		if dims[i].Value != x.values[codes[k]] {
			return false
		}
	}
	return true
}
