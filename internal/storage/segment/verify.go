package segment

import (
	"context"
	"fmt"
	"math"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Verify reads a whole file: it checks every checksum, decodes every block, and compares what the footer says of the rows
// with the rows. It returns an error of kind Corruption if something is wrong.
func Verify(fs vfs.FS, name string) error {
	r, err := Open(fs, name, nil)
	if err != nil {
		return err
	}
	err = r.verify()
	if closeErr := r.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("verify segment %s: %w", name, err)
	}
	return nil
}

// verify is Verify for an open segment.
func (r *Reader) verify() error {
	header := make([]byte, headerBytes)
	if err := readFull(r.file, header, 0); err != nil {
		return err
	}
	if err := checkHeader(header, r.version); err != nil {
		return err
	}
	if _, twice := newRunIndex(r.info.Series, r.seriesOf); twice >= 0 {
		return corrupt("series %d has two runs", r.seriesOf(twice))
	}
	v := verifier{low: math.MaxInt64, high: math.MinInt64}
	v.hours.init(r.meta.Columns)
	for block := range r.blocks {
		if err := v.block(r, block); err != nil {
			return err
		}
	}
	v.hours.finish()
	if err := v.checkHours(r); err != nil {
		return err
	}
	for group := range r.hours.groups {
		v.cells -= r.hours.counts.At(group)
	}
	if v.cells != 0 {
		return corrupt("%d hours are not those of the rows", v.cells)
	}
	if r.info.Rows > 0 && (v.low != r.info.TimeMin || v.high != r.info.TimeMax) {
		return corrupt("times of the segment are not those of its rows")
	}
	return nil
}

// verifier goes through the rows of a segment.
type verifier struct {
	enc       encoding.Encoder
	out       []byte
	run       int   // of the next row
	last      int64 // time of the row before
	low, high int64
	hours     hourBuilder
	cells     int64 // that were found and compared
}

// block checks one block and what the footer says of it.
func (v *verifier) block(r *Reader, block int) error {
	ctx := context.Background()
	times, err := r.Times(ctx, block)
	if err != nil {
		return err
	}
	if _, err := r.Versions(ctx, block); err != nil {
		return err
	}
	if err := v.times(r, r.blockFirst[block], times); err != nil {
		return err
	}
	found := Stats{Rows: len(times)}
	found.integers(times, nil)
	if found != r.BlockStats(block, ColumnTime) {
		return corrupt("statistics of block %d are not those of its times", block)
	}
	v.hours.begin(r.blockFirst[block], times, func(run int) int64 { _, _, end := r.Run(run); return end })
	v.low, v.high = min(v.low, found.MinInt), max(v.high, found.MaxInt)
	for i, c := range r.meta.Columns {
		vec, err := r.Column(ctx, block, i)
		if err != nil {
			return err
		}
		col := column{typ: c.Type}
		col.add(vec, 0, vec.Len())
		var found Stats
		var dec encoding.Decimals
		v.out, found, dec = col.encode(&v.enc, v.out[:0], vec.Len())
		v.hours.add(i, &col, dec)
		if found.pack(c.Type) != r.storedStats(block, i) {
			return corrupt("statistics of block %d are not those of column %d", block, i)
		}
	}
	return v.checkHours(r)
}

// checkHours compares the cells that are complete with those of the file, if it has any.
func (v *verifier) checkHours(r *Reader) error {
	defer v.hours.drop()
	if !r.HasHours() {
		return nil
	}
	ctx := context.Background()
	for i := range v.hours.cells {
		want := &v.hours.cells[i]
		cells, err := r.Hours(ctx, nil, want.FirstRow, want.FirstRow+want.Rows)
		if err != nil {
			return err
		}
		if len(cells) != 1 || cells[0].Hour != want.Hour || cells[0].Rows != want.Rows {
			return corrupt("hour %d of %d rows at row %d is not in the file", want.Hour, want.Rows, want.FirstRow)
		}
		for col, c := range r.meta.Columns {
			found, err := r.HourStats(ctx, &cells[0], col)
			if err != nil {
				return err
			}
			if found.pack(c.Type) != v.hours.stats[col][i].pack(c.Type) {
				return corrupt("statistics of hour %d at row %d are not those of column %d", want.Hour, want.FirstRow, col)
			}
		}
	}
	v.cells += int64(len(v.hours.cells))
	return nil
}

// storedStats returns statistics as they are in the file; unlike Stats they can be compared when they hold NaN.
func (r *Reader) storedStats(block, col int) [statsColumns]int64 {
	s := r.BlockStats(block, col)
	return s.pack(r.meta.Columns[col].Type)
}

// times checks that the times of each run ascend and that the run table has its first and last.
func (v *verifier) times(r *Reader, row int64, times []int64) error {
	for _, t := range times {
		_, first, end := r.Run(v.run)
		from, to := r.RunTimeRange(v.run)
		if row == first && t != from || row > first && t <= v.last || row == end-1 && t != to {
			return corrupt("row %d of run %d has the time %d", row, v.run, t)
		}
		v.last = t
		if row++; row == end {
			v.run++
		}
	}
	return nil
}
