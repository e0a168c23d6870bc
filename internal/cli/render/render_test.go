package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"
	"github.com/rivo/uniseg"
)

func scalar(name string, t types.ScalarType) types.ColumnInfo {
	return types.ColumnInfo{Name: aws.String(name), Type: &types.Type{ScalarType: t}}
}

func array(of types.ColumnInfo) types.ColumnInfo {
	return types.ColumnInfo{Name: of.Name, Type: &types.Type{ArrayColumnInfo: &types.ColumnInfo{Type: of.Type}}}
}

func seriesOf(of types.ColumnInfo) types.ColumnInfo {
	return types.ColumnInfo{Name: of.Name, Type: &types.Type{TimeSeriesMeasureValueColumnInfo: &types.ColumnInfo{Type: of.Type}}}
}

func rowOf(name string, fields ...types.ColumnInfo) types.ColumnInfo {
	return types.ColumnInfo{Name: aws.String(name), Type: &types.Type{RowColumnInfo: fields}}
}

func value(s string) types.Datum { return types.Datum{ScalarValue: aws.String(s)} }

func null() types.Datum { return types.Datum{NullValue: aws.Bool(true)} }

func list(of ...types.Datum) types.Datum {
	return types.Datum{ArrayValue: append([]types.Datum{}, of...)}
}

func record(of ...types.Datum) types.Datum { return types.Datum{RowValue: &types.Row{Data: of}} }

func points(pairs ...string) types.Datum {
	d := types.Datum{TimeSeriesValue: []types.TimeSeriesDataPoint{}}
	for i := 0; i < len(pairs); i += 2 {
		v := value(pairs[i+1])
		if pairs[i+1] == "" {
			v = null()
		}
		d.TimeSeriesValue = append(d.TimeSeriesValue, types.TimeSeriesDataPoint{Time: aws.String(pairs[i]), Value: &v})
	}
	return d
}

func row(of ...types.Datum) types.Row { return types.Row{Data: of} }

