package schedule

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/mapping"
)

// TestRun: one run writes a record for each row, tells what it did, and notifies in the service's words.
func TestRun(t *testing.T) {
	w := newWorld(t)
	for i := range 10 {
		w.put("h1", minutes(0).Add(time.Duration(i)*30*time.Second), float64(i))
		w.put("h2", minutes(0).Add(time.Duration(i)*30*time.Second), 2*float64(i))
	}
	arn := w.create()
	if q := w.describe(arn); q.State.Next != minutes(5).UnixMilli() || q.State.Last != nil || q.StateName() != "ENABLED" {
		t.Fatalf("before any run: %+v", q.State)
	}
	w.clock.Advance(5*time.Minute - time.Millisecond)
	w.scheduler.RunDue(ctx)
	equal(t, "too early", w.derived0(), nil)
	w.clock.Advance(time.Millisecond)
	w.scheduler.RunDue(ctx)
	equal(t, "written", w.derived(), []string{"0 h1 4.5 10", "0 h2 9.0 10"})

	q := w.describe(arn)
	last := q.State.Last
	if last == nil || engine.RunStatus(last) != "AUTO_TRIGGER_SUCCESS" || last.At != minutes(5).UnixMilli() || q.State.Next != minutes(10).UnixMilli() || q.State.Previous != last.At {
		t.Fatalf("after the run: %+v", q.State)
	}
	if s := last.Stats; s.Rows != 2 || s.Records != 2 || s.BytesWritten != 1024 || s.BytesMetered != 10_000_000 || s.BytesScanned == 0 {
		t.Errorf("statistics %+v", s)
	}
	equal(t, "notifications", w.noticed(), []string{
		`{"type":"SCHEDULED_QUERY_CREATING","arn":"` + arn + `"}`,
		`{"type":"SCHEDULED_QUERY_CREATED","arn":"` + arn + `"}`,
		fmt.Sprintf(`{"type":"AUTO_TRIGGER_SUCCESS","arn":"%s","nextInvocationEpochSecond":%d,"scheduledQueryRunSummary":{"invocationEpochSecond":%d,"triggerTimeMillis":%d,"runStatus":"AUTO_TRIGGER_SUCCESS",`+
			`"executionStats":{"executionTimeInMillis":0,"dataWrites":1024,"bytesMetered":10000000,"cumulativeBytesScanned":%d,"recordsIngested":2,"queryResultRows":2}}}`,
			arn, minutes(10).Unix(), minutes(5).Unix(), minutes(5).UnixMilli(), last.Stats.BytesScanned),
	})
}

// derived0 is derived for a table that may have no columns yet.
func (w *world) derived0() []string { return w.ask("SELECT 1 FROM d.derived") }

// TestManualRuns: a run by hand has its own time, happens also while the query is disabled, and overwrites what earlier runs wrote.
func TestManualRuns(t *testing.T) {
	w := newWorld(t)
	w.put("h1", minutes(1), 1)
	arn := w.create()
	w.clock.Advance(5 * time.Minute)
	w.scheduler.RunDue(ctx)
	if err := w.engine.UpdateScheduledQuery(ctx, arn, false); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(20 * time.Minute)
	w.scheduler.RunDue(ctx)
	equal(t, "disabled", w.derived(), []string{"0 h1 1.0 1"})

	w.put("h1", minutes(2), 2) // late
	w.clock.Advance(time.Hour)
	for range 2 { // twice the same: the second changes nothing
		if err := w.engine.ExecuteScheduledQuery(ctx, arn, minutes(5).UnixMilli(), false); err != nil {
			t.Fatal(err)
		}
	}
	w.scheduler.RunDue(ctx)
	equal(t, "by hand", w.derived(), []string{"0 h1 1.5 2"})
	q := w.describe(arn)
	if engine.RunStatus(q.State.Last) != "MANUAL_TRIGGER_SUCCESS" || q.State.Last.At != minutes(5).UnixMilli() || q.State.Next != 0 || len(q.State.Manual) != 0 {
		t.Errorf("after a run by hand: %+v", q.State)
	}

	// Enabled again it goes on with the next time, and does not make up for what it was disabled for.
	if err := w.engine.UpdateScheduledQuery(ctx, arn, true); err != nil {
		t.Fatal(err)
	}
	if q := w.describe(arn); q.State.Next != minutes(90).UnixMilli() {
		t.Errorf("enabled again, next at %s", time.UnixMilli(q.State.Next).UTC())
	}
	if states := strings.Join(w.noticed(), " "); strings.Count(states, `"type":"SCHEDULED_QUERY_UPDATED"`) != 2 || !strings.Contains(states, `"state":"DISABLED"`) || !strings.Contains(states, `"state":"ENABLED"`) {
		t.Errorf("notified of %s", states)
	}
}

