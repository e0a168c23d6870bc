package inspect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"time"

	"github.com/tidemarkdb/tidemark/internal/backup"
	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/folder"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/overlay"
	"github.com/tidemarkdb/tidemark/internal/wal"
)

// FolderOptions says how to look at a folder.
type FolderOptions struct {
	// Verify reads everything and checks it.
	Verify bool
	// Now decides which rows belong to which store.
	Now time.Time
}

// Folder tells what is in a data folder or a backup, by table. Nobody may use it meanwhile: it is locked if it has a lock file.
func Folder(ctx context.Context, fs vfs.FS, opts FolderOptions) (*Report, error) {
	r := &Report{Kind: "data folder"}
	lock, err := r.lock(fs)
	if err != nil {
		return nil, err
	}
	defer func() { _ = lock.Close() }()
	f := &folderReader{Report: r, fs: fs, data: vfs.Sub(fs, folder.DataDir), opts: opts, tables: map[storage.TableID]*tableReport{}}
	if err := f.marks(ctx); err != nil {
		return nil, err
	}
	f.readCatalog()
	if err := f.readManifest(ctx); err != nil {
		return nil, err
	}
	if f.layout != nil {
		if err := f.readLog(ctx); err != nil {
			return nil, err
		}
	}
	f.overview()
	if opts.Verify {
		if err := f.tryStart(ctx); err != nil {
			return nil, err
		}
		if len(r.Problems) == 0 {
			r.note("everything was read and is right")
		}
	}
	return r, nil
}

// nothing is a lock that is not held.
type nothing struct{}

// Close implements io.Closer.
func (nothing) Close() error { return nil }

// lock keeps servers away while the folder is read. It makes no lock file: without one no server uses the folder.
func (r *Report) lock(fs vfs.FS) (io.Closer, error) {
	if _, err := fs.List("."); err != nil {
		return nil, err
	}
	switch _, err := vfs.FileSize(fs, folder.LockName); {
	case errors.Is(err, vfs.ErrNotExist):
		return nothing{}, nil
	case err != nil:
		return nil, err
	}
	lock, err := fs.Lock(folder.LockName)
	switch {
	case errors.Is(err, vfs.ErrLocked):
		return nil, dberr.Wrap(dberr.Unavailable, err, "The folder is used by a server. Stop it, or make a backup and inspect that")
	case err != nil: // a read-only file system, say
		r.note("the folder cannot be locked, so make sure that no server uses it: %v", err)
		return nothing{}, nil
	}
	return lock, nil
}

// folderReader collects what is in a folder.
type folderReader struct {
	*Report
	fs, data vfs.FS
	opts     FolderOptions
	layout   *storage.Layout
	tables   map[storage.TableID]*tableReport
	catalog  *catalog.Catalog // nil if it cannot be read
}

// tableReport is what is known of a table.
type tableReport struct {
	storage.TableLayout
	declared *catalog.Table // nil if the catalog does not have it
	index    *series.Index  // nil if it cannot be read
	inLog    int            // rows
	from, to int64          // of rows in segments and log; from > to if there are none
}

// table returns what is known of a table.
func (f *folderReader) table(id storage.TableID) *tableReport {
	t := f.tables[id]
	if t == nil {
		t = &tableReport{TableLayout: storage.TableLayout{ID: id}, from: 1<<63 - 1, to: -1 << 63}
		f.tables[id] = t
	}
	return t
}

// marks tells what kind of folder this is, and checks the files of a backup.
func (f *folderReader) marks(ctx context.Context) error {
	if _, err := vfs.FileSize(f.fs, folder.RestoringName); err == nil {
		f.problem(fmt.Errorf("%s: a restore to this folder was not finished", folder.RestoringName))
	}
	m, err := backup.Read(f.fs)
	switch {
	case dberr.Is(err, dberr.NotFound):
		return nil
	case err != nil:
		f.Kind = "backup"
		return f.damage(err)
	}
	f.Kind = "backup"
	f.backupFacts(m)
	if !f.opts.Verify {
		return nil
	}
	err = backup.Verify(ctx, f.fs, m)
	if err != nil && ctx.Err() == nil {
		return f.damage(err)
	}
	return err
}

