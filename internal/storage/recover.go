package storage

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/wal"
)

// Recovery, step by step: take the lock; read the manifest and make its name durable; read the index files it names; see that the segments it names
// are there; delete what it does not name; read the log. Each step may be repeated after a crash in the middle.
//
// A new folder gets a log first and a manifest last. So a folder with data and no manifest is damaged, not new.

// restore brings back the state of the folder.
func (s *Store) restore(ctx context.Context) error {
	if err := s.fs.MkdirAll("."); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	lock, err := s.fs.Lock(lockName)
	if errors.Is(err, vfs.ErrLocked) {
		return dberr.Wrap(dberr.Unavailable, err, "The data folder is in use by another server")
	}
	if err != nil {
		return fmt.Errorf("lock data folder: %w", err)
	}
	s.lock = lock
	m, err := readManifest(s.fs)
	if err != nil {
		return err
	}
	fresh := m == nil
	if fresh {
		m = &manifest{nextFile: 1, walFirst: 1}
	} else if err := s.fs.SyncDir("."); err != nil {
		// If the program was killed after it had given the manifest its name, a power cut could bring back the old one, whose
		// files are about to be deleted.
		return fmt.Errorf("make manifest durable: %w", err)
	}
	s.manifest = m
	s.nextFile.Store(m.nextFile)
	for _, d := range m.dropped {
		s.dropped[d.id] = d.logFile
	}
	if err := s.loadTables(ctx, m); err != nil {
		return err
	}
	if err := s.tidy(m, fresh); err != nil {
		return err
	}
	if err := s.replayLog(ctx, fresh); err != nil {
		return err
	}
	if fresh {
		if err := s.fs.MkdirAll(tablesDir); err != nil {
			return fmt.Errorf("make folder of tables: %w", err)
		}
	}
	return s.finishRecovery(fresh)
}

// loadTables reads the index files and lists the segments.
func (s *Store) loadTables(ctx context.Context, m *manifest) error {
	for i := range m.tables {
		if err := ctx.Err(); err != nil {
			return err
		}
		files := &m.tables[i]
		t := newTable(files.id)
		if files.index != 0 {
			if err := series.ReadFile(s.fs, indexName(t.id, files.index), uint64(t.id), files.indexLength, t.index); err != nil {
				return err
			}
		}
		var list []*segmentFile
		for _, info := range files.segments {
			list = append(list, s.files.segment(t.id, t.index, info))
		}
		t.state = t.state.with(list)
		// What is known of the series so far is that their rows are not newer than the segments.
		t.last = make([]int64, t.index.Len())
		for id := range t.last {
			t.last[id] = t.state.segmentEnd
		}
		s.tables[t.id] = t
	}
	return nil
}

// tidy deletes files of tables that the manifest does not name, left by a crash, and finds missing ones.
func (s *Store) tidy(m *manifest, fresh bool) error {
	dirs, err := s.fs.List(tablesDir)
	if err != nil && !errors.Is(err, vfs.ErrNotExist) {
		return fmt.Errorf("list tables: %w", err)
	}
	for i := range m.tables {
		if dir := tableDir(m.tables[i].id); !slices.Contains(dirs, path.Base(dir)) {
			return damaged(dir, "folder is missing")
		}
	}
	for _, dir := range dirs {
		n, err := strconv.ParseUint(dir, 10, 64)
		if err != nil || strconv.FormatUint(n, 10) != dir {
			continue
		}
		if err := s.tidyTable(m, TableID(n), fresh); err != nil {
			return err
		}
	}
	if err := s.fs.Remove(manifestTmpName); err != nil && !errors.Is(err, vfs.ErrNotExist) {
		return fmt.Errorf("delete unfinished manifest: %w", err)
	}
	return nil
}

// tidyTable is tidy for one table's folder.
func (s *Store) tidyTable(m *manifest, id TableID, fresh bool) error {
	names, err := s.fs.List(tableDir(id))
	if err != nil {
		return fmt.Errorf("list folder of table: %w", err)
	}
	wanted := map[string]bool{}
	files := m.find(id)
	if files.index != 0 {
		wanted[path.Base(indexName(id, files.index))] = true
	}
	for _, info := range files.segments {
		wanted[path.Base(segmentName(id, info.file))] = true
	}
	for _, name := range names {
		file, _, ok := parseTableFile(name)
		switch {
		case !ok:
			continue
		case fresh:
			return damaged(manifestName, "file is missing, but there are tables")
		case wanted[name]:
			continue
		}
		// Its number must not be used again: it may come back if the deletion is lost in a crash.
		s.nextFile.Store(max(s.nextFile.Load(), file+1))
		if err := s.fs.Remove(path.Join(tableDir(id), name)); err != nil {
			return fmt.Errorf("delete unused file: %w", err)
		}
	}
	for name := range wanted {
		if !slices.Contains(names, name) {
			return damaged(path.Join(tableDir(id), name), "file is missing")
		}
	}
	if len(wanted) == 0 {
		_ = s.fs.Remove(tableDir(id)) // fails if there is something that is not ours
	}
	return nil
}

