package engine

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/executor"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// source makes the store look like a source of the executor.
type source struct {
	store *storage.Store
	// expired returns the time before which a table's rows are not visible any more.
	expired func(table *plan.Table) int64
}

// Scan starts a scan of the store.
func (s *source) Scan(ctx context.Context, req executor.ScanRequest) (executor.Scanner, error) {
	in := storage.ScanRequest{From: max(req.TimeFrom, s.expired(req.Table)), To: req.TimeTo}
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
	return scanner{scan}, nil
}

// DistinctValues returns the values of a dimension or of the measure name.
func (s *source) DistinctValues(_ context.Context, table *plan.Table, column int) ([]string, bool, error) {
	values, missing := s.store.DistinctValues(storage.TableID(table.ID), table.Columns[column].Name)
	return values, missing, nil
}

// scanner is a scan of the store as the executor wants it.
type scanner struct{ scan *storage.Scan }

func (s scanner) Next(ctx context.Context) (*vector.Batch, error) { return s.scan.Next(ctx) }

func (s scanner) Stats() executor.ScanStats { return executor.ScanStats(s.scan.Stats()) }

func (s scanner) Close() { s.scan.Close() }
