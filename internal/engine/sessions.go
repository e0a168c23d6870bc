package engine

import (
	"crypto/rand"
	"encoding/base64"
	"sync"
	"time"
)

// newToken returns a page token. It says nothing by itself: sessions know which page it names. It begins with a letter, since
// the AWS CLI takes a value that begins with a hyphen for an option.
func newToken() string {
	var b [96]byte
	_, _ = rand.Read(b[:])
	return "A" + base64.RawURLEncoding.EncodeToString(b[:])
}

// sessions is the table of queries: those with pages left by id and by token, and the ids of those that ended lately.
type sessions struct {
	max int

	mu     sync.Mutex
	live   map[string]*session // by query id
	tokens map[string]*session
	past   map[string]ending // ended queries by id
	queue  []string          // the same in order of their end; the oldest is forgotten first
}

// ending is how a query ended, as far as CancelQuery tells.
type ending uint8

// The endings.
const (
	endUnknown   ending = iota // there is no such query, or it ended long ago
	endFinished                // by itself
	endCancelled               // by CancelQuery, or because nobody fetched its pages
)

// pastMax is how many ended queries are remembered, so that cancelling one is told from cancelling nothing.
const pastMax = 10_000

func (t *sessions) init(limit int) {
	t.max = limit
	t.live, t.tokens, t.past = map[string]*session{}, map[string]*session{}, map[string]ending{}
}

// add enters a new session.
func (t *sessions) add(s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.live[s.id] = s
}

// bound ends the session that was left alone for longest if there are too many that nobody waits for.
func (t *sessions) bound() {
	if oldest := t.surplus(); oldest != nil {
		t.remove(oldest)
	}
}

// surplus returns the session that was left alone for longest, nil if there are not too many. Those that somebody waits for do
// not count: each has a request under way, of which there are few enough.
func (t *sessions) surplus() (oldest *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.live) <= t.max {
		return nil
	}
	alone := 0
	var since time.Time
	for _, s := range t.live {
		used, asked := s.lastUse()
		if asked {
			continue
		}
		alone++
		if oldest == nil || used.Before(since) {
			oldest, since = s, used
		}
	}
	if alone <= t.max {
		return nil
	}
	return oldest
}

// lastUse returns when the session was last asked for something, and whether somebody waits for it now.
func (s *session) lastUse() (at time.Time, asked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used, s.asked > 0
}

// byToken finds the session that a page token belongs to.
func (t *sessions) byToken(token string) *session {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tokens[token]
}

// byID finds a session, or how one that is gone ended.
func (t *sessions) byID(id string) (*session, ending) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live[id], t.past[id]
}

// ending tells how a session that has ended did.
func (s *session) ending() ending {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancelled {
		return endCancelled
	}
	return endFinished
}

// retoken notes that a session now answers to token next, and no more to token old. A session that is done, because its
// only page had no successor, is forgotten.
func (t *sessions) retoken(s *session, old, next string, done bool) {
	t.mu.Lock()
	delete(t.tokens, old)
	if next != "" {
		t.tokens[next] = s
	}
	t.mu.Unlock()
	if done {
		t.remove(s)
	}
}

// remove ends a session and forgets its tokens.
func (t *sessions) remove(s *session) {
	s.finish(true)
	end := s.ending()
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.live, s.id)
	s.mu.Lock()
	delete(t.tokens, s.token)
	delete(t.tokens, s.newestToken)
	s.mu.Unlock()
	if t.past[s.id] == endUnknown {
		t.past[s.id] = end
		t.queue = append(t.queue, s.id)
	}
	for len(t.queue) > pastMax {
		delete(t.past, t.queue[0])
		t.queue = t.queue[1:]
	}
}

// close ends all sessions.
func (t *sessions) close() {
	t.mu.Lock()
	all := make([]*session, 0, len(t.live))
	for _, s := range t.live {
		all = append(all, s)
	}
	t.mu.Unlock()
	for _, s := range all {
		t.remove(s)
	}
}

// expire ends the sessions that nobody asked for longer than a token lives.
func (t *sessions) expire(now time.Time) {
	t.mu.Lock()
	var old []*session
	for _, s := range t.live {
		if used, asked := s.lastUse(); !asked && now.Sub(used) > tokenAgeMax {
			old = append(old, s)
		}
	}
	t.mu.Unlock()
	for _, s := range old {
		t.remove(s)
	}
}
