package encoding

import (
	"encoding/binary"
	"math"
)

// frameFor returns the codec and the bytes a code for codes up to high.
func frameFor(high uint64) (codec byte, width int) {
	switch {
	case high <= math.MaxUint8:
		return codecIntFrame8, 1
	case high <= math.MaxUint16:
		return codecIntFrame16, 2
	case high <= math.MaxUint32:
		return codecIntFrame32, 4
	}
	return codecIntRaw, 8
}

// appendFrame adds codes of 1, 2 or 4 bytes.
func appendFrame(dst []byte, codes []uint64, width int) []byte {
	dst, out := extend(dst, width*len(codes))
	switch width {
	case 1:
		for i, c := range codes {
			out[i] = byte(c)
		}
	case 2:
		for i, c := range codes {
			binary.LittleEndian.PutUint16(out[2*i:], uint16(c))
		}
	default:
		for i, c := range codes {
			binary.LittleEndian.PutUint32(out[4*i:], uint32(c))
		}
	}
	return dst
}

// appendRaw adds values of 8 bytes.
func appendRaw(dst []byte, vals []int64) []byte {
	dst, out := extend(dst, 8*len(vals))
	for i, v := range vals {
		binary.LittleEndian.PutUint64(out[8*i:], uint64(v))
	}
	return dst
}

// readFrame8 reads codes of 1 byte. It and those below take several codes with one load.
func readFrame8(dst []int64, src []byte, base, div uint64) {
	for len(dst) >= 8 && len(src) >= 8 {
		w := binary.LittleEndian.Uint64(src)
		d := (*[8]int64)(dst)
		d[0] = int64(base + div*(w&0xff))
		d[1] = int64(base + div*(w>>8&0xff))
		d[2] = int64(base + div*(w>>16&0xff))
		d[3] = int64(base + div*(w>>24&0xff))
		d[4] = int64(base + div*(w>>32&0xff))
		d[5] = int64(base + div*(w>>40&0xff))
		d[6] = int64(base + div*(w>>48&0xff))
		d[7] = int64(base + div*(w>>56))
		dst, src = dst[8:], src[8:]
	}
	for i := range dst {
		dst[i] = int64(base + div*uint64(src[i]))
	}
}

// readFrame16 reads codes of 2 bytes.
func readFrame16(dst []int64, src []byte, base, div uint64) {
	for len(dst) >= 4 && len(src) >= 8 {
		w := binary.LittleEndian.Uint64(src)
		d := (*[4]int64)(dst)
		d[0] = int64(base + div*(w&0xffff))
		d[1] = int64(base + div*(w>>16&0xffff))
		d[2] = int64(base + div*(w>>32&0xffff))
		d[3] = int64(base + div*(w>>48))
		dst, src = dst[4:], src[8:]
	}
	for i := range dst {
		dst[i] = int64(base + div*uint64(binary.LittleEndian.Uint16(src[2*i:])))
	}
}

// readFrame32 reads codes of 4 bytes.
func readFrame32(dst []int64, src []byte, base, div uint64) {
	for len(dst) >= 2 && len(src) >= 8 {
		w := binary.LittleEndian.Uint64(src)
		d := (*[2]int64)(dst)
		d[0] = int64(base + div*(w&0xffffffff))
		d[1] = int64(base + div*(w>>32))
		dst, src = dst[2:], src[8:]
	}
	for i := range dst {
		dst[i] = int64(base + div*uint64(binary.LittleEndian.Uint32(src[4*i:])))
	}
}

// readRaw reads values of 8 bytes.
func readRaw(dst []int64, src []byte) {
	for i := range dst {
		dst[i] = int64(binary.LittleEndian.Uint64(src[8*i:]))
	}
}
