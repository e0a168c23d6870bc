package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// tiers is an engine with table t of database d, its clock and its disk.
type tiers struct {
	t      *testing.T
	disk   *memfs.FS
	clock  *clock.Manual
	engine *Engine
}

func newTiers(t *testing.T, keep Retention, magnetic bool) *tiers {
	s := &tiers{t: t, disk: memfs.New(), clock: clock.NewManual(start)}
	s.engine = openOn(t, s.disk, s.clock)
	newTable(t, s.engine, CreateTableInput{Retention: &keep, MagneticWrites: &MagneticWrites{Enabled: magnetic}})
	return s
}

func (s *tiers) restart() {
	s.t.Helper()
	if err := s.engine.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.engine = openOn(s.t, s.disk, s.clock)
}

func (s *tiers) keep(memoryHours, magneticDays int64) {
	s.t.Helper()
	if _, err := s.engine.UpdateTable(ctx, UpdateTableInput{Database: "d", Name: "t", Retention: &Retention{memoryHours, magneticDays}}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *tiers) maintain() {
	s.t.Helper()
	if err := s.engine.Maintain(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// write writes a bigint at a time and returns "memory", "magnetic" or the reason for its rejection.
func (s *tiers) write(at time.Time, value, version int64) string {
	s.t.Helper()
	res, err := s.engine.WriteRecords(ctx, &WriteRequest{Database: "d", Table: "t", Records: []Record{{Dimensions: host, MeasureName: "m", MeasureType: TypeBigint,
		MeasureValue: strconv.FormatInt(value, 10), Time: strconv.FormatInt(at.UnixNano(), 10), TimeUnit: UnitNanoseconds, Version: version, HasVersion: true}}})
	switch {
	case err != nil:
		s.t.Fatal(err)
	case len(res.Rejected) == 1:
		return res.Rejected[0].Reason
	case res.MemoryStore == 1:
		return "memory"
	case res.MagneticStore == 1:
		return "magnetic"
	}
	return fmt.Sprintf("%+v", res)
}

// rows returns the values of all visible rows, in order of their times.
func (s *tiers) rows() string {
	s.t.Helper()
	a := &asker{t: s.t, engine: s.engine, clock: s.clock, max: 1 << 20}
	text, _ := a.rows(QueryRequest{QueryString: `SELECT "measure_value::bigint" FROM d.t ORDER BY time`})
	return text
}

func (s *tiers) wantRows(when, want string) {
	s.t.Helper()
	if got := s.rows(); got != want {
		s.t.Errorf("%s: rows %q, want %q", when, got, want)
	}
}

// ago is a time before that of the clock.
func (s *tiers) ago(d time.Duration) time.Time { return s.clock.Now().Add(-d) }

// TestBoundaries: to the millisecond, a row is taken and shown from the beginning of the window on, and not before.
func TestBoundaries(t *testing.T) {
	s := newTiers(t, Retention{2, 1}, true)
	now := s.clock.Now().Truncate(time.Millisecond)
	moved, expired, end := now.Add(-2*time.Hour-lateness), now.Add(-26*time.Hour-lateness), now.Add(futureIngestion)
	for i, tt := range []struct {
		at   time.Time
		want string
	}{
		{end, "The record timestamp is outside"}, {end.Add(-1), "memory"}, {moved, "memory"}, {moved.Add(-1), "magnetic"},
		{expired, "magnetic"}, {expired.Add(-1), "The record timestamp is outside"},
	} {
		if got := s.write(tt.at, int64(i), 1); !strings.HasPrefix(got, tt.want) {
			t.Errorf("at %v: %s, want %s", tt.at, got, tt.want)
		}
	}
	s.wantRows("at once", "4 3 2 1")
	if err := s.engine.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(time.Millisecond)
	s.wantRows("a millisecond later", "3 2 1")
}

// TestLongerRetention: what has left a store does not come back to it, and is not taken again; the window grows with time.
func TestLongerRetention(t *testing.T) {
	s := newTiers(t, Retention{1, 1}, true)
	s.write(s.ago(24*time.Hour), 1, 1)
	s.clock.Advance(3 * time.Hour) // expires it
	s.write(s.ago(2*time.Hour), 2, 1)
	s.keep(10, 100)
	s.wantRows("after a longer retention", "2")
	if got := s.write(s.ago(26*time.Hour), 3, 1); !strings.Contains(got, "of the data ingestion window") {
		t.Errorf("before what was kept: %s", got)
	}
	if got := s.write(s.ago(90*time.Minute), 4, 1); got != "magnetic" {
		t.Errorf("what has been moved is in the %s store", got)
	}
	s.clock.Advance(20 * time.Hour)
	s.wantRows("a day later", "2 4")
	if got := s.write(s.ago(44*time.Hour), 5, 1); got != "magnetic" {
		t.Errorf("the window has not grown: %s", got)
	}
	if got := s.write(s.ago(9*time.Hour), 6, 1); got != "memory" {
		t.Errorf("the memory store has not grown: %s", got)
	}
}

// TestShorterRetention: it counts at once, and for good.
func TestShorterRetention(t *testing.T) {
	s := newTiers(t, Retention{24, 10}, true)
	for i, age := range []time.Duration{9 * 24 * time.Hour, 30 * time.Hour, 3 * time.Hour, 0} {
		s.write(s.ago(age), int64(i), 1)
	}
	s.wantRows("before", "0 1 2 3")
	s.keep(1, 10)
	if got := s.write(s.ago(2*time.Hour), 9, 1); got != "magnetic" {
		t.Errorf("two hours ago is in the %s store", got)
	}
	s.wantRows("after a shorter memory retention", "0 1 2 9 3")
	s.keep(1, 1)
	s.wantRows("after a shorter magnetic retention", "2 9 3")
	s.keep(24, 10)
	s.wantRows("after it is long again", "2 9 3")
	if got := s.write(s.ago(2*time.Hour), 9, 2); got != "magnetic" {
		t.Errorf("what has been moved is in the %s store", got)
	}
	s.restart()
	s.wantRows("after a restart", "2 9 3")
}

// TestMagneticWritesSwitched: the switch decides on late records, not on what is stored.
func TestMagneticWritesSwitched(t *testing.T) {
	s := newTiers(t, Retention{1, 10}, false)
	if got := s.write(s.ago(2*time.Hour), 1, 1); !strings.Contains(got, "of the memory store") {
		t.Errorf("late, off: %s", got)
	}
	for i, on := range []bool{true, false} {
		if _, err := s.engine.UpdateTable(ctx, UpdateTableInput{Database: "d", Name: "t", MagneticWrites: &MagneticWrites{Enabled: on}}); err != nil {
			t.Fatal(err)
		}
		if got := s.write(s.ago(time.Duration(2+i)*time.Hour), 1, 1); (got == "magnetic") != on {
			t.Errorf("late, magnetic writes %v: %s", on, got)
		}
	}
	s.wantRows("off again", "1")
}

// TestClockBack: when the clock is set back nothing that has expired comes back, not even after a restart.
func TestClockBack(t *testing.T) {
	s := newTiers(t, Retention{1, 1}, true)
	s.write(s.ago(25*time.Hour), 1, 1)
	s.write(s.ago(0), 2, 1)
	s.clock.Advance(time.Hour)
	s.wantRows("an hour later", "2")
	s.clock.Advance(-time.Hour)
	s.wantRows("set back", "2")
	if got := s.write(s.ago(25*time.Hour), 3, 1); !strings.Contains(got, "of the data ingestion window") {
		t.Errorf("an expired time is taken: %s", got)
	}
	if got := s.write(s.ago(-futureIngestion), 3, 1); !strings.Contains(got, "of the data ingestion window") {
		t.Errorf("the end of the window does not go by the clock: %s", got)
	}
	s.restart()
	s.wantRows("restarted", "2")
	s.maintain()
	s.disk = s.disk.CrashClean()
	s.restart()
	s.wantRows("after a power cut", "2")
}

// TestClockBackTakesRecords: when a clock that was a day ahead, and a retention that was changed meanwhile, are put right, records
// of now are taken and shown.
func TestClockBackTakesRecords(t *testing.T) {
	s := newTiers(t, Retention{2, 1}, false)
	s.write(s.ago(0), 1, 1)
	s.clock.Advance(leapMax)
	s.keep(1, 1)
	s.keep(3, 1)
	s.wantRows("ahead", "1")
	s.clock.Advance(-leapMax)
	if got := s.write(s.ago(30*time.Minute), 2, 1); got != "memory" {
		t.Errorf("half an hour ago: %s", got)
	}
	s.wantRows("put right", "2 1")
}

// TestClockLeap: a clock that is a year ahead hides rows and removes none; put right, all is as before. Once it has run on for
// a day it is believed.
func TestClockLeap(t *testing.T) {
	const year = 365 * 24 * time.Hour
	s := newTiers(t, Retention{1, 1}, true)
	s.write(s.ago(time.Hour), 1, 1)
	if err := s.engine.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	s.maintain()
	leapt := func() {
		s.clock.Advance(year)
		for range 3 {
			s.wantRows("a year ahead", "")
			s.maintain()
			s.restart()
			s.keep(2, 1) // not a reason to believe the clock either
			s.keep(1, 1)
			s.clock.Advance(7 * time.Hour)
		}
		s.clock.Advance(-21 * time.Hour)
	}
	leapt()
	s.clock.Advance(-year)
	s.wantRows("put right", "1")
	if rows := s.engine.store.Stats().SegmentRows; rows != 1 {
		t.Fatalf("%d rows are left", rows)
	}
	s.clock.Advance(year)
	for range 25 {
		s.maintain()
		s.clock.Advance(time.Hour)
	}
	s.maintain()
	if rows := s.engine.store.Stats().SegmentRows; rows != 0 {
		t.Errorf("a clock that has run on for a day is not believed: %d rows are left", rows)
	}
	s.clock.Advance(-year)
	s.wantRows("set back a day too late", "")
}

// TestExpiryNeedsTheTime: rows are removed only by a time that is durable, so that no crash leaves rows that are older than
// removed ones.
func TestExpiryNeedsTheTime(t *testing.T) {
	s := newTiers(t, Retention{1, 1}, true)
	for _, age := range []time.Duration{24 * time.Hour, 12 * time.Hour, 0} {
		s.write(s.ago(age), int64(age/time.Hour), 1)
	}
	if err := s.engine.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		s.clock.Advance(10 * time.Hour)
		s.maintain()
		crashed := openOn(t, s.disk.CrashClean(), clock.NewManual(start))
		kept := crashed.store.Stats().SegmentRows
		table, err := crashed.catalog.Table("d", "t")
		if err != nil {
			t.Fatal(err)
		}
		if now := crashed.aged(); kept < 3 && expiredBefore(table, now) < start.Add(-24*time.Hour).UnixNano() {
			t.Errorf("%d rows are left by the time %v", kept, time.UnixMilli(now).UTC())
		}
	}
}

// TestExpiredNames: names stay when all rows that had them have expired.
func TestExpiredNames(t *testing.T) {
	s := newTiers(t, Retention{1, 1}, true)
	s.write(s.ago(0), 1, 1)
	for range 4 {
		s.clock.Advance(20 * time.Hour)
		s.maintain()
	}
	s.wantRows("later", "")
	a := &asker{t: t, engine: s.engine, clock: s.clock, max: 10}
	names, _ := a.rows(QueryRequest{QueryString: "DESCRIBE d.t"})
	if got := strings.Fields(names); !slices.Equal(got, []string{"host", "measure_name", "time", "measure_value::bigint"}) {
		t.Errorf("columns %q", got)
	}
	if got, _ := a.rows(QueryRequest{QueryString: "SHOW MEASURES FROM d.t"}); got != "m" {
		t.Errorf("measures %q", got)
	}
}
