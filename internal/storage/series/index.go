package series

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"

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

	texts      texts
	dims       []*dimension
	dimNumbers map[string]uint32

	measures       []*measure
	measureNames   []string
	measureNumbers map[string]uint32
	measureSeries  postings

	columns       []Column
	columnNumbers map[string]uint16
	attributes    int // columns that are not Single

	shapes       []shape
	shapeNumbers map[string]uint32
	shapeSeries  []uint32 // by shape: how many series have it

	// By series: its shape, and where in codes its values begin, one for each dimension of the shape.
	shapeOf []uint32
	start   []uint32
	codes   []uint32
	numbers lookup // of series

	schema  int // grows when Measures or Columns would return something else
	ordered ordered
	memory  atomic.Int64 // see Bytes
}

// dimension is one dimension and its dictionary of values.
type dimension struct {
	name    string
	values  []string
	numbers lookup // of values
	series  postings
}

// find returns the number of a value.
func (d *dimension) find(value string) (uint32, bool) {
	for p := d.numbers.probe(xxhash.Sum64String(value)); ; {
		n, ok := p.next()
		if !ok || d.values[n] == value {
			return n, ok
		}
	}
}

// enter makes a value that was appended to d.values last findable.
func (d *dimension) enter(number uint32) {
	if !d.numbers.has(len(d.values)) {
		d.enterAll()
		return
	}
	d.numbers.add(xxhash.Sum64String(d.values[number]), number)
}

// enterAll makes all values findable.
func (d *dimension) enterAll() {
	d.numbers.build(len(d.values), func(n uint32) uint64 { return xxhash.Sum64String(d.values[n]) })
}

// measure is one measure name.
type measure struct {
	name    string
	dims    []uint32 // of its series, in order of first appearance
	columns []uint16 // of its records, in order of first appearance
	known   []uint64 // the same as a bitset
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
		shapeNumbers: map[string]uint32{},
	}
}

// ApplyAll adds what encoded definitions define and calls isNew, if it is not nil, for each that was new. Those that are
// known already change nothing, so that definitions can be read again; one that refers to something unknown is an error.
// What is passed to isNew is only valid during the call.
func (ix *Index) ApplyAll(defs []byte, isNew func(*Def)) error {
	if len(defs) == 0 {
		return nil
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	defer ix.weigh()
	return DecodeDefs(defs, func(d *Def) error {
		added, err := ix.apply(d)
		if added {
			ix.enter(d)
			if isNew != nil {
				isNew(d)
			}
		}
		return err
	})
}

// fresh reports whether a thing with this number is new, where count are known.
func fresh(d *Def, count int) (bool, error) {
	if int(d.Number) > count {
		return false, fmt.Errorf("%w: number %d of kind %d, expected at most %d", errDef, d.Number, d.Kind, count)
	}
	return int(d.Number) == count, nil
}

// apply adds what one definition defines and reports whether it was new. What it defines cannot be found by name or value
// before enter, or enterAll. The caller holds the lock.
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
		name := ix.texts.keep(d.Text)
		ix.dimNumbers[name] = d.Number
		ix.dims = append(ix.dims, &dimension{name: name})
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
		dim.values = append(dim.values, ix.texts.keep(d.Text))
	}
	return isNew, err
}

// applyMeasure adds a measure name.
func (ix *Index) applyMeasure(d *Def) (isNew bool, err error) {
	isNew, err = fresh(d, len(ix.measures))
	if err == nil && isNew {
		name := ix.texts.keep(d.Text)
		ix.measureNumbers[name] = d.Number
		ix.measures = append(ix.measures, &measure{name: name})
		ix.measureNames = append(ix.measureNames, name)
		ix.schema++
	}
	return isNew, err
}

// applyColumn adds a value column.
func (ix *Index) applyColumn(d *Def) (isNew bool, err error) {
	isNew, err = fresh(d, len(ix.columns))
	if err == nil && isNew {
		c := Column{ix.texts.keep(d.Text), d.Type}
		ix.columnNumbers[c.Name] = uint16(d.Number)
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

// applySeries adds a series.
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
	shape := ix.shape(d)
	ix.shapeSeries[shape]++
	ix.shapeOf = append(ix.shapeOf, shape)
	ix.start = append(ix.start, uint32(len(ix.codes)))
	ix.codes = append(ix.codes, d.Codes...)
	return true, nil
}

// shape returns the number of a series' shape, made if it is new.
func (ix *Index) shape(d *Def) uint32 {
	if n := len(ix.shapeOf); n > 0 { // most series are like the one before
		last := ix.shapeOf[n-1]
		if s := &ix.shapes[last]; s.measure == d.Measure && slices.Equal(s.dims, d.Dims) {
			return last
		}
	}
	key := binary.AppendUvarint(make([]byte, 0, 64), uint64(d.Measure))
	for _, dim := range d.Dims {
		key = binary.AppendUvarint(key, uint64(dim))
	}
	n, ok := ix.shapeNumbers[string(key)]
	if !ok {
		n = uint32(len(ix.shapes))
		ix.shapeNumbers[string(key)] = n
		ix.shapes = append(ix.shapes, shape{d.Measure, append([]uint32(nil), d.Dims...)})
		ix.shapeSeries = append(ix.shapeSeries, 0)
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

// lacking returns how many series lack a dimension.
func (ix *Index) lacking(dim uint32) int {
	n := 0
	for i := range ix.shapes {
		if !slices.Contains(ix.shapes[i].dims, dim) {
			n += int(ix.shapeSeries[i])
		}
	}
	return n
}

// find returns the series with the given name and dimensions, whose hash is h.
func (ix *Index) find(h uint64, measure string, dims []Dim) (uint32, bool) {
	for p := ix.numbers.probe(h); ; {
		id, ok := p.next()
		if !ok || ix.is(id, measure, dims) {
			return id, ok
		}
	}
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
