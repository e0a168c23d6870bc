package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// No token looks like an option to a command line.
func TestTokensBeginWithALetter(t *testing.T) {
	for range 1000 {
		if token := newToken(); strings.HasPrefix(token, "-") || strings.HasPrefix(token, "_") {
			t.Fatal(token)
		}
	}
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not come about: ", what)
		}
	}
}

// ids returns the ids of the queries that are live.
func (t *sessions) ids() (ids []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id := range t.live {
		ids = append(ids, id)
	}
	return ids
}

// TestManyAtOnce: queries that somebody waits for are not given up, however many there are, nor are results with pages left for
// their sake.
func TestManyAtOnce(t *testing.T) {
	a := newAsker(t, func(o *Options) { o.Query.SessionsMax = 2 })
	_, rest := a.rows(QueryRequest{QueryString: fiveRows})
	a.gate = make(chan struct{})
	const many = 20
	errs := make(chan error)
	for range many {
		go func() {
			_, err := a.ask(QueryRequest{QueryString: "SELECT 1"})
			errs <- err
		}()
	}
	sessions := &a.engine.queries.sessions
	eventually(t, "all queries have begun", func() bool { return len(sessions.ids()) == many+1 })
	close(a.gate)
	for range many {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if rows, _ := a.rows(QueryRequest{QueryString: fiveRows, NextToken: rest.NextToken}); rows != "3 4" {
		t.Errorf("the next page is %q", rows)
	}
}

// abandon asks, and goes away when the query is being computed. The id is that of the query.
func (a *asker) abandon(req QueryRequest) (id string) {
	a.t.Helper()
	a.gate = make(chan struct{}) // it is not opened as long as somebody waits
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	gate := a.gate
	req.NewPage = func([]ResultColumn) PageBuilder { return &testPage{max: a.max, gate: gate} }
	go func() {
		_, err := a.engine.Query(ctx, req)
		done <- err
	}()
	sessions := &a.engine.queries.sessions
	eventually(a.t, "the page is being produced", func() bool {
		for _, id = range sessions.ids() {
			if s, _ := sessions.byID(id); s.producing() {
				return true
			}
		}
		return false
	})
	cancel()
	<-done
	return id
}

func (s *session) producing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending != nil
}

// TestRepeatedCalls: a call whose connection broke can be repeated, with its client token or its page token, and the query goes
// on as if the caller had been answered with a page without rows.
func TestRepeatedCalls(t *testing.T) {
	a := newAsker(t)
	first := QueryRequest{QueryString: fiveRows, ClientToken: strings.Repeat("c", 32)}
	id := a.abandon(first)
	rows, page := a.rows(first)
	if rows != "" || page.QueryID != id || page.NextToken == "" {
		t.Fatalf("the repeated call answers %q, %+v; want the query %s", rows, page, id)
	}
	close(a.gate)
	rows, page = a.rows(QueryRequest{QueryString: fiveRows, NextToken: page.NextToken})
	if rows != "1 2" {
		t.Fatalf("its page has %q", rows)
	}
	next := QueryRequest{QueryString: fiveRows, NextToken: page.NextToken}
	a.abandon(next)
	rows, page = a.rows(next)
	if rows != "" || page.QueryID != id {
		t.Fatalf("the repeated call answers %q, %+v; want the query %s", rows, page, id)
	}
	close(a.gate)
	a.clock.Advance(repeatedWithin) // somebody asked
	if rows, _ = a.rows(QueryRequest{QueryString: fiveRows, NextToken: page.NextToken}); rows != "3 4" {
		t.Errorf("its page has %q", rows)
	}
}

// TestAbandonedCalls: a query whose caller does not come back ends soon; later its client token is new and its page token is none.
func TestAbandonedCalls(t *testing.T) {
	a := newAsker(t)
	sessions := &a.engine.queries.sessions
	ended := func() bool {
		a.clock.Advance(repeatedWithin)
		return len(sessions.ids()) == 0
	}
	first := QueryRequest{QueryString: fiveRows, ClientToken: strings.Repeat("c", 32)}
	id := a.abandon(first)
	eventually(t, "the query ends", ended)
	close(a.gate)
	rows, page := a.rows(first)
	if rows != "1 2" || page.QueryID == id {
		t.Errorf("the repeated call answers %q of %s", rows, page.QueryID)
	}
	next := QueryRequest{QueryString: fiveRows, NextToken: page.NextToken}
	a.abandon(next)
	eventually(t, "the query ends", ended)
	close(a.gate)
	a.fails(next, dberr.Invalid, "Invalid pagination token")
}
