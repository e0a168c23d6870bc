package engine

import (
	"encoding/json"

	"github.com/tidemarkdb/tidemark/internal/catalog"

	"github.com/tidemarkdb/tidemark/internal/errorreport"
)

// Types of notification about a scheduled query.
const (
	NoticeCreating = "SCHEDULED_QUERY_CREATING"
	NoticeCreated  = "SCHEDULED_QUERY_CREATED"
	NoticeUpdated  = "SCHEDULED_QUERY_UPDATED"
	NoticeDeleted  = "SCHEDULED_QUERY_DELETED"
)

// RunStatus returns how a run ended in the words of the API.
func RunStatus(r *ScheduledRun) string {
	status := "AUTO_TRIGGER_"
	if r.Manual != 0 {
		status = "MANUAL_TRIGGER_"
	}
	if r.Failed {
		return status + "FAILURE"
	}
	return status + "SUCCESS"
}

// stateName returns whether a scheduled query runs in the words of the API.
func stateName(st *catalog.ScheduledState) string {
	if st.Disabled {
		return "DISABLED"
	}
	return "ENABLED"
}

// StateName returns whether the scheduled query runs in the words of the API.
func (q *ScheduledQuery) StateName() string { return stateName(q.State) }

// noticeEvent is what a notification says. Members are as the service has them; source: developer guide, "Notifications".
type noticeEvent struct {
	Type  string      `json:"type"`
	ARN   string      `json:"arn"`
	State string      `json:"state,omitempty"`
	Next  int64       `json:"nextInvocationEpochSecond,omitempty"`
	Run   *noticedRun `json:"scheduledQueryRunSummary,omitempty"`
}

// noticedRun is a run in a notification. Times are in seconds and in milliseconds, as their names say.
type noticedRun struct {
	At     int64        `json:"invocationEpochSecond"`
	Began  int64        `json:"triggerTimeMillis"`
	Status string       `json:"runStatus"`
	Stats  noticedStats `json:"executionStats"`

	Insights json.RawMessage `json:"queryInsightsResponse,omitempty"`

	Report *noticedReport `json:"errorReportLocation,omitempty"`
	Reason string         `json:"failureReason,omitempty"`
}

// noticedStats is what a run has done and cost.
type noticedStats struct {
	Millis       int64 `json:"executionTimeInMillis"`
	BytesWritten int64 `json:"dataWrites"`
	BytesMetered int64 `json:"bytesMetered"`
	BytesScanned int64 `json:"cumulativeBytesScanned"`
	Records      int64 `json:"recordsIngested"`
	Rows         int64 `json:"queryResultRows"`
}

// noticedReport is where the report of a run lies.
type noticedReport struct {
	Object struct {
		Bucket string `json:"bucketName"`
		Key    string `json:"objectKey"`
	} `json:"s3ReportLocation"`
}

// eventNotice is the notification that something happened to a scheduled query.
func eventNotice(arn, kind, state string) noticeEvent {
	return noticeEvent{Type: kind, ARN: arn, State: state}
}

// runNotice is the notification about a run. next is when the query is due next, 0 for never.
func runNotice(arn string, r *ScheduledRun, next int64) noticeEvent {
	run := &noticedRun{At: r.At / 1000, Began: r.Trigger, Status: RunStatus(r), Stats: noticedStats(r.Stats), Insights: r.Insight, Reason: r.Reason}
	if r.Report != nil {
		run.Report = &noticedReport{}
		run.Report.Object.Bucket, run.Report.Object.Key = r.Report.Bucket, r.Report.Key
	}
	return noticeEvent{Type: run.Status, ARN: arn, Next: next / 1000, Run: run}
}

// notices turns events into the notifications that the catalog keeps until they are delivered; none if nobody listens.
func (e *Engine) notices(q *catalog.ScheduledQuery, events ...noticeEvent) []Notice {
	if e.opts.Notifies == nil || !e.opts.Notifies(q.Topic) {
		return nil
	}
	out := make([]Notice, len(events))
	for i := range events {
		out[i] = Notice{Topic: q.Topic, Query: events[i].ARN, Type: events[i].Type, Message: string(errorreport.Encode(&events[i])), At: e.nowMillis()}
	}
	return out
}

// Notices returns the notifications that wait for their delivery, oldest first.
func (e *Engine) Notices() []*Notice { return e.catalog.Notices() }

// DropNotices forgets notifications that were delivered or given up.
func (e *Engine) DropNotices(ids ...uint64) error { return e.catalog.DropNotices(ids...) }
