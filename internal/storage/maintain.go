package storage

import (
	"context"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/storage/mergeplan"
)

// maintainInterval is how often Maintain looks for work without being asked, and how long it waits after a failure.
const maintainInterval = 10 * time.Second

// flushDelayMax is how long a flush waits for merging that cannot keep up. It is a delay and no more: should merging be
// impossible, rows still go to segments.
const flushDelayMax = 2 * time.Second

// Maintain flushes when memory or log exceed their limits and merges segments, until ctx ends or the store is closed. It runs
// on the caller's goroutine and some of its own; one Maintain at a time. A failure is logged and tried again.
//
// Windows that are left alone are merged by a goroutine of their own: that may take minutes, during which segments of other
// windows pile up.
func (s *Store) Maintain(ctx context.Context) {
	if s.begin() != nil {
		return
	}
	defer s.ops.Done()
	ctx, cancel := s.untilClose(ctx)
	defer cancel()
	flushed := make(chan struct{}, 1)
	var workers sync.WaitGroup
	defer workers.Wait()
	merge := func(kinds mergeKind, asked <-chan struct{}, what string) {
		w := &mergeWorker{kinds: kinds, pacer: s.merging.pacer, fails: map[mergePlace]mergeFailed{}}
		s.every(ctx, asked, func() bool { return true }, what, func(ctx context.Context) error { return s.compact(ctx, w) })
	}
	workers.Go(func() { merge(mergeTiers, flushed, "merging new segments") })
	workers.Go(func() { merge(mergeSettled, nil, "merging windows that are left alone") })
	s.every(ctx, s.wantFlush, s.overLimit, "flushing", func(ctx context.Context) error {
		s.awaitMerges(ctx)
		err := s.Flush(ctx)
		if err == nil {
			s.budget.relieve()
			select {
			case flushed <- struct{}{}:
			default:
			}
		}
		return err
	})
}

// awaitMerges delays a flush while merging cannot keep up: memory fills, and writes wait.
func (s *Store) awaitMerges(ctx context.Context) {
	timeout := s.clock.After(flushDelayMax)
	for {
		merged := s.merged.wait()
		if s.MergeBacklog() < mergeplan.BacklogMax {
			return
		}
		s.metrics.FlushesDelayed.Add(1)
		select {
		case <-merged:
		case <-timeout:
			return
		case <-ctx.Done():
			return
		}
	}
}

// overLimit reports whether memory or log are to be flushed.
func (s *Store) overLimit() bool {
	return s.budget.flushDue() || s.budget.full() || s.logBytes.Load() > s.opts.WALBytesMax
}

// every runs work when it is asked for or some time has passed, and due says that there is something to do.
func (s *Store) every(ctx context.Context, asked <-chan struct{}, due func() bool, what string, work func(context.Context) error) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-asked:
		case <-s.clock.After(maintainInterval):
		}
		if ctx.Err() != nil || !due() {
			continue
		}
		err := work(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		s.logger.Error("background work failed", "work", what, "error", err)
		select {
		case <-ctx.Done():
		case <-s.clock.After(maintainInterval):
		}
	}
}
