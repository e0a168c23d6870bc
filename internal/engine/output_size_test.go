package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// TestDescriptionOfColumns: names and types of the columns of a result may take 100 KB.
func TestDescriptionOfColumns(t *testing.T) {
	a := newAsker(t)
	columns := func(n int) string { // 256 bytes each: a name of 249 and integer
		items := make([]string, n)
		for i := range items {
			items[i] = fmt.Sprintf("%d AS %s%05d", i, strings.Repeat("x", 244), i)
		}
		return "SELECT " + strings.Join(items, ", ")
	}
	if _, page := a.rows(QueryRequest{QueryString: columns(400)}); len(page.Columns) != 400 {
		t.Errorf("%d columns", len(page.Columns))
	}
	a.fails(QueryRequest{QueryString: columns(401)}, dberr.Execution, "Query aborted as the names and types of its 401 columns take more than 102400 bytes")
}

// TestLargestResult: a result has 5 GB of values at most. 33 rows of 160 MB have more.
func TestLargestResult(t *testing.T) {
	a := newAsker(t)
	a.max = 100
	// One text of 16 MB, ten times in a row: the rows share its memory.
	const sql = "SELECT x, s, s, s, s, s, s, s, s, s, s FROM (SELECT lpad('', 16000000, 'x') AS s) CROSS JOIN unnest(sequence(1, %d)) t(x)"
	if rows, _ := a.rows(QueryRequest{QueryString: fmt.Sprintf(sql, 33)}); !strings.HasSuffix(rows, " 33") {
		t.Errorf("33 rows: %q", rows)
	}
	a.fails(QueryRequest{QueryString: fmt.Sprintf(sql, 34)}, dberr.Execution, "Query aborted as its result has more than 5368709120 bytes")
}

// TestOutputBytes of every form of column and kind of type.
func TestOutputBytes(t *testing.T) {
	ints := vector.Int64s(types.Bigint, []int64{1, 2, 3, 4}, nil)
	texts := vector.Strings([]string{"a", "bb", "ccc", "dddd"}, []bool{false, false, true, false})
	array := types.ArrayOf(types.Varchar)
	for _, c := range []struct {
		name     string
		column   *vector.Vector
		from, to int
		want     int64
	}{
		{"numbers", ints, 1, 4, 24},
		{"numbers with NULL", vector.Doubles([]float64{1, 2, 3}, []bool{false, true, false}), 0, 3, 16},
		{"booleans", vector.Booleans([]bool{true, false}, nil), 0, 2, 2},
		{"texts", texts, 1, 4, 6},
		{"a constant", vector.Const(types.Varchar, "abc", 5), 1, 5, 12},
		{"NULLs", vector.NullsOf(types.Varchar, 5), 0, 5, 0},
		{"of no type", vector.NullsOf(types.Unknown, 5), 0, 5, 0},
		{"a dictionary", vector.DictionaryOf(vector.Strings([]string{"a", "bb"}, nil), []int32{1, -1, 0, 1}), 0, 4, 5},
		{"arrays", vector.Arrays(array, []int32{0, 1, 4}, texts, nil), 1, 2, 6},
		{"rows", vector.Rows(types.RowOf(types.Field{Type: types.Bigint}, types.Field{Type: types.Varchar}), []*vector.Vector{ints, texts}, 4, nil), 1, 3, 18},
		{"time series", vector.SeriesOf(types.TimeSeriesOf(types.Bigint), []int32{0, 3, 4}, vector.Int64s(types.Timestamp, []int64{1, 2, 3, 4}, nil), ints, nil), 0, 1, 48},
	} {
		b := &vector.Batch{Cols: []*vector.Vector{c.column}, Rows: c.column.Len()}
		if got := outputBytes(b, c.from, c.to-c.from); got != c.want {
			t.Errorf("%s: %d bytes, want %d", c.name, got, c.want)
		}
	}
}