// replayLog brings back what is only in the log.
func (s *Store) replayLog(ctx context.Context, fresh bool) error {
	var err error
	records := 0
	s.log, err = wal.Open(wal.Options{
		FS: s.fs, Dir: walDir, Suffix: walSuffix, First: s.manifest.walFirst, MustExist: !fresh, FileBytesMax: walFileBytes(s.opts.WALBytesMax),
	}, func(r wal.Record) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if fresh {
			return damaged(manifestName, "file is missing, but there is a log")
		}
		records++
		if err := s.replay(r); err != nil {
			return dberr.Wrap(dberr.Corruption, err, "The stored data is damaged")
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id, file := range s.dropped {
		if file == inLog {
			s.dropped[id] = s.log.Number()
		}
	}
	s.logBytes.Store(s.log.Size())
	s.boundary = s.manifest.walFirst
	if records == 0 {
		s.frozenNext = s.log.Next()
	}
	for _, t := range s.tables {
		s.memory.Add(t.state.bytes())
	}
	s.active.Store(s.memory.Load())
	return nil
}

// walFileBytes cuts the log into pieces that are small against all of it, so that the one that Open copies is short.
func walFileBytes(logMax int64) int64 { return min(max(logMax/16, 64<<10), 32<<20) }

// inLog stands for the number of the last log file while that is not known.
const inLog = math.MaxUint64

// replay applies one record of the log.
func (s *Store) replay(record wal.Record) error {
	r := fieldReader{rest: record.Payload}
	id := TableID(r.uint())
	if r.bad {
		return errFrame
	}
	if _, gone := s.dropped[id]; gone {
		return nil
	}
	switch record.Type {
	case frameRows:
		t := s.tables[id]
		if t == nil {
			t = newTable(id)
			s.tables[id] = t
		}
		return t.replay(&r)
	case frameDrop:
		if t := s.tables[id]; t != nil {
			t.dropped.Store(true)
			delete(s.tables, id)
		}
		s.dropped[id] = inLog
		return nil
	}
	return fmt.Errorf("%w: type %d", errFrame, record.Type)
}

// replay inserts the rows of a record. Rows and definitions that are there already, since an earlier record holds them or
// the index file does, change nothing.
func (t *table) replay(r *fieldReader) error {
	err := t.index.ApplyAll(r.bytes(r.uint()), func(d *series.Def) { t.defs = series.AppendDef(t.defs, d) })
	if err != nil {
		return err
	}
	known, columns := uint32(t.index.Len()), t.index.Columns()
	var w walRow
	for n := r.count(); n > 0; n-- {
		r.row(&w)
		if r.bad || w.series >= known || w.version < 1 {
			return errFrame
		}
		for i := range w.cells {
			if !fits(&w.cells[i], columns) {
				return fmt.Errorf("%w: value of column %d", errFrame, w.cells[i].Column)
			}
		}
		t.raise(w.series, w.time)
		t.state.active.Put(w.series, w.time, w.version, w.cells)
	}
	if r.bad || len(r.rest) > 0 {
		return errFrame
	}
	return nil
}

// finishRecovery writes the first manifest of a new folder, and one without the tables whose end is only in the log.
func (s *Store) finishRecovery(fresh bool) error {
	var gone []tableFiles
	for i := range s.manifest.tables {
		if _, ok := s.dropped[s.manifest.tables[i].id]; ok {
			gone = append(gone, s.manifest.tables[i])
		}
	}
	if !fresh && len(gone) == 0 {
		return nil
	}
	next := s.manifest.clone()
	s.withoutDropped(next)
	next.nextFile = s.nextFile.Load()
	if err := writeManifest(s.fs, next); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	s.manifest = next
	for i := range gone {
		for _, info := range gone[i].segments {
			s.removeFiles([]string{segmentName(gone[i].id, info.file)})
		}
		s.removeIndexFiles(gone[i].id)
	}
	return nil
}

// removeIndexFiles deletes the index files of a table that was dropped, and its folder if nothing is left in it.
func (s *Store) removeIndexFiles(id TableID) {
	names, err := s.fs.List(tableDir(id))
	if err != nil {
		return
	}
	for _, name := range names {
		if _, suffix, ok := parseTableFile(name); ok && suffix == indexSuffix {
			s.removeFiles([]string{path.Join(tableDir(id), name)})
		}
	}
	_ = s.fs.Remove(tableDir(id))
}

// removeFiles deletes files that are no longer needed; those that stay are found by the next start.
func (s *Store) removeFiles(names []string) {
	for _, name := range names {
		if err := s.fs.Remove(name); err != nil && !errors.Is(err, vfs.ErrNotExist) {
			s.logger.Warn("unused file could not be deleted", "file", name, "error", err)
		}
	}
}
