package series

import (
	"encoding/binary"
	"hash/crc32"
)

// FileInfo is what an index file holds.
type FileInfo struct {
	Version uint32
	Table   uint64
	Records int
	Good    int64 // how many bytes of it are good
}

// ScanFile hands the definitions of an index file to visit, as far as they are good, and tells what the file holds. What is wrong is an error
// that names the offset; so is an error of visit. Whether the definitions fit together is for ReadFile to say.
func ScanFile(name string, data []byte, visit func(*Def) error) (info FileInfo, err error) {
	if len(data) < fileHeader {
		return info, damaged(name, int64(len(data)), "file is too short")
	}
	info.Version, info.Table = binary.LittleEndian.Uint32(data[8:]), binary.LittleEndian.Uint64(data[16:])
	if err := checkHeader(name, data[:fileHeader], info.Table); err != nil {
		return info, err
	}
	info.Good = fileHeader
	for rest := data[fileHeader:]; len(rest) > 0; rest = data[info.Good:] {
		if len(rest) < recordHeader {
			return info, damaged(name, info.Good, "record is cut off")
		}
		n := int64(binary.LittleEndian.Uint32(rest))
		if n > int64(len(rest)-recordHeader) {
			return info, damaged(name, info.Good, "record is cut off")
		}
		defs := rest[recordHeader : recordHeader+n]
		if crc32.Update(crc32.Checksum(rest[:4], castagnoli), castagnoli, defs) != binary.LittleEndian.Uint32(rest[4:]) {
			return info, damaged(name, info.Good, "bad checksum")
		}
		if err := DecodeDefs(defs, visit); err != nil {
			return info, damaged(name, info.Good, err.Error())
		}
		info.Records++
		info.Good += recordHeader + n
	}
	return info, nil
}

// IsFile reports whether bytes begin like an index file.
func IsFile(data []byte) bool {
	return len(data) >= len(fileMagic) && string(data[:len(fileMagic)]) == fileMagic
}
