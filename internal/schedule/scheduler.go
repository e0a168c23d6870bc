package schedule

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
)

// Options configures a Scheduler. Engine and Objects must be set.
type Options struct {
	Engine  *engine.Engine
	Objects objectstore.Store // where error reports go
	Clock   clock.Clock       // default clock.Real
	Logger  *slog.Logger      // default: discards
	// RunsMax is how many scheduled queries run at the same time. Default 4. How many compute is the engine's to say.
	RunsMax int
	// Sink finds the sink that a tag names. Default: there are none. The error is of kind Invalid for an unknown one.
	Sink func(name string) (Target, error)
	// Permit returns what is asked for everything that runs with a role read and write. Default: nobody is asked.
	Permit func(roleARN string) func(engine.Permission) error
	// Attempted is told of each attempt to carry out a run when it is over, for the audit log. Default: nobody is told.
	Attempted func(*engine.ScheduledAttempt)
	// Webhooks returns where notifications of a topic go. Default: nowhere.
	Webhooks func(topicARN string) []Webhook
}

// Limits of runs that are put off.
const (
	attemptsMax  = 5
	postponeUnit = 10 * time.Second // before the second attempt; twice as long before each further one, up to five minutes
	outageMax    = 24 * time.Hour   // a run waits so long for the database of a sink; those after it wait, too
	lookEvery    = time.Minute      // the machine's clock may be set: nothing sleeps longer than this
	setBackMin   = time.Second      // a clock that is set back by less is not noticed
	runsDefault  = 4
)

// Scheduler runs scheduled queries.
type Scheduler struct {
	opts     Options
	notifier *notifier

	mu        sync.Mutex
	postponed map[string]*postponement // by the id of the scheduled query
	last      string                   // the scheduled query that began last
	latest    int64                    // the latest time that the clock has shown, in milliseconds; 0 before the first look
}

// postponement is a run that has failed and is tried again.
type postponement struct {
	attempts         int
	since, notBefore time.Time
}

// New makes a scheduler, which does nothing yet.
func New(opts Options) *Scheduler {
	if opts.Clock == nil {
		opts.Clock = clock.Real{}
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Attempted == nil {
		opts.Attempted = func(*engine.ScheduledAttempt) {}
	}
	if opts.RunsMax == 0 {
		opts.RunsMax = runsDefault
	}
	return &Scheduler{opts: opts, postponed: map[string]*postponement{}, notifier: newNotifier(&opts)}
}

// Run runs what is due until ctx ends, and then waits for what is under way: a run that is cut off begins again when the next
// server starts. Engine and object store stay open until it returns.
func (s *Scheduler) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { s.notifier.run(ctx) })
	active, ended := map[string]bool{}, make(chan string, s.opts.RunsMax)
	for {
		ids, until := s.due()
		for _, id := range ids {
			if len(active) == s.opts.RunsMax {
				break
			}
			if active[id] {
				continue
			}
			active[id] = true
			s.last = id
			running.Go(func() {
				defer func() { ended <- id }() // has room for all
				s.runNext(ctx, id)
			})
		}
		select {
		case <-ctx.Done():
			return
		case id := <-ended:
			delete(active, id)
		case <-s.opts.Engine.ScheduleChanged():
		case <-s.opts.Clock.After(until.Sub(s.opts.Clock.Now())):
		}
		s.notifier.look()
	}
}

// RunDue carries out everything that is due, one after the other, which otherwise Run does; the time stands for that long. It is
// for tests.
func (s *Scheduler) RunDue(ctx context.Context) {
	for ctx.Err() == nil {
		ids, _ := s.due()
		did := false
		for _, id := range ids {
			did = s.runNext(ctx, id) || did
		}
		if !did {
			return
		}
	}
}

// due returns the scheduled queries that have something to run, those that had to wait longest first, and when to look again if
// nothing changes.
func (s *Scheduler) due() (ids []string, until time.Time) {
	s.resume()
	now := s.opts.Clock.Now()
	all, next := s.opts.Engine.ScheduledWork()
	pause := lookEvery
	if !next.IsZero() {
		pause = min(pause, next.Sub(now))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.postponed { // deleted ones, and those that were disabled before they began
		if _, found := slices.BinarySearch(all, id); !found {
			delete(s.postponed, id)
		}
	}
	for _, id := range all {
		if p := s.postponed[id]; p != nil && now.Before(p.notBefore) {
			pause = min(pause, p.notBefore.Sub(now))
			continue
		}
		ids = append(ids, id)
	}
	// In a circle, so that those in front do not keep the others waiting.
	at, found := slices.BinarySearch(ids, s.last)
	if found {
		at++
	}
	return append(ids[at:len(ids):len(ids)], ids[:at]...), now.Add(max(pause, time.Millisecond))
}

// resume looks whether the clock was set back, which it may have been before the first look, too.
func (s *Scheduler) resume() {
	now := s.opts.Clock.Now().UnixMilli()
	if s.latest != 0 && now > s.latest-setBackMin.Milliseconds() {
		s.latest = max(s.latest, now)
		return
	}
	if err := s.opts.Engine.ResumeSchedules(context.Background()); err != nil {
		s.opts.Logger.Warn("schedules could not be adapted to a clock that was set back", "error", err)
		return // until the next look
	}
	s.latest = now
}

// postpone puts a run off that has failed because of err; false if it has failed too often, or for too long.
func (s *Scheduler) postpone(id string, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, now := s.postponed[id], s.opts.Clock.Now()
	if p == nil {
		p = &postponement{since: now}
		s.postponed[id] = p
	}
	p.notBefore = now.Add(postponeUnit << min(p.attempts, attemptsMax))
	p.attempts++
	var down *outage
	if errors.As(err, &down) {
		return now.Sub(p.since) < outageMax
	}
	return p.attempts < attemptsMax
}

// settled forgets that runs of a scheduled query failed.
func (s *Scheduler) settled(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.postponed, id)
}