// TestInsights: a run by hand tells what it has read, in its description and in its notification, if it was asked to.
func TestInsights(t *testing.T) {
	w := newWorld(t)
	w.put("h1", minutes(1), 1)
	arn := w.create()
	if err := w.engine.ExecuteScheduledQuery(ctx, arn, minutes(5).UnixMilli(), true); err != nil {
		t.Fatal(err)
	}
	w.scheduler.RunDue(ctx)
	table := "arn:aws:timestream:us-east-1:000000000000:database/d/table/cpu"
	in := engine.RunInsights(w.describe(arn).State.Last)
	if in == nil || in.Tables != 1 || in.OutputRows != 1 || in.OutputBytes != 2+8+8+8 || in.Spatial.Value != 1 || in.Spatial.TableARN != table || in.Spatial.PartitionKey[0] != "measure_name" {
		t.Fatalf("insights %+v", in)
	}
	want := fmt.Sprintf(`"queryInsightsResponse":{"querySpatialCoverage":{"max":{"value":1,"tableArn":"%s","partitionKey":["measure_name"]}},`+
		`"queryTemporalRange":{"max":{"value":%d,"tableArn":"%s"}},"queryTableCount":1,"outputRows":1,"outputBytes":26}`, table, in.Temporal.Nanos, table)
	if text := w.noticed()[2]; !strings.Contains(text, want) {
		t.Errorf("notified of %s, want %s", text, want)
	}
	w.clock.Advance(5 * time.Minute)
	w.scheduler.RunDue(ctx)
	if in := engine.RunInsights(w.describe(arn).State.Last); in != nil {
		t.Errorf("nobody asked for %+v", in)
	}
}

// TestMissedRuns: what was missed is made up in order; of more than the bound the latest.
func TestMissedRuns(t *testing.T) {
	w := newWorld(t)
	w.put("h1", minutes(0), 0)
	arn := w.create(func(in *engine.CreateScheduledQueryInput) {
		in.Query, in.Schedule = "SELECT host, @scheduled_runtime AS at, 1e0 AS load, 1 AS n FROM d.cpu", "rate(1 minute)"
	})
	w.clock.Advance(7 * time.Minute)
	w.scheduler.RunDue(ctx)
	if got := w.ask("SELECT count(*) FROM d.derived"); got[0] != "7" {
		t.Errorf("%s runs, want 7", got)
	}
	first := w.describe(arn).State.Trigger
	if first != minutes(7).UnixMilli()+6 {
		t.Errorf("the seventh run at the same time began at %d", first)
	}
	w.clock.Advance(4000 * time.Minute)
	start, err := w.engine.BeginScheduledRun(ctx, w.describe(arn).ID)
	if err != nil || start.SkippedFrom != minutes(8).UnixMilli() || start.At != minutes(7+4000-1499).UnixMilli() {
		t.Errorf("after a long time: %+v, %v", start, err)
	}
}

// TestMissedBound: which of the missed invocations are made up, at the edge of the bound, for schedules of any density, and at once
// also if the clock is wrong by a century.
func TestMissedBound(t *testing.T) {
	for _, c := range []struct {
		schedule         string
		passed           time.Duration
		first, firstMade time.Time
	}{
		{"rate(1 minute)", 1500 * time.Minute, minutes(1), minutes(1)},
		{"rate(1 minute)", 1501 * time.Minute, minutes(1), minutes(2)},
		{"rate(1 minute)", 100 * 365 * 24 * time.Hour, minutes(1), start.Add(100*365*24*time.Hour - 1499*time.Minute)},
		{"cron(* * * * ? *)", 100 * 365 * 24 * time.Hour, minutes(1), start.Add(100*365*24*time.Hour - 1499*time.Minute)},
		{"cron(0 0 1 1 ? *)", 100 * 365 * 24 * time.Hour, time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"rate(1 hour)", 1502 * time.Hour, minutes(60), minutes(180)},
	} {
		w := newWorld(t)
		w.put("h1", minutes(0), 0)
		arn := w.create(func(in *engine.CreateScheduledQueryInput) { in.Schedule = c.schedule })
		w.clock.Advance(c.passed)
		begin, err := w.engine.BeginScheduledRun(ctx, w.describe(arn).ID)
		if err != nil {
			t.Fatal(err)
		}
		var skipped int64
		if c.firstMade != c.first {
			skipped = c.first.UnixMilli()
		}
		if begin.At != c.firstMade.UnixMilli() || begin.SkippedFrom != skipped {
			t.Errorf("%s after %s: %s, skipped from %s", c.schedule, c.passed, time.UnixMilli(begin.At).UTC(), time.UnixMilli(begin.SkippedFrom).UTC())
		}
	}
}

