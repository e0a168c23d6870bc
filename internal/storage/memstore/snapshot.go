package memstore

import "slices"

// Snapshot is the rows of a table at one moment. It is safe for concurrent use.
type Snapshot struct {
	pages []*page
	// With only set, these are the runs of those series, and pages is nil.
	only []uint32
	runs []run
}

// Snapshot returns the rows as they are now. Its cost is a pointer for each 64 series.
func (t *Table) Snapshot() *Snapshot {
	t.epoch.Add(1)
	return &Snapshot{pages: slices.Clone(t.pages)}
}

// SnapshotOf returns the rows of the given series, in ascending order, as they are now.
func (t *Table) SnapshotOf(series []uint32) *Snapshot {
	t.epoch.Add(1)
	s := &Snapshot{only: series, runs: make([]run, len(series))}
	for k, id := range series {
		if i := int(id / pageRuns); i < len(t.pages) && t.pages[i] != nil {
			s.runs[k] = t.pages[i].runs[id%pageRuns]
		}
	}
	return s
}

// Run returns the rows of a series.
func (s *Snapshot) Run(series uint32) Run {
	if s.pages == nil {
		if k, ok := slices.BinarySearch(s.only, series); ok {
			return Run{s.runs[k]}
		}
		return Run{}
	}
	i := int(series / pageRuns)
	if i >= len(s.pages) || s.pages[i] == nil {
		return Run{}
	}
	return Run{s.pages[i].runs[series%pageRuns]}
}

// Series returns the numbers of the series that have rows, ascending. Not for snapshots of chosen series.
func (s *Snapshot) Series() []uint32 {
	var out []uint32
	for i, p := range s.pages {
		if p == nil {
			continue
		}
		for k := range p.runs {
			if p.runs[k].tail != nil {
				out = append(out, uint32(i*pageRuns+k))
			}
		}
	}
	return out
}

// Run is the rows of one series in a snapshot.
type Run struct{ r run }

// Chunks returns the number of chunks, 0 if the series has no rows.
func (r Run) Chunks() int {
	if r.r.tail == nil {
		return 0
	}
	return len(r.r.full) + 1
}

// Chunk returns chunk i. The chunks' times ascend and do not overlap.
func (r Run) Chunk(i int) Chunk {
	c, n := r.r.chunk(i)
	return Chunk{c, n}
}
