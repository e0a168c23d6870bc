package gate

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
)

// Why a caller was not let in, besides the end of his context.
var (
	ErrTimeout = errors.New("there was no room in time")
	ErrClosed  = errors.New("the gate was closed")
)

// Gate counts bytes and holds callers back. Its methods are safe for concurrent use.
type Gate struct {
	clock   clock.Clock
	waitMax time.Duration
	room    func() int64

	waiting atomic.Int64 // len(queue), to be read without the lock

	mu     sync.Mutex
	inside int64
	queue  list.List // of *waiter, the first to be let in in front
	closed bool
}

// waiter is a caller who is held back.
type waiter struct {
	bytes int64
	let   chan struct{} // closed when he has been let in, or the gate was closed
	in    bool          // he has been let in
}

// New returns a gate. room tells how many bytes there may be inside at the moment. It is called under the gate's lock and
// must not call the gate. Nobody waits longer than waitMax.
func New(c clock.Clock, waitMax time.Duration, room func() int64) *Gate {
	return &Gate{clock: c, waitMax: waitMax, room: room}
}

// Waiting returns how many callers are held back.
func (g *Gate) Waiting() int64 { return g.waiting.Load() }

// Inside returns the bytes of those inside.
func (g *Gate) Inside() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inside
}

// fits reports whether a caller may go in: there is room for what he brings, or there is some and nobody inside, so that
// one who brings more than there ever is room for need not wait for ever.
func (g *Gate) fits(bytes int64) bool {
	room := g.room()
	return g.inside+bytes <= room || g.inside == 0 && room > 0
}

// TryEnter goes in if that needs no waiting, and reports whether it did.
func (g *Gate) TryEnter(bytes int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.queue.Len() > 0 || !g.fits(bytes) {
		return false
	}
	g.inside += bytes
	return true
}

// Enter goes in, behind all who wait already. After an error the caller is not inside.
func (g *Gate) Enter(ctx context.Context, bytes int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if g.TryEnter(bytes) {
		return nil
	}
	w := &waiter{bytes: bytes, let: make(chan struct{})}
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return ErrClosed
	}
	place := g.queue.PushBack(w)
	g.waiting.Add(1)
	g.admit() // there may be room since TryEnter looked
	g.mu.Unlock()
	var err error
	select {
	case <-w.let:
	case <-ctx.Done():
		err = ctx.Err()
	case <-g.clock.After(g.waitMax):
		err = ErrTimeout
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case w.in:
		return nil // maybe just before the time was up
	case g.closed:
		return ErrClosed
	}
	g.queue.Remove(place)
	g.waiting.Add(-1)
	g.admit() // those behind may bring less
	return err
}

// Leave takes out what Enter or TryEnter let in.
func (g *Gate) Leave(bytes int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside -= bytes
	if g.inside < 0 {
		panic("bug: more left the gate than had entered")
	}
	g.admit()
}

// Look lets in whoever there is room for now. The owner calls it when there is more room.
func (g *Gate) Look() {
	if g.waiting.Load() == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.admit()
}

// admit lets in the first who wait, as long as there is room. The caller holds the lock.
func (g *Gate) admit() {
	for front := g.queue.Front(); front != nil && !g.closed; front = g.queue.Front() {
		w := front.Value.(*waiter)
		if !g.fits(w.bytes) {
			return
		}
		g.inside += w.bytes
		w.in = true
		close(w.let)
		g.queue.Remove(front)
		g.waiting.Add(-1)
	}
}

// Close sends away all who wait and all who come. Those inside leave as usual. It may be called more than once.
func (g *Gate) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	g.closed = true
	for e := g.queue.Front(); e != nil; e = e.Next() {
		close(e.Value.(*waiter).let)
	}
	g.queue.Init()
	g.waiting.Store(0)
}
