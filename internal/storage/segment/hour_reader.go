package segment

import (
	"context"
	"encoding/binary"
	"fmt"
	"sort"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// hourExtents is set in the cache's numbers of extents that belong to hours.
const hourExtents = 1 << 63

// hourCells is the cells of a group, decoded.
type hourCells struct{ hours, first, rows []int64 }

// Bytes is the memory that it takes.
func (c *hourCells) Bytes() int64 { return 8 * int64(cap(c.hours)+cap(c.first)+cap(c.rows)) }

// hourStats is the statistics of a column in the cells of a group, decoded: lists as Stats.pack makes them, but for the range of
// doubles. All are nil if all values are NULL.
type hourStats struct {
	lists     [statsColumns][]int64
	low, high []float64
}

// Bytes is the memory that it takes.
func (h *hourStats) Bytes() int64 {
	n := cap(h.low) + cap(h.high)
	for _, l := range h.lists {
		n += cap(l)
	}
	return 8 * int64(n)
}

// HasHours reports whether the segment has statistics of some hour.
func (r *Reader) HasHours() bool { return r.hours.groups > 0 }

// Hours appends to dst the cells that lie within rows firstRow up to but not including endRow, which belong to one run.
func (r *Reader) Hours(ctx context.Context, dst []HourCell, firstRow, endRow int64) ([]HourCell, error) {
	h := &r.hours
	group := sort.Search(h.groups, func(g int) bool { return h.end.At(g) > firstRow })
	for ; group < h.groups && h.first.At(group) < endRow; group++ {
		cells, err := readHours(ctx, r, group, 0, r.readCells)
		if err != nil {
			return nil, err
		}
		i := sort.Search(len(cells.first), func(i int) bool { return cells.first[i] >= firstRow })
		for ; i < len(cells.first) && cells.first[i]+cells.rows[i] <= endRow; i++ {
			dst = append(dst, HourCell{Hour: cells.hours[i], FirstRow: cells.first[i], Rows: cells.rows[i], group: group, index: i})
		}
	}
	return dst, nil
}

// HourStats describes the values of a column in a cell that Hours has returned. Unlike those of a block, sums of doubles do not
// depend on what lies beside them: they are decimal, with the smallest scale, if all values are decimals and have no more
// than 15 digits when written with as many decimals as the one that needs most; else the doubles are added in the order of
// rows, beginning with 0.
func (r *Reader) HourStats(ctx context.Context, cell *HourCell, column int) (Stats, error) {
	h, err := readHours(ctx, r, cell.group, 1+column, r.readHourStats)
	if err != nil {
		return Stats{}, err
	}
	if h.lists[0] == nil {
		return Stats{Rows: int(cell.Rows), Nulls: int(cell.Rows)}, nil
	}
	t := r.meta.Columns[column].Type
	var stored [statsColumns]int64
	for k := range stored {
		if h.lists[k] != nil {
			stored[k] = h.lists[k][cell.index]
		}
	}
	s := unpackStats(t, int(cell.Rows), stored)
	if h.low != nil {
		s.MinFloat, s.MaxFloat = h.low[cell.index], h.high[cell.index]
	}
	return s, nil
}

// readHours returns an extent of a group, from the cache or from the file.
func readHours[T interface{ Bytes() int64 }](ctx context.Context, r *Reader, group, slot int, decode func(b []byte, group, slot int) (T, error)) (T, error) {
	i := group*r.hourSlots() + slot
	key := blockKey{r.id, hourExtents | uint64(i)}
	if r.cache != nil {
		if v := r.cache.get(key); v != nil {
			return v.(T), nil
		}
	}
	var v T
	if err := ctx.Err(); err != nil {
		return v, err
	}
	err := r.withExtent(r.hours.offsets.At(i), r.hours.offsets.At(i+1), binary.LittleEndian.Uint32(r.hours.sums[4*i:]), func(b []byte) (err error) {
		v, err = decode(b, group, slot)
		return err
	})
	if err != nil {
		return v, fmt.Errorf("read segment %s hours %d column %d: %w", r.name, group, slot-1, err)
	}
	if r.cache != nil {
		v = r.cache.put(key, v, v.Bytes()).(T)
	}
	return v, nil
}

// readCells decodes the cells of a group. They must lie where the directory says, one after the other.
func (r *Reader) readCells(b []byte, group, _ int) (*hourCells, error) {
	s := fields{rest: b}
	n := int(r.hours.counts.At(group))
	var c hourCells
	for _, l := range []*[]int64{&c.hours, &c.first, &c.rows} {
		var err error
		if *l, err = s.ints(n); err != nil {
			return nil, err
		}
	}
	at := r.hours.first.At(group)
	for i := range n {
		if c.first[i] < at || i == 0 && c.first[i] != at || c.rows[i] < HourRowsMin || c.rows[i] > r.info.Rows-c.first[i] || c.hours[i] <= -hourMax || c.hours[i] >= hourMax {
			return nil, corrupt("hour %d of %d rows at row %d", c.hours[i], c.rows[i], c.first[i])
		}
		at = c.first[i] + c.rows[i]
	}
	if at != r.hours.end.At(group) {
		return nil, corrupt("hours end at row %d", at)
	}
	return &c, s.end("hours")
}

// readHourStats decodes the statistics of a column in a group.
func (r *Reader) readHourStats(b []byte, group, slot int) (*hourStats, error) {
	if len(b) == 0 {
		return &hourStats{}, nil
	}
	s := fields{rest: b}
	n, t := int(r.hours.counts.At(group)), r.meta.Columns[slot-1].Type
	var h hourStats
	var err error
	for k := range statsColumnsOf(t) {
		switch {
		case k == statsMin && t.Kind == types.KindDouble:
			h.low, err = s.doubles(n)
		case k == statsMax && t.Kind == types.KindDouble:
			h.high, err = s.doubles(n)
		default:
			h.lists[k], err = s.ints(n)
		}
		if err != nil {
			return nil, err
		}
	}
	return &h, s.end("hours")
}

// list reads a length and as many bytes.
func (f *fields) list() ([]byte, error) {
	block := f.take(int64(f.uint32()))
	if f.bad {
		return nil, corrupt("section ends within a list")
	}
	return block, nil
}

// ints reads a list of n integers that are decoded.
func (f *fields) ints(n int) ([]int64, error) {
	block, err := f.list()
	if err != nil {
		return nil, err
	}
	vals, nulls, err := encoding.DecodeInts(nil, block, n)
	if err == nil && nulls != nil {
		err = corrupt("NULL in a list")
	}
	return vals, err
}

// doubles reads a list of n doubles.
func (f *fields) doubles(n int) ([]float64, error) {
	block, err := f.list()
	if err != nil {
		return nil, err
	}
	vals, nulls, err := encoding.DecodeDoubles(nil, block, n)
	if err == nil && nulls != nil {
		err = corrupt("NULL in a list")
	}
	return vals, err
}
