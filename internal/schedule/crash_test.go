package schedule

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// TestHour: a five-minute aggregation over an hour of the clock in which the machine dies twice, at arbitrary operations of the
// disk and with whatever a power cut leaves of it: every window of every host is there once, with all of its values.
func TestHour(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for n := range uint64(12) {
		testHour(t, rand.New(rand.NewPCG(seed, n)))
	}
}

func testHour(t *testing.T, rng *rand.Rand) {
	w := &world{t: t}
	base := newWorld(t)
	disk := memfs.New()
	w.clock = base.clock
	faults := faultfs.New(disk)
	w.open(faults)
	w.must(w.engine.CreateDatabase(ctx, engine.CreateDatabaseInput{Name: "d"}))
	w.must(w.engine.CreateTable(ctx, engine.CreateTableInput{Database: "d", Name: "cpu"}))
	w.put("h1", minutes(-1), 0) // so that the statement has its columns
	arn := w.create()

	// The machine dies in two of the minutes, at one of the disk's next operations.
	die := map[int]bool{5 * (1 + rng.IntN(5)): true, 5 * (7 + rng.IntN(5)): true}
	var want []string
	for minute := range 61 {
		if minute > 0 {
			w.clock.Advance(time.Minute)
		}
		if die[minute] {
			faults.Add(faultfs.Rule{Match: faultfs.Changes, Nth: 1 + rng.IntN(12), Permanent: true, Effect: faultfs.Effect(rng.IntN(3))})
			w.scheduler.RunDue(ctx)
			disk = disk.Crash(rng)
			faults = faultfs.New(disk)
			w.clock.Advance(time.Duration(rng.IntN(900)) * time.Millisecond)
			w.open(faults)
		}
		w.scheduler.RunDue(ctx)
		if minute == 60 {
			break
		}
		for _, host := range []string{"h1", "h2"} {
			w.put(host, minutes(minute), float64(minute))
		}
		if minute%5 == 0 {
			for _, host := range []string{"h1", "h2"} {
				want = append(want, fmt.Sprintf("%d %s %d.0 5", minute, host, minute+2))
			}
		}
	}
	equal(t, "windows", w.derived(), want)
	if q := w.describe(arn); q.State.Running != nil || q.State.Last.At != minutes(60).UnixMilli() || q.State.Last.Stats.Rows != 2 || len(q.State.Failed) != 0 {
		t.Errorf("state %+v", q.State)
	}
}

// TestCrashAnywhere: the machine dies at each single operation of the disk during a run; the run that begins again has the
// effect of one, also if it sees values that came in between.
func TestCrashAnywhere(t *testing.T) {
	repeated := 0
	for nth := 1; ; nth++ {
		w := newWorld(t)
		disk := w.fs.(*memfs.FS)
		w.put("h1", minutes(1), 1)
		w.put("h2", minutes(1), 1)
		arn := w.create()
		w.clock.Advance(5 * time.Minute)
		if err := w.engine.Close(); err != nil {
			t.Fatal(err)
		}
		faults := faultfs.New(disk)
		w.open(faults)
		rule := faults.Add(faultfs.Rule{Match: faultfs.Changes, Nth: nth, Permanent: true, Effect: faultfs.FailAfter})
		w.scheduler.RunDue(ctx)
		died := rule.Fired()
		w.open(disk.CrashKeep())
		if w.describe(arn).State.Running != nil {
			repeated++
		}
		want := []string{"0 h1 1.0 1", "0 h2 1.0 1"}
		if w.describe(arn).State.Last == nil { // it runs again, or for the first time
			w.put("h1", minutes(2), 2)
			want[0] = "0 h1 1.5 2"
		}
		w.scheduler.RunDue(ctx)
		equal(t, fmt.Sprintf("died at operation %d", nth), w.derived(), want)
		q := w.describe(arn)
		if q.State.Running != nil || q.State.Last == nil || q.State.Last.Failed || q.State.Last.Report != nil || q.State.Next != minutes(10).UnixMilli() {
			t.Errorf("died at operation %d: %+v", nth, q.State)
		}
		if !died {
			break
		}
	}
	if repeated == 0 {
		t.Error("no run was cut off: the test does not test that")
	}
}

// TestDiskFull: a run that cannot write is tried again, with pauses, until it can; after five attempts it has failed, without
// disabling the query.
func TestDiskFull(t *testing.T) {
	for _, attempts := range []int{1, 5} {
		w := newWorld(t)
		disk := w.fs.(*memfs.FS)
		w.put("h1", minutes(1), 1)
		arn := w.create(func(in *engine.CreateScheduledQueryInput) { in.Schedule = "cron(5 10 * * ? *)" })
		w.clock.Advance(5 * time.Minute)
		if err := w.engine.Close(); err != nil {
			t.Fatal(err)
		}
		faults := faultfs.New(disk)
		w.open(faults)
		faults.Add(faultfs.Rule{Match: func(op faultfs.Op, name string) bool {
			return op == faultfs.OpWrite && strings.HasPrefix(name, "data/")
		}, Permanent: true, Effect: faultfs.Fail})
		for range attempts {
			w.scheduler.RunDue(ctx)
			w.clock.Advance(postponeUnit << attemptsMax)
		}
		q := w.describe(arn)
		if failed := q.State.Running == nil; failed != (attempts == attemptsMax) || q.StateName() != "ENABLED" {
			t.Fatalf("after %d attempts: %+v", attempts, q.State)
		}
		faults.Clear()
		w.scheduler.RunDue(ctx)
		if q := w.describe(arn); attempts == 1 && (q.State.Last.Failed || len(w.derived()) != 1) || attempts == attemptsMax && !q.State.Last.Failed {
			t.Errorf("after %d attempts: %+v", attempts, q.State.Last)
		}
	}
}
