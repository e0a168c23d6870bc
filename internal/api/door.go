package api

import (
	"context"
	"sync"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/gate"
)

// door is where requests of a kind wait for memory.
//
// Whether a request is signed by who has the secret shows only when its body is there, unless the request tells the hash of it, which not
// all SDKs do. So somebody who knows no more than the id of an access key, which is no secret, could announce large bodies, send
// nothing, and keep everybody out. Requests that are not verified yet can have half of the door for each access key: others get
// through beside them.
type door struct {
	*gate.Gate
	clock    clock.Clock
	bytesMax int64
	bodyMax  int64 // of one request

	mu     sync.Mutex
	shares map[string]*share // by access key, those that somebody is inside of or waits for
}

// newDoor makes a door with room for some bytes, and for bodies of a length.
func newDoor(opts *Options, bytesMax, bodyMax int64) *door {
	return &door{
		Gate:  gate.New(opts.Clock, requestWaitMax, func() int64 { return bytesMax }),
		clock: opts.Clock, bytesMax: bytesMax, bodyMax: bodyMax, shares: map[string]*share{},
	}
}

// share is what requests of an access key that are not verified may have of a door.
type share struct {
	*gate.Gate
	users int // who are inside or wait; guarded by door.mu
}

// enterShare waits until an access key's share has room. The caller calls leave once, unless there is an error.
func (d *door) enterShare(ctx context.Context, key string, bytes int64) (leave func(), err error) {
	d.mu.Lock()
	s := d.shares[key]
	if s == nil {
		s = &share{Gate: gate.New(d.clock, requestWaitMax, func() int64 { return max(d.bytesMax/2, 1) })}
		d.shares[key] = s
	}
	s.users++
	d.mu.Unlock()
	if err := s.Enter(ctx, bytes); err != nil {
		d.forget(key, s)
		return nil, err
	}
	return func() {
		s.Leave(bytes)
		d.forget(key, s)
	}, nil
}

// forget takes one off those who use a share, and the share away after the last one.
func (d *door) forget(key string, s *share) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.users--; s.users == 0 {
		delete(d.shares, key)
	}
}
