package wal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// FileName returns the name of file n, with the log's folder.
func (o *Options) FileName(n uint64) string {
	return path.Join(o.Dir, fmt.Sprintf("%08d%s", n, o.Suffix))
}

// parseName is the reverse of FileName for a name without its folder.
func (o *Options) parseName(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, o.Suffix)
	if !ok || len(digits) < 8 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil && fmt.Sprintf("%08d", n) == digits
}

// damaged returns the error for bytes that cannot be right.
func damaged(name string, offset int, what string) error {
	return dberr.Wrap(dberr.Corruption, fmt.Errorf("log file %s, offset %d: %s", name, offset, what), "The stored data is damaged")
}

// files lists the numbers of the log's files from First on, in order, and removes what an earlier run left behind.
func (o *Options) files() ([]uint64, error) {
	names, err := o.FS.List(o.Dir)
	if err != nil && !errors.Is(err, vfs.ErrNotExist) {
		return nil, fmt.Errorf("list log: %w", err)
	}
	var numbers []uint64
	for _, name := range names {
		n, ok := o.parseName(name)
		if ok && n >= o.First {
			numbers = append(numbers, n)
			continue
		}
		if ok || strings.HasSuffix(name, o.Suffix+vfs.TmpSuffix) {
			if err := o.FS.Remove(path.Join(o.Dir, name)); err != nil {
				return nil, fmt.Errorf("remove old log file: %w", err)
			}
		}
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != o.First+uint64(i) {
			return nil, damaged(o.FileName(o.First+uint64(i)), 0, "file is missing")
		}
	}
	return numbers, nil
}

// recovered is the outcome of reading all files.
type recovered struct {
	last     uint64 // number of the file to go on with, 0 if there is none
	data     []byte // its good bytes
	sequence uint64 // of the next record, 0 if nothing tells
	sizes    map[uint64]int64
}

// content is what was read of a file.
type content struct {
	data []byte
	err  error
}

// readAhead reads files in order, each while its taker is busy with the one before. The taker gives the memory of each file
// back by sending it to spare, or keeps it, and calls stop at the end.
func (o *Options) readAhead(numbers []uint64) (files <-chan content, spare chan<- []byte, stop func()) {
	out, back, stopped := make(chan content), make(chan []byte, len(numbers)), make(chan struct{})
	go func() {
		defer close(out)
		for _, n := range numbers {
			var buf []byte
			select {
			case buf = <-back:
			default:
			}
			data, err := vfs.ReadAllInto(o.FS, o.FileName(n), buf)
			select {
			case out <- content{data, err}:
			case <-stopped:
				return
			}
		}
	}()
	return out, back, func() {
		close(stopped)
		for range out { // it has ended when this is closed
		}
	}
}

// read hands all records to replay. It changes nothing on disk but for a last file without a single good byte, which a
// crash during its creation leaves: that one is removed.
func (o *Options) read(numbers []uint64, replay func(Record) error) (recovered, error) {
	r := recovered{sizes: map[uint64]int64{}}
	files, spare, stop := o.readAhead(numbers)
	defer stop()
	for i, n := range numbers {
		c := <-files
		if c.err != nil {
			return r, fmt.Errorf("read log file: %w", c.err)
		}
		last := i == len(numbers)-1
		if !last && r.data != nil { // before a last file without a header it may be what the log goes on with
			spare <- r.data
			r.data = nil
		}
		good, begun, err := o.readOne(n, c.data, last, &r.sequence, func(f Record) error {
			f.File, f.LastFile = n, numbers[len(numbers)-1]
			return replay(f)
		})
		if err != nil {
			return r, err
		}
		if !begun {
			if err := o.FS.Remove(o.FileName(n)); err != nil {
				return r, fmt.Errorf("remove unfinished log file: %w", err)
			}
			break
		}
		r.last, r.data, r.sizes[n] = n, c.data[:good], int64(good)
	}
	return r, nil
}

// readOne hands the records of one file to replay. It returns how many bytes are good, and false if not even the header
// of a last file is.
func (o *Options) readOne(number uint64, data []byte, last bool, next *uint64, replay func(Record) error) (int, bool, error) {
	name := o.FileName(number)
	h, ok := parseFileHeader(data)
	switch {
	case ok && h.version > formatVersion:
		return 0, false, dberr.Wrap(dberr.Unavailable, fmt.Errorf("log file %s has format %d, this release knows %d", name, h.version, formatVersion),
			"The data was written by a newer release")
	case !ok && (!last || len(data) > fileHeader): // the header is durable before anything is written behind it
		return 0, false, damaged(name, 0, "bad header")
	case !ok:
		return 0, false, nil
	case h.number != number:
		return 0, false, damaged(name, 0, "header of another file")
	case *next != 0 && h.first != *next:
		return 0, false, damaged(name, 0, fmt.Sprintf("begins with record %d, expected %d", h.first, *next))
	}
	*next = h.first
	off := fileHeader
	for off < len(data) {
		f, ok := parseFrame(data[off:])
		if !ok {
			// Zeros behind the last record were room for more. That none is missing, the next file's header tells.
			if !last && isRoom(data[off:]) {
				break
			}
			if !last || provesSynced(data[off:], off) {
				return 0, false, damaged(name, off, "bad record")
			}
			break
		}
		if f.Sequence != *next || f.synced > uint64(off) {
			return 0, false, damaged(name, off, fmt.Sprintf("record %d, expected %d", f.Sequence, *next))
		}
		if f.Type != typeSeal {
			if err := replay(f.Record); err != nil {
				return 0, false, fmt.Errorf("log file %s, offset %d: %w", name, off, err)
			}
		}
		*next++
		off += f.length
	}
	return off, true, nil
}

// provesSynced reports whether rest, the part of a file from the bad bytes at offset bad on, holds a record that was
// written when those bytes were durable already. Then they are damage and not the end of an unfinished write.
func provesSynced(rest []byte, bad int) bool {
	mark := binary.LittleEndian.AppendUint32(nil, frameMagic)
	for at := 0; ; at++ {
		i := bytes.Index(rest[at:], mark)
		if i < 0 {
			return false
		}
		at += i
		if f, ok := parseFrame(rest[at:]); ok && f.synced > uint64(bad) {
			return true
		}
	}
}
