package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// The file, in order: header, data, footer, trailer. docs/format/segment.md draws all of it.
const (
	formatVersion    = 2
	formatVersionMin = 1 // the oldest that is read

	headerBytes  = 16
	trailerBytes = 32
)

// magic begins the header and ends the trailer.
var magic = [8]byte{'T', 'I', 'D', 'E', 'M', 'S', 'E', 'G'}

// castagnoli is the polynomial of all checksums. CRC-32C finds every error burst of up to 32 bits for certain, takes 4
// bytes a block, and the processors we run on compute it at memory speed; xxhash is no faster there and promises only
// probability.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum returns the CRC-32C of bytes.
func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// corrupt returns the error for a file whose bytes are not what was written.
func corrupt(format string, args ...any) error {
	return dberr.Wrap(dberr.Corruption, fmt.Errorf(format, args...), "stored data is damaged")
}

// otherVersion returns the error for a file that a newer program has written.
func otherVersion(format string, args ...any) error {
	return dberr.Wrap(dberr.Unavailable, fmt.Errorf(format, args...), "stored data is of a newer version")
}

// appendHeader adds the header: magic, version, checksum of both.
func appendHeader(dst []byte, version uint32) []byte {
	from := len(dst)
	dst = append(dst, magic[:]...)
	dst = binary.LittleEndian.AppendUint32(dst, version)
	return binary.LittleEndian.AppendUint32(dst, checksum(dst[from:]))
}

// checkHeader checks the first bytes of a file, whose end names a version.
func checkHeader(b []byte, version uint32) error {
	if string(b) != string(appendHeader(nil, version)) {
		return corrupt("the file does not begin like a segment")
	}
	return nil
}

// trailer is the last bytes of a file. It says where the footer is, which goes from footerFrom to the trailer.
type trailer struct {
	footerFrom, footerLen int64
	footerSum             uint32
	version               uint32
}

// appendTo adds the trailer: where the footer is, its checksum, version, checksum of all that, magic.
func (t trailer) appendTo(dst []byte) []byte {
	from := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, t.footerSum)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(t.footerFrom))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(t.footerLen))
	dst = binary.LittleEndian.AppendUint32(dst, t.version)
	dst = binary.LittleEndian.AppendUint32(dst, checksum(dst[from:]))
	return append(dst, magic[:]...)
}

// readTrailer checks the last bytes of a file of a length.
func readTrailer(b []byte, fileLen int64) (trailer, error) {
	if string(b[24:]) != string(magic[:]) || binary.LittleEndian.Uint32(b[20:]) != checksum(b[:20]) {
		return trailer{}, corrupt("the file does not end like a segment")
	}
	version := binary.LittleEndian.Uint32(b[16:])
	if version < formatVersionMin || version > formatVersion {
		return trailer{}, otherVersion("segment format %d, this program reads %d to %d", version, formatVersionMin, formatVersion)
	}
	t := trailer{
		version:    version,
		footerSum:  binary.LittleEndian.Uint32(b),
		footerFrom: int64(binary.LittleEndian.Uint64(b[4:])),
		footerLen:  int64(binary.LittleEndian.Uint32(b[12:])),
	}
	if t.footerFrom < headerBytes || t.footerFrom != fileLen-trailerBytes-t.footerLen {
		return trailer{}, corrupt("footer of %d bytes at %d in a file of %d", t.footerLen, t.footerFrom, fileLen)
	}
	return t, nil
}

// The types of columns, by their number on disk.
var columnTypes = [...]*types.Type{1: types.Double, 2: types.Bigint, 3: types.Varchar, 4: types.Boolean, 5: types.Timestamp}

// typeNumber returns a type's number on disk, false if columns cannot have it.
func typeNumber(t *types.Type) (byte, bool) {
	for n, known := range columnTypes {
		if known != nil && t != nil && t.Kind == known.Kind {
			return byte(n), true
		}
	}
	return 0, false
}

// Within a block, the extents follow each other in this order: times, versions, columns. An extent without bytes stands
// for what need not be stored: versions that are all 1, a column that is all NULL.
const (
	slotTimes    = 0
	slotVersions = 1
	slotColumns  = 2 // of the first column
)

// The sections of a footer. A reader must know every section but those with optionalSection set, which later versions may
// add without new readers being needed.
const (
	sectionMeta   = 1
	sectionRuns   = 2
	sectionBlocks = 3
	sectionStats  = 4

	optionalSection = 1 << 31
	sectionHours    = optionalSection | 5
)

// sectionHead is the number and the length of a section, 4 bytes each.
const sectionHead = 8

// beginSection adds the head of a section; the content begins at from. The length is set by endSection.
func beginSection(dst []byte, number uint32) (out []byte, from int) {
	dst = binary.LittleEndian.AppendUint32(dst, number)
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	return dst, len(dst)
}

// endSection sets the length of the section whose content begins at from.
func endSection(dst []byte, from int) []byte {
	binary.LittleEndian.PutUint32(dst[from-4:], uint32(len(dst)-from))
	return dst
}

// splitSections cuts a footer into its sections by number.
func splitSections(footer []byte) (map[uint32][]byte, error) {
	sections := map[uint32][]byte{}
	for len(footer) > 0 {
		if len(footer) < sectionHead {
			return nil, corrupt("footer ends within the head of a section")
		}
		number, size := binary.LittleEndian.Uint32(footer), int64(binary.LittleEndian.Uint32(footer[4:]))
		footer = footer[sectionHead:]
		if size > int64(len(footer)) {
			return nil, corrupt("section %d of %d bytes where %d are left", number, size, len(footer))
		}
		if number&optionalSection == 0 && (number < sectionMeta || number > sectionStats) {
			return nil, otherVersion("footer has the unknown section %d", number)
		}
		if _, twice := sections[number]; twice {
			return nil, corrupt("section %d appears twice", number)
		}
		sections[number], footer = footer[:size:size], footer[size:]
	}
	return sections, nil
}
