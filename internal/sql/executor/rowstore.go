package executor

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// rowStore gathers the rows of many batches, and makes one vector a column of them when all are there. Until then it
// keeps large batches as they are and copies small ones together. Rejected: appending to one growing slice a column; it
// copies every value several times.
type rowStore struct {
	cols []columnStore
	rows int
}

// newRowStore makes an empty store for columns of the given types.
func newRowStore(ts []*types.Type) *rowStore {
	s := &rowStore{cols: make([]columnStore, len(ts))}
	for i, t := range ts {
		s.cols[i].t = t
	}
	return s
}

// append adds rows: n of each of cols.
func (s *rowStore) append(cols []*vector.Vector, n int) error {
	if s.rows > math.MaxInt32-n {
		return errTooManyRows()
	}
	for i, v := range cols {
		if err := s.cols[i].append(v); err != nil {
			return err
		}
	}
	s.rows += n
	return nil
}

// errTooManyRows is the error for more rows than 32-bit row numbers can tell apart. The memory limit usually comes first.
func errTooManyRows() error {
	return dberr.New(dberr.Execution, "Query needs to hold more than %d rows at once", math.MaxInt32)
}

// batch returns all rows.
func (s *rowStore) batch() *vector.Batch {
	b := &vector.Batch{Cols: make([]*vector.Vector, len(s.cols)), Rows: s.rows}
	for i := range s.cols {
		b.Cols[i] = s.cols[i].joined()
	}
	return b
}

// bytes returns about how much memory the rows take.
func (s *rowStore) bytes() int64 {
	var n int64
	for i := range s.cols {
		c := &s.cols[i]
		n += c.bytes + c.tail.bytes()
	}
	return n
}

// partRows is from how many rows on a batch is kept as it is.
const partRows = 1024

// columnStore gathers one column.
type columnStore struct {
	t      *types.Type
	parts  []*vector.Vector
	tail   columnJoiner   // rows of small batches, after parts
	bytes  int64          // of parts
	elems  int64          // elements of all lists, if the type has any
	shared *vector.Vector // what holds those of the last rows, if several rows share them
	rows   int
}

// append adds the rows of v, which must not change afterwards.
func (c *columnStore) append(v *vector.Vector) error {
	if v.Type.Kind == types.KindUnknown && c.t.Kind != types.KindUnknown {
		v = vector.NullsOf(c.t, v.Len())
	}
	n := v.Len()
	if isNested(c.t) {
		if shared := sharedParts(v); shared == nil || shared != c.shared {
			c.elems += elements(v)
			c.shared = shared
		}
		if c.elems > math.MaxInt32 {
			return errTooManyRows()
		}
	}
	c.rows += n
	if n < partRows {
		if c.tail.rows == 0 {
			c.tail = columnJoiner{t: c.t, room: min(n, partRows)}
		}
		if c.tail.append(v); c.tail.rows >= 4*partRows {
			c.seal()
		}
		return nil
	}
	c.seal()
	c.parts, c.bytes = append(c.parts, v), c.bytes+v.Bytes()
	return nil
}

// elements returns how many elements the lists of a vector have, shared ones counted once; 0 for other types.
func elements(v *vector.Vector) int64 {
	switch v.Type.Kind {
	case types.KindArray, types.KindTimeSeries:
		if v.Form == vector.Dictionary {
			v = v.Dict
		}
		return int64(v.Offsets[len(v.Offsets)-1] - v.Offsets[0])
	}
	return 0
}

// seal makes the tail a part.
func (c *columnStore) seal() {
	if c.tail.rows > 0 {
		c.bytes += c.tail.bytes()
		c.parts = append(c.parts, c.tail.vector())
		c.tail = columnJoiner{}
	}
}

// joined returns the rows so far as one vector.
func (c *columnStore) joined() *vector.Vector {
	c.seal()
	if len(c.parts) != 1 {
		all := columnJoiner{t: c.t, room: c.rows}
		for i, v := range c.parts {
			all.append(v)
			c.parts[i] = nil
		}
		c.parts, c.bytes = []*vector.Vector{all.vector()}, all.bytes()
	}
	return c.parts[0]
}

