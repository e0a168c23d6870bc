package api

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// noon is 2020-08-08 12:00:00.5 UTC.
const noon = int64(1596888000500000000)

// datumOf returns the JSON of one cell.
func datumOf(v *vector.Vector, i int) string {
	p := newPage(nil, 0)
	p.datum(v, i)
	return string(p.rows)
}

// TestDatum: every type in every form of vector.
func TestDatum(t *testing.T) {
	point := func(ns int64, v types.Value) types.Point { return types.Point{Time: ns, Value: v} }
	rowType := types.RowOf(types.Field{Name: "a", Type: types.Bigint}, types.Field{Type: types.ArrayOf(types.Varchar)})
	tests := []struct {
		t     *types.Type
		value types.Value
		want  string
	}{
		{types.Boolean, true, `{"ScalarValue":"true"}`},
		{types.Integer, int64(42), `{"ScalarValue":"42"}`},
		{types.Bigint, int64(math.MinInt64), `{"ScalarValue":"-9223372036854775808"}`},
		{types.Double, 13.6, `{"ScalarValue":"13.6"}`},
		{types.Double, 1e10, `{"ScalarValue":"1.0E10"}`},
		{types.Double, math.NaN(), `{"ScalarValue":"NaN"}`},
		{types.Varchar, "abc", `{"ScalarValue":"abc"}`},
		{types.Varchar, "", `{"ScalarValue":""}`},
		{types.Varchar, "q\"b\\n\n\x01é", `{"ScalarValue":"q\"b\\n\n\u0001é"}`},
		{types.Timestamp, noon, `{"ScalarValue":"2020-08-08 12:00:00.500000000"}`},
		{types.Date, int64(18482), `{"ScalarValue":"2020-08-08"}`},
		{types.Time, noon % types.Day, `{"ScalarValue":"12:00:00.500000000"}`},
		{types.IntervalDayToSecond, 45 * types.Hour, `{"ScalarValue":"1 21:00:00.000000000"}`},
		{types.IntervalYearToMonth, int64(31), `{"ScalarValue":"2-7"}`},
		{types.Unknown, nil, `{"NullValue":true}`},
		{types.ArrayOf(types.Double), []types.Value{}, `{"ArrayValue":[]}`},
		{types.ArrayOf(types.Double), []types.Value{1.0, nil, 2.5}, `{"ArrayValue":[{"ScalarValue":"1.0"},{"NullValue":true},{"ScalarValue":"2.5"}]}`},
		{types.ArrayOf(types.ArrayOf(types.Boolean)), []types.Value{[]types.Value{true}, nil, []types.Value{}},
			`{"ArrayValue":[{"ArrayValue":[{"ScalarValue":"true"}]},{"NullValue":true},{"ArrayValue":[]}]}`},
		{rowType, []types.Value{int64(7), []types.Value{"x"}}, `{"RowValue":{"Data":[{"ScalarValue":"7"},{"ArrayValue":[{"ScalarValue":"x"}]}]}}`},
		{rowType, []types.Value{nil, nil}, `{"RowValue":{"Data":[{"NullValue":true},{"NullValue":true}]}}`},
		{types.TimeSeriesOf(types.Double), types.Series{}, `{"TimeSeriesValue":[]}`},
		{types.TimeSeriesOf(types.Double), types.Series{point(noon, 1.0), point(noon+1, nil)},
			`{"TimeSeriesValue":[{"Time":"2020-08-08 12:00:00.500000000","Value":{"ScalarValue":"1.0"}},{"Time":"2020-08-08 12:00:00.500000001","Value":{"NullValue":true}}]}`},
		{types.TimeSeriesOf(types.RowOf(types.Field{Type: types.Varchar})), types.Series{point(noon, []types.Value{"z"})},
			`{"TimeSeriesValue":[{"Time":"2020-08-08 12:00:00.500000000","Value":{"RowValue":{"Data":[{"ScalarValue":"z"}]}}}]}`},
	}
	for _, tt := range tests {
		flat := vector.FromValues(tt.t, nil, tt.value)
		if got := datumOf(flat, 1); got != tt.want {
			t.Errorf("%v flat: got %s\nwant %s", tt.t, got, tt.want)
		}
		if got := datumOf(flat, 0); got != nullDatum {
			t.Errorf("%v flat NULL: %s", tt.t, got)
		}
		if got := datumOf(vector.Const(tt.t, tt.value, 5), 3); got != tt.want {
			t.Errorf("%v constant: got %s\nwant %s", tt.t, got, tt.want)
		}
		if got := datumOf(vector.NullsOf(tt.t, 5), 3); got != nullDatum {
			t.Errorf("%v constant NULL: %s", tt.t, got)
		}
		if tt.value == nil {
			continue
		}
		dict := vector.DictionaryOf(vector.FromValues(tt.t, tt.value), []int32{-1, 0})
		if got := datumOf(dict, 1); got != tt.want {
			t.Errorf("%v dictionary: got %s\nwant %s", tt.t, got, tt.want)
		}
		if got := datumOf(dict, 0); got != nullDatum {
			t.Errorf("%v dictionary NULL: %s", tt.t, got)
		}
	}
}

