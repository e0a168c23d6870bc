package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// batchCase is random files and what must become of them.
type batchCase struct {
	files    map[string]string
	rows     []string
	counts   string
	failures map[string]int // by reason: lines
}

// newBatchCase makes files with rows of all kinds.
func newBatchCase(rng *rand.Rand) *batchCase {
	b := &batchCase{files: map[string]string{}, failures: map[string]int{}}
	stored := map[string]string{}
	processed, ingested, parse, ingestion := 0, 0, 0, 0
	for f := range 1 + rng.IntN(3) {
		var text strings.Builder
		text.WriteString("t,host,v\n")
		for range rng.IntN(120) {
			host, ago, value := fmt.Sprint("h", rng.IntN(9)), time.Duration(rng.IntN(12))*time.Hour, fmt.Sprintf("%d.0", rng.IntN(2))
			processed++
			id := host + " " + at(-ago)
			switch rng.IntN(12) {
			case 0:
				text.WriteString(at(-ago) + "," + host + ",x\n")
				b.failures["The record measure value 'x' is not a valid DOUBLE."]++
				parse++
			case 1:
				text.WriteString(at(-ago) + ",\"" + host + "\"\n")
				b.failures["The row has 2 values, but the header line has 3 names."]++
				parse++
			case 2:
				text.WriteString(at(-400*24*time.Hour) + "," + host + ",1\n")
				b.failures["The record timestamp is outside the time range of the data ingestion window."]++
				ingestion++
			default:
				text.WriteString(at(-ago) + ",\"" + host + "\"," + value + "\n")
				if had, ok := stored[id]; ok && had != value {
					b.failures["A record already exists"]++
					ingestion++
					continue
				}
				stored[id] = value
				ingested++
			}
		}
		b.files[fmt.Sprintf("in/%d.csv", f)] = text.String()
	}
	for id, value := range stored {
		b.rows = append(b.rows, id+" "+value)
	}
	slices.Sort(b.rows)
	b.counts = fmt.Sprintf("%d = %d + %d + %d, 0 files", processed, ingested, parse, ingestion)
	return b
}

// reported counts the lines of all reports by reason.
func reported(t *testing.T, texts []string) map[string]int {
	t.Helper()
	lines := map[string]int{}
	for _, text := range texts {
		var report struct {
			FileErrors []struct {
				Errors []struct {
					Reason     string
					LineRanges [][2]int
				}
			}
		}
		_, body, _ := strings.Cut(text, " ")
		if err := json.Unmarshal([]byte(body), &report); err != nil {
			t.Fatal(err)
		}
		for _, f := range report.FileErrors {
			for _, e := range f.Errors {
				reason := e.Reason
				if strings.HasPrefix(reason, "A record already exists") {
					reason = "A record already exists"
				}
				for _, r := range e.LineRanges {
					lines[reason] += r[1] - r[0] + 1
				}
			}
		}
	}
	return lines
}

// TestBatchCrash: whatever operation on the disk a power cut comes at, again and again, the load ends with the rows, counts and
// reports of one that was not disturbed.
func TestBatchCrash(t *testing.T) {
	rounds, crashes := 25, 0
	if testing.Short() {
		rounds = 5
	}
	for round := range rounds {
		seed := rand.Uint64()
		rng := rand.New(rand.NewPCG(seed, 0))
		crashes += crashBatch(t, rng, fmt.Sprintf("round %d, seed %d", round, seed))
		if t.Failed() {
			return
		}
	}
	if crashes < rounds {
		t.Errorf("%d crashes in %d loads: the test does not test that", crashes, rounds)
	}
	t.Logf("%d crashes", crashes)
}

