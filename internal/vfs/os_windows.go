package vfs

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// syncDir only checks that the directory is there: NTFS keeps names in its journal, and Windows has no call for more.
func syncDir(path string) error {
	_, err := os.Stat(path)
	return err
}

// syncFile makes a file's bytes durable.
func syncFile(f *os.File) error { return f.Sync() }

// lockFile takes the lock on the first byte of the file, without waiting.
func lockFile(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrLocked
	}
	return err
}

// isDiskFull knows the errors for a full volume, and ENOSPC for memfs.
func isDiskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) || errors.Is(err, syscall.ENOSPC)
}
