package loader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/internal/cli/human"
)

// TablesAPI is what creating a table needs of the write client.
type TablesAPI interface {
	CreateDatabase(context.Context, *timestreamwrite.CreateDatabaseInput, ...func(*timestreamwrite.Options)) (*timestreamwrite.CreateDatabaseOutput, error)
	CreateTable(context.Context, *timestreamwrite.CreateTableInput, ...func(*timestreamwrite.Options)) (*timestreamwrite.CreateTableOutput, error)
	DescribeTable(context.Context, *timestreamwrite.DescribeTableInput, ...func(*timestreamwrite.Options)) (*timestreamwrite.DescribeTableOutput, error)
}

// Table is the table that a load needs.
type Table struct {
	Database, Name string
	MemoryHours    int64 // retention of the memory store
	MagneticDays   int64 // retention of the magnetic store
	MagneticWrites bool  // records older than the memory store's retention are taken, too
	// Reach is how far back the load goes; an existing table that does not keep that much gets a warning.
	Reach time.Duration
}

// Ensure creates the database and the table if they are missing. It returns lines about what it did and what the user
// should know; a table that exists is not changed.
func Ensure(ctx context.Context, api TablesAPI, t Table) ([]string, error) {
	var notes []string
	var exists *types.ConflictException
	_, err := api.CreateDatabase(ctx, &timestreamwrite.CreateDatabaseInput{DatabaseName: &t.Database})
	switch {
	case err == nil:
		notes = append(notes, "created database "+t.Database)
	case !errors.As(err, &exists):
		return notes, fmt.Errorf("create database %s: %w", t.Database, err)
	}
	_, err = api.CreateTable(ctx, &timestreamwrite.CreateTableInput{
		DatabaseName: &t.Database, TableName: &t.Name,
		RetentionProperties: &types.RetentionProperties{
			MemoryStoreRetentionPeriodInHours: &t.MemoryHours, MagneticStoreRetentionPeriodInDays: &t.MagneticDays,
		},
		MagneticStoreWriteProperties: &types.MagneticStoreWriteProperties{EnableMagneticStoreWrites: &t.MagneticWrites},
	})
	switch {
	case err == nil:
		return append(notes, fmt.Sprintf("created table %s.%s: memory store %d h, magnetic store %d d",
			t.Database, t.Name, t.MemoryHours, t.MagneticDays)), nil
	case !errors.As(err, &exists):
		return notes, fmt.Errorf("create table %s.%s: %w", t.Database, t.Name, err)
	}
	warning, err := warnOfRetention(ctx, api, t)
	if err != nil || warning == "" {
		return notes, err
	}
	return append(notes, warning), nil
}

// warnOfRetention says so if an existing table will refuse the oldest records of the load.
func warnOfRetention(ctx context.Context, api TablesAPI, t Table) (string, error) {
	out, err := api.DescribeTable(ctx, &timestreamwrite.DescribeTableInput{DatabaseName: &t.Database, TableName: &t.Name})
	if err != nil {
		return "", fmt.Errorf("describe table %s.%s: %w", t.Database, t.Name, err)
	}
	if out.Table == nil || out.Table.RetentionProperties == nil {
		return "", nil
	}
	keeps := out.Table.RetentionProperties
	kept := time.Duration(aws.ToInt64(keeps.MemoryStoreRetentionPeriodInHours)) * time.Hour
	if p := out.Table.MagneticStoreWriteProperties; p != nil && aws.ToBool(p.EnableMagneticStoreWrites) {
		kept += time.Duration(min(aws.ToInt64(keeps.MagneticStoreRetentionPeriodInDays), 100_000)) * 24 * time.Hour
	}
	if t.Reach <= kept {
		return "", nil
	}
	return fmt.Sprintf("warning: table %s.%s takes records of the last %s only, but the data goes back %s: older ones will be rejected",
		t.Database, t.Name, human.Duration(kept), human.Duration(t.Reach)), nil
}
