package api

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/audit"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// RunLog writes to the audit log what the server does for others while no request of theirs is under way: runs of scheduled queries and
// batch loads. Both read and write tables, so that requests alone do not tell who changed what. CloudTrail has no such events; these
// have its form for what services do by themselves. Methods of a nil *RunLog do nothing.
type RunLog struct {
	Log               *audit.Log
	Region, AccountID string
	// QueryText has messages of errors recorded that may repeat parts of statements.
	QueryText bool
}

// Names of the events.
const (
	eventScheduledQuery = "RunScheduledQuery"
	eventBatchLoad      = "RunBatchLoadTask"
)

// errorInterrupted is the code of attempts that were cut off because the server stopped.
const errorInterrupted = "Interrupted"

// ScheduledQuery records an attempt to carry out a run of a scheduled query: under which role, what it touched, how it ended. d may be nil.
func (l *RunLog) ScheduledQuery(e *engine.Engine, d *access.Directory, a *engine.ScheduledAttempt) {
	if l == nil {
		return
	}
	run := engine.ScheduledRun{Invocation: a.Invocation, Failed: a.Err != nil}
	details := scheduledDetails{
		ARN: a.ARN, Role: a.Role, Status: engine.RunStatus(&run), Again: a.Again, Disabled: a.Outcome.Disable, Sink: engine.SinkOf(a.Tags),
		Invocation: audit.FormatTime(time.UnixMilli(a.At)), Trigger: audit.FormatTime(time.UnixMilli(a.ScheduledStart.Trigger)),
		Rows: a.Outcome.Stats.Rows, Records: a.Outcome.Stats.Records, Scanned: a.Outcome.Stats.BytesScanned,
	}
	if t := a.Target; t != nil {
		details.Target = e.ARN(t.Database, t.Table)
	}
	touched := []string{a.ARN}
	for _, p := range a.Did {
		touched = append(touched, permissionTarget(e, p).names[0])
	}
	ev := l.event(eventScheduledQuery, a.Began, touched, details)
	ev.Identity = audit.Identity{Type: audit.TypeAWSService, Account: l.AccountID}
	if d != nil {
		ev.Identity = identityOfARN(a.Role, l.AccountID)
		if p, err := d.ServiceRole(a.Role, ourService); err == nil {
			ev.Identity = identityOf(p)
		}
	}
	ev.Identity.InvokedBy = ourService
	l.fail(ev, a.Err)
	l.Log.Record(ev)
}

// scheduledDetails is what an event says of a run.
type scheduledDetails struct {
	ARN        string `json:"scheduledQueryArn"`
	Role       string `json:"scheduledQueryExecutionRoleArn"`
	Invocation string `json:"invocationTime"`
	Trigger    string `json:"triggerTime"`
	Status     string `json:"runStatus"`
	Again      bool   `json:"willBeRetried,omitempty"`
	Disabled   bool   `json:"scheduledQueryDisabled,omitempty"`
	Target     string `json:"targetTableArn,omitempty"`
	Sink       string `json:"sink,omitempty"`
	Rows       int64  `json:"queryResultRows"`
	Records    int64  `json:"recordsIngested"`
	Scanned    int64  `json:"cumulativeBytesScanned"`
}

// BatchLoad records how a batch load has ended, in the name of who made its task.
func (l *RunLog) BatchLoad(task *engine.BatchLoadTask, tableARN string) {
	if l == nil {
		return
	}
	p := &task.Progress
	ev := l.event(eventBatchLoad, time.UnixMilli(task.UpdatedAt), []string{
		tableARN, objectTarget(task.Config.Bucket, task.Config.Prefix).names[0], objectTarget(task.Config.Report.Bucket, "").names[0],
	}, batchDetails{
		ID: task.ID, Status: string(task.Status), Created: audit.FormatTime(time.UnixMilli(task.CreatedAt)), Processed: p.Processed, Ingested: p.Ingested,
		ParseFailures: p.ParseFailures, IngestionFailures: p.IngestionFailures, FileFailures: p.FileFailures,
	})
	ev.Identity = audit.Identity{Type: audit.TypeAWSService, Account: l.AccountID}
	if task.Principal != "" {
		ev.Identity = identityOfARN(task.Principal, l.AccountID)
	}
	ev.Identity.InvokedBy = ourService
	if task.Error != "" {
		ev.ErrorCode = string(task.Status)
		if l.QueryText {
			ev.ErrorMessage = cut(task.Error)
		}
	}
	l.Log.Record(ev)
}

// batchDetails is what an event says of a batch load.
type batchDetails struct {
	ID                string `json:"taskId"`
	Status            string `json:"taskStatus"`
	Created           string `json:"creationTime"`
	Processed         int64  `json:"recordsProcessed"`
	Ingested          int64  `json:"recordsIngested"`
	ParseFailures     int64  `json:"parseFailures"`
	IngestionFailures int64  `json:"recordIngestionFailures"`
	FileFailures      int64  `json:"fileFailures"`
}

// event makes what events have alike.
func (l *RunLog) event(name string, at time.Time, touched []string, details any) *audit.Event {
	text, err := json.Marshal(details)
	if err != nil {
		panic("bug: encode details of an event: " + err.Error())
	}
	return &audit.Event{Type: audit.TypeService, Name: name, Time: audit.FormatTime(at), Source: ourService, Region: l.Region, Account: l.AccountID,
		Address: ourService, UserAgent: ourService, Details: text, Resources: auditResources(touched, l.AccountID)}
}

// fail notes why an attempt failed.
func (l *RunLog) fail(ev *audit.Event, err error) {
	switch {
	case err == nil:
		return
	case errors.Is(err, context.Canceled):
		ev.ErrorCode = errorInterrupted
		return
	}
	var refused *access.Error
	kind, text := describeError(err, "")
	if errors.As(err, &refused) {
		kind = accessCodes[access.Forbidden]
	}
	ev.ErrorCode = kind.short()
	if l.QueryText || isRefusal(err) {
		ev.ErrorMessage = cut(text)
	}
}

// identityOfARN tells who has an ARN: a user, a role, or a session of a role.
func identityOfARN(arn, account string) audit.Identity {
	id := audit.Identity{Type: "AssumedRole", ARN: arn, Account: account}
	if _, name, isUser := strings.Cut(arn, ":user/"); isUser {
		id.Type, id.UserName = "IAMUser", name[strings.LastIndexByte(name, '/')+1:]
	}
	return id
}
