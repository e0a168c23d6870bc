package naive

import (
	"math"
	"sort"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// seriesFunctions are the functions on time series. Source: reference, 4.16.
var seriesFunctions = table{
	"interpolate_linear": interpolated(linear), "interpolate_spline_cubic": interpolated(spline),
	"interpolate_locf": filled, "interpolate_fill": filled,
	"derivative_linear":              derivative(func(float64) bool { return true }),
	"non_negative_derivative_linear": derivative(func(v float64) bool { return v >= 0 }),
	"integral_trapezoidal":           integral,
	"correlate_pearson":              correlated(func(v []float64) []float64 { return v }),
	"correlate_spearman":             correlated(ranks),
	"cardinality(timeseries)":        of1(func(s types.Series) int64 { return int64(len(s)) }),
	"filter(timeseries,function)": func(_ *call, a []types.Value) (types.Value, error) {
		out := types.Series{}
		for i, p := range points(a[0].(types.Series)) {
			keep, err := a[1].(lambda)(p)
			if err != nil {
				return nil, err
			}
			if keep == true {
				out = append(out, a[0].(types.Series)[i])
			}
		}
		return out, nil
	},
}

// points returns a series as a list of rows (time, value).
func points(s types.Series) list {
	out := list{}
	for _, p := range s {
		out = append(out, list{p.Time, p.Value})
	}
	return out
}

// sample is a point whose value is a number.
type sample struct {
	t int64
	v float64
}

// samples returns the points of a series of doubles that have a value; of several at one time the last counts where a
// value at this time is asked for.
func samples(v types.Value) []sample {
	var out []sample
	for _, p := range v.(types.Series) {
		if p.Value != nil {
			out = append(out, sample{p.Time, p.Value.(float64)})
		}
	}
	return out
}

// instants returns the timestamps that are asked for: ascending, each once.
func instants(v types.Value) []int64 {
	var out []int64
	for _, t := range distinct(kept(v.(list), func(v types.Value) bool { return v != nil })) {
		out = append(out, t.(int64))
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

// interpolated makes the function of a curve through the samples, at timestamps or at one. There is no answer outside.
func interpolated(curve func(s []sample, i int, t int64) float64) scalar {
	at := func(s []sample, t int64) types.Value {
		i := len(s) - 1
		for i >= 0 && s[i].t > t {
			i--
		}
		switch {
		case i < 0:
			return nil
		case s[i].t == t:
			return s[i].v
		case i == len(s)-1:
			return nil
		}
		return curve(s, i, t)
	}
	return func(c *call, a []types.Value) (types.Value, error) {
		s := samples(a[0])
		if t, isOne := a[1].(int64); isOne {
			return at(s, t), nil
		}
		out := types.Series{}
		for _, t := range instants(a[1]) {
			if v := at(s, t); v != nil {
				out = append(out, types.Point{Time: t, Value: v})
			}
		}
		return out, nil
	}
}

func linear(s []sample, i int, t int64) float64 {
	p, q := s[i], s[i+1]
	return p.v + (q.v-p.v)*apart(p.t, t)/apart(p.t, q.t)
}

// apart is the distance of two times in nanoseconds, which may take 64 bits.
func apart(a, b int64) float64 { return float64(uint64(b) - uint64(a)) }

// spline is the natural cubic spline. Its second derivatives solve a system of linear equations, here by elimination.
func spline(s []sample, i int, t int64) float64 {
	var knots []sample // one for each time: the last
	at := 0
	for k, p := range s {
		if len(knots) > 0 && knots[len(knots)-1].t == p.t {
			knots[len(knots)-1] = p
		} else {
			knots = append(knots, p)
		}
		if k == i {
			at = len(knots) - 1
		}
	}
	m := bends(knots)
	p, q := knots[at], knots[at+1]
	h := apart(p.t, q.t) / 1e9
	l, r := apart(t, q.t)/1e9/h, apart(p.t, t)/1e9/h
	return l*p.v + r*q.v + ((l*l*l-l)*m[at]+(r*r*r-r)*m[at+1])*h*h/6
}

// bends returns the second derivatives at the knots: zero at both ends.
func bends(k []sample) []float64 {
	n := len(k)
	a := make([][]float64, n) // the system, its right side in column n
	for i := range a {
		a[i] = make([]float64, n+1)
		if i == 0 || i == n-1 {
			a[i][i] = 1
			continue
		}
		h0, h1 := apart(k[i-1].t, k[i].t)/1e9, apart(k[i].t, k[i+1].t)/1e9
		a[i][i-1], a[i][i], a[i][i+1] = h0, 2*(h0+h1), h1
		a[i][n] = 6 * ((k[i+1].v-k[i].v)/h1 - (k[i].v-k[i-1].v)/h0)
	}
	for i := 1; i < n; i++ {
		f := a[i][i-1] / a[i-1][i-1]
		for j := i - 1; j <= n; j++ {
			a[i][j] -= f * a[i-1][j]
		}
	}
	m := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		m[i] = a[i][n]
		for j := i + 1; j < n; j++ {
			m[i] -= a[i][j] * m[j]
		}
		m[i] /= a[i][i]
	}
	return m
}

// filled is locf (two arguments): the latest point at or before a time; and fill (three): the point at a time, else a
// constant. Asked for one timestamp, whole numbers become doubles.
func filled(c *call, a []types.Value) (types.Value, error) {
	s := a[0].(types.Series)
	at := func(t int64) (types.Value, bool) {
		for i := len(s) - 1; i >= 0; i-- {
			if s[i].Time == t || s[i].Time < t && len(a) == 2 {
				return s[i].Value, true
			}
		}
		if len(a) == 3 {
			return a[2], true
		}
		return nil, false
	}
	if t, isOne := a[1].(int64); isOne {
		v, _ := at(t)
		if n, ok := v.(int64); ok && c.result.Kind == types.KindDouble {
			return float64(n), nil
		}
		return v, nil
	}
	out := types.Series{}
	for _, t := range instants(a[1]) {
		if v, ok := at(t); ok {
			out = append(out, types.Point{Time: t, Value: v})
		}
	}
	return out, nil
}

var errInterval = invalid("The interval of a derivative or an integral must be positive")

// derivative has a point for each pair of neighbours at different times, at the later one.
func derivative(keep func(float64) bool) scalar {
	return func(_ *call, a []types.Value) (types.Value, error) {
		unit := a[1].(int64)
		if unit <= 0 {
			return nil, errInterval
		}
		out, s := types.Series{}, samples(a[0])
		for i := 1; i < len(s); i++ {
			if s[i].t == s[i-1].t {
				continue
			}
			if v := (s[i].v - s[i-1].v) / (apart(s[i-1].t, s[i].t) / float64(unit)); keep(v) {
				out = append(out, types.Point{Time: s[i].t, Value: v})
			}
		}
		return out, nil
	}
}

func integral(_ *call, a []types.Value) (types.Value, error) {
	unit := types.Second
	if len(a) == 2 {
		if unit = a[1].(int64); unit <= 0 {
			return nil, errInterval
		}
	}
	s := samples(a[0])
	if len(s) == 0 {
		return nil, nil
	}
	sum := 0.0
	for i := 1; i < len(s); i++ {
		sum += (s[i-1].v + s[i].v) / 2 * (apart(s[i-1].t, s[i].t) / float64(unit))
	}
	return sum, nil
}

// correlated is Pearson's coefficient of two series with the same times, after transform.
func correlated(transform func([]float64) []float64) scalar {
	return func(_ *call, a []types.Value) (types.Value, error) {
		s, t := samples(a[0]), samples(a[1])
		differ := len(s) != len(t)
		var x, y []float64
		for i := 0; i < len(s) && !differ; i++ {
			differ = s[i].t != t[i].t
			x, y = append(x, s[i].v), append(y, t[i].v)
		}
		switch {
		case differ:
			return nil, invalid("Time series to correlate must have the same timestamps")
		case len(s) == 0:
			return nil, nil
		}
		x, y = transform(x), transform(y)
		xy, xx, yy := moments(x, y)
		if xx == 0 || yy == 0 {
			return math.NaN(), nil
		}
		return xy / math.Sqrt(xx) / math.Sqrt(yy), nil
	}
}

// moments returns the sums of the products of the distances from the means.
func moments(x, y []float64) (xy, xx, yy float64) {
	mx, my := mean(x), mean(y)
	for i := range x {
		xy += (x[i] - mx) * (y[i] - my)
		xx += (x[i] - mx) * (x[i] - mx)
		yy += (y[i] - my) * (y[i] - my)
	}
	return xy, xx, yy
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// ranks returns the rank of each value; equal ones share the mean of theirs.
func ranks(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		less, equal := 0, 0
		for _, y := range v {
			switch c := types.CompareDoubles(y, x); {
			case c < 0:
				less++
			case c == 0:
				equal++
			}
		}
		out[i] = float64(less) + float64(equal+1)/2
	}
	return out
}
