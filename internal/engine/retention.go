package engine

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemarkdb/tidemark/internal/catalog"
)

// How rows grow old. A row is in the memory store until its time is older than the memory retention, then in the magnetic
// store until it is older than both retentions together, then it has expired: no statement shows it, no write takes it, and
// Maintain removes it from the disk some time later. Where a row lies on disk has nothing to do with it.
//
// A row that has expired never comes back:
//   - A change of the retention keeps the bounds of that moment in the catalog (catalog.Past), in one record with the change.
//   - The clock may be set back, or be behind after a restart: ageClock goes on from the latest time that it has believed, and
//     the catalog keeps that time, to the minute.
//   - Rows are removed only by the time that is in the catalog already.
//
// The one exception guards against a clock that is far ahead by mistake: ageClock.

// lateness is how much older than its retention a record may be when it arrives: of the 40 minutes that the service's
// windows are longer than the retention, the 15 in the future leave 25. Source: rejections of the real service.
const lateness = 25 * time.Minute

// futureIngestion is how far in the future a record may lie. Source: quotas, "Future ingestion period".
const futureIngestion = 15 * time.Minute

// memoryRetentionMin is the shortest that a table can have. Source: API reference of RetentionProperties.
const memoryRetentionMin = time.Hour

// retention returns how long the memory store keeps rows of a table, and how long both stores together do.
func retention(t *catalog.Table) (memory, total time.Duration) {
	memory = time.Duration(t.MemoryHours) * time.Hour
	return memory, memory + time.Duration(t.MagneticDays)*24*time.Hour
}

// boundsOf returns what a table has put behind, when the clock says now and rows are old by aged, all in milliseconds. Rows
// that were just accepted are in no part of it. Which store a row is in shows only to writers, so the clock decides on it: a
// clock that was ahead for some hours and is put right must not keep new records out.
func boundsOf(t *catalog.Table, aged, now int64) catalog.Past {
	memory, total := retention(t)
	b := catalog.Past{MovedBefore: now - (memory + lateness).Milliseconds(), ExpiredBefore: aged - (total + lateness).Milliseconds()}
	if t.Past != nil {
		past := *t.Past
		past.MovedBefore = min(past.MovedBefore, now-(memoryRetentionMin+lateness).Milliseconds()) // the clock may have been set back
		b.Raise(past)
	}
	return b
}

// expiredBefore returns the time in nanoseconds before which rows of a table have expired by a time in milliseconds.
func expiredBefore(t *catalog.Table, aged int64) int64 {
	return nanos(boundsOf(t, aged, aged).ExpiredBefore)
}

// nanos turns milliseconds into nanoseconds.
func nanos(millis int64) int64 { return millis * int64(time.Millisecond) }

// window is the range of times that a table takes at one moment, in nanoseconds.
type window struct {
	from, to int64 // from is inside, to is not
	memory   int64 // times before it belong to the magnetic store
	magnetic bool  // the magnetic store takes records
}

// windowOf returns the window of a table when the clock says now and rows are old by aged, both in milliseconds. What would
// not be shown is outside. With load the magnetic store takes records whatever the table says.
func windowOf(t *catalog.Table, aged, now int64, load bool) window {
	b := boundsOf(t, aged, now)
	w := window{from: nanos(b.ExpiredBefore), to: nanos(now) + int64(futureIngestion), memory: nanos(b.MovedBefore), magnetic: t.MagneticWrites.Enabled || load}
	if !w.magnetic {
		w.from = max(w.from, w.memory)
	}
	return w
}

// leapMax is how far the clock may be ahead of the latest believed time to be believed at once, and how long it must have run
// on after a longer leap until it is believed.
const leapMax = 24 * time.Hour

// ageClock tells the time by which rows are old. It does not go back.
//
// A clock that is a year ahead, for a minute, would expire a year of rows. So a leap of more than leapMax is not believed at
// once: statements do not show what is too old by the clock, but nothing is removed, and no change of a retention is
// recorded by that time. When the clock is put right, everything is visible again. When it has run on for leapMax, it is
// believed. A server that was off for more than a day therefore removes rows one day later than it could.
type ageClock struct {
	logger   *slog.Logger
	believed atomic.Int64 // in milliseconds; 0 before the first look at the clock
	leaping  atomic.Bool  // since leapt

	mu          sync.Mutex
	leapt, seen int64 // where the clock was first and last seen since it leapt
}

// at returns the time by which rows are old when the clock says now, both in milliseconds.
func (a *ageClock) at(now int64) int64 {
	for {
		believed := a.believed.Load()
		if believed != 0 && now-believed > leapMax.Milliseconds() {
			return a.leap(now)
		}
		if a.leaping.Load() {
			a.endLeap()
		}
		if now <= believed {
			return believed
		}
		if a.believed.CompareAndSwap(believed, now) {
			return now
		}
	}
}

// leap is at for a clock that is far ahead.
func (a *ageClock) leap(now int64) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	limit := leapMax.Milliseconds()
	if !a.leaping.Load() || now < a.leapt || now-a.seen > limit {
		a.logger.Warn("the clock leapt ahead, nothing is removed until it has run on for a day",
			"from", time.UnixMilli(a.believed.Load()).UTC(), "to", time.UnixMilli(now).UTC())
		a.leapt = now
		a.leaping.Store(true)
	}
	a.seen = now
	if now-a.leapt >= limit {
		a.believed.Store(max(now, a.believed.Load()))
		a.leaping.Store(false)
	}
	return now
}

// endLeap notes that the clock is where it was expected to be.
func (a *ageClock) endLeap() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.leaping.Store(false)
}

// aged returns the time by which rows are old now, in milliseconds.
func (e *Engine) aged() int64 { return e.age.at(e.nowMillis()) }

// clockGrain is how much of the believed time a crash may forget. Rows that expired within it come back if the clock is set
// back by more at the same time.
const clockGrain = time.Minute

// keepTime makes the believed time durable if it has moved by grain, or if the clock is behind it.
func (e *Engine) keepTime(grain time.Duration) error {
	now := e.nowMillis()
	e.age.at(now)
	believed := e.age.believed.Load()
	if ahead := believed - e.catalog.Clock(); ahead <= 0 || ahead < grain.Milliseconds() && now >= believed {
		return nil
	}
	if len(e.store.Tables()) == 0 {
		return nil // there is nothing to expire: an idle server leaves the disk alone
	}
	return e.catalog.SetClock(believed)
}
