package function

import (
	"fmt"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Functions that join arrays, build them from values, or make arrays of arrays. Source as in array.go. The operator ||
// and concat are registered beside those on texts.
func init() {
	registerScalar("array_join(array(E:scalar), varchar) -> varchar", Scalar{CanFail: true, Eval: writeText(arrayJoin)})
	registerScalar("array_join(array(E:scalar), varchar, varchar) -> varchar", Scalar{CanFail: true, Eval: writeText(arrayJoin)})
	registerScalar("repeat(E, bigint) -> array(E)", Scalar{CallOnNull: true, CanFail: true, Eval: repeat})
	registerScalar("flatten(array(array(E))) -> array(E)", Scalar{Eval: flatten})
	registerScalar("ngrams(array(E), bigint) -> array(array(E))", Scalar{CanFail: true, Eval: nested(ngrams)})
	registerScalar("combinations(array(E), bigint) -> array(array(E))", Scalar{CanFail: true, Eval: nested(combinations)})
	for n := 2; n <= maxZip; n++ {
		params, fields := make([]string, n), make([]string, n)
		for k := range params {
			fields[k] = string(rune('A' + k))
			params[k] = "array(" + fields[k] + ")"
		}
		registerScalar(fmt.Sprintf("zip(%s) -> array(row(%s))", strings.Join(params, ", "), strings.Join(fields, ", ")), Scalar{Eval: zip})
	}
}

// maxZip is the number of arrays that zip takes.
const maxZip = 8

// joined puts the elements of several arrays into one vector; list k begins at starts[k].
func joined(t *types.Type, parts []*vector.Vector) (all *vector.Vector, starts []int) {
	starts = make([]int, len(parts))
	n := 0
	for k, p := range parts {
		starts[k] = n
		n += p.Len()
	}
	return vector.Concat(t, parts), starts
}

func concatArrays(a *Args) (*vector.Vector, error) {
	parts, elems := make([]arrayReader, len(a.Vecs)), make([]*vector.Vector, len(a.Vecs))
	for k, v := range a.Vecs {
		parts[k] = readArrays(v)
		elems[k] = parts[k].elems
	}
	all, starts := joined(a.Result.Elem, elems)
	p := newPicker(a.Rows)
	for i := 0; i < a.Rows; i++ {
		if !a.skipped(i) {
			for k, l := range parts {
				from, to := l.at(i)
				p.add(starts[k]+from, starts[k]+to)
			}
		}
		if err := p.end(); err != nil {
			return nil, err
		}
	}
	return p.arrays(a.Result, all, nil), nil
}

func appendElement(a *Args) (*vector.Vector, error) {
	return extend(a, a.Vecs[0], a.Vecs[1], false)
}

func prependElement(a *Args) (*vector.Vector, error) {
	return extend(a, a.Vecs[1], a.Vecs[0], true)
}

// extend adds an element, which may be NULL, to an array.
func extend(a *Args, list, element *vector.Vector, before bool) (*vector.Vector, error) {
	l := readArrays(list)
	elems := []*vector.Vector{l.elems, element.Flatten()}
	all, starts := joined(a.Result.Elem, elems)
	p, nulls := newPicker(a.Rows), make([]bool, a.Rows)
	for i := range nulls {
		if nulls[i] = list.IsNull(i); !nulls[i] {
			if before {
				p.add(starts[1]+i, starts[1]+i+1)
			}
			p.add(l.at(i))
			if !before {
				p.add(starts[1]+i, starts[1]+i+1)
			}
		}
		if err := p.end(); err != nil {
			return nil, err
		}
	}
	return p.arrays(a.Result, all, nulls), nil
}

// arrayJoin writes the elements as texts with a delimiter between them. NULLs are left out or replaced by a third argument.
func arrayJoin(a *Args) func(dst []byte, i int) ([]byte, error) {
	l, delimiter := readArrays(a.Vecs[0]), read[string](a.Vecs[1])
	var instead reader[string]
	if len(a.Vecs) == 3 {
		instead = read[string](a.Vecs[2])
	}
	return func(dst []byte, i int) ([]byte, error) {
		from, to := l.at(i)
		first := true
		for j := from; j < to; j++ {
			isNull := l.elems.IsNull(j)
			if isNull && instead.vals == nil {
				continue
			}
			if !first {
				dst = append(dst, delimiter.at(i)...)
			}
			if first = false; isNull {
				dst = append(dst, instead.at(i)...)
			} else {
				dst = l.elems.AppendScalar(dst, j)
			}
			if len(dst) > maxResultBytes {
				return nil, errResultTooLarge
			}
		}
		return dst, nil
	}
}

// maxRepeat is Trino's limit for repeat and sequence.
const maxRepeat = 10000

// repeat makes an array of one element, which may be NULL, a number of times.
func repeat(a *Args) (*vector.Vector, error) {
	element, count := a.Vecs[0].Flatten(), read[int64](a.Vecs[1])
	p, nulls := newPicker(a.Rows), make([]bool, a.Rows)
	for i := range nulls {
		if nulls[i] = a.Vecs[1].IsNull(i); !nulls[i] {
			n := count.at(i)
			switch {
			case n < 0:
				return nil, invalid("count argument of repeat function must be greater than or equal to 0")
			case n > maxRepeat:
				return nil, invalid("count argument of repeat function must be less than or equal to %d", maxRepeat)
			}
			for ; n > 0; n-- {
				p.add(i, i+1)
			}
		}
		if err := p.end(); err != nil {
			return nil, err
		}
	}
	return p.arrays(a.Result, element, nulls), nil
}

// flatten joins the arrays in an array; NULLs among them are left out.
func flatten(a *Args) (*vector.Vector, error) {
	outer := readArrays(a.Vecs[0])
	if outer.elems.Type.Kind == types.KindUnknown { // ARRAY[NULL]
		return vector.Const(a.Result, []types.Value{}, a.Rows), nil
	}
	inner, p := readArrays(outer.elems), newPicker(a.Rows)
	for i := 0; i < a.Rows; i++ {
		if !a.skipped(i) {
			from, to := outer.at(i)
			for j := from; j < to; j++ {
				if !outer.elems.IsNull(j) {
					p.add(inner.at(j))
				}
			}
		}
		if err := p.end(); err != nil {
			return nil, err
		}
	}
	return p.arrays(a.Result, inner.elems, nil), nil
}

// nested makes the code of a function of an array and a number that gives an array of arrays. row adds the inner arrays of a
// row by calling p.add and p.end.
func nested(row func(p *picker, from, to int, n int64) error) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		l, n, p := readArrays(a.Vecs[0]), read[int64](a.Vecs[1]), newPicker(a.Rows)
		offsets := make([]int32, a.Rows+1)
		for i := 0; i < a.Rows; i++ {
			if !a.skipped(i) {
				from, to := l.at(i)
				if err := row(p, from, to, n.at(i)); err != nil {
					return nil, err
				}
			}
			offsets[i+1] = int32(len(p.offsets)) - 1
		}
		return vector.Arrays(a.Result, offsets, p.arrays(a.Result.Elem, l.elems, nil), nil), nil
	}
}

