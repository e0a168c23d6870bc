package encoding

// AppendBools adds a block of booleans. nulls may be nil; values at NULL rows are ignored.
func (e *Encoder) AppendBools(dst []byte, vals []bool, nulls []bool) []byte {
	if len(vals) == 0 {
		return dst
	}
	dst, count := appendNulls(dst, nulls)
	if count == len(vals) {
		return dst
	}
	vals = dense(&e.bools, vals, nulls, count)
	for _, v := range vals {
		if v != vals[0] {
			return appendBitmap(append(dst, codecBoolBitmap), vals)
		}
	}
	if vals[0] {
		return append(dst, codecBoolConstant, 1)
	}
	return append(dst, codecBoolConstant, 0)
}

// DecodeBools reads a block of booleans. The values are in dst if that is long enough; nulls is nil without NULLs. NULL
// rows hold false.
func DecodeBools(dst []bool, block []byte, rows int) (vals []bool, nulls []bool, err error) {
	if rows == 0 {
		return dst[:0], nil, checkEmpty(block)
	}
	s := scanner{rest: block}
	nulls, count, err := readNulls(&s, rows)
	if err != nil {
		return nil, nil, err
	}
	var codec, constant byte
	var bitmap []byte
	if count > 0 {
		switch codec = s.byte(); codec {
		case codecBoolConstant:
			constant = s.byte()
		case codecBoolBitmap:
			bitmap = s.take(bitmapBytes(count))
		default:
			return nil, nil, corrupt("unknown codec %d for booleans", codec)
		}
		if s.bad || len(s.rest) > 0 || constant > 1 || bitmap != nil && !bitmapValid(bitmap, count) {
			return nil, nil, corrupt("booleans of codec %d", codec)
		}
	}
	vals = resize(dst, rows)
	if codec == codecBoolBitmap {
		readBitmap(vals[:count], bitmap)
	} else {
		for i := range vals[:count] {
			vals[i] = constant == 1
		}
	}
	spread(vals, nulls, count)
	return vals, nulls, nil
}
