package encoding

import "math/bits"

// Where the NULLs of a block are: its first byte, followed for nullsBitmap by a bitmap in which bit i%8 of byte i/8 is set
// if row i is NULL and unused bits are 0. After nullsAll nothing follows. A block of no rows has no bytes at all.
const (
	nullsNone   = 0
	nullsAll    = 1
	nullsBitmap = 2
)

// AppendNull adds a block of rows that are all NULL, which is the same for every kind of values.
func AppendNull(dst []byte, rows int) []byte {
	if rows == 0 {
		return dst
	}
	return append(dst, nullsAll)
}

// appendNulls adds the nulls part and returns how many rows are NULL.
func appendNulls(dst []byte, nulls []bool) ([]byte, int) {
	count := 0
	for _, null := range nulls {
		if null {
			count++
		}
	}
	switch count {
	case 0:
		return append(dst, nullsNone), 0
	case len(nulls):
		return append(dst, nullsAll), count
	}
	return appendBitmap(append(dst, nullsBitmap), nulls), count
}

// dense returns the values that are not NULL, in scratch if there are any NULLs.
func dense[T any](scratch *[]T, vals []T, nulls []bool, nullCount int) []T {
	if nullCount == 0 {
		return vals
	}
	out := resize(*scratch, len(vals)-nullCount)
	*scratch = out
	k := 0
	for i, v := range vals {
		if !nulls[i] {
			out[k] = v
			k++
		}
	}
	return out
}

// readNulls takes the nulls part off a block and returns the mask, nil without NULLs, and the number of values.
func readNulls(s *scanner, rows int) (nulls []bool, values int, err error) {
	switch kind := s.byte(); {
	case s.bad:
		return nil, 0, corrupt("no nulls part")
	case kind == nullsNone:
		return nil, rows, nil
	case kind == nullsAll:
		if len(s.rest) > 0 {
			return nil, 0, corrupt("%d bytes after the last value", len(s.rest))
		}
		nulls = make([]bool, rows)
		for i := range nulls {
			nulls[i] = true
		}
		return nulls, 0, nil
	case kind == nullsBitmap:
		bitmap := s.take(bitmapBytes(rows))
		if s.bad || !bitmapValid(bitmap, rows) {
			return nil, 0, corrupt("bitmap of nulls")
		}
		count := 0
		for _, b := range bitmap {
			count += bits.OnesCount8(b)
		}
		if count == 0 || count == rows {
			return nil, 0, corrupt("bitmap of %d nulls in %d rows", count, rows)
		}
		nulls = make([]bool, rows)
		readBitmap(nulls, bitmap)
		return nulls, rows - count, nil
	default:
		return nil, 0, corrupt("unknown kind of nulls %d", kind)
	}
}

// spread moves the values at the front of vals to the rows that are not NULL.
func spread[T any](vals []T, nulls []bool, count int) {
	if nulls == nil {
		return
	}
	var none T
	k := count
	for i := len(vals) - 1; i >= 0; i-- {
		if nulls[i] {
			vals[i] = none
			continue
		}
		k--
		vals[i] = vals[k]
	}
}

// bitmapBytes is the length of a bitmap of n bits.
func bitmapBytes(n int) int { return (n + 7) / 8 }

// appendBitmap adds one bit for each flag.
func appendBitmap(dst []byte, flags []bool) []byte {
	dst, out := extend(dst, bitmapBytes(len(flags)))
	for i := range out {
		var b byte
		for k, f := range flags[8*i : min(8*i+8, len(flags))] {
			if f {
				b |= 1 << k
			}
		}
		out[i] = b
	}
	return dst
}

// bitmapValid reports whether the bits beyond the n used ones are 0.
func bitmapValid(bitmap []byte, n int) bool {
	return n%8 == 0 || bitmap[len(bitmap)-1]>>(n%8) == 0
}

// flagsOf is the eight flags of each byte of a bitmap.
var flagsOf = func() (t [256][8]bool) {
	for b := range t {
		for k := range t[b] {
			t[b][k] = b>>k&1 == 1
		}
	}
	return t
}()

// readBitmap sets the flags from a bitmap of the right length.
func readBitmap(flags []bool, bitmap []byte) {
	for len(flags) >= 8 {
		*(*[8]bool)(flags) = flagsOf[bitmap[0]]
		flags, bitmap = flags[8:], bitmap[1:]
	}
	if len(flags) > 0 {
		copy(flags, flagsOf[bitmap[0]][:])
	}
}
