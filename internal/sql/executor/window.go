package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// window computes window functions. It holds all of its input.
//
// Steps: read (numbers the partition of each row as it comes and holds the rows; aggregates over whole partitions are
// taken in at once), arrange (orders the rows by partition, and inside by the window's order, often found in order
// already), compute (each function, partition by partition), then batches of the ordered rows with the results.
type window struct {
	run       *run
	node      *plan.Window
	input     operator
	partition []*expression
	order     sortKeys
	funcs     []*windowFunc
	held      *account

	width   int       // columns of the input
	store   *rowStore // the input's columns, then the order's keys, then what functions need
	table   *keyTable // partitions; nil if there is only one
	numbers []int32   // partition of each row, in the order of the input

	rows    *vector.Batch // nil until computed
	sorted  []int32       // row of store at each place of the output
	starts  []int32       // place at which each partition starts; one more at the end
	results []windowResult
	taken   int
}

// newWindow makes the operator of a Window.
func (b *builder) newWindow(n *plan.Window, input operator) *window {
	cols := n.Input.Columns()
	in := layoutOf(cols)
	w := &window{run: b.run, node: n, input: input, width: len(cols), held: b.run.memory.newAccount()}
	w.partition = b.exprs(n.Partition, in)
	w.order = b.sortKeys(n.Order, in)
	if len(w.partition) > 0 {
		w.table = newKeyTable(typesOfExprs(w.partition))
	}
	ts := append(typesOf(cols), typesOfExprs(w.order.exprs)...)
	for i := range n.Funcs {
		f := b.newWindowFunc(n, &n.Funcs[i], in)
		for k, e := range f.needs {
			if e.fixed {
				continue
			}
			f.place[k] = len(ts)
			ts = append(ts, e.t)
		}
		w.funcs = append(w.funcs, f)
	}
	w.store = newRowStore(ts)
	return w
}

func (w *window) next(ctx context.Context) (*vector.Batch, error) {
	if w.rows == nil {
		if err := w.read(ctx); err != nil {
			return nil, err
		}
		if err := w.arrange(ctx); err != nil {
			return nil, err
		}
		if err := w.compute(ctx); err != nil {
			return nil, err
		}
	}
	from := w.taken
	to := min(from+w.run.batchRows, len(w.sorted))
	if from == to {
		return nil, nil
	}
	w.taken = to
	out := w.rows.Gather(w.sorted[from:to])
	for i := range w.results {
		out.Cols = append(out.Cols, w.results[i].slice(w, from, to))
	}
	return out, nil
}

// partitions returns how many partitions there are.
func (w *window) partitions() int {
	if w.table == nil {
		return 1
	}
	return w.table.len()
}

// read takes in all rows.
func (w *window) read(ctx context.Context) error {
	for {
		b, err := w.input.next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			w.input.close()
			return nil
		}
		if err := w.absorb(ctx, b); err != nil {
			return err
		}
		if err := w.held.set(w.bytes()); err != nil {
			return err
		}
	}
}

// absorb takes in a batch.
func (w *window) absorb(ctx context.Context, b *vector.Batch) error {
	at := len(w.numbers)
	w.numbers = append(w.numbers, make([]int32, b.Rows)...)
	if w.table != nil {
		keys, err := evalAll(ctx, w.partition, b)
		if err != nil {
			return err
		}
		w.table.insert(keys, w.numbers[at:])
	}
	keys, err := evalAll(ctx, w.order.exprs, b)
	if err != nil {
		return err
	}
	cols := append(append(make([]*vector.Vector, 0, len(w.store.cols)), b.Cols...), keys...)
	for _, f := range w.funcs {
		if f.whole != nil {
			if err := f.whole.absorb(ctx, b, w.numbers[at:], w.partitions()); err != nil {
				return err
			}
			continue
		}
		for _, e := range f.needs {
			if e.fixed {
				continue
			}
			v, err := e.eval(ctx, b)
			if err != nil {
				return err
			}
			cols = append(cols, v)
		}
	}
	return w.store.append(cols, b.Rows)
}

// bytes returns about how much memory the window holds.
func (w *window) bytes() int64 {
	n := w.store.bytes() + 4*int64(cap(w.numbers)+cap(w.sorted)+cap(w.starts))
	if w.table != nil {
		n += w.table.bytes()
	}
	for _, f := range w.funcs {
		if f.whole != nil {
			n += f.whole.bytes()
		}
	}
	for i := range w.results {
		n += w.results[i].bytes()
	}
	return n
}

