package storage

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/storage/mergeplan"
	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// rewriter writes the newest versions of the rows of some layers to a new layer.
//
// It holds, of each layer, one decoded block with all columns, and of the segment that it writes the rows that wait for their
// block and its directory. Options.MergeBytesMax bounds the first; the second is about 46 KiB for each column.
type rewriter struct {
	store  *Store
	table  *table
	window int64
	level  segment.Level
	shift  *mergeplan.Shift

	layers []layer // those that fit
	reader rowReader
	opened []*openSegment

	columns  []series.Column
	numbers  []uint16 // columns that some layer has
	sequence uint64
	order    *series.Order

	writer *segmentWriter // nil between two segments
	made   []*segmentFile
	cols   []*vector.Vector // of the piece that is copied
	slices []vector.Vector
	rows   int   // copied since the last rest
	synced int64 // bytes of the segment that are synced
}

// mergeLayers replaces layers of one window by one that holds the newest version of each row. If they need too much memory
// together, only the shorter ones are replaced, at least two.
func (s *Store) mergeLayers(ctx context.Context, job *mergeJob, shift *mergeplan.Shift) error {
	t := job.table
	all := job.files()
	// The table may have given up segments since they were chosen.
	t.mu.RLock()
	for _, f := range all {
		if !slices.Contains(t.state.segments, f) {
			t.mu.RUnlock()
			return errSuperseded
		}
	}
	for _, f := range all {
		f.ref()
	}
	t.mu.RUnlock()
	defer unrefAll(all)
	r := &rewriter{store: s, table: t, window: job.window, level: s.mergeLevel(job.window, job.layers), shift: shift, layers: job.layers}
	err := r.run(ctx)
	old := (&mergeJob{layers: r.layers}).files()
	if err == nil {
		err = s.fs.SyncDir(tableDir(t.id))
	}
	if err == nil {
		err = s.exchange(t, old, r.made)
	}
	if err != nil {
		if !errors.Is(err, errInDoubt) {
			for _, f := range r.made {
				f.obsolete.Store(true)
				f.unref()
			}
		}
		return err
	}
	s.metrics.Compactions.Add(1)
	s.metrics.CompactedFiles.Add(int64(len(old)))
	return nil
}

// files returns the segments of all layers.
func (j *mergeJob) files() []*segmentFile {
	var out []*segmentFile
	for _, l := range j.layers {
		out = append(out, l.files...)
	}
	return out
}

// run writes the new layer. What it has made when it fails is in r.made.
func (r *rewriter) run(ctx context.Context) error {
	defer r.close()
	if err := r.open(); err != nil {
		return err
	}
	err := r.copyAll(ctx)
	if err == nil {
		err = r.finish()
	}
	if err != nil && r.writer != nil {
		r.store.metrics.CompactedBytes.Add(r.writer.Bytes())
		r.writer.Abort()
	}
	return err
}

// open opens the segments of as many layers as there is memory for.
func (r *rewriter) open() error {
	r.reader = rowReader{from: math.MinInt64, to: math.MaxInt64}
	var files []*segmentFile
	var held int64
	for i, l := range r.layers {
		var bytes int64
		for _, f := range l.files {
			o, err := f.open(nil) // every block is read once: the cache is for others
			if err != nil {
				return err
			}
			r.opened = append(r.opened, o)
			bytes = max(bytes, blockBytes(len(o.numbers)))
		}
		if held += bytes; i >= 2 && held > r.store.opts.MergeBytesMax {
			r.layers = r.layers[:i]
			break
		}
		files = append(files, l.files...)
	}
	for i, f := range files {
		r.numbers = append(r.numbers, r.opened[i].numbers...)
		r.sequence = max(r.sequence, f.sequence)
	}
	slices.Sort(r.numbers)
	r.numbers = slices.Compact(r.numbers)
	r.columns = r.table.index.Columns()
	for _, n := range r.numbers {
		r.reader.columns = append(r.reader.columns, valueColumn{n, r.columns[n].Type})
	}
	for i, f := range files {
		r.reader.addSegment(f, r.opened[i])
	}
	r.cols, r.slices = make([]*vector.Vector, len(r.numbers)), make([]vector.Vector, len(r.numbers))
	r.order = r.table.index.Order()
	r.reader.order = r.order
	return nil
}

