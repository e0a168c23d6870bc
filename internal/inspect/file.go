package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/backup"
	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/folder"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/wal"
)

// File tells what is in one file. It prints up to rows of its rows. The kind of file is told by how it begins.
func File(ctx context.Context, fs vfs.FS, name string, rows int) (*Report, error) {
	head, size, err := readHead(fs, name)
	if err != nil {
		return nil, err
	}
	r := &Report{}
	if segment.IsFile(head) {
		r.Kind = "segment"
		r.fact("bytes", size)
		return r, r.segment(ctx, fs, name, rows)
	}
	data, err := vfs.ReadAll(fs, name)
	if err != nil {
		return nil, err
	}
	r.fact("bytes", size)
	switch {
	case storage.IsManifest(head):
		r.manifest(data)
	case series.IsFile(head):
		r.index(fs, name, data, rows)
	case wal.IsFile(head):
		r.log(name, data, rows)
	case catalog.IsSnapshot(head):
		r.snapshot(name, data)
	case path.Base(name) == folder.BackupName:
		r.backupManifest(data)
	default:
		return nil, dberr.New(dberr.Invalid, "This is no file of a data folder, or its beginning is damaged")
	}
	return r, nil
}

// readHead returns the first bytes of a file and its length.
func readHead(fs vfs.FS, name string) ([]byte, int64, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = f.Close() }()
	size, err := f.Size()
	if err != nil {
		return nil, 0, err
	}
	head := make([]byte, min(size, 8))
	if n, err := f.ReadAt(head, 0); n < len(head) {
		return nil, 0, errors.Join(err, io.ErrUnexpectedEOF)
	}
	return head, size, nil
}

// manifest tells what a manifest says.
func (r *Report) manifest(data []byte) {
	r.Kind = "manifest"
	l, err := storage.DescribeManifest(data)
	if err != nil {
		r.problem(err)
		return
	}
	r.fact("next file", l.NextFile)
	r.fact("log begins with file", l.WALFirst)
	tables := List{Name: "tables", Columns: []string{"table", "index", "index bytes", "segments"}}
	segments := List{Name: "segments", Columns: []string{"file", "window", "sequence", "rows", "bytes", "from", "to"}}
	for _, t := range l.Tables {
		tables.Rows = append(tables.Rows, []any{t.ID, t.Index, t.IndexBytes, len(t.Segments)})
		for _, s := range t.Segments {
			segments.Rows = append(segments.Rows, []any{s.Name, Time(s.WindowFrom), s.Sequence, s.Rows, s.Bytes, Time(s.From), Time(s.To)})
		}
	}
	r.Lists = append(r.Lists, tables, segments)
	for _, id := range l.Dropped {
		r.note("table %d was dropped; the log may still have records of it", id)
	}
}

// index tells what an index file defines.
func (r *Report) index(fs vfs.FS, name string, data []byte, rows int) {
	r.Kind = "index"
	counts := map[series.DefKind]int{}
	names := List{Name: "names", Columns: []string{"kind", "number", "name", "type"}}
	listed := List{Name: "series", Columns: []string{"series", "measure", "dimensions"}}
	info, err := series.ScanFile(name, data, func(d *series.Def) error {
		counts[d.Kind]++
		switch d.Kind {
		case series.DefDimension:
			names.Rows = append(names.Rows, []any{"dimension", d.Number, d.Text, nil})
		case series.DefMeasure:
			names.Rows = append(names.Rows, []any{"measure", d.Number, d.Text, nil})
		case series.DefColumn:
			names.Rows = append(names.Rows, []any{"column", d.Number, d.Text, d.Type.String()})
		case series.DefSeries:
			if len(listed.Rows) < rows {
				var dims []string
				for i := range d.Dims {
					dims = append(dims, fmt.Sprintf("%d=%d", d.Dims[i], d.Codes[i]))
				}
				listed.Rows = append(listed.Rows, []any{d.Number, d.Measure, strings.Join(dims, " ")})
			}
		}
		return nil
	})
	if err == nil { // the definitions must fit together, too
		err = series.ReadFile(fs, name, info.Table, info.Good, series.New())
	}
	r.fact("format", info.Version)
	r.fact("table", info.Table)
	r.fact("records", info.Records)
	r.fact("good bytes", info.Good)
	r.fact("dimension values", counts[series.DefValue])
	r.fact("series", counts[series.DefSeries])
	r.Lists = append(r.Lists, names)
	if rows > 0 {
		r.Lists = append(r.Lists, listed)
	}
	if err != nil {
		r.problem(err)
		r.note("the manifest says how many bytes of this file count; what follows them is never read")
	}
}

