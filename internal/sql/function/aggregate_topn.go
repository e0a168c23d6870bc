package function

import (
	"slices"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// max(x, n), min(x, n), max_by(x, y, n) and min_by(x, y, n). Source: AWS, "Aggregate functions"; limits of n: Trino.
func init() {
	for _, f := range []struct {
		name  string
		least bool
	}{{"max", false}, {"min", true}} {
		registerAggregate(f.name+"(T:orderable, bigint) -> array(T)", Aggregate{New: func(args []*types.Type, result *types.Type) Accumulator {
			return newTopN(args[0], result, topNArgs{least: f.least, value: 0, key: 0, count: 1})
		}})
		registerAggregate(f.name+"_by(T, U:orderable, bigint) -> array(T)", Aggregate{New: func(args []*types.Type, result *types.Type) Accumulator {
			return newTopN(args[1], result, topNArgs{least: f.least, value: 0, key: 1, count: 2})
		}})
	}
}

// topNMax is the largest n, as in Trino.
const topNMax = 10000

// topNArgs says which argument is what.
type topNArgs struct {
	least             bool
	value, key, count int
}

// newTopN returns the state for keys of type t.
func newTopN(t, result *types.Type, args topNArgs) Accumulator {
	switch {
	case t.Ints(), t.Kind == types.KindDouble, t.Kind == types.KindBoolean:
		r := newRanker(t, args.least)
		return &topN[int64]{
			topNArgs: args, result: result, cells: newCells(result.Elem),
			open: func(v *vector.Vector) func(int) int64 {
				keys := r.keys(v)
				return func(i int) int64 { return keys[i] }
			},
			beats: func(a, b int64) bool { return a > b },
			own:   func(k int64) int64 { return k },
			size:  func(int64) int64 { return 0 },
		}
	case t.Kind == types.KindVarchar:
		return &topN[string]{
			topNArgs: args, result: result, cells: newCells(result.Elem),
			open:  func(v *vector.Vector) func(int) string { return readText(v).at },
			beats: func(a, b string) bool { return a != b && (a < b) == args.least },
			own:   strings.Clone,
			size:  func(k string) int64 { return int64(len(k)) },
		}
	}
	return &topN[types.Value]{
		topNArgs: args, result: result, cells: newCells(result.Elem),
		open: func(v *vector.Vector) func(int) types.Value { return v.Value },
		beats: func(a, b types.Value) bool {
			order := types.Compare(a, b)
			return order != 0 && (order < 0) == args.least
		},
		own:  cloneValue,
		size: valueBytes,
	}
}

// topEntry is one of the best rows of a group: its key and the cell that holds its value.
type topEntry[K any] struct {
	key  K
	cell int32
}

// topN keeps the n best rows of each group in a heap with the worst of them on top.
type topN[K any] struct {
	topNArgs
	result *types.Type
	open   func(*vector.Vector) func(row int) K
	beats  func(a, b K) bool // a is wanted more than b
	own    func(K) K         // copies what a key refers to
	size   func(K) int64     // the bytes that a key refers to

	limits []int32 // n by group; 0 until its first row
	heaps  [][]topEntry[K]
	cells  *cells
	used   int   // cells in use; one that is dropped from a heap is taken over by its successor
	held   int   // capacity of all heaps
	text   int64 // bytes that their keys refer to

	slots, rows []int32 // scratch: what to write into cells
}

func (a *topN[K]) Resize(n int) {
	a.limits, a.heaps = grown(a.limits, n), grown(a.heaps, n)
}

func (a *topN[K]) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows([]*vector.Vector{args[a.key], args[a.count]})
	if none {
		return nil
	}
	if err := a.setLimits(groups, args[a.count], nulls); err != nil {
		return err
	}
	key := a.open(args[a.key])
	a.slots, a.rows = a.slots[:0], a.rows[:0]
	for i, g := range groups {
		if nulls != nil && nulls[i] {
			continue
		}
		if cell := a.offer(g, key(i)); cell >= 0 {
			a.slots, a.rows = append(a.slots, cell), append(a.rows, int32(i))
		}
	}
	a.cells.resize(a.used)
	a.cells.put(a.slots, args[a.value], a.rows)
	return nil
}

