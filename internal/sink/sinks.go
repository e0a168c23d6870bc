package sink

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// Options is what sinks need from the world around them.
type Options struct {
	LookupEnv func(string) (string, bool)  // for passwords; required if a sink uses it
	ReadFile  func(string) ([]byte, error) // for passwords and certificates; required if a sink uses it
}

// Sinks are all configured sinks. They are safe for concurrent use.
type Sinks struct {
	byName map[string]*Sink
}

// Sink is one table and its pool of connections. It is safe for concurrent use.
type Sink struct {
	name    string
	target  Target
	dialect dialect
	db      *sql.DB
}

// idleConnectionAge is how long a connection that nobody uses stays open: longer than the five minutes between runs that are
// usual would keep connections for days that firewalls forget.
const idleConnectionAge = time.Minute

// Open makes the sinks of a configuration. It connects to nothing: a database that is down is no reason not to serve. Errors
// are about certificates that cannot be read.
func Open(c *Config, o Options) (*Sinks, error) {
	out := &Sinks{byName: map[string]*Sink{}}
	for _, name := range slices.Sorted(maps.Keys(c.Sinks)) {
		s := &Sink{name: name, target: c.Sinks[name]}
		s.dialect = mysqlDialect{}
		if s.target.Driver == driverPostgres {
			s.dialect = postgresDialect{}
		}
		secured, err := s.target.tlsConfig(o)
		if err == nil {
			s.db, err = s.dialect.open(&s.target, secured, func() (string, error) { return s.target.password(name, o) })
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("sink %q: %w", name, err), out.Close())
		}
		s.db.SetMaxOpenConns(s.target.Connections)
		s.db.SetMaxIdleConns(s.target.Connections)
		s.db.SetConnMaxIdleTime(idleConnectionAge)
		out.byName[name] = s
	}
	return out, nil
}

// Sink returns the sink of a name, or an error for the client that named it. A nil *Sinks has none.
func (s *Sinks) Sink(name string) (*Sink, error) {
	if s != nil {
		if sink, ok := s.byName[name]; ok {
			return sink, nil
		}
	}
	return nil, dberr.New(dberr.Invalid, "There is no sink '%s' in the configuration of the server", name)
}

// Check returns an error for the client that named a sink which is not there.
func (s *Sinks) Check(name string) error {
	_, err := s.Sink(name)
	return err
}

// Close closes the connections of all sinks. Runs under way fail.
func (s *Sinks) Close() error {
	if s == nil {
		return nil
	}
	var err error
	for _, name := range slices.Sorted(maps.Keys(s.byName)) {
		err = errors.Join(err, s.byName[name].db.Close())
	}
	return err
}

// Name returns the sink's name.
func (s *Sink) Name() string { return s.name }

// timeouts
func (s *Sink) connectTimeout() time.Duration   { return time.Duration(s.target.ConnectTimeout) }
func (s *Sink) statementTimeout() time.Duration { return time.Duration(s.target.StatementTimeout) }
