package sim

import (
	"fmt"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/storage"
)

// storeRun is a simulation of a store.
type storeRun struct {
	*simulation
	profile profile
	next    storage.TableID // the newest table
	now     int64           // the newest time written, in steps of the profile
	recent  []storage.Row   // some rows that were sent, for repeating
}

// store returns the open store.
func (s *storeRun) store() openStore { return s.subject.(openStore) }

// world returns what is seen.
func (s *storeRun) world() *storeWorld { return s.worlds[0].(*storeWorld) }

// tablesMax is how many tables there are at a time.
const tablesMax = 3

// someTable returns a table that exists, or a new one.
func (s *storeRun) someTable() storage.TableID {
	var ids []storage.TableID
	for id := range s.world().tables {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if len(ids) < tablesMax && (len(ids) == 0 || s.rng.IntN(10) == 0) {
		s.next++
		for _, w := range s.worlds {
			w.(*storeWorld).table(s.next)
		}
		return s.next
	}
	return ids[s.rng.IntN(len(ids))]
}

// recentMax is how many rows are remembered for repeating.
const recentMax = 2000

// write writes a batch and compares the answer.
func (s *storeRun) write() {
	id := s.someTable()
	rows := s.profile.rows(s.rng, &s.now, s.world().tables[id].floor, s.recent)
	for _, r := range rows {
		if len(s.recent) < recentMax {
			s.recent = append(s.recent, r)
		} else {
			s.recent[s.rng.IntN(recentMax)] = r
		}
	}
	var got storage.WriteResult
	var want []storage.WriteResult
	s.note("%d rows for table %d", len(rows), id)
	err := s.change("write", func(w world) {
		if m := w.(*storeWorld).table(id); m != nil {
			want = append(want, m.apply(rows))
		}
	}, func() (err error) {
		got, err = s.store().Write(ctx, &storage.Batch{Table: id, Rows: rows})
		return err
	})
	if err == nil && s.err == nil && fmt.Sprint(got) != fmt.Sprint(want[0]) {
		s.fail("write answers %+v, expected %+v", got, want[0])
	}
}

// expire drops old rows of a table.
func (s *storeRun) expire() {
	id := s.someTable()
	before := (s.now - s.rng.Int64N(2*s.profile.span)) * s.profile.step
	for _, w := range s.worlds {
		if m := w.(*storeWorld).tables[id]; m != nil {
			m.raiseFloor(before)
		}
	}
	s.note("table %d before %d", id, before)
	_ = s.keep("expire", func() error { return s.store().Expire(ctx, id, before) })
}

// drop drops a table.
func (s *storeRun) drop() {
	id := s.someTable()
	s.note("table %d", id)
	_ = s.change("drop table", func(w world) { w.(*storeWorld).drop(id) }, func() error { return s.store().DropTable(ctx, id) })
}

// scan does a random scan and compares its rows with the model's.
func (s *storeRun) scan() {
	id := s.someTable()
	m := s.world().tables[id]
	req := s.profile.scan(s.rng, s.now, m.floor)
	s.note("scan table %d %+v", id, req)
	s.counts["scan"]++
	got, disorder, err := s.store().rows(id, &req, m)
	if err != nil {
		if s.failed(err); s.readRule == nil || !s.readRule.Fired() {
			s.fail("%v", err)
		}
		return
	}
	want := m.expect(&req)
	if len(req.Bounds) > 0 {
		want = m.without(want, got, &req)
	}
	if !slices.Equal(got, want) {
		s.fail("table %d, scan %+v: %s", id, req, difference(got, want))
	}
	if disorder != nil {
		s.fail("%v", disorder)
	}
}

// forward moves the clock, and with it the times that are written.
func (s *storeRun) forward() {
	s.advance(s.someTime())
	s.now = max(s.now, s.clock.Now().UnixNano()/s.profile.step)
}
