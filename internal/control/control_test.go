package control_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/control"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/folder"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

var ctx = context.Background()

// pinned counts what a server has pinned.
type pinned struct{ now, ever atomic.Int64 }

// pin pins two files.
func (p *pinned) pin(context.Context) ([]vfs.Piece, func(), error) {
	p.now.Add(1)
	p.ever.Add(1)
	return []vfs.Piece{{Name: "data/MANIFEST", Size: 3, Content: []byte("abc")}, {Name: "x", Size: 7, Fixed: true}}, func() { p.now.Add(-1) }, nil
}

// serve starts a server for a folder; it is stopped when the test ends.
func serve(t *testing.T, dir string, o control.Options) *control.Server {
	t.Helper()
	s, err := control.Serve(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// connect connects to the server of a folder.
func connect(t *testing.T, dir string) *control.Client {
	t.Helper()
	c, err := control.Connect(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// eventually waits until something is true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after ten seconds", what)
		}
	}
}

// TestBackup: files are pinned from the beginning of a backup to its end, and the end comes once.
func TestBackup(t *testing.T) {
	dir, p := t.TempDir(), &pinned{}
	serve(t, dir, control.Options{Pin: p.pin})
	c := connect(t, dir)
	b, err := c.BeginBackup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Pieces) != 2 || string(b.Pieces[0].Content) != "abc" || !b.Pieces[1].Fixed || b.Pieces[1].Size != 7 {
		t.Fatalf("pieces %+v", b.Pieces)
	}
	if err := b.Renew(ctx); err != nil || p.now.Load() != 1 {
		t.Fatalf("renew: %v, %d pinned", err, p.now.Load())
	}
	if err := b.End(ctx); err != nil {
		t.Fatal(err)
	}
	eventually(t, "files given back", func() bool { return p.now.Load() == 0 })
	if b.End(ctx) == nil || b.Renew(ctx) == nil {
		t.Error("a backup that has ended goes on")
	}
}

// TestSilentClient: files are given back when the client has not been heard of for a minute, and not before.
func TestSilentClient(t *testing.T) {
	dir, p, c := t.TempDir(), &pinned{}, clock.NewManual(time.Unix(0, 0))
	serve(t, dir, control.Options{Pin: p.pin, Clock: c})
	b, err := connect(t, dir).BeginBackup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		c.Advance(20 * time.Second)
		if err := b.Renew(ctx); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // the sign must arrive before the clock goes on
	}
	c.Advance(59 * time.Second)
	if p.now.Load() != 1 {
		t.Fatal("given back although the client was heard of")
	}
	eventually(t, "files given back", func() bool {
		c.Advance(time.Second)
		return p.now.Load() == 0
	})
	if err := b.End(ctx); err == nil || !strings.Contains(err.Error(), "not under way") {
		t.Errorf("end of a backup that was given up: %v", err)
	}
}

// TestClose: the end of the server gives files back and removes the socket.
func TestClose(t *testing.T) {
	dir, p := t.TempDir(), &pinned{}
	s := serve(t, dir, control.Options{Pin: p.pin})
	b, err := connect(t, dir).BeginBackup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil || p.now.Load() != 0 {
		t.Fatalf("close: %v, %d pinned", err, p.now.Load())
	}
	if b.Renew(ctx) == nil {
		t.Error("a backup goes on without a server")
	}
	if _, err := os.Stat(filepath.Join(dir, folder.SocketName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("socket after close: %v", err)
	}
	if _, err := control.Connect(dir); err == nil {
		t.Error("connected to a server that has ended")
	}
}

// TestLimit: backups at the same time are limited, and one that ends makes room.
func TestLimit(t *testing.T) {
	dir, p := t.TempDir(), &pinned{}
	serve(t, dir, control.Options{Pin: p.pin})
	c := connect(t, dir)
	var list []*control.Backup
	for {
		b, err := c.BeginBackup(ctx)
		if err != nil {
			if !strings.Contains(err.Error(), "under way already") {
				t.Error(err)
			}
			break
		}
		list = append(list, b)
	}
	if len(list) != 4 || p.now.Load() != 4 {
		t.Fatalf("%d backups, %d pinned", len(list), p.now.Load())
	}
	if err := list[0].End(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.BeginBackup(ctx); err != nil {
		t.Error(err)
	}
}

// TestPinFails: the reason arrives, and nothing stays behind.
func TestPinFails(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir, control.Options{Pin: func(context.Context) ([]vfs.Piece, func(), error) {
		return nil, nil, dberr.New(dberr.Unavailable, "The catalog is on fire")
	}})
	c := connect(t, dir)
	for range 6 { // more than there may be at the same time
		if _, err := c.BeginBackup(ctx); err == nil || !strings.Contains(err.Error(), "The catalog is on fire") {
			t.Fatalf("begin: %v", err)
		}
	}
}

// TestSocket: a folder may have a path longer than sockets can, a socket of a killed server is in nobody's way, and only the owner
// may connect.
func TestSocket(t *testing.T) {
	for name, dir := range map[string]string{
		"short": t.TempDir(),
		"long":  filepath.Join(t.TempDir(), strings.Repeat("long", 30), strings.Repeat("path", 30)),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if _, err := control.Connect(dir); err == nil {
				t.Fatal("connected to nobody")
			}
			leaveSocket(t, dir)
			if _, err := control.Connect(dir); err == nil {
				t.Fatal("connected to a socket that nobody listens on")
			}
			p := &pinned{}
			serve(t, dir, control.Options{Pin: p.pin})
			if _, err := connect(t, dir).BeginBackup(ctx); err != nil {
				t.Fatal(err)
			}
			info, err := os.Lstat(filepath.Join(dir, folder.SocketName))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Fatalf("socket: %v, %v", info, err)
			}
		})
	}
}

// leaveSocket leaves a socket as a server does that is killed.
func leaveSocket(t *testing.T, dir string) {
	t.Helper()
	tmp, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(tmp, "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := errors.Join(l.Close(), os.Rename(filepath.Join(tmp, "s"), filepath.Join(dir, folder.SocketName))); err != nil {
		t.Fatal(err)
	}
}
