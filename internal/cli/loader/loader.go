package loader

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/internal/clock"
)

// BatchRecords is how many records go into a request: the service's limit.
const BatchRecords = 100

// refusedMax is how many requests in a row the service may refuse as invalid before the load gives up.
const refusedMax = 10

// API is what a load needs of the write client.
type API interface {
	WriteRecords(context.Context, *timestreamwrite.WriteRecordsInput, ...func(*timestreamwrite.Options)) (*timestreamwrite.WriteRecordsOutput, error)
}

// Options says where and how to write.
type Options struct {
	Database, Table string
	Workers         int           // requests at the same time; default 1
	Rate            float64       // records a second at most; 0 for no limit
	Clock           clock.Clock   // default the real one
	Grace           time.Duration // how long requests under way may go on after an interrupt; default 5 s
	// Log takes lines for the user, such as rejected records. It is called from any goroutine, one call at a time.
	Log func(line string)
}

// Phase is a part of a load whose progress is shown on its own, for example history and then live data. Weights of
// records add up to Total.
type Phase struct {
	Name  string
	Total int64 // 0 if not known
	Bytes bool  // weights are bytes; else they are records

	done atomic.Int64
}

// Done returns the weight of the records that were answered.
func (p *Phase) Done() int64 { return p.done.Load() }

// Stats is how a load stands.
type Stats struct {
	Stored   int64 // records that the service took
	Rejected int64 // records that it refused one by one, and lines of a source that made no record
	Failed   int64 // records of requests that failed
	Requests int64
	Retries  int64
	Elapsed  time.Duration
}

// Load writes records to one table.
type Load struct {
	api     API
	options Options
	start   time.Time
	rejects rejects
	batches chan batch
	log     sync.Mutex

	stored, rejected, failed, requests, retries atomic.Int64
	refusedInRow                                atomic.Int64
	phase                                       atomic.Pointer[Phase]
}

// batch is the records of one request.
type batch struct {
	records []types.Record
	weight  int64
	phase   *Phase
}

// Feed makes the records of a load. It ends when there are no more, or with the error of a Sink's method.
type Feed func(ctx context.Context, sink *Sink) error

// New returns a load that has not begun.
func New(api API, o Options) *Load {
	if o.Workers < 1 {
		o.Workers = 1
	}
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	if o.Grace <= 0 {
		o.Grace = 5 * time.Second
	}
	l := &Load{api: api, options: o, start: o.Clock.Now(), batches: make(chan batch, o.Workers)}
	l.rejects.log = l.say
	return l
}

// say sends a line to the user, one at a time.
func (l *Load) say(line string) {
	l.log.Lock()
	defer l.log.Unlock()
	if l.options.Log != nil {
		l.options.Log(line)
	}
}

// CountRetry counts a repetition of a request: the client's retryer calls it.
func (l *Load) CountRetry(error) { l.retries.Add(1) }

// Stats returns how the load stands. It may be called at any time.
func (l *Load) Stats() Stats {
	return Stats{
		Stored: l.stored.Load(), Rejected: l.rejected.Load(), Failed: l.failed.Load(),
		Requests: l.requests.Load(), Retries: l.retries.Load(),
		Elapsed: l.options.Clock.Now().Sub(l.start),
	}
}

// Phase returns the phase that the feed is in, nil if it never named one. It may be called at any time.
func (l *Load) Phase() *Phase { return l.phase.Load() }

// Reasons returns why records were rejected, most frequent reasons first.
func (l *Load) Reasons() []Reason { return l.rejects.list() }

// Run writes what feed makes. When ctx ends the feed is stopped, requests under way may finish within the grace time, and
// Run returns nil: an interrupt is a normal end. Any other failure that makes it useless to go on is returned.
func (l *Load) Run(ctx context.Context, feed Feed) error {
	feeding, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	sending, finish := l.graceful(ctx)
	defer finish()

	var workers sync.WaitGroup
	for range l.options.Workers {
		workers.Go(func() {
			for b := range l.batches {
				if feeding.Err() != nil {
					continue // what was not begun before the interrupt is left
				}
				if err := l.write(sending, b); err != nil {
					stop(err)
				}
			}
		})
	}
	sink := &Sink{load: l, pacer: pacer{clock: l.options.Clock, perSecond: l.options.Rate}}
	err := feed(feeding, sink)
	if err == nil {
		err = sink.Flush(feeding)
	}
	close(l.batches)
	workers.Wait()
	switch cause := context.Cause(feeding); {
	case ctx.Err() != nil:
		return nil
	case cause != nil:
		return cause
	default:
		return err
	}
}

// graceful returns a context that ends some time after ctx, and a function that ends it at once and must be called.
func (l *Load) graceful(ctx context.Context) (context.Context, func()) {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var waiter sync.WaitGroup
	waiter.Go(func() {
		select {
		case <-sending.Done():
			return
		case <-ctx.Done():
		}
		// sending.Done ends the wait when the load is over before the grace time is.
		if Sleep(sending, l.options.Clock, l.options.Grace) == nil {
			cancel()
		}
	})
	return sending, func() {
		cancel()
		waiter.Wait()
	}
}

// write sends one batch and counts what became of it. It returns an error if the load cannot go on.
func (l *Load) write(ctx context.Context, b batch) error {
	common, records := Merge(b.records)
	l.requests.Add(1)
	_, err := l.api.WriteRecords(ctx, &timestreamwrite.WriteRecordsInput{
		DatabaseName: aws.String(l.options.Database), TableName: aws.String(l.options.Table),
		CommonAttributes: common, Records: records,
	})
	if b.phase != nil {
		b.phase.done.Add(b.weight)
	}
	size := int64(len(b.records))
	var rejected *types.RejectedRecordsException
	var invalid *types.ValidationException
	switch {
	case err == nil:
		l.stored.Add(size)
	case errors.As(err, &rejected):
		l.stored.Add(size - l.countRejected(b, rejected.RejectedRecords))
	case ctx.Err() != nil:
		return nil // the grace time is over
	case errors.As(err, &invalid):
		l.failed.Add(size)
		l.say(fmt.Sprintf("request refused: %s (%d records, the first %s)", invalid.ErrorMessage(), size, Describe(b.records[0])))
		if l.refusedInRow.Add(1) >= refusedMax {
			return fmt.Errorf("write records: %d requests in a row were refused: %w", refusedMax, err)
		}
		return nil
	default:
		l.failed.Add(size)
		return fmt.Errorf("write records: %w", err)
	}
	l.refusedInRow.Store(0)
	return nil
}

// countRejected counts the records that the service refused, each once.
func (l *Load) countRejected(b batch, rejected []types.RejectedRecord) int64 {
	seen := map[int32]bool{}
	for _, r := range rejected {
		if i := r.RecordIndex; i >= 0 && int(i) < len(b.records) && !seen[i] {
			seen[i] = true
			l.rejects.add(text(r.Reason), func() string { return Describe(b.records[i]) })
		}
	}
	l.rejected.Add(int64(len(seen)))
	return int64(len(seen))
}
