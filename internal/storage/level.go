package storage

import "github.com/tidemarkdb/tidemark/internal/storage/segment"

// flushLevel returns the level of a segment that is flushed: hot while its window of time lasts, since it will be merged with
// those that follow. What comes for a window that is over may stay as it is for long.
func (s *Store) flushLevel(window int64) segment.Level {
	if _, end := windowBounds(window); end <= s.clock.Now().UnixNano() {
		return segment.Cold
	}
	return segment.Hot
}

// mergeLevel returns the level of a segment that takes the place of layers of a window: cold also if these have been left alone for
// as long as it takes a window to settle, or if they are so long that they will hardly be merged again.
func (s *Store) mergeLevel(window int64, layers []layer) segment.Level {
	var bytes int64
	alone := true
	for _, l := range layers {
		bytes += l.Bytes
		alone = alone && s.clock.Now().Sub(l.Since) >= s.opts.SettleAfter
	}
	if alone || bytes > mergedBytesMax/4 {
		return segment.Cold
	}
	return s.flushLevel(window)
}
