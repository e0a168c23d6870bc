package function

import (
	"slices"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Functions that look into arrays or rearrange them. Source: Timestream's "Array functions"; Trino for the edges and for
// what Timestream does not list (contains, flatten, ngrams, combinations, trim_array, array_first, array_last).
func init() {
	registerScalar("cardinality(array(E)) -> bigint", Scalar{Eval: perRow(cardinality)})
	registerScalar("subscript(array(E), bigint) -> E", Scalar{CanFail: true, Eval: elementBy(subscript)})
	registerScalar("element_at(array(E), bigint) -> E", Scalar{CanFail: true, Eval: elementBy(elementAt)})
	registerScalar("array_first(array(E)) -> E", Scalar{Eval: elementBy(func(from, to int, _ int64) (int, error) { return orNull(from, from < to), nil })})
	registerScalar("array_last(array(E)) -> E", Scalar{Eval: elementBy(func(from, to int, _ int64) (int, error) { return orNull(to-1, from < to), nil })})
	registerScalar("array_max(array(E:orderable)) -> E", Scalar{CanFail: true, Eval: arrayExtreme(opGreater)})
	registerScalar("array_min(array(E:orderable)) -> E", Scalar{CanFail: true, Eval: arrayExtreme(opLess)})
	registerScalar("array_position(array(E:comparable), E) -> bigint", Scalar{Eval: perRow(arrayPosition)})
	registerScalar("contains(array(E:comparable), E) -> boolean", Scalar{Eval: nullable(contains)})
	registerScalar("array_remove(array(E:comparable), E) -> array(E)", Scalar{Eval: rearrange(arrayRemove)})
	registerScalar("array_sort(array(E:orderable)) -> array(E)", Scalar{CanFail: true, Eval: rearrange(arraySort)})
	registerScalar("reverse(array(E)) -> array(E)", Scalar{Eval: rearrange(arrayReverse)})
	registerScalar("slice(array(E), bigint, bigint) -> array(E)", Scalar{CanFail: true, Eval: rearrange(arraySlice)})
	registerScalar("trim_array(array(E), bigint) -> array(E)", Scalar{CanFail: true, Eval: rearrange(trimArray)})
	registerScalar("shuffle(array(E)) -> array(E)", Scalar{Volatile: true, Eval: rearrange(shuffle)})
}

// maxResultElements bounds the elements that one call may produce for one batch: just above a full batch of the longest
// sequences.
const maxResultElements = 40 << 20

// arrayReader reads a Flat or Constant vector of arrays row by row.
type arrayReader struct {
	offsets []int32
	base    int32
	mask    int
	elems   *vector.Vector // flat; the elements of all rows
}

// readArrays returns a reader of v.
func readArrays(v *vector.Vector) arrayReader {
	if v.Form == vector.Dictionary {
		v = v.Flatten()
	}
	l := arrayReader{offsets: v.Offsets, mask: -1}
	if v.Form == vector.Constant {
		l.mask = 0
	}
	l.base = v.Offsets[0]
	l.elems = v.Kids[0]
	if end := v.Offsets[len(v.Offsets)-1]; l.base != 0 || int(end) != l.elems.Len() {
		l.elems = l.elems.Slice(int(l.base), int(end))
	}
	l.elems = l.elems.Flatten()
	return l
}

// at returns where in elems the elements of row i are.
func (l arrayReader) at(i int) (from, to int) {
	i &= l.mask
	return int(l.offsets[i] - l.base), int(l.offsets[i+1] - l.base)
}

// picker collects arrays as indexes of elements that exist already; -1 is NULL.
type picker struct {
	offsets []int32
	idx     []int32
}

func newPicker(rows int) *picker { return &picker{offsets: append(make([]int32, 0, rows+1), 0)} }

// add adds the elements from:to to the array that is being made.
func (p *picker) add(from, to int) {
	for ; from < to; from++ {
		p.idx = append(p.idx, int32(from))
	}
}

// end closes the array that is being made.
func (p *picker) end() error {
	if len(p.idx) > maxResultElements {
		return errResultTooLarge
	}
	p.offsets = append(p.offsets, int32(len(p.idx)))
	return nil
}

// arrays returns the arrays of type t whose elements were picked from elems.
func (p *picker) arrays(t *types.Type, elems *vector.Vector, nulls []bool) *vector.Vector {
	return vector.Arrays(t, p.offsets, elems.Gather(p.idx), nulls)
}

// rearrange makes the code of a function whose result is made of the elements of its first argument. prepare reads the
// arguments and returns the function that picks the elements of a row.
func rearrange(prepare func(a *Args, l arrayReader) func(p *picker, i int) error) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		l, p := readArrays(a.Vecs[0]), newPicker(a.Rows)
		row := prepare(a, l)
		for i := 0; i < a.Rows; i++ {
			if !a.skipped(i) {
				if err := row(p, i); err != nil {
					return nil, err
				}
			}
			if err := p.end(); err != nil {
				return nil, err
			}
		}
		return p.arrays(a.Result, l.elems, nil), nil
	}
}

