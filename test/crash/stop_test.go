//go:build unix

package crash_test

import (
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/test/process"
)

// TestStop stops servers in good order while clients write: they end with exit code 0, say nothing bad, and keep what
// they acknowledged.
func TestStop(t *testing.T) {
	for name, sig := range map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "Ctrl-C": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			l := newLives(t, rand.New(rand.NewPCG(1, 2)))
			for life := range 3 {
				s := l.start()
				l.check(s, true)
				l.liveUntilStopped(s, life, sig)
			}
			s := l.start()
			l.check(s, true)
			l.stop(s)
		})
	}
}

// liveUntilStopped lets the clients write to a server until a signal has ended it.
func (l *lives) liveUntilStopped(s *process.Server, life int, sig syscall.Signal) {
	l.t.Helper()
	var running sync.WaitGroup
	for _, c := range l.clients {
		c.begin(s, life)
		running.Go(c.write)
	}
	time.Sleep(150 * time.Millisecond)
	for _, c := range l.clients {
		c.dying.Store(true)
	}
	code, err := s.Stop(sig)
	running.Wait()
	for _, c := range l.clients {
		l.report(c.err)
	}
	if err != nil || code != 0 || s.Stderr() != "" {
		l.t.Fatalf("exit code %d, %v, stderr %q; want 0 and nothing", code, err, s.Stderr())
	}
	if !strings.HasSuffix(s.Stdout(), "Stopping.\n") {
		l.t.Errorf("the last line is not that it stops: %q", s.Stdout())
	}
}

// mustFail starts a server that must end by itself with exit code 1 and one line of error that has all the given texts.
func mustFail(t *testing.T, o process.Options, texts ...string) {
	t.Helper()
	o.Binary = program(t)
	s, err := process.Start(o)
	if err == nil {
		s.Kill()
		t.Fatal("the server started")
	}
	var exit *process.ExitError
	if !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit.Code != 1 || !strings.HasPrefix(exit.Stderr, "error: ") || strings.Count(exit.Stderr, "\n") != 1 {
		t.Errorf("exit code %d and %q, want 1 and one line of error", exit.Code, exit.Stderr)
	}
	for _, text := range texts {
		if !strings.Contains(exit.Stderr, text) {
			t.Errorf("the error %q does not say %q", exit.Stderr, text)
		}
	}
}

// TestSecondProcess: a data folder belongs to one process, which goes on undisturbed when a second one is refused.
func TestSecondProcess(t *testing.T) {
	l := newLives(t, rand.New(rand.NewPCG(1, 2)))
	s := l.start()
	l.check(s, true)
	mustFail(t, process.Options{Data: l.data}, l.data, "used by another process")
	l.check(s, true)
	l.stop(s)
}

// TestPortInUse: the error names the address.
func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()
	data := filepath.Join(t.TempDir(), "data")
	mustFail(t, process.Options{Data: data, Listen: address}, "listen on "+address, "address already in use")
	l := newLives(t, rand.New(rand.NewPCG(1, 2)))
	l.data = data
	l.stop(l.start()) // the lock was given back
}

// TestDataFolders: data folders that cannot be used are refused with an error that says why.
func TestDataFolders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("a file", func(t *testing.T) { mustFail(t, process.Options{Data: file}, file, "not a directory") })
	t.Run("below a file", func(t *testing.T) {
		mustFail(t, process.Options{Data: filepath.Join(file, "data")}, file, "not a directory")
	})
	t.Run("read-only", func(t *testing.T) {
		l, attr := ownedFolder(t)
		s := l.start()
		l.check(s, true)
		l.stop(s)
		chown(t, l.data, attr)
		readOnly(t, l.data)
		mustFail(t, process.Options{Data: l.data, Attr: attr}, l.data, "permission denied")
		mustFail(t, process.Options{Data: filepath.Join(l.data, "new"), Attr: attr}, l.data, "permission denied")
	})
}

// nobody is a user without rights.
const nobody = 65534

// ownedFolder returns a data folder and how to start a process that the rights of files hold back: as another user if the
// test runs as root.
func ownedFolder(t *testing.T) (*lives, *syscall.SysProcAttr) {
	t.Helper()
	l := newLives(t, rand.New(rand.NewPCG(1, 2)))
	if os.Getuid() != 0 {
		return l, nil
	}
	dir, err := os.MkdirTemp("", "tidemark-read-only") // t.TempDir lies in a folder that others may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	l.data = filepath.Join(dir, "data")
	return l, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}

// chown gives all that is in a folder to the user of attr.
func chown(t *testing.T, dir string, attr *syscall.SysProcAttr) {
	t.Helper()
	if attr == nil {
		return
	}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, int(attr.Credential.Uid), int(attr.Credential.Gid)))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// readOnly takes the right to write from all that is in a folder, until the test ends.
func readOnly(t *testing.T, dir string) {
	t.Helper()
	set := func(folder, file os.FileMode) error {
		return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				return os.Chmod(path, folder)
			}
			return errors.Join(err, os.Chmod(path, file))
		})
	}
	if err := set(0o500, 0o400); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set(0o700, 0o600) })
}
