package function

import (
	"math"
	"math/bits"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Operators + - * / % and unary minus on numbers. Integers fail on overflow and on division by zero; doubles follow
// IEEE 754. Source: Trino, "Mathematical functions and operators".
func init() {
	for _, t := range []struct {
		name      string
		low, high int64
	}{{"integer", math.MinInt32, math.MaxInt32}, {"bigint", math.MinInt64, math.MaxInt64}} {
		both := "(" + t.name + ", " + t.name + ") -> " + t.name
		registerScalar("+"+both, Scalar{CanFail: true, Eval: addInts(t.low, t.high, overflow(t.name, "addition", "+"))})
		registerScalar("-"+both, Scalar{CanFail: true, Eval: subInts(t.low, t.high, overflow(t.name, "subtraction", "-"))})
		registerScalar("*"+both, Scalar{CanFail: true, Eval: mulInts(t.low, t.high, overflow(t.name, "multiplication", "*"))})
	}
	registerScalar("+(double, double) -> double", Scalar{Eval: addDoubles})
	registerScalar("-(double, double) -> double", Scalar{Eval: subDoubles})
	registerScalar("*(double, double) -> double", Scalar{Eval: mulDoubles})
	registerScalar("/(integer, integer) -> integer", Scalar{CanFail: true, Eval: binaryErr(divideWithin("integer", math.MinInt32))})
	registerScalar("/(bigint, bigint) -> bigint", Scalar{CanFail: true, Eval: binaryErr(divideWithin("bigint", math.MinInt64))})
	registerScalar("/(double, double) -> double", Scalar{Eval: divDoubles})
	for _, name := range []string{"%", "mod"} {
		registerScalar(name+"(integer, integer) -> integer", Scalar{CanFail: true, Eval: binaryErr(modInt64)})
		registerScalar(name+"(bigint, bigint) -> bigint", Scalar{CanFail: true, Eval: binaryErr(modInt64)})
		registerScalar(name+"(double, double) -> double", Scalar{Eval: binary(math.Mod)})
	}
	registerScalar("negate(integer) -> integer", Scalar{CanFail: true, Eval: unaryErr(negateWithin("integer", math.MinInt32))})
	registerScalar("negate(bigint) -> bigint", Scalar{CanFail: true, Eval: unaryErr(negateWithin("bigint", math.MinInt64))})
	registerScalar("negate(double) -> double", Scalar{Eval: unary(func(x float64) float64 { return -x })})
	registerScalar("negate(interval day to second) -> interval day to second", Scalar{CanFail: true, Eval: unaryErr(negateWithin("interval", math.MinInt64))})
	registerScalar("negate(interval year to month) -> interval year to month", Scalar{CanFail: true, Eval: unaryErr(negateWithin("interval", math.MinInt64))})
}

var errDivisionByZero = dberr.New(dberr.Invalid, "Division by zero")

// The operators that most statements use are loops of their own: a call per row would cost several times the operation. Rows
// that need no result are computed as well, which is cheaper than asking; only their failures are ignored.

// overflow makes the error of an operation as Trino words it: "bigint addition overflow: 1 + 2".
func overflow(typeName, word, symbol string) func(x, y int64) error {
	return func(x, y int64) error {
		return dberr.New(dberr.Invalid, "%s %s overflow: %d %s %d", typeName, word, x, symbol, y)
	}
}

// addInts adds; sums outside low..high fail.
func addInts(low, high int64, fail func(x, y int64) error) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		x, y, out := read[int64](a.Vecs[0]), read[int64](a.Vecs[1]), make([]int64, a.Rows)
		for i := range out {
			c, ok := addInt64(x.at(i), y.at(i))
			if (!ok || c < low || c > high) && !a.skipped(i) {
				return nil, fail(x.at(i), y.at(i))
			}
			out[i] = c
		}
		return vector.Int64s(a.Result, out, nil), nil
	}
}

// subInts subtracts; differences outside low..high fail.
func subInts(low, high int64, fail func(x, y int64) error) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		x, y, out := read[int64](a.Vecs[0]), read[int64](a.Vecs[1]), make([]int64, a.Rows)
		for i := range out {
			c, ok := subInt64(x.at(i), y.at(i))
			if (!ok || c < low || c > high) && !a.skipped(i) {
				return nil, fail(x.at(i), y.at(i))
			}
			out[i] = c
		}
		return vector.Int64s(a.Result, out, nil), nil
	}
}

// mulInts multiplies; products outside low..high fail.
func mulInts(low, high int64, fail func(x, y int64) error) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		x, y, out := read[int64](a.Vecs[0]), read[int64](a.Vecs[1]), make([]int64, a.Rows)
		for i := range out {
			c, ok := mulInt64(x.at(i), y.at(i))
			if (!ok || c < low || c > high) && !a.skipped(i) {
				return nil, fail(x.at(i), y.at(i))
			}
			out[i] = c
		}
		return vector.Int64s(a.Result, out, nil), nil
	}
}

func addDoubles(a *Args) (*vector.Vector, error) {
	x, y, out := read[float64](a.Vecs[0]), read[float64](a.Vecs[1]), make([]float64, a.Rows)
	for i := range out {
		out[i] = x.at(i) + y.at(i)
	}
	return vector.Doubles(out, nil), nil
}

func subDoubles(a *Args) (*vector.Vector, error) {
	x, y, out := read[float64](a.Vecs[0]), read[float64](a.Vecs[1]), make([]float64, a.Rows)
	for i := range out {
		out[i] = x.at(i) - y.at(i)
	}
	return vector.Doubles(out, nil), nil
}

func mulDoubles(a *Args) (*vector.Vector, error) {
	x, y, out := read[float64](a.Vecs[0]), read[float64](a.Vecs[1]), make([]float64, a.Rows)
	for i := range out {
		out[i] = x.at(i) * y.at(i)
	}
	return vector.Doubles(out, nil), nil
}

func divDoubles(a *Args) (*vector.Vector, error) {
	x, y, out := read[float64](a.Vecs[0]), read[float64](a.Vecs[1]), make([]float64, a.Rows)
	for i := range out {
		out[i] = x.at(i) / y.at(i)
	}
	return vector.Doubles(out, nil), nil
}

func addInt64(a, b int64) (int64, bool) {
	c := a + b
	return c, (c > a) == (b > 0)
}

func subInt64(a, b int64) (int64, bool) {
	c := a - b
	return c, (c < a) == (b > 0)
}

func mulInt64(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	// The unsigned high word, corrected for signs, must be the sign extension of the low word.
	signed := int64(hi)
	if a < 0 {
		signed -= b
	}
	if b < 0 {
		signed -= a
	}
	return int64(lo), signed == int64(lo)>>63
}

// divideWithin divides and cuts off the fraction. Only the lowest number by -1 is out of range.
func divideWithin(typeName string, lowest int64) func(x, y int64) (int64, error) {
	fail := overflow(typeName, "division", "/")
	return func(x, y int64) (int64, error) {
		switch {
		case y == 0:
			return 0, errDivisionByZero
		case y == -1 && x == lowest:
			return 0, fail(x, y)
		}
		return x / y, nil
	}
}

func modInt64(a, b int64) (int64, error) {
	switch b {
	case 0:
		return 0, errDivisionByZero
	case -1:
		return 0, nil
	}
	return a % b, nil
}

func negateWithin(typeName string, lowest int64) func(int64) (int64, error) {
	return func(x int64) (int64, error) {
		if x == lowest {
			return 0, dberr.New(dberr.Invalid, "%s negation overflow: %d", typeName, x)
		}
		return -x, nil
	}
}
