package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// Run does a run of so many steps and returns the first difference between store and model.
func Run(seed uint64, steps int) error {
	s := newSimulation(seed)
	for s.step = 0; s.step < steps && s.err == nil; s.step++ {
		s.doStep()
	}
	if s.err == nil {
		s.restart(true)
	}
	if s.err == nil {
		s.compareAll()
	}
	if s.store != nil {
		_ = s.store.Close()
	}
	if s.err != nil {
		return fmt.Errorf("seed %d, step %d: %w\nprofile %+v\nlast steps:\n  %s", seed, s.step, s.err, s.profile, strings.Join(s.log, "\n  "))
	}
	return nil
}

// newSimulation opens an empty store.
func newSimulation(seed uint64) *simulation {
	s := &simulation{
		rng: rand.New(rand.NewPCG(seed, 0x71de)), disk: memfs.New(), clock: clock.NewManual(time.Unix(1_700_000_000, 0)),
		tables: map[storage.TableID]*model{}, gone: map[storage.TableID]bool{},
	}
	s.profile = randomProfile(s.rng)
	s.now = s.clock.Now().UnixNano() / s.profile.step
	s.open()
	return s
}

// simulation is one run.
type simulation struct {
	rng     *rand.Rand
	profile profile
	disk    *memfs.FS
	fault   *faultfs.FS
	clock   *clock.Manual
	store   *storage.Store
	tables  map[storage.TableID]*model
	gone    map[storage.TableID]bool
	next    storage.TableID // the table that comes after the ones so far
	now     int64           // the newest time written, in steps of the profile
	recent  []storage.Row   // some rows that were sent, for repeating

	// What failed with an unknown outcome since the store was opened. The next start shows what became of it.
	unsureBatch []storage.Row
	unsureTable storage.TableID
	unsureDrop  storage.TableID
	faulty      bool // a fault is or was in force since the store was opened

	step int
	log  []string
	err  error
}

// ctx is the context of all calls.
var ctx = context.Background()

// fail notes the first difference.
func (s *simulation) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(format, args...)
	}
}

// logSteps is how many steps a failure shows.
const logSteps = 25

// note adds a line to the log of the last steps.
func (s *simulation) note(format string, args ...any) {
	s.log = append(s.log, fmt.Sprintf("%d: ", s.step)+fmt.Sprintf(format, args...))
	if len(s.log) > logSteps {
		s.log = s.log[1:]
	}
}

// open opens the store on the disk as it is.
func (s *simulation) open() {
	s.fault = faultfs.New(s.disk)
	s.faulty, s.unsureBatch, s.unsureDrop = false, nil, 0
	store, err := storage.Open(ctx, storage.Options{
		FS: s.fault, Clock: s.clock, MergeFanIn: 2 + s.rng.IntN(3), OpenFilesMax: 1 + s.rng.IntN(5), SettleAfter: time.Duration(1 + s.rng.Int64N(int64(time.Hour))),
		BlockCacheBytes: int64(1 + s.rng.IntN(1<<20)), WALBytesMax: int64(1 + s.rng.IntN(4<<20)),
	})
	s.store = store
	if err != nil {
		s.fail("open: %v\n%s", err, s.disk.Dump())
	}
}

// doStep does one step, chosen at random.
func (s *simulation) doStep() {
	switch x := s.rng.IntN(100); {
	case x < 45:
		s.write()
	case x < 65:
		s.scan(s.someTable())
	case x < 75:
		s.background("flush", s.store.Flush(ctx))
	case x < 81:
		s.background("compact", s.store.Compact(ctx))
	case x < 84:
		s.expire()
	case x < 86:
		s.drop()
	case x < 90:
		d := time.Duration(s.rng.Int64N(int64(3 * 24 * time.Hour)))
		s.note("the clock jumps by %v", d)
		s.clock.Advance(d)
		s.now = max(s.now, s.clock.Now().UnixNano()/s.profile.step)
	case x < 93:
		s.breakDisk()
	case x < 96:
		s.restart(false)
	default:
		s.restart(true)
	}
}

// tablesMax is how many tables there are at a time.
const tablesMax = 3

