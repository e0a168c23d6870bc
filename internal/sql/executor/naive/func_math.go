package naive

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// mathFunctions are the operators on numbers and the mathematical functions. Source: reference, 4.5 and 4.6.
var mathFunctions = table{
	"+": arithmetic("addition", (*big.Int).Add, func(x, y float64) float64 { return x + y }),
	"-": arithmetic("subtraction", (*big.Int).Sub, func(x, y float64) float64 { return x - y }),
	"*": arithmetic("multiplication", (*big.Int).Mul, func(x, y float64) float64 { return x * y }),
	"/": divided(arithmetic("division", (*big.Int).Quo, func(x, y float64) float64 { return x / y })),
	"%": divided(arithmetic("modulus", (*big.Int).Rem, math.Mod)), "mod": divided(arithmetic("modulus", (*big.Int).Rem, math.Mod)),
	"negate(double)": of1(func(x float64) float64 { return -x }), "negate": negate,

	"abs(double)": of1(math.Abs), "abs": absolute,
	"ceiling(double)": of1(math.Ceil), "ceiling": of1(same64), "ceil(double)": of1(math.Ceil), "ceil": of1(same64),
	"floor(double)": of1(math.Floor), "floor": of1(same64),
	"round(double)": of1(math.Round), "round(double,bigint)": of2(roundTo),
	"round(integer)": of1(same64), "round(bigint)": of1(same64), "round": roundInteger,
	"truncate(double)": of1(math.Trunc), "truncate(double,bigint)": of2(truncateTo),
	"sign(double)": of1(signOf), "sign": of1(func(x int64) int64 { return int64(signOf(float64(x))) }),

	"cbrt": of1(math.Cbrt), "sqrt": of1(math.Sqrt), "exp": of1(math.Exp), "ln": of1(math.Log), "log2": of1(math.Log2), "log10": of1(math.Log10),
	"log": of2(func(base, x float64) float64 { return math.Log(x) / math.Log(base) }),
	"pow": of2(power), "power": of2(power),
	"degrees": of1(func(x float64) float64 { return x * 180 / math.Pi }), "radians": of1(func(x float64) float64 { return x * math.Pi / 180 }),
	"acos": of1(math.Acos), "asin": of1(math.Asin), "atan": of1(math.Atan), "cos": of1(math.Cos), "cosh": of1(math.Cosh),
	"sin": of1(math.Sin), "sinh": of1(math.Sinh), "tan": of1(math.Tan), "tanh": of1(math.Tanh), "atan2": of2(math.Atan2),
	"e": constant(math.E), "pi": constant(math.Pi), "infinity": constant(math.Inf(1)), "nan": constant(math.NaN()),
	"is_nan": of1(math.IsNaN), "is_infinite": of1(func(x float64) bool { return math.IsInf(x, 0) }),
	"is_finite": of1(func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }),
	"from_base": of2e(fromBase), "to_base": of2e(toBase),
	"rand": random, "random": random,
}

// bitFunctions are the bitwise functions. Source: reference, 4.9.
var bitFunctions = table{
	"bitwise_and":                    of2(func(x, y int64) int64 { return x & y }),
	"bitwise_or":                     of2(func(x, y int64) int64 { return x | y }),
	"bitwise_xor":                    of2(func(x, y int64) int64 { return x ^ y }),
	"bitwise_not":                    of1(func(x int64) int64 { return -x - 1 }),
	"bit_count":                      of2e(bitCount),
	"bitwise_left_shift":             shifted(func(x int64, n, width uint) int64 { return signed(uint64(x)<<n, width) }),
	"bitwise_right_shift":            shifted(func(x int64, n, width uint) int64 { return signed(uint64(x)<<(64-width)>>(64-width)>>n, width) }),
	"bitwise_right_shift_arithmetic": shifted(func(x int64, n, _ uint) int64 { return x >> n }),
}

func same64(x int64) int64 { return x }

var errDivisionByZero = invalid("Division by zero")

// arithmetic makes an operator of what it does to whole numbers, in any size, and to doubles.
func arithmetic(word string, whole func(z, x, y *big.Int) *big.Int, double func(x, y float64) float64) scalar {
	return func(c *call, a []types.Value) (types.Value, error) {
		if c.result.Kind == types.KindDouble {
			return double(a[0].(float64), a[1].(float64)), nil
		}
		x, y := a[0].(int64), a[1].(int64)
		z := whole(new(big.Int), big.NewInt(x), big.NewInt(y))
		if !fits(z, c.result) {
			return nil, invalid("%s %s overflow: %d %s %d", c.result, word, x, c.name, y)
		}
		return z.Int64(), nil
	}
}

// fits reports whether a number is in the range of its type.
func fits(z *big.Int, t *types.Type) bool {
	return z.IsInt64() && (t.Kind != types.KindInteger || z.Int64() == int64(int32(z.Int64())))
}

// divided guards a division against a divisor that is the whole number zero.
func divided(f scalar) scalar {
	return func(c *call, a []types.Value) (types.Value, error) {
		if a[1] == int64(0) {
			return nil, errDivisionByZero
		}
		return f(c, a)
	}
}

func negate(c *call, a []types.Value) (types.Value, error) {
	z := new(big.Int).Neg(big.NewInt(a[0].(int64)))
	if !fits(z, c.result) {
		return nil, invalid("%s negation overflow: %d", overflowWord(c.result), a[0])
	}
	return z.Int64(), nil
}

// overflowWord names a type in messages.
func overflowWord(t *types.Type) string {
	if t.Kind == types.KindIntervalDayToSecond || t.Kind == types.KindIntervalYearToMonth {
		return "interval"
	}
	return t.String()
}

