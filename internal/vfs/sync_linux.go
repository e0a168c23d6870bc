package vfs

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// syncFile makes a file's bytes and length durable. fdatasync leaves out the times of change, which saves a journal
// commit for each append.
func syncFile(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var syncErr error
	err = conn.Control(func(fd uintptr) {
		for {
			if syncErr = unix.Fdatasync(int(fd)); !errors.Is(syncErr, unix.EINTR) {
				return
			}
		}
	})
	if err == nil && syncErr != nil {
		err = &fs.PathError{Op: "sync", Path: f.Name(), Err: syncErr}
	}
	return err
}
