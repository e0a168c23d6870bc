package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// engineRun is a simulation of an engine, with databases d0, d1 and tables t0, t1, t2 in each.
type engineRun struct{ *simulation }

// engine returns the open engine.
func (s *engineRun) engine() openEngine { return s.subject.(openEngine) }

// world returns what is seen.
func (s *engineRun) world() *engineWorld { return s.worlds[0].(*engineWorld) }

// someDatabase returns the name of a database, which need not exist.
func (s *engineRun) someDatabase() string { return fmt.Sprint("d", s.rng.IntN(2)) }

// someName returns the name of a table, which need not exist.
func (s *engineRun) someName() string { return fmt.Sprint("t", s.rng.IntN(3)) }

// someRetention returns a retention, short ones most often.
func (s *engineRun) someRetention() *engine.Retention {
	return &engine.Retention{MemoryHours: 1 + s.rng.Int64N(30), MagneticDays: 1 + s.rng.Int64N([]int64{3, 73000}[s.rng.IntN(2)])}
}

// createDatabase declares a database.
func (s *engineRun) createDatabase() {
	name := s.someDatabase()
	_ = s.changeCatalog("create database", func(w *engineWorld) bool {
		_, exists := w.databases[name]
		if !exists {
			w.databases[name] = "k"
		}
		return !exists
	}, func() error {
		_, err := s.engine().CreateDatabase(ctx, engine.CreateDatabaseInput{Name: name, KMSKeyID: "k"})
		return err
	})
}

// updateDatabase gives a database another key.
func (s *engineRun) updateDatabase() {
	name, key := s.someDatabase(), fmt.Sprint("k", s.rng.IntN(1000))
	_ = s.changeCatalog("update database", func(w *engineWorld) bool {
		_, exists := w.databases[name]
		if exists {
			w.databases[name] = key
		}
		return exists
	}, func() error {
		_, err := s.engine().UpdateDatabase(ctx, name, key)
		return err
	})
}

// deleteDatabase removes a database, if it is empty.
func (s *engineRun) deleteDatabase() {
	name := s.someDatabase()
	_ = s.changeCatalog("delete database", func(w *engineWorld) bool {
		_, exists := w.databases[name]
		for t := range w.tables {
			exists = exists && t[:2] != name
		}
		if exists {
			delete(w.databases, name)
		}
		return exists
	}, func() error { return s.engine().DeleteDatabase(ctx, name) })
}

// createTable declares a table.
func (s *engineRun) createTable() {
	db, name, retention := s.someDatabase(), s.someName(), s.someRetention()
	_ = s.changeCatalog("create table", func(w *engineWorld) bool {
		if _, exists := w.databases[db]; !exists || w.tables[db+"/"+name] != nil {
			return false
		}
		w.tables[db+"/"+name] = &engineTable{*retention, newModel()}
		return true
	}, func() error {
		_, err := s.engine().CreateTable(ctx, engine.CreateTableInput{Database: db, Name: name, Retention: retention})
		return err
	})
}

// updateTable gives a table another retention.
func (s *engineRun) updateTable() {
	db, name, retention := s.someDatabase(), s.someName(), s.someRetention()
	_ = s.changeCatalog("update table", func(w *engineWorld) bool {
		t := w.tables[db+"/"+name]
		if t == nil {
			return false
		}
		t.retention = *retention
		t.rows.raiseFloor(t.expired(w.latest))
		return true
	}, func() error {
		_, err := s.engine().UpdateTable(ctx, engine.UpdateTableInput{Database: db, Name: name, Retention: retention})
		return err
	})
}

// deleteTable removes a table.
func (s *engineRun) deleteTable() {
	db, name := s.someDatabase(), s.someName()
	_ = s.changeCatalog("delete table", func(w *engineWorld) bool {
		exists := w.tables[db+"/"+name] != nil
		delete(w.tables, db+"/"+name)
		return exists
	}, func() error { return s.engine().DeleteTable(ctx, db, name) })
}

// changeCatalog is change for the catalog, where a failed call may take effect at any time.
func (s *engineRun) changeCatalog(what string, effect func(*engineWorld) bool, run func() error) error {
	s.expire()
	return s.tryChange(what, mayBeDoubt|endsDoubts, func(w world) bool { return effect(w.(*engineWorld)) }, run)
}

// expire lets time pass in all worlds.
func (s *engineRun) expire() {
	for _, w := range s.worlds {
		w.(*engineWorld).expire(s.clock.Now())
	}
}

// write writes records of the last hour to a table, and some that are too old for any table.
func (s *engineRun) write() {
	s.expire()
	names := make([]string, 0, 6)
	for name := range s.world().tables {
		names = append(names, name)
	}
	if len(names) == 0 {
		s.createTable()
		return
	}
	slices.Sort(names)
	name := names[s.rng.IntN(len(names))]
	now, floor := s.clock.Now().UnixNano(), int64(math.MinInt64)
	for _, w := range s.worlds { // whichever retention the table has, it takes the rows
		if t := w.(*engineWorld).tables[name]; t != nil {
			floor = max(floor, t.rows.floor)
		}
	}
	var rows []storage.Row
	for range 1 + s.rng.IntN([]int{3, 60}[s.rng.IntN(2)]) {
		at := now + 600e9 - s.rng.Int64N(60)*60e9 // whole minutes, so that some come twice
		if s.rng.IntN(3) > 0 {
			at = now/60e9*60e9 - s.rng.Int64N(50)*60e9
		}
		if at >= floor {
			rows = append(rows, s.row(at))
		}
	}
	if len(rows) == 0 {
		return
	}
	s.send(name, rows)
}

