package engine

import (
	"time"

	"github.com/tidemarkdb/tidemark/internal/storage"
)

// MemoryDefault is the limit of the memory if Options do not state one.
const MemoryDefault = 2 << 30

// Shares is how the memory of a server is divided. This is the one place that says it:
//
//	1/2   Store: rows in memory, indexes of series, decoded blocks; storage/memory.go divides it further
//	1/4   Queries: what all running statements hold together
//	1/32  Answers: pages kept to answer repeated requests, by client token
//	1/16  Writes: requests that are being decoded or wait for the store
//	1/32  Others: the same for all other requests
//	1/8   nobody's: garbage until it is collected, pages of results under way, a flush and a merge at work, connections
//
// The Go runtime is told the whole as its limit: it collects garbage more often before it goes beyond.
type Shares struct {
	Store, Queries, Answers, Writes, Others int64
	// Sessions is how many results with pages left may be kept, each with the page that was fetched last.
	Sessions int
}

// sessionBytes is what a session with pages left may hold besides what its operators count: the last page, of 1 MB at
// most, the batch that the next one begins with, and the blocks that its scan has decoded. Measured by test/memory.
const sessionBytes = 6 << 20

// ShareMemory divides a limit, in bytes.
func ShareMemory(limit int64) Shares {
	s := Shares{Store: limit / 2, Queries: limit / 4, Answers: limit / 32, Writes: limit / 16, Others: limit / 32}
	s.Sessions = int(min(max(s.Queries/sessionBytes, 4), sessionsDefault))
	return s
}

// shareMemory sets the limits that are not set, and lowers those that exceed their share.
func (o *Options) shareMemory() {
	if o.MemoryBytesMax <= 0 {
		o.MemoryBytesMax = MemoryDefault
	}
	s := ShareMemory(o.MemoryBytesMax)
	lower(&o.Storage.MemoryBytesMax, s.Store)
	lower(&o.Query.PoolBytesMax, s.Queries)
	lower(&o.Query.MemoryBytesMax, o.Query.PoolBytesMax)
	lower(&o.Query.ReplayBytesMax, s.Answers)
	lower(&o.Query.SessionsMax, s.Sessions)
}

// lower sets a limit that is not set or is higher than limit.
func lower[T int | int64](v *T, limit T) {
	if *v <= 0 || *v > limit {
		*v = limit
	}
}

// MemoryStats is what the parts of the engine hold, in bytes.
type MemoryStats struct {
	Limit   int64 // of the whole server
	Queries int64 // by running statements
	Answers int64 // by pages kept for repeated requests
	Store   storage.Stats
}

// MemoryStats returns what the parts hold at the moment. Metrics of the store tell how many writes had to wait for memory.
func (e *Engine) MemoryStats() MemoryStats {
	return MemoryStats{Limit: e.opts.MemoryBytesMax, Queries: e.queries.pool.Used(), Answers: e.queries.replays.size(), Store: e.store.Stats()}
}

// idleMin is how long nobody must have asked for the next page of a result that is given up for the memory it holds.
const idleMin = 10 * time.Second

// relieve gives up the result whose next page nobody has asked for for the longest time, and reports whether there was
// one. Whoever asks for the page later is told that the token is not valid any more.
func (q *queries) relieve() bool {
	s := q.sessions.idle(q.clock.Now().Add(-idleMin))
	if s == nil {
		return false
	}
	q.logger.Info("result with pages left given up for its memory", "query_id", s.id)
	q.sessions.remove(s)
	return true
}

// idle returns the live session that was left alone for the longest time, and since before, nil if there is none.
func (t *sessions) idle(before time.Time) *session {
	t.mu.Lock()
	defer t.mu.Unlock()
	var oldest *session
	for _, s := range t.live {
		s.mu.Lock()
		if !s.ended && s.pending == nil && s.used.Before(before) {
			oldest, before = s, s.used
		}
		s.mu.Unlock()
	}
	return oldest
}
