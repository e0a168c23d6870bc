package sink_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/sink"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// cases are what holds for both databases; one with a driver is about that one.
var cases = []struct {
	name   string
	driver string
	test   func(*rig)
}{
	{"a table is created and takes rows of every type", "", testEveryType},
	{"a run that is repeated appends nothing", "", testAppendOnce},
	{"runs, queries and tables are told apart", "", testRunsDiffer},
	{"a run that is repeated upserts the same rows", "", testUpsertAgain},
	{"the last of upserted rows with the same key counts", "", testUpsertSameKey},
	{"a run that ends before its commit leaves nothing", "", testAbort},
	{"a run without rows is noted", "", testNoRows},
	{"a large result takes many statements", "", testLarge},
	{"times are cut off at what the column holds", "", testTimesAreCut},
	{"doubles that are no numbers", "", testNotFinite},
	{"columns are renamed", "", testRename},
	{"sinks are replaced while one is in use", "", testReplace},
	{"a wrong table, column or value is refused", "", testRefused},
	{"upserting needs a key that decides alone", "", testKey},
	{"a table without transactions is refused", "mysql", testNoTransactions},
	{"a second unique index is refused", "mysql", testSecondUnique},
	{"numbers at the edge of their columns", "", testNumberEdges},
	{"characters that the database does not take", "", testBadText},
	{"keys that are the same for the database only", "", testSameForDatabase},
	{"a unique constraint that is checked late is no key", "postgres", testDeferred},
	{"rights that are missing", "", testRights},
	{"the table changes during a run", "", testTableChanges},
	{"the table is locked", "", testLocked},
	{"another schema", "postgres", testSchema},
	{"connections that fail", "", testConnections},
	{"connections are secured", "", testTLS},
	{"two servers make the same run", "", testSameRunTwice},
	{"tables are created by several at once", "", testCreateAtOnce},
	{"a deadlock is one to retry", "", testDeadlock},
	{"a commit whose answer is lost", "", testCommitCut},
	{"a server of Tidemark that dies", "", testClientDies},
	{"the database is killed", "", testKill},
}

func testEveryType(r *rig) {
	point := types.TimeSeriesOf(types.Double)
	pair := types.RowOf(types.Field{Name: "a", Type: types.Bigint}, types.Field{Name: "b", Type: types.Varchar})
	columns := []sink.Column{
		{Name: "b", Type: types.Boolean}, {Name: "i", Type: types.Integer}, {Name: "l", Type: types.Bigint}, {Name: "d", Type: types.Double},
		{Name: "s", Type: types.Varchar}, {Name: "t", Type: types.Timestamp}, {Name: "day", Type: types.Date}, {Name: "clock", Type: types.Time},
		{Name: "span", Type: types.IntervalDayToSecond}, {Name: "months", Type: types.IntervalYearToMonth}, {Name: "list", Type: types.ArrayOf(types.Double)},
		{Name: "pair", Type: pair}, {Name: "points", Type: point}, {Name: "nothing", Type: types.Unknown},
	}
	s := r.sink("create=true")
	r.mustWrite(s, runOf(1), columns, batch(columns,
		[]types.Value{true, int64(-7), int64(math.MaxInt64), 0.1, "Zähler \"1\" \\ 'x' 🙂", nanos("2026-11-21 06:05:00.123456789"), int64(20000), 3*types.Hour + 1500,
			-26 * types.Hour, int64(14), []types.Value{1.5, nil, math.NaN()}, []types.Value{int64(1), "<x>"}, types.Series{{Time: 0, Value: 2.5}}, nil},
		make([]types.Value, len(columns))))
	yes := map[string]string{"mysql": "1", "postgres": "true"}[r.server.Driver]
	text := map[string]string{"mysql": "cast(%s as char)", "postgres": "%s::text"}[r.server.Driver]
	times := fmt.Sprintf(strings.ReplaceAll("%s, %s, %s", "%s", text), `"t"`, `"day"`, `"clock"`)
	zone := map[string]string{"mysql": "", "postgres": "+00"}[r.server.Driver]
	nulls := strings.TrimSpace(strings.Repeat("NULL ", len(columns)))
	r.want(`SELECT "b", "i", "l", "d", "s", `+times+`, "span", "months", "list", "pair", "points", "nothing" FROM {power} ORDER BY "i" IS NULL`,
		yes+` -7 9223372036854775807 0.1 Zähler "1" \ 'x' 🙂 2026-11-21 06:05:00.123456`+zone+` 2024-10-04 03:00:00.000001`+
			` -1 02:00:00.000000000 1-2 [1.5,null,null] {"a":1,"b":"<x>"} [{"time":"1970-01-01 00:00:00.000000000","value":2.5}] NULL`, nulls)
}

