package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// testPage is a page of at most max rows; gate, if set, is waited for before rows are taken.
type testPage struct {
	max  int
	gate chan struct{}
	rows []string
}

func (p *testPage) Append(b *vector.Batch, first int) int {
	if p.gate != nil {
		<-p.gate
	}
	n := min(b.Rows-first, p.max-len(p.rows))
	for i := first; i < first+n; i++ {
		p.rows = append(p.rows, types.Text(b.Cols[0].Type, b.Cols[0].Value(i)))
	}
	return n
}

func (p *testPage) Size() int { return 100 }

// asker asks statements of an engine, a page of two rows at a time.
type asker struct {
	t      *testing.T
	engine *Engine
	clock  *clock.Manual
	gate   chan struct{}
	max    int
}

func newAsker(t *testing.T, change ...func(*Options)) *asker {
	c := clock.NewManual(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	opts := Options{FS: memfs.New(), Clock: c, MaintainEvery: -1}
	for _, f := range change {
		f(&opts)
	}
	e, err := Open(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return &asker{t: t, engine: e, clock: c, max: 2}
}

func (a *asker) ask(req QueryRequest) (*QueryPage, error) {
	req.NewPage = func([]ResultColumn) PageBuilder { return &testPage{max: a.max, gate: a.gate} }
	return a.engine.Query(context.Background(), req)
}

// rows asks and requires an answer.
func (a *asker) rows(req QueryRequest) (rows string, page *QueryPage) {
	a.t.Helper()
	page, err := a.ask(req)
	if err != nil {
		a.t.Fatal(err)
	}
	if page.Page == nil {
		return "", page
	}
	return strings.Join(page.Page.(*testPage).rows, " "), page
}

// fails asks and requires an error.
func (a *asker) fails(req QueryRequest, kind dberr.Kind, text string) {
	a.t.Helper()
	_, err := a.ask(req)
	var e *dberr.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Client() != text {
		a.t.Errorf("got %v, want %s: %s", err, kind, text)
	}
}

const fiveRows = "SELECT x FROM unnest(sequence(1, 5)) t(x) ORDER BY x"

func TestPages(t *testing.T) {
	a := newAsker(t)
	rows, one := a.rows(QueryRequest{QueryString: fiveRows})
	if rows != "1 2" || one.NextToken == "" || one.Status.CumulativeBytesMetered != 10_000_000 {
		t.Fatalf("first page: %q %+v", rows, one)
	}
	next := QueryRequest{QueryString: fiveRows, NextToken: one.NextToken}
	rows, two := a.rows(next)
	if rows != "3 4" || two.QueryID != one.QueryID {
		t.Fatalf("second page: %q", rows)
	}
	if again, _ := a.rows(next); again != "3 4" {
		t.Errorf("the same token gives %q", again)
	}
	rows, three := a.rows(QueryRequest{QueryString: fiveRows, NextToken: two.NextToken})
	if rows != "5" || three.NextToken != "" || three.Status.ProgressPercentage != 100 {
		t.Fatalf("last page: %q %+v", rows, three)
	}
	a.fails(next, dberr.Invalid, "Invalid pagination token") // a newer one was used
	if again, _ := a.rows(QueryRequest{QueryString: fiveRows, NextToken: two.NextToken}); again != "5" {
		t.Errorf("the last page again: %q", again)
	}
}

func TestPageTokens(t *testing.T) {
	a := newAsker(t)
	_, one := a.rows(QueryRequest{QueryString: fiveRows, Principal: "alice"})
	token := one.NextToken
	invalid := func(req QueryRequest) {
		t.Helper()
		a.fails(req, dberr.Invalid, "Invalid pagination token")
	}
	invalid(QueryRequest{QueryString: fiveRows + " ", NextToken: token, Principal: "alice"})
	invalid(QueryRequest{QueryString: fiveRows, NextToken: token, Principal: "bob"})
	invalid(QueryRequest{QueryString: fiveRows, NextToken: "nonsense", Principal: "alice"})
	ask := QueryRequest{QueryString: fiveRows, NextToken: token, Principal: "alice"}
	for range tokenUsesMax {
		if rows, _ := a.rows(ask); rows != "3 4" {
			t.Fatalf("got %q", rows)
		}
	}
	invalid(ask) // used up
	_, fresh := a.rows(QueryRequest{QueryString: fiveRows})
	a.clock.Advance(tokenAgeMax + time.Second)
	invalid(QueryRequest{QueryString: fiveRows, NextToken: fresh.NextToken})
}

// TestTokenAge: a page token is good for an hour from when it was given; that an older one is used again does not make it
// younger.
func TestTokenAge(t *testing.T) {
	a := newAsker(t)
	_, one := a.rows(QueryRequest{QueryString: fiveRows})
	_, two := a.rows(QueryRequest{QueryString: fiveRows, NextToken: one.NextToken})
	a.clock.Advance(tokenAgeMax)
	if rows, _ := a.rows(QueryRequest{QueryString: fiveRows, NextToken: one.NextToken}); rows != "3 4" {
		t.Fatalf("after an hour: %q", rows)
	}
	a.clock.Advance(time.Millisecond)
	for _, token := range []string{one.NextToken, two.NextToken} {
		a.fails(QueryRequest{QueryString: fiveRows, NextToken: token}, dberr.Invalid, "Invalid pagination token")
	}
}

// TestCancelQuery: anyone who knows the id can cancel a query with pages left, once; CancelQuery tells what became of it.
func TestCancelQuery(t *testing.T) {
	a := newAsker(t)
	cancel := func(id, want string) {
		t.Helper()
		if got, err := a.engine.CancelQuery(context.Background(), id); err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	_, page := a.rows(QueryRequest{QueryString: fiveRows})
	cancel(page.QueryID, "The query with id "+page.QueryID+" has been cancelled")
	for range 2 { // polling does not change it
		cancel(page.QueryID, "The query with id "+page.QueryID+" is already cancelled")
		a.fails(QueryRequest{QueryString: fiveRows, NextToken: page.NextToken}, dberr.Conflict, "Unable to poll results for a cancelled query")
	}
	_, done := a.rows(QueryRequest{QueryString: "SELECT 1"})
	cancel(done.QueryID, "The query with id "+done.QueryID+" has already finished")
	a.clock.Advance(2 * time.Hour)
	a.engine.queries.sessions.expire(a.clock.Now())
	cancel(page.QueryID, "The query with id "+page.QueryID+" is already cancelled")
	_, err := a.engine.CancelQuery(context.Background(), "AENOSUCHQUERY")
	wantError(t, err, dberr.Invalid, "The query with id AENOSUCHQUERY does not exist")
}

// TestReplaysAreBounded: failures leave nothing behind, old answers go, and what is counted is what is kept.
func TestReplaysAreBounded(t *testing.T) {
	a := newAsker(t)
	r := &a.engine.queries.replays
	token := func(i int) string { return fmt.Sprintf("%032d", i) }
	for i := range 100 {
		a.fails(QueryRequest{QueryString: "SELECT 1 / 0", ClientToken: token(i)}, dberr.Invalid, "Division by zero")
	}
	if len(r.queue) != 0 || len(r.byToken) != 0 || r.bytes != 0 {
		t.Errorf("failures leave %d places, %d answers and %d bytes", len(r.queue), len(r.byToken), r.bytes)
	}
	a.rows(QueryRequest{QueryString: "SELECT 1", ClientToken: token(0)})
	one := r.bytes
	for range 3 {
		for i := range 3 {
			a.rows(QueryRequest{QueryString: "SELECT 1", ClientToken: token(i)})
		}
		if len(r.byToken) != 3 || r.bytes != 3*one {
			t.Errorf("%d answers with %d bytes, want 3 with %d", len(r.byToken), r.bytes, 3*one)
		}
		a.clock.Advance(clientTokenNew + time.Second)
	}
	a.rows(QueryRequest{QueryString: "SELECT 1", ClientToken: token(7)})
	if len(r.queue) != 1 || len(r.byToken) != 1 || r.bytes != one {
		t.Errorf("after hours %d places, %d answers and %d bytes are left, want one", len(r.queue), len(r.byToken), r.bytes)
	}
	r.bytesMax = one
	a.rows(QueryRequest{QueryString: "SELECT 1", ClientToken: token(8)})
	if len(r.queue) != 1 || len(r.byToken) != 1 || r.bytes != one {
		t.Errorf("with room for one there are %d places, %d answers and %d bytes", len(r.queue), len(r.byToken), r.bytes)
	}
}

func TestClientToken(t *testing.T) {
	a := newAsker(t)
	token := strings.Repeat("t", 32)
	req := QueryRequest{QueryString: "SELECT now()", ClientToken: token}
	rows, one := a.rows(req)
	a.clock.Advance(time.Minute)
	again, two := a.rows(req)
	if again != rows || two.QueryID != one.QueryID {
		t.Errorf("repeated request: %q of %s, want %q of %s", again, two.QueryID, rows, one.QueryID)
	}
	a.fails(QueryRequest{QueryString: "SELECT 2", ClientToken: token}, dberr.Invalid, "The ClientToken was used before in a request with other parameters")
	if other, _ := a.rows(QueryRequest{QueryString: "SELECT 2", ClientToken: token, Principal: "somebody else"}); other != "2" {
		t.Errorf("another principal's token: %q", other)
	}
	a.clock.Advance(5 * time.Minute)
	a.fails(req, dberr.Invalid, "The ClientToken was used before, more than 5 minutes ago")
	a.clock.Advance(4 * time.Hour)
	if rows, _ := a.rows(req); rows == again {
		t.Error("after four hours the token is not new")
	}
	failed := QueryRequest{QueryString: "SELECT 1 / 0", ClientToken: strings.Repeat("f", 32)}
	a.fails(failed, dberr.Invalid, "Division by zero")
	a.fails(failed, dberr.Invalid, "Division by zero") // a failure is not remembered
}

// A query that takes long answers with a page without rows, and goes on.
func TestSlowQuery(t *testing.T) {
	a := newAsker(t)
	a.gate = make(chan struct{})
	type answer struct {
		page *QueryPage
		err  error
	}
	got := make(chan answer)
	go func() {
		page, err := a.ask(QueryRequest{QueryString: fiveRows})
		got <- answer{page, err}
	}()
	var first answer
	for waiting := true; waiting; {
		select {
		case first = <-got:
			waiting = false
		case <-time.After(time.Millisecond):
			a.clock.Advance(time.Second)
		}
	}
	if first.err != nil || first.page.Page != nil || first.page.NextToken == "" || first.page.Status != (QueryStatus{CumulativeBytesMetered: 10_000_000}) {
		t.Fatalf("first page: %+v", first)
	}
	close(a.gate)
	if rows, _ := a.rows(QueryRequest{QueryString: fiveRows, NextToken: first.page.NextToken}); rows != "1 2" {
		t.Errorf("second page: %q", rows)
	}
}

// A caller who goes away ends its query.
func TestCallerGone(t *testing.T) {
	a := newAsker(t)
	ctx, cancel := context.WithCancel(context.Background())
	gate := make(chan struct{})
	done := make(chan error)
	go func() {
		_, err := a.engine.Query(ctx, QueryRequest{QueryString: fiveRows, NewPage: func([]ResultColumn) PageBuilder { return &testPage{max: 2, gate: gate} }})
		done <- err
	}()
	cancel()
	if err := <-done; !dberr.Is(err, dberr.Execution) {
		t.Errorf("got %v", err)
	}
	close(gate)
}

func TestRowLargerThanPage(t *testing.T) {
	a := newAsker(t)
	a.max = 0
	a.fails(QueryRequest{QueryString: "SELECT 1"}, dberr.Execution, "Query aborted as max page response size has been exceeded by the output result row")
}

func TestMemoryLimit(t *testing.T) {
	a := newAsker(t)
	a.engine.queries.opts.MemoryBytesMax = 1 << 20
	_, err := a.ask(QueryRequest{QueryString: "SELECT count(*) FROM (SELECT x, y FROM unnest(sequence(1, 1000)) t(x) CROSS JOIN unnest(sequence(1, 1000)) u(y) GROUP BY x, y)"})
	if !dberr.Is(err, dberr.Execution) || !strings.Contains(fmt.Sprint(err), "memory limit") {
		t.Errorf("got %v", err)
	}
}

// Idle results are given up when there are too many, or when nobody asked for them for an hour.
func TestSessionsAreBounded(t *testing.T) {
	a := newAsker(t)
	a.engine.queries.sessions.max = 3
	var tokens []string
	for i := range 5 {
		a.clock.Advance(time.Second)
		_, page := a.rows(QueryRequest{QueryString: fiveRows, Principal: fmt.Sprint(i)})
		tokens = append(tokens, page.NextToken)
	}
	a.fails(QueryRequest{QueryString: fiveRows, NextToken: tokens[0], Principal: "0"}, dberr.Invalid, "Invalid pagination token")
	if rows, _ := a.rows(QueryRequest{QueryString: fiveRows, NextToken: tokens[4], Principal: "4"}); rows != "3 4" {
		t.Errorf("got %q", rows)
	}
	a.clock.Advance(2 * time.Hour)
	a.engine.queries.sessions.expire(a.clock.Now())
	if n := len(a.engine.queries.sessions.live); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	if n := len(a.engine.queries.sessions.tokens); n != 0 {
		t.Errorf("%d tokens are left", n)
	}
}
