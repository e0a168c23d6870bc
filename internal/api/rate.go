package api

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// RateLimit is how many requests for an operation are served. The service has such quotas; here there are those that the operator
// asks for.
type RateLimit struct {
	// Operation is the name of an operation, or how names begin and a *. Each operation that is meant has a limit of its own. Of
	// several limits that fit the first counts.
	Operation string
	// PerSecond may be a fraction, and 0, which refuses all. As many requests as a second has, and at least one, may come at once.
	PerSecond float64
}

// fits reports whether a limit is for an operation.
func (l RateLimit) fits(operation string) bool {
	if begin, ok := strings.CutSuffix(l.Operation, "*"); ok {
		return strings.HasPrefix(operation, begin)
	}
	return operation == l.Operation
}

// CheckRateLimits refuses limits of operations that there are none of.
func CheckRateLimits(limits []RateLimit) error {
	for _, l := range limits {
		known := false
		for name := range operations {
			known = known || l.fits(name)
		}
		if !known {
			return fmt.Errorf("the rate limit of %q is for no operation; names are those of the API, such as Query or Create*", l.Operation)
		}
	}
	return nil
}

// rates has the operations with limits. It never changes, but for what is in the buckets.
type rates map[string]*bucket

// newRates gives each operation its limit.
func newRates(limits []RateLimit) rates {
	r := rates{}
	for name := range operations {
		for _, l := range limits {
			if l.fits(name) {
				r[name] = &bucket{perSecond: l.PerSecond}
				r[name].left = r[name].size()
				break
			}
		}
	}
	return r
}

// admit takes one request of an operation, or throttles it.
func (r rates) admit(operation string, now time.Time) error {
	if b := r[operation]; b != nil && !b.take(now) {
		return dberr.New(dberr.Throttled, "Request rate limit exceeded")
	}
	return nil
}

// bucket is what is left of a rate. It fills by perSecond up to its size.
type bucket struct {
	perSecond float64

	mu   sync.Mutex
	left float64
	at   time.Time // when left was right
}

// size is how much there is at most.
func (b *bucket) size() float64 {
	if b.perSecond == 0 {
		return 0
	}
	return max(b.perSecond, 1)
}

// take takes one request out, if there is one.
func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if passed := now.Sub(b.at); passed > 0 { // a clock that is set back fills nothing
		b.left = min(b.left+passed.Seconds()*b.perSecond, b.size())
	}
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