// TestClockThatLeaps: a clock that was ahead by a year for a moment, and is put right, does not keep queries from running: neither
// while the server runs, nor if it was restarted in between, nor those that were made in that moment.
func TestClockThatLeaps(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for _, restarted := range []bool{false, true} {
		w := newWorld(t)
		w.put("h1", minutes(1), 1)
		counts := func(in *engine.CreateScheduledQueryInput) {
			in.Query, in.Schedule = "SELECT host, @scheduled_runtime AS at, 1e0 AS load, count(*) AS n FROM d.cpu GROUP BY host", "cron(0 * * * ? *)"
		}
		before := w.create(counts)
		w.clock.Advance(5 * time.Minute)
		w.scheduler.RunDue(ctx)
		w.clock.Advance(year)
		during := w.create(counts, func(in *engine.CreateScheduledQueryInput) { in.Schedule = "rate(60 minutes)" })
		w.scheduler.due()
		for range 3 { // it is put right before all is made up
			if !w.scheduler.runNext(ctx, w.describe(before).ID) {
				t.Fatal("nothing to make up")
			}
		}
		w.clock.Advance(time.Minute - year)
		if restarted {
			if err := w.engine.Close(); err != nil {
				t.Fatal(err)
			}
			w.open(w.fs)
		}
		w.scheduler.RunDue(ctx)
		for name, want := range map[string]time.Time{before: minutes(60), during: minutes(65)} {
			if next := w.describe(name).State.Next; next != want.UnixMilli() {
				t.Errorf("the next run is due at %s, want %s", time.UnixMilli(next).UTC(), want)
			}
		}
		w.clock.Advance(time.Hour)
		w.scheduler.RunDue(ctx)
		for name, want := range map[string]time.Time{before: minutes(60), during: minutes(65)} {
			if last := w.describe(name).State.Last; last == nil || last.At != want.UnixMilli() || last.Failed {
				t.Errorf("the last run is %+v, want one at %s", last, want)
			}
		}
	}
}

// TestClockSetBack: the version of a run's records is above those of all runs before it, whatever the clock says.
func TestClockSetBack(t *testing.T) {
	w := newWorld(t)
	w.put("h1", minutes(1), 1)
	arn := w.create()
	execute := func() {
		t.Helper()
		if err := w.engine.ExecuteScheduledQuery(ctx, arn, minutes(5).UnixMilli(), false); err != nil {
			t.Fatal(err)
		}
		w.scheduler.RunDue(ctx)
	}
	execute()
	before := w.describe(arn).State.Trigger
	w.put("h1", minutes(2), 2)
	w.clock.Advance(-time.Minute)
	execute()
	equal(t, "after the clock was set back", w.derived(), []string{"0 h1 1.5 2"})
	if after := w.describe(arn).State.Trigger; after != before+1 {
		t.Errorf("began at %d, after %d", after, before)
	}
}

// TestNothingWritten: a run none of whose records can be written has failed, with a report, and the next is due all the same. One without
// rows, or with rows without values, has nothing to fail at.
func TestNothingWritten(t *testing.T) {
	w := newWorld(t)
	w.put("h1", minutes(0), 1)
	w.put("h1", minutes(6), 1)
	arn := w.create(func(in *engine.CreateScheduledQueryInput) {
		in.Query = "SELECT host, @scheduled_runtime - 30d AS at, 1e0 AS load, 1 AS n FROM d.cpu WHERE time >= @scheduled_runtime - 5m AND time < @scheduled_runtime"
	})
	for n, want := range []string{"AUTO_TRIGGER_FAILURE", "AUTO_TRIGGER_FAILURE", "AUTO_TRIGGER_SUCCESS"} {
		w.clock.Advance(5 * time.Minute)
		w.scheduler.RunDue(ctx)
		q := w.describe(arn)
		last := q.State.Last
		if engine.RunStatus(last) != want || last.At != minutes(5*n+5).UnixMilli() || last.Stats.Records != 0 || q.StateName() != "ENABLED" {
			t.Fatalf("run %d: %+v", n, last)
		}
		if last.Failed && (last.Reason != "None of the records could be written. The error report has the reasons." || !strings.Contains(w.object(last.Report), "is outside the time range")) {
			t.Errorf("reason %s, report %+v", last.Reason, last.Report)
		}
		if !last.Failed && last.Report != nil {
			t.Errorf("report of a run without rows: %+v", last.Report)
		}
	}
	empty := w.create(func(in *engine.CreateScheduledQueryInput) {
		in.Query = "SELECT host, @scheduled_runtime AS at, nullif(1e0, 1e0) AS load, nullif(1, 1) AS n FROM d.cpu"
	})
	w.clock.Advance(5 * time.Minute)
	w.scheduler.RunDue(ctx)
	if last := w.describe(empty).State.Last; last.Failed || last.Report == nil {
		t.Errorf("rows without values: %+v", last)
	}
	if failed := w.describe(arn).State.Failed; len(failed) != 2 || failed[0].Report == nil {
		t.Errorf("failures %+v", failed)
	}
}

