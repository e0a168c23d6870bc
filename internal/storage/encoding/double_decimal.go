package encoding

import (
	"math"
	"slices"
)

// How decimals are found and stored.
const (
	// decimalScaleMax is the largest number of decimals that the encoder looks for.
	decimalScaleMax = 15
	// decimalCodeMax is the largest code: integers up to it are exact as doubles, so that code/10^scale is the double
	// nearest to the decimal, the one that a parser of decimal numbers gives.
	decimalCodeMax = 1 << 53
	// decimalSample is how many values are looked at for a first guess of the scale.
	decimalSample = 32
	// decimalOddShare limits the values that are kept apart to one in as many.
	decimalOddShare = 16
	// decimalChunk is how many codes are decoded before they become doubles; they stay in the nearest cache.
	decimalChunk = 512
)

// powers are the powers of ten that are exact doubles; scales up to the last are readable.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// Decimals is doubles as integers: value i is Codes[i] / 10^Scale, to the bit. Codes is nil if some value is no short
// decimal. There is a code for each value that is not NULL.
type Decimals struct {
	Codes []int64
	Scale int
}

// decimalCode returns v * 10^scale if that is an integer from which v comes back bit by bit.
func decimalCode(v float64, scale int) (int64, bool) {
	scaled := v * powers[scale]
	if !(math.Abs(scaled) <= decimalCodeMax) { // NaN as well
		return 0, false
	}
	code := int64(math.RoundToEven(scaled))
	return code, math.Float64bits(float64(code)/powers[scale]) == math.Float64bits(v)
}

// scaleOf returns the smallest scale from low up at which v is a decimal.
func scaleOf(v float64, low int) (int, bool) {
	for scale := low; scale <= decimalScaleMax; scale++ {
		if _, ok := decimalCode(v, scale); ok {
			return scale, true
		}
	}
	return 0, false
}

// guessScale returns the scale that all but a few of a sample of values need; false if they are mostly no decimals.
func guessScale(vals []float64) (int, bool) {
	var scales [2 * decimalSample]int
	looked, found := 0, 0
	for i := 0; i < len(vals); i += max(1, len(vals)/decimalSample) {
		looked++
		if s, ok := scaleOf(vals[i], 0); ok {
			scales[found] = s
			found++
		}
	}
	if 2*found < looked {
		return 0, false
	}
	slices.Sort(scales[:found])
	return scales[found-1-found/decimalOddShare], true
}

// decimals sets e.codes and e.odd to the values as decimals and returns the scale; false if too many are none.
func (e *Encoder) decimals(vals []float64) (scale int, ok bool) {
	if scale, ok = guessScale(vals); !ok {
		return 0, false
	}
	for {
		better, ok := e.decimalsAt(vals, scale)
		if better == scale || !ok {
			return scale, ok
		}
		scale = better
	}
}

// decimalsAt tries one scale. If values are exceptions only because they have more decimals and there are too many of
// them, it returns the scale they need.
func (e *Encoder) decimalsAt(vals []float64, scale int) (better int, ok bool) {
	e.codes = resize(e.codes, len(vals))
	e.odd = e.odd[:0]
	oddMax := len(vals) / decimalOddShare
	better = scale
	var last int64
	for i, v := range vals {
		code, ok := decimalCode(v, scale)
		if !ok {
			if s, ok := scaleOf(v, scale+1); ok {
				better = max(better, s)
			}
			e.odd = append(e.odd, exception{uint32(i), math.Float64bits(v)})
			if len(e.odd) > oddMax {
				return better, better > scale
			}
			code = last
		}
		e.codes[i], last = code, code
	}
	return scale, true
}

// appendDecimals adds the values part for e.codes and e.odd.
func (e *Encoder) appendDecimals(dst []byte, scale int) []byte {
	dst = append(dst, codecDoubleDecimal, byte(scale))
	dst = appendExceptions(dst, e.odd)
	return e.appendInts(dst, e.codes, false)
}

// decimalPart is a checked values part of decimals.
type decimalPart struct {
	power float64
	odd   []byte // exceptions
	codes intPart
}

// parseDecimals checks a values part of n decimals after its codec.
func parseDecimals(s *scanner, n int) (decimalPart, error) {
	scale := int(s.byte())
	if s.bad || scale >= len(powers) {
		return decimalPart{}, corrupt("decimals with scale %d", scale)
	}
	odd, err := parseExceptions(s, n)
	if err != nil {
		return decimalPart{}, err
	}
	codes, err := parseInts(s.rest, n)
	if err != nil {
		return decimalPart{}, err
	}
	return decimalPart{powers[scale], odd, codes}, nil
}

// read decodes all values.
func (d *decimalPart) read(out []float64) {
	var codes [decimalChunk]int64
	for rest := out; len(rest) > 0; {
		chunk := codes[:min(decimalChunk, len(rest))]
		d.codes.next(chunk)
		part := rest[:len(chunk)]
		if d.power == 1 {
			for i, c := range chunk {
				part[i] = float64(c)
			}
		} else {
			for i, c := range chunk {
				part[i] = float64(c) / d.power
			}
		}
		rest = rest[len(chunk):]
	}
	readExceptions(out, d.odd)
}
