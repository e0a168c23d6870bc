package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage"
)

// The shares and what is nobody's make the whole, at any limit.
func TestSharesFitTogether(t *testing.T) {
	for _, limit := range []int64{64 << 20, 1000_000_007, 2 << 30, 1 << 40} {
		s := ShareMemory(limit)
		if sum := s.Store + s.Queries + s.Answers + s.Writes + s.Others; sum > limit-limit/8 || sum < limit-limit/8-5 {
			t.Errorf("%d of %d are given away", sum, limit)
		}
		if s.Sessions < 4 || s.Sessions > sessionsDefault {
			t.Errorf("%d sessions with %d bytes", s.Sessions, limit)
		}
	}
}

func TestLimitsOfPartsOnlyLower(t *testing.T) {
	o := Options{MemoryBytesMax: 1 << 30, Storage: storage.Options{MemoryBytesMax: 1 << 40}, Query: QueryOptions{MemoryBytesMax: 5 << 20, SessionsMax: 7}}
	o.setDefaults()
	if o.Storage.MemoryBytesMax != 1<<29 || o.Query.MemoryBytesMax != 5<<20 || o.Query.PoolBytesMax != 1<<28 || o.Query.SessionsMax != 7 {
		t.Errorf("%+v", o)
	}
	o = Options{}
	o.setDefaults()
	if o.MemoryBytesMax != MemoryDefault || o.Query.MemoryBytesMax != MemoryDefault/4 {
		t.Errorf("%+v", o)
	}
}

// hungry is a statement that holds some megabytes until its last page is fetched.
const hungry = "SELECT x FROM unnest(sequence(1, 1000)) t(x) CROSS JOIN unnest(sequence(1, 100)) u(y) ORDER BY x DESC, y"

// A statement that finds no memory has results given up that nobody has asked for lately; if there are none it is throttled.
func TestIdleResultsAreGivenUpForMemory(t *testing.T) {
	alone := newAsker(t)
	alone.rows(QueryRequest{QueryString: hungry})
	held := alone.engine.MemoryStats().Queries
	if held == 0 {
		t.Fatal("the statement holds nothing")
	}
	var peak int64
	for _, s := range alone.engine.queries.sessions.live {
		peak = s.rows.Stats().MemoryPeak
	}
	a := newAsker(t, func(o *Options) { o.Query.PoolBytesMax = peak + held/2 }) // enough for one
	_, first := a.rows(QueryRequest{QueryString: hungry})
	a.clock.Advance(idleMin / 2)
	if _, err := a.ask(QueryRequest{QueryString: hungry}); !dberr.Is(err, dberr.Throttled) || !strings.Contains(err.Error(), "Request rate limit exceeded") {
		t.Errorf("got %v", err)
	}
	if now := a.engine.MemoryStats().Queries; now != held {
		t.Errorf("%d bytes are held after the failure, want %d", now, held)
	}
	if rows, _ := a.rows(QueryRequest{QueryString: hungry, NextToken: first.NextToken}); rows != "1000 1000" {
		t.Errorf("the other result goes on with %q", rows)
	}
	a.clock.Advance(idleMin + time.Second)
	_, second := a.rows(QueryRequest{QueryString: hungry})
	if second.NextToken == "" || len(a.engine.queries.sessions.live) != 1 {
		t.Errorf("%d sessions are left", len(a.engine.queries.sessions.live))
	}
	if a.engine.queries.relieve() {
		t.Error("a result was given up that was just asked for")
	}
	a.clock.Advance(idleMin + time.Second)
	if !a.engine.queries.relieve() || a.engine.queries.relieve() {
		t.Error("the one idle result was not given up, or twice")
	}
	if now := a.engine.MemoryStats().Queries; now != 0 {
		t.Errorf("%d bytes are held in the end", now)
	}
}
