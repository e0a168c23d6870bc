package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
)

// listDatabases goes through the list before the database exists.
func (s *scenarios) listDatabases(ctx context.Context) error { return s.expectDatabase(ctx, false) }

// create makes database and table, each twice.
func (s *scenarios) create(ctx context.Context) error {
	var conflict *types.ConflictException
	database := &timestreamwrite.CreateDatabaseInput{DatabaseName: s.database}
	if _, err := s.writer.CreateDatabase(ctx, database); err != nil {
		return err
	}
	if _, err := s.writer.CreateDatabase(ctx, database); !errors.As(err, &conflict) {
		return fmt.Errorf("second database: %v, want a conflict", err)
	}
	table := &timestreamwrite.CreateTableInput{
		DatabaseName: s.database, TableName: s.table,
		RetentionProperties: &types.RetentionProperties{MemoryStoreRetentionPeriodInHours: aws.Int64(24), MagneticStoreRetentionPeriodInDays: aws.Int64(7)},
	}
	made, err := s.writer.CreateTable(ctx, table)
	if err != nil {
		return err
	}
	if _, err := s.writer.CreateTable(ctx, table); !errors.As(err, &conflict) {
		return fmt.Errorf("second table: %v, want a conflict", err)
	}
	return errors.Join(
		expect("status", made.Table.TableStatus, types.TableStatusActive),
		expect("retention", *made.Table.RetentionProperties, *table.RetentionProperties),
		s.expectDatabase(ctx, true),
	)
}

// write writes records of one series.
func (s *scenarios) write(ctx context.Context, records ...types.Record) (*timestreamwrite.WriteRecordsOutput, error) {
	return s.writer.WriteRecords(ctx, &timestreamwrite.WriteRecordsInput{
		DatabaseName: s.database, TableName: s.table, Records: records,
		CommonAttributes: &types.Record{
			Dimensions:  []types.Dimension{{Name: aws.String("host"), Value: aws.String("h1")}},
			MeasureName: aws.String("cpu"), MeasureValueType: types.MeasureValueTypeDouble, TimeUnit: types.TimeUnitMilliseconds,
		},
	})
}

// record returns a value so many seconds ago.
func (s *scenarios) record(second int, value string, version int64) types.Record {
	return types.Record{Time: aws.String(s.timeOf(second)), MeasureValue: aws.String(value), Version: aws.Int64(version)}
}

// writeRejected writes a record, and again with a lower version beside a new one.
func (s *scenarios) writeRejected(ctx context.Context) error {
	out, err := s.write(ctx, s.record(0, "0.5", 2))
	if err != nil {
		return err
	}
	if err := expect("ingested", *out.RecordsIngested, types.RecordsIngested{Total: 1, MemoryStore: 1}); err != nil {
		return err
	}
	_, err = s.write(ctx, s.record(1, "1.5", 1), s.record(0, "7", 1))
	var rejected *types.RejectedRecordsException
	if !errors.As(err, &rejected) || len(rejected.RejectedRecords) != 1 {
		return fmt.Errorf("second write: %v, want one rejected record", err)
	}
	r := rejected.RejectedRecords[0]
	return errors.Join(
		expect("message", rejected.ErrorMessage(), "One or more records have been rejected. See RejectedRecords for details."),
		expect("index", r.RecordIndex, int32(1)),
		expect("existing version", aws.ToInt64(r.ExistingVersion), int64(2)),
		expect("reason", aws.ToString(r.Reason), "The record version 1 is lower than the existing version 2. A higher version is required to update the measure value."),
	)
}

// delete removes table and database.
func (s *scenarios) delete(ctx context.Context) error {
	if _, err := s.writer.DeleteTable(ctx, &timestreamwrite.DeleteTableInput{DatabaseName: s.database, TableName: s.table}); err != nil {
		return err
	}
	if _, err := s.writer.DeleteDatabase(ctx, &timestreamwrite.DeleteDatabaseInput{DatabaseName: s.database}); err != nil {
		return err
	}
	var missing *types.ResourceNotFoundException
	_, err := s.writer.DescribeDatabase(ctx, &timestreamwrite.DescribeDatabaseInput{DatabaseName: s.database})
	if !errors.As(err, &missing) {
		return fmt.Errorf("deleted database: %v, want that it is not found", err)
	}
	return nil
}
