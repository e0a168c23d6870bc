// Package encoding turns columns of values into compact blocks of bytes and back: int64, double, boolean and varchar, with
// NULLs. Every bit pattern comes back as it was.
//
// A block describes itself but for its kind of values and its number of rows, which the reader must know. It begins with
// where the NULLs are (null.go); then come the values that are not NULL, densely, as a values part: one byte that names the
// codec and the codec's content. Codecs are chosen by size, but a slower one only where it is much smaller:
//
//	int64    constant, regular steps, frame of reference (1, 2, 4 bytes), linear model or differences with packed bits,
//	         runs of equal values, raw
//	double   constant, decimal (integers over a power of ten, in any int64 codec), float32, dictionary, numbered exponents, raw
//	boolean  constant, bitmap
//	varchar  constant, dictionary, plain; zstd of these for cold blocks
//
// Decoding trusts nothing: any bytes give values or an error of kind dberr.Corruption, and no more memory is taken than
// the number of rows and the length of the block justify. Checksums are the caller's business. The exact layout is in
// docs/format/segment.md. Example:
//
//	var enc encoding.Encoder
//	block := enc.AppendInts(nil, []int64{10, 20, 30}, nil)
//	vals, nulls, err := encoding.DecodeInts(nil, block, 3)
package encoding
