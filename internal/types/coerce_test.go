package types

import "testing"

// Implicit coercions. Source: section "Implicit coercion" of the dialect.
func TestCanCoerce(t *testing.T) {
	row := func(ts ...*Type) *Type {
		var fields []Field
		for _, x := range ts {
			fields = append(fields, Field{Type: x})
		}
		return RowOf(fields...)
	}
	for _, c := range []struct {
		from, to *Type
		want     bool
	}{
		{Unknown, Bigint, true}, {Unknown, ArrayOf(Varchar), true}, {Unknown, FunctionOf(Bigint), false}, {Integer, Bigint, true}, {Integer, Double, true}, {Bigint, Double, true},
		{Bigint, Integer, false}, {Double, Bigint, false}, {Date, Timestamp, true}, {Timestamp, Date, false}, {Varchar, Timestamp, true}, {Varchar, Date, true}, {Varchar, Time, false},
		{Varchar, Bigint, false}, {Varchar, Boolean, false}, {Boolean, Integer, false}, {Time, Timestamp, false}, {IntervalDayToSecond, IntervalYearToMonth, false},
		{ArrayOf(Integer), ArrayOf(Double), true}, {ArrayOf(Varchar), ArrayOf(Timestamp), false}, {ArrayOf(Unknown), ArrayOf(ArrayOf(Date)), true}, {ArrayOf(Date), ArrayOf(Timestamp), true},
		{row(Integer, Unknown), row(Bigint, Varchar), true}, {row(Integer), row(Integer, Integer), false}, {row(Varchar), row(Date), false}, {TimeSeriesOf(Integer), TimeSeriesOf(Double), true},
		{TimeSeriesOf(Double), ArrayOf(Double), false},
	} {
		if got := CanCoerce(c.from, c.to); got != c.want {
			t.Errorf("%s to %s: %v", c.from, c.to, got)
		}
	}
}

func TestCommonSuper(t *testing.T) {
	for _, c := range []struct {
		a, b *Type
		want string
	}{
		{Integer, Double, "double"}, {Integer, Integer, "integer"}, {Unknown, Date, "date"}, {Unknown, Unknown, "unknown"}, {Date, Timestamp, "timestamp"}, {Varchar, Timestamp, "timestamp"}, {Varchar, Date, "date"},
		{Varchar, Bigint, ""}, {Boolean, Integer, ""}, {ArrayOf(Integer), ArrayOf(Double), "array(double)"}, {ArrayOf(Varchar), ArrayOf(Timestamp), ""}, {ArrayOf(Unknown), ArrayOf(Varchar), "array(varchar)"},
		{RowOf(Field{"a", Integer}, Field{"b", Varchar}), RowOf(Field{"a", Bigint}, Field{"c", Unknown}), "row(a bigint, varchar)"}, {RowOf(Field{"", Integer}), RowOf(Field{"", Integer}, Field{"", Integer}), ""},
		{RowOf(Field{"a", Integer}), RowOf(Field{"b", Integer}), "row(integer)"}, {TimeSeriesOf(Integer), TimeSeriesOf(Bigint), "timeseries(bigint)"}, {ArrayOf(Integer), Integer, ""},
		{IntervalDayToSecond, IntervalYearToMonth, ""},
	} {
		for _, got := range []*Type{CommonSuper(c.a, c.b), CommonSuper(c.b, c.a)} {
			if (got == nil) != (c.want == "") || got != nil && got.String() != c.want {
				t.Errorf("%s and %s: %v, want %s", c.a, c.b, got, c.want)
			}
		}
	}
}

func TestCompare(t *testing.T) {
	list := func(vs ...Value) []Value { return vs }
	for _, c := range []struct {
		a, b Value
		want int
	}{
		{int64(1), int64(2), -1}, {"b", "a", 1}, {true, false, 1}, {false, false, 0}, {1.5, 1.5, 0}, {0.0, negativeZero(), 0}, {notANumber(), notANumber(), 0}, {notANumber(), 1e308, 1}, {1.0, notANumber(), -1},
		{list(int64(1)), list(int64(1), int64(0)), -1}, {list(nil), list(int64(9)), 1}, {list(nil), list(nil), 0}, {list(int64(2)), list(int64(1), nil), 1}, {list("a", nil), list("a", "z"), 1},
	} {
		if got := Compare(c.a, c.b); got != c.want {
			t.Errorf("%v and %v: %d", c.a, c.b, got)
		}
		if got := Compare(c.b, c.a); got != -c.want {
			t.Errorf("%v and %v: %d", c.b, c.a, got)
		}
	}
}

func negativeZero() float64 { z := 0.0; return -z }
func notANumber() float64   { z := 0.0; return z / z }
