package segment

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
)

// directory is what the footer will say, gathered while a segment is written.
type directory struct {
	rows int64 // in blocks written
	end  int64 // length of the file so far

	runSeries, runFirst, runMin, runSpan []int64

	blockFirst []int64
	offsets    []int64 // where extents begin, block by block; the end of the last is added at last
	sums       []byte  // their checksums
	timeMin    []int64
	timeMax    []int64
	stats      [][statsColumns][]int64 // by column

	cols []Column
	next int64 // where the next extent begins
}

// init makes the directory of a segment without rows.
func (d *directory) init(meta Meta) {
	d.cols = meta.Columns
	d.stats = make([][statsColumns][]int64, len(meta.Columns))
}

// beginRun adds a run.
func (d *directory) beginRun(series uint32, firstRow, firstTime int64) {
	d.runSeries = append(d.runSeries, int64(series))
	d.runFirst = append(d.runFirst, firstRow)
	d.runMin = append(d.runMin, firstTime)
}

// endRun sets the last time of the run under way; again for the same run does nothing.
func (d *directory) endRun(lastTime int64) {
	if n := len(d.runMin); len(d.runSpan) < n {
		d.runSpan = append(d.runSpan, lastTime-d.runMin[n-1])
	}
}

// beginBlock adds a block, whose extents and statistics follow.
func (d *directory) beginBlock() {
	d.blockFirst = append(d.blockFirst, d.rows)
	d.next = d.end
}

// addExtent adds the next extent of the block, which will be written at the end of the file so far.
func (d *directory) addExtent(b []byte) {
	d.offsets = append(d.offsets, d.next)
	d.sums = binary.LittleEndian.AppendUint32(d.sums, checksum(b))
	d.next += int64(len(b))
}

// addTimeStats adds the statistics of the block's times.
func (d *directory) addTimeStats(s Stats) {
	d.timeMin = append(d.timeMin, s.MinInt)
	d.timeMax = append(d.timeMax, s.MaxInt)
}

// addStats adds the statistics of a column in the block.
func (d *directory) addStats(col int, s Stats) {
	stored := s.pack(d.cols[col].Type)
	for k := range statsColumnsOf(d.cols[col].Type) {
		d.stats[col][k] = append(d.stats[col][k], stored[k])
	}
}

// runEnd returns the row after the last one of a run, a row that does not exist for the run under way.
func (d *directory) runEnd(run int) int64 {
	if run+1 < len(d.runFirst) {
		return d.runFirst[run+1]
	}
	return math.MaxInt64
}

// checkRuns makes sure that no series has two runs.
func (d *directory) checkRuns() error {
	_, twice := newRunIndex(len(d.runSeries), func(i int) uint32 { return uint32(d.runSeries[i]) })
	if twice >= 0 {
		return fmt.Errorf("series %d came back after another", d.runSeries[twice])
	}
	return nil
}

// timeRange returns the first and the last time of all rows, 0 without rows.
func (d *directory) timeRange() (low, high int64) {
	for i, t := range d.timeMin {
		if i == 0 || t < low {
			low = t
		}
	}
	for i, t := range d.timeMax {
		if i == 0 || t > high {
			high = t
		}
	}
	return low, high
}

// info sums up a segment whose file has a length.
func (d *directory) info(bytes int64) Info {
	low, high := d.timeRange()
	return Info{Rows: d.rows, Bytes: bytes, Series: len(d.runSeries), TimeMin: low, TimeMax: high}
}

// appendFooter adds all sections. Each list of integers is a part: its length and a block of package encoding that allows
// access to single values. The extents of hours are not written yet: they follow what is written.
func (d *directory) appendFooter(dst []byte, meta Meta, enc *encoding.Encoder, hours *hourWriter) ([]byte, error) {
	part := func(dst []byte, vals []int64) []byte {
		return appendList(dst, func(dst []byte) []byte { return enc.AppendSeekableInts(dst, vals) })
	}
	dst, from := beginSection(dst, sectionMeta)
	dst = endSection(d.appendMeta(dst, meta), from)

	dst, from = beginSection(dst, sectionRuns)
	for _, l := range [][]int64{d.runSeries, d.runFirst, d.runMin, d.runSpan} {
		dst = part(dst, l)
	}
	dst = endSection(dst, from)

	dst, from = beginSection(dst, sectionBlocks)
	dst = part(dst, d.blockFirst)
	dst = part(dst, append(d.offsets, d.end))
	dst = endSection(append(dst, d.sums...), from)

	dst, from = beginSection(dst, sectionStats)
	dst = part(part(dst, d.timeMin), d.timeMax)
	for i, c := range d.cols {
		for k := range statsColumnsOf(c.Type) {
			dst = part(dst, d.stats[i][k])
		}
	}
	dst = endSection(dst, from)
	if len(hours.counts) > 0 {
		dst, from = beginSection(dst, sectionHours)
		dst = endSection(hours.appendTo(dst, d.end, part), from)
	}
	if int64(len(dst)) > math.MaxUint32 {
		return nil, fmt.Errorf("footer of %d bytes", len(dst))
	}
	return dst, nil
}

// appendMeta adds the content of the meta section.
func (d *directory) appendMeta(dst []byte, meta Meta) []byte {
	low, high := d.timeRange()
	for _, v := range []uint64{
		meta.Table, uint64(meta.WindowFrom), uint64(meta.WindowTo), meta.MaxSequence,
		uint64(d.rows), uint64(len(d.runSeries)), uint64(len(d.blockFirst)), uint64(low), uint64(high), uint64(meta.Level),
	} {
		dst = binary.LittleEndian.AppendUint64(dst, v)
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(meta.Columns)))
	for _, c := range meta.Columns {
		number, _ := typeNumber(c.Type)
		dst = append(dst, number)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(c.Name)))
		dst = append(dst, c.Name...)
	}
	return dst
}
