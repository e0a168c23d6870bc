package function

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// The whole range of timestamps is wider than an int64 of nanoseconds.
func TestInterpolateOverTheWholeRangeOfTime(t *testing.T) {
	series := seriesArg(types.Double, types.Series{{Time: math.MinInt64, Value: 0.0}, {Time: math.MaxInt64, Value: 2.0}})
	for _, name := range []string{"interpolate_linear", "interpolate_spline_cubic"} {
		_, got, err := evalSeries(t, rand.New(rand.NewPCG(1, 1)), name, nil, series, arg(types.Timestamp, int64(0)))
		if err != nil || !cmp.Equal(got[0], 1.0, tolerant) {
			t.Errorf("%s: %v, want 1 (error %v)", name, got, err)
		}
	}
}

// Many rows at once, in all forms, against a plain evaluation of one request at a time.
func TestInterpolationAgainstNaive(t *testing.T) {
	seed := rand.Uint64()
	for round := range 200 {
		r := rand.New(rand.NewPCG(seed, uint64(round)))
		rows := 1 + r.IntN(12)
		series, asked, fill := seriesArg(types.Double), timesArg(), argument{t: types.Double}
		for i := range rows {
			if i > 0 && r.IntN(4) == 0 {
				series.vals, asked.vals, fill.vals = append(series.vals, series.vals[0]), append(asked.vals, asked.vals[0]), append(fill.vals, fill.vals[0])
				continue
			}
			s, at := types.Series{}, 0
			for range r.IntN(12) {
				at += r.IntN(4)
				s = append(s, types.Point{Time: sec(float64(at)), Value: float64(r.IntN(50))})
			}
			var req []types.Value
			for range r.IntN(12) {
				req = append(req, sec(float64(r.IntN(40)-2)/2))
			}
			series.vals, asked.vals, fill.vals = append(series.vals, s), append(asked.vals, req), append(fill.vals, float64(-1-i))
			if r.IntN(8) == 0 {
				series.vals[i] = nil
			}
		}
		for _, name := range []string{"interpolate_linear", "interpolate_locf", "interpolate_fill"} {
			args := []argument{series, asked}
			if name == "interpolate_fill" {
				args = append(args, fill)
			}
			_, got, err := evalSeries(t, r, name, nil, args...)
			if err != nil {
				t.Fatalf("seed %d, round %d: %v", seed, round, err)
			}
			for i := range got {
				if want := naiveInterpolation(name, series.vals[i], asked.vals[i], fill.vals[i]); !cmp.Equal(want, got[i], tolerant) {
					t.Fatalf("seed %d, round %d: %s of %v at %v: %v, want %v", seed, round, name, series.vals[i], asked.vals[i], got[i], want)
				}
			}
		}
	}
}

// naiveInterpolation answers request by request.
func naiveInterpolation(name string, series, asked, fill types.Value) types.Value {
	if series == nil {
		return nil
	}
	out := types.Series{}
	requests := slices.Clone(asked.([]types.Value))
	slices.SortFunc(requests, types.Compare)
	for _, at := range slices.Compact(requests) {
		var before, after *types.Point
		for _, p := range series.(types.Series) {
			if p.Time <= at.(int64) {
				before = &p
			} else if after == nil {
				after = &p
			}
		}
		hit := before != nil && before.Time == at
		switch {
		case hit, name == "interpolate_locf" && before != nil:
			out = append(out, types.Point{Time: at.(int64), Value: before.Value})
		case name == "interpolate_fill":
			out = append(out, types.Point{Time: at.(int64), Value: fill})
		case name == "interpolate_linear" && before != nil && after != nil:
			v0, v1 := before.Value.(float64), after.Value.(float64)
			out = append(out, types.Point{Time: at.(int64), Value: v0 + (v1-v0)*float64(at.(int64)-before.Time)/float64(after.Time-before.Time)})
		}
	}
	return out
}

// A natural spline has continuous first derivatives at the samples and none of the second at the ends.
func TestSplineIsSmooth(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	var at []int64
	var vals []float64
	for i := range 12 {
		at, vals = append(at, sec(float64(3*i)+2*r.Float64())), append(vals, r.NormFloat64())
	}
	s := &spline{}
	s.fit(at, vals)
	const h = 1e-3
	value := func(x float64) float64 {
		t := at[0] + int64(x*float64(types.Second))
		v, _ := sampleAt(s, at, vals, lastAtOrBefore(at, 0, t), t)
		return v
	}
	for i := range at {
		x := seconds(at[0], at[i])
		if i == 0 || i == len(at)-1 {
			step := h
			if i > 0 {
				step = -h
			}
			if bend := (value(x) - 2*value(x+step) + value(x+2*step)) / (h * h); math.Abs(bend) > 0.02 {
				t.Errorf("seed %d: second derivative %v at the end", seed, bend)
			}
			continue
		}
		left, right := (value(x)-value(x-h))/h, (value(x+h)-value(x))/h
		if math.Abs(left-right) > 0.02 {
			t.Errorf("seed %d: slope jumps from %v to %v at sample %d", seed, left, right, i)
		}
	}
}
