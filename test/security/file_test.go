package security

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/test/process"
)

// The file of users is read again when it changes. A bad one changes nothing and is logged; one that others can read is bad.
func TestFileOfUsersReloads(t *testing.T) {
	w := newWorld(t, access.File{Users: []access.User{granted("alice", "AmazonTimestreamFullAccess")}})
	alice, bob := named("alice"), named("bob")
	allowed(t, "at first", w.query(alice, "SELECT 1"))
	w.write(access.File{Users: []access.User{granted("bob", "AmazonTimestreamFullAccess")}})
	w.await("the other user", func() bool { return w.query(bob, "SELECT 1") == nil })
	refused(t, "who was taken out", w.query(alice, "SELECT 1"), "UnrecognizedClientException", "")

	if err := os.WriteFile(w.users, []byte(`{"Users":`), 0o600); err != nil {
		t.Fatal(err)
	}
	w.await("the error is logged", func() bool {
		return strings.Contains(w.Stderr(), "level=ERROR") && strings.Contains(w.Stderr(), "stays in force")
	})
	allowed(t, "with a bad file", w.query(bob, "SELECT 1"))

	w.write(access.File{Users: []access.User{granted("alice", "AmazonTimestreamFullAccess")}})
	if err := os.Chmod(w.users, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	w.await("the mode is refused", func() bool { return strings.Contains(w.Stderr(), "run chmod 600") || w.query(alice, "SELECT 1") == nil })
	if err := os.Chmod(w.users, 0o600); err != nil {
		t.Fatal(err)
	}
	w.await("the good file", func() bool { return w.query(alice, "SELECT 1") == nil })
}

// Without users the server is for its own machine alone, and says so.
func TestOffOnlyOnLoopback(t *testing.T) {
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	_, err = process.Start(process.Options{Binary: binary, Data: t.TempDir(), Listen: "0.0.0.0:0"})
	if err == nil || !strings.Contains(err.Error(), "--auth=off-insecure insists") {
		t.Errorf("started for everybody: %v", err)
	}
	for listen, args := range map[string][]string{"127.0.0.1:0": nil, "0.0.0.0:0": {"--auth=off-insecure"}} {
		s, err := process.Start(process.Options{Binary: binary, Data: t.TempDir(), Listen: listen, Args: args})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Kill)
		w := &world{T: t, Server: s}
		w.await("it is said", func() bool { return strings.Contains(strings.ToLower(s.Stdout()), "authentication is off") })
	}
}
