package security

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/audit"
)

// TestBatchLoad: loading, and going on with a load, need the right to write to the table; a client token belongs to its caller.
func TestBatchLoad(t *testing.T) {
	discover := statement("Allow", "timestream:describeEndpoints", "*")
	batch := statement("Allow", "timestream:*BatchLoadTask* s3:*", "*")
	log := filepath.Join(t.TempDir(), "audit.log")
	w := newWorld(t, access.File{Users: []access.User{
		granted("admin", "AmazonTimestreamFullAccess", "AmazonS3FullAccess"),
		granted("reader", discover, batch),
		granted("loader", discover, batch, statement("Allow", "timestream:WriteRecords", arn+"plant/table/cpu")),
	}}, "--audit-log", log)
	w.setUp(named("admin"), "plant.cpu", "plant.disk")
	ctx := context.Background()
	create := func(who, table string) (string, error) {
		out, err := w.writer(named(who)).CreateBatchLoadTask(ctx, &timestreamwrite.CreateBatchLoadTaskInput{
			ClientToken: aws.String("the same"), TargetDatabaseName: aws.String("plant"), TargetTableName: aws.String(table),
			DataSourceConfiguration: &types.DataSourceConfiguration{DataFormat: types.BatchLoadDataFormatCsv,
				DataSourceS3Configuration: &types.DataSourceS3Configuration{BucketName: aws.String("my-data")}},
			ReportConfiguration: &types.ReportConfiguration{ReportS3Configuration: &types.ReportS3Configuration{BucketName: aws.String("my-reports")}},
			DataModelConfiguration: &types.DataModelConfiguration{DataModel: &types.DataModel{TimeColumn: aws.String("t"), DimensionMappings: []types.DimensionMapping{{SourceColumn: aws.String("host")}},
				MixedMeasureMappings: []types.MixedMeasureMapping{{SourceColumn: aws.String("v"), MeasureValueType: types.MeasureValueTypeDouble}}}},
		})
		if err != nil {
			return "", err
		}
		return *out.TaskId, nil
	}
	resume := func(who, id string) error {
		_, err := w.writer(named(who)).ResumeBatchLoadTask(ctx, &timestreamwrite.ResumeBatchLoadTaskInput{TaskId: aws.String(id)})
		return err
	}
	const denied = "AccessDeniedException"
	_, err := create("reader", "cpu")
	refused(t, "loading without the right to write", err, denied, "timestream:WriteRecords on resource: "+arn+"plant/table/cpu")
	_, err = create("loader", "disk")
	refused(t, "loading another table", err, denied, "timestream:WriteRecords on resource: "+arn+"plant/table/disk")
	mine, err := create("loader", "cpu")
	allowed(t, "loading", err)
	again, err := create("loader", "cpu")
	allowed(t, "the same again", err)
	other, err := create("admin", "cpu")
	allowed(t, "another's", err)
	if mine != again || mine == other {
		t.Errorf("tasks %s, again %s, another's %s", mine, again, other)
	}
	refused(t, "going on without the right to write", resume("reader", mine), denied, "timestream:WriteRecords on resource: "+arn+"plant/table/cpu")
	if code := errorCode(resume("loader", mine)); code != "ValidationException" {
		t.Errorf("going on with a task that has ended or runs: %s", code)
	}

	run := func() audit.Event { return w.events(log)["RunBatchLoadTask FAILED"] } // there are no files
	w.await("the end of the load is in the audit log", func() bool { return run().Name != "" })
	if e := run(); e.Type != audit.TypeService || !strings.Contains(e.Identity.ARN, ":user/") || e.Identity.Type != "IAMUser" || e.Identity.InvokedBy != "timestream.amazonaws.com" ||
		!slices.Contains(e.Resources, audit.Resource{Account: account, Type: "AWS::Timestream::Table", ARN: arn + "plant/table/cpu"}) || !strings.Contains(string(e.Details), `"taskStatus":"FAILED"`) {
		t.Errorf("%+v %s", e, e.Details)
	}
	if e := w.events(log)["CreateBatchLoadTask"]; !strings.Contains(string(e.Response), other) && !strings.Contains(string(e.Response), mine) {
		t.Errorf("the creation: %+v", e)
	}
}
