package function

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Mathematical functions. Source: Timestream's "Mathematical functions"; Trino for the edges and for the functions that
// Timestream does not list (log, sinh, width_bucket and the distributions).
func init() {
	for name, f := range map[string]func(float64) float64{
		"cbrt": math.Cbrt, "degrees": degrees, "radians": radians, "exp": math.Exp, "ln": math.Log, "log2": math.Log2, "log10": log10,
		"sqrt": math.Sqrt, "truncate": math.Trunc, "acos": math.Acos, "asin": math.Asin, "atan": math.Atan, "cos": math.Cos,
		"cosh": math.Cosh, "sin": math.Sin, "sinh": math.Sinh, "tan": math.Tan, "tanh": math.Tanh,
	} {
		registerScalar(name+"(double) -> double", Scalar{Eval: unary(f)})
	}
	for name, x := range map[string]float64{"e": math.E, "pi": math.Pi, "infinity": math.Inf(1), "nan": math.NaN()} {
		registerScalar(name+"() -> double", Scalar{Eval: fixed(x)})
	}
	for name, f := range map[string]func(float64) bool{
		"is_nan": math.IsNaN, "is_infinite": func(x float64) bool { return math.IsInf(x, 0) },
		"is_finite": isFinite,
	} {
		registerScalar(name+"(double) -> boolean", Scalar{Eval: unary(f)})
	}
	registerScalar("pow(double, double) -> double", Scalar{Eval: binary(pow)})
	registerScalar("power(double, double) -> double", Scalar{Eval: binary(pow)})
	registerScalar("atan2(double, double) -> double", Scalar{Eval: binary(math.Atan2)})
	registerScalar("log(double, double) -> double", Scalar{Eval: binary(func(b, x float64) float64 { return math.Log(x) / math.Log(b) })})
	registerIntegerAndDouble()
	registerScalar("from_base(varchar, bigint) -> bigint", Scalar{CanFail: true, Eval: binaryErr(fromBase)})
	registerScalar("to_base(bigint, bigint) -> varchar", Scalar{CanFail: true, Eval: binaryErr(toBase)})
	registerScalar("width_bucket(double, double, double, bigint) -> bigint", Scalar{CanFail: true, Eval: perRow(widthBucket)})
	registerScalar("width_bucket(double, array(double)) -> bigint", Scalar{CanFail: true, Eval: perRow(widthBucketOf)})
}

// registerIntegerAndDouble registers the functions whose result has the argument's type.
func registerIntegerAndDouble() {
	for _, t := range []struct {
		name   string
		lowest int64
	}{{"integer", math.MinInt32}, {"bigint", math.MinInt64}} {
		for _, name := range []string{"ceiling", "ceil", "floor", "round"} {
			registerScalar(name+"("+t.name+") -> "+t.name, Scalar{Eval: unary(same)})
		}
		registerScalar("sign("+t.name+") -> "+t.name, Scalar{Eval: unary(signInt)})
		registerScalar("abs("+t.name+") -> "+t.name, Scalar{CanFail: true, Eval: unaryErr(absWithin(t.name, t.lowest))})
		registerScalar("round("+t.name+", bigint) -> "+t.name, Scalar{CanFail: true, Eval: binaryErr(roundWithin(t.name, t.lowest))})
	}
	registerScalar("ceiling(double) -> double", Scalar{Eval: unary(math.Ceil)})
	registerScalar("ceil(double) -> double", Scalar{Eval: unary(math.Ceil)})
	registerScalar("floor(double) -> double", Scalar{Eval: unary(math.Floor)})
	registerScalar("round(double) -> double", Scalar{Eval: unary(math.Round)})
	registerScalar("round(double, bigint) -> double", Scalar{Eval: decimals(roundAt)})
	registerScalar("truncate(double, bigint) -> double", Scalar{Eval: decimals(truncateAt)})
	registerScalar("sign(double) -> double", Scalar{Eval: unary(signDouble)})
	registerScalar("abs(double) -> double", Scalar{Eval: unary(math.Abs)})
}

func isFinite(x float64) bool { return math.Abs(x) <= math.MaxFloat64 }

func degrees(x float64) float64 { return x * (180 / math.Pi) }
func radians(x float64) float64 { return x / 180 * math.Pi }

