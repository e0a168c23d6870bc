package storage

import (
	"sync/atomic"
	"time"
)

// Metrics is what a Store has counted since Open. Names end in their unit where that is not a count.
type Metrics struct {
	Batches         atomic.Int64 // requests that were decided
	RowsStored      atomic.Int64 // written to the log
	RowsEqual       atomic.Int64 // were stored already, with this version and these values
	RowsRejected    atomic.Int64
	WriteErrors     atomic.Int64 // requests that failed as a whole
	LogGroups       atomic.Int64 // writes with one sync each
	LogBytes        atomic.Int64 // written to the log
	LogErrors       atomic.Int64 // groups that could not be written or synced
	WritesDelayed   atomic.Int64 // requests that waited for memory
	WriteDelayNanos atomic.Int64 // how long, together
	WritesThrottled atomic.Int64 // those of them that were refused in the end
	SeriesRefused   atomic.Int64 // rows that were rejected because there is no memory for their new series
	Lookups         atomic.Int64 // rows that were looked for in segments before they were stored

	Scans      atomic.Int64
	ScanSeries atomic.Int64
	ScanRows   atomic.Int64
	ScanBlocks atomic.Int64
	ScanBytes  atomic.Int64

	Flushes          atomic.Int64
	FlushErrors      atomic.Int64
	FlushedRows      atomic.Int64
	FlushedBytes     atomic.Int64 // of segments
	Compactions      atomic.Int64 // merges that took effect
	CompactionErrors atomic.Int64
	CompactedFiles   atomic.Int64 // segments merged away
	CompactedBytes   atomic.Int64 // written to segments by merges, also by those that failed
	FlushesDelayed   atomic.Int64 // waits of flushes for merging that could not keep up
	ExpiredFiles     atomic.Int64 // segments dropped because of their age
	DroppedTables    atomic.Int64
}

// Stats is the size of a Store at the moment.
type Stats struct {
	Tables         int
	Series         int64
	IndexBytes     int64 // memory of the series indexes
	SeriesBytes    int64 // the same, and what flush and merge need for each series
	HeldBytes      int64 // what scans hold: blocks at hand, and rows that are in segments by now
	FileBytes      int64 // footers of segments that are open
	MemoryRows     int64 // rows that are not in segments
	MemoryBytes    int64 // their memory
	LogBytes       int64 // length of the log's files
	Segments       int
	SegmentRows    int64
	SegmentBytes   int64
	CacheBytes     int64 // decoded blocks in memory
	CacheHits      int64
	CacheMisses    int64
	MemoryBytesMax int64 // limit of the memory of rows, series, held rows, footers and blocks together
	RowBytesMax    int64 // of which rows may have so much at the moment; beyond it writes wait
	CacheBytesMax  int64 // and blocks
	WritesStopped  bool  // writing is refused until a restart

	MergeBacklog int           // see Store.MergeBacklog
	MergeWorked  time.Duration // time in which Maintain merged, waiting for the disk included
	MergeRested  time.Duration // time in which it could have gone on but kept to its share
	// WriteAmplification is how many bytes were written to segments, by flushing and merging, for each byte that was flushed; 0
	// when nothing was. All since Open.
	WriteAmplification float64
}

// Metrics returns the counters, for publishing.
func (s *Store) Metrics() *Metrics { return &s.metrics }

// Stats returns the sizes.
func (s *Store) Stats() Stats {
	c := s.cache.Stats()
	out := Stats{
		LogBytes: s.logBytes.Load(), MemoryBytes: s.memory.Load(), WritesStopped: s.stopped() != nil,
		SeriesBytes: s.budget.series.Load(), HeldBytes: s.budget.held.Load(), FileBytes: s.files.bytes.Load(),
		MemoryBytesMax: s.budget.total, RowBytesMax: s.budget.rowsMax.Load(), CacheBytesMax: s.budget.blocksMax.Load(),
		CacheBytes: c.Bytes, CacheHits: c.Hits, CacheMisses: c.Misses, MergeBacklog: s.MergeBacklog(),
	}
	out.MergeWorked, out.MergeRested = s.merging.pacer.Worked()
	if flushed := s.metrics.FlushedBytes.Load(); flushed > 0 {
		out.WriteAmplification = float64(flushed+s.metrics.CompactedBytes.Load()) / float64(flushed)
	}
	for _, t := range s.tableList() {
		t.mu.RLock()
		state := t.state
		out.MemoryRows += state.active.Rows()
		t.mu.RUnlock()
		out.Tables++
		out.Series += int64(t.index.Len())
		out.IndexBytes += t.index.Bytes()
		for _, f := range state.frozen {
			out.MemoryRows += f.rows.Rows()
		}
		for _, f := range state.segments {
			out.Segments++
			out.SegmentRows += f.rows
			out.SegmentBytes += f.bytes
		}
	}
	return out
}
