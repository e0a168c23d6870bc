package function

import (
	"math"
	"math/bits"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// Operators + - * / % and unary minus on numbers. Integers fail on overflow and on division by zero; doubles follow
// IEEE 754. Source: Trino, "Mathematical functions and operators".
func init() {
	for _, op := range []struct {
		symbol, word string
		ints         func(a, b int64) (int64, bool)
		doubles      func(a, b float64) float64
	}{
		{"+", "addition", addInt64, func(a, b float64) float64 { return a + b }},
		{"-", "subtraction", subInt64, func(a, b float64) float64 { return a - b }},
		{"*", "multiplication", mulInt64, func(a, b float64) float64 { return a * b }},
	} {
		registerScalar(op.symbol+"(integer, integer) -> integer", Scalar{CanFail: true, Eval: binaryErr(checked("integer", op.word, op.symbol, within32(op.ints)))})
		registerScalar(op.symbol+"(bigint, bigint) -> bigint", Scalar{CanFail: true, Eval: binaryErr(checked("bigint", op.word, op.symbol, op.ints))})
		registerScalar(op.symbol+"(double, double) -> double", Scalar{Eval: binary(op.doubles)})
	}
	registerScalar("/(integer, integer) -> integer", Scalar{CanFail: true, Eval: binaryErr(checked("integer", "division", "/", within32(divInt64)))})
	registerScalar("/(bigint, bigint) -> bigint", Scalar{CanFail: true, Eval: binaryErr(checked("bigint", "division", "/", divInt64))})
	registerScalar("/(double, double) -> double", Scalar{Eval: binary(func(a, b float64) float64 { return a / b })})
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

func divInt64(a, b int64) (int64, bool) {
	if b == -1 && a == math.MinInt64 {
		return 0, false
	}
	return a / b, true
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

// within32 narrows an operation on int64 to INTEGER.
func within32(f func(a, b int64) (int64, bool)) func(a, b int64) (int64, bool) {
	return func(a, b int64) (int64, bool) {
		c, ok := f(a, b)
		return c, ok && c == int64(int32(c))
	}
}

// checked turns a failed operation into the error that Trino words as "bigint addition overflow: 1 + 2".
func checked(typeName, word, symbol string, f func(a, b int64) (int64, bool)) func(a, b int64) (int64, error) {
	return func(a, b int64) (int64, error) {
		if symbol == "/" && b == 0 {
			return 0, errDivisionByZero
		}
		c, ok := f(a, b)
		if !ok {
			return 0, dberr.New(dberr.Invalid, "%s %s overflow: %d %s %d", typeName, word, a, symbol, b)
		}
		return c, nil
	}
}

func negateWithin(typeName string, lowest int64) func(int64) (int64, error) {
	return func(x int64) (int64, error) {
		if x == lowest {
			return 0, dberr.New(dberr.Invalid, "%s negation overflow: %d", typeName, x)
		}
		return -x, nil
	}
}
