package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// startWithin is how long a server may take until it listens, and stopWithin until it has ended after it was asked to.
const (
	startWithin = 60 * time.Second
	stopWithin  = 30 * time.Second
)

// Options says what to start.
type Options struct {
	Binary string
	Data   string               // the data folder
	Listen string               // default 127.0.0.1:0, a free port
	Args   []string             // further arguments of serve
	Attr   *syscall.SysProcAttr // for another user, say
}

// Server is a process that runs `tidemark serve`.
type Server struct {
	URL string // where it answers, once AwaitUp has returned

	cmd    *exec.Cmd
	stdout *watcher
	stderr *watcher
	ended  chan struct{} // closed when the process is gone
}

// Start starts a server and waits until it listens. If it ends instead, the error is an *ExitError.
func Start(o Options) (*Server, error) {
	s, err := Launch(o)
	if err != nil {
		return nil, err
	}
	if err := s.AwaitUp(); err != nil {
		s.Kill()
		return nil, err
	}
	return s, nil
}

// Launch starts a server and does not wait for it.
func Launch(o Options) (*Server, error) {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	s := &Server{stdout: newWatcher(), stderr: newWatcher(), ended: make(chan struct{})}
	args := append([]string{"serve", "--data", o.Data, "--listen", o.Listen}, o.Args...)
	s.cmd = exec.Command(o.Binary, args...)
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.SysProcAttr = s.stdout, s.stderr, o.Attr
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start tidemark: %w", err)
	}
	go func() {
		_ = s.cmd.Wait() // ExitCode has the outcome
		close(s.ended)
	}()
	return s, nil
}

// upLine is what the server prints when it listens.
var upLine = regexp.MustCompile(`(?m)^Tidemark is up on (https?://\S+),`)

// AwaitUp waits until the server listens.
func (s *Server) AwaitUp() error {
	timeout := time.After(startWithin)
	for {
		grown := s.stdout.changed()
		if m := upLine.FindStringSubmatch(s.stdout.String()); m != nil {
			s.URL = m[1]
			return nil
		}
		select {
		case <-grown:
		case <-s.ended:
			return &ExitError{Code: s.ExitCode(), Stderr: s.Stderr()}
		case <-timeout:
			return fmt.Errorf("start tidemark: it does not listen after %s; it printed %q and %q", startWithin, s.stdout, s.stderr)
		}
	}
}

// ExitError is a server that ended although it should run.
type ExitError struct {
	Code   int
	Stderr string
}

// Error says how it ended.
func (e *ExitError) Error() string {
	return fmt.Sprintf("tidemark ended with exit code %d: %s", e.Code, e.Stderr)
}

// Kill ends the process as a power cut would, as far as the process is concerned, and waits until it is gone. It does
// nothing to one that is gone.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill() // an error says that it is gone
	<-s.ended
}

// Signal sends a signal and does not wait.
func (s *Server) Signal(sig os.Signal) error { return s.cmd.Process.Signal(sig) }

// Stop asks the process to end, waits, and returns its exit code.
func (s *Server) Stop(sig os.Signal) (int, error) {
	if err := s.Signal(sig); err != nil {
		return 0, fmt.Errorf("stop tidemark: %w", err)
	}
	return s.Wait()
}

// Wait waits until the process has ended by itself and returns its exit code.
func (s *Server) Wait() (int, error) {
	select {
	case <-s.ended:
		return s.ExitCode(), nil
	case <-time.After(stopWithin):
		s.Kill()
		return 0, errors.New("stop tidemark: it did not end and was killed")
	}
}

// ExitCode returns the exit code of a process that is gone, -1 if a signal ended it.
func (s *Server) ExitCode() int { return s.cmd.ProcessState.ExitCode() }

// Pid returns the number of the process.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Stdout returns what the process has printed.
func (s *Server) Stdout() string { return s.stdout.String() }

// Stderr returns what the process has printed as errors and log.
func (s *Server) Stderr() string { return s.stderr.String() }

// watcher keeps what is written and tells who waits for more.
type watcher struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

var _ io.Writer = (*watcher)(nil)

func newWatcher() *watcher { return &watcher{more: make(chan struct{})} }

// Write implements io.Writer.
func (w *watcher) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.more)
	w.more = make(chan struct{})
	return w.text.Write(p)
}

// changed returns a channel that is closed when something is written after this call.
func (w *watcher) changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.more
}

// String returns all that was written.
func (w *watcher) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}
