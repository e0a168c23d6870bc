package function

import (
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// min, max, min_by, max_by, arbitrary and any_value. Source: AWS, "Aggregate functions"; any_value: Trino. The forms
// with a number of values are in aggregate_topn.go.
func init() {
	for _, f := range []struct {
		name  string
		least bool
	}{{"max", false}, {"min", true}} {
		registerAggregate(f.name+"(T:orderable) -> T", Aggregate{New: func(args []*types.Type, _ *types.Type) Accumulator {
			return &extremes{champion: newChampion(args[0], f.least)}
		}})
		registerAggregate(f.name+"_by(T, U:orderable) -> T", Aggregate{New: func(args []*types.Type, _ *types.Type) Accumulator {
			return &extremesBy{order: newChampion(args[1], f.least), values: newCells(args[0])}
		}})
	}
	for _, name := range []string{"arbitrary", "any_value"} {
		registerAggregate(name+"(T) -> T", Aggregate{New: func(args []*types.Type, _ *types.Type) Accumulator {
			return &firsts{values: newCells(args[0])}
		}})
	}
}

// extremes is min and max.
type extremes struct {
	champion
	won []int32 // scratch
}

func (a *extremes) Resize(n int) { a.resize(n) }

func (a *extremes) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullsOf(args[0])
	if none {
		return nil
	}
	v := args[0]
	if c, ok := a.champion.(*keyChampion); ok && nulls == nil && v.Form == vector.Flat {
		switch {
		case v.Type.Ints():
			c.offerInts(groups, v.Ints)
			return nil
		case v.Type.Kind == types.KindDouble:
			c.offerDoubles(groups, v.Floats)
			return nil
		}
	}
	a.won = a.challenge(groups, v, nulls, a.won[:0])
	return nil
}

func (a *extremes) Merge(other Accumulator, groups []int32) error {
	return mergeResults(a, other, groups)
}

func (a *extremes) Result(from, to int) (*vector.Vector, error) { return a.vector(from, to), nil }

func (a *extremes) Bytes() int64 { return a.bytes() + sizeOf(a.won) }

// extremesBy is min_by and max_by: the order's champion says which row's value is kept.
type extremesBy struct {
	order  champion
	values *cells
	won    []int32 // scratch
	slots  []int32
}

func (a *extremesBy) Resize(n int) {
	a.order.resize(n)
	a.values.resize(n)
}

func (a *extremesBy) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullsOf(args[1])
	if none {
		return nil
	}
	a.won = a.order.challenge(groups, args[1], nulls, a.won[:0])
	a.won, a.slots = lastOfRuns(groups, a.won, a.slots[:0])
	a.values.put(a.slots, args[0], a.won)
	return nil
}

// lastOfRuns drops from rows those that are followed by a row of the same group, and returns the groups of the rest.
// Where time ascends, every row beats the one before: only one of each run is stored.
func lastOfRuns(groups, rows, slots []int32) (kept, of []int32) {
	n := 0
	for i, r := range rows {
		g := groups[r]
		if i+1 < len(rows) && groups[rows[i+1]] == g {
			continue
		}
		rows[n] = r
		n++
		slots = append(slots, g)
	}
	return rows[:n], slots
}

func (a *extremesBy) Merge(other Accumulator, groups []int32) error {
	o, n := other.(*extremesBy), len(groups)
	return a.Add(groups, []*vector.Vector{o.values.vector(0, n), o.order.vector(0, n)})
}

func (a *extremesBy) Result(from, to int) (*vector.Vector, error) {
	return a.values.vector(from, to), nil
}

func (a *extremesBy) Bytes() int64 {
	return a.order.bytes() + a.values.bytes() + sizeOf(a.won) + sizeOf(a.slots)
}

// firsts keeps the first value of each group that is not NULL.
type firsts struct {
	values *cells
	seen   []bool
	rows   []int32 // scratch
	slots  []int32
}

func (a *firsts) Resize(n int) {
	a.values.resize(n)
	a.seen = grown(a.seen, n)
}

func (a *firsts) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullsOf(args[0])
	if none {
		return nil
	}
	a.rows, a.slots = a.rows[:0], a.slots[:0]
	for i, g := range groups {
		if !a.seen[g] && (nulls == nil || !nulls[i]) {
			a.seen[g] = true
			a.rows, a.slots = append(a.rows, int32(i)), append(a.slots, g)
		}
	}
	a.values.put(a.slots, args[0], a.rows)
	return nil
}

func (a *firsts) Merge(other Accumulator, groups []int32) error {
	return mergeResults(a, other, groups)
}

func (a *firsts) Result(from, to int) (*vector.Vector, error) { return a.values.vector(from, to), nil }

func (a *firsts) Bytes() int64 {
	return a.values.bytes() + sizeOf(a.seen) + sizeOf(a.rows) + sizeOf(a.slots)
}
