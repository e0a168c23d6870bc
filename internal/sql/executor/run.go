package executor

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Options configures a run. Only Source is needed, and that only if the statement reads tables.
type Options struct {
	Source Source
	// Env is what functions get. Default: the statement's Now and a random seed.
	Env *function.Env
	// MemoryBytesMax is how much the operators of the statement may hold at once. Default 1 GiB.
	MemoryBytesMax int64
	// Pool is the memory that the statement shares with others. Default: it shares none.
	Pool *Pool
	// BatchRows is how many rows operators put into a batch, at most; 1 to 1<<20. Default vector.BatchRows.
	BatchRows int
}

// Limits and defaults of Options.
const (
	memoryBytesDefault = 1 << 30
	batchRowsMax       = 1 << 20
)

// run is one run of a statement: what all of its operators share. It is used by one goroutine at a time.
type run struct {
	source     Source
	env        *function.Env
	memory     memory
	batchRows  int
	arrayBytes int64 // of all arrays and the like that calls of functions have made
	recorder   recorder
	shared     map[int]*sharedRows // by plan.Shared.ID
	readers    map[int]int         // how often each shared query is read; absent if that cannot be known
	subqueries map[*plan.Subquery]*subquery
	kept       map[plan.Node]*sharedRows // parts of correlated subqueries that do not depend on the outer row
	free       map[plan.Node][]plan.ColumnID
}

// Run builds the operators of a statement. It reads nothing yet. Close the cursor in any case.
func Run(ctx context.Context, stmt *plan.Statement, opts Options) (*Cursor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &run{
		source:     opts.Source,
		env:        opts.Env,
		memory:     memory{limit: opts.MemoryBytesMax, pool: opts.Pool},
		batchRows:  opts.BatchRows,
		recorder:   recorder{byNode: map[plan.Node]*OperatorStats{}},
		shared:     map[int]*sharedRows{},
		subqueries: map[*plan.Subquery]*subquery{},
		kept:       map[plan.Node]*sharedRows{},
		free:       map[plan.Node][]plan.ColumnID{},
	}
	if r.env == nil {
		r.env = &function.Env{Now: stmt.Now, Rand: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))}
	}
	if r.memory.limit <= 0 {
		r.memory.limit = memoryBytesDefault
	}
	if r.batchRows <= 0 {
		r.batchRows = vector.BatchRows
	}
	r.batchRows = min(r.batchRows, batchRowsMax)
	r.readers = countReaders(stmt.Root)
	c := &Cursor{run: r, root: (&builder{run: r}).operator(stmt.Root, 0)}
	in := layoutOf(stmt.Root.Columns())
	for _, col := range stmt.Output {
		c.pick = append(c.pick, in.must(col.ID, col.Name))
	}
	return c, nil
}

// Cursor yields the rows of a running statement. It is used by one goroutine at a time.
type Cursor struct {
	run    *run
	root   operator
	pick   []int // column of root for each column of the result
	rest   *vector.Batch
	err    error
	closed bool
}

// Next returns the next rows, nil at the end. The columns are those of the statement's Output, in order.
func (c *Cursor) Next(ctx context.Context) (*vector.Batch, error) {
	if c.err != nil || c.closed {
		return nil, c.err
	}
	if c.rest != nil {
		return c.leaving(c.rest), nil
	}
	b, err := c.root.next(ctx)
	if err != nil {
		var inner *subqueryError
		if errors.As(err, &inner) {
			err = inner.err
		}
		c.err = err
		c.Close()
		return nil, err
	}
	if b == nil {
		c.Close()
		return nil, nil
	}
	out := &vector.Batch{Cols: make([]*vector.Vector, len(c.pick)), Rows: b.Rows}
	for i, p := range c.pick {
		out.Cols[i] = b.Cols[p]
	}
	return c.leaving(out), nil
}

// leaving returns the first rows of b, with shared nested values copied, and keeps the others for the next call.
func (c *Cursor) leaving(b *vector.Batch) *vector.Batch {
	c.rest = nil
	n := leadingRows(b)
	if n < b.Rows {
		c.rest = b.Slice(n, b.Rows)
		b = b.Slice(0, n)
	}
	for i, v := range b.Cols {
		if isNested(v.Type) && v.Form == vector.Dictionary {
			b.Cols[i] = v.Flatten()
		}
	}
	return b
}

// Stats tells what the run has done so far; also after Close.
func (c *Cursor) Stats() Stats {
	r := c.run
	s := Stats{Scan: r.recorder.scan(), MemoryPeak: r.memory.peak}
	for _, op := range r.recorder.operators {
		s.Operators = append(s.Operators, *op)
	}
	return s
}

// Close ends the run and frees what it holds. Batches that Next returned stay valid. It may be called more than once.
func (c *Cursor) Close() {
	if c.closed {
		return
	}
	c.closed, c.rest = true, nil
	c.root.close()
	for _, s := range c.run.shared {
		s.close()
	}
	for _, s := range c.run.kept {
		s.close()
	}
	for _, s := range c.run.subqueries {
		s.close()
	}
	c.run.memory.close()
}
