package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// frameAggregate computes an aggregate over frames. Neighbouring rows with the same frame share one result.
//
// Small frames are computed in bulk: each frame is a group, and every row is added once for each frame that it is in.
// Large frames that move forward are computed from states that grow and are shared (window_sweep.go), so that the work
// does not grow with their size. What remains, large frames that jump about or DISTINCT, is computed in bulk, too.
type frameAggregate struct {
	fn       *function.Aggregate
	argTypes []*types.Type
	result   *types.Type
	args     []*vector.Vector // by place
	keep     []bool           // FILTER by place; nil for all
	distinct bool
	out      *vector.Builder
	// account notes how much memory is at work besides what is in out, and fails if that is too much.
	account func(working int64) error

	// Frames that are computed in bulk.
	acc    function.Accumulator
	frames int     // groups of acc
	rows   []int32 // the group of each row of output
	pairs  []int32 // places that wait to be added, and the group of each
	groups []int32
	seen   *keyTable // of (group, arguments), for DISTINCT

	zeros []int32          // group numbers
	views []*vector.Vector // of args, for one call of Add
	parts []vector.Vector  // what views point to
}

// Sizes at which frames are computed in another way or in parts.
const (
	sweptFrame = 16      // rows in a frame, on average, up to which bulk is faster if the frames have one start or end
	slidFrame  = 64      // the same if both ends move
	bulkFrames = 4096    // groups of one accumulator
	bulkPairs  = 1 << 13 // rows that are added at once
	stateBytes = 8 << 20 // memory of the states that are at work at once
)

// newFrameAggregate prepares an aggregate whose arguments are args, by place, and whose results go to out.
func newFrameAggregate(spec *plan.WindowExpr, args []*vector.Vector, out *vector.Builder, account func(int64) error) *frameAggregate {
	a := &frameAggregate{fn: spec.Agg, result: spec.Out.Type, args: args, distinct: spec.Distinct, out: out, account: account}
	for _, v := range args {
		a.argTypes = append(a.argTypes, v.Type)
	}
	a.views, a.parts = make([]*vector.Vector, len(args)), make([]vector.Vector, len(args))
	return a
}

// frameRun is a frame, in places, and how many neighbouring rows have it.
type frameRun struct{ start, end, rows int }

// newAccumulator returns an accumulator of n groups.
func (a *frameAggregate) newAccumulator(n int) function.Accumulator {
	acc := a.fn.New(a.argTypes, a.result)
	acc.Resize(n)
	return acc
}

// partition computes the results of a partition, whose row i has the frame [start[i], end[i]).
func (a *frameAggregate) partition(ctx context.Context, p *partitionRows, start, end []int32) error {
	runs, total, forward := frameRuns(p.from, start, end)
	if !forward || a.distinct || len(runs) < 2 {
		return a.bulk(ctx, runs)
	}
	oneStart := runs[0].start == runs[len(runs)-1].start
	oneEnd := runs[0].end == runs[len(runs)-1].end
	switch {
	case oneStart && total > sweptFrame*len(runs):
		return a.sweepForward(ctx, runs)
	case oneStart || a.fn.OrderSensitive:
	case oneEnd && total > sweptFrame*len(runs):
		return a.sweepBackward(ctx, runs)
	case !oneEnd && total > slidFrame*len(runs):
		return a.slide(ctx, runs)
	}
	return a.bulk(ctx, runs)
}

// frameRuns puts neighbouring equal frames together. total is the sum of the sizes of the runs' frames; forward tells
// whether neither start nor end ever moves back.
func frameRuns(from int, start, end []int32) (runs []frameRun, total int, forward bool) {
	runs, forward = make([]frameRun, 0, len(start)), true
	for i := range start {
		s, e := from+int(start[i]), from+int(end[i])
		e = max(s, e) // an empty frame
		if k := len(runs) - 1; k >= 0 {
			last := &runs[k]
			if last.start == s && last.end == e {
				last.rows++
				continue
			}
			forward = forward && s >= last.start && e >= last.end
		}
		runs = append(runs, frameRun{s, e, 1})
		total += e - s
	}
	return runs, total, forward
}

