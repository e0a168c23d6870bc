package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Source is where tables come from.
type Source interface {
	// Scan starts reading a table. The rows are those of one moment, whatever is written meanwhile.
	Scan(ctx context.Context, req ScanRequest) (Scanner, error)
	// DistinctValues returns the values that a dimension or the measure name has in a table, in any order, and whether
	// some series lacks the dimension. It is used to decide a predicate once per value instead of once per row.
	DistinctValues(ctx context.Context, table *plan.Table, column int) (values []string, missing bool, err error)
}

// ScanRequest asks for rows of a table. Columns are indexes into Table.Columns.
type ScanRequest struct {
	Table            *plan.Table
	Columns          []int
	TimeFrom, TimeTo int64 // both inclusive
	Series           []SeriesFilter
	Bounds           []ValueBound
}

// SeriesFilter allows only series whose dimension (or measure name) is among In, or, with Null set, that lack it.
type SeriesFilter struct {
	Column int // index into Table.Columns
	In     []string
	Null   bool
}

// ValueBound says that only rows with Low <= value <= High are of interest; nil is no bound. Others may still come.
type ValueBound struct {
	Column    int // index into Table.Columns
	Low, High types.Value
}

// Scanner yields the rows of one scan, series by series and ascending in time within a series.
type Scanner interface {
	// Next returns the next rows, nil at the end. The batch's columns are those of the request; it is never empty.
	Next(ctx context.Context) (*vector.Batch, error)
	// Stats tells what the scan touched so far.
	Stats() ScanStats
	// Close ends the scan and frees what it holds.
	Close()
}

// ScanStats is what a scan touched.
type ScanStats struct {
	Series int64 // series read
	Rows   int64 // rows produced
	Blocks int64 // blocks of segments read
	Bytes  int64 // size of the values produced, as metered: 8 bytes a number or time, 1 a boolean, the length of text
}
