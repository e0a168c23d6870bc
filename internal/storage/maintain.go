package storage

import (
	"context"
	"sync"
	"time"
)

// maintainInterval is how often Maintain looks for work without being asked, and how long it waits after a failure.
const maintainInterval = 10 * time.Second

// Maintain flushes when memory or log exceed their limits and merges segments, until ctx ends or the store is closed. It
// runs on the caller's goroutine; one at a time. A failure is logged and tried again.
func (s *Store) Maintain(ctx context.Context) {
	if s.begin() != nil {
		return
	}
	defer s.ops.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	merge := make(chan struct{}, 1)
	var workers sync.WaitGroup
	defer workers.Wait()
	workers.Go(func() {
		defer cancel()
		select {
		case <-s.closing:
		case <-ctx.Done():
		}
	})
	workers.Go(func() {
		s.every(ctx, merge, func() bool { return true }, "merging segments", s.Compact)
	})
	s.every(ctx, s.wantFlush, s.overLimit, "flushing", func(ctx context.Context) error {
		err := s.Flush(ctx)
		if err == nil {
			select {
			case merge <- struct{}{}:
			default:
			}
		}
		return err
	})
}

// overLimit reports whether memory or log are to be flushed.
func (s *Store) overLimit() bool {
	return s.active.Load() > s.opts.MemstoreBytesMax || s.logBytes.Load() > s.opts.WALBytesMax || s.memory.Load() > memoryFactor*s.opts.MemstoreBytesMax
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
