package engine

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"log/slog"
	mathrand "math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/export"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/sql/analyzer"
	"github.com/tidemarkdb/tidemark/internal/sql/executor"
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/optimizer"
	"github.com/tidemarkdb/tidemark/internal/sql/parser"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
)

// QueryOptions configures how statements run. The zero value works.
type QueryOptions struct {
	// PoolBytesMax is how much all running statements may hold together, if that is less than their share of
	// Options.MemoryBytesMax. Default: their share.
	PoolBytesMax int64
	// MemoryBytesMax is how much one statement may hold. Default and maximum: PoolBytesMax.
	MemoryBytesMax int64
	// RunningMax is how many statements compute at the same time; more wait for their turn. Default GOMAXPROCS.
	RunningMax int
	// AnswerWithin is after how long a call answers with an empty page if there is no row yet. Default 45 s: the JDBC driver
	// waits 50 s, other clients are told to wait 60 s.
	AnswerWithin time.Duration
	// RunTimeMax ends a statement that ran this long. Default 1 h.
	RunTimeMax time.Duration
	// SessionsMax is how many queries that nobody waits for are kept; beyond it the one that was idle longest ends. Default and
	// maximum: what fits into PoolBytesMax with sessionBytes each, 1000 at most.
	SessionsMax int
	// ReplayBytesMax is how much memory is kept to answer repeated requests with the same client token or page token.
	// Default and maximum: its share of Options.MemoryBytesMax.
	ReplayBytesMax int64

	// BatchRows, NoOptimizer and Run are for tests that run every statement in several ways. Run replaces the executor.
	BatchRows   int
	NoOptimizer bool
	Run         func(ctx context.Context, stmt *plan.Statement, opts executor.Options) (Rows, error)
}

func (o *QueryOptions) setDefaults() {
	if o.RunningMax == 0 {
		o.RunningMax = runtime.GOMAXPROCS(0)
	}
	if o.AnswerWithin == 0 {
		o.AnswerWithin = 45 * time.Second
	}
	if o.RunTimeMax == 0 {
		o.RunTimeMax = time.Hour
	}
}

// sessionsDefault is the default of QueryOptions.SessionsMax if there is much memory.
const sessionsDefault = 1000

// queries runs statements and keeps those whose results are fetched page by page.
type queries struct {
	opts    QueryOptions
	clock   clock.Clock
	logger  *slog.Logger
	catalog func() analyzer.Catalog // the catalog as of now
	source  func(*watch) executor.Source
	insight func(*plan.Statement, *reach) *QueryInsights
	objects objectstore.Store // where UNLOAD writes
	running chan struct{}     // holds one token for each statement that is computing

	pool      *executor.Pool
	sessions  sessions
	replays   replays
	producers sync.WaitGroup // the goroutines that produce pages
}

func newQueries(opts QueryOptions, c clock.Clock, logger *slog.Logger, catalog func() analyzer.Catalog,
	source func(*watch) executor.Source, insight func(*plan.Statement, *reach) *QueryInsights,
) *queries {
	opts.setDefaults()
	q := &queries{opts: opts, clock: c, logger: logger, catalog: catalog, source: source, insight: insight}
	q.running = make(chan struct{}, opts.RunningMax)
	q.pool = executor.NewPool(opts.PoolBytesMax, q.relieve)
	q.sessions.init(opts.SessionsMax)
	q.replays.init(opts.ReplayBytesMax)
	return q
}

// bytesMeteredMin is what a query is metered at least. Source: recorded answers, 10,000,000 even for SELECT 1.
const bytesMeteredMin = 10_000_000

// query answers one call: a new statement, a repeated one, or a further page.
func (q *queries) query(ctx context.Context, req QueryRequest) (*QueryPage, error) {
	if req.NextToken != "" {
		return q.nextPage(ctx, req)
	}
	page, claim, err := q.replays.claim(ctx, req, q.clock.Now())
	if page != nil || err != nil {
		return page, err
	}
	defer func() { q.replays.settle(req, claim, page) }()
	page, err = q.firstPage(ctx, req)
	return page, err
}

// firstPage runs a new statement as far as its first page.
func (q *queries) firstPage(ctx context.Context, req QueryRequest) (*QueryPage, error) {
	stmt, err := q.plan(req.QueryString, req.Permit)
	if err != nil {
		return nil, err
	}
	s, err := q.start(stmt, req)
	if err != nil {
		return nil, err
	}
	page, err := q.page(ctx, s, req)
	if err != nil {
		q.sessions.remove(s)
		return nil, err
	}
	return page, nil
}

