package storage

import (
	"context"
	"errors"
	"fmt"
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
//
// The log may have more rows than memory has room for. So where one of its files ends and the rows so far exceed
// their share, they are set aside and flushed, while reading goes on (replay.go). It is a flush like any other: index files
// and segments are written and synced; then a manifest that names them lets the log begin with the file that comes next;
// then the log's files before that are deleted. Thus:
//
//   - A crash before the manifest leaves the old manifest and the whole log. The next recovery deletes the new files, which
//     nothing names, and begins again.
//   - A crash after it leaves a log that begins later, and the rows before in segments. The next recovery goes on there.
//
// In both cases each row is there once, since the manifest moves all rows before a log file's beginning at once; that is
// why flushes happen at the ends of files only. Rows that are flushed were durable before: a log file was synced as a whole
// before the next one was begun. At the end of recovery all flushes have taken effect; what was read last is in memory.
//
// While one set of rows is flushed the next one is read. If that is as large when the flush has not ended, reading waits.
// So memory holds twice the limit at most, as it does when serving, and the rows of one log file more.
//
// Rejected: to leave rows of the log where they are and to read them from there. Every query would decode the log.

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
	ended, err := s.replayLog(ctx, fresh)
	if err != nil {
		return err
	}
	if fresh {
		if err := s.fs.MkdirAll(tablesDir); err != nil {
			return fmt.Errorf("make folder of tables: %w", err)
		}
	}
	return s.finishRecovery(fresh, ended)
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

// replayLog brings back what is only in the log. It returns the tables whose end is in it.
func (s *Store) replayLog(ctx context.Context, fresh bool) (ended []TableID, err error) {
	p := newReplayer(ctx, s, s.manifest.walFirst)
	s.recovering = p
	inserted := make(chan error, 1)
	go func() { inserted <- p.run() }()
	log, err := wal.Open(s.walOptions(!fresh), func(r wal.Record) error {
		if fresh {
			return damaged(manifestName, "file is missing, but there is a log")
		}
		return p.decode(r)
	})
	if err == nil {
		err = p.send()
	}
	close(p.full)
	if ierr := <-inserted; ierr != nil {
		err = ierr
	}
	s.recovering, s.log = nil, log
	if err != nil {
		return nil, err
	}
	s.removeFiles(s.log.Forget(s.manifest.walFirst)) // those that could not be deleted when they were flushed
	s.logBytes.Store(s.log.Size())
	s.boundary = s.manifest.walFirst
	if p.records == 0 {
		s.frozenNext = s.log.Next()
	}
	all, active := s.weighRows()
	s.memory.Store(all)
	s.active.Store(active)
	p.finish()
	return p.ended, nil
}

// walOptions configures the log.
func (s *Store) walOptions(mustExist bool) wal.Options {
	return wal.Options{
		FS: s.fs, Dir: walDir, Suffix: walSuffix, First: s.manifest.walFirst, MustExist: mustExist, FileBytesMax: min(walFileBytes(s.opts.WALBytesMax), max(s.opts.MemoryBytesMax/filesPart, 64<<10)),
	}
}

// forgetLog gives up the log's files before a number and returns their names for deletion. It runs on the committer's
// goroutine.
func (s *Store) forgetLog(before uint64) []string {
	if s.recovering != nil {
		return s.recovering.passed(before)
	}
	names := s.log.Forget(before)
	s.logBytes.Store(s.log.Size())
	return names
}

// walFileBytes cuts the log into pieces that are small against all of it, so that the one that Open copies is short.
func walFileBytes(logMax int64) int64 { return min(max(logMax/16, 64<<10), 32<<20) }

// finishRecovery writes the first manifest of a new folder, and one without the tables whose end is only in the log. It
// deletes the files of those that ended in the log.
func (s *Store) finishRecovery(fresh bool, ended []TableID) error {
	next := s.manifest.clone()
	s.withoutDropped(next)
	next.nextFile = s.nextFile.Load()
	if fresh || len(next.tables) < len(s.manifest.tables) {
		if err := writeManifest(s.fs, next); err != nil {
			return fmt.Errorf("write manifest: %w", err)
		}
		s.manifest = next
	}
	for _, id := range ended {
		s.removeTableFiles(id, segmentSuffix, indexSuffix)
	}
	return nil
}

// removeTableFiles deletes the files with the given suffixes of a table that was dropped, and its folder if nothing is left
// in it.
func (s *Store) removeTableFiles(id TableID, suffixes ...string) {
	names, err := s.fs.List(tableDir(id))
	if err != nil {
		return
	}
	for _, name := range names {
		if _, suffix, ok := parseTableFile(name); ok && slices.Contains(suffixes, suffix) {
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
