package wal

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Options configures a log.
type Options struct {
	FS     vfs.FS
	Dir    string // folder of the log, made if missing; the one above it must exist
	Suffix string // of the files' names, after a number of eight digits
	// First is the number of the first file that counts, at least 1. Older ones are leftovers and are removed.
	First uint64
	// MustExist says that file First has been made before: without it the log is damaged.
	MustExist bool
	// FileBytesMax is the length from which on a new file is begun. Default 32 MiB.
	FileBytesMax int64
}

// fileBytesDefault is the default of Options.FileBytesMax.
const fileBytesDefault = 32 << 20

// reserveBytes is in what steps the file that is written gets longer: writing the zeros must not hold up a group for long.
const reserveBytes = 256 << 10

// Record is one record of the log.
type Record struct {
	Type     uint8 // of the caller's choice, not 0
	Sequence uint64
	Payload  []byte // valid during the call that hands it out
	File     uint64 // number of the file that it lies in
	LastFile uint64 // and of the last file that is read
}

// Log is an open log. One goroutine at a time may use it.
type Log struct {
	opts   Options
	file   vfs.File
	number uint64 // of the file that is written
	size   int64  // its good length, all of it durable
	next   uint64 // sequence of the next record
	group  []byte // records since the last Commit
	added  uint64 // how many
	sealed bool   // nothing was written since Open or the last seal
	sizes  map[uint64]int64
	broken error
}

// Open reads all records of the log, hands them to replay in order and gets ready to append. The last file is copied to a new
// one first: if its last sync failed, the system may show bytes that are not on disk and would not write them again.
func Open(opts Options, replay func(Record) error) (*Log, error) {
	if opts.First == 0 {
		panic("bug: log files are numbered from 1")
	}
	if opts.FileBytesMax == 0 {
		opts.FileBytesMax = fileBytesDefault
	}
	numbers, err := opts.files()
	if err != nil {
		return nil, err
	}
	if opts.MustExist && len(numbers) == 0 {
		return nil, damaged(opts.FileName(opts.First), 0, "file is missing")
	}
	r, err := opts.read(numbers, replay)
	if err != nil {
		return nil, err
	}
	l := &Log{opts: opts, number: r.last, size: int64(len(r.data)), next: max(r.sequence, 1), sizes: r.sizes, sealed: true}
	if r.last == 0 {
		if opts.MustExist {
			return nil, damaged(opts.FileName(opts.First), 0, "bad header")
		}
		if err := opts.FS.MkdirAll(opts.Dir); err != nil {
			return nil, fmt.Errorf("make log folder: %w", err)
		}
		if err := opts.FS.SyncDir(path.Dir(opts.Dir)); err != nil {
			return nil, fmt.Errorf("sync folder of log: %w", err)
		}
		l.number = opts.First
		r.data = appendFileHeader(nil, l.number, l.next)
		l.size = int64(len(r.data))
	}
	if err := l.rewrite(r.data); err != nil {
		return nil, fmt.Errorf("copy log file: %w", err)
	}
	return l, nil
}

// rewrite puts a fresh, synced file with the given bytes in the place of the current one and opens it.
func (l *Log) rewrite(data []byte) error {
	fs, name := l.opts.FS, l.opts.FileName(l.number)
	err := vfs.ReplaceFile(fs, name, data)
	if err != nil {
		return err
	}
	l.sizes[l.number] = int64(len(data))
	if l.file, err = fs.OpenAppend(name); err == nil {
		vfs.Reserve(l.file, reserveBytes)
	}
	return err
}

// unavailable is the error for a log that cannot take records at the moment, or not any more.
func unavailable(cause error, text string) error {
	return dberr.Wrap(dberr.Unavailable, cause, "%s", text)
}

// fail makes the log refuse everything from now on.
func (l *Log) fail(cause error, text string) error {
	if l.broken == nil {
		l.broken = unavailable(cause, text)
	}
	return l.broken
}

// Broken returns why the log takes no more records, nil if it does.
func (l *Log) Broken() error { return l.broken }

// Add puts a record into the group that the next Commit makes durable, and returns its sequence. The payload is copied.
func (l *Log) Add(typ uint8, payload []byte) (uint64, error) {
	if typ == typeSeal {
		panic("bug: log record of type 0")
	}
	if l.broken != nil {
		return 0, l.broken
	}
	if len(payload) > PayloadMax {
		return 0, dberr.New(dberr.Limit, "The request is too large: %d bytes, at most %d are possible", len(payload), PayloadMax)
	}
	return l.add(typ, payload), nil
}

// add is Add for every type and length.
func (l *Log) add(typ uint8, payload []byte) uint64 {
	l.group = appendFrame(l.group, typ, l.next+l.added, uint64(l.size), payload)
	l.added++
	return l.next + l.added - 1
}

// GroupBytes returns the length of the group so far.
func (l *Log) GroupBytes() int { return len(l.group) }

// groupKeep is how much memory the buffer of a group keeps for the next one.
const groupKeep = 4 << 20

