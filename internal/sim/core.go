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
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// ctx is the context of all calls.
var ctx = context.Background()

// world is what should be stored.
type world interface {
	clone() world
}

// subject is what is tested, open on a disk.
type subject interface {
	// differs tells how what is stored differs from a world, "" if it does not.
	differs(w world) (string, error)
	// visible reports whether the parts of a world that can change after a failed call are as the subject shows them.
	visible(w world) bool
	// stopped reports whether it refuses writes until it is opened again.
	stopped() bool
	// work does what happens in the background and changes nothing that can be seen.
	work() error
	close() error
	// tally adds what happened since it was opened.
	tally(c Counts)
}

// simulation is one run: a subject on a disk that fails, a clock that is moved by hand, and what should be stored. Store and
// engine add their own actions to it.
type simulation struct {
	seed    uint64
	rng     *rand.Rand // of this step: a step that is left out does not change what the others do
	disk    *memfs.FS
	fault   *faultfs.FS
	camera  *camera
	clock   *clock.Manual
	start   func(fs vfs.FS, rng *rand.Rand) (subject, error)
	subject subject

	// worlds is what may be stored. The first is what is seen; the others are what may turn out to be the case later, after calls
	// that failed with an unknown outcome.
	worlds []world

	readRule *faultfs.Active // of breakReads, nil if that is over

	faulty bool // operations of the disk may fail, for lack of room or by rules
	counts Counts
	step   int
	log    []string
	err    error
}

// newSimulation returns a run on an empty disk, not opened yet.
func newSimulation(seed uint64, counts Counts) *simulation {
	s := &simulation{
		seed: seed, disk: memfs.New(), clock: clock.NewManual(time.Unix(1_700_000_000, 0)), camera: newCamera(), counts: counts,
	}
	s.rng = s.stepRandom(-1)
	return s
}

// stepRandom returns the random numbers of a step.
func (s *simulation) stepRandom(step int) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed, 0x71de+uint64(step+1)))
}

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
	line, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\n")
	s.log = append(s.log, fmt.Sprintf("%d: %.300s", s.step, line))
	if len(s.log) > logSteps {
		s.log = s.log[1:]
	}
}

// mount puts a fresh layer of faults on a disk, watched by a camera.
func mount(disk *memfs.FS, c *camera) *faultfs.FS {
	fault := faultfs.New(disk)
	c.watch(disk, fault)
	return fault
}

// change does something that changes what is stored. effect says how, once the call has succeeded; it may have happened if the
// call fails with writing stopped, and must not have if it fails otherwise.
func (s *simulation) change(what string, effect func(world), run func() error) error {
	return s.tryChange(what, 0, func(w world) bool { effect(w); return true }, run)
}

// doubts says what a call has to do with earlier ones that failed, and may take effect later.
type doubts uint8

// A call that may be doubtful also ends doubts.
const (
	endsDoubts doubts = 1 << iota // once it has succeeded, what is seen is what is stored
	mayBeDoubt                    // if it fails it may have taken effect, or may do so later
)

// tryChange is change for what may be refused: effect reports false for worlds in which it is, and changes nothing then.
//
// Now and then copies of the disk are taken in the middle, as a power cut would leave it: each must hold what was stored before
// or after.
func (s *simulation) tryChange(what string, doubts doubts, effect func(world) bool, run func() error) error {
	var before []world
	if s.camera.arm(what, s.rng) {
		before = cloneAll(s.worlds)
	}
	stopped := s.subject.stopped()
	err := run()
	s.note("%s %v", what, err)
	s.counts[what]++
	switch kind := dberr.KindOf(err); {
	case err == nil:
		s.succeeded(what, doubts&endsDoubts != 0, effect)
	case kind == dberr.NotFound || kind == dberr.Conflict || kind == dberr.Invalid:
		s.counts["calls refused"]++
		// What is refused by what is seen says nothing about what may turn out to be the case.
		if !slices.ContainsFunc(s.worlds, func(w world) bool { return !effect(w.clone()) }) {
			s.fail("%s: %v, which none of the possibilities explains", what, err)
		}
	case !s.mayFail(err, stopped):
		s.fail("%s: %v", what, err)
	default:
		s.failed(err)
		if s.subject.stopped() && !stopped {
			s.counts["writing stopped"]++
			doubts |= mayBeDoubt
		}
		if doubts&mayBeDoubt != 0 {
			for _, w := range cloneAll(s.worlds) {
				if effect(w) {
					s.worlds = append(s.worlds, w)
				}
			}
		}
	}
	if before != nil {
		candidates := slices.Clone(before)
		for _, w := range cloneAll(before) {
			if effect(w) {
				candidates = append(candidates, w)
			}
		}
		s.develop(candidates)
	}
	return err
}

