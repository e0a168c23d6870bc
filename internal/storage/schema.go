package storage

import (
	"sync"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// schemaCache keeps the last Schema of a table: it is asked for with every query and seldom changes.
type schemaCache struct {
	mu      sync.Mutex
	version int // of the index, plus one; 0 for none
	schema  Schema
}

// Schema returns the columns of a table; it is empty if nothing was ever written to it. The caller must not change it.
func (s *Store) Schema(id TableID) Schema {
	t := s.table(id)
	if t == nil {
		return Schema{Types: map[string]*types.Type{}}
	}
	c := &t.schema
	c.mu.Lock()
	defer c.mu.Unlock()
	// The version is read first: what is added meanwhile will be found by the next call.
	version := t.index.SchemaVersion() + 1
	if c.version != version {
		c.schema, c.version = t.makeSchema(), version
	}
	return c.schema
}

// makeSchema makes the schema from the index.
func (t *table) makeSchema() Schema {
	out := Schema{Dimensions: t.index.Dimensions(), Types: map[string]*types.Type{}}
	for _, m := range t.index.Measures() {
		measure := Measure{Name: m.Name, Dimensions: m.Dimensions}
		for _, c := range m.Columns {
			measure.Columns = append(measure.Columns, c.Name)
			measure.Single = measure.Single || c.Single()
			measure.Multi = measure.Multi || !c.Single()
			out.Types[c.Name] = c.Type
		}
		out.Measures = append(out.Measures, measure)
	}
	return out
}

// DistinctValues returns the values that series of a table have for a dimension, or the measure names for
// ColumnMeasureName, in any order, and whether some series lacks the dimension. Values whose rows have all expired may be
// among them. The caller must not change them.
func (s *Store) DistinctValues(id TableID, column string) (values []string, missing bool) {
	t := s.table(id)
	if t == nil {
		return nil, false
	}
	if column == ColumnMeasureName {
		return t.index.MeasureNames(), false
	}
	return t.index.DistinctValues(column)
}
