// Command go-v2 runs the AWS SDK for Go v2 against a server: go-v2 code|env URL DATABASE. With "code" the endpoint is an
// option of the client, with "env" it is in AWS_ENDPOINT_URL. The scenarios are described in ../README.md. Each prints
// "ok NAME", or "FAIL NAME: why" on one line. With CASES, a file, as a fourth argument it runs the cases of that file instead.
//
// It is built with two versions of the SDK: go.mod has the newest, sdk-2024.mod one of 2024.
package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
)

// table is the table of the scenarios.
const table = "metrics"

// scenarios is what they share.
type scenarios struct {
	url      string
	database *string
	table    *string
	writer   *timestreamwrite.Client
	reader   *timestreamquery.Client
	now      time.Time
}

// main runs all scenarios; a failed one does not keep the later ones from running.
func main() {
	if len(os.Args) != 4 && len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: go-v2 code|env URL DATABASE [CASES]")
		os.Exit(2)
	}
	s, err := connect(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if len(os.Args) == 5 {
		if err := runCases(s, os.Args[4]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	for _, scenario := range []struct {
		name string
		run  func(context.Context) error
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
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		err := scenario.run(ctx)
		cancel()
		if err != nil {
			fmt.Printf("FAIL %s: %s\n", scenario.name, strings.Join(strings.Fields(err.Error()), " "))
			continue
		}
		fmt.Println("ok", scenario.name)
	}
}

// connect makes the clients.
func connect(mode, url, database string) (*scenarios, error) {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		return nil, err
	}
	s := &scenarios{url: url, database: aws.String(database), table: aws.String(table), now: time.Now()}
	s.writer = timestreamwrite.NewFromConfig(cfg, func(o *timestreamwrite.Options) {
		if mode == "code" {
			o.BaseEndpoint = aws.String(url)
		}
	})
	s.reader = timestreamquery.NewFromConfig(cfg, func(o *timestreamquery.Options) {
		if mode == "code" {
			o.BaseEndpoint = aws.String(url)
		}
	})
	return s, nil
}

// expect compares two values.
func expect(what string, got, want any) error {
	if reflect.DeepEqual(got, want) {
		return nil
	}
	return fmt.Errorf("%s is %v, want %v", what, got, want)
}

// databases returns all names, one page for each.
func (s *scenarios) databases(ctx context.Context) ([]string, error) {
	var names []string
	for pages := timestreamwrite.NewListDatabasesPaginator(s.writer, &timestreamwrite.ListDatabasesInput{MaxResults: aws.Int32(1)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, d := range page.Databases {
			names = append(names, aws.ToString(d.DatabaseName))
		}
	}
	return names, nil
}

// expectDatabase checks whether the database is listed.
func (s *scenarios) expectDatabase(ctx context.Context, there bool) error {
	names, err := s.databases(ctx)
	if err != nil {
		return err
	}
	return expect("that the database is there", slices.Contains(names, *s.database), there)
}

// timeOf returns a time so many seconds ago, in milliseconds.
func (s *scenarios) timeOf(second int) string {
	return strconv.FormatInt(s.now.Add(-time.Duration(second)*time.Second).UnixMilli(), 10)
}
