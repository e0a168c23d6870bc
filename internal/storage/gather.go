package storage

import (
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// gatherer makes a flat vector of pieces of others. Its memory is made when the first value comes.
type gatherer struct {
	typ  *types.Type
	rows int // how many there will be
	n    int // how many there are

	ints   []int64
	floats []float64
	strs   []string
	bools  []bool
	nulls  []bool
	values bool // some row is not skipped
}

// skip adds n rows that are NULL.
func (g *gatherer) skip(n int) {
	if g.nulls == nil {
		g.nulls = make([]bool, g.rows)
	}
	for i := range n {
		g.nulls[g.n+i] = true
	}
	g.n += n
}

// add adds the rows from:to of a flat vector, of which only the payload and the null mask are read.
func (g *gatherer) add(v *vector.Vector, from, to int) {
	if !g.values {
		g.begin()
	}
	switch g.typ.Kind {
	case types.KindDouble:
		copy(g.floats[g.n:], v.Floats[from:to])
	case types.KindVarchar:
		copy(g.strs[g.n:], v.Strs[from:to])
	case types.KindBoolean:
		copy(g.bools[g.n:], v.Bools[from:to])
	default:
		copy(g.ints[g.n:], v.Ints[from:to])
	}
	if v.Nulls != nil {
		if g.nulls == nil {
			g.nulls = make([]bool, g.rows)
		}
		copy(g.nulls[g.n:], v.Nulls[from:to])
	}
	g.n += to - from
}

// begin makes the memory for the values.
func (g *gatherer) begin() {
	g.values = true
	switch g.typ.Kind {
	case types.KindDouble:
		g.floats = make([]float64, g.rows)
	case types.KindVarchar:
		g.strs = make([]string, g.rows)
	case types.KindBoolean:
		g.bools = make([]bool, g.rows)
	default:
		g.ints = make([]int64, g.rows)
	}
}

// vector returns what was gathered; a constant if all is NULL.
func (g *gatherer) vector() *vector.Vector {
	if !g.values || allNulls(g.nulls, 0, g.rows) {
		return vector.NullsOf(g.typ, g.rows)
	}
	switch g.typ.Kind {
	case types.KindDouble:
		return vector.Doubles(g.floats, g.nulls)
	case types.KindVarchar:
		return vector.Strings(g.strs, g.nulls)
	case types.KindBoolean:
		return vector.Booleans(g.bools, g.nulls)
	}
	return vector.Int64s(g.typ, g.ints, g.nulls)
}