// row makes a row.
func (s *engineRun) row(at int64) storage.Row {
	host := s.rng.IntN(4)
	r := storage.Row{Measure: fmt.Sprint("m", s.rng.IntN(2)), Time: at, Version: 1 + s.rng.Int64N(3), Dims: []storage.Dim{{Name: "host", Value: fmt.Sprint("h", host)}}}
	if host == 0 {
		r.Dims = append(r.Dims, storage.Dim{Name: "zone", Value: "z"})
	}
	rng := s.rng
	if rng.IntN(2) == 0 { // as in another record of this time and host, if there is one
		rng = rand.New(rand.NewPCG(uint64(at), uint64(host)))
		r.Version = 1
	}
	types := []*types.Type{types.Double, types.Bigint, types.Varchar}
	if rng.IntN(2) == 0 {
		t := types[rng.IntN(3)]
		r.Values = []storage.Value{value(rng, "measure_value::"+t.String(), t)}
		return r
	}
	r.Multi = true
	for c, t := range types {
		if c == 0 || rng.IntN(2) == 0 {
			if rng.IntN(50) == 0 {
				t = types[rng.IntN(3)]
			}
			r.Values = append(r.Values, value(rng, fmt.Sprint("c", c), t))
		}
	}
	return r
}

// send writes rows and compares which of them are rejected. Whoever acknowledges records knows what is in the catalog.
func (s *engineRun) send(name string, rows []storage.Row) {
	req := &engine.WriteRequest{Database: name[:2], Table: name[3:]}
	for i := range rows {
		req.Records = append(req.Records, record(&rows[i]))
	}
	// One more that is older than any retention, and must be rejected whatever happens to the others.
	ancient := record(&rows[0])
	ancient.Time = "1000"
	req.Records = append(req.Records, ancient)
	want := map[world][]int{}
	var got engine.WriteResult
	s.note("%d records for table %s", len(rows), name)
	err := s.tryChange("write", endsDoubts, func(w world) bool {
		t := w.(*engineWorld).tables[name]
		if t == nil {
			return false
		}
		var indexes []int
		for _, r := range t.rows.apply(rows).Rejected {
			indexes = append(indexes, r.Row)
		}
		want[w] = append(indexes, len(rows))
		return true
	}, func() (err error) {
		got, err = s.engine().WriteRecords(ctx, req)
		return err
	})
	if err != nil || s.err != nil {
		return
	}
	var rejected []int
	for _, r := range got.Rejected {
		rejected = append(rejected, r.Index)
	}
	expected := want[s.worlds[0]]
	s.worlds = slices.DeleteFunc(s.worlds, func(w world) bool { return !slices.Equal(rejected, want[w]) })
	if len(s.worlds) == 0 {
		s.fail("rejected %v, expected %v", rejected, expected)
	}
}

// record returns a row as clients send it.
func record(r *storage.Row) engine.Record {
	out := engine.Record{
		Dimensions: r.Dims, MeasureName: r.Measure, Time: strconv.FormatInt(r.Time, 10), TimeUnit: engine.UnitNanoseconds, Version: r.Version, HasVersion: true,
	}
	kinds := map[*types.Type]engine.MeasureType{types.Double: engine.TypeDouble, types.Bigint: engine.TypeBigint, types.Varchar: engine.TypeVarchar}
	for i := range r.Values {
		v := &r.Values[i]
		out.MeasureValues = append(out.MeasureValues, engine.MeasureValue{Name: v.Column, Value: text(goValue(v)), Type: kinds[v.Type]})
	}
	if out.MeasureType = engine.TypeMulti; !r.Multi {
		out.MeasureValue, out.MeasureType, out.MeasureValues = out.MeasureValues[0].Value, out.MeasureValues[0].Type, nil
	}
	return out
}

// maintain lets the engine remove what has expired.
func (s *engineRun) maintain() {
	s.expire()
	_ = s.keep("maintain", func() error { return s.engine().Maintain(ctx) })
}

// pass lets days go by while the engine is maintained: it believes a clock that goes on, and not one that leaps ahead.
func (s *engineRun) pass() {
	for range 2 + s.rng.IntN(8) {
		s.advance(time.Duration(s.rng.Int64N(int64(20 * time.Hour))))
		s.maintain()
	}
}

// read compares everything.
func (s *engineRun) read() {
	s.counts["read"]++
	s.expire()
	diff, err := s.engine().differs(s.worlds[0])
	switch {
	case err != nil && s.readRule != nil && s.readRule.Fired():
		s.failed(err)
	case err != nil:
		s.fail("read: %v", err)
	case diff != "":
		s.fail("read: %s", diff)
	}
}
