package storage

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Whole hours from statistics. Segments keep, for every series with many rows in an hour, the statistics of these rows. Where one
// segment alone has rows of a series in an hour, a scan can hand out its statistics instead of the rows; where a second source,
// memory or a segment, may have a row in that hour, it might hold newer versions, and the rows are merged as always. What
// is handed out for an hour is taken out of the rows that are still to come, so that together they are all rows, each once.

// Aggregate describes the values of one column in a number of rows: count, minimum, maximum, sum. Sums of bigint are exact, and
// missing (SumNone) where they exceed an int64. Sums of doubles are exact (SumDecimal) if all values are decimals and have
// no more than 15 digits when written with as many decimals as the one that needs most; else they are SumFloat, the
// doubles added in the order of time, beginning with 0. So they do not depend on how rows are stored.
type Aggregate = segment.Stats

// HourBatch is aggregates of whole hours (of UTC), one for each series and hour. All slices by row have Rows elements.
type HourBatch struct {
	Rows   int
	Counts []int64 // rows of the table in each
	// Cols has a vector for each requested column that is the same in all of an hour's rows: dimensions and the measure name, as
	// in batches of rows, and the beginning of the hour for the time. Those of value columns are nil.
	Cols []*vector.Vector
	// Values has the aggregates of each requested value column, nil for the others.
	Values [][]Aggregate
}

// hourBatchRows is how many hours make a batch.
const hourBatchRows = 1024

// hourPart is an hour of a series that is handed out as a whole.
type hourPart struct {
	series uint32
	source *segmentSource
	cell   segment.HourCell
}

// NextPart is Next for scans with ScanRequest.Hours: rows or whole hours, both nil at the end. Rows come in the usual order;
// hours come after the rows of the series before theirs, else at any time.
func (c *Scan) NextPart(ctx context.Context) (*vector.Batch, *HourBatch, error) {
	b, err := c.Next(ctx)
	if b != nil || err != nil || len(c.reader.hours) == 0 {
		return b, nil, err
	}
	hours, err := c.hourBatch(ctx)
	c.err = err
	return nil, hours, err
}

// hourBatch makes a batch of the hours that wait.
func (c *Scan) hourBatch(ctx context.Context) (*HourBatch, error) {
	parts := c.reader.hours[:min(len(c.reader.hours), hourBatchRows)]
	out := &HourBatch{Rows: len(parts), Counts: make([]int64, len(parts))}
	var pieces []piece // one row each, to have dimensions as batches of rows have them
	begins := make([]int64, len(parts))
	for i := range parts {
		out.Counts[i], begins[i] = parts[i].cell.Rows, parts[i].cell.Begin()
		pieces = append(pieces, piece{series: parts[i].series, to: 1})
		c.stats.HourRows += parts[i].cell.Rows
	}
	c.stats.Hours += int64(len(parts))
	keys := builder{outputs: c.build.outputs, view: c.build.view, pieces: pieces, rows: len(pieces)}
	out.Cols, out.Values = make([]*vector.Vector, len(keys.outputs)), make([][]Aggregate, len(keys.outputs))
	for i := range keys.outputs {
		o := &keys.outputs[i]
		switch o.kind {
		case outNothing:
			out.Cols[i] = vector.NullsOf(o.typ, out.Rows)
		case outTime:
			out.Cols[i] = vector.Int64s(types.Timestamp, begins, nil)
		case outValue:
			var err error
			if out.Values[i], err = aggregates(ctx, parts, o.column); err != nil {
				return nil, err
			}
		default:
			out.Cols[i] = keys.codes(o, &c.stats)
		}
	}
	n := copy(c.reader.hours, c.reader.hours[len(parts):])
	c.reader.hours = c.reader.hours[:n]
	return out, nil
}

// aggregates returns the statistics of a column of the reader in whole hours.
func aggregates(ctx context.Context, parts []hourPart, column int) ([]Aggregate, error) {
	out := make([]Aggregate, len(parts))
	for i := range parts {
		p := &parts[i]
		place := p.source.places[column]
		if place < 0 {
			out[i] = Aggregate{Rows: int(p.cell.Rows), Nulls: int(p.cell.Rows)}
			continue
		}
		var err error
		if out[i], err = p.source.open.HourStats(ctx, &p.cell, place); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// takeHours takes whole hours out of the spans of a series where one segment alone has rows: those to be handed out, and those
// without a value within the bounds.
func (r *rowReader) takeHours(ctx context.Context) error {
	all := r.all
	var out []span // like all, without hours, once there is a difference
	differs := false
	for i := range all {
		s := all[i]
		cells, err := r.cellsOf(ctx, &s)
		if err != nil {
			return err
		}
		for k := range cells {
			cell := &cells[k]
			if !alone(all, i, cell) {
				continue
			}
			if take, err := r.takes(ctx, &s, cell); err != nil {
				return err
			} else if !take {
				continue
			}
			if !differs {
				out, differs = append(r.cut[:0], all[:i]...), true
			}
			if s.row < cell.FirstRow {
				before := s
				before.end, before.last = cell.FirstRow, cell.Begin()-1
				out = append(out, before)
			}
			s.row, s.first = cell.FirstRow+cell.Rows, cell.End()+1
		}
		if differs && s.row < s.end {
			out = append(out, s)
		}
	}
	if differs {
		r.all, r.cut = out, all
	}
	return nil
}

// cellsOf returns the whole hours of a span.
func (r *rowReader) cellsOf(ctx context.Context, s *span) ([]segment.HourCell, error) {
	if s.source == nil || s.end-s.row < segment.HourRowsMin || !s.source.open.HasHours() {
		return nil, nil
	}
	var err error
	r.cells, err = s.source.open.Hours(ctx, r.cells[:0], s.row, s.end)
	return r.cells, err
}

// alone reports whether no other span of the series may have rows in an hour of span i.
func alone(all []span, i int, cell *segment.HourCell) bool {
	for k := range all {
		if k != i && all[k].first <= cell.End() && all[k].last >= cell.Begin() {
			return false
		}
	}
	return true
}

// takes decides whether an hour is taken out of the rows, and keeps it if it is to be handed out.
func (r *rowReader) takes(ctx context.Context, s *span, cell *segment.HourCell) (bool, error) {
	if r.wantHours {
		r.hours = append(r.hours, hourPart{s.series, s.source, *cell})
		return true, nil
	}
	source := s.source
	b := segmentBlock{source: source}
	b.number, b.first, b.end = source.open.BlockOf(cell.FirstRow)
	if !r.interesting(&b) {
		return false, nil // blocks are left out anyway
	}
	for i := range r.bounds {
		place := source.bounds[i]
		if place < 0 {
			return true, nil
		}
		found, err := source.open.HourStats(ctx, cell, place)
		if err != nil {
			return false, err
		}
		if !r.bounds[i].meets(found) {
			return true, nil
		}
	}
	return false, nil
}
