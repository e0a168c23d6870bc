package generator

import (
	"math"
	"time"
)

// dice is a small random number generator. Sources start one for each point from a hash of the seed, the series and the
// time, which is what makes a point independent of every other one.
type dice uint64

// golden is the step of SplitMix64: 2^64 divided by the golden ratio.
const golden = 0x9e3779b97f4a7c15

// scramble is the finalizer of SplitMix64: every bit of the result depends on every bit of x.
func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// roll returns dice that depend on all of its arguments, and on their order.
func roll(parts ...uint64) dice {
	h := uint64(golden)
	for _, p := range parts {
		h = scramble(h + p + golden)
	}
	return dice(h)
}

// rollText returns a number that depends on seed and on a text.
func rollText(seed uint64, text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return uint64(roll(seed, h))
}

// next returns 64 random bits.
func (d *dice) next() uint64 {
	*d += golden
	return scramble(uint64(*d))
}

// unit returns a number in [0, 1).
func (d *dice) unit() float64 { return float64(d.next()>>11) / (1 << 53) }

// below returns a number in [0, n).
func (d *dice) below(n int64) int64 { return int64(d.next() % uint64(n)) }

// between returns a number in [low, high).
func (d *dice) between(low, high float64) float64 { return low + (high-low)*d.unit() }

// bell returns a number of a nearly normal distribution with mean 0 and deviation 1: the sum of four even ones, which is
// quick and never leaves [-3.5, 3.5].
func (d *dice) bell() float64 {
	bits := d.next()
	sum := bits&0xffff + bits>>16&0xffff + bits>>32&0xffff + bits>>48
	return (float64(sum)/65536 - 2) * math.Sqrt(3)
}

// skewed returns a number of an exponential distribution with mean 1: many small ones, few large ones.
func (d *dice) skewed() float64 { return -math.Log(1 - d.unit()) }

// name returns n random letters and digits.
func (d *dice) name(n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[d.below(int64(len(letters)))]
	}
	return string(b)
}

// drift is a value in [0, 1) that moves slowly with time: random at multiples of period, in between on a line.
func drift(id uint64, t int64, period time.Duration) float64 {
	k := floorDiv(t, int64(period))
	a, b := roll(id, uint64(k)), roll(id, uint64(k+1))
	share := float64(t-k*int64(period)) / float64(period)
	return a.unit()*(1-share) + b.unit()*share
}

// wave is the load of the day in [0, 1]: lowest at 3 o'clock and highest at 15 o'clock of a place some hours east of UTC.
func wave(t int64, hoursEast float64) float64 {
	const day = float64(24 * time.Hour)
	phase := float64(t)/day + (hoursEast-9)/24
	return 0.5 + 0.5*math.Sin(2*math.Pi*(phase-math.Floor(phase)))
}

// hundredths rounds x to whole hundredths, not below low.
func hundredths(x, low float64) int64 { return int64(math.Round(max(x, low) * 100)) }

// floorDiv divides and rounds towards minus infinity, so that grids go on before 1970.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// ceilDiv divides and rounds towards plus infinity.
func ceilDiv(a, b int64) int64 { return -floorDiv(-a, b) }
