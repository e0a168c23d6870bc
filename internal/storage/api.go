package storage

import (
	"log/slog"
	"math"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// TableID names a table for ever: the catalog never uses a number twice.
type TableID uint64

// Options configures a Store. The zero value of every field but FS works.
type Options struct {
	FS     vfs.FS
	Clock  clock.Clock  // default clock.Real
	Logger *slog.Logger // default: discards

	// MemoryBytesMax is how much rows in memory, indexes, decoded blocks and open segments may hold together; memory.go says
	// how it is divided. Default 1 GiB.
	MemoryBytesMax int64
	// MemstoreBytesMax is how much the recent rows of all tables may hold before they are flushed, if that is less than
	// their share of MemoryBytesMax. Default: their share, a quarter.
	MemstoreBytesMax int64
	// WALBytesMax is how long the log may grow before it is cut by a flush. Default 512 MiB.
	WALBytesMax int64
	// BlockCacheBytes is how much decoded segment data is kept in memory, if that is less than what others leave of
	// MemoryBytesMax. Default: what they leave.
	BlockCacheBytes int64
	// Relieve ends one scan that nobody reads from at the moment, and reports whether there was one. It is called when scans
	// hold much. Default: scans are never ended.
	Relieve func() bool
	// MergeFanIn is how many segments of one time window are merged into one. Default 4, at least 2.
	MergeFanIn int
	// SettleAfter is how long a window of time must have been left alone until all of its segments are merged into one; longer
	// if that is much work for little that is new. Default 10 minutes.
	SettleAfter time.Duration
	// MergeShare is which share of one core merging takes at most, on the average and in all, as long as that keeps the number of
	// segments small; it takes more as far as it has to, up to two cores. Default 0.25, at most 1, which is without rests.
	MergeShare float64
	// MergeBytesMax is how much memory a merge may use for the blocks that it reads, as far as they are more than those of two
	// segments. Default a sixteenth of MemoryBytesMax, 128 MiB at most. Two merges may run at a time.
	MergeBytesMax int64
	// OpenFilesMax is how many segments are kept open for the next reader. Default 4096. Those in use are not limited.
	OpenFilesMax int
}

// Names of the columns that every table has, and of those of single-measure records.
const (
	ColumnTime          = "time"
	ColumnMeasureName   = series.ColumnMeasureName
	ColumnValueDouble   = "measure_value::double"
	ColumnValueBigint   = "measure_value::bigint"
	ColumnValueVarchar  = "measure_value::varchar"
	ColumnValueBoolean  = "measure_value::boolean"
	DimensionsMax       = series.DimensionsMax // dimensions in a table
	MeasureNamesMax     = series.MeasuresMax   // measure names in a table
	MultiMeasureColsMax = series.AttributesMax // attributes of multi-measure records in a table
)

// Batch is the records of one request to one table. Write does not keep any of its memory.
type Batch struct {
	Table TableID
	Rows  []Row
}

// Row is one record, merged with the request's common attributes and checked for form.
type Row struct {
	Measure string
	Dims    []Dim // in any order; names are unique
	Time    int64 // nanoseconds since 1970-01-01 UTC
	Version int64 // at least 1
	Multi   bool  // Values are attributes of a multi-measure record, else the one measure value
	Values  []Value
}

// Dim is one dimension of a record: a struct of Name and Value.
type Dim = series.Dim

// Value is one measure value: Column is the name of its column (ColumnValueDouble and so on, or the attribute's). The
// payload is in the field that fits the type: Bool for boolean, Int for bigint and timestamp, Float for double, Str for
// varchar.
type Value struct {
	Column string
	Type   *types.Type
	Bool   bool
	Int    int64
	Float  float64
	Str    string
}

// WriteResult tells what became of a batch. Rows that are not listed are stored, durably.
type WriteResult struct {
	Rejected []Rejection // in ascending order of Row
}

// Rejection is a record that was not stored.
type Rejection struct {
	Row    int // index into Batch.Rows
	Reason RejectReason
	// ExistingVersion is the stored version, for SameVersion and LowerVersion.
	ExistingVersion int64
	// Name is the column at fault, ExistingType its type, for TypeConflict and NameConflict.
	Name         string
	ExistingType *types.Type
}

// RejectReason is why a record was not stored.
type RejectReason uint8

// The reasons for rejections that depend on what is stored. Rules: Timestream developer guide, "Writes", "Quotas".
const (
	SameVersion          RejectReason = iota // the same record exists with this version and another value
	LowerVersion                             // the same record exists with a higher version
	TypeConflict                             // the attribute exists with another type
	NameConflict                             // the name is used for both a dimension and an attribute
	TooManyDimensions                        // more than DimensionsMax in the table
	TooManyMeasures                          // more than MeasureNamesMax in the table
	TooManyMultiMeasures                     // more than MultiMeasureColsMax in the table
	NoMemoryForSeries                        // the series is new, and the indexes have all the memory they may have
)

// Schema is the columns that the records of a table have brought into being. Dimensions are in order of first
// appearance; Measures are, too, and inside a measure its columns and dimensions.
type Schema struct {
	Dimensions []string
	Measures   []Measure
	// Types has the type of every value column by name.
	Types map[string]*types.Type
}

// Measure is one measure name of a table: what its records carry.
type Measure struct {
	Name       string
	Dimensions []string // union over its series, in order of first appearance
	Columns    []string // measure_value::* columns and attributes, in order of first appearance
	Multi      bool     // some of its records are multi-measure
	Single     bool     // some of its records are single-measure
}

// ScanRequest asks for rows of a table.
type ScanRequest struct {
	// Columns are the wanted columns: dimensions, ColumnMeasureName, ColumnTime, value columns. A name that the table
	// does not have gives NULLs of type varchar.
	Columns []string
	// From and To bound the time, both inclusive. Use math.MinInt64 and math.MaxInt64 for no bound.
	From, To int64
	// Series all must hold for a series' rows to be produced.
	Series []SeriesFilter
	// Bounds are hints: blocks without a value inside may be left out, but rows outside may still come.
	Bounds []ValueBound
	// Hours allows the scan to answer whole hours of a series with aggregates of the value columns instead of rows, where it can: use
	// NextPart. There are none beside Bounds, which are about single rows.
	Hours bool
}

// Everything returns a request for all rows with the given columns.
func Everything(columns ...string) ScanRequest {
	return ScanRequest{Columns: columns, From: math.MinInt64, To: math.MaxInt64}
}

// SeriesFilter allows only series whose dimension (or ColumnMeasureName) has one of the values In, or, with Null set,
// that lack the dimension.
type SeriesFilter struct {
	Column string
	In     []string
	Null   bool
}

// ValueBound says that only values of a column with Low <= value <= High are of interest; nil is no bound. Low and
// High are in the Go form of package types and have the column's type.
type ValueBound struct {
	Column    string
	Low, High types.Value
}

// Reach is what a scan may come to read.
type Reach struct {
	// Series are those that its filters allow, in any order; the list is good until the scan is asked for rows. SeriesTotal is how
	// many the table has.
	Series      []uint32
	SeriesTotal int
	// DataFrom and DataTo are the times of the first and the last row of the table, both inclusive; without rows, and if the
	// filters allow no series, DataFrom is greater. Rows that were replaced or have expired but are still on disk count.
	DataFrom, DataTo int64
}

// ScanStats is what a scan touched.
type ScanStats struct {
	Series int64 // series that had rows
	Rows   int64 // rows produced
	Blocks int64 // blocks of segments read
	Bytes  int64 // size of the values produced: 8 bytes a number or time, 1 a boolean, the length of text; NULLs are free
	// Hours is how many hours of a series were answered with aggregates, HourRows how many rows they have.
	Hours, HourRows int64
}
