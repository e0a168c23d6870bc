package encoding

import "fmt"

// codecNames has the names of the codecs in docs/format/segment.md.
var codecNames = map[byte]string{
	codecIntConstant: "constant", codecIntRegular: "regular", codecIntFrame8: "frame8", codecIntFrame16: "frame16", codecIntFrame32: "frame32",
	codecIntRaw: "raw", codecIntLinear: "linear", codecIntDelta: "delta",
	codecIntRuns: "runs", codecIntPatched: "patched", codecIntPatchedDelta: "patched delta",
	codecDoubleConstant: "constant", codecDoubleDecimal: "decimal", codecDoubleFloat32: "float32", codecDoubleRaw: "raw", codecDoubleExponent: "exponent",
	codecDoubleDictionary: "dictionary",
	codecBoolConstant:     "constant", codecBoolBitmap: "bitmap",
	codecStringConstant: "constant", codecStringDictionary: "dictionary", codecStringPlain: "plain", codecStringZstd: "zstd",
}

// CodecName names the codec of a block of the given number of rows, for people. The block may be damaged.
func CodecName(block []byte, rows int) string {
	if len(block) == 0 {
		return "none"
	}
	if block[0] == nullsAll {
		return "null"
	}
	at := 1
	if block[0] == nullsBitmap {
		at += (rows + 7) / 8
	}
	if at >= len(block) {
		return "?"
	}
	if name, ok := codecNames[block[at]]; ok {
		return name
	}
	return fmt.Sprintf("%#02x", block[at])
}
