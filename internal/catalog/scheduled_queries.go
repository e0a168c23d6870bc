package catalog

import (
	"encoding/json"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/mapping"
)

// ScheduledQueriesMax is the service's quota.
const ScheduledQueriesMax = 10_000

// ScheduledQuery is the definition of a scheduled query. Of all members only the tags ever change. Times are milliseconds since
// 1970.
type ScheduledQuery struct {
	ID           string           `json:"id"` // the name and a random suffix: the last part of the ARN, never used twice
	Name         string           `json:"name"`
	Query        string           `json:"query"`
	Schedule     string           `json:"schedule"`
	Topic        string           `json:"topic"` // ARN of where notifications go
	Target       *ScheduledTarget `json:"target,omitempty"`
	Role         string           `json:"role"`
	KMSKeyID     string           `json:"kms_key_id,omitempty"`
	ErrorReports S3Location       `json:"error_reports"`
	CreatedAt    int64            `json:"created_at"`
	First        int64            `json:"first"`           // the first time that it is due: State.Next before any run
	Token        string           `json:"token,omitempty"` // the client token of the creation
	Input        string           `json:"input,omitempty"` // a hash of all that was asked for at the creation
	Tags         []Tag            `json:"tags,omitempty"`
}

// ScheduledTarget is the table that results are written to, and how rows become records.
type ScheduledTarget struct {
	Database string        `json:"database"`
	Table    string        `json:"table"`
	Model    mapping.Model `json:"model"`
}

// ScheduledState is what changes while a scheduled query lives.
type ScheduledState struct {
	ID       string `json:"id"`
	Disabled bool   `json:"disabled,omitempty"`
	Next     int64  `json:"next,omitempty"`     // the next time that it is due, 0 if there is none or it is disabled
	Previous int64  `json:"previous,omitempty"` // the time of the last finished invocation, 0 if there is none
	// Trigger is when the newest run began. Every run has a later one than all runs before it, whatever the clock says: it is
	// the version of its records, too.
	Trigger int64          `json:"trigger,omitempty"`
	Running *Invocation    `json:"running,omitempty"` // what began and has not ended; after a restart it begins again
	Manual  []Invocation   `json:"manual,omitempty"`  // that wait for their run, oldest first
	Asked   int64          `json:"asked,omitempty"`   // how many were ever asked for by hand
	Last    *ScheduledRun  `json:"last,omitempty"`
	Failed  []ScheduledRun `json:"failed,omitempty"` // the newest failures, newest first
}

// Invocation is a run that is asked for.
type Invocation struct {
	At       int64 `json:"at"`               // the value of @scheduled_runtime
	Manual   int64 `json:"manual,omitempty"` // 0 if it was due by the schedule, else the number of the request by hand
	Insights bool  `json:"insights,omitempty"`
}

// ScheduledRun is a run that has ended.
type ScheduledRun struct {
	Invocation
	Trigger int64          `json:"trigger"`
	Failed  bool           `json:"failed,omitempty"`
	Reason  string         `json:"reason,omitempty"` // of the failure
	Stats   ScheduledStats `json:"stats"`
	Report  *ReportObject  `json:"report,omitempty"` // of what could not be written
	// Insight is what the run has read, in the JSON of notifications, if that was asked for.
	Insight json.RawMessage `json:"insight,omitempty"`
}

// ScheduledStats is what a run has done and cost.
type ScheduledStats struct {
	Millis       int64 `json:"millis"`
	BytesWritten int64 `json:"bytes_written"` // as metered
	BytesMetered int64 `json:"bytes_metered"`
	BytesScanned int64 `json:"bytes_scanned"`
	Records      int64 `json:"records"` // ingested
	Rows         int64 `json:"rows"`    // of the result
}

// ReportObject is where a report lies.
type ReportObject struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
}

// Notice is a notification that has not been delivered yet. ID is the catalog's to give.
type Notice struct {
	ID      uint64 `json:"id"`
	Topic   string `json:"topic"` // ARN
	Query   string `json:"query"` // ARN
	Type    string `json:"type"`
	Message string `json:"message"` // JSON
	At      int64  `json:"at"`      // when it happened
}

// NoticesMax bounds the notifications that wait. Further ones are not kept.
const NoticesMax = 10_000

// Scheduled is a scheduled query with its state of a moment. Neither changes.
type Scheduled struct {
	*ScheduledQuery
	State *ScheduledState
}

// scheduled is the part of a state that is about scheduled queries.
type scheduled struct {
	queries    map[string]Scheduled
	ids        []string          // sorted; valid after state.sortNames
	tokens     map[string]string // the newest query by its client token
	notices    map[uint64]*Notice
	nextNotice uint64
}

func newScheduled() scheduled {
	return scheduled{queries: map[string]Scheduled{}, tokens: map[string]string{}, notices: map[uint64]*Notice{}, nextNotice: 1}
}

// noScheduledQuery is the error for a scheduled query that is not there.
func noScheduledQuery(id string) error {
	return dberr.New(dberr.NotFound, "The scheduled query %s does not exist.", id)
}