// log10 is exact for powers of ten, as Java's is and Go's is not.
func log10(x float64) float64 {
	y := math.Log10(x)
	if n := math.Round(y); y != n && math.Abs(y-n) < 1e-9 && math.Pow10(int(n)) == x {
		return n
	}
	return y
}

// pow follows Java where that differs from C99: a NaN exponent gives NaN, and so does ±1 to an infinite power.
func pow(x, p float64) float64 {
	if math.IsNaN(p) || math.IsInf(p, 0) && (x == 1 || x == -1) {
		return math.NaN()
	}
	if x == 10 && p == math.Trunc(p) && math.Abs(p) < 400 {
		return math.Pow10(int(p))
	}
	if math.Abs(p) > 16 && isFinite(p) {
		if l := math.Log(math.Abs(x)); math.Abs(l) < 0.5 {
			return powNearOne(x, p, l)
		}
	}
	return math.Pow(x, p)
}

// powNearOne is x to a large power by the logarithm l of |x|, which is small. Go multiplies as often as the exponent says, and
// the error grows with every time: ten million times make eleven good digits of sixteen.
func powNearOne(x, p, l float64) float64 {
	product := p * l
	lost := math.FMA(p, l, -product)
	y := math.Exp(product)
	if isFinite(y) {
		y += y * lost
	}
	switch {
	case x > 0:
		return y
	case p != math.Trunc(p):
		return math.NaN()
	case math.Mod(p, 2) != 0:
		return -y
	}
	return y
}

func signInt(x int64) int64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

func signDouble(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // zero keeps its sign, NaN stays
}

func absWithin(typeName string, lowest int64) func(int64) (int64, error) {
	return func(x int64) (int64, error) {
		if x == lowest {
			return 0, invalid("Value %d is out of range for abs(%s)", x, typeName)
		}
		if x < 0 {
			return -x, nil
		}
		return x, nil
	}
}

// roundWithin rounds integers left of the decimal point, half away from zero.
func roundWithin(typeName string, lowest int64) func(x, places int64) (int64, error) {
	return func(x, places int64) (int64, error) {
		if places >= 0 || x == 0 {
			return x, nil
		}
		if places < -19 {
			return 0, nil
		}
		// Magnitudes as unsigned numbers hold 10^19 and the lowest integer.
		magnitude, unit := uint64(x), uint64(1)
		if x < 0 {
			magnitude = -magnitude
		}
		for n := places; n < 0; n++ {
			unit *= 10
		}
		rest := magnitude % unit
		magnitude -= rest
		if rest >= unit-rest {
			magnitude += unit
		}
		switch limit := uint64(-(lowest + 1)); { // the highest value of the type
		case x >= 0 && magnitude <= limit:
			return int64(magnitude), nil
		case x < 0 && magnitude <= limit+1:
			return -int64(magnitude), nil
		}
		return 0, invalid("Out of range for %s: round(%d, %d)", typeName, x, places)
	}
}

// decimals makes the code of round and truncate to a number of decimal places, which is nearly always constant.
func decimals(f func(x, scale float64, negative bool) float64) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		x, places, out := read[float64](a.Vecs[0]), read[int64](a.Vecs[1]), make([]float64, a.Rows)
		last, scale := int64(0), 1.0
		for i := range out {
			if a.skipped(i) {
				continue
			}
			if n := places.at(i); n != last {
				places := min(max(n, -400), 400) // more make 10^n infinite anyway
				last, scale = n, math.Pow10(int(max(places, -places)))
			}
			out[i] = f(x.at(i), scale, last < 0)
		}
		return vector.Doubles(out, nil), nil
	}
}

// maxExact is the magnitude from which doubles have no fraction.
const maxExact = 1 << 53

// roundAt rounds x to a decimal place, half away from zero, in the way of Java: the place is that of the scaled binary
// number. scale is 10 to the number of places, or to its negation.
func roundAt(x, scale float64, negative bool) float64 {
	magnitude := math.Abs(x)
	if negative {
		if math.IsInf(scale, 1) {
			return scaleAway(x)
		}
		return math.Copysign(math.Floor(magnitude/scale+0.5)*scale, x)
	}
	scaled := magnitude * scale
	if !(scaled < maxExact) {
		return x
	}
	return math.Copysign(math.Floor(scaled+0.5)/scale, x)
}