// setLimits takes n from the first row of each group.
func (a *topN[K]) setLimits(groups []int32, count *vector.Vector, nulls []bool) error {
	return constantArgument(count, nulls, len(groups), func(n int64, from, to int) error {
		switch {
		case n <= 0 && a.count == 1:
			return dberr.New(dberr.Invalid, "second argument of max_n/min_n must be positive")
		case n <= 0:
			return dberr.New(dberr.Invalid, "third argument of max_by/min_by must be a positive integer")
		case n > topNMax && a.count == 1:
			return dberr.New(dberr.Invalid, "second argument of max_n/min_n must be less than or equal to %d; found %d", topNMax, n)
		case n > topNMax:
			return dberr.New(dberr.Invalid, "third argument of max_by/min_by must be less than or equal to %d; found %d", topNMax, n)
		}
		for _, g := range groups[from:to] {
			if a.limits[g] == 0 {
				a.limits[g] = int32(n)
			}
		}
		return nil
	})
}

// offer adds a row to a group if it is among the best, and returns the cell for its value, else -1.
func (a *topN[K]) offer(g int32, key K) int32 {
	h := a.heaps[g]
	if len(h) < int(a.limits[g]) {
		cell := int32(a.used)
		a.used++
		before := cap(h)
		h = append(h, topEntry[K]{a.own(key), cell})
		a.held += cap(h) - before
		a.text += a.size(key)
		a.heaps[g] = h
		a.siftUp(h)
		return cell
	}
	if !a.beats(key, h[0].key) {
		return -1
	}
	a.text += a.size(key) - a.size(h[0].key)
	h[0].key = a.own(key)
	cell := h[0].cell
	a.siftDown(h)
	return cell
}

// siftUp restores the heap after its last entry was added.
func (a *topN[K]) siftUp(h []topEntry[K]) {
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !a.beats(h[up].key, h[i].key) {
			return
		}
		h[up], h[i] = h[i], h[up]
		i = up
	}
}

// siftDown restores the heap after its top was replaced.
func (a *topN[K]) siftDown(h []topEntry[K]) {
	for i := 0; ; {
		worst := i
		for kid := 2*i + 1; kid <= 2*i+2 && kid < len(h); kid++ {
			if a.beats(h[worst].key, h[kid].key) {
				worst = kid
			}
		}
		if worst == i {
			return
		}
		h[i], h[worst] = h[worst], h[i]
		i = worst
	}
}

func (a *topN[K]) Merge(other Accumulator, groups []int32) error {
	o := other.(*topN[K])
	var keys []K
	var cells, of []int32
	for i, h := range o.heaps[:len(groups)] {
		g := groups[i]
		if a.limits[g] == 0 {
			a.limits[g] = o.limits[i]
		}
		for _, e := range h {
			keys, cells, of = append(keys, e.key), append(cells, e.cell), append(of, g)
		}
	}
	a.slots, a.rows = a.slots[:0], a.rows[:0]
	for k, g := range of {
		if cell := a.offer(g, keys[k]); cell >= 0 {
			a.slots, a.rows = append(a.slots, cell), append(a.rows, int32(k))
		}
	}
	a.cells.resize(a.used)
	a.cells.put(a.slots, o.cells.gather(cells), a.rows)
	return nil
}

func (a *topN[K]) Result(from, to int) (*vector.Vector, error) {
	offsets, seen := make([]int32, 1, to-from+1), make([]bool, to-from)
	var order []topEntry[K]
	var sel []int32
	for i := range seen {
		order = append(order[:0], a.heaps[from+i]...)
		seen[i] = len(order) > 0
		slices.SortFunc(order, func(x, y topEntry[K]) int {
			switch {
			case a.beats(x.key, y.key):
				return -1
			case a.beats(y.key, x.key):
				return 1
			}
			return 0
		})
		for _, e := range order {
			sel = append(sel, e.cell)
		}
		offsets = append(offsets, int32(len(sel)))
	}
	return vector.Arrays(a.result, offsets, a.cells.gather(sel), unseen(seen, 0, len(seen))), nil
}

func (a *topN[K]) Bytes() int64 {
	var one [1]topEntry[K]
	return sizeOf(a.limits) + sizeOf(a.heaps) + int64(a.held)*sizeOf(one[:]) + a.text + a.cells.bytes() + sizeOf(a.slots) + sizeOf(a.rows)
}