// crashBatch loads random files under crashes and returns how many there were.
func crashBatch(t *testing.T, rng *rand.Rand, name string) int {
	b, c := newBatchCase(rng), clock.NewManual(start)
	disk := memfs.New()
	e := openBatch(t, disk, c, 0)
	newTable(t, e, CreateTableInput{Retention: &Retention{1, 10}})
	for key, text := range b.files {
		putFile(t, e, key, text)
	}
	id := newBatch(t, e)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	crashes := 0
	for nth := int64(1 + rng.IntN(3)); ; nth += int64(rng.IntN(5)) {
		faulty := faultfs.New(disk)
		e := openBatch(t, faulty, c, int64(1+rng.IntN(40)))
		loading, cancel := context.WithCancel(ctx)
		var copied atomic.Pointer[memfs.FS]
		var ops atomic.Int64
		faulty.Before(func(op faultfs.Op, name string) {
			if faultfs.Changes(op, name) && ops.Add(1) == nth {
				copied.Store(disk.Crash(rng))
				cancel()
			}
		})
		before, err := e.DescribeBatchLoadTask(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		e.RunBatchLoads(loading)
		faulty.Before(nil)
		cancel()
		if copied.Load() == nil {
			after, err := e.DescribeBatchLoadTask(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := e.Metrics().RecordsIngested.Load(), after.Progress.Ingested-before.Progress.Ingested; got != want {
				t.Errorf("%s: the last run has written %d records, %d were left", name, got, want)
			}
			checkBatch(t, e, id, b, fmt.Sprintf("%s, %d crashes", name, crashes))
			return crashes
		}
		crashes++
		disk = copied.Load()
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// checkBatch compares what a load has left with what it must.
func checkBatch(t *testing.T, e *Engine, id string, b *batchCase, name string) {
	t.Helper()
	status := catalog.BatchSucceeded
	if len(b.failures) > 0 {
		status = catalog.BatchFailed
	}
	if got, want := describeBatch(t, e, id), string(status)+" "+b.counts; !strings.HasPrefix(got, want) {
		t.Errorf("%s: %s, want %s", name, got, want)
	}
	read := allRows
	if len(b.rows) == 0 { // then there is no column either
		read = countRows
	}
	if got := read(t, e); !slices.Equal(got, b.rows) {
		t.Errorf("%s: rows\n%q\nwant\n%q", name, got, b.rows)
	}
	if got := reported(t, batchReports(t, e, id)); !reflect.DeepEqual(got, b.failures) {
		t.Errorf("%s: reports of %v, want %v", name, got, b.failures)
	}
}

// TestBatchFaults: a disk that fails stops a load; when it works again the load is resumed, or goes on after a restart, and ends as
// if nothing had been.
func TestBatchFaults(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for round := range 20 {
		b, disk := newBatchCase(rng), memfs.New()
		c := runningClock(t)
		faulty := faultfs.New(disk)
		e := openBatch(t, faulty, c, int64(1+rng.IntN(40)))
		newTable(t, e, CreateTableInput{Retention: &Retention{1, 10}})
		for key, text := range b.files {
			putFile(t, e, key, text)
		}
		id := newBatch(t, e)
		rule := faulty.Add(faultfs.Rule{Match: faultfs.Changes, Nth: 1 + rng.IntN(12), Permanent: rng.IntN(2) == 0, Effect: faultfs.Effect(rng.IntN(3))})
		loading, cancel := context.WithTimeout(ctx, 30*time.Second)
		e.RunBatchLoads(loading)
		cancel()
		faulty.Clear()
		stopped, err := e.DescribeBatchLoadTask(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if stopped.Status == catalog.BatchStopped && (stopped.Error == "" || stopped.ResumableUntil == 0) {
			t.Errorf("%+v", stopped.BatchTask)
		}
		if err := e.Close(); err != nil && !rule.Fired() {
			t.Fatal(err)
		}
		e = openBatch(t, disk.CrashClean(), c, 0)
		if stopped.Status == catalog.BatchStopped {
			if err := e.ResumeBatchLoadTask(ctx, id, nil); err != nil {
				t.Fatal(err)
			}
		}
		e.RunBatchLoads(ctx)
		checkBatch(t, e, id, b, fmt.Sprintf("round %d, seed %d, %s", round, seed, stopped.Status))
		c.stop()
		if t.Failed() {
			return
		}
	}
}

// movingClock is a manual clock that moves by itself whenever somebody waits for it.
type movingClock struct {
	*clock.Manual
	ended atomic.Bool
}

func runningClock(t *testing.T) *movingClock {
	c := &movingClock{Manual: clock.NewManual(start)}
	t.Cleanup(c.stop)
	return c
}

func (c *movingClock) stop() { c.ended.Store(true) }

// After lets the time pass at once, and by what is waited for.
func (c *movingClock) After(d time.Duration) <-chan time.Time {
	if c.ended.Load() {
		return c.Manual.After(d)
	}
	c.Advance(d)
	return c.Manual.After(0)
}

// TestResume: only a stopped task can be resumed, and not for ever.
func TestResume(t *testing.T) {
	c := clock.NewManual(start)
	e := openBatch(t, memfs.New(), c, 0)
	newTable(t, e, CreateTableInput{})
	id := newBatch(t, e)
	invalid := func(want string) {
		t.Helper()
		if err := e.ResumeBatchLoadTask(ctx, id, nil); err == nil || strings.ReplaceAll(err.Error(), id, "ID") != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	invalid("The batch load task ID cannot be resumed because its status is CREATED. Only tasks with status PROGRESS_STOPPED can.")
	if _, err := e.catalog.UpdateBatchTask(id, func(b *catalog.BatchTask) error {
		b.Status, b.ResumableUntil = catalog.BatchStopped, start.UnixMilli()+1
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := e.ResumeBatchLoadTask(ctx, id, nil); err != nil {
		t.Fatal(err)
	}
	invalid("The batch load task ID cannot be resumed because its status is PENDING_RESUME. Only tasks with status PROGRESS_STOPPED can.")
	if _, err := e.catalog.UpdateBatchTask(id, func(b *catalog.BatchTask) error { b.Status = catalog.BatchStopped; return nil }); err != nil {
		t.Fatal(err)
	}
	c.Advance(time.Millisecond)
	invalid("The batch load task ID cannot be resumed any more. It could be until 2024-01-05T10:15:00.124Z.")
	if err := e.ResumeBatchLoadTask(ctx, "NONE", nil); err == nil || err.Error() != "The batch load task NONE does not exist." {
		t.Error(err)
	}
}