// ngrams gives all runs of n neighbours; the whole array if it is shorter.
func ngrams(p *picker, from, to int, n int64) error {
	if n <= 0 {
		return invalid("N must be positive")
	}
	size := int(min(n, int64(to-from)))
	for j := from; j+size <= to; j++ {
		p.add(j, j+size)
		if err := p.end(); err != nil {
			return err
		}
		if size == 0 {
			break
		}
	}
	return nil
}

// Limits of combinations, as in Trino.
const (
	maxCombination  = 5
	maxCombinations = 100_000
)

// combinations gives all selections of n elements.
func combinations(p *picker, from, to int, n int64) error {
	switch {
	case n < 0:
		return invalid("combination size must not be negative: %d", n)
	case n > maxCombination:
		return invalid("combination size must not exceed %d: %d", maxCombination, n)
	case n > int64(to-from):
		return nil
	}
	chosen := make([]int, n) // ascending places
	for k := range chosen {
		chosen[k] = from + k
	}
	for made := 1; ; made++ {
		if made > maxCombinations {
			return invalid("combinations exceed max size")
		}
		for _, j := range chosen {
			p.add(j, j+1)
		}
		if err := p.end(); err != nil {
			return err
		}
		if !nextCombination(chosen, from, to) {
			return nil
		}
	}
}

// nextCombination moves the lowest place that can move up by one and puts those below it back to the start.
func nextCombination(chosen []int, from, to int) bool {
	for k := range chosen {
		limit := to
		if k+1 < len(chosen) {
			limit = chosen[k+1]
		}
		if chosen[k]+1 < limit {
			chosen[k]++
			for l := 0; l < k; l++ {
				chosen[l] = from + l
			}
			return true
		}
	}
	return false
}

// zip makes rows of the elements at equal places; shorter arrays are filled up with NULL.
func zip(a *Args) (*vector.Vector, error) {
	parts, idx := make([]arrayReader, len(a.Vecs)), make([][]int32, len(a.Vecs))
	for k, v := range a.Vecs {
		parts[k] = readArrays(v)
	}
	offsets := make([]int32, a.Rows+1)
	for i := 0; i < a.Rows; i++ {
		if !a.skipped(i) {
			longest := 0
			for _, l := range parts {
				from, to := l.at(i)
				longest = max(longest, to-from)
			}
			for k, l := range parts {
				from, to := l.at(i)
				for j := from; j < from+longest; j++ {
					idx[k] = append(idx[k], int32(orNull(j, j < to)))
				}
			}
		}
		if len(idx[0]) > maxResultElements {
			return nil, errResultTooLarge
		}
		offsets[i+1] = int32(len(idx[0]))
	}
	fields := make([]*vector.Vector, len(parts))
	for k, l := range parts {
		fields[k] = l.elems.Gather(idx[k])
	}
	return vector.Arrays(a.Result, offsets, vector.Rows(a.Result.Elem, fields, len(idx[0]), nil), nil), nil
}