// blockBytes is about the memory of a decoded block of some columns, texts not counted: time, version, and for each column the
// value and whether it is NULL.
func blockBytes(columns int) int64 { return segment.BlockRows * (16 + 9*int64(columns)) }

// close closes the segments that were read.
func (r *rewriter) close() {
	for _, o := range r.opened {
		if err := o.Close(); err != nil {
			r.store.files.onError("close segment", segmentName(r.table.id, 0), err)
		}
	}
}

// copyAll writes the rows of all series.
func (r *rewriter) copyAll(ctx context.Context) error {
	chosen := make([]bool, len(r.order.IDs))
	for _, s := range r.reader.segments {
		for i := range s.open.RunCount() {
			id, _, _ := s.open.Run(i)
			chosen[r.order.Rank(id)] = true
		}
	}
	for rank, id := range r.order.IDs {
		if !chosen[rank] {
			continue
		}
		if err := r.copySeries(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// copySeries writes the rows of one series, and begins or ends a segment.
func (r *rewriter) copySeries(ctx context.Context, id uint32) error {
	if r.writer == nil {
		w, err := r.store.newSegment(r.table, r.window, r.level, r.sequence, r.numbers, r.columns)
		if err != nil {
			return err
		}
		r.writer = w
	}
	if err := r.reader.begin(ctx, id); err != nil {
		return err
	}
	for {
		p, ok, err := r.reader.next(ctx)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := r.copyPiece(ctx, &p); err != nil {
			return err
		}
	}
	if m := &r.store.merging; r.writer.Bytes() > m.segmentBytesMax || r.writer.Rows() > m.segmentRowsMax {
		return r.finish()
	}
	return nil
}

// Between two rests lies a block's worth of rows.
const restRows = segment.BlockRows

// pieceRows is what a piece costs besides its rows, in rows.
const pieceRows = 32

// copyPiece writes the rows of a piece of a segment.
func (r *rewriter) copyPiece(ctx context.Context, p *piece) error {
	if r.rows += p.rows() + pieceRows; r.rows > restRows {
		r.rows = 0
		if err := r.rest(ctx); err != nil {
			return err
		}
	}
	times, err := r.reader.times(ctx, p)
	if err != nil {
		return err
	}
	versions, err := r.reader.versions(ctx, p)
	if err != nil {
		return err
	}
	chunk := segment.Chunk{Times: times[p.from:p.to], Cols: r.cols}
	if versions != nil {
		chunk.Versions = versions[p.from:p.to]
	}
	for k := range r.cols {
		v, err := r.reader.column(ctx, p, k)
		if err != nil {
			return err
		}
		if r.cols[k] = nil; v != nil {
			r.cols[k] = v.SliceInto(&r.slices[k], p.from, p.to)
		}
	}
	return r.writer.Append(p.series, chunk)
}

// rest is done after each block's worth of rows.
func (r *rewriter) rest(ctx context.Context) error {
	if written := r.writer.Bytes(); written-r.synced >= r.store.merging.syncBytes {
		r.synced = written
		if err := r.writer.Sync(); err != nil {
			return err
		}
	}
	return r.shift.Rest(ctx)
}

// finish ends the segment that is being written.
func (r *rewriter) finish() error {
	if r.writer == nil {
		return nil
	}
	made, err := r.writer.finish()
	if err != nil {
		return err
	}
	r.writer, r.synced = nil, 0
	r.store.metrics.CompactedBytes.Add(made.bytes)
	made.since = r.layers[0].Since // merging adds nothing to the window
	for _, l := range r.layers {
		if l.Since.After(made.since) {
			made.since = l.Since
		}
	}
	r.made = append(r.made, made)
	return nil
}
