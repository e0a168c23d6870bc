package segment_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// checkStats compares the statistics of each block with its values.
func (m *model) checkStats(t *testing.T, r *segment.Reader) {
	t.Helper()
	flat := m.flat()
	for row := int64(0); row < m.rows(); {
		block, first, end := r.BlockOf(row)
		times := r.BlockStats(block, segment.ColumnTime)
		low, high := flat.times[first], flat.times[first]
		for _, tm := range flat.times[first:end] {
			low, high = min(low, tm), max(high, tm)
		}
		if !times.HasRange || times.MinInt != low || times.MaxInt != high || times.Rows != int(end-first) {
			t.Fatalf("times of block %d: %+v", block, times)
		}
		for col, vals := range flat.cols {
			s := r.BlockStats(block, col)
			if wrong := compareStats(s, m.meta.Columns[col].Type, vals[first:end]); wrong != "" {
				t.Fatalf("block %d column %d: %s: %+v", block, col, wrong, s)
			}
		}
		row = end
	}
}

// compareStats computes statistics the slow way.
func compareStats(s segment.Stats, typ *types.Type, vals []types.Value) string {
	if s.Rows != len(vals) {
		return "rows"
	}
	nulls, nans, trues := 0, 0, int64(0)
	var low, high types.Value
	sum, exact := 0.0, big.NewInt(0)
	for _, v := range vals {
		switch v := v.(type) {
		case nil:
			nulls++
			continue
		case float64:
			sum += v
			if math.IsNaN(v) {
				nans++
				continue
			}
		case int64:
			exact.Add(exact, big.NewInt(v))
		case bool:
			if v {
				trues++
			}
		}
		if low == nil || types.Compare(v, low) < 0 {
			low = v
		}
		if high == nil || types.Compare(v, high) > 0 {
			high = v
		}
	}
	switch {
	case s.Nulls != nulls || s.Values() != len(vals)-nulls:
		return "nulls"
	case s.HasNaN != (nans > 0):
		return "NaN"
	case s.HasRange != (low != nil && typ != types.Varchar):
		return "range"
	}
	switch typ {
	case types.Double:
		if s.HasRange && (s.MinFloat != low.(float64) || s.MaxFloat != high.(float64)) {
			return "range of doubles"
		}
		return compareSum(s, sum)
	case types.Boolean:
		if s.HasRange && ((s.MinInt == 1) != low.(bool) || (s.MaxInt == 1) != high.(bool)) || s.SumInt != trues {
			return "booleans"
		}
	case types.Varchar:
		if s.Sum != segment.SumNone {
			return "sum of varchar"
		}
	default:
		if s.HasRange && (s.MinInt != low.(int64) || s.MaxInt != high.(int64)) {
			return "range of integers"
		}
		wantSum := typ == types.Bigint && exact.IsInt64() && s.HasRange
		if (s.Sum == segment.SumInt) != wantSum || wantSum && s.SumInt != exact.Int64() {
			return "sum of integers"
		}
	}
	return ""
}

// compareSum accepts the exact sum or the float sum of doubles.
func compareSum(s segment.Stats, sum float64) string {
	switch {
	case s.Values() == 0:
		if s.Sum != segment.SumNone {
			return "sum of nothing"
		}
	case s.Sum == segment.SumDecimal:
		if got := float64(s.SumInt) / math.Pow10(s.Scale); math.Abs(got-sum) > 1e-9*(1+math.Abs(sum)) {
			return "decimal sum"
		}
	case s.Sum != segment.SumFloat || math.Float64bits(s.SumFloat) != math.Float64bits(sum) && !math.IsNaN(sum):
		return "float sum"
	}
	return ""
}

// statsOf writes one run of one column and returns its only block's statistics.
func statsOf(t *testing.T, typ *types.Type, vals ...types.Value) segment.Stats {
	t.Helper()
	disk := memfs.New()
	w, err := segment.NewWriter(disk, file, segment.Meta{Columns: []segment.Column{{Name: "v", Type: typ}}})
	if err != nil {
		t.Fatal(err)
	}
	times := make([]int64, len(vals))
	for i := range times {
		times[i] = int64(i)
	}
	if err := w.Append(1, segment.Chunk{Times: times, Cols: []*vector.Vector{vector.FromValues(typ, vals...)}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return open(t, disk, nil).BlockStats(0, 0)
}

func TestStats(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, tc := range []struct {
		name string
		got  segment.Stats
		want segment.Stats
	}{
		{"integers", statsOf(t, types.Bigint, int64(3), nil, int64(-4)), segment.Stats{Rows: 3, Nulls: 1, HasRange: true, MinInt: -4, MaxInt: 3, Sum: segment.SumInt, SumInt: -1}},
		{"sum beyond int64", statsOf(t, types.Bigint, int64(math.MaxInt64), int64(1)), segment.Stats{Rows: 2, HasRange: true, MinInt: 1, MaxInt: math.MaxInt64}},
		{"sum beyond int64 on the way", statsOf(t, types.Bigint, int64(math.MaxInt64), int64(1), int64(-2)), segment.Stats{Rows: 3, HasRange: true, MinInt: -2, MaxInt: math.MaxInt64, Sum: segment.SumInt, SumInt: math.MaxInt64 - 1}},
		{"decimals", statsOf(t, types.Double, 0.1, 0.2, nil, 12.0), segment.Stats{Rows: 4, Nulls: 1, HasRange: true, MinFloat: 0.1, MaxFloat: 12, Sum: segment.SumDecimal, SumInt: 123, Scale: 1}},
		{"constant decimals", statsOf(t, types.Double, 0.25, 0.25), segment.Stats{Rows: 2, HasRange: true, MinFloat: 0.25, MaxFloat: 0.25, Sum: segment.SumDecimal, SumInt: 50, Scale: 2}},
		{"raw doubles", statsOf(t, types.Double, 1.0/3, 0.1), segment.Stats{Rows: 2, HasRange: true, MinFloat: 0.1, MaxFloat: 1.0 / 3, Sum: segment.SumFloat, SumFloat: 1.0/3 + 0.1}},
		{"infinity", statsOf(t, types.Double, 1.0, inf), segment.Stats{Rows: 2, HasRange: true, MinFloat: 1, MaxFloat: inf, Sum: segment.SumFloat, SumFloat: inf}},
		{"booleans", statsOf(t, types.Boolean, true, nil, true), segment.Stats{Rows: 3, Nulls: 1, HasRange: true, MinInt: 1, MaxInt: 1, Sum: segment.SumInt, SumInt: 2}},
		{"timestamps", statsOf(t, types.Timestamp, int64(5), int64(9)), segment.Stats{Rows: 2, HasRange: true, MinInt: 5, MaxInt: 9}},
		{"varchar", statsOf(t, types.Varchar, "a", nil), segment.Stats{Rows: 2, Nulls: 1}},
		{"all NULL", statsOf(t, types.Double, nil, nil), segment.Stats{Rows: 2, Nulls: 2}},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %+v, want %+v", tc.name, tc.got, tc.want)
		}
	}
	if s := statsOf(t, types.Double, nan, 2.0); !s.HasNaN || !s.HasRange || s.MinFloat != 2 || s.MaxFloat != 2 || !math.IsNaN(s.SumFloat) {
		t.Errorf("with NaN: %+v", s)
	}
	if s := statsOf(t, types.Double, nan, nan); !s.HasNaN || s.HasRange {
		t.Errorf("only NaN: %+v", s)
	}
}
