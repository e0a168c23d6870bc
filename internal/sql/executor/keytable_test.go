package executor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// randomForm returns values as a vector of a random form that can hold them.
func randomForm(rng *rand.Rand, t *types.Type, values []types.Value) *vector.Vector {
	same := true
	for _, v := range values {
		same = same && text(row{v}) == text(row{values[0]})
	}
	if same && len(values) > 0 && rng.IntN(2) == 0 {
		return vector.Const(t, values[0], len(values))
	}
	if t.Kind == types.KindVarchar && rng.IntN(2) == 0 {
		dict, codes := []string{"unused"}, make([]int32, len(values))
		for i, v := range values {
			if codes[i] = -1; v != nil {
				if codes[i] = int32(slices.Index(dict, v.(string))); codes[i] < 0 || rng.IntN(4) == 0 { // sometimes twice
					codes[i] = int32(len(dict))
					dict = append(dict, v.(string))
				}
			}
		}
		return vector.DictionaryOf(vector.Strings(dict, nil), codes)
	}
	return vector.FromValues(t, values...)
}

func columnsFrom(rng *rand.Rand, ts []*types.Type, rows []row) []*vector.Vector {
	cols := make([]*vector.Vector, len(ts))
	for k, t := range ts {
		values := make([]types.Value, len(rows))
		for i, r := range rows {
			values[i] = r[k]
		}
		cols[k] = randomForm(rng, t, values)
	}
	return cols
}

func TestKeyTableNumbersDistinctRows(t *testing.T) {
	seeded(t, 60, func(t *testing.T, rng *rand.Rand) {
		ts := someTypes(rng, 1+rng.IntN(4))
		table := newKeyTable(ts)
		var known []row
		for range 8 {
			rows := make([]row, 1+rng.IntN(40))
			for i := range rows {
				rows[i] = make(row, len(ts))
				for k, typ := range ts {
					rows[i][k] = randomValue(rng, typ)
				}
			}
			cols, out := columnsFrom(rng, ts, rows), make([]int32, len(rows))
			table.lookup(cols, out)
			for i, r := range rows {
				if want := findRow(known, r); int(out[i]) != want {
					t.Fatalf("lookup of %s gave %d, want %d", text(r), out[i], want)
				}
			}
			table.insert(cols, out)
			for i, r := range rows {
				want := findRow(known, r)
				if want < 0 {
					want = len(known)
					known = append(known, r)
				}
				if int(out[i]) != want {
					t.Fatalf("insert of %s gave %d, want %d", text(r), out[i], want)
				}
			}
		}
		if table.len() != len(known) {
			t.Fatalf("%d keys, want %d", table.len(), len(known))
		}
		cols := table.columns(0, table.len())
		for i, r := range known {
			for k := range r {
				if got := cols[k].Value(i); text(row{got}) != text(row{r[k]}) {
					t.Fatalf("key %d is %v in column %d, want %v", i, got, k, r[k])
				}
			}
		}
	})
}

func TestKeyTableGrows(t *testing.T) {
	for _, ts := range [][]*types.Type{
		{types.Bigint}, {types.Varchar}, {types.Varchar, types.Varchar}, {types.Varchar, types.Timestamp}, {types.Double, types.Bigint, types.Boolean},
		{types.ArrayOf(types.Varchar)},
	} {
		t.Run(fmt.Sprint(ts), func(t *testing.T) {
			const n = 30_000
			table := newKeyTable(ts)
			at := func(i int) row {
				r := make(row, len(ts))
				for k, typ := range ts {
					switch v := i / (1 + 199*k); typ.Kind {
					case types.KindVarchar:
						r[k] = fmt.Sprint("value ", v)
					case types.KindDouble:
						r[k] = float64(v) / 4
					case types.KindBoolean:
						r[k] = v%2 == 0
					case types.KindArray:
						r[k] = []types.Value{fmt.Sprint(v), nil}
					default:
						r[k] = int64(v) << 32
					}
				}
				return r
			}
			rng := rand.New(rand.NewPCG(1, 2))
			for pass := range 2 {
				for from := 0; from < n; from += 1000 {
					rows := make([]row, 1000)
					for i := range rows {
						rows[i] = at(from + i)
					}
					out := make([]int32, len(rows))
					table.insert(columnsFrom(rng, ts, rows), out)
					for i, k := range out {
						if int(k) != from+i {
							t.Fatalf("pass %d: row %d has number %d", pass, from+i, k)
						}
					}
				}
			}
			if table.len() != n || table.bytes() < 8*n {
				t.Errorf("%d keys in %d bytes", table.len(), table.bytes())
			}
		})
	}
}

func TestGroupedTable(t *testing.T) {
	table := newGroupedTable([]*types.Type{types.Varchar})
	out := make([]int32, 4)
	table.insert([]*vector.Vector{numberVector([]int32{0, 5, 0, 5}), vector.Strings([]string{"a", "a", "b", "a"}, nil)}, out)
	if want := []int32{0, 1, 2, 1}; !slices.Equal(out, want) {
		t.Errorf("numbers %v, want %v", out, want)
	}
	if cols := table.columns(0, 3); cols[0].Value(1) != int64(5) || cols[1].Value(2) != "b" {
		t.Errorf("keys %v %v", cols[0].Value(1), cols[1].Value(2))
	}
}

func TestRowStoreKeepsRowsAndDictionaries(t *testing.T) {
	seeded(t, 30, func(t *testing.T, rng *rand.Rand) {
		ts := someTypes(rng, 3)
		store := newRowStore(ts)
		var want []row
		for range 6 {
			rows := make([]row, rng.IntN(9))
			for i := range rows {
				rows[i] = row{randomValue(rng, ts[0]), randomValue(rng, ts[1]), randomValue(rng, ts[2])}
			}
			if err := store.append(columnsFrom(rng, ts, rows), len(rows)); err != nil {
				t.Fatal(err)
			}
			want = append(want, rows...)
		}
		b := store.batch()
		if b.Rows != len(want) {
			t.Fatalf("%d rows, want %d", b.Rows, len(want))
		}
		for i, r := range want {
			for k := range ts {
				if got := b.Cols[k].Value(i); text(row{got}) != text(row{r[k]}) {
					t.Fatalf("row %d column %d is %v, want %v", i, k, got, r[k])
				}
			}
		}
	})
	dict := vector.Strings([]string{"a", "b"}, nil)
	store := newRowStore([]*types.Type{types.Varchar})
	for range 3 {
		if err := store.append([]*vector.Vector{vector.DictionaryOf(dict, []int32{1, -1, 0})}, 3); err != nil {
			t.Fatal(err)
		}
	}
	if v := store.batch().Cols[0]; v.Dict != dict {
		t.Error("one dictionary does not stay as it is")
	}
	if err := store.append([]*vector.Vector{vector.Const(types.Varchar, "b", 2)}, 2); err != nil {
		t.Fatal(err)
	}
	if v := store.batch().Cols[0]; v.Form != vector.Dictionary || v.Dict.Len() != 2 || v.Value(0) != "b" || v.Value(10) != "b" || v.Value(1) != nil {
		t.Error("a dictionary and a constant do not become one dictionary")
	}
}
