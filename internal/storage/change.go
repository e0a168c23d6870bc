package storage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// changeManifest replaces the manifest by an edited copy and then lets install change the tables accordingly, on the
// committer's goroutine. An error of edit, or of writing, changes nothing. If it cannot be known which manifest the next start will find,
// all writing stops, and no file that either names may be deleted: the error is errInDoubt.
func (s *Store) changeManifest(edit func(*manifest) error, install func()) error {
	s.manifestMu.Lock()
	defer s.manifestMu.Unlock()
	if err := s.stopped(); err != nil {
		return err
	}
	next := s.manifest.clone()
	if err := edit(next); err != nil {
		return err
	}
	s.withoutDropped(next)
	next.nextFile = s.nextFile.Load()
	if err := writeManifest(s.fs, next); err != nil {
		if errors.Is(err, errInDoubt) {
			return errors.Join(errInDoubt, s.stopWriting(err, "the list of data files could not be made durable"))
		}
		return fmt.Errorf("write manifest: %w", err)
	}
	s.manifest = next
	// Close waits for those who change the manifest before it ends the committer.
	if err := s.do(context.Background(), install); err != nil {
		panic("bug: the committer ended before the change of files: " + err.Error())
	}
	return nil
}

// withoutDropped takes out tables that were dropped, and notes those whose records are still in the log: the record that
// says they are gone comes after them.
func (s *Store) withoutDropped(m *manifest) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	m.tables = slices.DeleteFunc(m.tables, func(t tableFiles) bool {
		_, ok := s.dropped[t.id]
		return ok
	})
	m.dropped = nil
	for _, id := range slices.Sorted(maps.Keys(s.dropped)) {
		if file := s.dropped[id]; file >= m.walFirst {
			m.dropped = append(m.dropped, droppedTable{id, file})
		}
	}
}

// errSuperseded says that the segments of a change are no longer all there.
var errSuperseded = errors.New("segments were dropped meanwhile")

// exchange replaces segments of a table by others (none, when they expire). It returns errSuperseded and changes nothing
// if one of the old ones is gone already.
func (s *Store) exchange(t *table, old, made []*segmentFile) error {
	gone := func(info segmentInfo) bool {
		return slices.ContainsFunc(old, func(f *segmentFile) bool { return f.file == info.file })
	}
	err := s.changeManifest(func(m *manifest) error {
		if t.dropped.Load() {
			return errSuperseded
		}
		files := m.tableOf(t.id)
		before := len(files.segments)
		files.segments = slices.DeleteFunc(files.segments, gone)
		if before-len(files.segments) != len(old) {
			return errSuperseded
		}
		for _, f := range made {
			files.segments = append(files.segments, f.segmentInfo)
		}
		return nil
	}, func() {
		list := slices.DeleteFunc(slices.Clone(t.state.segments), func(f *segmentFile) bool { return gone(f.segmentInfo) })
		t.replace(t.state.with(append(list, made...)))
	})
	if err != nil {
		return err
	}
	for _, f := range old {
		f.obsolete.Store(true)
		f.unref()
	}
	return nil
}
