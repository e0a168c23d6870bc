package segment

import (
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
)

// ColumnVersion is the number of the version column for Storage.
const ColumnVersion = -2

// IsFile reports whether bytes begin like a segment.
func IsFile(data []byte) bool {
	return len(data) >= len(magic) && string(data[:len(magic)]) == string(magic[:])
}

// Storage tells how many bytes the values of a column (or ColumnTime, ColumnVersion) take, and how many blocks have which codec.
func (r *Reader) Storage(column int) (bytes int64, codecs map[string]int, err error) {
	slot := slotColumns + column
	switch column {
	case ColumnTime:
		slot = slotTimes
	case ColumnVersion:
		slot = slotVersions
	}
	codecs = map[string]int{}
	for block := range r.blocks {
		from, to := r.extent(block, slot)
		b := make([]byte, to-from)
		if err := readFull(r.file, b, from); err != nil {
			return 0, nil, fmt.Errorf("read segment %s block %d: %w", r.name, block, err)
		}
		bytes += to - from
		codecs[encoding.CodecName(b, r.blockRows(block))]++
	}
	return bytes, codecs, nil
}