// TestNestedForms: parts of arrays and series may be constants and dictionaries themselves.
func TestNestedForms(t *testing.T) {
	elems := vector.DictionaryOf(vector.Strings([]string{"a", "b"}, nil), []int32{1, -1, 0})
	array := vector.Arrays(types.ArrayOf(types.Varchar), []int32{0, 1, 3}, elems, nil)
	if got, want := datumOf(array, 1), `{"ArrayValue":[{"NullValue":true},{"ScalarValue":"a"}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	series := vector.SeriesOf(types.TimeSeriesOf(types.Bigint), []int32{0, 2}, vector.Const(types.Timestamp, noon, 2), vector.Const(types.Bigint, int64(5), 2), nil)
	const at = `{"Time":"2020-08-08 12:00:00.500000000","Value":{"ScalarValue":"5"}}`
	if got, want := datumOf(series, 0), `{"TimeSeriesValue":[`+at+`,`+at+`]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestColumns(t *testing.T) {
	series := types.TimeSeriesOf(types.Double)
	tests := []struct {
		c    engine.ResultColumn
		want string
	}{
		{engine.ResultColumn{Name: "measure_value::double", Type: types.Double}, `{"Name":"measure_value::double","Type":{"ScalarType":"DOUBLE"}}`},
		{engine.ResultColumn{Name: "a\"b", Type: types.Varchar}, `{"Name":"a\"b","Type":{"ScalarType":"VARCHAR"}}`},
		{engine.ResultColumn{Name: "i", Type: types.IntervalDayToSecond}, `{"Name":"i","Type":{"ScalarType":"INTERVAL_DAY_TO_SECOND"}}`},
		{engine.ResultColumn{Name: "x", Type: types.ArrayOf(types.ArrayOf(types.Integer))},
			`{"Name":"x","Type":{"ArrayColumnInfo":{"Type":{"ArrayColumnInfo":{"Type":{"ScalarType":"INTEGER"}}}}}}`},
		{engine.ResultColumn{Name: "s", Type: series}, `{"Name":"s","Type":{"TimeSeriesMeasureValueColumnInfo":{"Type":{"ScalarType":"DOUBLE"}}}}`},
		{engine.ResultColumn{Name: "r", Type: types.RowOf(types.Field{Name: "a", Type: types.Date}, types.Field{Type: series})},
			`{"Name":"r","Type":{"RowColumnInfo":[{"Name":"a","Type":{"ScalarType":"DATE"}},{"Type":{"TimeSeriesMeasureValueColumnInfo":{"Type":{"ScalarType":"DOUBLE"}}}}]}}`},
	}
	for _, tt := range tests {
		var w awsjson.Writer
		writeColumns(&w, []engine.ResultColumn{tt.c})
		if got := string(w.Buf); got != "["+tt.want+"]" {
			t.Errorf("got %s\nwant [%s]", got, tt.want)
		}
	}
	for kind := types.KindUnknown; kind < types.KindArray; kind++ {
		if kind.APIName() == "" {
			t.Errorf("no API name for type kind %d", kind)
		}
	}
}

// TestPageLimits: a page ends at its number of rows and at its size; a row is never cut.
func TestPageLimits(t *testing.T) {
	columns := []engine.ResultColumn{{Name: "s", Type: types.Varchar}, {Name: "n", Type: types.Bigint}}
	batch := func(rows, width int) *vector.Batch {
		s, n := make([]string, rows), make([]int64, rows)
		for i := range s {
			s[i], n[i] = strings.Repeat("x", width), int64(i)
		}
		return &vector.Batch{Cols: []*vector.Vector{vector.Strings(s, nil), vector.Int64s(types.Bigint, n, nil)}, Rows: rows}
	}
	p := newPage(columns, 3)
	if a, b, c := p.Append(batch(2, 1), 0), p.Append(batch(5, 1), 1), p.Append(batch(5, 1), 0); a != 2 || b != 1 || c != 0 {
		t.Errorf("rows taken: %d, %d, %d", a, b, c)
	}

	for _, width := range []int{10, 1000, 300_000} {
		p = newPage(columns, 0)
		taken, b := 0, batch(50_000_000/(width+100), width)
		taken = p.Append(b, 0)
		if taken == 0 || taken == b.Rows || p.Append(b, taken) != 0 {
			t.Fatalf("width %d: %d rows taken", width, taken)
		}
		var w awsjson.Writer
		writeQueryPage(&w, &engine.QueryPage{QueryID: strings.Repeat("A", 64), NextToken: strings.Repeat("t", 2048), Columns: columns, Page: p,
			Status: engine.QueryStatus{ProgressPercentage: 99.999999999, CumulativeBytesScanned: math.MaxInt64, CumulativeBytesMetered: math.MaxInt64}})
		if room := pageBytesMax - len(w.Buf); room < 0 || room > width+200+pageEnvelopeBytes {
			t.Errorf("width %d: answer of %d bytes", width, len(w.Buf))
		}
		var answer struct {
			Rows []struct {
				Data []struct{ ScalarValue string }
			}
		}
		if err := json.Unmarshal(w.Buf, &answer); err != nil || len(answer.Rows) != taken || answer.Rows[taken-1].Data[1].ScalarValue != fmt.Sprint(taken-1) {
			t.Errorf("width %d: %d rows in the answer, %v", width, len(answer.Rows), err)
		}
	}
	if n := newPage(columns, 0).Append(batch(1, pageBytesMax), 0); n != 0 {
		t.Errorf("a row larger than a page is taken")
	}
}

// TestHugeRow: a row that cannot fit is not written out in full first.
func TestHugeRow(t *testing.T) {
	const n = 5_000_000
	elems := vector.Const(types.Bigint, int64(1), n)
	batch := &vector.Batch{Cols: []*vector.Vector{
		vector.Arrays(types.ArrayOf(types.Bigint), []int32{0, n}, elems, nil),
		vector.SeriesOf(types.TimeSeriesOf(types.Bigint), []int32{0, n}, vector.Int64s(types.Timestamp, make([]int64, n), nil), elems, nil),
	}, Rows: 1}
	p := newPage(nil, 0)
	if taken := p.Append(batch, 0); taken != 0 || p.Size() > 4*pageBytesMax || len(p.rows) != 0 {
		t.Errorf("taken %d, %d bytes", taken, p.Size())
	}
}

// TestEmptyPage: lists are there even if they are empty, and the token is not if there is none.
func TestEmptyPage(t *testing.T) {
	var w awsjson.Writer
	writeQueryPage(&w, &engine.QueryPage{QueryID: "AE1", Status: engine.QueryStatus{ProgressPercentage: 100, CumulativeBytesMetered: 10000000}})
	want := `{"QueryId":"AE1","Rows":[],"ColumnInfo":[],"QueryStatus":{"ProgressPercentage":100.0,"CumulativeBytesScanned":0,"CumulativeBytesMetered":10000000}}`
	if got := string(w.Buf); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// BenchmarkPage fills pages with rows of a dimension, a time and doubles.
func BenchmarkPage(b *testing.B) {
	const rows = 4096
	codes, ts := make([]int32, rows), make([]int64, rows)
	batch := &vector.Batch{Rows: rows}
	for i := range rows {
		codes[i], ts[i] = int32(i%8), noon+int64(i)*10*types.Second
	}
	batch.Cols = append(batch.Cols, vector.DictionaryOf(vector.Strings([]string{"host_0", "host_1", "host_2", "host_3", "host_4", "host_5", "host_6", "host_7"}, nil), codes), vector.Int64s(types.Timestamp, ts, nil))
	for c := range 10 {
		vals := make([]float64, rows)
		for i := range vals {
			vals[i] = float64((i*7919+c*31)%10000) / 100
		}
		batch.Cols = append(batch.Cols, vector.Doubles(vals, nil))
	}
	b.ReportAllocs()
	total := 0
	for b.Loop() {
		p := newPage(nil, 0)
		total += p.Append(batch, 0)
	}
	b.ReportMetric(float64(total*12)/b.Elapsed().Seconds()/1e6, "Mcells/s")
}
