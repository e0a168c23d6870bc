package sink

import (
	"context"
	"errors"
	"sync"
	"time"
)

// silence remembers that a database did not answer. Many runs may wait for the same one; if each of them waited for its own timeout,
// all places for runs would be taken by them most of the time, and those with other targets would wait, too. So for a moment after a
// timeout further runs fail at once. The runs that try again first take as long as a timeout, and all others hear of it from them.
type silence struct {
	mu    sync.Mutex
	err   error // of the last timeout
	until time.Time
}

// silenceFor is how long a timeout stands for others: all runs that are due get their answer meanwhile.
const silenceFor = time.Second

// note remembers an error if it is a timeout.
func (s *silence) note(err error) {
	if !errors.Is(err, context.DeadlineExceeded) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err, s.until = err, time.Now().Add(silenceFor)
}

// recent returns the last timeout if it was a moment ago.
func (s *silence) recent() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil || !time.Now().Before(s.until) {
		return nil
	}
	return s.err
}
