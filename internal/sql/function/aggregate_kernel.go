package function

import (
	"unsafe"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// What the aggregates share: growing state, finding the rows that count, and merging through results.

// newState makes the New of an aggregate whose state does not depend on its types.
func newState[A Accumulator](empty func() A) func([]*types.Type, *types.Type) Accumulator {
	return func([]*types.Type, *types.Type) Accumulator { return empty() }
}

// grown returns s with at least n elements; the new ones are zero.
func grown[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	return append(s, make([]T, n-len(s))...)
}

// reserve returns s with room for n more elements. It doubles, so that long logs are copied twice and not, as with
// append, five times.
func reserve[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	out := make([]T, len(s), max(2*cap(s), len(s)+n))
	copy(out, s)
	return out
}

// sizeOf returns the memory of a slice's elements.
func sizeOf[T any](s []T) int64 {
	var one T
	return int64(cap(s)) * int64(unsafe.Sizeof(one))
}

// nullRows returns which rows have a NULL among args: by row, or nil for none. all says that every row has one.
func nullRows(args []*vector.Vector) (nulls []bool, all bool) {
	for _, v := range args {
		own, every := nullsOf(v)
		if every {
			return nil, true
		}
		nulls = eitherNull(nulls, own)
	}
	return nulls, false
}

// nullsOf returns the NULL rows of v in the form of nullRows.
func nullsOf(v *vector.Vector) (nulls []bool, all bool) {
	switch {
	case v.Type.Kind == types.KindUnknown:
		return nil, true
	case v.Form == vector.Constant:
		return nil, v.IsNull(0)
	case v.Form == vector.Flat:
		return v.Nulls, false
	case !v.HasNulls():
		return nil, false
	}
	nulls = make([]bool, v.Len())
	for i, c := range v.Codes {
		nulls[i] = c < 0
	}
	return nulls, false
}

// eitherNull joins two masks, each nil for none.
func eitherNull(a, b []bool) []bool {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	out := make([]bool, len(a))
	for i := range out {
		out[i] = a[i] || b[i]
	}
	return out
}

// isFlat reports whether the values are one a row, so that loops may run over the slice.
func (r reader[T]) isFlat() bool { return r.mask != 0 }

// runEnd returns where the run of equal groups that begins at i ends. Rows come from storage series by series, so that runs
// are often long.
func runEnd(groups []int32, i int) int {
	g := groups[i]
	for i++; i < len(groups) && groups[i] == g; i++ {
	}
	return i
}

// unseen returns the NULL mask of groups from..to-1, of which those in seen have a value; nil if all have.
func unseen(seen []bool, from, to int) []bool {
	var nulls []bool
	for i, s := range seen[from:to] {
		if !s {
			if nulls == nil {
				nulls = make([]bool, to-from)
			}
			nulls[i] = true
		}
	}
	return nulls
}

// finishGroups makes a double vector of n values, NULL where f says so.
func finishGroups(from, to int, f func(group int) (float64, bool)) *vector.Vector {
	out := make([]float64, to-from)
	var nulls []bool
	for i := range out {
		v, ok := f(from + i)
		if !ok {
			if nulls == nil {
				nulls = make([]bool, len(out))
			}
			nulls[i] = true
			continue
		}
		out[i] = v
	}
	return vector.Doubles(out, nulls)
}

// mergeResults merges an aggregate whose partial results are aggregated as its input is (the sum of sums, the least of
// minima): NULL results of empty groups are skipped like NULL input.
func mergeResults(into, other Accumulator, groups []int32) error {
	part, err := other.Result(0, len(groups))
	if err != nil {
		return err
	}
	return into.Add(groups, []*vector.Vector{part})
}

// constantArgument reads an argument that is the same for most rows and calls use for each run of equal values, with the
// rows [from,to). Rows with NULL are left out; skip may be nil.
func constantArgument[T payloadType](v *vector.Vector, skip []bool, rows int, use func(value T, from, to int) error) error {
	x := read[T](v)
	if !x.isFlat() {
		if rows == 0 {
			return nil
		}
		return use(x.vals[0], 0, rows)
	}
	for i := 0; i < rows; {
		if skip != nil && skip[i] {
			i++
			continue
		}
		j := i + 1
		for j < rows && x.vals[j] == x.vals[i] && (skip == nil || !skip[j]) {
			j++
		}
		if err := use(x.vals[i], i, j); err != nil {
			return err
		}
		i = j
	}
	return nil
}