// TestReport: rows without a record and records that the table refuses are reported; the others are written.
func TestReport(t *testing.T) {
	w := newWorld(t)
	w.put("h1", minutes(0), 1)
	arn := w.create(func(in *engine.CreateScheduledQueryInput) {
		in.Query = `SELECT host, at, load, n FROM (SELECT max(host) AS host FROM d.cpu) CROSS JOIN (VALUES
			(@scheduled_runtime, 1e0, 1), (@scheduled_runtime - 30d, 2e0, 2), (@scheduled_runtime - 1m, CAST(NULL AS DOUBLE), CAST(NULL AS INTEGER)),
			(@scheduled_runtime - 31d, 3e0, NULL), (@scheduled_runtime - 2m, NULL, 4)) t(at, load, n)`
	})
	w.clock.Advance(5 * time.Minute)
	w.scheduler.RunDue(ctx)
	equal(t, "written", w.derived(), []string{"3 h1 _ 4", "5 h1 1.0 1"})
	q := w.describe(arn)
	last := q.State.Last
	if engine.RunStatus(last) != "AUTO_TRIGGER_SUCCESS" || last.Stats.Rows != 5 || last.Stats.Records != 2 || last.Report == nil {
		t.Fatalf("run %+v", last)
	}
	if want := fmt.Sprintf("errors/%s/%d/Auto/%d/error_report.json", q.ID, minutes(5).UnixMilli(), last.Trigger); last.Report.Bucket != "reports" || last.Report.Key != want {
		t.Errorf("report at %+v, want %s", last.Report, want)
	}
	var report struct {
		ReportID string
		Errors   []rejection
	}
	if err := json.Unmarshal([]byte(w.object(last.Report)), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.ReportID) != 32 || len(report.Errors) != 2 {
		t.Fatalf("report %+v", report)
	}
	row, records := report.Errors[0], report.Errors[1]
	if row.Reason != "All measures of the row are NULL." || row.RawLine != fmt.Sprintf("h1,%d,,", minutes(4).UnixNano()) {
		t.Errorf("row %+v", row)
	}
	if !strings.Contains(records.Reason, "is outside the time range") || len(records.Records) != 2 {
		t.Errorf("records %+v", records)
	}
	want := fmt.Sprintf(`{"dimensions":[{"name":"host","value":"h1","dimensionValueType":null}],"measureName":"per_5m","measureValue":null,`+
		`"measureValues":[{"name":"load","value":"2.0","type":"DOUBLE"},{"name":"n","value":"2","type":"BIGINT"}],"measureValueType":"MULTI","time":"%d","timeUnit":"NANOSECONDS","version":null}`,
		minutes(5).AddDate(0, 0, -30).UnixNano())
	if string(records.Records[0]) != want {
		t.Errorf("record\n%s, want\n%s", records.Records[0], want)
	}
	if text := strings.Join(w.noticed(), "\n"); !strings.Contains(text, `"errorReportLocation":{"s3ReportLocation":{"bucketName":"reports","objectKey":"`+last.Report.Key+`"}}`) {
		t.Errorf("notified of %s", text)
	}
}

// TestReportBound: a report has an end, and says so.
func TestReportBound(t *testing.T) {
	var r rejections
	for range 20_000 {
		r.addRecord("why", &mapping.Record{MeasureName: strings.Repeat("m", 1000), MeasureType: mapping.Double})
	}
	text := string(r.encode())
	if len(text) > reportBytesMax+100_000 || !strings.Contains(text, "further rows and records are not listed because the report would be too large.") {
		t.Errorf("%d bytes, the end is %s", len(text), text[len(text)-200:])
	}
}

