package workshop_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"
)

// compare returns an error that says where a result is not the answer.
func (a answer) compare(got result) error {
	if g, w := strings.Join(got.columns, ", "), strings.Join(a.columns, ", "); g != w {
		return fmt.Errorf("columns\n\t%s, want\n\t%s", g, w)
	}
	wanted := len(a.rows)
	if a.limit > 0 {
		wanted = min(wanted, a.limit)
	}
	if len(got.rows) != wanted {
		return fmt.Errorf("%d rows, want %d%s", len(got.rows), wanted, a.rowsApart(got))
	}
	matched, err := a.match(got)
	if err != nil {
		return err
	}
	for i := 1; i < len(matched); i++ {
		if before, after := a.rows[matched[i-1]], a.rows[matched[i]]; a.order(before, after) > 0 {
			return fmt.Errorf("row %d %s comes before %s", i, before.cells, after.cells)
		}
	}
	return a.checkLimit(matched)
}

// match finds for each row of a result one of the answer, each only once. It returns their indexes.
func (a answer) match(got result) ([]int, error) {
	used := make([]bool, len(a.rows))
	matched := make([]int, 0, len(got.rows))
	for i, r := range got.rows {
		j := a.find(r, used, i)
		if j < 0 {
			return nil, fmt.Errorf("row %d of %d should not be there:\n\t%s%s", i+1, len(got.rows), shortened(show(r.Data)), a.missing(used))
		}
		used[j] = true
		matched = append(matched, j)
	}
	return matched, nil
}

// find returns the index of an unused row that a row of a result is, -1 if there is none. It looks at first first.
func (a answer) find(r types.Row, used []bool, first int) int {
	for i := range a.rows {
		j := (first + i) % len(a.rows)
		if !used[j] && allMatch(a.rows[j].cells, r.Data) {
			return j
		}
	}
	return -1
}

// missing shows the first rows that no row of a result was yet.
func (a answer) missing(used []bool) string {
	var out strings.Builder
	shown := 0
	for j, r := range a.rows {
		if !used[j] && shown < 3 {
			fmt.Fprintf(&out, "\nwanted, among others:\n\t%s", shortened(fmt.Sprint(r.cells)))
			shown++
		}
	}
	return out.String()
}

// rowsApart shows the first row that is only in the result, or only in the answer.
func (a answer) rowsApart(got result) string {
	used := make([]bool, len(a.rows))
	for i, r := range got.rows {
		j := a.find(r, used, i)
		if j < 0 {
			return fmt.Sprintf("; row %d should not be there:\n\t%s", i+1, shortened(show(r.Data)))
		}
		used[j] = true
	}
	return a.missing(used)
}

// checkLimit returns an error if a row that comes before the last of a limited result is not in it.
func (a answer) checkLimit(matched []int) error {
	if a.limit == 0 || len(matched) == 0 {
		return nil
	}
	last := a.rows[matched[len(matched)-1]]
	in := map[int]bool{}
	for _, j := range matched {
		in[j] = true
	}
	for j, r := range a.rows {
		if !in[j] && a.order(r, last) < 0 {
			return fmt.Errorf("row %s is missing: it comes before %s", r.cells, last.cells)
		}
	}
	return nil
}

// order compares the keys of two rows in the direction of the answer.
func (a answer) order(x, y row) int {
	for i := range x.key {
		if c := compareKeys(x.key[i], y.key[i]); c != 0 {
			if a.descending {
				return -c
			}
			return c
		}
	}
	return 0
}

// compareKeys compares two parts of keys.
func compareKeys(x, y any) int {
	switch x := x.(type) {
	case int64:
		return cmp.Compare(x, y.(int64))
	case string:
		return cmp.Compare(x, y.(string))
	}
	if a, b := x.(float64), y.(float64); !near(a, b) {
		return cmp.Compare(a, b)
	}
	return 0
}

// show writes a row of a result for messages.
func show(row []types.Datum) string {
	var parts []string
	for _, d := range row {
		parts = append(parts, showDatum(d))
	}
	return "[" + strings.Join(parts, " ") + "]"
}

// showDatum writes a value of a result for messages.
func showDatum(d types.Datum) string {
	switch {
	case d.ScalarValue != nil:
		return *d.ScalarValue
	case d.TimeSeriesValue != nil:
		var parts []string
		for _, p := range d.TimeSeriesValue {
			parts = append(parts, aws.ToString(p.Time)+"="+showDatum(*p.Value))
		}
		return fmt.Sprintf("%d points [%s]", len(parts), strings.Join(parts, " "))
	case d.ArrayValue != nil:
		return show(d.ArrayValue)
	case d.RowValue != nil:
		return show(d.RowValue.Data)
	}
	return "NULL"
}

// columnsOf returns the names and types of a result's columns as answers have them.
func columnsOf(infos []types.ColumnInfo) []string {
	var out []string
	for _, info := range infos {
		out = append(out, strings.TrimSpace(aws.ToString(info.Name)+" "+typeOf(info.Type)))
	}
	return out
}

// typeOf writes a type.
func typeOf(t *types.Type) string {
	switch {
	case t.ArrayColumnInfo != nil:
		return "ARRAY(" + columnsOf([]types.ColumnInfo{*t.ArrayColumnInfo})[0] + ")"
	case t.TimeSeriesMeasureValueColumnInfo != nil:
		return "TIMESERIES(" + columnsOf([]types.ColumnInfo{*t.TimeSeriesMeasureValueColumnInfo})[0] + ")"
	case t.RowColumnInfo != nil:
		return "ROW(" + strings.Join(columnsOf(t.RowColumnInfo), ", ") + ")"
	}
	return string(t.ScalarType)
}