// arrange finds the place of each row.
func (w *window) arrange(ctx context.Context) error {
	all := w.store.batch()
	w.rows = &vector.Batch{Cols: all.Cols[:w.width], Rows: all.Rows}
	w.starts = make([]int32, w.partitions()+1)
	for _, p := range w.numbers {
		w.starts[p+1]++
	}
	for p := 1; p < len(w.starts); p++ {
		w.starts[p] += w.starts[p-1]
	}
	w.sorted = make([]int32, all.Rows)
	at := append([]int32(nil), w.starts...)
	for row, p := range w.numbers {
		w.sorted[at[p]] = int32(row)
		at[p]++
	}
	w.numbers = nil
	keys := all.Cols[w.width : w.width+len(w.order.exprs)]
	if len(keys) == 0 || all.Rows == 0 {
		return w.held.set(w.bytes())
	}
	if err := w.held.set(w.bytes() + (8+32)*int64(all.Rows)); err != nil { // a code, twice a code with its row
		return err
	}
	sorter := newRowSorter(keys, w.order.orders)
	for p := range w.partitions() {
		if p%256 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if err := sorter.sort(ctx, w.sorted[w.starts[p]:w.starts[p+1]]); err != nil {
			return err
		}
	}
	return w.held.set(w.bytes())
}

// compute makes the results of all functions.
func (w *window) compute(ctx context.Context) error {
	all := w.store.batch()
	var keys []*vector.Vector // by place; nil if no function asks for peers
	for _, f := range w.funcs {
		if keys == nil && f.whole == nil && f.needsPeers() {
			keys = gatherAll(all.Cols[w.width:w.width+len(w.order.exprs)], w.sorted)
		}
	}
	running := make([]*windowRun, 0, len(w.funcs))
	for _, f := range w.funcs {
		if f.whole != nil {
			r, err := w.wholeResult(ctx, f)
			if err != nil {
				return err
			}
			w.results = append(w.results, r)
			continue
		}
		r, err := w.newRun(ctx, f, all, keys)
		if err != nil {
			return err
		}
		running = append(running, r)
		w.results = append(w.results, windowResult{run: r})
	}
	if len(running) > 0 && all.Rows > 0 {
		if err := w.runAll(ctx, running, keys); err != nil {
			return err
		}
	}
	w.store = newRowStore(nil)
	return w.held.set(w.bytes() + w.rows.Bytes())
}

// runAll computes the functions partition by partition.
func (w *window) runAll(ctx context.Context, running []*windowRun, keys []*vector.Vector) error {
	part := newPartitionRows(keys)
	for p := range w.partitions() {
		if err := ctx.Err(); err != nil {
			return err
		}
		part.set(int(w.starts[p]), int(w.starts[p+1]))
		for _, r := range running {
			if err := r.partition(ctx, part); err != nil {
				return err
			}
		}
		if p%64 == 0 {
			if err := w.held.set(w.bytes()); err != nil {
				return err
			}
		}
	}
	for _, r := range running {
		if err := r.finish(ctx); err != nil {
			return err
		}
	}
	return nil
}

// windowResult is the column of one function: computed row by row, or one value a partition.
type windowResult struct {
	run    *windowRun
	column *vector.Vector // of run, once it is finished
	whole  *vector.Vector // by partition
}

// wholeResult returns an aggregate over whole partitions.
func (w *window) wholeResult(ctx context.Context, f *windowFunc) (windowResult, error) {
	n := w.partitions()
	if err := f.whole.finish(ctx, n); err != nil {
		return windowResult{}, err
	}
	v, err := f.whole.acc.Result(0, n)
	return windowResult{whole: v}, err
}

// slice returns the values at the places from:to.
func (r *windowResult) slice(w *window, from, to int) *vector.Vector {
	if r.whole == nil {
		if r.column == nil {
			r.column = r.run.out.View()
		}
		return r.column.Slice(from, to)
	}
	sel := make([]int32, to-from)
	p := partitionAt(w.starts, from)
	for k := range sel {
		for int(w.starts[p+1]) <= from+k {
			p++
		}
		sel[k] = int32(p)
	}
	return spread(r.whole, sel)
}

// partitionAt returns the partition of a place.
func partitionAt(starts []int32, place int) int {
	low, high := 0, len(starts)-1
	for high-low > 1 {
		if mid := (low + high) / 2; int(starts[mid]) <= place {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

func (r *windowResult) bytes() int64 {
	switch {
	case r.whole != nil:
		return r.whole.Bytes()
	case r.run != nil:
		return r.run.bytes()
	}
	return 0
}

func (w *window) close() {
	w.input.close()
	w.store, w.table, w.numbers = newRowStore(nil), nil, nil
	w.rows, w.sorted, w.starts, w.results, w.taken = &vector.Batch{}, nil, nil, nil, 0
	w.held.free()
}
