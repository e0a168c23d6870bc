//go:build unix

// Package schedule_test drives the real program through the AWS SDK for what scheduled queries do from the outside: all operations,
// runs and notifications, and what runs write when the process is killed in the middle.
package schedule_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	writetypes "github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/test/process"
)

const topic = "arn:aws:sns:us-east-1:000000000000:runs"

// run is a server with its table devops.cpu, and a webhook.
type run struct {
	t      *testing.T
	binary string
	data   string
	server *process.Server
	hook   *httptest.Server

	mu      sync.Mutex
	noticed []string // types of notifications
}

func newRun(t *testing.T) *run {
	r := &run{t: t, data: t.TempDir()}
	var err error
	if r.binary, err = process.Build(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	r.hook = httptest.NewServer(http.HandlerFunc(r.notify))
	t.Cleanup(r.hook.Close)
	r.start()
	w := r.server.Writer()
	_, err = w.CreateDatabase(t.Context(), &timestreamwrite.CreateDatabaseInput{DatabaseName: aws.String("devops")})
	if err == nil {
		_, err = w.CreateTable(t.Context(), &timestreamwrite.CreateTableInput{DatabaseName: aws.String("devops"), TableName: aws.String("cpu")})
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// notify is the webhook.
func (r *run) notify(_ http.ResponseWriter, req *http.Request) {
	var message struct {
		Message           string
		MessageAttributes map[string]struct{ Value string }
	}
	body, err := io.ReadAll(req.Body)
	if err == nil {
		err = json.Unmarshal(body, &message)
	}
	var inner struct{ Type string }
	if err == nil {
		err = json.Unmarshal([]byte(message.Message), &inner)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || inner.Type != message.MessageAttributes["notificationType"].Value {
		r.noticed = append(r.noticed, fmt.Sprintf("%v: %s", err, body))
		return
	}
	r.noticed = append(r.noticed, inner.Type)
}

// start begins a server on the data.
func (r *run) start() {
	r.t.Helper()
	s, err := process.Start(process.Options{Binary: r.binary, Data: r.data, Args: []string{"--webhook", topic + "=" + r.hook.URL}})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(s.Kill)
	r.server = s
}

// until waits until something holds.
func (r *run) until(what string, ok func() bool) {
	r.t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	r.t.Fatalf("never: %s", what)
}

// fill writes a value a minute for two hosts, from a time on.
func (r *run) fill(from time.Time, minutes int) {
	r.t.Helper()
	for minute := range minutes {
		var records []writetypes.Record
		for _, host := range []string{"h1", "h2"} {
			records = append(records, writetypes.Record{
				Dimensions:  []writetypes.Dimension{{Name: aws.String("host"), Value: aws.String(host)}},
				MeasureName: aws.String("load"), MeasureValue: aws.String(fmt.Sprint(minute)), MeasureValueType: writetypes.MeasureValueTypeDouble,
				Time: aws.String(strconv.FormatInt(from.Add(time.Duration(minute)*time.Minute).UnixMilli(), 10)),
			})
		}
		in := &timestreamwrite.WriteRecordsInput{DatabaseName: aws.String("devops"), TableName: aws.String("cpu"), Records: records}
		if _, err := r.server.Writer().WriteRecords(r.t.Context(), in); err != nil {
			r.t.Fatal(err)
		}
	}
}

// input describes a five-minute aggregation.
func input(name, schedule string) *timestreamquery.CreateScheduledQueryInput {
	return &timestreamquery.CreateScheduledQueryInput{
		Name: aws.String(name),
		QueryString: aws.String("SELECT host, bin(time, 5m) AS at, avg(measure_value::double) AS load, count(*) AS n FROM devops.cpu " +
			"WHERE time >= @scheduled_runtime - 5m AND time < @scheduled_runtime GROUP BY host, bin(time, 5m)"),
		ScheduleConfiguration:          &types.ScheduleConfiguration{ScheduleExpression: aws.String(schedule)},
		NotificationConfiguration:      &types.NotificationConfiguration{SnsConfiguration: &types.SnsConfiguration{TopicArn: aws.String(topic)}},
		ScheduledQueryExecutionRoleArn: aws.String("arn:aws:iam::000000000000:role/runner"),
		ErrorReportConfiguration:       &types.ErrorReportConfiguration{S3Configuration: &types.S3Configuration{BucketName: aws.String("reports")}},
		TargetConfiguration: &types.TargetConfiguration{TimestreamConfiguration: &types.TimestreamConfiguration{
			DatabaseName: aws.String("devops"), TableName: aws.String("derived"), TimeColumn: aws.String("at"),
			DimensionMappings: []types.DimensionMapping{{Name: aws.String("host"), DimensionValueType: types.DimensionValueTypeVarchar}},
			MultiMeasureMappings: &types.MultiMeasureMappings{TargetMultiMeasureName: aws.String("per_5m"), MultiMeasureAttributeMappings: []types.MultiMeasureAttributeMapping{
				{SourceColumn: aws.String("load"), MeasureValueType: types.ScalarMeasureValueTypeDouble},
				{SourceColumn: aws.String("n"), MeasureValueType: types.ScalarMeasureValueTypeBigint},
			}},
		}},
	}
}

// derived returns what was written: minute after a time, host, values.
func (r *run) derived(from time.Time) []string {
	r.t.Helper()
	text := fmt.Sprintf("SELECT date_diff('minute', from_milliseconds(%d), time), host, load, n FROM devops.derived ORDER BY time, host", from.UnixMilli())
	out, err := r.server.Reader().Query(r.t.Context(), &timestreamquery.QueryInput{QueryString: aws.String(text)})
	if err != nil {
		return []string{err.Error()} // before the first run the table has no columns
	}
	var rows []string
	for _, row := range out.Rows {
		var cells []string
		for _, d := range row.Data {
			cells = append(cells, aws.ToString(d.ScalarValue))
		}
		rows = append(rows, strings.Join(cells, " "))
	}
	return rows
}

// TestOperations: every operation, as the SDK has it.
func TestOperations(t *testing.T) {
	r, ctx := newRun(t), t.Context()
	from := time.Now().Truncate(5 * time.Minute).Add(-30 * time.Minute)
	r.fill(from, 5)
	c := r.server.Reader()
	in := input("five", "cron(0 0 1 1 ? 2199)")
	in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("iot")}}
	in.ClientToken = aws.String("0123456789abcdef0123456789abcdef")
	made, err := c.CreateScheduledQuery(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.CreateScheduledQuery(ctx, in); err != nil || *again.Arn != *made.Arn {
		t.Errorf("created again: %v, %v", again, err)
	}
	arn := made.Arn
	if _, err := c.ExecuteScheduledQuery(ctx, &timestreamquery.ExecuteScheduledQueryInput{ScheduledQueryArn: arn, InvocationTime: aws.Time(from.Add(5 * time.Minute))}); err != nil {
		t.Fatal(err)
	}
	describe := func() *types.ScheduledQueryDescription {
		t.Helper()
		out, err := c.DescribeScheduledQuery(ctx, &timestreamquery.DescribeScheduledQueryInput{ScheduledQueryArn: arn})
		if err != nil {
			t.Fatal(err)
		}
		return out.ScheduledQuery
	}
	r.until("the run has ended", func() bool { return describe().LastRunSummary != nil })
	q := describe()
	last := q.LastRunSummary
	if last.RunStatus != types.ScheduledQueryRunStatusManualTriggerSuccess || !last.InvocationTime.Equal(from.Add(5*time.Minute)) || last.ExecutionStats.QueryResultRows != 2 || last.ExecutionStats.RecordsIngested != 2 {
		t.Errorf("run %+v %+v", last, last.ExecutionStats)
	}
	if q.State != types.ScheduledQueryStateEnabled || q.NextInvocationTime.Year() != 2199 || *q.TargetConfiguration.TimestreamConfiguration.TableName != "derived" {
		t.Errorf("described %+v", q)
	}
	if got := fmt.Sprint(r.derived(from)); got != "[0 h1 2.0 5 0 h2 2.0 5]" {
		t.Errorf("written %s", got)
	}
	if _, err := c.UpdateScheduledQuery(ctx, &timestreamquery.UpdateScheduledQueryInput{ScheduledQueryArn: arn, State: types.ScheduledQueryStateDisabled}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateScheduledQuery(ctx, input("six", "rate(1 hour)")); err != nil {
		t.Fatal(err)
	}
	var listed []string
	for pages := timestreamquery.NewListScheduledQueriesPaginator(c, &timestreamquery.ListScheduledQueriesInput{MaxResults: aws.Int32(1)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range page.ScheduledQueries {
			listed = append(listed, fmt.Sprint(*q.Name, " ", q.State, " ", q.LastRunStatus))
		}
	}
	if got := fmt.Sprint(listed); got != "[five DISABLED MANUAL_TRIGGER_SUCCESS six ENABLED ]" {
		t.Errorf("listed %s", got)
	}
	if _, err := c.DeleteScheduledQuery(ctx, &timestreamquery.DeleteScheduledQueryInput{ScheduledQueryArn: arn}); err != nil {
		t.Fatal(err)
	}
	_, err = c.DeleteScheduledQuery(ctx, &timestreamquery.DeleteScheduledQueryInput{ScheduledQueryArn: arn})
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) || aws.ToString(missing.ScheduledQueryArn) != *arn {
		t.Errorf("deleted twice: %v", err)
	}
	r.until("everything is notified", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		got := strings.Join(r.noticed, " ")
		return strings.HasPrefix(got, "SCHEDULED_QUERY_CREATING SCHEDULED_QUERY_CREATED ") && strings.Contains(got, "MANUAL_TRIGGER_SUCCESS") &&
			strings.Contains(got, "SCHEDULED_QUERY_UPDATED") && strings.HasSuffix(got, "SCHEDULED_QUERY_DELETED")
	})
}

// TestKilled: an hour of five-minute windows, asked for one by one, while the process is killed twice: no window is missing, none
// is there twice.
func TestKilled(t *testing.T) {
	r, ctx := newRun(t), t.Context()
	from := time.Now().Truncate(5 * time.Minute).Add(-65 * time.Minute)
	r.fill(from, 60)
	made, err := r.server.Reader().CreateScheduledQuery(ctx, input("five", "cron(0 0 1 1 ? 2199)"))
	if err != nil {
		t.Fatal(err)
	}
	execute := func(first, last int) {
		t.Helper()
		for window := first; window < last; window++ {
			at := from.Add(time.Duration(window+1) * 5 * time.Minute)
			if _, err := r.server.Reader().ExecuteScheduledQuery(ctx, &timestreamquery.ExecuteScheduledQueryInput{ScheduledQueryArn: made.Arn, InvocationTime: aws.Time(at)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Killed when some runs have ended, perhaps one is under way, and others wait.
	execute(0, 5)
	r.server.Kill()
	r.start()
	execute(5, 12)
	r.server.Kill()
	r.start()
	idle := func() bool {
		out, err := r.server.Reader().DescribeScheduledQuery(ctx, &timestreamquery.DescribeScheduledQueryInput{ScheduledQueryArn: made.Arn})
		if err != nil {
			t.Fatal(err)
		}
		last := out.ScheduledQuery.LastRunSummary
		return last != nil && last.InvocationTime.Equal(from.Add(time.Hour))
	}
	r.until("the last window has run", idle)
	var want []string
	for window := range 12 {
		for _, host := range []string{"h1", "h2"} {
			want = append(want, fmt.Sprintf("%d %s %d.0 5", 5*window, host, 5*window+2))
		}
	}
	if got := r.derived(from); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("windows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
