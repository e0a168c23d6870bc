package wal

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Pieces returns the log's files from number first on as they are now: all records that are durable. The last one goes on to
// grow, and what a failed write leaves behind its end is not among them.
func (l *Log) Pieces(first uint64) []vfs.Piece {
	var list []vfs.Piece
	for _, n := range slices.Sorted(maps.Keys(l.sizes)) {
		if n >= first {
			list = append(list, vfs.Piece{Name: l.opts.FileName(n), Size: l.sizes[n]})
		}
	}
	return list
}

// Pieces returns the files of a log that nobody has open, as an Open would read them. It changes nothing.
func Pieces(opts Options) ([]vfs.Piece, error) {
	names, err := opts.FS.List(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("list log: %w", err)
	}
	var list []vfs.Piece
	for _, name := range names {
		n, ok := opts.parseName(name)
		if !ok || n < opts.First {
			continue
		}
		size, err := vfs.FileSize(opts.FS, opts.FileName(n))
		if err != nil {
			return nil, fmt.Errorf("find length of log file: %w", err)
		}
		list = append(list, vfs.Piece{Name: opts.FileName(n), Size: size})
	}
	return list, nil
}