// someTable returns a table that exists, or a new one.
func (s *simulation) someTable() storage.TableID {
	var ids []storage.TableID
	for id := range s.tables {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if len(ids) < tablesMax && (len(ids) == 0 || s.rng.IntN(10) == 0) {
		s.next++
		s.tables[s.next] = newModel()
		return s.next
	}
	return ids[s.rng.IntN(len(ids))]
}

// recentMax is how many rows are remembered for repeating.
const recentMax = 2000

// write writes a batch and compares the answer.
func (s *simulation) write() {
	id := s.someTable()
	m := s.tables[id]
	rows := s.profile.rows(s.rng, &s.now, m.floor, s.recent)
	s.note("write %d rows to table %d", len(rows), id)
	for _, r := range rows {
		if len(s.recent) < recentMax {
			s.recent = append(s.recent, r)
		} else {
			s.recent[s.rng.IntN(recentMax)] = r
		}
	}
	stopped := s.store.Stats().WritesStopped
	got, err := s.store.Write(ctx, &storage.Batch{Table: id, Rows: rows})
	if err != nil {
		s.note("  %v", err)
		if !s.faulty || !dberr.Is(err, dberr.Unavailable) {
			s.fail("write: %v", err)
		}
		// What comes after a failed sync is refused, so it cannot be found later.
		if !stopped {
			s.unsureBatch, s.unsureTable = rows, id
		}
		return
	}
	if want := m.apply(rows); fmt.Sprint(got) != fmt.Sprint(want) {
		s.fail("write answers %+v, expected %+v", got, want)
	}
}

// background judges the result of something that may fail only if the disk does.
func (s *simulation) background(what string, err error) {
	s.note("%s %v", what, err)
	if err != nil && !s.faulty {
		s.fail("%s: %v", what, err)
	}
}

// expire drops old rows of a table.
func (s *simulation) expire() {
	id := s.someTable()
	m := s.tables[id]
	before := (s.now - s.rng.Int64N(2*s.profile.span)) * s.profile.step
	m.floor = max(m.floor, before)
	s.background(fmt.Sprintf("expire table %d before %d", id, before), s.store.Expire(ctx, id, before))
}

// drop drops a table. If that fails it may or may not be there after the next start.
func (s *simulation) drop() {
	if s.unsureDrop != 0 {
		return
	}
	id := s.someTable()
	err := s.store.DropTable(ctx, id)
	s.background(fmt.Sprintf("drop table %d", id), err)
	if err != nil {
		s.unsureDrop = id
		return
	}
	delete(s.tables, id)
	s.gone[id] = true
	if s.unsureTable == id {
		s.unsureBatch = nil
	}
}

// breakDisk lets some operation of the disk fail soon, once or for ever.
func (s *simulation) breakDisk() {
	rule := faultfs.Rule{Nth: 1 + s.rng.IntN(10), Match: faultfs.Changes, Permanent: s.rng.IntN(4) == 0, Effect: faultfs.Effect(s.rng.IntN(3))}
	s.note("the disk fails at operation %d, permanent %v, effect %d", rule.Nth, rule.Permanent, rule.Effect)
	s.fault.Add(rule)
	s.faulty = true
}

// restart closes the store in order, or cuts the power, and opens it again.
func (s *simulation) restart(crash bool) {
	s.note("restart, power cut %v", crash)
	after := s.disk
	if crash {
		after = s.disk.Crash(s.rng)
	}
	if err := s.store.Close(); err != nil && !s.faulty {
		s.fail("close: %v", err)
	}
	s.disk = after
	batch, table, drop := s.unsureBatch, s.unsureTable, s.unsureDrop
	s.open()
	if s.err != nil {
		return
	}
	if drop != 0 {
		s.settleDrop(drop)
	}
	if m := s.tables[table]; batch != nil && m != nil {
		s.settleBatch(m, table, batch)
	}
	if s.rng.IntN(3) == 0 {
		s.compareAll()
	}
}

// settleDrop finds out what became of a drop that failed: the table is there as it was, or it is gone.
func (s *simulation) settleDrop(id storage.TableID) {
	req := everything(s.tables[id].floor)
	if len(s.tables[id].expect(&req)) > 0 && len(s.rows(id, &req, nil)) > 0 {
		return
	}
	s.note("  table %d was dropped after all, or is empty", id)
	if err := s.store.DropTable(ctx, id); err != nil {
		s.fail("drop table: %v", err)
	}
	delete(s.tables, id)
	s.gone[id] = true
}

// settleBatch finds out whether a batch whose write failed was stored.
func (s *simulation) settleBatch(m *model, id storage.TableID, batch []storage.Row) {
	with := m.clone()
	with.apply(batch)
	req := everything(m.floor)
	if got := s.rows(id, &req, nil); slices.Equal(got, with.expect(&req)) && !slices.Equal(got, m.expect(&req)) {
		s.note("  the failed batch is there after all")
		s.tables[id] = with
	}
}

// compareAll compares all rows of all tables.
func (s *simulation) compareAll() {
	for id := storage.TableID(1); id <= s.next && s.err == nil; id++ {
		if s.gone[id] {
			req := everything(-1 << 62)
			if got := s.rows(id, &req, nil); len(got) > 0 {
				s.fail("table %d was dropped and has %d rows", id, len(got))
			}
			continue
		}
		req := everything(s.tables[id].floor)
		s.compare(id, &req)
	}
}

// scan does a random scan.
func (s *simulation) scan(id storage.TableID) {
	req := s.profile.scan(s.rng, s.now, s.tables[id].floor)
	s.note("scan table %d %+v", id, req)
	s.compare(id, &req)
}

// compare runs a scan and compares its rows with the model's.
func (s *simulation) compare(id storage.TableID, req *storage.ScanRequest) {
	m := s.tables[id]
	got := s.rows(id, req, m)
	want := m.expect(req)
	if len(req.Bounds) > 0 {
		want = m.without(want, got, req)
	}
	if s.err == nil && !slices.Equal(got, want) {
		s.fail("table %d, scan %+v: %d rows, expected %d\n%s", id, *req, len(got), len(want), difference(got, want))
	}
}

// difference shows the first row in which two sorted lists differ.
func difference(got, want []string) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	show := func(list []string) string {
		if i < len(list) {
			return list[i]
		}
		return "(end)"
	}
	return fmt.Sprintf("got      %s\nexpected %s", show(got), show(want))
}

