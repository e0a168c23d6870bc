package function

import (
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// payloadType is the Go types in which scalar values are held.
type payloadType interface {
	bool | int64 | float64 | string
}

// reader reads a Flat or Constant vector of a scalar type row by row.
type reader[T payloadType] struct {
	vals []T
	mask int // all ones for flat, 0 for constant
}

// at returns the value of row i; arbitrary where it is NULL.
func (r reader[T]) at(i int) T { return r.vals[i&r.mask] }

// read returns a reader of v.
func read[T payloadType](v *vector.Vector) reader[T] {
	if v.Form == vector.Dictionary {
		v = v.Flatten()
	}
	if v.Form == vector.Constant {
		return reader[T]{payload[T](v), 0}
	}
	return reader[T]{payload[T](v), -1}
}

// payload returns the slice of v that holds values of Go type T. A vector of type unknown has none.
func payload[T payloadType](v *vector.Vector) []T {
	var s any
	switch any(*new(T)).(type) {
	case bool:
		s = v.Bools
	case int64:
		s = v.Ints
	case float64:
		s = v.Floats
	case string:
		s = v.Strs
	}
	return s.([]T)
}

// flat makes a flat vector of a scalar type; it owns the slices.
func flat[T payloadType](t *types.Type, vals []T, nulls []bool) *vector.Vector {
	switch s := any(vals).(type) {
	case []bool:
		return vector.Booleans(s, nulls)
	case []float64:
		return vector.Doubles(s, nulls)
	case []string:
		return vector.Strings(s, nulls)
	case []int64:
		return vector.Int64s(t, s, nulls)
	}
	panic("bug: not a payload type")
}

// skipped reports whether row i needs no result.
func (a *Args) skipped(i int) bool { return a.Skip != nil && a.Skip[i] }

// unary makes the code of a function of one scalar argument that cannot fail.
func unary[A, R payloadType](f func(A) R) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		x, out := read[A](a.Vecs[0]), make([]R, a.Rows)
		for i := range out {
			if !a.skipped(i) {
				out[i] = f(x.at(i))
			}
		}
		return flat(a.Result, out, nil), nil
	}
}

// unaryErr is unary for a function that can fail.
func unaryErr[A, R payloadType](f func(A) (R, error)) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		x, out := read[A](a.Vecs[0]), make([]R, a.Rows)
		for i := range out {
			if a.skipped(i) {
				continue
			}
			var err error
			if out[i], err = f(x.at(i)); err != nil {
				return nil, err
			}
		}
		return flat(a.Result, out, nil), nil
	}
}

// binary makes the code of a function of two scalar arguments that cannot fail.
func binary[A, B, R payloadType](f func(A, B) R) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		x, y, out := read[A](a.Vecs[0]), read[B](a.Vecs[1]), make([]R, a.Rows)
		for i := range out {
			if !a.skipped(i) {
				out[i] = f(x.at(i), y.at(i))
			}
		}
		return flat(a.Result, out, nil), nil
	}
}

// binaryErr is binary for a function that can fail.
func binaryErr[A, B, R payloadType](f func(A, B) (R, error)) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		x, y, out := read[A](a.Vecs[0]), read[B](a.Vecs[1]), make([]R, a.Rows)
		for i := range out {
			if a.skipped(i) {
				continue
			}
			var err error
			if out[i], err = f(x.at(i), y.at(i)); err != nil {
				return nil, err
			}
		}
		return flat(a.Result, out, nil), nil
	}
}

// ternaryErr makes the code of a function of three scalar arguments.
func ternaryErr[A, B, C, R payloadType](f func(A, B, C) (R, error)) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		x, y, z := read[A](a.Vecs[0]), read[B](a.Vecs[1]), read[C](a.Vecs[2])
		out := make([]R, a.Rows)
		for i := range out {
			if a.skipped(i) {
				continue
			}
			var err error
			if out[i], err = f(x.at(i), y.at(i), z.at(i)); err != nil {
				return nil, err
			}
		}
		return flat(a.Result, out, nil), nil
	}
}
