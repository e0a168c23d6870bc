package sim

import (
	"flag"
	"fmt"
	"testing"
)

var (
	seeds = flag.Uint64("sim.seeds", 25, "number of runs")
	seed  = flag.Uint64("sim.seed", 0, "the only run, if it is not 0")
	steps = flag.Int("sim.steps", 150, "steps of a run")
)

func TestStoreAnswersAsTheModel(t *testing.T) {
	first, last := uint64(1), *seeds
	if *seed != 0 {
		first, last = *seed, *seed
	}
	for n := first; n <= last; n++ {
		if err := Run(n, *steps); err != nil {
			t.Fatalf("%v\nrepeat it with: go test ./internal/sim -sim.seed %d -sim.steps %d", err, n, *steps)
		}
	}
}

func TestRunsAreRepeatable(t *testing.T) {
	run := func() string {
		s := newSimulation(7)
		for s.step = range 60 {
			s.doStep()
		}
		_ = s.store.Close()
		return fmt.Sprint(s.log, s.err, s.disk.Dump())
	}
	if a, b := run(), run(); a != b {
		t.Errorf("two runs of one seed differ:\n%s\n%s", a, b)
	}
}
