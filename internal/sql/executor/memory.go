package executor

import (
	"sync/atomic"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// Pool is the memory that all running statements have together. It is safe for concurrent use.
type Pool struct {
	limit   int64
	relieve func() bool
	used    atomic.Int64
}

// NewPool returns a pool of limit bytes. When it is exhausted, relieve is called on the goroutine of the statement that
// needs more: it ends some statement that can be spared and reports whether there was one. It may be nil.
func NewPool(limit int64, relieve func() bool) *Pool { return &Pool{limit: limit, relieve: relieve} }

// Used returns how much running statements hold.
func (p *Pool) Used() int64 { return p.used.Load() }

// Take takes n bytes more for what a statement holds outside of its operators, or gives some back if n is negative. It
// fails if that is more than there is; the bytes are counted all the same, until they are given back.
func (p *Pool) Take(n int64) error { return p.add(n) }

// add takes n bytes more, or gives some back if n is negative. It fails if that is more than there is; the bytes are
// counted all the same. Unlike the limit of a statement, this one has to do with others: trying again can help.
func (p *Pool) add(n int64) error {
	used := p.used.Add(n)
	for n > 0 && used > p.limit {
		if p.relieve == nil || !p.relieve() {
			return dberr.New(dberr.Throttled, "Request rate limit exceeded: running queries hold all of the %d MB that there are for them", max(1, p.limit>>20))
		}
		used = p.used.Load()
	}
	return nil
}

// memory is what one run of a statement may hold and holds. It counts what operators keep between batches, not the
// batches in flight.
type memory struct {
	limit, used, peak int64
	pool              *Pool // nil: no other limit
}

// account is the part of a statement's memory that one holder has taken.
type account struct {
	memory *memory
	bytes  int64
}

// newAccount returns an empty account.
func (m *memory) newAccount() *account { return &account{memory: m} }

// add changes what the statement holds by n bytes, and fails if that is more than it may.
func (m *memory) add(n int64) error {
	m.used += n
	m.peak = max(m.peak, m.used)
	var err error
	if m.pool != nil && n != 0 {
		err = m.pool.add(n)
	}
	if m.used > m.limit {
		return dberr.New(dberr.Execution, "Query exceeded the memory limit of %d MB", max(1, m.limit>>20))
	}
	return err
}

// close gives back to the pool what the statement holds: whatever its operators still have is garbage now.
func (m *memory) close() {
	if m.pool != nil {
		_ = m.pool.add(-m.used)
		m.pool = nil
	}
}

// set changes what the account holds to n bytes, and fails if the statement now holds more than it may.
func (a *account) set(n int64) error {
	change := n - a.bytes
	a.bytes = n
	return a.memory.add(change)
}

// add takes n bytes more, or gives some back if n is negative.
func (a *account) add(n int64) error { return a.set(a.bytes + n) }

// free gives back all that the account holds.
func (a *account) free() {
	_ = a.memory.add(-a.bytes) // giving back cannot fail the statement; if it holds too much, its next taking does
	a.bytes = 0
}
