package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// mergedBytesMax and mergedRowsMax bound what a merge makes: a segment of that size is not merged any more.
const (
	mergedBytesMax = 1 << 30
	mergedRowsMax  = 1 << 28
)

// Compact merges the segments of each window that has MergeFanIn or more of about the same size, and all those of windows
// that are left alone; one merge for a window.
// Writes, scans and flushes go on meanwhile.
func (s *Store) Compact(ctx context.Context) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.ops.Done()
	if err := hold(ctx, s.compacting); err != nil {
		return err
	}
	defer func() { <-s.compacting }()
	if err := s.stopped(); err != nil {
		return err
	}
	for _, t := range s.tableList() {
		t.mu.RLock()
		state := t.state
		t.mu.RUnlock()
		for list := state.segments; len(list) > 0; {
			inWindow := state.inWindow(list[0].window)
			list = list[len(inWindow):]
			chosen := chooseMerge(inWindow, s.opts.MergeFanIn)
			if len(chosen) == 0 {
				chosen = chooseSettled(inWindow, s.opts.SettleAfter, s.clock.Now())
			}
			if len(chosen) == 0 {
				continue
			}
			err := s.mergeSegments(ctx, t, chosen)
			if errors.Is(err, errSuperseded) {
				continue
			}
			if err != nil {
				s.metrics.CompactionErrors.Add(1)
				return fmt.Errorf("compact table %d: %w", t.id, err)
			}
		}
	}
	return nil
}

// chooseMerge returns the segments of a window that should become one, smallest first, nil if none should. A segment more
// than twice as long as all smaller ones together is left alone until they have grown: so a row is rewritten a number of
// times that grows with the logarithm of the window's size, not with the number of flushes.
func chooseMerge(list []*segmentFile, fanIn int) []*segmentFile {
	sorted := slices.Clone(list)
	slices.SortFunc(sorted, func(a, b *segmentFile) int { return cmp.Or(cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.file, b.file)) })
	var bytes, rows int64
	for _, f := range sorted {
		bytes += f.bytes
		rows += f.rows
	}
	for n := len(sorted); n >= fanIn; n-- {
		largest := sorted[n-1]
		if bytes <= mergedBytesMax && rows <= mergedRowsMax && largest.bytes <= 2*(bytes-largest.bytes) {
			return sorted[:n]
		}
		bytes -= largest.bytes
		rows -= largest.rows
	}
	return nil
}

// chooseSettled returns all segments of a window if nothing has been added to it for long enough, nil otherwise. A merge that
// rewrites a hundred times as much as is new waits a hundred times as long, so that records which trickle in late do not
// have a whole window rewritten over and over.
func chooseSettled(list []*segmentFile, after time.Duration, now time.Time) []*segmentFile {
	var bytes, rows, largest int64
	var last time.Time
	for _, f := range list {
		bytes, rows, largest = bytes+f.bytes, rows+f.rows, max(largest, f.bytes)
		if f.since.After(last) {
			last = f.since
		}
	}
	if len(list) < 2 || bytes > mergedBytesMax || rows > mergedRowsMax {
		return nil
	}
	wait := float64(after) * max(1, float64(largest)/float64(max(bytes-largest, 1)))
	if float64(now.Sub(last)) < wait {
		return nil
	}
	return list
}

// mergeSegments replaces segments of one window by one that holds the newest version of each row.
func (s *Store) mergeSegments(ctx context.Context, t *table, old []*segmentFile) error {
	// The table may have given up segments since they were listed.
	t.mu.RLock()
	for _, f := range old {
		if !slices.Contains(t.state.segments, f) {
			t.mu.RUnlock()
			return errSuperseded
		}
	}
	for _, f := range old {
		f.ref()
	}
	t.mu.RUnlock()
	defer unrefAll(old)
	made, err := s.writeMerged(ctx, t, old)
	if err == nil {
		err = s.fs.SyncDir(tableDir(t.id))
	}
	if err == nil {
		err = s.exchange(t, old, []*segmentFile{made})
	}
	if err != nil {
		if made != nil && !errors.Is(err, errInDoubt) {
			made.obsolete.Store(true)
			made.unref()
		}
		return err
	}
	s.metrics.Compactions.Add(1)
	s.metrics.CompactedFiles.Add(int64(len(old)))
	s.metrics.CompactedBytes.Add(made.bytes)
	return nil
}

// writeMerged writes the segment that mergeSegments puts in the place of others.
func (s *Store) writeMerged(ctx context.Context, t *table, old []*segmentFile) (*segmentFile, error) {
	columns := t.index.Columns()
	r := rowReader{from: math.MinInt64, to: math.MaxInt64}
	var opened []*openSegment
	defer func() {
		for i, o := range opened {
			if err := o.Close(); err != nil {
				s.files.onError("close segment", old[i].name, err)
			}
		}
	}()
	var numbers []uint16
	var sequence uint64
	for _, f := range old {
		o, err := f.open(nil) // every block is read once: the cache is for others
		if err != nil {
			return nil, err
		}
		opened = append(opened, o)
		numbers = append(numbers, o.numbers...)
		sequence = max(sequence, f.sequence)
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	for _, n := range numbers {
		r.columns = append(r.columns, valueColumn{n, columns[n].Type})
	}
	for i, o := range opened {
		r.addSegment(old[i], o)
	}
	w, err := s.newSegment(t, old[0].window, sequence, numbers, columns)
	if err != nil {
		return nil, err
	}
	if err := copyMerged(ctx, &r, w, opened, t.index.Order()); err != nil {
		w.Abort()
		return nil, err
	}
	return w.finish()
}

// copyMerged writes all rows of the opened segments, which r reads.
func copyMerged(ctx context.Context, r *rowReader, w *segmentWriter, opened []*openSegment, order *series.Order) error {
	chosen := make([]bool, len(order.IDs))
	for _, o := range opened {
		for i := range o.RunCount() {
			id, _, _ := o.Run(i)
			chosen[order.Rank(id)] = true
		}
	}
	r.order = order
	cols := make([]*vector.Vector, len(r.columns))
	for rank, id := range order.IDs {
		if !chosen[rank] {
			continue
		}
		if err := r.begin(ctx, id); err != nil {
			return err
		}
		for {
			p, ok, err := r.next(ctx)
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			if err := r.copyPiece(ctx, w, &p, cols); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyPiece writes the rows of a piece of a segment.
func (r *rowReader) copyPiece(ctx context.Context, w *segmentWriter, p *piece, cols []*vector.Vector) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	times, err := r.times(ctx, p)
	if err != nil {
		return err
	}
	versions, err := r.versions(ctx, p)
	if err != nil {
		return err
	}
	chunk := segment.Chunk{Times: times[p.from:p.to], Cols: cols}
	if versions != nil {
		chunk.Versions = versions[p.from:p.to]
	}
	for k := range cols {
		v, err := r.column(ctx, p, k)
		if err != nil {
			return err
		}
		cols[k] = v
		if v != nil {
			cols[k] = v.Slice(p.from, p.to)
		}
	}
	return w.Append(p.series, chunk)
}
