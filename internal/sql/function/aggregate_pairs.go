package function

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Covariance, correlation and linear regression of y (dependent, the first argument) on x. Rows with a NULL in either are
// ignored. Source: AWS, "Aggregate functions"; regr_* beyond slope and intercept: Trino.
func init() {
	for _, f := range []struct {
		name   string
		finish func(pairs) (float64, bool)
	}{
		{"covar_pop", func(p pairs) (float64, bool) { return p.cxy / p.n, p.n > 0 }},
		{"covar_samp", func(p pairs) (float64, bool) { return p.cxy / (p.n - 1), p.n > 1 }},
		{"corr", func(p pairs) (float64, bool) { return ifFinite(p.correlation()) }},
		{"regr_slope", func(p pairs) (float64, bool) { return ifFinite(p.slope()) }},
		{"regr_intercept", func(p pairs) (float64, bool) { return ifFinite(p.meanY - float64(p.slope()*p.meanX)) }},
		{"regr_r2", determination},
		{"regr_avgx", func(p pairs) (float64, bool) { return p.meanX, p.n > 0 }},
		{"regr_avgy", func(p pairs) (float64, bool) { return p.meanY, p.n > 0 }},
		{"regr_sxx", func(p pairs) (float64, bool) { return p.cxx, p.n > 0 }},
		{"regr_syy", func(p pairs) (float64, bool) { return p.cyy, p.n > 0 }},
		{"regr_sxy", func(p pairs) (float64, bool) { return p.cxy, p.n > 0 }},
	} {
		registerAggregate(f.name+"(double, double) -> double", Aggregate{New: newState(func() *regressions { return &regressions{finish: f.finish} })})
	}
}

// pairs is a group's count, means and sums of products of deviations from them.
type pairs struct{ n, meanX, meanY, cxy, cxx, cyy float64 }

// ifFinite turns NaN and infinities into NULL.
func ifFinite(x float64) (float64, bool) {
	return x, !math.IsNaN(x) && !math.IsInf(x, 0)
}

// correlation returns Pearson's coefficient, NaN if a side is constant or there is no row.
func (p pairs) correlation() float64 {
	scale := p.cxx * p.cyy
	r := p.cxy / math.Sqrt(scale)
	if scale < minNormal || math.IsInf(scale, 0) {
		r = p.cxy / math.Sqrt(p.cxx) / math.Sqrt(p.cyy)
	}
	if math.Abs(r) > 1 && !math.IsInf(r, 0) { // by rounding
		return math.Copysign(1, r)
	}
	return r
}

// minNormal is the least double with full precision.
const minNormal = 0x1p-1022

// slope is that of the regression line; NaN or infinite if x is constant.
func (p pairs) slope() float64 { return p.cxy / p.cxx }

// determination is R squared: 1 for a constant y, NULL for a constant x.
func determination(p pairs) (float64, bool) {
	switch {
	case p.n == 0 || p.cxx == 0:
		return 0, false
	case p.cyy == 0:
		return 1, true
	}
	r := p.correlation()
	return r * r, true
}

// add counts one row, by Welford's update.
func (p *pairs) add(y, x float64) {
	p.n++
	dx, dy := x-p.meanX, y-p.meanY
	p.meanX += dx / p.n
	p.meanY += dy / p.n
	p.cxy += float64(dx * (y - p.meanY))
	p.cxx += float64(dx * (x - p.meanX))
	p.cyy += float64(dy * (y - p.meanY))
}

// merge adds another part of the group.
func (p *pairs) merge(o pairs) {
	if o.n == 0 {
		return
	}
	if p.n == 0 {
		*p = o
		return
	}
	n := p.n + o.n
	dx, dy, weight := o.meanX-p.meanX, o.meanY-p.meanY, p.n*o.n/n
	p.cxy += o.cxy + float64(dx*dy*weight)
	p.cxx += o.cxx + float64(dx*dx*weight)
	p.cyy += o.cyy + float64(dy*dy*weight)
	p.meanX += float64(dx * o.n / n)
	p.meanY += float64(dy * o.n / n)
	p.n = n
}

// regressions is the state of the aggregates of two variables.
type regressions struct {
	finish func(pairs) (float64, bool)
	groups []pairs
}

func (a *regressions) Resize(n int) { a.groups = grown(a.groups, n) }

func (a *regressions) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows(args)
	if none {
		return nil
	}
	y, x := read[float64](args[0]), read[float64](args[1])
	for i, g := range groups {
		if nulls == nil || !nulls[i] {
			a.groups[g].add(y.at(i), x.at(i))
		}
	}
	return nil
}

func (a *regressions) Merge(other Accumulator, groups []int32) error {
	for i, b := range other.(*regressions).groups[:len(groups)] {
		a.groups[groups[i]].merge(b)
	}
	return nil
}

func (a *regressions) Result(from, to int) (*vector.Vector, error) {
	return finishGroups(from, to, func(g int) (float64, bool) { return a.finish(a.groups[g]) }), nil
}

func (a *regressions) Bytes() int64 { return sizeOf(a.groups) }
