package function

import (
	"slices"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Functions of arrays that take a lambda. Not listed by Timestream but for filter and reduce on time series; source: Trino,
// "Array functions" and "Lambda expressions". A lambda is called for all elements of a batch at once.
func init() {
	registerScalar("transform(array(T), (T) => U) -> array(U)", Scalar{CanFail: true, Eval: transform})
	registerScalar("filter(array(T), (T) => boolean) -> array(T)", Scalar{CanFail: true, Eval: filterArray})
	registerScalar("any_match(array(T), (T) => boolean) -> boolean", Scalar{CanFail: true, Eval: match(yes, yes)})
	registerScalar("all_match(array(T), (T) => boolean) -> boolean", Scalar{CanFail: true, Eval: match(no, no)})
	registerScalar("none_match(array(T), (T) => boolean) -> boolean", Scalar{CanFail: true, Eval: match(yes, no)})
	registerScalar("zip_with(array(T), array(U), (T, U) => R) -> array(R)", Scalar{CanFail: true, Eval: zipWith})
	registerScalar("reduce(array(T), S, (S, T) => S, (S) => R) -> R", Scalar{CallOnNull: true, CanFail: true, Eval: reduceArray})
	registerScalar("array_sort(array(T), (T, T) => bigint) -> array(T)", Scalar{CanFail: true, Eval: sortBy})
}

// elementCalls is the elements of all arrays that are wanted, in order, and the row of each: what a lambda of one element
// is called with.
type elementCalls struct {
	elems   *vector.Vector
	parents []int32
	offsets []int32 // as in a vector of arrays: those of row i are offsets[i]:offsets[i+1]
}

func callsOf(a *Args, l arrayReader) elementCalls {
	p := newPicker(a.Rows)
	var parents []int32
	for i := 0; i < a.Rows; i++ {
		if !a.skipped(i) {
			from, to := l.at(i)
			p.add(from, to)
			for ; from < to; from++ {
				parents = append(parents, int32(i))
			}
		}
		p.offsets = append(p.offsets, int32(len(p.idx)))
	}
	elems := l.elems
	if len(p.idx) != elems.Len() || l.mask == 0 { // not just all of them in order
		elems = elems.Gather(p.idx)
	}
	return elementCalls{elems, parents, p.offsets}
}

// call runs a lambda and brings the result into flat form and the wanted type.
func (f Lambda) call(t *types.Type, args []*vector.Vector, parents []int32) (*vector.Vector, error) {
	if len(parents) == 0 {
		return vector.NewBuilder(t, 0).Build(), nil
	}
	v, err := f(args, parents)
	if err == nil && !v.Type.Equal(t) {
		v, err = Cast(v, t, false)
	}
	if err != nil {
		return nil, err
	}
	return v.Flatten(), nil
}

func transform(a *Args) (*vector.Vector, error) {
	c := callsOf(a, readArrays(a.Vecs[0]))
	v, err := a.Lambdas[1].call(a.Result.Elem, []*vector.Vector{c.elems}, c.parents)
	if err != nil {
		return nil, err
	}
	return vector.Arrays(a.Result, c.offsets, v, nil), nil
}

func filterArray(a *Args) (*vector.Vector, error) {
	c := callsOf(a, readArrays(a.Vecs[0]))
	keep, err := a.Lambdas[1].call(types.Boolean, []*vector.Vector{c.elems}, c.parents)
	if err != nil {
		return nil, err
	}
	p := newPicker(a.Rows)
	for i := 0; i < a.Rows; i++ {
		for j := c.offsets[i]; j < c.offsets[i+1]; j++ {
			if keep.Bools[j] && !keep.IsNull(int(j)) {
				p.add(int(j), int(j)+1)
			}
		}
		if err := p.end(); err != nil {
			return nil, err
		}
	}
	return p.arrays(a.Result, c.elems, nil), nil
}

// match makes the code of any_match, all_match and none_match: an element for which the lambda is trigger makes the result
// decided; without one it is the opposite, or NULL if the lambda was NULL for an element.
func match(trigger, decided tri) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		c := callsOf(a, readArrays(a.Vecs[0]))
		holds, err := a.Lambdas[1].call(types.Boolean, []*vector.Vector{c.elems}, c.parents)
		if err != nil {
			return nil, err
		}
		out, nulls := make([]bool, a.Rows), make([]bool, a.Rows)
		for i := range out {
			out[i] = decided == no
			for j := c.offsets[i]; j < c.offsets[i+1]; j++ {
				if holds.IsNull(int(j)) {
					nulls[i] = true
				} else if triOf(holds.Bools[j]) == trigger {
					out[i], nulls[i] = decided == yes, false
					break
				}
			}
		}
		return vector.Booleans(out, nulls), nil
	}
}

// zipWith calls the lambda with the elements at equal places; the shorter array is filled up with NULL.
func zipWith(a *Args) (*vector.Vector, error) {
	left, right := readArrays(a.Vecs[0]), readArrays(a.Vecs[1])
	var x, y, parents []int32
	offsets := make([]int32, a.Rows+1)
	for i := 0; i < a.Rows; i++ {
		if !a.skipped(i) {
			from, to := left.at(i)
			other, otherTo := right.at(i)
			for n := max(to-from, otherTo-other); n > 0; n-- {
				x, y, parents = append(x, int32(orNull(from, from < to))), append(y, int32(orNull(other, other < otherTo))), append(parents, int32(i))
				from, other = from+1, other+1
			}
		}
		offsets[i+1] = int32(len(x))
	}
	v, err := a.Lambdas[2].call(a.Result.Elem, []*vector.Vector{left.elems.Gather(x), right.elems.Gather(y)}, parents)
	if err != nil {
		return nil, err
	}
	return vector.Arrays(a.Result, offsets, v, nil), nil
}

