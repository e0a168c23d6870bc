package catalog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// LogSuffix ends the names of log files of the catalog. Their records are changes in JSON.
const LogSuffix = logSuffix

// IsSnapshot reports whether bytes begin like a snapshot.
func IsSnapshot(data []byte) bool {
	return len(data) >= len(snapshotMagic) && string(data[:len(snapshotMagic)]) == snapshotMagic
}

// snapshotLines checks a snapshot, whose name is for errors, and returns its lines: one change each.
func snapshotLines(name string, data []byte) ([]byte, error) {
	if len(data) < snapshotHeader || string(data[:8]) != snapshotMagic {
		return nil, damaged(fmt.Errorf("%s has no header", name))
	}
	if v := binary.LittleEndian.Uint32(data[8:]); v > snapshotVersion {
		return nil, dberr.Wrap(dberr.Unavailable, fmt.Errorf("%s has format %d, this release knows %d", name, v, snapshotVersion), "The catalog was written by a newer release")
	}
	lines := data[snapshotHeader:]
	if binary.LittleEndian.Uint64(data[16:]) != uint64(len(lines)) || binary.LittleEndian.Uint32(data[12:]) != crc32.Checksum(lines, castagnoli) {
		return nil, damaged(fmt.Errorf("%s has a wrong checksum", name))
	}
	return lines, nil
}

// DescribeSnapshot returns the changes of a snapshot, each as a line of JSON.
func DescribeSnapshot(name string, data []byte) ([]string, error) {
	lines, err := snapshotLines(name, data)
	if err != nil {
		return nil, err
	}
	var list []string
	for line := range bytes.Lines(lines) {
		list = append(list, string(bytes.TrimSuffix(line, []byte("\n"))))
	}
	return list, nil
}
