package executor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

var nan = math.NaN()

// seeded runs a random test for several seeds, each as a subtest named by its seed.
func seeded(t *testing.T, runs int, test func(t *testing.T, rng *rand.Rand)) {
	for i := range runs {
		seed := uint64(i + 1)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			test(t, rand.New(rand.NewPCG(seed, 99)))
		})
	}
}

// randomTypes are the types that random tables have.
var randomTypes = []*types.Type{types.Boolean, types.Integer, types.Bigint, types.Double, types.Varchar, types.Timestamp,
	types.ArrayOf(types.Bigint), types.RowOf(types.Field{Name: "a", Type: types.Bigint}, types.Field{Name: "b", Type: types.Varchar})}

// randomValue returns one of a few values of a type, sometimes NULL.
func randomValue(rng *rand.Rand, t *types.Type) types.Value {
	if rng.IntN(6) == 0 {
		return nil
	}
	switch t.Kind {
	case types.KindBoolean:
		return rng.IntN(2) == 0
	case types.KindDouble:
		return []float64{0, math.Copysign(0, -1), nan, 1.5, -2.5, math.Inf(1), math.Inf(-1), 1e300}[rng.IntN(8)]
	case types.KindVarchar:
		return []string{"", "a", "b", "ab", "abcdefgh", "abcdefghi", "abcdefgh\x00", "é"}[rng.IntN(8)]
	case types.KindArray:
		out := []types.Value{}
		for range rng.IntN(3) {
			out = append(out, randomValue(rng, t.Elem))
		}
		return out
	case types.KindRow:
		out := []types.Value{}
		for _, f := range t.Fields {
			out = append(out, randomValue(rng, f.Type))
		}
		return out
	}
	return []int64{0, 1, -1, 2, 3, math.MaxInt32, math.MinInt32, 7}[rng.IntN(8)]
}

// randomTable makes a table of n rows with columns of the given types, named c0, c1, ...; some varchar columns are
// dimensions.
func randomTable(rng *rand.Rand, name string, n int, ts ...*types.Type) *memTable {
	t := &memTable{Table: &plan.Table{Database: "db", Name: name}}
	for i, typ := range ts {
		col := plan.TableColumn{Name: fmt.Sprintf("c%d", i), Type: typ, Role: plan.RoleMulti}
		if typ == types.Varchar && rng.IntN(3) > 0 {
			col.Role = plan.RoleDimension
		}
		t.Columns = append(t.Columns, col)
	}
	for range n {
		r := make(row, len(ts))
		for i, typ := range ts {
			r[i] = randomValue(rng, typ)
		}
		t.rows = append(t.rows, r)
	}
	return t
}

// someTypes returns n random types.
func someTypes(rng *rand.Rand, n int) []*types.Type {
	ts := make([]*types.Type, n)
	for i := range ts {
		ts[i] = randomTypes[rng.IntN(len(randomTypes))]
	}
	return ts
}

// notDistinct is the equality of GROUP BY.
func notDistinct(a, b types.Value) bool {
	switch {
	case a == nil || b == nil:
		return a == nil && b == nil
	}
	return types.Compare(a, b) == 0
}

// equalSQL is "=": equal is meaningful only if known.
func equalSQL(a, b types.Value) (equal, known bool) {
	if a == nil || b == nil {
		return false, false
	}
	x, isList := a.([]types.Value)
	if !isList {
		if f, ok := a.(float64); ok && math.IsNaN(f) {
			return false, true
		}
		return types.Compare(a, b) == 0, true
	}
	y := b.([]types.Value)
	if len(x) != len(y) {
		return false, true
	}
	known = true
	for i := range x {
		equal, k := equalSQL(x[i], y[i])
		if k && !equal {
			return false, true
		}
		known = known && k
	}
	return known, known
}

// compareKeys orders values as a sort key does.
func compareKeys(a, b types.Value, o sortOrder) int {
	side := 1
	if o.nullsFirst {
		side = -1
	}
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return side
	case b == nil:
		return -side
	case o.desc:
		return -types.Compare(a, b)
	}
	return types.Compare(a, b)
}

// findRow returns the index of the first row that is not distinct from r, -1 if there is none.
func findRow(rows []row, r row) int {
	for i, other := range rows {
		same := true
		for k := range r {
			same = same && notDistinct(r[k], other[k])
		}
		if same {
			return i
		}
	}
	return -1
}
