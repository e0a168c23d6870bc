package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Options says what a run is.
type Options struct {
	Seed uint64
	// Steps is how many there are; 0 leaves that to the seed.
	Steps int
	// Keep is the steps that are done; nil stands for all of them.
	Keep []int
	// Counts gets what the run has exercised; nil for nobody who wants to know.
	Counts Counts
}

// stepsOf returns the number of steps.
func (o *Options) stepsOf() int {
	if o.Steps > 0 {
		return o.Steps
	}
	return 40 + rand.New(rand.NewPCG(o.Seed, 1)).IntN(300)
}

// Store does a run on a store and returns the first difference to the model, nil if there is none.
func Store(o Options) *Failure {
	return run(o, func(s *simulation) []action[*simulation] {
		r := &storeRun{simulation: s, profile: randomProfile(s.rng)}
		r.now = s.clock.Now().UnixNano() / r.profile.step
		s.worlds = []world{&storeWorld{tables: map[storage.TableID]*model{}, gone: map[storage.TableID]bool{}}}
		s.start = func(fs vfs.FS, rng *rand.Rand) (subject, error) { return startStore(fs, s.clock, rng) }
		return bind(r, storeActions)
	})
}

// Engine does a run on an engine, catalog and store together, and returns the first difference to the model, nil if there is none.
func Engine(o Options) *Failure {
	return run(o, func(s *simulation) []action[*simulation] {
		s.worlds = []world{&engineWorld{databases: map[string]string{}, tables: map[string]*engineTable{}}}
		s.start = func(fs vfs.FS, rng *rand.Rand) (subject, error) { return startEngine(fs, s.clock, rng) }
		return bind(&engineRun{s}, engineActions)
	})
}

// bind turns the actions of a kind of run into those of any run.
func bind[R any](r R, actions []action[R]) []action[*simulation] {
	var out []action[*simulation]
	for _, a := range actions {
		out = append(out, action[*simulation]{a.weight, func(*simulation) { a.do(r) }})
	}
	return out
}

// run does the steps of a run, cuts the power a last time and compares everything.
func run(o Options, prepare func(*simulation) []action[*simulation]) *Failure {
	if o.Counts == nil {
		o.Counts = Counts{}
	}
	s := newSimulation(o.Seed, o.Counts)
	actions := prepare(s)
	s.begin()
	for s.step = 0; s.step < o.stepsOf() && s.err == nil; s.step++ {
		if o.Keep == nil || slices.Contains(o.Keep, s.step) {
			s.rng = s.stepRandom(s.step)
			choose(s.rng, actions)(s)
			s.observe()
			if len(s.worlds) > worldsMax {
				s.repair()
				s.restart()
			}
		}
	}
	s.rng = s.stepRandom(s.step)
	if s.err == nil {
		s.powerCut()
	}
	if s.err == nil {
		s.match(s.subject, s.worlds)
	}
	if s.subject != nil {
		s.subject.tally(s.counts)
		_ = s.subject.close()
	}
	s.counts["runs"]++
	if s.err != nil {
		return &Failure{Step: s.step, Err: s.err, Log: s.log}
	}
	return nil
}

// worldsMax is how many possibilities a run may have to keep in mind.
const worldsMax = 16

// observe puts the world that is seen first.
func (s *simulation) observe() {
	if s.err != nil || len(s.worlds) == 1 {
		return
	}
	for i, w := range s.worlds {
		if s.subject.visible(w) {
			s.worlds[0], s.worlds[i] = s.worlds[i], s.worlds[0]
			return
		}
	}
	s.fail("what is seen is none of %d possibilities", len(s.worlds))
}

// Failure is what a run found.
type Failure struct {
	Step int
	Err  error
	Log  []string // of the last steps
}

// Error implements error.
func (f *Failure) Error() string {
	return fmt.Sprintf("step %d: %v\nlast steps:\n  %s", f.Step, f.Err, strings.Join(f.Log, "\n  "))
}

// Shrink looks for a shorter run that fails as well, for so long at most, and returns it with its failure.
func Shrink(o Options, run func(Options) *Failure, failure *Failure, limit time.Duration) (Options, *Failure) {
	end := time.Now().Add(limit)
	o.Counts = nil
	try := func(c Options) bool {
		if f := run(c); f != nil {
			o, failure = c, f
			return true
		}
		return false
	}
	if o.Keep == nil {
		for i := range failure.Step + 1 {
			o.Keep = append(o.Keep, i)
		}
	}
	for size := (len(o.Keep) + 1) / 2; size > 0; size /= 2 {
		for from := 0; from < len(o.Keep); {
			if time.Now().After(end) {
				return o, failure
			}
			c := o
			c.Keep = slices.Delete(slices.Clone(o.Keep), from, min(from+size, len(o.Keep)))
			if !try(c) {
				from += size
			}
		}
	}
	return o, failure
}
