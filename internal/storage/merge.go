package storage

import (
	"context"
	"sort"
)

// cursor is a place in one of several spans that overlap.
type cursor struct {
	span  *span
	piece piece   // the rows of the current block that are left
	times []int64 // of the whole block
}

// load goes on to the span's next block. The caller sees to it that there is one.
func (c *cursor) load(ctx context.Context, r *rowReader) error {
	c.piece = r.pieceAt(c.span)
	c.span.row += int64(c.piece.rows())
	var err error
	c.times, err = r.times(ctx, &c.piece)
	return err
}

// time returns the time of the current row.
func (c *cursor) time() int64 { return c.times[c.piece.from] }

// version returns the version of the current row.
func (c *cursor) version(ctx context.Context, r *rowReader) (int64, error) {
	v, err := r.versions(ctx, &c.piece)
	return versionAt(v, c.piece.from), err
}

// merge returns the next piece of the spans under the cursors: as many rows of the one with the first time as come before
// the others.
func (r *rowReader) merge(ctx context.Context) (piece, error) {
	first := 0
	for i := range r.cursors {
		if r.cursors[i].time() < r.cursors[first].time() {
			first = i
		}
	}
	c := &r.cursors[first]
	limit, tied := c.times[c.piece.to-1], false
	for i := range r.cursors {
		if i == first {
			continue
		}
		switch t := r.cursors[i].time(); {
		case t == c.time():
			tied = true
		case t <= limit:
			limit = t - 1
		}
	}
	if tied && len(r.cursors) == 2 {
		return r.mergeTwins(ctx)
	}
	if tied {
		return r.mergeTied(ctx, c.time())
	}
	p := c.piece
	p.to = p.from + countUpTo(c.times[p.from:p.to], limit)
	return p, r.advance(ctx, first, p.to)
}

// countUpTo returns how many of the ascending times are at most limit; at least one is. Most often few are, or all.
func countUpTo(times []int64, limit int64) int {
	if times[len(times)-1] <= limit {
		return len(times)
	}
	step := 1
	for step < len(times) && times[step] <= limit {
		step *= 2
	}
	from, to := step/2, min(step, len(times))
	return from + sort.Search(to-from, func(i int) bool { return times[from+i] > limit })
}

// mergeTied returns the row with the highest version among those with the given time, and goes past all of them.
func (r *rowReader) mergeTied(ctx context.Context, time int64) (piece, error) {
	var best piece
	var highest int64
	for i := 0; i < len(r.cursors); {
		c := &r.cursors[i]
		if c.time() != time {
			i++
			continue
		}
		version, err := c.version(ctx, r)
		if err != nil {
			return piece{}, err
		}
		if version > highest {
			best, highest = c.piece, version
			best.to = best.from + 1
		}
		left := len(r.cursors)
		if err := r.advance(ctx, i, c.piece.from+1); err != nil {
			return piece{}, err
		}
		if len(r.cursors) == left {
			i++
		}
	}
	return best, nil
}

// mergeTwins is mergeTied for two spans: it returns as many rows at once as have the same times in both and the higher version in
// the same one. That is most of a day that was rewritten.
func (r *rowReader) mergeTwins(ctx context.Context) (piece, error) {
	a, b := r.cursors[0], r.cursors[1]
	va, err := r.versions(ctx, &a.piece)
	if err != nil {
		return piece{}, err
	}
	vb, err := r.versions(ctx, &b.piece)
	if err != nil {
		return piece{}, err
	}
	higher := func(n int) bool { return versionAt(vb, b.piece.from+n) > versionAt(va, a.piece.from+n) }
	n, second, most := 1, higher(0), min(a.piece.rows(), b.piece.rows())
	for n < most && a.times[a.piece.from+n] == b.times[b.piece.from+n] && higher(n) == second {
		n++
	}
	best := a.piece
	if second {
		best = b.piece
	}
	best.to = best.from + n
	if err := r.advance(ctx, 1, b.piece.from+n); err != nil {
		return piece{}, err
	}
	return best, r.advance(ctx, 0, a.piece.from+n)
}

// versionAt returns the version of a row; versions are nil if all are 1.
func versionAt(versions []int64, i int) int64 {
	if versions == nil {
		return 1
	}
	return versions[i]
}

// advance moves a cursor to row `to` of its block, to the next block at the end, and away at the end of its span. The last
// cursor that is left need not be merged.
func (r *rowReader) advance(ctx context.Context, i, to int) error {
	c := &r.cursors[i]
	c.piece.from = to
	if c.piece.from < c.piece.to {
		return nil
	}
	if c.span.row < c.span.end {
		return c.load(ctx, r)
	}
	r.cursors = append(r.cursors[:i], r.cursors[i+1:]...)
	return nil
}