// truncateAt cuts x at a decimal place.
func truncateAt(x, scale float64, negative bool) float64 {
	if negative {
		if math.IsInf(scale, 1) {
			return scaleAway(x)
		}
		return math.Trunc(x/scale) * scale
	}
	scaled := x * scale
	if !(math.Abs(scaled) < maxExact) {
		return x
	}
	return math.Trunc(scaled) / scale
}

// scaleAway is what remains of x at a place left of all its digits: zero, unless x has none.
func scaleAway(x float64) float64 {
	if !isFinite(x) {
		return x
	}
	return 0
}

const badRadix = "Radix must be between 2 and 36"

// fromBase reads a number in another base as Java's Long.parseLong does.
func fromBase(s string, radix int64) (int64, error) {
	if radix < 2 || radix > 36 {
		return 0, invalid(badRadix)
	}
	x, err := strconv.ParseInt(s, int(radix), 64)
	if err != nil || strings.ContainsRune(s, '_') {
		return 0, invalid("Not a valid base-%d number: %s", radix, s)
	}
	return x, nil
}

func toBase(x, radix int64) (string, error) {
	if radix < 2 || radix > 36 {
		return "", invalid(badRadix)
	}
	return strconv.FormatInt(x, int(radix)), nil
}

// widthBucket tells which of n equal buckets between two bounds a value falls into: 0 below, n+1 above. The bounds may be
// in either order.
func widthBucket(a *Args) func(i int) (int64, error) {
	value, low, high, count := read[float64](a.Vecs[0]), read[float64](a.Vecs[1]), read[float64](a.Vecs[2]), read[int64](a.Vecs[3])
	return func(i int) (int64, error) {
		x, lo, hi, n := value.at(i), low.at(i), high.at(i), count.at(i)
		switch {
		case n <= 0:
			return 0, invalid("bucketCount must be greater than 0")
		case math.IsNaN(x):
			return 0, invalid("operand must not be NaN")
		case !isFinite(lo):
			return 0, invalid("first bound must be finite")
		case !isFinite(hi):
			return 0, invalid("second bound must be finite")
		case lo == hi:
			return 0, invalid("bounds cannot equal each other")
		case n == math.MaxInt64:
			return 0, invalid("Bucket for value %s is out of range", types.Text(types.Double, x))
		}
		from, to := min(lo, hi), max(lo, hi)
		var result int64
		switch {
		case x < from:
			result = 0
		case x >= to:
			result = n + 1
		default:
			result = bucketOf(x, from, to, n)
		}
		if lo > hi {
			result = n - result + 1
		}
		return result, nil
	}
}

// bucketOf computes floor(n * (x-from) / (to-from)) + 1; big numbers keep it right where doubles would round up to the
// next bucket or overflow.
func bucketOf(x, from, to float64, n int64) int64 {
	if y := float64(n) * ((x - from) / (to - from)); y < maxExact && math.Abs(y-math.Round(y)) > 1e-6 {
		return int64(y) + 1
	}
	rat := func(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }
	q := new(big.Rat).Quo(new(big.Rat).Sub(rat(x), rat(from)), new(big.Rat).Sub(rat(to), rat(from)))
	q.Mul(q, new(big.Rat).SetInt64(n))
	return new(big.Int).Quo(q.Num(), q.Denom()).Int64() + 1
}

// widthBucketOf tells how many of the ascending bounds a value reaches.
func widthBucketOf(a *Args) func(i int) (int64, error) {
	value, bounds := read[float64](a.Vecs[0]), readArrays(a.Vecs[1])
	edges := read[float64](bounds.elems)
	return func(i int) (int64, error) {
		x := value.at(i)
		from, to := bounds.at(i)
		switch {
		case from == to:
			return 0, invalid("Bins cannot be an empty array")
		case math.IsNaN(x):
			return 0, invalid("Operand cannot be NaN")
		}
		reached := int64(0)
		for j := from; j < to; j++ {
			edge := edges.at(j)
			switch {
			case bounds.elems.IsNull(j):
				return 0, invalid("Bin values cannot be NULL")
			case !isFinite(edge):
				return 0, invalid("Bin value must be finite, got %s", types.Text(types.Double, edge))
			case j > from && edge <= edges.at(j-1):
				return 0, invalid("Bin values are not sorted in ascending order")
			}
			if x >= edge {
				reached++
			}
		}
		return reached, nil
	}
}
