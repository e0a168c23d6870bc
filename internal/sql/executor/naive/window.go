package naive

import (
	"math"
	"math/big"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// window adds the values of window functions to the rows, partition by partition.
func (r *run) window(n *plan.Window, outer *scope) ([]row, error) {
	in, err := r.rows(n.Input, outer)
	if err != nil {
		return nil, err
	}
	cols := n.Input.Columns()
	if in, err = r.sorted(n.Order, cols, in, outer); err != nil {
		return nil, err
	}
	keys, err := r.evalRows(n.Partition, cols, in, outer)
	if err != nil {
		return nil, err
	}
	groups, order := partitions(keys, in)
	var out []row
	for _, id := range order {
		p := &partition{run: r, node: n, cols: cols, outer: outer, rows: rowsOf(groups[id])}
		if p.keys, err = r.evalRows(keyExprs(n.Order), cols, p.rows, outer); err != nil {
			return nil, err
		}
		if err := p.tryArguments(); err != nil {
			return nil, err
		}
		for i, values := range p.rows {
			next := append(row{}, values...)
			for k := range n.Funcs {
				v, err := p.value(&n.Funcs[k], i)
				if err != nil {
					return nil, err
				}
				next = append(next, v)
			}
			out = append(out, next)
		}
	}
	return out, nil
}

// partition is one partition of a window: its rows in the window's order, and their sort keys.
type partition struct {
	run   *run
	node  *plan.Window
	cols  []plan.Column
	outer *scope
	rows  []row
	keys  []row
}

// scope returns the scope of row i.
func (p *partition) scope(i int) *scope { return p.outer.over(p.cols, p.rows[i]) }

// tryArguments evaluates what the functions take for all rows, also for those that are in no frame.
func (p *partition) tryArguments() error {
	for _, f := range p.node.Funcs {
		args := f.Args
		if f.Filter != nil {
			args = append(args[:len(args):len(args)], f.Filter)
		}
		if _, err := p.run.evalRows(args, p.cols, p.rows, p.outer); err != nil {
			return err
		}
	}
	return nil
}

// value returns the value of a function for row i.
func (p *partition) value(f *plan.WindowExpr, i int) (types.Value, error) {
	if f.Fn != nil {
		return windowFunctions[f.Fn.Name](p, f, i)
	}
	frame, err := p.frame(f, i)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, j := range frame {
		rows = append(rows, p.rows[j])
	}
	c := aggregateCall{run: p.run, name: f.Agg.Name, args: f.Args, distinct: f.Distinct, filter: f.Filter, result: f.Out.Type}
	return c.over(rows, p.cols, p.outer)
}

// order compares rows i and j in the window's order.
func (p *partition) order(i, j int) int { return orderRows(p.node.Order, p.keys[i], p.keys[j]) }

// frame returns the rows of the frame of row i, in order.
func (p *partition) frame(f *plan.WindowExpr, i int) ([]int, error) {
	start, err := p.bound(f.Frame, f.Frame.Start, i, "starting")
	if err != nil {
		return nil, err
	}
	end, err := p.bound(f.Frame, f.Frame.End, i, "ending")
	if err != nil {
		return nil, err
	}
	var out []int
	for j := range p.rows {
		if start(j) >= 0 && end(j) <= 0 {
			out = append(out, j)
		}
	}
	return out, nil
}

// bound returns where a row is with respect to one end of the frame of row i: before it (negative), at it, or behind it.
func (p *partition) bound(f plan.Frame, b plan.FrameBound, i int, side string) (func(j int) int, error) {
	switch b.Kind {
	case plan.UnboundedPreceding:
		return func(int) int { return 1 }, nil
	case plan.UnboundedFollowing:
		return func(int) int { return -1 }, nil
	case plan.CurrentRow:
		if f.Range {
			return func(j int) int { return p.order(j, i) }, nil
		}
		return func(j int) int { return j - i }, nil
	}
	offset, err := p.run.eval(b.Offset, p.scope(i))
	if err != nil {
		return nil, err
	}
	if f.Range && !f.Groups {
		return p.rangeBound(b.Kind == plan.Following, offset, b.Offset.Type(), i)
	}
	if offset == nil {
		return nil, invalid("Window frame %s offset must not be null", side)
	}
	n := offset.(int64)
	if n < 0 {
		return nil, invalid("Window frame %d offset must not be negative", n)
	}
	n = min(n, int64(len(p.rows)))
	if b.Kind == plan.Preceding {
		n = -n
	}
	if f.Groups {
		return func(j int) int { return p.groupsBetween(i, j) - int(n) }, nil
	}
	return func(j int) int { return j - i - int(n) }, nil
}

// groupsBetween returns how many groups of equal rows row j is behind row i; negative if it is before it.
func (p *partition) groupsBetween(i, j int) int {
	if j < i {
		return -p.groupsBetween(j, i)
	}
	n := 0
	for ; i < j; i++ {
		if p.order(i, i+1) != 0 {
			n++
		}
	}
	return n
}

// rangeBound is bound for RANGE with an offset: the row's key moved by it. A row without a key is at the bound with its
// peers.
func (p *partition) rangeBound(following bool, offset types.Value, t *types.Type, i int) (func(j int) int, error) {
	if offset == nil || isNegative(offset) {
		return nil, invalid("Window frame offset value must not be negative or null")
	}
	key := p.node.Order[0]
	if p.keys[i][0] == nil {
		return func(j int) int { return p.order(j, i) }, nil
	}
	bound := moved(p.keys[i][0], key.Expr.Type(), offset, t, following == key.Desc)
	return func(j int) int { return orderKey(key, comparable(p.keys[j][0], key.Expr.Type(), t), bound) }, nil
}

func isNegative(v types.Value) bool {
	switch v := v.(type) {
	case int64:
		return v < 0
	case float64:
		return v < 0
	}
	return false
}

// comparable makes a key what moved returns: a date moved by nanoseconds is a number of nanoseconds.
func comparable(v types.Value, key, offset *types.Type) types.Value {
	if v != nil && key.Kind == types.KindDate && offset.Kind == types.KindIntervalDayToSecond {
		return clamped(new(big.Int).Mul(big.NewInt(v.(int64)), big.NewInt(types.Day)))
	}
	return v
}

// moved returns a key less (if back) or plus an offset; at the ends of the range it stays there.
func moved(v types.Value, key *types.Type, offset types.Value, t *types.Type, back bool) types.Value {
	if x, ok := v.(float64); ok {
		if back {
			return x - offset.(float64)
		}
		return x + offset.(float64)
	}
	n := offset.(int64)
	if t.Kind == types.KindIntervalYearToMonth && key.Kind != types.KindIntervalYearToMonth {
		if back {
			n = -n
		}
		out, err := addMonths(key, v.(int64), n)
		switch {
		case err == nil:
			return out
		case back:
			return int64(math.MinInt64)
		}
		return int64(math.MaxInt64)
	}
	x := big.NewInt(comparable(v, key, t).(int64))
	if back {
		return clamped(x.Sub(x, big.NewInt(n)))
	}
	return clamped(x.Add(x, big.NewInt(n)))
}

func clamped(z *big.Int) int64 {
	switch {
	case z.IsInt64():
		return z.Int64()
	case z.Sign() < 0:
		return math.MinInt64
	}
	return math.MaxInt64
}
