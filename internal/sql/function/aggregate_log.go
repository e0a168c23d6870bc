package function

import "slices"

// groupLog remembers, row by row, the groups of values that are stored beside it in order of arrival. That costs four
// bytes a row and nothing a group, whether there is one group or a million, and adding is a sequential write. To read,
// the rows are brought into the order of their groups, once; rows that come group by group are in that order already.
type groupLog struct {
	n         int
	groups    []int32 // nil while all rows belong to group 0
	unordered bool
	starts    []int32 // where each group begins, and the end; nil unless rows were just brought into order
}

// append adds rows of the given groups.
func (l *groupLog) append(groups []int32) error {
	if err := checkRows(l.n, len(groups)); err != nil {
		return err
	}
	if l.groups == nil {
		first := slices.IndexFunc(groups, func(g int32) bool { return g != 0 })
		if first < 0 {
			l.n += len(groups)
			return nil
		}
		l.groups = make([]int32, l.n, l.n+len(groups))
	}
	last := int32(0)
	if l.n > 0 {
		last = l.groups[l.n-1]
	}
	for _, g := range groups {
		if g < last {
			l.unordered = true
			break
		}
		last = g
	}
	l.groups = append(reserve(l.groups, len(groups)), groups...)
	l.n += len(groups)
	l.starts = nil
	return nil
}

// group returns the group of a row.
func (l *groupLog) group(row int) int32 {
	if l.groups == nil {
		return 0
	}
	return l.groups[row]
}

// mapped returns the groups of all rows after a merge that turns group i into to[i].
func (l *groupLog) mapped(to []int32) []int32 {
	out := make([]int32, l.n)
	for row := range out {
		out[row] = to[l.group(row)]
	}
	return out
}

// order brings the rows, which belong to the given number of groups, into the order of these, rows of one group staying in
// order. It returns how the values have to move; ok is false if nothing moves.
func (l *groupLog) order(groups int) (m groupMove, ok bool) {
	if !l.unordered {
		return groupMove{}, false
	}
	m = groupMove{groups: l.groups, starts: make([]int32, groups+1)}
	for _, g := range l.groups {
		m.starts[g+1]++
	}
	ordered := make([]int32, 0, l.n)
	for g, n := range m.starts[1:] {
		for range n {
			ordered = append(ordered, int32(g))
		}
		m.starts[g+1] += m.starts[g]
	}
	l.groups, l.unordered, l.starts = ordered, false, m.starts
	return m, true
}

// groupMove is a counting sort: where the rows of each group go, and the groups of the rows as they were.
type groupMove struct{ groups, starts []int32 }

// apply returns src in the new order.
func (m groupMove) apply(src []int64) []int64 {
	next, out := slices.Clone(m.starts), make([]int64, len(src))
	for row, g := range m.groups {
		out[next[g]] = src[row]
		next[g]++
	}
	return out
}

// sources returns which row goes to each place.
func (m groupMove) sources() []int32 {
	next, out := slices.Clone(m.starts), make([]int32, len(m.groups))
	for row, g := range m.groups {
		out[next[g]] = int32(row)
		next[g]++
	}
	return out
}

// bounds returns, of an ordered log, where the rows of groups from..to-1 begin and, last, where they end.
func (l *groupLog) bounds(from, to int) []int32 {
	out := make([]int32, to-from+1)
	if l.groups == nil {
		if from == 0 {
			for i := 1; i < len(out); i++ {
				out[i] = int32(l.n)
			}
		}
		return out
	}
	if l.starts != nil {
		for i := range out {
			out[i] = l.starts[min(from+i, len(l.starts)-1)]
		}
		return out
	}
	row, _ := slices.BinarySearch(l.groups, int32(from))
	for i := range out {
		for row < l.n && l.groups[row] < int32(from+i) {
			row++
		}
		out[i] = int32(row)
	}
	return out
}

// truncate keeps the first n rows.
func (l *groupLog) truncate(n int) {
	l.n, l.starts = n, nil
	if l.groups != nil {
		l.groups = l.groups[:n]
	}
}

func (l *groupLog) bytes() int64 { return sizeOf(l.groups) + sizeOf(l.starts) }
