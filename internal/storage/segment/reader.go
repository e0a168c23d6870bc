package segment

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"
	"sync"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Reader reads one segment. All methods are safe for concurrent use, but nothing may be read during or after Close. What
// Times, Versions and Column return is shared with others and must not be changed; it stays valid after Close.
type Reader struct {
	*footer
	name  string
	file  vfs.ReadFile
	cache *Cache
	id    uint64 // of this reader in the cache

	indexOnce sync.Once
	index     runIndex // by series, made when it is first needed
}

// tailBytes is how much of the end of a file is read at once; most footers fit.
const tailBytes = 64 << 10

// Open reads and checks the footer. Blocks are checked when they are read. A nil cache keeps nothing.
func Open(fs vfs.FS, name string, cache *Cache) (*Reader, error) {
	file, err := fs.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open segment %s: %w", name, err)
	}
	r := &Reader{name: name, file: file, cache: cache}
	if r.footer, err = readFooter(file); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("open segment %s: %w", name, err)
	}
	if cache != nil {
		r.id = cache.readers.Add(1)
	}
	return r, nil
}

// readFooter reads the end of a file, and more if the footer is longer than that.
func readFooter(file vfs.ReadFile) (*footer, error) {
	size, err := file.Size()
	if err != nil {
		return nil, err
	}
	if size < headerBytes+trailerBytes {
		return nil, corrupt("a file of %d bytes is no segment", size)
	}
	tail := make([]byte, min(size, tailBytes))
	if err := readFull(file, tail, size-int64(len(tail))); err != nil {
		return nil, err
	}
	t, err := readTrailer(tail[len(tail)-trailerBytes:], size)
	if err != nil {
		return nil, err
	}
	b := make([]byte, t.footerLen)
	if n := t.footerLen + trailerBytes; n <= int64(len(tail)) {
		copy(b, tail[int64(len(tail))-n:])
	} else if err := readFull(file, b, t.footerFrom); err != nil {
		return nil, err
	}
	if checksum(b) != t.footerSum {
		return nil, corrupt("checksum of the footer")
	}
	f, err := parseFooter(b, t.version, t.footerFrom, size)
	if err != nil {
		return nil, err
	}
	f.length = int64(len(b))
	return f, nil
}

// readFull reads len(b) bytes; a file that ends before is damaged.
func readFull(file vfs.ReadFile, b []byte, off int64) error {
	n, err := file.ReadAt(b, off)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return corrupt("the file ends at %d, %d bytes short", off+int64(n), len(b)-n)
	}
	return err
}

// Close closes the file and takes the segment's blocks out of the cache.
func (r *Reader) Close() error {
	if r.cache != nil {
		r.cache.drop(r.id)
	}
	if err := r.file.Close(); err != nil {
		return fmt.Errorf("close segment %s: %w", r.name, err)
	}
	return nil
}

// Meta returns what the writer was given. The caller must not change the columns.
func (r *Reader) Meta() Meta { return r.meta }

// Info sums the segment up.
func (r *Reader) Info() Info { return r.info }

// runIndexBytes is the memory of a run in the index by series, at most.
const runIndexBytes = 16

// Bytes returns about how much memory the reader holds until it is closed: what the footer says, and the index of series.
// Blocks are not among it; the cache has them.
func (r *Reader) Bytes() int64 {
	return r.length + int64(cap(r.blockFirst))*8 + int64(r.info.Series)*runIndexBytes
}

// RunCount returns the number of runs, which is the number of series.
func (r *Reader) RunCount() int { return r.info.Series }

// Run returns run i: its series and its rows from firstRow up to but not including endRow.
func (r *Reader) Run(i int) (series uint32, firstRow, endRow int64) {
	endRow = r.info.Rows
	if i+1 < r.info.Series {
		endRow = r.runFirst.At(i + 1)
	}
	return r.seriesOf(i), r.runFirst.At(i), endRow
}

// seriesOf returns the series of a run.
func (r *Reader) seriesOf(run int) uint32 { return uint32(r.runSeries.At(run)) }

// FindRun returns the run of a series; ok is false if the segment has no row of it.
func (r *Reader) FindRun(series uint32) (i int, ok bool) {
	if r.ascending {
		i = sort.Search(r.info.Series, func(i int) bool { return r.seriesOf(i) >= series })
		return i, i < r.info.Series && r.seriesOf(i) == series
	}
	r.indexOnce.Do(func() { r.index, _ = newRunIndex(r.info.Series, r.seriesOf) })
	i = r.index.find(series, r.seriesOf)
	return max(i, 0), i >= 0
}

// RunTimeRange returns the times of the first and the last row of a run. Nothing is read.
func (r *Reader) RunTimeRange(i int) (from, to int64) {
	from = r.runMin.At(i)
	return from, from + r.runSpan.At(i)
}

// BlockCount returns the number of blocks.
func (r *Reader) BlockCount() int { return r.blocks }

// BlockOf returns the block that holds a row of the segment, and the block's rows from firstRow up to but not including
// endRow.
func (r *Reader) BlockOf(row int64) (block int, firstRow, endRow int64) {
	if row < 0 || row >= r.info.Rows {
		panic("bug: row outside of the segment")
	}
	low, high := int(row/BlockRows), r.blocks // blocks before low are too early even if all are full
	for low+1 < high {
		if mid := int(uint(low+high) / 2); r.blockFirst[mid] <= row {
			low = mid
		} else {
			high = mid
		}
	}
	return low, r.blockFirst[low], r.blockFirst[low+1]
}

// blockRows returns the number of rows in a block.
func (r *Reader) blockRows(block int) int { return int(r.blockFirst[block+1] - r.blockFirst[block]) }

