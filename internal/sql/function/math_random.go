package function

import (
	"math"
)

// Random numbers. They come from Env.Rand, so that a test with a seed gets the same ones.
func init() {
	for _, name := range []string{"rand", "random"} {
		registerScalar(name+"() -> double", Scalar{Volatile: true, Eval: perRow(func(a *Args) func(i int) (float64, error) {
			return func(int) (float64, error) { return a.Env.Rand.Float64(), nil }
		})})
		for _, t := range []string{"integer", "bigint"} {
			registerScalar(name+"("+t+") -> "+t, Scalar{Volatile: true, CanFail: true, Eval: perRow(randomBelow)})
			registerScalar(name+"("+t+", "+t+") -> "+t, Scalar{Volatile: true, CanFail: true, Eval: perRow(randomBetween)})
		}
		registerScalar(name+"(double) -> double", Scalar{Volatile: true, CanFail: true, Eval: perRow(randomBelowDouble)})
	}
}

// randomBelow draws from [0, bound).
func randomBelow(a *Args) func(i int) (int64, error) {
	bound := read[int64](a.Vecs[0])
	return func(i int) (int64, error) {
		if bound.at(i) <= 0 {
			return 0, invalid("bound must be positive")
		}
		return a.Env.Rand.Int64N(bound.at(i)), nil
	}
}

// randomBelowDouble draws from [0, bound).
func randomBelowDouble(a *Args) func(i int) (float64, error) {
	bound := read[float64](a.Vecs[0])
	return func(i int) (float64, error) {
		n := bound.at(i)
		if !(n > 0) || math.IsInf(n, 1) {
			return 0, invalid("bound must be positive")
		}
		return a.Env.Rand.Float64() * n, nil
	}
}

// randomBetween draws from [low, high).
func randomBetween(a *Args) func(i int) (int64, error) {
	low, high := read[int64](a.Vecs[0]), read[int64](a.Vecs[1])
	return func(i int) (int64, error) {
		lo, hi := low.at(i), high.at(i)
		if lo >= hi {
			return 0, invalid("start value must be less than stop value")
		}
		return lo + int64(a.Env.Rand.Uint64N(uint64(hi)-uint64(lo))), nil
	}
}
