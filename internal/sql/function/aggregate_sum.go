package function

import (
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// sum of numbers and intervals. Source: AWS, "Aggregate functions"; sums of integers are BIGINT.
func init() {
	registerAggregate("sum(bigint) -> bigint", Aggregate{New: newSumInts("bigint")})
	registerAggregate("sum(double) -> double", Aggregate{New: newState(func() *sumDoubles { return &sumDoubles{} })})
	registerAggregate("sum(interval day to second) -> interval day to second", Aggregate{New: newSumInts("interval")})
	registerAggregate("sum(interval year to month) -> interval year to month", Aggregate{New: newSumInts("interval")})
}

// sumInts adds values that are held as int64 and fails on overflow.
type sumInts struct {
	result *types.Type
	word   string // what the values are called in the error
	sums   []int64
	seen   []bool
}

// newSumInts makes the New of sumInts.
func newSumInts(word string) func([]*types.Type, *types.Type) Accumulator {
	return func(_ []*types.Type, result *types.Type) Accumulator { return &sumInts{result: result, word: word} }
}

func (a *sumInts) Resize(n int) {
	a.sums, a.seen = grown(a.sums, n), grown(a.seen, n)
}

func (a *sumInts) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows(args)
	if none {
		return nil
	}
	x := read[int64](args[0])
	if nulls == nil && x.isFlat() {
		return a.addFlat(groups, x.vals)
	}
	for i, g := range groups {
		if nulls != nil && nulls[i] {
			continue
		}
		sum, ok := addInt64(a.sums[g], x.at(i))
		if !ok {
			return a.overflow(a.sums[g], x.at(i))
		}
		a.sums[g], a.seen[g] = sum, true
	}
	return nil
}

// addFlat adds one value a row, holding the sum of a run of equal groups in a register.
func (a *sumInts) addFlat(groups []int32, vals []int64) error {
	for i := 0; i < len(groups); {
		g, end := groups[i], runEnd(groups, i)
		sum := a.sums[g]
		for ; i < end; i++ {
			v := vals[i]
			next := sum + v
			if (next^sum)&(next^v) < 0 {
				return a.overflow(sum, v)
			}
			sum = next
		}
		a.sums[g], a.seen[g] = sum, true
	}
	return nil
}

// overflow returns the error of an addition that does not fit.
func (a *sumInts) overflow(sum, v int64) error {
	return dberr.New(dberr.Invalid, "%s addition overflow: %d + %d", a.word, sum, v)
}

func (a *sumInts) Merge(other Accumulator, groups []int32) error {
	return mergeResults(a, other, groups)
}

func (a *sumInts) Result(from, to int) (*vector.Vector, error) {
	return vector.Int64s(a.result, append([]int64(nil), a.sums[from:to]...), unseen(a.seen, from, to)), nil
}

func (a *sumInts) Bytes() int64 { return sizeOf(a.sums) + sizeOf(a.seen) }

// sumDoubles adds doubles.
type sumDoubles struct {
	sums []float64
	seen []bool
}

func (a *sumDoubles) Resize(n int) {
	a.sums, a.seen = grown(a.sums, n), grown(a.seen, n)
}

func (a *sumDoubles) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows(args)
	if none {
		return nil
	}
	x := read[float64](args[0])
	if nulls == nil && x.isFlat() {
		for i := 0; i < len(groups); {
			g, end := groups[i], runEnd(groups, i)
			if end == i+1 {
				a.sums[g] += x.vals[i]
			} else {
				a.sums[g] = addRun(a.sums[g], x.vals[i:end])
			}
			a.seen[g] = true
			i = end
		}
		return nil
	}
	for i, g := range groups {
		if nulls == nil || !nulls[i] {
			a.sums[g] += x.at(i)
			a.seen[g] = true
		}
	}
	return nil
}

// laneRows is the length from which a run is added in four lanes. Shorter ones are added in order, so that small inputs
// give the digits of a plain sum.
const laneRows = 64

// addRun returns sum plus all of vals. One chain of additions waits four cycles for each; four chains do not.
func addRun(sum float64, vals []float64) float64 {
	if len(vals) >= laneRows {
		var s0, s1, s2, s3 float64
		for ; len(vals) >= 4; vals = vals[4:] {
			s0 += vals[0]
			s1 += vals[1]
			s2 += vals[2]
			s3 += vals[3]
		}
		sum += (s0 + s1) + (s2 + s3)
	}
	for _, v := range vals {
		sum += v
	}
	return sum
}

func (a *sumDoubles) Merge(other Accumulator, groups []int32) error {
	return mergeResults(a, other, groups)
}

func (a *sumDoubles) Result(from, to int) (*vector.Vector, error) {
	return vector.Doubles(append([]float64(nil), a.sums[from:to]...), unseen(a.seen, from, to)), nil
}

func (a *sumDoubles) Bytes() int64 { return sizeOf(a.sums) + sizeOf(a.seen) }
