package sink_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sink"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/test/databases"
)

// rig is a database server with a sink under test, and a superuser's view of it.
type rig struct {
	testing.TB
	server *databases.Server
	admin  *sql.DB
}

// TestMariaDB, TestMySQL and TestPostgreSQL run all that follows against each of the databases.
func TestMariaDB(t *testing.T) { onServer(t, databases.MariaDB(t)) }

// TestMySQL is about MySQL itself, which few systems have packages of.
func TestMySQL(t *testing.T) { onServer(t, databases.MySQL(t)) }

// TestPostgreSQL is the third.
func TestPostgreSQL(t *testing.T) { onServer(t, databases.PostgreSQL(t)) }

func onServer(t *testing.T, server *databases.Server) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := &rig{TB: t, server: server, admin: server.Admin(t)}
			if c.driver != "" && c.driver != server.Driver {
				t.Skipf("%s only", c.driver)
			}
			defer r.dropTables()
			c.test(r)
		})
	}
}

// dropTables leaves the database empty.
func (r *rig) dropTables() {
	for _, table := range []string{"power", "tidemark_runs"} {
		r.exec("DROP TABLE IF EXISTS " + r.table(table))
	}
}

// table returns a table's name for the superuser.
func (r *rig) table(name string) string {
	if r.server.Driver == "mysql" {
		return databases.Database + "." + name
	}
	return "public." + name
}

// exec executes a statement as the superuser, who gives what it makes to the sink's user.
func (r *rig) exec(statement string) {
	r.Helper()
	if _, err := r.admin.Exec(statement); err != nil {
		r.Fatalf("%s: %v", statement, err)
	}
}

// createTable makes the table of the sink; %s in columns stands for a type of timestamps.
func (r *rig) createTable(columns string) {
	r.Helper()
	columns = strings.ReplaceAll(columns, "%s", map[string]string{"mysql": "DATETIME", "postgres": "timestamp"}[r.server.Driver])
	r.exec("CREATE TABLE " + r.table("power") + " (" + columns + ")")
	if r.server.Driver == "postgres" {
		r.exec("ALTER TABLE public.power OWNER TO " + databases.User)
	}
}

// read returns rows as the database writes them as text, one a line.
func (r *rig) read(query string) string {
	r.Helper()
	if r.server.Driver == "mysql" {
		query = strings.ReplaceAll(query, `"`, "`")
	}
	query = strings.NewReplacer("{power}", r.table("power"), "{runs}", r.table("tidemark_runs")).Replace(query)
	rows, err := r.admin.Query(query)
	if err != nil {
		r.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		r.Fatal(err)
	}
	var out []string
	for rows.Next() {
		values := make([]sql.NullString, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			r.Fatal(err)
		}
		line := make([]string, len(names))
		for i, v := range values {
			line[i] = "NULL"
			if v.Valid {
				line[i] = v.String
			}
		}
		out = append(out, strings.Join(line, " "))
	}
	if err := rows.Err(); err != nil {
		r.Fatal(err)
	}
	return strings.Join(out, "\n")
}

// want compares what a query returns.
func (r *rig) want(query string, lines ...string) {
	r.Helper()
	if diff := cmp.Diff(strings.Join(lines, "\n"), r.read(query)); diff != "" {
		r.Errorf("%s (-want +got):\n%s", query, diff)
	}
}

// sink opens a sink over the table power; settings are further lines of its JSON.
func (r *rig) sink(settings ...string) *sink.Sink {
	r.Helper()
	s, _ := r.open(settings...)
	return s
}

func (r *rig) open(settings ...string) (*sink.Sink, *sink.Sinks) {
	r.Helper()
	sinks, err := sink.Open(r.config(settings...))
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		if err := sinks.Close(); err != nil {
			r.Error(err)
		}
	})
	s, err := sinks.Sink("s")
	if err != nil {
		r.Fatal(err)
	}
	return s, sinks
}

