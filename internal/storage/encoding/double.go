package encoding

import (
	"encoding/binary"
	"math"
)

// AppendDoubles adds a block of doubles. nulls may be nil; values at NULL rows are ignored. It returns what it found out
// about the values as decimals, valid until the Encoder's next use.
func (e *Encoder) AppendDoubles(dst []byte, vals []float64, nulls []bool) ([]byte, Decimals) {
	if len(vals) == 0 {
		return dst, Decimals{}
	}
	dst, count := appendNulls(dst, nulls)
	if count == len(vals) {
		return dst, Decimals{}
	}
	return e.appendDoubles(dst, dense(&e.floats, vals, nulls, count))
}

// appendDoubles adds the values part of at least one double.
func (e *Encoder) appendDoubles(dst []byte, vals []float64) ([]byte, Decimals) {
	dec, isDecimal := e.decimals(vals)
	var exact Decimals
	if isDecimal && len(e.odd) == 0 {
		exact = Decimals{Codes: e.codes, Scale: dec}
	}
	if allEqual(vals) {
		dst = append(dst, codecDoubleConstant)
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(vals[0])), exact
	}
	whole := 8 * len(vals)
	narrow := fitFloat32(vals)
	if narrow {
		whole = 4 * len(vals)
	}
	if isDecimal {
		from := len(dst)
		dst = e.appendDecimals(dst, dec)
		if len(dst)-from < whole {
			return dst, exact
		}
		dst = dst[:from]
	}
	from := len(dst)
	dst, ok := e.appendDoubleDictionary(dst, vals)
	if ok && float64(len(dst)-from) < dictionaryGain*float64(whole) {
		return dst, exact
	}
	if narrow {
		return appendFloat32(append(dst[:from], codecDoubleFloat32), vals), exact
	}
	dst, ok = e.appendExponent(dst[:from], vals)
	if ok && float64(len(dst)-from) < packGain*float64(whole) {
		return dst, exact
	}
	dst, out := extend(append(dst[:from], codecDoubleRaw), 8*len(vals))
	for i, v := range vals {
		binary.LittleEndian.PutUint64(out[8*i:], math.Float64bits(v))
	}
	return dst, exact
}

// allEqual reports whether all values have the same bits.
func allEqual(vals []float64) bool {
	first := math.Float64bits(vals[0])
	for _, v := range vals {
		if math.Float64bits(v) != first {
			return false
		}
	}
	return true
}

// fitFloat32 reports whether all values are float32 numbers, as from sensors that measure in float32. NaN is left out
// because the conversion may change its bits.
func fitFloat32(vals []float64) bool {
	for _, v := range vals {
		if float64(float32(v)) != v {
			return false
		}
	}
	return true
}

// appendFloat32 adds values of 4 bytes.
func appendFloat32(dst []byte, vals []float64) []byte {
	dst, out := extend(dst, 4*len(vals))
	for i, v := range vals {
		binary.LittleEndian.PutUint32(out[4*i:], math.Float32bits(float32(v)))
	}
	return dst
}

// DecodeDoubles reads a block of doubles. The values are in dst if that is long enough; nulls is nil without NULLs. NULL
// rows hold 0.
func DecodeDoubles(dst []float64, block []byte, rows int) (vals []float64, nulls []bool, err error) {
	if rows == 0 {
		return dst[:0], nil, checkEmpty(block)
	}
	s := scanner{rest: block}
	nulls, count, err := readNulls(&s, rows)
	if err != nil {
		return nil, nil, err
	}
	if count > 0 {
		if vals, err = decodeDoubles(dst, &s, rows, count); err != nil {
			return nil, nil, err
		}
	} else {
		vals = resize(dst, rows)
	}
	spread(vals, nulls, count)
	return vals, nulls, nil
}

// decodeDoubles reads a values part of n > 0 doubles to the front of a slice for all rows.
func decodeDoubles(dst []float64, s *scanner, rows, n int) ([]float64, error) {
	codec := s.byte()
	var size int
	switch codec {
	case codecDoubleDecimal:
		d, err := parseDecimals(s, n)
		if err != nil {
			return nil, err
		}
		dst = resize(dst, rows)
		d.read(dst[:n])
		return dst, nil
	case codecDoubleExponent:
		p, err := parseExponent(s, n)
		if err != nil {
			return nil, err
		}
		dst = resize(dst, rows)
		p.read(dst[:n])
		return dst, nil
	case codecDoubleDictionary:
		p, err := parseDoubleDictionary(s, n)
		if err != nil {
			return nil, err
		}
		dst = resize(dst, rows)
		return dst, p.read(dst[:n])
	case codecDoubleConstant:
		size = 8
	case codecDoubleFloat32:
		size = 4 * n
	case codecDoubleRaw:
		size = 8 * n
	default:
		return nil, corrupt("unknown codec %d for doubles", codec)
	}
	data := s.take(size)
	if s.bad || len(s.rest) > 0 {
		return nil, corrupt("doubles of codec %d have the wrong length", codec)
	}
	dst = resize(dst, rows)
	readDoubles(dst[:n], codec, data)
	return dst, nil
}

// readDoubles decodes values whose bytes have the right length.
func readDoubles(out []float64, codec byte, data []byte) {
	switch codec {
	case codecDoubleConstant:
		v := math.Float64frombits(binary.LittleEndian.Uint64(data))
		for i := range out {
			out[i] = v
		}
	case codecDoubleFloat32:
		for i := range out {
			out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:])))
		}
	default:
		for i := range out {
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
		}
	}
}
