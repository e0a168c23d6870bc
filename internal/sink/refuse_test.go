package sink_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/sink"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/test/databases"
)

func testRefused(r *rig) {
	s := r.sink()
	_, err := write(s, runOf(1), powerColumns)
	r.wantRefused(err, "Sink 's': the table power does not exist")

	r.createTable("time %s(6) NOT NULL, device varchar(8), value integer, small smallint, flag date, fixed decimal(5,2)")
	one := func(name string, t *types.Type, value types.Value) error {
		columns := []sink.Column{{Name: "time", Type: types.Timestamp}, {Name: name, Type: t}}
		_, err := write(s, runOf(1), columns, batch(columns, []types.Value{int64(0), value}))
		return err
	}
	r.wantRefused(one("missing", types.Double, 1.0), "the table power has no column 'missing'")
	for name, t := range map[string]*types.Type{
		"value": types.Double, "small": types.Timestamp, "flag": types.Timestamp, "fixed": types.Varchar, "time": types.Date,
	} {
		columns := []sink.Column{{Name: name, Type: t}}
		_, err := write(s, runOf(1), columns)
		r.wantRefused(err, fmt.Sprintf("the result's column '%s' is %s, which does not fit the table's column '%[1]s' of the type", name, t))
	}
	r.wantRefused(one("small", types.Bigint, int64(32768)), "column 'small' of row 1: 32768 does not fit the type smallint")
	r.wantRefused(one("device", types.Varchar, "nine char"), "write rows: ")
	r.wantRefused(one("fixed", types.Double, 1000.0), "write rows: ")
	columns := []sink.Column{{Name: "time", Type: types.Timestamp}}
	_, err = write(s, runOf(1), columns, batch(columns, []types.Value{nil}))
	r.wantRefused(err, "write rows: ")
	columns = []sink.Column{{Name: "value", Type: types.Bigint}}
	_, err = write(s, runOf(1), columns, batch(columns, []types.Value{int64(1)}))
	r.wantRefused(err, "write rows: ") // time has no default
	r.want("SELECT count(*) FROM {power}", "0")
	r.want("SELECT count(*) FROM {runs}", "0")
	if err := one("small", types.Bigint, int64(-32768)); err != nil {
		r.Error(err)
	}
}

func testKey(r *rig) {
	r.createTable("time %s(6) NOT NULL, device varchar(20) NOT NULL, value double precision, UNIQUE (device, time)")
	ok := r.sink(`mode="upsert"`, `key=["time", "device"]`)
	r.mustWrite(ok, runOf(1), powerColumns, power([]types.Value{int64(0), "a", 1.0}))
	_, err := write(ok, runOf(2), powerColumns, power([]types.Value{int64(0), nil, 1.0}))
	r.wantRefused(err, "column 'device' of row 1 is NULL, but it is in the key")
	_, err = write(ok, runOf(2), powerColumns[:1])
	r.wantRefused(err, "the result has no column for 'device', which is in the key")
	_, err = write(r.sink(`mode="upsert"`, `key=["device"]`), runOf(2), powerColumns)
	text := "no primary key or unique index over exactly the key's columns (device)"
	if r.server.Driver == "mysql" {
		text = "another unique index than the key, over (device, time)"
	}
	r.wantRefused(err, text)
	// Appending to a table with a key works until a row is there twice.
	_, err = write(r.sink(), runOf(3), powerColumns, power([]types.Value{int64(0), "a", 1.0}))
	r.wantRefused(err, "write rows: ")
}

func testNoTransactions(r *rig) {
	r.exec("CREATE TABLE " + r.table("power") + " (time DATETIME, device VARCHAR(20), value DOUBLE) ENGINE=MyISAM")
	_, err := write(r.sink(), runOf(1), powerColumns)
	r.wantRefused(err, "the table power cannot be used: its engine is MyISAM, which has no transactions")
}

func testSecondUnique(r *rig) {
	r.createTable("id BIGINT AUTO_INCREMENT PRIMARY KEY, time DATETIME(6) NOT NULL, device varchar(20) NOT NULL, value double, UNIQUE (device, time)")
	s := r.sink(`mode="upsert"`, `key=["time", "device"]`)
	r.mustWrite(s, runOf(1), powerColumns, power([]types.Value{int64(0), "a", 1.0}))
	r.mustWrite(s, runOf(2), powerColumns, power([]types.Value{int64(0), "a", 2.0}))
	r.want(`SELECT "device", "value" FROM {power}`, "a 2")
	r.exec("CREATE UNIQUE INDEX other ON " + r.table("power") + " (value)")
	_, err := write(s, runOf(3), powerColumns)
	r.wantRefused(err, "another unique index than the key, over (value)")
	r.exec("DROP INDEX other ON " + r.table("power"))
	r.exec("DROP INDEX device ON " + r.table("power"))
	r.exec("CREATE UNIQUE INDEX device ON " + r.table("power") + " (device(5), time)")
	_, err = write(s, runOf(3), powerColumns)
	r.wantRefused(err, "another unique index than the key, over (device(5), time)")
}