// rows runs a scan and returns its rows as text, sorted. Their order is checked if the table's model is given.
func (s *simulation) rows(id storage.TableID, req *storage.ScanRequest, m *model) []string {
	scan, err := s.store.Scan(ctx, id, *req)
	if err != nil {
		s.fail("scan table %d: %v", id, err)
		return nil
	}
	defer scan.Close()
	out := []string{}
	order := newOrderCheck(m, req.Columns)
	for {
		b, err := scan.Next(ctx)
		if err != nil {
			s.fail("scan table %d: %v", id, err)
			return nil
		}
		if b == nil {
			break
		}
		for i := range b.Rows {
			parts := make([]string, len(b.Cols))
			for c, col := range b.Cols {
				parts[c] = fmt.Sprint(col.Value(i))
			}
			if err := order.next(parts, b.Cols[1].Value(i).(int64)); err != nil {
				s.fail("table %d: %v", id, err)
			}
			out = append(out, strings.Join(parts, "|"))
		}
	}
	if got := scan.Stats().Rows; got != int64(len(out)) {
		s.fail("table %d: stats tell %d rows, there were %d", id, got, len(out))
	}
	slices.Sort(out)
	return out
}

// orderCheck sees to it that rows come series by series, and ascending in time within a series.
type orderCheck struct {
	columns  []int // that tell series apart; nil if not all of them were asked for
	done     map[string]bool
	series   string
	lastTime int64
}

// newOrderCheck prepares for the rows of a scan with these columns.
func newOrderCheck(m *model, columns []string) *orderCheck {
	o := &orderCheck{done: map[string]bool{}}
	if m == nil {
		return o
	}
	o.columns = []int{0}
	for d := range m.dims {
		i := slices.Index(columns, d)
		if i < 0 {
			o.columns = nil
			return o
		}
		o.columns = append(o.columns, i)
	}
	return o
}

// next takes the next row.
func (o *orderCheck) next(parts []string, time int64) error {
	if o.columns == nil {
		return nil
	}
	var b strings.Builder
	for _, i := range o.columns {
		b.WriteString(parts[i])
		b.WriteByte('|')
	}
	series := b.String()
	if series == o.series {
		if time <= o.lastTime {
			return fmt.Errorf("series %s: time %d after %d", series, time, o.lastTime)
		}
	} else if o.done[series] {
		return fmt.Errorf("series %s is not in one piece", series)
	}
	o.done[o.series] = true
	o.series, o.lastTime = series, time
	return nil
}
