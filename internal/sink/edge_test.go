package sink_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/sink"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/test/databases"
)

// column writes values into a table of one column and returns the error, after which nothing must be there.
func (r *rig) column(run int, column string, from *types.Type, values ...types.Value) error {
	r.Helper()
	r.exec("DROP TABLE IF EXISTS " + r.table("power"))
	r.createTable("v " + column)
	columns := []sink.Column{{Name: "v", Type: from}}
	var rows [][]types.Value
	for _, v := range values {
		rows = append(rows, []types.Value{v})
	}
	s, all := r.open()
	defer func() { _ = all.Close() }()
	_, err := write(s, runOf(run), columns, batch(columns, rows...))
	want := "0"
	if err == nil {
		want = fmt.Sprint(len(values))
	}
	r.want("SELECT count(*) FROM {power}", want)
	return err
}

func testNumberEdges(r *rig) {
	single := map[string]string{"mysql": "float", "postgres": "real"}[r.server.Driver]
	for n, c := range []struct {
		column string
		from   *types.Type
		value  types.Value
		fits   bool
	}{
		{single, types.Double, 3.4e38, true},
		{single, types.Double, 1e39, false},
		{single, types.Double, -math.MaxFloat64, false},
		{single, types.Double, math.Inf(1), true}, // NULL in MySQL
		{"decimal(5,2)", types.Double, 999.994, true},
		{"decimal(5,2)", types.Double, 999.995001, false},
		{"decimal(19,0)", types.Bigint, int64(math.MinInt64), true},
		{"double precision NOT NULL", types.Double, math.NaN(), r.server.Driver == "postgres"},
		{"%s(6)", types.Timestamp, int64(math.MaxInt64), true},
		{"%s(6)", types.Timestamp, int64(math.MinInt64), true},
		{"date", types.Date, int64(-1_000_000), false}, // before our era
		{"date", types.Date, int64(3_000_000), r.server.Driver == "postgres"},
	} {
		err := r.column(n, c.column, c.from, c.value)
		if c.fits && err != nil {
			r.Errorf("%v into %s: %v", c.value, c.column, err)
		}
		if !c.fits && (err == nil || sink.Retryable(err)) {
			r.Errorf("%v into %s: got %v, want an error about the row", c.value, c.column, err)
		}
	}
	if r.server.Driver == "postgres" {
		r.wantRefused(r.column(99, "real", types.Double, 1e300), "column 'v' of row 1: 1.0E300 does not fit the type real")
	} else {
		r.wantRefused(r.column(99, "timestamp NULL", types.Timestamp, nanos("2040-01-01 00:00:00")), "write rows: Incorrect datetime value: '2040-01-01 00:00:00'")
	}
}

func testBadText(r *rig) {
	err := r.column(1, "varchar(20)", types.Varchar, "fine", "a\x00b")
	if r.server.Driver == "postgres" {
		r.wantRefused(err, `write rows: invalid byte sequence for encoding "UTF8": 0x00 (error 22021)`)
		r.wantRefused(r.column(2, "jsonb", types.Varchar, `"\u0000"`), "write rows: unsupported Unicode escape sequence")
	} else if err != nil {
		r.Error(err)
	}
	r.wantRefused(r.column(3, map[string]string{"mysql": "json", "postgres": "json"}[r.server.Driver], types.Varchar, "{"), "write rows: ")
}

// testSameForDatabase upserts rows whose keys differ here and not there, in one batch: the last one counts.
func testSameForDatabase(r *rig) {
	for n, c := range []struct {
		column string
		from   *types.Type
		keys   []types.Value
	}{
		{"char(5)", types.Varchar, []types.Value{"a", "a  "}},
		{"decimal(5,2)", types.Double, []types.Value{1.001, 1.002}},
		{map[string]string{"mysql": "float", "postgres": "real"}[r.server.Driver], types.Double, []types.Value{0.25, 0.25 + 1e-12}},
		{"double precision", types.Bigint, []types.Value{int64(1 << 60), int64(1<<60 + 1)}},
		{"%s(0)", types.Timestamp, []types.Value{int64(1), int64(2)}},
	} {
		r.exec("DROP TABLE IF EXISTS " + r.table("power"))
		r.createTable("k " + c.column + " NOT NULL PRIMARY KEY, v integer")
		columns := []sink.Column{{Name: "k", Type: c.from}, {Name: "v", Type: types.Bigint}}
		s, all := r.open(`mode="upsert"`, `key=["k"]`)
		if _, err := write(s, runOf(n), columns, batch(columns, []types.Value{c.keys[0], int64(1)}, []types.Value{c.keys[1], int64(2)})); err != nil {
			r.Errorf("%s: %v", c.column, err)
		} else {
			r.want(`SELECT "v" FROM {power}`, "2")
		}
		if err := all.Close(); err != nil {
			r.Error(err)
		}
	}
}