func testSchema(r *rig) {
	r.exec("CREATE SCHEMA reports AUTHORIZATION " + databases.User)
	defer r.exec("DROP SCHEMA reports CASCADE")
	r.mustWrite(r.sink("create=true", `schema="reports"`), runOf(1), powerColumns, power([]types.Value{int64(0), "a", 1.0}))
	r.want("SELECT device FROM reports.power", "a")
	r.want("SELECT row_count FROM reports.tidemark_runs", "1")
}

func testConnections(r *rig) {
	_, err := write(r.sink(`password_env="WRONG"`), runOf(1), powerColumns)
	r.wantRetryable(err, "the database refuses the user or its password")
	_, err = write(r.sink(`password_env="NONE"`), runOf(1), powerColumns)
	r.wantRetryable(err, "there is no password")
	_, err = write(r.sink(`password_env=""`, `password_file="/nowhere"`), runOf(1), powerColumns)
	r.wantRetryable(err, "the password cannot be read")
	_, err = write(r.sink(`database="other"`), runOf(1), powerColumns)
	r.wantRefused(err, "connect: ")
	_, err = write(r.sink(`address="127.0.0.1:1"`), runOf(1), powerColumns)
	r.wantRetryable(err, "the database cannot be reached")
	r.mustWrite(r.sink(`password_env=""`, `password_file="/secret"`, "create=true"), runOf(1), powerColumns)
	if r.server.Driver == "postgres" {
		folder, _, _ := strings.Cut(r.server.Socket, "/.s.")
		r.mustWrite(r.sink("address="+quoted(folder)), runOf(2), powerColumns)
	}

	// Connections of the pool that all are in use.
	s := r.sink("connections=1", `statement_timeout="2s"`, `connect_timeout="200ms"`)
	ctx := context.Background()
	w, err := s.Begin(ctx, runOf(3), powerColumns)
	if err != nil {
		r.Fatal(err)
	}
	began := time.Now()
	_, err = s.Begin(ctx, runOf(4), powerColumns)
	r.wantRetryable(err, "connect: the database did not answer in time")
	if time.Since(began) > 5*time.Second {
		r.Errorf("it waited for %s", time.Since(began))
	}
	w.Abort()
	r.mustWrite(s, runOf(4), powerColumns)
}

// testTLS connects as to a distant server: over a unix socket there is no TLS.
func testTLS(r *rig) {
	address := "address=" + quoted(r.server.Secured(r))
	run := 0
	try := func(settings string) error {
		run++
		_, err := write(r.sink(address, "create=true", "tls={"+settings+"}"), runOf(run), powerColumns)
		return err
	}
	verify := func(authority, name string) error {
		return try(fmt.Sprintf(`"mode": "verify", "ca_file": %q, "server_name": %q`, authority, name))
	}
	if r.server.Driver == "mysql" { // the other server has it in its settings
		r.exec("ALTER USER " + databases.User + " REQUIRE SSL")
		defer r.exec("ALTER USER " + databases.User + " REQUIRE NONE")
	}
	if err := verify(r.server.Certificate, databases.Host); err != nil {
		r.Error(err)
	}
	if err := try(`"mode": "unverified"`); err != nil {
		r.Error(err)
	}
	const invalid = "connect: the certificate of the database server is not valid"
	r.wantRetryable(verify(r.server.Stranger, databases.Host), invalid) // another authority
	r.wantRetryable(verify(r.server.Certificate, "other.example.com"), invalid)
	r.wantRetryable(try(`"mode": "verify", "ca_file": `+quoted(r.server.Certificate)), invalid) // the address is not its name
	r.wantRetryable(try(`"mode": "verify", "server_name": `+quoted(databases.Host)), invalid)   // none of the system's authorities
	r.wantRetryable(try(`"mode": "off"`), "the database refuses the user or its password")
	if r.server.Driver == "postgres" { // no server has TLS over unix sockets, where only its proxy tells
		_, err := write(r.sink("address="+quoted(r.server.NewProxy(r).Address), `tls={"mode": "unverified"}`), runOf(9), powerColumns)
		r.wantRetryable(err, "connect: the database server does not offer TLS")
	}
	r.want("SELECT count(*) FROM {runs}", "2")
}
