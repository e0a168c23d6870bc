package storage

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/tidemarkdb/tidemark/internal/storage/memstore"
)

// Types of log records; see docs/format/wal.md. A record of rows is all that one request stores:
//
//	table | length of definitions | definitions | rows | row...
//	row:  series | time - time of the row before | version | cells | cell...
//	cell: column * 4 + class | value
//
// Numbers are varints, those that may be negative zigzag. A double is its 8 bytes, a text its length and bytes, a boolean
// one byte.
const (
	frameRows = 1
	frameDrop = 2 // table: it is gone, with all rows before this record
)

// appendRow adds one row. last is the time of the row before.
func appendRow(b []byte, series uint32, time, last, version int64, cells []memstore.Cell) []byte {
	b = binary.AppendUvarint(b, uint64(series))
	b = binary.AppendVarint(b, time-last)
	b = binary.AppendUvarint(b, uint64(version))
	b = binary.AppendUvarint(b, uint64(len(cells)))
	for i := range cells {
		c := &cells[i]
		b = binary.AppendUvarint(b, uint64(c.Column)<<2|uint64(c.Class))
		switch c.Class {
		case memstore.Int:
			b = binary.AppendVarint(b, int64(c.Bits))
		case memstore.Float:
			b = binary.LittleEndian.AppendUint64(b, c.Bits)
		case memstore.String:
			b = binary.AppendUvarint(b, uint64(len(c.Str)))
			b = append(b, c.Str...)
		case memstore.Bool:
			b = append(b, byte(c.Bits))
		}
	}
	return b
}

// appendFrame puts a record of rows together.
func appendFrame(b []byte, id TableID, defs []byte, rowCount int, rows []byte) []byte {
	b = binary.AppendUvarint(b, uint64(id))
	b = binary.AppendUvarint(b, uint64(len(defs)))
	b = append(b, defs...)
	b = binary.AppendUvarint(b, uint64(rowCount))
	return append(b, rows...)
}

// errFrame is the error for a log record whose checksum is right and whose content makes no sense.
var errFrame = errors.New("malformed record")

// fieldReader takes a log record or a manifest apart. After the first mistake it is bad and gives zeros.
type fieldReader struct {
	rest []byte
	bad  bool
}

// spoil notes a mistake.
func (r *fieldReader) spoil() { r.bad, r.rest = true, nil }

// uint reads a uvarint.
func (r *fieldReader) uint() uint64 {
	if len(r.rest) > 0 && r.rest[0] < 0x80 { // most are small
		v := r.rest[0]
		r.rest = r.rest[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.spoil()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// int reads a varint.
func (r *fieldReader) int() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.spoil()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// count reads how many things follow, each of at least a byte.
func (r *fieldReader) count() uint64 {
	n := r.uint()
	if n > uint64(len(r.rest)) {
		r.spoil()
		return 0
	}
	return n
}

// bytes returns the next n bytes, which belong to the record.
func (r *fieldReader) bytes(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.spoil()
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// walRow is where rows of a record are read to, one after the other.
type walRow struct {
	series  uint32
	time    int64 // the next row's is relative to it
	version int64
	cells   []memstore.Cell // those of the row come behind what is there
	text    []byte          // of the cells, until ownTexts
}

// row reads the next row into w and adds its cells to w.cells. Their texts are not there before ownTexts.
func (r *fieldReader) row(w *walRow) {
	id := r.uint()
	if id > math.MaxUint32 {
		r.bad = true
	}
	w.series = uint32(id)
	w.time += r.int()
	w.version = int64(r.uint())
	last := -1
	for n := r.count(); n > 0 && !r.bad; n-- {
		tag := r.uint()
		c := memstore.Cell{Column: uint16(tag >> 2), Class: memstore.Class(tag & 3)}
		if tag>>2 > math.MaxUint16 || int(c.Column) <= last {
			r.bad = true
			return
		}
		last = int(c.Column)
		switch c.Class {
		case memstore.Int:
			c.Bits = uint64(r.int())
		case memstore.Float:
			if b := r.bytes(8); !r.bad {
				c.Bits = binary.LittleEndian.Uint64(b)
			}
		case memstore.String:
			b := r.bytes(r.uint())
			c.Bits = uint64(len(w.text))<<32 | uint64(len(b))
			w.text = append(w.text, b...)
		case memstore.Bool:
			if b := r.bytes(1); !r.bad {
				c.Bits = uint64(b[0])
			}
		}
		w.cells = append(w.cells, c)
	}
}

// ownTexts gives the texts of all cells memory of their own, all together.
func (w *walRow) ownTexts() {
	if len(w.text) == 0 {
		return
	}
	text := string(w.text)
	w.text = w.text[:0]
	for i := range w.cells {
		if c := &w.cells[i]; c.Class == memstore.String {
			from, n := c.Bits>>32, c.Bits&math.MaxUint32
			c.Str, c.Bits = text[from:from+n], 0
		}
	}
}

// appendDrop makes a record that ends a table.
func appendDrop(id TableID) []byte { return binary.AppendUvarint(nil, uint64(id)) }
