package memstore

import (
	"math"
	"sort"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// ChunkRows is the number of rows in a chunk at most.
const ChunkRows = 1024

// firstCapacity is the capacity of a series' first chunk: many series have few rows.
const firstCapacity = 4

// sealedRows is the number of rows from which on a chunk is closed rather than rebuilt when a row with other columns comes.
// Rows that each have other attributes would otherwise make a wide table of NULLs, copied for every row.
const sealedRows = 64

// chunk is rows of one series in ascending order of time. Rows behind the number that a reader knows of are not his.
type chunk struct {
	layout   *layout
	born     uint64 // epoch in which the slabs were made
	n        int32  // rows; of a run's tail, the run counts
	capacity int32
	ints     []int64
	floats   []float64
	strs     []string
	bools    []bool
}

// chunkHeaderBytes is the memory of a chunk without its slabs.
const chunkHeaderBytes = 128

// newChunk makes a chunk without rows.
func newChunk(l *layout, capacity int, epoch uint64) *chunk {
	c := &chunk{layout: l, born: epoch, capacity: int32(capacity)}
	c.ints = make([]int64, l.ints*capacity)
	if l.floats > 0 {
		c.floats = make([]float64, l.floats*capacity)
	}
	if l.strs > 0 {
		c.strs = make([]string, l.strs*capacity)
	}
	if l.bools > 0 {
		c.bools = make([]bool, l.bools*capacity)
	}
	return c
}

// bytes returns the memory of a chunk without the text of its strings.
func (c *chunk) bytes() int64 {
	return chunkHeaderBytes + 8*int64(cap(c.ints)+cap(c.floats)) + 16*int64(cap(c.strs)) + int64(cap(c.bools))
}

// array returns the first n elements of one array of a slab.
func array[T any](slab []T, capacity int32, slot, n int) []T {
	from := slot * int(capacity)
	return slab[from : from+n : from+n]
}

// times returns the times of the first n rows.
func (c *chunk) times(n int) []int64 { return array(c.ints, c.capacity, slotTimes, n) }

// versions returns the versions of the first n rows, nil if all are 1.
func (c *chunk) versions(n int) []int64 {
	if !c.layout.versions {
		return nil
	}
	return array(c.ints, c.capacity, slotVersions, n)
}

// set stores a row at position i. The layout fits it.
func (c *chunk) set(i int, time, version int64, cells []Cell) {
	capacity := int(c.capacity)
	c.ints[i] = time
	if c.layout.versions {
		c.ints[slotVersions*capacity+i] = version
	}
	at := 0
	for k := range c.layout.columns {
		p := &c.layout.columns[k]
		if at < len(cells) && cells[at].Column == p.column {
			c.setValue(p, i, &cells[at])
			if p.nulls >= 0 {
				c.bools[int(p.nulls)*capacity+i] = false
			}
			at++
			continue
		}
		c.bools[int(p.nulls)*capacity+i] = true
		if p.class == String {
			c.strs[int(p.slot)*capacity+i] = ""
		}
	}
}

// setValue stores one value of row i.
func (c *chunk) setValue(p *place, i int, cell *Cell) {
	at := int(p.slot)*int(c.capacity) + i
	switch p.class {
	case Int:
		c.ints[at] = int64(cell.Bits)
	case Float:
		c.floats[at] = math.Float64frombits(cell.Bits)
	case String:
		c.strs[at] = cell.Str
	case Bool:
		c.bools[at] = cell.Bits != 0
	}
}

// appendCells adds the values of row i to cells, in ascending order of column.
func (c *chunk) appendCells(cells []Cell, i int) []Cell {
	capacity := int(c.capacity)
	for k := range c.layout.columns {
		p := &c.layout.columns[k]
		if p.nulls >= 0 && c.bools[int(p.nulls)*capacity+i] {
			continue
		}
		at := int(p.slot)*capacity + i
		cell := Cell{Column: p.column, Class: p.class}
		switch p.class {
		case Int:
			cell.Bits = uint64(c.ints[at])
		case Float:
			cell.Bits = math.Float64bits(c.floats[at])
		case String:
			cell.Str = c.strs[at]
		case Bool:
			if c.bools[at] {
				cell.Bits = 1
			}
		}
		cells = append(cells, cell)
	}
	return cells
}

// textBytes returns the length of the strings in row i.
func (c *chunk) textBytes(i int) int64 {
	var n int64
	for slot := range c.layout.strs {
		n += int64(len(c.strs[slot*int(c.capacity)+i]))
	}
	return n
}

// openGap moves the rows from i on, of n, one place up. There is room for them.
func (c *chunk) openGap(i, n int) {
	shift(c.ints, c.layout.ints, int(c.capacity), i, n)
	shift(c.floats, c.layout.floats, int(c.capacity), i, n)
	shift(c.strs, c.layout.strs, int(c.capacity), i, n)
	shift(c.bools, c.layout.bools, int(c.capacity), i, n)
}

// shift moves the elements i:n of each array of a slab one place up.
func shift[T any](slab []T, arrays, capacity, i, n int) {
	for a := range arrays {
		from := a * capacity
		copy(slab[from+i+1:from+n+1], slab[from+i:from+n])
	}
}

// copyRows copies the rows from:to of src to position at of c, whose layout has all columns of src's.
func (c *chunk) copyRows(at int, src *chunk, from, to int) {
	if from == to {
		return
	}
	n := to - from
	if c.layout == src.layout {
		copyArrays(c.ints, c.capacity, at, src.ints, src.capacity, from, n, c.layout.ints)
		copyArrays(c.floats, c.capacity, at, src.floats, src.capacity, from, n, c.layout.floats)
		copyArrays(c.strs, c.capacity, at, src.strs, src.capacity, from, n, c.layout.strs)
		copyArrays(c.bools, c.capacity, at, src.bools, src.capacity, from, n, c.layout.bools)
		return
	}
	copy(c.ints[at:at+n], src.ints[from:to])
	if c.layout.versions {
		versions := c.ints[slotVersions*int(c.capacity)+at:][:n]
		if src.layout.versions {
			copy(versions, src.ints[slotVersions*int(src.capacity)+from:])
		} else {
			fill(versions, 1)
		}
	}
	for k := range c.layout.columns {
		p := &c.layout.columns[k]
		j, ok := src.layout.find(p.column)
		if !ok {
			fill(c.bools[int(p.nulls)*int(c.capacity)+at:][:n], true)
			continue
		}
		c.copyColumn(p, at, src, &src.layout.columns[j], from, n)
	}
}

// copyColumn copies n values of one column.
func (c *chunk) copyColumn(p *place, at int, src *chunk, q *place, from, n int) {
	to := int(p.slot)*int(c.capacity) + at
	from1 := int(q.slot)*int(src.capacity) + from
	switch p.class {
	case Int:
		copy(c.ints[to:to+n], src.ints[from1:])
	case Float:
		copy(c.floats[to:to+n], src.floats[from1:])
	case String:
		copy(c.strs[to:to+n], src.strs[from1:])
	case Bool:
		copy(c.bools[to:to+n], src.bools[from1:])
	}
	if q.nulls >= 0 {
		copy(c.bools[int(p.nulls)*int(c.capacity)+at:][:n], src.bools[int(q.nulls)*int(src.capacity)+from:])
	}
}

// copyArrays copies n elements of each array of a slab.
func copyArrays[T any](dst []T, dstCap int32, at int, src []T, srcCap int32, from, n, arrays int) {
	for a := range arrays {
		copy(dst[a*int(dstCap)+at:][:n], src[a*int(srcCap)+from:])
	}
}

// fill sets all elements.
func fill[T any](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}

// seek returns the first of n rows with a time of at least t.
func (c *chunk) seek(n int, t int64) int {
	times := c.ints[:n]
	if n == 0 || times[n-1] < t {
		return n
	}
	return sort.Search(n, func(i int) bool { return times[i] >= t })
}

// Chunk is some rows of one series as a snapshot sees them. All it returns is shared and must not be changed.
type Chunk struct {
	c *chunk
	n int
}

// Rows returns the number of rows, at least 1.
func (v Chunk) Rows() int { return v.n }

// Times returns the times, ascending.
func (v Chunk) Times() []int64 { return v.c.times(v.n) }

// Versions returns the versions, nil if all are 1.
func (v Chunk) Versions() []int64 { return v.c.versions(v.n) }

// Column returns the values of a column as a flat vector of the given type, nil if all are NULL.
func (v Chunk) Column(column uint16, typ *types.Type) *vector.Vector {
	var parts vector.Vector
	if !v.Parts(column, &parts) {
		return nil
	}
	switch {
	case parts.Floats != nil:
		return vector.Doubles(parts.Floats, parts.Nulls)
	case parts.Strs != nil:
		return vector.Strings(parts.Strs, parts.Nulls)
	case parts.Bools != nil:
		return vector.Booleans(parts.Bools, parts.Nulls)
	}
	return vector.Int64s(typ, parts.Ints, parts.Nulls)
}

// Parts sets the payload and the null mask of a column in v, for those who copy a few values and need no vector. It
// reports false if all values are NULL.
func (v Chunk) Parts(column uint16, parts *vector.Vector) bool {
	k, ok := v.c.layout.find(column)
	if !ok {
		return false
	}
	p := &v.c.layout.columns[k]
	parts.Nulls, parts.Ints, parts.Floats, parts.Strs, parts.Bools = nil, nil, nil, nil, nil
	if p.nulls >= 0 {
		parts.Nulls = array(v.c.bools, v.c.capacity, int(p.nulls), v.n)
	}
	switch p.class {
	case Int:
		parts.Ints = array(v.c.ints, v.c.capacity, int(p.slot), v.n)
	case Float:
		parts.Floats = array(v.c.floats, v.c.capacity, int(p.slot), v.n)
	case String:
		parts.Strs = array(v.c.strs, v.c.capacity, int(p.slot), v.n)
	case Bool:
		parts.Bools = array(v.c.bools, v.c.capacity, int(p.slot), v.n)
	}
	return true
}
