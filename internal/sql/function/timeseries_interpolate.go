package function

import (
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// interpolate_linear and interpolate_spline_cubic, at an array of timestamps or at one. Source: AWS, "Time-series
// functions". At the time of a sample the sample is the answer, of several at one time the last. Outside the samples
// there is no extrapolation: the point is left out, the single value is NULL.
func init() {
	for _, f := range []struct {
		name  string
		curve func() curve
	}{
		{"interpolate_linear", func() curve { return &straight{} }},
		{"interpolate_spline_cubic", func() curve { return &spline{} }},
	} {
		registerScalar(f.name+"(timeseries(double), array(timestamp)) -> timeseries(double)", Scalar{Eval: interpolateSeries(f.curve)})
		registerScalar(f.name+"(timeseries(double), timestamp) -> double", Scalar{Eval: interpolateOne(f.curve)})
	}
}

// curve is a way to draw a line through samples.
type curve interface {
	// fit prepares for the samples of one row; they ascend in time.
	fit(times []int64, vals []float64)
	// between returns the value at t, which is after sample i and before sample i+1.
	between(i int, t int64) float64
}

// sampleAt returns the curve's value at t, where i is the last sample at or before t, -1 for none.
func sampleAt(c curve, times []int64, vals []float64, i int, t int64) (float64, bool) {
	switch {
	case i < 0:
		return 0, false
	case times[i] == t:
		return vals[i], true
	case i+1 == len(times):
		return 0, false
	}
	return c.between(i, t), true
}

// interpolateSeries makes the code of a curve at an array of timestamps.
func interpolateSeries(newCurve func() curve) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		series, asked, c := openNumeric(a.Vecs[0]), openRequests(a.Vecs[1]), newCurve()
		out := newPointsOut(a.Rows)
		for row := range a.Rows {
			if !a.skipped(row) {
				times, vals := series.of(row)
				c.fit(times, vals)
				i := -1
				for _, t := range asked.of(row) {
					i = lastAtOrBefore(times, i+1, t)
					if v, ok := sampleAt(c, times, vals, i, t); ok {
						out.add(t, v)
					}
				}
			}
			if err := out.endRow(); err != nil {
				return nil, err
			}
		}
		return out.vector(a.Result), nil
	}
}

// interpolateOne makes the code of a curve at one timestamp.
func interpolateOne(newCurve func() curve) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		series, at, c := openNumeric(a.Vecs[0]), read[int64](a.Vecs[1]), newCurve()
		return rowDoubles(a, func(row int) (float64, bool) {
			times, vals := series.of(row)
			c.fit(times, vals)
			t := at.at(row)
			return sampleAt(c, times, vals, lastAtOrBefore(times, 0, t), t)
		}), nil
	}
}

// rowDoubles makes a double vector of the rows that are not skipped, NULL where f says so.
func rowDoubles(a *Args, f func(row int) (float64, bool)) *vector.Vector {
	return finishGroups(0, a.Rows, func(row int) (float64, bool) {
		if a.skipped(row) {
			return 0, true
		}
		return f(row)
	})
}

// straight joins neighbours by straight lines.
type straight struct {
	times []int64
	vals  []float64
}

// fit remembers the samples.
func (s *straight) fit(times []int64, vals []float64) { s.times, s.vals = times, vals }

// between weighs the two neighbours by their distance.
func (s *straight) between(i int, t int64) float64 {
	t0, t1, v0, v1 := s.times[i], s.times[i+1], s.vals[i], s.vals[i+1]
	return v0 + float64((v1-v0)*elapsed(t0, t)/elapsed(t0, t1))
}

// spline is the natural cubic spline: second derivatives are continuous, and zero at both ends. With two samples it is
// the straight line. Times are counted in seconds from the first sample, so that numbers stay near 1.
type spline struct {
	times []int64
	vals  []float64
	bend  []float64 // second derivative at each sample
	work  []float64
	knots []int32 // the samples that the spline goes through: of several at one time the last
}

// seconds returns the time from a to b.
func seconds(a, b int64) float64 { return elapsed(a, b) / float64(types.Second) }

// fit solves the tridiagonal system for the second derivatives (the Thomas algorithm; it is diagonally dominant, so that
// no pivoting is needed).
func (s *spline) fit(times []int64, vals []float64) {
	s.times, s.vals = times, vals
	s.knots = s.knots[:0]
	for i := range times {
		if i+1 == len(times) || times[i+1] != times[i] {
			s.knots = append(s.knots, int32(i))
		}
	}
	s.bend, s.work = grown(s.bend[:0], len(times)), grown(s.work[:0], len(times))
	clear(s.bend)
	clear(s.work)
	n := len(s.knots)
	for k := 1; k+1 < n; k++ {
		before, here, after := s.knots[k-1], s.knots[k], s.knots[k+1]
		h0, h1 := seconds(times[before], times[here]), seconds(times[here], times[after])
		slope0, slope1 := (vals[here]-vals[before])/h0, (vals[after]-vals[here])/h1
		// h0*bend[before] + 2(h0+h1)*bend[here] + h1*bend[after] = 6(slope1-slope0)
		pivot := float64(2*(h0+h1)) - float64(h0*s.work[before])
		s.work[here] = h1 / pivot
		s.bend[here] = (float64(6*(slope1-slope0)) - float64(h0*s.bend[before])) / pivot
	}
	for k := n - 2; k > 0; k-- {
		here, after := s.knots[k], s.knots[k+1]
		s.bend[here] -= float64(s.work[here] * s.bend[after])
	}
	// Samples before the last at their time take part as neighbours on the right.
	for i := len(times) - 2; i >= 0; i-- {
		if times[i] == times[i+1] {
			s.bend[i] = s.bend[i+1]
		}
	}
}

// between evaluates the cubic of the interval.
func (s *spline) between(i int, t int64) float64 {
	next := i + 1
	for next+1 < len(s.times) && s.times[next+1] == s.times[next] {
		next++
	}
	h := seconds(s.times[i], s.times[next])
	left, right := seconds(t, s.times[next])/h, seconds(s.times[i], t)/h
	v := float64(left*s.vals[i]) + float64(right*s.vals[next])
	curve := float64((float64(left*left*left)-left)*s.bend[i]) + float64((float64(right*right*right)-right)*s.bend[next])
	return v + float64(curve*(h*h)/6)
}
