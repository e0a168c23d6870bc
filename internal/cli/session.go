package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"

	"github.com/tidemarkdb/tidemark/internal/cli/human"
	"github.com/tidemarkdb/tidemark/internal/cli/loader"
	"github.com/tidemarkdb/tidemark/internal/cli/render"
	"github.com/tidemarkdb/tidemark/internal/cli/sqltext"
)

const (
	pageRowsMax = 1000                   // the service's limit of MaxRows
	cancelWait  = 5 * time.Second        // how long an interrupted query may take to be cancelled
	emptyWait   = 50 * time.Millisecond  // before the second empty page in a row is asked for; grows to emptyMax
	emptyMax    = 500 * time.Millisecond // so that a long query is not asked about all the time
	lineWidth   = 160                    // of an error's statement line where there is no terminal
)

// queryAPI is what a session needs of the query client.
type queryAPI interface {
	Query(context.Context, *timestreamquery.QueryInput, ...func(*timestreamquery.Options)) (*timestreamquery.QueryOutput, error)
	CancelQuery(context.Context, *timestreamquery.CancelQueryInput, ...func(*timestreamquery.Options)) (*timestreamquery.CancelQueryOutput, error)
}

// session runs statements and prints their results.
type session struct {
	env     Env
	api     queryAPI
	address string
	format  string
	maxRows int  // of a result; 0 for all
	status  bool // print a line about each result
	macros  macroFlags
	results int // printed so far
}

// outcome is what is known of a result when it has been printed.
type outcome struct {
	rows      int
	cut       bool // there were more rows than maxRows
	query     string
	status    types.QueryStatus
	hasStatus bool
}

// say prints a line for the user where messages go.
func (s *session) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.env.Err, format+"\n", args...)
}

// run runs one statement and prints its result, or the error, which is returned as well.
func (s *session) run(ctx context.Context, statement string) error {
	macros, err := s.macros.resolve(s.env.Clock.Now())
	if err != nil {
		s.say("error: %v", err)
		return err
	}
	text, err := macros.Expand(statement)
	if err != nil {
		s.say("error: %v", err)
		return err
	}
	start := s.env.Clock.Now()
	done, err := s.fetch(ctx, text)
	switch {
	case err != nil && ctx.Err() != nil:
		s.cancel(ctx, done.query)
		s.say("cancelled")
	case err != nil:
		s.showError(text, err)
	default:
		s.showStatus(done, s.env.Clock.Now().Sub(start))
	}
	return err
}

// fetch sends a statement and prints the pages of its result as they come.
func (s *session) fetch(ctx context.Context, statement string) (outcome, error) {
	var done outcome
	var writer render.Writer
	var token *string
	for empty := 0; ; {
		in := &timestreamquery.QueryInput{QueryString: &statement, NextToken: token}
		if s.maxRows > 0 && s.maxRows <= pageRowsMax {
			in.MaxRows = aws.Int32(int32(s.maxRows))
		}
		page, err := s.api.Query(ctx, in)
		if err != nil {
			return done, err
		}
		if done.query = aws.ToString(page.QueryId); page.QueryStatus != nil {
			done.status, done.hasStatus = *page.QueryStatus, true
		}
		if writer == nil {
			if writer, err = s.begin(page.ColumnInfo); err != nil {
				return done, err
			}
		}
		rows := page.Rows
		if s.maxRows > 0 && done.rows+len(rows) > s.maxRows {
			rows, done.cut = rows[:s.maxRows-done.rows], true
		}
		done.rows += len(rows)
		if err := writer.Rows(rows); err != nil {
			return done, err
		}
		token = page.NextToken
		if token != nil && s.maxRows > 0 && done.rows >= s.maxRows {
			// The rest is not wanted; tell the service so.
			done.cut = true
			s.cancel(ctx, done.query)
		}
		if token == nil || done.cut {
			return done, writer.End()
		}
		if empty++; len(rows) > 0 {
			empty = 0
		}
		if empty > 1 {
			if err := loader.Sleep(ctx, s.env.Clock, min(emptyMax, time.Duration(empty-1)*emptyWait)); err != nil {
				return done, err
			}
		}
	}
}

// begin starts to print a result.
func (s *session) begin(columns []types.ColumnInfo) (render.Writer, error) {
	options := render.Options{Color: s.env.color()}
	if s.env.OutTerminal {
		options.Width = s.env.Width()
	}
	writer, err := render.New(s.format, s.env.Out, options)
	if err != nil {
		return nil, err
	}
	if s.results++; s.results > 1 && s.format != "json" {
		if _, err := fmt.Fprintln(s.env.Out); err != nil {
			return nil, err
		}
	}
	return writer, writer.Begin(columns)
}

// cancel tells the service that a query's result is not wanted any more. Whether that works does not matter here.
func (s *session) cancel(ctx context.Context, query string) {
	if query == "" {
		return
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), cancelWait)
	defer stop()
	_, _ = s.api.CancelQuery(ctx, &timestreamquery.CancelQueryInput{QueryId: &query})
}

// showError prints the service's words, and the place in the statement that they name.
func (s *session) showError(statement string, err error) {
	message := explain(err, s.address)
	s.say("error: %s", message)
	width := lineWidth
	if s.env.ErrTerminal && s.env.Width() > 4 {
		width = s.env.Width()
	}
	if place := sqltext.Point(statement, message, width-2); place != "" {
		s.say("  %s", strings.ReplaceAll(place, "\n", "\n  "))
	}
}

// showStatus prints what a result was and took.
func (s *session) showStatus(done outcome, took time.Duration) {
	if !s.status {
		return
	}
	line := human.Plural(int64(done.rows), "row")
	if done.cut {
		line = "first " + line
	}
	line += " in " + human.Duration(took)
	if done.hasStatus {
		line += fmt.Sprintf(", %s scanned, %s metered",
			human.Bytes(done.status.CumulativeBytesScanned), human.Bytes(done.status.CumulativeBytesMetered))
	}
	if done.cut {
		line += "; the rest was left out (--max-rows)"
	}
	s.say("%s", line)
}