// columnJoiner makes one vector of several. Strings stay dictionary codes as long as all of them come as such: of one
// dictionary if there is only one, else of a common one made of those.
type columnJoiner struct {
	t     *types.Type
	room  int // rows to make room for at first
	rows  int
	flat  *vector.Builder
	pool  *nestedPool // instead of flat, if nested values come as dictionaries or constants
	coded bool
	codes []int32
	dict  *vector.Vector // the only dictionary so far
	set   *stringSet     // the common dictionary
	ids   []uint32
}

// append adds the rows of v.
func (c *columnJoiner) append(v *vector.Vector) {
	c.rows += v.Len()
	if isNested(c.t) && (c.pool != nil || v.Form != vector.Flat) {
		c.appendNested(v)
		return
	}
	if c.flat == nil && !c.coded {
		if c.t.Kind == types.KindVarchar && v.Form != vector.Flat {
			c.coded, c.codes = true, make([]int32, 0, c.room)
		} else {
			c.flat = vector.NewBuilder(c.t, c.room)
		}
	}
	if c.coded && v.Form == vector.Flat {
		c.flat = vector.NewBuilder(c.t, max(c.room, len(c.codes)+v.Len()))
		c.flat.AppendVector(c.vector())
		c.coded, c.codes, c.dict, c.set = false, nil, nil, nil
	}
	if c.coded {
		c.appendCodes(v)
	} else {
		c.flat.AppendVector(v)
	}
}

// appendNested adds nested values once some have come as a dictionary or a constant.
func (c *columnJoiner) appendNested(v *vector.Vector) {
	if c.pool == nil {
		c.pool = &nestedPool{values: vector.NewBuilder(c.t, 0), starts: map[*vector.Vector]int32{}}
		if c.flat != nil {
			c.pool.append(c.flat.View())
			c.flat = nil
		}
	}
	c.pool.append(v)
}

// appendCodes adds a dictionary or a constant string.
func (c *columnJoiner) appendCodes(v *vector.Vector) {
	if v.Form == vector.Dictionary && c.set == nil && (c.dict == nil && len(c.codes) == 0 || c.dict == v.Dict) {
		c.dict = v.Dict
		c.codes = append(c.codes, v.Codes...)
		return
	}
	if c.set == nil {
		c.set = &stringSet{}
		if c.dict != nil {
			old := vector.DictionaryOf(c.dict, c.codes)
			c.dict, c.codes = nil, make([]int32, 0, max(c.room, len(c.codes)+v.Len()))
			c.appendCodes(old)
		}
	}
	c.ids = resize(c.ids, v.Len())
	c.set.encode(v, c.ids, true)
	for _, id := range c.ids {
		c.codes = append(c.codes, int32(id)-1)
	}
}

// vector returns the rows so far.
func (c *columnJoiner) vector() *vector.Vector {
	switch {
	case c.pool != nil:
		return c.pool.vector()
	case c.coded && c.set != nil:
		return vector.DictionaryOf(c.set.dict(), c.codes)
	case c.coded:
		return vector.DictionaryOf(c.dict, c.codes)
	case c.flat == nil:
		return vector.NewBuilder(c.t, 0).Build()
	}
	return c.flat.View()
}

func (c *columnJoiner) bytes() int64 {
	n := 4 * int64(cap(c.codes))
	if c.set != nil {
		n += c.set.bytes()
	}
	if c.flat != nil {
		n += c.flat.Bytes()
	}
	if c.pool != nil {
		n += c.pool.values.Bytes() + 4*int64(cap(c.pool.codes))
	}
	return n
}

// typesOf returns the types of columns.
func typesOf(cols []plan.Column) []*types.Type {
	ts := make([]*types.Type, len(cols))
	for i, c := range cols {
		ts[i] = c.Type
	}
	return ts
}

// typesOfExprs returns the types of expressions.
func typesOfExprs(es []*expression) []*types.Type {
	ts := make([]*types.Type, len(es))
	for i, e := range es {
		ts[i] = e.t
	}
	return ts
}
