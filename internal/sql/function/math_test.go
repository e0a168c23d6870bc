package function

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tidemarkdb/tidemark/internal/types"
)

func TestMathOperators_4_5(t *testing.T) {
	checkSamples(t, []sample{
		{"1 + 2", "3"}, {"1 + 2.5", "3.5"}, {"2 - 5", "-3"}, {"3 * 4", "12"}, {"7 / 2", "3"}, {"-7 / 2", "-3"}, {"7 % 3", "1"}, {"-7 % 3", "-1"}, {"7.5 % 2", "1.5"},
		{"1636699996445 / 1000", "1636699996"}, {"5 * 100.0 / 5", "100.0"}, {"1.0 / 0", "Infinity"}, {"0.0 / 0", "NaN"}, {"-1.0 / 0.0", "-Infinity"},
		{"1 / 0", "error: Division by zero"}, {"1 % 0", "error: Division by zero"}, {"mod(5, 3)", "2"}, {"mod(-5, 3)", "-2"},
		{"2147483647 + 1", "error: integer addition overflow: 2147483647 + 1"},
		{"65536 * 65536", "error: integer multiplication overflow: 65536 * 65536"}, {"bigint '65536' * 65536", "4294967296"},
		{"bigint '9223372036854775807' + 1", "error: bigint addition overflow: 9223372036854775807 + 1"},
		{"bigint '-9223372036854775808' - 1", "error: bigint subtraction overflow: -9223372036854775808 - 1"},
		{"bigint '-9223372036854775808' / -1", "error: bigint division overflow: -9223372036854775808 / -1"},
		{"bigint '-9223372036854775808' % -1", "0"}, {"-(bigint '-9223372036854775808')", "error: bigint negation overflow: -9223372036854775808"},
		{"-(1.5)", "-1.5"}, {"NULL + 1", "NULL"}, {"1 / NULL", "NULL"},
	})
}

func TestIntegerArithmeticAgreesWithBigNumbers(t *testing.T) {
	numbers := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MinInt64 + 1, 1 << 32, -1 << 31}))
	rapid.Check(t, func(rt *rapid.T) {
		x, y := numbers.Draw(rt, "x"), numbers.Draw(rt, "y")
		p, q := big.NewInt(x), big.NewInt(y)
		for name, op := range map[string]struct {
			f    func(a, b int64) (int64, bool)
			want *big.Int
		}{"+": {addInt64, new(big.Int).Add(p, q)}, "-": {subInt64, new(big.Int).Sub(p, q)}, "*": {mulInt64, new(big.Int).Mul(p, q)}} {
			got, ok := op.f(x, y)
			if ok != op.want.IsInt64() || ok && got != op.want.Int64() {
				rt.Fatalf("%d %s %d = %d, %v; want %s", x, name, y, got, ok, op.want)
			}
		}
	})
}

