package function

import (
	"cmp"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// create_time_series. Source: AWS, "Time-series views". Points ascend by time and points of equal time stay in order of
// arrival; rows without time or value are skipped.
func init() {
	registerAggregate("create_time_series(timestamp, T) -> timeseries(T)", Aggregate{OrderSensitive: true, New: func(args []*types.Type, result *types.Type) Accumulator {
		return &seriesOfGroups{result: result, times: newColumn(types.Timestamp), values: newColumn(args[1])}
	}})
}

// seriesOfGroups collects the points of all groups in order of arrival and sorts them when asked for.
type seriesOfGroups struct {
	result        *types.Type
	groups        int
	log           groupLog
	times, values *column
	backwards     bool // some point is earlier than the one before it, in a log that is in the order of groups
}

func (a *seriesOfGroups) Resize(n int) { a.groups = max(a.groups, n) }

func (a *seriesOfGroups) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows(args)
	if none {
		return nil
	}
	groups, rows := withoutNulls(groups, nulls)
	return a.add(groups, args[0], args[1], rows)
}

// add adds the points rows of times and values, all of them for nil; groups are those of the points added.
func (a *seriesOfGroups) add(groups []int32, times, values *vector.Vector, rows []int32) error {
	if err := a.log.append(groups); err != nil {
		return err
	}
	start := a.times.n
	if err := a.times.append(times, rows); err != nil {
		return err
	}
	if !a.backwards && !a.log.unordered {
		a.backwards = !a.ascends(start)
	}
	return a.values.append(values, rows)
}

// ascends reports whether the points from start on are in order within their groups.
func (a *seriesOfGroups) ascends(start int) bool {
	times := a.times.ints
	for i := max(start, 1); i < len(times); i++ {
		if times[i] < times[i-1] && a.log.group(i) == a.log.group(i-1) {
			return false
		}
	}
	return true
}

func (a *seriesOfGroups) Merge(other Accumulator, groups []int32) error {
	o := other.(*seriesOfGroups)
	return a.add(o.log.mapped(groups), o.times.view(0, o.times.n), o.values.view(0, o.values.n), nil)
}

// order brings the points into the order of groups and times.
func (a *seriesOfGroups) order() {
	move, moves := a.log.order(a.groups)
	if !moves && !a.backwards {
		return
	}
	var from []int32
	if moves {
		from = move.sources()
	} else {
		from = make([]int32, a.log.n)
		for i := range from {
			from[i] = int32(i)
		}
	}
	times := a.times.ints
	byTime := func(x, y int32) int {
		if c := cmp.Compare(times[x], times[y]); c != 0 {
			return c
		}
		return cmp.Compare(x, y)
	}
	for i := 0; i < a.log.n; {
		end := a.log.n
		if a.log.groups != nil {
			end = runEnd(a.log.groups, i)
		}
		if !slices.IsSortedFunc(from[i:end], byTime) {
			slices.SortFunc(from[i:end], byTime)
		}
		i = end
	}
	a.times, a.values, a.backwards = a.times.permuted(from), a.values.permuted(from), false
}

func (a *seriesOfGroups) Result(from, to int) (*vector.Vector, error) {
	a.order()
	offsets, elems, nulls := viewLists(a.log.bounds(from, to), a.times, a.values)
	return vector.SeriesOf(a.result, offsets, elems[0], elems[1], nulls), nil
}

func (a *seriesOfGroups) Bytes() int64 {
	return a.log.bytes() + a.times.bytes() + a.values.bytes()
}
