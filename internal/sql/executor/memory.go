package executor

import "github.com/tidemarkdb/tidemark/internal/dberr"

// memory is what one run of a statement may hold and holds. It counts what operators keep between batches, not the
// batches in flight.
type memory struct {
	limit, used, peak int64
}

// account is the part of a statement's memory that one holder has taken.
type account struct {
	memory *memory
	bytes  int64
}

// newAccount returns an empty account.
func (m *memory) newAccount() *account { return &account{memory: m} }

// set changes what the account holds to n bytes, and fails if the statement now holds more than it may.
func (a *account) set(n int64) error {
	m := a.memory
	m.used += n - a.bytes
	a.bytes = n
	m.peak = max(m.peak, m.used)
	if m.used > m.limit {
		return dberr.New(dberr.Execution, "Query exceeded the memory limit of %d MB", max(1, m.limit>>20))
	}
	return nil
}

// add takes n bytes more, or gives some back if n is negative.
func (a *account) add(n int64) error { return a.set(a.bytes + n) }

// free gives back all that the account holds.
func (a *account) free() {
	a.memory.used -= a.bytes
	a.bytes = 0
}
