package engine

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// tierModel is what a table with retention does, in the simplest words: at every moment everything that is too old for a
// store leaves it, for ever.
type tierModel struct {
	keep           Retention
	magnetic       bool
	moved, expired int64     // rows with earlier times have left the memory store, both stores
	floor          int64     // what moved does not go below when the retention is longer
	latest         time.Time // that the clock has shown
	rows           map[int64]modelRow
}

// modelRow is a row, by its time in nanoseconds.
type modelRow struct{ value, version int64 }

// pass lets what is too old at a moment leave.
func (m *tierModel) pass(now time.Time) {
	if now.After(m.latest) {
		m.latest = now
	}
	memory := lateness + time.Duration(m.keep.MemoryHours)*time.Hour
	now = now.Truncate(time.Millisecond)
	hour := now.Add(-lateness - time.Hour).UnixNano() // which is always taken
	m.moved = max(min(m.floor, hour), now.Add(-memory).UnixNano())
	m.expired = max(m.expired, m.latest.Truncate(time.Millisecond).Add(-memory-time.Duration(m.keep.MagneticDays)*24*time.Hour).UnixNano())
	maps.DeleteFunc(m.rows, func(at int64, _ modelRow) bool { return at < m.expired })
}

// write tells what becomes of a row.
func (m *tierModel) write(now, at time.Time, row modelRow) string {
	ns := at.UnixNano()
	store := "memory"
	switch {
	case !at.Before(now.Truncate(time.Millisecond).Add(futureIngestion)), ns < m.moved && !m.magnetic, ns < m.expired:
		return "The record timestamp is outside"
	case ns < m.moved:
		store = "magnetic"
	}
	old, there := m.rows[ns]
	switch {
	case !there || row.version > old.version:
		m.rows[ns] = row
	case row == old || store == "magnetic":
	case row.version == old.version:
		return "A record already exists"
	default:
		return "The record version"
	}
	return store
}

// visible lists the values in order of time.
func (m *tierModel) visible() string {
	var values []string
	for _, at := range slices.Sorted(maps.Keys(m.rows)) {
		values = append(values, fmt.Sprint(m.rows[at].value))
	}
	return strings.Join(values, " ")
}

// TestRetentionModel: writes, changes of the retention, the clock going on and back, flushes, merges, maintenance, restarts
// and power cuts in any order show and take what the model does.
func TestRetentionModel(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { compareTiers(t, rand.New(rand.NewPCG(seed, 0)), 150) })
	}
}

func compareTiers(t *testing.T, rng *rand.Rand, steps int) {
	keep := Retention{MemoryHours: 1 + rng.Int64N(5), MagneticDays: 1 + rng.Int64N(2)}
	m := &tierModel{keep: keep, magnetic: true, rows: map[int64]modelRow{}, floor: -1 << 62, expired: -1 << 62}
	s := newTiers(t, keep, true)
	m.pass(s.clock.Now())
	s.write(s.clock.Now(), 0, 1) // so that there are columns
	m.write(s.clock.Now(), s.clock.Now(), modelRow{0, 1})
	for step := range steps {
		now := s.clock.Now()
		switch rng.IntN(20) {
		default:
			at, row := randomTime(rng, m, now), modelRow{rng.Int64N(3) + 10*int64(step), 1 + rng.Int64N(3)}
			got, want := s.write(at, row.value, row.version), m.write(now, at, row)
			if !strings.HasPrefix(got, want) {
				t.Fatalf("step %d: write at %v by the clock %v: %s, want %s", step, at.UTC(), now, got, want)
			}
		case 0, 1, 2:
			s.clock.Advance(time.Duration(rng.Int64N(int64(20 * time.Hour))))
		case 3:
			s.clock.Advance(-time.Duration(rng.Int64N(int64(3 * time.Hour))))
		case 4, 5:
			keep := Retention{MemoryHours: 1 + rng.Int64N(30), MagneticDays: 1 + rng.Int64N(3)}
			if s.keep(keep.MemoryHours, keep.MagneticDays); keep != m.keep {
				m.floor, m.keep = max(m.floor, m.moved), keep
				m.pass(now)
				m.floor = max(m.floor, m.moved)
			}
		case 6:
			m.magnetic = !m.magnetic
			if _, err := s.engine.UpdateTable(ctx, UpdateTableInput{Database: "d", Name: "t", MagneticWrites: &MagneticWrites{Enabled: m.magnetic}}); err != nil {
				t.Fatal(err)
			}
		case 7:
			s.settle(rng)
		case 8:
			s.maintain() // so that the time is durable if the clock is behind it
			if err := s.engine.Close(); err != nil {
				t.Fatal(err)
			}
			s.engine = openOn(t, s.disk, s.clock)
		case 9:
			s.maintain()
			s.disk = s.disk.Crash(rng)
			s.engine = openOn(t, s.disk, s.clock)
		}
		m.pass(s.clock.Now())
		if got, want := s.rows(), m.visible(); got != want {
			t.Fatalf("step %d, clock %v: rows\n%s, want\n%s", step, s.clock.Now(), got, want)
		}
	}
}

// settle moves rows on disk, or removes expired ones.
func (s *tiers) settle(rng *rand.Rand) {
	s.t.Helper()
	work := []func() error{
		func() error { return s.engine.Flush(ctx) },
		func() error { return s.engine.store.Compact(ctx) },
		func() error { return s.engine.Maintain(ctx) },
	}
	for _, i := range rng.Perm(len(work)) {
		if err := work[i](); err != nil {
			s.t.Fatal(err)
		}
	}
}

// randomTime returns a time around the window, often at one of its edges, or that of a row.
func randomTime(rng *rand.Rand, m *tierModel, now time.Time) time.Time {
	switch rng.IntN(6) {
	case 0:
		edges := []int64{m.moved, m.expired, now.Truncate(time.Millisecond).Add(futureIngestion).UnixNano()}
		return time.Unix(0, edges[rng.IntN(len(edges))]+rng.Int64N(3)-1)
	case 1, 2:
		if len(m.rows) > 0 {
			times := slices.Sorted(maps.Keys(m.rows))
			return time.Unix(0, times[rng.IntN(len(times))])
		}
	}
	return now.Add(20*time.Minute - time.Duration(rng.Int64N(int64(80*time.Hour))))
}
