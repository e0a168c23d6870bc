// Command go-v1 runs the AWS SDK for Go v1, which many tools still have inside, against a server: go-v1 code URL DATABASE. It
// reads no variable for the endpoint, so there is no "env". The scenarios are described in ../README.md. Each prints "ok
// NAME", or "FAIL NAME: why" on one line.
package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/timestreamquery"
	"github.com/aws/aws-sdk-go/service/timestreamwrite"
)

// table is the table of the scenarios.
const table = "metrics"

// scenarios is what they share.
type scenarios struct {
	url      string
	database *string
	table    *string
	writer   *timestreamwrite.TimestreamWrite
	reader   *timestreamquery.TimestreamQuery
	now      time.Time
}

// main runs all scenarios; a failed one does not keep the later ones from running.
func main() {
	if len(os.Args) != 4 || os.Args[1] != "code" {
		fmt.Fprintln(os.Stderr, "usage: go-v1 code URL DATABASE")
		os.Exit(2)
	}
	connection := session.Must(session.NewSession(&aws.Config{Endpoint: aws.String(os.Args[2])}))
	s := &scenarios{
		url: os.Args[2], database: aws.String(os.Args[3]), table: aws.String(table), now: time.Now(),
		writer: timestreamwrite.New(connection), reader: timestreamquery.New(connection),
	}
	for _, scenario := range []struct {
		name string
		run  func() error
	}{
		{"list-databases", s.listDatabases},
		{"create", s.create},
		{"write-rejected", s.writeRejected},
		{"query-pages", s.queryPages},
		{"cancel-query", s.cancelQuery},
		{"validation-text", s.validationText},
		{"discovery", s.discovery},
		{"delete", s.delete},
	} {
		if err := scenario.run(); err != nil {
			fmt.Printf("FAIL %s: %s\n", scenario.name, strings.Join(strings.Fields(err.Error()), " "))
			continue
		}
		fmt.Println("ok", scenario.name)
	}
}

// expect compares two values.
func expect(what string, got, want any) error {
	if reflect.DeepEqual(got, want) {
		return nil
	}
	return fmt.Errorf("%s is %v, want %v", what, got, want)
}

// expectCode checks the code of an error.
func expectCode(what string, err error, code string) error {
	var coded awserr.Error
	if !errors.As(err, &coded) || coded.Code() != code {
		return fmt.Errorf("%s gives %v, want %s", what, err, code)
	}
	return nil
}

// expectDatabase checks whether the database is listed, one page for each.
func (s *scenarios) expectDatabase(there bool) error {
	var names []string
	err := s.writer.ListDatabasesPages(&timestreamwrite.ListDatabasesInput{MaxResults: aws.Int64(1)}, func(page *timestreamwrite.ListDatabasesOutput, _ bool) bool {
		for _, d := range page.Databases {
			names = append(names, *d.DatabaseName)
		}
		return true
	})
	if err != nil {
		return err
	}
	return expect("that the database is there", slices.Contains(names, *s.database), there)
}

// listDatabases goes through the list before the database exists.
func (s *scenarios) listDatabases() error { return s.expectDatabase(false) }

// create makes database and table, each twice.
func (s *scenarios) create() error {
	database := &timestreamwrite.CreateDatabaseInput{DatabaseName: s.database}
	if _, err := s.writer.CreateDatabase(database); err != nil {
		return err
	}
	_, again := s.writer.CreateDatabase(database)
	table := &timestreamwrite.CreateTableInput{DatabaseName: s.database, TableName: s.table}
	made, err := s.writer.CreateTable(table)
	if err != nil {
		return err
	}
	_, tableAgain := s.writer.CreateTable(table)
	return errors.Join(
		expectCode("second database", again, timestreamwrite.ErrCodeConflictException),
		expectCode("second table", tableAgain, timestreamwrite.ErrCodeConflictException),
		expect("status", *made.Table.TableStatus, timestreamwrite.TableStatusActive),
		s.expectDatabase(true),
	)
}

// write writes records of one series.
func (s *scenarios) write(records ...*timestreamwrite.Record) (*timestreamwrite.WriteRecordsOutput, error) {
	return s.writer.WriteRecords(&timestreamwrite.WriteRecordsInput{
		DatabaseName: s.database, TableName: s.table, Records: records,
		CommonAttributes: &timestreamwrite.Record{
			Dimensions:  []*timestreamwrite.Dimension{{Name: aws.String("host"), Value: aws.String("h1")}},
			MeasureName: aws.String("cpu"), MeasureValueType: aws.String(timestreamwrite.MeasureValueTypeDouble),
			TimeUnit: aws.String(timestreamwrite.TimeUnitMilliseconds),
		},
	})
}

// record returns a value so many seconds ago.
func (s *scenarios) record(second int, value string, version int64) *timestreamwrite.Record {
	at := strconv.FormatInt(s.now.Add(-time.Duration(second)*time.Second).UnixMilli(), 10)
	return &timestreamwrite.Record{Time: aws.String(at), MeasureValue: aws.String(value), Version: aws.Int64(version)}
}

