package engine

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/sql/executor"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// gated is an object store whose Put waits for a token, and notes whether its context ended first.
type gated struct {
	objectstore.Store
	begun chan string // gets the keys
	let   chan struct{}
}

func (g *gated) Put(ctx context.Context, bucket, key string, body io.Reader, opts objectstore.PutOptions) error {
	g.begun <- key
	select {
	case <-g.let:
		return g.Store.Put(ctx, bucket, key, body, opts)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func newGated(t *testing.T) *gated {
	t.Helper()
	s, err := objectstore.OpenLocal(memfs.New())
	if err != nil {
		t.Fatal(err)
	}
	return &gated{s, make(chan string, 10), make(chan struct{}, 10)}
}

func (g *gated) keys(t *testing.T) (out []string) {
	t.Helper()
	page, err := g.List(context.Background(), "bucket", objectstore.ListRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range page.Objects {
		out = append(out, o.Key)
	}
	return out
}

const unloadFive = "UNLOAD (SELECT x, x % 2 AS p FROM unnest(sequence(1, 5)) t(x)) TO 's3://bucket/x' WITH (partitioned_by = ARRAY['p'])"

// newUnloader has a store that waits, and one turn for statements that compute.
func newUnloader(t *testing.T) (*asker, *gated) {
	store := newGated(t)
	return newAsker(t, func(o *Options) { o.Objects, o.Query.RunningMax = store, 1 }), store
}

// slow asks for an UNLOAD and gets an empty page, because the store waits.
func slow(a *asker, store *gated) *QueryPage {
	a.t.Helper()
	type answer struct {
		page *QueryPage
		err  error
	}
	answered := make(chan answer)
	go func() {
		page, err := a.ask(QueryRequest{QueryString: unloadFive, Insights: true})
		answered <- answer{page, err}
	}()
	<-store.begun
	for {
		select {
		case got := <-answered:
			if got.err != nil || got.page.Page != nil || got.page.NextToken == "" || got.page.Insights != nil {
				a.t.Fatalf("a slow UNLOAD answers %+v, %v", got.page, got.err)
			}
			return got.page
		case <-time.After(time.Millisecond):
			a.clock.Advance(time.Minute)
		}
	}
}

// TestUnloadIsPolled: while an UNLOAD runs its caller gets empty pages, and other statements have their turn although it
// waits for the store; then its row comes, with what it wrote.
func TestUnloadIsPolled(t *testing.T) {
	a, store := newUnloader(t)
	page := slow(a, store)
	if rows, _ := a.rows(QueryRequest{QueryString: "SELECT 1"}); rows != "1" {
		t.Fatalf("another statement answers %q", rows)
	}
	for range 4 { // two partitions, metadata, manifest
		store.let <- struct{}{}
	}
	rows, last := a.rows(QueryRequest{QueryString: unloadFive, NextToken: page.NextToken})
	if rows != "5" || last.QueryID != page.QueryID || last.Status.ProgressPercentage != 0 && last.NextToken != "" {
		t.Errorf("the last page is %q, %+v", rows, last)
	}
	if u := last.Insights.Unload; u == nil || u.Rows != 5 || u.Partitions != 2 || u.Bytes == 0 {
		t.Errorf("it says that it wrote %+v", u)
	}
	if n := len(store.keys(t)); n != 4 {
		t.Errorf("%d objects are stored", n)
	}
	if used := a.engine.MemoryStats().Queries; used != 0 {
		t.Errorf("%d bytes are still taken", used)
	}
	if message, err := a.engine.CancelQuery(context.Background(), page.QueryID); err != nil || !strings.Contains(message, "already finished") {
		t.Errorf("cancelling it afterwards: %q, %v", message, err)
	}
}

// TestUnloadIsCancelled: whenever that happens, polling says so and nothing is left; unless the manifest came first.
func TestUnloadIsCancelled(t *testing.T) {
	for let := range 5 {
		a, store := newUnloader(t)
		page := slow(a, store)
		for range let {
			store.let <- struct{}{}
			select { // the next one is begun, or all are done
			case <-store.begun:
			case <-time.After(time.Second):
				if let < 4 {
					t.Fatal("the next object is not begun")
				}
			}
		}
		message, err := a.engine.CancelQuery(context.Background(), page.QueryID)
		if err != nil {
			t.Fatal(err)
		}
		if committed := let >= 3; committed {
			store.let <- struct{}{}
			if !strings.Contains(message, "already finished") {
				t.Errorf("after %d objects: %s", let, message)
			}
			if rows, _ := a.rows(QueryRequest{QueryString: unloadFive, NextToken: page.NextToken}); rows != "5" || len(store.keys(t)) != 4 {
				t.Errorf("after %d objects: %q, %q", let, rows, store.keys(t))
			}
			continue
		}
		if !strings.HasSuffix(message, "has been cancelled") {
			t.Errorf("after %d objects: %s", let, message)
		}
		a.fails(QueryRequest{QueryString: unloadFive, NextToken: page.NextToken}, dberr.Conflict, "Unable to poll results for a cancelled query")
		a.engine.queries.producers.Wait()
		if left := store.keys(t); left != nil {
			t.Errorf("after %d objects: %q is left", let, left)
		}
		if used := a.engine.MemoryStats().Queries; used != 0 {
			t.Errorf("%d bytes are still taken", used)
		}
	}
}

// TestUnloadFails: an error of the query ends the UNLOAD, and nothing is left.
func TestUnloadFails(t *testing.T) {
	store := newGated(t)
	for range 10 {
		store.let <- struct{}{}
	}
	a := newAsker(t, func(o *Options) { o.Objects, o.Query.BatchRows = store, 1 })
	a.fails(QueryRequest{QueryString: "UNLOAD (SELECT x, 1 / (3 - x) FROM unnest(sequence(1, 5)) t(x)) TO 's3://bucket/x'"}, dberr.Invalid, "Division by zero")
	if left := store.keys(t); left != nil {
		t.Errorf("%q is left", left)
	}
}

// TestUnloadRunTime: one that takes too long ends with an error that says so.
func TestUnloadRunTime(t *testing.T) {
	store := newGated(t)
	a := newAsker(t, func(o *Options) { o.Objects, o.Query.RunTimeMax = store, 20*time.Millisecond })
	a.fails(QueryRequest{QueryString: unloadFive}, dberr.Execution, "Query exceeded the run time limit of 20ms")
	if left := store.keys(t); left != nil {
		t.Errorf("%q is left", left)
	}
}

// TestUnloadPanics: our own bug ends the UNLOAD as it ends any statement, without leaving anything.
func TestUnloadPanics(t *testing.T) {
	store := newGated(t)
	for range 10 {
		store.let <- struct{}{}
	}
	a := newAsker(t, func(o *Options) {
		o.Objects = store
		o.Query.Run = func(context.Context, *plan.Statement, executor.Options) (Rows, error) { return new(panics), nil }
	})
	a.fails(QueryRequest{QueryString: "UNLOAD (SELECT 1 AS x) TO 's3://bucket/x'"}, dberr.Internal, "The query failed because of an internal error")
	if left := store.keys(t); left != nil || len(store.begun) == 0 {
		t.Errorf("%d objects were begun, %q is left", len(store.begun), left)
	}
}

// panics are rows that panic after the first batch.
type panics struct{ calls int }

func (p *panics) Next(context.Context) (*vector.Batch, error) {
	if p.calls++; p.calls > 1 {
		panic("bug: on purpose")
	}
	return &vector.Batch{Cols: []*vector.Vector{vector.Int64s(types.Integer, []int64{1}, nil)}, Rows: 1}, nil
}

func (p *panics) Stats() executor.Stats { return executor.Stats{} }
func (p *panics) Close()                {}

// TestExplainAnalyzeUnload: the statement is carried out and explained.
func TestExplainAnalyzeUnload(t *testing.T) {
	store := newGated(t)
	for range 4 {
		store.let <- struct{}{}
	}
	a := newAsker(t, func(o *Options) { o.Objects = store })
	a.max = 100
	rows, _ := a.rows(QueryRequest{QueryString: "EXPLAIN ANALYZE " + unloadFive})
	if !strings.HasPrefix(rows, "unload to s3://bucket/x csv gzip partitioned by [p]") || len(store.keys(t)) != 4 {
		t.Errorf("got %s and %q", rows, store.keys(t))
	}
}