// bulk adds frames to those that wait for their results.
func (a *frameAggregate) bulk(ctx context.Context, runs []frameRun) error {
	for _, r := range runs {
		if a.acc == nil {
			a.begin()
		}
		group := int32(a.frames)
		a.frames++
		for range r.rows {
			a.rows = append(a.rows, group)
		}
		if err := a.pairUp(ctx, r.start, r.end, group); err != nil {
			return err
		}
		if a.frames == bulkFrames {
			if err := a.flush(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin makes a.acc, without groups.
func (a *frameAggregate) begin() {
	a.acc, a.frames = a.fn.New(a.argTypes, a.result), 0
	if a.distinct {
		a.seen = newGroupedTable(a.argTypes)
	}
}

// pairUp adds the rows at the places from:to to a group of a.acc, some time until its results are asked for.
func (a *frameAggregate) pairUp(ctx context.Context, from, to int, group int32) error {
	for at := from; at < to; at++ {
		if a.keep != nil && !a.keep[at] {
			continue
		}
		a.pairs, a.groups = append(a.pairs, int32(at)), append(a.groups, group)
		if len(a.pairs) == bulkPairs {
			if err := a.addPairs(ctx); err != nil {
				return err
			}
			if err := a.measure(); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure accounts for the memory of the states.
func (a *frameAggregate) measure() error {
	working := a.acc.Bytes()
	if a.seen != nil {
		working += a.seen.bytes()
	}
	return a.account(working)
}

// addPairs adds the rows that wait to their groups.
func (a *frameAggregate) addPairs(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	a.acc.Resize(a.frames)
	if len(a.pairs) == 0 {
		return nil
	}
	groups, args := a.groups, gatherAll(a.args, a.pairs)
	if a.distinct {
		before, ids := a.seen.len(), make([]int32, len(groups))
		a.seen.insert(append([]*vector.Vector{numberVector(groups)}, args...), ids)
		sel := newKeys(ids, before)
		groups, args = gatherNumbers(groups, sel), gatherAll(args, sel)
	}
	a.pairs, a.groups = a.pairs[:0], a.groups[:0]
	if len(groups) == 0 {
		return nil
	}
	return a.acc.Add(groups, args)
}

// flush appends the results of the frames that wait.
func (a *frameAggregate) flush(ctx context.Context) error {
	if a.acc == nil {
		return nil
	}
	err := a.addPairs(ctx)
	if err == nil && len(a.rows) > 0 {
		var v *vector.Vector
		if v, err = a.acc.Result(0, a.frames); err == nil {
			err = a.put(v, a.rows)
		}
	}
	a.acc, a.seen, a.frames, a.rows = nil, nil, 0, a.rows[:0]
	return err
}

// put appends the results sel of v, all for nil.
func (a *frameAggregate) put(v *vector.Vector, sel []int32) error {
	if isNested(v.Type) {
		if sel == nil {
			sel = rowsUpTo(v.Len())
		}
		if err := a.account(16 * partsOf(v, sel)); err != nil {
			return err
		}
	}
	if sel != nil && !isAll(sel, v.Len()) {
		v = v.Gather(sel)
	}
	a.out.AppendVector(v)
	return nil
}

// add adds the rows at the places from:to to group 0 of acc.
func (a *frameAggregate) add(acc function.Accumulator, from, to int) error {
	for n := 0; from < to; from += n {
		n = min(to-from, vector.BatchRows)
		if a.keep != nil {
			if err := a.addKept(acc, from, from+n); err != nil {
				return err
			}
			continue
		}
		if len(a.zeros) < n {
			a.zeros = make([]int32, vector.BatchRows)
		}
		for i, v := range a.args {
			if v.Form == vector.Flat {
				a.views[i] = v.SliceInto(&a.parts[i], from, from+n)
			} else {
				a.views[i] = v.Slice(from, from+n)
			}
		}
		if err := acc.Add(a.zeros[:n], a.views); err != nil {
			return err
		}
	}
	return nil
}

// addKept is add for a few rows with a filter.
func (a *frameAggregate) addKept(acc function.Accumulator, from, to int) error {
	var sel []int32
	for at := from; at < to; at++ {
		if a.keep[at] {
			sel = append(sel, int32(at))
		}
	}
	if len(sel) == 0 {
		return nil
	}
	return acc.Add(make([]int32, len(sel)), gatherAll(a.args, sel))
}