// writeRejected writes a record, and again with a lower version beside a new one.
func (s *scenarios) writeRejected() error {
	out, err := s.write(s.record(0, "0.5", 2))
	if err != nil {
		return err
	}
	_, err = s.write(s.record(1, "1.5", 1), s.record(0, "7", 1))
	var rejected *timestreamwrite.RejectedRecordsException
	if !errors.As(err, &rejected) || len(rejected.RejectedRecords) != 1 {
		return fmt.Errorf("second write: %v, want one rejected record", err)
	}
	r := rejected.RejectedRecords[0]
	return errors.Join(
		expect("ingested", *out.RecordsIngested.Total, int64(1)),
		expect("index", *r.RecordIndex, int64(1)),
		expect("existing version", aws.Int64Value(r.ExistingVersion), int64(2)),
		expect("reason", *r.Reason, "The record version 1 is lower than the existing version 2. A higher version is required to update the measure value."),
	)
}

// from is the part of statements that names the table.
func (s *scenarios) from() string { return fmt.Sprintf(`FROM "%s"."%s"`, *s.database, *s.table) }

// queryPages reads 25 rows in pages of ten.
func (s *scenarios) queryPages() error {
	var records []*timestreamwrite.Record
	for second := 2; second < 25; second++ {
		records = append(records, s.record(second, fmt.Sprintf("%d.5", second), 1))
	}
	if _, err := s.write(records...); err != nil {
		return err
	}
	in := &timestreamquery.QueryInput{MaxRows: aws.Int64(10), QueryString: aws.String("SELECT measure_value::double " + s.from() + " ORDER BY time DESC")}
	var sizes []int
	var values, want []string
	err := s.reader.QueryPages(in, func(page *timestreamquery.QueryOutput, _ bool) bool {
		sizes = append(sizes, len(page.Rows))
		for _, row := range page.Rows {
			want = append(want, fmt.Sprintf("%d.5", len(values)))
			values = append(values, aws.StringValue(row.Data[0].ScalarValue))
		}
		return true
	})
	return errors.Join(err, expect("rows of pages", sizes, []int{10, 10, 5}), expect("values", values, want))
}

// cancelQuery ends a query with pages left.
func (s *scenarios) cancelQuery() error {
	sql := aws.String("SELECT time " + s.from())
	page, err := s.reader.Query(&timestreamquery.QueryInput{QueryString: sql, MaxRows: aws.Int64(1)})
	if err != nil {
		return err
	}
	answer, err := s.reader.CancelQuery(&timestreamquery.CancelQueryInput{QueryId: page.QueryId})
	if err != nil || aws.StringValue(answer.CancellationMessage) == "" {
		return fmt.Errorf("cancel: %v, or no message", err)
	}
	_, err = s.reader.Query(&timestreamquery.QueryInput{QueryString: sql, NextToken: page.NextToken})
	_, unknown := s.reader.CancelQuery(&timestreamquery.CancelQueryInput{QueryId: aws.String("AEDACANM")})
	return errors.Join(
		expectCode("page of a cancelled query", err, timestreamquery.ErrCodeConflictException),
		expectCode("cancel of an unknown query", unknown, timestreamquery.ErrCodeValidationException),
	)
}

// validationText asks for a column that does not exist.
func (s *scenarios) validationText() error {
	_, err := s.reader.Query(&timestreamquery.QueryInput{QueryString: aws.String("SELECT nope " + s.from())})
	if err := expectCode("unknown column", err, timestreamquery.ErrCodeValidationException); err != nil {
		return err
	}
	return expect("text", err.Error(), "ValidationException: line 1:8: Column 'nope' does not exist")
}

// discovery asks both services for their endpoint.
func (s *scenarios) discovery() error {
	read, err := s.reader.DescribeEndpoints(&timestreamquery.DescribeEndpointsInput{})
	if err != nil {
		return err
	}
	written, err := s.writer.DescribeEndpoints(&timestreamwrite.DescribeEndpointsInput{})
	if err != nil {
		return err
	}
	if len(read.Endpoints) != 1 || len(written.Endpoints) != 1 {
		return fmt.Errorf("%d and %d endpoints, want one each", len(read.Endpoints), len(written.Endpoints))
	}
	return errors.Join(
		expect("address for queries", *read.Endpoints[0].Address, s.url), expect("address for writes", *written.Endpoints[0].Address, s.url),
		expect("minutes", *read.Endpoints[0].CachePeriodInMinutes, int64(1440)),
	)
}

// delete removes table and database.
func (s *scenarios) delete() error {
	if _, err := s.writer.DeleteTable(&timestreamwrite.DeleteTableInput{DatabaseName: s.database, TableName: s.table}); err != nil {
		return err
	}
	if _, err := s.writer.DeleteDatabase(&timestreamwrite.DeleteDatabaseInput{DatabaseName: s.database}); err != nil {
		return err
	}
	_, err := s.writer.DescribeDatabase(&timestreamwrite.DescribeDatabaseInput{DatabaseName: s.database})
	return expectCode("deleted database", err, timestreamwrite.ErrCodeResourceNotFoundException)
}
