//go:build unix

package crash_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/test/process"
)

// database is where everything goes. Two tables, so that a flush has several files to make.
const database = "crash"

var recordTables = [...]string{"left", "right"}

// fate is what must become of a record of a request.
type fate int

// The fates.
const (
	stored   fate = iota
	equal         // it is there already: accepted, and nothing changes
	rejected      // an older version, or other values with the same one
	contest       // other clients write it, too: stored, or rejected because a newer version is there
)

// attempt is a record in a request.
type attempt struct {
	id       identity
	content  content
	fate     fate
	existing int64 // for rejected: the stored version
}

// request is one call of WriteRecords.
type request struct {
	from     *client
	attempts []attempt
}

// client writes requests one after the other, to series of its own and to some that it shares.
type client struct {
	ledger *ledger
	random *rand.Rand
	name   string
	table  string
	base   int64            // milliseconds: where its times begin
	last   map[string]int64 // the newest time of each series
	series []string
	ids    []identity // of the records in its own series, in order of their first write
	life   int

	writer *timestreamwrite.Client
	dying  atomic.Bool // the server is about to be killed: errors are fine from now on
	doubt  *request    // the one that got no answer
	err    error       // what went wrong that must not
}

func newClient(l *ledger, number int, random *rand.Rand) *client {
	return &client{
		ledger: l, random: random, name: fmt.Sprintf("client-%d", number), table: recordTables[number%len(recordTables)],
		base: time.Now().Add(-time.Hour).UnixMilli(), last: map[string]int64{},
	}
}

// begin gets ready to write to a server. Every life has some new series.
func (c *client) begin(s *process.Server, life int) {
	c.life, c.writer, c.err, c.doubt = life, s.Writer(), nil, nil
	c.dying.Store(false)
	for i := range 2 {
		c.series = append(c.series, fmt.Sprintf("series-%d-%d", life, i))
	}
}

// requestWithin is longer than any answer takes.
const requestWithin = 30 * time.Second

// write writes until the server is gone.
func (c *client) write() {
	for c.err == nil && c.doubt == nil {
		r := c.compose()
		ctx, cancel := context.WithTimeout(context.Background(), requestWithin)
		err := c.send(ctx, r)
		cancel()
		var throttled *types.ThrottlingException
		var refused *types.RejectedRecordsException
		switch {
		case err == nil || errors.As(err, &refused):
			if c.err = r.verify(err, refused); c.err == nil {
				c.acknowledge(r)
			}
		case c.dying.Load():
			c.doubt = r
		case errors.As(err, &throttled): // nothing is stored
		default:
			c.doubt, c.err = r, fmt.Errorf("%s: write: %w", c.name, err)
		}
	}
}

// send makes the call.
func (c *client) send(ctx context.Context, r *request) error {
	in := &timestreamwrite.WriteRecordsInput{
		DatabaseName: aws.String(database), TableName: aws.String(c.table),
		CommonAttributes: &types.Record{
			Dimensions: []types.Dimension{{Name: aws.String("client"), Value: aws.String(r.attempts[0].id.client)}},
			TimeUnit:   types.TimeUnitMilliseconds,
		},
	}
	for _, a := range r.attempts {
		in.Records = append(in.Records, a.content.record(a.id))
	}
	out, err := c.writer.WriteRecords(ctx, in)
	if err == nil && int(out.RecordsIngested.Total) != len(r.attempts) {
		return fmt.Errorf("%d records ingested of %d", out.RecordsIngested.Total, len(r.attempts))
	}
	return err
}

// verify compares what became of the records with what must. Afterwards the rejected ones that were in a contest have the
// fate rejected.
func (r *request) verify(err error, refused *types.RejectedRecordsException) error {
	reasons := map[int]types.RejectedRecord{}
	if err != nil {
		for _, one := range refused.RejectedRecords {
			reasons[int(one.RecordIndex)] = one
		}
	}
	for i := range r.attempts {
		a := &r.attempts[i]
		reason, refused := reasons[i]
		existing := aws.ToInt64(reason.ExistingVersion)
		switch {
		case a.fate == contest && refused && existing > a.content.version:
			a.fate = rejected
		case refused != (a.fate == rejected), refused && existing != a.existing:
			return fmt.Errorf("record %d of a request: %+v has version %d, rejected %t with existing version %d: %s",
				i, a.id, a.content.version, refused, existing, aws.ToString(reason.Reason))
		case refused && !strings.Contains(aws.ToString(reason.Reason), "version"):
			return fmt.Errorf("reason for a rejection is %q", aws.ToString(reason.Reason))
		}
	}
	return nil
}

// kept returns the records that change what is stored.
func (r *request) kept() []attempt {
	var out []attempt
	for _, a := range r.attempts {
		if a.fate == stored || a.fate == contest {
			out = append(out, a)
		}
	}
	return out
}

// acknowledge notes that a request is stored.
func (c *client) acknowledge(r *request) {
	for _, a := range r.kept() {
		if _, known := c.ledger.get(a.id); !known && a.fate == stored {
			c.ids = append(c.ids, a.id)
		}
	}
	c.ledger.put(r.kept())
}
