package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// aggregate groups its input and computes aggregates of each group.
type aggregate struct {
	run    *run
	node   *plan.Aggregate
	input  operator
	groups *groups
	held   *account
	ready  bool
	taken  int // groups that were put out
}

// groups is the state of an aggregation: the keys of all groups and the aggregates' accumulators. Parts of the input may
// be taken into several of them, with merge at the end.
type groups struct {
	keys    []*expression
	table   *keyTable // nil without keys: then there is one group
	calls   []*aggCall
	numbers []int32 // of one batch
}

// newAggregate makes the operator of an Aggregate with functions, or without keys.
func (b *builder) newAggregate(n *plan.Aggregate, input operator) *aggregate {
	return &aggregate{run: b.run, node: n, input: input, groups: b.newGroups(n), held: b.run.memory.newAccount()}
}

// newGroups makes the empty state of an aggregation.
func (b *builder) newGroups(n *plan.Aggregate) *groups {
	in, g := layoutOf(n.Input.Columns()), &groups{}
	for _, k := range n.Keys {
		g.keys = append(g.keys, b.compile(k.Expr, in))
	}
	if len(g.keys) > 0 {
		g.table = newKeyTable(typesOfExprs(g.keys))
	}
	for i := range n.Aggs {
		a := &n.Aggs[i]
		g.calls = append(g.calls, b.newAggCall(a.Fn, a.Args, a.Distinct, a.Filter, a.OrderBy, a.Out.Type, in))
	}
	return g
}

// len returns the number of groups.
func (g *groups) len() int {
	if g.table == nil {
		return 1
	}
	return g.table.len()
}

// absorb takes in a batch.
func (g *groups) absorb(ctx context.Context, b *vector.Batch) error {
	g.numbers = resize(g.numbers, b.Rows)
	if g.table == nil {
		clear(g.numbers)
	} else {
		keys, err := evalAll(ctx, g.keys, b)
		if err != nil {
			return err
		}
		g.table.insert(keys, g.numbers)
	}
	for _, c := range g.calls {
		if err := c.absorb(ctx, b, g.numbers, g.len()); err != nil {
			return err
		}
	}
	return nil
}

// merge takes in what another aggregation of the same kind has taken in, which must not be used afterwards.
func (g *groups) merge(ctx context.Context, other *groups) error {
	numbers := make([]int32, other.len())
	if g.table != nil {
		for from := 0; from < other.len(); from += vector.BatchRows {
			to := min(from+vector.BatchRows, other.len())
			g.table.insert(other.table.columns(from, to), numbers[from:to])
		}
	}
	for i, c := range g.calls {
		if err := c.merge(ctx, other.calls[i], numbers, g.len()); err != nil {
			return err
		}
	}
	return nil
}

// finish makes the aggregates ready for their results.
func (g *groups) finish(ctx context.Context) error {
	for _, c := range g.calls {
		if err := c.finish(ctx, g.len()); err != nil {
			return err
		}
	}
	return nil
}

func (g *groups) bytes() int64 {
	var n int64
	if g.table != nil {
		n += g.table.bytes()
	}
	for _, c := range g.calls {
		n += c.bytes()
	}
	return n
}

func (a *aggregate) next(ctx context.Context) (*vector.Batch, error) {
	if !a.ready {
		a.ready = true
		if err := a.read(ctx); err != nil {
			return nil, err
		}
	}
	if a.groups == nil {
		return nil, nil
	}
	from := a.taken
	to := min(from+a.run.batchRows, a.groups.len())
	if from == to {
		return nil, nil
	}
	a.taken = to
	out := &vector.Batch{Rows: to - from}
	if a.groups.table != nil {
		out.Cols = a.groups.table.columns(from, to)
	}
	for _, c := range a.groups.calls {
		v, err := c.acc.Result(from, to)
		if err != nil {
			return nil, err
		}
		out.Cols = append(out.Cols, v)
	}
	return out, nil
}

// accountRows is after how many rows the memory of aggregates is measured again at the latest.
const accountRows = 1 << 16

// read takes in all rows.
func (a *aggregate) read(ctx context.Context) error {
	rows, measured := 0, 0
	for {
		b, err := a.input.next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := a.groups.absorb(ctx, b); err != nil {
			return err
		}
		if rows += b.Rows; rows >= accountRows || a.groups.len()-measured > measured/8 {
			rows, measured = 0, a.groups.len()
			if err := a.held.set(a.groups.bytes()); err != nil {
				return err
			}
		}
	}
	a.input.close()
	if err := a.held.set(a.groups.bytes()); err != nil {
		return err
	}
	if err := a.groups.finish(ctx); err != nil {
		return err
	}
	return a.held.set(a.groups.bytes())
}

// restrict goes on to the input if the column is a key: groups of other values are left out as a whole.
func (a *aggregate) restrict(id plan.ColumnID, values []string) {
	for _, k := range a.node.Keys {
		if col, ok := k.Expr.(*plan.Col); ok && k.Out.ID == id {
			restrict(a.input, col.ID, values)
		}
	}
}

func (a *aggregate) close() {
	a.input.close()
	a.groups, a.ready = nil, true
	a.held.free()
}

// distinct is an aggregate without functions: it puts each key out when it appears for the first time.
type distinct struct {
	node  *plan.Aggregate
	input operator
	keys  []*expression
	table *keyTable
	held  *account
}

// newDistinct makes the operator of an Aggregate without functions.
func (b *builder) newDistinct(n *plan.Aggregate, input operator) *distinct {
	d := &distinct{node: n, input: input, held: b.run.memory.newAccount()}
	in := layoutOf(n.Input.Columns())
	ts := []*types.Type{}
	for _, k := range n.Keys {
		d.keys = append(d.keys, b.compile(k.Expr, in))
		ts = append(ts, k.Out.Type)
	}
	d.table = newKeyTable(ts)
	return d
}

func (d *distinct) next(ctx context.Context) (*vector.Batch, error) {
	for {
		b, err := d.input.next(ctx)
		if b == nil || err != nil {
			return nil, err
		}
		keys, err := evalAll(ctx, d.keys, b)
		if err != nil {
			return nil, err
		}
		before := d.table.len()
		d.table.insert(keys, make([]int32, b.Rows))
		if err := d.held.set(d.table.bytes()); err != nil {
			return nil, err
		}
		if after := d.table.len(); after > before {
			return &vector.Batch{Cols: d.table.columns(before, after), Rows: after - before}, nil
		}
	}
}

// restrict goes on to the input if the column is a key.
func (d *distinct) restrict(id plan.ColumnID, values []string) {
	(&aggregate{node: d.node, input: d.input}).restrict(id, values)
}

func (d *distinct) close() {
	d.input.close()
	d.table = nil
	d.held.free()
}
