package inspect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// segment tells what is in a segment and checks all of it. An error means that it could not be read.
func (r *Report) segment(ctx context.Context, fs vfs.FS, name string, rows int) error {
	s, err := segment.Open(fs, name, nil)
	if err != nil {
		return r.damage(err)
	}
	defer func() { _ = s.Close() }()
	meta, info := s.Meta(), s.Info()
	r.fact("table", meta.Table)
	r.fact("window from", Time(meta.WindowFrom))
	r.fact("window to", Time(meta.WindowTo))
	r.fact("max sequence", meta.MaxSequence)
	r.fact("rows", info.Rows)
	r.fact("series", info.Series)
	r.fact("blocks", s.BlockCount())
	r.fact("first time", Time(info.TimeMin))
	r.fact("last time", Time(info.TimeMax))
	if err := r.columns(s); err != nil {
		return r.damage(err)
	}
	r.blocks(s)
	if rows > 0 {
		if err := r.rows(ctx, s, rows); err != nil {
			return r.damage(err)
		}
	}
	if err := segment.Verify(fs, name); err != nil {
		return r.damage(err)
	}
	r.note("checksums, blocks, order of rows and statistics are right")
	return nil
}

// damage turns an error that says what is wrong with the bytes into a problem.
func (r *Report) damage(err error) error {
	if dberr.Is(err, dberr.Corruption) || dberr.Is(err, dberr.Unavailable) {
		r.problem(err)
		return nil
	}
	return err
}

// columns lists the columns with what they take and which codecs their blocks have.
func (r *Report) columns(s *segment.Reader) error {
	list := List{Name: "columns", Columns: []string{"name", "type", "bytes", "codecs by blocks", "nulls", "min", "max"}}
	add := func(name string, typ *types.Type, number int) error {
		bytes, codecs, err := s.Storage(number)
		if err != nil {
			return err
		}
		var parts []string
		for _, codec := range slices.Sorted(maps.Keys(codecs)) {
			parts = append(parts, fmt.Sprintf("%s %d", codec, codecs[codec]))
		}
		line := []any{name, typ.String(), bytes, strings.Join(parts, ", "), nil, nil, nil}
		if number != segment.ColumnVersion {
			for block := range s.BlockCount() {
				widen(line[4:], typ, s.BlockStats(block, number))
			}
		}
		list.Rows = append(list.Rows, line)
		return nil
	}
	err := errors.Join(add("time", types.Timestamp, segment.ColumnTime), add("version", types.Bigint, segment.ColumnVersion))
	for i, c := range s.Meta().Columns {
		err = errors.Join(err, add(c.Name, c.Type, i))
	}
	r.Lists = append(r.Lists, list)
	return err
}

// widen adds the statistics of a block to a column's NULLs, least and greatest value.
func widen(of []any, typ *types.Type, s segment.Stats) {
	nulls, _ := of[0].(int)
	of[0] = nulls + s.Nulls
	if !s.HasRange {
		return
	}
	low, high := statsRange(typ, s)
	if of[1] == nil || less(low, of[1]) {
		of[1] = low
	}
	if of[2] == nil || less(of[2], high) {
		of[2] = high
	}
}

// statsRange returns the least and greatest value of a block.
func statsRange(typ *types.Type, s segment.Stats) (low, high any) {
	switch typ.Kind {
	case types.KindDouble:
		return s.MinFloat, s.MaxFloat
	case types.KindTimestamp:
		return Time(s.MinInt), Time(s.MaxInt)
	}
	return s.MinInt, s.MaxInt
}

// less compares two values of a column.
func less(a, b any) bool {
	switch a := a.(type) {
	case float64:
		return a < b.(float64)
	case Time:
		return a < b.(Time)
	}
	return a.(int64) < b.(int64)
}

// blocks lists the blocks with the statistics of their times.
func (r *Report) blocks(s *segment.Reader) {
	list := List{Name: "blocks", Columns: []string{"block", "rows", "min time", "max time"}}
	for block := range s.BlockCount() {
		stats := s.BlockStats(block, segment.ColumnTime)
		list.Rows = append(list.Rows, []any{block, stats.Rows, Time(stats.MinInt), Time(stats.MaxInt)})
	}
	r.Lists = append(r.Lists, list)
}

// rows lists the first rows.
func (r *Report) rows(ctx context.Context, s *segment.Reader, limit int) error {
	list := List{Name: "rows", Columns: []string{"series", "time", "version"}}
	for _, c := range s.Meta().Columns {
		list.Columns = append(list.Columns, "value "+c.Name) // never one of the others
	}
	run := 0
	for row := range min(int64(limit), s.Info().Rows) {
		for {
			if _, _, end := s.Run(run); row < end {
				break
			}
			run++
		}
		id, _, _ := s.Run(run)
		block, first, _ := s.BlockOf(row)
		times, err := s.Times(ctx, block)
		if err != nil {
			return err
		}
		versions, err := s.Versions(ctx, block)
		if err != nil {
			return err
		}
		line := []any{id, Time(times[row-first]), int64(1)}
		if versions != nil {
			line[2] = versions[row-first]
		}
		for i, c := range s.Meta().Columns {
			v, err := s.Column(ctx, block, i)
			if err != nil {
				return err
			}
			value := v.Value(int(row - first))
			if t, ok := value.(int64); ok && c.Type.Kind == types.KindTimestamp {
				value = Time(t)
			}
			line = append(line, value)
		}
		list.Rows = append(list.Rows, line)
	}
	r.Lists = append(r.Lists, list)
	return nil
}
