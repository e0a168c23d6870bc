package engine

import (
	"context"
	"slices"
	"time"

	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/schedule/cronexpr"
)

// What whoever runs scheduled queries asks for. A run goes through two durable steps: BeginScheduledRun notes which invocation
// has begun, and when; EndScheduledRun notes how it ended, and what comes next. In between results are written with the begin
// as their version. After a crash in between the same invocation begins again, with a later version: it writes the same
// records over its own, and later invocations, which begin later still, over those that they share.

// Limits of runs.
const (
	// missedRunsMax is how many invocations that were missed, while the server was down or busy, are made up: a day of a query
	// that runs every minute, and some. Of more the latest count.
	missedRunsMax = 1500
	// failuresKept is how many failures are described. Source: API reference.
	failuresKept = 5
)

// ScheduledStart is a run that has begun.
type ScheduledStart struct {
	*catalog.ScheduledQuery
	ARN string
	Invocation
	Trigger int64 // when it began, in milliseconds: later than all runs before it. It is the version of its records.
	// SkippedFrom is the first of the missed invocations before it that are not made up, in milliseconds, 0 if there are none.
	SkippedFrom int64
}

// ScheduledOutcome is how a run ended.
type ScheduledOutcome struct {
	Failed  bool
	Reason  string // of the failure
	Disable bool   // no further run could succeed
	Stats   ScheduledStats
	Report  *ReportObject
	// Insights is what the statement has read, if that was asked for.
	Insights *QueryInsights
}

// ScheduledAttempt is an attempt to carry out a run, when it is over.
type ScheduledAttempt struct {
	*ScheduledStart
	Began   time.Time
	Did     []Permission // what it was to do, each asked for before it was done; the last one may have been refused
	Outcome *ScheduledOutcome
	Err     error // why it failed
	Again   bool  // the same run is tried again
}

// wakeSchedule tells whoever runs scheduled queries to look for work.
func (e *Engine) wakeSchedule() {
	select {
	case e.scheduleWake <- struct{}{}:
	default:
	}
}

// ScheduleChanged gives a value when there may be more to run than ScheduledWork said, or a notification to deliver.
func (e *Engine) ScheduleChanged() <-chan struct{} { return e.scheduleWake }

// ScheduledWork returns the ids of the scheduled queries that have something to run, and the time at which the next of the
// others is due, zero if none is.
func (e *Engine) ScheduledWork() (ids []string, next time.Time) {
	now, first := e.nowMillis(), int64(0)
	for _, q := range e.catalog.ScheduledQueries("", 0) {
		switch st := q.State; {
		case st.Running != nil || len(st.Manual) > 0 || st.Next != 0 && st.Next <= now:
			ids = append(ids, q.ID)
		case st.Next != 0 && (first == 0 || st.Next < first):
			first = st.Next
		}
	}
	if first != 0 {
		next = time.UnixMilli(first)
	}
	return ids, next
}

// BeginScheduledRun begins the next run of a scheduled query: the one that was interrupted, else the first that waits by hand,
// else the first that is due. It returns nil if there is none. The caller lets no other run of it begin before EndScheduledRun.
func (e *Engine) BeginScheduledRun(_ context.Context, id string) (*ScheduledStart, error) {
	now, skippedFrom := e.nowMillis(), int64(0)
	q, err := e.catalog.UpdateScheduledState(id, func(q *catalog.ScheduledQuery, st *catalog.ScheduledState) (bool, []Notice) {
		switch {
		case st.Running != nil:
		case len(st.Manual) > 0:
			st.Running, st.Manual = &st.Manual[0], st.Manual[1:]
		case st.Next != 0 && st.Next <= now:
			st.Next, skippedFrom = skipMissed(q, st.Next, now)
			st.Running = &Invocation{At: st.Next}
		default:
			return false, nil
		}
		st.Trigger = max(now, st.Trigger+1)
		return true, nil
	})
	if err != nil || q.State.Running == nil {
		return nil, err
	}
	return &ScheduledStart{ScheduledQuery: q.ScheduledQuery, ARN: e.scheduledARN(id), Invocation: *q.State.Running, Trigger: q.State.Trigger, SkippedFrom: skippedFrom}, nil
}

// skipMissed returns the first of the invocations from next to now that is made up, and the first of those before it, 0 if there are
// none. It looks back from now, twice as far each time, rather than at all that was missed: a clock may be wrong by a century.
func skipMissed(q *catalog.ScheduledQuery, next, now int64) (first, skippedFrom int64) {
	s, err := cronexpr.Parse(q.Schedule)
	if err != nil {
		return next, 0
	}
	created := time.UnixMilli(q.CreatedAt)
	for span := missedRunsMax * time.Minute.Milliseconds(); ; span *= 2 { // no schedule is due twice in a minute
		from := max(next, now-span)
		var due []int64
		for at, ok := s.Next(created, time.UnixMilli(from-1)); ok && at.UnixMilli() <= now; at, ok = s.Next(created, at) {
			due = append(due, at.UnixMilli())
		}
		switch over := len(due) - missedRunsMax; {
		case over >= 0 && due[over] != next:
			return due[over], next
		case from == next:
			return next, 0
		}
	}
}

// ResumeSchedules brings scheduled queries forward whose next invocation lies further ahead than their schedule says: the clock was
// set back after they had run in what is the future now. Invocations whose times come again run again, and overwrite what they wrote.
func (e *Engine) ResumeSchedules(context.Context) error {
	now := e.nowMillis()
	for _, q := range e.catalog.ScheduledQueries("", 0) {
		next := nextInvocation(q.ScheduledQuery, now)
		if next == 0 || q.State.Next <= next {
			continue
		}
		_, err := e.catalog.UpdateScheduledState(q.ID, func(_ *catalog.ScheduledQuery, st *catalog.ScheduledState) (bool, []Notice) {
			ahead := st.Next > next
			if ahead {
				st.Next = next
			}
			return ahead, nil
		})
		if err != nil && !dberr.Is(err, dberr.NotFound) {
			return err
		}
	}
	return nil
}

// EndScheduledRun notes how a run ended, with the notifications about it. If the scheduled query is gone the error is of kind
// NotFound, and there is nothing to do.
func (e *Engine) EndScheduledRun(_ context.Context, s *ScheduledStart, out ScheduledOutcome) error {
	run := ScheduledRun{Invocation: s.Invocation, Trigger: s.Trigger, Failed: out.Failed, Reason: out.Reason, Stats: out.Stats, Report: out.Report,
		Insight: encodeInsights(out.Insights)}
	_, err := e.catalog.UpdateScheduledState(s.ID, func(q *catalog.ScheduledQuery, st *catalog.ScheduledState) (bool, []Notice) {
		st.Running, st.Last, st.Previous = nil, &run, run.At
		if run.Manual == 0 && st.Next == run.At {
			st.Next = nextInvocation(q, run.At)
		}
		if run.Failed {
			st.Failed = slices.Insert(slices.Clone(st.Failed), 0, run)
			st.Failed = st.Failed[:min(len(st.Failed), failuresKept)]
		}
		disabled := out.Disable && !st.Disabled
		if disabled {
			st.Disabled, st.Next = true, 0
		}
		notices := e.notices(q, runNotice(s.ARN, &run, st.Next))
		if disabled {
			notices = append(notices, e.notices(q, eventNotice(s.ARN, NoticeUpdated, stateName(st)))...)
		}
		return true, notices
	})
	if err == nil {
		e.wakeSchedule()
	}
	return err
}
