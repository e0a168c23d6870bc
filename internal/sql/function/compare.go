package function

import (
	"cmp"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// comparison is one of the six comparison operators.
type comparison uint8

const (
	opEqual comparison = iota
	opNotEqual
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
)

var comparisonSymbols = [...]string{opEqual: "=", opNotEqual: "<>", opLess: "<", opLessEqual: "<=", opGreater: ">", opGreaterEqual: ">="}

// Comparison operators, greatest and least. Source: Timestream's "Comparison operators"; Trino for the edges: a
// comparison with NaN is false, except <>; arrays and rows compare part by part; NULL parts make = and <> NULL if
// nothing else decides, and the other operators fail.
//
// There are two overloads of each: scalars never fail, which lets the optimizer move them freely; arrays and rows may.
func init() {
	for op, symbol := range comparisonSymbols {
		op := comparison(op)
		registerScalar(symbol+"(T:scalar, T) -> boolean", Scalar{Eval: func(a *Args) (*vector.Vector, error) {
			return compareScalars(op, a), nil
		}})
		if op == opEqual || op == opNotEqual {
			registerScalar(symbol+"(T:comparable, T) -> boolean", Scalar{Eval: compareEqualParts(op)})
		} else {
			registerScalar(symbol+"(T:orderable, T) -> boolean", Scalar{CanFail: true, Eval: compareOrderedParts(op)})
		}
	}
	registerScalar("greatest(T:scalar...) -> T", Scalar{Eval: extreme(opGreater)})
	registerScalar("greatest(T:orderable...) -> T", Scalar{CanFail: true, Eval: extremeParts(opGreater)})
	registerScalar("least(T:scalar...) -> T", Scalar{Eval: extreme(opLess)})
	registerScalar("least(T:orderable...) -> T", Scalar{CanFail: true, Eval: extremeParts(opLess)})
}

// flipped returns the operator that means the same with its sides exchanged.
func (op comparison) flipped() comparison {
	switch op {
	case opLess:
		return opGreater
	case opLessEqual:
		return opGreaterEqual
	case opGreater:
		return opLess
	case opGreaterEqual:
		return opLessEqual
	}
	return op
}

// holds reports whether the operator is true of two values that order as c says (negative, zero, positive).
func (op comparison) holds(c int) bool {
	switch op {
	case opEqual:
		return c == 0
	case opNotEqual:
		return c != 0
	case opLess:
		return c < 0
	case opLessEqual:
		return c <= 0
	case opGreater:
		return c > 0
	}
	return c >= 0
}

func compareScalars(op comparison, a *Args) *vector.Vector {
	out := make([]bool, a.Rows)
	switch x, y := a.Vecs[0], a.Vecs[1]; x.Type.Kind {
	case types.KindUnknown:
	case types.KindBoolean:
		p, q := read[bool](x), read[bool](y)
		for i := range out {
			out[i] = op.holds(types.Compare(p.at(i), q.at(i)))
		}
	case types.KindDouble:
		compareColumns(op, read[float64](x), read[float64](y), out)
	case types.KindVarchar:
		compareColumns(op, read[string](x), read[string](y), out)
	default:
		compareColumns(op, read[int64](x), read[int64](y), out)
	}
	return vector.Booleans(out, nil)
}

// compareColumns compares row by row. Rows that need no result are compared, too.
func compareColumns[T int64 | float64 | string](op comparison, x, y reader[T], out []bool) {
	if x.mask == 0 {
		x, y, op = y, x, op.flipped()
	}
	switch {
	case len(out) == 0:
	case x.mask == 0: // both constant
		compareWith(op, x.vals[:1], y.vals[0], out[:1])
		for i := range out {
			out[i] = out[0]
		}
	case y.mask == 0:
		compareWith(op, x.vals[:len(out)], y.vals[0], out)
	case op == opGreater || op == opGreaterEqual:
		compareFlat(op.flipped(), y.vals[:len(out)], x.vals[:len(out)], out)
	default:
		compareFlat(op, x.vals[:len(out)], y.vals[:len(out)], out)
	}
}

// compareWith compares each value with a constant.
func compareWith[T cmp.Ordered](op comparison, x []T, y T, out []bool) {
	out = out[:len(x)]
	switch op {
	case opEqual:
		for i, v := range x {
			out[i] = v == y
		}
	case opNotEqual:
		for i, v := range x {
			out[i] = v != y
		}
	case opLess:
		for i, v := range x {
			out[i] = v < y
		}
	case opLessEqual:
		for i, v := range x {
			out[i] = v <= y
		}
	case opGreater:
		for i, v := range x {
			out[i] = v > y
		}
	case opGreaterEqual:
		for i, v := range x {
			out[i] = v >= y
		}
	}
}

// compareFlat compares two columns; op is one of =, <>, <, <=.
func compareFlat[T cmp.Ordered](op comparison, x, y []T, out []bool) {
	y, out = y[:len(x)], out[:len(x)]
	switch op {
	case opEqual:
		for i, v := range x {
			out[i] = v == y[i]
		}
	case opNotEqual:
		for i, v := range x {
			out[i] = v != y[i]
		}
	case opLess:
		for i, v := range x {
			out[i] = v < y[i]
		}
	case opLessEqual:
		for i, v := range x {
			out[i] = v <= y[i]
		}
	}
}

// compareEqualParts is = and <> of arrays and rows.
func compareEqualParts(op comparison) EvalFunc {
	return nullable(func(a *Args) func(i int) (bool, bool, error) {
		x, y := a.Vecs[0], a.Vecs[1]
		return func(i int) (bool, bool, error) {
			t := equalAt(x, i, y, i)
			return (t == yes) == (op == opEqual), t != maybe, nil
		}
	})
}

// compareOrderedParts is < <= > >= of arrays and rows.
func compareOrderedParts(op comparison) EvalFunc {
	return perRow(func(a *Args) func(i int) (bool, error) {
		x, y := a.Vecs[0], a.Vecs[1]
		return func(i int) (bool, error) {
			c, err := orderAt(x, i, y, i)
			return op.holds(c), err
		}
	})
}

// extreme is greatest (by opGreater) and least (by opLess) of scalars. NaN is the largest double.
func extreme(op comparison) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		switch a.Result.Kind {
		case types.KindUnknown:
			return vector.NullsOf(a.Result, a.Rows), nil
		case types.KindBoolean:
			return extremeBy(a, func(x, y bool) bool { return op.holds(types.Compare(x, y)) }), nil
		case types.KindDouble:
			return extremeBy(a, func(x, y float64) bool { return op.holds(types.CompareDoubles(x, y)) }), nil
		case types.KindVarchar:
			return extremeBy(a, func(x, y string) bool { return op.holds(cmp.Compare(x, y)) }), nil
		}
		return extremeBy(a, func(x, y int64) bool { return op.holds(cmp.Compare(x, y)) }), nil
	}
}

// extremeBy keeps the value that beats the others.
func extremeBy[T payloadType](a *Args, beats func(x, y T) bool) *vector.Vector {
	out, first := make([]T, a.Rows), read[T](a.Vecs[0])
	for i := range out {
		out[i] = first.at(i)
	}
	for _, v := range a.Vecs[1:] {
		next := read[T](v)
		for i := range out {
			if x := next.at(i); beats(x, out[i]) {
				out[i] = x
			}
		}
	}
	return flat(a.Result, out, nil)
}

// extremeParts is greatest and least of arrays and rows.
func extremeParts(op comparison) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		b := vector.NewBuilder(a.Result, a.Rows)
		for i := 0; i < a.Rows; i++ {
			if a.skipped(i) {
				b.AppendNull()
				continue
			}
			best := a.Vecs[0]
			for _, v := range a.Vecs[1:] {
				c, err := orderAt(v, i, best, i)
				if err != nil {
					return nil, err
				}
				if op.holds(c) {
					best = v
				}
			}
			b.AppendFrom(best, i)
		}
		return b.Build(), nil
	}
}
