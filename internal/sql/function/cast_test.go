package function

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

var (
	pairType   = types.RowOf(types.Field{Name: "a", Type: types.Bigint}, types.Field{Name: "b", Type: types.Varchar})
	seriesType = types.TimeSeriesOf(types.Bigint)
)

// castSample is a value, the type to cast to, and the result in text form.
type castSample struct {
	expr string
	to   *types.Type
	want string
}

func TestCast_2_5(t *testing.T) {
	for _, c := range []castSample{
		{"1", types.Double, "1.0"}, {"bigint '9007199254740993'", types.Double, "9.007199254740992E15"}, {"1", types.Bigint, "1"},
		{"2.5", types.Bigint, "3"}, {"-2.5", types.Bigint, "-3"}, {"2.4", types.Integer, "2"}, {"1e300", types.Bigint, "error: Unable to cast 1.0E300 to bigint"},
		{"nan()", types.Bigint, "error: Unable to cast NaN to bigint"}, {"infinity()", types.Integer, "error: Out of range for integer: Infinity"},
		{"9223372036854775808.0", types.Bigint, "error: Unable to cast 9.223372036854776E18 to bigint"}, {"-9223372036854775808.0", types.Bigint, "-9223372036854775808"},
		{"2147483647.4", types.Integer, "2147483647"}, {"2147483647.5", types.Integer, "error: Out of range for integer: 2.1474836475E9"},
		{"3000000000", types.Integer, "error: Out of range for integer: 3000000000"}, {"bigint '-5'", types.Integer, "-5"},
		{"0", types.Boolean, "false"}, {"2", types.Boolean, "true"}, {"0.0", types.Boolean, "false"}, {"nan()", types.Boolean, "true"},
		{"true", types.Integer, "1"}, {"false", types.Bigint, "0"}, {"true", types.Double, "1.0"},
		{"-12", types.Varchar, "-12"}, {"1e7", types.Varchar, "1.0E7"}, {"0.001", types.Varchar, "0.001"}, {"nan()", types.Varchar, "NaN"}, {"true", types.Varchar, "true"},
		{"'12'", types.Bigint, "12"}, {"'-12'", types.Integer, "-12"}, {"'+12'", types.Bigint, "12"}, {"' 12'", types.Bigint, "error: Cannot cast ' 12' to BIGINT"},
		{"'1.5'", types.Bigint, "error: Cannot cast '1.5' to BIGINT"}, {"''", types.Bigint, "error: Cannot cast '' to BIGINT"}, {"'3000000000'", types.Integer, "error: Cannot cast '3000000000' to INT"},
		{"'1.5'", types.Double, "1.5"}, {"' 1e3 '", types.Double, "1000.0"}, {"'NaN'", types.Double, "NaN"}, {"'-Infinity'", types.Double, "-Infinity"}, {"'abc'", types.Double, "error: Cannot cast 'abc' to DOUBLE"},
		{"'inf'", types.Double, "error: Cannot cast 'inf' to DOUBLE"}, {"'0x10'", types.Double, "error: Cannot cast '0x10' to DOUBLE"}, {"'1_0'", types.Double, "error: Cannot cast '1_0' to DOUBLE"},
		{"'T'", types.Boolean, "true"}, {"'false'", types.Boolean, "false"}, {"'1'", types.Boolean, "true"}, {"'yes'", types.Boolean, "error: Cannot cast 'yes' to BOOLEAN"},
		{"'2020-10-25'", types.Date, "2020-10-25"}, {"'2020-10-25 10:00'", types.Date, "error: Value cannot be cast to date: 2020-10-25 10:00"}, {"'01:02:03.5'", types.Time, "01:02:03.500000000"},
		{"'25:00'", types.Time, "error: Value cannot be cast to time: 25:00"}, {"'2030-12-16'", types.Timestamp, "2030-12-16 00:00:00.000000000"}, {"'2024-01-01 00:00:00.0000000'", types.Timestamp, "2024-01-01 00:00:00.000000000"},
		{"'abc'", types.Timestamp, "error: Value cannot be cast to timestamp: abc"},
		{"timestamp '2020-01-02 03:04:05.6'", types.Date, "2020-01-02"}, {"timestamp '1969-12-31 23:00'", types.Date, "1969-12-31"}, {"timestamp '2020-01-02 03:04:05.6'", types.Time, "03:04:05.600000000"},
		{"timestamp '1969-12-31 23:00'", types.Time, "23:00:00.000000000"}, {"date '2020-01-02'", types.Timestamp, "2020-01-02 00:00:00.000000000"}, {"date '9999-01-01'", types.Timestamp, "error: Timestamp is out of range"},
		{"time '03:04'", types.Timestamp, "1970-01-01 03:04:00.000000000"}, {"timestamp '2020-01-02'", types.Varchar, "2020-01-02 00:00:00.000000000"}, {"date '2020-01-02'", types.Varchar, "2020-01-02"},
		{"time '03:04'", types.Varchar, "03:04:00.000000000"}, {"-(4h)", types.Varchar, "-0 04:00:00.000000000"}, {"14month", types.Varchar, "1-2"},
		{"ROW(0, 'x')", pairType, "(0, x)"}, {"ROW('7', 8)", pairType, "(7, 8)"}, {"ROW('x', 8)", pairType, "error: Cannot cast 'x' to BIGINT"}, {"ROW(NULL, NULL)", pairType, "(NULL, NULL)"},
		{"ARRAY['1', NULL, '2']", types.ArrayOf(types.Bigint), "[1, NULL, 2]"}, {"ARRAY['1', 'x']", types.ArrayOf(types.Bigint), "error: Cannot cast 'x' to BIGINT"}, {"ARRAY[]", types.ArrayOf(types.Date), "[]"},
		{"ARRAY[ARRAY[1.5]]", types.ArrayOf(types.ArrayOf(types.Integer)), "[[2]]"}, {"NULL", types.Bigint, "NULL"}, {"NULL", pairType, "NULL"},
		{"timestamp '2020-01-01'", types.Bigint, "error: Cannot cast timestamp to bigint"}, {"1", types.Date, "error: Cannot cast integer to date"}, {"1h", types.IntervalYearToMonth, "error: Cannot cast interval day to second to interval year to month"},
		{"ARRAY[1]", types.Varchar, "error: Cannot cast array(integer) to varchar"}, {"ROW(1)", pairType, "error: Cannot cast row(integer) to row(a bigint, b varchar)"},
	} {
		checkCast(t, c)
	}
}