func testAppendOnce(r *rig) {
	s := r.sink("create=true")
	rows := power([]types.Value{int64(0), "a", 1.0}, []types.Value{int64(0), "b", nil})
	if got := r.mustWrite(s, runOf(1), powerColumns, rows); got != (sink.Result{Rows: 2}) {
		r.Errorf("%+v", got)
	}
	if _, err := write(s, runOf(1), powerColumns, rows); !errors.Is(err, sink.ErrDone) {
		r.Errorf("the second time: %v", err)
	}
	r.want(`SELECT "device", "value" FROM {power} ORDER BY "device"`, "a 1", "b NULL")
	r.want(`SELECT "target_table", "row_count" FROM {runs}`, "power 2")
}

func testRunsDiffer(r *rig) {
	s := r.sink("create=true")
	other := runOf(1)
	other.QueryARN += "x"
	late := runOf(1)
	late.InvocationTime = late.InvocationTime.Add(time.Microsecond)
	for _, run := range []sink.Run{runOf(1), runOf(2), other, late} {
		r.mustWrite(s, run, powerColumns, power([]types.Value{int64(0), "a", 1.0}))
	}
	r.want(`SELECT count(*) FROM {power}`, "4")
	r.want(`SELECT count(*) FROM {runs}`, "4")
}

func testUpsertAgain(r *rig) {
	s := r.sink("create=true", `mode="upsert"`, `key=["device", "time"]`)
	r.mustWrite(s, runOf(1), powerColumns, power([]types.Value{int64(0), "a", 1.0}, []types.Value{int64(0), "A", 2.0}))
	r.mustWrite(s, runOf(1), powerColumns, power([]types.Value{int64(0), "a", 3.0}))
	r.mustWrite(s, runOf(2), powerColumns, power([]types.Value{int64(0), "A", nil}, []types.Value{int64(1e9), "a", 4.0}))
	r.want(`SELECT "device", "value" FROM {power} ORDER BY "time", "device" = 'a' DESC`, "a 3", "A NULL", "a 4")
	r.want(`SELECT "row_count" FROM {runs} ORDER BY "invocation_time"`, "1", "2")
}

func testUpsertSameKey(r *rig) {
	s := r.sink("create=true", `mode="upsert"`, `key=["device"]`, `columns={"time": "last"}`)
	got := r.mustWrite(s, runOf(1), powerColumns,
		power([]types.Value{int64(0), "a", 1.0}, []types.Value{int64(1), "b", 2.0}, []types.Value{int64(2), "a", 3.0}), power([]types.Value{int64(3), "b", 4.0}))
	if got.Rows != 4 {
		r.Errorf("%+v", got)
	}
	r.want(`SELECT "device", "value" FROM {power} ORDER BY "device"`, "a 3", "b 4")

	r.exec("DROP TABLE " + r.table("power"))
	keysOnly := []sink.Column{{Name: "device", Type: types.Varchar}}
	s = r.sink("create=true", `mode="upsert"`, `key=["device"]`)
	for n := range 2 {
		r.mustWrite(s, runOf(n), keysOnly, batch(keysOnly, []types.Value{"a"}, []types.Value{"a"}))
	}
	r.want(`SELECT "device" FROM {power}`, "a")
}

