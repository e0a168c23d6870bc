package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// windowFunc is a function of a window, compiled.
type windowFunc struct {
	spec  *plan.WindowExpr
	frame plan.Frame
	whole *aggCall // an aggregate whose frames are all whole partitions; nil for others

	needs   []*expression // arguments, then filter, then offsets of the frame
	place   []int         // where in the window's store each of needs is; arbitrary for fixed ones
	filter  int           // which of needs it is, -1 if absent
	offsets [2]int        // of start and end, likewise
}

// newWindowFunc compiles a function of a window whose input has the columns in.
func (b *builder) newWindowFunc(n *plan.Window, spec *plan.WindowExpr, in layout) *windowFunc {
	f := &windowFunc{spec: spec, frame: spec.Frame, filter: -1, offsets: [2]int{-1, -1}}
	ordered := len(n.Order) > 0
	if spec.Agg != nil && coversAll(f.frame, ordered) && (!ordered || !spec.Agg.OrderSensitive) {
		f.whole = b.newAggCall(spec.Agg, spec.Args, spec.Distinct, spec.Filter, nil, spec.Out.Type, in)
		return f
	}
	if spec.Fn != nil && isOrdinal(spec.Fn.Name) {
		f.frame = plan.Frame{Start: plan.FrameBound{Kind: plan.UnboundedPreceding}, End: plan.FrameBound{Kind: plan.UnboundedFollowing}}
	}
	f.needs = b.exprs(spec.Args, in)
	if spec.Filter != nil {
		f.filter = len(f.needs)
		f.needs = append(f.needs, b.compile(spec.Filter, in))
	}
	for i, bound := range []plan.FrameBound{f.frame.Start, f.frame.End} {
		if bound.Kind == plan.Preceding || bound.Kind == plan.Following {
			f.offsets[i] = len(f.needs)
			f.needs = append(f.needs, b.compile(bound.Offset, in))
		}
	}
	f.place = make([]int, len(f.needs))
	return f
}

// isOrdinal reports whether a window function depends on the order of the partition only: a frame is allowed and has no
// meaning. Source: Trino.
func isOrdinal(name string) bool {
	switch name {
	case "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead":
		return true
	}
	return false
}

// needsPeers reports whether the function's results depend on which rows are equal in the window's order.
func (f *windowFunc) needsPeers() bool {
	if f.spec.Fn == nil || !isOrdinal(f.spec.Fn.Name) {
		return f.frame.Range
	}
	switch f.spec.Fn.Name {
	case "row_number", "ntile", "lag", "lead":
		return false
	}
	return true
}

// coversAll reports whether the frame of every row is its whole partition. Without an order all rows are peers.
func coversAll(f plan.Frame, ordered bool) bool {
	peers := f.Range && !ordered
	start := f.Start.Kind == plan.UnboundedPreceding || peers && f.Start.Kind == plan.CurrentRow
	end := f.End.Kind == plan.UnboundedFollowing || peers && f.End.Kind == plan.CurrentRow
	return start && end
}

// windowRun is a function at work on the ordered rows.
type windowRun struct {
	f      *windowFunc
	args   []*vector.Vector // by place
	frames *frameMaker
	agg    *frameAggregate // nil for a window function
	out    *vector.Builder // a result for each place so far
}

// newRun prepares a function. all is the window's store, keys its order's keys by place.
func (w *window) newRun(ctx context.Context, f *windowFunc, all *vector.Batch, keys []*vector.Vector) (*windowRun, error) {
	needs := make([]*vector.Vector, len(f.needs))
	for i, e := range f.needs {
		if !e.fixed {
			needs[i] = all.Cols[f.place[i]].Gather(w.sorted)
			continue
		}
		if all.Rows == 0 {
			needs[i] = vector.NullsOf(e.t, 0)
			continue
		}
		v, err := e.eval(ctx, &vector.Batch{Rows: all.Rows})
		if err != nil {
			return nil, err
		}
		needs[i] = v
	}
	r := &windowRun{f: f, args: needs[:len(f.spec.Args)], out: vector.NewBuilder(f.spec.Out.Type, all.Rows)}
	r.frames = &frameMaker{frame: f.frame}
	for i, at := range f.offsets {
		if at >= 0 {
			r.frames.offsets[i] = needs[at]
		}
	}
	if f.frame.Range && !f.frame.Groups && (f.offsets[0] >= 0 || f.offsets[1] >= 0) {
		r.frames.keys = newRangeKeys(keys[0], w.order.orders[0].desc, r.frames.offsets)
	}
	if f.spec.Agg != nil {
		r.agg = newFrameAggregate(f.spec, r.args, r.out, func(working int64) error { return w.held.set(w.bytes() + working) })
		if f.filter >= 0 {
			r.agg.keep = keepOf(needs[f.filter])
		}
	}
	return r, nil
}

// keepOf returns in which rows a filter is true; nil for all.
func keepOf(v *vector.Vector) []bool {
	sel, all := trueRows(v)
	if all {
		return nil
	}
	keep := make([]bool, v.Len())
	for _, i := range sel {
		keep[i] = true
	}
	return keep
}

// partition computes the function for the next partition.
func (r *windowRun) partition(ctx context.Context, p *partitionRows) error {
	start, end, err := r.frames.bounds(p)
	if err != nil {
		return err
	}
	if r.agg != nil {
		return r.agg.partition(ctx, p, start, end)
	}
	args := make([]*vector.Vector, len(r.args))
	for i, v := range r.args {
		if args[i] = v.Slice(p.from, p.to); v.Form == vector.Dictionary {
			args[i] = args[i].Flatten()
		}
	}
	part := &function.Partition{
		Rows:        p.to - p.from,
		PeerStart:   p.peerStart,
		PeerEnd:     p.peerEnd,
		FrameStart:  start,
		FrameEnd:    end,
		IgnoreNulls: r.f.spec.IgnoreNulls,
	}
	v, err := r.f.spec.Fn.Compute(part, args, r.f.spec.Out.Type)
	if err != nil {
		return err
	}
	r.out.AppendVector(v)
	return nil
}

// finish is called after the last partition.
func (r *windowRun) finish(ctx context.Context) error {
	if r.agg == nil {
		return nil
	}
	return r.agg.flush(ctx)
}

func (r *windowRun) bytes() int64 {
	n := r.out.Bytes()
	for _, v := range r.args {
		n += v.Bytes()
	}
	return n
}
