package encoding

import "encoding/binary"

// packBitsMax is the widest code that is packed: at any bit of a byte it lies within 8 bytes, one load.
const packBitsMax = 56

// packedBytes is the length of n packed codes.
func packedBytes(n int, bits uint) int { return (n*int(bits) + 7) / 8 }

// appendPacked adds codes of a number of bits each, the lowest bit first. Codes must fit.
func appendPacked(dst []byte, codes []uint64, bits uint) []byte {
	size := packedBytes(len(codes), bits)
	from := len(dst)
	dst, out := extend(dst, size+8) // 8 bytes for the last store
	word, filled := uint64(0), uint(0)
	for _, c := range codes {
		word |= c << filled
		if filled += bits; filled >= 64 {
			binary.LittleEndian.PutUint64(out, word)
			out = out[8:]
			filled -= 64
			word = c >> (bits - filled)
		}
	}
	binary.LittleEndian.PutUint64(out, word)
	return dst[:from+size]
}

// unpack reads codes number from, from+1, ... from src.
func unpack(dst []int64, src []byte, from int, bits uint) {
	if bits == 0 {
		clear(dst)
		return
	}
	mask := uint64(1)<<bits - 1
	at := uint(from) * bits
	i := 0
	for ; i < len(dst) && int(at>>3)+8 <= len(src); i++ {
		dst[i] = int64(binary.LittleEndian.Uint64(src[at>>3:]) >> (at & 7) & mask)
		at += bits
	}
	for ; i < len(dst); i++ { // the last few, where 8 bytes reach beyond the end
		dst[i] = int64(unpackAt(src, at, mask))
		at += bits
	}
}

// unpackAt reads the code that begins at a bit of src.
func unpackAt(src []byte, at uint, mask uint64) uint64 {
	if int(at>>3)+8 <= len(src) {
		return binary.LittleEndian.Uint64(src[at>>3:]) >> (at & 7) & mask
	}
	var word [8]byte
	copy(word[:], src[at>>3:])
	return binary.LittleEndian.Uint64(word[:]) >> (at & 7) & mask
}