// Commit makes the group durable. On an error none of its records is in the log (a failed write), or the log is broken and
// what is in it will be seen by the next Open (a failed sync).
func (l *Log) Commit() error {
	if l.broken != nil {
		return l.broken
	}
	if l.added == 0 {
		return nil
	}
	added := l.added
	if l.size >= l.opts.FileBytesMax {
		l.rotateGroup()
	}
	err := l.write()
	if err == nil {
		l.next += added
		l.sealed = false
	}
	l.dropGroup()
	return err
}

// dropGroup forgets the group.
func (l *Log) dropGroup() {
	l.added = 0
	if cap(l.group) > groupKeep {
		l.group = nil
	}
	l.group = l.group[:0]
}

// rotateGroup begins a new file for a group that was encoded for the current one: its records say how much of their file
// was durable, so they are encoded again. If that is not possible the group goes to the current file, however long.
func (l *Log) rotateGroup() {
	group := l.group
	l.group, l.added = nil, 0
	_, err := l.Rotate()
	for len(group) > 0 && err == nil {
		f, _ := parseFrame(group)
		l.add(f.Type, f.Payload)
		group = group[f.length:]
	}
	if err != nil {
		l.group = group
	}
}

// write writes the group and syncs it.
func (l *Log) write() error {
	if l.broken != nil {
		return l.broken
	}
	if _, err := l.file.Write(l.group); err != nil {
		text := "The write could not be stored"
		if vfs.DiskFull(err) {
			text = "The write could not be stored: the disk is full"
		}
		// The cut is made durable at once: bytes of this group may be on the disk already, and a power cut could put them behind
		// the first records of the next one.
		terr := l.file.Truncate(l.size)
		if terr == nil {
			terr = l.file.Sync()
		}
		if terr != nil {
			return l.fail(errors.Join(err, terr), "Writing is stopped until the server is restarted: the log could not be repaired after a failed write")
		}
		return unavailable(err, text)
	}
	if err := l.file.Sync(); err != nil {
		return l.fail(err, "Writing is stopped until the server is restarted: the log could not be made durable")
	}
	l.size += int64(len(l.group))
	l.sizes[l.number] = l.size
	return nil
}

// Rotate begins a new file and returns its number: all records so far are in files before it. There must be no records
// waiting for Commit. If the new file cannot be made the log goes on with the current one.
func (l *Log) Rotate() (uint64, error) {
	if l.broken != nil {
		return 0, l.broken
	}
	if l.added > 0 {
		panic("bug: new log file in the middle of a group")
	}
	number := l.number + 1
	f, err := l.makeFile(number)
	if err != nil {
		return 0, l.unmakeFile(number, err)
	}
	if err := l.syncFile(f); err != nil {
		_ = f.Close()
		return 0, l.fail(err, "Writing is stopped until the server is restarted: the log could not be continued")
	}
	// The old file is complete and synced: an error of Close says nothing about it.
	_ = l.file.Close()
	l.file, l.number, l.size = f, number, fileHeader
	vfs.Reserve(f, reserveBytes)
	l.sizes[number] = l.size
	return number, nil
}

// makeFile makes file number with its header.
func (l *Log) makeFile(number uint64) (vfs.File, error) {
	f, err := l.opts.FS.Create(l.opts.FileName(number))
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(appendFileHeader(nil, number, l.next)); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// syncFile makes a new file and its name durable.
func (l *Log) syncFile(f vfs.File) error {
	if err := f.Sync(); err != nil {
		return err
	}
	return l.opts.FS.SyncDir(l.opts.Dir)
}

// unmakeFile removes a file that could not be made because of cause. It must not be there when the log is read, since the
// current file would not be the last one then.
func (l *Log) unmakeFile(number uint64, cause error) error {
	err := l.opts.FS.Remove(l.opts.FileName(number))
	if err == nil || errors.Is(err, vfs.ErrNotExist) {
		err = l.opts.FS.SyncDir(l.opts.Dir)
	}
	if err != nil {
		return l.fail(errors.Join(cause, err), "Writing is stopped until the server is restarted: the log could not be continued")
	}
	return unavailable(cause, "The log could not be continued")
}

// Forget stops counting the files with smaller numbers than before, whose records are no longer needed, and returns their
// names for the caller to delete. Those that stay are deleted by an Open with a greater First.
func (l *Log) Forget(before uint64) []string {
	var names []string
	for _, n := range slices.Sorted(maps.Keys(l.sizes)) {
		if n >= before || n == l.number {
			break
		}
		names = append(names, l.opts.FileName(n))
		delete(l.sizes, n)
	}
	return names
}

// Size returns the length of all files together.
func (l *Log) Size() int64 {
	var n int64
	for _, size := range l.sizes {
		n += size
	}
	return n
}

// Number returns the number of the file that is written.
func (l *Log) Number() uint64 { return l.number }

// Next returns the sequence of the next record.
func (l *Log) Next() uint64 { return l.next + l.added }

// Close ends the log. Records that were not committed are dropped.
func (l *Log) Close() error {
	var err error
	l.dropGroup()
	if l.broken == nil && !l.sealed {
		l.add(typeSeal, nil)
		err = l.write()
	}
	if cerr := l.file.Close(); err == nil {
		err = cerr
	}
	_ = l.fail(nil, "The server is shutting down")
	return err
}
