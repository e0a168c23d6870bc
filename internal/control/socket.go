package control

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"github.com/tidemarkdb/tidemark/internal/folder"
)

// socketPathMax is how long the path of a socket may be everywhere: systems have room for 104 to 108 bytes, of which one is an end
// mark.
const socketPathMax = 100

// withSocketPath calls use with a path of the socket in a folder that is short enough. If the folder's own path is too long, that is
// one through a symbolic link, which exists during the call only: what the socket is bound to is the file, not the path.
func withSocketPath(dir string, use func(path string) error) error {
	path := filepath.Join(dir, folder.SocketName)
	if len(path) <= socketPathMax {
		return use(path)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find folder: %w", err)
	}
	tmp, err := shortTempDir()
	if err != nil {
		return fmt.Errorf("make a short path for the control socket: %w", err)
	}
	defer func() { _ = os.RemoveAll(tmp) }() // which does not follow the link
	link := filepath.Join(tmp, "d")
	if err := os.Symlink(abs, link); err != nil {
		return fmt.Errorf("make a short path for the control socket: %w", err)
	}
	return use(filepath.Join(link, folder.SocketName))
}

// shortTempDir makes a folder with a short path for this process alone.
func shortTempDir() (string, error) {
	var failed error
	for _, parent := range []string{os.TempDir(), "/tmp"} {
		dir, err := os.MkdirTemp(parent, "tidemark")
		if err == nil && len(filepath.Join(dir, "d", folder.SocketName)) <= socketPathMax {
			return dir, nil
		}
		if err == nil {
			err = errors.Join(fmt.Errorf("path %s is too long", dir), os.Remove(dir))
		}
		failed = errors.Join(failed, err)
	}
	return "", failed
}

// listen makes the socket of a folder that the caller has locked: one that is there already is left over from a server that was
// killed. Only the folder's owner can connect.
func listen(dir string) (*net.UnixListener, error) {
	if err := removeSocket(dir); err != nil {
		return nil, fmt.Errorf("remove old control socket: %w", err)
	}
	var listener *net.UnixListener
	err := withSocketPath(dir, func(path string) error {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			return fmt.Errorf("listen on the control socket: %w", err)
		}
		l.SetUnlinkOnClose(false) // the path may be a short one, which is gone then
		listener = l
		return os.Chmod(path, 0o600)
	})
	if err != nil && listener != nil {
		err = errors.Join(err, listener.Close(), removeSocket(dir))
		listener = nil
	}
	return listener, err
}

// removeSocket removes the socket of a folder, if it is there.
func removeSocket(dir string) error {
	err := os.Remove(filepath.Join(dir, folder.SocketName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// dial connects to the socket of a folder.
func dial(dir string) (net.Conn, error) {
	var conn net.Conn
	err := withSocketPath(dir, func(path string) (err error) {
		conn, err = net.Dial("unix", path)
		return err
	})
	return conn, err
}
