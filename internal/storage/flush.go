package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/storage/memstore"
	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// A flush, step by step:
//
//  1. Freeze (on the committer's goroutine): the log goes on in a new file; the rows in memory are set aside, with what they
//     have defined; new rows go to new memory. Whatever is set aside is in older log files, and nothing else is.
//  2. Definitions are appended to the index files, rows become segments, one for each time window. All are synced.
//  3. The manifest is replaced by one that names them and lets the log begin with the new file.
//  4. Scans see the segments instead of the memory, in one step. The old log files are deleted.
//
// If it fails, what was set aside stays where it is and the next flush takes it up.

// frozenTable is what a flush has to do for one table.
type frozenTable struct {
	table *table
	rows  []frozenRows
	defs  []byte

	files   tableFiles // the index file as it will be
	made    []*segmentFile
	newFile bool // files.index is a new file
}

// Flush moves all rows that are in memory to segments. Writes go on meanwhile.
func (s *Store) Flush(ctx context.Context) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.ops.Done()
	if err := hold(ctx, s.flushing); err != nil {
		return err
	}
	defer func() { <-s.flushing }()
	err := s.flush(ctx)
	if err != nil {
		s.metrics.FlushErrors.Add(1)
		return fmt.Errorf("flush: %w", err)
	}
	return nil
}

// flush is Flush for the holder of flushing.
func (s *Store) flush(ctx context.Context) error {
	if err := s.stopped(); err != nil {
		return err
	}
	// What an earlier attempt left comes first: as long as that fails there is no use in setting more aside.
	for _, setAside := range []func() error{func() error { return nil }, s.freeze} {
		var frozen []*frozenTable
		var err error
		derr := s.do(ctx, func() {
			if err = setAside(); err == nil {
				frozen = s.frozen()
			}
		})
		if err = errors.Join(derr, err); err != nil {
			return err
		}
		if err = s.flushFrozen(ctx, frozen); err != nil {
			return err
		}
	}
	return nil
}