// elementBy makes the code of a function that is one element of an array. find gets where the elements are and the
// second argument, if there is one; -1 is NULL.
func elementBy(find func(from, to int, arg int64) (int, error)) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		l, idx := readArrays(a.Vecs[0]), make([]int32, a.Rows)
		arg := reader[int64]{vals: []int64{0}}
		if len(a.Vecs) > 1 {
			arg = read[int64](a.Vecs[1])
		}
		for i := range idx {
			if idx[i] = -1; a.skipped(i) {
				continue
			}
			from, to := l.at(i)
			j, err := find(from, to, arg.at(i))
			if err != nil {
				return nil, err
			}
			idx[i] = int32(j)
		}
		return l.elems.Gather(idx), nil
	}
}

func orNull(j int, ok bool) int {
	if ok {
		return j
	}
	return -1
}

func cardinality(a *Args) func(i int) (int64, error) {
	l := readArrays(a.Vecs[0])
	return func(i int) (int64, error) {
		from, to := l.at(i)
		return int64(to - from), nil
	}
}

const badIndex = "SQL array indices start at 1"

// subscript is a[i], which fails where there is no element.
func subscript(from, to int, i int64) (int, error) {
	switch {
	case i == 0:
		return 0, invalid(badIndex)
	case i < 0:
		return 0, invalid("Array subscript is negative: %d", i)
	case i > int64(to-from):
		return 0, invalid("Array subscript must be less than or equal to array length: %d > %d", i, to-from)
	}
	return from + int(i) - 1, nil
}

// elementAt is NULL where there is no element; a negative index counts from the end.
func elementAt(from, to int, i int64) (int, error) {
	n := int64(to - from)
	switch {
	case i == 0:
		return 0, invalid(badIndex)
	case i > n || i < -n:
		return -1, nil
	case i < 0:
		return to + int(i), nil
	}
	return from + int(i) - 1, nil
}

// arrayExtreme is the largest or smallest element; NULL for an empty array or if an element is NULL.
func arrayExtreme(op comparison) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		l, idx := readArrays(a.Vecs[0]), make([]int32, a.Rows)
		for i := range idx {
			if idx[i] = -1; a.skipped(i) {
				continue
			}
			from, to := l.at(i)
			best := -1
			for j := from; j < to; j++ {
				if l.elems.IsNull(j) {
					best = -1
					break
				}
				if best < 0 {
					best = j
					continue
				}
				c, err := orderAt(l.elems, j, l.elems, best)
				if err != nil {
					return nil, err
				}
				if op.holds(c) {
					best = j
				}
			}
			idx[i] = int32(best)
		}
		return l.elems.Gather(idx), nil
	}
}