func TestMathFunctions_4_6(t *testing.T) {
	checkSamples(t, []sample{
		{"abs(-5)", "5"}, {"abs(-5.5)", "5.5"}, {"abs(bigint '-7')", "7"},
		{"abs(integer '-2147483648')", "error: Value -2147483648 is out of range for abs(integer)"},
		{"abs(bigint '-9223372036854775808')", "error: Value -9223372036854775808 is out of range for abs(bigint)"},
		{"cbrt(27)", "3.0"}, {"ceiling(1.2)", "2.0"}, {"ceil(-1.2)", "-1.0"}, {"ceil(5)", "5"}, {"floor(-1.2)", "-2.0"}, {"floor(7)", "7"},
		{"degrees(pi())", "180.0"}, {"radians(180)", "3.141592653589793"}, {"e()", "2.718281828459045"}, {"pi()", "3.141592653589793"}, {"exp(0)", "1.0"},
		{"from_base('1f', 16)", "31"}, {"from_base('-1F', 16)", "-31"}, {"from_base('12', 2)", "error: Not a valid base-2 number: 12"},
		{"from_base('1_0', 10)", "error: Not a valid base-10 number: 1_0"}, {"from_base('1', 1)", "error: Radix must be between 2 and 36"},
		{"to_base(255, 16)", "ff"}, {"to_base(-255, 2)", "-11111111"}, {"to_base(1, 37)", "error: Radix must be between 2 and 36"},
		{"ln(e())", "1.0"}, {"log2(8)", "3.0"}, {"log10(1000)", "3.0"}, {"log10(0.001)", "-3.0"}, {"log10(1e15)", "15.0"}, {"ln(0)", "-Infinity"}, {"log10(-1)", "NaN"},
		{"log(2, 64)", "6.0"},
		{"pow(2, 10)", "1024.0"}, {"power(2, -1)", "0.5"}, {"pow(1, nan())", "NaN"}, {"pow(nan(), 0)", "1.0"}, {"pow(-1, infinity())", "NaN"},
		{"sqrt(16)", "4.0"}, {"sqrt(-1)", "NaN"}, {"truncate(3.9)", "3.0"}, {"truncate(-3.9)", "-3.0"}, {"truncate(12.345, 1)", "12.3"}, {"truncate(1234.0, -2)", "1200.0"},
		{"sign(-3)", "-1"}, {"sign(0)", "0"}, {"sign(2.5)", "1.0"}, {"sign(nan())", "NaN"}, {"sign(-infinity())", "-1.0"},
		{"acos(1)", "0.0"}, {"asin(2)", "NaN"}, {"atan(0)", "0.0"}, {"atan2(0, 1)", "0.0"}, {"cos(0)", "1.0"}, {"cosh(0)", "1.0"}, {"sin(0)", "0.0"}, {"sinh(0)", "0.0"},
		{"tan(0)", "0.0"}, {"tanh(0)", "0.0"}, {"infinity()", "Infinity"}, {"nan()", "NaN"},
		{"is_finite(1.0)", "true"}, {"is_finite(nan())", "false"}, {"is_infinite(-infinity())", "true"}, {"is_nan(nan())", "true"}, {"is_nan(NULL)", "NULL"},
	})
}

func TestRound_4_6(t *testing.T) {
	checkSamples(t, []sample{
		{"round(2.5)", "3.0"}, {"round(-2.5)", "-3.0"}, {"round(2.4)", "2.0"}, {"round(5)", "5"}, {"round(nan())", "NaN"}, {"round(infinity())", "Infinity"},
		{"round(2.345, 2)", "2.35"}, {"round(-2.345, 2)", "-2.35"}, {"round(49.366666666666674, 2)", "49.37"}, {"round(1.005, 2)", "1.0"},
		{"round(1234.5, -2)", "1200.0"}, {"round(1250.0, -2)", "1300.0"}, {"round(1e20, 2)", "1.0E20"}, {"round(nan(), 2)", "NaN"}, {"round(-infinity(), -3)", "-Infinity"},
		{"round(0.5, 400)", "0.5"}, {"round(0.5, -400)", "0.0"}, {"round(5.0, bigint '-9223372036854775808')", "0.0"},
		{"round(1234, -2)", "1200"}, {"round(1250, -2)", "1300"}, {"round(-1250, -2)", "-1300"}, {"round(1234, 2)", "1234"}, {"round(5, -1)", "10"}, {"round(4, -1)", "0"},
		{"round(2147483647, -1)", "error: Out of range for integer: round(2147483647, -1)"}, {"round(integer '-2147483648', 0)", "-2147483648"},
		{"round(bigint '9223372036854775807', -1)", "error: Out of range for bigint: round(9223372036854775807, -1)"},
		{"round(bigint '9223372036854775807', -19)", "error: Out of range for bigint: round(9223372036854775807, -19)"}, {"round(bigint '4', -25)", "0"},
	})
}

