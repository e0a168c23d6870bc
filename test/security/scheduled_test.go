package security

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/audit"
)

// A scheduled query reads and writes what its role may, not what its maker may, nor more.
func TestScheduledQueriesHaveTheirRole(t *testing.T) {
	const service = `{"Service":"timestream.amazonaws.com"}`
	pass := statement("Allow", "iam:PassRole", "arn:aws:iam::"+account+":role/*")
	makes := statement("Allow", "timestream:DescribeEndpoints timestream:*ScheduledQuery", "*")
	reports := statement("Allow", "s3:PutObject s3:GetBucketAcl", "arn:aws:s3:::errors arn:aws:s3:::errors/*")
	both := []string{statement("Allow", "timestream:Select", arn+"plant/table/cpu"), statement("Allow", "timestream:WriteRecords", arn+"plant/table/sums"), reports}
	runner := func(policies ...string) access.Role {
		return withoutKeys(newRole("runner", trust("Allow", service, ""), policies...))
	}
	file := access.File{
		Users: []access.User{granted("admin", "AmazonTimestreamFullAccess"), granted("maker", makes, pass), granted("modest", makes)},
		Roles: []access.Role{runner(both...), withoutKeys(newRole("closed", trust("Allow", `"*"`, ""), "AmazonTimestreamFullAccess"))},
	}
	log := filepath.Join(t.TempDir(), "audit.log")
	w := newWorld(t, file, "--audit-log", log)
	w.setUp(named("admin"), "plant.cpu", "plant.sums", "office.pay")
	ctx := context.Background()
	create := func(who, name, role, from, to string) (*timestreamquery.CreateScheduledQueryOutput, error) {
		return w.reader(named(who)).CreateScheduledQuery(ctx, &timestreamquery.CreateScheduledQueryInput{
			Name: &name, QueryString: aws.String("SELECT host, count(*) AS n, @scheduled_runtime AS at FROM " + from + " GROUP BY host"),
			ScheduleConfiguration:          &types.ScheduleConfiguration{ScheduleExpression: aws.String("cron(0 0 1 1 ? 2090)")},
			ScheduledQueryExecutionRoleArn: aws.String("arn:aws:iam::" + account + ":role/" + role),
			NotificationConfiguration:      &types.NotificationConfiguration{SnsConfiguration: &types.SnsConfiguration{TopicArn: aws.String("arn:aws:sns:us-east-1:" + account + ":topic")}},
			ErrorReportConfiguration:       &types.ErrorReportConfiguration{S3Configuration: &types.S3Configuration{BucketName: aws.String("errors")}},
			TargetConfiguration: &types.TargetConfiguration{TimestreamConfiguration: &types.TimestreamConfiguration{
				DatabaseName: aws.String("plant"), TableName: &to, TimeColumn: aws.String("at"),
				DimensionMappings: []types.DimensionMapping{{Name: aws.String("host"), DimensionValueType: types.DimensionValueTypeVarchar}},
				MultiMeasureMappings: &types.MultiMeasureMappings{TargetMultiMeasureName: aws.String("m"), MultiMeasureAttributeMappings: []types.MultiMeasureAttributeMapping{
					{SourceColumn: aws.String("n"), MeasureValueType: types.ScalarMeasureValueTypeBigint}}},
			}},
		})
	}
	const denied = "AccessDeniedException"
	_, err := create("modest", "one", "runner", "plant.cpu", "sums")
	refused(t, "a role that its maker may not pass on", err, denied, "iam:PassRole on resource: arn:aws:iam::"+account+":role/runner")
	_, err = create("maker", "one", "closed", "plant.cpu", "sums")
	refused(t, "a role that does not trust the service", err, denied, "does not let timestream.amazonaws.com assume it")
	_, err = create("maker", "one", "runner", "office.pay", "sums")
	refused(t, "a table that the role may not read", err, denied, "assumed-role/runner/timestream is not authorized to perform: timestream:Select on resource: "+arn+"office/table/pay")
	_, err = create("maker", "one", "runner", "plant.cpu", "cpu")
	refused(t, "a table that the role may not write", err, denied, "timestream:WriteRecords on resource: "+arn+"plant/table/cpu")
	file.Roles[0] = runner(both[:2]...)
	w.write(file)
	w.await("reports are asked for", func() bool {
		_, err = create("maker", "one", "runner", "plant.cpu", "sums")
		return errorCode(err) == denied
	})
	refused(t, "a bucket that the role may not write reports to", err, denied, "assumed-role/runner/timestream is not authorized to perform: s3:GetBucketAcl on resource: arn:aws:s3:::errors")
	file.Roles[0] = runner(both...)
	w.write(file)
	var made *timestreamquery.CreateScheduledQueryOutput
	w.await("the role may write reports", func() bool {
		made, err = create("maker", "one", "runner", "plant.cpu", "sums")
		return err == nil
	})

	run := func(want types.ScheduledQueryRunStatus) (reason string) {
		t.Helper()
		at := aws.Time(time.Now())
		if _, err := w.reader(named("maker")).ExecuteScheduledQuery(ctx, &timestreamquery.ExecuteScheduledQueryInput{ScheduledQueryArn: made.Arn, InvocationTime: at}); err != nil {
			t.Fatal(err)
		}
		w.await(string(want), func() bool {
			out, err := w.reader(named("maker")).DescribeScheduledQuery(ctx, &timestreamquery.DescribeScheduledQueryInput{ScheduledQueryArn: made.Arn})
			if err != nil || out.ScheduledQuery.LastRunSummary == nil {
				return false
			}
			reason = aws.ToString(out.ScheduledQuery.LastRunSummary.FailureReason)
			return out.ScheduledQuery.LastRunSummary.RunStatus == want
		})
		return reason
	}
	run(types.ScheduledQueryRunStatusManualTriggerSuccess)
	file.Roles[0] = runner(both[1])
	w.write(file)
	w.await("the role has lost its right", func() bool {
		_, err := create("maker", "two", "runner", "plant.cpu", "sums")
		return errorCode(err) == denied
	})
	if reason := run(types.ScheduledQueryRunStatusManualTriggerFailure); reason == "" {
		t.Error("no reason for the failure")
	} else if want := "is not authorized to perform: timestream:Select"; !strings.Contains(reason, want) {
		t.Errorf("the reason is %s", reason)
	}

	w.await("the runs are in the audit log", func() bool { _, ok := w.events(log)["RunScheduledQuery AccessDeniedException"]; return ok })
	events := w.events(log)
	if e := events["CreateScheduledQuery"]; !strings.HasPrefix(string(e.Response), `{"arn":"arn:aws:timestream:us-east-1:`+account+`:scheduled-query/`) {
		t.Errorf("the creation: %s", e.Response)
	}
	role := "arn:aws:sts::" + account + ":assumed-role/runner/timestream"
	good, bad := events["RunScheduledQuery"], events["RunScheduledQuery AccessDeniedException"]
	for _, e := range []audit.Event{good, bad} {
		if e.Type != audit.TypeService || e.Identity.ARN != role || e.Identity.InvokedBy != "timestream.amazonaws.com" || e.Identity.Session == nil ||
			!strings.Contains(string(e.Details), *made.Arn) || len(e.Resources) == 0 || e.ReadOnly {
			t.Errorf("a run: %+v %s", e, e.Details)
		}
	}
	var touched []string
	for _, r := range good.Resources {
		touched = append(touched, strings.TrimPrefix(r.ARN, arn))
	}
	if want := []string{"plant/table/cpu", "plant/table/sums", *made.Arn}; !slices.Equal(touched, want) {
		t.Errorf("a run touched %q, want %q", touched, want)
	}
	if !strings.Contains(string(good.Details), `"runStatus":"MANUAL_TRIGGER_SUCCESS"`) || !strings.Contains(string(good.Details), `"recordsIngested":1`) {
		t.Errorf("a run did %s", good.Details)
	}
	if !strings.Contains(bad.ErrorMessage, "timestream:Select") {
		t.Errorf("a refused run: %s", bad.ErrorMessage)
	}
}