func testDeferred(r *rig) {
	r.createTable("time %s(6) NOT NULL, device varchar(20) NOT NULL, value double precision, UNIQUE (device, time) DEFERRABLE INITIALLY DEFERRED")
	_, err := write(r.sink(`mode="upsert"`, `key=["time", "device"]`), runOf(1), powerColumns)
	r.wantRefused(err, "no primary key or unique index over exactly the key's columns")
}

// testRights: what the database says of missing rights reaches users without the address of this server.
func testRights(r *rig) {
	r.mustWrite(r.sink("create=true"), runOf(1), powerColumns)
	if r.server.Driver == "mysql" {
		r.exec("CREATE USER reader IDENTIFIED BY '" + databases.Password + "'")
		defer r.exec("DROP USER reader")
		r.exec("GRANT SELECT ON " + databases.Database + ".* TO reader")
	} else {
		r.exec("CREATE USER reader PASSWORD '" + databases.Password + "'")
		defer r.exec("DROP OWNED BY reader; DROP USER reader")
		r.exec("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
	}
	_, err := write(r.sink(`user="reader"`), runOf(2), powerColumns)
	r.wantRefused(err, "note the run: ")
	if text := err.Error(); !strings.Contains(text, "denied") || strings.Contains(strings.SplitN(text, "(error", 2)[0], "@") {
		r.Errorf("%v", err)
	}
}

// testTableChanges drops a column, and then the table, while a run is under way: it fails, and the next finds out why.
func testTableChanges(r *rig) {
	for n, change := range []struct{ statement, then string }{
		{"ALTER TABLE " + r.table("power") + " DROP COLUMN value", "the table power has no column 'value'"},
		{"DROP TABLE " + r.table("power"), "the table power does not exist"},
	} {
		r.exec("DROP TABLE IF EXISTS " + r.table("power"))
		r.createTable("time %s(6) NOT NULL, device varchar(20) NOT NULL, value double precision")
		s := r.sink()
		w, err := s.Begin(context.Background(), runOf(n), powerColumns)
		if err != nil {
			r.Fatal(err)
		}
		r.exec(change.statement)
		r.wantRefused(w.Write(context.Background(), many(1000)), "write rows: ")
		w.Abort()
		_, err = write(s, runOf(n), powerColumns)
		r.wantRefused(err, change.then)
	}
}

// testLocked has somebody else lock the table for longer than a statement may take: a run waits, gives up, and can be repeated.
func testLocked(r *rig) {
	r.createTable("time %s(6) NOT NULL, device varchar(20) NOT NULL, value double precision")
	s := r.sink(`statement_timeout="500ms"`)
	r.mustWrite(s, runOf(0), powerColumns)
	locker, err := r.admin.Conn(context.Background())
	if err != nil {
		r.Fatal(err)
	}
	lock, unlock := []string{"LOCK TABLES " + r.table("power") + " WRITE"}, "UNLOCK TABLES"
	if r.server.Driver == "postgres" {
		lock, unlock = []string{"BEGIN", "LOCK TABLE public.power"}, "ROLLBACK"
	}
	for _, statement := range lock {
		if _, err := locker.ExecContext(context.Background(), statement); err != nil {
			r.Fatal(err)
		}
	}
	began := time.Now()
	_, err = write(s, runOf(1), powerColumns, many(1500))
	r.wantRetryable(err, "the database did not answer in time")
	if took := time.Since(began); took > 5*time.Second {
		r.Errorf("it waited for %s", took)
	}
	if _, err := locker.ExecContext(context.Background(), unlock); err != nil {
		r.Fatal(err)
	}
	if err := locker.Close(); err != nil {
		r.Error(err)
	}
	for attempt := 0; ; attempt++ { // the server may take a moment to see that the client is gone
		if _, err = write(s, runOf(1), powerColumns, many(1500)); err == nil {
			break
		}
		if !sink.Retryable(err) || attempt > 20 {
			r.Fatal(err)
		}
	}
	r.want("SELECT count(*) FROM {power}", "1500")
}
