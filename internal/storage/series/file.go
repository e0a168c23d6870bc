package series

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Layout of an index file; see docs/format/index.md.
const (
	fileMagic     = "TDMKIDX\x00"
	fileVersion   = 1
	fileHeader    = 32
	recordHeader  = 8
	copyBytes     = 1 << 20
	fileHeaderSum = 28 // offset of the header's checksum
)

// castagnoli is the polynomial of all checksums.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendFileHeader adds the header of a table's index file.
func appendFileHeader(b []byte, table uint64) []byte {
	at := len(b)
	b = append(b, fileMagic...)
	b = binary.LittleEndian.AppendUint32(b, fileVersion)
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint64(b, table)
	b = binary.LittleEndian.AppendUint32(b, 0)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[at:], castagnoli))
}

// appendRecord adds encoded definitions as one record.
func appendRecord(b, defs []byte) []byte {
	at := len(b)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(defs)))
	sum := crc32.Update(crc32.Checksum(b[at:], castagnoli), castagnoli, defs)
	return append(binary.LittleEndian.AppendUint32(b, sum), defs...)
}

// CreateFile makes the index file of a table with the encoded definitions that are in the first length bytes of the file
// from ("" for none), and then defs. It syncs the file, not the folder, and returns the file's length.
func CreateFile(fs vfs.FS, name string, table uint64, from string, length int64, defs []byte) (int64, error) {
	f, err := fs.Create(name)
	if err != nil {
		return 0, fmt.Errorf("create index file %s: %w", name, err)
	}
	if from == "" {
		length = fileHeader
		_, err = f.Write(appendFileHeader(nil, table))
	} else {
		err = copyFile(fs, f, from, length)
	}
	return finish(f, name, length, defs, err)
}

// AppendFile adds encoded definitions behind the first length bytes of an index file; what else is in it is cut off. It
// syncs the file and returns its length. After an error the file must not be appended to again.
func AppendFile(fs vfs.FS, name string, length int64, defs []byte) (int64, error) {
	f, err := fs.OpenAppend(name)
	if err != nil {
		return 0, fmt.Errorf("open index file %s: %w", name, err)
	}
	size, err := f.Size()
	switch {
	case err != nil:
	case size < length:
		err = damaged(name, size, "file is too short")
	case size > length:
		err = f.Truncate(length)
	}
	return finish(f, name, length, defs, err)
}

// finish writes defs to a file of length bytes, unless there was an error before, and syncs and closes it.
func finish(f vfs.File, name string, length int64, defs []byte, err error) (int64, error) {
	if err == nil && len(defs) > 0 {
		record := appendRecord(nil, defs)
		_, err = f.Write(record)
		length += int64(len(record))
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return 0, fmt.Errorf("write index file %s: %w", name, err)
	}
	return length, nil
}

// copyFile copies the first length bytes of the file from.
func copyFile(fs vfs.FS, to vfs.File, from string, length int64) error {
	f, err := fs.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	buf := make([]byte, min(length, copyBytes))
	for off := int64(0); off < length; off += int64(len(buf)) {
		buf = buf[:min(length-off, copyBytes)]
		if err := readFull(f, from, buf, off); err != nil {
			return err
		}
		if _, err := to.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

// damaged returns the error for bytes that cannot be right.
func damaged(name string, offset int64, what string) error {
	return dberr.Wrap(dberr.Corruption, fmt.Errorf("index file %s, offset %d: %s", name, offset, what), "The stored data is damaged")
}

// readFull fills b; a file that ends before is damaged.
func readFull(f vfs.ReadFile, name string, b []byte, off int64) error {
	n, err := f.ReadAt(b, off)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return damaged(name, off+int64(n), "file is too short")
	}
	return err
}

// ReadFile applies the definitions in the first length bytes of a table's index file to an empty index.
func ReadFile(fs vfs.FS, name string, table uint64, length int64, ix *Index) error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if err := ix.readFile(fs, name, table, length); err != nil {
		return err
	}
	ix.enterAll()
	return nil
}

// readFile is ReadFile without making things findable.
func (ix *Index) readFile(fs vfs.FS, name string, table uint64, length int64) error {
	f, err := fs.Open(name)
	if errors.Is(err, vfs.ErrNotExist) {
		return damaged(name, 0, "file is missing")
	}
	if err != nil {
		return fmt.Errorf("open index file %s: %w", name, err)
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, fileHeader)
	if err := readFull(f, name, head, 0); err != nil {
		return err
	}
	if err := checkHeader(name, head, table); err != nil {
		return err
	}
	var buf []byte
	for off := int64(fileHeader); off < length; {
		if length-off < recordHeader {
			return damaged(name, off, "record is cut off")
		}
		if err := readFull(f, name, head[:recordHeader], off); err != nil {
			return err
		}
		n := int64(binary.LittleEndian.Uint32(head))
		if n > length-off-recordHeader {
			return damaged(name, off, "record is cut off")
		}
		if int64(cap(buf)) < n {
			buf = make([]byte, n)
		}
		buf = buf[:n]
		if err := readFull(f, name, buf, off+recordHeader); err != nil {
			return err
		}
		sum := crc32.Update(crc32.Checksum(head[:4], castagnoli), castagnoli, buf)
		if sum != binary.LittleEndian.Uint32(head[4:]) {
			return damaged(name, off, "bad checksum")
		}
		err := DecodeDefs(buf, func(d *Def) error {
			_, err := ix.apply(d)
			return err
		})
		if err != nil {
			return damaged(name, off, err.Error())
		}
		off += recordHeader + n
	}
	return nil
}

// checkHeader reads the header.
func checkHeader(name string, head []byte, table uint64) error {
	if string(head[:len(fileMagic)]) != fileMagic {
		return damaged(name, 0, "not an index file")
	}
	if v := binary.LittleEndian.Uint32(head[8:]); v > fileVersion {
		return dberr.Wrap(dberr.Unavailable, fmt.Errorf("index file %s has format %d, this release knows %d", name, v, fileVersion),
			"The data was written by a newer release")
	}
	if crc32.Checksum(head[:fileHeaderSum], castagnoli) != binary.LittleEndian.Uint32(head[fileHeaderSum:]) {
		return damaged(name, 0, "bad checksum of the header")
	}
	if binary.LittleEndian.Uint64(head[16:]) != table {
		return damaged(name, 0, "index file of another table")
	}
	return nil
}