// config returns what sinks are opened with.
func (r *rig) config(settings ...string) (*sink.Config, sink.Options) {
	r.Helper()
	all := map[string]string{
		"driver": quoted(r.server.Driver), "address": quoted(r.server.Socket), "user": quoted(databases.User), "database": quoted(databases.Database),
		"password_env": quoted("PASSWORD"), "table": quoted("power"), "mode": quoted("append"), "statement_timeout": quoted("20s"),
	}
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		all[name] = value
	}
	var fields []string
	for name, value := range all {
		fields = append(fields, fmt.Sprintf("%q: %s", name, value))
	}
	config, err := sink.Parse([]byte(`{"sinks": {"s": {` + strings.Join(fields, ", ") + `}}}`))
	if err != nil {
		r.Fatal(err)
	}
	return config, sink.Options{
		LookupEnv: func(name string) (string, bool) {
			return map[string]string{"PASSWORD": databases.Password, "WRONG": "0ther"}[name], name != "NONE"
		},
		ReadFile: func(name string) ([]byte, error) {
			if name == "/secret" {
				return []byte(databases.Password + "\n"), nil
			}
			if strings.HasPrefix(name, filepath.Dir(r.server.Socket)) {
				return os.ReadFile(name)
			}
			return nil, errors.New("no such file: " + name)
		},
	}
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }

// at is an invocation time: the n-th five minutes.
func at(n int) time.Time { return time.Date(2026, 11, 21, 6, 5*n, 0, 0, time.UTC) }

// nanos returns a time as our timestamps hold it.
func nanos(text string) int64 {
	t, err := time.Parse("2006-01-02 15:04:05.999999999", text)
	if err != nil {
		panic(err)
	}
	return t.UnixNano()
}

// runOf names a run of the same query.
func runOf(n int) sink.Run {
	return sink.Run{QueryARN: "arn:aws:timestream:us-east-1:000000000000:scheduled-query/power-5m-0123456789ab", InvocationTime: at(n)}
}

// powerColumns are the columns of most results here.
var powerColumns = []sink.Column{{Name: "time", Type: types.Timestamp}, {Name: "device", Type: types.Varchar}, {Name: "value", Type: types.Double}}

// power makes a batch of the columns above.
func power(rows ...[]types.Value) *vector.Batch { return batch(powerColumns, rows...) }

func batch(columns []sink.Column, rows ...[]types.Value) *vector.Batch {
	b := &vector.Batch{Rows: len(rows)}
	for i, c := range columns {
		values := vector.NewBuilder(c.Type, len(rows))
		for _, row := range rows {
			values.Append(row[i])
		}
		b.Cols = append(b.Cols, values.Build())
	}
	return b
}

// write makes a run from start to end.
func write(s *sink.Sink, run sink.Run, columns []sink.Column, batches ...*vector.Batch) (sink.Result, error) {
	ctx := context.Background()
	w, err := s.Begin(ctx, run, columns)
	if err != nil {
		return sink.Result{}, err
	}
	defer w.Abort()
	for _, b := range batches {
		if err := w.Write(ctx, b); err != nil {
			return sink.Result{}, err
		}
	}
	return w.Commit(ctx)
}

// mustWrite is write without an error.
func (r *rig) mustWrite(s *sink.Sink, run sink.Run, columns []sink.Column, batches ...*vector.Batch) sink.Result {
	r.Helper()
	result, err := write(s, run, columns, batches...)
	if err != nil {
		r.Fatal(err)
	}
	return result
}

// wantRefused checks that an error says what it should, gives away no password, and is final: for the rows of this run, or for
// all runs.
func (r *rig) wantRefused(err error, text string) {
	r.Helper()
	r.wantError(err, text, false)
	kind := dberr.Invalid
	if strings.Contains(text, "write rows") || strings.Contains(text, "of row 1") {
		kind = dberr.Execution
	}
	if !dberr.Is(err, kind) {
		r.Errorf("%v is %s, want %s", err, dberr.KindOf(err), kind)
	}
}

// wantRetryable checks that an error is one to retry.
func (r *rig) wantRetryable(err error, text string) {
	r.Helper()
	r.wantError(err, text, true)
}

func (r *rig) wantError(err error, text string, retryable bool) {
	r.Helper()
	switch {
	case err == nil:
		r.Errorf("no error, want %q", text)
	case !strings.Contains(err.Error(), text) || sink.Retryable(err) != retryable:
		r.Errorf("got %v (retryable: %v), want %q (retryable: %v)", err, sink.Retryable(err), text, retryable)
	case strings.Contains(err.Error(), databases.Password):
		r.Errorf("the error has the password: %v", err)
	}
}

// constant makes a column of one value.
func constant(v int64, rows int) *vector.Vector { return vector.Const(types.Bigint, v, rows) }

// rename returns the batch with other devices.
func rename(b *vector.Batch) *vector.Batch {
	devices := make([]string, b.Rows)
	for i := range devices {
		devices[i] = fmt.Sprintf("other-%06d", i%1000)
	}
	return &vector.Batch{Rows: b.Rows, Cols: []*vector.Vector{b.Cols[0], vector.Strings(devices, nil), b.Cols[2]}}
}