// flushFrozen moves frozen rows to segments.
func (s *Store) flushFrozen(ctx context.Context, frozen []*frozenTable) error {
	s.manifestMu.Lock()
	before := s.manifest
	s.manifestMu.Unlock()
	if len(frozen) == 0 && s.boundary == before.walFirst {
		return nil
	}
	var err error
	for _, f := range frozen {
		err = s.flushTable(ctx, before, f)
		if f.table.dropped.Load() {
			err = nil // its folder may have gone while files were made in it; installFlush discards what there is
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = s.installFlush(frozen)
	}
	if err != nil {
		if !errors.Is(err, errInDoubt) {
			for _, f := range frozen {
				f.discard(s)
			}
		}
		return err
	}
	s.metrics.Flushes.Add(1)
	s.budget.settle()
	return nil
}

// freeze sets aside the rows in memory. It runs on the committer's goroutine.
func (s *Store) freeze() error {
	if s.log.Next() == s.frozenNext {
		return nil
	}
	number, err := s.log.Rotate()
	if err != nil {
		if s.log.Broken() != nil {
			return s.stopWriting(err, "the log could not be continued")
		}
		return err
	}
	s.logBytes.Store(s.log.Size())
	s.setAside(number, s.log.Next())
	return nil
}

// setAside sets the rows in memory aside. All of them are in log files before boundary, whose first record is next. It runs
// on the committer's goroutine.
func (s *Store) setAside(boundary, next uint64) {
	s.boundary, s.frozenNext = boundary, next
	for _, t := range s.tableList() {
		if t.state.active.Rows() == 0 {
			continue
		}
		c := *t.state
		c.frozen = append(slices.Clone(c.frozen), frozenRows{c.active, next - 1})
		c.active = memstore.New()
		t.replace(&c)
		t.frozenDefs = append(t.frozenDefs, t.defs...)
		t.defs = nil
	}
	s.active.Store(0)
}

// frozen lists what has been set aside. It runs on the committer's goroutine.
func (s *Store) frozen() []*frozenTable {
	var out []*frozenTable
	for _, t := range s.tableList() {
		if len(t.state.frozen) > 0 {
			out = append(out, &frozenTable{table: t, rows: t.state.frozen, defs: t.frozenDefs})
		}
	}
	return out
}

// flushTable writes the files of one table.
func (s *Store) flushTable(ctx context.Context, m *manifest, f *frozenTable) error {
	id := f.table.id
	f.files = m.find(id)
	if f.files.index == 0 {
		if err := s.makeTableDir(id); err != nil {
			return err
		}
	}
	if err := s.flushIndex(f); err != nil {
		return err
	}
	columns := f.table.index.Columns()
	order := f.table.index.Order()
	for _, rows := range f.rows {
		if err := s.flushRows(ctx, f, rows, columns, order); err != nil {
			return err
		}
	}
	if err := s.fs.SyncDir(tableDir(id)); err != nil {
		return fmt.Errorf("sync folder of table: %w", err)
	}
	return nil
}

// makeTableDir makes the folder of a table, durably.
func (s *Store) makeTableDir(id TableID) error {
	err := s.fs.MkdirAll(tableDir(id))
	if err == nil {
		err = s.fs.SyncDir(tablesDir)
	}
	if err == nil {
		err = s.fs.SyncDir(".")
	}
	if err != nil {
		return fmt.Errorf("make folder of table: %w", err)
	}
	return nil
}

// flushIndex makes the definitions of the frozen rows durable outside the log.
func (s *Store) flushIndex(f *frozenTable) error {
	t, files := f.table, &f.files
	if len(f.defs) == 0 {
		return nil
	}
	var err error
	if files.index != 0 && t.appendable {
		files.indexLength, err = series.AppendFile(s.fs, indexName(t.id, files.index), files.indexLength, f.defs)
		t.appendable = err == nil
		return err
	}
	from := ""
	if files.index != 0 {
		from = indexName(t.id, files.index)
	}
	files.index = s.nextFile.Add(1) - 1
	f.newFile = true
	files.indexLength, err = series.CreateFile(s.fs, indexName(t.id, files.index), uint64(t.id), from, files.indexLength, f.defs)
	return err
}

// windowPiece is rows of one chunk that belong to one window.
type windowPiece struct {
	window   int64
	series   uint32
	chunk    memstore.Chunk
	from, to int
}

// flushRows writes the segments of one set of frozen rows.
func (s *Store) flushRows(ctx context.Context, f *frozenTable, frozen frozenRows, columns []series.Column, order *series.Order) error {
	snapshot := frozen.rows.Snapshot()
	ids := snapshot.Series()
	slices.SortFunc(ids, func(a, b uint32) int { return cmp.Compare(order.Rank(a), order.Rank(b)) })
	var pieces []windowPiece
	for _, id := range ids {
		run := snapshot.Run(id)
		for i := range run.Chunks() {
			pieces = cutByWindow(pieces, id, run.Chunk(i))
		}
	}
	// Stable, so that each window has its rows in series order.
	slices.SortStableFunc(pieces, func(a, b windowPiece) int { return cmp.Compare(a.window, b.window) })
	numbers := frozen.rows.Columns()
	for len(pieces) > 0 {
		n := 1
		for n < len(pieces) && pieces[n].window == pieces[0].window {
			n++
		}
		if err := s.flushWindow(ctx, f, frozen.sequence, pieces[:n], numbers, columns); err != nil {
			return err
		}
		pieces = pieces[n:]
	}
	return nil
}

// cutByWindow adds the pieces of a chunk.
func cutByWindow(pieces []windowPiece, id uint32, c memstore.Chunk) []windowPiece {
	times := c.Times()
	for from := 0; from < len(times); {
		w := windowOf(times[from])
		to := len(times)
		if windowOf(times[to-1]) != w {
			to, _ = slices.BinarySearchFunc(times, w, func(t, w int64) int {
				if windowOf(t) <= w {
					return -1
				}
				return 1
			})
		}
		pieces = append(pieces, windowPiece{w, id, c, from, to})
		from = to
	}
	return pieces
}

// flushWindow writes one segment.
func (s *Store) flushWindow(ctx context.Context, f *frozenTable, sequence uint64, pieces []windowPiece, numbers []uint16, columns []series.Column) error {
	w, err := s.newSegment(f.table, pieces[0].window, s.flushLevel(pieces[0].window), sequence, numbers, columns)
	if err != nil {
		return err
	}
	cols := make([]*vector.Vector, len(numbers))
	for i := range pieces {
		p := &pieces[i]
		if i%1024 == 0 {
			if err := ctx.Err(); err != nil {
				w.Abort()
				return err
			}
		}
		chunk := segment.Chunk{Times: p.chunk.Times()[p.from:p.to], Cols: cols}
		if v := p.chunk.Versions(); v != nil {
			chunk.Versions = v[p.from:p.to]
		}
		for k, n := range numbers {
			if cols[k] = p.chunk.Column(n, columns[n].Type); cols[k] != nil {
				cols[k] = cols[k].Slice(p.from, p.to)
			}
		}
		if err := w.Append(p.series, chunk); err != nil {
			w.Abort()
			return err
		}
	}
	made, err := w.finish()
	if err != nil {
		return err
	}
	f.made = append(f.made, made)
	s.metrics.FlushedRows.Add(made.rows)
	s.metrics.FlushedBytes.Add(made.bytes)
	return nil
}

// segmentWriter writes a segment and knows what the manifest is to say about it.
type segmentWriter struct {
	*segment.Writer
	store *Store
	table *table
	info  segmentInfo
}

// newSegment begins a segment with the given columns of a table.
func (s *Store) newSegment(t *table, window int64, level segment.Level, sequence uint64, numbers []uint16, columns []series.Column) (*segmentWriter, error) {
	from, to := windowBounds(window)
	meta := segment.Meta{Table: uint64(t.id), WindowFrom: from, WindowTo: to, MaxSequence: sequence, Level: level}
	for _, n := range numbers {
		meta.Columns = append(meta.Columns, segment.Column{Name: columns[n].Name, Type: columns[n].Type})
	}
	w := &segmentWriter{store: s, table: t, info: segmentInfo{file: s.nextFile.Add(1) - 1, window: window, sequence: sequence}}
	var err error
	w.Writer, err = segment.NewWriter(s.fs, segmentName(t.id, w.info.file), meta)
	return w, err
}

// finish ends the segment. The folder is not synced yet.
func (w *segmentWriter) finish() (*segmentFile, error) {
	info, err := w.Finish()
	if err != nil {
		w.Abort()
		return nil, err
	}
	w.info.rows, w.info.bytes, w.info.from, w.info.to = info.Rows, info.Bytes, info.TimeMin, info.TimeMax
	return w.store.files.segment(w.table.id, w.table.index, w.info), nil
}

// discard deletes the files of a flush that did not take effect.
func (f *frozenTable) discard(s *Store) {
	for _, m := range f.made {
		m.obsolete.Store(true)
		m.unref()
	}
	if f.newFile {
		s.removeFiles([]string{indexName(f.table.id, f.files.index)})
	}
}

// installFlush makes the new files count and gives up memory and log for them.
func (s *Store) installFlush(frozen []*frozenTable) error {
	var oldLogs, oldIndexes []string
	var kept, late []*frozenTable // late: of tables that were dropped meanwhile
	boundary := s.boundary
	err := s.changeManifest(func(m *manifest) error {
		m.walFirst = boundary
		for _, f := range frozen {
			if f.table.dropped.Load() {
				late = append(late, f)
				continue
			}
			kept = append(kept, f)
			files := m.tableOf(f.table.id)
			if f.newFile && files.index != 0 {
				oldIndexes = append(oldIndexes, indexName(f.table.id, files.index))
			}
			files.index, files.indexLength = f.files.index, f.files.indexLength
			for _, made := range f.made {
				files.segments = append(files.segments, made.segmentInfo)
			}
		}
		return nil
	}, func() {
		for _, f := range kept {
			// If it is dropped meanwhile its memory is accounted for, and DropTable takes over the files.
			if freed := f.install(); !f.table.dropped.Load() {
				s.memory.Add(-freed)
				for _, r := range f.rows {
					s.budget.letGo(r.rows)
				}
			}
		}
		oldLogs = s.forgetLog(boundary)
	})
	if err != nil {
		return err
	}
	for _, f := range late {
		f.discard(s)
	}
	s.removeFiles(oldIndexes)
	s.removeFiles(oldLogs)
	return nil
}

// install lets the table's rows be read from the new segments and returns how much memory that frees. It runs on the
// committer's goroutine.
func (f *frozenTable) install() int64 {
	t := f.table
	state := t.state.with(append(slices.Clone(t.state.segments), f.made...))
	state.frozen = slices.Clone(state.frozen[len(f.rows):]) // not a slice of the old list, which would keep the rows alive
	freed := t.state.bytes()
	t.replace(state)
	t.frozenDefs = nil
	if f.newFile {
		t.appendable = true
	}
	return freed - state.bytes()
}