func reduceArray(a *Args) (*vector.Vector, error) {
	l := readArrays(a.Vecs[0])
	return fold(a, l.elems, l.at)
}

// fold is reduce: it folds the elements of each row into a state that begins as a.Vecs[1], with a.Lambdas[2], and turns the
// state into the result with a.Lambdas[3]. A NULL list gives NULL; the initial state may be NULL. It goes through all rows
// in step: one call of the lambda takes the k-th element of every row that has one. With the rows ordered by length these
// are the first ones.
func fold(a *Args, elems *vector.Vector, at func(i int) (from, to int)) (*vector.Vector, error) {
	var order []int32 // the rows with a list, longest first
	lengths := make([]int, a.Rows)
	for i := range lengths {
		if !a.Vecs[0].IsNull(i) {
			from, to := at(i)
			lengths[i] = to - from
			order = append(order, int32(i))
		}
	}
	slices.SortStableFunc(order, func(x, y int32) int { return lengths[y] - lengths[x] })
	initial := a.Vecs[1]
	state := initial.Gather(order)
	var finished []*vector.Vector // states of rows that are through, shortest first
	idx := make([]int32, len(order))
	for k, active := 0, len(order); ; k++ {
		before := active
		for active > 0 && lengths[order[active-1]] <= k {
			active--
		}
		if active < before {
			finished = append(finished, state.Slice(active, before))
			state = state.Slice(0, active)
		}
		if active == 0 {
			break
		}
		for r, i := range order[:active] {
			from, _ := at(int(i))
			idx[r] = int32(from + k)
		}
		var err error
		if state, err = a.Lambdas[2].call(initial.Type, []*vector.Vector{state, elems.Gather(idx[:active])}, order[:active]); err != nil {
			return nil, err
		}
	}
	if len(order) == 0 {
		return vector.NullsOf(a.Result, a.Rows), nil
	}
	slices.Reverse(finished)
	out, err := a.Lambdas[3].call(a.Result, []*vector.Vector{vector.Concat(initial.Type, finished)}, order)
	if err != nil {
		return nil, err
	}
	back := make([]int32, a.Rows)
	for i := range back {
		back[i] = -1
	}
	for r, i := range order {
		back[i] = int32(r)
	}
	return out.Gather(back), nil
}

// sortBy sorts by a lambda that compares two elements. It merges runs bottom up, in step for all arrays of the batch, so that
// one call of the lambda makes one comparison in each pair of runs that is being merged.
func sortBy(a *Args) (*vector.Vector, error) {
	c := callsOf(a, readArrays(a.Vecs[0]))
	n := c.elems.Len()
	current, next := make([]int32, n), make([]int32, n)
	longest := 0
	for j := range current {
		current[j] = int32(j)
	}
	for i := 0; i < a.Rows; i++ {
		longest = max(longest, int(c.offsets[i+1]-c.offsets[i]))
	}
	for width := 1; width < longest; width *= 2 {
		merges := mergesOf(c.offsets, int32(width))
		if err := mergeRuns(a.Lambdas[1], c, merges, current, next); err != nil {
			return nil, err
		}
		current, next = next, current
	}
	return vector.Arrays(a.Result, c.offsets, c.elems.Gather(current), nil), nil
}

// runMerge is two neighbouring sorted runs on their way into one: what remains of them is left:leftEnd and right:rightEnd,
// and out is where the next element goes.
type runMerge struct{ left, leftEnd, right, rightEnd, out int32 }

// mergesOf pairs the runs of the given width in all arrays.
func mergesOf(offsets []int32, width int32) []runMerge {
	var merges []runMerge
	for i := 0; i+1 < len(offsets); i++ {
		for at, end := offsets[i], offsets[i+1]; at < end; at += 2 * width {
			middle := min(at+width, end)
			merges = append(merges, runMerge{at, middle, middle, min(middle+width, end), at})
		}
	}
	return merges
}

func mergeRuns(compare Lambda, c elementCalls, merges []runMerge, from, to []int32) error {
	var x, y, parents []int32
	for len(merges) > 0 {
		x, y, parents = x[:0], y[:0], parents[:0]
		open := merges[:0]
		for _, m := range merges {
			if m.left == m.leftEnd || m.right == m.rightEnd {
				copy(to[m.out:], from[m.left:m.leftEnd])
				copy(to[m.out+m.leftEnd-m.left:], from[m.right:m.rightEnd])
				continue
			}
			open = append(open, m)
			x, y, parents = append(x, from[m.left]), append(y, from[m.right]), append(parents, c.parents[m.left])
		}
		merges = open
		if len(merges) == 0 {
			return nil
		}
		order, err := compare.call(types.Bigint, []*vector.Vector{c.elems.Gather(x), c.elems.Gather(y)}, parents)
		if err != nil {
			return err
		}
		for k := range merges {
			m := &merges[k]
			if order.IsNull(k) || order.Ints[k] < -1 || order.Ints[k] > 1 {
				return invalid("Lambda comparator must return either -1, 0, or 1")
			}
			if order.Ints[k] <= 0 {
				to[m.out] = from[m.left]
				m.left++
			} else {
				to[m.out] = from[m.right]
				m.right++
			}
			m.out++
		}
	}
	return nil
}
