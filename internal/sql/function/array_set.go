package function

import "github.com/tidemarkdb/tidemark/internal/vector"

// Functions that treat arrays as sets. NULL is like NULL here and NaN like NaN. Source as in array.go.
func init() {
	registerScalar("array_distinct(array(E:comparable)) -> array(E)", Scalar{Eval: setFunction(func(s *set, x, _ members) {
		s.take(x, func(int32) bool { return true })
	})})
	registerScalar("array_union(array(E:comparable), array(E)) -> array(E)", Scalar{Eval: setFunction(func(s *set, x, y members) {
		s.take(x, func(int32) bool { return true })
		s.take(y, func(int32) bool { return true })
	})})
	registerScalar("array_intersect(array(E:comparable), array(E)) -> array(E)", Scalar{Eval: setFunction(func(s *set, x, y members) {
		s.note(y)
		s.take(x, s.isNoted)
	})})
	registerScalar("array_except(array(E:comparable), array(E)) -> array(E)", Scalar{Eval: setFunction(func(s *set, x, y members) {
		s.note(y)
		s.take(x, func(c int32) bool { return !s.isNoted(c) })
	})})
	registerScalar("arrays_overlap(array(E:comparable), array(E)) -> boolean", Scalar{Eval: nullable(arraysOverlap)})
}

// members is the elements of one array: their codes, from 0, and where they begin among all elements.
type members struct {
	codes []int32
	start int
}

// set is the work space of a set function. taken and noted have one entry a code and say in which row it was taken or noted
// last, so that nothing need be cleared between rows.
type set struct {
	*picker
	taken, noted []int32
	row          int32
}

// note marks values for isNoted.
func (s *set) note(m members) {
	for _, c := range m.codes {
		s.noted[c] = s.row
	}
}

func (s *set) isNoted(code int32) bool { return s.noted[code] == s.row }

// take adds the values that are allowed to the result, each once.
func (s *set) take(m members, allowed func(code int32) bool) {
	for j, c := range m.codes {
		if s.taken[c] != s.row && allowed(c) {
			s.taken[c] = s.row
			s.add(m.start+j, m.start+j+1)
		}
	}
}

// setFunction makes the code of a function of one or two arrays from what it does with the members of a row.
func setFunction(row func(s *set, x, y members)) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		parts, elems := make([]arrayReader, len(a.Vecs)), make([]*vector.Vector, len(a.Vecs))
		for k, v := range a.Vecs {
			parts[k] = readArrays(v)
			elems[k] = parts[k].elems
		}
		codes, distinct := valueCodes(elems...)
		for _, cs := range codes { // NULL is a value like others here
			for j, c := range cs {
				if c < 0 {
					cs[j] = int32(distinct)
				}
			}
		}
		all, starts := joined(a.Result.Elem, elems)
		s := &set{picker: newPicker(a.Rows), taken: make([]int32, distinct+1), noted: make([]int32, distinct+1)}
		var m [2]members
		for i := 0; i < a.Rows; i++ {
			if s.row++; !a.skipped(i) {
				for k, l := range parts {
					from, to := l.at(i)
					m[k] = members{codes[k][from:to], starts[k] + from}
				}
				row(s, m[0], m[1])
			}
			if err := s.end(); err != nil {
				return nil, err
			}
		}
		return s.arrays(a.Result, all, nil), nil
	}
}

// arraysOverlap reports whether two arrays have a value in common that is not NULL; NULL if there is none but one has a NULL.
func arraysOverlap(a *Args) func(i int) (bool, bool, error) {
	left, right := readArrays(a.Vecs[0]), readArrays(a.Vecs[1])
	codes, distinct := valueCodes(left.elems, right.elems)
	noted := make([]int, distinct)
	return func(i int) (bool, bool, error) {
		from, to := left.at(i)
		other, otherTo := right.at(i)
		if from == to || other == otherTo {
			return false, true, nil
		}
		hasNull := false
		for _, c := range codes[0][from:to] {
			if c < 0 {
				hasNull = true
			} else {
				noted[c] = i + 1
			}
		}
		for _, c := range codes[1][other:otherTo] {
			if c < 0 {
				hasNull = true
			} else if noted[c] == i+1 {
				return true, true, nil
			}
		}
		return false, !hasNull, nil
	}
}
