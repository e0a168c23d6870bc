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
	if err := checkHeader(header); err != nil {
		return err
	}
	if _, twice := newRunIndex(r.info.Series, r.seriesOf); twice >= 0 {
		return corrupt("series %d has two runs", r.seriesOf(twice))
	}
	v := verifier{low: math.MaxInt64, high: math.MinInt64}
	for block := range r.blocks {
		if err := v.block(r, block); err != nil {
			return err
		}
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
	v.low, v.high = min(v.low, found.MinInt), max(v.high, found.MaxInt)
	for i, c := range r.meta.Columns {
		vec, err := r.Column(ctx, block, i)
		if err != nil {
			return err
		}
		col := column{typ: c.Type}
		col.add(vec, 0, vec.Len())
		var found Stats
		v.out, found = col.encode(&v.enc, v.out[:0], vec.Len())
		if found.pack(c.Type) != r.storedStats(block, i) {
			return corrupt("statistics of block %d are not those of column %d", block, i)
		}
	}
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
