package vfs_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// The root is made by MkdirAll, and what is below it lies where its name says.
func TestOSRoot(t *testing.T) {
	root := filepath.Join(t.TempDir(), "data", "store")
	fsys := vfs.OS(root)
	if _, err := fsys.Create("f"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("create below a missing root: %v", err)
	}
	must(t, fsys.MkdirAll(""))
	must(t, fsys.MkdirAll("a/b"))
	write(t, fsys, "a/b/f", "x")
	must(t, fsys.SyncDir(""))
	info, err := os.Stat(filepath.Join(root, "a", "b", "f"))
	must(t, err)
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("access rights %v", info.Mode())
	}
}

// Room that is reserved is zeros behind the end of the file on disk, and nothing to who writes it; closing gives it back.
func TestReserve(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "log")
	f, err := vfs.OS(root).OpenAppend("log")
	must(t, err)
	vfs.Reserve(f, 100)
	for _, step := range []struct {
		text  string
		bytes int // on disk
	}{{"one", 100}, {" two", 100}, {strings.Repeat("x", 93), 100}, {"y", 200}, {strings.Repeat("z", 150), 300}} {
		before, err := f.Size()
		must(t, err)
		_, err = f.Write([]byte(step.text))
		must(t, err)
		data, err := os.ReadFile(path)
		must(t, err)
		after, err := f.Size()
		must(t, err)
		if len(data) != step.bytes || after != before+int64(len(step.text)) || string(data[before:after]) != step.text {
			t.Fatalf("after %q: %d bytes on disk, size %d, %q", step.text, len(data), after, data)
		}
		if rest := bytes.Trim(data[after:], "\x00"); len(rest) > 0 {
			t.Fatalf("after %q: %q behind the end", step.text, rest)
		}
	}
	if err := f.Truncate(280); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("truncate beyond the end, into the reserved room: %v", err)
	}
	must(t, f.Truncate(7))
	_, err = f.Write([]byte("!"))
	must(t, err)
	must(t, f.Sync())
	must(t, f.Close())
	if data, err := os.ReadFile(path); err != nil || string(data) != "one two!" {
		t.Errorf("got %q, %v", data, err)
	}
}

// Errors keep the system's inside.
func TestOSErrors(t *testing.T) {
	fsys := vfs.OS(t.TempDir())
	write(t, fsys, "f", "x")
	_, err := fsys.Create("f/g")
	var inner *fs.PathError
	if !errors.As(err, &inner) || runtime.GOOS != "windows" && !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("create below a file: %v", err)
	}
}

func TestDiskFull(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{fs.ErrNotExist, false},
		{fmt.Errorf("write x: %w", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}), true},
		{syscall.EDQUOT, runtime.GOOS != "windows"},
	} {
		if got := vfs.DiskFull(tc.err); got != tc.want {
			t.Errorf("%v: %v", tc.err, got)
		}
	}
	f, err := memfs.New(memfs.WithCapacity(3)).Create("f")
	must(t, err)
	if n, err := f.Write([]byte("12345")); n != 3 || !vfs.DiskFull(err) {
		t.Errorf("%d bytes, %v", n, err)
	}
	if full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0); err == nil { // Linux: every write finds the disk full
		_, err = full.Write([]byte("x"))
		if !vfs.DiskFull(err) {
			t.Errorf("/dev/full: %v", err)
		}
		must(t, full.Close())
	}
}

// lockDir tells TestHoldLock that it is the other process, and where the lock is.
const lockDir = "TIDEMARK_TEST_LOCK_DIR"

// TestHoldLock is the other process of TestLockOfOtherProcess.
func TestHoldLock(t *testing.T) {
	dir := os.Getenv(lockDir)
	if dir == "" {
		t.Skip("runs as a child only")
	}
	_, err := vfs.OS(dir).Lock("LOCK")
	must(t, err)
	fmt.Println("locked")
	time.Sleep(time.Minute) // until it is killed
}

// A lock keeps out other processes, and ends with the process that holds it.
func TestLockOfOtherProcess(t *testing.T) {
	dir := t.TempDir()
	fsys := vfs.OS(dir)
	child := exec.Command(os.Args[0], "-test.run=^TestHoldLock$")
	child.Env = append(os.Environ(), lockDir+"="+dir)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "locked\n" {
		t.Fatalf("child says %q, %v", line, err)
	}
	if _, err := fsys.Lock("LOCK"); !errors.Is(err, vfs.ErrLocked) {
		t.Errorf("lock held by another process: %v", err)
	}
	must(t, child.Process.Kill())
	_ = child.Wait() // killed
	lock, err := fsys.Lock("LOCK")
	must(t, err)
	must(t, lock.Close())
}
