package storage

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// valueBound is a ValueBound on a column that the table has.
type valueBound struct {
	number    uint16
	low, high types.Value
}

// interesting reports whether a block may hold a value within each bound.
func (r *rowReader) interesting(b *segmentBlock) bool {
	for i := range r.bounds {
		place := b.source.bounds[i]
		if place < 0 || !r.bounds[i].meets(b.source.open.BlockStats(b.number, place)) {
			return false
		}
	}
	return true
}

// meets reports whether some value described by the statistics may lie within the bound. NULL never does. Bounds that do
// not have the column's type are taken to be met: the caller checks the rows anyway.
func (v *valueBound) meets(s segment.Stats) bool {
	if s.Values() == 0 {
		return false
	}
	if !s.HasRange && !s.HasNaN {
		return true // texts
	}
	return v.belowHigh(s) && v.aboveLow(s)
}

// belowHigh reports whether the least value is at most the upper bound.
func (v *valueBound) belowHigh(s segment.Stats) bool {
	switch high := v.high.(type) {
	case int64:
		return s.MinInt <= high
	case bool:
		return high || s.MinInt == 0
	case float64:
		least := math.NaN() // the greatest of all doubles
		if s.HasRange {
			least = s.MinFloat
		}
		return types.CompareDoubles(least, high) <= 0
	}
	return true
}

// aboveLow reports whether the greatest value is at least the lower bound.
func (v *valueBound) aboveLow(s segment.Stats) bool {
	switch low := v.low.(type) {
	case int64:
		return s.MaxInt >= low
	case bool:
		return !low || s.MaxInt == 1
	case float64:
		greatest := math.NaN()
		if !s.HasNaN {
			greatest = s.MaxFloat
		}
		return types.CompareDoubles(greatest, low) >= 0
	}
	return true
}
