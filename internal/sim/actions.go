package sim

import (
	"math/rand/v2"
	"time"
)

// action is something a run may do in a step.
type action[R any] struct {
	weight int // how often, against the others
	do     func(R)
}

// storeActions is what happens to a store. A new ability of the store gets a line here.
var storeActions = []action[*storeRun]{
	{45, (*storeRun).write},
	{16, (*storeRun).scan},
	{10, func(s *storeRun) { _ = s.keep("flush", func() error { return s.store().Flush(ctx) }) }},
	{8, func(s *storeRun) { _ = s.keep("compact", func() error { return s.store().Compact(ctx) }) }},
	{3, (*storeRun).expire},
	{2, (*storeRun).drop},
	{3, (*storeRun).forward},
	{1, func(s *storeRun) { s.setBack(s.someTime()) }},
	{3, func(s *storeRun) { s.breakDisk() }},
	{1, func(s *storeRun) { s.breakSync() }},
	{1, func(s *storeRun) { s.breakReads() }},
	{2, func(s *storeRun) { s.fill() }},
	{6, func(s *storeRun) { s.heal() }},
	{3, func(s *storeRun) { s.restart() }},
	{4, func(s *storeRun) { s.powerCut() }},
}

// engineActions is what happens to an engine. A new ability of the engine gets a line here.
var engineActions = []action[*engineRun]{
	{40, (*engineRun).write},
	{10, (*engineRun).read},
	{8, func(s *engineRun) { _ = s.keep("flush", func() error { return s.engine().Flush(ctx) }) }},
	{6, func(s *engineRun) { _ = s.keep("compact", func() error { return s.engine().Compact(ctx) }) }},
	{4, (*engineRun).maintain},
	{4, (*engineRun).pass},
	{4, (*engineRun).createDatabase},
	{2, (*engineRun).updateDatabase},
	{2, (*engineRun).deleteDatabase},
	{10, (*engineRun).createTable},
	{4, (*engineRun).updateTable},
	{4, (*engineRun).deleteTable},
	{4, func(s *engineRun) { s.advance(s.someTime()) }},
	{1, func(s *engineRun) { s.expire(); s.setBack(s.someTime()) }},
	{3, func(s *engineRun) { s.breakDisk() }},
	{1, func(s *engineRun) { s.breakSync() }},
	{1, func(s *engineRun) { s.breakReads() }},
	{2, func(s *engineRun) { s.fill() }},
	{6, func(s *engineRun) { s.heal() }},
	{3, func(s *engineRun) { s.restart() }},
	{4, func(s *engineRun) { s.powerCut() }},
}

// choose returns one of the actions.
func choose[R any](rng *rand.Rand, actions []action[R]) func(R) {
	total := 0
	for _, a := range actions {
		total += a.weight
	}
	x := rng.IntN(total)
	for _, a := range actions {
		if x -= a.weight; x < 0 {
			return a.do
		}
	}
	panic("bug: weights of actions")
}

// someTime is by how much clocks jump.
func (s *simulation) someTime() time.Duration {
	return time.Duration(s.rng.Int64N(int64([]time.Duration{time.Second, time.Hour, 23 * time.Hour, 72 * time.Hour}[s.rng.IntN(4)])))
}
