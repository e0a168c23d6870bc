package databases

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// User, Password and Database are the account that the servers have for programs under test, and what it may use.
const (
	User     = "tidemark"
	Password = "s3cret"
	Database = "iot"
)

// upWithin is how long a server may take to accept connections.
const upWithin = 60 * time.Second

// againWithin is how long a server that ends at once is started again.
const againWithin = 10 * time.Second

// Server is a database server.
type Server struct {
	Driver string // as sinks name it: "mysql" or "postgres"
	Socket string // its unix socket
	// Certificate is the file of its certificate, for the name Host, Stranger the file of one that has nothing to do with it.
	Certificate, Stranger string

	command func() *exec.Cmd // starts the server in the foreground
	secured func() string    // see Secured; nil if there is no TLS here
	admin   func() (*sql.DB, error)
	cmd     *exec.Cmd
	ended   chan struct{}
	log     *bytes.Buffer
}

// folder makes a folder whose path is short enough for the names of sockets, which t.TempDir's need not be.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// Start starts the server, which does not run, and waits until it answers. One that ends at once is started again for a while:
// PostgreSQL waits for what was left of a killed server.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	db, err := s.admin()
	if err != nil {
		t.Fatal(err)
	}
	s.launch(t)
	for deadline := time.Now().Add(upWithin); ; time.Sleep(20 * time.Millisecond) {
		if err = db.Ping(); err == nil {
			break
		}
		if time.Now().After(deadline) {
			s.Kill(t)
			t.Fatalf("the %s server is not up after %s: %v\n%s", s.Driver, upWithin, err, s.log)
		}
		select {
		case <-s.ended:
			if time.Now().Add(upWithin - againWithin).After(deadline) {
				t.Fatalf("the %s server ended: %s", s.Driver, s.log)
			}
			time.Sleep(100 * time.Millisecond)
			s.launch(t)
		default:
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// launch starts the server's process.
func (s *Server) launch(t testing.TB) {
	t.Helper()
	cmd, ended := s.command(), make(chan struct{})
	s.cmd, s.ended, s.log = cmd, ended, &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = s.log, s.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait() // it ends when the test wants it to
		close(ended)
	}()
}

// Kill ends the server as a crash would, and waits until it is gone.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	_ = killGroup(s.cmd) // an error says that it is gone
	<-s.ended
}

// Secured returns a host:port at which the server speaks TLS, which none does over unix sockets. It skips the test if there is none.
func (s *Server) Secured(t testing.TB) string {
	t.Helper()
	if s.secured == nil {
		t.Skipf("the %s server needs a loopback address of its own for TLS, which this system has not", s.Driver)
	}
	return s.secured()
}

// Admin returns connections of a superuser to the database.
func (s *Server) Admin(t testing.TB) *sql.DB {
	t.Helper()
	db, err := s.admin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // connections to a server that was killed do not close well
	return db
}

// run runs a program of the database to its end.
func run(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("run %s: %w\n%s", filepath.Base(cmd.Path), err, out)
	}
	return nil
}

// start starts a server for the first time and makes the account by statements.
func (s *Server) start(t testing.TB, statements ...string) *Server {
	t.Helper()
	s.Start(t)
	t.Cleanup(func() { s.Kill(t) })
	db := s.Admin(t)
	for _, statement := range statements {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return s
}

// Proxy passes connections on to a server, and can cut them.
type Proxy struct {
	Address string // host:port

	listener net.Listener
	socket   string
	cut      atomic.Pointer[func(toServer []byte) bool]
}

// NewProxy listens on a free port of the loopback interface and passes connections on to the server.
func (s *Server) NewProxy(t testing.TB) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Address: listener.Addr().String(), listener: listener, socket: s.Socket}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.pass(client)
		}
	}()
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return p
}

// CutAfter lets the proxy look at what clients send. When sent reports true the bytes still reach the server, but the client
// loses its connection and never sees the answer. It happens once.
func (p *Proxy) CutAfter(sent func(toServer []byte) bool) { p.cut.Store(&sent) }

// answerWithin is how long the proxy waits for the answer that the client will not see: after it the server has done what it
// was asked to.
const answerWithin = 5 * time.Second

func (p *Proxy) pass(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("unix", p.socket)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	var cutting atomic.Bool
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			if cutting.Load() {
				return
			}
			if err == nil {
				_, err = client.Write(buf[:n])
			}
			if err != nil {
				_ = client.Close()
				return
			}
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if cut := p.cut.Load(); cut != nil && (*cut)(buf[:n]) {
			p.cut.Store(nil)
			cutting.Store(true)
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
		if cutting.Load() {
			select {
			case <-answered:
			case <-time.After(answerWithin):
			}
			return
		}
	}
}

// errMissing says that a database is not installed.
var errMissing = errors.New("is not installed")
