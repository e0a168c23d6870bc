package executor

import (
	"context"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Large frames that move forward. Each row is added a fixed number of times, whatever the size of the frames.

// stagger is how many states a sweep keeps side by side: state k has the rows of every frame whose number is k modulo
// stagger in turn. A row is added to each of them, but one call gives the results of as many frames.
const stagger = 8

// sweep is the states of one partition: groups of an accumulator that several partitions share.
type sweep struct {
	first  int          // group of state 0
	edges  [stagger]int // up to which place each state has its rows
	blocks int
}

// newSweep returns states without rows whose first row is at or before place edge. No frames wait afterwards.
func (a *frameAggregate) newSweep(ctx context.Context, edge int) (*sweep, error) {
	if len(a.rows) > 0 || a.frames > bulkFrames-stagger {
		if err := a.flush(ctx); err != nil {
			return nil, err
		}
	}
	if a.acc == nil {
		a.begin()
	}
	s := &sweep{first: a.frames}
	a.frames += stagger
	for k := range s.edges {
		s.edges[k] = edge
	}
	return s, nil
}

// results returns the results of the first n states.
func (a *frameAggregate) results(ctx context.Context, s *sweep, n int) (*vector.Vector, error) {
	if err := a.addPairs(ctx); err != nil {
		return nil, err
	}
	if s.blocks++; s.blocks%64 == 0 {
		if err := a.measure(); err != nil {
			return nil, err
		}
	}
	return a.acc.Result(s.first, s.first+n)
}

// sweepForward computes frames that have one start: their states grow at the end.
func (a *frameAggregate) sweepForward(ctx context.Context, runs []frameRun) error {
	s, err := a.newSweep(ctx, runs[0].start)
	if err != nil {
		return err
	}
	for len(runs) > 0 {
		block := runs[:min(stagger, len(runs))]
		for k, r := range block {
			if err := a.pairUp(ctx, s.edges[k], r.end, int32(s.first+k)); err != nil {
				return err
			}
			s.edges[k] = r.end
		}
		v, err := a.results(ctx, s, len(block))
		if err != nil {
			return err
		}
		if err := a.put(v, repeats(block)); err != nil {
			return err
		}
		runs = runs[len(block):]
	}
	return nil
}

// sweepBackward computes frames that have one end: their states grow at the start, from the last frame on.
func (a *frameAggregate) sweepBackward(ctx context.Context, runs []frameRun) error {
	s, err := a.newSweep(ctx, runs[0].end)
	if err != nil {
		return err
	}
	var results []*vector.Vector
	for left := runs; len(left) > 0; {
		block := left[(len(left)-1)/stagger*stagger:]
		for k, r := range block {
			if err := a.pairUp(ctx, r.start, s.edges[k], int32(s.first+k)); err != nil {
				return err
			}
			s.edges[k] = r.start
		}
		v, err := a.results(ctx, s, len(block))
		if err != nil {
			return err
		}
		results = append(results, v)
		left = left[:len(left)-len(block)]
	}
	for k := len(results) - 1; k >= 0; k-- {
		n := results[k].Len()
		if err := a.put(results[k], repeats(runs[:n])); err != nil {
			return err
		}
		runs = runs[n:]
	}
	return nil
}

// repeats returns the number of its frame for each row of frames; nil if each frame has one row.
func repeats(runs []frameRun) []int32 {
	if !slices.ContainsFunc(runs, func(r frameRun) bool { return r.rows > 1 }) {
		return nil
	}
	sel := make([]int32, 0, len(runs))
	for k, r := range runs {
		for range r.rows {
			sel = append(sel, int32(k))
		}
	}
	return sel
}

// room returns how many frames with states of about the given size may be at work at once.
func room(bytes int64) int {
	return int(min(max(stateBytes/max(bytes, 1), 16), bulkFrames))
}

// slide computes frames whose both ends move. A pivot that lies in several frames cuts each into a suffix before it and a
// prefix from it on. Two states grow away from the pivot, row by row, and are merged into the group of each frame when
// they hold its suffix and its prefix.
func (a *frameAggregate) slide(ctx context.Context, runs []frameRun) error {
	if err := a.flush(ctx); err != nil {
		return err
	}
	size := int64(0)
	for len(runs) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		pivot, n, most := runs[0].end, 1, room(2*size)
		for n < len(runs) && n < most && runs[n].start < pivot {
			n++
		}
		chunk := runs[:n]
		runs = runs[n:]
		acc, before, after := a.newAccumulator(n), a.newAccumulator(1), a.newAccumulator(1)
		if err := a.suffixes(acc, before, pivot, chunk); err != nil {
			return err
		}
		if err := a.prefixes(acc, after, pivot, chunk); err != nil {
			return err
		}
		size = before.Bytes() + after.Bytes()
		if err := a.account(acc.Bytes() + size); err != nil {
			return err
		}
		v, err := acc.Result(0, n)
		if err != nil {
			return err
		}
		if err := a.put(v, repeats(chunk)); err != nil {
			return err
		}
	}
	return nil
}

// prefixes merges into group k of acc the rows from the pivot to the end of frame k.
func (a *frameAggregate) prefixes(acc, state function.Accumulator, pivot int, runs []frameRun) error {
	to := []int32{0}
	at := pivot
	for k, r := range runs {
		if r.end > at {
			if err := a.add(state, at, r.end); err != nil {
				return err
			}
			at = r.end
		}
		if at == pivot || r.start == r.end {
			continue
		}
		to[0] = int32(k)
		if err := acc.Merge(state, to); err != nil {
			return err
		}
	}
	return nil
}

// suffixes merges into group k of acc the rows from the start of frame k to the pivot. Frames are taken from the last,
// whose suffix is the shortest.
func (a *frameAggregate) suffixes(acc, state function.Accumulator, pivot int, runs []frameRun) error {
	to := []int32{0}
	at := pivot
	for k := len(runs) - 1; k >= 0; k-- {
		r := runs[k]
		if r.start == r.end {
			continue
		}
		if r.start < at {
			if err := a.add(state, r.start, at); err != nil {
				return err
			}
			at = r.start
		}
		to[0] = int32(k)
		if err := acc.Merge(state, to); err != nil {
			return err
		}
	}
	return nil
}
