package analyzer

import (
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// windowCall resolves a call with OVER and returns the column that it becomes. Its arguments, partition and order may
// contain aggregates of the SELECT, but no window functions.
func (p *place) windowCall(e *ast.Call) (plan.Expr, error) {
	if p.calls == nil || p.noWindows || p.inWindow != "" {
		return nil, p.forbidden(e)
	}
	over, err := p.calls.named.resolve(e.Over)
	if err != nil {
		return nil, err
	}
	inner := &place{a: p.a, scope: p.scope, clause: p.clause, calls: p.calls, noWindows: true, inWindow: e.Name}
	w := windowCall{source: e}
	if w.fn, err = inner.windowFunction(e); err != nil {
		return nil, err
	}
	if err := inner.window(over, &w); err != nil {
		return nil, err
	}
	w.fn.Out = p.a.newColumn(e.Name, ofType{w.fn.Out.Type})
	p.calls.windows = append(p.calls.windows, w)
	return &plan.Col{ID: w.fn.Out.ID, Name: w.fn.Out.Name, T: w.fn.Out.Type}, nil
}

// window resolves partition, order and frame of a call.
func (p *place) window(over *ast.WindowSpec, w *windowCall) error {
	var err error
	if w.partition, err = p.exprs(over.PartitionBy); err != nil {
		return err
	}
	for i, x := range w.partition {
		if !x.Type().IsComparable() {
			return dberr.At(over.PartitionBy[i].Position(), "%s is not comparable, and therefore cannot be used in window function PARTITION BY", x.Type())
		}
	}
	if w.order, err = p.sortKeys(over.OrderBy); err != nil {
		return err
	}
	w.fn.Frame, err = p.frame(over, w.order)
	return err
}

// windowFunction resolves the function of a call with OVER; Out has a type only.
func (p *place) windowFunction(e *ast.Call) (plan.WindowExpr, error) {
	out := plan.WindowExpr{IgnoreNulls: e.Nulls == ast.NullsIgnore}
	if function.IsAggregate(e.Name) {
		// The arguments of the windowed aggregate may hold aggregates of the SELECT.
		agg, err := p.aggregate(e)
		if err != nil {
			return out, err
		}
		if e.Nulls != ast.NullsDefault {
			return out, dberr.At(e.Pos, "Cannot specify null treatment clause for %s function", e.Name)
		}
		if len(agg.OrderBy) > 0 {
			return out, dberr.At(e.Pos, "Window function with ORDER BY is not supported")
		}
		out.Agg, out.Args, out.Distinct, out.Filter, out.Out.Type = agg.Fn, agg.Args, agg.Distinct, agg.Filter, agg.Out.Type
		return out, nil
	}
	args, err := p.exprs(e.Args)
	if err != nil {
		return out, err
	}
	ts := make([]*types.Type, len(args))
	for i, x := range args {
		ts[i] = x.Type()
	}
	if !function.IsWindow(e.Name) && function.IsScalar(e.Name) {
		return out, dberr.At(e.Pos, "OVER is only for aggregates and window functions: %s", e.Name)
	}
	fn, match, err := function.ResolveWindow(e.Name, ts)
	if err != nil {
		return out, withPos(err, e.Pos)
	}
	if e.Nulls != ast.NullsDefault && !fn.TakesNullTreatment {
		return out, dberr.At(e.Pos, "Cannot specify null treatment clause for %s function", e.Name)
	}
	if e.Distinct || e.Filter != nil || e.Star {
		return out, dberr.At(e.Pos, "DISTINCT, FILTER and * are only for aggregates: %s", e.Name)
	}
	for i := range args {
		args[i] = coerce(args[i], match.Params[i])
	}
	out.Fn, out.Args, out.Out.Type = fn, args, match.Result
	return out, nil
}

var boundKinds = map[ast.BoundKind]plan.BoundKind{
	ast.UnboundedPreceding: plan.UnboundedPreceding, ast.Preceding: plan.Preceding, ast.CurrentRow: plan.CurrentRow,
	ast.Following: plan.Following, ast.UnboundedFollowing: plan.UnboundedFollowing,
}

// frame resolves the frame of a window, or the default.
func (p *place) frame(w *ast.WindowSpec, order []plan.SortKey) (plan.Frame, error) {
	if w.Frame == nil {
		end := plan.CurrentRow
		if len(order) == 0 {
			end = plan.UnboundedFollowing
		}
		return plan.Frame{Range: true, End: plan.FrameBound{Kind: end}}, nil
	}
	f := w.Frame
	out := plan.Frame{Range: f.Unit != ast.FrameRows, Groups: f.Unit == ast.FrameGroups}
	if out.Groups && len(order) == 0 {
		return out, dberr.At(f.Pos, "Window frame of type GROUPS requires ORDER BY")
	}
	var err error
	if out.Start, err = p.frameBound(f, f.Start, order); err != nil {
		return out, err
	}
	if out.End, err = p.frameBound(f, f.End, order); err != nil {
		return out, err
	}
	switch {
	case out.Start.Kind == plan.UnboundedFollowing:
		return out, dberr.At(f.Pos, "Window frame start cannot be UNBOUNDED FOLLOWING")
	case out.End.Kind == plan.UnboundedPreceding:
		return out, dberr.At(f.Pos, "Window frame end cannot be UNBOUNDED PRECEDING")
	case out.Start.Kind > out.End.Kind:
		return out, dberr.At(f.Pos, "Window frame starting from %s cannot end with %s", boundNames[out.Start.Kind], boundNames[out.End.Kind])
	}
	return out, nil
}

var boundNames = [...]string{"UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING", "UNBOUNDED FOLLOWING"}

func (p *place) frameBound(f *ast.Frame, b ast.Bound, order []plan.SortKey) (plan.FrameBound, error) {
	out := plan.FrameBound{Kind: boundKinds[b.Kind]}
	if b.Offset == nil {
		return out, nil
	}
	x, err := p.expr(b.Offset)
	if err != nil {
		return out, err
	}
	pos := b.Offset.Position()
	if f.Unit != ast.FrameRange {
		if k := x.Type().Kind; k != types.KindInteger && k != types.KindBigint && k != types.KindUnknown {
			unit := [...]string{ast.FrameRows: "ROWS", ast.FrameGroups: "GROUPS"}[f.Unit]
			return out, dberr.At(pos, "Window frame %s value type must be INTEGER or BIGINT (actual %s)", unit, x.Type())
		}
		out.Offset = coerce(x, types.Bigint)
		return out, nil
	}
	if len(order) != 1 {
		return out, dberr.At(f.Pos, "Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER BY (actual: %d)", len(order))
	}
	key := order[0].Expr.Type()
	want := rangeOffset(key, x.Type())
	if want == nil {
		return out, dberr.At(pos, "Window frame RANGE value type (%s) not compatible with sort item type (%s)", x.Type(), key)
	}
	out.Offset = coerce(x, want)
	return out, nil
}

// rangeOffset is the type of the offset that can be added to a sort key, nil if x is none.
func rangeOffset(key, x *types.Type) *types.Type {
	switch key.Kind {
	case types.KindInteger, types.KindBigint, types.KindDouble:
		if types.CanCoerce(x, key) && x.IsNumeric() {
			return key
		}
	case types.KindTimestamp, types.KindDate:
		if x.Kind == types.KindIntervalDayToSecond || x.Kind == types.KindIntervalYearToMonth {
			return x
		}
	case types.KindTime, types.KindIntervalDayToSecond:
		if x.Kind == types.KindIntervalDayToSecond {
			return x
		}
	case types.KindIntervalYearToMonth:
		if x.Kind == types.KindIntervalYearToMonth {
			return x
		}
	}
	return nil
}

// regroupWindow rewrites a window call over the groups of its SELECT.
func (s *selection) regroupWindow(w *windowCall) bool {
	ok := true
	list := func(in []plan.Expr) []plan.Expr {
		out := make([]plan.Expr, len(in))
		for i, x := range in {
			r, fine := s.regroup(x)
			out[i], ok = r, ok && fine
		}
		return out
	}
	w.partition, w.fn.Args = list(w.partition), list(w.fn.Args)
	if w.fn.Filter != nil {
		w.fn.Filter = list([]plan.Expr{w.fn.Filter})[0]
	}
	order := make([]plan.SortKey, len(w.order))
	for i, k := range w.order {
		k.Expr = list([]plan.Expr{k.Expr})[0]
		order[i] = k
	}
	w.order = order
	for _, b := range []*plan.FrameBound{&w.fn.Frame.Start, &w.fn.Frame.End} {
		if b.Offset != nil {
			b.Offset = list([]plan.Expr{b.Offset})[0]
		}
	}
	return ok
}

// addWindows puts one Window operator under the SELECT for each different partition and order.
func (s *selection) addWindows() {
	byKey := map[string]*plan.Window{}
	for _, w := range s.calls.windows {
		key := windowKey(w)
		node, ok := byKey[key]
		if !ok {
			node = &plan.Window{Input: s.node, Partition: w.partition, Order: w.order}
			byKey[key] = node
			s.node = node
		}
		node.Funcs = append(node.Funcs, w.fn)
	}
}

func windowKey(w windowCall) string {
	key := ""
	for _, x := range w.partition {
		key += exprKey(x) + ","
	}
	for _, k := range w.order {
		key += fmt.Sprintf(" order %s %v %v", exprKey(k.Expr), k.Desc, k.NullsFirst)
	}
	return key
}
