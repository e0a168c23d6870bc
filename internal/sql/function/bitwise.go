package function

import "math/bits"

// Bitwise functions on two's complement numbers. Source: Timestream's "Bitwise functions"; the shifts are Trino's.
func init() {
	for name, f := range map[string]func(x, y int64) int64{
		"bitwise_and": func(x, y int64) int64 { return x & y },
		"bitwise_or":  func(x, y int64) int64 { return x | y },
		"bitwise_xor": func(x, y int64) int64 { return x ^ y },
	} {
		registerScalar(name+"(bigint, bigint) -> bigint", Scalar{Eval: binary(f)})
	}
	registerScalar("bitwise_not(bigint) -> bigint", Scalar{Eval: unary(func(x int64) int64 { return ^x })})
	registerScalar("bit_count(bigint, bigint) -> bigint", Scalar{CanFail: true, Eval: binaryErr(bitCount)})
	for name, f := range shifts {
		registerScalar(name+"(integer, bigint) -> integer", Scalar{CanFail: true, Eval: binaryErr(shift(func(x, n int64) int64 {
			return int64(f.integer(int32(x), uint64(n)))
		}))})
		registerScalar(name+"(bigint, bigint) -> bigint", Scalar{CanFail: true, Eval: binaryErr(shift(func(x, n int64) int64 {
			return f.bigint(x, uint64(n))
		}))})
	}
}

// shifts are the functions that shift, in the two sizes of numbers.
var shifts = map[string]struct {
	integer func(x int32, n uint64) int32
	bigint  func(x int64, n uint64) int64
}{
	"bitwise_left_shift":             {func(x int32, n uint64) int32 { return x << n }, func(x int64, n uint64) int64 { return x << n }},
	"bitwise_right_shift":            {func(x int32, n uint64) int32 { return int32(uint32(x) >> n) }, func(x int64, n uint64) int64 { return int64(uint64(x) >> n) }},
	"bitwise_right_shift_arithmetic": {func(x int32, n uint64) int32 { return x >> n }, func(x int64, n uint64) int64 { return x >> n }},
}

// shift checks by how much a number is shifted.
func shift(f func(x, n int64) int64) func(x, n int64) (int64, error) {
	return func(x, n int64) (int64, error) {
		if n < 0 {
			return 0, invalid("Specified shift must be positive")
		}
		return f(x, n), nil
	}
}

// bitCount counts the ones of x, written in a number of bits.
func bitCount(x, width int64) (int64, error) {
	if width < 2 || width > 64 {
		return 0, invalid("Bits specified in bit_count must be between 2 and 64, got %d", width)
	}
	if unused := 64 - uint(width); x<<unused>>unused != x {
		return 0, invalid("Number must be representable with the bits specified. %d can not be represented with %d bits", x, width)
	}
	return int64(bits.OnesCount64(uint64(x) & (^uint64(0) >> (64 - uint(width))))), nil
}
