package loader

import (
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// RetryPolicy says how requests are repeated that were throttled, met a server error or no server. The zero value works.
type RetryPolicy struct {
	Attempts int           // of one request, the first included; default 10
	Base     time.Duration // longest wait before the first repetition, doubled for each further one; default 100 ms
	Max      time.Duration // longest wait at all; default 20 s
	// Random returns a number in [0, 1); default math/rand.
	Random func() float64
	// OnRetry is called before each repetition, from any goroutine.
	OnRetry func(err error)
}

// NewRetryer returns the policy as the SDK takes it. The SDK's own budget of retries for the whole client is switched
// off: a load that is throttled for minutes shall go on slowly, not end.
func NewRetryer(p RetryPolicy) aws.Retryer {
	if p.Attempts <= 0 {
		p.Attempts = 10
	}
	if p.Base <= 0 {
		p.Base = 100 * time.Millisecond
	}
	if p.Max <= 0 {
		p.Max = 20 * time.Second
	}
	if p.Random == nil {
		p.Random = rand.Float64
	}
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = p.Attempts
		o.RateLimiter = ratelimit.None
		o.Backoff = p
	})
}

// BackoffDelay returns how long to wait before the repetition after a number of attempts: half of a time that doubles
// with each, and up to as much again by chance, so that workers who failed together do not come back together.
func (p RetryPolicy) BackoffDelay(attempts int, err error) (time.Duration, error) {
	if p.OnRetry != nil {
		p.OnRetry(err)
	}
	wait := p.Max
	if doublings := max(0, attempts-1); doublings < 30 {
		wait = min(p.Max, p.Base<<doublings)
	}
	return wait/2 + time.Duration(p.Random()*float64(wait/2)), nil
}
