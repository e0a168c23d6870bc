package naive

import (
	"fmt"
	"sort"

	"github.com/tidemarkdb/tidemark/internal/sql/executor"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// rows returns all rows of an operator. outer is the row of the enclosing query, nil outside of subqueries.
func (r *run) rows(n plan.Node, outer *scope) ([]row, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case *plan.Scan:
		return r.scan(n)
	case *plan.Values:
		return r.values(n, outer)
	case *plan.OneRow:
		return []row{{}}, nil
	case *plan.Filter:
		return r.filter(n, outer)
	case *plan.Project:
		return r.project(n, outer)
	case *plan.Aggregate:
		return r.aggregate(n, outer)
	case *plan.Window:
		return r.window(n, outer)
	case *plan.Sort:
		return r.sort(n, outer)
	case *plan.Limit:
		return r.limit(n, outer)
	case *plan.Join:
		return r.join(n, outer)
	case *plan.Unnest:
		return r.unnest(n, outer)
	case *plan.Union:
		return r.union(n, outer)
	case *plan.SetOp:
		return r.setOp(n, outer)
	case *plan.Shared:
		return r.sharedRows(n, outer)
	}
	panic(fmt.Sprintf("bug: no operator for %T", n))
}

// scan reads the whole table and keeps what the scan asks for, so that nothing depends on what the source can leave out.
func (r *run) scan(n *plan.Scan) ([]row, error) {
	req := executor.ScanRequest{Table: n.Table, TimeFrom: -1 << 63, TimeTo: 1<<63 - 1}
	timeColumn := -1
	for i, c := range n.Table.Columns {
		req.Columns = append(req.Columns, i)
		if c.Role == plan.RoleTime {
			timeColumn = i
		}
	}
	scanner, err := r.opts.Source.Scan(r.ctx, req)
	if err != nil {
		return nil, err
	}
	defer scanner.Close()
	var out []row
	for {
		b, err := scanner.Next(r.ctx)
		if err != nil || b == nil {
			return out, err
		}
		for i := range b.Rows {
			full := make(row, len(b.Cols))
			for k, col := range b.Cols {
				full[k] = col.Value(i)
			}
			keep, err := r.inScan(n, full, timeColumn)
			if err != nil {
				return nil, err
			}
			if keep {
				picked := make(row, len(n.Source))
				for k, at := range n.Source {
					picked[k] = full[at]
				}
				out = append(out, picked)
			}
		}
	}
}

// inScan reports whether a row of the table is among those that the scan produces.
func (r *run) inScan(n *plan.Scan, full row, timeColumn int) (bool, error) {
	if t := full[timeColumn].(int64); t < n.TimeFrom || t > n.TimeTo {
		return false, nil
	}
	for _, f := range n.Series {
		keep := false
		if f.Pred != nil {
			v, err := r.eval(f.Pred, (*scope)(nil).over([]plan.Column{f.Col}, row{full[f.Source]}))
			if err != nil {
				return false, err
			}
			keep = v == true
		}
		for _, want := range f.In {
			keep = keep || full[f.Source] == want
		}
		if !keep {
			return false, nil
		}
	}
	return true, nil
}

func (r *run) values(n *plan.Values, outer *scope) ([]row, error) {
	var out []row
	for _, exprs := range n.Rows {
		values, err := r.evalAll(exprs, outer)
		if err != nil {
			return nil, err
		}
		out = append(out, values)
	}
	return out, nil
}

func (r *run) filter(n *plan.Filter, outer *scope) ([]row, error) {
	in, err := r.rows(n.Input, outer)
	if err != nil {
		return nil, err
	}
	var out []row
	for _, values := range in {
		keep, err := r.holds(n.Pred, outer.over(n.Input.Columns(), values))
		if err != nil {
			return nil, err
		}
		if keep {
			out = append(out, values)
		}
	}
	return out, nil
}

