package api

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"
)

// TestSDKPrepareQuery asks for the columns and parameters of a statement as a program does.
func TestSDKPrepareQuery(t *testing.T) {
	ctx := context.Background()
	rec, url := sdkServer(t)
	serve(rec.Handler, request("CreateDatabase", `{"DatabaseName":"devops"}`))
	serve(rec.Handler, request("CreateTable", `{"DatabaseName":"devops","TableName":"cpu"}`))
	client := timestreamquery.NewFromConfig(sdkConfig(t, url))

	statement := aws.String("SELECT measure_name, max(time) AS latest, ARRAY[1] FROM devops.cpu WHERE time > @scheduled_runtime - 1h AND measure_name = @name GROUP BY measure_name")
	out, err := client.PrepareQuery(ctx, &timestreamquery.PrepareQueryInput{QueryString: statement, ValidateOnly: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	if *out.QueryString != *statement || len(out.Columns) != 3 || len(out.Parameters) != 2 {
		t.Fatalf("%d columns, %d parameters of %s", len(out.Columns), len(out.Parameters), *out.QueryString)
	}
	name, latest, list := out.Columns[0], out.Columns[1], out.Columns[2]
	if *name.Name != "measure_name" || name.Type.ScalarType != types.ScalarTypeVarchar || *name.DatabaseName != "devops" || *name.TableName != "cpu" || *name.Aliased {
		t.Errorf("first column: %+v", name)
	}
	if *latest.Name != "latest" || latest.Type.ScalarType != types.ScalarTypeTimestamp || latest.DatabaseName != nil || latest.TableName != nil || !*latest.Aliased {
		t.Errorf("second column: %+v", latest)
	}
	if *list.Name != "_col2" || list.Type.ArrayColumnInfo.Type.ScalarType != types.ScalarTypeInteger || *list.Aliased {
		t.Errorf("third column: %+v", list)
	}
	runtime, measure := out.Parameters[0], out.Parameters[1]
	if *runtime.Name != "scheduled_runtime" || runtime.Type.ScalarType != types.ScalarTypeTimestamp || *measure.Name != "name" || measure.Type.ScalarType != types.ScalarTypeVarchar {
		t.Errorf("parameters: %s %+v, %s %+v", *runtime.Name, runtime.Type, *measure.Name, measure.Type)
	}

	_, err = client.PrepareQuery(ctx, &timestreamquery.PrepareQueryInput{QueryString: aws.String("SELECT nope FROM devops.cpu"), ValidateOnly: aws.Bool(true)})
	var validation *types.ValidationException
	if !errors.As(err, &validation) || validation.ErrorMessage() != "line 1:8: Column 'nope' does not exist" {
		t.Errorf("statement error: %v", err)
	}
	_, err = client.PrepareQuery(ctx, &timestreamquery.PrepareQueryInput{QueryString: statement})
	if !errors.As(err, &validation) || validation.ErrorMessage() != "PrepareQuery needs ValidateOnly to be true" {
		t.Errorf("without ValidateOnly: %v", err)
	}
}