// plan turns the text of a statement into an optimized plan.
func (q *queries) plan(text string, permit func(Permission) error) (*plan.Statement, error) {
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, err
	}
	var stmt *plan.Statement
	err = q.permitted(tree, permit, "", func(opts analyzer.Options) (err error) {
		stmt, err = analyzer.Analyze(tree, opts)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !q.opts.NoOptimizer {
		stmt = optimizer.Optimize(stmt)
	}
	return stmt, nil
}

// analyzerOptions is what a statement that comes now is analyzed against.
func (q *queries) analyzerOptions() analyzer.Options {
	// Whole milliseconds: the service's samples of now() have no more.
	return analyzer.Options{Catalog: q.catalog(), Now: q.clock.Now().Truncate(time.Millisecond).UnixNano()}
}

// start makes a session for a planned statement and keeps it for later pages. Nothing is computed yet.
func (q *queries) start(stmt *plan.Statement, req QueryRequest) (*session, error) {
	s, err := q.newSession(stmt, req)
	if err == nil {
		q.sessions.add(s)
	}
	return s, err
}

// newSession makes a session for a planned statement.
func (q *queries) newSession(stmt *plan.Statement, req QueryRequest) (*session, error) {
	id := newQueryID()
	if u := stmt.Unload; u != nil && (!stmt.Explain || stmt.Analyze) {
		if err := permitPut(req.Permit, u.Bucket, export.Keys(u, id)...); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), q.opts.RunTimeMax)
	s := &session{id: id, text: req.QueryString, principal: req.Principal, stmt: stmt, ctx: ctx, cancel: cancel,
		used: q.clock.Now(), watch: newWatch(stmt)}
	if req.Insights {
		s.watch.reach = newReach(stmt)
	}
	for _, c := range analyzer.ResultColumns(stmt) {
		s.columns = append(s.columns, ResultColumn{Name: c.Name, Type: c.Type})
	}
	if columnsBytes(s.columns) > columnsBytesMax {
		cancel()
		return nil, dberr.New(dberr.Execution, "Query aborted as the names and types of its %d columns take more than %d bytes", len(s.columns), columnsBytesMax)
	}
	var err error
	if s.rows, err = q.rows(ctx, s); err != nil {
		cancel()
		return nil, err
	}
	return s, nil
}

// rows starts the execution, or the explanation, of a statement.
func (q *queries) rows(ctx context.Context, s *session) (Rows, error) {
	opts := executor.Options{
		Source:         q.source(s.watch),
		Env:            &function.Env{Now: s.stmt.Now, Rand: mathrand.New(mathrand.NewPCG(mathrand.Uint64(), mathrand.Uint64()))},
		MemoryBytesMax: q.opts.MemoryBytesMax,
		Pool:           q.pool,
		BatchRows:      q.opts.BatchRows,
	}
	run := func(ctx context.Context) (Rows, error) { return executor.Run(ctx, s.stmt, opts) }
	if replaced := q.opts.Run; replaced != nil && !s.stmt.Explain {
		run = func(ctx context.Context) (Rows, error) { return replaced(ctx, s.stmt, opts) }
	}
	if s.stmt.Unload != nil {
		query := run
		run = func(ctx context.Context) (Rows, error) {
			rows, err := query(ctx)
			if err != nil {
				return nil, err
			}
			return q.newUnloading(s.id, s.stmt, rows)
		}
	}
	if s.stmt.Explain {
		return &explanation{stmt: s.stmt, run: run}, nil
	}
	return run(ctx)
}

// newQueryID returns an id in the form of the service's: upper-case base 32 that begins with AE.
func newQueryID() string {
	var b [34]byte
	_, _ = rand.Read(b[:])
	return "AE" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])
}

// status tells how far a session is and what it has cost. It may be called while a page is being produced.
func (q *queries) status(s *session, last bool) QueryStatus {
	st := QueryStatus{ProgressPercentage: s.watch.progress(), CumulativeBytesScanned: s.watch.scanned()}
	if last {
		st.ProgressPercentage = 100
	}
	if !s.stmt.Metadata {
		const mega = 1_000_000
		st.CumulativeBytesMetered = max(bytesMeteredMin, (st.CumulativeBytesScanned+mega-1)/mega*mega)
	}
	return st
}

// insights returns what the run of a session, which has given its last row, has read and given; nil if nobody asked.
func (q *queries) insights(s *session) *QueryInsights {
	if s.watch.reach == nil {
		return nil
	}
	out := q.insight(s.stmt, s.watch.reach)
	out.OutputRows, out.OutputBytes = s.outputRows, s.outputBytes
	if u, ok := s.rows.(*unloading); ok {
		out.Unload = u.written
	}
	return out
}

// cancelQuery ends a query whose pages are not all fetched. The text says what became of it.
func (q *queries) cancelQuery(id string) (string, error) {
	s, end := q.sessions.byID(id)
	switch {
	case s == nil:
	case !s.cancellable():
		end = endFinished
	case s.finish(true):
		return "The query with id " + id + " has been cancelled", nil
	default:
		end = s.ending()
	}
	switch end {
	case endCancelled:
		return "The query with id " + id + " is already cancelled", nil
	case endFinished:
		return "The query with id " + id + " has already finished", nil
	}
	return "", dberr.New(dberr.Invalid, "The query with id %s does not exist", id)
}

// close ends all queries and waits until nothing runs any more.
func (q *queries) close() {
	q.sessions.close()
	q.producers.Wait()
}
