package engine

import (
	"context"
	"math"

	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/sql/executor"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/storage"
)

// source makes the store look like a source of the executor, for one statement.
type source struct {
	store   *storage.Store
	catalog *catalog.Catalog
	watch   *watch
	aged    int64 // the time by which rows are old, in milliseconds: one for all scans of the statement
}

// expiredBefore returns the time before which the rows of a table are not visible any more.
func (s *source) expiredBefore(table *plan.Table) int64 {
	t := s.catalog.TableByID(table.ID)
	if t == nil { // dropped meanwhile: its rows go, too
		return math.MaxInt64
	}
	return expiredBefore(t, s.aged)
}

// Scan starts a scan of the store.
func (s *source) Scan(ctx context.Context, req executor.ScanRequest) (executor.Scanner, error) {
	in := storage.ScanRequest{From: max(req.TimeFrom, s.expiredBefore(req.Table)), To: req.TimeTo}
	for _, c := range req.Columns {
		in.Columns = append(in.Columns, req.Table.Columns[c].Name)
	}
	for _, f := range req.Series {
		in.Series = append(in.Series, storage.SeriesFilter{Column: req.Table.Columns[f.Column].Name, In: f.In, Null: f.Null})
	}
	for _, b := range req.Bounds {
		in.Bounds = append(in.Bounds, storage.ValueBound{Column: req.Table.Columns[b.Column].Name, Low: b.Low, High: b.High})
	}
	scan, err := s.store.Scan(ctx, storage.TableID(req.Table.ID), in)
	if err != nil {
		return nil, err
	}
	return s.watch.begin(req.Table, in, scan), nil
}

// DistinctValues returns the values of a dimension or of the measure name.
func (s *source) DistinctValues(_ context.Context, table *plan.Table, column int) ([]string, bool, error) {
	values, missing := s.store.DistinctValues(storage.TableID(table.ID), table.Columns[column].Name)
	return values, missing, nil
}
