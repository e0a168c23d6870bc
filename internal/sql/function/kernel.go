package function

import (
	"github.com/tidemarkdb/tidemark/internal/dberr"
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

// ternary makes the code of a function of three scalar arguments that cannot fail.
func ternary[A, B, C, R payloadType](f func(A, B, C) R) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		x, y, z := read[A](a.Vecs[0]), read[B](a.Vecs[1]), read[C](a.Vecs[2])
		out := make([]R, a.Rows)
		for i := range out {
			if !a.skipped(i) {
				out[i] = f(x.at(i), y.at(i), z.at(i))
			}
		}
		return flat(a.Result, out, nil), nil
	}
}

// nullable makes the code of a function whose value can be NULL although no argument is. prepare reads the arguments
// and returns the function of a row; ok is false for NULL.
func nullable[R payloadType](prepare func(a *Args) func(i int) (value R, ok bool, err error)) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		row, out := prepare(a), make([]R, a.Rows)
		var nulls []bool
		for i := range out {
			if a.skipped(i) {
				continue
			}
			value, ok, err := row(i)
			if err != nil {
				return nil, err
			}
			if !ok {
				if nulls == nil {
					nulls = make([]bool, a.Rows)
				}
				nulls[i] = true
			}
			out[i] = value
		}
		return flat(a.Result, out, nulls), nil
	}
}

// perRow makes the code of a function that reads its arguments itself: prepare returns the function of a row.
func perRow[R payloadType](prepare func(a *Args) func(i int) (R, error)) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		row, out := prepare(a), make([]R, a.Rows)
		for i := range out {
			if a.skipped(i) {
				continue
			}
			var err error
			if out[i], err = row(i); err != nil {
				return nil, err
			}
		}
		return flat(a.Result, out, nil), nil
	}
}

// constantly makes the code of a function without arguments whose value is the same for all rows of a statement.
func constantly(f func(env *Env) types.Value) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		return vector.Const(a.Result, f(a.Env), a.Rows), nil
	}
}

// fixed makes the code of a function that is a number: e(), pi().
func fixed(x float64) EvalFunc {
	return constantly(func(*Env) types.Value { return x })
}

// isConstant reports whether v has one value for all rows.
func isConstant(v *vector.Vector) bool { return v.Form == vector.Constant }

// memo keeps what was made of a key until another key comes. It makes something costly once for an argument that is
// constant, without a second code path for one that is not.
type memo[V any] struct {
	key   string
	full  bool
	value V
}

// get returns what was made of key, making it if key is new.
func (m *memo[V]) get(key string, create func(string) (V, error)) (V, error) {
	if m.full && m.key == key {
		return m.value, nil
	}
	value, err := create(key)
	if err == nil {
		m.key, m.full, m.value = key, true, value
	}
	return value, err
}

// maxResultBytes bounds what one call of a function may produce for one batch, so that a statement like
// lpad(”, 1000000000, 'x') fails instead of the server.
const maxResultBytes = 128 << 20

// sizeLimit counts the bytes of a result.
type sizeLimit struct{ bytes int }

var errResultTooLarge = dberr.New(dberr.Execution, "The result of a function exceeds %d MB", maxResultBytes>>20)

// grow adds n bytes and fails beyond maxResultBytes.
func (l *sizeLimit) grow(n int) error {
	if l.bytes += n; n < 0 || l.bytes > maxResultBytes {
		return errResultTooLarge
	}
	return nil
}

// perText is perRow for functions whose texts can be much longer than their arguments.
func perText(prepare func(a *Args) func(i int) (string, error)) EvalFunc {
	return perRow(func(a *Args) func(i int) (string, error) {
		row, limit := prepare(a), sizeLimit{}
		return func(i int) (string, error) {
			s, err := row(i)
			if err == nil {
				err = limit.grow(len(s))
			}
			return s, err
		}
	})
}

// invalid returns the error of a bad argument.
func invalid(format string, args ...any) error {
	return dberr.New(dberr.Invalid, format, args...)
}
