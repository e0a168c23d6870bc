package mergeplan

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
)

// sliceTime is how long a merge works before it rests. It is what others wait for who have no core of their own meanwhile.
const sliceTime = 5 * time.Millisecond

// restMax bounds a rest: a slice may have waited for a disk for long.
const restMax = 5 * time.Second

// Pacer lets the goroutines that merge work for a share of the time of one core, all of them together: for each slice of work
// it puts off the time at which work may go on. Time in which a goroutine waited, for the disk or for a core, counts as work, so
// that merging gives way on a busy machine and a slow disk.
type Pacer struct {
	clock clock.Clock
	share func() float64

	mu   sync.Mutex
	free time.Time // when what was worked so far has taken no more than its share

	worked, rested atomic.Int64 // nanoseconds
}

// NewPacer returns a pacer. share says which share of a core is allowed at the moment, above 0; with 1 there are no rests. It is
// called from the goroutines that merge.
func NewPacer(c clock.Clock, share func() float64) *Pacer { return &Pacer{clock: c, share: share} }

// Worked returns how long merges have worked and how long they have rested so far.
func (p *Pacer) Worked() (worked, rested time.Duration) {
	return time.Duration(p.worked.Load()), time.Duration(p.rested.Load())
}

// Begin begins the work of one goroutine.
func (p *Pacer) Begin() *Shift { return &Shift{pacer: p, begun: p.clock.Now()} }

// Shift is the work of one goroutine between its rests. A nil one never rests.
type Shift struct {
	pacer *Pacer
	begun time.Time // of the slice under way
}

// Rest is called after each small piece of work. It rests if it is time to, and returns the error of a context that has
// ended.
func (s *Shift) Rest(ctx context.Context) error {
	if s != nil {
		if now := s.pacer.clock.Now(); now.Sub(s.begun) >= sliceTime {
			s.rest(ctx, now)
		}
	}
	return ctx.Err()
}

// End counts the work since the last rest.
func (s *Shift) End() {
	if s != nil {
		s.pacer.account(s.begun, s.pacer.clock.Now())
	}
}

// rest ends a slice of work and waits until the next one may begin.
func (s *Shift) rest(ctx context.Context, now time.Time) {
	p := s.pacer
	wait := p.account(s.begun, now)
	if wait > 0 {
		select {
		case <-p.clock.After(wait):
		case <-ctx.Done():
		}
	}
	s.begun = p.clock.Now()
	p.rested.Add(int64(s.begun.Sub(now)))
}

// account counts a slice of work and returns how long to rest.
func (p *Pacer) account(begun, now time.Time) time.Duration {
	work := max(now.Sub(begun), 0)
	p.worked.Add(int64(work))
	share := min(p.share(), 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if share == 1 {
		p.free = now
		return 0
	}
	if p.free.Before(begun) {
		p.free = begun
	}
	p.free = p.free.Add(time.Duration(float64(work) / share))
	if longest := now.Add(restMax); p.free.After(longest) {
		p.free = longest
	}
	return p.free.Sub(now)
}
