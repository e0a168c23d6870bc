package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"
)

// TestSDKQuery reads what was written, over pages, and checks that errors come out as the types that programs look for.
func TestSDKQuery(t *testing.T) {
	ctx := context.Background()
	rec, url := sdkServer(t)
	serve(rec.Handler, request("CreateDatabase", `{"DatabaseName":"devops"}`))
	serve(rec.Handler, request("CreateTable", `{"DatabaseName":"devops","TableName":"cpu"}`))
	var records []string
	for i := range 100 {
		records = append(records, fmt.Sprintf(`{"MeasureValue":"%d.5","Time":"%d"}`, i, start.UnixMilli()-int64(i)*1000))
	}
	body := `{"DatabaseName":"devops","TableName":"cpu","CommonAttributes":{"MeasureName":"usage","Dimensions":[{"Name":"host","Value":"h1"}]},"Records":[` + strings.Join(records, ",") + `]}`
	if status, answer := serve(rec.Handler, request("WriteRecords", body)); status != 200 {
		t.Fatal(answer)
	}

	client := timestreamquery.NewFromConfig(sdkConfig(t, url))
	statement := aws.String("SELECT host, time, measure_value::double AS v, CAST(NULL AS varchar) AS n FROM devops.cpu ORDER BY time DESC")
	rows, pages := 0, 0
	for p := timestreamquery.NewQueryPaginator(client, &timestreamquery.QueryInput{QueryString: statement, MaxRows: aws.Int32(30)}); p.HasMorePages(); pages++ {
		page, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if page.QueryStatus == nil || page.QueryStatus.CumulativeBytesMetered != 10_000_000 || len(page.ColumnInfo) != 4 || page.ColumnInfo[2].Type.ScalarType != types.ScalarTypeDouble {
			t.Errorf("page %d: status %+v, columns %+v", pages, page.QueryStatus, page.ColumnInfo)
		}
		for _, row := range page.Rows {
			if got, want := *row.Data[2].ScalarValue, fmt.Sprintf("%d.5", rows); got != want || row.Data[2].NullValue != nil || !*row.Data[3].NullValue {
				t.Fatalf("row %d: %s, want %s", rows, got, want)
			}
			rows++
		}
	}
	if rows != 100 || pages < 4 || rec.count("DescribeEndpoints") == 0 {
		t.Errorf("%d rows on %d pages, %d discoveries", rows, pages, rec.count("DescribeEndpoints"))
	}

	_, err := client.Query(ctx, &timestreamquery.QueryInput{QueryString: aws.String("SELECT nope FROM devops.cpu")})
	var validation *types.ValidationException
	if !errors.As(err, &validation) || validation.ErrorMessage() != "line 1:8: Column 'nope' does not exist" {
		t.Errorf("statement error: %v", err)
	}
	first, err := client.Query(ctx, &timestreamquery.QueryInput{QueryString: statement, MaxRows: aws.Int32(1)})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := client.CancelQuery(ctx, &timestreamquery.CancelQueryInput{QueryId: first.QueryId}); err != nil || out.CancellationMessage == nil {
		t.Errorf("CancelQuery: %v", err)
	}
	_, err = client.Query(ctx, &timestreamquery.QueryInput{QueryString: statement, NextToken: first.NextToken})
	var conflict *types.ConflictException
	if !errors.As(err, &conflict) {
		t.Errorf("page of a cancelled query: %v", err)
	}
}
