package workshop_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	querytypes "github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	writetypes "github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/internal/api"
	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/test/process"
)

// server is a running server with its clients.
type server struct {
	engine *engine.Engine
	http   *httptest.Server
	writer *timestreamwrite.Client
	reader *timestreamquery.Client
}

// startServer opens what is on a disk and serves it on a free port. Nothing happens by itself: rows stay in memory until
// flush is called, and the clock stands still.
func startServer(t *testing.T, disk vfs.FS, d *dataset, o engine.QueryOptions) *server {
	t.Helper()
	stands := clock.NewManual(time.Unix(0, d.now))
	e, err := engine.Open(t.Context(), engine.Options{FS: disk, Clock: stands, MaintainEvery: -1, Query: o})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{engine: e, http: httptest.NewServer(api.New(e, api.Options{Clock: stands}))}
	t.Cleanup(func() { s.stop(t) })
	config := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(s.http.URL),
		RetryMaxAttempts: 1, // a repeated request would hide an error
		HTTPClient:       process.WholeBodies(),
		Credentials:      credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""),
	}
	s.writer, s.reader = timestreamwrite.NewFromConfig(config), timestreamquery.NewFromConfig(config)
	return s
}

// stop ends the server as a graceful shutdown does. It may be called again.
func (s *server) stop(t *testing.T) {
	t.Helper()
	s.http.Close()
	if err := s.engine.Close(); err != nil {
		t.Error(err)
	}
}

// flush writes what is in memory to segments.
func (s *server) flush(t *testing.T) {
	t.Helper()
	if err := s.engine.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// expectSegments fails unless the disk has at least n segments, or none if n is 0: it makes sure that a test reads the rows
// from where it says.
func (s *server) expectSegments(t *testing.T, disk vfs.FS, n int) {
	t.Helper()
	if found := countSegments(disk, "."); found < n || n == 0 && found > 0 {
		t.Fatalf("%d segments on the disk, want %d", found, n)
	}
}

// countSegments counts the segments in a directory and those below it. A name that cannot be listed is a file.
func countSegments(disk vfs.FS, dir string) int {
	names, err := disk.List(dir)
	if err != nil && strings.HasSuffix(dir, ".seg") {
		return 1
	}
	n := 0
	for _, name := range names {
		n += countSegments(disk, path.Join(dir, name))
	}
	return n
}

// createTables makes the tables. The memory store of the devices is too short for their records: those go to the magnetic
// store at once.
func (s *server) createTables(t *testing.T) {
	t.Helper()
	for _, database := range []string{"devops", "iot"} {
		if _, err := s.writer.CreateDatabase(t.Context(), &timestreamwrite.CreateDatabaseInput{DatabaseName: aws.String(database)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range tables {
		in := &timestreamwrite.CreateTableInput{
			DatabaseName: aws.String(table.database), TableName: aws.String(table.name),
			RetentionProperties: &writetypes.RetentionProperties{
				MemoryStoreRetentionPeriodInHours: aws.Int64(12), MagneticStoreRetentionPeriodInDays: aws.Int64(7),
			},
			MagneticStoreWriteProperties: &writetypes.MagneticStoreWriteProperties{EnableMagneticStoreWrites: aws.Bool(true)},
		}
		if _, err := s.writer.CreateTable(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
}

// result is all rows of a statement.
type result struct {
	columns []string // name and type
	rows    []querytypes.Row
	pages   int
}

// ask runs a statement and follows its pages of up to rowsMax rows, 0 for as many as fit.
func (s *server) ask(ctx context.Context, sql string, rowsMax int) (result, error) {
	in := &timestreamquery.QueryInput{QueryString: aws.String(sql)}
	if rowsMax > 0 {
		in.MaxRows = aws.Int32(int32(rowsMax))
	}
	var out result
	for pages := timestreamquery.NewQueryPaginator(s.reader, in); pages.HasMorePages(); out.pages++ {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return out, err
		}
		if rowsMax > 0 && len(page.Rows) > rowsMax {
			return out, fmt.Errorf("a page of %d rows, asked for up to %d", len(page.Rows), rowsMax)
		}
		columns := columnsOf(page.ColumnInfo)
		if out.pages > 0 && strings.Join(columns, ",") != strings.Join(out.columns, ",") {
			return out, fmt.Errorf("page %d has columns %s, the first had %s", out.pages+1, columns, out.columns)
		}
		out.columns = columns
		out.rows = append(out.rows, page.Rows...)
	}
	return out, nil
}

// askAll runs every statement and compares what comes with what must come.
func (s *server) askAll(t *testing.T, statements []statement, rowsMax int) {
	t.Helper()
	for _, st := range statements {
		t.Run(st.name, func(t *testing.T) {
			got, err := s.ask(t.Context(), st.sql, rowsMax)
			if err != nil {
				t.Fatal(err)
			}
			if err := st.want.compare(got); err != nil {
				t.Error(err)
			}
			if rowsMax > 0 && len(got.rows) > rowsMax && got.pages < 2 {
				t.Errorf("%d rows came in %d page", len(got.rows), got.pages)
			}
		})
	}
}

// askInParallel runs every statement in each of n goroutines, all in different orders.
func (s *server) askInParallel(t *testing.T, statements []statement, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for g := range n {
		wg.Go(func() {
			for i := range statements {
				st := statements[(i*5+g*3)%len(statements)] // 5 has no factor in common with 22
				got, err := s.ask(t.Context(), st.sql, 0)
				if err == nil {
					err = st.want.compare(got)
				}
				if err != nil {
					t.Errorf("%s: %v", st.name, err)
				}
			}
		})
	}
	wg.Wait()
}
