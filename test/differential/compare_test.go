package differential_test

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// outcome is what running a statement gave.
type outcome struct {
	rows [][]types.Value
	err  error
}

// differ tells how two outcomes that should be the same differ, "" if they do not. Doubles are the same if they are so to nine
// digits. Of rows without an order the multiset counts.
func differ(got, want outcome, ordered bool) string {
	switch {
	case got.err != nil || want.err != nil:
		return "" // see check
	case len(got.rows) != len(want.rows):
		return fmt.Sprintf("%d rows, want %d", len(got.rows), len(want.rows))
	}
	a, b := got.rows, want.rows
	if !ordered {
		a, b = inOrder(a), inOrder(b)
	}
	for i := range a {
		for k := range a[i] {
			if !close(a[i][k], b[i][k]) {
				return fmt.Sprintf("row %d, column %d: %s, want %s", i+1, k+1, describe(a[i][k]), describe(b[i][k]))
			}
		}
	}
	return ""
}

// inOrder sorts rows by their texts.
func inOrder(rows [][]types.Value) [][]types.Value {
	out := append([][]types.Value(nil), rows...)
	keys := map[*types.Value]string{}
	for _, row := range out {
		if len(row) > 0 {
			keys[&row[0]] = describe(row)
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		return len(out[i]) > 0 && keys[&out[i][0]] < keys[&out[j][0]]
	})
	return out
}

// close is equality with a tolerance for doubles.
func close(a, b types.Value) bool {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return ok && (x == y || math.IsNaN(x) && math.IsNaN(y) || math.Abs(x-y) <= 1e-9*math.Max(math.Abs(x), math.Abs(y)))
	case []types.Value:
		y, ok := b.([]types.Value)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !close(x[i], y[i]) {
				return false
			}
		}
		return true
	case types.Series:
		y, ok := b.(types.Series)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if x[i].Time != y[i].Time || !close(x[i].Value, y[i].Value) {
				return false
			}
		}
		return true
	}
	return a == b
}

// describe writes a value so that values that are close have the same text, up to rounding.
func describe(v types.Value) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case float64:
		if v == 0 {
			v = 0
		}
		return strconv.FormatFloat(v, 'g', 9, 64)
	case string:
		return strconv.Quote(v)
	case []types.Value:
		var parts []string
		for _, e := range v {
			parts = append(parts, describe(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case types.Series:
		var parts []string
		for _, p := range v {
			parts = append(parts, types.Text(types.Timestamp, p.Time)+"="+describe(p.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}
