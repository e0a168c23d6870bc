package cli

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"

	"github.com/tidemarkdb/tidemark/internal/cli/loader"
	"github.com/tidemarkdb/tidemark/internal/cli/when"
	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/generator"
)

// countingAPI counts the records that it gets, by the second of their time and by when they came.
type countingAPI struct {
	mu    sync.Mutex
	times []int64
	late  time.Duration // the longest time between a record's time and its arrival
}

func (c *countingAPI) WriteRecords(_ context.Context, in *timestreamwrite.WriteRecordsInput, _ ...func(*timestreamwrite.Options)) (*timestreamwrite.WriteRecordsOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range in.Records {
		text := r.Time
		if text == nil {
			text = in.CommonAttributes.Time
		}
		ms, err := strconv.ParseInt(*text, 10, 64)
		if err != nil {
			return nil, err
		}
		c.times = append(c.times, ms)
		c.late = max(c.late, time.Since(time.UnixMilli(ms)))
	}
	return &timestreamwrite.WriteRecordsOutput{}, nil
}

// runPlan runs a generator's plan on a clock that jumps, and returns how long it took.
func runPlan(t *testing.T, name string, f generateFlags, shared ingestFlags) (*countingAPI, time.Duration) {
	t.Helper()
	shared.workers, shared.attempts, shared.magneticDays = 1, 1, 1
	api := &countingAPI{}
	var took time.Duration
	for _, spec := range generator.Specs() {
		if spec.Name != name {
			continue
		}
		p, err := f.plan(spec, &shared, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		load := loader.New(api, loader.Options{Rate: shared.rate})
		if err := load.Run(t.Context(), p.feed(clock.Real{})); err != nil {
			t.Fatal(err)
		}
		took = load.Stats().Elapsed
	}
	return api, took
}

// History first, without a hole or an overlap to the live data, which comes when it is due.
func TestGeneratorsHistoryAndLiveData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, took := runPlan(t, "devops", generateFlags{scale: 0.03, backfill: when.Duration(10 * time.Minute), runFor: when.Duration(5 * time.Minute)}, ingestFlags{})
		source, err := generator.NewDevops(generator.Options{Scale: 0.03})
		if err != nil {
			t.Fatal(err)
		}
		if want := 15 * source.PerRound(); len(api.times) != want || took != 5*time.Minute {
			t.Errorf("%d records in %v, want %d in 5m", len(api.times), took, want)
		}
	})
}

// With a rate alone, live points come as often as the rate allows.
func TestGeneratorsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, took := runPlan(t, "devops", generateFlags{scale: 0.03, runFor: when.Duration(time.Minute)}, ingestFlags{rate: 1000})
		if n := len(api.times); n < 58_000 || n > 61_000 {
			t.Errorf("%d records in %v at 1,000/s", n, took)
		}
		if api.late > 5*time.Second {
			t.Errorf("a record came %v late", api.late)
		}
	})
}

// Live points are sent within a second of their time although their batch is not full.
func TestGeneratorsLiveDataIsFlushed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, _ := runPlan(t, "iot", generateFlags{scale: 0.01, runFor: when.Duration(time.Minute)}, ingestFlags{})
		if len(api.times) < 20 || api.late > time.Second {
			t.Errorf("%d records, at most %v late", len(api.times), api.late)
		}
	})
}

func TestGeneratorFlagsThatMakeNoSense(t *testing.T) {
	for _, args := range [][]string{
		{"--once", "--for", "1m"}, {"--scale", "-1"}, {"--interval", "1us"}, {"--backfill", "soon"}, {"extra"}, {"--rate", "-1"},
	} {
		status, _, messages := newTestbed(t).run(t, append([]string{"ingest", "http://127.0.0.1:1", "iot"}, args...)...)
		if status != 1 || !strings.Contains(messages, "Run 'tidemark ingest iot --help'") {
			t.Errorf("%v: status %d, %s", args, status, messages)
		}
	}
}