// succeeded applies a call that succeeded. Unless it ends doubts, a call that failed before it may take effect later: what is possible
// beside what is seen stays possible.
func (s *simulation) succeeded(what string, ends bool, effect func(world) bool) {
	var fit []world
	for i, w := range s.worlds {
		ok := effect(w)
		if ends && ok && s.subject.visible(w) || !ends && (ok || i > 0) {
			fit = append(fit, w)
		}
	}
	if s.worlds = fit; len(fit) == 0 {
		s.fail("%s succeeded, which fits none of the possibilities", what)
	}
}

// keep is change for what must not change what is stored.
func (s *simulation) keep(what string, run func() error) error {
	return s.change(what, func(world) {}, run)
}

// mayFail reports whether an error is no surprise.
func (s *simulation) mayFail(err error, stopped bool) bool {
	switch {
	case s.readRule != nil && s.readRule.Fired():
		return true
	case stopped:
		return dberr.Is(err, dberr.Unavailable)
	}
	return s.faulty && !dberr.Is(err, dberr.Corruption)
}

// failed counts an error.
func (s *simulation) failed(err error) {
	s.counts["calls failed"]++
	if vfs.DiskFull(err) {
		s.counts["calls failed, disk full"]++
	}
}

// cloneAll copies worlds.
func cloneAll(list []world) []world {
	out := make([]world, len(list))
	for i, w := range list {
		out[i] = w.clone()
	}
	return out
}

// develop checks the copies of the disk that were taken during a call.
func (s *simulation) develop(candidates []world) {
	for i, image := range s.camera.take() {
		s.checkClone(image, candidates, rand.New(rand.NewPCG(s.seed, uint64(s.step)<<16|uint64(i))), 0)
	}
}

// nestedMax is how deep crashes during the recovery from crashes go.
const nestedMax = 3

// checkClone opens a copy of the disk, which must hold one of the candidates, go on working, and hold the same after another
// crash. Now and then operations fail while it is opened, or it crashes again.
func (s *simulation) checkClone(image *memfs.FS, candidates []world, rng *rand.Rand, depth int) {
	if s.err != nil {
		return
	}
	s.counts["clones"]++
	if depth > 0 {
		s.counts["clones of crashes during recovery"]++
	}
	camera := newCamera()
	fault := mount(image, camera)
	if depth < nestedMax && rng.IntN(3) == 0 {
		camera.armAt(1+rng.IntN(10), 1, rng)
	}
	sub := s.reopen(image, fault, rng)
	if s.err != nil {
		return
	}
	match := s.match(sub, candidates)
	if match >= 0 && rng.IntN(3) == 0 {
		if err := sub.work(); err != nil {
			s.fail("work after a crash: %v", err)
		}
		s.match(sub, candidates[match:match+1])
	}
	if err := sub.close(); err != nil && s.err == nil {
		s.fail("close after a crash: %v", err)
	}
	for _, nested := range camera.take() {
		s.checkClone(nested, candidates, rng, depth+1)
	}
	if s.err == nil && rng.IntN(3) == 0 {
		again, err := s.start(image.CrashClean(), rng)
		if err != nil {
			s.fail("second start: %v\n%s", err, image.Dump())
			return
		}
		s.match(again, candidates[match:match+1])
		_ = again.close()
	}
}

// reopen opens a subject on a disk that a crash left; if operations fail, which they do now and then, again.
func (s *simulation) reopen(disk *memfs.FS, fault *faultfs.FS, rng *rand.Rand) subject {
	logBytes := logSize(disk)
	switch rng.IntN(8) {
	case 0:
		fault.Add(faultfs.Rule{Nth: 1 + rng.IntN(25), Permanent: rng.IntN(2) == 0, Effect: faultfs.Effect(rng.IntN(3))})
	case 1:
		disk.SetCapacity(max(1, disk.Used()+rng.Int64N(200)))
	case 2:
		disk.SetCapacity(0)
	}
	sub, err := s.start(fault, rng)
	if err != nil {
		s.counts["recoveries failed"]++
		if dberr.Is(err, dberr.Corruption) {
			s.fail("open: %v\n%s", err, disk.Dump())
			return nil
		}
	} else if sub.stopped() {
		_ = sub.close()
		err = fmt.Errorf("stopped")
	}
	fault.Clear()
	disk.SetCapacity(0)
	if err != nil {
		if rng.IntN(2) == 0 {
			disk.Evict()
		}
		if sub, err = s.start(fault, rng); err != nil {
			s.fail("open: %v\n%s", err, disk.Dump())
			return nil
		}
	}
	s.counts["recoveries"]++
	if logSize(disk) < logBytes {
		s.counts["torn tails"]++
	}
	return sub
}

// match returns which candidate a subject holds.
func (s *simulation) match(sub subject, candidates []world) int {
	var first string
	for i, w := range candidates {
		diff, err := sub.differs(w)
		if err != nil {
			s.fail("read: %v", err)
			return -1
		}
		if diff == "" {
			return i
		}
		if i == 0 {
			first = diff
		}
	}
	s.fail("what is stored is none of %d possibilities; the first: %s", len(candidates), first)
	return -1
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
	return fmt.Sprintf("%d rows, expected %d\ngot      %s\nexpected %s", len(got), len(want), show(got), show(want))
}
