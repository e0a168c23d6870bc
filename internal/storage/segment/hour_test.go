package segment_test

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// hourDifference compares the statistics of hours with those of the rows: there is a cell for each run and hour with enough
// rows, and none besides.
func (m *model) hourDifference(r *segment.Reader) (wrong string, err error) {
	ctx := context.Background()
	row := int64(0)
	for _, run := range m.runs {
		end := row + int64(len(run.times))
		cells, err := r.Hours(ctx, nil, row, end)
		if err != nil {
			return "", err
		}
		for from := 0; from < len(run.times); {
			hour, to := floorHour(run.times[from]), from
			for to < len(run.times) && floorHour(run.times[to]) == hour {
				to++
			}
			first, last := row+int64(from), row+int64(to)
			if to-from >= segment.HourRowsMin {
				if len(cells) == 0 || cells[0].Hour != hour || cells[0].FirstRow != first || cells[0].Rows != last-first {
					return fmt.Sprintf("hour %d has %d rows from %d: %v", hour, last-first, first, cells), nil
				}
				if inside, err := r.Hours(ctx, nil, first+1, last); err != nil {
					return "", err
				} else if len(inside) > 0 {
					return fmt.Sprintf("an hour within %d to %d: %v", first+1, last, inside), nil
				}
				for c, col := range m.meta.Columns {
					got, err := r.HourStats(ctx, &cells[0], c)
					if err != nil {
						return "", err
					}
					if want := slowStats(col.Type, run.cols[c][from:to]); !sameStats(got, want) {
						return fmt.Sprintf("hour %d of series %d, column %d: %+v, want %+v", hour, run.series, c, got, want), nil
					}
				}
				cells = cells[1:]
			}
			from = to
		}
		if len(cells) > 0 {
			return fmt.Sprintf("series %d has the hours %v", run.series, cells), nil
		}
		row = end
	}
	return "", nil
}

// floorHour is the hour of a time.
func floorHour(t int64) int64 {
	past := t % segment.HourNanos
	if past < 0 {
		past += segment.HourNanos
	}
	return (t - past) / segment.HourNanos
}

// sameStats compares statistics bit by bit.
func sameStats(a, b segment.Stats) bool {
	for _, f := range []*segment.Stats{&a, &b} {
		if f.MinFloat == 0 || f.MaxFloat == 0 { // the sign tells them apart
			f.MinInt, f.MaxInt = int64(math.Float64bits(f.MinFloat)), int64(math.Float64bits(f.MaxFloat))
		}
	}
	sumA, sumB := math.Float64bits(a.SumFloat), math.Float64bits(b.SumFloat)
	a.SumFloat, b.SumFloat = 0, 0
	return a == b && sumA == sumB
}

// slowStats is what HourStats promises, computed from values one by one.
func slowStats(t *types.Type, vals []types.Value) segment.Stats {
	s := segment.Stats{Rows: len(vals)}
	sum, float := new(big.Int), 0.0
	var doubles []float64
	for _, v := range vals {
		var n int64
		switch x := v.(type) {
		case nil:
			s.Nulls++
			continue
		case string:
			continue
		case float64:
			float += x
			doubles = append(doubles, x)
			if math.IsNaN(x) {
				s.HasNaN = true
				continue
			}
			if !s.HasRange || x < s.MinFloat {
				s.MinFloat = x
			}
			if !s.HasRange || x > s.MaxFloat {
				s.MaxFloat = x
			}
			s.HasRange = true
			continue
		case bool:
			if x {
				n = 1
			}
		case int64:
			n = x
		}
		sum.Add(sum, big.NewInt(n))
		if !s.HasRange || n < s.MinInt {
			s.MinInt = n
		}
		if !s.HasRange || n > s.MaxInt {
			s.MaxInt = n
		}
		s.HasRange = true
	}
	switch {
	case s.Values() == 0 || t == types.Timestamp || t == types.Varchar:
	case t != types.Double:
		if sum.IsInt64() {
			s.Sum, s.SumInt = segment.SumInt, sum.Int64()
		}
	default:
		s.Sum, s.SumFloat = segment.SumFloat, float
		if exact, scale, ok := slowDecimalSum(doubles); ok {
			s.Sum, s.SumInt, s.Scale, s.SumFloat = segment.SumDecimal, exact, scale, 0
		} else if math.IsNaN(float) {
			s.SumFloat = math.NaN()
		}
	}
	return s
}

