package series

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Limits of a table. Source: Timestream developer guide, "Quotas".
const (
	DimensionsMax = 128
	MeasuresMax   = 8192
	AttributesMax = 1024
)

// Reason is why a row cannot be stored.
type Reason uint8

// The reasons.
const (
	TypeConflict Reason = iota
	NameConflict
	TooManyDimensions
	TooManyMeasures
	TooManyAttributes
)

// Conflict tells why a row cannot be stored. Name and Type are those of the existing column, for the first two reasons.
type Conflict struct {
	Reason Reason
	Name   string
	Type   *types.Type
}

// Txn collects what rows bring into being. Only one may be open at a time, and only its goroutine may change the index;
// that is why it reads the index without lock.
type Txn struct {
	ix    *Index
	defs  []Def
	taken int

	dims       map[string]uint32
	values     map[valueKey]uint32
	counts     map[uint32]uint32 // new values by dimension
	measures   map[string]uint32
	columns    map[string]uint16
	newColumns []Column
	attributes int
	pairs      map[pairKey]struct{}
	series     map[uint64][]stagedSeries
	count      uint32 // new series
}

// valueKey is a value of a dimension.
type valueKey struct {
	dim  uint32
	text string
}

// pairKey is a column of a measure's records.
type pairKey struct {
	measure uint32
	column  uint16
}

// stagedSeries is a new series.
type stagedSeries struct {
	id      uint32
	measure string
	dims    []Dim // in ascending order of name
}

// Begin starts a transaction.
func (ix *Index) Begin() *Txn { return &Txn{ix: ix} }

// Find returns the series with the given name and dimensions, whose hash is h, known or new in this transaction.
func (x *Txn) Find(h uint64, measure string, dims []Dim) (id uint32, ok bool) {
	if id, ok := x.ix.find(h, measure, dims); ok {
		return id, true
	}
	for _, s := range x.series[h] {
		if s.measure == measure && slices.Equal(s.dims, sorted(dims)) {
			return s.id, true
		}
	}
	return 0, false
}

