// Package segment writes and reads segments: immutable files that hold the rows of one table in one time window, sorted by
// series and time, column by column in compressed blocks with statistics.
//
// Rows get numbers from 0 in the order in which they were appended. A run is all rows of one series; a block is up to
// BlockRows rows, whatever their series; runs with many rows have statistics by hour besides those by block. See
// docs/format/segment.md for the bytes. Which segments are live, what a series number means, and which of several versions
// of a row wins is the business of package storage.
//
// Example:
//
//	w, err := segment.NewWriter(fs, "1/42.seg", meta)
//	err = w.Append(7, segment.Chunk{Times: times, Cols: cols})
//	info, err := w.Finish()
//
//	r, err := segment.Open(fs, "1/42.seg", cache)
//	run, ok := r.FindRun(7)
//	row, err := r.SeekTime(ctx, run, from)
//	block, first, end := r.BlockOf(row)
//	values, err := r.Column(ctx, block, 0)
package segment
