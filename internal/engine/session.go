package engine

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/executor"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Rows is a running statement: the executor's cursor, or an explanation.
type Rows interface {
	Next(ctx context.Context) (*vector.Batch, error)
	Stats() executor.Stats
	Close()
}

// session is one run of a statement from its first page to its last.
//
// A page is produced by a goroutine of its own, so that a call can answer with an empty page while the work goes on. The
// caller's lock (calls) makes the calls of one session take turns; mu guards what CancelQuery and the table of sessions
// look at.
type session struct {
	id, text, principal string
	stmt                *plan.Statement
	columns             []ResultColumn
	ctx                 context.Context // ends with the query, not with a call
	cancel              context.CancelFunc
	rows                Rows
	watch               *watch

	calls sync.Mutex

	// Touched by the production only.
	batch       *vector.Batch
	first       int // first row of batch that no page has yet
	outputRows  int64
	outputBytes int64 // of their values

	mu        sync.Mutex
	asked     int         // calls that wait for a page
	pending   *production // the page that is being produced, nil if none
	used      time.Time   // when the session was last asked for something
	ended     bool
	cancelled bool
	token     string     // names the page after the newest one; "" if there is none
	tokenAt   time.Time  // when token was made
	newest    *QueryPage // the newest page, to be given again for newestToken
	// newestToken is the token that newest was the answer to; "" for the first page.
	newestToken   string
	newestTokenAt time.Time
	newestUses    int
}

// production is a page under way. Its fields may be read when done is closed.
type production struct {
	done chan struct{}
	over bool // nothing touches the session's rows any more; guarded by the session's mu
	page PageBuilder
	more bool
	err  error
}

// tokenUsesMax is how often one page token may be used. Source: API reference of Query, "NextToken".
const tokenUsesMax = 5

// tokenAgeMax is how long a page token may be used. Source: the same.
const tokenAgeMax = time.Hour

// errCancelled is the error for pages of a query that was cancelled.
func errCancelled() error {
	return dberr.New(dberr.Conflict, "Unable to poll results for a cancelled query")
}

func errInvalidToken() error { return dberr.New(dberr.Invalid, "Invalid pagination token") }

// nextPage answers a call with a page token.
func (q *queries) nextPage(ctx context.Context, req QueryRequest) (*QueryPage, error) {
	s := q.sessions.byToken(req.NextToken)
	if s == nil || s.text != req.QueryString || s.principal != req.Principal {
		return nil, errInvalidToken()
	}
	s.enter()
	defer q.leave(s)
	s.calls.Lock()
	defer s.calls.Unlock()
	page, err := s.repeat(req.NextToken, q.clock.Now())
	if page != nil || err != nil {
		return page, err
	}
	if page, err = q.produced(ctx, s, req); err != nil {
		q.sessions.remove(s)
	}
	return page, err
}

// repeat returns the newest page again if token asked for it before. It returns nothing if token asks for the next page.
func (s *session) repeat(token string, now time.Time) (*QueryPage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancelled {
		return nil, errCancelled()
	}
	s.used = now
	switch {
	case token == s.token && now.Sub(s.tokenAt) <= tokenAgeMax:
		return nil, nil
	case token == s.newestToken && now.Sub(s.newestTokenAt) <= tokenAgeMax:
		if s.newestUses++; s.newestUses <= tokenUsesMax {
			return s.newest, nil
		}
	}
	return nil, errInvalidToken()
}

// page produces the first page of a session.
func (q *queries) page(ctx context.Context, s *session, req QueryRequest) (*QueryPage, error) {
	s.enter()
	defer q.leave(s)
	s.calls.Lock()
	defer s.calls.Unlock()
	return q.produced(ctx, s, req)
}

// enter notes that a call waits for a page, so that the session is not given up meanwhile.
func (s *session) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
}

// leave notes that a call has its answer. If too many sessions are left alone now, one ends.
func (q *queries) leave(s *session) {
	s.mu.Lock()
	s.asked--
	s.mu.Unlock()
	q.sessions.bound()
}

// produced waits for the session's next page and makes it the newest. If it takes too long the answer is a page without
// rows, and the work goes on. It goes on, too, if the caller goes away and may repeat its call; else the query ends. The caller
// holds s.calls.
func (q *queries) produced(ctx context.Context, s *session, req QueryRequest) (*QueryPage, error) {
	p := q.production(s, req)
	out := &QueryPage{QueryID: s.id, Columns: s.columns}
	select {
	case <-p.done:
		s.setPending(nil)
		if p.err != nil {
			return nil, q.failure(s, p.err)
		}
		out.Page = p.page
		if p.more {
			out.NextToken = newToken()
		} else {
			out.Insights = q.insights(s)
		}
		out.Status = q.status(s, !p.more)
	case <-q.clock.After(q.opts.AnswerWithin):
		out.NextToken = newToken()
		out.Status = q.status(s, false)
	case <-ctx.Done():
		if req.ClientToken == "" && req.NextToken == "" {
			s.finish(true)
			return nil, dberr.Wrap(dberr.Execution, ctx.Err(), "The query was cancelled because its caller went away")
		}
		out.NextToken = newToken()
		out.Status = q.status(s, false)
		defer q.expect(s, req, out)
	}
	q.advance(s, req.NextToken, out)
	return out, nil
}

