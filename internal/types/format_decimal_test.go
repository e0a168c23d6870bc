package types

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// slowDouble is AppendDouble for 1e-3 <= |x| < 1e7 by strconv alone.
func slowDouble(x float64) string {
	s := strconv.FormatFloat(x, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// TestShortDecimals: the quick way for decimals writes what the shortest digits are.
func TestShortDecimals(t *testing.T) {
	check := func(x float64) {
		t.Helper()
		if a := math.Abs(x); a < 1e-3 || a >= 1e7 {
			return
		}
		if got, want := string(AppendDouble(nil, x)), slowDouble(x); got != want {
			t.Fatalf("%b: got %s, want %s", x, got, want)
		}
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 40_000 {
		for digits, scale := 0, 1.0; digits <= 6; digits, scale = digits+1, scale*10 {
			x := float64(rng.Int64N(int64(1e7*scale))) / scale
			for _, near := range []float64{x, -x, math.Nextafter(x, 0), math.Nextafter(x, 1e8)} {
				check(near)
			}
		}
		check(math.Exp(rng.Float64()*23 - 7))
	}
	for _, x := range []float64{0.001, 0.0010000000000000002, 9999999.9999, 9999999.999999998, 0.1, 0.30000000000000004, 1, 123456.789} {
		check(x)
	}
}

func BenchmarkAppendDouble(b *testing.B) {
	for name, x := range map[string]float64{"decimal": 13.62, "whole": 42, "full": math.Pi} {
		b.Run(name, func(b *testing.B) {
			var buf [40]byte
			for b.Loop() {
				AppendDouble(buf[:0], x)
			}
		})
	}
}
