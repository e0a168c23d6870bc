package function

import (
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Many groups of a few values each stay small.
func TestManySmallGroupsStaySmall(t *testing.T) {
	const groups, rows = 100_000, 300_000
	for _, test := range []struct {
		name     string
		args     []*types.Type
		constant types.Value
		most     float64 // bytes a row
	}{
		{"approx_distinct", []*types.Type{types.Bigint}, nil, 40},
		{"approx_percentile", []*types.Type{types.Double, types.Double}, 0.9, 25},
		{"create_time_series", []*types.Type{types.Timestamp, types.Double}, nil, 45},
		{"array_agg", []*types.Type{types.Double}, nil, 25},
	} {
		f, m, err := ResolveAggregate(test.name, test.args)
		if err != nil {
			t.Fatal(err)
		}
		acc := f.New(m.Params, m.Result)
		acc.Resize(groups)
		ids, ints, floats := make([]int32, 1000), make([]int64, 1000), make([]float64, 1000)
		for from := 0; from < rows; from += len(ids) {
			for i := range ids {
				ids[i], ints[i], floats[i] = int32((from+i)*7%groups), int64(from+i), float64(from+i)
			}
			var args []*vector.Vector
			for k, t := range m.Params {
				switch {
				case k == 1 && test.constant != nil:
					args = append(args, vector.Const(t, test.constant, len(ids)))
				case t.Kind == types.KindDouble:
					args = append(args, vector.Doubles(floats, nil))
				default:
					args = append(args, vector.Int64s(t, ints, nil))
				}
			}
			if err := acc.Add(ids, args); err != nil {
				t.Fatal(err)
			}
		}
		if size := float64(acc.Bytes()) / rows; size > test.most {
			t.Errorf("%s: %.1f bytes a row, want at most %v", test.name, size, test.most)
		}
	}
}
