package loader

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
	"github.com/google/go-cmp/cmp"
)

// fakeTables has one table, or none.
type fakeTables struct {
	database bool
	table    *types.Table
	err      error
}

func (f *fakeTables) CreateDatabase(context.Context, *timestreamwrite.CreateDatabaseInput, ...func(*timestreamwrite.Options)) (*timestreamwrite.CreateDatabaseOutput, error) {
	if f.err != nil {
		return nil, f.err
	}
	if f.database {
		return nil, &types.ConflictException{}
	}
	f.database = true
	return &timestreamwrite.CreateDatabaseOutput{}, nil
}

func (f *fakeTables) CreateTable(_ context.Context, in *timestreamwrite.CreateTableInput, _ ...func(*timestreamwrite.Options)) (*timestreamwrite.CreateTableOutput, error) {
	if f.table != nil {
		return nil, &types.ConflictException{}
	}
	f.table = &types.Table{RetentionProperties: in.RetentionProperties, MagneticStoreWriteProperties: in.MagneticStoreWriteProperties}
	return &timestreamwrite.CreateTableOutput{Table: f.table}, nil
}

func (f *fakeTables) DescribeTable(context.Context, *timestreamwrite.DescribeTableInput, ...func(*timestreamwrite.Options)) (*timestreamwrite.DescribeTableOutput, error) {
	return &timestreamwrite.DescribeTableOutput{Table: f.table}, nil
}

func existing(memoryHours, magneticDays int64, magneticWrites bool) *fakeTables {
	return &fakeTables{database: true, table: &types.Table{
		RetentionProperties: &types.RetentionProperties{
			MemoryStoreRetentionPeriodInHours: &memoryHours, MagneticStoreRetentionPeriodInDays: &magneticDays},
		MagneticStoreWriteProperties: &types.MagneticStoreWriteProperties{EnableMagneticStoreWrites: &magneticWrites},
	}}
}

func TestEnsure(t *testing.T) {
	want := Table{Database: "iot", Name: "host_metrics", MemoryHours: 24, MagneticDays: 7, Reach: 12 * time.Hour}
	for _, c := range []struct {
		name  string
		api   *fakeTables
		notes []string
	}{
		{"nothing there", &fakeTables{}, []string{
			"created database iot", "created table iot.host_metrics: memory store 24 h, magnetic store 7 d"}},
		{"database there", &fakeTables{database: true}, []string{"created table iot.host_metrics: memory store 24 h, magnetic store 7 d"}},
		{"all there", existing(12, 1, false), nil},
		{"table keeps too little", existing(6, 7, false), []string{
			"warning: table iot.host_metrics takes records of the last 6h00m only, but the data goes back 12h00m: older ones will be rejected"}},
		{"magnetic store helps", existing(6, 7, true), nil},
		{"no details", &fakeTables{database: true, table: &types.Table{}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			notes, err := Ensure(t.Context(), c.api, want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.notes, notes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	api := &fakeTables{}
	if _, err := Ensure(t.Context(), api, want); err != nil || aws.ToInt64(api.table.RetentionProperties.MemoryStoreRetentionPeriodInHours) != 24 {
		t.Errorf("%+v, %v", api.table, err)
	}
	_, err := Ensure(t.Context(), &fakeTables{err: errors.New("no")}, want)
	if err == nil || !strings.Contains(err.Error(), "create database iot: no") {
		t.Error(err)
	}
}
