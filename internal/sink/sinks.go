package sink

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// Options is what sinks need from the world around them.
type Options struct {
	LookupEnv func(string) (string, bool)  // for passwords; required if a sink uses it
	ReadFile  func(string) ([]byte, error) // for passwords and certificates; required if a sink uses it
}

// Sinks are all configured sinks, none in the zero value; they may be replaced by others. They are safe for concurrent use.
type Sinks struct {
	mu     sync.Mutex
	byName map[string]*Sink
	closed bool
}

// Sink is one table and its pool of connections. It is safe for concurrent use.
type Sink struct {
	name    string
	target  Target
	dialect dialect
	db      *sql.DB
	silence silence
}

// idleConnectionAge is how long a connection that nobody uses stays open: longer than the five minutes between runs that are
// usual would keep connections for days that firewalls forget.
const idleConnectionAge = time.Minute

// Open makes the sinks of a configuration. It connects to nothing: a database that is down is no reason not to serve. Errors
// are about certificates that cannot be read.
func Open(c *Config, o Options) (*Sinks, error) {
	out := &Sinks{}
	return out, out.Replace(c, o)
}

// Replace puts the sinks of another configuration in the place of those that there are, all or, if there is an error, none of them.
// A run under way keeps the connection that it has, and with it the settings that it began with.
func (s *Sinks) Replace(c *Config, o Options) error {
	made := map[string]*Sink{}
	for _, name := range slices.Sorted(maps.Keys(c.Sinks)) {
		one, err := open(name, c.Sinks[name], o)
		if err != nil {
			return errors.Join(fmt.Errorf("sink %q: %w", name, err), closeAll(made))
		}
		made[name] = one
	}
	s.mu.Lock()
	old := s.byName
	if s.closed {
		old = made
	} else {
		s.byName = made
	}
	s.mu.Unlock()
	return closeAll(old)
}

// open makes one sink.
func open(name string, target Target, o Options) (*Sink, error) {
	s := &Sink{name: name, target: target, dialect: mysqlDialect{}}
	if target.Driver == driverPostgres {
		s.dialect = postgresDialect{}
	}
	secured, err := s.target.tlsConfig(o)
	if err != nil {
		return nil, err
	}
	if s.db, err = s.dialect.open(&s.target, secured, func() (string, error) { return s.target.password(name, o) }); err != nil {
		return nil, err
	}
	s.db.SetMaxOpenConns(s.target.Connections)
	s.db.SetMaxIdleConns(s.target.Connections)
	s.db.SetConnMaxIdleTime(idleConnectionAge)
	return s, nil
}

// closeAll closes the idle connections of sinks, and those in use as soon as they are given back.
func closeAll(sinks map[string]*Sink) error {
	var err error
	for _, name := range slices.Sorted(maps.Keys(sinks)) {
		err = errors.Join(err, sinks[name].db.Close())
	}
	return err
}

// Sink returns the sink of a name as it is now, or an error for the client that named it. A sink that is replaced before its
// Begin fails there with an error to retry.
func (s *Sinks) Sink(name string) (*Sink, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sink, ok := s.byName[name]; ok {
		return sink, nil
	}
	return nil, dberr.New(dberr.Invalid, "There is no sink '%s' in the configuration of the server", name)
}

// Check returns an error for the client that named a sink which is not there.
func (s *Sinks) Check(name string) error {
	_, err := s.Sink(name)
	return err
}

// Close closes the connections of all sinks; those of runs under way when they end. No run can begin.
func (s *Sinks) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return closeAll(s.byName)
}

// Name returns the sink's name.
func (s *Sink) Name() string { return s.name }

// timeouts
func (s *Sink) connectTimeout() time.Duration   { return time.Duration(s.target.ConnectTimeout) }
func (s *Sink) statementTimeout() time.Duration { return time.Duration(s.target.StatementTimeout) }
