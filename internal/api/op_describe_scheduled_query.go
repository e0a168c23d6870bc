package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// describeScheduledQuery answers with a scheduled query and its last runs.
func (h *handler) describeScheduledQuery(c *call) error {
	arn := c.scheduledARN()
	q, err := h.engine.DescribeScheduledQuery(c.r.Context(), arn)
	if err != nil {
		return missingQuery(arn, err)
	}
	w := &c.out
	w.Open('{')
	w.Key("ScheduledQuery")
	w.Open('{')
	writeScheduledHead(w, q)
	w.Key("QueryString")
	w.Text(q.Query)
	writeOnly(w, "ScheduleConfiguration", "ScheduleExpression", q.Schedule)
	w.Key("NotificationConfiguration")
	w.Open('{')
	writeOnly(w, "SnsConfiguration", "TopicArn", q.Topic)
	w.Close('{')
	if q.Target != nil {
		writeScheduledTarget(w, q.Target)
	}
	w.Key("ScheduledQueryExecutionRoleArn")
	w.Text(q.Role)
	writeIfSet(w, "KmsKeyId", q.KMSKeyID)
	writeErrorReports(w, &q.ErrorReports)
	if q.State.Last != nil {
		w.Key("LastRunSummary")
		writeRun(w, q.State.Last)
	}
	if len(q.State.Failed) > 0 {
		w.Key("RecentlyFailedRuns")
		w.Open('[')
		for i := range q.State.Failed {
			writeRun(w, &q.State.Failed[i])
		}
		w.Close('[')
	}
	w.Close('{')
	w.Close('{')
	return nil
}

// scheduledARN returns the ARN of a request about one scheduled query.
func (c *call) scheduledARN() string { return c.in.Get("ScheduledQueryArn").Text() }

// missingQueryError says that a scheduled query does not exist; answers name it in a member of its own.
type missingQueryError struct {
	arn string
	error
}

// Unwrap returns the error with the text.
func (e *missingQueryError) Unwrap() error { return e.error }

// missingQuery adds the ARN to an error about a scheduled query that does not exist.
func missingQuery(arn string, err error) error {
	if dberr.Is(err, dberr.NotFound) {
		return &missingQueryError{arn, err}
	}
	return err
}

// writeOnly adds a structure with one text.
func writeOnly(w *awsjson.Writer, key, inner, text string) {
	w.Key(key)
	w.Open('{')
	w.Key(inner)
	w.Text(text)
	w.Close('{')
}

// writeScheduledHead adds what lists and descriptions of a scheduled query share.
func writeScheduledHead(w *awsjson.Writer, q *engine.ScheduledQuery) {
	w.Key("Arn")
	w.Text(q.ARN)
	w.Key("Name")
	w.Text(q.Name)
	w.Key("CreationTime")
	w.Millis(q.CreatedAt)
	w.Key("State")
	w.Text(q.StateName())
	if q.State.Last != nil {
		w.Key("PreviousInvocationTime")
		w.Millis(q.State.Previous)
	}
	if q.State.Next != 0 {
		w.Key("NextInvocationTime")
		w.Millis(q.State.Next)
	}
}

// writeErrorReports adds ErrorReportConfiguration.
func writeErrorReports(w *awsjson.Writer, s3 *engine.S3Location) {
	w.Key("ErrorReportConfiguration")
	w.Open('{')
	w.Key("S3Configuration")
	writeS3Location(w, s3)
	w.Close('{')
}

// writeScheduledTarget adds TargetConfiguration as it was given.
func writeScheduledTarget(w *awsjson.Writer, t *engine.ScheduledTarget) {
	m := &t.Model
	w.Key("TargetConfiguration")
	w.Open('{')
	w.Key("TimestreamConfiguration")
	w.Open('{')
	w.Key("DatabaseName")
	w.Text(t.Database)
	w.Key("TableName")
	w.Text(t.Table)
	w.Key("TimeColumn")
	w.Text(m.TimeColumn)
	w.Key("DimensionMappings")
	w.Open('[')
	for i := range m.Dimensions {
		w.Open('{')
		w.Key("Name")
		w.Text(m.Dimensions[i].Source)
		w.Key("DimensionValueType")
		w.Text("VARCHAR")
		w.Close('{')
	}
	w.Close('[')
	writeMeasures(w, m)
	w.Close('{')
	w.Close('{')
}

// writeRun appends a ScheduledQueryRunSummary.
func writeRun(w *awsjson.Writer, r *engine.ScheduledRun) {
	w.Open('{')
	w.Key("InvocationTime")
	w.Millis(r.At)
	w.Key("TriggerTime")
	w.Millis(r.Trigger)
	w.Key("RunStatus")
	w.Text(engine.RunStatus(r))
	w.Key("ExecutionStats")
	w.Open('{')
	for _, n := range []struct {
		key   string
		value int64
	}{
		{"ExecutionTimeInMillis", r.Stats.Millis}, {"DataWrites", r.Stats.BytesWritten}, {"BytesMetered", r.Stats.BytesMetered},
		{"CumulativeBytesScanned", r.Stats.BytesScanned}, {"RecordsIngested", r.Stats.Records}, {"QueryResultRows", r.Stats.Rows},
	} {
		w.Key(n.key)
		w.Int(n.value)
	}
	w.Close('{')
	if in := engine.RunInsights(r); in != nil {
		writeInsights(w, in)
	}
	if r.Report != nil {
		w.Key("ErrorReportLocation")
		w.Open('{')
		w.Key("S3ReportLocation")
		w.Open('{')
		w.Key("BucketName")
		w.Text(r.Report.Bucket)
		w.Key("ObjectKey")
		w.Text(r.Report.Key)
		w.Close('{')
		w.Close('{')
	}
	writeIfSet(w, "FailureReason", r.Reason)
	w.Close('{')
}