// BlockStats describes the values of a column, or with ColumnTime the times, in a block. Nothing is read.
func (r *Reader) BlockStats(block, column int) Stats {
	rows := r.blockRows(block)
	if column == ColumnTime {
		return Stats{Rows: rows, HasRange: true, MinInt: r.timeMin.At(block), MaxInt: r.timeMax.At(block)}
	}
	return r.stats[column].at(r.meta.Columns[column].Type, block, rows)
}

// Times returns the times of a block's rows.
func (r *Reader) Times(ctx context.Context, block int) ([]int64, error) {
	v, err := r.decoded(ctx, block, slotTimes)
	if err != nil {
		return nil, err
	}
	return v.Ints, nil
}

// Versions returns the versions of a block's rows, nil if all are 1.
func (r *Reader) Versions(ctx context.Context, block int) ([]int64, error) {
	if from, to := r.extent(block, slotVersions); from == to {
		return nil, nil
	}
	v, err := r.decoded(ctx, block, slotVersions)
	if err != nil {
		return nil, err
	}
	return v.Ints, nil
}

// Column returns the values of a column in a block's rows as a flat vector.
func (r *Reader) Column(ctx context.Context, block, column int) (*vector.Vector, error) {
	if from, to := r.extent(block, slotColumns+column); from == to {
		return allNull[r.meta.Columns[column].Type.Kind].Slice(0, r.blockRows(block)), nil
	}
	return r.decoded(ctx, block, slotColumns+column)
}

// extent returns where the bytes of a block's slot are.
func (r *Reader) extent(block, slot int) (from, to int64) {
	i := block*r.slots() + slot
	return r.offsets.At(i), r.offsets.At(i + 1)
}

// decoded returns a slot of a block, from the cache or from the file.
func (r *Reader) decoded(ctx context.Context, block, slot int) (*vector.Vector, error) {
	key := blockKey{r.id, uint64(block*r.slots() + slot)}
	if r.cache != nil {
		if v := r.cache.get(key); v != nil {
			return v.(*vector.Vector), nil
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v, err := r.read(block, slot)
	if err != nil {
		return nil, fmt.Errorf("read segment %s block %d column %d: %w", r.name, block, slot-slotColumns, err)
	}
	if r.cache != nil {
		v = r.cache.put(key, v, memoryOf(v)).(*vector.Vector)
	}
	return v, nil
}

// buffers holds memory for bytes between reading and decoding.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// read reads, checks and decodes a slot of a block.
func (r *Reader) read(block, slot int) (v *vector.Vector, err error) {
	from, to := r.extent(block, slot)
	err = r.withExtent(from, to, binary.LittleEndian.Uint32(r.sums[4*(block*r.slots()+slot):]), func(b []byte) error {
		v, err = r.decode(block, slot, b)
		return err
	})
	return v, err
}

// withExtent reads and checks an extent and passes it on. Its bytes are not to be kept.
func (r *Reader) withExtent(from, to int64, sum uint32, decode func(b []byte) error) error {
	if from == to {
		return decode(nil)
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	if int64(cap(*buf)) < to-from {
		*buf = make([]byte, to-from)
	}
	b := (*buf)[:to-from]
	if err := readFull(r.file, b, from); err != nil {
		return err
	}
	if checksum(b) != sum {
		return corrupt("checksum of %d bytes at %d", len(b), from)
	}
	return decode(b)
}

// decode decodes a slot of a block.
func (r *Reader) decode(block, slot int, b []byte) (*vector.Vector, error) {
	rows := r.blockRows(block)
	if slot >= slotColumns {
		return decodeColumn(r.meta.Columns[slot-slotColumns].Type, b, rows)
	}
	vals, nulls, err := encoding.DecodeInts(nil, b, rows)
	if err == nil && nulls != nil {
		err = corrupt("times or versions are NULL")
	}
	return vector.Int64s(types.Timestamp, vals, nil), err
}

// SeekTime returns the first row of a run whose time is at least t, the run's end if there is none. It reads the times of
// no more than two blocks.
func (r *Reader) SeekTime(ctx context.Context, run int, t int64) (row int64, err error) {
	_, first, end := r.Run(run)
	if from, to := r.RunTimeRange(run); t <= from {
		return first, nil
	} else if t > to {
		return end, nil
	}
	low, _, _ := r.BlockOf(first)
	high, _, _ := r.BlockOf(end - 1)
	for low < high {
		mid := (low + high) / 2
		if r.blockFirst[mid] >= first {
			if r.timeMax.At(mid) >= t { // all rows of the block are the run's, it goes on in the next
				high = mid
			} else {
				low = mid + 1
			}
			continue
		}
		// The run begins within the block, so it is short and reaches the next one at most.
		row, ok, err := r.seekInBlock(ctx, mid, first, end, t)
		if ok || err != nil {
			return row, err
		}
		low = mid + 1
	}
	row, _, err = r.seekInBlock(ctx, low, first, end, t)
	return row, err
}

// seekInBlock returns the first row of a block and a run whose time is at least t, and whether there is one; else the end.
func (r *Reader) seekInBlock(ctx context.Context, block int, runFirst, runEnd, t int64) (row int64, ok bool, err error) {
	times, err := r.Times(ctx, block)
	if err != nil {
		return 0, false, err
	}
	base := r.blockFirst[block]
	first, end := max(runFirst, base), min(runEnd, base+int64(len(times)))
	n := int(end - first)
	i := sort.Search(n, func(i int) bool { return times[first-base+int64(i)] >= t })
	return first + int64(i), i < n, nil
}
