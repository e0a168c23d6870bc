package engine

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/schedule/cronexpr"
)

// Parts of scheduled queries, as the catalog keeps them.
type (
	// ScheduledTarget is where results of a scheduled query go, and how rows become records.
	ScheduledTarget = catalog.ScheduledTarget
	// ScheduledRun is a run that has ended.
	ScheduledRun = catalog.ScheduledRun
	// ScheduledStats is what a run has done and cost.
	ScheduledStats = catalog.ScheduledStats
	// ReportObject is where a report lies.
	ReportObject = catalog.ReportObject
	// Invocation is a run that is asked for.
	Invocation = catalog.Invocation
	// Notice is a notification that waits for its delivery.
	Notice = catalog.Notice
)

// Limits of scheduled queries.
const (
	// creationTokenAge is how long a client token stands for the creation that it came with. Source: API reference.
	creationTokenAge = 8 * time.Hour
	// manualRunsMax is how many invocations by hand may wait for one scheduled query.
	manualRunsMax = 100
)

// ScheduledQuery is a scheduled query as users see it, at one moment.
type ScheduledQuery struct {
	catalog.Scheduled
	ARN string
}

// CreateScheduledQueryInput describes a new scheduled query. Target, ClientToken, KMSKeyID and Tags may be absent.
type CreateScheduledQueryInput struct {
	Name, Query, Schedule string
	Topic, Role           string // ARNs
	Target                *ScheduledTarget
	ErrorReports          S3Location
	KMSKeyID              string
	Tags                  []Tag
	ClientToken           string `json:"-"`
	// Permit is asked for what runs will read and write, on behalf of the role; nil permits all.
	Permit func(Permission) error `json:"-"`
}

