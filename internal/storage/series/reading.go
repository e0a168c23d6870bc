package series

// Reading is the right to look things up in an index, from Index.Reading to Done.
type Reading struct{ ix *Index }

// Reading starts looking things up. New definitions wait until Done, so keep it short.
func (ix *Index) Reading() Reading {
	ix.mu.RLock()
	return Reading{ix}
}

// Done ends the reading.
func (r Reading) Done() { r.ix.mu.RUnlock() }

// Find returns the series with the given name and dimensions, whose hash is h.
func (r Reading) Find(h uint64, measure string, dims []Dim) (id uint32, ok bool) {
	return r.ix.find(h, measure, dims)
}

// Column returns the number of a value column and its definition.
func (r Reading) Column(name string) (uint16, Column, bool) {
	n, ok := r.ix.columnNumbers[name]
	if !ok {
		return 0, Column{}, false
	}
	return n, r.ix.columns[n], true
}

// HasColumn reports whether records of a series' measure have had the column.
func (r Reading) HasColumn(series uint32, column uint16) bool {
	return r.ix.measures[r.ix.shapes[r.ix.shapeOf[series]].measure].has(column)
}

// Len returns the number of series.
func (ix *Index) Len() int {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return len(ix.shapeOf)
}

// Columns returns the value columns; a column's number is its place. The caller must not change them.
func (ix *Index) Columns() []Column {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return ix.columns[:len(ix.columns):len(ix.columns)]
}

// Dimensions returns the names of the dimensions in order of first appearance.
func (ix *Index) Dimensions() []string {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	names := make([]string, len(ix.dims))
	for i, d := range ix.dims {
		names[i] = d.name
	}
	return names
}

// Measure is one measure name, what dimensions its series have and what columns its records.
type Measure struct {
	Name       string
	Dimensions []string
	Columns    []Column
}

// Measures returns the measure names, all in order of first appearance.
func (ix *Index) Measures() []Measure {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	out := make([]Measure, len(ix.measures))
	for i, m := range ix.measures {
		out[i] = Measure{Name: m.name, Dimensions: make([]string, len(m.dims)), Columns: make([]Column, len(m.columns))}
		for k, d := range m.dims {
			out[i].Dimensions[k] = ix.dims[d].name
		}
		for k, c := range m.columns {
			out[i].Columns[k] = ix.columns[c]
		}
	}
	return out
}

// SchemaVersion returns a number that grows whenever Dimensions, Measures or Columns have changed.
func (ix *Index) SchemaVersion() int {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return ix.schema
}

// MeasureNames returns all measure names. The caller must not change them.
func (ix *Index) MeasureNames() []string {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return ix.measureNames[:len(ix.measureNames):len(ix.measureNames)]
}

// DistinctValues returns the values that some series has for a dimension, and whether some series lacks it. The caller
// must not change them.
func (ix *Index) DistinctValues(dimension string) (values []string, missing bool) {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	n, ok := ix.dimNumbers[dimension]
	if !ok {
		return nil, len(ix.shapeOf) > 0
	}
	values = ix.dims[n].values
	return values[:len(values):len(values)], ix.lacking(n) > 0
}
