package sim

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	seedFlag   = flag.Uint64("sim.seed", 1, "the first run")
	runsFlag   = flag.Int("sim.runs", 0, "how many runs; 0: some, which take about 15 s, or fewer with -short")
	stepsFlag  = flag.Int("sim.steps", 0, "steps of a run; 0 leaves that to its seed")
	keepFlag   = flag.String("sim.keep", "", "the steps that are done, such as 1,2,7; empty stands for all")
	timeFlag   = flag.Duration("sim.time", 0, "for how long, instead of a number of runs")
	clonesFlag = flag.Int64("sim.clones", 0, "until so many copies of disks after crashes were checked, instead of a number of runs")
)

// simulate does one run after the other and prints what they have exercised. runs is how many there are if no flag says otherwise;
// then all of what is needed must have happened.
func simulate(t *testing.T, run func(Options) *Failure, runs int, needed ...string) {
	o := Options{Seed: *seedFlag, Steps: *stepsFlag, Keep: stepList(t, *keepFlag), Counts: Counts{}}
	if testing.Short() {
		runs /= 5
	}
	if *runsFlag > 0 {
		runs = *runsFlag
	}
	usual := *runsFlag == 0 && *timeFlag == 0 && *clonesFlag == 0
	more := func(done int, passed time.Duration) bool {
		switch {
		case *clonesFlag > 0:
			return o.Counts["clones"] < *clonesFlag
		case *timeFlag > 0:
			return passed < *timeFlag
		}
		return done < runs
	}
	begun := time.Now()
	for n := 0; more(n, time.Since(begun)); n++ {
		o.Seed = *seedFlag + uint64(n)
		if failure := run(o); failure != nil {
			t.Logf("seed %d, %v\nlooking for fewer steps", o.Seed, failure)
			short, failure := Shrink(o, run, failure, 30*time.Second)
			t.Fatalf("seed %d, %v\nrepeat it with: go test ./internal/sim -run '^%s$' -sim.runs 1 -sim.seed %d -sim.steps %d -sim.keep %s",
				short.Seed, failure, t.Name(), short.Seed, failure.Step+1, strings.Trim(strings.ReplaceAll(fmt.Sprint(short.Keep), " ", ","), "[]"))
		}
	}
	t.Logf("seeds %d to %d in %v: %v", *seedFlag, o.Seed, time.Since(begun).Round(time.Second), o.Counts)
	if missing := o.Counts.Missing(needed...); len(missing) > 0 && usual && !testing.Short() {
		t.Errorf("these never happened: %v", missing)
	}
}

// stepList reads a list of numbers.
func stepList(t *testing.T, list string) (out []int) {
	for word := range strings.SplitSeq(list, ",") {
		if word == "" {
			continue
		}
		n, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

// TestStoreSimulation: a store answers as a map of rows does, whatever befalls it.
func TestStoreSimulation(t *testing.T) {
	simulate(t, Store, 16, "clones", "clones of crashes during recovery", "merges", "segments expired", "tables dropped", "torn tails", "calls failed, disk full",
		"disk heals, no restart needed", "writing stopped", "failed calls that took effect", "recoveries failed", "rows looked up in segments", "clock jumps back")
}

// TestEngineSimulation: databases, tables and rows are there as maps hold them, whatever befalls the engine.
func TestEngineSimulation(t *testing.T) {
	simulate(t, Engine, 30, "clones", "clones of crashes during recovery", "merges", "segments expired", "tables dropped", "torn tails", "calls failed, disk full",
		"disk heals, no restart needed", "writing stopped", "failed calls that took effect", "calls refused", "recoveries failed", "clock jumps back")
}

// TestConcurrentSimulation: what is acknowledged is seen by all who begin later, as a whole, and survives.
func TestConcurrentSimulation(t *testing.T) {
	simulate(t, Concurrent, 60, "clones", "merges", "rows flushed", "disk fills", "syncs break")
}

func TestRunsAreRepeatable(t *testing.T) {
	for seed := range uint64(4) {
		run := []func(Options) *Failure{Store, Engine}[seed%2]
		one, two := Counts{}, Counts{}
		if a, b := run(Options{Seed: seed, Steps: 60, Counts: one}), run(Options{Seed: seed, Steps: 60, Counts: two}); fmt.Sprint(a, one) != fmt.Sprint(b, two) {
			t.Errorf("two runs of seed %d differ:\n%v %v\n%v %v", seed, a, one, b, two)
		}
	}
}