// hash returns a text that is the same for equal inputs, whatever their tokens.
func (in *CreateScheduledQueryInput) hash() string {
	text, err := json.Marshal(in)
	if err != nil {
		panic("bug: encode a scheduled query: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// scheduledARN returns the ARN of a scheduled query, parseScheduledARN the reverse.
func (e *Engine) scheduledARN(id string) string {
	return e.scheduledPrefix() + id
}

func (e *Engine) scheduledPrefix() string {
	return "arn:aws:timestream:" + e.opts.Region + ":" + e.opts.AccountID + ":scheduled-query/"
}

// parseScheduledARN returns the id of a scheduled query, "" for an ARN of another account or region. The error is of kind Invalid
// for what is no ARN of a scheduled query.
func (e *Engine) parseScheduledARN(arn string) (id string, err error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "timestream" || !strings.HasPrefix(parts[5], "scheduled-query/") {
		return "", dberr.New(dberr.Invalid, "The ARN %s is not that of a scheduled query.", arn)
	}
	id, _ = strings.CutPrefix(arn, e.scheduledPrefix())
	if id == arn {
		id = ""
	}
	return id, nil
}

// noScheduledQuery is the error for an ARN that stands for nothing.
func noScheduledQuery(arn string) error {
	return dberr.New(dberr.NotFound, "The scheduled query with ARN %s does not exist.", arn)
}

// withScheduled calls f with the id that an ARN stands for, and says so if there is no such scheduled query.
func (e *Engine) withScheduled(arn string, f func(id string) error) error {
	id, err := e.parseScheduledARN(arn)
	if err != nil {
		return err
	}
	if err := f(id); !dberr.Is(err, dberr.NotFound) {
		return err
	}
	return noScheduledQuery(arn)
}

// errCreated says that a creation was carried out before.
var errCreated = errors.New("created before")

// CreateScheduledQuery declares a scheduled query and returns its ARN. The table that it writes to is made if its database has
// none of that name. The same client token and input within creationTokenAge give the same ARN, another input then is a
// Conflict.
func (e *Engine) CreateScheduledQuery(ctx context.Context, in CreateScheduledQueryInput) (arn string, err error) {
	now := e.clock.Now()
	q := catalog.ScheduledQuery{
		Name: in.Name, Query: in.Query, Schedule: in.Schedule, Topic: in.Topic, Target: in.Target, Role: in.Role,
		KMSKeyID: in.KMSKeyID, ErrorReports: in.ErrorReports, Tags: in.Tags, Token: in.ClientToken, Input: in.hash(), CreatedAt: now.UnixMilli(),
	}
	replay := func() error { // of a creation that has happened
		old, known := e.catalog.ScheduledQueryByToken(q.Token)
		switch {
		case q.Token == "" || !known || now.Sub(time.UnixMilli(old.CreatedAt)) >= creationTokenAge:
			return nil
		case old.Input != q.Input:
			return dberr.New(dberr.Conflict, "The client token was used for the creation of another scheduled query.")
		}
		arn = e.scheduledARN(old.ID)
		return errCreated
	}
	if err := replay(); errors.Is(err, errCreated) {
		return arn, nil
	} else if err != nil {
		return "", err
	}
	if q.First, err = firstInvocation(in.Schedule, now); err != nil {
		return "", err
	}
	if err := e.checkScheduledQuery(&in); err != nil {
		return "", err
	}
	if err := e.checkSink(SinkOf(in.Tags)); err != nil {
		return "", err
	}
	if err := e.makeScheduledTarget(ctx, &in); err != nil {
		return "", err
	}
	q.ID = in.Name + "-" + newScheduledSuffix()
	made := e.scheduledARN(q.ID)
	err = e.catalog.CreateScheduledQuery(q, replay, e.notices(&q, eventNotice(made, NoticeCreating, ""), eventNotice(made, NoticeCreated, ""))...)
	switch {
	case errors.Is(err, errCreated):
		return arn, nil
	case err != nil:
		return "", err
	}
	e.wakeSchedule()
	return made, nil
}

// SinkTag is the key of the tag that names the sink, besides the target's table, that the rows of a scheduled query go to.
const SinkTag = "tidemark:sink"

// SinkOf returns the value of the tag SinkTag, "" if it is not there.
func SinkOf(tags []Tag) string {
	for _, t := range tags {
		if t.Key == SinkTag {
			return t.Value
		}
	}
	return ""
}

// checkSink refuses the name of a sink that there is none of; "" stands for no sink.
func (e *Engine) checkSink(name string) error {
	if name == "" || e.opts.CheckSink == nil {
		return nil
	}
	return e.opts.CheckSink(name)
}

// newScheduledSuffix returns what makes the name of a scheduled query unique, in the form of the service's.
func newScheduledSuffix() string {
	var b [6]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// firstInvocation returns when a schedule that begins now is due first, in milliseconds.
func firstInvocation(expression string, now time.Time) (int64, error) {
	s, err := cronexpr.Parse(expression)
	if err != nil {
		return 0, dberr.Wrap(dberr.Invalid, err, "%s", upperFirst(err.Error())+".")
	}
	at, ok := s.Next(now, now)
	if !ok {
		return 0, dberr.New(dberr.Invalid, "The schedule expression '%s' has no time in the future.", expression)
	}
	return at.UnixMilli(), nil
}

// upperFirst begins a text with a capital letter.
func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// nextInvocation returns when a scheduled query is due first after a time in milliseconds, 0 for never.
func nextInvocation(q *catalog.ScheduledQuery, after int64) int64 {
	s, err := cronexpr.Parse(q.Schedule)
	if err != nil {
		return 0 // of a newer release, perhaps
	}
	if at, ok := s.Next(time.UnixMilli(q.CreatedAt), time.UnixMilli(after)); ok {
		return at.UnixMilli()
	}
	return 0
}

// DescribeScheduledQuery returns a scheduled query.
func (e *Engine) DescribeScheduledQuery(_ context.Context, arn string) (out *ScheduledQuery, err error) {
	err = e.withScheduled(arn, func(id string) error {
		q, err := e.catalog.ScheduledQuery(id)
		out = &ScheduledQuery{q, arn}
		return err
	})
	return out, err
}

// ListScheduledQueries returns up to limit scheduled queries in order of their names, and the token of the next page, "" on the
// last one.
func (e *Engine) ListScheduledQueries(_ context.Context, token string, limit int) ([]*ScheduledQuery, string, error) {
	after, err := pageAfter(listScheduledQueries, token, limit)
	if err != nil {
		return nil, "", err
	}
	list := e.catalog.ScheduledQueries(after.name, limit+1)
	next := ""
	if len(list) > limit {
		list = list[:limit]
		next = listToken(listScheduledQueries, listPosition{name: list[limit-1].ID})
	}
	out := make([]*ScheduledQuery, len(list))
	for i, q := range list {
		out[i] = &ScheduledQuery{q, e.scheduledARN(q.ID)}
	}
	return out, next, nil
}

// UpdateScheduledQuery enables or disables a scheduled query. What became due while it was disabled is not made up. With the
// state that it has already nothing changes.
func (e *Engine) UpdateScheduledQuery(_ context.Context, arn string, enabled bool) error {
	now := e.nowMillis()
	return e.changeScheduled(arn, func(q *catalog.ScheduledQuery, st *catalog.ScheduledState) (bool, []Notice, error) {
		if st.Disabled == !enabled {
			return false, nil, nil
		}
		st.Disabled, st.Next = !enabled, 0
		if enabled {
			st.Next = nextInvocation(q, now)
		}
		return true, e.notices(q, eventNotice(arn, NoticeUpdated, stateName(st))), nil
	})
}

// ExecuteScheduledQuery asks for a run with a time in milliseconds as @scheduled_runtime. It returns when the request is
// durable; the run comes later, also if the scheduled query is disabled.
func (e *Engine) ExecuteScheduledQuery(_ context.Context, arn string, at int64, insights bool) error {
	const farthest = 9_223_372_036_000 // milliseconds that fit into a timestamp of nanoseconds
	if at < -farthest || at > farthest {
		return dberr.New(dberr.Invalid, "The invocation time is outside the range of timestamps.")
	}
	return e.changeScheduled(arn, func(_ *catalog.ScheduledQuery, st *catalog.ScheduledState) (bool, []Notice, error) {
		if len(st.Manual) >= manualRunsMax {
			return false, nil, dberr.New(dberr.Throttled, "%d invocations of the scheduled query are waiting. Try again later.", manualRunsMax)
		}
		st.Asked++
		st.Manual = append(st.Manual[:len(st.Manual):len(st.Manual)], catalog.Invocation{At: at, Manual: st.Asked, Insights: insights})
		return true, nil, nil
	})
}

// changeScheduled changes the state of a scheduled query and wakes whoever runs it. An error of edit changes nothing.
func (e *Engine) changeScheduled(arn string, edit func(*catalog.ScheduledQuery, *catalog.ScheduledState) (bool, []Notice, error)) error {
	err := e.withScheduled(arn, func(id string) error {
		var refused error
		_, err := e.catalog.UpdateScheduledState(id, func(q *catalog.ScheduledQuery, st *catalog.ScheduledState) (changed bool, notices []Notice) {
			changed, notices, refused = edit(q, st)
			return changed && refused == nil, notices
		})
		return errors.Join(err, refused)
	})
	if err == nil {
		e.wakeSchedule()
	}
	return err
}

// DeleteScheduledQuery removes a scheduled query. A run under way goes on to its end; what runs have written stays.
func (e *Engine) DeleteScheduledQuery(_ context.Context, arn string) error {
	err := e.withScheduled(arn, func(id string) error {
		q, err := e.catalog.ScheduledQuery(id)
		if err != nil {
			return err
		}
		return e.catalog.DropScheduledQuery(id, e.notices(q.ScheduledQuery, eventNotice(arn, NoticeDeleted, ""))...)
	})
	if err == nil {
		e.wakeSchedule()
	}
	return err
}
