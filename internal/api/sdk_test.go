package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
)

// recorder notes the operations that reach a handler.
type recorder struct {
	http.Handler
	mu         sync.Mutex
	operations []string
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.operations = append(r.operations, req.Header.Get("X-Amz-Target"))
	r.mu.Unlock()
	r.Handler.ServeHTTP(w, req)
}

func (r *recorder) count(operation string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, o := range r.operations {
		if o == targetPrefix+operation {
			n++
		}
	}
	return n
}

// sdkServer serves an empty engine over TCP.
func sdkServer(t *testing.T) (*recorder, string) {
	r := &recorder{Handler: newHandler(t, Options{})}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return r, server.URL
}

// sdkConfig returns the SDK's configuration as a user has it who sets the usual variables and nothing in the code.
func sdkConfig(t *testing.T, url string) aws.Config {
	t.Helper()
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_PROFILE": ""} {
		t.Setenv(name, value)
	}
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestSDKWrite uses every operation of the write service as a program does: with endpoint discovery, by variables only.
func TestSDKWrite(t *testing.T) {
	ctx := context.Background()
	rec, url := sdkServer(t)
	client := timestreamwrite.NewFromConfig(sdkConfig(t, url))
	db, table := aws.String("devops"), aws.String("host_metrics")

	d, err := client.CreateDatabase(ctx, &timestreamwrite.CreateDatabaseInput{DatabaseName: db, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	if err != nil {
		t.Fatal(err)
	}
	if *d.Database.Arn != "arn:aws:timestream:us-east-1:000000000000:database/devops" || !d.Database.CreationTime.Equal(start) || d.Database.TableCount != 0 {
		t.Errorf("database %+v", d.Database)
	}
	if rec.count("DescribeEndpoints") == 0 {
		t.Error("the SDK did not ask for the endpoint: the test does not test discovery")
	}
	if u, err := client.UpdateDatabase(ctx, &timestreamwrite.UpdateDatabaseInput{DatabaseName: db, KmsKeyId: aws.String("alias/k")}); err != nil || *u.Database.KmsKeyId != "alias/k" {
		t.Errorf("UpdateDatabase: %v", err)
	}
	if g, err := client.DescribeDatabase(ctx, &timestreamwrite.DescribeDatabaseInput{DatabaseName: db}); err != nil || *g.Database.DatabaseName != "devops" {
		t.Errorf("DescribeDatabase: %v", err)
	}
	c, err := client.CreateTable(ctx, &timestreamwrite.CreateTableInput{DatabaseName: db, TableName: table,
		RetentionProperties: &types.RetentionProperties{MemoryStoreRetentionPeriodInHours: aws.Int64(24), MagneticStoreRetentionPeriodInDays: aws.Int64(7)},
		Schema:              &types.Schema{CompositePartitionKey: []types.PartitionKey{{Type: types.PartitionKeyTypeDimension, Name: aws.String("host"), EnforcementInRecord: types.PartitionKeyEnforcementLevelOptional}}}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Table.TableStatus != types.TableStatusActive || *c.Table.RetentionProperties.MemoryStoreRetentionPeriodInHours != 24 || *c.Table.MagneticStoreWriteProperties.EnableMagneticStoreWrites ||
		c.Table.Schema.CompositePartitionKey[0].EnforcementInRecord != types.PartitionKeyEnforcementLevelOptional {
		t.Errorf("table %+v", c.Table)
	}
	u, err := client.UpdateTable(ctx, &timestreamwrite.UpdateTableInput{DatabaseName: db, TableName: table, MagneticStoreWriteProperties: &types.MagneticStoreWriteProperties{
		EnableMagneticStoreWrites: aws.Bool(true), MagneticStoreRejectedDataLocation: &types.MagneticStoreRejectedDataLocation{S3Configuration: &types.S3Configuration{BucketName: aws.String("bucket"), EncryptionOption: types.S3EncryptionOptionSseS3}}}})
	if err != nil || *u.Table.MagneticStoreWriteProperties.MagneticStoreRejectedDataLocation.S3Configuration.BucketName != "bucket" {
		t.Errorf("UpdateTable: %v", err)
	}
	if g, err := client.DescribeTable(ctx, &timestreamwrite.DescribeTableInput{DatabaseName: db, TableName: table}); err != nil || *g.Table.TableName != "host_metrics" {
		t.Errorf("DescribeTable: %v", err)
	}
	sdkWriteRecords(t, client)
	sdkLists(t, client)
	if _, err := client.DeleteTable(ctx, &timestreamwrite.DeleteTableInput{DatabaseName: db, TableName: table}); err != nil {
		t.Errorf("DeleteTable: %v", err)
	}
	for i := range 5 {
		name := aws.String(fmt.Sprintf("devops%d", i))
		if _, err := client.DeleteDatabase(ctx, &timestreamwrite.DeleteDatabaseInput{DatabaseName: name}); err != nil {
			t.Errorf("DeleteDatabase: %v", err)
		}
	}
	if _, err := client.DeleteDatabase(ctx, &timestreamwrite.DeleteDatabaseInput{DatabaseName: db}); err != nil {
		t.Errorf("DeleteDatabase: %v", err)
	}
	sdkErrors(t, client)
	if n := rec.count("CreateDatabase"); n != 7 { // devops, five for the lists, one for the conflict
		t.Errorf("%d requests for 7 calls of CreateDatabase: the SDK repeats some", n)
	}
}

// sdkWriteRecords writes, and reads the rejections.
func sdkWriteRecords(t *testing.T, client *timestreamwrite.Client) {
	t.Helper()
	record := func(value string, version int64) types.Record {
		return types.Record{MeasureName: aws.String("cpu"), MeasureValue: aws.String(value), Version: aws.Int64(version)}
	}
	write := func(records ...types.Record) (*timestreamwrite.WriteRecordsOutput, error) {
		return client.WriteRecords(context.Background(), &timestreamwrite.WriteRecordsInput{DatabaseName: aws.String("devops"), TableName: aws.String("host_metrics"), Records: records,
			CommonAttributes: &types.Record{Dimensions: []types.Dimension{{Name: aws.String("host"), Value: aws.String("h1"), DimensionValueType: types.DimensionValueTypeVarchar}},
				MeasureValueType: types.MeasureValueTypeDouble, Time: aws.String(strconv.FormatInt(start.UnixMilli(), 10)), TimeUnit: types.TimeUnitMilliseconds}})
	}
	out, err := write(record("13.6", 200))
	if err != nil || out.RecordsIngested.Total != 1 || out.RecordsIngested.MemoryStore != 1 || out.RecordsIngested.MagneticStore != 0 {
		t.Fatalf("WriteRecords: %+v, %v", out, err)
	}
	late := record("1", 1)
	late.Time = aws.String("0")
	multi := types.Record{MeasureName: aws.String("m"), MeasureValueType: types.MeasureValueTypeMulti, MeasureValues: []types.MeasureValue{{Name: aws.String("a"), Value: aws.String("true"), Type: types.MeasureValueTypeBoolean}}}
	_, err = write(record("14", 2), multi, late)
	var rejected *types.RejectedRecordsException
	if !errors.As(err, &rejected) || rejected.ErrorMessage() != "One or more records have been rejected. See RejectedRecords for details." || len(rejected.RejectedRecords) != 2 {
		t.Fatalf("rejections: %v", err)
	}
	if r := rejected.RejectedRecords[0]; r.RecordIndex != 0 || *r.ExistingVersion != 200 ||
		*r.Reason != "The record version 2 is lower than the existing version 200. A higher version is required to update the measure value." {
		t.Errorf("first rejection: %d %s", r.RecordIndex, *r.Reason)
	}
	if r := rejected.RejectedRecords[1]; r.RecordIndex != 2 || r.ExistingVersion != nil {
		t.Errorf("second rejection: %d %v", r.RecordIndex, r.ExistingVersion)
	}
}

// sdkLists goes through pages with the SDK's paginators.
func sdkLists(t *testing.T, client *timestreamwrite.Client) {
	t.Helper()
	ctx := context.Background()
	want := []string{"devops"}
	for i := range 5 {
		name := fmt.Sprintf("devops%d", i)
		if _, err := client.CreateDatabase(ctx, &timestreamwrite.CreateDatabaseInput{DatabaseName: aws.String(name)}); err != nil {
			t.Fatal(err)
		}
		want = append(want, name)
	}
	var got []string
	for pages := timestreamwrite.NewListDatabasesPaginator(client, &timestreamwrite.ListDatabasesInput{MaxResults: aws.Int32(2)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Databases {
			got = append(got, *d.DatabaseName)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("databases %v", got)
	}
	n := 0
	for pages := timestreamwrite.NewListTablesPaginator(client, &timestreamwrite.ListTablesInput{DatabaseName: aws.String("devops")}); pages.HasMorePages(); n++ {
		if page, err := pages.NextPage(ctx); err != nil || len(page.Tables) != 1 {
			t.Fatalf("tables: %v", err)
		}
	}
	if n != 1 {
		t.Errorf("%d pages of tables", n)
	}
}

// sdkErrors checks that errors come out as the types that programs look for.
func sdkErrors(t *testing.T, client *timestreamwrite.Client) {
	t.Helper()
	ctx := context.Background()
	_, err := client.CreateDatabase(ctx, &timestreamwrite.CreateDatabaseInput{DatabaseName: aws.String("x/")})
	var validation *types.ValidationException
	if !errors.As(err, &validation) || validation.ErrorMessage() == "" {
		t.Errorf("validation: %v", err)
	}
	_, err = client.DescribeTable(ctx, &timestreamwrite.DescribeTableInput{DatabaseName: aws.String("nope"), TableName: aws.String("nope")})
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) || missing.ErrorMessage() != "The database nope does not exist." {
		t.Errorf("not found: %v", err)
	}
	_, err = client.DescribeBatchLoadTask(ctx, &timestreamwrite.DescribeBatchLoadTaskInput{TaskId: aws.String("NOPE")})
	if !errors.As(err, &missing) || missing.ErrorMessage() != "The batch load task NOPE does not exist." {
		t.Errorf("no task: %v", err)
	}
}

// TestSDKDiscoveryDisabled: the same without discovery, as tools that set an endpoint in their code do.
func TestSDKDiscoveryDisabled(t *testing.T) {
	rec, url := sdkServer(t)
	client := timestreamwrite.NewFromConfig(sdkConfig(t, url), func(o *timestreamwrite.Options) {
		o.EndpointDiscovery.EnableEndpointDiscovery = aws.EndpointDiscoveryDisabled
	})
	if _, err := client.ListDatabases(context.Background(), &timestreamwrite.ListDatabasesInput{}); err != nil || rec.count("DescribeEndpoints") != 0 {
		t.Errorf("%v, %d discoveries", err, rec.count("DescribeEndpoints"))
	}
}