func TestMathExtras_4_6(t *testing.T) {
	checkSamples(t, []sample{
		{"width_bucket(3.14, 0, 4, 3)", "3"}, {"width_bucket(2, 0, 4, 3)", "2"}, {"width_bucket(infinity(), 0, 4, 3)", "4"}, {"width_bucket(-1, 0, 3.2, 4)", "0"},
		{"width_bucket(3.14, 4, 0, 3)", "1"}, {"width_bucket(2, 4, 0, 3)", "2"}, {"width_bucket(-1, 3.2, 0, 4)", "5"}, {"width_bucket(4, 0, 4, 3)", "4"},
		{"width_bucket(1, 0, 4, 0)", "error: bucketCount must be greater than 0"}, {"width_bucket(nan(), 0, 4, 1)", "error: operand must not be NaN"},
		{"width_bucket(1, 4, 4, 2)", "error: bounds cannot equal each other"}, {"width_bucket(1, infinity(), 4, 2)", "error: first bound must be finite"},
		{"width_bucket(3.14, ARRAY[0.0, 2.0, 4.0])", "2"}, {"width_bucket(-1, ARRAY[0.0, 2.0])", "0"}, {"width_bucket(9, ARRAY[0, 2])", "2"},
		{"width_bucket(1, ARRAY[2.0, 0.0])", "error: Bin values are not sorted in ascending order"}, {"width_bucket(1, ARRAY[])", "error: Bins cannot be an empty array"},
		{"width_bucket(1, ARRAY[NULL, 2.0])", "error: Bin values cannot be NULL"},
		{"round(normal_cdf(0, 1, 1.96), 6)", "0.975002"}, {"normal_cdf(2, 1, 2)", "0.5"}, {"normal_cdf(0, 0, 1)", "error: standardDeviation must be > 0"},
		{"round(inverse_normal_cdf(0, 1, 0.975), 6)", "1.959964"}, {"inverse_normal_cdf(5, 2, 0.5)", "5.0"}, {"inverse_normal_cdf(0, 1, 1)", "error: p must be 0 > p > 1"},
		{"round(beta_cdf(2, 3, 0.5), 10)", "0.6875"}, {"beta_cdf(1, 1, 0)", "0.0"}, {"round(beta_cdf(3, 3.6, 0.3), 6)", "0.217648"}, {"beta_cdf(0, 1, 0.5)", "error: a, b must be > 0"},
		{"cosine_similarity(ARRAY[1, 2], ARRAY[2, 4])", "0.9999999999999998"}, {"cosine_similarity(ARRAY[1.0], ARRAY[-1.0])", "-1.0"}, {"cosine_similarity(ARRAY[1], ARRAY[NULL])", "NULL"},
		{"cosine_similarity(ARRAY[1], ARRAY[1, 2])", "error: The arguments must have the same length"},
	})
}

func TestRandom_4_6(t *testing.T) {
	for range 100 {
		a := testArgs(50, types.Double)
		for _, name := range []string{"rand", "random"} {
			fn, _, err := ResolveScalar(name, nil, nil)
			if err != nil || !fn.Volatile {
				t.Fatalf("%s: %v", name, err)
			}
			v, err := fn.Eval(a)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[float64]bool{}
			for _, x := range v.Floats {
				if x < 0 || x >= 1 || seen[x] {
					t.Fatalf("%s() = %v", name, x)
				}
				seen[x] = true
			}
		}
	}
	checkSamples(t, []sample{
		{"random(1)", "0"}, {"random(bigint '1')", "0"}, {"random(5, 6)", "5"}, {"random(0)", "error: bound must be positive"}, {"rand(-1)", "error: bound must be positive"},
		{"random(2, 2)", "error: start value must be less than stop value"}, {"random(NULL)", "NULL"},
		{"random(-1.0)", "error: bound must be positive"},
		{"random(bigint '-9223372036854775808', bigint '-9223372036854775807')", "-9223372036854775808"},
	})
}

func TestBitwiseFunctions_4_9(t *testing.T) {
	checkSamples(t, []sample{
		{"bit_count(19, 8)", "3"}, {"bit_count(-7, 8)", "6"}, {"bit_count(-1, 64)", "64"}, {"bit_count(0, 2)", "0"},
		{"bit_count(19, 2)", "error: Number must be representable with the bits specified. 19 can not be represented with 2 bits"},
		{"bit_count(1, 1)", "error: Bits specified in bit_count must be between 2 and 64, got 1"}, {"bit_count(-128, 8)", "1"},
		{"bitwise_and(12, 7)", "4"}, {"bitwise_not(12)", "-13"}, {"bitwise_or(12, 7)", "15"}, {"bitwise_xor(12, 7)", "11"},
		{"bitwise_left_shift(1, 4)", "16"}, {"bitwise_left_shift(1, 64)", "0"}, {"bitwise_right_shift(-1, 60)", "0"}, {"bitwise_right_shift(-4294967296, 60)", "15"}, {"bitwise_right_shift_arithmetic(-16, 2)", "-4"},
		{"bitwise_right_shift_arithmetic(-1, 99)", "-1"}, {"bitwise_left_shift(1, -1)", "error: Specified shift must be positive"},
	})
}