func testAbort(r *rig) {
	s := r.sink("create=true")
	ctx, cancel := context.WithCancel(context.Background())
	w, err := s.Begin(ctx, runOf(1), powerColumns)
	if err != nil {
		r.Fatal(err)
	}
	if err := w.Write(ctx, many(1500)); err != nil {
		r.Fatal(err)
	}
	cancel()
	r.wantRetryable(w.Write(ctx, many(1500)), "broken off")
	if _, err := w.Commit(context.Background()); err == nil {
		r.Error("a run that failed was committed")
	}
	w.Abort()
	r.want(`SELECT count(*) FROM {power}`, "0")
	r.mustWrite(s, runOf(1), powerColumns, many(1500))
	r.want(`SELECT count(*) FROM {power}`, "1500")
}

// many makes a batch of n rows.
func many(n int) *vector.Batch {
	times, devices, values := make([]int64, n), make([]string, n), make([]float64, n)
	for i := range n {
		times[i], devices[i], values[i] = int64(i)*types.Second, fmt.Sprintf("device-%06d", i%1000), float64(i)
	}
	return &vector.Batch{Rows: n, Cols: []*vector.Vector{vector.Int64s(types.Timestamp, times, nil), vector.Strings(devices, nil), vector.Doubles(values, nil)}}
}

func testNoRows(r *rig) {
	s := r.sink("create=true")
	r.mustWrite(s, runOf(1), powerColumns)
	r.want(`SELECT "row_count" FROM {runs}`, "0")
	if _, err := write(s, runOf(1), powerColumns, many(1)); !errors.Is(err, sink.ErrDone) {
		r.Errorf("%v", err)
	}
}

func testLarge(r *rig) {
	s := r.sink("create=true", `mode="upsert"`, `key=["device", "time"]`)
	r.mustWrite(s, runOf(1), powerColumns, many(2500), many(4096))
	r.want(`SELECT count(*), cast(sum("value") as decimal(20)) FROM {power}`, "4096 8386560")
	r.want(`SELECT "row_count" FROM {runs}`, "6596")
	// Rows of a quarter of a megabyte: a statement has a few of them.
	texts := []sink.Column{{Name: "n", Type: types.Bigint}, {Name: "t", Type: types.ArrayOf(types.Varchar)}}
	r.exec("DROP TABLE " + r.table("power"))
	s = r.sink("create=true")
	long := []types.Value{strings.Repeat("é", 1<<17)}
	var rows [][]types.Value
	for n := range 30 {
		rows = append(rows, []types.Value{int64(n), long})
	}
	r.mustWrite(s, runOf(2), texts, batch(texts, rows...))
	r.want(`SELECT count(*), sum(char_length("t")) FROM {power}`, fmt.Sprintf("30 %d", 30*(1<<17+4)))
}

func testTimesAreCut(r *rig) {
	columns := []sink.Column{{Name: "s", Type: types.Timestamp}, {Name: "ms", Type: types.Timestamp}, {Name: "us", Type: types.Timestamp}, {Name: "c", Type: types.Time}, {Name: "x", Type: types.Timestamp}}
	r.createTable("s %s(0), ms %s(3), us %s(6), c time(0), x varchar(40)")
	last := nanos("2026-12-31 23:59:59.999999999")
	before := nanos("1969-12-31 23:59:59.999999999")
	s := r.sink()
	r.mustWrite(s, runOf(1), columns, batch(columns, []types.Value{last, last, last, types.Day - 1, last}, []types.Value{before, before, before, int64(0), before}))
	text := map[string]string{"mysql": "cast(%s as char)", "postgres": "%s::text"}[r.server.Driver]
	r.want("SELECT "+fmt.Sprintf(strings.ReplaceAll("%s, %s, %s, %s", "%s", text), "s", "ms", "us", "c")+", x FROM {power} ORDER BY x",
		"1969-12-31 23:59:59 1969-12-31 23:59:59.999 1969-12-31 23:59:59.999999 00:00:00 1969-12-31 23:59:59.999999999",
		"2026-12-31 23:59:59 2026-12-31 23:59:59.999 2026-12-31 23:59:59.999999 23:59:59 2026-12-31 23:59:59.999999999")
}

