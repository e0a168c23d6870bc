package encoding

import (
	"math"
	"math/bits"
)

// digitsMax is the largest code of a decimal of 15 digits. A double stands for at most one decimal of up to 15 digits, so that
// sums of those are the same whichever way they are found.
const digitsMax = 1e15

// DecimalSum adds doubles exactly, as long as all of them are decimals and have at most 15 digits when each is written with
// as many decimals as the one that needs most. The sum does not depend on the order, nor on how the values are
// split into calls. The zero DecimalSum is the sum of nothing.
type DecimalSum struct {
	hi, lo  uint64 // the sum of the codes, in two's complement
	scale   int
	most    uint64 // the largest magnitude of a code
	inexact bool
}

// Survey is what a look at the codes of decimals tells.
type Survey struct {
	Low, High int64
	Sum       int64
	Fits      bool // the sum is right
}

// Survey looks at the codes, of which there must be some.
func (d Decimals) Survey() Survey {
	low, high, sum := d.Codes[0], d.Codes[0], int64(0)
	for _, c := range d.Codes {
		if c < low {
			low = c
		}
		if c > high {
			high = c
		}
		sum += c
	}
	limit := math.MaxInt64 / int64(len(d.Codes))
	return Survey{low, high, sum, -limit <= low && high <= limit}
}

// Value returns the double that a code stands for.
func (d Decimals) Value(code int64) float64 { return float64(code) / powers[d.Scale] }

// AddDecimals adds values that are known as decimals and have been surveyed. It returns false, and has added nothing, if they
// have so many digits that it takes a closer look: then the caller adds them as doubles.
func (s *DecimalSum) AddDecimals(d Decimals, look Survey) bool {
	p := DecimalSum{scale: d.Scale, most: uint64(max(look.High, -look.Low))}
	if p.most > digitsMax {
		return false
	}
	down := sharedZeros(d.Codes, d.Scale)
	if down == 0 && look.Fits {
		p.lo, p.hi = uint64(look.Sum), uint64(look.Sum>>63)
	} else {
		p = DecimalSum{scale: d.Scale - down}
		for _, c := range d.Codes {
			p.add(c / tens[down])
		}
	}
	if !s.inexact {
		s.join(p)
	}
	return true
}

// AddDoubles adds values.
func (s *DecimalSum) AddDoubles(vals []float64) {
	scale := 0
	for _, v := range vals {
		if s.inexact {
			return
		}
		if _, ok := decimalCode(v, scale); ok {
			continue
		}
		more, ok := scaleOf(v, scale+1)
		scale, s.inexact = more, !ok
	}
	p := DecimalSum{scale: scale}
	for _, v := range vals {
		code, ok := decimalCode(v, scale)
		if !ok {
			s.inexact = true
			return
		}
		p.add(code)
	}
	s.join(p)
}

// add adds a code.
func (s *DecimalSum) add(code int64) {
	sign := uint64(code >> 63)
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, uint64(code), 0)
	s.hi += sign + carry
	if magnitude := (uint64(code) ^ sign) - sign; magnitude > s.most {
		s.most = magnitude
	}
}

// join adds a sum whose scale is as small as its values allow.
func (s *DecimalSum) join(p DecimalSum) {
	scale := max(s.scale, p.scale)
	if !s.rescale(scale) || !p.rescale(scale) {
		s.inexact = true
		return
	}
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, p.lo, 0)
	s.hi, _ = bits.Add64(s.hi, p.hi, carry)
	s.most = max(s.most, p.most)
}

// rescale raises the scale; false if values get too many digits.
func (s *DecimalSum) rescale(scale int) bool {
	factor := uint64(tens[scale-s.scale])
	if s.most > digitsMax/factor {
		return false
	}
	high, low := bits.Mul64(s.lo, factor)
	s.hi, s.lo = s.hi*factor+high, low
	s.most, s.scale = s.most*factor, scale
	return true
}

// Value returns the sum as an integer to be divided by 10^scale, with the smallest scale there is; false if it is not
// exact or does not fit.
func (s *DecimalSum) Value() (sum int64, scale int, exact bool) {
	hi, lo, negative := s.hi, s.lo, s.hi>>63 == 1
	if negative {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	for scale = s.scale; scale > 0; scale-- {
		high, rest := hi/10, hi%10
		low, rest := bits.Div64(rest, lo, 10)
		if rest > 0 {
			break
		}
		hi, lo = high, low
	}
	if s.inexact || hi > 0 || lo > 1<<63-1 {
		return 0, 0, false
	}
	if negative {
		return -int64(lo), scale, true
	}
	return int64(lo), scale, true
}

// tens are the powers of ten up to the largest scale that is looked for.
var tens = func() (t [decimalScaleMax + 1]int64) {
	t[0] = 1
	for i := range t[1:] {
		t[i+1] = 10 * t[i]
	}
	return t
}()

// sharedZeros returns how many zeros all codes end in, at most limit.
func sharedZeros(codes []int64, limit int) int {
	for n := range limit {
		for _, c := range codes {
			if c%tens[n+1] != 0 {
				return n
			}
		}
	}
	return limit
}