// holds reports whether a condition is true. Terms behind one that is not are not evaluated.
func (r *run) holds(pred plan.Expr, s *scope) (bool, error) {
	terms := []plan.Expr{pred}
	if and, ok := pred.(*plan.And); ok {
		terms = and.Terms
	}
	for _, t := range terms {
		if v, err := r.eval(t, s); v != true || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (r *run) project(n *plan.Project, outer *scope) ([]row, error) {
	in, err := r.rows(n.Input, outer)
	if err != nil {
		return nil, err
	}
	return r.evalRows(n.Exprs, n.Input.Columns(), in, outer)
}

// evalRows evaluates expressions for each of several rows.
func (r *run) evalRows(exprs []plan.Expr, cols []plan.Column, in []row, outer *scope) ([]row, error) {
	out := make([]row, len(in))
	for i, values := range in {
		var err error
		if out[i], err = r.evalAll(exprs, outer.over(cols, values)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *run) sort(n *plan.Sort, outer *scope) ([]row, error) {
	in, err := r.rows(n.Input, outer)
	if err != nil {
		return nil, err
	}
	out, err := r.sorted(n.Keys, n.Input.Columns(), in, outer)
	if err == nil && n.Limit >= 0 && int64(len(out)) > n.Limit {
		out = out[:n.Limit]
	}
	return out, err
}

// sorted returns rows in the order of keys; equal ones stay as they are.
func (r *run) sorted(order []plan.SortKey, cols []plan.Column, in []row, outer *scope) ([]row, error) {
	keys, err := r.evalRows(keyExprs(order), cols, in, outer)
	if err != nil {
		return nil, err
	}
	places := make([]int, len(in))
	for i := range places {
		places[i] = i
	}
	sort.SliceStable(places, func(a, b int) bool { return orderRows(order, keys[places[a]], keys[places[b]]) < 0 })
	out := make([]row, len(in))
	for i, at := range places {
		out[i] = in[at]
	}
	return out, nil
}

func keyExprs(order []plan.SortKey) []plan.Expr {
	var out []plan.Expr
	for _, k := range order {
		out = append(out, k.Expr)
	}
	return out
}

func (r *run) limit(n *plan.Limit, outer *scope) ([]row, error) {
	in, err := r.rows(n.Input, outer)
	if err != nil {
		return nil, err
	}
	in = in[min(n.Offset, int64(len(in))):]
	if n.Count >= 0 {
		in = in[:min(n.Count, int64(len(in)))]
	}
	return in, nil
}

func (r *run) union(n *plan.Union, outer *scope) ([]row, error) {
	var out []row
	for _, in := range n.In {
		rows, err := r.rows(in, outer)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// setOp counts how often each row of the right side occurs, and strikes these occurrences from the left side.
func (r *run) setOp(n *plan.SetOp, outer *scope) ([]row, error) {
	left, err := r.rows(n.L, outer)
	if err != nil {
		return nil, err
	}
	right, err := r.rows(n.R, outer)
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, values := range right {
		count[identity(values)]++
	}
	seen := map[string]bool{}
	var out []row
	for _, values := range left {
		id := identity(values)
		found := count[id] > 0
		if n.All {
			count[id]--
		} else if seen[id] {
			continue
		}
		seen[id] = true
		if found != n.Except {
			out = append(out, values)
		}
	}
	return out, nil
}

// sharedRows computes a shared query once, unless it may depend on a row of an enclosing query.
func (r *run) sharedRows(n *plan.Shared, outer *scope) ([]row, error) {
	if outer != nil {
		return r.rows(n.Input, outer)
	}
	if _, ok := r.shared[n.ID]; !ok {
		rows, err := r.rows(n.Input, nil)
		if err != nil {
			return nil, err
		}
		r.shared[n.ID] = rows
	}
	return r.shared[n.ID], nil
}

// unnest makes rows of the elements of arrays and time series.
func (r *run) unnest(n *plan.Unnest, outer *scope) ([]row, error) {
	in, err := r.rows(n.Input, outer)
	if err != nil {
		return nil, err
	}
	var out []row
	for _, values := range in {
		args, err := r.evalAll(n.Args, outer.over(n.Input.Columns(), values))
		if err != nil {
			return nil, err
		}
		length := 0
		lists := make([][]row, len(args))
		for i, v := range args {
			lists[i] = unnested(v, n.Args[i].Type())
			length = max(length, len(lists[i]))
		}
		empty := length == 0
		if empty && n.Outer {
			length = 1
		}
		for k := range length {
			next := append(row{}, values...)
			for i, cols := range n.Outs {
				part := make(row, len(cols))
				if k < len(lists[i]) {
					part = lists[i][k]
				}
				next = append(next, part...)
			}
			switch {
			case n.Ordinality == nil:
			case empty:
				next = append(next, nil)
			default:
				next = append(next, int64(k+1))
			}
			out = append(out, next)
		}
	}
	return out, nil
}

// unnested returns the elements of an array or a time series, each as the columns that it becomes.
func unnested(v types.Value, t *types.Type) []row {
	var out []row
	switch v := v.(type) {
	case types.Series:
		for _, p := range v {
			out = append(out, row{p.Time, p.Value})
		}
	case []types.Value:
		for _, e := range v {
			switch {
			case t.Elem.Kind != types.KindRow:
				out = append(out, row{e})
			case e == nil:
				out = append(out, make(row, len(t.Elem.Fields)))
			default:
				out = append(out, e.([]types.Value))
			}
		}
	}
	return out
}
