package storage

import (
	"cmp"
	"context"
	"slices"
	"sort"

	"github.com/tidemarkdb/tidemark/internal/storage/memstore"
	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// rowReader yields the rows of one series after the other from several sources: memory and segments. A row that is in more
// than one source comes once, in its newest version. Versions decide, not the age of the source: a row only ever replaces
// one with a lower version, and rows of one version are the same row.
//
// What it yields are pieces, runs of rows that lie together in one block of a segment or one chunk of memory. Where the
// sources of a series do not overlap in time, a piece is as long as it can be and nothing is compared, nor even read.
type rowReader struct {
	from, to int64 // bounds of the time, both inclusive
	columns  []valueColumn
	bounds   []valueBound
	memory   []*memstore.Snapshot
	segments []*segmentSource
	order    *series.Order // set if the series come in this order: saves looking for those that a segment does not have

	all     []span // of the current series, by first time
	spans   []span // those of them that are left
	single  *span  // the span that is yielded without merging
	cursors []cursor
	blocks  int64 // of segments, that were read

	wantHours bool               // whole hours are handed out
	hours     []hourPart         // that are, so far
	cells     []segment.HourCell // working memory
	cut       []span             // working memory
}

// valueColumn is a value column that is read.
type valueColumn struct {
	number uint16
	typ    *types.Type
}

// segmentSource is a segment that is read from.
type segmentSource struct {
	file   *segmentFile
	open   *openSegment
	places []int // by valueColumn: its column in the segment, -1 for none
	bounds []int // the same by valueBound
	hint   int   // the run after the last one that was found
	last   *segmentBlock
}

// segmentBlock is a block that is being read. What has been asked for is kept, since the series in it need it one after
// the other.
type segmentBlock struct {
	source   *segmentSource
	number   int
	first    int64 // its rows of the segment
	end      int64
	times    []int64
	versions []int64 // nil: not read, or all 1
	allOnes  bool    // they are all 1
	cols     []*vector.Vector
	counted  bool
	bytes    int64 // about the memory of what is kept
}

// piece is rows of one series that lie together: from:to of a block, or of a chunk if there is no block.
type piece struct {
	series   uint32
	from, to int
	block    *segmentBlock
	chunk    memstore.Chunk
}

// rows returns the number of rows.
func (p *piece) rows() int { return p.to - p.from }

// follows reports whether p begins where q ends.
func (p *piece) follows(q *piece) bool {
	return p.block == q.block && p.chunk == q.chunk && p.from == q.to
}

// span is the rows of a series in one source, within the bounds of the time.
type span struct {
	series      uint32
	first, last int64 // times
	source      *segmentSource
	row, end    int64 // rows of the segment, or of the chunk
	chunk       memstore.Chunk
}

// addSegment adds a segment to read from. The caller has acquired it.
func (r *rowReader) addSegment(f *segmentFile, open *openSegment) {
	s := &segmentSource{file: f, open: open, places: make([]int, len(r.columns)), bounds: make([]int, len(r.bounds))}
	place := func(number uint16) int {
		if i, ok := open.places[number]; ok {
			return i
		}
		return -1
	}
	for i, c := range r.columns {
		s.places[i] = place(c.number)
	}
	for i, b := range r.bounds {
		s.bounds[i] = place(b.number)
	}
	r.segments = append(r.segments, s)
}

// begin begins with a series.
func (r *rowReader) begin(ctx context.Context, id uint32) error {
	r.all, r.single, r.cursors = r.all[:0], nil, r.cursors[:0]
	for _, m := range r.memory {
		run := m.Run(id)
		for i := range run.Chunks() {
			r.addChunk(id, run.Chunk(i))
		}
	}
	for _, s := range r.segments {
		run, ok := s.find(id, r.order)
		if !ok {
			continue
		}
		if err := r.addRun(ctx, s, id, run); err != nil {
			return err
		}
	}
	if (r.wantHours || len(r.bounds) > 0) && len(r.all) > 0 {
		if err := r.takeHours(ctx); err != nil {
			return err
		}
	}
	if len(r.all) > 1 {
		slices.SortFunc(r.all, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	}
	r.spans = r.all
	return nil
}

// addChunk adds the rows of a chunk that are within the bounds.
func (r *rowReader) addChunk(id uint32, c memstore.Chunk) {
	times := c.Times()
	from, to := 0, len(times)
	if times[0] < r.from {
		from = sort.Search(len(times), func(i int) bool { return times[i] >= r.from })
	}
	if times[to-1] > r.to {
		to = sort.Search(len(times), func(i int) bool { return times[i] > r.to })
	}
	if from < to {
		r.all = append(r.all, span{series: id, first: times[from], last: times[to-1], row: int64(from), end: int64(to), chunk: c})
	}
}

// find returns the run of a series. Series mostly come in the order of the runs, so the next one is tried first.
func (s *segmentSource) find(id uint32, order *series.Order) (int, bool) {
	if s.hint < s.open.RunCount() {
		next, _, _ := s.open.Run(s.hint)
		if next == id {
			s.hint++
			return s.hint - 1, true
		}
		if order != nil && order.Rank(next) > order.Rank(id) {
			return 0, false
		}
	} else if order != nil {
		s.last = nil // a layer of several segments is read one after the other
		return 0, false
	}
	run, ok := s.open.FindRun(id)
	if ok {
		s.hint = run + 1
	}
	return run, ok
}

// addRun adds the rows of a run that are within the bounds.
func (r *rowReader) addRun(ctx context.Context, s *segmentSource, id uint32, run int) error {
	first, last := s.open.RunTimeRange(run)
	if first > r.to || last < r.from {
		return nil
	}
	_, row, end := s.open.Run(run)
	var err error
	if last > r.to {
		if end, err = s.open.SeekTime(ctx, run, r.to+1); err != nil {
			return err
		}
		last = r.to
	}
	if first < r.from {
		if row, err = s.open.SeekTime(ctx, run, r.from); err != nil {
			return err
		}
		first = r.from
	}
	if row < end {
		r.all = append(r.all, span{series: id, first: first, last: last, source: s, row: row, end: end})
	}
	return nil
}

// next returns the next piece of the series, false at its end.
func (r *rowReader) next(ctx context.Context) (piece, bool, error) {
	for {
		switch {
		case len(r.cursors) > 0:
			p, err := r.merge(ctx)
			return p, err == nil, err
		case r.single != nil:
			if p, ok := r.nextOf(r.single); ok {
				return p, true, nil
			}
			r.single = nil
		case len(r.spans) == 0:
			return piece{}, false, nil
		default:
			if err := r.nextCluster(ctx); err != nil {
				return piece{}, false, err
			}
		}
	}
}

// nextCluster takes the spans that overlap the first one, directly or through others. Alone, it is yielded as it is.
func (r *rowReader) nextCluster(ctx context.Context) error {
	n, last := 1, r.spans[0].last
	for n < len(r.spans) && r.spans[n].first <= last {
		last = max(last, r.spans[n].last)
		n++
	}
	cluster := r.spans[:n]
	r.spans = r.spans[n:]
	if n == 1 {
		r.single = &cluster[0]
		return nil
	}
	for i := range cluster {
		c := cursor{span: &cluster[i]}
		if err := c.load(ctx, r); err != nil {
			return err
		}
		r.cursors = append(r.cursors, c)
	}
	return nil
}

// nextOf returns the next piece of a span that no other overlaps, false at its end. Only here blocks are left out for
// their statistics: elsewhere a block may hold the newer version of a row, which would bring an older one to light.
func (r *rowReader) nextOf(s *span) (piece, bool) {
	for s.row < s.end {
		p := r.pieceAt(s)
		s.row += int64(p.rows())
		if p.block == nil || r.interesting(p.block) {
			return p, true
		}
	}
	return piece{}, false
}

// pieceAt returns the rows of a span from s.row on that lie in one block.
func (r *rowReader) pieceAt(s *span) piece {
	if s.source == nil {
		return piece{series: s.series, from: int(s.row), to: int(s.end), chunk: s.chunk}
	}
	b := s.source.last
	if b == nil || s.row < b.first || s.row >= b.end {
		b = &segmentBlock{source: s.source}
		b.number, b.first, b.end = s.source.open.BlockOf(s.row)
		s.source.last = b
	}
	return piece{series: s.series, from: int(s.row - b.first), to: int(min(s.end, b.end) - b.first), block: b}
}

// count notes that a block is read.
func (r *rowReader) count(b *segmentBlock) {
	if !b.counted {
		b.counted = true
		r.blocks++
	}
}

// times returns the times of all rows of the piece's block or chunk.
func (r *rowReader) times(ctx context.Context, p *piece) ([]int64, error) {
	b := p.block
	if b == nil {
		return p.chunk.Times(), nil
	}
	if b.times == nil {
		r.count(b)
		times, err := b.source.open.Times(ctx, b.number)
		if err != nil {
			return nil, err
		}
		b.times = times
		b.bytes += 8 * int64(len(times))
	}
	return b.times, nil
}

// versions returns the versions of all rows of the piece's block or chunk, nil if they are 1.
func (r *rowReader) versions(ctx context.Context, p *piece) ([]int64, error) {
	b := p.block
	if b == nil {
		return p.chunk.Versions(), nil
	}
	if b.versions == nil && !b.allOnes {
		versions, err := b.source.open.Versions(ctx, b.number)
		if err != nil {
			return nil, err
		}
		b.versions, b.allOnes = versions, versions == nil
		b.bytes += 8 * int64(len(versions))
	}
	return b.versions, nil
}

// allNull marks a column of a block that has been looked at.
var allNull = vector.NullsOf(types.Unknown, 1)

// column returns column k of the piece's block, nil if all values in it are NULL.
func (r *rowReader) column(ctx context.Context, p *piece, k int) (*vector.Vector, error) {
	b := p.block
	if b.cols == nil {
		b.cols = make([]*vector.Vector, len(r.columns))
	}
	if v := b.cols[k]; v == allNull {
		return nil, nil
	} else if v != nil {
		return v, nil
	}
	place := b.source.places[k]
	if place >= 0 {
		if st := b.source.open.BlockStats(b.number, place); st.Nulls == st.Rows {
			place = -1
		}
	}
	if place < 0 {
		b.cols[k] = allNull
		return nil, nil
	}
	r.count(b)
	v, err := b.source.open.Column(ctx, b.number, place)
	if err != nil {
		return nil, err
	}
	b.cols[k] = v
	b.bytes += vectorBytes(v)
	return v, nil
}

// vectorBytes is about the memory of a column of a block. To look at every text would cost more than it tells.
func vectorBytes(v *vector.Vector) int64 {
	const text = 32
	return 8*int64(cap(v.Ints)+cap(v.Floats)) + 4*int64(cap(v.Codes)) + int64(cap(v.Nulls)+cap(v.Bools)) + (16+text)*int64(cap(v.Strs))
}

// held returns about how much memory the blocks take that are at hand, one for each segment at most.
func (r *rowReader) held() int64 {
	var n int64
	for _, s := range r.segments {
		if s.last != nil {
			n += s.last.bytes
		}
	}
	return n
}
