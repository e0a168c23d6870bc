package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	writetypes "github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
)

// from is the part of statements that names the table.
func (s *scenarios) from() string { return fmt.Sprintf(`FROM "%s"."%s"`, *s.database, *s.table) }

// queryPages reads 25 rows in pages of ten.
func (s *scenarios) queryPages(ctx context.Context) error {
	var records []writetypes.Record
	for second := 2; second < 25; second++ {
		records = append(records, s.record(second, fmt.Sprintf("%d.5", second), 1))
	}
	if _, err := s.write(ctx, records...); err != nil {
		return err
	}
	in := &timestreamquery.QueryInput{MaxRows: aws.Int32(10), QueryString: aws.String(
		"SELECT measure_value::double AS v, host, CAST(NULL AS varchar) AS n " + s.from() + " ORDER BY time DESC")}
	var sizes []int
	var ids []string
	n := 0
	for pages := timestreamquery.NewQueryPaginator(s.reader, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		sizes, ids = append(sizes, len(page.Rows)), append(ids, aws.ToString(page.QueryId))
		for _, row := range page.Rows {
			d := row.Data
			if v := aws.ToString(d[0].ScalarValue); v != fmt.Sprintf("%d.5", n) || aws.ToString(d[1].ScalarValue) != "h1" ||
				d[1].NullValue != nil || d[2].ScalarValue != nil || !aws.ToBool(d[2].NullValue) {
				return fmt.Errorf("row %d is %s, %v, %v", n, v, d[1], d[2])
			}
			n++
		}
		var columns []string
		for _, c := range page.ColumnInfo {
			columns = append(columns, aws.ToString(c.Name)+" "+string(c.Type.ScalarType))
		}
		if err := expect("columns", columns, []string{"v DOUBLE", "host VARCHAR", "n VARCHAR"}); err != nil {
			return err
		}
	}
	return errors.Join(expect("rows of pages", sizes, []int{10, 10, 5}), expect("query ids", ids, []string{ids[0], ids[0], ids[0]}))
}

// cancelQuery ends a query with pages left.
func (s *scenarios) cancelQuery(ctx context.Context) error {
	sql := aws.String("SELECT time " + s.from())
	page, err := s.reader.Query(ctx, &timestreamquery.QueryInput{QueryString: sql, MaxRows: aws.Int32(1)})
	if err != nil {
		return err
	}
	answer, err := s.reader.CancelQuery(ctx, &timestreamquery.CancelQueryInput{QueryId: page.QueryId})
	if err != nil || aws.ToString(answer.CancellationMessage) == "" {
		return fmt.Errorf("cancel: %v, or no message", err)
	}
	var conflict *types.ConflictException
	_, err = s.reader.Query(ctx, &timestreamquery.QueryInput{QueryString: sql, NextToken: page.NextToken})
	if !errors.As(err, &conflict) {
		return fmt.Errorf("page of a cancelled query: %v, want a conflict", err)
	}
	var invalid *types.ValidationException
	_, err = s.reader.CancelQuery(ctx, &timestreamquery.CancelQueryInput{QueryId: aws.String("AEDACANM")})
	if !errors.As(err, &invalid) {
		return fmt.Errorf("cancel of an unknown query: %v, want a validation error", err)
	}
	return nil
}

// validationText asks for a column that does not exist.
func (s *scenarios) validationText(ctx context.Context) error {
	_, err := s.reader.Query(ctx, &timestreamquery.QueryInput{QueryString: aws.String("SELECT nope " + s.from())})
	var invalid *types.ValidationException
	if !errors.As(err, &invalid) {
		return fmt.Errorf("error is %v, want a validation error", err)
	}
	return expect("text", invalid.ErrorMessage(), "line 1:8: Column 'nope' does not exist")
}

// discovery asks both services for their endpoint.
func (s *scenarios) discovery(ctx context.Context) error {
	at, err := url.Parse(s.url)
	if err != nil {
		return err
	}
	read, err := s.reader.DescribeEndpoints(ctx, &timestreamquery.DescribeEndpointsInput{})
	if err != nil {
		return err
	}
	written, err := s.writer.DescribeEndpoints(ctx, &timestreamwrite.DescribeEndpointsInput{})
	if err != nil {
		return err
	}
	if len(read.Endpoints) != 1 || len(written.Endpoints) != 1 {
		return fmt.Errorf("%d and %d endpoints, want one each", len(read.Endpoints), len(written.Endpoints))
	}
	r, w := read.Endpoints[0], written.Endpoints[0]
	return errors.Join(
		expect("address for queries", aws.ToString(r.Address), at.Host), expect("address for writes", aws.ToString(w.Address), at.Host),
		expect("minutes", []int64{r.CachePeriodInMinutes, w.CachePeriodInMinutes}, []int64{1440, 1440}),
	)
}