// repeatedWithin is how long a query goes on after its caller went away. SDKs whose connection breaks, or that do not wait as
// long as we do, repeat the call with the same client token or page token, and go on with what they are given then.
const repeatedWithin = 10 * time.Second

// expect ends a session unless somebody asks for it again soon after its caller went away, who has not seen the page out.
func (q *queries) expect(s *session, req QueryRequest, out *QueryPage) {
	q.producers.Go(func() {
		select {
		case <-s.ctx.Done(): // all is produced, or the query has ended
			return
		case <-q.clock.After(repeatedWithin):
		}
		if s.waitsSince(out) {
			q.replays.withdraw(req, out)
			q.sessions.remove(s)
		}
	})
}

// waitsSince reports whether nobody has asked for anything since page was made.
func (s *session) waitsSince(page *QueryPage) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked == 0 && s.newest == page && s.newestUses == 1
}

// production returns the page under way, started now if there is none.
func (q *queries) production(s *session, req QueryRequest) *production {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending == nil {
		s.pending = &production{done: make(chan struct{}), page: req.NewPage(s.columns)}
		q.producers.Add(1)
		go q.produce(s, s.pending)
	}
	return s.pending
}

func (s *session) setPending(p *production) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = p
}

// failure ends a session whose production failed.
func (q *queries) failure(s *session, err error) error {
	s.mu.Lock()
	cancelled := s.cancelled
	s.mu.Unlock()
	s.finish(false)
	switch {
	case cancelled:
		return errCancelled()
	case s.ctx.Err() == context.DeadlineExceeded:
		return dberr.New(dberr.Execution, "Query exceeded the run time limit of %s", q.opts.RunTimeMax)
	}
	return err
}

// advance makes out the session's newest page, the answer to token.
func (q *queries) advance(s *session, token string, out *QueryPage) {
	if out.NextToken == "" {
		s.finish(false)
	}
	s.mu.Lock()
	old := s.newestToken
	s.newest, s.newestToken, s.newestTokenAt, s.newestUses = out, token, s.tokenAt, 1
	s.used = q.clock.Now()
	s.token, s.tokenAt = out.NextToken, s.used
	s.mu.Unlock()
	q.sessions.retoken(s, old, out.NextToken, token == "" && out.NextToken == "")
}

// produce fills one page. It runs in a goroutine of its own, which the caller of produced or the session's end waits for.
func (q *queries) produce(s *session, p *production) {
	defer q.producers.Done()
	defer close(p.done)
	defer func() {
		if r := recover(); r != nil {
			q.logger.Error("query panicked", "query_id", s.id, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			p.err = dberr.New(dberr.Internal, "The query failed because of an internal error")
		}
	}()
	defer s.release(p)
	select {
	case q.running <- struct{}{}:
		defer func() { <-q.running }()
	case <-s.ctx.Done():
		p.err = s.ctx.Err()
		return
	}
	p.more, p.err = s.fill(p.page)
}

// fill adds rows to a page until it is full or there are no more, and tells whether there are.
func (s *session) fill(page PageBuilder) (more bool, err error) {
	empty := true
	for {
		if s.batch == nil || s.first == s.batch.Rows {
			if s.batch, err = s.rows.Next(s.ctx); err != nil || s.batch == nil {
				return false, err
			}
			s.first = 0
		}
		taken := page.Append(s.batch, s.first)
		s.outputRows += int64(taken)
		s.outputBytes += outputBytes(s.batch, s.first, taken)
		s.first += taken
		switch {
		case s.outputBytes > outputBytesMax:
			return false, dberr.New(dberr.Execution, "Query aborted as its result has more than %d bytes", int64(outputBytesMax))
		case taken == 0 && empty:
			return false, dberr.New(dberr.Execution, "Query aborted as max page response size has been exceeded by the output result row")
		case s.first < s.batch.Rows:
			return true, nil
		}
		empty = false
	}
}

// cancellable reports whether the query may be told to be cancelled: an UNLOAD whose manifest is written may not.
func (s *session) cancellable() bool {
	u, ok := s.rows.(*unloading)
	return !ok || u.cancel()
}

// release notes that a production needs the session's rows no more. If the session has ended meanwhile it closes them.
func (s *session) release(p *production) {
	s.mu.Lock()
	p.over = true
	ended := s.ended
	s.mu.Unlock()
	if ended {
		s.rows.Close()
	}
}

// finish ends the execution and reports whether it was still going on. It does not wait for a running production: that
// sees its context end, and closes the rows.
func (s *session) finish(cancelled bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.ended, s.cancelled = true, cancelled
	s.cancel()
	if s.pending == nil || s.pending.over {
		s.rows.Close()
	}
	return true
}
