package encoding

import (
	"encoding/binary"
	"math"
)

// exceptionBytes is the size of an exception on disk: row and bits.
const exceptionBytes = 4 + 8

// exception is a double that the codec of its block cannot express, such as NaN among decimals.
type exception struct {
	row  uint32
	bits uint64
}

// appendExceptions adds the exceptions of a block.
func appendExceptions(dst []byte, list []exception) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, x := range list {
		dst = binary.LittleEndian.AppendUint32(dst, x.row)
		dst = binary.LittleEndian.AppendUint64(dst, x.bits)
	}
	return dst
}

// parseExceptions checks the exceptions of a block of n values.
func parseExceptions(s *scanner, n int) ([]byte, error) {
	count := s.length()
	list := s.take(count * exceptionBytes)
	if s.bad || count > n {
		return nil, corrupt("%d exceptions among %d values", count, n)
	}
	for at := 0; at < len(list); at += exceptionBytes {
		if row := binary.LittleEndian.Uint32(list[at:]); int64(row) >= int64(n) {
			return nil, corrupt("exception for row %d of %d", row, n)
		}
	}
	return list, nil
}

// readExceptions puts exceptions that have been checked into their rows.
func readExceptions(out []float64, list []byte) {
	for at := 0; at < len(list); at += exceptionBytes {
		row := binary.LittleEndian.Uint32(list[at:])
		out[row] = math.Float64frombits(binary.LittleEndian.Uint64(list[at+4:]))
	}
}
