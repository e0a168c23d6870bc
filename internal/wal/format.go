package wal

import (
	"encoding/binary"
	"hash/crc32"
)

// Sizes and marks of the file format; see docs/format/wal.md.
const (
	fileMagic     = "TDMKWAL\x00"
	formatVersion = 1
	fileHeader    = 40
	frameHeader   = 32
	frameMagic    = 0x4d465754 // "TWFM" as it lies in the file

	// PayloadMax is the length of a record's payload at most, in bytes.
	PayloadMax = 64 << 20

	// typeSeal is the type of the record that Close writes: everything before it was durable, so that damage there cannot
	// be mistaken for an unfinished write. It is not handed out.
	typeSeal = 0
)

// castagnoli is the polynomial of all checksums.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendFileHeader adds the header of file number, whose first record will have the sequence first.
func appendFileHeader(b []byte, number, first uint64) []byte {
	at := len(b)
	b = append(b, fileMagic...)
	b = binary.LittleEndian.AppendUint32(b, formatVersion)
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint64(b, number)
	b = binary.LittleEndian.AppendUint64(b, first)
	b = binary.LittleEndian.AppendUint32(b, 0)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[at:], castagnoli))
}

// header is what a file says about itself.
type header struct {
	version       uint32
	number, first uint64
}

// parseFileHeader reads the header at the beginning of a file. A version that is not ours is reported before the checksum,
// since it may lie elsewhere in a newer format.
func parseFileHeader(data []byte) (h header, ok bool) {
	if len(data) < fileHeader || string(data[:len(fileMagic)]) != fileMagic {
		return header{}, false
	}
	h.version = binary.LittleEndian.Uint32(data[8:])
	if h.version > formatVersion {
		return h, true
	}
	h.number = binary.LittleEndian.Uint64(data[16:])
	h.first = binary.LittleEndian.Uint64(data[24:])
	sum := binary.LittleEndian.Uint32(data[36:])
	return h, h.version == formatVersion && sum == crc32.Checksum(data[:36], castagnoli)
}

// appendFrame adds one record. synced is the length of the file that was durable before this record was written.
func appendFrame(b []byte, typ uint8, sequence, synced uint64, payload []byte) []byte {
	at := len(b)
	b = binary.LittleEndian.AppendUint32(b, frameMagic)
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = append(b, typ, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, sequence)
	b = binary.LittleEndian.AppendUint64(b, synced)
	b = append(b, payload...)
	binary.LittleEndian.PutUint32(b[at+4:], crc32.Checksum(b[at+8:], castagnoli))
	return b
}

// frame is one record as it lies in a file.
type frame struct {
	Record
	synced uint64
	length int // with the header
}

// parseFrame reads the record at the beginning of data. It reports false for anything but a whole, undamaged record.
func parseFrame(data []byte) (frame, bool) {
	if len(data) < frameHeader || binary.LittleEndian.Uint32(data) != frameMagic {
		return frame{}, false
	}
	n := binary.LittleEndian.Uint32(data[8:])
	if n > PayloadMax || int(n) > len(data)-frameHeader {
		return frame{}, false
	}
	end := frameHeader + int(n)
	if crc32.Checksum(data[8:end], castagnoli) != binary.LittleEndian.Uint32(data[4:]) {
		return frame{}, false
	}
	return frame{
		Record: Record{
			Type:     data[12],
			Sequence: binary.LittleEndian.Uint64(data[16:]),
			Payload:  data[frameHeader:end:end],
		},
		synced: binary.LittleEndian.Uint64(data[24:]),
		length: end,
	}, true
}