// ScheduledQuery returns a scheduled query, or an error of kind NotFound.
func (c *Catalog) ScheduledQuery(id string) (Scheduled, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.state.scheduledQuery(id)
}

func (s *state) scheduledQuery(id string) (Scheduled, error) {
	q, ok := s.scheduled.queries[id]
	if !ok {
		return Scheduled{}, noScheduledQuery(id)
	}
	return q, nil
}

// ScheduledQueries returns up to limit scheduled queries in order of their ids, beginning after the given one ("" for the
// first). A limit of 0 is none.
func (c *Catalog) ScheduledQueries(afterID string, limit int) []Scheduled {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s := &c.state.scheduled
	ids := s.ids[after(s.ids, afterID):]
	if limit > 0 && len(ids) > limit {
		ids = ids[:limit]
	}
	out := make([]Scheduled, len(ids))
	for i, id := range ids {
		out[i] = s.queries[id]
	}
	return out
}

// ScheduledQueryByToken returns the scheduled query that was created last with a client token, false if there is none.
func (c *Catalog) ScheduledQueryByToken(token string) (Scheduled, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	q, ok := c.state.scheduled.queries[c.state.scheduled.tokens[token]]
	return q, ok
}

// CreateScheduledQuery declares a scheduled query, unless check, which is called when nothing else can change, refuses it. The
// error is of kind Limit if there are ScheduledQueriesMax, Conflict if its id is taken.
func (c *Catalog) CreateScheduledQuery(q ScheduledQuery, check func() error, notices ...Notice) error {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return err
	}
	if err := check(); err != nil {
		return err
	}
	if _, taken := c.state.scheduled.queries[q.ID]; taken {
		return dberr.New(dberr.Conflict, "A scheduled query with id %s already exists.", q.ID)
	}
	if len(c.state.scheduled.queries) >= ScheduledQueriesMax {
		return dberr.New(dberr.Limit, "Limit for number of scheduled queries per account exceeded")
	}
	return c.commit(append(c.noticeChanges(notices), &change{PutScheduledQuery: &q})...)
}

// UpdateScheduledQuery changes the definition of a scheduled query. edit gets a copy, whose slices and pointers it must replace
// rather than change, and returns whether it changed anything; the id must stay.
func (c *Catalog) UpdateScheduledQuery(id string, edit func(*ScheduledQuery) (changed bool, err error)) (Scheduled, error) {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return Scheduled{}, err
	}
	old, err := c.state.scheduledQuery(id)
	if err != nil {
		return Scheduled{}, err
	}
	q := *old.ScheduledQuery
	changed, err := edit(&q)
	if err == nil && changed {
		err = c.commit(&change{PutScheduledQuery: &q})
	}
	if err != nil {
		return Scheduled{}, err
	}
	return c.state.scheduled.queries[id], nil
}

// UpdateScheduledState changes the state of a scheduled query, together with the notifications about it. edit gets a copy,
// whose slices and pointers it must replace rather than change, and returns whether it changed anything. After a crash
// notifications may be there without the change, not the other way round.
func (c *Catalog) UpdateScheduledState(id string, edit func(*ScheduledQuery, *ScheduledState) (changed bool, notices []Notice)) (Scheduled, error) {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return Scheduled{}, err
	}
	old, err := c.state.scheduledQuery(id)
	if err != nil {
		return Scheduled{}, err
	}
	st := *old.State
	changed, notices := edit(old.ScheduledQuery, &st)
	if !changed {
		return old, nil
	}
	if err := c.commit(append(c.noticeChanges(notices), &change{PutScheduledState: &st})...); err != nil {
		return Scheduled{}, err
	}
	return c.state.scheduled.queries[id], nil
}

// DropScheduledQuery removes a scheduled query.
func (c *Catalog) DropScheduledQuery(id string, notices ...Notice) error {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return err
	}
	if _, err := c.state.scheduledQuery(id); err != nil {
		return err
	}
	return c.commit(append(c.noticeChanges(notices), &change{DropScheduledQuery: id})...)
}

// noticeChanges gives notifications their numbers, and drops those for which there is no room. The caller holds changing.
func (c *Catalog) noticeChanges(notices []Notice) []*change {
	var out []*change
	s := &c.state.scheduled
	room := max(NoticesMax-len(s.notices), 0)
	for i, n := range notices[:min(len(notices), room)] {
		n.ID = s.nextNotice + uint64(i)
		out = append(out, &change{PutNotice: &n})
	}
	return out
}

// Notices returns the notifications that were not delivered yet, oldest first.
func (c *Catalog) Notices() []*Notice {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.state.scheduled.sortedNotices()
}

func (s *scheduled) sortedNotices() []*Notice {
	out := make([]*Notice, 0, len(s.notices))
	for _, n := range s.notices {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b *Notice) int { return int(int64(a.ID) - int64(b.ID)) })
	return out
}

// DropNotices forgets notifications, which have been delivered or given up.
func (c *Catalog) DropNotices(ids ...uint64) error {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return err
	}
	var changes []*change
	for _, id := range ids {
		if c.state.scheduled.notices[id] != nil {
			changes = append(changes, &change{DropNotice: id})
		}
	}
	return c.commit(changes...)
}
