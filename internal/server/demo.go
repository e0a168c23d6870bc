package server

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/generator"
)

// demoHistory is how much of the past the demo has from the start, demoPause how often live data comes.
const (
	demoHistory = 2 * time.Hour
	demoPause   = time.Second
)

// Retention of the demo tables, as in the workshop's sample application.
const (
	demoMemoryHours  = 12
	demoMagneticDays = 7
)

// demo fills the workshop's two tables: history first, then live data as time goes by. Sources are deterministic, so a
// restarted demo writes records that are there already once more, which changes nothing.
type demo struct {
	engine *engine.Engine
	clock  clock.Clock
	seed   uint64
	scale  float64
	loaded func(records int64, took time.Duration) // called once, when the history is there
}

// run returns when ctx ends, or when records cannot be written.
func (d *demo) run(ctx context.Context) error {
	tables, err := generator.DemoTables(d.seed, d.scale)
	if err != nil {
		return err
	}
	began := d.clock.Now()
	now := began.UnixNano()
	var records int64
	for _, t := range tables {
		if err := d.create(ctx, t); err != nil {
			return err
		}
		n, err := d.write(ctx, t, now-int64(demoHistory), now)
		if err != nil {
			return stopped(ctx, err)
		}
		records += n
	}
	d.loaded(records, d.clock.Now().Sub(began))
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.clock.After(demoPause):
		}
		upTo := d.clock.Now().UnixNano()
		for _, t := range tables {
			if _, err := d.write(ctx, t, now, upTo); err != nil {
				return stopped(ctx, err)
			}
		}
		now = upTo
	}
}

// stopped drops an error that only says that the server stops.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// create makes a table and its database unless they are there.
func (d *demo) create(ctx context.Context, t generator.Demo) error {
	if _, err := d.engine.CreateDatabase(ctx, engine.CreateDatabaseInput{Name: t.Spec.Database}); err != nil && !dberr.Is(err, dberr.Conflict) {
		return fmt.Errorf("create database %s: %w", t.Spec.Database, err)
	}
	in := engine.CreateTableInput{Database: t.Spec.Database, Name: t.Spec.Table,
		Retention: &engine.Retention{MemoryHours: demoMemoryHours, MagneticDays: demoMagneticDays}}
	if _, err := d.engine.CreateTable(ctx, in); err != nil && !dberr.Is(err, dberr.Conflict) {
		return fmt.Errorf("create table %s.%s: %w", t.Spec.Database, t.Spec.Table, err)
	}
	return nil
}

// Writing the history: demoWriters requests of demoBatch records at a time.
const (
	demoWriters = 4
	demoBatch   = 1000
)

// write stores what a source has between two times and returns how many records that were.
func (d *demo) write(ctx context.Context, t generator.Demo, from, to int64) (int64, error) {
	batches := make(chan []engine.Record)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	var written atomic.Int64
	for range demoWriters {
		wg.Go(func() {
			for records := range batches {
				res, err := d.engine.WriteRecords(ctx, &engine.WriteRequest{Database: t.Spec.Database, Table: t.Spec.Table, Records: records})
				if err != nil {
					cancel(err)
					continue
				}
				written.Add(int64(len(records) - len(res.Rejected)))
			}
		})
	}
	batch := make([]engine.Record, 0, demoBatch)
	for r := range t.Source.Records(from, to) {
		if batch = append(batch, demoRecord(r)); len(batch) == demoBatch {
			batches <- batch
			batch = make([]engine.Record, 0, demoBatch)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if len(batch) > 0 {
		batches <- batch
	}
	close(batches)
	wg.Wait()
	return written.Load(), context.Cause(ctx)
}

// demoTypes are the engine's names for the types of generated values.
var demoTypes = map[generator.Kind]engine.MeasureType{
	generator.Double: engine.TypeDouble, generator.Bigint: engine.TypeBigint, generator.Varchar: engine.TypeVarchar,
	generator.Boolean: engine.TypeBoolean,
}

// demoRecord turns a generated record into one to write.
func demoRecord(r generator.Record) engine.Record {
	out := engine.Record{
		MeasureName: r.Measure, MeasureValue: r.Value.String(), MeasureType: demoTypes[r.Value.Kind],
		Time: strconv.FormatInt(r.Time, 10), TimeUnit: engine.UnitNanoseconds,
		Dimensions: make([]engine.Dimension, len(r.Dimensions)),
	}
	for i, dim := range r.Dimensions {
		out.Dimensions[i] = engine.Dimension{Name: dim.Name, Value: dim.Value}
	}
	return out
}
