package wal

import (
	"bytes"
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// FileInfo is what one log file holds.
type FileInfo struct {
	Version       uint32
	Number, First uint64 // of the file, and of its first record
	Next          uint64 // of the record after its last good one
	Records       int    // without seals
	Sealed        bool   // it ends with a seal
	Good          int64  // how many bytes of it are good
}

// Entry is a record and where it lies.
type Entry struct {
	Record
	Offset int64
}

// Scan hands the records of one log file to visit, in order, and tells what the file holds. It changes nothing. What is wrong is an error
// that names the offset, of kind Corruption; after one at which a start would cut the file, if it is the last one of the log, torn is
// true. Room behind the last record is not wrong. An error of visit ends the scan.
func Scan(name string, data []byte, visit func(Entry) error) (info FileInfo, torn bool, err error) {
	h, ok := parseFileHeader(data)
	if !ok {
		return info, len(data) <= fileHeader, damaged(name, 0, "bad header") // a header is durable before anything is behind it
	}
	info = FileInfo{Version: h.version, Number: h.number, First: h.first, Next: h.first, Good: fileHeader}
	if h.version > formatVersion {
		return info, false, dberr.Wrap(dberr.Unavailable, fmt.Errorf("log file %s has format %d, this release knows %d", name, h.version, formatVersion),
			"The data was written by a newer release")
	}
	for info.Good < int64(len(data)) {
		off := int(info.Good)
		f, ok := parseFrame(data[off:])
		if !ok && isRoom(data[off:]) {
			break
		}
		if !ok {
			return info, !provesSynced(data[off:], off), damaged(name, off, "bad record")
		}
		if f.Sequence != info.Next || f.synced > uint64(off) {
			return info, false, damaged(name, off, fmt.Sprintf("record %d, expected %d", f.Sequence, info.Next))
		}
		if info.Sealed = f.Type == typeSeal; !info.Sealed {
			info.Records++
			if err := visit(Entry{f.Record, info.Good}); err != nil {
				return info, false, fmt.Errorf("log file %s, offset %d: %w", name, off, err)
			}
		}
		info.Next++
		info.Good += int64(f.length)
	}
	return info, false, nil
}

// isRoom reports whether bytes are what is reserved for further records; see docs/format/wal.md.
func isRoom(data []byte) bool { return len(bytes.Trim(data, "\x00")) == 0 }

// IsFile reports whether bytes begin like a log file.
func IsFile(data []byte) bool {
	return len(data) >= len(fileMagic) && string(data[:len(fileMagic)]) == fileMagic
}
