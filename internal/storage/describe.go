package storage

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/storage/memstore"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
	"github.com/tidemarkdb/tidemark/internal/wal"
)

// Layout is what a manifest says, for those who inspect a folder.
type Layout struct {
	NextFile uint64
	WALFirst uint64 // first file of the log that counts
	Tables   []TableLayout
	Dropped  []TableID // gone, but the log may have records of them
}

// TableLayout is the files of a table.
type TableLayout struct {
	ID         TableID
	Index      string // name of the index file, "" for none
	IndexBytes int64  // how much of it counts
	Segments   []SegmentLayout
}

// SegmentLayout is what a manifest says about a segment.
type SegmentLayout struct {
	Name                 string
	WindowFrom, WindowTo int64 // the first time of its window, and the first one after it
	Sequence             uint64
	Rows, Bytes          int64
	From, To             int64 // times of the first and the last row
}

// IsManifest reports whether bytes begin like a manifest.
func IsManifest(data []byte) bool {
	return len(data) >= len(manifestMagic) && string(data[:len(manifestMagic)]) == manifestMagic
}

// DescribeManifest takes a manifest apart.
func DescribeManifest(data []byte) (*Layout, error) {
	m, err := decodeManifest(data)
	if err != nil {
		return nil, err
	}
	l := &Layout{NextFile: m.nextFile, WALFirst: m.walFirst}
	for i := range m.tables {
		files := &m.tables[i]
		t := TableLayout{ID: files.id, IndexBytes: files.indexLength}
		if files.index != 0 {
			t.Index = indexName(files.id, files.index)
		}
		for _, s := range files.segments {
			from, to := windowBounds(s.window)
			t.Segments = append(t.Segments, SegmentLayout{
				Name: segmentName(files.id, s.file), WindowFrom: from, WindowTo: to, Sequence: s.sequence, Rows: s.rows, Bytes: s.bytes, From: s.from, To: s.to,
			})
		}
		l.Tables = append(l.Tables, t)
	}
	for _, d := range m.dropped {
		l.Dropped = append(l.Dropped, d.id)
	}
	return l, nil
}

// LogOptions returns where the log of a store is, for package wal.
func LogOptions(first uint64) wal.Options {
	return wal.Options{Dir: walDir, Suffix: walSuffix, First: first}
}

// Names of files, for those who inspect a folder: the manifest's, and the folders of the log and of the tables.
const (
	ManifestName = manifestName
	TablesDir    = tablesDir
)

// LogEntry is a record of the log, for those who inspect it.
type LogEntry struct {
	Table TableID
	Drop  bool // the table is gone
	Defs  int  // definitions of series, columns and so on
	Rows  []LogRow
}

// LogRow is one row of a record. Series and columns are numbers of the table's index.
type LogRow struct {
	Series  uint32
	Time    int64
	Version int64
	Values  []LogValue
}

// LogValue is a value of a column: an int64, float64, string or bool.
type LogValue struct {
	Column uint16
	Value  any
}

// DescribeRecord takes a record of the log apart.
func DescribeRecord(record wal.Record) (LogEntry, error) {
	r := fieldReader{rest: record.Payload}
	e := LogEntry{Table: TableID(r.uint())}
	if r.bad || record.Type != frameRows && record.Type != frameDrop {
		return e, errFrame
	}
	if record.Type == frameDrop {
		e.Drop = true
		return e, nil
	}
	err := series.DecodeDefs(r.bytes(r.uint()), func(*series.Def) error {
		e.Defs++
		return nil
	})
	if err != nil {
		return e, err
	}
	var w walRow
	for n := r.count(); n > 0; n-- {
		r.row(&w)
		if r.bad {
			return e, errFrame
		}
		w.ownTexts()
		row := LogRow{Series: w.series, Time: w.time, Version: w.version}
		for i := range w.cells {
			row.Values = append(row.Values, LogValue{w.cells[i].Column, valueOf(&w.cells[i])})
		}
		e.Rows = append(e.Rows, row)
	}
	if r.bad || len(r.rest) > 0 {
		return e, errFrame
	}
	return e, nil
}

// valueOf returns the value of a cell.
func valueOf(c *memstore.Cell) any {
	switch c.Class {
	case memstore.Float:
		return math.Float64frombits(c.Bits)
	case memstore.String:
		return c.Str
	case memstore.Bool:
		return c.Bits != 0
	}
	return int64(c.Bits)
}
