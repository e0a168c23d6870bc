package storage

import (
	"context"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/storage/memstore"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// storedRow is what a lookup found at a series and time.
type storedRow struct {
	found   bool
	version int64
	equal   bool // the values are those that were asked about
}

// lookUpLate looks for rows in segments whose times are not newer than all segments, so that the committer need not read
// files: its own lookups would hold up everybody.
func (p *prepared) lookUpLate(ctx context.Context, s *Store) error {
	p.table.mu.RLock()
	end := p.table.state.segmentEnd
	p.generation = p.table.state.generation
	p.table.mu.RUnlock()
	var list []*segmentFile
	defer func() { unrefAll(list) }()
	var window int64
	for i := range p.items {
		t := p.rows[i].Time
		if !p.items[i].known || t > end {
			continue
		}
		if w := windowOf(t); list == nil || w != window {
			unrefAll(list)
			var generation uint64
			list, generation = p.table.segmentsAt(w)
			window = w
			if generation != p.generation {
				// The files changed meanwhile: what was found before counts no more, and this is soon old, too.
				clear(p.found)
				return nil
			}
		}
		row, err := s.findInSegments(ctx, list, p.items[i].series, t, p.cellsOf(i))
		if err != nil {
			return err
		}
		p.found[i] = row
	}
	return nil
}

// findInSegments looks for the newest version of a row in segments of its window and compares its values with cells.
func (s *Store) findInSegments(ctx context.Context, list []*segmentFile, id uint32, t int64, cells []memstore.Cell) (storedRow, error) {
	var newest storedRow
	for _, f := range list {
		if t < f.from || t > f.to {
			continue
		}
		row, err := f.find(ctx, id, t, newest.version, cells)
		if err != nil {
			return storedRow{}, err
		}
		if row.found {
			newest = row
		}
	}
	s.metrics.Lookups.Add(1)
	return newest, nil
}

// find looks for a row with a version higher than above.
func (f *segmentFile) find(ctx context.Context, id uint32, t, above int64, cells []memstore.Cell) (storedRow, error) {
	o, err := f.acquire()
	if err != nil {
		return storedRow{}, err
	}
	defer f.release()
	run, ok := o.FindRun(id)
	if !ok {
		return storedRow{}, nil
	}
	if from, to := o.RunTimeRange(run); t < from || t > to {
		return storedRow{}, nil
	}
	row, err := o.SeekTime(ctx, run, t)
	if err != nil {
		return storedRow{}, err
	}
	block, first, _ := o.BlockOf(row)
	times, err := o.Times(ctx, block)
	if err != nil {
		return storedRow{}, err
	}
	i := int(row - first)
	if times[i] != t {
		return storedRow{}, nil
	}
	versions, err := o.Versions(ctx, block)
	if err != nil {
		return storedRow{}, err
	}
	out := storedRow{found: true, version: 1}
	if versions != nil {
		out.version = versions[i]
	}
	if out.version <= above {
		return storedRow{}, nil
	}
	stored, err := o.cells(ctx, block, i)
	out.equal = err == nil && slices.Equal(stored, cells)
	return out, err
}

// cells returns the values of a block's row, in ascending order of column.
func (o *openSegment) cells(ctx context.Context, block, row int) ([]memstore.Cell, error) {
	var cells []memstore.Cell
	for k, number := range o.numbers {
		if st := o.BlockStats(block, k); st.Nulls == st.Rows {
			continue
		}
		v, err := o.Column(ctx, block, k)
		if err != nil {
			return nil, err
		}
		if !v.IsNull(row) {
			cells = append(cells, cellOf(number, v, row))
		}
	}
	slices.SortFunc(cells, func(a, b memstore.Cell) int { return int(a.Column) - int(b.Column) })
	return cells, nil
}

// cellOf returns a value that is not NULL as a cell.
func cellOf(number uint16, v *vector.Vector, row int) memstore.Cell {
	switch x := v.Value(row).(type) {
	case float64:
		return memstore.Double(number, x)
	case string:
		return memstore.Varchar(number, x)
	case bool:
		return memstore.Boolean(number, x)
	case int64:
		return memstore.Bigint(number, x)
	}
	panic("bug: column of type " + v.Type.String())
}
