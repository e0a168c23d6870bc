//go:build unix

package crash_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/test/process"
)

// retentionHours keeps late records in the memory store, where conflicts of versions are reported.
const retentionHours = 24 * (lateDays + 3)

// setUp makes the database and the tables, and writes one record of each measure, so that all columns exist.
func (l *lives) setUp(s *process.Server) error {
	ctx := context.Background()
	w := s.Writer()
	if _, err := w.CreateDatabase(ctx, &timestreamwrite.CreateDatabaseInput{DatabaseName: aws.String(database)}); err != nil {
		return err
	}
	for _, table := range recordTables {
		if _, err := w.CreateTable(ctx, newTable(table)); err != nil {
			return err
		}
	}
	for _, c := range l.clients {
		c.begin(s, 0)
		r := &request{from: c}
		for i, measure := range measures {
			id := identity{c.table, c.name, c.series[0], measure, c.base - int64(i) - 1}
			r.attempts = append(r.attempts, attempt{id: id, content: content{l.ledger.stamp(), 1}})
		}
		if err := c.send(ctx, r); err != nil {
			return err
		}
		c.acknowledge(r)
	}
	return nil
}

// newTable is the input that makes a table.
func newTable(name string) *timestreamwrite.CreateTableInput {
	return &timestreamwrite.CreateTableInput{
		DatabaseName: aws.String(database), TableName: aws.String(name),
		RetentionProperties: &types.RetentionProperties{
			MemoryStoreRetentionPeriodInHours: aws.Int64(retentionHours), MagneticStoreRetentionPeriodInDays: aws.Int64(30),
		},
	}
}

// tableClient makes and deletes tables that nobody writes to.
type tableClient struct {
	random *rand.Rand
	made   []string // those that exist
	doubt  string   // one that may exist or not: the last call about it got no answer
	count  int

	writer *timestreamwrite.Client
	dying  atomic.Bool
	err    error
}

func newTableClient(random *rand.Rand) *tableClient { return &tableClient{random: random} }

// begin gets ready to write to a server.
func (c *tableClient) begin(s *process.Server) {
	c.writer, c.err = s.Writer(), nil
	c.dying.Store(false)
}

// tablesMax is from how many tables on more are deleted than made.
const tablesMax = 10

// write makes and deletes tables until the server is gone.
func (c *tableClient) write() {
	ctx := context.Background()
	for c.err == nil && c.doubt == "" {
		var err error
		var name string
		remove := c.random.IntN(2*tablesMax) < len(c.made)
		if remove {
			name = c.made[c.random.IntN(len(c.made))]
			_, err = c.writer.DeleteTable(ctx, &timestreamwrite.DeleteTableInput{DatabaseName: aws.String(database), TableName: aws.String(name)})
		} else {
			c.count++
			name = fmt.Sprintf("extra-%d", c.count)
			_, err = c.writer.CreateTable(ctx, newTable(name))
		}
		switch {
		case err == nil && remove:
			c.made = slices.DeleteFunc(c.made, func(s string) bool { return s == name })
		case err == nil:
			c.made = append(c.made, name)
		case c.dying.Load():
			c.doubt = name
		default:
			c.err = fmt.Errorf("table %s: %w", name, err)
		}
		time.Sleep(time.Duration(c.random.IntN(10)) * time.Millisecond) // leave the disk to the others
	}
}

// check compares the tables with those that must exist.
func (c *tableClient) check(r reader) error {
	var found []string
	err := r.rows(fmt.Sprintf("SHOW TABLES FROM %s", database), func(found1 row) error {
		if name := found1["Table"]; strings.HasPrefix(name, "extra-") {
			found = append(found, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.doubt != "" {
		c.made = slices.DeleteFunc(c.made, func(s string) bool { return s == c.doubt })
		if slices.Contains(found, c.doubt) {
			c.made = append(c.made, c.doubt)
		}
		c.doubt = ""
	}
	slices.Sort(c.made)
	slices.Sort(found)
	if !slices.Equal(found, c.made) {
		return fmt.Errorf("extra tables are %v, must be %v", found, c.made)
	}
	return nil
}