// log tells what is in a file of the rows' log or of the catalog's.
func (r *Report) log(name string, data []byte, rows int) {
	ofCatalog := strings.HasSuffix(name, catalog.LogSuffix)
	r.Kind = "log of rows"
	records := List{Name: "records", Columns: []string{"offset", "sequence", "what", "table", "definitions", "rows", "from", "to"}}
	if ofCatalog {
		r.Kind = "log of the catalog"
		records = List{Name: "changes", Columns: []string{"offset", "sequence", "change"}}
	}
	listed := List{Name: "rows", Columns: []string{"sequence", "table", "series", "time", "version", "values"}}
	info, torn, err := wal.Scan(name, data, func(e wal.Entry) error {
		if ofCatalog {
			records.Rows = append(records.Rows, []any{e.Offset, e.Sequence, string(e.Payload)})
			return nil
		}
		entry, err := storage.DescribeRecord(e.Record)
		if err != nil {
			return err
		}
		records.Rows = append(records.Rows, logRecord(e, &entry))
		for _, row := range entry.Rows {
			if len(listed.Rows) < rows {
				listed.Rows = append(listed.Rows, []any{e.Sequence, entry.Table, row.Series, Time(row.Time), row.Version, valuesText(row.Values)})
			}
		}
		return nil
	})
	r.fact("format", info.Version)
	r.fact("number", info.Number)
	r.fact("records", info.Records)
	r.fact("first sequence", info.First)
	r.fact("next sequence", info.Next)
	r.fact("ended in order", info.Sealed)
	r.fact("good bytes", info.Good)
	r.Lists = append(r.Lists, records)
	if rows > 0 && !ofCatalog {
		r.Lists = append(r.Lists, listed)
	}
	switch {
	case err != nil && torn:
		r.note("the end of the file is not whole, as a crash leaves it: %v. In the last file of a log it is cut off by the next start, in any other it is damage", err)
	case err != nil:
		r.problem(err)
	}
}

// logRecord is one line about a record.
func logRecord(e wal.Entry, entry *storage.LogEntry) []any {
	if entry.Drop {
		return []any{e.Offset, e.Sequence, "drop", entry.Table, nil, nil, nil, nil}
	}
	line := []any{e.Offset, e.Sequence, "rows", entry.Table, entry.Defs, len(entry.Rows), nil, nil}
	for i, row := range entry.Rows {
		if i == 0 || Time(row.Time) < line[6].(Time) {
			line[6] = Time(row.Time)
		}
		if i == 0 || Time(row.Time) > line[7].(Time) {
			line[7] = Time(row.Time)
		}
	}
	return line
}

// valuesText writes values by the number of their column.
func valuesText(values []storage.LogValue) string {
	var parts []string
	for _, v := range values {
		parts = append(parts, fmt.Sprintf("%d=%v", v.Column, v.Value))
	}
	return strings.Join(parts, " ")
}

// snapshot tells what is in a snapshot of the catalog.
func (r *Report) snapshot(name string, data []byte) {
	r.Kind = "snapshot of the catalog"
	lines, err := catalog.DescribeSnapshot(name, data)
	if err != nil {
		r.problem(err)
		return
	}
	changes := List{Name: "changes", Columns: []string{"line", "change"}}
	for i, line := range lines {
		changes.Rows = append(changes.Rows, []any{i + 1, line})
	}
	r.fact("changes", len(lines))
	r.Lists = append(r.Lists, changes)
}

// backupManifest tells what the manifest of a backup says.
func (r *Report) backupManifest(data []byte) {
	r.Kind = "manifest of a backup"
	m, err := backup.Decode(data)
	if err != nil {
		r.problem(err)
		return
	}
	r.backupFacts(m)
	files := List{Name: "files", Columns: []string{"name", "size", "crc32c"}}
	for _, f := range m.Files {
		files.Rows = append(files.Rows, []any{f.Name, f.Size, fmt.Sprintf("%08x", f.Sum)})
	}
	r.Lists = append(r.Lists, files)
}

// backupFacts tells what a backup is.
func (r *Report) backupFacts(m *backup.Manifest) {
	r.fact("backup of", Time(m.Time.UnixNano()))
	r.fact("made by", m.Release)
	r.fact("shares files with", m.Base)
	r.fact("files of the backup", len(m.Files))
	r.fact("bytes of the backup", m.Bytes())
}
