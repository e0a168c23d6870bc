package storage

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// manifest is which files count. It is replaced as a whole: written beside the old one, synced, renamed over it.
type manifest struct {
	nextFile uint64 // number of the next file in a table's folder
	walFirst uint64 // first file of the log that counts: what is in older ones is in segments
	tables   []tableFiles
	// dropped is the tables that are gone but have records in the log. These cannot be read any more, since the definitions
	// that they need were in the table's index file.
	dropped []droppedTable
}

// droppedTable is a table that was dropped.
type droppedTable struct {
	id      TableID
	logFile uint64 // the last file of the log that may have records of it
}

// tableFiles is the files of one table.
type tableFiles struct {
	id          TableID
	index       uint64 // number of the index file, 0 for none
	indexLength int64  // how much of it counts
	segments    []segmentInfo
}

// segmentInfo is what the manifest says about a segment.
type segmentInfo struct {
	file     uint64
	window   int64  // see windowOf
	sequence uint64 // of the last log record whose rows may be in it
	rows     int64
	bytes    int64
	from, to int64 // times of the first and the last row
}

// Layout of the manifest; see docs/format/manifest.md.
const (
	manifestMagic   = "TDMKMAN\x00"
	manifestVersion = 1
	manifestHeader  = 20
)

// castagnoli is the polynomial of all checksums.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode returns the manifest's bytes.
func (m *manifest) encode() []byte {
	var p []byte
	p = binary.AppendUvarint(p, m.nextFile)
	p = binary.AppendUvarint(p, m.walFirst)
	p = binary.AppendUvarint(p, uint64(len(m.tables)))
	for i := range m.tables {
		t := &m.tables[i]
		p = binary.AppendUvarint(p, uint64(t.id))
		p = binary.AppendUvarint(p, t.index)
		p = binary.AppendUvarint(p, uint64(t.indexLength))
		p = binary.AppendUvarint(p, uint64(len(t.segments)))
		for _, s := range t.segments {
			p = binary.AppendUvarint(p, s.file)
			p = binary.AppendVarint(p, s.window)
			p = binary.AppendUvarint(p, s.sequence)
			p = binary.AppendUvarint(p, uint64(s.rows))
			p = binary.AppendUvarint(p, uint64(s.bytes))
			p = binary.AppendVarint(p, s.from)
			p = binary.AppendVarint(p, s.to)
		}
	}
	p = binary.AppendUvarint(p, uint64(len(m.dropped)))
	for _, d := range m.dropped {
		p = binary.AppendUvarint(p, uint64(d.id))
		p = binary.AppendUvarint(p, d.logFile)
	}
	b := append([]byte(nil), manifestMagic...)
	b = appendUint32(b, manifestVersion)
	b = appendUint32(b, uint32(len(p)))
	b = appendUint32(b, checksum(checksum(0, b), p))
	return append(b, p...)
}

// checksum goes on with a CRC-32C, which begins with 0.
func checksum(sum uint32, b []byte) uint32 { return crc32.Update(sum, castagnoli, b) }

// appendUint32 adds a number of four bytes.
func appendUint32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }

// damaged returns the error for a file that cannot be right.
func damaged(name, what string) error {
	return dberr.Wrap(dberr.Corruption, fmt.Errorf("%s: %s", name, what), "The stored data is damaged")
}

// decodeManifest is the reverse of encode.
func decodeManifest(b []byte) (*manifest, error) {
	if len(b) < manifestHeader || string(b[:len(manifestMagic)]) != manifestMagic {
		return nil, damaged(manifestName, "not a manifest")
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v > manifestVersion {
		return nil, dberr.Wrap(dberr.Unavailable, fmt.Errorf("%s has format %d, this release knows %d", manifestName, v, manifestVersion),
			"The data was written by a newer release")
	}
	p := b[manifestHeader:]
	if int64(binary.LittleEndian.Uint32(b[12:])) != int64(len(p)) {
		return nil, damaged(manifestName, "wrong length")
	}
	if checksum(checksum(0, b[:16]), p) != binary.LittleEndian.Uint32(b[16:]) {
		return nil, damaged(manifestName, "bad checksum")
	}
	r := fieldReader{rest: p}
	m := &manifest{nextFile: r.uint(), walFirst: r.uint()}
	for n := r.count(); n > 0 && !r.bad; n-- {
		t := tableFiles{id: TableID(r.uint()), index: r.uint(), indexLength: int64(r.uint())}
		for k := r.count(); k > 0 && !r.bad; k-- {
			t.segments = append(t.segments, segmentInfo{
				file: r.uint(), window: r.int(), sequence: r.uint(), rows: int64(r.uint()), bytes: int64(r.uint()), from: r.int(), to: r.int(),
			})
		}
		m.tables = append(m.tables, t)
	}
	for n := r.count(); n > 0 && !r.bad; n-- {
		m.dropped = append(m.dropped, droppedTable{TableID(r.uint()), r.uint()})
	}
	if r.bad || len(r.rest) > 0 || m.walFirst == 0 {
		return nil, damaged(manifestName, "malformed content")
	}
	return m, nil
}

// clone returns a copy that can be edited through tableOf.
func (m *manifest) clone() *manifest {
	c := *m
	c.tables = slices.Clone(m.tables)
	for i := range c.tables {
		c.tables[i].segments = slices.Clone(c.tables[i].segments)
	}
	return &c
}

// place returns where a table is in m.tables, or would be.
func (m *manifest) place(id TableID) (int, bool) {
	return slices.BinarySearchFunc(m.tables, id, func(t tableFiles, id TableID) int {
		return cmp.Compare(t.id, id)
	})
}

// find returns the files of a table; it may have none.
func (m *manifest) find(id TableID) tableFiles {
	if i, ok := m.place(id); ok {
		return m.tables[i]
	}
	return tableFiles{id: id}
}

// tableOf returns the files of a table for editing, added if it has none yet.
func (m *manifest) tableOf(id TableID) *tableFiles {
	i, ok := m.place(id)
	if !ok {
		m.tables = slices.Insert(m.tables, i, tableFiles{id: id})
	}
	return &m.tables[i]
}

// readManifest reads the manifest; it returns nil if there is none.
func readManifest(fs vfs.FS) (*manifest, error) {
	b, err := vfs.ReadAll(fs, manifestName)
	if errors.Is(err, vfs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return decodeManifest(b)
}

// errInDoubt marks a failure after which either the old or the new manifest may be found by the next start.
var errInDoubt = errors.New("the manifest may or may not have been replaced")

// writeManifest replaces the manifest. After an error that is not errInDoubt the old one counts.
func writeManifest(fs vfs.FS, m *manifest) error {
	b := m.encode()
	if err := vfs.WriteFile(fs, manifestTmpName, b); err != nil {
		_ = fs.Remove(manifestTmpName)
		return err
	}
	if err := fs.Rename(manifestTmpName, manifestName); err != nil {
		// Some systems report an error for a rename that took place.
		now, rerr := vfs.ReadAll(fs, manifestName)
		switch {
		case errors.Is(rerr, vfs.ErrNotExist):
			return err
		case rerr != nil:
			return errors.Join(errInDoubt, err, rerr)
		case !bytes.Equal(now, b):
			_ = fs.Remove(manifestTmpName)
			return err
		}
	}
	if err := fs.SyncDir("."); err != nil {
		return errors.Join(errInDoubt, err)
	}
	return nil
}
