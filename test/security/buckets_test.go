package security

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/internal/access"
)

const s3 = "arn:aws:s3:::"

// put stores an object, as the server's folder for objects has it.
func (w *world) put(bucket, folder, name, text string) {
	w.Helper()
	dir := filepath.Join(w.data, "objects", bucket, folder+"+")
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// UNLOAD writes only what the caller may put into the bucket.
func TestUnloadAsksForBuckets(t *testing.T) {
	reads := statement("Allow", "timestream:*", "*")
	put := func(keys string) string { return statement("Allow", "s3:PutObject", keys) }
	acl := statement("Allow", "s3:GetBucketAcl", s3+"out")
	w := newWorld(t, access.File{Users: []access.User{
		granted("admin", "AmazonTimestreamFullAccess"),
		granted("full", "AmazonTimestreamFullAccess", "AmazonS3FullAccess"),
		granted("good", reads, acl, put(s3+"out/mine/*")),
		granted("noacl", reads, put(s3+"out/*")),
		granted("nomanifest", reads, acl, put(s3+"out/mine/results/*")),
		granted("csv", reads, acl, put(s3+"out/*"), statement("Deny", "s3:PutObject", s3+"*/*.parquet")),
		granted("denied", reads, acl, put(s3+"*"), statement("Deny", "s3:*", s3+"out/mine/*")),
	}})
	w.setUp(named("admin"), "plant.cpu")
	unload := func(who, rest string) error {
		return w.query(named(who), "UNLOAD (SELECT host, time FROM plant.cpu) TO "+rest)
	}
	const denied, mine = "AccessDeniedException", "'s3://out/mine'"
	refused(t, "without any right on buckets", unload("admin", mine), denied, "User: arn:aws:iam::"+account+":user/admin is not authorized to perform: s3:GetBucketAcl on resource: arn:aws:s3:::out because")
	refused(t, "without GetBucketAcl", unload("noacl", mine), denied, "s3:GetBucketAcl on resource: arn:aws:s3:::out because")
	refused(t, "without the manifest", unload("nomanifest", mine), denied, "s3:PutObject on resource: arn:aws:s3:::out/mine/AE")
	refused(t, "another folder", unload("good", "'s3://out/other'"), denied, "s3:PutObject on resource: arn:aws:s3:::out/other/results/AE")
	refused(t, "a folder whose name only begins so", unload("good", "'s3://out/mine2'"), denied, "s3:PutObject on resource: arn:aws:s3:::out/mine2/results/AE")
	refused(t, "another bucket", unload("good", "'s3://out2/mine'"), denied, "s3:GetBucketAcl on resource: arn:aws:s3:::out2 because")
	refused(t, "a denied folder", unload("denied", mine), denied, "with an explicit deny")
	refused(t, "a denied kind of file", unload("csv", mine+" WITH (format='PARQUET')"), denied, "with an explicit deny")
	refused(t, "by EXPLAIN ANALYZE", w.query(named("admin"), "EXPLAIN ANALYZE UNLOAD (SELECT host, time FROM plant.cpu) TO "+mine), denied, "s3:GetBucketAcl")
	if _, err := os.Stat(filepath.Join(w.data, "objects", "out")); !os.IsNotExist(err) {
		t.Errorf("there is a bucket: %v", err)
	}
	allowed(t, "the own folder", unload("good", mine))
	allowed(t, "another kind of file", unload("csv", mine))
	allowed(t, "everywhere", unload("full", "'s3://out2'"))
	allowed(t, "EXPLAIN, which writes nothing", w.query(named("admin"), "EXPLAIN UNLOAD (SELECT host, time FROM plant.cpu) TO "+mine))
}

// A batch load reads only what its maker may read, file by file, and reports only to where he may write.
func TestBatchLoadAsksForBuckets(t *testing.T) {
	base := statement("Allow", "timestream:*", "*")
	list, acl := statement("Allow", "s3:ListBucket", s3+"source"), statement("Allow", "s3:GetBucketAcl", "*")
	get, report := statement("Allow", "s3:GetObject", s3+"source/*"), statement("Allow", "s3:PutObject", s3+"out/reports/*")
	w := newWorld(t, access.File{Users: []access.User{
		granted("admin", "AmazonTimestreamFullAccess"),
		granted("good", base, list, acl, get, report),
		granted("noacl", base, list, get, report), granted("nolist", base, acl, get, report),
		granted("noget", base, list, acl, report), granted("noreport", base, list, acl, get),
		granted("careful", base, list, acl, get, report, statement("Deny", "s3:GetObject", s3+"source/data/secret*")),
		granted("folder", base, acl, get, report, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*",
			"Condition":{"StringLike":{"s3:prefix":"data/*"},"StringEquals":{"s3:ResourceAccount":"`+account+`"}}}}`),
	}})
	w.setUp(named("admin"), "plant.cpu")
	w.put("source", "data", "a.csv", "t,host,v\n")
	w.put("source", "data", "secret.csv", "t,host,v\n")
	w.put("source", "other", "model.json", `{"very private": 1}`)
	ctx := context.Background()
	load := func(who, prefix string, change ...func(*timestreamwrite.CreateBatchLoadTaskInput)) error {
		in := &timestreamwrite.CreateBatchLoadTaskInput{
			TargetDatabaseName: aws.String("plant"), TargetTableName: aws.String("cpu"),
			DataSourceConfiguration: &types.DataSourceConfiguration{DataFormat: types.BatchLoadDataFormatCsv,
				DataSourceS3Configuration: &types.DataSourceS3Configuration{BucketName: aws.String("source"), ObjectKeyPrefix: &prefix}},
			ReportConfiguration: &types.ReportConfiguration{ReportS3Configuration: &types.ReportS3Configuration{BucketName: aws.String("out"), ObjectKeyPrefix: aws.String("reports")}},
			DataModelConfiguration: &types.DataModelConfiguration{DataModel: &types.DataModel{TimeColumn: aws.String("t"), DimensionMappings: []types.DimensionMapping{{SourceColumn: aws.String("host")}},
				MixedMeasureMappings: []types.MixedMeasureMapping{{SourceColumn: aws.String("v"), MeasureValueType: types.MeasureValueTypeDouble}}}},
		}
		if prefix == "" {
			in.DataSourceConfiguration.DataSourceS3Configuration.ObjectKeyPrefix = nil
		}
		for _, f := range change {
			f(in)
		}
		_, err := w.writer(named(who)).CreateBatchLoadTask(ctx, in)
		return err
	}
	model := func(in *timestreamwrite.CreateBatchLoadTaskInput) {
		in.DataModelConfiguration = &types.DataModelConfiguration{DataModelS3Configuration: &types.DataModelS3Configuration{BucketName: aws.String("source"), ObjectKey: aws.String("other/model.json")}}
	}
	const denied = "AccessDeniedException"
	refused(t, "without any right on buckets", load("admin", "data/"), denied, "s3:GetBucketAcl on resource: arn:aws:s3:::source because")
	refused(t, "without GetBucketAcl", load("noacl", "data/"), denied, "s3:GetBucketAcl on resource: arn:aws:s3:::source because")
	refused(t, "without ListBucket", load("nolist", "data/"), denied, "s3:ListBucket on resource: arn:aws:s3:::source because")
	refused(t, "without GetObject", load("noget", "data/"), denied, "s3:GetObject on resource: arn:aws:s3:::source/data/a.csv because")
	refused(t, "without the right to report", load("noreport", "data/"), denied, "s3:PutObject on resource: arn:aws:s3:::out/reports/")
	refused(t, "a model that may not be read", load("noget", "data/", model), denied, "s3:GetObject on resource: arn:aws:s3:::source/other/model.json because")
	refused(t, "a file among others", load("careful", "data/"), denied, "s3:GetObject on resource: arn:aws:s3:::source/data/secret.csv with an explicit deny")
	refused(t, "another folder", load("folder", "other/"), denied, "s3:ListBucket on resource: arn:aws:s3:::source because")
	refused(t, "no folder", load("folder", ""), denied, "s3:ListBucket on resource: arn:aws:s3:::source because")
	allowed(t, "the rest", load("careful", "data/a"))
	allowed(t, "the folder", load("folder", "data/"))
	allowed(t, "all of it", load("good", "data/"))
	allowed(t, "what is not there", load("good", "nothing/"))
}

// A table's place for reports about rejected records is one that who names it may write to.
func TestRejectedDataLocationAsksForBuckets(t *testing.T) {
	w := newWorld(t, access.File{Users: []access.User{
		granted("admin", "AmazonTimestreamFullAccess"),
		granted("good", "AmazonTimestreamFullAccess", statement("Allow", "s3:GetBucketAcl s3:PutObject", s3+"out "+s3+"out/rejected/plant/*")),
	}})
	w.setUp(named("admin"), "plant.cpu")
	update := func(who, prefix string) error {
		in := &timestreamwrite.UpdateTableInput{DatabaseName: aws.String("plant"), TableName: aws.String("cpu"), MagneticStoreWriteProperties: &types.MagneticStoreWriteProperties{
			EnableMagneticStoreWrites: aws.Bool(true)}}
		if prefix != "" {
			in.MagneticStoreWriteProperties.MagneticStoreRejectedDataLocation = &types.MagneticStoreRejectedDataLocation{
				S3Configuration: &types.S3Configuration{BucketName: aws.String("out"), ObjectKeyPrefix: &prefix}}
		}
		_, err := w.writer(named(who)).UpdateTable(context.Background(), in)
		return err
	}
	refused(t, "without any right on buckets", update("admin", "rejected"), "AccessDeniedException", "s3:GetBucketAcl on resource: arn:aws:s3:::out because")
	refused(t, "another folder", update("good", "other"), "AccessDeniedException", "s3:PutObject on resource: arn:aws:s3:::out/other/plant/cpu/")
	allowed(t, "the own folder", update("good", "rejected"))
	allowed(t, "no place", update("admin", ""))
}