// shortened cuts long texts of messages.
func shortened(s string) string {
	const most = 1000
	if len(s) > most {
		return s[:most] + " ..."
	}
	return s
}

// TestCompare shows which results are an answer and which are not.
func TestCompare(t *testing.T) {
	word := func(s string) types.Datum { return types.Datum{ScalarValue: aws.String(s)} }
	missing := types.Datum{NullValue: aws.Bool(true)}
	rows := func(rows ...[]types.Datum) (out []types.Row) {
		for _, r := range rows {
			out = append(out, types.Row{Data: r})
		}
		return out
	}
	pairs := func(texts ...string) (out []types.Row) {
		for i := 0; i < len(texts); i += 2 {
			out = append(out, types.Row{Data: []types.Datum{word(texts[i]), word(texts[i+1])}})
		}
		return out
	}
	columns := []string{"a VARCHAR", "b DOUBLE"}
	ordered := answer{columns: columns, descending: true, rows: []row{
		{[]cell{text("x"), double(1)}, []any{1.0}}, {[]cell{text("y"), double(2)}, []any{2.0}}, {[]cell{text("z"), double(2)}, []any{2.0}},
	}}
	limited := ordered
	limited.limit = 2
	first := ordered
	first.limit = 1
	one := func(c cell) answer { return answer{columns: columns, rows: []row{{[]cell{text("x"), c}, nil}}} }
	set := answer{columns: columns, rows: []row{{[]cell{text("x"), double(1)}, nil}, {[]cell{text("x"), null{}}, nil}}}
	at := func(seconds int64, d types.Datum) types.TimeSeriesDataPoint {
		return types.TimeSeriesDataPoint{Time: aws.String(instantText(seconds * second)), Value: &d}
	}
	course := func(points ...types.TimeSeriesDataPoint) []types.Row {
		return rows([]types.Datum{word("x"), {TimeSeriesValue: points}})
	}
	wantCourse := one(series{{1 * second, double(0.5)}, {3 * second, null{}}})

	for name, tt := range map[string]struct {
		want  answer
		rows  []types.Row
		right bool
	}{
		"order with ties":                  {ordered, pairs("z", "2.0", "y", "2.0", "x", "1.0"), true},
		"order with ties the other way":    {ordered, pairs("y", "2.0", "z", "2.0", "x", "1.0"), true},
		"wrong order":                      {ordered, pairs("x", "1.0", "z", "2.0", "y", "2.0"), false},
		"limit":                            {limited, pairs("z", "2.0", "y", "2.0"), true},
		"limit takes a later row":          {limited, pairs("z", "2.0", "x", "1.0"), false},
		"limit takes too many":             {limited, pairs("z", "2.0", "y", "2.0", "x", "1.0"), false},
		"limit between ties":               {first, pairs("y", "2.0"), true},
		"limit between ties the other way": {first, pairs("z", "2.0"), true},
		"set in any order":                 {set, rows([]types.Datum{word("x"), missing}, []types.Datum{word("x"), word("1.0")}), true},
		"row twice":                        {set, pairs("x", "1.0", "x", "1.0"), false},
		"row missing":                      {set, pairs("x", "1.0"), false},
		"empty text for NULL":              {one(null{}), pairs("x", ""), false},
		"NULL for a value":                 {one(double(1)), rows([]types.Datum{word("x"), missing}), false},
		"last digits":                      {one(double(0.3)), pairs("x", "0.30000000000000004"), true},
		"other digits":                     {one(double(0.3)), pairs("x", "0.300001"), false},
		"last digits of what is stored":    {one(stored(0.3)), pairs("x", "0.30000000000000004"), false},
		"double as an integer":             {one(double(1)), pairs("x", "1"), false},
		"double as Go writes it":           {one(double(1e21)), pairs("x", "1e+21"), false},
		"double as Java writes it":         {one(double(1e21)), pairs("x", "1.0E21"), true},
		"not a number":                     {one(double(1)), pairs("x", "NaN"), false},
		"rounded":                          {one(rounded(1.234)), pairs("x", "1.23"), true},
		"rounded wrong":                    {one(rounded(1.234)), pairs("x", "1.24"), false},
		"not rounded":                      {one(rounded(1.234)), pairs("x", "1.234"), false},
		"halfway up":                       {one(rounded((10.01 + 10.02) / 2)), pairs("x", "10.02"), true},
		"halfway down":                     {one(rounded((10.01 + 10.02) / 2)), pairs("x", "10.01"), true},
		"series":                           {wantCourse, course(at(1, word("0.5")), at(3, missing)), true},
		"series with another time":         {wantCourse, course(at(1, word("0.5")), at(4, missing)), false},
		"series that is short":             {wantCourse, course(at(1, word("0.5"))), false},
		"series with another value":        {wantCourse, course(at(1, word("0.6")), at(3, missing)), false},
		"array": {one(list{fields{text("a"), count(1)}}), rows([]types.Datum{word("x"), {ArrayValue: []types.Datum{
			{RowValue: &types.Row{Data: []types.Datum{word("a"), word("1")}}},
		}}}), true},
		"array with another field": {one(list{fields{text("a"), count(1)}}), rows([]types.Datum{word("x"), {ArrayValue: []types.Datum{
			{RowValue: &types.Row{Data: []types.Datum{word("a"), word("2")}}},
		}}}), false},
	} {
		if err := tt.want.compare(result{columns: columns, rows: tt.rows}); (err == nil) != tt.right {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := set.compare(result{columns: []string{"a VARCHAR", "b BIGINT"}, rows: pairs("x", "1.0", "x", "1.0")}); err == nil {
		t.Error("columns of another type passed")
	}
}
