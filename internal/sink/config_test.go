package sink_test

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/sink"
)

const goodSink = `"driver": "mysql", "address": "db.example.com:3306", "database": "iot", "user": "u", "table": "power", "mode": "append"`

func TestDefaults(t *testing.T) {
	for address, want := range map[string]string{
		"db.example.com:3306": "verify", "10.0.0.1:3306": "verify", "127.0.0.1:3306": "off", "[::1]:3306": "off", "localhost:3306": "off", "/run/mysqld/mysqld.sock": "off",
	} {
		c, err := sink.Parse([]byte(`{"sinks": {"a": {` + strings.Replace(goodSink, "db.example.com:3306", address, 1) + `}}}`))
		if err != nil {
			t.Fatal(err)
		}
		got := c.Sinks["a"]
		if got.TLS.Mode != want {
			t.Errorf("%s: TLS %q, want %q", address, got.TLS.Mode, want)
		}
		if got.Connections != 4 || got.ConnectTimeout != 10e9 || got.StatementTimeout != 30e9 {
			t.Errorf("%+v", got)
		}
	}
}

func TestWrongSettings(t *testing.T) {
	with := func(more string) string { return `{"sinks": {"a": {` + goodSink + more + `}}}` }
	without := func(old, new string) string { return strings.Replace(with(""), old, new, 1) }
	for text, want := range map[string]string{
		``:                                    "EOF",
		`{"sinks": {}} x`:                     "something after the end",
		`{"sink": {}}`:                        `unknown field "sink"`,
		with(`, "tabel": "x"`):                `unknown field "tabel"`,
		with(`, "connections": "4"`):          "cannot unmarshal string",
		without(`"a"`, `"a b"`):               `sink "a b": the name must be of`,
		without(`"mysql"`, `"oracle"`):        `"driver" is "oracle"`,
		without(`"power"`, `""`):              `sink "a": "table" is missing`,
		without(`"power"`, `"tidemark_runs"`): "which is where runs are noted",
		without(`db.example.com:3306`, `db.example.com`):                    "must be host:port",
		without(`db.example.com:3306`, `:3306`):                             "must be host:port",
		without(`db.example.com:3306`, `h:x`):                               "must be host:port",
		without(`"append"`, `"insert"`):                                     `"mode" is "insert"`,
		without(`"append"`, `"upsert"`):                                     `"key" is missing`,
		with(`, "key": ["a"]`):                                              "rows are appended",
		without(`"append"`, `"upsert", "key": ["a", "a"]`):                  `"key" has "a", which is empty or there twice`,
		with(`, "schema": "s"`):                                             `"schema" is for PostgreSQL only`,
		with(`, "columns": {"a": "x", "b": "x"}`):                           `"columns" has both "a" and "b" for the table's column "x"`,
		with(`, "columns": {"a": ""}`):                                      "empty name",
		with(`, "password_env": "A", "password_file": "b"`):                 "both",
		with(`, "connections": 101`):                                        "between 1 and 100",
		with(`, "statement_timeout": "0.1ms"`):                              `"statement_timeout" is 100µs`,
		with(`, "connect_timeout": "soon"`):                                 `"soon" is not a time span`,
		with(`, "connect_timeout": 5`):                                      `5 is not a time span`,
		with(`, "tls": {"mode": "maybe"}`):                                  `"tls" has the mode "maybe"`,
		with(`, "tls": {"cert_file": "a"}`):                                 "needs both or none",
		with(`, "tls": {"mode": "off", "ca_file": "a"}`):                    `"tls" is off, but has other settings`,
		without(`"db.example.com:3306"`, `"/s", "tls": {"mode": "verify"}`): "is a unix socket",
	} {
		if _, err := sink.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot %v, want %q", text, err, want)
		}
	}
}

func TestFilesThatAreMissing(t *testing.T) {
	c, err := sink.Parse([]byte(`{"sinks": {"a": {` + goodSink + `, "tls": {"ca_file": "/ca.pem"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, read := range []func(string) ([]byte, error){
		func(string) ([]byte, error) { return nil, os.ErrNotExist }, func(string) ([]byte, error) { return []byte("no certificate"), nil },
	} {
		_, err = sink.Open(c, sink.Options{ReadFile: read})
		if err == nil || !strings.Contains(err.Error(), `sink "a": `) || !strings.Contains(err.Error(), "ca_file") {
			t.Error(err)
		}
	}
	if _, err := sink.Open(c, sink.Options{ReadFile: func(string) ([]byte, error) { return nil, os.ErrPermission }}); !errors.Is(err, os.ErrPermission) {
		t.Error(err)
	}
}

// TestSilentDatabase: a server that takes connections and says nothing costs one run its timeout; those that come after it fail at
// once, and later ones try again.
func TestSilentDatabase(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for _, driver := range []string{"mysql", "postgres"} {
		text := strings.NewReplacer("db.example.com:3306", listener.Addr().String(), `"mysql"`, `"`+driver+`"`).Replace(goodSink)
		c, err := sink.Parse([]byte(`{"sinks": {"a": {` + text + `, "connect_timeout": "200ms", "statement_timeout": "200ms"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		sinks, err := sink.Open(c, sink.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := sinks.Sink("a")
		if err != nil {
			t.Fatal(err)
		}
		begin := func() time.Duration {
			began := time.Now()
			_, err := s.Begin(t.Context(), sink.Run{}, nil)
			if !sink.Retryable(err) || !strings.Contains(err.Error(), "the database did not answer in time") {
				t.Fatalf("%s: %v", driver, err)
			}
			return time.Since(began)
		}
		if took := begin(); took < 150*time.Millisecond {
			t.Errorf("%s: the first run waited for %s", driver, took)
		}
		for range 100 {
			if took := begin(); took > 100*time.Millisecond {
				t.Errorf("%s: a further run waited for %s", driver, took)
			}
		}
		time.Sleep(1100 * time.Millisecond)
		if took := begin(); took < 150*time.Millisecond {
			t.Errorf("%s: a later run waited for %s", driver, took)
		}
		if err := sinks.Close(); err != nil {
			t.Error(err)
		}
	}
}