// checkCast casts a value alone, as a constant, between NULLs, and in a dictionary, with and without try.
func checkCast(t *testing.T, c castSample) {
	t.Helper()
	n := parseTest(t, c.expr)
	from, err := n.check(nil)
	if err != nil {
		t.Fatal(err)
	}
	value, err := n.eval(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	forms := map[string]*vector.Vector{
		"flat": vector.FromValues(from, value, nil, value), "constant": vector.Const(from, value, 3),
		"dictionary": vector.FromValues(from, value, nil, value),
	}
	if value != nil && from.IsScalar() {
		forms["dictionary"] = vector.DictionaryOf(vector.FromValues(from, value), []int32{0, -1, 0})
	}
	for name, v := range forms {
		out, err := Cast(v, c.to, false)
		got := ""
		if err != nil {
			got = "error: " + err.Error()
			if !dberr.Is(err, dberr.Invalid) {
				t.Errorf("%s: kind of %v", c.expr, err)
			}
		} else {
			got = showAs(c.to, out.Value(2))
			if name == "constant" && out.Form != vector.Constant || name != "constant" && !out.IsNull(1) || out.Len() != 3 || !out.Type.Equal(c.to) {
				t.Errorf("%s, %s: %d rows of %s in form %d", c.expr, name, out.Len(), out.Type, out.Form)
			}
		}
		if got != c.want {
			t.Errorf("CAST(%s AS %s), %s\n got  %s\n want %s", c.expr, c.to, name, got, c.want)
		}
		if !CanCast(from, c.to) {
			continue
		}
		tried, err2 := Cast(v, c.to, true)
		if err2 != nil || (err != nil) != tried.IsNull(2) && value != nil {
			t.Errorf("TRY_CAST(%s AS %s), %s: %v, %v", c.expr, c.to, name, tried, err2)
		}
	}
}

func TestCanCast_2_5(t *testing.T) {
	scalar := []*types.Type{types.Boolean, types.Integer, types.Bigint, types.Double, types.Varchar, types.Timestamp, types.Date, types.Time, types.IntervalDayToSecond, types.IntervalYearToMonth}
	allowed := map[string]string{ // from each type: to which others
		"boolean": "integer bigint double varchar", "integer": "boolean bigint double varchar", "bigint": "boolean integer double varchar", "double": "boolean integer bigint varchar",
		"varchar": "boolean integer bigint double timestamp date time", "timestamp": "varchar date time", "date": "varchar timestamp", "time": "varchar timestamp",
		"interval day to second": "varchar", "interval year to month": "varchar",
	}
	for _, from := range scalar {
		for _, to := range scalar {
			want := from == to
			for _, name := range strings.Fields(allowed[from.String()]) {
				want = want || name == to.String()
			}
			if got := CanCast(from, to); got != want {
				t.Errorf("CanCast(%s, %s) = %v", from, to, got)
			}
			if types.CanCoerce(from, to) && !want {
				t.Errorf("%s coerces to %s but cannot be cast", from, to)
			}
		}
		if !CanCast(types.Unknown, from) || CanCast(from, types.FunctionOf(from)) || CanCast(types.FunctionOf(from), from) {
			t.Errorf("unknown or function types with %s", from)
		}
	}
	if !CanCast(seriesType, types.TimeSeriesOf(types.Double)) || CanCast(seriesType, types.ArrayOf(types.Bigint)) || CanCast(pairType, types.RowOf(pairType.Fields[0])) {
		t.Error("series and rows")
	}
}

func TestTryCastMakesNull(t *testing.T) {
	v := vector.FromValues(types.ArrayOf(types.Varchar), []types.Value{"1"}, []types.Value{"x", "2"}, nil, []types.Value{})
	out, err := Cast(v, types.ArrayOf(types.Bigint), true)
	if err != nil || show(all(out)) != "[[1], NULL, NULL, []]" {
		t.Errorf("%v, %v", show(all(out)), err)
	}
	rows := vector.FromValues(types.RowOf(types.Field{Type: types.Varchar}, types.Field{Type: types.Integer}), []types.Value{"1", int64(2)}, []types.Value{"x", int64(3)}, nil)
	out, err = Cast(rows, pairType, true)
	if err != nil || show(all(out)) != "[[1, 2], NULL, NULL]" {
		t.Errorf("%v, %v", show(all(out)), err)
	}
	if _, err = Cast(rows, pairType, false); err == nil {
		t.Error("no error without try")
	}
	series := vector.FromValues(types.TimeSeriesOf(types.Integer), types.Series{{Time: 5, Value: int64(1)}, {Time: 6, Value: nil}})
	out, err = Cast(series, types.TimeSeriesOf(types.Double), false)
	if err != nil || out.Value(0).(types.Series)[0].Value != 1.0 || out.Value(0).(types.Series)[1].Value != nil {
		t.Errorf("%v, %v", out, err)
	}
}

func all(v *vector.Vector) []types.Value {
	out := make([]types.Value, v.Len())
	for i := range out {
		out[i] = v.Value(i)
	}
	return out
}

// What no row has must not make a cast fail: entries of a dictionary, elements that belong to NULL rows, the rest of a
// vector that was cut.
func TestCastIgnoresWhatNoRowHas(t *testing.T) {
	dict := vector.Strings([]string{"1", "x", "3"}, nil)
	out, err := Cast(vector.DictionaryOf(dict, []int32{0, 2, -1, 0}), types.Bigint, false)
	if err != nil || show(all(out)) != "[1, 3, NULL, 1]" {
		t.Errorf("%v, %v", out, err)
	}
	if _, err = Cast(vector.DictionaryOf(dict, []int32{0, 1, 2}), types.Bigint, false); err == nil || err.Error() != "Cannot cast 'x' to BIGINT" {
		t.Errorf("%v", err)
	}
	lists := vector.Arrays(types.ArrayOf(types.Varchar), []int32{0, 1, 2, 3}, dict, []bool{false, true, false})
	if out, err = Cast(lists, types.ArrayOf(types.Bigint), false); err != nil || show(all(out)) != "[[1], NULL, [3]]" {
		t.Errorf("%v, %v", out, err)
	}
	whole := vector.Arrays(types.ArrayOf(types.Varchar), []int32{0, 1, 2, 3}, dict, nil)
	if out, err = Cast(whole.Slice(2, 3), types.ArrayOf(types.Bigint), false); err != nil || show(all(out)) != "[[3]]" {
		t.Errorf("%v, %v", out, err)
	}
	nulls := vector.Strings([]string{"", "7"}, []bool{true, false})
	if out, err = Cast(nulls, types.Timestamp, false); err == nil {
		t.Errorf("%v", out)
	}
	if out, err = Cast(nulls.Slice(0, 1), types.Timestamp, false); err != nil || !out.IsNull(0) {
		t.Errorf("%v, %v", out, err)
	}
	if out, err = Cast(vector.Const(types.Varchar, "x", 0), types.Bigint, false); err != nil || out.Len() != 0 {
		t.Errorf("%v, %v", out, err)
	}
}

func TestCastVarchar_2_5(t *testing.T) {
	for _, v := range []*vector.Vector{
		vector.Strings([]string{"abcd", "äöü", "", "x"}, []bool{false, false, false, true}),
		vector.DictionaryOf(vector.Strings([]string{"abcd", "äöü", ""}, nil), []int32{0, 1, 2, -1}),
	} {
		if got := show(all(CastVarchar(v, 2))); got != "[ab, äö, , NULL]" {
			t.Errorf("form %d: %s", v.Form, got)
		}
	}
	if out := CastVarchar(vector.Const(types.Varchar, "abc", 2), 0); out.Form != vector.Constant || out.Value(1) != "" {
		t.Errorf("%v", out)
	}
}

// Casting to text and back must give the same value.
func TestCastRoundTrips(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		for _, v := range []*vector.Vector{
			vector.Int64s(types.Bigint, []int64{rapid.Int64().Draw(rt, "bigint")}, nil),
			vector.Int64s(types.Integer, []int64{int64(rapid.Int32().Draw(rt, "integer"))}, nil),
			vector.Doubles([]float64{rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(-1), 1e7, 1e-3, math.Copysign(0, -1)})).Draw(rt, "double")}, nil),
			vector.Booleans([]bool{rapid.Bool().Draw(rt, "boolean")}, nil),
			vector.Int64s(types.Timestamp, []int64{rapid.Int64().Draw(rt, "timestamp")}, nil),
			vector.Int64s(types.Date, []int64{rapid.Int64Range(-100_000, 100_000).Draw(rt, "date")}, nil),
			vector.Int64s(types.Time, []int64{rapid.Int64Range(0, types.Day-1).Draw(rt, "time")}, nil),
		} {
			text, err := Cast(v, types.Varchar, false)
			if err != nil {
				rt.Fatal(err)
			}
			back, err := Cast(text, v.Type, false)
			if err != nil || !sameValue(back.Value(0), v.Value(0)) {
				rt.Fatalf("%s %v became %q and %v, %v", v.Type, v.Value(0), text.Value(0), back, err)
			}
		}
	})
}
