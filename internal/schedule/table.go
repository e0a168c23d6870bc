package schedule

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/mapping"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// recordsMax is how many records are written at once: each write waits for the disk.
const recordsMax = 1000

// tableTarget writes rows into a table, as records that a data model makes of them.
type tableTarget struct {
	engine *engine.Engine
	target *engine.ScheduledTarget

	// What the run has written; valid after Commit.
	ingested, metered int64
	rejected          rejections
}

// tableWriter is a run's writer of a tableTarget.
type tableWriter struct {
	*tableTarget
	version int64
	mapper  *mapping.Mapper
	columns []int // of the result, that the model reads: a column of the mapper each
	row     []mapping.Value
	batch   mapping.Batch
}

// Begin checks table and columns again: all tables may have changed since the creation of the query.
func (t *tableTarget) Begin(_ context.Context, run *Run, columns []engine.ResultColumn) (Writer, error) {
	model := &t.target.Model
	if err := t.engine.CheckScheduledTable(t.target); err != nil {
		return nil, err
	}
	if err := engine.CheckScheduledModel(model, columns); err != nil {
		return nil, err
	}
	w := &tableWriter{tableTarget: t, version: run.Version}
	var names []string
	for i, c := range columns {
		if slices.Contains(model.Columns(), c.Name) {
			w.columns, names = append(w.columns, i), append(names, c.Name)
		}
	}
	w.row = make([]mapping.Value, len(names))
	var err error
	w.mapper, err = model.Compile(names)
	return w, err
}

// Write makes records of rows and writes them when there are enough.
func (w *tableWriter) Write(ctx context.Context, rows *vector.Batch) error {
	for i := range rows.Rows {
		for k, c := range w.columns {
			w.row[k] = valueOf(rows.Cols[c], i)
		}
		var refused *mapping.RowError
		if err := w.mapper.Append(&w.batch, w.row); errors.As(err, &refused) {
			w.rejected.addRow(refused.Reason, w.row)
		} else if err != nil {
			return err
		}
		if len(w.batch.Records) >= recordsMax {
			if err := w.flush(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// valueOf returns a value as the API writes it; a timestamp is its nanoseconds. It shares no memory with the column.
func valueOf(v *vector.Vector, i int) mapping.Value {
	switch x := v.Value(i).(type) {
	case nil:
		return mapping.Value{Null: true}
	case string:
		return mapping.Value{Text: strings.Clone(x)}
	case int64:
		return mapping.Value{Text: strconv.FormatInt(x, 10)}
	default:
		return mapping.Value{Text: types.Text(v.Type, x)}
	}
}

// flush writes the records so far.
func (w *tableWriter) flush(ctx context.Context) error {
	if len(w.batch.Records) == 0 {
		return nil
	}
	res, err := w.engine.WriteMapped(ctx, engine.MappedWrite{
		Database: w.target.Database, Table: w.target.Table, Records: w.batch.Records, TimeUnit: engine.UnitNanoseconds, Version: w.version,
	})
	if err != nil {
		return err
	}
	w.ingested += int64(res.MemoryStore + res.MagneticStore)
	w.metered += res.BytesMetered
	for _, r := range res.Rejected {
		w.rejected.addRecord(r.Reason, &w.batch.Records[r.Index])
	}
	w.batch.Reset()
	return nil
}

// Commit writes the last records.
func (w *tableWriter) Commit(ctx context.Context) error { return w.flush(ctx) }

// Abort leaves what was written: the next run of the invocation overwrites it.
func (w *tableWriter) Abort() {}
