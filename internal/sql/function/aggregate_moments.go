package function

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Variance, deviation, skewness and kurtosis by one pass over central moments, whose last digits are those of the
// documented samples. Source: AWS, "Aggregate functions"; kurtosis: Trino.
//
// Products that are added to something are converted to float64 explicitly: that forbids fused multiply-add, so that
// all processors give the same digits.
func init() {
	for _, f := range []struct {
		name   string
		finish func(spread) (float64, bool)
	}{
		{"var_pop", func(s spread) (float64, bool) { return s.m2 / s.n, s.n > 0 }},
		{"var_samp", sampleVariance},
		{"variance", sampleVariance},
		{"stddev_pop", func(s spread) (float64, bool) { return math.Sqrt(s.m2 / s.n), s.n > 0 }},
		{"stddev_samp", sampleDeviation},
		{"stddev", sampleDeviation},
	} {
		registerAggregate(f.name+"(double) -> double", Aggregate{New: newState(func() *spreads { return &spreads{finish: f.finish} })})
	}
	registerAggregate("skewness(double) -> double", Aggregate{New: newState(func() *shapes { return &shapes{finish: skewness} })})
	registerAggregate("kurtosis(double) -> double", Aggregate{New: newState(func() *shapes { return &shapes{finish: kurtosis} })})
}

// spread is a group's count, mean and second central moment sum.
type spread struct{ n, mean, m2 float64 }

// sampleVariance needs two rows.
func sampleVariance(s spread) (float64, bool) { return s.m2 / (s.n - 1), s.n > 1 }

// sampleDeviation needs two rows.
func sampleDeviation(s spread) (float64, bool) { return math.Sqrt(s.m2 / (s.n - 1)), s.n > 1 }

// spreads is the state of the aggregates that need the second moment.
type spreads struct {
	finish func(spread) (float64, bool)
	groups []spread
}

func (a *spreads) Resize(n int) { a.groups = grown(a.groups, n) }

func (a *spreads) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows(args)
	if none {
		return nil
	}
	x := read[float64](args[0])
	if nulls == nil && x.isFlat() {
		for i := 0; i < len(groups); {
			end := runEnd(groups, i)
			a.groups[groups[i]].addRun(x.vals[i:end])
			i = end
		}
		return nil
	}
	for i, g := range groups {
		if nulls == nil || !nulls[i] {
			a.groups[g].add(x.at(i))
		}
	}
	return nil
}

// add counts one value.
func (s *spread) add(x float64) {
	before := s.n
	s.n++
	delta := x - s.mean
	step := delta / s.n
	s.mean += step
	s.m2 += float64(delta * step * before)
}

// addRun adds all of vals. Each step waits for the division of the one before; long runs go in four lanes, as sums do.
func (s *spread) addRun(vals []float64) {
	if len(vals) >= laneRows {
		var lanes [4]spread
		for ; len(vals) >= 4; vals = vals[4:] {
			lanes[0].add(vals[0])
			lanes[1].add(vals[1])
			lanes[2].add(vals[2])
			lanes[3].add(vals[3])
		}
		for _, lane := range lanes {
			s.merge(lane)
		}
	}
	for _, v := range vals {
		s.add(v)
	}
}

// merge adds another part of the group.
func (s *spread) merge(b spread) {
	switch {
	case b.n == 0:
	case s.n == 0:
		*s = b
	default:
		n, delta := s.n+b.n, b.mean-s.mean
		s.m2 += b.m2 + float64(delta*delta*s.n*b.n/n)
		s.mean += float64(delta * b.n / n)
		s.n = n
	}
}

func (a *spreads) Merge(other Accumulator, groups []int32) error {
	for i, b := range other.(*spreads).groups[:len(groups)] {
		a.groups[groups[i]].merge(b)
	}
	return nil
}

// Result gives NaN if a value was not finite: the sum itself is then infinite or NaN, as the order of the values wants it.
func (a *spreads) Result(from, to int) (*vector.Vector, error) {
	return finishGroups(from, to, func(g int) (float64, bool) {
		v, ok := a.finish(a.groups[g])
		if !isFinite(a.groups[g].mean) {
			v = math.NaN()
		}
		return v, ok
	}), nil
}

func (a *spreads) Bytes() int64 { return sizeOf(a.groups) }

// shape is a group's count, mean and central moment sums.
type shape struct{ n, mean, m2, m3, m4 float64 }

// skewness needs three rows.
func skewness(s shape) (float64, bool) {
	return math.Sqrt(s.n) * s.m3 / math.Pow(s.m2, 1.5), s.n >= 3
}

// kurtosis is the sample's excess kurtosis.
func kurtosis(s shape) (float64, bool) {
	tail := (s.n - 2) * (s.n - 3)
	raw := (s.n - 1) * s.n * (s.n + 1) / tail * s.m4 / (s.m2 * s.m2)
	return raw - float64(3*((s.n-1)*(s.n-1))/tail), s.n >= 4
}

// shapes is the state of the aggregates that need the third and fourth moment.
type shapes struct {
	finish func(shape) (float64, bool)
	groups []shape
}

func (a *shapes) Resize(n int) { a.groups = grown(a.groups, n) }

func (a *shapes) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows(args)
	if none {
		return nil
	}
	x := read[float64](args[0])
	for i, g := range groups {
		if nulls == nil || !nulls[i] {
			a.groups[g].add(x.at(i))
		}
	}
	return nil
}

// add counts one value.
func (s *shape) add(x float64) {
	before := s.n
	s.n++
	n := s.n
	delta := x - s.mean
	step := delta / n
	step2 := step * step
	t := delta * step * before
	s.mean += step
	s.m4 += float64(t*step2*(float64(n*n)-float64(3*n)+3)) + float64(6*step2*s.m2) - float64(4*step*s.m3)
	s.m3 += float64(t*step*(n-2)) - float64(3*step*s.m2)
	s.m2 += t
}

func (a *shapes) Merge(other Accumulator, groups []int32) error {
	for i, b := range other.(*shapes).groups[:len(groups)] {
		a.groups[groups[i]].merge(b)
	}
	return nil
}

// merge adds the moments of another part of the group. Source: the pairwise update of central moments (Pébay 2008).
func (s *shape) merge(b shape) {
	if b.n == 0 {
		return
	}
	if s.n == 0 {
		*s = b
		return
	}
	a := *s
	n, d := a.n+b.n, b.mean-a.mean
	d2 := d * d
	s.n = n
	s.mean = a.mean + float64(d*b.n/n)
	s.m2 = a.m2 + b.m2 + float64(d2*a.n*b.n/n)
	s.m3 = a.m3 + b.m3 + float64(d*d2*a.n*b.n*(a.n-b.n)/(n*n)) + float64(3*d*(float64(a.n*b.m2)-float64(b.n*a.m2))/n)
	s.m4 = a.m4 + b.m4 +
		float64(d2*d2*a.n*b.n*(float64(a.n*a.n)-float64(a.n*b.n)+float64(b.n*b.n))/(n*n*n)) +
		float64(6*d2*(float64(a.n*a.n*b.m2)+float64(b.n*b.n*a.m2))/(n*n)) +
		float64(4*d*(float64(a.n*b.m3)-float64(b.n*a.m3))/n)
}

func (a *shapes) Result(from, to int) (*vector.Vector, error) {
	return finishGroups(from, to, func(g int) (float64, bool) { return a.finish(a.groups[g]) }), nil
}

func (a *shapes) Bytes() int64 { return sizeOf(a.groups) }
