//go:build unix

package crash_test

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// ledger is what must be stored, to all that is known. Clients note in it what was acknowledged.
type ledger struct {
	stamps atomic.Int64 // the last one given out

	mu      sync.Mutex
	records map[identity]content
	series  map[seriesKey]*seriesSum

	requests, found, missing int // requests acknowledged; without an answer and found stored, not found
}

// seriesKey names the records that are summed up together.
type seriesKey struct{ table, client, series, measure string }

// seriesSum is the number of records of a series and the sum of their stamps.
type seriesSum struct{ records, stamps int64 }

func newLedger() *ledger {
	return &ledger{records: map[identity]content{}, series: map[seriesKey]*seriesSum{}}
}

// stamp returns a number that no other write has.
func (l *ledger) stamp() int64 { return l.stamps.Add(1) }

// get returns what is stored of a record.
func (l *ledger) get(id identity) (content, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.records[id]
	return c, ok
}

// put notes records that are stored, unless newer versions are.
func (l *ledger) put(records []attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests++
	for _, a := range records {
		old, ok := l.records[a.id]
		if ok && old.version >= a.content.version {
			continue
		}
		key := seriesKey{a.id.table, a.id.client, a.id.series, a.id.measure}
		sum := l.series[key]
		if sum == nil {
			sum = &seriesSum{}
			l.series[key] = sum
		}
		if !ok {
			sum.records++
		}
		sum.stamps += a.content.stamp - old.stamp
		l.records[a.id] = a.content
	}
}

// summary says how much there is.
func (l *ledger) summary() string {
	return fmt.Sprintf("%d requests, %d records in %d series; without an answer: %d requests found stored, %d not",
		l.requests, len(l.records), len(l.series), l.found, l.missing)
}
