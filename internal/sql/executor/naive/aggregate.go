package naive

import (
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// aggregate groups rows. Groups come in the order of their first rows.
func (r *run) aggregate(n *plan.Aggregate, outer *scope) ([]row, error) {
	in, err := r.rows(n.Input, outer)
	if err != nil {
		return nil, err
	}
	var keyExprs []plan.Expr
	for _, k := range n.Keys {
		keyExprs = append(keyExprs, k.Expr)
	}
	keys, err := r.evalRows(keyExprs, n.Input.Columns(), in, outer)
	if err != nil {
		return nil, err
	}
	groups, order := partitions(keys, in)
	if len(n.Keys) == 0 && len(order) == 0 {
		order = []string{""}
	}
	var out []row
	for _, id := range order {
		members := groups[id]
		var values row
		if len(n.Keys) > 0 {
			values = append(values, members[0].key...)
		}
		for i := range n.Aggs {
			a := &n.Aggs[i]
			c := aggregateCall{run: r, name: a.Fn.Name, args: a.Args, distinct: a.Distinct, filter: a.Filter, orderBy: a.OrderBy, result: a.Out.Type}
			v, err := c.over(rowsOf(members), n.Input.Columns(), outer)
			if err != nil {
				return nil, err
			}
			values = append(values, v)
		}
		out = append(out, values)
	}
	return out, nil
}

// member is a row of a group or a partition, and its key.
type member struct{ key, row row }

// partitions puts rows with the same key together; order is the keys' identities in the order of first rows.
func partitions(keys, rows []row) (groups map[string][]member, order []string) {
	groups = map[string][]member{}
	for i, key := range keys {
		id := identity(key)
		if groups[id] == nil {
			order = append(order, id)
		}
		groups[id] = append(groups[id], member{key, rows[i]})
	}
	return groups, order
}

func rowsOf(members []member) []row {
	var out []row
	for _, m := range members {
		out = append(out, m.row)
	}
	return out
}

// aggregateCall is one call of an aggregate.
type aggregateCall struct {
	run      *run
	name     string
	args     []plan.Expr
	distinct bool
	filter   plan.Expr
	orderBy  []plan.SortKey
	result   *types.Type
}

// over computes the aggregate of some rows: filter, arguments, DISTINCT, ORDER BY, function.
func (c *aggregateCall) over(rows []row, cols []plan.Column, outer *scope) (types.Value, error) {
	var taken []row // arguments, then sort keys
	seen := map[string]bool{}
	for _, values := range rows {
		s := outer.over(cols, values)
		if c.filter != nil {
			keep, err := c.run.eval(c.filter, s)
			if err != nil {
				return nil, err
			}
			if keep != true {
				continue
			}
		}
		args, err := c.run.evalAll(c.args, s)
		if err != nil {
			return nil, err
		}
		if c.distinct {
			id := identity(args)
			if seen[id] {
				continue
			}
			seen[id] = true
		}
		keys, err := c.run.evalAll(keyExprs(c.orderBy), s)
		if err != nil {
			return nil, err
		}
		taken = append(taken, append(args, keys...))
	}
	stableSort(taken, func(a, b row) int { return orderRows(c.orderBy, a[len(c.args):], b[len(c.args):]) })
	for i := range taken {
		taken[i] = taken[i][:len(c.args)]
	}
	ts := make([]*types.Type, len(c.args))
	for i, x := range c.args {
		ts[i] = x.Type()
	}
	return aggregates[c.name](&call{name: c.name, params: ts, result: c.result, run: c.run}, taken)
}
