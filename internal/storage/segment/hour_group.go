package segment

import (
	"encoding/binary"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// Cells are stored in groups, so that a query for one series reads little. A group has an extent that says which rows its
// cells are, and one for each column with their statistics, each a few lists of as many values as there are cells.

// How many cells make a group: a few hundred, fewer if there are very many columns, which bounds what waits in memory.
const (
	groupCells  = 256
	groupValues = 1 << 16
	// groupCellsMax is how many a reader takes.
	groupCellsMax = 1024
)

// hourWriter stores the cells that a builder finds.
type hourWriter struct {
	hourBuilder
	data    []byte  // the extents of all groups
	offsets []int64 // where they begin in data
	sums    []byte  // their checksums
	first   []int64 // by group: first row of the first cell
	end     []int64 // row after the last cell
	counts  []int64 // cells
}

// block notes that a block is complete and stores a group if there are enough cells.
func (w *hourWriter) block(enc *encoding.Encoder) {
	if n := len(w.cells); n >= groupCells || n*len(w.types) >= groupValues {
		w.group(enc)
	}
}

// group stores the cells that wait.
func (w *hourWriter) group(enc *encoding.Encoder) {
	n := len(w.cells)
	if n == 0 {
		return
	}
	last := &w.cells[n-1]
	w.first, w.end, w.counts = append(w.first, w.cells[0].FirstRow), append(w.end, last.FirstRow+last.Rows), append(w.counts, int64(n))
	lists := [3][]int64{}
	for i := range w.cells {
		c := &w.cells[i]
		lists[0], lists[1], lists[2] = append(lists[0], c.Hour), append(lists[1], c.FirstRow), append(lists[2], c.Rows)
	}
	from := w.beginExtent()
	for _, l := range lists {
		w.data = appendList(w.data, func(dst []byte) []byte { return enc.AppendInts(dst, l, nil) })
	}
	w.endExtent(from)
	for i, t := range w.types {
		from := w.beginExtent()
		w.data = appendHourStats(w.data, enc, t, w.stats[i])
		w.endExtent(from)
	}
	w.drop()
}

// beginExtent notes where an extent begins.
func (w *hourWriter) beginExtent() int {
	w.offsets = append(w.offsets, int64(len(w.data)))
	return len(w.data)
}

// endExtent adds the checksum of the extent that begins at from.
func (w *hourWriter) endExtent(from int) {
	w.sums = binary.LittleEndian.AppendUint32(w.sums, checksum(w.data[from:]))
}

// appendList adds the length of a block and the block.
func appendList(dst []byte, block func(dst []byte) []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	from := len(dst)
	dst = block(dst)
	binary.LittleEndian.PutUint32(dst[from-4:], uint32(len(dst)-from))
	return dst
}

// appendHourStats adds the statistics of one column in the cells of a group, nothing if all values are NULL.
func appendHourStats(dst []byte, enc *encoding.Encoder, t *types.Type, stats []Stats) []byte {
	values := 0
	lists := [statsColumns][]int64{}
	lows, highs := make([]float64, len(stats)), make([]float64, len(stats))
	for i := range stats {
		values += stats[i].Values()
		for k, v := range stats[i].pack(t) {
			lists[k] = append(lists[k], v)
		}
		lows[i], highs[i] = stats[i].MinFloat, stats[i].MaxFloat
	}
	if values == 0 {
		return dst
	}
	for k, l := range lists[:statsColumnsOf(t)] {
		dst = appendList(dst, func(dst []byte) []byte {
			if doubles := [][]float64{statsMin: lows, statsMax: highs}; t.Kind == types.KindDouble && (k == statsMin || k == statsMax) {
				dst, _ = enc.AppendDoubles(dst, doubles[k], nil)
				return dst
			}
			return enc.AppendInts(dst, l, nil)
		})
	}
	return dst
}

// appendTo adds the content of the section of hours, whose extents begin at an offset in the file.
func (w *hourWriter) appendTo(dst []byte, at int64, part func(dst []byte, vals []int64) []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(w.counts)))
	for _, l := range [][]int64{w.first, w.end, w.counts} {
		dst = part(dst, l)
	}
	for i := range w.offsets {
		w.offsets[i] += at
	}
	dst = part(dst, append(w.offsets, at+int64(len(w.data))))
	return append(dst, w.sums...)
}

// hourDirectory is the section of hours in memory.
type hourDirectory struct {
	groups             int
	first, end, counts encoding.Ints
	offsets            encoding.Ints
	sums               []byte
}

// parseHours reads the section of hours, whose extents must fill the file up to dataEnd, and returns where they begin.
func (f *footer) parseHours(b []byte, dataEnd int64) (from int64, err error) {
	if b == nil {
		return dataEnd, nil
	}
	s := fields{rest: b}
	h := &f.hours
	groups := int64(s.uint32())
	if s.bad || groups == 0 || groups*HourRowsMin > f.info.Rows {
		return 0, corrupt("%d groups of hours in %d rows", groups, f.info.Rows)
	}
	h.groups = int(groups)
	if err := s.parts(h.groups, &h.first, &h.end, &h.counts); err != nil {
		return 0, err
	}
	before := int64(0)
	for g := range h.groups {
		first, end, cells := h.first.At(g), h.end.At(g), h.counts.At(g)
		if first < before || end <= first || end > f.info.Rows || cells < 1 || cells > min(groupCellsMax, (end-first)/HourRowsMin) {
			return 0, corrupt("group %d has %d hours in rows %d to %d", g, cells, first, end)
		}
		before = end
	}
	extents := h.groups * f.hourSlots()
	if h.offsets, err = s.part(extents + 1); err != nil {
		return 0, err
	}
	at := h.offsets.At(0)
	for i := range extents + 1 {
		next := h.offsets.At(i)
		if next < at || next < headerBytes || next > dataEnd || i == extents && next != dataEnd {
			return 0, corrupt("extent %d of hours is at %d", i, next)
		}
		at = next
	}
	h.sums = s.take(4 * int64(extents))
	return h.offsets.At(0), s.end("hours")
}

// hourSlots is the number of extents in a group: the cells and each column.
func (f *footer) hourSlots() int { return 1 + len(f.meta.Columns) }