// readCatalog reads the catalog as a start would.
func (f *folderReader) readCatalog() {
	if _, err := f.fs.List(folder.CatalogDir); err != nil {
		f.problem(fmt.Errorf("%s: %w", folder.CatalogDir, err))
		return
	}
	c, err := catalog.Open(catalog.Options{FS: overlay.New(f.fs), Dir: folder.CatalogDir})
	if err != nil {
		f.problem(err)
		return
	}
	f.catalog = c
	for _, t := range c.AllTables("", "", 0) {
		f.table(storage.TableID(t.ID)).declared = t
	}
	f.catalogEnd()
	f.fact("databases", len(c.Databases("", 0)))
	f.fact("tables", len(c.AllTables("", "", 0)))
}

// catalogEnd notes an end of the catalog's log that is not whole.
func (f *folderReader) catalogEnd() {
	pieces, err := catalog.Moment(f.fs, folder.CatalogDir)
	if err != nil || len(pieces) == 0 {
		return
	}
	last := pieces[len(pieces)-1].Name
	if data, err := vfs.ReadAll(f.fs, last); err == nil {
		if _, torn, err := wal.Scan(last, data, func(wal.Entry) error { return nil }); torn && err != nil {
			f.note("the log of the catalog ends in the middle of a record, as a crash leaves it; the next start cuts it off: %v", err)
		}
	}
}

// readManifest reads the manifest and the files of tables.
func (f *folderReader) readManifest(ctx context.Context) error {
	data, err := vfs.ReadAll(f.data, storage.ManifestName)
	if errors.Is(err, vfs.ErrNotExist) {
		f.problem(fmt.Errorf("%s/%s: file is missing", folder.DataDir, storage.ManifestName))
		return nil
	}
	if err != nil {
		return err
	}
	f.layout, err = storage.DescribeManifest(data)
	if err != nil {
		return f.damage(err)
	}
	known := map[string]bool{}
	for _, l := range f.layout.Tables {
		t := f.table(l.ID)
		t.TableLayout = l
		if err := f.readTable(ctx, t, known); err != nil {
			return err
		}
	}
	return f.leftovers(known)
}

// readTable reads the index of a table and looks at its segments.
func (f *folderReader) readTable(ctx context.Context, t *tableReport, known map[string]bool) error {
	if t.Index != "" {
		known[t.Index] = true
		t.index = series.New()
		if err := series.ReadFile(f.data, t.Index, uint64(t.ID), t.IndexBytes, t.index); err != nil {
			t.index = nil
			if err := f.damage(err); err != nil {
				return err
			}
		}
	}
	for i := range t.Segments {
		s := &t.Segments[i]
		known[s.Name] = true
		t.from, t.to = min(t.from, s.From), max(t.to, s.To)
		if err := f.readSegment(ctx, t, s); err != nil {
			return err
		}
	}
	return nil
}

// leftovers notes files that do not count.
func (f *folderReader) leftovers(known map[string]bool) error {
	err := vfs.Walk(f.data, storage.TablesDir, func(name string, size int64) error {
		if !known[name] {
			f.note("%s/%s (%d bytes) does not count; the next start removes what is left over", folder.DataDir, name, size)
		}
		return nil
	})
	if errors.Is(err, vfs.ErrNotExist) {
		return nil
	}
	return err
}

// readLog reads the log as far as it counts.
func (f *folderReader) readLog(ctx context.Context) error {
	opts := storage.LogOptions(f.layout.WALFirst)
	opts.FS = f.data
	pieces, err := wal.Pieces(opts)
	if err != nil && !errors.Is(err, vfs.ErrNotExist) {
		return err
	}
	if len(pieces) == 0 {
		f.problem(fmt.Errorf("log file %d, with which the log begins, is missing", f.layout.WALFirst))
	}
	next, bytes := uint64(0), int64(0)
	for i, p := range pieces {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := vfs.ReadAll(f.data, p.Name)
		if err != nil {
			return err
		}
		bytes += p.Size
		info, torn, err := wal.Scan(p.Name, data, f.logEntry)
		last := i == len(pieces)-1
		switch {
		case err != nil && torn && last:
			f.note("the log ends in the middle of a record, as a crash leaves it; the next start cuts it off: %v", err)
		case err != nil:
			if err := f.damage(err); err != nil {
				return err
			}
			continue // what it says of its place cannot be relied on
		}
		switch {
		case info.Good == 0:
		case info.Number != f.layout.WALFirst+uint64(i):
			f.problem(fmt.Errorf("log file %s says that it has number %d, expected %d", p.Name, info.Number, f.layout.WALFirst+uint64(i)))
		case next != 0 && info.First != next:
			f.problem(fmt.Errorf("log file %s begins with record %d, expected %d", p.Name, info.First, next))
		}
		next = info.Next
	}
	f.fact("log files", len(pieces))
	f.fact("log bytes", bytes)
	return nil
}