// arrayPosition is the place of the first element equal to a value, 0 if there is none.
func arrayPosition(a *Args) func(i int) (int64, error) {
	l, value := readArrays(a.Vecs[0]), a.Vecs[1]
	return func(i int) (int64, error) {
		from, to := l.at(i)
		for j := from; j < to; j++ {
			if equalAt(l.elems, j, value, i) == yes {
				return int64(j-from) + 1, nil
			}
		}
		return 0, nil
	}
}

// contains reports whether an element equals a value; NULL if none does for certain but one may.
func contains(a *Args) func(i int) (bool, bool, error) {
	l, value := readArrays(a.Vecs[0]), a.Vecs[1]
	return func(i int) (bool, bool, error) {
		from, to := l.at(i)
		result := no
		for j := from; j < to && result != yes; j++ {
			if t := equalAt(l.elems, j, value, i); t != no {
				result = t
			}
		}
		return result == yes, result != maybe, nil
	}
}

// arrayRemove drops the elements equal to a value.
func arrayRemove(a *Args, l arrayReader) func(p *picker, i int) error {
	value := a.Vecs[1]
	return func(p *picker, i int) error {
		from, to := l.at(i)
		for j := from; j < to; j++ {
			if equalAt(l.elems, j, value, i) != yes {
				p.add(j, j+1)
			}
		}
		return nil
	}
}

// arraySort sorts ascending, NULLs last.
func arraySort(_ *Args, l arrayReader) func(p *picker, i int) error {
	return func(p *picker, i int) error {
		start := len(p.idx)
		p.add(l.at(i))
		var failed error
		slices.SortStableFunc(p.idx[start:], func(x, y int32) int {
			xNull, yNull := l.elems.IsNull(int(x)), l.elems.IsNull(int(y))
			switch {
			case xNull && yNull:
				return 0
			case xNull:
				return 1
			case yNull:
				return -1
			}
			c, err := orderAt(l.elems, int(x), l.elems, int(y))
			if err != nil {
				failed = err
			}
			return c
		})
		return failed
	}
}

func arrayReverse(_ *Args, l arrayReader) func(p *picker, i int) error {
	return func(p *picker, i int) error {
		start := len(p.idx)
		p.add(l.at(i))
		slices.Reverse(p.idx[start:])
		return nil
	}
}

// arraySlice takes a number of elements from a place on, which counts from the end if it is negative.
func arraySlice(a *Args, l arrayReader) func(p *picker, i int) error {
	start, count := read[int64](a.Vecs[1]), read[int64](a.Vecs[2])
	return func(p *picker, i int) error {
		from, to := l.at(i)
		first, n := start.at(i), count.at(i)
		size := int64(to - from)
		switch {
		case n < 0:
			return invalid("length must be greater than or equal to 0")
		case first == 0:
			return invalid(badIndex)
		case first < 0:
			first += size + 1
		}
		if first >= 1 && first <= size {
			at := from + int(first) - 1
			p.add(at, at+int(min(n, size-first+1)))
		}
		return nil
	}
}

// trimArray drops a number of elements at the end.
func trimArray(a *Args, l arrayReader) func(p *picker, i int) error {
	count := read[int64](a.Vecs[1])
	return func(p *picker, i int) error {
		from, to := l.at(i)
		n := count.at(i)
		switch {
		case n < 0:
			return invalid("size must not be negative: %d", n)
		case n > int64(to-from):
			return invalid("size must not exceed array cardinality %d: %d", to-from, n)
		}
		p.add(from, to-int(n))
		return nil
	}
}

func shuffle(a *Args, l arrayReader) func(p *picker, i int) error {
	return func(p *picker, i int) error {
		start := len(p.idx)
		p.add(l.at(i))
		mine := p.idx[start:]
		a.Env.Rand.Shuffle(len(mine), func(x, y int) { mine[x], mine[y] = mine[y], mine[x] })
		return nil
	}
}