func write(t *testing.T, format string, o Options, columns []types.ColumnInfo, pages ...[]types.Row) string {
	t.Helper()
	var b strings.Builder
	w, err := New(format, &b, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Begin(columns); err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if err := w.Rows(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// every has a column of each kind of value, in two pages.
func every() ([]types.ColumnInfo, [][]types.Row) {
	double := scalar("cpu", types.ScalarTypeDouble)
	return []types.ColumnInfo{
			scalar("host", types.ScalarTypeVarchar), double, scalar("n", types.ScalarTypeBigint),
			scalar("up", types.ScalarTypeBoolean), scalar("time", types.ScalarTypeTimestamp),
			array(scalar("tags", types.ScalarTypeVarchar)), seriesOf(scalar("load", types.ScalarTypeDouble)),
			rowOf("r", scalar("a", types.ScalarTypeInteger), scalar("b", types.ScalarTypeVarchar)),
		}, [][]types.Row{
			{row(value("host-24Gju"), value("12.5"), value("7"), value("true"), value("2026-03-14 09:26:53.000000000"),
				list(value("x"), null()),
				points("2026-03-14 09:00:00.000000000", "1.0", "2026-03-14 09:01:00.000000000", "8.0",
					"2026-03-14 09:02:00.000000000", "4.5"),
				record(value("1"), value("y")))},
			{},
			{row(value(`日本, "東京"`), value("NaN"), value("-9223372036854775808"), value("false"), null(), list(), points(), null()),
				row(value(""), null(), null(), null(), null(), null(), null(), record(null(), value("z")))},
		}
}

func TestTable(t *testing.T) {
	columns, pages := every()
	want := "" +
		" host         |  cpu |                    n | up    | time                          | tags      | load                | r\n" +
		"--------------+------+----------------------+-------+-------------------------------+-----------+---------------------+-----------\n" +
		" host-24Gju   | 12.5 |                    7 | true  | 2026-03-14 09:26:53.000000000 | [x, NULL] | ▁█▅ n=3 min=1 max=8 | (1, y)\n" +
		" 日本, \"東京\" |  NaN | -9223372036854775808 | false | NULL                          | []        | n=0                 | NULL\n" +
		"              | NULL |                 NULL | NULL  | NULL                          | NULL      | NULL                | (NULL, z)\n"
	if got := write(t, "table", Options{}, columns, pages...); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCSV(t *testing.T) {
	columns, pages := every()
	want := `host,cpu,n,up,time,tags,load,r
host-24Gju,12.5,7,true,2026-03-14 09:26:53.000000000,"[""x"",null]",` +
		`"[{""time"":""2026-03-14 09:00:00.000000000"",""value"":1.0},{""time"":""2026-03-14 09:01:00.000000000"",""value"":8.0},` +
		`{""time"":""2026-03-14 09:02:00.000000000"",""value"":4.5}]","{""a"":1,""b"":""y""}"
"日本, ""東京""",NaN,-9223372036854775808,false,,[],[],
"",,,,,,,"{""a"":null,""b"":""z""}"
`
	if got := write(t, "csv", Options{}, columns, pages...); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestJSON(t *testing.T) {
	columns, pages := every()
	want := `[
{"host":"host-24Gju","cpu":12.5,"n":7,"up":true,"time":"2026-03-14 09:26:53.000000000","tags":["x",null],` +
		`"load":[{"time":"2026-03-14 09:00:00.000000000","value":1.0},{"time":"2026-03-14 09:01:00.000000000","value":8.0},` +
		`{"time":"2026-03-14 09:02:00.000000000","value":4.5}],"r":{"a":1,"b":"y"}},
{"host":"日本, \"東京\"","cpu":"NaN","n":-9223372036854775808,"up":false,"time":null,"tags":[],"load":[],"r":null},
{"host":"","cpu":null,"n":null,"up":null,"time":null,"tags":null,"load":null,"r":{"a":null,"b":"z"}}
]
`
	got := write(t, "json", Options{}, columns, pages...)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var parsed []map[string]any
	if err := json.Unmarshal([]byte(got), &parsed); err != nil || len(parsed) != 3 {
		t.Errorf("%d rows, %v", len(parsed), err)
	}
}

func TestEmptyResults(t *testing.T) {
	columns := []types.ColumnInfo{scalar("a", types.ScalarTypeVarchar), scalar("b", types.ScalarTypeDouble)}
	for format, want := range map[string]string{"table": " a | b\n---+---\n", "csv": "a,b\n", "json": "[]\n"} {
		if got := write(t, format, Options{Width: 80}, columns, nil); got != want {
			t.Errorf("%s: %q, want %q", format, got, want)
		}
	}
	for format, want := range map[string]string{"table": "", "csv": "\n", "json": "[]\n"} {
		if got := write(t, format, Options{Width: 80}, nil); got != want {
			t.Errorf("%s without columns: %q, want %q", format, got, want)
		}
	}
}

// SELECT * over a join has equal column names, and fields of rows need not have any.
func TestJSONNames(t *testing.T) {
	columns := []types.ColumnInfo{
		scalar("time", types.ScalarTypeVarchar), scalar("time", types.ScalarTypeVarchar), scalar("time_2", types.ScalarTypeVarchar),
		rowOf("r", types.ColumnInfo{Type: &types.Type{ScalarType: types.ScalarTypeBigint}}, scalar("b", types.ScalarTypeVarchar)),
	}
	got := write(t, "json", Options{}, columns, []types.Row{row(value("1"), value("2"), value("3"), record(value("4"), value("5")))})
	if want := "[\n{\"time\":\"1\",\"time_2\":\"2\",\"time_2_2\":\"3\",\"r\":[4,\"5\"]}\n]\n"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

func TestJSONStrings(t *testing.T) {
	for _, s := range []string{"", `"\`, "a\nb\tc\r\x00\x1b\x7f", "日本😀", "\u2028</script>", "\xff\xfe"} {
		var back string
		text := appendString(nil, s)
		if err := json.Unmarshal(text, &back); err != nil || back != strings.ToValidUTF8(s, "\ufffd") && s != "\xff\xfe" {
			t.Errorf("%q is written %s, which reads %q, %v", s, text, back, err)
		}
	}
	for s, want := range map[string]string{"1.0E10": "1.0E10", "-1": "-1", "Infinity": `"Infinity"`, "": `""`, "true": `"true"`, "007": `"007"`} {
		if got := string(appendScalar(nil, s, &types.Type{ScalarType: types.ScalarTypeDouble})); got != want {
			t.Errorf("double %q is written %s, want %s", s, got, want)
		}
	}
}

// Nothing in a value can break the table or steer the terminal.
func TestTableEscapes(t *testing.T) {
	for s, want := range map[string]string{
		"a\nb": `a\nb`, "\x1b[2J": `\x1b[2J`, "t\tr\r": `t\tr\r`, "\u202e": `\u{202e}`, "NULL": `"NULL"`, "\u0085": `\x85`,
		"👩\u200d🚀": "👩\u200d🚀", "nbsp\u00a0": `nbsp\xa0`, "\xff": "�",
	} {
		if got := cellText(value(s), nil); got != want {
			t.Errorf("%q is shown as %q, want %q", s, got, want)
		}
	}
}

func TestArraysAreShortened(t *testing.T) {
	var many []types.Datum
	for i := range 1210 {
		many = append(many, value(fmt.Sprint(i)))
	}
	column := array(scalar("a", types.ScalarTypeBigint))
	if got, want := cellText(list(many...), column.Type), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … 1,200 more]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestSparklines(t *testing.T) {
	at := func(second int) string { return fmt.Sprintf("2026-03-14 09:%02d:%02d.000000000", second/60, second%60) }
	var ramp, gaps []string
	for i := range 240 {
		ramp = append(ramp, at(i), fmt.Sprint(float64(i)/2))
		if i < 120 || i > 180 {
			gaps = append(gaps, at(i), fmt.Sprint(float64(i%60)))
		}
	}
	double := &types.Type{ScalarType: types.ScalarTypeDouble}
	for _, c := range []struct {
		name  string
		value types.Datum
		of    *types.Type
		want  string
	}{
		{"ramp", points(ramp...), double, "▁▁▁▂▂▂▃▃▃▄▄▄▅▅▅▆▆▆▇▇▇███ n=240 min=0 max=119.5"},
		{"gap in time", points(gaps...), double, "▁▂▄▅▇█▁▂▄▅▇█······▁▂▄▅▇█ n=179 min=0 max=59"},
		{"flat", points(at(0), "5", at(1), "5", at(2), "5"), double, "▄▄▄ n=3 min=5 max=5"},
		{"one point", points(at(0), "5"), double, "▄ n=1 min=5 max=5"},
		{"NULL and NaN are left out", points(at(0), "1", at(1), "", at(2), "NaN", at(3), "2.25"), double, "▁··█ n=4 min=1 max=2.25"},
		{"only NULL", points(at(0), ""), double, "n=1 without values"},
		{"empty", points(), double, "n=0"},
		{"unreadable times", points("?", "1", "!", "2"), double, "▁█ n=2 min=1 max=2"},
		{"extremes", points(at(0), "-1.7976931348623157E308", at(1), "1.7976931348623157E308"), double,
			"▁█ n=2 min=-1.79769e+308 max=1.79769e+308"},
		{"strings", points(at(0), "a", at(1), "b"), &types.Type{ScalarType: types.ScalarTypeVarchar},
			"n=2 2026-03-14 09:00:00 to 2026-03-14 09:00:01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := series(c.value.TimeSeriesValue, c.of); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestTableIsCutToTheTerminal(t *testing.T) {
	columns := []types.ColumnInfo{
		scalar("id", types.ScalarTypeBigint), scalar("short", types.ScalarTypeVarchar), scalar("text", types.ScalarTypeVarchar),
	}
	rows := []types.Row{
		row(value("1"), value("abc"), value(strings.Repeat("日本語 ", 20))),
		row(value("2"), null(), value("x")),
	}
	want := "" +
		" id | short | text\n" +
		"----+-------+---------------------------\n" +
		"  1 | abc   | 日本語 日本語 日本語 日…\n" +
		"  2 | NULL  | x\n"
	if got := write(t, "table", Options{Width: 40}, columns, rows); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for width := 1; width < 120; width++ {
		for line := range strings.Lines(write(t, "table", Options{Width: width, Color: width%2 == 0}, columns, rows)) {
			if got := visibleWidth(strings.TrimSuffix(line, "\n")); got > width {
				t.Fatalf("width %d: a line of %d: %s", width, got, line)
			}
		}
	}
}

func TestTableColors(t *testing.T) {
	columns := []types.ColumnInfo{scalar("a", types.ScalarTypeVarchar), scalar("b", types.ScalarTypeBigint)}
	got := write(t, "table", Options{Color: true}, columns, []types.Row{row(null(), value("1"))})
	want := " \x1b[1ma\x1b[0m    | \x1b[1mb\x1b[0m\n------+---\n \x1b[2mNULL\x1b[0m | 1\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Rows beyond the sample are written at once; a wider value makes its column wider from there on.
func TestTableStreams(t *testing.T) {
	var b strings.Builder
	w, err := New("table", &b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	columns := []types.ColumnInfo{scalar("a", types.ScalarTypeVarchar), scalar("b", types.ScalarTypeVarchar)}
	if err := w.Begin(columns); err != nil {
		t.Fatal(err)
	}
	narrow := row(value("x"), value("y"))
	for range sampleRows {
		if err := w.Rows([]types.Row{narrow}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Rows([]types.Row{row(value("wide"), value("y")), narrow}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(b.String(), " x | y\n wide | y\n x    | y\n") {
		t.Errorf("ends with %q", b.String()[b.Len()-40:])
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestWriteErrorsAreReported(t *testing.T) {
	for _, format := range Formats {
		w, err := New(format, brokenPipe{}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(w.Begin([]types.ColumnInfo{scalar("a", types.ScalarTypeVarchar)}), w.Rows([]types.Row{row(value("x"))}), w.End())
		if err == nil {
			t.Errorf("%s: no error", format)
		}
	}
	if _, err := New("xml", brokenPipe{}, Options{}); err == nil || !strings.Contains(err.Error(), "table, csv, json") {
		t.Errorf("xml: %v", err)
	}
}

// Rows that are shorter than the columns, or values unlike their type, are shown as well as can be.
func TestOddData(t *testing.T) {
	columns := []types.ColumnInfo{scalar("a", types.ScalarTypeDouble), {Name: nil, Type: nil}, array(types.ColumnInfo{})}
	odd := []types.Row{row(), row(list(value("1")), record(value("2")), points("t", "3")), row(value("x"), types.Datum{}, value("y"))}
	for _, format := range Formats {
		write(t, format, Options{Width: 30, Color: true}, columns, odd)
	}
}

func FuzzCellText(f *testing.F) {
	f.Add("a\x1b[31m\nb日本")
	f.Fuzz(func(t *testing.T, s string) {
		got := cellText(value(s), nil)
		if strings.ContainsAny(got, "\n\r\t\x1b\x00") {
			t.Fatalf("%q is shown as %q", s, got)
		}
		if shown := cut(got, 10); uniseg.StringWidth(shown) > 10 {
			t.Fatalf("%q is cut to %q", got, shown)
		}
	})
}