// slowDecimalSum adds decimals by way of their texts.
func slowDecimalSum(vals []float64) (sum int64, scale int, exact bool) {
	for _, v := range vals {
		if math.IsNaN(v) || math.IsInf(v, 0) || v == 0 && math.Signbit(v) {
			return 0, 0, false
		}
		if _, decimals, ok := strings.Cut(strconv.FormatFloat(v, 'f', -1, 64), "."); ok {
			scale = max(scale, len(decimals))
		}
	}
	total := new(big.Int)
	for _, v := range vals {
		code, _ := new(big.Int).SetString(strings.Replace(strconv.FormatFloat(v, 'f', scale, 64), ".", "", 1), 10)
		if scale > 15 || code.CmpAbs(big.NewInt(1e15)) > 0 {
			return 0, 0, false
		}
		total.Add(total, code)
	}
	ten, rest := big.NewInt(10), new(big.Int)
	for scale > 0 && rest.Rem(total, ten).Sign() == 0 {
		total.Quo(total, ten)
		scale--
	}
	return total.Int64(), scale, total.IsInt64()
}

// Long runs have hours across the edges of blocks, short ones within a block and across two; many make several groups.
func TestHours(t *testing.T) {
	rng := newRand(t)
	for range 6 {
		m := &model{meta: segment.Meta{Level: segment.Cold}}
		for i, typ := range columnTypes {
			m.meta.Columns = append(m.meta.Columns, segment.Column{Name: fmt.Sprint(i), Type: typ})
		}
		step := []int64{1e9, 5e9, 10e9, 28e9, 1e8}[rng.IntN(5)]
		for s := range 40 {
			run := modelRun{series: uint32(s), cols: make([][]types.Value, len(columnTypes))}
			at := rng.Int64N(1e13) - 5e12 // also before 1970
			gap := rng.IntN(4) == 0
			for range 1 + rng.IntN(1<<(4+rng.IntN(9))) {
				run.times, run.versions = append(run.times, at), append(run.versions, 1)
				if at += step; gap && rng.IntN(300) == 0 {
					at += rng.Int64N(1e13)
				}
				for i, typ := range columnTypes {
					v := randomValue(rng, typ, s)
					if s%5 == 4 || s%5 == 3 && rng.IntN(3) == 0 {
						v = nil
					}
					run.cols[i] = append(run.cols[i], v)
				}
			}
			m.runs = append(m.runs, run)
		}
		disk := memfs.New()
		if _, err := m.write(rng, disk, file); err != nil {
			t.Fatal(err)
		}
		for _, cache := range []*segment.Cache{nil, segment.NewCache(64 << 10), segment.NewCache(1 << 20)} {
			for range 2 {
				if wrong, err := m.hourDifference(open(t, disk, cache)); wrong != "" || err != nil {
					t.Fatal(wrong, err)
				}
			}
		}
		if err := segment.Verify(disk, file); err != nil {
			t.Error(err)
		}
	}
}

// A double that is a decimal of 15 digits beside one that needs more decimals makes the sum inexact, wherever blocks end.
func TestHourSumsDoNotDependOnBlocks(t *testing.T) {
	rng := newRand(t)
	for _, values := range [][]types.Value{
		{0.1, 0.25, 1e12}, {1e14, 0.25}, {123456789012345.0, 3.0}, {0.5, math.Copysign(0, -1)}, {1e15, 1e15, 1.0}, {1e16, 1.0}, {1.0 / 3, 0.25},
	} {
		var all []segment.Stats
		for _, before := range []int{0, 1000, 4000, 4050} {
			m := &model{meta: segment.Meta{Columns: []segment.Column{{Name: "v", Type: types.Double}}}}
			run := modelRun{cols: make([][]types.Value, 1)}
			for i := range before + 360 {
				v := types.Value(0.125)
				if i >= before {
					v = values[(i-before)%len(values)]
				}
				at := int64(i-before) * 10e9
				run.times, run.versions, run.cols[0] = append(run.times, at), append(run.versions, 1), append(run.cols[0], v)
			}
			m.runs = append(m.runs, run)
			disk := memfs.New()
			if _, err := m.write(rng, disk, file); err != nil {
				t.Fatal(err)
			}
			r := open(t, disk, nil)
			cells, err := r.Hours(context.Background(), nil, int64(before), int64(before+360))
			if err != nil || len(cells) != 1 {
				t.Fatal(cells, err)
			}
			s, err := r.HourStats(context.Background(), &cells[0], 0)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, s)
		}
		if slices.ContainsFunc(all, func(s segment.Stats) bool { return !sameStats(s, all[0]) }) {
			t.Errorf("%v: %+v", values, all)
		}
	}
}
