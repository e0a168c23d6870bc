package storage

import (
	"context"
	"errors"
	"fmt"
)

// Expire drops the segments of a table whose rows are all older than before. Older rows in other segments, or in memory,
// stay until their segment is old as a whole: whoever reads sets the bound of what is visible.
func (s *Store) Expire(ctx context.Context, id TableID, before int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.begin(); err != nil {
		return err
	}
	defer s.ops.Done()
	t := s.table(id)
	if t == nil {
		return nil
	}
	t.mu.RLock()
	state := t.state
	t.mu.RUnlock()
	var old []*segmentFile
	for _, f := range state.segments {
		if f.to < before {
			old = append(old, f)
		}
	}
	if len(old) == 0 {
		return nil
	}
	switch err := s.exchange(t, old, nil); {
	case errors.Is(err, errSuperseded): // compaction has replaced one; the next call finds what it made
		return nil
	case err != nil:
		return fmt.Errorf("expire table %d: %w", id, err)
	}
	s.metrics.ExpiredFiles.Add(int64(len(old)))
	return nil
}

// DropTable deletes a table with all rows. When it has returned they never come back: the log says so, and the manifest
// that allows that log to be deleted no longer names the table. Writes to the table that come later are refused. Scans
// that are open go on.
func (s *Store) DropTable(ctx context.Context, id TableID) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.ops.Done()
	if err := s.stopped(); err != nil {
		return err
	}
	var t *table
	var err error
	if derr := s.do(ctx, func() { t, err = s.logDrop(id) }); derr != nil {
		return derr
	}
	if err != nil || t == nil {
		return err
	}
	s.metrics.DroppedTables.Add(1)
	var list []*segmentFile
	err = s.changeManifest(func(*manifest) error { return nil }, func() {
		list = t.state.segments
		t.replace(t.state.with(nil)) // who still has the table must not begin to read them
	})
	if err != nil {
		// The table is gone all the same. Its files stay until the next change, or the next start.
		s.logger.Warn("files of a dropped table could not be deleted", "table_id", uint64(id), "error", err)
		return nil
	}
	for _, f := range list {
		f.obsolete.Store(true)
		f.unref()
	}
	s.removeTableFiles(id, indexSuffix)
	return nil
}

// logDrop makes the end of a table durable and takes it out of the store. It runs on the committer's goroutine.
func (s *Store) logDrop(id TableID) (*table, error) {
	t, logFile := s.table(id), uint64(0)
	if t != nil && t.index.Len() > 0 {
		if _, err := s.log.Add(frameDrop, appendDrop(id)); err != nil {
			return nil, err
		}
		if err := s.log.Commit(); err != nil {
			if s.log.Broken() != nil {
				_ = s.stopWriting(err, "the log could not be made durable")
			}
			return nil, err
		}
		s.logBytes.Store(s.log.Size())
		logFile = s.log.Number()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropped[id] = max(s.dropped[id], logFile)
	if t == nil {
		return nil, nil
	}
	t.dropped.Store(true)
	delete(s.tables, id)
	s.memory.Add(-t.state.bytes())
	s.active.Add(-t.state.active.Bytes())
	s.budget.letGo(t.state.active)
	for _, f := range t.state.frozen {
		s.budget.letGo(f.rows)
	}
	s.budget.forget(t)
	s.budget.settle()
	return t, nil
}
