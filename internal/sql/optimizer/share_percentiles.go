package optimizer

import (
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// sharePercentiles computes several percentiles of one expression (p90, p95, p99 of a panel) from one collection of its
// values: approx_percentile with an array of percentages, whose elements are taken apart above the grouping.
func sharePercentiles(o *run, root plan.Node) plan.Node {
	return everywhere(root, func(n plan.Node) plan.Node {
		agg, ok := n.(*plan.Aggregate)
		if !ok {
			return n
		}
		groups := map[string][]int{}
		for i, a := range agg.Aggs {
			if key, ok := percentileKey(a); ok {
				groups[key] = append(groups[key], i)
			}
		}
		for _, members := range groups {
			if len(members) > 1 {
				return o.percentileProject(agg, groups)
			}
		}
		return n
	})
}

// percentileKey is equal for calls that differ only in their percentage.
func percentileKey(a plan.AggExpr) (string, bool) {
	if a.Fn.Name != "approx_percentile" || len(a.Args) != 2 || a.Distinct || a.Args[1].Type().Kind != types.KindDouble || isVolatile(a.Args[0]) {
		return "", false
	}
	if v, ok := constOf(a.Args[1]); !ok || v == nil {
		return "", false
	}
	key := plan.Key(a.Args[0])
	if a.Filter != nil {
		key += " filter " + plan.Key(a.Filter)
	}
	return key, true
}

// percentileProject replaces the calls of each group by one, and projects what they gave.
func (o *run) percentileProject(agg *plan.Aggregate, groups map[string][]int) plan.Node {
	out := &plan.Aggregate{Input: agg.Input, Keys: agg.Keys}
	project := &plan.Project{}
	for _, k := range agg.Keys {
		project.Cols = append(project.Cols, k.Out)
		project.Exprs = append(project.Exprs, &plan.Col{ID: k.Out.ID, Name: k.Out.Name, T: k.Out.Type})
	}
	shared := map[string]*plan.Col{}
	for i, a := range agg.Aggs {
		key, _ := percentileKey(a)
		members := groups[key]
		if len(members) < 2 {
			out.Aggs = append(out.Aggs, a)
			project.Cols = append(project.Cols, a.Out)
			project.Exprs = append(project.Exprs, &plan.Col{ID: a.Out.ID, Name: a.Out.Name, T: a.Out.Type})
			continue
		}
		all := shared[key]
		if all == nil {
			all = o.allPercentiles(agg, out, members)
			shared[key] = all
		}
		project.Cols = append(project.Cols, a.Out)
		project.Exprs = append(project.Exprs, element(all, int64(position(members, i)+1), a.Out.Type))
	}
	project.Input = out
	return project
}

func position(list []int, want int) int {
	for k, v := range list {
		if v == want {
			return k
		}
	}
	panic("bug: not a member")
}

// allPercentiles adds the call that gives the percentiles of all members as an array, and returns its column.
func (o *run) allPercentiles(agg, out *plan.Aggregate, members []int) *plan.Col {
	first := agg.Aggs[members[0]]
	var percentages []types.Value
	for _, i := range members {
		v, _ := constOf(agg.Aggs[i].Args[1])
		percentages = append(percentages, v)
	}
	list := types.ArrayOf(types.Double)
	fn, match, err := function.ResolveAggregate(first.Fn.Name, []*types.Type{first.Args[0].Type(), list})
	if err != nil {
		panic("bug: approx_percentile takes no array: " + err.Error())
	}
	col := o.newColumn("percentiles", match.Result)
	out.Aggs = append(out.Aggs, plan.AggExpr{Out: col, Fn: fn, Args: []plan.Expr{first.Args[0], &plan.Const{Value: percentages, T: list}}, Filter: first.Filter})
	return &plan.Col{ID: col.ID, Name: col.Name, T: col.Type}
}

// element is list[i].
func element(list plan.Expr, i int64, t *types.Type) plan.Expr {
	fn, _, err := function.ResolveScalar("subscript", []*types.Type{list.Type(), types.Bigint}, nil)
	if err != nil {
		panic("bug: no subscript: " + err.Error())
	}
	return &plan.Call{Fn: fn, Args: []plan.Expr{list, &plan.Const{Value: i, T: types.Bigint}}, T: t}
}
