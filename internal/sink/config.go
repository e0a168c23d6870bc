package sink

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Config is what the file of sinks says.
type Config struct {
	Sinks map[string]Target `json:"sinks"`
}

// Target is one sink: a table and how to reach and fill it.
type Target struct {
	Driver string `json:"driver"` // "mysql" (MariaDB, too) or "postgres"
	// Address is host:port, or the path of a unix socket: for PostgreSQL that of the folder does, too.
	Address  string `json:"address"`
	Database string `json:"database"`
	User     string `json:"user"`
	// The password is in an environment variable or in a file, read whenever a connection is made. Neither: no password.
	PasswordEnv  string `json:"password_env"`
	PasswordFile string `json:"password_file"`
	TLS          TLS    `json:"tls"`

	Schema  string            `json:"schema"`  // PostgreSQL only; default "public"
	Table   string            `json:"table"`   // where the rows go
	Mode    string            `json:"mode"`    // "append" or "upsert"
	Key     []string          `json:"key"`     // for upsert: the table's columns that say which row is meant
	Columns map[string]string `json:"columns"` // result column -> table column; those not listed go to the column of their name
	Create  bool              `json:"create"`  // create the table if it is missing

	Connections      int      `json:"connections"`       // at most so many at a time; default 4
	ConnectTimeout   Duration `json:"connect_timeout"`   // default 10s
	StatementTimeout Duration `json:"statement_timeout"` // of each statement, waiting for locks included; default 30s
}

// TLS says how the connection is secured.
type TLS struct {
	// Mode is "verify" (the server's certificate must be valid for its name), "unverified" (encrypted, to whomever) or "off".
	// Default: "off" for unix sockets and loopback addresses, else "verify".
	Mode       string `json:"mode"`
	ServerName string `json:"server_name"` // default: the host of the address
	CAFile     string `json:"ca_file"`     // PEM; default: the system's authorities
	CertFile   string `json:"cert_file"`   // PEM; the client's certificate, if the server wants one
	KeyFile    string `json:"key_file"`    // PEM
}

// Duration is a time span that JSON holds as text: "30s".
type Duration time.Duration

// UnmarshalJSON reads a span such as "1m30s".
func (d *Duration) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("%s is not a time span, such as \"30s\"", text)
	}
	parsed, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is not a time span, such as \"30s\"", s)
	}
	*d = Duration(parsed)
	return nil
}

// The limits and defaults of settings.
const (
	connectionsDefault = 4
	connectionsMax     = 100
	connectDefault     = 10 * time.Second
	statementDefault   = 30 * time.Second
	timeoutMax         = time.Hour
	columnsMax         = 1000
)

// Modes and drivers.
const (
	modeAppend     = "append"
	modeUpsert     = "upsert"
	driverMySQL    = "mysql"
	driverPostgres = "postgres"
	tlsVerify      = "verify"
	tlsUnverified  = "unverified"
	tlsOff         = "off"
)

// Parse reads the file of sinks, fills in defaults, and checks all that can be checked without a database. Errors name the sink.
func Parse(text []byte) (*Config, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	c := &Config{}
	if err := decoder.Decode(c); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the end of the settings")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Sinks)) {
		t := c.Sinks[name]
		t.fillIn()
		if err := t.check(name); err != nil {
			return nil, fmt.Errorf("sink %q: %w", name, err)
		}
		c.Sinks[name] = t
	}
	return c, nil
}

func (t *Target) fillIn() {
	if t.Driver == driverPostgres && t.Schema == "" {
		t.Schema = "public"
	}
	if t.Connections == 0 {
		t.Connections = connectionsDefault
	}
	if t.ConnectTimeout == 0 {
		t.ConnectTimeout = Duration(connectDefault)
	}
	if t.StatementTimeout == 0 {
		t.StatementTimeout = Duration(statementDefault)
	}
	if t.TLS.Mode == "" {
		t.TLS.Mode = tlsVerify
		if isLocal(t.Address) {
			t.TLS.Mode = tlsOff
		}
	}
}

// sinkName is what a sink may be called: it is the value of a tag.
var sinkName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

func (t *Target) check(name string) error {
	if !sinkName.MatchString(name) {
		return errors.New("the name must be of 1 to 64 letters, digits, '_', '.' and '-'")
	}
	for _, field := range []struct{ name, value string }{{"address", t.Address}, {"database", t.Database}, {"user", t.User}, {"table", t.Table}} {
		if field.value == "" {
			return fmt.Errorf("%q is missing", field.name)
		}
	}
	switch {
	case t.Driver != driverMySQL && t.Driver != driverPostgres:
		return fmt.Errorf("\"driver\" is %q, but must be %q or %q", t.Driver, driverMySQL, driverPostgres)
	case t.Driver == driverMySQL && t.Schema != "":
		return errors.New("\"schema\" is for PostgreSQL only: \"database\" names the one of MySQL")
	case t.PasswordEnv != "" && t.PasswordFile != "":
		return errors.New("there are both \"password_env\" and \"password_file\"")
	case t.Connections < 1 || t.Connections > connectionsMax:
		return fmt.Errorf("\"connections\" is %d, but must be between 1 and %d", t.Connections, connectionsMax)
	}
	for _, field := range []struct {
		name string
		span Duration
	}{{"connect_timeout", t.ConnectTimeout}, {"statement_timeout", t.StatementTimeout}} {
		if field.span < Duration(time.Millisecond) || field.span > Duration(timeoutMax) {
			return fmt.Errorf("%q is %s, but must be between 1ms and %s", field.name, time.Duration(field.span), timeoutMax)
		}
	}
	if t.Table == runsTable {
		return fmt.Errorf("\"table\" is %q, which is where runs are noted", t.Table)
	}
	if err := t.checkAddress(); err != nil {
		return err
	}
	if err := t.checkColumns(); err != nil {
		return err
	}
	return t.TLS.check()
}

func (t *Target) checkColumns() error {
	switch {
	case t.Mode != modeAppend && t.Mode != modeUpsert:
		return fmt.Errorf("\"mode\" is %q, but must be %q or %q", t.Mode, modeAppend, modeUpsert)
	case t.Mode == modeUpsert && len(t.Key) == 0:
		return errors.New("\"key\" is missing: the table's columns that say which row is meant")
	case t.Mode == modeAppend && len(t.Key) > 0:
		return errors.New("there is a \"key\", but rows are appended")
	}
	for i, column := range t.Key {
		if column == "" || slices.Contains(t.Key[:i], column) {
			return fmt.Errorf("\"key\" has %q, which is empty or there twice", column)
		}
	}
	into := map[string]string{}
	for _, from := range slices.Sorted(maps.Keys(t.Columns)) {
		to := t.Columns[from]
		if from == "" || to == "" {
			return errors.New("\"columns\" has an empty name")
		}
		if other, ok := into[to]; ok {
			return fmt.Errorf("\"columns\" has both %q and %q for the table's column %q", other, from, to)
		}
		into[to] = from
	}
	return nil
}

func (t *TLS) check() error {
	switch {
	case t.Mode != tlsVerify && t.Mode != tlsUnverified && t.Mode != tlsOff:
		return fmt.Errorf("\"tls\" has the mode %q, but it must be %q, %q or %q", t.Mode, tlsVerify, tlsUnverified, tlsOff)
	case (t.CertFile == "") != (t.KeyFile == ""):
		return errors.New("\"tls\" has one of \"cert_file\" and \"key_file\", but needs both or none")
	case t.Mode == tlsOff && *t != TLS{Mode: tlsOff}:
		return errors.New("\"tls\" is off, but has other settings")
	}
	return nil
}
