package catalog

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/wal"
)

// Names on disk, all in the catalog's folder and all beginning with a number of eight digits. Snapshot n holds the state
// that log files before n led to, so that only log files from n on count. Without a snapshot the log begins at 1.
const (
	logSuffix      = ".log"
	snapshotSuffix = ".snapshot"
	snapshotName   = "%08d" + snapshotSuffix
)

// A snapshot file is a header and then one JSON change a line. The header is the magic, the format version, the CRC-32C of
// the lines and their length in bytes, all little-endian.
const (
	snapshotMagic   = "TDMKCAT\x00"
	snapshotVersion = 1
	snapshotHeader  = 24
)

// entryChange is the type of the catalog's records in its log: a change in JSON.
const entryChange = 1

// castagnoli is the polynomial of all checksums here.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// opened is what the files of a catalog hold.
type opened struct {
	state         *state
	log           *wal.Log
	snapshotBytes int64
	created       bool // there were no files
}

// load reads the newest snapshot and the log after it, and opens the log for appending. Older snapshots are removed.
func load(fs vfs.FS, dir string) (*opened, error) {
	o := &opened{state: newState()}
	if err := fs.MkdirAll(dir); err != nil {
		return nil, unavailable(err, "The catalog cannot be opened")
	}
	names, err := fs.List(dir)
	if err != nil {
		return nil, unavailable(err, "The catalog cannot be opened")
	}
	numbers := snapshotNumbers(names)
	o.created = len(numbers) == 0 && !slices.ContainsFunc(names, func(n string) bool { return strings.HasSuffix(n, logSuffix) })
	first := uint64(1)
	if len(numbers) > 0 {
		first = numbers[len(numbers)-1]
		// Its name may not be durable yet, if the program was killed or a sync failed; what came before is about to be removed.
		if err := fs.SyncDir(dir); err != nil {
			return nil, unavailable(err, "The catalog cannot be opened")
		}
		if o.snapshotBytes, err = o.state.readSnapshot(fs, dir, first); err != nil {
			return nil, err
		}
	}
	opts := wal.Options{FS: fs, Dir: dir, Suffix: logSuffix, First: first, MustExist: len(numbers) > 0}
	o.log, err = wal.Open(opts, func(r wal.Record) error { return o.state.applyJSON(r.Payload) })
	if err != nil {
		return nil, unavailable(err, "The catalog cannot be opened")
	}
	o.state.sortNames()
	removeOthers(fs, dir, names, first)
	return o, nil
}

// snapshotNumbers returns the numbers of the snapshots among the names of a folder, in order.
func snapshotNumbers(names []string) []uint64 {
	var numbers []uint64
	for _, name := range names {
		if digits, ok := strings.CutSuffix(name, snapshotSuffix); ok {
			if n, err := strconv.ParseUint(digits, 10, 64); err == nil && fmt.Sprintf(snapshotName, n) == name {
				numbers = append(numbers, n)
			}
		}
	}
	slices.Sort(numbers)
	return numbers
}

// removeOthers removes snapshots that no longer count and unfinished ones. What cannot be removed now is harmless and will
// be tried again.
func removeOthers(fs vfs.FS, dir string, names []string, current uint64) {
	for _, name := range names {
		old := strings.HasSuffix(name, snapshotSuffix) && name != fmt.Sprintf(snapshotName, current)
		if old || strings.HasSuffix(name, snapshotSuffix+vfs.TmpSuffix) {
			_ = fs.Remove(path.Join(dir, name))
		}
	}
}

// applyJSON applies a change as it lies in a file.
func (s *state) applyJSON(line []byte) error {
	var c change
	err := json.Unmarshal(line, &c)
	if err == nil {
		err = s.apply(&c)
	}
	if err != nil {
		return damaged(err)
	}
	return nil
}

// readSnapshot adds the changes of a snapshot to s and returns the length of its file.
func (s *state) readSnapshot(fs vfs.FS, dir string, number uint64) (int64, error) {
	name := path.Join(dir, fmt.Sprintf(snapshotName, number))
	data, err := readAll(fs, name)
	if err != nil {
		return 0, unavailable(err, "The catalog cannot be read")
	}
	lines, err := snapshotLines(name, data)
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(lines) {
		if err := s.applyJSON(line); err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
	}
	return int64(len(data)), nil
}

// encodeSnapshot returns the bytes of a snapshot of s.
func (s *state) encodeSnapshot() ([]byte, error) {
	data := make([]byte, snapshotHeader)
	err := s.changes(func(c *change) error {
		line, err := json.Marshal(c)
		data = append(append(data, line...), '\n')
		return err
	})
	if err != nil {
		return nil, err
	}
	sealSnapshot(data)
	return data, nil
}

// sealSnapshot fills in the header of a snapshot.
func sealSnapshot(data []byte) {
	lines := data[snapshotHeader:]
	copy(data, snapshotMagic)
	binary.LittleEndian.PutUint32(data[8:], snapshotVersion)
	binary.LittleEndian.PutUint32(data[12:], crc32.Checksum(lines, castagnoli))
	binary.LittleEndian.PutUint64(data[16:], uint64(len(lines)))
}

// writeSnapshot makes a snapshot durable.
func writeSnapshot(fs vfs.FS, dir string, number uint64, data []byte) error {
	return vfs.ReplaceFile(fs, path.Join(dir, fmt.Sprintf(snapshotName, number)), data)
}

// unavailable keeps errors that have a kind and makes others, which come from the disk, Unavailable.
func unavailable(err error, text string) error {
	var known *dberr.Error
	if errors.As(err, &known) {
		return err
	}
	return dberr.Wrap(dberr.Unavailable, err, "%s", text)
}

// damaged is the error for files that make no sense.
func damaged(err error) error { return dberr.Wrap(dberr.Corruption, err, "The catalog is damaged") }

// readAll returns the bytes of a file.
func readAll(fs vfs.FS, name string) (data []byte, err error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	data = make([]byte, size)
	if n, err := f.ReadAt(data, 0); n < len(data) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return data, nil
}
