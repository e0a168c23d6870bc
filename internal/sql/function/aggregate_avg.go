package function

import (
	"math"
	"math/bits"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// avg, geometric_mean and entropy. Source: AWS, "Aggregate functions"; avg of intervals and entropy: Trino.
func init() {
	registerAggregate("avg(double) -> double", Aggregate{New: newState(func() *avgDoubles { return &avgDoubles{} })})
	registerAggregate("avg(bigint) -> double", Aggregate{New: newAvgInts})
	registerAggregate("avg(interval day to second) -> interval day to second", Aggregate{New: newAvgInts})
	registerAggregate("avg(interval year to month) -> interval year to month", Aggregate{New: newAvgInts})
	registerAggregate("geometric_mean(double) -> double", Aggregate{New: newState(func() *avgDoubles { return &avgDoubles{geometric: true} })})
	registerAggregate("entropy(double) -> double", Aggregate{New: newState(func() *entropy { return &entropy{} })})
}

// doubleSum is a sum and the number of its terms, side by side because they are used together.
type doubleSum struct {
	sum float64
	n   int64
}

// avgDoubles is the mean of doubles, or the exponential of the mean of their logarithms.
type avgDoubles struct {
	sums      []doubleSum
	geometric bool
}

func (a *avgDoubles) Resize(n int) { a.sums = grown(a.sums, n) }

func (a *avgDoubles) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows(args)
	if none {
		return nil
	}
	x := read[float64](args[0])
	if nulls == nil && x.isFlat() && !a.geometric {
		for i := 0; i < len(groups); {
			end := runEnd(groups, i)
			s := &a.sums[groups[i]]
			if end == i+1 {
				s.sum += x.vals[i]
			} else {
				s.sum = addRun(s.sum, x.vals[i:end])
			}
			s.n += int64(end - i)
			i = end
		}
		return nil
	}
	for i, g := range groups {
		if nulls != nil && nulls[i] {
			continue
		}
		v := x.at(i)
		if a.geometric {
			v = math.Log(v)
		}
		a.sums[g].sum += v
		a.sums[g].n++
	}
	return nil
}

func (a *avgDoubles) Merge(other Accumulator, groups []int32) error {
	o := other.(*avgDoubles)
	for i, g := range groups {
		a.sums[g].sum += o.sums[i].sum
		a.sums[g].n += o.sums[i].n
	}
	return nil
}

func (a *avgDoubles) Result(from, to int) (*vector.Vector, error) {
	return finishGroups(from, to, func(g int) (float64, bool) {
		s := a.sums[g]
		mean := s.sum / float64(s.n)
		if a.geometric {
			mean = math.Exp(mean)
		}
		return mean, s.n > 0
	}), nil
}

func (a *avgDoubles) Bytes() int64 { return sizeOf(a.sums) }

// exactSum is a sum of int64 in 128 bits, which cannot overflow and does not depend on the order of the terms.
type exactSum struct {
	hi int64
	lo uint64
	n  int64
}

// add adds another sum.
func (s *exactSum) add(o exactSum) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, o.lo, 0)
	s.hi += o.hi + int64(carry)
	s.n += o.n
}

// mean returns the average as a double.
func (s exactSum) mean() float64 {
	if s.hi == int64(s.lo)>>63 {
		return float64(int64(s.lo)) / float64(s.n)
	}
	return (float64(s.hi)*(1<<64) + float64(s.lo)) / float64(s.n)
}

// roundedMean returns the average to the nearest whole number, halves up. It is between two terms, so it fits.
func (s exactSum) roundedMean() int64 {
	hi, lo, negative := uint64(s.hi), s.lo, s.hi < 0
	if negative {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	n := uint64(s.n)
	q, r := bits.Div64(hi, lo, n)
	if twice := 2 * r; twice > n || twice == n && !negative {
		q++
	}
	if negative {
		return -int64(q)
	}
	return int64(q)
}

// avgInts is the mean of values that are held as int64.
type avgInts struct {
	result *types.Type
	sums   []exactSum
}

// newAvgInts is the New of avgInts.
func newAvgInts(_ []*types.Type, result *types.Type) Accumulator { return &avgInts{result: result} }

func (a *avgInts) Resize(n int) { a.sums = grown(a.sums, n) }

func (a *avgInts) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows(args)
	if none {
		return nil
	}
	x := read[int64](args[0])
	for i := 0; i < len(groups); {
		g, end := groups[i], runEnd(groups, i)
		part := exactSum{}
		for ; i < end; i++ {
			if nulls != nil && nulls[i] {
				continue
			}
			v := x.at(i)
			var carry uint64
			part.lo, carry = bits.Add64(part.lo, uint64(v), 0)
			part.hi += v>>63 + int64(carry)
			part.n++
		}
		a.sums[g].add(part)
	}
	return nil
}

func (a *avgInts) Merge(other Accumulator, groups []int32) error {
	o := other.(*avgInts)
	for i, g := range groups {
		a.sums[g].add(o.sums[i])
	}
	return nil
}

func (a *avgInts) Result(from, to int) (*vector.Vector, error) {
	if a.result.Kind == types.KindDouble {
		return finishGroups(from, to, func(g int) (float64, bool) { return a.sums[g].mean(), a.sums[g].n > 0 }), nil
	}
	out, seen := make([]int64, to-from), make([]bool, to-from)
	for i := range out {
		if s := a.sums[from+i]; s.n > 0 {
			out[i], seen[i] = s.roundedMean(), true
		}
	}
	return vector.Int64s(a.result, out, unseen(seen, 0, len(seen))), nil
}

func (a *avgInts) Bytes() int64 { return sizeOf(a.sums) }

// entropySum is the sum of counts, and of each times its logarithm.
type entropySum struct{ sum, sumLog float64 }

// entropy is the base 2 entropy of a distribution given as counts; 0 for none.
type entropy struct{ sums []entropySum }

func (a *entropy) Resize(n int) { a.sums = grown(a.sums, n) }

func (a *entropy) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows(args)
	if none {
		return nil
	}
	x := read[float64](args[0])
	for i, g := range groups {
		v := x.at(i)
		switch {
		case nulls != nil && nulls[i], v == 0:
			continue
		case v < 0:
			return dberr.New(dberr.Invalid, "Entropy count argument must be non-negative")
		}
		a.sums[g].sum += v
		a.sums[g].sumLog += float64(v * math.Log(v))
	}
	return nil
}

func (a *entropy) Merge(other Accumulator, groups []int32) error {
	o := other.(*entropy)
	for i, g := range groups {
		a.sums[g].sum += o.sums[i].sum
		a.sums[g].sumLog += o.sums[i].sumLog
	}
	return nil
}

func (a *entropy) Result(from, to int) (*vector.Vector, error) {
	return finishGroups(from, to, func(g int) (float64, bool) {
		s := a.sums[g]
		if s.sum == 0 {
			return 0, true
		}
		return max(0, (math.Log(s.sum)-s.sumLog/s.sum)/math.Ln2), true
	}), nil
}

func (a *entropy) Bytes() int64 { return sizeOf(a.sums) }