func absolute(c *call, a []types.Value) (types.Value, error) {
	z := new(big.Int).Abs(big.NewInt(a[0].(int64)))
	if !fits(z, c.result) {
		return nil, invalid("Value %d is out of range for abs(%s)", a[0], c.result)
	}
	return z.Int64(), nil
}

func signOf(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

// power is Java's: it differs from Go's where the exponent is not finite.
func power(x, p float64) float64 {
	if math.IsNaN(p) || math.Abs(x) == 1 && math.IsInf(p, 0) {
		return math.NaN()
	}
	if n := math.Abs(p); n == math.Trunc(n) && (x == 10 && n < 400 || math.Abs(x) < 2 && n > 16 && n < 1<<62 && n*math.Abs(math.Log2(math.Abs(x))) < 1<<30) {
		return wholePower(x, p)
	}
	return math.Pow(x, p)
}

// wholePower multiplies with so many digits that none of the last ones is wrong.
func wholePower(x, p float64) float64 {
	const digits = 160
	out, square := big.NewFloat(1).SetPrec(digits), big.NewFloat(x).SetPrec(digits)
	for n := int64(math.Abs(p)); n > 0; n >>= 1 {
		if n&1 == 1 {
			out.Mul(out, square)
		}
		square.Mul(square, square)
	}
	if p < 0 {
		out.Quo(big.NewFloat(1).SetPrec(digits), out)
	}
	y, _ := out.Float64()
	return y
}

// roundTo rounds half away from zero at a decimal place, on the scaled binary number. From 2^53 on there is no fraction.
func roundTo(x float64, places int64) float64 {
	scale := math.Pow(10, float64(places))
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return x
	case scale == 0:
		return math.Copysign(0, x)
	case places < 0:
		scale = math.Pow(10, float64(-places))
		return math.Copysign(math.Floor(math.Abs(x)/scale+0.5)*scale, x)
	case !(math.Abs(x)*scale < 1<<53):
		return x
	}
	return math.Copysign(math.Floor(math.Abs(x)*scale+0.5)/scale, x)
}

func truncateTo(x float64, places int64) float64 {
	scale := math.Pow(10, math.Abs(float64(places)))
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0) || places >= 0 && !(math.Abs(x)*scale < 1<<53):
		return x
	case places < 0:
		if math.IsInf(scale, 1) {
			return 0
		}
		return math.Trunc(x/scale) * scale
	}
	return math.Trunc(x*scale) / scale
}

// roundInteger rounds whole numbers left of the decimal point, half away from zero.
func roundInteger(c *call, a []types.Value) (types.Value, error) {
	x, places := a[0].(int64), a[1].(int64)
	if places >= 0 {
		return x, nil
	}
	if places < -20 {
		return int64(0), nil
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(-places), nil)
	half := new(big.Int).Quo(unit, big.NewInt(2))
	z := new(big.Int).Add(new(big.Int).Abs(big.NewInt(x)), half)
	z.Mul(z.Quo(z, unit), unit)
	if x < 0 {
		z.Neg(z)
	}
	if !fits(z, c.result) {
		return nil, invalid("Out of range for %s: round(%d, %d)", c.result, x, places)
	}
	return z.Int64(), nil
}

func checkRadix(radix int64) error {
	if radix < 2 || radix > 36 {
		return invalid("Radix must be between 2 and 36")
	}
	return nil
}

func fromBase(s string, radix int64) (int64, error) {
	if err := checkRadix(radix); err != nil {
		return 0, err
	}
	x, err := strconv.ParseInt(s, int(radix), 64)
	if err != nil || strings.Contains(s, "_") {
		return 0, invalid("Not a valid base-%d number: %s", radix, s)
	}
	return x, nil
}

func toBase(x, radix int64) (string, error) {
	if err := checkRadix(radix); err != nil {
		return "", err
	}
	return strconv.FormatInt(x, int(radix)), nil
}

// random is rand() and its forms with bounds.
func random(c *call, a []types.Value) (types.Value, error) {
	dice := c.run.opts.Env.Rand
	if len(a) == 0 {
		return dice.Float64(), nil
	}
	if top, ok := a[0].(float64); ok {
		if !(top > 0) {
			return nil, invalid("bound must be positive")
		}
		return dice.Float64() * top, nil
	}
	low, high := int64(0), a[0].(int64)
	if len(a) == 2 {
		low, high = a[0].(int64), a[1].(int64)
	}
	switch {
	case low >= high && len(a) == 1:
		return nil, invalid("bound must be positive")
	case low >= high:
		return nil, invalid("start value must be less than stop value")
	}
	return low + dice.Int64N(high-low), nil
}

func bitCount(x, width int64) (int64, error) {
	if width < 2 || width > 64 {
		return 0, invalid("Bits specified in bit_count must be between 2 and 64, got %d", width)
	}
	if width < 64 && (x < -1<<(width-1) || x >= 1<<(width-1)) {
		return 0, invalid("Number must be representable with the bits specified. %d can not be represented with %d bits", x, width)
	}
	mask := ^uint64(0) >> (64 - width)
	return int64(bits.OnesCount64(uint64(x) & mask)), nil
}

// shifted makes a shift of what it does to numbers of 32 or 64 bits.
func shifted(f func(x int64, n, width uint) int64) scalar {
	return func(c *call, a []types.Value) (types.Value, error) {
		n, width := a[1].(int64), uint(64)
		if n < 0 {
			return nil, invalid("Specified shift must be positive")
		}
		if c.result.Kind == types.KindInteger {
			width = 32
		}
		return f(a[0].(int64), uint(n), width), nil
	}
}

// signed reads the last bits of x as a number with sign.
func signed(x uint64, width uint) int64 { return int64(x<<(64-width)) >> (64 - width) }
