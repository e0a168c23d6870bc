package engine

import (
	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/storage"
)

// QueryInsights is what a run has read and given, for those who want to make a statement cheaper.
type QueryInsights struct {
	// Spatial and Temporal are of the tables that the run has read the largest part of; nil if the statement has no table.
	Spatial  *SpatialCoverage
	Temporal *TemporalRange
	Tables   int // that the statement names
	// Output is the rows of the result and the size of their values as they are metered: 8 bytes a number or time, 1 a boolean,
	// the length of a text.
	OutputRows, OutputBytes int64
	Unload                  *UnloadStats // of UNLOAD, else nil
}

// SpatialCoverage is the part of a table's series that scans had to look at.
type SpatialCoverage struct {
	Value        float64 // 0 to 1
	TableARN     string
	PartitionKey []string // names of the columns by which the table is partitioned
}

// TemporalRange is the time from the begin of the earliest scan of a table to the end of the latest one.
type TemporalRange struct {
	Nanos    int64
	TableARN string
}

// reach collects what the scans of a run have to look at.
type reach struct {
	tables []*tableReach // of the statement, in the order in which it names them
	now    int64         // of the statement, in nanoseconds
}

// tableReach is what all scans of one table have to look at together.
type tableReach struct {
	id       uint64
	touched  []uint64 // one bit for each series
	count    int      // of bits that are set
	total    int      // of series that the table has
	from, to int64    // both inclusive; from is greater if no scan had anything to look at
}

// newReach returns the reach of a run that has not begun.
func newReach(stmt *plan.Statement) *reach {
	r := &reach{now: stmt.Now}
	for _, t := range stmt.Tables {
		r.tables = append(r.tables, &tableReach{id: t.ID, from: 1})
	}
	return r
}

// add notes a scan of a table for times from:to, both inclusive.
func (r *reach) add(table *plan.Table, from, to int64, at storage.Reach) {
	for _, t := range r.tables {
		if t.id == table.ID {
			t.addSeries(at)
			// A scan without an end goes to the present, or to the last row if that is later.
			t.addTimes(max(from, at.DataFrom), min(to, max(r.now, at.DataTo)))
			return
		}
	}
}

// addSeries notes which series a scan has to look at.
func (t *tableReach) addSeries(at storage.Reach) {
	t.total = max(t.total, at.SeriesTotal)
	for _, id := range at.Series {
		word, bit := int(id/64), uint64(1)<<(id%64)
		if word >= len(t.touched) {
			t.touched = append(t.touched, make([]uint64, word+1-len(t.touched))...)
		}
		if t.touched[word]&bit == 0 {
			t.touched[word] |= bit
			t.count++
		}
	}
}

// addTimes notes which times a scan has to look at.
func (t *tableReach) addTimes(from, to int64) {
	switch {
	case from > to:
	case t.from > t.to:
		t.from, t.to = from, to
	default:
		t.from, t.to = min(t.from, from), max(t.to, to)
	}
}

// coverage returns the part of the series that the scans had to look at.
func (t *tableReach) coverage() float64 {
	if t.total == 0 {
		return 0
	}
	return min(float64(t.count)/float64(t.total), 1)
}

// nanos returns the length of the time that the scans had to look at.
func (t *tableReach) nanos() int64 {
	if t.from > t.to {
		return 0
	}
	return t.to - t.from
}

// queryInsights returns the insights of a run that has ended. Of tables that are equally bad the first one counts.
func (e *Engine) queryInsights(stmt *plan.Statement, r *reach) *QueryInsights {
	out := &QueryInsights{Tables: len(stmt.Tables)}
	for i, t := range r.tables {
		arn := e.tableARN(stmt.Tables[i].Database, stmt.Tables[i].Name)
		if value := t.coverage(); out.Spatial == nil || value > out.Spatial.Value {
			out.Spatial = &SpatialCoverage{Value: value, TableARN: arn, PartitionKey: e.partitionKey(t.id)}
		}
		if nanos := t.nanos(); out.Temporal == nil || nanos > out.Temporal.Nanos {
			out.Temporal = &TemporalRange{Nanos: nanos, TableARN: arn}
		}
	}
	return out
}

// partitionKey returns the names of the columns by which a table is partitioned.
func (e *Engine) partitionKey(id uint64) []string {
	if t := e.catalog.TableByID(id); t != nil {
		for _, k := range t.PartitionKey {
			if k.Type == catalog.KeyDimension {
				return []string{k.Name}
			}
		}
	}
	return []string{storage.ColumnMeasureName}
}
