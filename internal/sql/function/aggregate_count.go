package function

import (
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// count, count_if and regr_count. Source: AWS, "Aggregate functions"; count(*) is resolved as count().
func init() {
	rows := newState(func() *counter { return &counter{} })
	registerAggregate("count() -> bigint", Aggregate{New: rows})
	registerAggregate("count(T) -> bigint", Aggregate{New: rows})
	registerAggregate("count_if(boolean) -> bigint", Aggregate{New: newState(func() *counter { return &counter{trues: true} })})
	registerAggregate("regr_count(double, double) -> bigint", Aggregate{New: rows})
}

// counter counts the rows whose arguments are all not NULL, or all true.
type counter struct {
	counts []int64
	trues  bool // count only rows whose one argument is true
}

func (a *counter) Resize(n int) { a.counts = grown(a.counts, n) }

func (a *counter) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows(args)
	if none {
		return nil
	}
	counts := a.counts
	switch {
	case a.trues:
		x := read[bool](args[0])
		for i, g := range groups {
			if x.at(i) && (nulls == nil || !nulls[i]) {
				counts[g]++
			}
		}
	case nulls != nil:
		for i, g := range groups {
			if !nulls[i] {
				counts[g]++
			}
		}
	default:
		for i := 0; i < len(groups); {
			j := runEnd(groups, i)
			counts[groups[i]] += int64(j - i)
			i = j
		}
	}
	return nil
}

func (a *counter) Merge(other Accumulator, groups []int32) error {
	o := other.(*counter)
	for i, g := range groups {
		a.counts[g] += o.counts[i]
	}
	return nil
}

func (a *counter) Result(from, to int) (*vector.Vector, error) {
	return vector.Int64s(types.Bigint, append([]int64(nil), a.counts[from:to]...), nil), nil
}

func (a *counter) Bytes() int64 { return sizeOf(a.counts) }