func testNotFinite(r *rig) {
	s := r.sink("create=true")
	got := r.mustWrite(s, runOf(1), powerColumns, power(
		[]types.Value{int64(0), "a", math.NaN()}, []types.Value{int64(0), "b", math.Inf(1)}, []types.Value{int64(0), "c", math.Inf(-1)}, []types.Value{int64(0), "d", 1e308}))
	if r.server.Driver == "mysql" {
		r.want(`SELECT "device" FROM {power} WHERE "value" IS NULL ORDER BY 1`, "a", "b", "c")
		if got.NotFinite != 3 {
			r.Errorf("%+v", got)
		}
		return
	}
	r.want(`SELECT "device", "value"::text FROM {power} ORDER BY 1`, "a NaN", "b Infinity", "c -Infinity", "d 1e+308")
	if got.NotFinite != 0 {
		r.Errorf("%+v", got)
	}
}

func testRename(r *rig) {
	columns := []sink.Column{{Name: "measure_value::double", Type: types.Double}, {Name: "a\"b`c", Type: types.Bigint}}
	s := r.sink("create=true", `columns={"measure_value::double": "value"}`)
	r.mustWrite(s, runOf(1), columns, batch(columns, []types.Value{2.5, int64(7)}))
	r.want(`SELECT "value" FROM {power}`, "2.5")
	r.want(`SELECT * FROM {power}`, "2.5 7")

	s = r.sink(`columns={"value": "v"}`)
	_, err := write(s, runOf(2), columns)
	r.wantRefused(err, "the result has no column 'value', which the settings rename")
	s = r.sink(`columns={"time": "value"}`)
	_, err = write(s, runOf(2), powerColumns)
	r.wantRefused(err, "the result's columns 'time' and 'value' are both for the table's column 'value'")
}

// testReplace gives a sink another table while a run writes to the one before: that run ends as it began.
func testReplace(r *rig) {
	s, all := r.open("create=true")
	w, err := s.Begin(context.Background(), runOf(1), powerColumns)
	if err != nil {
		r.Fatal(err)
	}
	if err := w.Write(context.Background(), many(1500)); err != nil {
		r.Fatal(err)
	}
	config, options := r.config("create=true", `table="energy"`)
	if err := all.Replace(config, options); err != nil {
		r.Fatal(err)
	}
	defer r.exec("DROP TABLE " + r.table("energy"))
	if _, err := w.Commit(context.Background()); err != nil {
		r.Fatal(err)
	}
	r.want("SELECT count(*) FROM {power}", "1500")
	_, err = write(s, runOf(2), powerColumns)
	r.wantRetryable(err, "connect: ")
	if s, err = all.Sink("s"); err != nil {
		r.Fatal(err)
	}
	r.mustWrite(s, runOf(2), powerColumns, many(3))
	r.want("SELECT count(*) FROM "+r.table("energy"), "3")

	config, options = r.config(`tls={"mode": "verify", "ca_file": "/missing"}`, `address="127.0.0.1:1"`)
	if err := all.Replace(config, options); err == nil || !strings.Contains(err.Error(), `sink "s": read "ca_file"`) {
		r.Errorf("%v", err)
	}
	r.mustWrite(s, runOf(3), powerColumns) // what was there stays
}

// TestUnknownSink says what clients hear who name a sink that is not there.
func TestUnknownSink(t *testing.T) {
	var none sink.Sinks
	if _, err := none.Sink("x"); err == nil || !strings.Contains(err.Error(), "There is no sink 'x'") || sink.Retryable(err) {
		t.Errorf("%v", err)
	}
	if err := none.Close(); err != nil {
		t.Error(err)
	}
}
