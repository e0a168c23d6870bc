package executor

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// partitionRows is one partition of an ordered window: the places from:to, and for each of its rows, counted from the
// partition's start, the peers [peerStart, peerEnd).
type partitionRows struct {
	from, to           int
	peerStart, peerEnd []int32
	same               []vector.Equaler // by key of the order, over places
}

// newPartitionRows prepares for partitions of rows that have the given keys of the order, by place.
func newPartitionRows(keys []*vector.Vector) *partitionRows {
	p := &partitionRows{}
	for _, k := range keys {
		if k.Form != vector.Constant {
			p.same = append(p.same, vector.NewEqualer(k, k))
		}
	}
	return p
}

// set moves on to the places from:to.
func (p *partitionRows) set(from, to int) {
	n := to - from
	p.from, p.to = from, to
	p.peerStart, p.peerEnd = resize(p.peerStart, n), resize(p.peerEnd, n)
	for start := 0; start < n; {
		end := start + 1
		for end < n && p.peers(from+end-1, from+end) {
			end++
		}
		for i := start; i < end; i++ {
			p.peerStart[i], p.peerEnd[i] = int32(start), int32(end)
		}
		start = end
	}
}

// peers reports whether the rows at two places are equal in the window's order.
func (p *partitionRows) peers(i, j int) bool {
	for _, same := range p.same {
		if !same(i, j) {
			return false
		}
	}
	return true
}

// frameMaker finds the frames of one function.
type frameMaker struct {
	frame      plan.Frame
	offsets    [2]*vector.Vector // of start and end, by place; nil where there is none
	keys       *rangeKeys        // of RANGE with offsets
	groups     []int32           // of GROUPS with offsets: where each group of peers begins, then the partition's end
	groupOf    []int32           // the group of each row
	start, end []int32
}

// bounds returns the frame [start, end) of each row of a partition, counted from the partition's start. The slices are
// valid until the next call.
func (m *frameMaker) bounds(p *partitionRows) (start, end []int32, err error) {
	n := p.to - p.from
	m.start, m.end = resize(m.start, n), resize(m.end, n)
	switch {
	case m.keys != nil:
		m.keys.partition(p)
	case m.frame.Groups:
		m.findGroups(p)
	}
	if start, err = m.bound(p, 0, m.frame.Start, m.start); err != nil {
		return nil, nil, err
	}
	end, err = m.bound(p, 1, m.frame.End, m.end)
	return start, end, err
}

// bound returns one side of the frames, perhaps in out: the first row for side 0, one past the last for side 1.
func (m *frameMaker) bound(p *partitionRows, side int, b plan.FrameBound, out []int32) ([]int32, error) {
	n := len(out)
	switch b.Kind {
	case plan.UnboundedPreceding:
		clear(out)
	case plan.UnboundedFollowing:
		for i := range out {
			out[i] = int32(n)
		}
	case plan.CurrentRow:
		switch {
		case m.frame.Range && side == 0:
			return p.peerStart, nil
		case m.frame.Range:
			return p.peerEnd, nil
		}
		for i := range out {
			out[i] = int32(i + side)
		}
	default:
		if m.frame.Range && !m.frame.Groups {
			return out, m.keys.bound(p, side, b.Kind == plan.Following, m.offsets[side], out)
		}
		return out, m.countedBound(p, side, b.Kind == plan.Following, out)
	}
	return out, nil
}

// findGroups numbers the groups of peers of a partition.
func (m *frameMaker) findGroups(p *partitionRows) {
	m.groups, m.groupOf = m.groups[:0], resize(m.groupOf, len(p.peerStart))
	for i, start := range p.peerStart {
		if int(start) == i {
			m.groups = append(m.groups, start)
		}
		m.groupOf[i] = int32(len(m.groups) - 1)
	}
	m.groups = append(m.groups, int32(len(p.peerStart)))
}

// countedBound finds a side that is a number of rows, or of groups of peers, away.
func (m *frameMaker) countedBound(p *partitionRows, side int, following bool, out []int32) error {
	v := m.offsets[side]
	for i := range out {
		if v.IsNull(p.from + i) {
			return dberr.New(dberr.Invalid, "Window frame %s offset must not be null", [...]string{"starting", "ending"}[side])
		}
		k := v.Ints[0]
		if v.Form != vector.Constant {
			k = v.Ints[p.from+i]
		}
		if k < 0 {
			return dberr.New(dberr.Invalid, "Window frame %d offset must not be negative", k)
		}
		k = min(k, math.MaxInt32)
		if !following {
			k = -k
		}
		if m.frame.Groups {
			group := int64(m.groupOf[i]) + k + int64(side)
			out[i] = m.groups[min(max(group, 0), int64(len(m.groups)-1))]
			continue
		}
		out[i] = int32(min(max(int64(i)+k+int64(side), 0), int64(len(out))))
	}
	return nil
}
