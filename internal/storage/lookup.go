package storage

import (
	"cmp"
	"context"
	"slices"
	"sort"

	"github.com/tidemarkdb/tidemark/internal/storage/memstore"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// storedRow is what a lookup found at a series and time.
type storedRow struct {
	looked  bool // there was a lookup
	found   bool
	version int64
	equal   bool // version and values are those that were asked about
}

// lookUpLate looks for rows in segments whose times are not newer than all segments, so that the committer need not read
// files: its own lookups would hold up everybody. Rows are looked for in an order in which those that lie together come one
// after the other.
func (p *prepared) lookUpLate(ctx context.Context, s *Store) error {
	p.table.mu.RLock()
	end := p.table.state.segmentEnd
	p.generation = p.table.state.generation
	p.table.mu.RUnlock()
	for i := range p.items {
		if p.items[i].known && p.rows[i].Time <= end {
			p.late = append(p.late, int32(i))
		}
	}
	if len(p.late) == 0 {
		return nil
	}
	slices.SortFunc(p.late, func(a, b int32) int {
		return cmp.Or(cmp.Compare(windowOf(p.rows[a].Time), windowOf(p.rows[b].Time)), cmp.Compare(p.items[a].series, p.items[b].series),
			cmp.Compare(p.rows[a].Time, p.rows[b].Time))
	})
	p.found = slices.Grow(p.found[:0], len(p.items))[:len(p.items)]
	clear(p.found)
	s.metrics.Lookups.Add(int64(len(p.late)))
	for list := p.late; len(list) > 0; {
		n, generation, err := p.lookUpWindow(ctx, list)
		if err != nil {
			return err
		}
		if generation != p.generation {
			// The files changed meanwhile: what was found before counts no more, and this is soon old, too.
			p.found = p.found[:0]
			return nil
		}
		list = list[n:]
	}
	return nil
}

// lookUpWindow looks for the first rows of a list, those of one window, and returns how many they are and the generation of
// the segments.
func (p *prepared) lookUpWindow(ctx context.Context, list []int32) (n int, generation uint64, err error) {
	window := windowOf(p.rows[list[0]].Time)
	files, generation := p.table.segmentsAt(window)
	defer unrefAll(files)
	f := newFinder(files)
	defer f.close()
	for n < len(list) && windowOf(p.rows[list[n]].Time) == window {
		i := list[n]
		row := &p.rows[i]
		if p.found[i], err = f.find(ctx, p.items[i].series, row.Time, row.Version, p.cellsOf(int(i))); err != nil {
			return n, generation, err
		}
		n++
	}
	return n, generation, nil
}

// finder looks for single rows in segments of one window. It keeps what it has read last, so that it is fast for rows that lie
// together. One goroutine uses it, and closes it.
type finder struct{ places []place }

// place is where a finder has been in a segment.
type place struct {
	file   *segmentFile
	open   *openSegment // nil: not acquired yet
	series uint32
	run    int // of the series; -1: none
	looked bool

	// The block that was read last, and its rows.
	block      int
	first, end int64
	times      []int64
	versions   []int64
	noVersions bool
	cols       []*vector.Vector // those that were read; allNull for one without values
	cells      []memstore.Cell
}

// newFinder returns a finder for segments to which the caller holds references.
func newFinder(files []*segmentFile) *finder {
	f := &finder{places: make([]place, len(files))}
	for i := range files {
		f.places[i].file = files[i]
	}
	return f
}

// close lets go of the segments.
func (f *finder) close() {
	for i := range f.places {
		if p := &f.places[i]; p.open != nil {
			p.file.release()
		}
	}
}

// find looks for the newest version of a row. Its values are compared with cells if it is the version asked about.
func (f *finder) find(ctx context.Context, id uint32, t, asked int64, cells []memstore.Cell) (storedRow, error) {
	out := storedRow{looked: true}
	for i := range f.places {
		p := &f.places[i]
		if t < p.file.from || t > p.file.to {
			continue
		}
		row, ok, err := p.seek(ctx, id, t)
		if err != nil {
			return storedRow{}, err
		}
		if !ok {
			continue
		}
		version, err := p.version(ctx, row)
		if err != nil {
			return storedRow{}, err
		}
		if out.found && version <= out.version {
			continue
		}
		out.found, out.version, out.equal = true, version, false
		if version == asked {
			if out.equal, err = p.holds(ctx, row, cells); err != nil {
				return storedRow{}, err
			}
		}
	}
	return out, nil
}

// seek goes to the block of a series' row at a time and returns the row's place in it, false if there is no such row.
func (p *place) seek(ctx context.Context, id uint32, t int64) (int, bool, error) {
	if p.open == nil {
		open, err := p.file.acquire()
		if err != nil {
			return 0, false, err
		}
		p.open = open
	}
	if !p.looked || p.series != id {
		p.looked, p.series = true, id
		if run, ok := p.open.FindRun(id); ok {
			p.run = run
		} else {
			p.run = -1
		}
	}
	if p.run < 0 {
		return 0, false, nil
	}
	if from, to := p.open.RunTimeRange(p.run); t < from || t > to {
		return 0, false, nil
	}
	if i, ok := p.inBlock(t); ok {
		return i, p.times[i] == t, nil
	}
	row, err := p.open.SeekTime(ctx, p.run, t)
	if err != nil {
		return 0, false, err
	}
	if p.times == nil || row < p.first || row >= p.end {
		block, first, end := p.open.BlockOf(row)
		times, err := p.open.Times(ctx, block)
		if err != nil {
			return 0, false, err
		}
		p.block, p.first, p.end, p.times = block, first, end, times
		p.versions, p.noVersions = nil, false
		clear(p.cols)
	}
	i := int(row - p.first)
	return i, p.times[i] == t, nil
}

// inBlock returns the first row of the current block and run at t or later, false if it may be in another block.
func (p *place) inBlock(t int64) (int, bool) {
	if p.times == nil {
		return 0, false
	}
	_, from, to := p.open.Run(p.run)
	from, to = max(from, p.first), min(to, p.end)
	if from >= to || t < p.times[from-p.first] || t > p.times[to-1-p.first] {
		return 0, false
	}
	base := int(from - p.first)
	return base + sort.Search(int(to-from), func(i int) bool { return p.times[base+i] >= t }), true
}

// version returns the version of a row of the current block.
func (p *place) version(ctx context.Context, row int) (int64, error) {
	if p.versions == nil && !p.noVersions {
		versions, err := p.open.Versions(ctx, p.block)
		if err != nil {
			return 0, err
		}
		p.versions, p.noVersions = versions, versions == nil
	}
	if p.noVersions {
		return 1, nil
	}
	return p.versions[row], nil
}

// holds reports whether a row of the current block has just these values, which are in ascending order of column.
func (p *place) holds(ctx context.Context, row int, cells []memstore.Cell) (bool, error) {
	if p.cols == nil {
		p.cols = make([]*vector.Vector, len(p.open.numbers))
	}
	p.cells = p.cells[:0]
	for k, number := range p.open.numbers {
		v := p.cols[k]
		if v == nil {
			v = allNull
			if st := p.open.BlockStats(p.block, k); st.Nulls < st.Rows {
				var err error
				if v, err = p.open.Column(ctx, p.block, k); err != nil {
					return false, err
				}
			}
			p.cols[k] = v
		}
		if v != allNull && !v.IsNull(row) {
			p.cells = append(p.cells, cellOf(number, v, row))
		}
	}
	sortCells(p.cells)
	return slices.Equal(p.cells, cells), nil
}

// cellOf returns a value that is not NULL, of a flat vector, as a cell.
func cellOf(number uint16, v *vector.Vector, row int) memstore.Cell {
	switch v.Type.Kind {
	case types.KindDouble:
		return memstore.Double(number, v.Floats[row])
	case types.KindVarchar:
		return memstore.Varchar(number, v.Strs[row])
	case types.KindBoolean:
		return memstore.Boolean(number, v.Bools[row])
	}
	return memstore.Bigint(number, v.Ints[row])
}