// TestFailures: what no run can mend disables the query, the rest does not; the last five failures are kept.
func TestFailures(t *testing.T) {
	w := newWorld(t)
	w.put("h1", minutes(0), 1)
	arn := w.create()
	if err := w.engine.DeleteTable(ctx, "d", "derived"); err != nil {
		t.Fatal(err)
	}
	w.put("h1", minutes(4), 1)
	w.clock.Advance(5 * time.Minute)
	w.scheduler.RunDue(ctx)
	q := w.describe(arn)
	if last := q.State.Last; q.StateName() != "DISABLED" || engine.RunStatus(last) != "AUTO_TRIGGER_FAILURE" || last.Reason != "The table derived does not exist." || last.Report != nil {
		t.Fatalf("the table is gone: %+v", q.State)
	}
	text := strings.Join(w.noticed()[2:], "\n")
	if !strings.Contains(text, `"type":"AUTO_TRIGGER_FAILURE"`) || !strings.Contains(text, `"failureReason":"The table derived does not exist."`) ||
		!strings.HasSuffix(text, `{"type":"SCHEDULED_QUERY_UPDATED","arn":"`+arn+`","state":"DISABLED"}`) {
		t.Errorf("notified of %s", text)
	}
	for i := range 7 {
		if err := w.engine.ExecuteScheduledQuery(ctx, arn, minutes(5+i).UnixMilli(), false); err != nil {
			t.Fatal(err)
		}
	}
	w.scheduler.RunDue(ctx)
	failed := w.describe(arn).State.Failed
	if len(failed) != 5 || engine.RunStatus(&failed[0]) != "MANUAL_TRIGGER_FAILURE" || failed[0].At != minutes(11).UnixMilli() {
		t.Errorf("failures %+v", failed)
	}
	// A run whose window has rows again, after the table is back, succeeds.
	w.must(w.engine.CreateTable(ctx, engine.CreateTableInput{Database: "d", Name: "derived"}))
	if err := w.engine.ExecuteScheduledQuery(ctx, arn, minutes(5).UnixMilli(), false); err != nil {
		t.Fatal(err)
	}
	w.scheduler.RunDue(ctx)
	equal(t, "by hand", w.derived(), []string{"0 h1 1.0 2"})
	if q := w.describe(arn); len(q.State.Failed) != 5 || q.State.Last.Failed {
		t.Errorf("after a success: %+v", q.State)
	}
	if _, err := w.engine.DescribeScheduledQuery(ctx, arn+"x"); !dberr.Is(err, dberr.NotFound) {
		t.Error(err)
	}
}

// TestKeyRequired: a table that begins to require a dimension which is not mapped takes no further run.
func TestKeyRequired(t *testing.T) {
	w := newWorld(t)
	w.put("h1", minutes(1), 1)
	key := func(e engine.KeyEnforcement) []engine.PartitionKey {
		return []engine.PartitionKey{{Type: "DIMENSION", Name: "region", Enforcement: e}}
	}
	w.must(w.engine.CreateTable(ctx, engine.CreateTableInput{Database: "d", Name: "derived", PartitionKey: key("OPTIONAL")}))
	arn := w.create()
	w.must(w.engine.UpdateTable(ctx, engine.UpdateTableInput{Database: "d", Name: "derived", PartitionKey: key("REQUIRED")}))
	w.clock.Advance(5 * time.Minute)
	w.scheduler.RunDue(ctx)
	if q := w.describe(arn); q.StateName() != "DISABLED" || q.State.Last.Reason != "The partition key dimension 'region', which records of the table derived must have, is not mapped." {
		t.Errorf("%+v", q.State.Last)
	}
}

// TestDeletedWhileRunning: the end of a run whose query is gone changes nothing.
func TestDeletedWhileRunning(t *testing.T) {
	w := newWorld(t)
	w.put("h1", minutes(0), 1)
	arn := w.create()
	w.clock.Advance(5 * time.Minute)
	run, err := w.engine.BeginScheduledRun(ctx, w.describe(arn).ID)
	if err != nil || run == nil {
		t.Fatal(run, err)
	}
	if err := w.engine.DeleteScheduledQuery(ctx, arn); err != nil {
		t.Fatal(err)
	}
	if err := w.engine.EndScheduledRun(ctx, run, engine.ScheduledOutcome{}); !dberr.Is(err, dberr.NotFound) {
		t.Errorf("the end of the run: %v", err)
	}
	w.scheduler.RunDue(ctx)
	if ids, next := w.engine.ScheduledWork(); len(ids) != 0 || !next.IsZero() {
		t.Errorf("still to do: %v, %s", ids, next)
	}
}
