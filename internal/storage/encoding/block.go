package encoding

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// The codecs of values parts. The numbers are on disk and never change their meaning; each kind of values has its own
// sixteen, so that a block read as another kind is noticed.
const (
	codecIntConstant = 0x10
	codecIntRegular  = 0x11
	codecIntFrame8   = 0x12
	codecIntFrame16  = 0x13
	codecIntFrame32  = 0x14
	codecIntRaw      = 0x15
	codecIntLinear   = 0x16
	codecIntDelta    = 0x17
	codecIntRuns     = 0x18

	codecIntPatched      = 0x19
	codecIntPatchedDelta = 0x1a

	codecDoubleConstant   = 0x20
	codecDoubleDecimal    = 0x21
	codecDoubleFloat32    = 0x22
	codecDoubleRaw        = 0x23
	codecDoubleExponent   = 0x24
	codecDoubleDictionary = 0x25

	codecBoolConstant = 0x30
	codecBoolBitmap   = 0x31

	codecStringConstant   = 0x40
	codecStringDictionary = 0x41
	codecStringPlain      = 0x42
	codecStringZstd       = 0x43
)

// Encoder makes blocks. The zero Encoder is ready for use; it keeps working memory from block to block and must not be
// used by two goroutines at once.
type Encoder struct {
	// Cold makes blocks for data that is seldom read and kept for long: texts may be compressed with zstd.
	Cold bool

	ints             []int64
	units, steps     []uint64
	patches          []byte
	floats           []float64
	bools            []bool
	strs             []string
	codes            []int64
	odd              []exception
	lens             []int64
	refs             []int64
	terms            map[string]int64
	doubleTerms      map[uint64]int64
	runLens, runVals []int64
	runPart          []byte
	part             []byte
	heads            headTable
}

// corrupt returns the error for bytes that make no sense.
func corrupt(format string, args ...any) error {
	return dberr.Wrap(dberr.Corruption, fmt.Errorf("decode block: "+format, args...), "stored data is damaged")
}

// scanner takes fields off the front of a block. After the first field that is not there it is bad and yields zeros.
type scanner struct {
	rest []byte
	bad  bool
}

// take returns the next n bytes.
func (s *scanner) take(n int) []byte {
	if s.bad || n < 0 || n > len(s.rest) {
		s.bad = true
		return nil
	}
	out := s.rest[:n:n]
	s.rest = s.rest[n:]
	return out
}

// byte reads one byte.
func (s *scanner) byte() byte {
	if b := s.take(1); b != nil {
		return b[0]
	}
	return 0
}

// uvarint reads an unsigned number of variable length.
func (s *scanner) uvarint() uint64 {
	v, n := binary.Uvarint(s.rest)
	if s.bad || n <= 0 {
		s.bad = true
		return 0
	}
	s.rest = s.rest[n:]
	return v
}

// varint reads a signed number of variable length.
func (s *scanner) varint() int64 {
	u := s.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// length reads a number that counts bytes or things of at least one byte, so it cannot exceed what is left.
func (s *scanner) length() int {
	v := s.uvarint()
	if v > uint64(len(s.rest)) {
		s.bad = true
		return 0
	}
	return int(v)
}

// resize returns s with length n, newly made if it is too short. Its content is arbitrary.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// extend lengthens s by n elements of arbitrary content and returns the whole and the new part.
func extend[T any](s []T, n int) (whole, added []T) {
	from := len(s)
	whole = slices.Grow(s, n)[:from+n]
	return whole, whole[from:]
}