// sorted returns dimensions in ascending order of name.
func sorted(dims []Dim) []Dim {
	out := slices.Clone(dims)
	slices.SortFunc(out, func(a, b Dim) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// column returns the number of a column and its definition, known or new.
func (x *Txn) column(name string) (uint16, Column, bool) {
	n, ok := x.ix.columnNumbers[name]
	if ok {
		return n, x.ix.columns[n], true
	}
	if n, ok = x.columns[name]; ok {
		return n, x.newColumns[int(n)-len(x.ix.columns)], true
	}
	return 0, Column{}, false
}

// dimension returns the number of a dimension, known or new.
func (x *Txn) dimension(name string) (uint32, bool) {
	if n, ok := x.ix.dimNumbers[name]; ok {
		return n, true
	}
	n, ok := x.dims[name]
	return n, ok
}

// measure returns the number of a measure name, known or new.
func (x *Txn) measure(name string) (uint32, bool) {
	if n, ok := x.ix.measureNumbers[name]; ok {
		return n, true
	}
	n, ok := x.measures[name]
	return n, ok
}

// Check returns why a row cannot be stored, nil if it can. The names in dims are unique, and so are those in columns.
func (x *Txn) Check(measure string, dims []Dim, columns []Column) *Conflict {
	fresh := 0
	for _, d := range dims {
		if _, ok := x.dimension(d.Name); ok {
			continue
		}
		fresh++
		if _, c, ok := x.column(d.Name); ok {
			return &Conflict{NameConflict, c.Name, c.Type}
		}
		if i := slices.IndexFunc(columns, func(c Column) bool { return c.Name == d.Name }); i >= 0 {
			return &Conflict{NameConflict, d.Name, types.Varchar}
		}
	}
	if fresh > 0 && len(x.ix.dims)+len(x.dims)+fresh > DimensionsMax {
		return &Conflict{Reason: TooManyDimensions}
	}
	if _, ok := x.measure(measure); !ok && len(x.ix.measures)+len(x.measures) >= MeasuresMax {
		return &Conflict{Reason: TooManyMeasures}
	}
	fresh = 0
	for _, c := range columns {
		if _, known, ok := x.column(c.Name); ok {
			if !known.Type.Equal(c.Type) {
				return &Conflict{TypeConflict, c.Name, known.Type}
			}
			continue
		}
		if _, ok := x.dimension(c.Name); ok {
			return &Conflict{NameConflict, c.Name, types.Varchar}
		}
		if !c.Single() {
			fresh++
		}
	}
	if fresh > 0 && x.ix.attributes+x.attributes+fresh > AttributesMax {
		return &Conflict{Reason: TooManyAttributes}
	}
	return nil
}

// Add takes up what a row that passed Check brings into being. It fills numbers with those of the columns and returns the
// series' number.
func (x *Txn) Add(h uint64, measure string, dims []Dim, columns []Column, numbers []uint16) uint32 {
	m, ok := x.measure(measure)
	if !ok {
		m = uint32(len(x.ix.measures) + len(x.measures))
		put(&x.measures, measure, m)
		x.define(Def{Kind: DefMeasure, Number: m, Text: measure})
	}
	for i, c := range columns {
		numbers[i] = x.addColumn(m, c)
	}
	if id, ok := x.Find(h, measure, dims); ok {
		return id
	}
	d := Def{Kind: DefSeries, Number: uint32(len(x.ix.shapeOf)) + x.count, Measure: m}
	x.count++
	pairs := make([][2]uint32, len(dims))
	for i, dim := range dims {
		n := x.addDimension(dim.Name)
		pairs[i] = [2]uint32{n, x.addValue(n, dim.Value)}
	}
	slices.SortFunc(pairs, func(a, b [2]uint32) int { return cmp.Compare(a[0], b[0]) })
	for _, p := range pairs {
		d.Dims, d.Codes = append(d.Dims, p[0]), append(d.Codes, p[1])
	}
	x.define(d)
	if x.series == nil {
		x.series = map[uint64][]stagedSeries{}
	}
	x.series[h] = append(x.series[h], stagedSeries{d.Number, measure, sorted(dims)})
	return d.Number
}

// put stores in a map that may not have been made yet.
func put[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

// define adds a definition.
func (x *Txn) define(d Def) { x.defs = append(x.defs, d) }

// addColumn returns the number of a column of a measure's records, defining what is new.
func (x *Txn) addColumn(measure uint32, c Column) uint16 {
	n, _, ok := x.column(c.Name)
	if !ok {
		n = uint16(len(x.ix.columns) + len(x.newColumns))
		put(&x.columns, c.Name, n)
		x.newColumns = append(x.newColumns, c)
		if !c.Single() {
			x.attributes++
		}
		x.define(Def{Kind: DefColumn, Number: uint32(n), Text: c.Name, Type: c.Type})
	}
	pair := pairKey{measure, n}
	_, staged := x.pairs[pair]
	if !staged && (int(measure) >= len(x.ix.measures) || !x.ix.measures[measure].has(n)) {
		put(&x.pairs, pair, struct{}{})
		x.define(Def{Kind: DefMeasureColumn, Number: uint32(n), Measure: measure})
	}
	return n
}

// addDimension returns the number of a dimension, defining it if it is new.
func (x *Txn) addDimension(name string) uint32 {
	n, ok := x.dimension(name)
	if !ok {
		n = uint32(len(x.ix.dims) + len(x.dims))
		put(&x.dims, name, n)
		x.define(Def{Kind: DefDimension, Number: n, Text: name})
	}
	return n
}

// addValue returns the number of a dimension's value, defining it if it is new.
func (x *Txn) addValue(dim uint32, value string) uint32 {
	known := 0
	if int(dim) < len(x.ix.dims) {
		d := x.ix.dims[dim]
		if n, ok := d.find(value); ok {
			return n
		}
		known = len(d.values)
	}
	key := valueKey{dim, value}
	if n, ok := x.values[key]; ok {
		return n
	}
	n := uint32(known) + x.counts[dim]
	put(&x.counts, dim, x.counts[dim]+1)
	put(&x.values, key, n)
	x.define(Def{Kind: DefValue, Number: n, Dim: dim, Text: value})
	return n
}

// Numbers fills numbers with those of columns and reports whether all of them are known, with these types or others.
func (x *Txn) Numbers(columns []Column, numbers []uint16) bool {
	all := true
	for i, c := range columns {
		n, _, ok := x.column(c.Name)
		numbers[i] = n
		all = all && ok
	}
	return all
}

// Staged returns the definitions that were added and not yet taken. Rows that were given numbers must not reach the log
// before these do.
func (x *Txn) Staged() []Def { return x.defs[x.taken:] }

// Take says that the staged definitions are in the log, and returns them.
func (x *Txn) Take() []Def {
	defs := x.Staged()
	x.taken = len(x.defs)
	return defs
}

// Commit makes visible what was taken. What was added after the last Take is forgotten.
func (x *Txn) Commit() {
	if x.taken == 0 {
		return
	}
	x.ix.mu.Lock()
	defer x.ix.mu.Unlock()
	for i := range x.defs[:x.taken] {
		d := &x.defs[i]
		if _, err := x.ix.apply(d); err != nil {
			panic("bug: definition does not fit: " + err.Error())
		}
		x.ix.enter(d)
	}
	x.ix.weigh()
}
