package storage

import (
	"context"
	"sync"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// queueMax is how many batches may wait for the committer.
const queueMax = 10_000

// request is something for the committer to do: a batch to write, or a function to run between two groups.
type request struct {
	batch *prepared
	run   func()
	done  chan struct{} // one place; receives when the request is through
}

// queue is what waits for the committer. It takes all of it at once; that is what makes groups.
type queue struct {
	mu      sync.Mutex
	waiting []*request
	closed  bool
	wake    chan struct{} // one place
	drained chan struct{} // closed when the committer has ended
}

// newQueue returns an empty queue.
func newQueue() *queue {
	return &queue{wake: make(chan struct{}, 1), drained: make(chan struct{})}
}

// put adds a request.
func (q *queue) put(r *request) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return errClosed()
	}
	if len(q.waiting) >= queueMax && r.batch != nil {
		return dberr.New(dberr.Throttled, "Too many write requests are waiting")
	}
	q.waiting = append(q.waiting, r)
	q.signal()
	return nil
}

// signal wakes the committer.
func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take waits for requests and moves them to list. It reports false when the queue is closed and empty.
func (q *queue) take(list []*request) ([]*request, bool) {
	for {
		var closed bool
		if list, closed = q.drain(list); len(list) > 0 || closed {
			return list, len(list) > 0
		}
		<-q.wake
	}
}

// drain is take without waiting; it reports whether the queue is closed.
func (q *queue) drain(list []*request) ([]*request, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	list = append(list, q.waiting...)
	clear(q.waiting)
	q.waiting = q.waiting[:0]
	return list, q.closed
}

// remove takes a request back that the committer has not taken yet.
func (q *queue) remove(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, w := range q.waiting {
		if w == r {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// close lets the committer end when it has done what waits.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
}

// await puts a request and waits until it is through. If ctx ends while it waits in the queue it is taken back; what the
// committer has begun is always waited for, since its result counts.
func (q *queue) await(ctx context.Context, r *request) error {
	if err := q.put(r); err != nil {
		return err
	}
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		if q.remove(r) {
			return ctx.Err()
		}
		<-r.done
		return nil
	}
}

// do runs a function on the committer's goroutine, between two groups.
func (s *Store) do(ctx context.Context, run func()) error {
	return s.queue.await(ctx, &request{run: run, done: make(chan struct{}, 1)})
}

// runQueued runs the functions that wait for the committer, in its stead. Nobody writes yet.
func (s *Store) runQueued() {
	list, _ := s.queue.drain(nil)
	for _, r := range list {
		r.run()
		r.done <- struct{}{}
	}
}
