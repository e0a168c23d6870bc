package sim

import (
	"math/rand/v2"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
)

// What befalls the machine: faults of its disk, jumps of its clock, and its end.

// advance moves the clock forward.
func (s *simulation) advance(d time.Duration) {
	s.note("the clock jumps by %v", d)
	s.counts["clock jumps forward"]++
	s.clock.Advance(d)
}

// setBack moves the clock back.
func (s *simulation) setBack(d time.Duration) {
	s.note("the clock jumps back by %v", d)
	s.counts["clock jumps back"]++
	s.clock.Advance(-d)
}

// breakDisk lets some operation of the disk fail soon, once or for ever.
func (s *simulation) breakDisk() {
	rule := faultfs.Rule{Nth: 1 + s.rng.IntN(10), Match: faultfs.Changes, Permanent: s.rng.IntN(4) == 0, Effect: faultfs.Effect(s.rng.IntN(3))}
	s.note("the disk fails at change %d, permanent %v, effect %d", rule.Nth, rule.Permanent, rule.Effect)
	s.counts["disk breaks"]++
	s.fault.Add(rule)
	s.faulty = true
}

// breakSync lets syncs of files or folders fail soon.
func (s *simulation) breakSync() {
	rule := faultfs.Rule{Nth: 1 + s.rng.IntN(4), Match: faultfs.Only(faultfs.OpSync, faultfs.OpSyncDir), Permanent: s.rng.IntN(4) == 0, Effect: faultfs.Effect(s.rng.IntN(2))}
	s.note("sync %d fails, permanent %v, effect %d", rule.Nth, rule.Permanent, rule.Effect)
	s.counts["syncs break"]++
	s.fault.Add(rule)
	s.faulty = true
}

// breakReads lets some reading of the disk fail soon: with an error, or, of segments, with a wrong bit.
func (s *simulation) breakReads() {
	if s.readRule != nil && !s.readRule.Fired() {
		return
	}
	rule := faultfs.Rule{Nth: 1 + s.rng.IntN(6), Effect: []faultfs.Effect{faultfs.Fail, faultfs.Short, faultfs.Corrupt}[s.rng.IntN(3)]}
	rule.Match = func(op faultfs.Op, name string) bool {
		return (op == faultfs.OpRead || op == faultfs.OpOpen) && strings.HasSuffix(name, ".seg")
	}
	s.note("reading fails at operation %d, effect %d", rule.Nth, rule.Effect)
	s.counts["reads break"]++
	s.readRule = s.fault.Add(rule)
	s.faulty = true
}

// fill leaves little room on the disk, or none.
func (s *simulation) fill() {
	room := s.rng.Int64N([]int64{1, 200, 20_000}[s.rng.IntN(3)])
	s.note("the disk has room for %d bytes", room)
	s.counts["disk fills"]++
	s.disk.SetCapacity(s.disk.Used() + room)
	s.faulty = true
}

// heal makes the disk work again. If writing was not stopped all must go on without a restart.
func (s *simulation) heal() {
	if !s.faulty {
		return
	}
	s.note("the disk works again")
	s.counts["disk heals"]++
	if !s.subject.stopped() {
		s.counts["disk heals, no restart needed"]++
	}
	s.repair()
}

// repair removes all faults.
func (s *simulation) repair() {
	s.fault.Clear()
	s.disk.SetCapacity(0)
	s.faulty, s.readRule = false, nil
}

// restart ends the subject in good order and opens it again.
func (s *simulation) restart() {
	s.note("restart")
	s.counts["restarts"]++
	stopped := s.subject.stopped()
	if err := s.subject.close(); err != nil && !s.faulty && !stopped {
		s.fail("close: %v", err)
	}
	s.begin()
}

// powerCut goes on with what a power cut, or the death of the program, leaves. Other copies of that moment are checked.
func (s *simulation) powerCut() {
	s.note("power cut")
	s.counts["power cuts"]++
	for range s.rng.IntN(3) {
		s.checkClone(crash(s.disk, s.rng), s.worlds, rand.New(rand.NewPCG(s.seed, s.rng.Uint64())), 0)
	}
	after := crash(s.disk, s.rng)
	_ = s.subject.close() // what it does now comes too late
	s.disk = after
	s.begin()
}

// begin opens the subject on the disk, while it may be watched, and finds out what is stored.
func (s *simulation) begin() {
	if s.subject != nil {
		s.subject.tally(s.counts)
	}
	before := s.worlds
	s.fault = mount(s.disk, s.camera)
	watched := s.camera.arm("open", s.rng)
	s.repair()
	s.subject = s.reopen(s.disk, s.fault, s.rng)
	if s.err != nil {
		return
	}
	if watched {
		s.develop(before)
	}
	if len(before) > 1 || s.rng.IntN(3) == 0 {
		if i := s.match(s.subject, before); i >= 0 {
			s.worlds = before[i : i+1]
			if i > 0 {
				s.counts["failed calls that took effect"]++
			}
		}
	}
}
