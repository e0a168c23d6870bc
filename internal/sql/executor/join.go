package executor

import (
	"context"
	"math"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// join joins two inputs: it holds one side, the build side, in a hash table and streams the other, the probe side, past
// it. Which side is held is found out by reading: the right side first, and if it does not end soon, both in turns until
// one ends; the smaller one is held. Without keys each row of one side meets all rows of the other.
//
// Steps: choose (reads until a side has ended), build (table over its keys), then for each batch of the probe side probe
// (finds pairs of rows, a batch of output at a time) and at the end the build side's rows that met none, if the kind of
// join keeps them.
type join struct {
	run      *run
	node     *plan.Join
	sides    [2]*joinSide // left, right
	residual *expression  // nil if there is none
	held     *account

	build, probe *joinSide // nil until chosen
	earlyBytes   int64     // what the probe side has read while choosing
	table        buildTable
	at           *probing // the probe batch at work; nil if there is none
	unmatched    int      // build rows looked at for rows that met none, at the end
	done         bool
}

// joinSide is one side of a join.
type joinSide struct {
	op    operator
	cols  []plan.Column
	keys  []*expression
	exprs []plan.Expr     // the keys as planned
	keep  bool            // its rows come even if they meet none
	early []*vector.Batch // read while choosing
	rows  int             // in early
	ended bool
}

// newJoin makes the operator of a Join.
func (b *builder) newJoin(n *plan.Join, l, r operator) *join {
	j := &join{run: b.run, node: n, held: b.run.memory.newAccount()}
	left := &joinSide{op: l, cols: n.L.Columns(), keep: n.Kind == plan.LeftJoin || n.Kind == plan.FullJoin}
	right := &joinSide{op: r, cols: n.R.Columns(), keep: n.Kind == plan.RightJoin || n.Kind == plan.FullJoin}
	for _, k := range n.Keys {
		left.exprs, right.exprs = append(left.exprs, k.L), append(right.exprs, k.R)
	}
	for _, s := range []*joinSide{left, right} {
		s.keys = b.exprs(s.exprs, layoutOf(s.cols))
	}
	j.sides = [2]*joinSide{left, right}
	if n.Residual != nil {
		j.residual = b.condition(n.Residual, layoutOf(n.Columns()))
	}
	return j
}

func (j *join) next(ctx context.Context) (*vector.Batch, error) {
	if j.build == nil && !j.done {
		if err := j.start(ctx); err != nil {
			return nil, err
		}
	}
	for !j.done {
		if j.at != nil {
			b, err := j.at.next(ctx)
			if b != nil || err != nil {
				return b, err
			}
			j.at = nil
		}
		b, err := j.probe.read(ctx)
		if err != nil {
			return nil, err
		}
		if len(j.probe.early) == 0 && j.earlyBytes > 0 {
			_ = j.held.add(-j.earlyBytes)
			j.earlyBytes = 0
		}
		if b == nil {
			j.done = true
			break
		}
		if j.at, err = j.newProbing(ctx, b); err != nil {
			return nil, err
		}
	}
	return j.leftOver(), nil
}

// start chooses the build side and holds it.
func (j *join) start(ctx context.Context) error {
	if err := j.choose(ctx); err != nil {
		return err
	}
	if err := j.hold(ctx); err != nil {
		return err
	}
	if j.table.rows.Rows == 0 && !j.probe.keep {
		j.done = true
		j.probe.op.close()
		return nil
	}
	j.narrowProbe()
	return nil
}

// chooseRows is how many rows of each side are read at first to find out which one is smaller.
const chooseRows = 1 << 16

// choose reads until one side has ended.
func (j *join) choose(ctx context.Context) error {
	var bytes int64
	for quota := chooseRows; j.build == nil; quota *= 2 {
		for _, k := range []int{1, 0} {
			s := j.sides[k]
			for !s.ended && s.rows < quota {
				b, err := s.op.next(ctx)
				if err != nil {
					return err
				}
				if b == nil {
					s.ended = true
					s.op.close()
					break
				}
				s.early, s.rows = append(s.early, b), s.rows+b.Rows
				bytes += b.Bytes()
				if err := j.held.set(bytes); err != nil {
					return err
				}
			}
			if s.ended {
				j.build, j.probe = s, j.sides[1-k]
				break
			}
		}
	}
	return nil
}

// read returns the next rows of the probe side.
func (s *joinSide) read(ctx context.Context) (*vector.Batch, error) {
	if len(s.early) > 0 {
		b := s.early[0]
		s.early[0], s.early = nil, s.early[1:]
		return b, nil
	}
	if s.ended {
		return nil, nil
	}
	return s.op.next(ctx)
}

// hold makes the table of the build side's rows.
func (j *join) hold(ctx context.Context) error {
	for _, b := range j.probe.early {
		j.earlyBytes += b.Bytes()
	}
	store := newRowStore(typesOf(j.build.cols))
	t := &j.table
	if len(j.build.keys) > 0 {
		t.keys = newKeyTable(typesOfExprs(j.build.keys))
	}
	for i, b := range j.build.early {
		if err := ctx.Err(); err != nil {
			return err
		}
		j.build.early[i] = nil
		if err := store.append(b.Cols, b.Rows); err != nil {
			return err
		}
		if t.keys != nil {
			numbers, err := t.number(ctx, j.build.keys, b, true)
			if err != nil {
				return err
			}
			t.numbers = append(t.numbers, numbers...)
		}
		if err := j.held.set(j.earlyBytes + store.bytes() + t.bytes()); err != nil {
			return err
		}
	}
	j.build.early = nil
	t.rows = store.batch()
	t.link()
	if j.build.keep {
		t.met = make([]bool, t.rows.Rows)
	}
	return j.held.set(j.earlyBytes + store.bytes() + t.bytes())
}

// joinedValuesMax is up to how many values of a key the probe side is restricted to them.
const joinedValuesMax = 10_000

// narrowProbe lets a probe side that has not been read yet leave out rows that will meet none.
func (j *join) narrowProbe() {
	if j.probe.keep || j.probe.rows > 0 || j.probe.ended {
		return
	}
	for i, e := range j.probe.exprs {
		col, ok := e.(*plan.Col)
		if !ok || j.table.keys == nil {
			continue
		}
		if set, ok := j.table.keys.cols[i].intern.(*stringSet); ok && len(set.values) <= joinedValuesMax {
			restrict(j.probe.op, col.ID, slices.Clone(set.values))
		}
	}
}

// restrict goes on to the side that has the column. Rows of the other side may come with NULLs instead, which is allowed.
func (j *join) restrict(id plan.ColumnID, values []string) {
	for _, s := range j.sides {
		for _, c := range s.cols {
			if c.ID == id {
				restrict(s.op, id, values)
			}
		}
	}
}

// leftOver returns the next rows of the build side that met none; nil if there are no more or the join does not keep them.
func (j *join) leftOver() *vector.Batch {
	if j.build == nil || !j.build.keep {
		return nil
	}
	var sel []int32
	for ; j.unmatched < len(j.table.met) && len(sel) < j.run.batchRows; j.unmatched++ {
		if !j.table.met[j.unmatched] {
			sel = append(sel, int32(j.unmatched))
		}
	}
	if len(sel) == 0 {
		return nil
	}
	nulls := make([]*vector.Vector, len(j.probe.cols))
	for i, c := range j.probe.cols {
		nulls[i] = vector.NullsOf(c.Type, len(sel))
	}
	return j.joined(nulls, spreadAll(j.table.rows, sel).Cols, len(sel))
}

// joined puts the columns of the two sides side by side.
func (j *join) joined(probe, build []*vector.Vector, n int) *vector.Batch {
	l, r := probe, build
	if j.build == j.sides[0] {
		l, r = build, probe
	}
	return &vector.Batch{Cols: append(append(make([]*vector.Vector, 0, len(l)+len(r)), l...), r...), Rows: n}
}

func (j *join) close() {
	for _, s := range j.sides {
		s.op.close()
		s.early = nil
	}
	j.table, j.at, j.done = buildTable{}, nil, true
	j.build, j.probe = nil, nil
	j.held.free()
}

// buildTable is the rows of the build side, found by key.
type buildTable struct {
	rows    *vector.Batch
	keys    *keyTable // nil without keys: each row meets all
	numbers []int32   // by row: the number of its key, -1 if the key equals none
	starts  []int32   // by key: where its rows start in list; one more at the end
	list    []int32   // rows by key, ascending
	met     []bool    // by row; nil if it is not needed
}

// number finds the keys of a batch, adding new ones or not. A key with a part that is NULL or NaN equals none: -1.
func (t *buildTable) number(ctx context.Context, keys []*expression, b *vector.Batch, add bool) ([]int32, error) {
	vecs, err := evalAll(ctx, keys, b)
	if err != nil {
		return nil, err
	}
	numbers := make([]int32, b.Rows)
	never := unequalRows(vecs, b.Rows)
	if never == nil || !add {
		if add {
			t.keys.insert(vecs, numbers)
		} else {
			t.keys.lookup(vecs, numbers)
		}
		for i, n := range never {
			if n {
				numbers[i] = -1
			}
		}
		return numbers, nil
	}
	var sel []int32
	for i, n := range never {
		if numbers[i] = -1; !n {
			sel = append(sel, int32(i))
		}
	}
	found := make([]int32, len(sel))
	t.keys.insert(gatherAll(vecs, sel), found)
	for k, i := range sel {
		numbers[i] = found[k]
	}
	return numbers, nil
}

// unequalRows returns in which rows some value equals nothing: NULL, NaN, or an array or row with such a part; nil for
// none.
func unequalRows(vecs []*vector.Vector, n int) (rows []bool) {
	for _, v := range vecs {
		unequal := func(i int) bool { return v.IsNull(i) }
		switch v.Type.Kind {
		case types.KindDouble:
			flat := v.Flatten()
			unequal = func(i int) bool { return flat.IsNull(i) || math.IsNaN(flat.Floats[i]) }
		case types.KindArray, types.KindRow:
			equality := vector.NewEquality(v, v)
			unequal = func(i int) bool {
				equal, known := equality(i, i)
				return !equal || !known
			}
		default:
			if !v.HasNulls() {
				continue
			}
		}
		for i := range n {
			if unequal(i) {
				if rows == nil {
					rows = make([]bool, n)
				}
				rows[i] = true
			}
		}
	}
	return rows
}

// link lists the rows of each key.
func (t *buildTable) link() {
	if t.keys == nil {
		t.list = rowsUpTo(t.rows.Rows)
		return
	}
	t.starts = make([]int32, t.keys.len()+1)
	n := 0
	for _, k := range t.numbers {
		if k >= 0 {
			t.starts[k+1]++
			n++
		}
	}
	for k := 1; k < len(t.starts); k++ {
		t.starts[k] += t.starts[k-1]
	}
	t.list = make([]int32, n)
	at := append([]int32(nil), t.starts...)
	for row, k := range t.numbers {
		if k >= 0 {
			t.list[at[k]] = int32(row)
			at[k]++
		}
	}
	t.numbers = nil
}

func (t *buildTable) bytes() int64 {
	n := 4*int64(cap(t.numbers)+cap(t.starts)+cap(t.list)) + int64(cap(t.met))
	if t.keys != nil {
		n += t.keys.bytes()
	}
	return n
}