// logEntry takes a record of the log into account.
func (f *folderReader) logEntry(e wal.Entry) error {
	entry, err := storage.DescribeRecord(e.Record)
	if err != nil {
		return dberr.Wrap(dberr.Corruption, err, "The stored data is damaged")
	}
	if slices.Contains(f.layout.Dropped, entry.Table) {
		return nil
	}
	t := f.table(entry.Table)
	if entry.Drop {
		t.inLog = 0
		return nil
	}
	t.inLog += len(entry.Rows)
	for _, row := range entry.Rows {
		t.from, t.to = min(t.from, row.Time), max(t.to, row.Time)
	}
	return nil
}

// overview lists the tables and the windows of their segments.
func (f *folderReader) overview() {
	tables := List{Name: "tables", Columns: []string{"table", "name", "series", "segments", "rows", "bytes", "index bytes", "rows in log", "from", "to"}}
	windows := List{Name: "windows", Columns: []string{"table", "window", "store", "segments", "rows", "bytes"}}
	all := make([]*tableReport, 0, len(f.tables))
	for _, t := range f.tables {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *tableReport) int { return cmp.Compare(a.ID, b.ID) })
	for _, t := range all {
		rows, bytes := int64(0), int64(0)
		for _, s := range t.Segments {
			rows, bytes = rows+s.Rows, bytes+s.Bytes
		}
		line := []any{t.ID, t.name(), nil, len(t.Segments), rows, bytes, t.IndexBytes, t.inLog, nil, nil}
		if t.index != nil {
			line[2] = t.index.Len()
		}
		if t.from <= t.to {
			line[8], line[9] = Time(t.from), Time(t.to)
		}
		tables.Rows = append(tables.Rows, line)
		windows.Rows = append(windows.Rows, f.windows(t)...)
		if t.declared == nil && f.catalog != nil && (len(t.Segments) > 0 || t.inLog > 0) {
			f.note("table %d is not in the catalog: it was deleted, and the next start removes its rows", t.ID)
		}
	}
	f.Lists = append(f.Lists, tables, windows)
}

// name is what users call the table.
func (t *tableReport) name() string {
	if t.declared == nil {
		return "(not in the catalog)"
	}
	return t.declared.Database + "." + t.declared.Name
}

// windows sums up a table's segments by window. A window is of the memory store while any of its times is.
func (f *folderReader) windows(t *tableReport) [][]any {
	list := slices.Clone(t.Segments)
	slices.SortStableFunc(list, func(a, b storage.SegmentLayout) int { return cmp.Compare(a.WindowFrom, b.WindowFrom) })
	var lines [][]any
	for i, s := range list {
		if i == 0 || s.WindowFrom != list[i-1].WindowFrom {
			store := "magnetic"
			if t.declared == nil {
				store = "-"
			} else if s.WindowTo > f.opts.Now.Add(-time.Duration(t.declared.MemoryHours)*time.Hour).UnixNano() {
				store = "memory"
			}
			lines = append(lines, []any{t.ID, Time(s.WindowFrom), store, 0, int64(0), int64(0)})
		}
		line := lines[len(lines)-1]
		line[3], line[4], line[5] = line[3].(int)+1, line[4].(int64)+s.Rows, line[5].(int64)+s.Bytes
	}
	return lines
}

// where returns the name of a file of the store in the folder.
func where(name string) string { return path.Join(folder.DataDir, name) }
