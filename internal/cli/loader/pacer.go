package loader

import (
	"context"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
)

// catchUpMax is how far a pacer may be behind its plan; a longer delay is not made up for, so that a server that was away
// does not meet a flood.
const catchUpMax = time.Second

// pacer spreads records over time. It belongs to one goroutine.
type pacer struct {
	clock     clock.Clock
	perSecond float64 // 0 for no limit
	next      time.Time
}

// wait returns when n records are due.
func (p *pacer) wait(ctx context.Context, n int) error {
	if p.perSecond <= 0 {
		return ctx.Err()
	}
	now := p.clock.Now()
	if p.next.IsZero() {
		p.next = now
	} else if earliest := now.Add(-catchUpMax); p.next.Before(earliest) {
		p.next = earliest
	}
	due := p.next
	p.next = p.next.Add(time.Duration(float64(n) / p.perSecond * float64(time.Second)))
	return Sleep(ctx, p.clock, due.Sub(now))
}

// Sleep waits for d on a clock or until ctx ends, whose error it then returns.
func Sleep(ctx context.Context, c clock.Clock, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-c.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
